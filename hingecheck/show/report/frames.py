"""frames.csv: every measure of every frame."""

import csv
import io
import math
from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from ...verdict.cues import CUES
from ...verdict.poses import chunks
from ...verdict.types import METRICS, Phase, Result

# frames.csv: these columns in this order. Measures added later come after ``cues``.
FIRST_METRICS: Final = (
    *("hip_flexion_deg", "knee_flexion_deg", "trunk_lean_deg", "shin_lean_deg", "spine_lower_deg", "spine_upper_deg"),
    *("butt_drop", "shoulder_shift", "knee_ankle_ratio", "ankle_hip_ratio", "view_yaw_deg"),
)
COLUMNS: Final = ("time_s", *FIRST_METRICS, "phase", "rep", "cues", *(name for name in METRICS if name not in FIRST_METRICS))


def frames_csv(result: Result) -> Iterator[str]:
    """frames.csv in pieces, one row per frame. A NaN measure is empty, ``rep`` is 0 between reps, ``cues`` are joined by ';'."""
    yield ",".join(COLUMNS) + "\n"
    for part in chunks(result):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(_rows(part))
        yield text.getvalue()


def _rows(result: Result) -> Iterable[tuple[str | int, ...]]:
    ids = np.array([cue.id for cue in CUES])
    made = {
        "time_s": [f"{time_s:.6f}" for time_s in result.time_s],
        "phase": [Phase(int(phase)).name.lower() for phase in result.phase],
        "rep": result.rep.tolist(),
        "cues": [";".join(ids[on]) for on in result.active],
    }
    for name in METRICS:
        made[name] = [
            "" if math.isnan(value) else f"{value:.{2 if name.endswith('_deg') else 4}f}" for value in getattr(result.metrics, name)
        ]
    return zip(*(made[name] for name in COLUMNS), strict=True)
