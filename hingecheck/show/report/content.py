"""report.json: a result as plain values."""

import math
from dataclasses import asdict
from typing import Any, Final

from ... import __version__
from ...verdict.types import ClipInfo, Rep, Result, Summary

SCHEMA: Final = 1


def build(clip: ClipInfo, model: str, profile_name: str, profile_sha256: str, result: Result, summary: Summary) -> dict[str, Any]:
    """report.json, schema 1, as plain values. NaN becomes None; degrees get one decimal, other numbers three."""
    return {
        "schema": SCHEMA,
        "hingecheck": __version__,
        "clip": {**asdict(clip), "duration_s": _plain(clip.duration_s)},
        "model": model,
        "profile": {"name": profile_name, "sha256": profile_sha256},
        "view": {
            "kind": str(summary.view.kind),
            "facing": None if summary.view.facing is None else str(summary.view.facing),
            "yaw_deg": _plain(summary.view.yaw_deg, 1),
        },
        "tracking": {"frames_with_person": _plain(summary.frames_with_person), "warnings": list(summary.warnings)},
        "exercise": summary.exercise,
        "stand": str(result.stand),
        "reps": [rep_as_plain(rep) for rep in result.reps],
        "cues": {cue_id: dict(counts) for cue_id, counts in summary.cues.items()},
        "score": summary.score,
        "next_cue": summary.next_cue,
        "stage": {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(summary.stage).items()},
    }


def rep_as_plain(rep: Rep) -> dict[str, Any]:
    """One repetition as in report.json."""
    return {
        "index": rep.index,
        **{name: _plain(getattr(rep, name)) for name in ("start_s", "bottom_s", "end_s")},
        "score": rep.score,
        "complete": rep.complete,
        "exercise": asdict(rep.exercise),
        "metrics": {name: _plain(value, 1 if name.endswith("_deg") else 3) for name, value in rep.metrics.items()},
        "uncertainty": {name: _plain(value, 1 if name.endswith("_deg") else 3) for name, value in rep.uncertainty.items()},
        "cues": {
            cue_id: {
                "status": str(said.status),
                "direction": said.direction,
                "value": _plain(said.value, 1 if said.unit == "degrees" else 3),
                "uncertainty": _plain(said.uncertainty, 1 if said.unit == "degrees" else 3),
                "limit": _plain(said.limit),
                "called_at": _plain(said.called_at),
                "unit": said.unit,
                "at_s": _plain(said.at_s),
                "reason": said.reason,
            }
            for cue_id, said in rep.cues.items()
        },
    }


def _plain(value: float | None, digits: int = 3) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), digits)
