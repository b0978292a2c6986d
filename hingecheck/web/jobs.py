"""Drives the work on clips: one process a clip, so many at once, each bounded in time and memory.

A process of its own costs a second of loading, and in return a clip that breaks the decoder, hangs it or eats memory takes nothing along.
"""

import threading
import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from typing import Any, Final

from .database import Row
from .sandbox import BEHIND, MEMORY_BYTES, begin
from .store import Store, profile_of

SILENT_S: Final = 120.0  # a clip of which no frame came for so long hangs
LONGEST_S: Final = 6 * 3600.0  # an hour of film takes an hour or two on one slow core
DRAWING_COSTS: Final = 0.35  # of the time that seeing takes, for the forecast


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work on a clip is: frames done of those expected (None: the clip does not say), and seconds left if they are known."""

    phase: str
    done: int
    of: int | None
    left_s: float | None


class Crew:
    """Threads that take clips from the store, and drive a process for each."""

    def __init__(
        self,
        store: Store,
        *,
        workers: int,
        model: str,
        memory_bytes: int = MEMORY_BYTES,
        silent_s: float = SILENT_S,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._store, self.model, self._memory_bytes = store, model, memory_bytes
        self._silent_s, self._longest_s = silent_s, longest_s
        self._context = get_context("spawn")  # a copied process would inherit threads and the store's connections
        self._changed = threading.Condition()
        self._stopping = False
        self._asked = 0  # how often somebody said that there is work
        self._progress: dict[str, Progress] = {}
        self._processes: dict[str, BaseProcess] = {}
        self._threads = [threading.Thread(target=self._serve, name=f"crew-{n}", daemon=True) for n in range(workers)]

    def start(self) -> None:
        """Begin with what the queue holds."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the processes; what they were at is begun again by the next server."""
        with self._changed:
            self._stopping = True
            for process in self._processes.values():
                process.kill()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def wake(self) -> None:
        """There is something in the queue."""
        with self._changed:
            self._asked += 1
            self._changed.notify_all()

    def drop(self, clip_ids: list[str]) -> None:
        """End the work on clips whose rows are gone, and wait until no process writes into their folders."""
        with self._changed:
            for clip_id in clip_ids:
                if (process := self._processes.get(clip_id)) is not None:
                    process.kill()
            self._changed.wait_for(lambda: self._stopping or not self._processes.keys() & set(clip_ids), timeout=30)

    def progress(self) -> dict[str, Progress]:
        """Clip id -> how far it is, for the clips being worked on."""
        with self._changed:
            return dict(self._progress)

    def _serve(self) -> None:
        while True:
            with self._changed:
                if self._stopping:
                    return
                asked = self._asked
            clip = self._store.claim()
            if clip is None:
                with self._changed:
                    self._changed.wait_for(lambda: self._stopping or self._asked != asked)  # noqa: B023
                continue
            report, error = self._work_on(clip)
            if report is None and error is None:
                continue  # stopped or deleted: nothing to tell
            self._store.finish(clip, report, error)

    def _work_on(self, clip: Row) -> tuple[dict[str, Any] | None, str | None]:
        """The report of a clip, or why there is none; neither when the work was called off."""
        mine, theirs = self._context.Pipe(duplex=False)
        settings = profile_of(clip).model_dump()
        arguments = (theirs, str(self._store.folder(clip["id"])), clip["name"], settings, self.model)
        process = self._context.Process(target=begin, args=("work", self._memory_bytes, BEHIND, *arguments), daemon=True)
        process.start()  # takes its time, for which no page should have to wait
        theirs.close()
        with self._changed:
            self._processes[clip["id"]] = process
            called_off = self._stopping
        try:
            if called_off or self._store.clip(clip["id"]) is None:  # stopped, or deleted, since it was claimed
                return None, None
            return self._listen(clip, mine)
        finally:
            process.kill()
            process.join()
            mine.close()
            with self._changed:
                self._progress.pop(clip["id"], None)
                del self._processes[clip["id"]]
                self._changed.notify_all()

    def _listen(self, clip: Row, channel: Any) -> tuple[dict[str, Any] | None, str | None]:
        """Follow a process until it has said all, is silent for too long, or has died."""
        began, phase_began, phase = time.monotonic(), time.monotonic(), ""
        while channel.poll(min(self._silent_s, max(0.0, began + self._longest_s - time.monotonic()))):
            try:
                word = channel.recv()
            except EOFError:
                with self._changed:
                    called_off = self._stopping
                if called_off or self._store.clip(clip["id"]) is None:
                    return None, None
                return None, f"{clip['name']}: the process that read it died. Convert the clip to H.264, 1080p or less."
            if word[0] == "done":
                return word[1], None
            if word[0] == "failed":
                return None, word[1]
            told, done, of = word
            if told != phase:
                phase, phase_began = told, time.monotonic()
            with self._changed:
                self._progress[clip["id"]] = _forecast(phase, done, of, time.monotonic() - phase_began)
        return None, f"{clip['name']}: took too long and was stopped. Cut the clip, or convert it to H.264."


def _forecast(phase: str, done: int, of: int | None, took_s: float) -> Progress:
    """Frames of a phase with the seconds that are left of the whole."""
    left_s = None
    if of and done and took_s > 0.5:
        pace_s = took_s / done
        left_s = pace_s * (max(of - done, 0) + (DRAWING_COSTS * of if phase == "seeing" else 0))
    return Progress(phase, done, of and max(of, done), left_s)
