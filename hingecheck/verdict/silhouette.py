"""Back and legs, from the outline of the body. Pose landmarks have no points between the joints; the person's mask has an edge there.

A chord runs from the middle of the hips (height 0) to the middle of the shoulders (height 1). At each of ``HEIGHTS`` along it, and a
little beyond both ends, a ray leaves the chord at a right angle towards the back until the mask falls below one half. The distance,
sub-pixel, in chord lengths, is one sample of the back profile. The leg profile is the same of the chord from the middle of the hips
(height 0) down to the middle of the ankles (height 1). Midpoints are used because they survive a swap of left and right.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from . import skeleton
from .types import Floats

HEIGHTS: Final = np.round(np.arange(-0.20, 1.301, 0.05), 2)
S: Final = len(HEIGHTS)
LEG_HEIGHTS: Final = np.round(np.arange(-0.10, 1.051, 0.05), 2)
L: Final = len(LEG_HEIGHTS)

# Looks along a ray, chord lengths: 1.4 px apart on a trunk of 150 px, where the mask goes from 0 to 1 over four. The deepest rendered
# buttock lies at 0.35 of a trunk, and at 0.3 of a leg.
LOOKS: Final = np.linspace(0.0, 0.60, 64)
LEG_LOOKS: Final = np.linspace(0.0, 0.45, 64)
MIN_CHORD_PX: Final = 24.0  # a smaller trunk has no back to speak of: one mask pixel would be four hundredths of it
MIN_FOOT: Final = 0.08  # chord lengths from heel to toe across the picture that tell left from right; side views give 0.26 to 0.5
SHANK_STEPS: Final = np.linspace(0.0, 0.9, 10)  # the ankle itself is narrow
ARM_CLEARANCE: Final = 0.10  # chord lengths: an edge nearer than this to the forearm or elbow may be the arm's


def trunk(xy: Floats) -> tuple[Floats, Floats]:
    """Middle of the hips and middle of the shoulders, px. (..., K, 2) -> (..., 2) each. NaN where a joint is."""
    left_hip, right_hip = skeleton.SIDES["hip"]
    left_shoulder, right_shoulder = skeleton.SIDES["shoulder"]
    hip = (xy[..., left_hip, :] + xy[..., right_hip, :]) / 2
    shoulder = (xy[..., left_shoulder, :] + xy[..., right_shoulder, :]) / 2
    return hip, shoulder


def facing(xy: Floats) -> Floats:
    """Which way the feet point across the picture: +1 right, -1 left, 0 too little to tell or unseen. (..., K, 2) px -> (...)."""
    hip, shoulder = trunk(xy)
    return _facing(xy, _length(shoulder - hip))


def _facing(xy: Floats, size: Floats) -> Floats:
    """As ``facing``, with the chord's length ``size`` given, px. (..., K, 2), (...) -> (...)."""
    (left_toe, right_toe), (left_heel, right_heel) = skeleton.SIDES["foot_index"], skeleton.SIDES["heel"]
    foot = (xy[..., left_toe, 0] - xy[..., left_heel, 0] + (xy[..., right_toe, 0] - xy[..., right_heel, 0])) / 2
    return np.where(np.abs(foot) >= MIN_FOOT * size, np.sign(foot), 0.0)


def _length(vector: Floats) -> Floats:
    """Length of a vector, in its unit. (..., 2) -> (...). NaN stays."""
    return np.hypot(vector[..., 0], vector[..., 1])


