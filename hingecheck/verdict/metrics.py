"""The metrics of a hinge: the series of each frame, compared with the lifter's own standing."""

from dataclasses import replace
from typing import Any, Final

import numpy as np

from . import calibration, lens
from .baseline import LEG_SURE, STEEPEST, Baseline
from .geometry import lean, length
from .series import (
    ANKLE_HIP,
    ANKLE_X,
    ANKLE_Y,
    BACK,
    GAPS,
    HIP_X,
    HIP_Y,
    KNEE_ANKLE,
    LEANS,
    MIDDLE,
    NEAR_SIDE,
    OUTLINED,
    REAR,
    SHANK_PX,
    THIGH_PX,
    TRUNK_PX,
    forward,
    off_side,
    sources,
)
from .types import METRICS, Bools, Floats, Metrics

OUTLINE_WITHIN_DEG: Final = 20.0  # further from the side the outline is no longer the back's: the bend would be off by 13 degrees
GAPS_BEYOND_DEG: Final = 30.0  # nearer to the side one knee hides the other, and the ratio of two small gaps means nothing

# In a hinge the feet stay where they stood and the legs as long as they were. A plate in front of the leg pulls the
# landmarks to itself: on rendered clips the ankle then moves by 0.08 to 0.2 leg lengths, otherwise by at most 0.06. No knee angle is taken
# from such a leg. Its thigh is measured from the hip and the foot's standing position: off by 4 degrees; landmarks alone by up to 14.
STRAYED: Final = 0.07
STRETCHED: Final = 0.18

# Columns of the second result of ``against``: three estimates of knee flexion, the last from the outline; the trunk lean by landmarks, both
# for the lead of the hips; and how much the rear edge of the legs counts, 0 to 1.
KNEES: Final = slice(0, 3)
BY_OUTLINE, LANDMARKS_LEAN, BY_REAR = 2, 3, 4
LATER: Final = ("hips_lead_deg", "back_drift_deg")  # they depend on the rep


def leg_kept(baseline: Baseline, series: Floats, sure: Floats) -> Bools:
    """Whether the near leg, side-on, is well seen, still stands and is as long as it was. (T, SERIES), (T, 2) -> (T,).

    True where that is unknown.
    """
    ankle_moved = length(np.array(baseline.ankle_px), series[:, ANKLE_X : ANKLE_Y + 1]) > STRAYED * baseline.leg_px
    thigh = np.abs(series[:, THIGH_PX] / baseline.thigh_px - 1.0) > STRETCHED
    shank = np.abs(series[:, SHANK_PX] / baseline.shank_px - 1.0) > STRETCHED
    return ~(ankle_moved | thigh | shank | (sure[:, 1] < LEG_SURE))


def above_foot(foot: Floats, hip: Floats, stood: Floats, yaw_deg: Floats) -> tuple[Floats, Floats, Floats]:
    """The line from foot to hip: its angle against the vertical now and while standing, and its shortening. (T,) each.

    Foot (2,), hip (T, 2), standing hip (2,) px, yaw (T,) signed degrees. Angles in degrees, foot ahead positive. The shortening is a share
    of the standing length. NaN where the hip is.
    """
    way = forward(yaw_deg)
    return -lean(foot * way, hip * way), -lean(foot * way, stood * way), 1.0 - length(foot, hip) / length(foot, stood)


def leg_from_foot(baseline: Baseline, series: Floats, yaw_deg: Floats) -> tuple[Floats, Floats]:
    """Thigh against the vertical and knee flexion, degrees, usual for this position of the hip over the foot's standing position.

    (T, SERIES), (T,) signed degrees -> (T,) each.
    """
    line, own, shorter = above_foot(np.array(baseline.ankle_px), series[:, HIP_X : HIP_Y + 1], np.array(baseline.hip_px), yaw_deg)
    straight_deg, bent_deg = calibration.KNEE_BY_LENGTH
    return _weighed(calibration.THIGH_BY_FOOT, line, own, shorter), straight_deg + bent_deg * shorter


