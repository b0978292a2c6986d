"""One person at rest: Anny's parametric body (MakeHuman's shapes) with a spine of 17 vertebrae, and the points that are measured on it.

Metres, z up, the person faces -y, the person's left is +x.
"""

import contextlib
import io
import os
import warnings
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np

from .rotations import Array, turn
from .spine import LUMBAR, VERTEBRAE, spread_weights

SKIN: Final = 13380  # the first vertices are the body's skin; eyes, teeth and helper shapes follow
_SPINE: Final = ("spine04", "spine03", "spine02", "spine01", "neck01")  # Anny's own spine, replaced by vertebrae
_LIMBS: Final = ("neck", "clavicle", "shoulder", "upperarm", "lowerarm", "wrist", "finger", "upperleg", "lowerleg", "foot")
SIDES: Final = (("L", 1), ("R", -1))


@cache
def anny_model() -> Any:
    """Load Anny once a process. The very first time on a machine it builds a cache, for two minutes; later it takes seconds."""
    import torch

    os.environ.setdefault("WARP_QUIET", "1")
    torch.set_num_threads(1)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        import anny

        return anny.Anny(rig="makehuman", topology="anny-quads-full")


class Body:
    """Rest geometry of one person.

    ``shape``: Anny's phenotype, each 0 to 1 (gender 0 male, 1 female; age 0.67 a young adult); ``stature_m`` scales the whole body.
    ``rest`` (N, 3) vertices; ``weights`` (N, bones); ``names``, ``parent`` (-1: none) and ``head0`` (bones, 3) of the bones; ``idx`` name
    -> bone; ``points`` name of a measured point -> (vertices, weights).
    """

    def __init__(self, shape: Mapping[str, float], stature_m: float | None = None) -> None:
        import torch

        model = anny_model()
        with torch.no_grad():
            made = model(phenotype_kwargs={name: float(value) for name, value in shape.items()})
        rest = made["rest_vertices"][0].numpy().astype(np.float64)
        heads = dict(zip(model.bone_labels, made["rest_bone_heads"][0].numpy(), strict=True))
        if stature_m:
            scale = stature_m / (rest[:SKIN, 2].max() - rest[:SKIN, 2].min())
            rest = rest * scale
            heads = {bone: head * scale for bone, head in heads.items()}
        self.rest = rest
        self._rig(model, heads)
        self.sole = rest[:SKIN, 2].min()  # of the bare foot
        self._regressed_points()
        self._feet_points()
        self._back_points()
        self._move_hips()
        self._sizes()

    def point(self, name: str) -> Array:
        """A measured point at rest. -> (3,)."""
        vertices, weights = self.points[name]
        return (self.rest[vertices] * weights[:, None]).sum(0)

    def head(self, bone: str) -> Array:
        """Joint centre at the near end of a bone, at rest. -> (3,)."""
        return self.head0[self.idx[bone]]

    def fk(self, root_at: Array, root_turned: Array, local: Mapping[str, Array], world: Mapping[str, Array]) -> tuple[Array, Array]:
        """Carry rotations from the root outwards.

        Root (T, 3) and (T, 3, 3); ``local``: bone -> rotation in its joint, ``world``: bone -> orientation against rest, (T, 3, 3) each.
        Returns orientations against rest (T, bones, 3, 3) and joint centres (T, bones, 3).
        """
        frames, bones = len(root_at), len(self.names)
        turned, joints = np.empty((frames, bones, 3, 3)), np.empty((frames, bones, 3))
        for i, name in enumerate(self.names):
            parent = self.parent[i]
            if parent < 0:
                turned[:, i], joints[:, i] = root_turned, root_at
                continue
            joints[:, i] = joints[:, parent] + turn(turned[:, parent], self.head0[i] - self.head0[parent])
            if name in world:
                turned[:, i] = world[name]
            elif name in local:
                turned[:, i] = turned[:, parent] @ local[name]
            else:
                turned[:, i] = turned[:, parent]
        return turned, joints

    def _rig(self, model: Any, heads: dict[str, Array]) -> None:
        """Keep the limbs, put vertebrae in place of Anny's spine, and fold every other bone into the one that carries it."""
        line = np.array([heads[bone] for bone in _SPINE])
        length = np.r_[0, np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))]
        knots = np.r_[np.linspace(0, length[2], 6)[:-1], np.linspace(length[2], length[4], 13)[:-1]]
        vertebra_at = np.stack([np.interp(knots, length, line[:, axis]) for axis in range(3)], 1)
        names, parents, head = ["root", *VERTEBRAE], [None, "root", *VERTEBRAE[:-1]], [heads["root"], *vertebra_at]
        own_parent = {
            bone: model.bone_labels[parent] if parent >= 0 else None
            for bone, parent in zip(model.bone_labels, model.bone_parents, strict=True)
        }
        folded: dict[str, str | None] = {}
        for bone in model.bone_labels:
            folded[bone] = _carrier(bone)
            if folded[bone] != bone or bone == "root":
                continue
            parent = own_parent[bone]
            if bone == "neck01":
                parent = "T1"
            elif bone.startswith("clavicle"):
                parent = "T3"
            elif folded.get(parent) is not None:
                parent = folded[parent]
            names.append(bone)
            parents.append(parent)
            head.append(heads[bone])
        self.names = names
        self.idx = {name: i for i, name in enumerate(names)}
        self.parent = [-1 if parent is None else self.idx[parent] for parent in parents]
        self.head0 = np.array(head)
        self.weights = self._rig_weights(model, folded, line, length, knots)

    def _rig_weights(self, model: Any, folded: Mapping[str, str | None], line: Array, length: Array, knots: Array) -> Array:
        """Weights of every vertex on the new bones. -> (N, bones)."""
        count, bound = len(self.rest), model.vertex_bone_indices
        own = np.zeros((count, len(model.bone_labels)))
        place = (np.repeat(np.arange(count), bound.shape[1]), bound.numpy().ravel())
        np.add.at(own, place, model.vertex_bone_weights.numpy().ravel())
        weights, spine = np.zeros((count, len(self.names))), np.zeros(count)
        for column, bone in enumerate(model.bone_labels):
            carrier = folded[bone]
            if carrier is None:
                spine += own[:, column]
            else:
                weights[:, self.idx[carrier]] += own[:, column]
        along = np.interp(self.rest[:, 2], line[:, 2], length)  # height of a vertex as a length along the spine
        spread_weights(weights, spine, along, np.r_[knots, length[-1]], [self.idx[name] for name in ("root", *VERTEBRAE)])
        return weights / weights.sum(1, keepdims=True)

    def _regressed_points(self) -> None:
        """The COCO keypoints, where a human annotator would click, as weighted means of vertices."""
        import torch
        from anny.paths import get_anny_root_dir

        found = torch.load(get_anny_root_dir() / "data" / "keypoints" / "coco.pth", weights_only=True)
        self.points: dict[str, tuple[Array, Array]] = {}
        for label, told in found.items():
            weights = told.numpy()
            used = np.where(np.abs(weights) > 1e-4)[0]
            self.points["coco_" + label] = (used, (weights[used] / weights[used].sum()))

    def _feet_points(self) -> None:
        """The tips of toes and heels, single vertices."""
        skin = np.arange(SKIN)
        for side in ("left", "right"):
            ankle = self.head("foot." + side[0].upper())
            near = skin[(np.abs(self.rest[skin, 0] - ankle[0]) < 0.10) & (self.rest[skin, 2] < self.sole + 0.06)]
            self._vertex_point("toe_" + side, near[np.argmin(self.rest[near, 1])])
            self._vertex_point("heel_" + side, near[np.argmax(self.rest[near, 1])])

    def _back_points(self) -> None:
        """The middle line of the skin of the back from sacrum to C7, as vertices from below upwards, and three points of it."""
        rest, skin = self.rest, np.arange(SKIN)
        low, high = self.head("root")[2] + 0.03, self.head("neck01")[2] + 0.02
        middle = skin[(np.abs(rest[skin, 0]) < 1e-4) & (rest[skin, 2] > low) & (rest[skin, 2] < high)]
        spine = self.head0[self.idx[LUMBAR[0]] : self.idx["T1"] + 1]
        spine_y = np.interp(rest[middle, 2], spine[:, 2], spine[:, 1])
        middle = middle[rest[middle, 1] > spine_y + 0.02]
        middle = middle[np.argsort(rest[middle, 2])]
        self.back_midline = middle
        heights = {
            "c7_skin": self.head("neck01")[2] - 0.005,
            "tl_junction_skin": self.head("T12")[2],
            "sacrum_skin": self.head("L5")[2] - 0.03,
        }
        for name, height in heights.items():
            self._vertex_point(name, middle[np.argmin(np.abs(rest[middle, 2] - height))])

    def _vertex_point(self, name: str, vertex: Any) -> None:
        self.points[name] = (np.array([vertex]), np.array([1.0]))

    def _move_hips(self) -> None:
        """Let the thigh turn about the annotated hip: MakeHuman's pivot lies 1 to 3 cm too far back and out for a femoral head."""
        for side, name in (("L", "coco_left_hip"), ("R", "coco_right_hip")):
            clicked, own = self.point(name), self.head("upperleg01." + side)
            self.head0[self.idx["upperleg01." + side]] = [clicked[0], clicked[1], 0.5 * (clicked[2] + own[2])]

    def _sizes(self) -> None:
        skin, hip = self.rest[:SKIN], self.head("upperleg01.L")
        beside = np.abs(skin[(skin[:, 2] > hip[2] - 0.2) & (skin[:, 2] < hip[2] + 0.05)][:, 0])
        self.hip_half_width = float(beside[beside < 0.32].max())  # farther out are hands
        self.stature = float(skin[:, 2].max() - self.sole)


def _carrier(bone: str) -> str | None:
    """The bone that carries Anny's ``bone`` in the new skeleton: itself, another one, or None for the spine."""
    if bone in ("root", "spine05", "pelvis.L", "pelvis.R"):
        return "root"
    if bone in ("spine04", "spine03", "spine02", "spine01", "breast.L", "breast.R"):
        return None
    if bone.startswith("toe"):
        return "foot." + bone[-1]
    if bone.startswith("metacarpal"):
        return "wrist." + bone[-1]
    return bone if bone.startswith(_LIMBS) or bone == "head" else "head"
