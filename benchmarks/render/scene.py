"""A clip set up: the person who moves, the room, the light, and the camera that has the whole movement in the picture."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from .body import Body
from .camera import Camera
from .clips import CameraSpec, Clip, PostSpec
from .landmarks import points3d
from .motion import Motion, smooth_noise
from .person import Person
from .pose import Posed, solve
from .renderer import Renderer
from .room import Room, lights
from .rotations import Array

_FLOOR_GAP: Final = 0.03  # between plates and floor at the lowest point, metres


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """Everything of a clip but its pictures.

    ``points`` name -> (T, 3) and ``midline`` (T, K, 3) as they are filmed; ``distance``: of the camera without its shake, metres.
    """

    motion: Motion
    spec: CameraSpec
    post: PostSpec
    posed: Posed
    points: dict[str, Array]
    midline: Array
    renderer: Renderer
    person: Person
    cameras: list[Camera]
    distance: float

    def skinned(self, frame: int) -> list[Array]:
        """The points of the person's meshes in one frame."""
        return self.person.skinned(self.posed.turned[frame], self.posed.joints[frame])


def build(clip: Clip) -> Scene:
    """Set a clip up."""
    motion, spec, look = Motion(**clip["motion"]), CameraSpec(**clip["camera"]), clip["look"]
    post = PostSpec(**clip["post"] | {"wb": tuple(clip["post"]["wb"])})
    body = Body(clip["shape"], clip["stature"])
    renderer = Renderer(spec.width, spec.height_px)
    person = Person(body, look, renderer)
    posed = solve(body, motion, person.sole_clearance)
    points, midline = points3d(person, posed)
    if motion.hold != "none":
        _give_bar(person, posed, motion.hold, look)
    azimuth = np.radians(spec.azimuth)
    to_camera = np.array([spec.side * np.cos(azimuth), -np.sin(azimuth), 0.0])
    room = Room(renderer, look, to_camera)
    if room.mat_height:
        posed.joints[..., 2] += room.mat_height
        midline[..., 2] += room.mat_height
        points = {name: at + [0, 0, room.mat_height] for name, at in points.items()}
    filled = _what_fills(posed, points, midline)
    middle = 0.5 * (filled.min(0) + filled.max(0))
    renderer.centre = np.array([*middle[:2], 0.9])
    renderer.set_lights(*lights(look, to_camera))
    camera = _aimed(spec, to_camera, filled, middle)
    cameras = _shaken(camera, spec, motion, posed.curves.line.time_s) if spec.shake > 0 else [camera] * len(posed.joints)
    return Scene(motion, spec, post, posed, points, midline, renderer, person, cameras, camera.distance)


def _give_bar(person: Person, posed: Posed, kind: str, look: dict[str, Any]) -> None:
    """Put a bar into the hands, its plates small enough to clear the floor."""
    lowest = min(person.bar_pose(posed.turned[i], posed.joints[i])[1][2] for i in range(0, len(posed.joints), 5))
    radius = float(np.clip(look["plate_radius"], 0.05, max(0.06, lowest - _FLOOR_GAP)))
    person.add_bar(kind, look["plate"], radius)


def _what_fills(posed: Posed, points: dict[str, Array], midline: Array) -> Array:
    """Points of the whole movement that the picture has to hold. -> (N, 3)."""
    feet = [points[f"{end}_{side}"][::8] for end in ("toe", "heel") for side in ("left", "right")]
    nose = points["nose"][::4]
    head = [nose + [0, 0, 0.17], nose + [0, -0.06, 0]]  # crown and face
    return np.concatenate([posed.joints[::4].reshape(-1, 3), *feet, *head, midline[::4].reshape(-1, 3)])


def _aimed(spec: CameraSpec, to_camera: Array, filled: Array, middle: Array) -> Camera:
    """The camera so far off, and aimed so, that the movement fills the picture as asked."""
    width, height = spec.width, spec.height_px
    aim, distance = middle.copy(), 3.0
    for _ in range(25):
        camera = Camera(np.r_[(aim + to_camera * distance)[:2], spec.height], aim, spec.fov, width, height, spec.roll)
        seen = camera.project(filled)
        low, high = seen.min(0), seen.max(0)
        size = max((high[0] - low[0]) / width, (high[1] - low[1]) / height)
        distance *= np.clip(size / spec.fill, 0.7, 1.4)
        off_x = 0.5 * (low[0] + high[0]) / width - 0.5 - spec.offset_x
        off_y = 0.5 * (low[1] + high[1]) / height - 0.5 - spec.offset_y
        across = 2 * distance * np.tan(np.radians(spec.fov) / 2)
        right = camera.view[0, :3]
        aim = aim + right * off_x * across * width / height * 0.8 - np.array([0, 0, off_y * across * 0.8])
    return camera


def _shaken(camera: Camera, spec: CameraSpec, motion: Motion, time_s: Array) -> list[Camera]:
    """The camera in a hand that is not quite still, one for each frame."""
    rng = np.random.default_rng(motion.seed + 5)
    sway = smooth_noise(time_s, rng, 1.0, (4,), low_hz=0.2, high_hz=2.2, waves=8) * spec.shake
    return [
        Camera(
            camera.eye + 0.01 * np.array([now[3], 0, now[2]]),
            camera.target + camera.distance * np.radians(np.array([now[0] * 0.7, now[0] * 0.7, now[1]])),
            spec.fov,
            spec.width,
            spec.height_px,
            spec.roll + 0.3 * now[2],
        )
        for now in sway
    ]
