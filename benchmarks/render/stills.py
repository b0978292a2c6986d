"""Stills of random hinges and squats from any side, with exact truth: many bodies instead of long clips, for learning from.

``SEED.npz``, one a body: ``jpg`` all stills one behind the other, and ``lens`` the bytes of each; ``stand`` which of them stand before
the repetition; ``azimuth`` (0 side, 90 front, negative from behind), ``side``, ``hold``, ``spec`` (the clip's description, JSON);
``T_*`` the true measures at these frames, degrees and metres, as ``truthfile.DEFINITIONS`` has them.
"""

import json
import os
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from .clips import Clip, random_clip
from .film import settle
from .landmarks import angles
from .rotations import Array
from .scene import Scene, build
from .truthfile import plain

_STREAM: Final = 777  # keeps these bodies apart from those of clips and suites
_SIZE_PX: Final = (360, 480)
_JPEG: Final = [cv2.IMWRITE_JPEG_QUALITY, 88]
_KNEES: Final = {"hinge": (0, 32), "squat": (40, 95), "any": (0, 60)}


def write(seed: int, path: Path, frames: int) -> None:
    """Make the stills of one body and put them in place in one piece."""
    part = path.with_suffix(f".npz.part{os.getpid()}")
    try:
        with part.open("wb") as file:
            np.savez(file, **stills(seed, frames))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def describe(seed: int) -> tuple[Clip, np.random.Generator]:
    """A body that bends somehow, seen from somewhere; and the chance that goes on to choose frames and noise."""
    rng = np.random.default_rng([_STREAM, seed])
    clip = random_clip("good", rng, view="side", size_px=_SIZE_PX, reps=1)
    kind = str(rng.choice(["any", "squat", "hinge"], p=[0.4, 0.25, 0.35]))
    motion = clip["motion"]
    motion["peak_hip_flexion"] = rng.uniform(45, 105)
    # All three are drawn, so that what follows does not depend on the kind.
    motion["knee_bottom"] = {name: rng.uniform(*_KNEES[name]) for name in ("hinge", "squat", "any")}[kind]
    motion["knee_top"] = rng.uniform(0, 8)
    motion["lumbar_bottom"] = rng.uniform(-8, 45)
    motion["thoracic_bottom"] = rng.uniform(-4, 34)
    motion["neck_bottom"] = rng.uniform(-15, 28)
    motion["lumbar_timing"] = str(rng.choice(["with", "early", "late"]))
    motion["stance"] = rng.uniform(0.6, 2.2)
    motion["toe_out"] = rng.uniform(0, 28)
    motion["knee_valgus"] = rng.uniform(-45, 38) if rng.random() < 0.5 else rng.uniform(-5, 5)
    motion["hips_first"] = rng.uniform(0, 1) if rng.random() < 0.2 else 0.0
    motion["hold"] = str(rng.choice(["none", "dowel", "barbell"], p=[0.55, 0.2, 0.25]))
    motion["load_kg"] = float(rng.choice([20, 40]))
    if rng.random() < 0.2:
        motion["trunk_top"] = rng.uniform(-16, 26)
    if rng.random() < 0.3:
        motion["protraction"] = rng.uniform(0, 24)
    clip["camera"] |= {
        "azimuth": float(rng.uniform(-75, 95)),
        "height": float(rng.uniform(0.5, 1.6)),
        "roll": float(rng.normal(0, 2)),
        "fill": float(rng.uniform(0.55, 0.88)),
    }
    return clip, rng


def stills(seed: int, frames: int) -> dict[str, Any]:
    """What the NPZ of one body holds."""
    clip, rng = describe(seed)
    scene = build(clip)
    motion, count = scene.motion, len(scene.cameras)
    start_s, *_, end_s = scene.posed.curves.line.events[0]
    first, last = int(start_s * motion.fps), min(int(end_s * motion.fps), count - 1)
    moving = rng.choice(np.arange(first, last), size=min(frames - 2, last - first), replace=False).tolist()
    which = sorted({2, max(2, first - 4), *moving})
    try:
        pictures = _pictures(scene, which, rng)
    finally:
        scene.renderer.release()
    measures = angles(scene.posed, scene.points, scene.midline, motion)
    return {
        "lens": np.array([len(picture) for picture in pictures]),
        "jpg": np.concatenate(pictures),
        "stand": np.array(which) < first,
        "azimuth": clip["camera"]["azimuth"],
        "side": clip["camera"]["side"],
        "hold": motion.hold,
        "spec": json.dumps(plain(clip)),
        **{"T_" + name: values[which] for name, values in measures.items()},
    }


def _pictures(scene: Scene, which: list[int], rng: np.random.Generator) -> list[Array]:
    """JPEGs of some frames, (bytes,) of uint8 each, without motion blur."""
    renderer, post = scene.renderer, scene.post
    exposure: float | None = None
    made = []
    for frame in which:
        camera = scene.cameras[frame]
        scene.person.upload(scene.skinned(frame))
        renderer.cast_shadows()
        if exposure is None:
            exposure = settle(scene, frame, rounds=3)
        renderer.draw_room(camera, exposure, post.wb)
        picture = cv2.GaussianBlur(renderer.draw_person(camera, (0, 0), exposure, post.wb).astype(np.float32), (0, 0), 0.7)
        picture = (picture - 118) * post.contrast + 118 + post.noise * rng.standard_normal(picture.shape, dtype=np.float32)
        made.append(cv2.imencode(".jpg", np.clip(picture + 0.5, 0, 255).astype(np.uint8)[..., ::-1], _JPEG)[1].ravel())
    return made
