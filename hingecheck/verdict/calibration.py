"""Corrects readings of landmarks and contour for their systematic errors, to give the true angles of the body.

The tables at the end were fitted on rendered bodies whose truth is known. They stand in ``calibration.json`` with what each was fitted
on; ``python -m benchmarks refit FOLDER`` fits them again. benchmarks/README.md says what they are worth on bodies the fit has not seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from . import fitted
from .types import Floats

# MediaPipe misplaces a person's hip and shoulder by about the same amount all session. The lifter was asked to stand tall, so a standing
# angle that differs from the usual one is taken for a landmark error, up to this much. Anything more is posture, and counts.
OWN_DEG: Final = 6.0
# The line from hips to ankles shows how a leg leans, even when the knee is misplaced. A difference from the usual lean below the first
# number is taken for an error, and from the second number on for posture, in full. Lifters who hold a weight in front of the body lean
# back against it: rendered bodies by 5.
LEG_POSTURE_DEG: Final = (1.5, 3.5)
# The same for the back: 98 of 100 rendered bodies stand within this of the usual reading of the lower and the upper back. A mask that
# includes furniture behind the lifter gives a back shape that no person has.
OWN_LOWER_DEG: Final = 27.0
OWN_UPPER_DEG: Final = 7.5
BENT_OVER_DEG: Final = 15.0
DEEP_DEG: Final = 25.0
# The range of head angles against the trunk for which the upper back can be measured. It is the range of the rendered bodies, whose necks
# were bent from 15 degrees forward to 25 back. A lifter who looks at the ceiling is outside it.
HEAD_BACK_DEG: Final = -25.0
HEAD_DOWN_DEG: Final = 35.0
# Looking at the floor while standing moves the ear forward, as slumping does. Nearly all rendered heads stand within this.
LEVEL_HEAD_DEG: Final = 9.0
# Beyond this knee flexion by the landmarks, calf and thigh fold together, and their rear edge shows the angle less and less well.
REAR_GIVES_WAY_DEG: Final = (25.0, 35.0)
BESIDE_DEG: Final = 10.0  # shoulders were fitted only up to this far off the side, the readings of cameras placed beside a lifter
# A rounding upper back bends the contour of the lower back too, and more the further it rounds. A back that keeps its shape reads less.
ROUND_DEG: Final = 13.0


@dataclass(frozen=True, slots=True)
class Angles:
    """Trunk, thigh and shin, degrees, by source (near side, both sides, world; see ``series``): (3, 3) each.

    ``read`` is the usual reading of people who stand tall, ``true`` their true angle. From there ``slope`` is true degrees per degree
    read. ``bent`` degrees are added once the trunk is bent over, and ``deep`` degrees per degree beyond ``DEEP_DEG``, which only a
    squatting thigh reaches. A lifter's own stand may read differently: ``kept`` is the share that is no error, or that bending undoes.
    """

    read: tuple[tuple[float, float, float], ...]
    true: tuple[tuple[float, float, float], ...]
    slope: tuple[tuple[float, float, float], ...]
    bent: tuple[tuple[float, float, float], ...]
    deep: tuple[tuple[float, float, float], ...]
    kept: tuple[tuple[float, float, float], ...]


def leans(read: Floats, standing: Sequence[float] | None, share: Floats) -> Floats:
    """True trunk, thigh and shin, degrees. (T, 3) as read, own standing as read, (T, 3) shares of the sources -> (T, 3).

    NaN stays. A standing angle that was not seen counts as the usual one.
    """
    usual = standing_read(share)
    off = np.zeros_like(usual) if standing is None else np.nan_to_num(np.array(standing) - usual)
    posture = _posture(off) * share[:, :1]
    own = np.clip(off - posture, -OWN_DEG, OWN_DEG)
    stood = _mixed(share, ANGLES.true) + posture + _mixed(share, ANGLES.kept) * own
    return stood + scaled(read - usual - posture - own, share)


def _posture(off: Floats) -> Floats:
    """Posture of a standing leg, from its thigh and shin as read minus the usual ones, degrees. (T, 3) -> (T, 3).

    Measured from the near side alone: the other sources read a standing leg too loosely.
    """
    leant = (off[:, 2] - off[:, 1]) / 2
    leant = leant * np.interp(np.abs(leant), LEG_POSTURE_DEG, (0.0, 1.0))
    return np.stack([np.zeros_like(leant), -leant, leant], axis=-1)


def standing_read(share: Floats) -> Floats:
    """Usual readings of trunk, thigh and shin of people who stand tall, degrees. (T, 3) shares of the sources -> (T, 3)."""
    return _mixed(share, ANGLES.read)


def scaled(change: Floats, share: Floats) -> Floats:
    """True change of trunk, thigh and shin for a change as read, degrees. (T, 3), (T, 3) shares of the sources -> (T, 3)."""
    deep = np.maximum(change - DEEP_DEG, 0.0)
    return (
        _mixed(share, ANGLES.slope) * change
        + _mixed(share, ANGLES.bent) * bent_over(change[:, 0])[:, None]
        + _mixed(share, ANGLES.deep) * deep
    )


def _mixed(share: Floats, table: Sequence[Sequence[float]]) -> Floats:
    """Rows of a table by source, mixed by their shares. (T, 3), (3, 3) -> (T, 3). Not a matrix product, whose last bits depend on T."""
    mixed: Floats = (share[:, :, None] * np.array(table)).sum(axis=1)
    return mixed


def bent_over(trunk_deg: Floats) -> Floats:
    """How far the trunk is on its way to being bent over, 0 to 1, from its lean, or the change of it. (T,) degrees -> (T,)."""
    return np.clip(trunk_deg / BENT_OVER_DEG, 0.0, 1.0)


def rear_leans(read: Floats, standing: Sequence[float]) -> Floats:
    """True thigh and shin, degrees, from the rear edge of the legs. (T, 3) the columns ``series.REAR``, own standing -> (T, 2).

    The lifter's own stand removes most of the differences in calves and trousers between people, and the landmark error in the line from
    ankles to hips. NaN stays. Without an own stand all is NaN.
    """
    slope, own, by_line, level = np.array(REAR_LEANS)
    stood = np.array(standing)
    line = read[:, 2] - line_error(stood[2] - USUAL_LINE_DEG)
    told: Floats = level + slope * read[:, :2] + own * stood[:2] + by_line * line[:, None]
    return told


def line_error(off_deg: float) -> float:
    """Landmark error in a standing leg's line from ankles to hips, degrees. ``off_deg`` is that line minus the usual one."""
    return off_deg * float(np.interp(abs(off_deg), LEG_POSTURE_DEG, (1.0, 0.0)))


