"""Which way the camera looks at the lifter, from the line between the shoulders in world landmarks.

Yaw: 0 facing the camera, +90 facing the picture's right edge (right side near), -90 its left edge, 180 facing away. On rendered
side views the shoulder line reads the true camera angle within a few degrees; the hip line reads up to 15 degrees short.
"""

from typing import Final

import numpy as np

from . import skeleton
from .types import Bools, Facing, Floats, Ints, View, ViewKind

# How far off square, degrees, a view is called side or front: as far as all cues of that view are judged, which clips with truth show
# right (benchmarks/README.md). Rendered side views read within 10 degrees of square, oblique ones from 17 on.
SIDE_WITHIN_DEG: Final = 14.0
FRONT_WITHIN_DEG: Final = 16.0
# Angles and the back are measured from everywhere: how far off square they are judged is for their intervals to say. Gaps between left and
# right are lost where one leg hides the other.
ANY_DEG: Final = 90.0
GAPS_WITHIN_DEG: Final = 45.0
DROP_WITHIN_DEG: Final = 60.0  # beyond, the drop of the hip is off by 0.04 leg lengths on bodies left out, half of what is asked
LEGS_WITHIN_DEG: Final = 17.0  # a lifter who gets set from the side is asked to stand this square
SWITCH_SINE: Final = 0.2  # the near side changes only when the lifter has clearly turned through the front


def yaw_parts(world: Floats) -> Floats:
    """Sine and cosine of the yaw, frame by frame, unsmoothed. (T, K, 3) m -> (T, 2). NaN where a shoulder is."""
    left, right = skeleton.SIDES["shoulder"]
    across = world[:, left] - world[:, right]
    size = np.sqrt(across[:, 0] ** 2 + across[:, 2] ** 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([across[:, 2] / size, across[:, 0] / size], axis=-1)


def yaw(parts: Floats) -> Floats:
    """Yaw in degrees, -180 to 180, from its (smoothed) sine and cosine. (T, 2) -> (T,). NaN stays."""
    return np.degrees(np.arctan2(parts[:, 0], parts[:, 1]))


def middle(yaw_deg: Floats) -> float:
    """Median direction of signed yaws, degrees, -180 to 180; blind to NaN, and NaN without any other. (T,)."""
    angle = np.radians(yaw_deg[np.isfinite(yaw_deg)])
    return float(np.degrees(np.arctan2(np.median(np.sin(angle)), np.median(np.cos(angle))))) if len(angle) else float("nan")


def near_side(last: int, yaw_deg: Floats) -> Ints:
    """The side towards the camera: 0 left, 1 right, kept while it is unclear; ``last`` is the side before. (T,) deg -> (T,).

    -1 until it has once been clear; a lifter seen square from the front has no near side and keeps what was.
    """
    sine = np.sin(np.radians(yaw_deg))
    clear = np.abs(sine) > SWITCH_SINE
    side = np.where(clear, (sine > 0).astype(np.int8), np.int8(-1)).astype(np.int8)
    latest = np.maximum.accumulate(np.where(clear, np.arange(len(side)), -1))
    return np.where(latest >= 0, side[latest], np.int8(last)).astype(np.int8)


def kind(yaw_deg: float | None) -> ViewKind:
    """Name of the view at this yaw, degrees; UNKNOWN for None or NaN."""
    if yaw_deg is None or yaw_deg != yaw_deg:
        return ViewKind.UNKNOWN
    away = abs((yaw_deg + 180.0) % 360.0 - 180.0)
    if abs(away - 90.0) <= SIDE_WITHIN_DEG:
        return ViewKind.SIDE
    if min(away, 180.0 - away) <= FRONT_WITHIN_DEG:
        return ViewKind.FRONT
    return ViewKind.OBLIQUE


def describe(yaw_deg: Floats, where: Bools) -> View:
    """The view over the frames ``where``: median direction, its kind and facing. (T,) signed deg, (T,) bool -> View."""
    turned = middle(yaw_deg[where])
    name = kind(turned)
    if name is ViewKind.UNKNOWN:
        return View(name, None, None)
    if name is ViewKind.FRONT:
        way = Facing.CAMERA if abs(turned) < 90 else Facing.AWAY
    else:
        way = Facing.RIGHT if turned > 0 else Facing.LEFT
    return View(name, way, round(abs(turned), 1))