def _frame_of(xy: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Hip, chord, its length and unit normal towards the back, px. (..., K, 2) -> (..., 2) each, (...). NaN where facing is unclear."""
    hip, shoulder = trunk(xy)
    chord = shoulder - hip
    size = _length(chord)
    way = _facing(xy, size)
    back = np.where(way == 0, np.nan, -way) / size
    # The chord turned by a right angle; standing upright (chord pointing up) it points to the picture's right for back = +1.
    normal = np.stack([-chord[..., 1] * back, chord[..., 0] * back], axis=-1)
    return hip, chord, size, normal


def back_points(xy: Floats, back: Floats) -> Floats:
    """The dorsal contour in the picture, px. (..., K, 2) and (..., S) -> (..., S, 2). NaN where the profile is."""
    hip, chord, size, normal = _frame_of(xy)
    along = hip[..., None, :] + HEIGHTS[:, None] * chord[..., None, :]
    return along + (back * size[..., None])[..., None] * normal[..., None, :]


def back_profile(mask: NDArray[np.float32], xy: Floats) -> Floats:
    """Distance of the dorsal edge from the hip-shoulder chord at ``HEIGHTS``, in chord lengths. (H, W) 0 to 1, (K, 2) px -> (S,).

    NaN where it cannot be seen: facing unclear, trunk too small, the chord itself off the mask or out of the picture, no edge within
    ``LOOKS``, or a forearm or elbow at the edge.
    """
    hip, chord, length, normal = _frame_of(xy)
    size = float(length)
    if not size >= MIN_CHORD_PX or not np.isfinite(normal).all():
        return np.full(S, np.nan)
    start = hip + HEIGHTS[:, None] * chord
    profile = _edge(mask, start, size * normal, LOOKS)
    return np.where(_at_an_arm(xy, start + (profile * size)[:, None] * normal, size), np.nan, profile)


def leg_profile(mask: NDArray[np.float32], xy: Floats) -> Floats:
    """Distance of the legs' rear edge from the hip-ankle chord at ``LEG_HEIGHTS``, in chord lengths. (H, W) 0 to 1, (K, 2) px -> (L,).

    Seen from the side the legs are one shape. NaN where the edge cannot be seen: facing unclear, leg too small, the chord itself off the
    mask, as where a plate is before it, or out of the picture, or no edge within ``LEG_LOOKS``.
    """
    hip, chord = leg_chord(xy)
    size, way = float(_length(chord)), float(facing(xy))
    if not size >= MIN_CHORD_PX or way == 0.0:
        return np.full(L, np.nan)
    rear = way * np.stack([-chord[1], chord[0]])  # of a chord that points down and feet that point to the picture's right: its left
    return _edge(mask, hip + LEG_HEIGHTS[:, None] * chord, rear, LEG_LOOKS)


def leg_chord(xy: Floats) -> tuple[Floats, Floats]:
    """Middle of the hips, and the way from there to the middle of the ankles, px. (..., K, 2) -> (..., 2) each. NaN where a joint is."""
    (left_hip, right_hip), (left_ankle, right_ankle) = skeleton.SIDES["hip"], skeleton.SIDES["ankle"]
    hip = (xy[..., left_hip, :] + xy[..., right_hip, :]) / 2
    return hip, (xy[..., left_ankle, :] + xy[..., right_ankle, :]) / 2 - hip


def _edge(mask: NDArray[np.float32], start: Floats, ray: Floats, looks: Floats) -> Floats:
    """How many lengths of a ray from each start the mask falls below one half, ``looks`` apart. (H, W), (N, 2) px, (2,) px, (M,) -> (N,).

    NaN for a start off the mask, and where the mask does not end within the ray or only where the picture does.
    """
    value = sampled(mask, start[:, :1] + looks * ray[0], start[:, 1:] + looks * ray[1])
    outside = ~(value >= 0.5)
    first = outside.argmax(axis=1)
    row = np.arange(len(start))
    before = value[row, first - 1]
    after = value[row, first]
    found = outside.any(axis=1) & (first > 0) & np.isfinite(after)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        edge = (first - 1 + (before - 0.5) / (before - after)) * looks[1]
    return np.where(found, edge, np.nan)


def shanks_seen(mask: NDArray[np.float32], xy: Floats) -> Floats:
    """Share of the way from knee to ankle that lies on the person, left and right, 0 to 1. (H, W) 0 to 1, (K, 2) px -> (2,).

    On rendered clips it is 1 whenever nothing stands before the leg; a plate before it is not part of the person.
    """
    knee, ankle = xy[list(skeleton.SIDES["knee"])], xy[list(skeleton.SIDES["ankle"])]
    along = knee[:, None] + SHANK_STEPS[:, None] * (ankle - knee)[:, None]
    seen: Floats = (sampled(mask, along[..., 0], along[..., 1]) > 0.5).mean(axis=1)
    return seen


def sampled(mask: NDArray[np.float32], x: Floats, y: Floats) -> Floats:
    """The mask at places between its pixels, whose middles lie at halves: bilinear. (H, W), (...) px each -> (...).

    NaN beyond the middles of its outermost pixels. A mask is at least two pixels either way.
    """
    high, wide = mask.shape
    x, y = x - 0.5, y - 0.5
    inside = (x >= 0) & (x <= wide - 1) & (y >= 0) & (y <= high - 1)
    column = np.where(inside, x, 0.0).astype(np.intp)
    row = np.where(inside, y, 0.0).astype(np.intp)
    np.minimum(column, wide - 2, out=column)
    np.minimum(row, high - 2, out=row)
    right, down = x - column, y - row
    flat = mask.ravel()
    at = row * wide + column
    above = flat[at] * (1.0 - right) + flat[at + 1] * right
    below = flat[at + wide] * (1.0 - right) + flat[at + wide + 1] * right
    return np.where(inside, above * (1.0 - down) + below * down, np.nan)


def _at_an_arm(xy: Floats, edge: Floats, size: float) -> NDArray[np.bool_]:
    """Whether an edge point lies at a forearm or elbow. (K, 2) px, (S, 2) px -> (S,)."""
    elbow, wrist = xy[list(skeleton.SIDES["elbow"])], xy[list(skeleton.SIDES["wrist"])]
    forearm = wrist - elbow
    off = edge[:, None] - elbow
    square = np.maximum((forearm * forearm).sum(axis=-1), np.finfo(float).tiny)
    share = np.clip((off * forearm).sum(axis=-1) / square, 0.0, 1.0)
    gap = off - share[..., None] * forearm
    near: NDArray[np.bool_] = ((gap * gap).sum(axis=-1) < (ARM_CLEARANCE * size) ** 2).any(axis=1)
    return near
