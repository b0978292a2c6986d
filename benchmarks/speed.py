"""``speed``: the time of hingecheck against MediaPipe alone, in one process on one clip, as ratios of interleaved runs.

Seconds depend on the machine and its load. The ratio of two runs side by side hardly does.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from . import live, scale
from .tables import Row, Tables
from .tracked import ROOT

if TYPE_CHECKING:
    from hingecheck.verdict.poses import Poses

ENGINE_RUNS: Final = 9


def measure(clip: Path, model: str, rounds: int, minutes: float, memory_minutes: float) -> Tables:
    """Whole clips against the bare loop, folders and long clips, the engine alone, memory, and the time to start."""
    from hingecheck.drive import clip as one_clip
    from hingecheck.verdict import engine
    from hingecheck.verdict.profiles import Profile

    profile = Profile.default()
    poses = one_clip.track(clip, model=model)[1][:]
    bare(clip, model, most=10)

    with tempfile.TemporaryDirectory() as folder:
        runs = {
            "bare MediaPipe loop": lambda: bare(clip, model),
            "track and judge": lambda: engine.analyse(one_clip.track(clip, model=model)[1], profile),
            "analyze": lambda: one_clip.clip(clip, Path(folder), profile=profile, model=model, annotate=False),
            "analyze, annotated": lambda: one_clip.clip(clip, Path(folder), profile=profile, model=model, annotate=True),
        }
        busy_s: dict[str, list[float]] = {name: [] for name in runs}
        taken = interleaved(runs, rounds, busy_s)
    rows = compared(taken, len(poses))
    for row, busy in zip(rows, compared(busy_s, len(poses)), strict=True):
        row["processor"] = busy["ratio"]
    return {
        f"One clip of {len(poses)} frames, {rounds} rounds": rows,
        f"Two processes, the clip again and again for {minutes:g} minutes": scale.processes(clip, model, minutes, bare, rounds=1),
        "Engine alone": engine_rows(poses),
        "Engine over an hour": scale.hour(poses),
        "Memory of a worker": scale.memory(clip, model, memory_minutes),
        "Live: from grabbing a frame to its being shown": live.latency(clip, rounds),
        "Start": start_rows(rounds),
    }


def bare(clip: Path, model: str, most: int | None = None) -> int:
    """Decode to RGB and detect with masks on, nothing else: the minimum for any such tool. Returns the number of frames."""
    import av
    import mediapipe
    from mediapipe.tasks.python import BaseOptions, vision

    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(ROOT / "models" / f"pose_landmarker_{model}.task")),
        running_mode=vision.RunningMode.VIDEO,
        output_segmentation_masks=True,
    )
    done = 0
    with av.open(str(clip)) as container, vision.PoseLandmarker.create_from_options(options) as landmarker:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(frame.to_ndarray(format="rgb24")))
            landmarker.detect_for_video(image, round(1000 * frame.time))
            done += 1
            if done == most:
                break
    return done


def interleaved(runs: dict[str, Callable[[], object]], rounds: int, busy_s: dict[str, list[float]] | None = None) -> dict[str, list[float]]:
    """Seconds of every run in each round. Every second round is in reverse order, so that drift of the machine cancels.

    ``busy_s`` receives the processor time of each run, seconds, which depends less on other load of the machine.
    """
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds):
        for name in reversed(runs) if number % 2 else runs:
            begun_s = time.process_time()
            taken[name].append(timed(runs[name]))
            if busy_s is not None:
                busy_s[name].append(time.process_time() - begun_s)
    return taken


def compared(taken: dict[str, list[float]], frames: int) -> list[Row]:
    """Every run as the median of its ratios to the first run of the same round. ``speed``: the inverse of that."""
    first = next(iter(taken.values()))
    rows = []
    for name, seconds in taken.items():
        ratios = [one / other for one, other in zip(seconds, first, strict=True)]
        middle_s = statistics.median(seconds)
        rows.append(
            {"run": name, "ratio": statistics.median(ratios), "lowest": min(ratios), "highest": max(ratios)}
            | {"speed": 1 / statistics.median(ratios)}
            | {"seconds": middle_s, "frames a second": frames / middle_s}
        )
    return rows


def engine_rows(poses: "Poses") -> list[Row]:
    """Microseconds per frame of the engine: a whole clip in one call, and frame by frame as in live."""
    from hingecheck.verdict import engine
    from hingecheck.verdict.profiles import Profile

    profile = Profile.default()

    def live() -> None:
        state = engine.start(profile)
        for at in range(len(poses)):
            state, _ = engine.advance(state, poses[at : at + 1], profile)

    whole_s = [timed(lambda: engine.analyse(poses, profile)) for _ in range(ENGINE_RUNS)]
    live_s = [timed(live) for _ in range(3)]
    return [
        {"call": name, "microseconds a frame": 1e6 * statistics.median(seconds) / len(poses), "best": 1e6 * min(seconds) / len(poses)}
        for name, seconds in (("whole clip", whole_s), ("one frame at a time", live_s))
    ]


def start_rows(rounds: int) -> list[Row]:
    """Milliseconds to start a process, to import hingecheck and to print its help, and how many of them are Python's own."""
    commands = {
        "python -c pass": ["-c", "pass"],
        "import hingecheck": ["-c", "import hingecheck"],
        "hingecheck --help": ["-c", "import sys; from hingecheck.cli import main; sys.argv = ['hingecheck', '--help']; main()"],
    }
    runs = {
        name: lambda rest=rest: subprocess.run([sys.executable, *rest], cwd=ROOT, capture_output=True) for name, rest in commands.items()
    }
    taken = interleaved(runs, rounds)
    python_s = statistics.median(taken["python -c pass"])
    rows = []
    for name, seconds in taken.items():
        middle_s = statistics.median(seconds)
        rows.append({"command": name, "milliseconds": 1e3 * middle_s, "beyond Python": 1e3 * (middle_s - python_s)})
    return rows


def timed(run: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    begun_s = time.perf_counter()
    run()
    return time.perf_counter() - begun_s