def hip_moved(baseline: Baseline, series: Floats, trunk_deg: Floats, yaw_deg: Floats) -> Floats:
    """How far the hip joint has gone across and down the picture since standing, px, as the outline of the buttocks has it.

    Series, trunk's lean (T,), signed degrees (T,) -> (T, 2); NaN where the outline was not seen. On rendered clips its
    drop is within 0.01 leg lengths of the truth, that of the landmarks' hip within 0.02.
    """
    leant = np.maximum(trunk_deg, 0.0)[:, None] / 100.0
    by_lean, by_square = np.array(calibration.HIP_BY_LEAN)
    more: Floats = forward(yaw_deg) * baseline.leg_px * (by_lean * leant + by_square * leant**2)
    return series[:, OUTLINED] - baseline.outlined_px + more


def leg_from_outline(baseline: Baseline, moved_px: Floats, yaw_deg: Floats) -> tuple[Floats, Floats]:
    """Thigh and knee as in ``leg_from_foot``, degrees, from how far the hip has moved since standing, px. (T, 2), (T,) -> (T,) each."""
    stood = np.array(baseline.hip_px)
    above = above_foot(np.array(baseline.ankle_px), stood + moved_px, stood, yaw_deg)
    return _weighed(calibration.THIGH_BY_OUTLINE, *above), _weighed(calibration.KNEE_BY_OUTLINE, *above)


def _weighed(weights: tuple[float, ...], line: Floats, own: Floats, shorter: Floats) -> Floats:
    usual_deg, by_line, by_own, more_deg = weights
    return usual_deg + by_line * line + by_own * own + more_deg * shorter


def _towards(one: Floats, other: Floats, share: Floats) -> Floats:
    """Move from ``one`` towards ``other`` by ``share``; with share 0, ``one`` even where ``other`` is NaN. (T,) each -> (T,)."""
    return np.where(share > 0.0, one + share * (other - one), one)


def bend(baseline: Baseline | None, series: Floats, yaw_deg: Floats) -> Floats:
    """Hip flexion against standing from the landmarks alone, degrees: the phases are found from it. (T, SERIES), (T,) -> (T,)."""
    share = sources(yaw_deg)
    usual = calibration.standing_read(share)
    standing = usual if baseline is None else np.where(np.isnan(baseline.leans_deg), usual, baseline.leans_deg)
    change = calibration.scaled(series[:, LEANS] - standing, share)
    return change[:, 0] + change[:, 1]


