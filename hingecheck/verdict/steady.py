"""Places in the picture of a camera that stands: similarities between pictures, and poses seen through them.

A similarity is four numbers (a, b, c, d) that send (x, y) px to (a x - b y + c, b x + a y + d): turn, zoom and shift.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from .poses import NOWHERE, Poses
from .types import Floats

STILL, MOVED, CUT = range(3)  # of ``Poses.breaks``
KINDS: Final = {MOVED: "camera_moved", CUT: "cut"}  # of events


def joined(outer: Floats, inner: Floats) -> Floats:
    """The similarity that does ``inner`` first, then ``outer``. (..., 4) each -> (..., 4)."""
    a, b, x, y = np.moveaxis(inner, -1, 0)
    p, q, u, v = np.moveaxis(outer, -1, 0)
    return np.stack([p * a - q * b, q * a + p * b, p * x - q * y + u, q * x + p * y + v], axis=-1)


def undone(similarity: Floats) -> Floats:
    """The similarity that takes this one back. (..., 4) -> (..., 4)."""
    a, b, x, y = np.moveaxis(similarity, -1, 0)
    square = a * a + b * b
    a, b = a / square, -b / square
    return np.stack([a, b, b * y - a * x, -b * x - a * y], axis=-1)


def applied(similarity: Floats, xy: Floats) -> Floats:
    """Points after a similarity. (..., 4), (..., N, 2) px -> (..., N, 2) px. NaN stays."""
    a, b, c, d = (part[..., None] for part in np.moveaxis(similarity, -1, 0))
    x, y = xy[..., 0], xy[..., 1]
    return np.stack([a * x - b * y + c, b * x + a * y + d], axis=-1)


def steady(poses: Poses) -> Poses:
    """The same poses with ``xy`` in the picture that ``camera`` refers to. Poses of T -> Poses of T; the same numbers where it stands."""
    moving = (poses.camera != NOWHERE).any(axis=1)
    if not moving.any():
        return poses
    xy = poses.xy.copy()
    xy[moving] = applied(poses.camera[moving], xy[moving])
    return replace(poses, xy=xy)


def stretches(poses: Poses) -> Iterator[tuple[int, Poses]]:
    """The poses between breaks, each with the break it begins with; the first may be empty."""
    edges = [0, *np.flatnonzero(poses.breaks).tolist(), len(poses)]
    for number, (first, last) in enumerate(pairwise(edges)):
        yield (STILL if number == 0 else int(poses.breaks[first])), poses[first:last]
