"""MediaPipe over stills: what the engine would be given of each, beside the truth."""

import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from hingecheck.verdict.silhouette import L, S
from hingecheck.verdict.skeleton import K
from hingecheck.vision import mediapipe_pose as pose
from hingecheck.vision.models import verify


def track(stills: Path, out: Path, *, jobs: int) -> int:
    """Track every body in a folder of stills into ``out``, an NPZ each. What is there is not made again. -> how many there are now."""
    out.mkdir(parents=True, exist_ok=True)
    bodies = sorted(stills.glob("[0-9]*.npz"))
    todo = [path for path in bodies if not (out / path.name).is_file()]
    if todo:
        jobs = max(1, min(jobs, len(todo)))
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            parts = [pool.submit(_track_some, todo[part::jobs], out) for part in range(jobs)]
            for part in as_completed(parts):
                part.result()
    return len(bodies)


def _track_some(bodies: list[Path], out: Path) -> None:
    """Track some bodies in this process."""
    network = pose.looker(verify("full"))
    for path in bodies:
        with np.load(path) as stills:
            made = one_body(network.detect, stills)
        part = out / f"{path.stem}.part{os.getpid()}"
        with part.open("wb") as file:
            np.savez(file, **made)
        part.replace(out / path.name)


def one_body(detect: Any, stills: Mapping[str, Any]) -> dict[str, Any]:
    """What MediaPipe sees of the stills of one body, and their truth. NaN where it sees nobody.

    ``XY`` (N, K, 2) px, ``W`` (N, K, 3) m, ``V`` (N, K) scores, ``back`` (N, S), ``leg`` (N, L), ``hidden`` (N, K); the rest as in
    ``stills``.
    """
    lengths = stills["lens"]
    ends, jpg, count = np.cumsum(lengths), stills["jpg"], len(lengths)
    made: dict[str, Any] = {
        "XY": np.full((count, K, 2), np.nan, np.float32),
        "W": np.full((count, K, 3), np.nan, np.float32),
        "V": np.zeros((count, K), np.float32),
        "back": np.full((count, S), np.nan, np.float32),
        "leg": np.full((count, L), np.nan, np.float32),
        "hidden": np.zeros((count, K), bool),
    }
    for still, (end, length) in enumerate(zip(ends, lengths, strict=True)):
        picture = np.ascontiguousarray(cv2.imdecode(jpg[end - length : end], cv2.IMREAD_COLOR)[..., ::-1])
        for person in pose.persons(detect, picture, 0.0)[:1]:
            mask = person.mask.numpy_view()[..., 0]
            made["XY"][still], made["W"][still], made["V"][still] = person.xy, person.world, person.score
            made["back"][still] = pose.back_profile(mask, person.xy)
            made["leg"][still] = pose.leg_profile(mask, person.xy)
            made["hidden"][still] = pose.covered(mask, person.xy, np.zeros(K, bool))
    return made | {name: stills[name] for name in stills if name not in ("jpg", "lens")}
