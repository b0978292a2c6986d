"""A pinhole camera: metres in the world to pixels of the picture."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from .rotations import Array

_UP: Final = (0, 0, 1)


def look_at(eye: ArrayLike, target: ArrayLike, up: ArrayLike = _UP) -> Array:
    """World to camera: x right, y up, the camera looks along -z. -> (4, 4)."""
    eye, target = np.asarray(eye, float), np.asarray(target, float)
    forward = target - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, up)
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[0, :3], matrix[1, :3], matrix[2, :3] = right, np.cross(right, forward), -forward
    matrix[:3, 3] = -matrix[:3, :3] @ eye
    return matrix


def perspective(fov: float, aspect: float, near: float = 0.1, far: float = 40.0) -> Array:
    """Camera to clip space, for a vertical field of view in radians. -> (4, 4)."""
    focal = 1 / np.tan(fov / 2)
    matrix = np.zeros((4, 4))
    matrix[0, 0], matrix[1, 1] = focal / aspect, focal
    matrix[2, 2], matrix[2, 3], matrix[3, 2] = (far + near) / (near - far), 2 * far * near / (near - far), -1
    return matrix


def parallel(radius: float, near: float, far: float) -> Array:
    """Camera to clip space without perspective, ``radius`` metres to each side. -> (4, 4)."""
    matrix = np.eye(4)
    matrix[0, 0] = matrix[1, 1] = 1 / radius
    matrix[2, 2], matrix[2, 3] = -2 / (far - near), -(far + near) / (far - near)
    return matrix


class Camera:
    """Stands at ``eye`` and looks at ``target``, both (3,). ``view`` and ``lens`` are its (4, 4) matrices."""

    def __init__(self, eye: ArrayLike, target: ArrayLike, fov_deg: float, width: int, height: int, roll_deg: float = 0.0) -> None:
        self.eye, self.target = np.asarray(eye, float), np.asarray(target, float)
        self.width, self.height = width, height
        roll = np.radians(roll_deg)
        rolled = np.eye(4)
        rolled[:2, :2] = [[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]]
        self.view = rolled @ look_at(eye, target)
        self.lens = perspective(np.radians(fov_deg), width / height)

    @property
    def distance(self) -> float:
        """From eye to target, metres."""
        return float(np.linalg.norm(self.target - self.eye))

    def project(self, points: ArrayLike) -> Array:
        """Where points are seen, px from the top left. (..., 3) -> (..., 2)."""
        points = np.asarray(points, float)
        clip = np.concatenate([points, np.ones((*points.shape[:-1], 1))], -1) @ (self.lens @ self.view).T
        seen = clip[..., :2] / clip[..., 3:4]
        return np.stack([(seen[..., 0] * 0.5 + 0.5) * self.width, (0.5 - seen[..., 1] * 0.5) * self.height], -1)
