"""Stills of random hinges and squats from any side, with exact truth: many bodies instead of long clips, for learning from.

``SEED.npz``, one a body: ``jpg`` all stills one behind the other, and ``lens`` the bytes of each; ``stand`` which of them stand before
the repetition; ``azimuth`` (0 side, 90 front, negative from behind), ``pitch`` of the camera (positive: it looks down), ``side``,
``hold``, ``spec`` (the clip's description, JSON); ``T_*`` the true measures at these frames, degrees and metres, as
``truthfile.DEFINITIONS`` has them.
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

_STREAM: Final = 778  # keeps these bodies apart from those of clips and suites
_SIZE_PX: Final = (360, 480)
_FPS: Final = 10.0  # of the movement that stills are taken from: frames that nobody sees cost time
_ROOM_EVERY: Final = 3  # stills that share a picture of the room, and so the lifter's shadow on it
# How often each way to move is drawn, and its knees at the bottom, degrees.
_MOVES: Final = {"hinge": (0.25, (0, 32)), "floor": (0.2, (25, 90)), "squat": (0.3, (55, 130)), "any": (0.25, (0, 75))}
# What arms do while they hold nothing, and what a barbell is held by.
_FREE_ARMS: Final = {"hang": 0.4, "forward": 0.2, "chest": 0.12, "head": 0.08, "hips": 0.12, "crossed": 0.08}


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
    clip = random_clip("good", rng, view="side", size_px=_SIZE_PX, fps=_FPS, reps=1)
    clip["shape"] |= {"weight": float(np.clip(rng.normal(0.55, 0.22), 0.1, 1.0)), "muscle": float(rng.uniform(0.25, 0.95))}
    clip["motion"] |= _movement(rng) | _hands(rng)
    clip["look"] |= {"loose": float(rng.choice([0.0, rng.uniform(0, 0.04)])), "plate_radius": float(rng.choice([0.11, 0.16, 0.225, 0.225]))}
    clip["camera"] |= {
        "azimuth": float(rng.uniform(-20, 95) if rng.random() < 0.8 else rng.uniform(-90, -20)),  # few film from behind
        "height": float(rng.choice([rng.uniform(0.3, 2.0), rng.uniform(0.6, 1.4)])),
        "fov": float(rng.uniform(36, 84)),
        "roll": float(rng.normal(0, 2.5)),
        "fill": float(rng.uniform(0.42, 0.92)),
        "offset_x": float(rng.uniform(-0.12, 0.12)),
    }
    clip["post"] |= {
        "noise": float(rng.uniform(1, 8)),
        "blur": float(rng.uniform(0.4, 1.5)),
        "brightness": float(rng.uniform(0.22, 0.62)),
        "contrast": float(rng.uniform(0.85, 1.3)),
    }
    return clip, rng


def _movement(rng: np.random.Generator) -> dict[str, Any]:
    """Draw how far everything bends, and where the feet stand."""
    move = str(rng.choice(list(_MOVES), p=[share for share, _ in _MOVES.values()]))
    knee = rng.uniform(*_MOVES[move][1])
    hip = {"hinge": rng.uniform(45, 110), "floor": rng.uniform(75, 125), "squat": knee * rng.uniform(0.72, 1.08) + rng.uniform(0, 22)}
    split = rng.uniform(-0.4, 0.4) if rng.random() < 0.1 else 0.0
    return {
        "peak_hip_flexion": float(hip.get(move, rng.uniform(30, 120))),
        "knee_bottom": float(knee),
        "knee_top": float(rng.uniform(0, 10)),
        "start_knee": float(rng.uniform(0, 10)),
        "lumbar_bottom": float(rng.uniform(-10, 48)),
        "thoracic_bottom": float(rng.uniform(-6, 36)),
        "neck_bottom": float(rng.uniform(-20, 40)),
        "lumbar_timing": str(rng.choice(["with", "early", "late"])),
        "stance": float(rng.choice([rng.uniform(0.6, 1.6), rng.uniform(1.0, 3.4)])) if split == 0.0 else float(rng.uniform(0.6, 1.4)),
        "split": float(split),
        "toe_out": float(rng.uniform(0, 35)),
        "knee_valgus": float(rng.uniform(-50, 40) if rng.random() < 0.5 else rng.uniform(-5, 5)),
        "hips_first": float(rng.uniform(0, 1) if rng.random() < 0.25 else 0.0),
        "knees_first": float(rng.uniform(0, 1) if rng.random() < 0.25 else 0.0),
        "trunk_top": float(rng.uniform(-18, 28) if rng.random() < 0.25 else 0.0),
        "protraction": float(rng.uniform(0, 26) if rng.random() < 0.35 else 0.0),
        "protraction_bottom": float(rng.uniform(0, 20)),
    }


def _hands(rng: np.random.Generator) -> dict[str, Any]:
    """Draw what the hands do and hold."""
    hold = str(rng.choice(["none", "dowel", "barbell", "kettlebell", "dumbbells"], p=[0.4, 0.08, 0.28, 0.14, 0.1]))
    arms = "hang"
    if hold == "none":
        arms = str(rng.choice(list(_FREE_ARMS), p=list(_FREE_ARMS.values())))
    elif hold in ("dowel", "barbell"):
        arms = str(rng.choice(["hang", "back", "rack"], p=[0.6, 0.28, 0.12]))
    elif hold == "kettlebell":
        arms = str(rng.choice(["hang", "chest"], p=[0.65, 0.35]))
    kg = {"none": (0, 0), "dowel": (0, 0), "barbell": (20, 90), "kettlebell": (8, 32), "dumbbells": (8, 40)}[hold]
    return {"hold": hold, "arms": arms, "load_kg": float(rng.uniform(*kg))}


def stills(seed: int, frames: int) -> dict[str, Any]:
    """What the NPZ of one body holds."""
    clip, rng = describe(seed)
    scene = build(clip)
    motion, count = scene.motion, len(scene.cameras)
    start_s, *_, end_s = scene.posed.curves.line.events[0]
    first, last = int(start_s * motion.fps), min(int(end_s * motion.fps), count - 1)
    moving = rng.choice(np.arange(first, last), size=min(frames - 1, last - first), replace=False).tolist()
    which = sorted({2, *moving})
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
        "pitch": _pitch_deg(scene),
        "hold": motion.hold,
        "spec": json.dumps(plain(clip)),
        **{"T_" + name: values[which] for name, values in measures.items()},
    }


def _pictures(scene: Scene, which: list[int], rng: np.random.Generator) -> list[Array]:
    """JPEGs of some frames, (bytes,) of uint8 each, without motion blur."""
    renderer, post = scene.renderer, scene.post
    exposure: float | None = None
    made = []
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 93))]
    post_hides, post_grey = (_pillar(rng, scene.spec.width) if rng.random() < 0.1 else None), rng.uniform(20, 200)
    for number, frame in enumerate(which):
        camera = scene.cameras[frame]
        scene.person.upload(scene.skinned(frame))
        renderer.cast_shadows()
        if exposure is None:
            exposure = settle(scene, frame, rounds=2)
        if number % _ROOM_EVERY == 0:
            renderer.draw_room(camera, exposure, post.wb)
        picture = renderer.draw_person(camera, (0, 0), exposure, post.wb).astype(np.float32)
        if post_hides is not None:
            picture[:, post_hides] = post_grey
        picture = cv2.GaussianBlur(picture, (0, 0), post.blur)
        picture = (picture - 118) * post.contrast + 118 + post.noise * rng.standard_normal(picture.shape, dtype=np.float32)
        made.append(cv2.imencode(".jpg", np.clip(picture + 0.5, 0, 255).astype(np.uint8)[..., ::-1], quality)[1].ravel())
    return made


def _pillar(rng: np.random.Generator, width: int) -> slice:
    """Columns of the picture that something hides from floor to ceiling, like the post of a rack."""
    left = int(rng.integers(width // 5, width * 4 // 5))
    return slice(left, left + int(rng.integers(6, 24)))


def _pitch_deg(scene: Scene) -> float:
    """How far the camera looks down; negative: up."""
    camera = scene.cameras[0]
    down = camera.eye - camera.target
    return float(np.degrees(np.arctan2(down[2], np.hypot(down[0], down[1]))))
