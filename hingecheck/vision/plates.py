"""A weight plate before the lifter: seen from the side a disc, whose middle hangs from the hands.

A pose network draws the leg that it cannot see on to the disc, and is sure of it. The disc itself is plain to see: a circle in the
picture, below the hands, that goes where they go. Nothing else about a person is round and does that.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..opencv import cv2
from ..verdict import skeleton
from ..verdict.silhouette import MIN_CHORD_PX, facing, trunk
from ..verdict.types import Bools, Floats

LOOK_EVERY_S: Final = 0.06  # of video time; between two looks a plate stays where it hung from the hands
SEEK_EVERY_S: Final = 0.3  # ... while none is known
FORGET_S: Final = 0.7  # not found for that long it has been put down
SURE_LOOKS: Final = 2  # that agree: a circle once is a buttock or a ball behind the lifter
AGREE: Final = 0.15  # trunk lengths from one look to the next, of the middle against the hands; and share of the radius
TRUNK_PX: Final = 48.0  # the picture is looked at so small that the trunk is as long as this
# Trunk lengths, from the hands: what is looked at, and where the middle of a plate may hang. Rendered plates of 0.1 to 0.2 m read 0.24 to
# 0.57, real ones of 0.225 m to 0.6; they hang 0.2 to 1.1 lower.
LEFT, RIGHT, UP, DOWN = 1.1, 1.1, 0.6, 1.7
ASIDE: Final = 0.5
LOWER: Final = (0.05, 1.2)
RADIUS: Final = (0.20, 0.75)
EDGE, ROUND = 100.0, 0.85  # how strong an edge is one, and how much of the circle it must make, of OpenCV's Hough transform
MOVED: Final = 0.25  # trunk lengths that hands must have gone for what has stayed where it was to be no plate
MARGIN: Final = 1.1  # of the radius: a joint under the rim is hidden as well


@dataclass(frozen=True, slots=True)
class Plate:
    """A disc that hangs from the hands: ``aside`` and ``lower`` of them and ``radius``, trunk lengths; ``looks`` that agreed, 0 for none.

    When it was last ``seen_s`` and ``looked_s`` for; where hands and disc were in the picture when it was first seen, px; and where
    ``furniture`` is, px: a disc that stayed when the hands left.
    """

    aside: float = 0.0
    lower: float = 0.0
    radius: float = 0.0
    looks: int = 0
    seen_s: float = -np.inf
    looked_s: float = -np.inf
    first_px: tuple[float, float, float, float] = (np.nan,) * 4
    furniture_px: tuple[float, float] = (np.nan, np.nan)


NONE: Final = Plate()


def follow(plate: Plate, image: NDArray[np.uint8], xy: Floats, time_s: float) -> Plate:
    """Look for the plate once more, if it is time. What was known, (H, W, 3), (K, 2) px -> what is known now."""
    if 0 <= time_s - plate.looked_s < (LOOK_EVERY_S if plate.looks else SEEK_EVERY_S):
        return plate
    if not 0 <= time_s - plate.seen_s <= FORGET_S:
        plate = Plate(first_px=plate.first_px, furniture_px=plate.furniture_px)
    plate = replace(plate, looked_s=time_s)
    hands, size = _hands(xy)
    found = _circles(image, xy)
    places = hands + size * found[:, :2]
    if _gap(hands, plate.first_px[:2]) > MOVED * size and (stayed := _gap(places, plate.first_px[2:]) < AGREE * size).any():
        place = places[stayed][0].tolist()
        plate = Plate(looked_s=time_s, first_px=plate.first_px, furniture_px=(place[0], place[1]))
    hangs = (np.abs(found[:, 0]) <= ASIDE) & (found[:, 1] >= LOWER[0]) & (found[:, 1] <= LOWER[1])
    found = found[hangs & ~(_gap(places, plate.furniture_px) < AGREE * size)]
    if not len(found):
        return plate
    off = np.hypot(found[:, 0] - plate.aside, found[:, 1] - plate.lower)
    agree = (off < AGREE) & (np.abs(found[:, 2] / plate.radius - 1.0) < AGREE) if plate.looks else np.zeros(len(found), dtype=bool)
    if not agree.any() and plate.looks >= SURE_LOOKS:
        return plate
    aside, lower, radius = found[int(np.where(agree, off, np.inf).argmin() if agree.any() else found[:, 2].argmax())].tolist()
    first = plate.first_px if agree.any() else (*hands.tolist(), *(hands + size * np.array([aside, lower])).tolist())
    return Plate(aside, lower, radius, plate.looks + 1 if agree.any() else 1, time_s, time_s, first, plate.furniture_px)


def behind(plate: Plate, xy: Floats) -> Bools:
    """Which landmarks lie on the plate. (K, 2) px -> (K,). None while it is not sure that there is one, or not seen from the side."""
    if plate.looks < SURE_LOOKS:
        return np.zeros(len(xy), dtype=bool)
    hands, size = _hands(xy)
    on: Bools = np.hypot(*(xy - hands - size * np.array([plate.aside, plate.lower])).T) < MARGIN * plate.radius * size
    return on


def _gap(a: Floats, b: Sequence[float]) -> Floats:
    """Distance to a point, px. (..., 2), (2,) -> (...)."""
    gap: Floats = np.hypot(*np.moveaxis(a - np.array(b), -1, 0))
    return gap


def _hands(xy: Floats) -> tuple[Floats, float]:
    """Middle of the wrists, and the length of the trunk. (K, 2) px -> (2,) px, px."""
    hip, shoulder = trunk(xy)
    left, right = skeleton.SIDES["wrist"]
    return (xy[left] + xy[right]) / 2, float(np.hypot(*(shoulder - hip)))


def _circles(image: NDArray[np.uint8], xy: Floats) -> Floats:
    """Circles about the hands: aside, lower, radius in trunk lengths. (H, W, 3), (K, 2) px -> (N, 3). None but from the side."""
    hands, size = _hands(xy)
    if not size >= MIN_CHORD_PX or not facing(xy) or not np.isfinite(hands).all():
        return np.empty((0, 3))
    scale = TRUNK_PX / size
    origin = hands - size * np.array([LEFT, UP])
    wide, high = round((LEFT + RIGHT) * TRUNK_PX), round((UP + DOWN) * TRUNK_PX)
    place = np.array([[scale, 0.0, -scale * origin[0]], [0.0, scale, -scale * origin[1]]])
    small = cv2.warpAffine(image, place, (wide, high), flags=cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR)
    grey = cv2.medianBlur(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), 3)
    least, most = (round(radius * TRUNK_PX) for radius in RADIUS)
    found = cv2.HoughCircles(grey, cv2.HOUGH_GRADIENT_ALT, 1.5, 8, param1=EDGE, param2=ROUND, minRadius=least, maxRadius=most)
    if found is None:
        return np.empty((0, 3))
    circles: Floats = found.reshape(-1, found.shape[-1])[:, :3].astype(float) / TRUNK_PX - [LEFT, UP, 0.0]
    return circles
