"""Recorded poses: an npz file that the engine can judge again without model or video.

Arrays in the file: the columns of ``Poses`` in the shapes and types of ``poses.COLUMNS``; ``schema``, an integer; ``hingecheck``, the
version that wrote the file; ``meta``, JSON text. Older files without ``leg`` are read as leg not seen. Older files without ``hidden`` mark
hidden joints by a score of ``HIDDEN_SCORE``; without ``camera`` and ``breaks``, the camera stands.
"""

import json
import math
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from .. import __version__
from ..errors import RecordingError
from ..verdict.poses import COLUMNS, HIDDEN_SCORE, NOWHERE, Poses, PoseSource, chunks
from .files import atomic

SCHEMA: Final = 1

_AGAIN: Final = "Analyze the clip again."
MOST_FRAMES: Final = 1_000_000  # nine hours of 30 a second; the engine holds 2.4 GB of them
_MOST: Final = 1e6  # px, m or lengths
_MOST_META_BYTES: Final = 4_000_000
_MAGIC: Final = b"\x93NUMPY\x01\x00"
# As numpy writes it. Its own reader also takes headers that run to megabytes, and warns of some.
_HEADER: Final = re.compile(
    rb"\{'descr': '([<>|][biufcSU][0-9]{1,9})', 'fortran_order': (True|False), 'shape': \(([0-9]{0,12}(?:, ?[0-9]{0,12}){0,4})\),? ?\} *\n"
)


def storable(poses: Poses) -> Poses:
    """Round to the file's precision (float32, still carried as float64): exactly what ``load_poses`` returns later.

    Apply it before the engine gets the poses, so that judging them again is bit-identical.
    """
    return Poses(**poses.narrowed()).widened()


def save_poses(path: str | Path, poses: PoseSource, meta: dict[str, Any]) -> None:
    """Write poses and JSON metadata, completely or not at all. Holds at most one chunk of poses in memory.

    ``ValueError`` for poses that ``load_poses`` would reject or would not return exactly: pass them through ``storable`` first.
    """
    flaw = next(filter(None, map(_unfit, chunks(poses))), None) or _disorder(poses.time_s)
    if flaw:
        raise ValueError(f"poses cannot be recorded: {flaw}")
    said = {"schema": SCHEMA, "hingecheck": __version__, "meta": json.dumps(meta, allow_nan=False)}
    with atomic(path) as draft, zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, value in said.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                npy.write_array(file, np.array(value), allow_pickle=False)
        for name in COLUMNS:
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                _write_column(file, poses, name)


def _write_column(file: IO[bytes], poses: PoseSource, name: str) -> None:
    """Write one array in the format of ``numpy.save``."""
    for number, part in enumerate(chunks(poses)):
        array = part.narrowed()[name]
        if number == 0:
            shape = (len(poses), *array.shape[1:])
            npy.write_array_header_1_0(file, {"descr": npy.dtype_to_descr(array.dtype), "fortran_order": False, "shape": shape})
        file.write(array.tobytes())


def load_poses(path: str | Path) -> tuple[Poses, dict[str, Any]]:
    """Read a file that ``save_poses`` wrote. ``RecordingError`` for any other file, whatever its content.

    Reads the arrays by name and nothing else in the file. An array is unpacked only after its type and size were found right.
    """
    try:
        with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
            content, meta = _read(archive, set(archive.namelist()))
    except FileNotFoundError as error:
        raise RecordingError(f"{path}: no such file. Check the name and the folder.") from error
    except IsADirectoryError as error:
        raise RecordingError(f"{path}: a folder, not recorded poses. Name the poses.npz in it.") from error
    except PermissionError as error:
        raise RecordingError(f"{path}: no permission to read it. Change its permissions or copy it.") from error
    except _Flaw as flaw:
        raise RecordingError(f"{path}: {flaw}") from flaw
    except Exception as error:  # zipfile and zlib raise a dozen exception types for damaged bytes
        raise RecordingError(f"{path}: not recorded poses, or damaged. {_AGAIN}") from error
    return Poses(**{name: content[name] for name in COLUMNS}), meta


class _Flaw(Exception):
    """What is wrong with a recording, and what to do."""


@dataclass(frozen=True, slots=True)
class _Stored:
    """An array in the file that is still packed."""

    archive: zipfile.ZipFile
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    turned: bool
    start: int

    def array(self) -> NDArray[Any]:
        """Unpack it: no more bytes than its type and shape take."""
        size = math.prod(self.shape) * self.dtype.itemsize
        with self.archive.open(f"{self.name}.npy") as file:
            file.read(self.start)
            content = file.read(size)
            if len(content) != size or file.read(1):
                raise ValueError("more or fewer bytes than it says")
        return np.frombuffer(content, self.dtype).reshape(self.shape, order="F" if self.turned else "C")


def _stored(archive: zipfile.ZipFile, name: str) -> _Stored:
    """An array as its header describes it. ``ValueError`` for what numpy does not write of plain numbers and text."""
    with archive.open(f"{name}.npy") as file:
        start = file.read(len(_MAGIC) + 2)
        length = int.from_bytes(start[-2:], "little")
        header = _HEADER.fullmatch(file.read(length)) if start.startswith(_MAGIC) else None
    if header is None:
        raise ValueError("no array of numbers or text")
    dtype, turned, shape = (part.decode() for part in header.groups())
    sides = tuple(int(side) for side in shape.split(",") if side.strip())
    return _Stored(archive, name, np.dtype(dtype), sides, turned == "True", len(start) + length)


