"""A person in a picture, and whether two pictures show the same person."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..verdict.scoring import TOO_SMALL
from ..verdict.types import Floats

REACH_M: Final = 0.5  # largest apparent jump of the hips between two frames: about a trunk length ...
REACH_M_PER_S: Final = 1.0  # ... plus this much for each second since the person was last seen: a slow walk
PARTS: Final = {"a third": 1 / 3, "a quarter": 1 / 4, "a fifth": 1 / 5, "less than a fifth": 0.0}  # of the picture's height
SIZE_RATIO: Final = 1.6  # somebody this much larger or smaller is another person


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """One person in one picture: ``xy`` (K, 2) px of the picture shown to MediaPipe, ``score`` (K,) 0 to 1, ``world`` (K, 3) m.

    ``mask`` is MediaPipe's own image; it owns the memory of its numpy view. ``place`` (3,): x and y of the hips in px, and the scale in px
    per metre. The scale distinguishes near from far and large from small people. Unlike a height or a trunk length in px, it does not
    change when the person bends over.
    """

    time_s: float
    xy: Floats
    score: Floats
    world: Floats
    mask: Any
    place: Floats

    def box(self, pad_m: float) -> tuple[slice, slice]:
        """Rows and columns of the picture that contain all landmarks, with ``pad_m`` metres around them."""
        pad = pad_m * self.place[2]
        (left, top), (right, bottom) = (np.maximum(edge, 0).astype(int) for edge in (self.xy.min(axis=0) - pad, self.xy.max(axis=0) + pad))
        return slice(top, bottom + 1), slice(left, right + 1)

    def prominence(self, width: int) -> float:
        """How prominent the person is in a picture of ``width`` px: more if larger, nearer the middle and less cut off."""
        off_centre = abs(2 * self.place[0] / width - 1)
        return float(self.place[2] * max(1 - off_centre / 2, 0) * np.mean(self.score > 0))


def same(known: Floats, seen: Floats, reach_m: float = REACH_M) -> bool:
    """Whether two places, (3,) each, may belong to the same person."""
    near = np.hypot(*(seen - known)[:2]) <= reach_m * known[2]
    return bool(near and 1 / SIZE_RATIO < seen[2] / known[2] < SIZE_RATIO)


def too_small(share: float) -> str:
    """A warning about somebody who fills this share of the picture's height."""
    part = min(PARTS, key=lambda name: abs(PARTS[name] - share))
    return f"{TOO_SMALL} ({part} of its height): film closer"
