"""What a process may take of the machine, as far as the system can hold it to that; `hingecheck doctor` says what it cannot."""

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
    """Bounds that a process sets itself before it does anything else; one that the system does not have is left out.

    ``address_bytes`` of memory, None: any; ``niceness`` added to that of the process that starts it; ``core``: the one it runs on, None:
    any; ``interruptible``: whether Ctrl-C ends it.
    """

    address_bytes: int | None = None
    niceness: int = 0
    core: int | None = None
    interruptible: bool = True

    def apply(self) -> None:
        """Confine this process, and all that it starts from here on."""
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
    """Have more memory refused to this process; a crash leaves no image of it on the disk."""
    if sys.platform == "win32":
        return
    try:
        import resource
    except ImportError:
        return
    for limit, most in (("RLIMIT_AS", address_bytes), ("RLIMIT_CORE", 0)):
        if hasattr(resource, limit):
            with suppress(OSError, ValueError):  # macOS knows the first one and may refuse it
                resource.setrlimit(getattr(resource, limit), (most, most))


def _end_with_parent() -> None:
    """Have this process end when the one that started it has."""

    def watch() -> None:
        if (parent := parent_process()) is not None:
            parent.join()
            signal.raise_signal(signal.SIGTERM)

    Thread(target=watch, daemon=True).start()


def cores() -> list[int]:
    """The cores that this process may use, by number; none where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def resident_bytes(pid: int | None) -> int:
    """Memory that a process holds; 0 where the system does not say (it is not Linux)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0
