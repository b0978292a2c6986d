"""Worker processes with limits. One that dies, hangs or grows too large loses its own job, and nothing else.

Everything that runs in its own process is a ``Worker``. ``work_off`` runs the clips of a batch and the stretches of a long clip. The page
runs uploads and live sessions one at a time. Each worker has its own pipe to the parent process. Workers share no lock and no queue. So the
others continue however one ends, even if it is killed in the middle of a message.
"""

import math
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection, get_all_start_methods, get_context
from typing import Any, Final, Generic, Literal, TypeVar

from ..errors import HingecheckError
from .confinement import Confinement, cores, resident_bytes

J = TypeVar("J")
Send = Callable[[Any], None]
Work = Callable[..., Any]  # called as work(job, send) -> result; ``send`` passes a message to the parent process
Kind = Literal["message", "result", "died", "stopped"]
Pipe = connection.Connection  # carries anything that can be pickled

TRIES: Final = 2
_LOOK_S: Final = 0.25  # between two checks of time and memory
_MOST_MESSAGES: Final = 100  # read at a time
# For processes that share the cores. glibc keeps one heap per thread: with a dozen threads, 50 MB of gaps per process. OpenCV, MediaPipe's
# own copy too, and OpenBLAS keep one thread per core, which busy-waits.
_SHARING: Final = {"MALLOC_ARENA_MAX": "2", "OPENCV_FOR_THREADS_NUM": "1", "OPENBLAS_NUM_THREADS": "1"}
# A fork of this process would inherit the pose model's threads in a broken state. So workers are forked from a process that has only
# imported modules. Where the system cannot do that, each worker imports for itself.
_COPIES: Final = "forkserver" in get_all_start_methods()
_COPIED: Final[Any] = get_context("forkserver" if _COPIES else "spawn")
_FRESH: Final[Any] = get_context("spawn")
_IMPORTED: Final = ["hingecheck.drive.preload"]


class Lost(HingecheckError):
    """A job without a result, because its process died or was stopped."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a worker: seconds per job, seconds without a message or result, bytes of memory, and jobs until it is replaced."""

    job_s: float = math.inf
    silent_s: float = math.inf
    memory_bytes: float = math.inf
    jobs: float = math.inf


def work_off(
    work: Work, jobs: Iterable[J], workers: int, limits: Limits | None = None, on_message: Callable[[J, Any], None] | None = None
) -> Generator[tuple[J, Any], None, None]:
    """Run jobs in ``workers`` processes. Yields each job with its result or its exception, as they come.

    ``work`` is a module-level function, or a partial of one, and its results can be pickled. A job whose process dies is tried once more,
    after the others. A job that exceeds ``limits`` is not tried again. Both end in ``Lost``. Closing the generator early, or an interrupt,
    ends the processes.
    """
    prepare()
    limits = limits or Limits()
    waiting = deque((job, 1) for job in jobs)
    places = _places(workers)
    pool: list[Worker[J]] = []
    try:
        while waiting or any(worker.busy for worker in pool):
            pool = [worker for worker in pool if worker.busy or worker.is_fit(limits)]
            while waiting:
                free = next((worker for worker in pool if not worker.busy), None)
                if free is None:
                    if len(pool) == workers:
                        break
                    taken = [worker.confinement.core for worker in pool]
                    core = next(place for place in places if place is None or place not in taken)
                    pool.append(free := Worker(work, Confinement(core=core)))
                free.begin(*waiting.popleft())
            connection.wait([worker.pipe for worker in pool if worker.busy], _LOOK_S)
            for worker in [worker for worker in pool if worker.busy]:
                job, tries = worker.job, worker.tries
                for kind, value in worker.messages(limits):
                    if kind == "message":
                        if on_message is not None:
                            on_message(job, value)
                    elif kind == "died" and tries < TRIES:
                        waiting.append((job, tries + 1))
                    else:
                        yield job, value
    finally:
        for worker in pool:
            worker.end()


def prepare() -> None:
    """Start importing, in another process, what workers need. Call it early if jobs are expected. May be called again."""
    for name, value in _SHARING.items():
        os.environ.setdefault(name, value)
    if _COPIES:
        from multiprocessing import forkserver

        _COPIED.set_forkserver_preload(_IMPORTED)
        forkserver.ensure_running()