def against(baseline: Baseline | None, series: Floats, yaw_deg: Floats, sure: Floats) -> tuple[Metrics, Floats]:
    """The measures of these frames, given the standing baseline, and the estimates behind them -> Metrics of T, (T, 5) as named above.

    ``series`` (T, SERIES) smoothed; ``yaw_deg`` (T,) signed, as read; ``sure`` (T, 2) of the near trunk and leg, 0 to 1.

    Without a baseline, angles and back are compared with people's usual standing, and metrics that need lengths are NaN. Gaps between left
    and right are NaN near the side view. ``hips_lead_deg`` and ``back_drift_deg`` depend on the rep and are filled in later. The estimates
    of knee flexion come from the landmarks; from the leg's length, or the landmarks again off the side view; and from the outline, NaN
    where it gives none. The first two are NaN for a leg that is not clearly seen or was not kept: there a landmark has jumped. The trunk
    lean beside them is by landmarks alone, because its errors match those of the landmarks' knee. Thigh and shin come from the rear edge
    of the legs where it is seen side-on, in this frame and while standing, if the leg was kept and is not much bent.
    """
    blank = np.full(len(series), np.nan)
    share = sources(yaw_deg)
    beside = share[:, NEAR_SIDE] == 1.0
    doubted = (sure[:, 1] < LEG_SURE) & (share[:, NEAR_SIDE] > 0.0)  # a plate before it turns the shoulders, and the view, as read
    kept, drop = ~doubted | ~beside, blank
    own = None if baseline is None else baseline.leans_deg
    trunk, thigh, shin = np.moveaxis(calibration.leans(series[:, LEANS], own, share), -1, 0)
    told = np.stack([thigh + shin, thigh + shin, blank, trunk, np.zeros_like(blank)], axis=-1)
    if baseline is not None:
        kept = leg_kept(baseline, series, sure) | ~beside
        thigh_by_foot, knee_by_foot = leg_from_foot(baseline, series, yaw_deg)
        moved = hip_moved(baseline, series, trunk, yaw_deg)
        hip_off = (moved - series[:, MIDDLE] + baseline.middle_px) * forward(yaw_deg) / baseline.leg_px
        trunk = np.where(beside & np.isfinite(hip_off).all(axis=1), calibration.trunk_by_outline(trunk, hip_off), trunk)
        thigh_by_outline, knee_by_outline = leg_from_outline(baseline, moved, yaw_deg)
        outlined = np.isfinite(thigh_by_outline)
        thigh = np.where(kept, thigh, np.where(outlined, thigh_by_outline, thigh_by_foot))
        told[:, 1] = np.where(beside, knee_by_foot, told[:, 1])
        told[~kept, :BY_OUTLINE] = np.nan
        told[beside, BY_OUTLINE] = knee_by_outline[beside]
        by_rear = calibration.rear_leans(series[:, REAR], baseline.rear_deg)
        told[:, BY_REAR] = np.where(kept & beside & np.isfinite(by_rear).all(axis=1), calibration.by_rear(told[:, 0]), 0.0)
        thigh, shin = (_towards(one, by_rear[:, n], told[:, BY_REAR]) for n, one in enumerate((thigh, shin)))
        ankle_y = np.where(kept, series[:, ANKLE_Y], baseline.ankle_px[1])
        sunk = baseline.ankle_px[1] - baseline.hip_px[1] - ankle_y + series[:, HIP_Y]
        drop = np.where(outlined & beside, moved[:, 1], sunk) / baseline.leg_px
    camera_deg = calibration.camera_yaw(yaw_deg)
    off_deg = off_side(camera_deg)
    from_front = off_deg > GAPS_BEYOND_DEG
    seen_back = np.where((off_deg <= OUTLINE_WITHIN_DEG)[:, None], series[:, BACK], np.nan)
    shorter = blank if baseline is None else 1.0 - series[:, TRUNK_PX] / baseline.trunk_px
    lower, upper, shift = calibration.back(seen_back, baseline.back if baseline else None, trunk, shorter)
    if baseline is not None and baseline.step > STEEPEST:
        shift = blank
    knee_seen = kept & ~doubted
    measured = Metrics(
        hip_flexion_deg=trunk + thigh,
        knee_flexion_deg=np.where(knee_seen, thigh + shin, np.nan),
        trunk_lean_deg=trunk,
        shin_lean_deg=np.where(knee_seen, shin, np.nan),
        spine_lower_deg=lower,
        spine_upper_deg=upper,
        butt_drop=drop,
        shoulder_shift=shift,
        knee_ankle_ratio=np.where(from_front, calibration.knee_gap(series[:, KNEE_ANKLE], trunk), np.nan),
        ankle_hip_ratio=np.where(from_front, series[:, ANKLE_HIP], np.nan),
        hips_lead_deg=blank,
        back_drift_deg=blank,
        view_yaw_deg=np.abs(camera_deg),
    )
    return measured, told


def geometry(baseline: Baseline | None, series: Floats, yaw_deg: Floats, sure: Floats) -> Floats:
    """What geometry makes of these frames, for the lens to read. As ``against`` -> (T, G): measures, the knee's estimates, readings."""
    measured, told = against(baseline, series, yaw_deg, sure)
    return readings(measured, told, series)


def readings(measured: Metrics, told: Floats, series: Floats) -> Floats:
    """The columns of ``geometry``, from what ``against`` gives."""
    columns = [getattr(measured, name) for name in METRICS if name not in LATER]
    return np.concatenate(
        [np.stack(columns, axis=-1), told[:, KNEES], series[:, LEANS], series[:, REAR], series[:, BACK], series[:, GAPS]], axis=1
    )


# Which output of the lens is which measure.
BY_LENS: Final = {
    "hip_flexion_deg": "hip",
    "knee_flexion_deg": "knee",
    "trunk_lean_deg": "trunk",
    "shin_lean_deg": "shin",
    "spine_lower_deg": "lower",
    "spine_upper_deg": "upper",
    "butt_drop": "drop",
    "knee_ankle_ratio": "knee_ankle",
    "ankle_hip_ratio": "ankle_hip",
}


def of_lead(trunk_deg: Floats | float, knee_deg: Floats | float) -> Any:
    """How far the lead of the hips may be off, from how far trunk and knee may be, degrees. Elementwise."""
    return np.hypot(trunk_deg, knee_deg)


def through(table: Metrics, looked: Floats) -> Metrics:
    """A table of measures, or of their spreads, with those that the lens gives. Metrics of T, (T, outputs) -> Metrics of T."""
    return replace(table, **{name: looked[:, lens.OUTPUTS.index(output)] for name, output in BY_LENS.items()})
