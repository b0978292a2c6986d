"""Things that stand or hang along the wall of a room, each in a free place, or not at all where none is left."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from . import pictures
from .shapes import lathe, quad

if TYPE_CHECKING:
    from .room import Room

_SIDES: Final = (-1, 1)


def _window(room: "Room") -> None:
    x = room.free(1.2)
    if x is None:
        return
    points, tri, uv = quad(room.at(room.far - 0.015, x + 0.5, 1.0), -room.along * 1.0, [0, 0, 1.2])
    room.add(points, tri, uv, picture=pictures.view_outside(room.rng), kind=5, base=(1.15, 1.2, 1.25))
    bars = ((0, 1.1, 0.05, 0.98), (0, 1.1, 0.05, 2.2), (-0.52, 0.05, 1.25, 1.6), (0.52, 0.05, 1.25, 1.6), (0, 0.03, 1.2, 1.6))
    for beside, width, height, up in bars:
        room.add_box(room.at(room.far - 0.03, x + beside, up), [0.05, width, height], tint=(0.75, 0.75, 0.73), use_shadow=0)


def _door(room: "Room") -> None:
    x = room.free(1.0)
    if x is None:
        return
    room.add_box(room.at(room.far - 0.02, x, 1.0), [0.04, 0.86, 2.0], tint=room.colour(0.3, 0.75), use_shadow=0)
    room.add_box(room.at(room.far - 0.06, x + 0.35, 1.0), [0.05, 0.1, 0.02], tint=(0.6, 0.6, 0.6), use_shadow=0)


def _poster(room: "Room") -> None:
    rng = room.rng
    width, height = rng.uniform(0.4, 0.9), rng.uniform(0.4, 0.8)
    x = room.free(width)
    if x is None:
        return
    points, tri, uv = quad(room.at(room.far - 0.02, x + width / 2, rng.uniform(1.1, 1.5)), -room.along * width, [0, 0, height])
    room.add(points, tri, uv, picture=pictures.poster(rng), use_shadow=0)


def _shelf(room: "Room") -> None:
    rng = room.rng
    width = rng.uniform(0.7, 1.2)
    x = room.free(width)
    if x is None:
        return
    deep = 0.32
    depth = room.far - deep / 2
    colour = room.colour(0.2, 0.9)
    height = rng.choice([0.8, 1.2, 1.8])
    for up in np.arange(0.05, height + 0.01, 0.38):
        room.add_box(room.at(depth, x, up), [deep, width, 0.025], tint=colour)
        for _ in range(rng.integers(2, 6)):
            size = rng.uniform(0.06, 0.2, 3) * [1, 0.7, 1.3]
            place = room.at(depth, x + rng.uniform(-0.4, 0.4) * width, up + 0.013 + size[2] / 2)
            room.add_box(place, size, tint=room.colour())
    for side in _SIDES:
        room.add_box(room.at(depth, x + side * width / 2, height / 2), [deep, 0.025, height], tint=colour * 0.9)


def _bench(room: "Room") -> None:
    x = room.free(1.2)
    if x is None:
        return
    room.add_box(room.at(room.far - 0.35, x, 0.42), [0.3, 1.1, 0.09], tint=(0.12, 0.12, 0.13), spec=0.3)
    for side in _SIDES:
        room.add_box(room.at(room.far - 0.35, x + side * 0.45, 0.19), [0.3, 0.05, 0.38], tint=(0.3, 0.3, 0.32))


def _rack(room: "Room") -> None:
    x = room.free(1.4)
    if x is None:
        return
    colour = room.rng.choice([[0.15, 0.15, 0.16], [0.7, 0.12, 0.1], [0.85, 0.75, 0.1]])
    for side in _SIDES:
        for out in (0.15, 0.8):
            room.add_box(room.at(room.far - out, x + side * 0.6, 1.15), [0.06, 0.06, 2.3], tint=colour)
    room.add_box(room.at(room.far - 0.15, x, 2.27), [0.06, 1.2, 0.06], tint=colour)


def _ball(room: "Room") -> None:
    x = room.free(0.7)
    if x is None:
        return
    radius = room.rng.uniform(0.26, 0.33)
    points, tri = lathe(room.at(room.far - radius - 0.05, x, radius), _round(radius, np.linspace(0, np.pi, 18)))
    room.add(points, tri, tint=room.colour(0.2, 0.9), spec=0.3, gloss=30.0)


def _kettlebells(room: "Room") -> None:
    x = room.free(0.8)
    if x is None:
        return
    for i in range(room.rng.integers(2, 4)):
        radius = room.rng.uniform(0.08, 0.12)
        place = room.at(room.far - 0.35, x + 0.26 * (i - 1), 0)
        colour = room.colour(0.08, 0.5)
        room.add(*lathe(place + [0, 0, radius], _round(radius, np.linspace(0.35, np.pi, 12))), tint=colour, spec=0.3)
        room.add_box(place + [0, 0, 2 * radius + 0.05], [0.03, 0.13, 0.03], tint=colour)
        for side in _SIDES:
            room.add_box(place + room.along * side * 0.055 + [0, 0, 2 * radius + 0.01], [0.03, 0.025, 0.09], tint=colour)


def _plant(room: "Room") -> None:
    rng = room.rng
    x = room.free(0.6)
    if x is None:
        return
    place = room.at(room.far - 0.3, x, 0)
    pot = [(0.1, 0), (0.15, 0.3), (0.13, 0.3), (0.12, 0.27), (1e-3, 0.27)]
    room.add(*lathe(place, pot), tint=room.colour(0.3, 0.9))
    for _ in range(26):
        angle, _, length = rng.uniform(0, 6.28), rng.uniform(0.3, 0.5), rng.uniform(0.3, 0.7)
        leaf = np.array([np.cos(angle) * 0.5, np.sin(angle) * 0.5, 1.0]) * length
        drooping = leaf * 0.65 + [0, 0, -0.25 * length]
        broad = np.array([-np.sin(angle), np.cos(angle), 0]) * 0.07
        points, tri, _ = quad(place + [0, 0, 0.27] + leaf * 0.35, drooping, broad)
        room.add(points, tri, tint=np.array([0.12, 0.36, 0.12]) * rng.uniform(0.6, 1.6), kind=2)


def _sofa(room: "Room") -> None:
    x = room.free(1.9)
    if x is None:
        return
    colour = room.colour(0.2, 0.8)
    seat, back = ((0.45, 0, 0.22), [0.8, 1.7, 0.44]), ((0.12, 0, 0.45), [0.22, 1.7, 0.8])
    arms = [((0.45, side * 0.88, 0.3), [0.8, 0.16, 0.6]) for side in (1, -1)]
    for (out, beside, up), size in (seat, back, *arms):
        room.add_box(-room.out * room.far + room.out * out + room.along * (x + beside) + [0, 0, up], size, tint=colour)


def _round(radius: float, angles: np.ndarray) -> list[tuple[float, float]]:
    """Profile of a ball or part of one, from below, for the lathe."""
    return [(radius * np.sin(angle) + 1e-4, -radius * np.cos(angle)) for angle in angles]


THINGS: Final[dict[str, Callable[["Room"], None]]] = {
    "window": _window,
    "door": _door,
    "poster": _poster,
    "shelf": _shelf,
    "bench": _bench,
    "rack": _rack,
    "ball": _ball,
    "kettlebells": _kettlebells,
    "plant": _plant,
    "sofa": _sofa,
}
