"""Draws strokes, plates and words on a picture, for the overlay and the prompts. Knows nothing of hinging.

The colours are the Okabe-Ito palette, which colour-blind readers can tell apart. Text is set in OpenCV 5's own outline font, which has
Latin, Cyrillic, Greek, Hebrew, Chinese, Japanese and Korean letters.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..opencv import cv2
from ..verdict.types import Floats

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]

DARK: Final[Colour] = (16, 18, 22)
WHITE: Final[Colour] = (255, 255, 255)
GREY: Final[Colour] = (176, 180, 186)
OK: Final[Colour] = (86, 180, 233)
NEARLY: Final[Colour] = (240, 228, 66)
FAULT: Final[Colour] = (213, 94, 0)

FAR_PX: Final = 1e5  # points further out are clipped to this, which OpenCV's integers can still hold
SHIFT: Final = 4  # OpenCV draws at 1/16 px: a line that follows a body must not jump from pixel to pixel


def unit_of(image: Image) -> float:
    """The unit of all sizes, px. Sizes in it can be read on a phone clip and on a screen three metres away."""
    height, width = image.shape[:2]
    return float(min(height, 1.5 * width))


def copied(image: Image, mirror: bool) -> Image:
    """A copy of a picture, flipped left to right if ``mirror``. (H, W, 3) uint8 -> the same."""
    return np.asarray(cv2.flip(image, 1), np.uint8) if mirror else image.copy()


def jpeg(image: Image, quality: int = 85) -> bytes:
    """A picture, (H, W, 3) uint8 RGB, as the bytes of a JPEG file."""
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])[1])


def banner(image: Image, text: str, top: float, back: Colour, colour: Colour, largest: float = 0.095) -> float:
    """Write text across the top, ``largest`` units high or as large as fits; on two lines if it is larger so. Returns the y below, px."""
    unit, width = unit_of(image), 0.9 * image.shape[1]
    words = text.split()
    breaks = [[text]] + [[" ".join(words[:n]), " ".join(words[n:])] for n in range(1, len(words))]
    sizes = [(min(fitted(row, largest * unit, width) for row in rows), rows) for rows in breaks]
    size, rows = max(sizes, key=lambda option: (option[0], -len(option[1]), -max(map(len, option[1]))))
    for row in rows:
        write(image, row, (image.shape[1] / 2, top), size, anchor=(0.5, 0), back=back, colour=colour, across=len(rows) > 1)
        top += int(1.3 * size)  # whole pixels, so that no gap shows between the plates
    return top + 0.02 * unit


def fitted(text: str, largest: float, width: float) -> float:
    """Type size, px: ``largest``, or less if the text would be wider than ``width`` px."""
    return min(largest, width * 100 / max(width_of(text, 100), 1))


def width_of(text: str, size: float) -> int:
    """Width of a text, px, at a type size, px."""
    return int(cv2.getTextSize((0, 0), text, (0, 0), cv2.FontFace("sans"), max(round(size), 1), 700)[2])


def write(
    image: Image,
    text: str,
    at: tuple[float, float],
    size: float,
    *,
    anchor: tuple[float, float],
    back: Colour | None = None,
    colour: Colour = WHITE,
    across: bool = False,
) -> float:
    """Write text ``size`` px high on a plate, kept inside the picture.

    ``anchor`` is the point of the plate that lies at ``at``: (0, 0) its upper left corner, (1, 1) its lower right. If ``back`` is None
    the picture is darkened instead. ``across`` makes the plate as wide as the picture. Returns the plate's upper edge, px.
    """
    size = max(round(size), 8)
    height, width = image.shape[:2]
    text_px = width_of(text, size)
    wide, high = (width if across else text_px + 0.5 * size), 1.3 * size
    left = min(max(at[0] - anchor[0] * wide, 0), max(width - wide, 0))
    top = min(max(at[1] - anchor[1] * high, 0), max(height - high, 0))
    fill(image, (left, top, left + wide, top + high), back)
    origin = (round(left + (wide - text_px) / 2), round(top + 1.0 * size))
    cv2.putText(image, text, origin, colour, cv2.FontFace("sans"), size, 700)
    return float(top)


def fill(image: Image, box: tuple[float, float, float, float], colour: Colour | None = None) -> None:
    """Fill a box (left, top, right, bottom) px; without a colour, darken the picture there to a quarter."""
    left, top, right, bottom = (max(round(edge), 0) for edge in box)
    if colour is None:
        image[top:bottom, left:right] >>= 2
    else:
        cv2.rectangle(image, (left, top), (right - 1, bottom - 1), colour, -1)


def strokes(image: Image, segments: Floats, colour: Colour, width: float) -> None:
    """Draw straight strokes, (N, 2, 2) px. A stroke with a NaN is left out."""
    whole = segments[np.isfinite(segments).all(axis=(1, 2))]
    exact = np.rint(np.clip(whole, -FAR_PX, FAR_PX) * (1 << SHIFT)).astype(np.int32)
    cv2.polylines(image, list(exact), False, colour, max(1, round(width)), cv2.LINE_AA, SHIFT)


def disc(image: Image, centre: Floats, radius: float, colour: Colour) -> None:
    """Fill a disc, centre (2,) px. Draws nothing at a NaN."""
    if np.isfinite(centre).all():
        cv2.circle(image, _exact(centre), _fine(radius), colour, -1, cv2.LINE_AA, SHIFT)


def arc(image: Image, centre: Floats, radius: float, start_deg: float, end_deg: float, colour: Colour, width: float) -> None:
    """Draw part of a circle, centre (2,) px. Angles count clockwise from the picture's right."""
    axes = (_fine(radius), _fine(radius))
    cv2.ellipse(image, _exact(centre), axes, 0, start_deg, end_deg, colour, max(1, round(width)), cv2.LINE_AA, SHIFT)


def shape(image: Image, outline: Floats, colour: Colour) -> None:
    """Fill a polygon, (N, 2) px."""
    exact = np.rint(np.clip(outline, -FAR_PX, FAR_PX) * (1 << SHIFT)).astype(np.int32)
    cv2.fillPoly(image, [exact], colour, cv2.LINE_AA, SHIFT)


def _exact(xy: Floats) -> tuple[int, int]:
    return _fine(xy[0]), _fine(xy[1])


def _fine(value: float) -> int:
    """Pixels as OpenCV's fixed-point integers."""
    return round(float(np.clip(value, -FAR_PX, FAR_PX)) * (1 << SHIFT))
