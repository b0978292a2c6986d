"""A dressed person in the picture: skin, clothes, hair, shoes, and a dowel or barbell in the hands."""

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from .arms import grips
from .body import Body
from .garments import Garment, cloth, fit, meshes, painted, texture
from .renderer import Mesh, Renderer, normals, normals_operator
from .rotations import Array, unit
from .shapes import bar
from .skinning import Skinner
from .wardrobe import OUTFITS, Outfit

_NOT_WORN: Final = (-1, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A mesh that follows the bones: its points are skinned, its corners drawn; ``corner`` (K,) is the point of each corner."""

    mesh: Mesh
    skinner: Skinner
    corner: Array
    tri: Array
    operator: Any


class Person:
    """A body dressed as its look says, in a renderer. ``sole_clearance``: how thick the soles are, metres."""

    def __init__(self, body: Body, look: dict[str, Any], renderer: Renderer) -> None:
        self.body, self.renderer = body, renderer
        self._parts: list[_Part] = []
        self._bar: tuple[Mesh, Array, Array, Any] | None = None
        outfit = OUTFITS[look["outfit"]]
        garment = fit(body, outfit.mesh) if outfit.mesh else None
        shoes = fit(body, look["shoes"]) if look["shoes"] != "none" else None
        hidden = np.zeros(len(body.rest), bool)
        is_top = _is_top(outfit, garment) if garment else np.zeros(0, bool)
        if garment:
            hidden[_covered(body, outfit, garment, is_top)] = True
        if shoes:
            hidden[shoes.covers] = True
        self.sole_clearance = float(body.sole - shoes.rest[:, 2].min()) if shoes else 0.0
        self._add_skin(outfit, look, hidden)
        if garment:
            self._add_clothes(outfit, look, garment, is_top)
        if shoes:
            tint = np.zeros((len(shoes.rest), 4))
            tint[:, :3], tint[:, 3] = look["shoe_tint"], look["shoe_tint_amount"]
            self._add_garment(shoes, texture=texture(look["shoes"]), kind=2, tint=tint[shoes.src], spec=0.15)
        self._add_head(look)

    def skin_at(self, turned: Array, joints: Array) -> Array:
        """The measured vertices of the skin in one frame, in the order of ``measured``. -> (K, 3)."""
        return self._measured_skin(turned, joints)

    def add_bar(self, kind: str, plate_colour: Any, plate_radius: float) -> None:
        """Put a dowel or a barbell into the hands."""
        points, tri, colours = bar(kind, plate_colour, plate_radius)
        spec = 0.1 if kind == "dowel" else 0.4
        mesh = self.renderer.add(tri, len(points), tint=colours, is_bar=True, kind=0, spec=spec, gloss=30.0)
        self._bar = (mesh, points, tri, normals_operator(tri, len(points)))

    def bar_pose(self, turned: Array, joints: Array) -> tuple[Array, Array]:
        """Axes (3, 3) and middle (3,) of what both hands hold, in one frame."""
        held = []
        for side, at in grips(self.body).items():
            wrist = self.body.idx[f"wrist.{side}"]
            held.append(joints[wrist] + turned[wrist] @ at)
        along = unit((held[0] - held[1])[None])[0]
        across = unit(np.cross([0, 0, 1.0], along)[None])[0]
        return np.stack([along, across, np.cross(along, across)], 1), 0.5 * (held[0] + held[1])

    def skinned(self, turned: Array, joints: Array) -> list[Array]:
        """The points of every mesh in one frame."""
        points = [part.skinner(turned, joints) for part in self._parts]
        if self._bar:
            axes, middle = self.bar_pose(turned, joints)
            points.append((self._bar[1] @ axes.T + middle).astype(np.float32))
        return points

    def upload(self, points: list[Array]) -> None:
        """Show the person so."""
        for part, at in zip(self._parts, points, strict=False):  # a bar's come last
            self.renderer.update(part.mesh, at[part.corner], normals(at, part.tri, part.operator)[part.corner])
        if self._bar:
            mesh, _, tri, operator = self._bar
            self.renderer.update(mesh, points[-1], normals(points[-1], tri, operator))

    def _add_skin(self, outfit: Outfit, look: dict[str, Any], hidden: Array) -> None:
        """The body, a few millimetres thicker where tight clothes are painted on it, and without what other clothes cover."""
        body, top, bottom = self.body, outfit.painted_top, outfit.painted_bottom
        tri, src, uv = (meshes()["body/" + part] for part in ("tri", "src", "uv"))
        inside = painted(body, top, bottom)
        outwards = normals(body.rest.astype(np.float32), src[tri], normals_operator(src[tri], len(body.rest)))
        thick = np.zeros(len(body.rest))
        if top:
            thick = np.maximum(thick, np.clip(inside[:, 0] / 0.01, 0, 1) * look.get("thick_top", 0.006))
        if bottom:
            thick = np.maximum(thick, np.clip(inside[:, 1] / 0.01, 0, 1) * look.get("thick_bottom", 0.004))
        skin = body.rest + outwards * thick[:, None]
        self._add(
            skin,
            body.weights,
            tri[~hidden[src[tri]].any(1)],
            src,
            uv,
            texture=texture(look["skin"]),
            kind=1,
            base=tuple(look["skin_tint"]),
            inside=np.concatenate([inside, np.zeros((len(skin), 2))], 1)[src],
            garment_a=tuple(look["top"]) if top else _NOT_WORN,
            garment_b=tuple(look["bottom"]) if bottom else _NOT_WORN,
        )
        self.measured = np.unique(np.concatenate([vertices for vertices, _ in body.points.values()] + [body.back_midline]))
        self._measured_skin = Skinner(body, skin[self.measured], body.weights[self.measured])

    def _add_clothes(self, outfit: Outfit, look: dict[str, Any], garment: Garment, is_top: Array) -> None:
        tint = np.zeros((len(garment.rest), 4))
        tint[is_top, :3], tint[~is_top, :3], tint[:, 3] = look["top"], look["bottom"], 1
        if look.get("keep_jeans"):
            tint[~is_top, 3] = 0
        tri = garment.tri
        if loose := look.get("loose", 0.0):  # metres off the body
            outwards = normals(garment.rest.astype(np.float32), garment.src[tri], normals_operator(garment.src[tri], len(garment.rest)))
            garment = replace(garment, rest=garment.rest + loose * outwards)
        if outfit.worn == "top":
            tri = tri[is_top[garment.src[tri]].all(1)]
        relief = texture(outfit.relief)
        depth = 0.0 if relief is None else 1.0
        picture = cloth(outfit.texture)
        self._add_garment(garment, tri, texture=picture, relief=relief, kind=2, tint=tint[garment.src], nstrength=depth, spec=0.05)

    def _add_head(self, look: dict[str, Any]) -> None:
        colour = tuple(look["hair_colour"])
        eyes = texture(look["eyes"])[..., :3]
        self._add_garment(fit(self.body, "eyes"), texture=eyes, kind=0, spec=0.5, gloss=60.0, casts=False)
        self._add_garment(fit(self.body, "brows"), texture=texture("brows"), kind=3, base=colour, texmix=0.6, casts=False)
        if look["hair"] != "none":
            hair, mix = texture(look["hair"]), look["hair_mix"]
            self._add_garment(fit(self.body, look["hair"]), texture=hair, kind=3, base=colour, texmix=mix, spec=0.25, gloss=20.0)

    def _add_garment(self, garment: Garment, tri: Array | None = None, **told: Any) -> None:
        self._add(garment.rest, garment.weights, garment.tri if tri is None else tri, garment.src, garment.uv, **told)

    def _add(self, rest: Array, weights: Array, tri: Array, src: Array, uv: Array, **told: Any) -> None:
        """Register triangles over corners; corners and points that none of them needs are left out."""
        used, renumbered = np.unique(tri, return_inverse=True)
        tri = renumbered.reshape(-1, 3).astype(np.int32)
        for name in ("tint", "inside"):
            if told.get(name) is not None:
                told[name] = told[name][used]
        points, corner = np.unique(src[used], return_inverse=True)
        mesh = self.renderer.add(tri, len(used), uv=uv[used], **told)
        point_tri = corner[tri]
        operator = normals_operator(point_tri, len(points))
        self._parts.append(_Part(mesh, Skinner(self.body, rest[points], weights[points]), corner, point_tri, operator))


def _is_top(outfit: Outfit, garment: Garment) -> Array:
    """Which points of an outfit belong to its upper part. -> (N,) of bool."""
    heights = np.array([garment.rest[garment.piece == piece][:, 2].mean() for piece in range(garment.piece.max() + 1)])
    if outfit.mesh == "f_tee_shorts":  # the shorts are two pieces
        return garment.rest[:, 2] > np.median(heights)
    return garment.piece == int(np.argmax(heights))


def _covered(body: Body, outfit: Outfit, garment: Garment, is_top: Array) -> Array:
    """Vertices of the body that clothes hide: left out, so that none shows through."""
    if outfit.worn != "top":
        return garment.covers
    hem = garment.rest[is_top][:, 2].min()
    return garment.covers[body.rest[garment.covers, 2] > hem + 0.03]
