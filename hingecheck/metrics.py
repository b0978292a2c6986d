"""From poses to the measures of a hinge: sagittal segment angles, the standing baseline, and what has changed against it."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from . import skeleton
from .data import Bools, Floats, Ints, Metrics, Poses
from .geometry import lean, length
from .silhouette import HEIGHTS

MIN_SCORE: Final = 0.5  # a landmark MediaPipe itself calls unlikely is not measured from

# Up to this far from a square side view the picture's own angles are the better ones, beyond it the world landmarks': on rendered
# hinges the mean error of hip flexion is 3 against 6 degrees square-on, 11 against 4 at 30 degrees, 25 against 5 at 45.
PICTURE_WITHIN_DEG: Final = 14.0
WORLD_BEYOND_DEG: Final = 26.0

LEAST_BEND_DEG: Final = 30.0
GAPS_BEYOND_DEG: Final = 30.0  # nearer to the side one knee hides the other, and the ratio of two small gaps means nothing

# Columns of the smoothed series, and how fast each may change (cutoff of the filter, hertz).
TRUNK, THIGH, SHIN, HIP_X, HIP_Y, ANKLE_X, ANKLE_Y, THIGH_PX, SHANK_PX, KNEE_ANKLE, ANKLE_HIP, SHOULDER, SEGMENTS = range(13)
SEGMENT_COUNT: Final = 6
CUTOFF_HZ: Final = (4.0,) * 9 + (2.0,) * 2 + (3.0,) * (1 + SEGMENT_COUNT)
SERIES: Final = len(CUTOFF_HZ)

# The back profile is cut into six stretches of a quarter trunk, from below the buttock to the neck; each gives one direction.
_STRETCH: Final = (len(HEIGHTS) - 1) // SEGMENT_COUNT
_STRETCHES: Final = np.arange(SEGMENT_COUNT)[:, None] * _STRETCH + np.arange(_STRETCH + 1)  # its samples, neighbours sharing an end
_SHOULDER_AT: Final = int(np.abs(HEIGHTS - 0.95).argmin())
MIN_SAMPLES: Final = 4  # of the six in a stretch

# Standing: upright, straight enough and still, for this long. World landmarks read up to 15 degrees too much flexion at rest, so where
# they are used more is allowed; the knee's limit is wide, for plates in front of it add 30 degrees. The thigh shakes more than the trunk.
STAND_LEAN_DEG: Final = 20.0
STAND_FLEXION_DEG: Final = 20.0
STAND_FLEXION_WORLD_DEG: Final = 30.0
STAND_KNEE_DEG: Final = 45.0
STAND_TRUNK_DEG_S: Final = 20.0
STAND_THIGH_DEG_S: Final = 40.0
STAND_S: Final = 0.4
# What an arm hid while standing is learnt as soon as it shows, as long as the trunk leans no further than this: arms hang straight down
# and leave the back free after a few degrees, when the spine has hardly moved. It must have been seen for this long.
NEARLY_UPRIGHT_DEG: Final = 30.0
SURE_S: Final = 0.1
# A lifter who has turned, moved (leg lengths) or come nearer (share) this much since is learnt anew.
TURNED_DEG: Final = 20.0
MOVED: Final = 0.15  # the hip; more than any lean moves it
STEPPED: Final = 0.05  # hip and foot both: a plate moves only the foot, a lean only the hip
RESIZED: Final = 0.2

# In a hinge the feet stay where they stood and the legs as long as they were. A plate in front of the leg draws the landmarks on to
# itself: on rendered clips the ankle then strays by 0.08 to 0.2 leg lengths, otherwise by at most 0.06. From such a leg no knee is
# measured, and the thigh is also worked out from where the hip is and where the foot stood. Both ways then err towards too much hip
# flexion, so the lesser is taken: errors of 3 to 5 degrees where the landmarks alone gave 3 to 14.
STRAYED: Final = 0.07
STRETCHED: Final = 0.18


@dataclass(frozen=True, slots=True)
class Baseline:
    """The lifter standing tall, at ``time_s``: what later frames are compared with. NaN where it could not be measured.

    ``yaw_deg`` signed; ``hip_px`` and ``ankle_px`` where the near hip and ankle were; ``thigh_px``, ``shank_px`` lengths;
    ``shoulder`` depth of the shoulder joint in front of the back, trunk lengths; ``segments_deg`` directions of the six stretches of
    the back.
    """

    time_s: float
    yaw_deg: float
    hip_flexion_deg: float
    hip_px: tuple[float, float]
    ankle_px: tuple[float, float]
    thigh_px: float
    shank_px: float
    shoulder: float
    segments_deg: tuple[float, ...]

    @property
    def leg_px(self) -> float:
        """Leg length: thigh plus shank."""
        return self.thigh_px + self.shank_px


def gate(poses: Poses) -> Poses:
    """The same poses with NaN for every landmark scored below ``MIN_SCORE``."""
    unlikely = ~(poses.score >= MIN_SCORE)[..., None]
    return replace(poses, xy=np.where(unlikely, np.nan, poses.xy), world=np.where(unlikely, np.nan, poses.world))


def _leans(points: dict[str, Floats]) -> Floats:
    """Trunk, thigh and shin against the vertical, degrees. Joints (T, 2), (forward, down) -> (T, 3). Knee forward of hip is positive."""
    trunk = lean(points["hip"], points["shoulder"])
    thigh = -lean(points["knee"], points["hip"])
    shin = lean(points["ankle"], points["knee"])
    return np.stack([trunk, thigh, shin], axis=-1)


def _picture_share(yaw_deg: Floats) -> Floats:
    """How much the picture's angles count against the world landmarks', 0 to 1. (T,) signed degrees -> (T,). NaN stays."""
    off = np.abs(np.abs(yaw_deg) - 90.0)
    return np.clip((WORLD_BEYOND_DEG - off) / (WORLD_BEYOND_DEG - PICTURE_WITHIN_DEG), 0.0, 1.0)


def _mean_of_sides(a: Floats, b: Floats) -> Floats:
    """Elementwise mean, or the one that is there. Same shape; NaN where both are."""
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, (a + b) / 2))


def measure(poses: Poses, yaw_deg: Floats, near: Ints) -> Floats:
    """Unsmoothed series, columns as named above. Gated poses, yaw (T,) signed degrees, near side (T,) -> (T, SERIES).

    Leans in degrees; heights and lengths in px; ratios; shoulder depth in trunk lengths; directions in degrees. NaN where unseen.
    """
    frames = np.arange(len(poses))
    side = np.maximum(near, 0)
    sine = np.sin(np.radians(yaw_deg))
    cosine = np.cos(np.radians(yaw_deg))
    way = np.where(sine >= 0, 1.0, -1.0)

    joints = ("shoulder", "hip", "knee", "ankle")
    pair = {j: np.array(skeleton.SIDES[j]) for j in joints}
    picture = {j: poses.xy[frames, pair[j][side]] for j in joints}
    forward = np.stack([way, np.ones_like(way)], axis=-1)
    in_picture = _leans({j: p * forward for j, p in picture.items()})

    def sagittal(s: int) -> Floats:
        world = {j: poses.world[:, skeleton.SIDES[j][s]] for j in joints}
        ahead = {j: p[:, 0] * sine - p[:, 2] * cosine for j, p in world.items()}
        return _leans({j: np.stack([ahead[j], p[:, 1]], axis=-1) for j, p in world.items()})

    in_world = _mean_of_sides(sagittal(0), sagittal(1))
    share = _picture_share(yaw_deg)[:, None]
    leans = np.where(share == 1.0, in_picture, np.where(share == 0.0, in_world, share * in_picture + (1.0 - share) * in_world))

    series = np.full((len(poses), SERIES), np.nan)
    series[:, TRUNK : SHIN + 1] = leans
    series[:, HIP_X : HIP_Y + 1] = picture["hip"]
    series[:, ANKLE_X : ANKLE_Y + 1] = picture["ankle"]
    series[:, THIGH_PX] = length(picture["hip"], picture["knee"])
    series[:, SHANK_PX] = length(picture["knee"], picture["ankle"])
    gap = {j: length(poses.xy[:, skeleton.SIDES[j][0]], poses.xy[:, skeleton.SIDES[j][1]]) for j in ("hip", "knee", "ankle")}
    with np.errstate(invalid="ignore", divide="ignore"):
        series[:, KNEE_ANKLE] = gap["knee"] / gap["ankle"]
        series[:, ANKLE_HIP] = gap["ankle"] / gap["hip"]
    series[:, SHOULDER] = poses.back[:, _SHOULDER_AT]
    series[:, SEGMENTS:] = _directions(poses.back)
    return series


def _directions(back: Floats) -> Floats:
    """Direction of each stretch of the back against the chord, degrees, positive leaning away from it. (T, S) -> (T, 6).

    The least-squares line through the samples of the stretch; NaN where fewer than ``MIN_SAMPLES`` are seen.
    """
    y = back[:, _STRETCHES]
    seen = np.isfinite(y)
    count = seen.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_x = (seen * HEIGHTS[_STRETCHES]).sum(axis=-1) / count
        mean_y = np.where(seen, y, 0.0).sum(axis=-1) / count
        dx = np.where(seen, HEIGHTS[_STRETCHES] - mean_x[..., None], 0.0)
        dy = np.where(seen, y - mean_y[..., None], 0.0)
        slope = (dx * dy).sum(axis=-1) / (dx * dx).sum(axis=-1)
    return np.where(count >= MIN_SAMPLES, np.degrees(np.arctan(slope)), np.nan)


def standing(series: Floats, rate: Floats, yaw_deg: Floats) -> Bools:
    """Whether the lifter stands upright and still. Smoothed series, their rates (T, SERIES), yaw (T,) -> (T,). False where unseen."""
    limit = np.where(_picture_share(yaw_deg) == 1.0, STAND_FLEXION_DEG, STAND_FLEXION_WORLD_DEG)
    return (
        (np.abs(series[:, TRUNK]) < STAND_LEAN_DEG)
        & (series[:, TRUNK] + series[:, THIGH] < limit)
        & (np.abs(series[:, THIGH] + series[:, SHIN]) < STAND_KNEE_DEG)
        & (np.abs(rate[:, TRUNK]) < STAND_TRUNK_DEG_S)
        & (np.abs(rate[:, THIGH]) < STAND_THIGH_DEG_S)
    )


def learn(time_s: float, series: Floats, yaw_deg: Floats) -> Baseline:
    """Baseline from the frames of one stand: medians, blind to NaN. (T, SERIES), (T,) signed degrees -> Baseline."""
    seen = np.isfinite(series)
    middle = np.full(SERIES, np.nan)
    for n in range(SERIES):
        if seen[:, n].any():
            middle[n] = np.median(series[seen[:, n], n])
    angle = np.radians(yaw_deg[np.isfinite(yaw_deg)])
    turned = float(np.degrees(np.arctan2(np.median(np.sin(angle)), np.median(np.cos(angle))))) if len(angle) else float("nan")
    return Baseline(
        time_s=time_s,
        yaw_deg=turned,
        hip_flexion_deg=float(middle[TRUNK] + middle[THIGH]),
        hip_px=(float(middle[HIP_X]), float(middle[HIP_Y])),
        ankle_px=(float(middle[ANKLE_X]), float(middle[ANKLE_Y])),
        thigh_px=float(middle[THIGH_PX]),
        shank_px=float(middle[SHANK_PX]),
        shoulder=float(middle[SHOULDER]),
        segments_deg=tuple(middle[SEGMENTS:].tolist()),
    )


def complete(baseline: Baseline, series: Floats, sure: Bools, first: int, last: int) -> tuple[int, Baseline]:
    """Add to the baseline what was hidden while standing, at the first of the frames ``first`` to ``last`` that shows it.

    Smoothed series and whether they were seen ``SURE_S`` before, (last - first, SERIES) -> the frame from which the new baseline holds,
    and it; ``last`` and the same baseline when there is nothing to add.
    """
    known = np.array([*baseline.segments_deg, baseline.shoulder])
    missing = np.isnan(known)
    if not missing.any():
        return last, baseline
    columns = [*range(SEGMENTS, SEGMENTS + SEGMENT_COUNT), SHOULDER]
    upright = np.abs(series[:, TRUNK]) < NEARLY_UPRIGHT_DEG
    shown = np.isfinite(series[:, columns]) & sure[:, columns] & upright[:, None] & missing
    if not shown.any():
        return last, baseline
    frame = int(shown.any(axis=1).argmax())
    known = np.where(shown[frame], series[frame, columns], known)
    return first + frame, replace(baseline, segments_deg=tuple(known[:-1].tolist()), shoulder=float(known[-1]))


def outdated(baseline: Baseline | None, row: Floats, yaw_deg: float) -> bool:
    """Whether a lifter standing like this, (SERIES,) and signed degrees, needs a new baseline: none yet, turned, moved, or nearer."""
    if baseline is None:
        return True
    turn = abs((yaw_deg - baseline.yaw_deg + 180.0) % 360.0 - 180.0)
    size = abs(float(row[THIGH_PX] + row[SHANK_PX]) / baseline.leg_px - 1.0)
    hip = float(np.hypot(*(row[HIP_X : HIP_Y + 1] - baseline.hip_px))) / baseline.leg_px
    ankle = float(np.hypot(*(row[ANKLE_X : ANKLE_Y + 1] - baseline.ankle_px))) / baseline.leg_px
    return turn > TURNED_DEG or size > RESIZED or hip > MOVED or min(hip, ankle) > STEPPED


def leg_kept(baseline: Baseline, series: Floats) -> Bools:
    """Whether the near leg, side-on, still stands and is as long as it was. (T, SERIES) -> (T,). True where that cannot be told."""
    astray = length(np.array(baseline.ankle_px), series[:, ANKLE_X : ANKLE_Y + 1]) > STRAYED * baseline.leg_px
    thigh = np.abs(series[:, THIGH_PX] / baseline.thigh_px - 1.0) > STRETCHED
    shank = np.abs(series[:, SHANK_PX] / baseline.shank_px - 1.0) > STRETCHED
    return ~(astray | thigh | shank)


def thigh_from_feet(baseline: Baseline, series: Floats, yaw_deg: Floats) -> Floats:
    """Thigh against the vertical, degrees, from the hip, the foot that has stayed and the leg's own lengths. (T, SERIES) -> (T,).

    The knee is where a circle of the thigh's length about the hip meets one of the shank's about the ankle, on the forward side.
    """
    up = np.array(baseline.ankle_px) - series[:, HIP_X : HIP_Y + 1]
    way = np.where(np.sin(np.radians(yaw_deg)) >= 0, 1.0, -1.0)
    thigh, shank = baseline.thigh_px, baseline.shank_px
    reach = np.clip(np.hypot(up[:, 0], up[:, 1]), abs(thigh - shank) + 1.0, thigh + shank)
    at_hip = np.degrees(np.arccos(np.clip((thigh**2 + reach**2 - shank**2) / (2 * thigh * reach), -1.0, 1.0)))
    return np.degrees(np.arctan2(way * up[:, 0], up[:, 1])) + at_hip


# Lower and upper flexion, degrees, from the change of the six directions against standing (first six weights) and hip flexion (the
# last): see benchmarks/README.md for how they were fitted and what they are worth on bodies the fit has not seen.
LOWER_WEIGHTS: Final = (0.0, 0.73, -0.07, -0.3, -0.41, 0.0, 0.0)
UPPER_WEIGHTS: Final = (0.0, 0.45, 0.14, -0.02, -0.19, 0.0, 0.0)


def bend(baseline: Baseline | None, series: Floats) -> Floats:
    """Hip flexion against standing straight from the landmarks, degrees: what phases are found by. (T, SERIES) -> (T,)."""
    return series[:, TRUNK] + series[:, THIGH] - (baseline.hip_flexion_deg if baseline else 0.0)


def against(baseline: Baseline | None, series: Floats, yaw_deg: Floats) -> Metrics:
    """The measures of these frames, given the standing baseline. (T, SERIES) smoothed, (T,) signed degrees -> Metrics of T.

    What needs a baseline is NaN without one; gaps between left and right are NaN from near the side. ``hips_lead_deg`` and
    ``back_drift_deg`` depend on the rep and are filled in later.
    """
    blank = np.full(len(series), np.nan)
    from_front = np.abs(np.abs(yaw_deg) - 90.0) > GAPS_BEYOND_DEG
    flexion, knee, shin = series[:, TRUNK] + series[:, THIGH], series[:, THIGH] + series[:, SHIN], series[:, SHIN]
    lower = upper = drop = shift = blank
    if baseline is not None:
        kept = leg_kept(baseline, series) | ~(_picture_share(yaw_deg) == 1.0)
        flexion = np.where(kept, flexion, np.minimum(flexion, series[:, TRUNK] + thigh_from_feet(baseline, series, yaw_deg)))
        knee = np.where(kept, knee, np.nan)
        shin = np.where(kept, shin, np.nan)
        ankle_y = np.where(kept, series[:, ANKLE_Y], baseline.ankle_px[1])
        drop = (baseline.ankle_px[1] - baseline.hip_px[1] - ankle_y + series[:, HIP_Y]) / baseline.leg_px
        change = series[:, SEGMENTS:] - np.array(baseline.segments_deg)
        bent = flexion - baseline.hip_flexion_deg
        lower = _weighted(LOWER_WEIGHTS, change, bent)
        upper = _weighted(UPPER_WEIGHTS, change, bent)
        shift = series[:, SHOULDER] - baseline.shoulder
    return Metrics(
        hip_flexion_deg=flexion,
        knee_flexion_deg=knee,
        trunk_lean_deg=series[:, TRUNK],
        shin_lean_deg=shin,
        spine_lower_deg=lower,
        spine_upper_deg=upper,
        butt_drop=drop,
        shoulder_shift=shift,
        knee_ankle_ratio=np.where(from_front, series[:, KNEE_ANKLE], np.nan),
        ankle_hip_ratio=np.where(from_front, series[:, ANKLE_HIP], np.nan),
        hips_lead_deg=blank,
        back_drift_deg=blank,
        view_yaw_deg=np.abs(yaw_deg),
    )


def hips_lead(knee_deg: Floats, lean_deg: Floats, measured: Metrics) -> Floats:
    """How much further the trunk is bent than if it rose in step with the knees, degrees. Knee and trunk at the bottom, (T,) -> (T,).

    In step means that the trunk has kept the share of its lean that the knees have kept of their bend. Knees that bend little straighten
    by little: what they do says nothing, so they count as bent by ``LEAST_BEND_DEG`` at least.
    """
    straightened = np.clip((knee_deg - measured.knee_flexion_deg) / np.maximum(knee_deg, LEAST_BEND_DEG), 0.0, 1.0)
    return measured.trunk_lean_deg - lean_deg * (1.0 - straightened)


def _weighted(weights: tuple[float, ...], change: Floats, bent: Floats) -> Floats:
    """Weighted sum of the directions' change and the hip flexion, column by column; NaN only through columns that count."""
    out = weights[-1] * bent if weights[-1] else np.zeros(len(bent))
    for n, weight in enumerate(weights[:-1]):
        if weight:
            out = out + weight * change[:, n]
    return out
