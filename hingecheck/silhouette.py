"""The back, from the outline of the body: pose landmarks have no point between shoulder and hip, the person's mask has its edge.

A chord runs from the middle of the hips (height 0) to the middle of the shoulders (height 1). At each of ``HEIGHTS`` along it, and a
little beyond both ends, a ray leaves the chord at a right angle towards the back until the mask falls below one half. The distance,
sub-pixel, in chord lengths, is one sample of the back profile. Midpoints are used because they survive a swap of left and right.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from . import skeleton
from .data import Floats

HEIGHTS: Final = np.round(np.arange(-0.20, 1.301, 0.05), 2)
S: Final = len(HEIGHTS)

REACH: Final = 0.60  # chord lengths a ray looks for the edge; the deepest rendered buttock lies at 0.35
STEPS: Final = 64  # looks along a ray: 1.4 px apart on a trunk of 150 px, where the mask goes from 0 to 1 over four
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
    chord = np.hypot(*np.moveaxis(shoulder - hip, -1, 0))
    toes = [xy[..., side, 0] for side in skeleton.SIDES["foot_index"]]
    heels = [xy[..., side, 0] for side in skeleton.SIDES["heel"]]
    with np.errstate(invalid="ignore", divide="ignore"):
        foot = ((toes[0] - heels[0]) + (toes[1] - heels[1])) / 2 / chord
    return np.where(np.abs(foot) >= MIN_FOOT, np.sign(foot), 0.0)


def _frame_of(xy: Floats) -> tuple[Floats, Floats, Floats]:
    """Hip, chord vector and unit normal towards the back, px. (..., K, 2) -> (..., 2) each. NaN where facing is unclear."""
    hip, shoulder = trunk(xy)
    chord = shoulder - hip
    size = np.hypot(chord[..., 0], chord[..., 1])
    way = facing(xy)
    back = np.where(way == 0, np.nan, -way) / size
    # The chord turned by a right angle; standing upright (chord pointing up) it points to the picture's right for back = +1.
    normal = np.stack([-chord[..., 1] * back, chord[..., 0] * back], axis=-1)
    return hip, chord, normal


def back_points(xy: Floats, back: Floats) -> Floats:
    """The dorsal contour in the picture, px. (..., K, 2) and (..., S) -> (..., S, 2). NaN where the profile is."""
    hip, chord, normal = _frame_of(xy)
    size = np.hypot(chord[..., 0], chord[..., 1])
    along = hip[..., None, :] + HEIGHTS[:, None] * chord[..., None, :]
    return along + (back * size[..., None])[..., None] * normal[..., None, :]


def back_profile(mask: NDArray[np.float32], xy: Floats) -> Floats:
    """Distance of the dorsal edge from the hip-shoulder chord at ``HEIGHTS``, in chord lengths. (H, W) 0 to 1, (K, 2) px -> (S,).

    NaN where it cannot be seen: facing unclear, trunk too small, the chord itself off the mask or out of the picture, no edge within
    ``REACH``, or a forearm or elbow at the edge.
    """
    unseen = np.full(S, np.nan)
    hip, chord, normal = _frame_of(xy)
    size = float(np.hypot(chord[0], chord[1]))
    if not size >= MIN_CHORD_PX or not np.isfinite(normal).all():
        return unseen
    steps = np.linspace(0.0, REACH * size, STEPS)
    start = hip + HEIGHTS[:, None] * chord
    ray = start[:, None, :] + steps[None, :, None] * normal
    value = ndimage.map_coordinates(mask, [ray[..., 1] - 0.5, ray[..., 0] - 0.5], order=1, mode="constant", cval=-1.0, prefilter=False)
    outside = value < 0.5
    first = outside.argmax(axis=1)
    row = np.arange(S)
    before = value[row, first - 1]
    after = value[row, first]
    found = outside.any(axis=1) & (first > 0) & (after >= 0)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        edge = (first - 1 + (before - 0.5) / (before - after)) * (REACH / (STEPS - 1))
    profile = np.where(found, edge, np.nan)
    return np.where(_at_an_arm(xy, start + (profile * size)[:, None] * normal, size), np.nan, profile)


def shanks_seen(mask: NDArray[np.float32], xy: Floats) -> Floats:
    """Share of the way from knee to ankle that lies on the person, left and right, 0 to 1. (H, W) 0 to 1, (K, 2) px -> (2,).

    On rendered clips it is 1 whenever nothing stands before the leg; a plate before it is not part of the person.
    """
    knee, ankle = xy[list(skeleton.SIDES["knee"])], xy[list(skeleton.SIDES["ankle"])]
    along = knee[:, None] + SHANK_STEPS[:, None] * (ankle - knee)[:, None]
    value = ndimage.map_coordinates(mask, [along[..., 1] - 0.5, along[..., 0] - 0.5], order=1, mode="constant", prefilter=False)
    seen: Floats = (value > 0.5).mean(axis=1)
    return seen


def _at_an_arm(xy: Floats, edge: Floats, size: float) -> NDArray[np.bool_]:
    """Whether an edge point lies at a forearm or elbow. (K, 2) px, (S, 2) px -> (S,)."""
    near = np.zeros(len(edge), dtype=bool)
    for elbow, wrist in zip(skeleton.SIDES["elbow"], skeleton.SIDES["wrist"], strict=True):
        a, b = xy[elbow], xy[wrist]
        along = b - a
        square = float((along * along).sum())
        share = np.clip(((edge - a) * along).sum(axis=1) / square, 0.0, 1.0) if square > 0 else np.zeros(len(edge))
        gap = edge - (a + share[:, None] * along)
        near |= (gap * gap).sum(axis=1) < (ARM_CLEARANCE * size) ** 2
    return near
