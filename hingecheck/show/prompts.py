"""Draws what the lifter has to do before practice: one sentence, with an arrow, an outline or a clock that fills. Decides nothing."""

from typing import Final

import numpy as np

from ..verdict.poses import Poses
from ..verdict.readiness import Advice, Tier
from ..verdict.skeleton import SIDES
from ..verdict.types import Floats
from .drawing import DARK, FAULT, NEARLY, OK, WHITE, Image, arc, banner, copied, disc, fitted, shape, strokes, unit_of, write
from .overlay import SEEN_SCORE, halo, skeleton

SIZE: Final = 0.12  # type size of the sentence, in units: larger than a cue, because nothing else has to be read
NAMES: Final = ("In the picture", "Turned", "Visible", "Standing tall")


def draw(image: Image, poses: Poses, advice: Advice, *, note: str = "", mirror: bool = False) -> Image:
    """Draw advice and a remark on a copy of the picture, (H, W, 3) uint8 RGB, flipped first if ``mirror``. ``poses``: one frame."""
    image = copied(image, mirror)
    width = image.shape[1]
    unit = unit_of(image)
    xy: Floats = poses.xy[0] * [-1, 1] + [width - 1, 0] if mirror else poses.xy[0]
    seen = np.isfinite(xy).all(-1) & (poses.score[0] >= SEEN_SCORE)
    points = np.where(seen[:, None], xy, np.nan)
    for joint in advice.joints:
        for index in SIDES[joint]:
            halo(image, xy[index], unit)
    skeleton(image, points, -1)
    if advice.tier is Tier.PICTURE and not advice.arrow:
        _outline(image, unit)
    if advice.arrow:
        _arrow(image, {"left": "right", "right": "left"}.get(advice.arrow, advice.arrow) if mirror else advice.arrow, unit)
    if advice.tier is Tier.STAND:
        _clock(image, advice.share, unit)
    _steps(image, advice.tier, unit)
    go = advice.tier is Tier.READY
    top = banner(image, advice.say, 0.0, OK if go else NEARLY, DARK, SIZE)
    if note:
        write(image, note, (width / 2, top), fitted(note, 0.045 * unit, 0.92 * width), anchor=(0.5, 0))
    return image


def notice(image: Image, text: str) -> Image:
    """Darken the picture and write a sentence on it, such as that the camera is lost. (H, W, 3) uint8 RGB -> a new array."""
    image = (image >> 2).astype(np.uint8)
    unit = unit_of(image)
    banner(image, text, 0.4 * image.shape[0] - 0.06 * unit, FAULT, WHITE, SIZE)
    return image


def _outline(image: Image, unit: float) -> None:
    """Draw the outline of a person, head to foot, where the lifter should stand."""
    height, width = image.shape[:2]
    centre, head = width / 2, np.array([width / 2, 0.46 * height])
    half, top, bottom = 0.08 * unit, 0.54 * height, 0.96 * height
    body = np.array([(centre - half, top), (centre + half, top), (centre + 0.75 * half, bottom), (centre - 0.75 * half, bottom)])
    for colour, wide in ((DARK, 0.022), (NEARLY, 0.012)):
        arc(image, head, 0.055 * unit, 0, 360, colour, wide * unit)
        strokes(image, np.stack([body, np.roll(body, -1, axis=0)], axis=1), colour, wide * unit)


def _arrow(image: Image, way: str, unit: float) -> None:
    """Draw a large arrow: left, right, away from the camera (up), nearer (down), or round for a turn."""
    height, width = image.shape[:2]
    middle = np.array([width / 2, 0.62 * height])
    if way == "turn":
        for colour, wide in ((DARK, 0.05), (NEARLY, 0.03)):
            arc(image, middle, 0.17 * unit, 20, 300, colour, wide * unit)
        end = middle + 0.17 * unit * np.array([np.cos(np.radians(300)), np.sin(np.radians(300))])
        _head(image, end, np.radians(300 + 90 - 12), unit)
        return
    angle = {"left": np.pi, "right": 0.0, "away": -np.pi / 2, "nearer": np.pi / 2}[way]
    ahead = np.array([np.cos(angle), np.sin(angle)])
    place = middle + ahead * [0.3 * width, 0.05 * height]
    shaft = np.stack([place - 0.2 * unit * ahead, place])
    for colour, wide in ((DARK, 0.07), (NEARLY, 0.05)):
        strokes(image, shaft[None], colour, wide * unit)
    _head(image, place, angle, unit)


def _head(image: Image, at: Floats, angle: float, unit: float) -> None:
    """Draw the head of an arrow that points along ``angle``, radians."""
    ahead, aside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    for grown, colour in ((1.25, DARK), (1.0, NEARLY)):
        size = 0.09 * unit * grown
        base = at - 0.15 * size * ahead
        shape(image, np.stack([base + 1.1 * size * ahead, base + size * aside, base - size * aside]), colour)


def _clock(image: Image, share: float, unit: float) -> None:
    """Draw a ring that fills while the lifter stands. ``share``: 0 to 1."""
    centre = np.array([image.shape[1] - 0.17 * unit, 0.5 * image.shape[0]])
    disc(image, centre, 0.125 * unit, DARK)
    arc(image, centre, 0.1 * unit, -90, -90 + 360 * share, OK, 0.03 * unit)


def _steps(image: Image, tier: Tier, unit: float) -> None:
    """Draw the four steps as dots with their names. A finished step is blue and ticked."""
    height = image.shape[0]
    size = 0.045 * unit
    for number, name in enumerate(NAMES, start=1):
        done, now = number < tier, number == tier
        y = height - (len(NAMES) - number + 0.8) * 1.5 * size
        write(
            image,
            name,
            (0.09 * unit, y),
            size,
            anchor=(0, 0.5),
            colour=WHITE if done or now else (150, 150, 150),
        )
        centre = np.array([0.05 * unit, y])
        disc(image, centre, 0.55 * size, OK if done else NEARLY if now else DARK)
        if done:
            tick = centre + size * np.array([[(-0.28, 0.0), (-0.08, 0.22)], [(-0.08, 0.22), (0.3, -0.24)]])
            strokes(image, tick, DARK, 0.16 * size)
