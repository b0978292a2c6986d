"""Data written during a session: one line per event, poses appended frame by frame. Memory use stays constant over hours."""

import json
import tempfile
import weakref
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from ..verdict.poses import CHUNK, COLUMNS, Poses, chunks
from ..verdict.types import Floats, Ints
from .files import writing

_FRAME: Final = np.dtype([(name, column.on_disk, column.shape) for name, column in COLUMNS.items()])
_IN_MEMORY: Final = 8_000_000  # bytes, about five minutes of poses


class Events:
    """Writes events as JSON lines. Each is flushed before the next frame, so that a session that crashes keeps them."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with writing(path):
            self._file = self.path.open("w", encoding="utf-8", newline="\n")

    def write(self, event: Mapping[str, Any]) -> None:
        """Add one line."""
        with writing(self.path):
            self._file.write(json.dumps(event, ensure_ascii=False, allow_nan=False) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file. May be called twice."""
        with writing(self.path):
            self._file.close()


class PoseSpool:
    """Stores poses on disk as they arrive, in an unnamed file in ``folder``. A ``PoseSource``: slices are read on demand.

    Without ``folder``, a few minutes of poses stay in memory; more than that goes to the system's temporary folder. The file disappears
    when the spool is garbage-collected or the process ends. Use it from one thread at a time.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self._folder = Path(folder or tempfile.gettempdir())
        self._file: IO[bytes]
        with writing(self._folder):
            if folder is None:
                self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (closed when let go)
            else:
                self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._frames = 0
        weakref.finalize(self, _let_go, self._file)

    def __len__(self) -> int:
        return self._frames

    def __getitem__(self, frames: slice, /) -> Poses:
        """The poses of consecutive frames, in the types of a file."""
        first, last, step = frames.indices(self._frames)
        if step != 1:
            raise ValueError("poses: a spool is read frame after frame")
        count = max(0, last - first)
        poses = Poses(**{name: np.empty((count, *_FRAME[name].shape), _FRAME[name].base) for name in COLUMNS})
        with writing(self._folder):
            self._file.seek(first * _FRAME.itemsize)
            for done in range(0, count, CHUNK):
                rows = np.frombuffer(self._file.read(_FRAME.itemsize * min(CHUNK, count - done)), _FRAME)
                for name in COLUMNS:
                    getattr(poses, name)[done : done + len(rows)] = rows[name]
            self._file.seek(self._frames * _FRAME.itemsize)  # the next append starts here
        return poses

    @property
    def time_s(self) -> Floats:
        """(T,) seconds, read from the file."""
        return np.concatenate([part.time_s for part in chunks(self)])

    @property
    def people(self) -> Ints:
        """(T,) number of people, read from the file."""
        return np.concatenate([part.people for part in chunks(self)])

    def append(self, poses: Poses) -> None:
        """Append T frames. Pass them through ``recording.storable`` first, or they are read back less precisely."""
        rows = np.empty(len(poses), _FRAME)
        for name in COLUMNS:
            rows[name] = getattr(poses, name)
        with writing(self._folder):
            self._file.write(rows.tobytes())
        self._frames += len(poses)


def _let_go(file: IO[bytes]) -> None:
    with suppress(OSError):  # a full disk: the unwritten rest is no longer needed
        file.close()
