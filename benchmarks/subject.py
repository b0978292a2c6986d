"""A clip as the fit needs it: read by the engine up to the smoothed series, with its truth."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hingecheck.verdict import calibration, engine, metrics, series
from hingecheck.verdict.baseline import NEARLY_UPRIGHT_DEG, medians
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.silhouette import trunk
from hingecheck.verdict.types import Bools

from .stats import Floats
from .truth import Truth

SETTLED_S: Final = 0.2  # left out: MediaPipe is less exact on the first frames of a clip


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A clip as the fit needs it: smoothed series, back profile, true measures and angles, moving frames, standing values.

    ``hip`` and ``true_hip`` (T, 2): how far mid-hip and the near hip joint have moved ahead and down since standing, leg lengths.
    ``around`` (T, 10): the same for ``series.around_hip``. ``leg``: profile of its rear edge. ``kept``: whether the leg has kept its place
    and its length. ``beside``: angle of the camera from a square side view, as read, degrees.
    """

    truth: Truth
    seen: engine.Seen
    back: Floats
    true: dict[str, Floats]
    true_deg: Floats
    moving: Bools
    lead: Bools
    standing: Floats
    standing_back: Floats
    carriage: Floats
    beside: float
    shift: float
    hip: Floats
    true_hip: Floats
    around: Floats
    leg: Floats
    kept: Bools

    def above_foot(self, hip_px: Floats) -> tuple[Floats, Floats, Floats]:
        """``metrics.above_foot`` of a hip at ``hip_px``, (T, 2) px, against the lifter's own stand."""
        return metrics.above_foot(near_foot(self.standing), hip_px, near_hip(self.standing), self.seen.yaw_deg)


def subject(truth: Truth, poses: Poses) -> Subject | None:
    """A clip as the fit needs it. None where the lifter is not seen standing before the first rep."""
    _, seen = engine.observe(engine.start(Profile.default()), poses)
    likely = series.gate(poses)
    back = series.bridged(poses.back)
    at = truth.at(poses.time_s)
    known = at >= 0
    true = {name: np.where(known, values[at], np.nan) for name, values in truth.measures.items()}
    lead = known & (poses.time_s > SETTLED_S) & (poses.time_s < truth.reps[0].start_s)
    if not np.isfinite(seen.series[lead][:, series.LEANS]).all(axis=1).any():
        return None
    upright = known & (np.abs(seen.series[:, series.TRUNK]) < NEARLY_UPRIGHT_DEG) & (poses.time_s < truth.reps[0].bottom_s)
    standing = _first_seen(seen.series, lead, upright)
    long_px = leg_px(standing)
    stand = engine.first_baseline(poses, Profile.default())
    turned = series.forward(seen.yaw_deg)
    return Subject(
        truth=truth,
        seen=seen,
        back=back,
        true=true,
        true_deg=np.stack([true["trunk_inclination"], true["hip_flexion"] - true["trunk_inclination"], true["shank_inclination"]], -1),
        moving=known & truth.moving[at],
        lead=lead,
        standing=standing,
        standing_back=_first_seen(back, lead, upright),
        carriage=medians(series.carriage(likely, series.middles(likely, seen.yaw_deg), seen.yaw_deg, seen.near)[lead]),
        beside=float(np.nanmedian(calibration.beside(seen.yaw_deg[lead]))),
        shift=float(truth.measures["shoulder_shift"][0]),
        hip=_since(trunk(poses.xy)[0] * turned, lead) / long_px,
        true_hip=_since(np.stack([true["hip_x_px"], true["hip_y_px"]], -1) * turned, lead) / long_px,
        around=_since(series.around_hip(poses, seen.yaw_deg), lead) / long_px,
        leg=series.untorn(poses.leg),
        kept=np.zeros(len(poses), dtype=bool) if stand is None else metrics.leg_kept(stand, seen.series, seen.sure),
    )


def near_hip(row: Floats) -> Floats:
    """The near hip, px. (..., SERIES) -> (..., 2)."""
    return row[..., series.HIP_X : series.HIP_Y + 1]


def near_foot(row: Floats) -> Floats:
    """The near ankle, px. (..., SERIES) -> (..., 2)."""
    return row[..., series.ANKLE_X : series.ANKLE_Y + 1]


def leg_px(row: Floats) -> float:
    """Thigh plus shank, px. (SERIES,) -> scalar."""
    return float(row[series.THIGH_PX] + row[series.SHANK_PX])


def _since(columns: Floats, lead: Bools) -> Floats:
    """Change of each column since the stand. NaN for columns that the stand did not show. (T, N), (T,) -> (T, N)."""
    return columns - medians(columns[lead])


def _first_seen(columns: Floats, lead: Bools, upright: Bools) -> Floats:
    """Median of each column over the stand; if hidden there, over its first values while nearly upright. (T, N) -> (N,)."""
    out = np.full(columns.shape[1], np.nan)
    for n, column in enumerate(columns.T):
        seen = column[lead & np.isfinite(column)]
        later = column[upright & np.isfinite(column)][:3]
        if len(seen) or len(later):
            out[n] = np.median(seen if len(seen) else later)
    return out
