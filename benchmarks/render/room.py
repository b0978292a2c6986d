"""The room behind the person: floor, walls, and things along the wall, all drawn from a seed. And its light."""

from typing import Any, Final

import numpy as np

from . import furniture, pictures
from .renderer import Renderer, normals, normals_operator
from .rotations import Array, unit
from .shapes import box, quad

_HEIGHT: Final = 2.7
_GOLDEN_ANGLE: Final = 2.39996


class Room:
    """A room built into a renderer. ``to_camera`` (3,): level unit vector from the person. ``mat_height``: of what the person stands on.

    The wall stands ``far`` metres behind the person: ``out`` points from it to the camera, ``along`` it, both (3,) and level.
    """

    def __init__(self, renderer: Renderer, look: dict[str, Any], to_camera: Array) -> None:
        self.renderer, self.look = renderer, look
        self.rng = np.random.default_rng(look["room_seed"])
        self.yaw = np.arctan2(to_camera[1], to_camera[0]) + np.radians(look.get("wall_yaw", 0.0))
        self.out = np.array([np.cos(self.yaw), np.sin(self.yaw), 0])
        self.along = np.array([-self.out[1], self.out[0], 0])
        self.far = look.get("wall_dist", 1.6)
        self._taken: list[tuple[float, float]] = []
        self._build_shell()
        for thing in look.get("props", []):
            furniture.THINGS[thing](self)
        self.mat_height = 0.0
        if look.get("mat"):
            self._lay_mat()

    def at(self, depth: float, along: float, up: float) -> Array:
        """A place ``depth`` metres behind the person. -> (3,)."""
        return -self.out * depth + self.along * along + [0, 0, up]

    def free(self, width: float) -> float | None:
        """A free stretch of wall: its middle along the wall. None where thirty tries found none."""
        for _ in range(30):
            middle = self.rng.uniform(-2.4, 2.4)
            if all(abs(middle - other) > (width + taken) / 2 + 0.08 for other, taken in self._taken):
                self._taken.append((middle, width))
                return middle
        return None

    def colour(self, low: float = 0.1, high: float = 0.85) -> Array:
        """Some colour, mostly pale, of a brightness between. -> (3,)."""
        value, saturation, hue = self.rng.uniform(low, high), self.rng.beta(1.2, 3), self.rng.random() * 6
        k = np.clip(np.abs((hue + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
        return value * (1 - saturation * (1 - k))

    def add_box(self, middle: Array, size: Any, **told: Any) -> None:
        """A box that stands square to the wall."""
        self.add(*box(middle, size, self.yaw), **told)

    def add(self, points: Array, tri: Array, uv: Array | None = None, tint: Any = None, picture: Array | None = None, **told: Any) -> None:
        """Something that stays where it is."""
        mesh = self.renderer.add(
            tri,
            len(points),
            uv=uv,
            tint=None if tint is None else np.tile(np.r_[tint, 1.0], (len(points), 1)),
            texture=None if picture is None else (np.clip(picture, 0, 1) * 255).astype(np.uint8),
            group="room",
            casts=False,
            **told,
        )
        if len(points) == 4:
            outwards = np.tile(unit(np.cross(points[1] - points[0], points[3] - points[0])[None]), (4, 1))
        else:
            outwards = normals(np.asarray(points, np.float32), tri, normals_operator(tri, len(points)))
        self.renderer.update(mesh, points, outwards)

    def _build_shell(self) -> None:
        """Floor, back wall, perhaps a side wall, ceiling and skirting board."""
        look, out, along, far = self.look, self.out, self.along, self.far
        corner = -out * far - along * 5
        picture, size_m = pictures.floor(look.get("floor", "wood"), self.rng)
        points, tri, uv = quad(corner, along * 10, out * 11)
        self.add(points, tri, uv * np.array([10, 11]) / size_m, picture=picture, kind=4, spec=0.12, gloss=18.0)
        picture, size_m = pictures.wall(look.get("wall", "paint"), self.rng)
        points, tri, uv = quad(corner, along * 10, [0, 0, _HEIGHT])
        self.add(points[[1, 0, 3, 2]], tri, uv * np.array([10, _HEIGHT]) / size_m, picture=picture, kind=4, spec=0.02)
        side = look.get("side_wall", 0)
        if side:
            points, tri, uv = quad(-out * far + along * (side * look.get("side_dist", 2.6)), out * 9, [0, 0, _HEIGHT])
            points = points if side < 0 else points[[1, 0, 3, 2]]
            shaded = (0.93, 0.93, 0.93)
            self.add(points, tri, uv * np.array([9, _HEIGHT]) / size_m, picture=picture, kind=4, spec=0.02, base=shaded)
        points, tri, uv = quad(corner + [0, 0, _HEIGHT], along * 10, out * 11)
        self.add(points[[1, 0, 3, 2]], tri, uv, tint=(0.9, 0.9, 0.88), kind=4, use_shadow=0)
        if look.get("skirting", True):
            colour = look.get("skirting_col", (0.74, 0.74, 0.72))
            self.add_box(-out * (far - 0.008) + [0, 0, 0.05], [0.016, 10, 0.1], tint=colour, use_shadow=0)

    def _lay_mat(self) -> None:
        across = abs(self.out[1]) > 0.7
        size = [1.75 if across else 0.7, 0.7 if across else 1.75, 0.008]
        self.add(*box([0, 0, 0.004], size), tint=self.look["mat"], kind=4)
        self.mat_height = 0.008


def lights(look: dict[str, Any], to_camera: Array) -> tuple[list[Array], list[Array], Array, Array]:
    """Directions and colours of 5 lamps for a window or ceiling lamp and 11 for the room; and light from all above and all below."""
    rng = np.random.default_rng(look.get("light_seed", 0))
    azimuth = np.arctan2(to_camera[1], to_camera[0]) + np.radians(look["key_az"])
    height = np.radians(look["key_el"])
    key = np.array([np.cos(height) * np.cos(azimuth), np.cos(height) * np.sin(azimuth), np.sin(height)])
    beside = unit(np.cross(key, [0, 0, 1.0])[None])[0]
    above = np.cross(beside, key)
    towards, colours = [], []
    size = look.get("key_size", 0.25)
    for i in range(5):
        angle = i * 2 * np.pi / 5
        towards.append(key + size * (np.cos(angle) * beside + np.sin(angle) * above) * (0.4 if i == 0 else 1))
        colours.append(np.array(look["key_col"]) * look["key"] / 5)
    fill = np.array(look["fill_col"]) * look["fill"]
    for i in range(11):  # a spiral over the upper half, tilted a little to the camera's side, where the room is open
        up = 0.12 + 0.83 * (i + 0.5) / 11
        angle = i * _GOLDEN_ANGLE + rng.uniform(0, 0.3)
        level = np.sqrt(1 - up * up)
        towards.append(np.array([level * np.cos(angle), level * np.sin(angle), up]) + 0.25 * np.array([*to_camera[:2], 0]))
        colours.append(fill / 11)
    return towards, colours, fill * 0.16, np.array(look["bounce_col"]) * look["fill"] * 0.26
