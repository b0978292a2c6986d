"""Simple meshes: points (N, 3) in metres, triangles (M, 3)."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from .rotations import Array

_CORNERS: Final = ((-1, -1), (1, -1), (1, 1), (-1, 1))
_WOOD, _STEEL, _RUBBER, _COLLAR = (0.62, 0.45, 0.26), (0.55, 0.55, 0.57), (0.15, 0.15, 0.16), (0.5, 0.5, 0.52)

_IRON: Final = (0.13, 0.13, 0.14)
_WEIGHTS: Final = {
    "kettlebell": [
        (-0.06, 0.06, 0.017, _IRON),
        *((-half, half, radius, _IRON) for half, radius in ((0.1, 0.055), (0.07, 0.09), (0.03, 0.105))),
    ],
    "dumbbells": [
        (sign * near, sign * far, radius, colour)
        for sign in (-1, 1)
        for near, far, radius, colour in ((0.1, 0.18, 0.07, _RUBBER), (0.18, 0.3, 0.016, _STEEL), (0.3, 0.38, 0.07, _RUBBER))
    ],
}
_HANGS_M: Final = 0.15  # from a kettlebell's handle to the middle of its ball


def quad(corner: ArrayLike, along_u: ArrayLike, along_v: ArrayLike) -> tuple[Array, Array, Array]:
    """A parallelogram, and where each corner lies in its picture (4, 2)."""
    corner, along_u, along_v = np.asarray(corner), np.asarray(along_u), np.asarray(along_v)
    points = np.array([corner, corner + along_u, corner + along_u + along_v, corner + along_v], float)
    return points, np.array([[0, 1, 2], [0, 2, 3]], np.int32), np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)


def box(middle: ArrayLike, size: ArrayLike, yaw: float = 0.0) -> tuple[Array, Array]:
    """A box turned about the vertical by ``yaw`` radians; every face has corners of its own."""
    half = np.asarray(size, float) / 2
    points: list[Array] = []
    tri: list[list[int]] = []
    for axis in range(3):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        for sign in (-1, 1):
            face = []
            for i, j in _CORNERS:
                point = np.zeros(3)
                point[axis], point[a], point[b] = sign * half[axis], i * half[a], j * half[b]
                face.append(point)
            first = len(points)
            points += face[::-1] if sign < 0 else face
            tri += [[first, first + 1, first + 2], [first, first + 2, first + 3]]
    turned = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    return np.array(points) @ turned.T + np.asarray(middle, float), np.array(tri, np.int32)


def lathe(foot: ArrayLike, profile: Sequence[tuple[float, float]], around: int = 24) -> tuple[Array, Array]:
    """What a lathe makes: a profile of (radius, height) turned about the vertical."""
    angles = np.linspace(0, 2 * np.pi, around, endpoint=False)
    outline = np.asarray(profile, float)
    ring = [[radius * np.cos(angle), radius * np.sin(angle), height] for radius, height in outline for angle in angles]
    tri = []
    for i in range(len(outline) - 1):
        for k in range(around):
            q = (k + 1) % around
            tri += [
                [i * around + k, i * around + q, (i + 1) * around + q],
                [i * around + k, (i + 1) * around + q, (i + 1) * around + k],
            ]
    return np.array(ring) + np.asarray(foot), np.array(tri, np.int32)


def bar(kind: str, plate_colour: Any, plate_radius: float) -> tuple[Array, Array, Array]:
    """What hands hold, along x: a dowel, a barbell with two plates at each end, a kettlebell, dumbbells. And each point's colour (N, 4)."""
    if kind in _WEIGHTS:
        points, tri, colours = _joined([_cylinder(min(x0, x1), max(x0, x1), radius, colour) for x0, x1, radius, colour in _WEIGHTS[kind]])
        if kind == "kettlebell":  # all but the handle hangs
            points[len(_cylinder(*_WEIGHTS[kind][0])[0]) :, 2] -= _HANGS_M
        return points, tri, colours
    half = 0.65 if kind == "dowel" else 1.0
    pieces = [_cylinder(-half, half, 0.014, _WOOD if kind == "dowel" else _STEEL)]
    if kind == "barbell":
        for sign in (-1, 1):
            pieces.append(_cylinder(sign * 0.66, sign * 0.70, plate_radius, plate_colour, 40))
            pieces.append(_cylinder(sign * 0.70, sign * 0.735, plate_radius * 0.8, _RUBBER, 40))
            pieces.append(_cylinder(sign * 0.64, sign * 0.66, 0.035, _COLLAR))
    return _joined(pieces)


def _joined(pieces: list[tuple[Array, Array, Array]]) -> tuple[Array, Array, Array]:
    """Several meshes as one."""
    firsts = np.cumsum([0] + [len(points) for points, _, _ in pieces])
    return (
        np.concatenate([points for points, _, _ in pieces]),
        np.concatenate([first + tri for first, (_, tri, _) in zip(firsts, pieces, strict=False)]).astype(np.int32),
        np.concatenate([colours for _, _, colours in pieces]),
    )


def _cylinder(x0: float, x1: float, radius: float, colour: Any, around: int = 20) -> tuple[Array, Array, Array]:
    """A closed cylinder along x; its ends have points of their own, so that they are flat."""
    angles = np.linspace(0, 2 * np.pi, around, endpoint=False)
    ring = np.stack([np.zeros(around), radius * np.cos(angles), radius * np.sin(angles)], 1)
    start, end = [x0, 0, 0], [x1, 0, 0]
    points = np.concatenate([ring + start, ring + end, ring + start, [start], ring + end, [end]])
    i = np.arange(around)
    j = (i + 1) % around
    tri = [
        np.stack([i, i + around, j], 1),
        np.stack([j, i + around, j + around], 1),
        np.stack([2 * around + i, 2 * around + j, np.full(around, 3 * around)], 1),
        np.stack([3 * around + 1 + j, 3 * around + 1 + i, np.full(around, 4 * around + 1)], 1),
    ]
    return points, np.concatenate(tri), np.tile(np.r_[colour, 1], (4 * around + 2, 1))