def by_rear(knee_deg: Floats) -> Floats:
    """How much the rear edge of the legs counts against their landmarks, 0 to 1, by the landmarks' knee flexion, degrees. (T,) -> (T,)."""
    return np.interp(knee_deg, REAR_GIVES_WAY_DEG, (1.0, 0.0))


def camera_yaw(yaw_deg: Floats) -> Floats:
    """True yaw of the camera, from the yaw of the shoulders as read, signed degrees. (T,) -> (T,). NaN stays.

    The shoulder line of the world landmarks reads a few degrees towards the front from the side, and too near to the side from behind.
    """
    way = np.where(yaw_deg < 0.0, -1.0, 1.0)
    read = 90.0 - np.abs(yaw_deg)
    beyond = np.minimum(read - CAMERA_READ_DEG[0], 0.0)  # further towards the back than was fitted: degree by degree
    return way * np.clip(90.0 - (np.interp(read, CAMERA_READ_DEG, CAMERA_TRUE_DEG) + beyond), 0.0, 180.0)


def trunk_by_outline(trunk_deg: Floats, hip_off: Floats) -> Floats:
    """True trunk lean, degrees, corrected by outline hip minus landmark hip, ahead and down, leg lengths. (T,), (T, 2) -> (T,)."""
    ahead, down, bent_deg = TRUNK_BY_OUTLINE
    return trunk_deg + ahead * hip_off[:, 0] + down * hip_off[:, 1] + bent_deg * bent_over(trunk_deg)


