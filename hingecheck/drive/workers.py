"""Processes that do one job after the other. One that dies, hangs or grows too large costs its own job, and nothing else.

Each has a pipe of its own to the one who schedules. They share no lock and no queue, so that in whatever way one ends, killed in the
middle of a word even, the others go on.
"""

import math
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection, get_all_start_methods, get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any, Final, Generic, TypeVar

from ..errors import HingecheckError

J = TypeVar("J")
Tell = Callable[[Any], None]
Work = Callable[[J, Tell], Any]  # a job, and whom to tell of it meanwhile -> its result

TRIES: Final = 2
_LOOK_S: Final = 0.25  # between two looks at clocks and memory
_MOST_NEWS: Final = 100  # at a time
# For processes that share the cores among them. glibc keeps a heap a thread, with a dozen threads a process 50 MB of holes; OpenCV,
# MediaPipe's own too, and OpenBLAS keep a thread a core, which waits by running.
_SHARING: Final = {"MALLOC_ARENA_MAX": "2", "OPENCV_FOR_THREADS_NUM": "1", "OPENBLAS_NUM_THREADS": "1"}
# A copy of this process would inherit the pose model's threads, half alive. So it is one that has done nothing but import that is copied;
# where there are no copies, each imports for itself.
_COPIED: Final = "forkserver" in get_all_start_methods()
_CONTEXT: Final[Any] = get_context("forkserver" if _COPIED else "spawn")
_IMPORTED: Final = ["hingecheck.drive.preload"]


class Lost(HingecheckError):
    """A job without a result, because the process that did it came to no good."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process may take: seconds a job, seconds without a word (any result or ``tell``), bytes of memory; and jobs in its life."""

    job_s: float = math.inf
    silent_s: float = math.inf
    memory_bytes: float = math.inf
    jobs: float = math.inf


def work_off(
    work: Work[J], jobs: Iterable[J], workers: int, limits: Limits | None = None, on_told: Callable[[J, Any], None] | None = None
) -> Iterator[tuple[J, Any]]:
    """Do jobs in ``workers`` processes; hands out each with its result, or the exception that it has instead, as they come.

    ``work`` is a function of a module, or a partial of one, and its results can be pickled. A job whose process dies is tried once more,
    after the others; one that takes longer or more than ``limits`` allow is not: both end in ``Lost``. Closed early, or interrupted, it
    ends the processes.
    """
    prepare()
    limits = limits or Limits()
    waiting = deque((job, 1) for job in jobs)
    places = _cores(workers)
    hands: list[_Hand[J]] = []
    try:
        while waiting or any(hand.busy for hand in hands):
            hands = [hand for hand in hands if hand.busy or hand.fit(limits)]
            while waiting:
                free = next((hand for hand in hands if not hand.busy), None)
                if free is None:
                    if len(hands) == workers:
                        break
                    taken = [hand.core for hand in hands]
                    hands.append(free := _Hand(work, next(core for core in places if core is None or core not in taken)))
                free.take(*waiting.popleft())
            connection.wait([hand.pipe for hand in hands if hand.busy], _LOOK_S)
            for hand in [hand for hand in hands if hand.busy]:
                job, tries = hand.job, hand.tries
                for kind, value in hand.news(limits):
                    if kind == "told":
                        if on_told is not None:
                            on_told(job, value)
                    elif kind == "died" and tries < TRIES:
                        waiting.append((job, tries + 1))
                    else:
                        yield job, value
    finally:
        for hand in hands:
            hand.end()


def prepare() -> None:
    """Begin to import, in another process, what those that do jobs need. For who knows early that there will be some; safe to repeat."""
    for name, value in _SHARING.items():
        os.environ.setdefault(name, value)
    if _COPIED:
        from multiprocessing import forkserver

        _CONTEXT.set_forkserver_preload(_IMPORTED)
        forkserver.ensure_running()


