"""Resource limits of a process, as far as the system can enforce them. `hingecheck doctor` lists those it cannot."""

import os
import signal
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread

from .. import kernel


@dataclass(frozen=True, slots=True)
class Confinement:
    """Limits that a process sets on itself before anything else. Limits that the system lacks are skipped.

    ``address_bytes``: memory, None for no limit. ``niceness``: added to that of the parent process. ``core``: the core it runs on, None for
    any. ``interruptible``: whether Ctrl-C ends it. ``file_bytes``: of the largest file it may write. ``threads``: how many more this user
    may then have. ``writes``: the only folders in which it may read and change files, beside reading what it needs to run; then it makes
    no socket and starts no program either. None: any.
    """

    address_bytes: int | None = None
    niceness: int = 0
    core: int | None = None
    interruptible: bool = True
    file_bytes: int | None = None
    threads: int | None = None
    writes: tuple[str, ...] | None = None

    def apply(self) -> None:
        """Apply the limits to this process and all that it starts from now on."""
        signal.signal(signal.SIGINT, signal.SIG_DFL if self.interruptible else signal.SIG_IGN)
        if self.niceness and hasattr(os, "nice"):
            os.nice(self.niceness)
        if self.core is not None and hasattr(os, "sched_setaffinity"):
            with suppress(OSError):  # a container may forbid it
                os.sched_setaffinity(0, {self.core})
        if self.address_bytes is not None:
            _limit("RLIMIT_AS", self.address_bytes)
            _limit("RLIMIT_CORE", 0)  # a crash writes no core dump
        if self.file_bytes is not None:
            _limit("RLIMIT_FSIZE", self.file_bytes)
        if self.threads is not None:
            _limit("RLIMIT_NPROC", _threads_of_user() + self.threads)
        if self.writes is not None:
            tempfile.tempdir = self.writes[0]  # the system's own may not be written any more
            kernel.confine(kernel.libraries(), self.writes)
        _end_with_parent()


def _limit(name: str, most: int) -> None:
    """Set a limit of this process, where the system has it."""
    if sys.platform == "win32":
        return
    try:
        import resource
    except ImportError:
        return
    if hasattr(resource, name):
        with suppress(OSError, ValueError):  # macOS has RLIMIT_AS but may refuse to set it
            own = getattr(resource, name)
            most = min([most, *(limit for limit in resource.getrlimit(own) if limit != resource.RLIM_INFINITY)])
            resource.setrlimit(own, (most, most))


def _threads_of_user() -> int:
    """How many threads run for this user, which is what the system counts; 0 if it does not say."""
    count = 0
    with suppress(OSError):
        for status in Path("/proc").glob("[0-9]*/task"):
            with suppress(OSError):
                count += len(os.listdir(status)) if status.stat().st_uid == os.getuid() else 0
    return count


def _end_with_parent() -> None:
    """End this process when its parent process has ended."""

    def watch() -> None:
        if (parent := parent_process()) is not None:
            parent.join()
            signal.raise_signal(signal.SIGTERM)

    Thread(target=watch, daemon=True).start()


def cores() -> list[int]:
    """Numbers of the cores that this process may use; empty if the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def resident_bytes(pid: int | None) -> int:
    """Resident memory of a process, bytes; 0 if the system does not report it (not Linux)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0
