"""Recorded poses: an npz file that the engine can judge again without model or video.

Arrays in the file: the columns of ``Poses`` in the shapes and types of ``poses.COLUMNS``; ``schema``, an integer; ``hingecheck``, the
version that wrote the file; ``meta``, JSON text. Older files without ``leg`` are read as leg not seen. Older files without ``hidden`` mark
hidden joints by a score of ``HIDDEN_SCORE``; without ``camera`` and ``breaks``, the camera stands.
"""

import json
import zipfile
from collections.abc import Mapping
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
    """Read a file that ``save_poses`` wrote. ``RecordingError`` for any other file, whatever its content."""
    try:
        # Without pickle a file can hold wrong numbers but cannot run code.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as stored:
            content = {name: stored[name] for name in stored.files}
    except FileNotFoundError as error:
        raise RecordingError(f"{path}: no such file. Check the name and the folder.") from error
    except IsADirectoryError as error:
        raise RecordingError(f"{path}: a folder, not recorded poses. Name the poses.npz in it.") from error
    except PermissionError as error:
        raise RecordingError(f"{path}: no permission to read it. Change its permissions or copy it.") from error
    except Exception as error:  # zipfile, zlib and numpy raise a dozen exception types for damaged bytes
        raise RecordingError(f"{path}: not recorded poses, or damaged. {_AGAIN}") from error

    schema = content.get("schema")
    if schema is None or schema.shape != () or schema.dtype.kind != "i":
        raise RecordingError(f"{path}: not recorded poses (no schema number). Name a poses.npz that hingecheck wrote.")
    if schema != SCHEMA:
        raise RecordingError(f"{path}: schema {schema}, and this hingecheck reads {SCHEMA}. Upgrade hingecheck, or analyze the clip again.")
    if "leg" not in content and "time_s" in content:
        content["leg"] = np.full((*content["time_s"].shape[:1], *COLUMNS["leg"].shape), np.nan, np.float32)
    if "hidden" not in content and "score" in content:
        score = content["score"]
        content["hidden"] = score == HIDDEN_SCORE if score.dtype == np.float32 else np.zeros(score.shape, np.bool_)
    if "time_s" in content:
        frames = content["time_s"].shape[:1]
        content.setdefault("camera", np.tile(np.array(NOWHERE, np.float32), (*frames, 1)))
        content.setdefault("breaks", np.zeros(frames, np.int8))
    if flaw := _flaw(content):
        raise RecordingError(f"{path}: {flaw}. {_AGAIN}")
    try:
        meta = json.loads(str(content["meta"]))
    except (KeyError, ValueError, RecursionError) as error:
        raise RecordingError(f"{path}: what it says of its clip cannot be read. {_AGAIN}") from error
    if not isinstance(meta, dict):
        raise RecordingError(f"{path}: what it says of its clip is no table. {_AGAIN}")
    return Poses(**{name: content[name] for name in COLUMNS}).widened(), meta


def _flaw(arrays: Mapping[str, NDArray[Any]]) -> str | None:
    """Describe why the arrays are not valid poses; None if they are."""
    missing = [name for name in COLUMNS if name not in arrays]
    if missing:
        return f"no {' and no '.join(missing)} in it"
    frames = arrays["time_s"].shape[:1]
    for name, column in COLUMNS.items():
        shape = arrays[name].shape
        if arrays[name].dtype != column.on_disk or not frames or shape != (*frames, *column.shape):
            wanted = ", ".join(["T", *map(str, column.shape)])
            return f"{name} is {shape} {arrays[name].dtype}, not ({wanted}) {column.on_disk.__name__}"
    return _disorder(arrays["time_s"])


def _disorder(time_s: NDArray[Any]) -> str | None:
    """A message if the times do not increase strictly, else None."""
    return None if np.isfinite(time_s).all() and (np.diff(time_s) > 0).all() else "its times do not rise"


def _unfit(poses: Poses) -> str | None:
    """Describe why the poses cannot be stored exactly; None if they can."""
    arrays = poses.narrowed()
    if flaw := _flaw(arrays):
        return flaw
    for name, array in arrays.items():
        if not np.array_equal(array, getattr(poses, name), equal_nan=array.dtype.kind == "f"):
            return f"{name} is finer than a file keeps; pass them through storable() first"
    return None
