"""Whether the picture is upright, from how bodies stand in it: a head is above its feet, and who stands does so on the vertical.

People lie, sit and do push-ups, so a picture is taken for turned only when nearly all of it shows what gravity does not allow.
"""

from typing import Final

import numpy as np

from .poses import Poses
from .skeleton import SIDES
from .types import Floats

NEARLY_ALL: Final = 0.8  # of the frames in which all joints are seen
LEAST_FRAMES: Final = 15
LEVEL_DEG: Final = 35.0  # from the horizontal: thighs and shanks of somebody who stands, in a picture on its side
SWING_DEG: Final = 40.0  # of the trunk against the legs: lying with straight legs nobody bends so far at the hips, again and again


def turn_deg(poses: Poses) -> int:
    """How far the picture must be turned clockwise to be upright: 0, 90, 180 or 270 degrees. Poses of T. 0 unless it is plain."""
    shoulder, hip, knee, ankle = (poses.xy[:, SIDES[joint]].mean(axis=1) for joint in ("shoulder", "hip", "knee", "ankle"))
    seen = np.isfinite(np.concatenate([shoulder, hip, knee, ankle], axis=1)).all(axis=1)
    if seen.sum() < LEAST_FRAMES:
        return 0
    thigh, shank, trunk = (lower[seen] - upper[seen] for upper, lower in ((hip, knee), (knee, ankle), (shoulder, hip)))
    if np.mean((_down_deg(thigh) > 180 - LEVEL_DEG) & (_down_deg(shank) > 180 - LEVEL_DEG)) > NEARLY_ALL:
        return 180
    level = (np.abs(_down_deg(thigh) - 90) < LEVEL_DEG) & (np.abs(_down_deg(shank) - 90) < LEVEL_DEG)
    if np.mean(level) <= NEARLY_ALL or np.ptp(np.percentile(_between_deg(trunk, thigh), (10, 90))) < SWING_DEG:
        return 0
    return 270 if np.median(ankle[seen, 0] - hip[seen, 0]) < 0 else 90


def _down_deg(along: Floats) -> Floats:
    """Angle against straight down, degrees, 0 to 180. (T, 2) px -> (T,)."""
    return np.degrees(np.arctan2(np.abs(along[:, 0]), along[:, 1]))


def _between_deg(one: Floats, other: Floats) -> Floats:
    """Angle between two directions, degrees, 0 to 180. (T, 2) each -> (T,)."""
    cross, dot = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0], (one * other).sum(axis=1)
    angle: Floats = np.degrees(np.arctan2(np.abs(cross), dot))
    return angle