class _Hand(Generic[J]):
    """One process, and the job it has: ``busy`` while it has one."""

    job: J
    tries = 0

    def __init__(self, work: Work[J], core: int | None) -> None:
        self.core = core
        self.pipe, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_serve, args=(theirs, work, core), daemon=True)
        self._process.start()
        theirs.close()  # so that the pipe ends with the process
        self.busy = False
        self._done = 0

    def take(self, job: J, tries: int) -> None:
        """Begin a job."""
        self.job, self.tries, self.busy = job, tries, True
        self._began_s = self._heard_s = time.monotonic()
        with suppress(OSError):  # gone while nobody looked: told as news
            self.pipe.send(job)

    def fit(self, limits: Limits) -> bool:
        """Whether it can go on; ended if not."""
        if self._process.is_alive() and self._done < limits.jobs:
            return True
        self.end()
        return False

    def news(self, limits: Limits) -> Iterator[tuple[str, Any]]:
        """What has come of the job since: "told" and a value, any number of times; then maybe "result", "died" or "stopped"."""
        try:
            for _ in range(_MOST_NEWS):  # who never stops talking must not keep the clock from being looked at
                if not self.busy or not self.pipe.poll():
                    break
                kind, value = self.pipe.recv()
                self._heard_s = time.monotonic()
                if kind == "result":
                    self.busy, self._done = False, self._done + 1
                yield kind, value
        except (EOFError, OSError):
            yield self._lose("died", f"the process that read it died ({self._how()}). Convert the clip, or give it more memory.")
        if not self.busy:
            return
        now_s = time.monotonic()
        if now_s - self._began_s > limits.job_s:
            yield self._lose("stopped", f"took longer than {limits.job_s:g} s, and was given up. Cut it shorter, or allow more time.")
        elif now_s - self._heard_s > limits.silent_s:
            yield self._lose("stopped", f"nothing came of it for {limits.silent_s:g} s, so it was given up. Convert the clip.")
        elif _resident_bytes(self._process.pid) > limits.memory_bytes:
            most_mb = limits.memory_bytes / 1e6
            yield self._lose(
                "stopped", f"took more than {most_mb:.0f} MB of memory, and was given up. Make it smaller, or allow more memory."
            )

    def _lose(self, kind: str, why: str) -> tuple[str, Lost]:
        self.busy = False
        self.end()
        return kind, Lost(why)

    def _how(self) -> str:
        """How the process came to its end, in the words of the system."""
        self._process.join(1.0)
        code = self._process.exitcode
        if code is None or code >= 0:
            return f"exit code {code}"
        with suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"

    def end(self) -> None:
        """End the process, whatever it does; more than once does no harm."""
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _cores(workers: int) -> list[int | None]:
    """A core each for so many workers, if they are as many as the cores this process may use; None each, if they may go anywhere."""
    there = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return [*there] if 1 < len(there) == workers else [None] * workers


def _keep_to(core: int | None) -> None:
    """Have this thread, and all that it starts from here on, run on one core; None: on any.

    MediaPipe hands every picture through several threads. On all cores each hand-over wakes a core that had gone to sleep, or waits for
    one that is at work for somebody else: two bare loops at once make 1.6 to 1.7 times the frames of one, and twice as many if each keeps
    to its core.
    """
    if core is not None:
        with suppress(OSError):  # a container may forbid it
            os.sched_setaffinity(0, {core})


def _serve(pipe: "connection.Connection[Any, Any]", work: Work[Any], core: int | None) -> None:
    """The life of a process: a job from the pipe, its result into it, until there is no more or nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # without a word
    _keep_to(core)
    end_with_parent()
    with suppress(EOFError, OSError):
        while True:
            job = pipe.recv()
            try:
                result = work(job, lambda value: pipe.send(("told", value)))
            except Exception as error:
                result = error
            try:
                pipe.send(("result", result))
            except OSError:
                raise
            except Exception as error:  # it cannot be pickled
                pipe.send(("result", TypeError(f"{type(result).__name__} cannot be handed over: {error}")))


def end_with_parent() -> None:
    """Have this process end when the one that started it has."""

    def watch() -> None:
        if (parent := parent_process()) is not None:
            parent.join()
            signal.raise_signal(signal.SIGTERM)

    Thread(target=watch, daemon=True).start()


def _resident_bytes(pid: int | None) -> int:
    """Memory that a process holds; 0 where the system does not say (it is not Linux)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