def knee_gap(ratio: Floats, trunk_lean_deg: Floats) -> Floats:
    """True ratio of the knee gap to the ankle gap, from the ratio as read and the trunk lean, degrees. (T,), (T,) -> (T,). NaN stays.

    It is read correctly while the lifter stands. When the lifter bends towards the camera, knees close together are read too far apart,
    and knees far apart too close.
    """
    near, far = KNEES_BENT_OVER
    with np.errstate(invalid="ignore"):  # no gap at all between the ankles
        return ratio + towards_camera(trunk_lean_deg) * (near + far * ratio)


def towards_camera(trunk_lean_deg: Floats) -> Floats:
    """How far a trunk leans towards a camera before it, as a share of its length, 0 to 1, from its lean, degrees. (T,) -> (T,)."""
    return np.sin(np.radians(np.clip(trunk_lean_deg, 0.0, 90.0)))


def back(read: Floats, standing: Sequence[float] | None, trunk_lean_deg: Floats, shorter: Floats) -> tuple[Floats, Floats, Floats]:
    """Flexion of the lower and the upper back, degrees, and how far forward the shoulders hang, trunk lengths.

    (T, 4), (T,), (T,) -> (T,) each. ``read`` are the columns ``series.BACK``; ``shorter`` is how much the chord from hips to
    shoulders has shortened, as a share of its standing length: a rounding back shortens it. NaN counts as no change. Unknown
    parts of the standing shape count as the usual ones. Three effects are corrected: a neutral back's contour changes with trunk lean, a
    bending neck moves the head, and a rounding upper back bends the contour of the lower back. The shoulders are measured in the stand,
    against the usual ones: on rendered bodies this shows shoulders that hang forward. The change within a rep does not, because the
    landmarks do not follow the shoulder blade. NaN without a standing shape, or where the lifter stood looking down.
    """
    usual = np.array(USUAL_BACK)
    own = np.full(len(usual), np.nan) if standing is None else np.array(standing) - usual
    most = np.array([np.inf, OWN_LOWER_DEG, OWN_UPPER_DEG, np.inf])
    _, lower, upper, head = np.moveaxis(read - usual - np.clip(np.nan_to_num(own), -most, most), -1, 0)
    leant = np.maximum(trunk_lean_deg, 0.0)
    shift = np.full(len(read), own[0] if abs(own[3]) <= LEVEL_HEAD_DEG else np.nan)
    known = np.where((head >= HEAD_BACK_DEG) & (head <= HEAD_DOWN_DEG), head, np.nan)
    upper = upper + UPPER_BY_LEAN * leant + UPPER_BY_HEAD * known
    drawn_in = LOWER_BY_CHORD * np.nan_to_num(shorter)
    return lower + LOWER_BY_LEAN * leant + drawn_in + LOWER_BY_UPPER * round_beyond(upper), upper, shift


def shoulder_by_camera(yaw_deg: Floats) -> Floats:
    """Correction for shoulders seen a little from the front: they read too far back. (T,) signed degrees as read -> (T,) trunk lengths."""
    return SHOULDER_BY_CAMERA * beside(yaw_deg)


def beside(yaw_deg: Floats) -> Floats:
    """How far the camera stands off the side towards the back, as far as shoulders were fitted, from signed degrees. (T,) -> (T,)."""
    return np.clip(np.abs(yaw_deg) - 90.0, -BESIDE_DEG, BESIDE_DEG)


def round_beyond(upper_deg: Floats) -> Floats:
    """How far the upper back is rounded beyond ``ROUND_DEG``, degrees, 0 where it is not seen. (T,) -> (T,)."""
    return np.nan_to_num(np.maximum(upper_deg - ROUND_DEG, 0.0))


