"""Skin that follows the bones."""

from typing import TYPE_CHECKING

import numpy as np

from .rotations import Array, quaternion_product

if TYPE_CHECKING:
    from .body import Body

_DUAL_SHARE = 0.6  # of the dual-quaternion blend, which keeps the volume of the buttock at 100 degrees; the rest is the linear blend


class Skinner:
    """Vertices bound to bones: ``rest`` (N, 3) metres, ``weights`` (N, bones), rows that add to 1."""

    def __init__(self, body: "Body", rest: Array, weights: Array) -> None:
        used = np.where(weights.max(0) > 0)[0]
        self.body = body
        self.rest = rest.astype(np.float32)
        self.weights = weights[:, used].astype(np.float32)
        self.used = used

    def __call__(self, turned: Array, joints: Array) -> Array:
        """Vertices of one frame. Orientations against rest (bones, 3, 3) and joint centres (bones, 3) -> (N, 3)."""
        used = self.used
        rotation = turned[used]
        shift = joints[used] - np.einsum("bij,bj->bi", turned[used], self.body.head0[used])
        linear = (1 - _DUAL_SHARE) * self._linear(rotation, shift)
        return linear + _DUAL_SHARE * self._dual(quaternions(self.body, turned)[used], shift)

    def _linear(self, rotation: Array, shift: Array) -> Array:
        bones = np.concatenate([rotation, shift[:, :, None]], 2).reshape(len(self.used), 12).astype(np.float32)
        blend = (self.weights @ bones).reshape(-1, 3, 4)
        return np.einsum("nij,nj->ni", blend[:, :, :3], self.rest) + blend[:, :, 3]

    def _dual(self, quaternion: Array, shift: Array) -> Array:
        half = 0.5 * quaternion_product(np.c_[np.zeros(len(self.used)), shift], quaternion)
        blend = self.weights @ np.concatenate([quaternion, half], 1).astype(np.float32)
        blend /= np.linalg.norm(blend[:, :4], axis=1, keepdims=True)
        real, dual = blend[:, :4], blend[:, 4:]
        w, v = real[:, :1], real[:, 1:]
        points = self.rest + 2 * np.cross(v, np.cross(v, self.rest) + w * self.rest)
        return points + 2 * (w * dual[:, 1:] - dual[:, :1] * v + np.cross(v, dual[:, 1:]))


def quaternions(body: "Body", turned: Array) -> Array:
    """Quaternions w, x, y, z of the bones, signs alike along the chain. (bones, 3, 3) -> (bones, 4)."""
    from scipy.spatial.transform import Rotation

    found = Rotation.from_matrix(turned).as_quat()[:, [3, 0, 1, 2]]
    for bone, parent in enumerate(body.parent):
        against = found[bone, 0] if parent < 0 else (found[bone] * found[parent]).sum()
        if against < 0:
            found[bone] = -found[bone]
    return found
