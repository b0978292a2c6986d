"""What a coach says is wrong about a verdict: faults that are none, and reps that are none.

They are kept as a file in the clip's folder, so they go where the clip goes. They are laid over every verdict on the clip: under other
limits too, and when it is drawn again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from pydantic import TypeAdapter, ValidationError

from ..drive.clip import Verdict
from ..storage.files import atomic
from ..verdict import scoring
from ..verdict.types import Rep, Status
from .schemas import Correction

FILE: Final = "corrections.json"
BY_COACH: Final = "a fault as measured, none as the coach sees it"
_ADAPTER: Final = TypeAdapter(list[Correction])


def load(folder: Path) -> list[Correction]:
    """The corrections of the clip with this folder. None where the file is absent or damaged."""
    try:
        return _ADAPTER.validate_json((folder / FILE).read_bytes())
    except (OSError, ValidationError):
        return []


def save(folder: Path, corrections: Sequence[Correction]) -> None:
    """Keep the corrections of a clip in place of those before."""
    with atomic(folder / FILE) as draft:
        draft.write_text(json.dumps([one.model_dump() for one in corrections]), encoding="utf-8")


def applied(verdict: Verdict, corrections: Sequence[Correction]) -> Verdict:
    """The verdict with its rejected reps left out, its rejected faults turned to ok, and the scores that follow."""
    if not corrections:
        return verdict
    result = verdict.result
    kept = [_corrected(rep, corrections) for rep in result.reps if not any(one.cue is None and _is_of(one, rep) for one in corrections)]
    numbers = np.where(
        np.isin(result.rep, [rep.index for rep in result.reps if rep.index not in {one.index for one in kept}]), 0, result.rep
    )
    summary = replace(
        verdict.summary,
        cues=scoring.counts(kept),
        score=scoring.session_score(kept),
        next_cue=scoring.next_cue(kept),
        stage=scoring.stage(kept),
    )
    return replace(verdict, result=replace(result, reps=tuple(kept), rep=numbers.astype(result.rep.dtype)), summary=summary)


def _corrected(rep: Rep, corrections: Sequence[Correction]) -> Rep:
    """A rep with the faults that its coach rejects turned to ok."""
    cues = dict(rep.cues)
    for one in corrections:
        if one.cue in cues and _is_of(one, rep) and cues[one.cue].direction == one.direction:
            cues[one.cue] = replace(cues[one.cue], status=Status.OK, direction=None, reason=BY_COACH)
    return rep if cues == rep.cues else replace(rep, cues=cues, score=scoring.rep_score(cues))


def _is_of(one: Correction, rep: Rep) -> bool:
    """Whether a correction is about this rep. Its number may change with the limits, its time does not."""
    return rep.start_s <= one.bottom_s <= rep.end_s


def labels(clip: Mapping[str, Any], report: Mapping[str, Any], corrections: Sequence[Correction]) -> list[dict[str, Any]]:
    """The corrections of a clip as labels for training and tests: which clip by its content, when, and what it is not."""
    return [
        {
            **{"clip": clip["name"], "sha256": report["clip"]["sha256"], "hingecheck": report["hingecheck"], "model": report["model"]},
            **{"bottom_s": one.bottom_s, "label": "no_rep" if one.cue is None else "no_fault", "cue": one.cue, "direction": one.direction},
        }
        for one in corrections
    ]
