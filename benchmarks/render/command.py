"""``python -m benchmarks render``: a set of clips, one clip, or stills. What is there already is not made again; what is there is whole."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.util import find_spec
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import numpy as np

from hingecheck.errors import InputError

from ..tracked import commit
from .clips import LIFTS, PRESETS, Clip, random_clip
from .suites import RECIPE, SUITES, describe, slots
from .wardrobe import missing

SCHEMA: Final = "hinge-suite/1"
_NEEDED: Final = ("torch", "anny", "moderngl", "PIL", "av", "cv2", "scipy")
_DESCRIBED: Final = ("preset", "faults", "fault_reps", "view", "gender", "shape", "stature", "motion", "look", "camera", "post")
_ABANDONED_S: Final = 1800.0
_CLIPS_A_PROCESS: Final = 25  # the driver keeps some memory of every clip; a fresh process has none of it


def run(asked: argparse.Namespace) -> int:
    """Make what was asked for; 1 where a clip could not be made."""
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        raise InputError(f"render: {', '.join(missing)} not installed. Run pip install -e '.[render]'")
    # Read when the driver is loaded. One thread a process: two processes make more frames a second than one with two threads.
    os.environ["LP_NUM_THREADS"] = "1"
    if asked.suite is not None:
        return _suite(asked)
    if asked.stills is not None:
        return _stills(asked)
    return _clip(asked)


def described(asked: argparse.Namespace) -> Clip:
    """Describe the one clip that was asked for."""
    if asked.spec is not None:
        try:
            clip = json.loads(asked.spec.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise InputError(f"{asked.spec}: no clip description ({error}). Give the JSON of one") from error
    elif asked.clip not in PRESETS:
        raise InputError(f"--clip {asked.clip}: no such preset. Give one of {', '.join(PRESETS)}")
    elif asked.lift not in (None, *LIFTS):
        raise InputError(f"--lift {asked.lift}: no such lift. Give one of {', '.join(LIFTS)}")
    else:
        rng = np.random.default_rng(asked.seed)
        more = {"hold": asked.hold, "fault_reps": asked.fault_reps, "lift": asked.lift}
        clip = random_clip(asked.clip, rng, view=asked.view, reps=asked.reps, **more)
    for change in asked.set:
        apply(clip, change)
    if lacking := [key for key in _DESCRIBED if key not in clip]:
        raise InputError(f"{asked.spec}: no whole description, {', '.join(lacking)} missing. Give what clips.random_clip gives")
    if unknown := missing(clip["look"]):
        raise InputError(f"look: {', '.join(sorted(unknown))} not packed. benchmarks/render/wardrobe.py lists what is")
    return clip


def apply(clip: Clip, change: str) -> None:
    """Change one number or name of a description: ``motion.lumbar_bottom=30``, ``look.outfit=f_sport``."""
    path, equals, text = change.partition("=")
    *groups, last = path.split(".")
    place: Any = clip
    for group in groups:
        place = place.get(group) if isinstance(place, dict) else None
    if not equals or not isinstance(place, dict):
        raise InputError(f"--set {change}: no such place. Write it as in --set camera.azimuth=45; groups are {', '.join(clip)}")
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = text
    place[last] = value


def claim(folder: Path, suite: str, seed: int, clips: int) -> dict[str, Any]:
    """Write ``suite.json``: what the folder holds, and from which commits. Refuse a folder that holds another set."""
    path = folder / "suite.json"
    told = {"schema": SCHEMA, "suite": suite, "seed": seed, "recipe": RECIPE}
    commits = [commit()]
    if path.is_file():
        there = json.loads(path.read_text(encoding="utf-8"))
        if any(there.get(key) != value for key, value in told.items()):
            raise InputError(
                f"{folder}: holds suite {there.get('suite')}, seed {there.get('seed')}, recipe {there.get('recipe')}. Give another folder"
            )
        clips = max(clips, there["clips"])
        commits = list(dict.fromkeys([*there["commit"].split(", "), *commits]))
    folder.mkdir(parents=True, exist_ok=True)
    told |= {"clips": clips, "commit": ", ".join(commits)}
    part = path.with_suffix(f".json.part{os.getpid()}")
    part.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    part.replace(path)
    return told


def is_whole(path: Path) -> bool:
    """Whether a clip is there with all its truth: the JSON is put in place last."""
    return all(path.with_suffix(suffix).is_file() for suffix in (".mp4", ".npz", ".json"))


def sweep(folder: Path) -> None:
    """Remove what killed runs began; a file that grows belongs to a run that lives."""
    for path in folder.glob("*.part*"):
        if time.time() - path.stat().st_mtime > _ABANDONED_S:
            path.unlink(missing_ok=True)


def _suite(asked: argparse.Namespace) -> int:
    wanted = asked.clips or SUITES[asked.suite].clips
    part, parts = _part(asked.only)
    claim(asked.out, asked.suite, asked.seed, wanted)
    sweep(asked.out)
    chosen = [slot for slot in islice(slots(asked.suite, asked.seed), wanted) if slot.index % parts == part]
    todo = [(describe(asked.suite, asked.seed, slot), path) for slot in chosen if not is_whole(path := asked.out / f"{slot.name}.mp4")]
    print(f"{asked.suite}, seed {asked.seed}: {len(chosen)} clips, {len(chosen) - len(todo)} of them made", flush=True)
    return _each(_make_clip, todo, asked.jobs)


def _clip(asked: argparse.Namespace) -> int:
    if asked.out.suffix != ".mp4":
        raise InputError(f"{asked.out}: not the name of a clip. Give NAME.mp4")
    print(_make_clip(described(asked), asked.out, asked.masks))
    return 0


def _stills(asked: argparse.Namespace) -> int:
    asked.out.mkdir(parents=True, exist_ok=True)
    sweep(asked.out)
    paths = {seed: asked.out / f"{seed:06d}.npz" for seed in range(asked.seed, asked.seed + asked.stills)}
    todo = [(seed, path, asked.frames) for seed, path in paths.items() if not path.is_file()]
    print(f"stills: {len(paths)} bodies, {len(paths) - len(todo)} of them made", flush=True)
    return _each(_make_stills, todo, asked.jobs)


def _make_clip(clip: Clip, path: Path, masks: bool = False) -> str:
    from . import film

    return film.make_clip(clip, path, masks=masks)


def _make_stills(seed: int, path: Path, frames: int) -> str:
    from . import stills

    begun = time.perf_counter()
    stills.write(seed, path, frames)
    return f"{path.name}: {time.perf_counter() - begun:.1f} s"


def _each(make: Callable[..., str], todo: Sequence[tuple[Any, ...]], jobs: int) -> int:
    """Make each in one of ``jobs`` processes, and say what came of it. One that fails does not stop the others: 1 if any did."""
    failed = 0
    # A new pool a round: one whose processes end after so many tasks stops for good when they all end (Python 3.11).
    jobs = max(1, min(jobs, len(todo)))
    for first in range(0, len(todo), jobs * _CLIPS_A_PROCESS):
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            waiting = {pool.submit(make, *told): told for told in todo[first : first + jobs * _CLIPS_A_PROCESS]}
            for done in as_completed(waiting):
                path = next(part for part in waiting[done] if isinstance(part, Path))
                error = done.exception()
                failed += error is not None
                print(done.result() if error is None else f"{path.name}: {type(error).__name__}: {error}", flush=True)
    if failed:
        print(f"{failed} of {len(todo)} not made. Run the same command again for those", file=sys.stderr)
    return 1 if failed else 0


def _part(text: str | None) -> tuple[int, int]:
    if text is None:
        return 0, 1
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and int(part) < int(parts)):
        raise InputError(f"--only {text}: no such part. Give K/N, K from 0 to N - 1")
    return int(part), int(parts)
