"""Angles, lengths and directions of points over time; nothing about hinging. NaN in, NaN out; nothing raises on values."""

import numpy as np

from .types import Floats


def lean(lower: Floats, upper: Floats) -> Floats:
    """Angle of the segment lower -> upper against the vertical, degrees, -180 to 180. (..., 2) each -> (...).

    Coordinates are (forward, down), so 0 is upright, positive leans forward. NaN where a point is.
    """
    along = upper - lower
    return np.degrees(np.arctan2(along[..., 0], -along[..., 1]))


def length(a: Floats, b: Floats) -> Floats:
    """Distance between points, in their unit, never negative. (..., 2 or 3) each -> (...). NaN where a point is."""
    gap = b - a
    square: Floats = (gap * gap).sum(axis=-1)
    return np.sqrt(square)
