"""Poses and measures in the file formats of other programs: OpenSim markers and motion, netCDF for movement, Parquet.

The text files have the layout and the marker names of Sports2D and Pose2Sim.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from .. import __version__
from ..errors import InputError
from ..storage.files import atomic
from ..storage.tables import write_parquet
from ..verdict.cues import CUES
from ..verdict.poses import Poses
from ..verdict.skeleton import LANDMARKS, SIDES
from ..verdict.types import METRICS, Floats, Phase, Result
from . import report

ANGLES: Final = tuple(name for name in METRICS if name.endswith("_deg"))
_FOOT: Final = {"foot_index": "big_toe"}  # its name in those programs


def marker(landmark: str) -> str:
    """The name of a landmark as a marker: left_foot_index -> LBigToe."""
    words = landmark.split("_")
    side = next((word for word in words if word in ("left", "right")), "")
    rest = "_".join(word for word in words if word != side)
    return side[:1].upper() + "".join(word.capitalize() for word in _FOOT.get(rest, rest).split("_"))


def write_trc(path: Path, poses: Poses) -> None:
    """Write markers in metres: x right in the picture, y up, z towards the camera, origin mid-hip. Empty where a landmark is NaN.

    The markers are the 33 landmarks, Hip (mid-hip) and Neck (mid-shoulder).
    """
    middles = [poses.world[:, list(SIDES[joint])].mean(axis=1, keepdims=True) for joint in ("hip", "shoulder")]
    xyz = np.concatenate([poses.world, *middles], axis=1) * (1, -1, -1)
    names = [*map(marker, LANDMARKS), "Hip", "Neck"]
    rate_hz = _rate_hz(poses.time_s)
    facts = {
        **{"DataRate": rate_hz, "CameraRate": rate_hz, "NumFrames": len(poses), "NumMarkers": len(names), "Units": "m"},
        **{"OrigDataRate": rate_hz, "OrigDataStartFrame": 1, "OrigNumFrames": len(poses)},
    }
    head = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "\t".join(facts),
        "\t".join(str(fact) for fact in facts.values()),
        "Frame#\tTime\t" + "\t\t\t".join(names) + "\t\t",
        "\t\t" + "\t".join(f"X{n}\tY{n}\tZ{n}" for n in range(1, len(names) + 1)),
    ]
    rows = (
        "\t".join([str(frame), f"{time_s:.6f}", *("" if np.isnan(value) else f"{value:.6f}" for value in values)])
        for frame, (time_s, values) in enumerate(zip(poses.time_s, xyz.reshape(len(poses), 3 * len(names)), strict=True), 1)
    )
    _write_lines(path, [*head, *rows])


def write_mot(path: Path, result: Result) -> None:
    """Write the angles of the measured side over time, degrees, named as in frames.csv. ``nan`` where an angle was not measured."""
    head = [
        *("Coordinates", "version=1", f"nRows={len(result)}", f"nColumns={1 + len(ANGLES)}", "inDegrees=yes", ""),
        *("Units are S.I. units (second, meters, Newtons, ...)", "Angles are in degrees.", "", "endheader"),
        "\t".join(["time", *ANGLES]),
    ]
    table = np.column_stack([result.time_s, *(getattr(result.metrics, name) for name in ANGLES)])
    _write_lines(path, [*head, *("\t".join(f"{value:.6f}" for value in row) for row in table)])


def need_netcdf(asked: str) -> None:
    """Raise ``InputError`` if netCDF cannot be written, before any work is done. The message begins with ``asked``, the user's option."""
    try:
        import scipy.io  # noqa: F401
    except ImportError as error:
        raise InputError(f"{asked}: SciPy is not installed. Run: pip install 'hingecheck[netcdf]'") from error


def write_netcdf(path: Path, poses: Poses) -> None:
    """Write a movement poses dataset of one individual: time in seconds, position in pixels (y down), confidence 0 to 1."""
    need_netcdf(str(path))
    from scipy.io import netcdf_file

    names = np.array([name.encode("ascii") for name in LANDMARKS])
    with atomic(path) as draft, netcdf_file(draft, "w", version=2) as file:
        for name, size in (("time", len(poses)), ("space", 2), ("keypoints", len(LANDMARKS)), ("individuals", 1)):
            file.createDimension(name, size)
        _texts(file, "space", np.array([b"x", b"y"]))
        _texts(file, "keypoints", names)
        _texts(file, "individuals", np.array([b"lifter"]))
        _numbers(file, "time", poses.time_s, "time")
        xy = np.moveaxis(poses.xy, -1, 1)[..., None]
        _numbers(file, "position", xy, "time", "space", "keypoints", "individuals")
        _numbers(file, "confidence", poses.score[..., None], "time", "keypoints", "individuals")
        file.ds_type, file.time_unit, file.fps = "poses", "seconds", np.float64(_rate_hz(poses.time_s))
        file.source_software = f"hingecheck {__version__}"


def write_frames(path: Path, result: Result) -> None:
    """Write frames.csv as Parquet: the same columns, null for an empty cell."""
    made: dict[str, list[Any]] = {
        "time_s": result.time_s.tolist(),
        "phase": [Phase(int(phase)).name.lower() for phase in result.phase],
        "rep": result.rep.tolist(),
        "cues": [";".join(cue.id for cue, on in zip(CUES, row, strict=True) if on) for row in result.active.tolist()],
    }
    for name in METRICS:
        made[name] = [None if value != value else value for value in getattr(result.metrics, name).tolist()]
    kinds: dict[str, type] = {"phase": str, "rep": int, "cues": str}
    columns = {name: kinds.get(name, float) for name in report.COLUMNS}
    write_parquet(path, columns, (dict(zip(made, row, strict=True)) for row in zip(*made.values(), strict=True)))


# Format -> its file, and the function that writes it from poses and result.
FORMATS: Final[dict[str, tuple[str, Callable[[Path, Poses, Result], None]]]] = {
    "trc": ("markers.trc", lambda path, poses, result: write_trc(path, poses)),
    "mot": ("angles.mot", lambda path, poses, result: write_mot(path, result)),
    "nc": ("poses.nc", lambda path, poses, result: write_netcdf(path, poses)),
    "parquet": ("frames.parquet", lambda path, poses, result: write_frames(path, result)),
}


def _rate_hz(time_s: Floats) -> float:
    """Frames a second, from the median interval; 0 for fewer than two frames."""
    return round(float(1 / np.median(np.diff(time_s))), 3) if len(time_s) > 1 else 0.0


def _write_lines(path: Path, lines: list[str]) -> None:
    with atomic(path) as draft:
        draft.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")


def _texts(file: Any, name: str, texts: Any) -> None:
    """Labels of a dimension: netCDF 3 keeps them as rows of letters."""
    size = texts.dtype.itemsize
    letters = f"{name}_letters"
    file.createDimension(letters, size)
    variable = file.createVariable(name, "c", (name, letters))
    variable[:] = texts.view("S1").reshape(len(texts), size)
    variable._Encoding = "utf-8"


def _numbers(file: Any, name: str, values: Floats, *dimensions: str) -> None:
    file.createVariable(name, "d", dimensions)[:] = values
