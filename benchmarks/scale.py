"""Several processes and long clips, for ``speed``: folders, one long clip, an hour of poses, and the memory of a worker."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from .tables import Row
from .tracked import ROOT

if TYPE_CHECKING:
    from hingecheck.drive import batch as batches
    from hingecheck.verdict.poses import Poses

WORKERS: Final = 2
CLIPS: Final = (8, 24)  # in a folder
HOUR_FRAMES: Final = 108_000


def processes(clip: Path, model: str, minutes: float, bare: Callable[[Path, str], int], rounds: int) -> list[Row]:
    """Folders of clips and one long clip, each with two processes, against the bare loop over the same clips."""
    with tempfile.TemporaryDirectory() as place:
        rows = []
        for clips in CLIPS:
            folder = Path(place, f"{clips} clips")
            folder.mkdir()
            for number in range(clips):
                shutil.copy(clip, folder / f"{number}{clip.suffix}")
            for _ in range(rounds):
                bare_s = _seconds(lambda folder=folder: [bare(file, model) for file in sorted(folder.iterdir()) if file.is_file()])
                shutil.rmtree(folder / "hingecheck-results", ignore_errors=True)
                ours_s = _seconds(lambda folder=folder: _command("batch", folder, "--workers", WORKERS, "--model", model))
                rows.append(_row(f"batch of {clips} clips", bare_s, ours_s))
        if minutes > 0:
            long = Path(place, f"long{clip.suffix}")
            frames = looped(clip, long, minutes)
            bare_s = _seconds(lambda: bare(long, model))
            ours_s = _seconds(lambda: _command("analyze", long, "--no-annotate", "--workers", WORKERS, "--model", model))
            rows.append(_row(f"analyze, {frames} frames", bare_s, ours_s))
    return rows


def _row(name: str, bare_s: float, ours_s: float) -> Row:
    return {
        "run": f"{name}, {WORKERS} processes",
        "times the bare loop's speed": bare_s / ours_s,
        "seconds": ours_s,
        "bare, seconds": bare_s,
    }


def _command(*arguments: object) -> None:
    """Run the real command, start of its processes included."""
    command = [sys.executable, "-c", "from hingecheck.cli import main; main()", *map(str, arguments)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)


def hour(poses: "Poses") -> list[Row]:
    """Seconds that the engine takes for an hour of poses, one recording repeated."""
    from hingecheck.verdict import engine
    from hingecheck.verdict.poses import Poses
    from hingecheck.verdict.profiles import Profile

    length_s = float(poses.time_s[-1] + np.median(np.diff(poses.time_s)))
    times = -(-HOUR_FRAMES // len(poses))
    whole = Poses.concat([replace(poses, time_s=poses.time_s + number * length_s) for number in range(times)])[:HOUR_FRAMES]
    profile = Profile.default()
    begun_cpu_s = time.process_time()
    wall_s = _seconds(lambda: engine.analyse(whole, profile))
    return [{"frames": len(whole), "seconds": wall_s, "of the processor": time.process_time() - begun_cpu_s}]


def memory(clip: Path, model: str, minutes: float, against: float = 1.0) -> list[Row]:
    """Peak memory of a batch worker on a 1080p clip of ``against`` minutes, and on one of ``minutes`` if that differs."""
    from hingecheck.drive import batch as batches
    from hingecheck.drive.workers import work_off

    with tempfile.TemporaryDirectory() as place:
        short = enlarged(clip, Path(place, "short.mp4"))
        rows = []
        for length in dict.fromkeys((against, minutes)):
            long = Path(place, f"{length:g}", "clip.mp4")
            long.parent.mkdir()
            frames = looped(short, long, length)
            job = batches.Job(long.name, str(long), str(long.with_suffix("")))
            ((_, most_bytes),) = work_off(partial(_peak_bytes, model=model), [job], workers=1)
            rows.append({"minutes": length, "frames": frames, "size": "1920 x 1080", "most memory, MB": most_bytes / 1e6})
    return rows


def _peak_bytes(job: "batches.Job", on_message: object, *, model: str) -> float:
    """Peak memory, bytes, of a process that has scored a clip. NaN where the system does not say (Windows)."""
    from hingecheck.drive import batch as batches
    from hingecheck.verdict.profiles import Profile

    content, error, _ = batches.score(job, settings=Profile.default().model_dump(), model=model)
    assert content is not None, error
    try:
        import resource
    except ImportError:
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most  # macOS counts bytes, Linux KiB


def looped(clip: Path, target: Path, minutes: float) -> int:
    """Write ``clip`` repeated for so many minutes, without encoding it again. Returns the number of frames."""
    import av

    frames, offset = 0, 0
    with av.open(str(target), "w") as out:
        stream = None
        while stream is None or float(offset * stream.time_base) < 60 * minutes:
            with av.open(str(clip)) as source:
                video = source.streams.video[0]
                if stream is None:
                    stream = out.add_stream_from_template(video)
                    stream.time_base = video.time_base
                end = 0
                for packet in source.demux(video):
                    if packet.size:
                        end = max(end, packet.pts + packet.duration)
                        packet.pts, packet.dts, packet.stream = packet.pts + offset, packet.dts + offset, stream
                        out.mux(packet)
                        frames += 1
                offset += end
    return frames


def enlarged(clip: Path, target: Path) -> Path:
    """Write a clip as 1920 x 1080: the picture as large as fits, with grey at its sides."""
    import av
    import cv2

    with av.open(str(clip)) as source, av.open(str(target), "w") as out:
        stream = out.add_stream("libx264", rate=source.streams.video[0].guessed_rate, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        for picture in source.decode(video=0):
            image = picture.to_ndarray(format="rgb24")
            scale = min(1080 / image.shape[0], 1920 / image.shape[1])
            large = cv2.resize(image, None, fx=scale, fy=scale)[:1080, :1920]
            canvas = np.full((1080, 1920, 3), 120, np.uint8)
            left = (1920 - large.shape[1]) // 2
            canvas[: large.shape[0], left : left + large.shape[1]] = large
            out.mux(stream.encode(av.VideoFrame.from_ndarray(canvas, "rgb24")))
        out.mux(stream.encode(None))
    return target


def _seconds(run: Callable[[], object]) -> float:
    begun_s = time.perf_counter()
    run()
    return time.perf_counter() - begun_s
