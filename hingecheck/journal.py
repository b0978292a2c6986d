"""What is written while frames come: every event a line, every frame's poses behind the last. Memory stays flat over hours."""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import numpy as np

from .data import Poses
from .files import writing
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
_NAMES: Final = _FRAME.names or ()
_IN_MEMORY: Final = 8_000_000  # bytes: five minutes
_AT_ONCE: Final = 4096  # frames


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
    """Poses put aside frame by frame until they are read back whole: on the disk, in ``folder``, in a file without a name.

    Without a ``folder``: where the system keeps what is temporary, and there only what is more than a few minutes. It is gone when closed
    or when the process ends.
    """

    def __init__(self, folder: str | Path | None = None) -> None:
        self._folder = Path(folder or tempfile.gettempdir())
        self._file: IO[bytes]
        with writing(self._folder):
            if folder is None:
                self._file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 (closed by close)
            else:
                self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self.frames = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def append(self, poses: Poses) -> None:
        """Add T frames; ``recording.storable`` ones, or what is read back is coarser."""
        rows = np.empty(len(poses), _FRAME)
        for name in _NAMES:
            rows[name] = getattr(poses, name)
        with writing(self._folder):
            self._file.write(rows.tobytes())
        self.frames += len(poses)

    def read(self) -> Poses:
        """All frames so far, in the types of a file."""
        poses = Poses(**{name: np.empty((self.frames, *_FRAME[name].shape), _FRAME[name].base) for name in _NAMES})
        with writing(self._folder):
            self._file.seek(0)
            for first in range(0, self.frames, _AT_ONCE):
                rows = np.frombuffer(self._file.read(_FRAME.itemsize * min(_AT_ONCE, self.frames - first)), _FRAME)
                for name in _NAMES:
                    getattr(poses, name)[first : first + len(rows)] = rows[name]
        return poses

    def close(self) -> None:
        """Let the file go; twice is fine."""
        with writing(self._folder):
            self._file.close()  # which writes what it still holds
