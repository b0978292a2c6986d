"""Draws triangles in software, through EGL, without a screen or a graphics card: 16 lamps with shadows stand for a room's soft light."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import moderngl
import numpy as np

from .camera import Camera, look_at, parallel
from .rotations import Array
from .shaders import DEPTH, LIGHTS, LIT, NOTHING, PERSON_AND_ROOM

_TILES: Final = 4  # the shadow map has as many rows and columns, one for each lamp
_TILE_PX: Final = 512
_LIT_RADIUS: Final = 1.35  # metres around the person that throw shadows
_MATERIAL: Final[dict[str, Any]] = {
    "kind": 0,
    "spec": 0.1,
    "gloss": 12.0,
    "base": (1, 1, 1),
    "nstrength": 0.0,
    "texmix": 0.0,
    "uvscale": 1.0,
    "garment_a": (-1, 0, 0),
    "garment_b": (-1, 0, 0),
    "use_shadow": 1,
}


@dataclass(slots=True, eq=False)
class Mesh:
    """Triangles on the graphics side. ``group``: "room" is drawn once a frame, "person" as often as the shutter needs."""

    group: str
    material: dict[str, Any]
    texture: Any
    relief: Any
    points: Any
    normals: Any
    drawn: Any
    depth: Any
    casts: bool
    is_bar: bool


class Renderer:
    """A picture of width x height px, and the meshes that are in it."""

    def __init__(self, width: int, height: int) -> None:
        self.context = moderngl.create_context(standalone=True, backend="egl")
        self.width, self.height = width, height
        self._lit = self.context.program(vertex_shader=PERSON_AND_ROOM, fragment_shader=LIT % LIGHTS)
        self._depth = self.context.program(vertex_shader=DEPTH, fragment_shader=NOTHING)
        self._room, self._picture = self._buffer(), self._buffer()
        side_px = _TILES * _TILE_PX
        self._shadows = self.context.depth_texture((side_px, side_px))
        self._shadows.compare_func = ""
        self._shadows.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self._shadows.repeat_x = self._shadows.repeat_y = False
        self._shadow_buffer = self.context.framebuffer(depth_attachment=self._shadows)
        self._white = self.texture(np.full((2, 2, 3), 255, np.uint8))
        self._meshes: list[Mesh] = []
        self.centre = np.array([0, 0, 0.9])

    def release(self) -> None:
        """Give everything back to the driver."""
        self.context.release()

    def texture(self, picture: Array) -> Any:
        """Hand a picture, (height, width, channels) of uint8, to the driver."""
        picture = np.ascontiguousarray(picture[::-1])
        made = self.context.texture((picture.shape[1], picture.shape[0]), picture.shape[2], picture.tobytes(), alignment=1)
        made.build_mipmaps()
        made.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        made.anisotropy = 1.0
        return made

    def add(
        self,
        tri: Array,
        points: int,
        *,
        uv: Array | None = None,
        tint: Array | None = None,
        inside: Array | None = None,
        texture: Array | None = None,
        relief: Array | None = None,
        casts: bool = True,
        group: str = "person",
        is_bar: bool = False,
        **material: Any,
    ) -> Mesh:
        """Register triangles (M, 3) over so many points. ``update`` gives their positions.

        By point: ``uv`` (N, 2), ``tint`` (N, 4: colour and how much of it), ``inside`` (N, 4: metres inside painted clothes).
        """
        fixed = [
            np.zeros((points, 2)) if uv is None else uv,
            np.zeros((points, 4)) if tint is None else tint,
            -np.ones((points, 4)) if inside is None else inside,
        ]
        place, normals = self.context.buffer(reserve=points * 12), self.context.buffer(reserve=points * 12)
        corners = self.context.buffer(tri.astype(np.int32).tobytes())
        attributes = self.context.buffer(np.concatenate(fixed, 1).astype("f4").tobytes())
        inputs = [(place, "3f", "pos"), (normals, "3f", "nrm"), (attributes, "2f 4f 4f", "uv", "tint", "aux")]
        mesh = Mesh(
            group=group,
            material=_MATERIAL | material,
            texture=self._white if texture is None else self.texture(texture),
            relief=self._white if relief is None else self.texture(relief),
            points=place,
            normals=normals,
            drawn=self.context.vertex_array(self._lit, inputs, corners),
            depth=self.context.vertex_array(self._depth, [(place, "3f", "pos")], corners),
            casts=casts,
            is_bar=is_bar,
        )
        self._meshes.append(mesh)
        return mesh

    def update(self, mesh: Mesh, points: Array, normals: Array) -> None:
        """Say where a mesh is now. (N, 3) each."""
        mesh.points.write(np.ascontiguousarray(points, "f4").tobytes())
        mesh.normals.write(np.ascontiguousarray(normals, "f4").tobytes())

    def set_lights(self, towards: Sequence[Array], colours: Sequence[Array], ambient_up: Array, ambient_down: Array) -> None:
        """Lamps far away, in these directions, and light from everywhere above and below."""
        if len(towards) != LIGHTS:
            raise ValueError(f"{len(towards)} lamps: the shaders count on {LIGHTS}")
        self._towards = np.array([direction / np.linalg.norm(direction) for direction in towards], float)
        self._colours = np.array(colours, float)
        self._ambient = (ambient_up, ambient_down)

    def cast_shadows(self) -> None:
        """Draw what each lamp sees, for all meshes where they are now."""
        self._shadow_buffer.use()
        self._shadow_buffer.clear(depth=1.0)
        self.context.enable_only(moderngl.DEPTH_TEST)
        self._lamp_views = []
        for i, direction in enumerate(self._towards):
            up = (0, 1, 0) if abs(direction[2]) > 0.9 else (0, 0, 1)
            seen = parallel(_LIT_RADIUS, 0.1, 6.0) @ look_at(self.centre + direction * 3, self.centre, up)
            self._lamp_views.append(seen)
            self._shadow_buffer.viewport = ((i % _TILES) * _TILE_PX, (i // _TILES) * _TILE_PX, _TILE_PX, _TILE_PX)
            self._shadow_buffer.scissor = None
            self._depth["VP"].write(seen.T.astype("f4").tobytes())
            for mesh in self._meshes:
                if mesh.casts:
                    mesh.depth.render()

    def draw_room(self, camera: Camera, exposure: float, white: Sequence[float]) -> None:
        """Draw the room once, to stand behind the person."""
        self._room.use()
        self._room.clear(0.5, 0.5, 0.5, 1, depth=1.0)
        self._draw("room", camera, (0, 0), exposure, white)

    def draw_person(self, camera: Camera, shift_px: Sequence[float], exposure: float, white: Sequence[float]) -> Array:
        """Draw the person into the room, moved by part of a pixel. -> (height, width, 3) of uint8."""
        self.context.copy_framebuffer(self._picture, self._room)
        self._picture.use()
        self._draw("person", camera, shift_px, exposure, white)
        return np.frombuffer(self._picture.read(components=3, alignment=1), np.uint8).reshape(self.height, self.width, 3)[::-1]

    def silhouette(self, camera: Camera) -> Array:
        """Where the person would be seen in an empty room, without what is in the hands. -> (height, width) of bool."""
        self._picture.use()
        self._picture.clear(0, 0, 0, 0, depth=1.0)
        self.context.enable_only(moderngl.DEPTH_TEST)
        self._depth["VP"].write((camera.lens @ camera.view).T.astype("f4").tobytes())
        for mesh in self._meshes:
            if mesh.group == "person" and not mesh.is_bar:
                mesh.depth.render()
        read = self._picture.read(attachment=-1, dtype="f4", components=1, alignment=1)
        return np.frombuffer(read, np.float32).reshape(self.height, self.width)[::-1] < 1.0

    def _buffer(self) -> Any:
        size = (self.width, self.height)
        return self.context.framebuffer([self.context.renderbuffer(size, 4)], self.context.depth_renderbuffer(size))

    def _draw(self, group: str, camera: Camera, shift_px: Sequence[float], exposure: float, white: Sequence[float]) -> None:
        lens = camera.lens.copy()
        lens[0, 2] += 2 * shift_px[0] / self.width  # clip w is -z
        lens[1, 2] += 2 * shift_px[1] / self.height
        self.context.enable_only(moderngl.DEPTH_TEST)
        self._lit["VP"].write((lens @ camera.view).T.astype("f4").tobytes())
        self._lit["Mdl"].write(np.eye(4, dtype="f4").tobytes())
        self._lit["Nm"].write(np.eye(3, dtype="f4").tobytes())
        self._lit["Ldir"].write(self._towards.astype("f4").tobytes())
        self._lit["Lcol"].write(self._colours.astype("f4").tobytes())
        self._lit["LVP"].write(np.stack([seen.T for seen in self._lamp_views]).astype("f4").tobytes())
        told = {"eye": tuple(camera.eye), "focus": tuple(self.centre), "exposure": exposure, "wb": tuple(white)}
        told |= {"ambient_up": tuple(self._ambient[0]), "ambient_dn": tuple(self._ambient[1])}
        self._set(told | {"tex": 0, "nmap": 1, "shadow": 2})
        self._shadows.use(2)
        for mesh in self._meshes:
            if mesh.group == group:
                self._set(mesh.material)
                mesh.texture.use(0)
                mesh.relief.use(1)
                mesh.drawn.render()

    def _set(self, told: dict[str, Any]) -> None:
        for name, value in told.items():
            if name in self._lit:  # the driver drops what the shader does not use
                self._lit[name].value = value


def normals_operator(tri: Array, points: int) -> Any:
    """Sparse (points, triangles) matrix that sums triangles by point, so that normals cost one cross product and one product a frame."""
    from scipy.sparse import csr_matrix

    corners = tri.ravel()
    columns = np.repeat(np.arange(len(tri)), 3)
    return csr_matrix((np.ones(len(corners), np.float32), (corners, columns)), shape=(points, len(tri)))


def normals(points: Array, tri: Array, operator: Any) -> Array:
    """Unit normals of points. (N, 3) and (M, 3) -> (N, 3)."""
    a, b, c = points[tri[:, 0]], points[tri[:, 1]], points[tri[:, 2]]
    found = operator @ np.cross(b - a, c - a)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
