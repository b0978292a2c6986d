"""The baseline: the lifter standing tall. When a stand counts, what is learnt from it, and when it is out of date."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from . import calibration, views
from .series import (
    ANKLE_X,
    ANKLE_Y,
    BACK,
    HIP_X,
    HIP_Y,
    LEANS,
    MIDDLE,
    NEAR_SIDE,
    OUTLINED,
    REAR,
    SHANK_PX,
    STEP,
    THIGH,
    THIGH_PX,
    TRUNK,
    TRUNK_PX,
    sources,
)
from .types import Bools, Floats

# Standing: upright, straight enough and still, for this long. World landmarks read up to 15 degrees too much flexion at rest, so more
# is allowed where they are used. The knee's limit is wide, because plates in front of it add 30 degrees. If the leg is not clearly seen,
# only the line from hip to ankle counts, and the trunk must be more upright. The thigh's reading shakes more than the trunk's.
STAND_LEAN_DEG: Final = 20.0
STAND_TALL_DEG: Final = 10.0
STAND_FLEXION_DEG: Final = 20.0
STAND_FLEXION_WORLD_DEG: Final = 30.0
STAND_KNEE_DEG: Final = 45.0
STAND_TRUNK_DEG_S: Final = 20.0
STAND_THIGH_DEG_S: Final = 40.0
STAND_S: Final = 0.4
TOPS_S: Final = 0.2  # of tops of reps, all together, tell the shape of somebody who is never seen to stand
MOST_TOPS: Final = 600  # frames of them
LEG_SURE: Final = 0.7  # landmarks of a leg scored below are guessed: 0.8 and more wherever a leg is in sight
# A part of the back that an arm hid while standing is learnt as soon as it shows, if the trunk leans no further than this. Arms hang
# straight down and uncover the back after a few degrees, when the spine has hardly moved. The part must have been seen for ``SURE_S``.
NEARLY_UPRIGHT_DEG: Final = 30.0
SURE_S: Final = 0.1
# A larger step, trunk lengths, between samples a twentieth of a trunk apart is an arm, furniture or a torn mask, not a back. Rendered
# backs of slumped bodies step by 0.043 at most below the hair.
STEEPEST: Final = 0.045
# The baseline is learnt again after the lifter has turned, moved (leg lengths) or changed in size (share) by this much.
TURNED_DEG: Final = 20.0
MOVED: Final = 0.15  # the hip; more than any lean moves it
STEPPED: Final = 0.05  # hip and foot both: a plate moves only the foot, a lean only the hip
RESIZED: Final = 0.2


@dataclass(frozen=True, slots=True)
class Baseline:
    """The lifter standing tall, at ``time_s``. NaN where it could not be measured.

    ``yaw_deg`` signed; ``leans_deg`` trunk, thigh and shin as read; ``hip_px`` and ``ankle_px`` where the near hip and ankle were,
    ``middle_px`` where the middle of the hips, ``outlined_px`` where the outline had the hip; ``rear_deg`` the columns
    ``series.REAR``; ``trunk_px``, ``thigh_px``, ``shank_px`` lengths; ``step`` the steepest step in the back's contour, trunk lengths;
    ``back`` the columns ``series.BACK``; ``features`` what the lens read.
    """

    time_s: float
    yaw_deg: float
    leans_deg: tuple[float, float, float]
    hip_px: tuple[float, float]
    ankle_px: tuple[float, float]
    middle_px: tuple[float, float]
    outlined_px: tuple[float, float]
    rear_deg: tuple[float, float, float]
    trunk_px: float
    thigh_px: float
    shank_px: float
    step: float
    back: tuple[float, ...]
    features: tuple[float, ...]

    @property
    def shaped(self) -> bool:
        """Whether the standing shape of the lower and the upper back is known, the head's turn included, and can be a back's."""
        return not np.isnan(self.back[1:]).any() and not self.step > STEEPEST

    @property
    def leg_px(self) -> float:
        """Leg length: thigh plus shank."""
        return self.thigh_px + self.shank_px

    def without_places(self) -> "Baseline":
        """The same stand, seen by a camera that has moved since: where and how large in the picture is unknown."""
        unknown, nan = (np.nan, np.nan), np.nan
        places = {name: unknown for name in ("hip_px", "ankle_px", "middle_px", "outlined_px")}
        return replace(self, **places, trunk_px=nan, thigh_px=nan, shank_px=nan)  # type: ignore[arg-type]


def standing(series: Floats, rate: Floats, yaw_deg: Floats, sure: Floats) -> Bools:
    """Whether the lifter stands upright and still. Smoothed series, rates (T, SERIES), yaw (T,), sureness (T, 2) -> (T,).

    False where unseen.
    """
    still = np.abs(rate[:, THIGH]) < STAND_THIGH_DEG_S
    certain = sure[:, 1] >= LEG_SURE
    stands: Bools = upright(series, yaw_deg, sure) & (still | ~certain) & (np.abs(rate[:, TRUNK]) < STAND_TRUNK_DEG_S)
    return stands


def upright(series: Floats, yaw_deg: Floats, sure: Floats) -> Bools:
    """Whether the lifter is upright, still or not. Smoothed series (T, SERIES), yaw (T,), sureness (T, 2) -> (T,). False where unseen."""
    share = sources(yaw_deg)
    limit = np.where(share[:, NEAR_SIDE] == 1.0, STAND_FLEXION_DEG, STAND_FLEXION_WORLD_DEG)
    trunk, thigh, shin = np.moveaxis(series[:, LEANS] - calibration.standing_read(share), -1, 0)
    straight = (trunk + thigh < limit) & (np.abs(thigh + shin) < STAND_KNEE_DEG)
    over_the_feet = (np.abs(trunk) < STAND_TALL_DEG) & (np.abs(shin - thigh) / 2 < STAND_LEAN_DEG)
    tall: Bools = (np.abs(trunk) < STAND_LEAN_DEG) & np.where(sure[:, 1] < LEG_SURE, over_the_feet, straight)
    return tall


def medians(rows: Floats) -> Floats:
    """Median of each column over the rows that have it, NaN where none has. (T, N) -> (N,)."""
    seen = np.isfinite(rows)
    return np.array([np.median(column[known]) if known.any() else np.nan for column, known in zip(rows.T, seen.T, strict=True)])


def learn(time_s: float, series: Floats, yaw_deg: Floats, features: Floats) -> Baseline:
    """Baseline from the frames of one stand: medians, blind to NaN. (T, SERIES), (T,) signed degrees, (T, FEATURES)."""
    middle = medians(series)
    return Baseline(
        time_s=time_s,
        yaw_deg=views.middle(yaw_deg),
        leans_deg=tuple(middle[LEANS].tolist()),
        hip_px=(float(middle[HIP_X]), float(middle[HIP_Y])),
        ankle_px=(float(middle[ANKLE_X]), float(middle[ANKLE_Y])),
        middle_px=tuple(middle[MIDDLE].tolist()),
        outlined_px=tuple(middle[OUTLINED].tolist()),
        rear_deg=tuple(middle[REAR].tolist()),
        trunk_px=float(middle[TRUNK_PX]),
        thigh_px=float(middle[THIGH_PX]),
        shank_px=float(middle[SHANK_PX]),
        step=float(middle[STEP]),
        back=tuple(middle[BACK].tolist()),
        features=tuple(medians(features).tolist()),
    )


def complete(baseline: Baseline, series: Floats, sure: Bools, first: int, last: int) -> tuple[int, Baseline]:
    """Add to the baseline what was hidden while standing, at the first of the frames ``first`` to ``last`` that shows it.

    Smoothed series and whether they were seen ``SURE_S`` before, (last - first, SERIES) -> the frame from which the new baseline holds,
    and it; ``last`` and the same baseline when there is nothing to add.
    """
    known = np.array(baseline.back)
    missing = np.isnan(known)
    if not missing.any():
        return last, baseline
    upright = np.abs(series[:, TRUNK]) < NEARLY_UPRIGHT_DEG
    shown = np.isfinite(series[:, BACK]) & sure[:, BACK] & upright[:, None] & missing
    if not shown.any():
        return last, baseline
    frame = int(shown.any(axis=1).argmax())
    known = np.where(shown[frame], series[frame, BACK], known)
    return first + frame, replace(baseline, back=tuple(known.tolist()))


def outdated(baseline: Baseline | None, row: Floats, yaw_deg: float) -> bool:
    """Whether a lifter standing like this, (SERIES,) and signed degrees, needs a new baseline: none yet, turned, moved, or nearer.

    One whose places are not known is outdated too.
    """
    if baseline is None or np.isnan(baseline.hip_px).any():
        return True
    turn = abs((yaw_deg - baseline.yaw_deg + 180.0) % 360.0 - 180.0)
    size = abs(float(row[THIGH_PX] + row[SHANK_PX]) / baseline.leg_px - 1.0)
    hip = float(np.hypot(*(row[HIP_X : HIP_Y + 1] - baseline.hip_px))) / baseline.leg_px
    ankle = float(np.hypot(*(row[ANKLE_X : ANKLE_Y + 1] - baseline.ankle_px))) / baseline.leg_px
    return turn > TURNED_DEG or size > RESIZED or hip > MOVED or min(hip, ankle) > STEPPED
