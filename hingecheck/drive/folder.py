"""The clips of a folder and its subfolders, and a note of the other files."""

import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import InputError
from ..media.kinds import VIDEO_SUFFIXES, begins_like_a_video
from . import clip as one_clip

_NAMED: Final = 5  # skipped files that the note names


@dataclass(frozen=True, slots=True)
class Job:
    """One clip of a batch: its path below the batch's folder, the file, and the folder for its results."""

    name: str
    path: str
    folder: str


def jobs(folder: str | Path, out: str | Path, on_note: Callable[[str, bool], None] | None = None) -> list[Job]:
    """The clips in a folder and its subfolders, sorted by name. ``InputError`` if it is not a folder or holds no clip.

    A clip is what has the name of a video or begins like one. Hidden files and results are passed over. ``on_note`` is called with a line
    about other files that were left out, and whether clips may be among it.
    """
    root, out = Path(folder), Path(out)
    if not os.path.isdir(root):
        raise InputError(f"{root}: not a folder. Give the folder that holds the clips.")
    files, unread = _files(root, out)
    found: list[Path] = []
    others: list[Path] = []
    for path in sorted(files, key=lambda path: path.relative_to(root)):
        (found if path.suffix.lower() in VIDEO_SUFFIXES or begins_like_a_video(path) else others).append(path)
    if unread and not files and unread[0].startswith(f"{root}: "):
        raise InputError(unread[0])
    if on_note is not None:
        for line in unread:
            on_note(line, True)
        if others:
            on_note(_skipped([str(path.relative_to(root)) for path in others]), False)
    if not found:
        raise InputError(f"{root}: no video in it. Clips end in .mp4, .mov, .avi, .mkv, .webm and the like.")
    places = one_clip.folders(found, None)
    return [
        Job(str(clip.relative_to(root)), str(clip), str(out / place.relative_to(root))) for clip, place in zip(found, places, strict=True)
    ]


def _skipped(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"skipped, no video: {', '.join(names[:_NAMED])}{more}"


def _files(root: Path, out: Path) -> tuple[list[Path], list[str]]:
    """Files below a folder, and a line for each folder that cannot be read. A folder is entered once, however many links lead to it."""
    files: list[Path] = []
    unread: list[str] = []
    # A link to a folder that holds ``root`` would lead round in a circle.
    entered = set()
    for parent in root.resolve().parents:
        with suppress(OSError):
            entered.add(_identity(parent))
    waiting, links = deque([root]), deque[Path]()
    ours = out.resolve()
    while waiting or links:
        base = (waiting or links).popleft()  # links last, so that clips keep the names of their own folders
        try:
            if (identity := _identity(base)) in entered:
                continue
            entered.add(identity)
            with os.scandir(base) as entries:
                there = sorted((entry.name, entry.is_dir(), entry.is_symlink()) for entry in entries if not entry.name.startswith("."))
        except OSError as error:
            unread.append(f"{base}: cannot be read ({error.strerror}). Check its permissions, or move it elsewhere.")
            continue
        for name, is_folder, is_link in there:
            path = base / name
            if not is_folder:
                files.append(path)
            elif not (target := path.resolve()).name.endswith(one_clip.SUFFIX) and target != ours:
                (links if is_link else waiting).append(path)
    return files, unread


def _identity(folder: Path) -> tuple[int, int]:
    there = folder.stat()
    return there.st_dev, there.st_ino