class Worker(Generic[J]):
    """One process with limits, started by the constructor. It is ``busy`` while it has a job.

    ``copied``: fork it from a process that has imported what jobs need. Otherwise it starts from nothing, which takes seconds longer but
    keeps no such process. ``fed``: ``work`` also gets ``feed``, the other end of this worker's ``feed``, for bytes from outside. Nothing
    that goes through it is ever unpickled.
    """

    job: J
    tries = 0
    ended_by = ""  # the signal or exit code of a process that died

    def __init__(self, work: Work, confinement: Confinement | None = None, *, copied: bool = True, fed: bool = False) -> None:
        context = _COPIED if copied else _FRESH
        self.confinement = confinement or Confinement()
        self.pipe, theirs = context.Pipe()
        ends: tuple[Pipe[Any, Any] | None, Pipe[Any, Any] | None] = context.Pipe(duplex=False) if fed else (None, None)
        feed, self.feed = ends
        self._process = context.Process(target=_serve, args=(theirs, feed, self.confinement), daemon=True)
        self._process.start()
        theirs.close()  # so that the pipe ends with the process
        if feed is not None:
            feed.close()
        self.busy = False
        self._done = 0
        try:
            self._send(work)
        except BaseException:  # ``work`` cannot be pickled
            self.end()
            raise

    @property
    def pid(self) -> int | None:
        """The process ID."""
        pid: int | None = self._process.pid
        return pid

    def begin(self, job: J, tries: int = 1) -> None:
        """Begin a job. ``tries`` counts its attempts."""
        self.job, self.tries, self.busy = job, tries, True
        self._began_s = self._heard_s = time.monotonic()
        self._send(job)

    def _send(self, value: Any) -> None:
        with suppress(OSError):  # the process is gone, which ``messages`` notices
            self.pipe.send(value)

    def is_fit(self, limits: Limits) -> bool:
        """Whether it can do another job. If not, the process is ended."""
        if self._process.is_alive() and self._done < limits.jobs:
            return True
        self.end()
        return False

    def follow(self, limits: Limits) -> Iterator[tuple[Kind, Any]]:
        """Yield the job's messages as they come, then one "result", "died" or "stopped"."""
        while self.busy:
            connection.wait([self.pipe], _LOOK_S)
            yield from self.messages(limits)

    def messages(self, limits: Limits) -> Iterator[tuple[Kind, Any]]:
        """Yield what has come since the last call, without waiting: messages, then possibly "result", "died" or "stopped"."""
        try:
            for _ in range(_MOST_MESSAGES):  # limited, so that a worker that sends without end cannot prevent the time check
                if not self.busy or not self.pipe.poll():
                    break
                kind, value = self.pipe.recv()
                self._heard_s = time.monotonic()
                if kind == "result":
                    self.busy, self._done = False, self._done + 1
                yield kind, value
        except (EOFError, OSError):
            self.ended_by = self._how()
            yield self._lose("died", f"the process that read it died ({self.ended_by}). Convert the clip, or give it more memory.")
        if not self.busy:
            return
        now_s = time.monotonic()
        if now_s - self._began_s > limits.job_s:
            yield self._lose("stopped", f"took longer than {limits.job_s:g} s, and was given up. Cut it shorter, or allow more time.")
        elif now_s - self._heard_s > limits.silent_s:
            yield self._lose("stopped", f"nothing came of it for {limits.silent_s:g} s, so it was given up. Convert the clip.")
        elif resident_bytes(self._process.pid) > limits.memory_bytes:
            most_mb = limits.memory_bytes / 1e6
            yield self._lose(
                "stopped", f"took more than {most_mb:.0f} MB of memory, and was given up. Make it smaller, or allow more memory."
            )

    def _lose(self, kind: Kind, why: str) -> tuple[Kind, Lost]:
        self.busy = False
        self.end()
        return kind, Lost(why)

    def _how(self) -> str:
        """How the process ended: its signal or exit code."""
        self._process.join(1.0)
        code = self._process.exitcode
        if code is None or code >= 0:
            return f"exit code {code}"
        with suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"

    def kill(self) -> None:
        """Kill the process. May be called from any thread; ``follow`` then yields "died"."""
        self._process.kill()

    def end(self) -> None:
        """Kill the process and close its pipes. May be called more than once."""
        self._process.kill()
        self._process.join()
        self.pipe.close()
        if self.feed is not None:
            self.feed.close()


def _places(workers: int) -> list[int | None]:
    """One core for each worker, if there are as many workers as usable cores and more than one; else None (any core) for each.

    MediaPipe passes every picture through several threads. Without fixed cores, each hand-over wakes an idle core or waits for one that is
    busy with another worker. Two bare loops at once then process 1.6 to 1.7 times the frames of one, and twice as many if each stays on its
    core.
    """
    there = cores()
    return [*there] if 1 < len(there) == workers else [None] * workers


def _serve(pipe: "Pipe[Any, Any]", feed: "Pipe[Any, Any] | None", confinement: Confinement) -> None:
    """Main function of a worker process: apply the limits, then read jobs from the pipe and send results until it closes."""
    confinement.apply()
    with suppress(EOFError, OSError):
        work = pipe.recv()  # imports what ``work`` needs, after the limits apply
        if feed is not None:
            work = partial(work, feed=feed)
        while True:
            job = pipe.recv()
            try:
                result = work(job, lambda value: pipe.send(("message", value)))
            except Exception as error:
                result = error
            try:
                pipe.send(("result", result))
            except OSError:
                raise
            except Exception as error:  # the result cannot be pickled
                pipe.send(("result", TypeError(f"{type(result).__name__} cannot be handed over: {error}")))
