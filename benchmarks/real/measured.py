"""A clip whose joint angles were measured by other means: ``measured.json`` beside the clips."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from hingecheck.errors import InputError

from ..stats import Floats
from ..tables import Row
from .figures import Case

# Our measure, and the measured one that means the same.
COMPARED: Final = {
    "knee_flexion_deg": "knee_flexion_deg",
    "hip_flexion_deg": "hip_flexion_trunk_to_thigh_deg",
    "trunk_lean_deg": "trunk_lean_deg",
}
NEAR_S: Final = 0.1  # ours is the median of the frames this near to a measured bottom


def rows(folder: Path, cases: Iterable[Case]) -> list[Row]:
    """A row a measured bottom: angles as measured, ours, and ours less the measured, degrees. None without ``measured.json``."""
    path = folder / "measured.json"
    if not path.is_file():
        return []
    try:
        measured = json.loads(path.read_text(encoding="utf-8"))
        time_s = np.array(measured["t"], float) + _offset_s(measured["clip_time_minus_this_s"])
        angles = {ours: np.array(measured[name], float) for ours, name in COMPARED.items()}
        cases = [case for case in cases if case.rated.clip.name == measured["clip"]]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not measured angles ({error!r}). benchmarks/README.md has its fields.") from error
    return [_row(case, time_s, angles, at) for case in cases for at in bottoms(angles["knee_flexion_deg"])]


def bottoms(knee_deg: Floats) -> Iterator[int]:
    """The frame of the deepest point of each stretch beyond the middle of the range. (T,) degrees -> frames."""
    deep = knee_deg > (np.nanmin(knee_deg) + np.nanmax(knee_deg)) / 2
    edges = np.flatnonzero(np.diff(np.concatenate([[False], deep, [False]]).astype(int)))
    for first, end in edges.reshape(-1, 2):
        yield first + int(np.nanargmax(knee_deg[first:end]))


def _row(case: Case, time_s: Floats, angles: dict[str, Floats], at: int) -> Row:
    frames = case.seen.frames
    near = np.abs(frames["time_s"] - time_s[at]) <= NEAR_S
    row: Row = {"clip": case.rated.clip.stem, "at s": float(time_s[at]), "in a repetition": bool((frames["rep"][near] > 0).any())}
    for name, values in angles.items():
        seen = frames[name][near]
        seen = seen[np.isfinite(seen)]
        ours = float(np.median(seen)) if len(seen) else float("nan")
        short = name.removesuffix("_deg").replace("_flexion", "").replace("_lean", "")
        row |= {f"{short} measured": float(values[at]), f"{short} ours": ours, f"{short} off": ours - float(values[at])}
    return row


def _offset_s(text: Any) -> float:
    """Seconds from a number, or from the first number of a text such as "about +0.08"."""
    found = re.search(r"[-+]?\d+(?:\.\d+)?", str(text))
    if found is None:
        raise ValueError(f"no number of seconds in {text!r}")
    return float(found[0])