def _read(archive: zipfile.ZipFile, names: set[str]) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The columns in the types the engine calculates in, and the metadata. ``_Flaw`` says what is wrong with them."""
    stored = {name: _stored(archive, name) for name in ("schema", "meta", *COLUMNS) if f"{name}.npy" in names}
    schema = stored.get("schema")
    if schema is None or schema.shape != () or schema.dtype.kind != "i":
        raise _Flaw("not recorded poses (no schema number). Name a poses.npz that hingecheck wrote.")
    if (number := schema.array()) != SCHEMA:
        raise _Flaw(f"schema {number}, and this hingecheck reads {SCHEMA}. Upgrade hingecheck, or analyze the clip again.")
    older = {name for name in ("leg", "hidden", "camera", "breaks") if name not in stored}
    if flaw := _unlike({name: (array.shape, array.dtype) for name, array in stored.items() if name in COLUMNS}, older):
        raise _Flaw(f"{flaw}. {_AGAIN}")
    frames = stored["time_s"].shape[0]
    if frames > MOST_FRAMES:
        raise _Flaw(f"{frames} frames, and {MOST_FRAMES} can be judged at once. Cut the clip into parts, and analyze these.")
    content: dict[str, NDArray[Any]] = {}
    for name, column in COLUMNS.items():
        if name in older:
            content[name] = _as_before(name, frames, content)
            continue
        array = stored[name].array()
        if name == "time_s" and (flaw := _disorder(array)):
            raise _Flaw(f"{flaw}. {_AGAIN}")
        content[name] = array.astype(column.dtype)
    return content, _meta(stored.get("meta"))


def _as_before(name: str, frames: int, content: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    """A column of T frames that older files lack: a leg not seen, joints hidden by their score, a camera that stands and no breaks."""
    column = COLUMNS[name]
    if name == "hidden":
        hidden: NDArray[Any] = content["score"] == HIDDEN_SCORE
        return hidden
    if name == "camera":
        return np.tile(np.array(NOWHERE, column.dtype), (frames, 1))
    return np.full((frames, *column.shape), column.nobody, column.dtype)


def _meta(stored: _Stored | None) -> dict[str, Any]:
    """The metadata, a table of whatever values."""
    if stored is None or stored.shape != () or stored.dtype.kind != "U" or stored.dtype.itemsize > _MOST_META_BYTES:
        raise _Flaw(f"what it says of its clip cannot be read. {_AGAIN}")
    try:
        meta = json.loads(str(stored.array()))
    except (ValueError, RecursionError) as error:
        raise _Flaw(f"what it says of its clip cannot be read. {_AGAIN}") from error
    if not isinstance(meta, dict):
        raise _Flaw(f"what it says of its clip is no table. {_AGAIN}")
    return meta


def _flaw(arrays: Mapping[str, NDArray[Any]]) -> str | None:
    """Describe why the arrays are not valid poses; None if they are."""
    return _unlike({name: (array.shape, array.dtype) for name, array in arrays.items()}) or _disorder(arrays["time_s"])


def _unlike(arrays: Mapping[str, tuple[tuple[int, ...], np.dtype[Any]]], older: Collection[str] = ()) -> str | None:
    """Describe which array is absent or unlike its column; None if all fit. ``older``: those that may be missing."""
    wanted = [name for name in COLUMNS if name not in older]
    missing = [name for name in wanted if name not in arrays]
    if missing:
        return f"no {' and no '.join(missing)} in it"
    frames = arrays["time_s"][0][:1]
    for name in wanted:
        column = COLUMNS[name]
        shape, dtype = arrays[name]
        if dtype != column.on_disk or not frames or shape != (*frames, *column.shape):
            sides = ", ".join(["T", *map(str, column.shape)])
            return f"{name} is {shape} {dtype}, not ({sides}) {column.on_disk.__name__}"
    return None


def beyond_belief(poses: Poses) -> str | None:
    """Name a column with numbers that no clip has, in which a file that somebody else wrote may be wrong; None if there is none."""
    for name in COLUMNS:
        array = getattr(poses, name)
        least, most = (0, np.inf) if name == "people" else (-_MOST, _MOST)
        with np.errstate(invalid="ignore"):  # a NaN may be one that signals
            if array.dtype.kind != "b" and ((array < least) | (array > most)).any():
                return name
    return None


def _disorder(time_s: NDArray[Any]) -> str | None:
    """A message if the times do not increase strictly, else None."""
    with np.errstate(invalid="ignore", over="ignore"):
        rises = np.isfinite(time_s).all() and (np.diff(time_s) > 0).all()
    return None if rises else "its times do not rise"


def _unfit(poses: Poses) -> str | None:
    """Describe why the poses cannot be stored exactly; None if they can."""
    arrays = poses.narrowed()
    if flaw := _flaw(arrays):
        return flaw
    for name, array in arrays.items():
        if not np.array_equal(array, getattr(poses, name), equal_nan=array.dtype.kind == "f"):
            return f"{name} is finer than a file keeps; pass them through storable() first"
    return None
