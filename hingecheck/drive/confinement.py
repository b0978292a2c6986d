"""Resource limits of a process, as far as the system can enforce them. `hingecheck doctor` lists those it cannot."""

import os
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path
from threading import Thread


@dataclass(frozen=True, slots=True)
class Confinement:
    """Limits that a process sets on itself before anything else. Limits that the system lacks are skipped.

    ``address_bytes``: memory, None for no limit. ``niceness``: added to that of the parent process. ``core``: the core it runs on, None for
    any. ``interruptible``: whether Ctrl-C ends it.
    """

    address_bytes: int | None = None
    niceness: int = 0
    core: int | None = None
    interruptible: bool = True

    def apply(self) -> None:
        """Apply the limits to this process and all that it starts from now on."""
        signal.signal(signal.SIGINT, signal.SIG_DFL if self.interruptible else signal.SIG_IGN)
        if self.niceness and hasattr(os, "nice"):
            os.nice(self.niceness)
        if self.core is not None and hasattr(os, "sched_setaffinity"):
            with suppress(OSError):  # a container may forbid it
                os.sched_setaffinity(0, {self.core})
        if self.address_bytes is not None:
            _limit_memory(self.address_bytes)
        _end_with_parent()


def _limit_memory(address_bytes: int) -> None:
    """Limit the memory of this process. A crash writes no core dump."""
    if sys.platform == "win32":
        return
    try:
        import resource
    except ImportError:
        return
    for limit, most in (("RLIMIT_AS", address_bytes), ("RLIMIT_CORE", 0)):
        if hasattr(resource, limit):
            with suppress(OSError, ValueError):  # macOS has the first limit but may refuse to set it
                resource.setrlimit(getattr(resource, limit), (most, most))


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
