"""Atomic file writing: a file is written next to its target under a temporary name, then moved into place.

A reader always finds the old file or the complete new one, even if the writer was killed.
"""

import errno
import hashlib
import os
import secrets
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from ..errors import InputError, OutputError

_DRAFT: Final = ".hingecheck-*.part"
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
    a move is atomic only within one file system. An unfinished draft, such as after Ctrl-C right after its creation, is discarded with the
    object, at the latest when Python exits.
    """

    def __init__(self, path: str | Path) -> None:
        self.target = Path(path)
        with writing(self.target):
            if self.target.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self.path = self.target.parent / _DRAFT.replace("*", secrets.token_hex(6))
            # Removes the draft, once; an earlier file at the target stays. Registered before the draft exists.
            self.discard = weakref.finalize(self, _remove, self.path)
            self.path.touch(exist_ok=False)

    def publish(self) -> None:
        """Sync the draft to disk and move it to the target, replacing an earlier file. Discards the draft if that fails."""
        try:
            with writing(self.target):
                with self.path.open("rb+") as file:
                    os.fsync(file.fileno())
                self.path.replace(self.target)
            self.discard.detach()
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
    """Remove drafts that killed writers left in a folder. Nobody else may be writing to the folder."""
    for draft in folder.glob(_DRAFT):
        _remove(draft)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


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
