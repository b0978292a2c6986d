"""Analyses the clips of the store: one worker process per clip, several at once, each limited in time and memory.

A process of its own takes a second to load. In return a clip that crashes the decoder, hangs it or takes too much memory harms nothing
else.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from ..drive.workers import TRIES, Limits, Worker
from ..errors import OutputError
from . import sandbox, work
from .database import Row
from .store import Store, profile_of

SILENT_S: Final = 120.0  # a clip without a new frame for so long counts as hung
LONGEST_S: Final = 6 * 3600.0  # an hour of film takes an hour or two on one slow core
DRAWING_COSTS: Final = 0.35  # share of the time that seeing takes, for the forecast
AGAIN_S: Final = (2.0, 60.0)  # between two tries while nothing can be stored: at first, and at most
KILLED: Final = ("SIGKILL", "SIGTERM", "SIGBUS")  # by the system, or by hand; a clip that crashes a decoder ends it by others

_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress on a clip: frames done and expected (None: the clip does not say), and seconds left if known."""

    phase: str
    done: int
    of: int | None
    left_s: float | None


class Crew:
    """Threads that take clips from the store and run a process for each."""

    def __init__(
        self,
        store: Store,
        *,
        workers: int,
        model: str,
        memory_bytes: int = sandbox.MEMORY_BYTES,
        silent_s: float = SILENT_S,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._store, self.model = store, model
        self._confinement = replace(sandbox.CLIP, address_bytes=memory_bytes)
        self._limits = Limits(job_s=longest_s, silent_s=silent_s)
        self._changed = threading.Condition()
        self._stopping = False
        self._asked = 0  # how often ``wake`` was called
        self.trouble: str | None = None  # why nothing can be stored now, and what to do
        self._progress: dict[str, Progress] = {}
        self._at_work: dict[str, Worker[work.Job]] = {}
        self._threads = [threading.Thread(target=self._serve, name=f"crew-{n}", daemon=True) for n in range(workers)]

    def start(self) -> None:
        """Start the threads on the clips in the queue."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the processes. The next server starts their clips again."""
        with self._changed:
            self._stopping = True
            for worker in self._at_work.values():
                worker.kill()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def wake(self) -> None:
        """Say that the queue has a clip."""
        with self._changed:
            self._asked += 1
            self._changed.notify_all()

    def drop(self, clip_ids: list[str]) -> None:
        """End the work on clips whose rows are gone, and wait until no process writes into their folders."""
        with self._changed:
            for clip_id in clip_ids:
                if (worker := self._at_work.get(clip_id)) is not None:
                    worker.kill()
            self._changed.wait_for(lambda: self._stopping or not self._at_work.keys() & set(clip_ids), timeout=30)

    def progress(self) -> dict[str, Progress]:
        """Clip id -> progress, for the clips being worked on."""
        with self._changed:
            return dict(self._progress)

    def _serve(self) -> None:
        while not self._stops():
            asked = self._asked
            clip = self._stubborn(self._store.claim)
            if clip is None:
                with self._changed:
                    self._changed.wait_for(lambda: self._stopping or self._asked != asked)  # noqa: B023
                continue
            try:
                report, error = self._work_on(clip)
            except Exception as failure:  # no process to be had, say; nothing that happens to one clip ends this thread
                _log.exception("a clip could not be worked on")
                report, error = None, f"{clip['name']}: cannot be analysed now ({type(failure).__name__}: {failure}). Try again."
            if report is not None or error is not None:  # else stopped or deleted: nothing to store
                self._stubborn(lambda: self._store.finish(clip, report, error))  # noqa: B023

    def _stops(self) -> bool:
        with self._changed:
            return self._stopping

    def _stubborn(self, step: Callable[[], T]) -> T | None:
        """Do one step, again and again while the disk is full or the data cannot be reached. None once the server stops."""
        pause_s, most_s = AGAIN_S
        while not self._stops():
            try:
                done = step()
            except OutputError as error:
                self._report_trouble(str(error).partition(": ")[2])
            except Exception as error:
                _log.exception("the store failed")
                self._report_trouble(f"the data cannot be used now ({type(error).__name__}: {error}).")
            else:
                self._report_trouble(None)
                return done
            self._pause(pause_s)
            pause_s = min(2 * pause_s, most_s)
        return None

    def _report_trouble(self, why: str | None) -> None:
        with self._changed:
            self.trouble = why

    def _pause(self, seconds: float) -> None:
        """Wait so long, or until there is new work: what was uploaded or deleted may have changed what stood in the way."""
        with self._changed:
            asked = self._asked
            self._changed.wait_for(lambda: self._stopping or self._asked != asked, timeout=seconds)

    def _work_on(self, clip: Row) -> tuple[dict[str, Any] | None, str | None]:
        """The report of a clip, or the reason why there is none. Both are None if the work was called off.

        A process that dies is started once more. While there is no room for its files, it is started again and again.
        """
        tries, (pause_s, most_s) = 1, AGAIN_S
        while True:
            try:
                return self._tried(clip)
            except Died as died:
                if tries == TRIES:
                    return None, f"{clip['name']}: {died}"
                tries += 1
            except OutputError as error:
                self._report_trouble(str(error).partition(": ")[2])
                self._pause(pause_s)
                pause_s = min(2 * pause_s, most_s)
                if self._is_called_off(clip):
                    return None, None
            else:
                self._report_trouble(None)

    def _tried(self, clip: Row) -> tuple[dict[str, Any] | None, str | None]:
        """One try: as ``_work_on``; ``Died`` if the process did, ``OutputError`` if its files cannot be written."""
        folder = self._store.folder(clip["id"])
        # A fresh process, not a copy of a loaded one: while the server waits for uploads, no process with the libraries takes up memory.
        worker: Worker[work.Job] = Worker(work.main, sandbox.within(self._confinement, folder), copied=False)
        with self._changed:
            self._at_work[clip["id"]] = worker
        try:
            if self._is_called_off(clip):  # meanwhile, after it was claimed
                return None, None
            worker.begin(work.Job(str(folder.absolute()), clip["name"], profile_of(clip).model_dump(), self.model))
            return self._follow(worker, clip)
        finally:
            worker.end()
            with self._changed:
                self._progress.pop(clip["id"], None)
                del self._at_work[clip["id"]]
                self._changed.notify_all()

    def _is_called_off(self, clip: Row) -> bool:
        """Whether the server is stopping or the clip was deleted."""
        with self._changed:
            stopping = self._stopping
        return stopping or self._store.clip(clip["id"]) is None

    def _follow(self, worker: "Worker[work.Job]", clip: Row) -> tuple[dict[str, Any] | None, str | None]:
        """Follow a worker until its job is over."""
        phase, phase_began_s = "", time.monotonic()
        for kind, value in worker.follow(self._limits):
            if kind == "message":
                now, done, expected = value
                if now != phase:
                    phase, phase_began_s = now, time.monotonic()
                with self._changed:
                    self._progress[clip["id"]] = _forecast(phase, done, expected, time.monotonic() - phase_began_s)
            elif kind == "result":
                if isinstance(value, OutputError):
                    raise value
                return (None, str(value)) if isinstance(value, Exception) else (value, None)
            elif kind == "stopped":
                return None, f"{clip['name']}: took too long and was stopped. Cut the clip, or convert it to H.264."
        if self._is_called_off(clip):
            return None, None
        raise Died(_why_died(worker.ended_by))


class Died(Exception):
    """The process that worked on a clip is gone without a result; why, and what to do."""


def _why_died(how: str) -> str:
    """What to say of a process that ended like this: by the name of its signal, or with an exit code."""
    if how in KILLED:
        return f"the system ended the process that read it ({how}), as it does when memory runs out. Close other programs and try again."
    return f"the process that read it died ({how}). Convert the clip to H.264, 1080p or less."


def _forecast(phase: str, done: int, of: int | None, took_s: float) -> Progress:
    """Frames of this phase, and seconds left of the whole work."""
    left_s = None
    if of and done and took_s > 0.5:
        pace_s = took_s / done
        left_s = pace_s * (max(of - done, 0) + (DRAWING_COSTS * of if phase == "seeing" else 0))
    return Progress(phase, done, of and max(of, done), left_s)
