"""Locks on files. The system lets go of a lock when its process ends, however it ends: a killed process bars nobody."""

import errno
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ..errors import InputError

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None
msvcrt: Any
try:
    import msvcrt
except ImportError:
    msvcrt = None

_TAKEN: Final = {errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK}
_FAR: Final = 1 << 30  # Windows lets nobody read the bytes that are locked, so lock one far behind the content


def hold(file: int) -> bool | None:
    """Lock an open file, without waiting. False if another process, or another opening of it, holds it; None if there are no locks here."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:  # some network disks have no locks
        return False if error.errno in _TAKEN else None
    return True


def _hold_on_windows(file: int) -> bool:
    os.lseek(file, _FAR, os.SEEK_SET)
    try:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True


@contextmanager
def alone(folder: Path, what: str) -> Iterator[None]:
    """Within the block no other process is within such a block for the same folder. ``InputError`` that names the process which is.

    ``what``: the work, such as "batch". On a disk without locks nobody is barred.
    """
    path = folder / f".hingecheck-{what}.lock"
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        try:
            if (_hold_on_windows(file) if fcntl is None and msvcrt is not None else hold(file)) is False:
                raise InputError(f"{folder}: {_holder(path, what)}. Wait for its end, or give another folder with --out.")
            if _is_still(path, file):
                break
        except BaseException:
            os.close(file)
            raise
        os.close(file)  # its holder has ended and removed it: begin again
    try:
        with suppress(OSError):  # a full disk: the lock holds without its text
            os.ftruncate(file, 0)
            os.lseek(file, 0, os.SEEK_SET)
            since = datetime.now().astimezone().isoformat(timespec="seconds")
            os.write(file, json.dumps({"process": os.getpid(), "computer": socket.gethostname(), "since": since}).encode())
        yield
    finally:
        if fcntl is not None:
            with suppress(OSError):
                path.unlink()
        os.close(file)
        if fcntl is None:
            with suppress(OSError):
                path.unlink()


def _is_still(path: Path, file: int) -> bool:
    """Whether the name still leads to the open file. Without locks by ``fcntl`` nobody can have removed it."""
    if fcntl is None:
        return True
    try:
        return os.path.samestat(os.stat(path), os.fstat(file))
    except FileNotFoundError:
        return False


def _holder(path: Path, what: str) -> str:
    """Which process holds a lock, as far as its file says."""
    said: Any = None
    with suppress(OSError, ValueError, RecursionError):
        said = json.loads(path.read_bytes()[:1000])
    if not isinstance(said, dict):
        return f"another {what} writes there"
    return f"another {what} writes there (process {said.get('process')} on {said.get('computer')}, since {said.get('since')})"
