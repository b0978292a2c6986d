"""Pictures made by chance: floors, walls, posters and views. Colours from 0 to 1, (height, width, 3)."""

from collections.abc import Callable
from typing import Final

import numpy as np

from .rotations import Array

Random = np.random.Generator
_FLOOR_PX: Final = 768
_WALL_PX: Final = 512

_WOODS: Final = [[0.62, 0.44, 0.28], [0.45, 0.31, 0.2], [0.72, 0.58, 0.42], [0.55, 0.5, 0.45]]
_SPECKS: Final = [[0.35, 0.4, 0.5], [0.4, 0.4, 0.42], [0.5, 0.3, 0.2]]
_CARPETS: Final = [[0.5, 0.48, 0.46], [0.35, 0.38, 0.45], [0.55, 0.47, 0.38], [0.42, 0.3, 0.3]]
_TILES: Final = [[0.75, 0.74, 0.72], [0.6, 0.58, 0.55], [0.4, 0.4, 0.42]]
_BRICKS: Final = [[0.55, 0.3, 0.24], [0.62, 0.58, 0.54], [0.75, 0.73, 0.7]]
_PAINTS: Final = [
    [0.86, 0.85, 0.82],
    [0.78, 0.8, 0.82],
    [0.7, 0.74, 0.7],
    [0.83, 0.78, 0.7],
    [0.55, 0.6, 0.66],
    [0.45, 0.47, 0.5],
    [0.9, 0.9, 0.9],
    [0.62, 0.66, 0.58],
]


def clouds(rng: Random, height: int, width: int, cells: tuple[int, int], octaves: int = 4) -> Array:
    """Blurred noise from 0 to 1, coarse first, each next octave half as strong. -> (height, width)."""
    import cv2

    total = np.zeros((height, width), np.float32)
    strength = 1.0
    for octave in range(octaves):
        coarse = rng.random((max(2, cells[0] * 2**octave), max(2, cells[1] * 2**octave))).astype(np.float32)
        total += strength * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        strength *= 0.5
    total -= total.min()
    return total / total.max()


def floor(kind: str, rng: Random) -> tuple[Array, float]:
    """A floor of wood, rubber, carpet, tiles or concrete, and how many metres of it the picture shows."""
    make, size_m = _FLOORS.get(kind, (_concrete, 3.0))
    return make(rng, _FLOOR_PX), size_m


def wall(kind: str, rng: Random) -> tuple[Array, float]:
    """A wall of brick, paint or panels, and how many metres of it the picture shows."""
    if kind == "brick":
        return _brick(rng, _WALL_PX), 1.2
    colour = np.array(rng.choice(_PAINTS))
    picture = np.ones((_WALL_PX, _WALL_PX, 3), np.float32) * colour
    picture *= 0.95 + 0.07 * clouds(rng, _WALL_PX, _WALL_PX, (3, 3), 6)[..., None] + 0.015 * rng.standard_normal((_WALL_PX, _WALL_PX, 1))
    if kind == "panel":
        for x in range(0, _WALL_PX, _WALL_PX // 4):
            picture[:, x : x + 3] *= 0.8
    return picture.astype(np.float32), 2.4


def poster(rng: Random, size: int = 128) -> Array:
    """Two colours that run into each other, and some boxes."""
    share = np.stack([clouds(rng, size, size, (3, 3), 3) for _ in range(3)], -1)
    first, second = rng.random(3) * 0.6 + 0.2 * rng.random(), rng.random(3) * 0.5
    picture = first * share + second * (1 - share)
    for _ in range(rng.integers(1, 5)):
        x, y, width, height = rng.integers(0, size, 4)
        picture[y : y + height // 2, x : x + width // 2] = 0.5 * rng.random(3) + 0.5 * rng.random()
    return picture.astype(np.float32)


def view_outside(rng: Random, size: int = 96) -> Array:
    """Sky over trees, as through a window."""
    height = np.linspace(1, 0, size)[:, None, None]
    leaves = clouds(rng, size, size, (4, 4), 5)[..., None]
    sky = np.array([0.82, 0.9, 1.0]) * (0.8 + 0.2 * height)
    return np.where(height + 0.25 * leaves > 0.55, sky, np.array([0.45, 0.55, 0.38]) * (0.5 + 0.8 * leaves))


def _wood(rng: Random, size: int) -> Array:
    base = np.array(rng.choice(_WOODS))
    picture = np.zeros((size, size, 3), np.float32)
    height = size // 8
    for row in range(8):
        start = int(rng.integers(0, size))
        grain = clouds(rng, height, size // 2, (6, 1), 5)
        grain = np.concatenate([grain, grain[:, ::-1]], 1)
        plank = base * (0.8 + 0.35 * rng.random())
        plank = plank * (0.78 + 0.4 * grain[..., None])
        cut = (start + size // 2) % size
        plank[:, cut:] *= 0.88 + 0.2 * rng.random()
        plank[:, max(0, cut - 1) : cut + 1] *= 0.5
        plank[:1] *= 0.5
        picture[row * height : (row + 1) * height] = plank
    return picture


def _rubber(rng: Random, size: int) -> Array:
    picture = np.full((size, size, 3), 0.13 + 0.06 * rng.random(), np.float32)
    speck = rng.random((size, size)) > 0.965
    picture[speck] = rng.choice(_SPECKS)
    picture *= 0.85 + 0.3 * clouds(rng, size, size, (4, 4))[..., None]
    picture[:3] *= 0.6
    picture[:, :3] *= 0.6
    return picture


def _carpet(rng: Random, size: int) -> Array:
    colour = np.array(rng.choice(_CARPETS))
    pile = rng.random((size, size, 1))
    return (colour * (0.75 + 0.35 * pile * clouds(rng, size, size, (10, 10))[..., None] + 0.12)).astype(np.float32)


def _tiles(rng: Random, size: int) -> Array:
    picture = np.ones((size, size, 3), np.float32) * np.array(rng.choice(_TILES))
    tile = size // 3
    for i in range(3):
        for j in range(3):
            picture[i * tile : (i + 1) * tile, j * tile : (j + 1) * tile] *= 0.92 + 0.14 * rng.random()
    picture *= 0.9 + 0.16 * clouds(rng, size, size, (6, 6))[..., None]
    for i in range(0, size, tile):
        picture[i : i + 4] *= 0.7
        picture[:, i : i + 4] *= 0.7
    return picture


def _concrete(rng: Random, size: int) -> Array:
    colour = np.array([0.5, 0.5, 0.5]) * (0.8 + 0.4 * rng.random())
    return (colour * (0.7 + 0.45 * clouds(rng, size, size, (5, 5), 6))[..., None]).astype(np.float32)


def _brick(rng: Random, size: int) -> Array:
    colour = np.array(rng.choice(_BRICKS))
    picture = np.ones((size, size, 3), np.float32) * colour * 1.25
    height, width = size // 16, size // 6
    for row in range(16):
        for column in range(-1, 7):
            left = column * width + (row % 2) * width // 2
            start, end = max(0, left + 3), min(size, left + width - 3)
            if end > start:
                picture[row * height + 3 : (row + 1) * height - 2, start:end] = colour * (0.75 + 0.45 * rng.random())
    return picture * (0.85 + 0.25 * clouds(rng, size, size, (16, 16))[..., None])


_FLOORS: Final[dict[str, tuple[Callable[[Random, int], Array], float]]] = {
    "wood": (_wood, 1.6),
    "rubber": (_rubber, 1.0),
    "carpet": (_carpet, 2.0),
    "tiles": (_tiles, 1.2),
}
