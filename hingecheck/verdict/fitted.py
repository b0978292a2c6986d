"""The fitted numbers, read from ``calibration.json`` beside this file and held to their shapes. ``calibration`` says what they mean.

``python -m benchmarks refit FOLDER`` fits them again, and writes that file. Its ``provenance`` names the data behind every number.
"""

import json
import math
from importlib import resources
from itertools import pairwise
from typing import Any, Final

from .silhouette import L, S
from .types import METRICS

SCHEMA: Final = "hinge-calibration/1"
FILE: Final = "calibration.json"

Shape = tuple[int, ...]

SHAPES: Final[dict[str, Shape | dict[str, Shape]]] = {
    "USUAL_PROFILE": (S,),
    "CAMERA_READ_DEG": (5,),
    "CAMERA_TRUE_DEG": (5,),
    "ANGLES": {name: (3, 3) for name in ("read", "true", "slope", "bent", "deep", "kept")},
    "USUAL_LEG": (L,),
    "USUAL_LINE_DEG": (),
    "REAR_WEIGHTS": (2, L),
    "REAR_LEANS": (4, 2),
    "KNEE_BY_LENGTH": (2,),
    "THIGH_BY_FOOT": (4,),
    "HIP_BY_OUTLINE": (10, 2),
    "HIP_BY_LEAN": (2, 2),
    "THIGH_BY_OUTLINE": (4,),
    "KNEE_BY_OUTLINE": (4,),
    "TRUNK_BY_OUTLINE": (3,),
    "KNEES_BENT_OVER": (2,),
    "LOWER_WEIGHTS": (S,),
    "UPPER_WEIGHTS": (S,),
    "LOWER_BY_LEAN": (),
    "LOWER_BY_CHORD": (),
    "LOWER_BY_UPPER": (),
    "UPPER_BY_LEAN": (),
    "UPPER_BY_HEAD": (),
    "SHOULDER_WEIGHTS": (S,),
    "SHOULDER_CARRIAGE": (3,),
    "SHOULDER_BY_CAMERA": (),
    "USUAL_BACK": (4,),
    "SPREADS_AT_DEG": (5,),
    "SPREADS": {name: (5,) for name in METRICS},
    "SPREADS_UNSTOOD": {"spine_lower_deg": (), "spine_upper_deg": ()},
    "SPREADS_OUTLINED": {"butt_drop": ()},
    "SPREADS_BY_REAR": {"hip_flexion_deg": (), "knee_flexion_deg": (), "shin_lean_deg": ()},
}
RISING: Final = ("CAMERA_READ_DEG", "CAMERA_TRUE_DEG", "SPREADS_AT_DEG")  # they are interpolated over


def load() -> dict[str, Any]:
    """The tables that the package carries, by name."""
    return tables(resources.files(__package__).joinpath(FILE).read_text(encoding="utf-8"))


def tables(text: str) -> dict[str, Any]:
    """The tables of a calibration file, by name: floats, tuples of floats, or dicts of these. ``ValueError`` if the file is not valid."""
    told = json.loads(text)
    if not isinstance(told, dict) or told.get("schema") != SCHEMA or not isinstance(told.get("numbers"), dict):
        raise ValueError(f"{FILE}: not a {SCHEMA} file")
    found = _named("numbers", told["numbers"], SHAPES)
    for name in RISING:
        if not all(a < b for a, b in pairwise(found[name])):
            raise ValueError(f"{FILE}: {name} does not rise")
    return found


def _named(name: str, value: Any, shapes: dict[str, Any]) -> dict[str, Any]:
    """A dict that has these keys and no others, each of its shape."""
    if not isinstance(value, dict) or set(value) != set(shapes):
        keys = sorted(set(value) ^ set(shapes)) if isinstance(value, dict) else sorted(shapes)
        raise ValueError(f"{FILE}: {name}: missing or unknown: {', '.join(keys)}")
    return {
        key: _named(key, value[key], shape) if isinstance(shape, dict) else _shaped(key, value[key], shape) for key, shape in shapes.items()
    }


def _shaped(name: str, value: Any, shape: Shape) -> Any:
    """A finite float, or tuples of them, of this shape."""
    if not shape:
        if type(value) not in (int, float) or not math.isfinite(value):
            raise ValueError(f"{FILE}: {name}: {value!r} is no finite number")
        return float(value)
    if not isinstance(value, list) or len(value) != shape[0]:
        raise ValueError(f"{FILE}: {name}: not of shape {' x '.join(map(str, shape))}")
    return tuple(_shaped(name, one, shape[1:]) for one in value)
