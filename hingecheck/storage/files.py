"""Atomic file writing: a file is written next to its target under a temporary name, then moved into place.

A reader always finds the old file or the complete new one, even if the writer was killed.
"""

import errno
import hashlib
import os
import re
import secrets
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from ..errors import InputError, OutputError, SourceError
from . import locks

_DRAFT: Final = re.compile(r"\.hingecheck-[0-9a-f]{12}\.part")
# errno -> message for the user: what is wrong, what to do.
_REASONS: Final = {
    errno.ENOSPC: "no room left on the disk. Free some space and start again.",
    errno.EDQUOT: "the disk quota is used up. Free some space and start again.",
    errno.EFBIG: "larger than files may be there. Choose another folder.",
    errno.EACCES: "no permission to write there. Choose another folder.",
    errno.EPERM: "no permission to write there. Choose another folder.",
    errno.EROFS: "the disk is read-only. Choose another folder.",
    errno.ENOENT: "the folder does not exist. Create it first.",
    errno.ENOTDIR: "its folder is a file. Choose another folder.",
    errno.EISDIR: "a folder of that name is in the way. Move it or choose another name.",
    errno.ENAMETOOLONG: "the name is too long. Choose a shorter one.",
}


@contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """Turn any ``OSError`` of the block into an ``OutputError`` that names ``path``, the reason and the remedy."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, f"cannot be written ({error.strerror or error}). Choose another folder.")
        raise OutputError(f"{path}: {reason}") from error


class Draft:
    """A file being written: write to ``draft.path``, then call ``publish`` or ``discard``; either is final.

    For writers that live longer than one ``with`` block; others use ``atomic``. The draft is a hidden file in the target's folder, because
    a move is atomic only within one file system. Only its owner may read it. An unfinished draft, such as after Ctrl-C right after its
    creation, is discarded with the object, at the latest when Python exits. A new draft removes those that killed writers left beside it.
    """

    def __init__(self, path: str | Path) -> None:
        self.target = Path(path)
        with writing(self.target):
            if self.target.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            forget_drafts(self.target.parent)
            while True:
                self.path = self.target.parent / f".hingecheck-{secrets.token_hex(6)}.part"
                self._held: list[int] = []
                # Removes the draft, once; an earlier file at the target stays. Registered before the draft exists.
                self.discard = weakref.finalize(self, _drop, self.path, self._held)
                self._held.append(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
                if locks.hold(self._held[0]) is not False and os.fstat(self._held[0]).st_nlink:
                    break
                self.discard()  # taken for one that a killed writer left, before it was held

    def publish(self) -> None:
        """Sync the draft to disk and move it to the target, replacing an earlier file. Discards the draft if that fails."""
        try:
            with writing(self.target):
                # Windows syncs only what can be written through, and moves only what is closed.
                with self.path.open("rb+") as file:
                    os.fsync(file.fileno())
                self.path.chmod(0o666 & ~_umask())
                if locks.fcntl is None:
                    os.close(self._held.pop())
                self.path.replace(self.target)
            self.discard.detach()
            _close(self._held)
        except BaseException:
            self.discard()
            raise
        # Sync the folder's entry too. Some systems cannot sync a folder; the file itself is already safe.
        with suppress(OSError):
            folder = os.open(self.target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def forget_drafts(folder: Path) -> None:
    """Remove drafts that killed writers left in a folder. A draft whose writer lives is held by it, and stays."""
    with suppress(OSError):
        names = [entry.name for entry in os.scandir(folder) if _DRAFT.fullmatch(entry.name) and entry.is_file(follow_symlinks=False)]
        for name in names:
            with suppress(OSError):
                _forget(folder / name)


def _forget(draft: Path) -> None:
    held = os.open(draft, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    try:
        # Where there are no such locks (Windows), a file that is open cannot be removed, which is as good.
        if locks.fcntl is not None:
            if locks.hold(held) and os.fstat(held).st_uid == os.getuid():
                draft.unlink()
            return
    finally:
        os.close(held)
    draft.unlink()


def _drop(path: Path, held: list[int]) -> None:
    """Remove a draft, and then let go of it."""
    if locks.fcntl is None:
        _close(held)
    with suppress(OSError):
        path.unlink(missing_ok=True)
    _close(held)


def _close(held: list[int]) -> None:
    while held:
        with suppress(OSError):
            os.close(held.pop())


def _umask() -> int:
    """Permissions that new files lack. For an instant it has to be set: to the strictest, lest another thread's file be open to all."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path next to ``path``. It is moved to ``path`` if the block succeeds, and removed if it fails.

    The block should only write: every ``OSError`` in it becomes an ``OutputError`` about ``path``.
    """
    draft = Draft(path)
    try:
        with writing(path):
            yield draft.path
    except BaseException:
        draft.discard()
        raise
    draft.publish()


def sha256(path: str | Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits. Memory use does not depend on the file's size."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}). Check the name and the permissions.") from error


class Stamp(NamedTuple):
    """By what a changed file is known without reading it: its size, when it was last written, and which file it is."""

    size: int
    written_ns: int
    device: int
    inode: int


def stamp(path: str | Path) -> Stamp:
    """The stamp of a file now."""
    try:
        now = os.stat(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}). Check the name and the permissions.") from error
    return Stamp(now.st_size, now.st_mtime_ns, now.st_dev, now.st_ino)


def changed(path: str | Path) -> SourceError:
    """The error about a file that changed while it was read."""
    return SourceError(f"{path}: changed while it was read, so nothing of it was kept. Wait until it is written, then start again.")


class Original:
    """A file as it was when work on it began: its stamp, and the hash of its content."""

    def __init__(self, path: str | Path) -> None:
        self.path = path
        self.stamp = stamp(path)
        self.sha256 = sha256(path)
        self.check()

    def check(self, content: str | None = None) -> None:
        """Raise ``SourceError`` if the file is another now, or if what was read of it has another hash than ``content``."""
        if content not in (None, self.sha256) or stamp(self.path) != self.stamp:
            raise changed(self.path)
