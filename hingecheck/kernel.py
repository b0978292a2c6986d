"""What the Linux kernel can take from a process for good: files outside some folders, sockets, other programs. Elsewhere, nothing.

A clip is decoded by millions of lines of C. One that breaks out of them is to find nobody's clips but its own, and no way out.
"""

import ctypes
import os
import platform
import struct
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

LANDLOCK: Final = "Landlock"
FILTER: Final = "system call filter"

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446  # the same numbers on every architecture
_WITH_VERSION: Final = 1
_BENEATH: Final = 1
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
_WRITE_FILE, _MOVE, _TRUNCATE = 1 << 1, 1 << 13, 1 << 14
_CHANGE: Final = sum(1 << bit for bit in (4, 5, 7, 8))  # remove a folder or a file, make a folder or a file
_HANDLED: Final = _READ_FILE | _READ_FOLDER | _WRITE_FILE | sum(1 << bit for bit in range(4, 13))
_OF_FILES: Final = _READ_FILE | _WRITE_FILE | _TRUNCATE

_CAPABILITIES: Final = 0x20080522  # the version of the structure
_NO_NEW_PRIVILEGES, _SECCOMP, _BY_FILTER = 38, 22, 2  # of prctl
_REFUSE, _ALLOW = 0x00050000 | 13, 0x7FFF0000  # EACCES
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
# Architecture: its number for filters, and those of the calls that are refused: socket, execve, execveat, io_uring_setup.
_ARCHITECTURES: Final = {"x86_64": (0xC000003E, (41, 59, 322, 425)), "aarch64": (0xC00000B7, (198, 221, 281, 425))}
_OTHER_TABLE: Final = 0x40000000  # calls from here on are those of x32


def lacking() -> tuple[str, ...]:
    """Which of the kernel's means are not there: of ``LANDLOCK`` and ``FILTER``."""
    return (*(() if _landlock_version() else (LANDLOCK,)), *(() if _architecture() else (FILTER,)))


def confine(reads: Sequence[str], writes: Sequence[str]) -> tuple[str, ...]:
    """Keep this thread, and all that it starts, to some files: what is below ``reads`` may be read, what is below ``writes`` also changed.

    No socket can be made any more and no other program started. What is open stays open. Returns which means were lacking.
    """
    system = _system()
    if system is None or system.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return LANDLOCK, FILTER  # a kernel that refuses this refuses both
    if hasattr(system, "capset"):  # root keeps its own files, and nothing else of root: it could read other processes' memory
        system.capset(struct.pack("Ii", _CAPABILITIES, 0), bytes(24))
    failed = (LANDLOCK, _keep_to(system, reads, writes)), (FILTER, _refuse_calls(system))
    return tuple(means for means, works in failed if not works)


def libraries() -> tuple[str, ...]:
    """What a process reads to run: Python, its packages, hingecheck, the system's libraries and devices."""
    own = Path(__file__).parent
    packages = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    standard = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    system = ("/usr", "/lib", "/lib64", "/etc", "/proc", "/sys", "/dev", "/opt")
    return (*system, sys.base_prefix, sys.prefix, *standard, *packages, str(own), str(own.parent / "models"), str(own.parent / "profiles"))


def _system() -> Any:
    """The C library of a Linux, or None."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL(None, use_errno=True)
    except (OSError, TypeError):
        return None


def _landlock_version() -> int:
    """The version of Landlock in this kernel, 0 without."""
    system = _system()
    return 0 if system is None else max(0, int(system.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), _WITH_VERSION)))


def _architecture() -> tuple[int, tuple[int, ...]] | None:
    return _ARCHITECTURES.get(platform.machine()) if _system() is not None and sys.maxsize > 1 << 32 else None


def _keep_to(system: Any, reads: Sequence[str], writes: Sequence[str]) -> bool:
    """Landlock: whether files can be kept to these."""
    version = _landlock_version()
    if not version:
        return False
    handled = _HANDLED | (_MOVE if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    rules = system.syscall(_LANDLOCK_CREATE, struct.pack("Q", handled), ctypes.c_size_t(8), 0)
    if rules < 0:
        return False
    try:
        for path, allowed in _rules(reads, writes):
            with _Opened(path) as place:
                told = struct.pack("=Qi", allowed & handled & (-1 if place.folder else _OF_FILES), place.number)
                if place.number >= 0 and system.syscall(_LANDLOCK_ADD, rules, _BENEATH, told, 0):
                    return False
        return not system.syscall(_LANDLOCK_RESTRICT, rules, 0)
    finally:
        os.close(rules)


def _rules(reads: Sequence[str], writes: Sequence[str]) -> Iterator[tuple[str, int]]:
    read = _READ_FILE | _READ_FOLDER
    yield from ((path, read) for path in dict.fromkeys(reads))
    yield from ((path, read | _WRITE_FILE | _CHANGE | _MOVE | _TRUNCATE) for path in writes)
    yield "/dev/null", read | _WRITE_FILE


class _Opened:
    """A place in the file system, opened for nothing but to be named; number -1 where there is none."""

    def __init__(self, path: str) -> None:
        try:
            self.number = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            self.number = -1
        self.folder = os.path.isdir(path)

    def __enter__(self) -> "_Opened":
        return self

    def __exit__(self, *_: object) -> None:
        if self.number >= 0:
            os.close(self.number)


def _refuse_calls(system: Any) -> bool:
    """Seccomp: whether sockets and other programs can be refused."""
    known = _architecture()
    if known is None:
        return False
    number, calls = known
    end = len(calls) + 3  # index of the last check
    checks = [(_LOAD, 0, 0, 4), (_EQUAL, 0, end, number), (_LOAD, 0, 0, 0), (_AT_LEAST, end - 2, 0, _OTHER_TABLE)]
    checks += [(_EQUAL, len(calls) - n, 0, call) for n, call in enumerate(calls)]
    checks += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    code = b"".join(struct.pack("HBBI", *check) for check in checks)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HP", len(checks), ctypes.addressof(buffer)) if struct.calcsize("HP") == 16 else b""
    return bool(program) and not system.prctl(_SECCOMP, _BY_FILTER, program, 0, 0)
