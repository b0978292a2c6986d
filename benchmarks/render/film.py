"""Filming: exposure, motion blur, lens, sensor noise and H.264. A clip is there whole or not at all."""

import json
import os
import time
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from .clips import Clip, PostSpec
from .rotations import Array
from .scene import Scene, build
from .truthfile import truth

# Where in the pixel each picture within an exposure is taken, px.
_WITHIN_PIXEL: Final = np.array([[0.25, -0.12], [-0.25, 0.12], [0.0, 0.37], [0.12, -0.37]])
_MIDDLE_GREY: Final = 118


def make_clip(clip: Clip, out: Path, *, masks: bool = False) -> str:
    """Render a clip to NAME.mp4, NAME.npz and NAME.json, put in place in this order: where the last is, all is whole. Says what it cost."""
    begun = time.perf_counter()
    scene = build(clip)
    count = len(scene.cameras)
    silhouettes: list[Array] | None = [] if masks else None
    out.parent.mkdir(parents=True, exist_ok=True)
    part = {suffix: out.with_suffix(f"{suffix}.part{os.getpid()}") for suffix in (".mp4", ".npz", ".json")}
    set_up = time.perf_counter()
    try:
        encode(part[".mp4"], frames(scene, silhouettes=silhouettes), scene, count)
        filmed = time.perf_counter()
        told, arrays = truth(scene, clip, out.stem)
        if silhouettes is not None:
            arrays["mask_bits"] = np.packbits(np.array(silhouettes), axis=-1)
        with part[".npz"].open("wb") as file:
            np.savez_compressed(file, **arrays)
        part[".json"].write_text(json.dumps(told, separators=(",", ":")), encoding="utf-8")
        for suffix, path in part.items():
            path.replace(out.with_suffix(suffix))
    finally:
        scene.renderer.release()
        for path in part.values():
            path.unlink(missing_ok=True)
    kilobytes = out.stat().st_size / 1024
    return f"{out.name}: {count} frames, {set_up - begun:.1f} s to set up, {(filmed - set_up) / count:.2f} s a frame, {kilobytes:.0f} kB"


def frames(scene: Scene, which: Iterable[int] | None = None, silhouettes: list[Array] | None = None) -> Iterator[Array]:
    """The finished pictures, (height, width, 3) of uint8; true silhouettes are added to the list, (height, width) of bool."""
    renderer, person, post = scene.renderer, scene.person, scene.post
    last = len(scene.cameras) - 1
    rng = np.random.default_rng(scene.motion.seed)
    dimmed = _vignette(renderer.width, renderer.height, post.vignette)
    exposure: float | None = None
    kept: dict[int, list[Array]] = {}

    def points(frame: int) -> list[Array]:
        if frame not in kept:
            if len(kept) > 2:
                kept.pop(min(kept))
            kept[frame] = scene.skinned(frame)
        return kept[frame]

    for i in range(last + 1) if which is None else which:
        now, after = points(i), points(min(i + 1, last))
        before = points(max(i - 1, 0)) if i - 1 in kept else now
        person.upload(now)
        renderer.cast_shadows()
        if exposure is None:
            exposure = settle(scene, i, rounds=4)
        picture = _exposed(scene, i, exposure, before, now, after)
        if silhouettes is not None:
            person.upload(now)
            silhouettes.append(renderer.silhouette(scene.cameras[i]))
        yield _developed(picture, post, dimmed, rng)


def settle(scene: Scene, frame: int, *, rounds: int) -> float:
    """The exposure that makes a frame as bright as asked, like a phone's that has settled before the set."""
    renderer, post, camera = scene.renderer, scene.post, scene.cameras[frame]
    exposure = 1.0
    for _ in range(rounds):
        renderer.draw_room(camera, exposure, post.wb)
        bright = renderer.draw_person(camera, (0, 0), exposure, post.wb).mean() / 255
        exposure *= np.clip((post.brightness / bright) ** 1.8, 0.5, 2.0)
    return exposure


def encode(path: Path, pictures: Iterable[Array], scene: Scene, count: int) -> None:
    """Write ``count`` pictures as an MP4 of H.264 that is no larger than asked."""
    import av

    post, fps = scene.post, scene.motion.fps
    rate = int(post.max_kb * 8192 / (count / fps) * 0.93)
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height = scene.spec.width, scene.spec.height_px
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        limits = {"maxrate": str(rate), "bufsize": str(rate * 2)}
        stream.options = {"crf": str(post.crf), "preset": "medium", **limits, "g": str(int(fps * 4))}
        for picture in pictures:
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


def _exposed(scene: Scene, frame: int, exposure: float, before: list[Array], now: list[Array], after: list[Array]) -> Array:
    """The mean of as many pictures within the exposure as the movement needs. -> (height, width, 3) of float, 0 to 255."""
    renderer, post, camera = scene.renderer, scene.post, scene.cameras[frame]
    renderer.draw_room(camera, exposure, post.wb)
    skin, skin_after = now[0][::97], after[0][::97]
    moved_px = max(np.abs(camera.project(skin_after) - camera.project(skin)).max(), 0.01) * post.shutter
    count = 2 if moved_px < 3 else 3 if moved_px < 7 else 4
    total = 0
    for k in range(count):
        share = ((k + 0.5) / count - 0.5) * post.shutter
        if moved_px > 0.4:
            scene.person.upload([_moved(share, *places) for places in zip(before, now, after, strict=True)])
        total = total + renderer.draw_person(camera, _WITHIN_PIXEL[k], exposure, post.wb).astype(np.float32)
    return total / count


def _moved(share: float, before: Array, now: Array, after: Array) -> Array:
    """Where points are some share of a frame later."""
    return now + share * (after - now) if share >= 0 else now + share * (now - before)


def _vignette(width: int, height: int, strength: float) -> Array:
    """How much of the light reaches each pixel. -> (height, width, 1)."""
    y, x = np.mgrid[:height, :width]
    off_middle = ((x - width / 2) / (width / 2)) ** 2 + ((y - height / 2) / (height / 2)) ** 2
    return (1 - strength * off_middle / 2)[..., None].astype(np.float32)


def _developed(picture: Array, post: PostSpec, dimmed: Array, rng: np.random.Generator) -> Array:
    """Lens, contrast and sensor. (height, width, 3) of float -> uint8."""
    height, width = picture.shape[:2]
    if post.blur > 0:
        picture = cv2.GaussianBlur(picture, (0, 0), post.blur)
    picture = ((picture - _MIDDLE_GREY) * post.contrast + _MIDDLE_GREY) * dimmed
    if post.noise > 0:
        strength = post.noise * (0.45 + 0.9 * np.sqrt(np.clip(picture, 1, 255) / 255))
        fine = rng.standard_normal((height, width, 1), dtype=np.float32)
        coarse = cv2.resize(rng.standard_normal((height // 2, width // 2, 3), dtype=np.float32), (width, height))
        picture = picture + strength * (0.8 * fine + 0.55 * coarse)
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)
