"""``live``: latency of the mirror, memory and clock over a long session, and delay of a cue after its fault."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from threading import Event, Thread
from typing import Final

import cv2
import numpy as np

from hingecheck.drive import mirror as mirrors
from hingecheck.drive.session import Session
from hingecheck.media import camera
from hingecheck.media.encoding import Encoder
from hingecheck.media.sources import open_clip
from hingecheck.show.drawing import jpeg
from hingecheck.show.window import Headless, Screen, Window
from hingecheck.verdict.engine import rules
from hingecheck.verdict.profiles import Profile

from .accuracy import TRUE_OF, cases
from .tables import Row, Tables

SIZES: Final = ((640, 480), (1280, 720))
SAMPLE_S: Final = 10.0
MIB: Final = 2.0**20


def measure(clip: Path, truth: Path | None, model: str, cache: Path, minutes: float, rounds: int) -> Tables:
    """Latency by size and model; with ``minutes`` a long session; with ``truth`` the delay of cues."""
    tables: Tables = {"Live: from grabbing a frame to its being shown": latency(clip, rounds)}
    if minutes:
        tables["Live: a long session"] = [endurance(clip, minutes, model)]
    if truth is not None:
        tables["Live: from a fault's onset to its cue"] = delays(truth, model, cache)
    return tables


def latency(clip: Path, rounds: int) -> list[Row]:
    """Milliseconds from grab to screen, and frames a second, for every size and model. In a window if there is a screen."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            wide = widened(clip, Path(folder, f"{size[0]}.mp4"), size)
            for model in ("lite", "full"):
                paces = [_once(camera.open_recording(str(wide)), model, Path(folder, f"{n}")) for n in range(rounds)]
                rows.append(
                    {"size": f"{size[0]} x {size[1]}", "model": model, "shown in": "a window" if _has_screen() else "nothing"}
                    | {f"p{share}, ms": statistics.median(pace.percentile_ms(share / 100) for pace in paces) for share in (50, 95)}
                    | {"frames a second": statistics.median(pace.fps for pace in paces)}
                )
    return rows


def widened(clip: Path, to: Path, size: tuple[int, int]) -> Path:
    """Write the clip on a canvas of ``size`` (width, height) at 30 frames a second, as a webcam would film it."""
    with open_clip(clip) as frames, Encoder(to) as encoder:
        for frame in frames:
            encoder.write(mirrors.fit(frame.image, size), frame.index / 30)
    return to


def _once(opener: Callable[[], camera.Device], model: str, folder: Path) -> mirrors.Pace:
    screen = _screen()
    with camera.Feed(opener) as feed, Session(folder, profile=Profile.default(), source="benchmark") as session:
        mirror = mirrors.Mirror(feed, session, screen, model=model)
        mirror.run()
    screen.close()
    return mirror.pace


def _has_screen() -> bool:
    return bool(os.environ.get("DISPLAY"))


def _screen() -> Screen:
    return Window() if _has_screen() else Headless()


class Looped:
    """A clip as an endless webcam: JPEG pictures, ``fps`` a second, from the start again when it is over."""

    live = True

    def __init__(self, clip: Path, fps: float) -> None:
        with open_clip(clip) as frames:
            self._pictures = cycle([np.frombuffer(jpeg(frame.image, 95), np.uint8) for frame in frames])
        self._step_s = 1 / fps
        self._due_s = time.monotonic()

    def read(self) -> camera.Picture | None:
        """Wait until the next picture is due, and return it."""
        time.sleep(max(0.0, self._due_s - time.monotonic()))
        self._due_s = max(self._due_s + self._step_s, time.monotonic() - 1.0)
        return camera.Picture(cv2.cvtColor(cv2.imdecode(next(self._pictures), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB))

    def release(self) -> None:
        """Nothing to release."""


def endurance(clip: Path, minutes: float, model: str, fps: float = 25.0) -> Row:
    """A session in real time: growth of memory after the first minute, and error of the practice clock against the computer's."""
    looped = Looped(clip, fps)
    sizes: list[float] = []
    over = Event()
    with (
        tempfile.TemporaryDirectory() as folder,
        camera.Feed(lambda: looped) as feed,
        Session(folder, profile=Profile.default(), source="benchmark") as session,
    ):
        mirror = mirrors.Mirror(feed, session, _screen(), model=model, minutes=10 * minutes)

        def watch() -> None:
            while not over.wait(SAMPLE_S):
                sizes.append(resident_mib())

        Thread(target=watch, daemon=True).start()
        Thread(target=lambda: (time.sleep(60 * minutes), mirror.stop()), daemon=True).start()
        began_s = time.monotonic()
        mirror.run()
        took_s = time.monotonic() - began_s
        over.set()
        practised_s, reps, began_at_s = session.elapsed_s, len(session.done), session.began_s
    warm = max(1, round(60 / SAMPLE_S))
    return {
        "minutes": took_s / 60,
        "frames": mirror.pace.shown,
        "reps": reps,
        "MiB after a minute": statistics.median(sizes[warm : warm + 6]),
        "MiB at the end": statistics.median(sizes[-6:]),
        "grown, MiB": statistics.median(sizes[-6:]) - statistics.median(sizes[warm : warm + 6]),
        "most, MiB": max(sizes),
        "clock off by, s": took_s - (began_at_s or 0.0) - practised_s,
        "p95, ms": mirror.pace.percentile_ms(0.95),
    }


def resident_mib() -> float:
    """Resident memory of this process, MiB (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB


def delays(truth: Path, model: str, cache: Path) -> list[Row]:
    """Delay of cues, seconds, less their hold: from when the true measure is past the limit by its uncertainty, until the cue."""
    late: dict[str, list[float]] = {}
    profile = Profile(exercise="hinge")
    for case in cases(truth, model, cache, profile):
        result = case.seen.result
        nearest = case.truth.at(result.time_s)
        for rule in rules(profile):
            name = TRUE_OF.get(rule.fault.metric)
            if name is None or rule.fault.throughout:
                continue
            true = np.where(nearest >= 0, case.truth.measures[name][nearest], np.nan)
            spread = getattr(result.spreads, rule.fault.metric)
            leans = rule.fault.min_lean_deg is None or result.metrics.trunk_lean_deg >= rule.fault.min_lean_deg
            wrong = rule.beyond(rule.fault.least(true, spread)) & np.isin(result.phase, list(rule.fault.phases)) & leans
            for rep in result.reps:
                if rep.cues[rule.cue.id].direction != rule.fault.direction:
                    continue
                of_rep = wrong & (result.rep == rep.index)
                told = [
                    event.time_s
                    for event in result.events
                    if (event.kind, event.cue, event.direction) == ("cue_on", rule.cue.id, rule.fault.direction)
                    and rep.start_s <= event.time_s <= rep.end_s + 0.5
                ]
                if of_rep.any() and told:
                    late.setdefault(rule.cue.id, []).append(told[0] - float(result.time_s[of_rep.argmax()]) - rule.hold_s)
    return [
        {"cue": cue, "reps": len(seconds), "median, s": statistics.median(seconds), "latest, s": max(seconds)}
        | {"within 0.5 s": float(np.mean(np.array(seconds) <= 0.5))}
        for cue, seconds in late.items()
    ]
