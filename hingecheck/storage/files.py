"""Files that are whole or absent: written beside their place under another name, then moved into it.

A reader, or a run that was killed, finds the old file or the new one and nothing in between.
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
# What a failed write means to the one who waits for the file: what is wrong, what to do.
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
    """Turn any ``OSError`` of the block into an ``OutputError`` that names ``path``, the reason and the way out."""
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0, f"cannot be written ({error.strerror or error}). Choose another folder.")
        raise OutputError(f"{path}: {reason}") from error


class Draft:
    """A file in the making: write to ``draft.path``, then ``publish`` it or ``discard`` it; either is final.

    For a writer that lives longer than one block; others use ``atomic``. The draft has a hidden name in the folder of the file
    it is to become, because only within one file system is the move a single step. One that is forgotten, as when Ctrl-C falls
    between making it and anything else, is discarded with the object, at the latest when Python ends.
    """

    def __init__(self, path: str | Path) -> None:
        self.target = Path(path)
        with writing(self.target):
            if self.target.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self.path = self.target.parent / _DRAFT.replace("*", secrets.token_hex(6))
            # Removes the draft, once; an earlier file of that name stays as it was. Ready before there is anything to remove.
            self.discard = weakref.finalize(self, _remove, self.path)
            self.path.touch(exist_ok=False)

    def publish(self) -> None:
        """Make the draft, safely on the disk, the file; an earlier file of that name is replaced. Discarded if that fails."""
        try:
            with writing(self.target):
                with self.path.open("rb+") as file:
                    os.fsync(file.fileno())
                self.path.replace(self.target)
            self.discard.detach()
        except BaseException:
            self.discard()
            raise
        # The folder's entry too; some systems cannot sync a folder, and the file itself is safe by now.
        with suppress(OSError):
            folder = os.open(self.target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)


def forget_drafts(folder: Path) -> None:
    """Remove what writers that were killed have left in a folder to which nobody else writes now."""
    for draft in folder.glob(_DRAFT):
        _remove(draft)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``: becomes ``path`` when the block ends well, is removed when it does not.

    The block should do nothing but write: every ``OSError`` in it becomes an ``OutputError`` about ``path``.
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
    """SHA-256 of a file's bytes, 64 hexadecimal digits. Memory stays flat whatever the size."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error}). Check the name and the permissions.") from error
