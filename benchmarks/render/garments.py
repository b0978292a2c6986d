"""Clothes, shoes, hair and eyes: MakeHuman's meshes fitted to a body, their pictures, and tight clothes as distances on the skin."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from .body import SIDES, Body
from .rotations import Array, unit_one
from .wardrobe import ASSETS

_CLOTH: Final = np.full((2, 2, 3), 145, np.uint8)  # shows the colour it is tinted with as it is
_AXES: Final = (0, 2, 1)  # MakeHuman's x, y (up), z (forward) are our x, z, -y


@dataclass(frozen=True, slots=True, eq=False)
class Garment:
    """A mesh that follows a body.

    ``rest`` (N, 3) metres and ``weights`` (N, bones) of its points; triangles ``tri`` (M, 3) over corners, of which ``src`` (K,) says the
    point and ``uv`` (K, 2) the place in the picture; ``piece`` (N,): which connected piece a point belongs to; ``covers``: vertices of the
    body under it.
    """

    rest: Array
    weights: Array
    tri: Array
    src: Array
    uv: Array
    piece: Array
    covers: Array


@cache
def meshes() -> dict[str, Array]:
    """Every packed mesh, as ``name/part``."""
    with np.load(ASSETS / "meshes.npz") as packed:
        return {name: packed[name] for name in packed.files}


@cache
def texture(name: str | None) -> Array | None:
    """A packed picture, (height, width, 3 or 4) of uint8; None where there is none of that name."""
    from PIL import Image

    for kind, mode in (("jpg", "RGB"), ("png", "RGBA")):
        path = ASSETS / "tex" / f"{name}.{kind}"
        if path.is_file():
            return np.asarray(Image.open(path).convert(mode))
    return None


def cloth(name: str | None) -> Array:
    """The picture of a cloth, or plain cloth."""
    found = texture(name)
    return _CLOTH if found is None else found


def fit(body: Body, name: str) -> Garment:
    """Fit a mesh to a body: each point lies between three vertices of the skin, a little off it."""
    mesh = {key.partition("/")[2]: part for key, part in meshes().items() if key.startswith(name + "/")}
    rest = body.rest
    # Metres a MakeHuman unit, by axis: how far apart two vertices are, here and there.
    scale = np.array(
        [abs(rest[int(a), axis] - rest[int(b), axis]) / apart for (a, b, apart), axis in zip(mesh["scale"], _AXES, strict=True)]
    )
    off = mesh["off"] * scale
    between = (rest[mesh["ref"]] * mesh["wts"][..., None]).sum(1)
    share = np.maximum(mesh["wts"], 0)
    share = share / np.maximum(share.sum(1, keepdims=True), 1e-6)
    weights = np.einsum("nk,nkb->nb", share, body.weights[mesh["ref"]])
    weights /= weights.sum(1, keepdims=True)
    return Garment(
        rest=between + np.stack([off[:, 0], -off[:, 2], off[:, 1]], 1),
        weights=weights,
        tri=mesh["tri"],
        src=mesh["src"],
        uv=mesh["uv"],
        piece=mesh["comp"],
        covers=mesh["delete"],
    )


def painted(body: Body, top: str | None, bottom: str | None) -> Array:
    """How far each vertex lies inside a tight top and tight trousers, metres along the skin, negative outside. -> (N, 2)."""
    inside = np.full((len(body.rest), 2), -1.0)
    arm = sum(body.weights[:, body.idx[bone + side]] for bone in _ARM for side in (".L", ".R"))
    fingers = sum(body.weights[:, i] for name, i in body.idx.items() if name.startswith("finger"))
    on_arm = arm + fingers
    if bottom:
        inside[:, 1] = _trousers(body, bottom, on_arm)
    if top:
        inside[:, 0] = _top(body, top, bottom is not None, on_arm)
    return inside


_ARM: Final = ("upperarm01", "upperarm02", "lowerarm01", "lowerarm02", "wrist")


def _trousers(body: Body, cut: str, on_arm: Array) -> Array:
    height = body.rest[:, 2]
    ankle, knee, hip = (body.head(bone + ".L")[2] for bone in ("foot", "lowerleg01", "upperleg01"))
    waist = body.head("L5")[2] + 0.055 * body.stature / 1.75
    hem = ankle + 0.05 if cut == "leggings" else knee + 0.42 * (hip - knee)
    inside = np.minimum(waist - height, height - hem)
    inside[on_arm > 0.5] = -1
    return inside


def _top(body: Body, cut: str, tucked: bool, on_arm: Array) -> Array:
    rest = body.rest
    hem = body.head("L5")[2] - 0.02 if tucked else body.head("L5")[2]
    neckline = body.head("neck01")[2] - 0.005 + 0.35 * np.clip(rest[:, 1] + 0.02, -0.2, 0.1)  # lower in front
    inside = np.minimum(rest[:, 2] - hem, neckline - rest[:, 2])
    if cut == "tank":
        return np.minimum(inside, (0.5 - on_arm) * 0.12)
    for side, sign in SIDES:
        shoulder, elbow, wrist = (body.head(f"{bone}.{side}") for bone in ("upperarm01", "lowerarm01", "wrist"))
        upper = np.linalg.norm(elbow - shoulder)
        along = (rest - shoulder) @ ((elbow - shoulder) / upper)
        beyond = (rest - elbow) @ unit_one(wrist - elbow)
        along = np.where(along > upper * 0.98, upper + np.maximum(beyond, 0), along)
        sleeve = {"tee": 0.62 * upper, "long": upper + 0.9 * np.linalg.norm(wrist - elbow)}[cut]
        on_this = (on_arm > 0.3) & (rest[:, 0] * sign > 0)
        inside = np.where(on_this, np.minimum(sleeve - along, 0.2), inside)
    return inside
