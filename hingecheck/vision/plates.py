"""Finds a weight plate in front of the lifter. Seen from the side it is a disc whose centre is below the hands.

A pose network places the joints of the hidden leg on the disc, with a high score. The disc itself is easy to find: a circle below the hands
that moves with them. Nothing else on a person is round and moves with the hands.
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

LOOK_EVERY_S: Final = 0.06  # video time between two searches; in between, the plate keeps its offset from the hands
SEEK_EVERY_S: Final = 0.3  # ... while no plate is known
FORGET_S: Final = 0.7  # a plate not found for this long was put down
SURE_LOOKS: Final = 2  # detections that must agree: a single circle may be a buttock, or a ball behind the lifter
AGREE: Final = 0.15  # tolerance between two detections: trunk lengths for the offset from the hands, share for the radius
TRUNK_PX: Final = 48.0  # the picture is scaled so that the trunk is this long
# In trunk lengths: the area searched around the hands, where the centre of a plate may be, and its radius. Rendered plates of 0.1 to 0.2 m
# radius measure 0.24 to 0.57, real ones of 0.225 m up to 0.6. Their centres are 0.2 to 1.1 below the hands.
LEFT, RIGHT, UP, DOWN = 1.1, 1.1, 0.6, 1.7
ASIDE: Final = 0.5
LOWER: Final = (0.05, 1.2)
RADIUS: Final = (0.20, 0.75)
EDGE, ROUND = 100.0, 0.85  # of OpenCV's Hough transform: the least edge strength, and how much of the circle the edges must form
MOVED: Final = 0.25  # trunk lengths that the hands must move before a disc that stayed in place is ruled out as a plate
MARGIN: Final = 1.1  # times the radius: a joint under the rim is hidden as well


@dataclass(frozen=True, slots=True)
class Plate:
    """A disc below the hands: its offset from them, ``aside`` and ``lower``, and its ``radius``, in trunk lengths.

    ``looks``: detections that agreed, 0 for no disc. ``seen_s`` and ``looked_s``: when it was last found, and last searched for.
    ``first_px``: x and y of the hands and of the disc when it was first found. ``furniture_px``: x and y of a disc that stayed in place
    when the hands moved away.
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
    """Search for the plate again if a search is due. Known plate, (H, W, 3), (K, 2) px, s -> updated plate."""
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
    """Which landmarks lie on the plate. (K, 2) px -> (K,). All False while the plate is uncertain or the view is not from the side."""
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
    """Midpoint of the wrists, and length of the trunk. (K, 2) px -> (2,) px, px."""
    hip, shoulder = trunk(xy)
    left, right = skeleton.SIDES["wrist"]
    return (xy[left] + xy[right]) / 2, float(np.hypot(*(shoulder - hip)))


def _circles(image: NDArray[np.uint8], xy: Floats) -> Floats:
    """Circles near the hands: aside, lower, radius in trunk lengths. (H, W, 3), (K, 2) px -> (N, 3). N is 0 unless seen from the side."""
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
