"""Rotations and frames, angles in radians. World: metres, z up, floor at z = 0, the person faces -y, the person's left is +x.

A turn about +x by a positive angle tips the trunk forward (towards -y), so that flexion is positive.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Z_AXIS: Final = np.array([0, 0, 1.0])
Y_AXIS: Final = np.array([0, 1.0, 0])
DEG: Final = np.pi / 180


def about_x(angle: ArrayLike) -> Array:
    """Rotation matrix about +x. (...) -> (..., 3, 3)."""
    angle = np.asarray(angle, float)
    zero, one = np.zeros_like(angle), np.ones_like(angle)
    cos, sin = np.cos(angle), np.sin(angle)
    rows = [np.stack([one, zero, zero], -1), np.stack([zero, cos, -sin], -1), np.stack([zero, sin, cos], -1)]
    return np.stack(rows, -2)


def about(axis: ArrayLike, angle: ArrayLike) -> Array:
    """Rotation matrix about a unit axis. (..., 3) and (...) -> (..., 3, 3)."""
    axis = np.asarray(axis, float)
    angle = np.asarray(angle, float)[..., None, None]
    x, y, z = axis[..., 0], axis[..., 1], axis[..., 2]
    zero = np.zeros_like(x)
    cross = np.stack([np.stack([zero, -z, y], -1), np.stack([z, zero, -x], -1), np.stack([-y, x, zero], -1)], -2)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)


def unit(vector: Array) -> Array:
    """The same direction, length 1. (..., 3) -> (..., 3)."""
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)


def unit_one(vector: ArrayLike) -> Array:
    """The same direction, length 1. (3,) -> (3,)."""
    return unit(np.asarray(vector)[None])[0]


def frame(along: Array, normal: Array) -> Array:
    """Orthonormal frame with the columns along, normal (made square to it) and their cross product. (..., 3) each -> (..., 3, 3)."""
    along = unit(along)
    normal = unit(normal - (normal * along).sum(-1, keepdims=True) * along)
    return np.stack([along, normal, np.cross(along, normal)], -1)


def turn(rotation: Array, vector: Array) -> Array:
    """Turn one vector by many rotations. (T, 3, 3) and (3,) -> (T, 3)."""
    return np.einsum("fij,j->fi", rotation, vector)


def lean(up: Array) -> Array:
    """Lean of an upward vector in the sagittal plane, radians, forward positive. (T, 3) -> (T,)."""
    return np.arctan2(-up[:, 1], up[:, 2])


def quaternion_product(a: Array, b: Array) -> Array:
    """Product of quaternions w, x, y, z. (N, 4) each -> (N, 4)."""
    w1, x1, y1, z1 = a.T
    w2, x2, y2, z2 = b.T
    return np.stack(
        [
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
        ],
        1,
    )
