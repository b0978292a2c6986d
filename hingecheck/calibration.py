"""What is read off landmarks and contour, turned into what is true of the body.

The numbers at the end were fitted on rendered bodies whose truth is known: ``python -m benchmarks limits --truth FOLDER --refit`` fits them
again and prints them as they stand here; benchmarks/README.md says on what, and what they are worth on bodies the fit has not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from .data import Floats

# MediaPipe sets hip and shoulder of a person off by about the same amount all session. Who was told to stand tall stands as people do: what
# the landmarks say else is taken for their error, up to this much; more is a posture, and counts.
OWN_DEG: Final = 6.0
# The same of the back: 98 of 100 rendered bodies stand within this of the usual reading of its lower and its upper part. A mask that takes
# the furniture behind a lifter for the lifter draws a back that nobody has.
OWN_LOWER_DEG: Final = 27.0
OWN_UPPER_DEG: Final = 7.5
BENT_OVER_DEG: Final = 15.0
# How far a head may turn up or down against the trunk for the upper back to be told from it: as far as on the rendered bodies, whose necks
# were bent from 15 degrees forward to 25 back. A lifter who looks at the ceiling is not one of them.
HEAD_BACK_DEG: Final = -25.0
HEAD_DOWN_DEG: Final = 35.0
# A lifter who looks at the floor while standing carries the ear ahead as one who slumps does. Rendered heads stand within this, nearly all.
LEVEL_HEAD_DEG: Final = 9.0


@dataclass(frozen=True, slots=True)
class Angles:
    """Trunk, thigh and shin, degrees, by source (near side, both sides, world; see ``series``): (3, 3) each.

    ``read`` while people stand tall, ``true`` what it is then; from there ``slope`` true degrees a degree read, and ``bent`` more once the
    trunk is bent over.
    """

    read: tuple[tuple[float, float, float], ...]
    true: tuple[tuple[float, float, float], ...]
    slope: tuple[tuple[float, float, float], ...]
    bent: tuple[tuple[float, float, float], ...]


def leans(read: Floats, standing: Sequence[float] | None, share: Floats) -> Floats:
    """Trunk, thigh and shin as they are, degrees. (T, 3) as read, own standing as read, (T, 3) shares of the sources -> (T, 3).

    NaN stays; a standing angle that was not seen counts as the usual one.
    """
    usual = standing_read(share)
    own = usual if standing is None else usual + np.clip(np.nan_to_num(np.array(standing) - usual), -OWN_DEG, OWN_DEG)
    return _mixed(share, ANGLES.true) + scaled(read - own, share)


def standing_read(share: Floats) -> Floats:
    """Trunk, thigh and shin as they are read of people who stand tall, degrees. (T, 3) shares of the sources -> (T, 3)."""
    return _mixed(share, ANGLES.read)


def scaled(change: Floats, share: Floats) -> Floats:
    """True change of trunk, thigh and shin for a change as read, degrees. (T, 3), (T, 3) shares of the sources -> (T, 3)."""
    return _mixed(share, ANGLES.slope) * change + _mixed(share, ANGLES.bent) * bent_over(change)[:, None]


def _mixed(share: Floats, table: Sequence[Sequence[float]]) -> Floats:
    """Rows of a table by source, mixed by their shares. (T, 3), (3, 3) -> (T, 3). Not a matrix product, whose last bits depend on T."""
    mixed: Floats = (share[:, :, None] * np.array(table)).sum(axis=1)
    return mixed


def bent_over(change: Floats) -> Floats:
    """How far the trunk is on its way to being bent over, 0 to 1, from the change of the leans as read. (T, 3) -> (T,)."""
    return np.clip(change[:, 0] / BENT_OVER_DEG, 0.0, 1.0)


def camera_yaw(yaw_deg: Floats) -> Floats:
    """The camera's yaw as it is, from the yaw of the shoulders as read, signed degrees. (T,) -> (T,). NaN stays.

    The shoulder line of the world landmarks reads a few degrees towards the front from the side, and too near to the side from behind.
    """
    way = np.where(yaw_deg < 0.0, -1.0, 1.0)
    read = 90.0 - np.abs(yaw_deg)
    beyond = np.minimum(read - CAMERA_READ_DEG[0], 0.0)  # further towards the back than was fitted: degree by degree
    return way * np.clip(90.0 - (np.interp(read, CAMERA_READ_DEG, CAMERA_TRUE_DEG) + beyond), 0.0, 180.0)


def back(read: Floats, standing: Sequence[float] | None, trunk_lean_deg: Floats) -> tuple[Floats, Floats, Floats]:
    """Flexion of the lower and the upper back, degrees, and how far forward the shoulders hang, trunk lengths. (T, 4), (T,) -> (T,) each.

    ``read`` are the columns ``series.BACK``. What of the standing shape is not known is taken to be people's usual one. A neutral back's
    contour changes as well when the trunk leans, and a neck that bends carries the head along: both have their share. The shoulders are
    those of the stand, against people's usual ones: on rendered bodies that tells shoulders that hang forward, and the change within a
    rep does not, for the landmarks do not follow the shoulder blade. NaN without a standing shape, or where the lifter stood looking down.
    """
    usual = np.array(USUAL_BACK)
    own = np.full(len(usual), np.nan) if standing is None else np.array(standing) - usual
    most = np.array([np.inf, OWN_LOWER_DEG, OWN_UPPER_DEG, np.inf])
    _, lower, upper, head = np.moveaxis(read - usual - np.clip(np.nan_to_num(own), -most, most), -1, 0)
    leant = np.maximum(trunk_lean_deg, 0.0)
    shift = np.full(len(read), own[0] if abs(own[3]) <= LEVEL_HEAD_DEG else np.nan)
    known = np.where((head >= HEAD_BACK_DEG) & (head <= HEAD_DOWN_DEG), head, np.nan)
    return lower + LOWER_BY_LEAN * leant, upper + UPPER_BY_LEAN * leant + UPPER_BY_HEAD * known, shift


# --------------------------------------------------------------------------------------------------------------------- fitted
# fmt: off

USUAL_PROFILE: Final[tuple[float, ...]] = (0.2157, 0.234, 0.2489, 0.2576, 0.2631, 0.2607, 0.2494, 0.2303, 0.2107, 0.1935, 0.1777, 0.1698,
    0.172, 0.1759, 0.1802, 0.1855, 0.1918, 0.2004, 0.2105, 0.2169, 0.2209, 0.2228, 0.2217, 0.2169, 0.2057, 0.1851, 0.1501, 0.0875, 0.063,
    0.0695, 0.0849)
CAMERA_READ_DEG: Final = (-27.1, 2.6, 26.6, 60.9, 88.3)
CAMERA_TRUE_DEG: Final = (-35.0, 0.0, 30.0, 60.0, 90.0)
ANGLES: Final = Angles(read=((-2.58, -3.356, 6.819), (2.173, -5.059, 10.281), (14.682, 0.861, 22.157)), true=((-0.013, -3.407, 7.466),
    (0.199, -3.121, 6.808), (0.193, -3.037, 7.151)), slope=((0.969, 0.889, 0.907), (1.01, 0.891, 1.156), (0.825, 0.147, 0.159)),
    bent=((2.768, 1.566, -1.014), (4.845, 3.764, 0.028), (19.813, 19.67, -5.158)))
LOWER_WEIGHTS: Final[tuple[float, ...]] = (0.0, 0.0, 0.0, -62.28, -51.09, -47.6, -41.46, -22.0, 15.0, 56.15, 89.55, 106.06, 91.02, 48.71,
    2.35, -22.22, -29.3, -32.65, -20.54, -19.73, -25.04, -15.84, 1.32, 7.81, -4.23, -24.08, 0.0, 0.0, 0.0, 0.0, 0.0)
UPPER_WEIGHTS: Final[tuple[float, ...]] = (0.0, 0.0, 0.0, -42.42, 3.4, 31.06, 34.09, 13.23, -18.35, -25.45, -17.72, -17.62, -26.54,
    -30.26, -20.46, -1.73, 14.04, 25.97, 29.44, 36.94, 41.34, 30.93, 16.36, 11.2, 3.7, -16.99, 0.0, 0.0, 0.0, 0.0, 0.0)
LOWER_BY_LEAN: Final = -0.026
UPPER_BY_LEAN: Final = 0.08
UPPER_BY_HEAD: Final = 0.674
SHOULDER_WEIGHTS: Final[tuple[float, ...]] = (0.0, 0.0, 0.0, -0.2105, -0.2333, -0.2526, -0.183, 0.0213, 0.1612, 0.1917, 0.1529, 0.0828,
    -0.0261, -0.1691, -0.3002, -0.3616, -0.3191, -0.115, 0.1543, 0.3531, 0.4475, 0.4554, 0.3676, 0.2484, 0.1408, 0.0881, 0.0551, 0.0345,
    0.0, 0.0, 0.0)
SHOULDER_CARRIAGE: Final[tuple[float, ...]] = (0.9694, -0.281, 0.4385)
USUAL_BACK: Final = (-0.118, -23.626, 22.115, 20.919)
SPREADS_AT_DEG: Final = (0.0, 30.0, 45.0, 60.0, 90.0)
SPREADS: Final[dict[str, tuple[float, ...]]] = {"hip_flexion_deg": (4.9, 9.4, 7.5, 10.9, 8.9), "knee_flexion_deg": (5.4, 8.5, 10.0, 10.1,
    15.0), "trunk_lean_deg": (2.8, 4.6, 4.4, 6.2, 5.3), "shin_lean_deg": (2.9, 4.2, 5.5, 8.4, 4.7), "spine_lower_deg": (5.8, 12.2, 12.2,
    12.2, 12.2), "spine_upper_deg": (4.0, 7.3, 7.3, 7.3, 7.3), "butt_drop": (0.04, 0.046, 0.036, 0.054, 0.051), "shoulder_shift": (0.027,
    0.134, 0.134, 0.134, 0.134), "knee_ankle_ratio": (0.171, 0.171, 0.154, 0.114, 0.123), "ankle_hip_ratio": (0.257, 0.257, 0.07, 0.079,
    0.127), "hips_lead_deg": (7.9, 10.7, 12.3, 5.0, 16.3), "back_drift_deg": (1.5, 1.5, 1.5, 1.5, 1.5), "view_yaw_deg": (5.0, 9.3, 9.8,
    8.8, 5.1)}
SPREADS_UNSTOOD: Final[dict[str, float]] = {"spine_lower_deg": 15.4, "spine_upper_deg": 5.1}