# --------------------------------------------------------------------------------------------------------------------- fitted

_FITTED: Final = fitted.load()

USUAL_PROFILE: Final[tuple[float, ...]] = _FITTED["USUAL_PROFILE"]
CAMERA_READ_DEG: Final[tuple[float, ...]] = _FITTED["CAMERA_READ_DEG"]
CAMERA_TRUE_DEG: Final[tuple[float, ...]] = _FITTED["CAMERA_TRUE_DEG"]
ANGLES: Final[Angles] = Angles(**_FITTED["ANGLES"])
USUAL_LEG: Final[tuple[float, ...]] = _FITTED["USUAL_LEG"]
USUAL_LINE_DEG: Final[float] = _FITTED["USUAL_LINE_DEG"]
REAR_WEIGHTS: Final[tuple[tuple[float, ...], ...]] = _FITTED["REAR_WEIGHTS"]
REAR_LEANS: Final[tuple[tuple[float, ...], ...]] = _FITTED["REAR_LEANS"]
KNEE_BY_LENGTH: Final[tuple[float, ...]] = _FITTED["KNEE_BY_LENGTH"]
THIGH_BY_FOOT: Final[tuple[float, ...]] = _FITTED["THIGH_BY_FOOT"]
HIP_BY_OUTLINE: Final[tuple[tuple[float, ...], ...]] = _FITTED["HIP_BY_OUTLINE"]
HIP_BY_LEAN: Final[tuple[tuple[float, ...], ...]] = _FITTED["HIP_BY_LEAN"]
THIGH_BY_OUTLINE: Final[tuple[float, ...]] = _FITTED["THIGH_BY_OUTLINE"]
KNEE_BY_OUTLINE: Final[tuple[float, ...]] = _FITTED["KNEE_BY_OUTLINE"]
TRUNK_BY_OUTLINE: Final[tuple[float, ...]] = _FITTED["TRUNK_BY_OUTLINE"]
KNEES_BENT_OVER: Final[tuple[float, ...]] = _FITTED["KNEES_BENT_OVER"]
LOWER_WEIGHTS: Final[tuple[float, ...]] = _FITTED["LOWER_WEIGHTS"]
UPPER_WEIGHTS: Final[tuple[float, ...]] = _FITTED["UPPER_WEIGHTS"]
LOWER_BY_LEAN: Final[float] = _FITTED["LOWER_BY_LEAN"]
LOWER_BY_CHORD: Final[float] = _FITTED["LOWER_BY_CHORD"]
LOWER_BY_UPPER: Final[float] = _FITTED["LOWER_BY_UPPER"]
UPPER_BY_LEAN: Final[float] = _FITTED["UPPER_BY_LEAN"]
UPPER_BY_HEAD: Final[float] = _FITTED["UPPER_BY_HEAD"]
SHOULDER_WEIGHTS: Final[tuple[float, ...]] = _FITTED["SHOULDER_WEIGHTS"]
SHOULDER_CARRIAGE: Final[tuple[float, ...]] = _FITTED["SHOULDER_CARRIAGE"]
SHOULDER_BY_CAMERA: Final[float] = _FITTED["SHOULDER_BY_CAMERA"]
USUAL_BACK: Final[tuple[float, ...]] = _FITTED["USUAL_BACK"]
SPREADS_AT_DEG: Final[tuple[float, ...]] = _FITTED["SPREADS_AT_DEG"]
SPREADS: Final[dict[str, tuple[float, ...]]] = _FITTED["SPREADS"]
SPREADS_UNSTOOD: Final[dict[str, float]] = _FITTED["SPREADS_UNSTOOD"]
SPREADS_OUTLINED: Final[dict[str, float]] = _FITTED["SPREADS_OUTLINED"]
SPREADS_BY_REAR: Final[dict[str, float]] = _FITTED["SPREADS_BY_REAR"]
