"""A session's diary, written while it goes on: every event a line, every frame's poses behind the last. Memory stays flat over hours."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from .data import Poses
from .files import Draft, writing
from .recording import joined
from .silhouette import S
from .skeleton import K

_FRAME: Final = np.dtype(
    [
        ("time_s", np.float64),
        ("xy", np.float32, (K, 2)),
        ("score", np.float32, (K,)),
        ("world", np.float32, (K, 3)),
        ("back", np.float32, (S,)),
        ("people", np.int8),
    ]
)


class Events:
    """Events as lines of JSON, each on the disk before the next frame: what a session that ends badly has seen is not lost."""

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
        """Let go of the file; twice is fine."""
        with writing(self.path):
            self._file.close()


class PoseSpool:
    """Poses on the disk, frame by frame, until they are read back whole; gone when closed. Lies beside ``path``."""

    def __init__(self, path: str | Path) -> None:
        self._draft = Draft(path)
        with writing(path):
            self._file = self._draft.path.open("w+b")
        self.frames = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def append(self, poses: Poses) -> None:
        """Add T frames; ``recording.storable`` ones, or what is read back is coarser."""
        rows = np.empty(len(poses), _FRAME)
        for name in rows.dtype.names or ():
            rows[name] = getattr(poses, name)
        with writing(self._draft.target):
            self._file.write(rows.tobytes())
        self.frames += len(poses)

    def read(self) -> Poses:
        """All frames so far."""
        with writing(self._draft.target):
            self._file.flush()
        rows = np.fromfile(self._draft.path, _FRAME)
        return joined([Poses(**{name: rows[name] for name in rows.dtype.names or ()})])

    def close(self) -> None:
        """Remove the file; twice is fine."""
        try:
            with writing(self._draft.target):
                self._file.close()  # which writes what it still holds
        finally:
            self._draft.discard()
