"""The moments of a result that are worth a picture."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ...verdict.cues import BY_ID
from ...verdict.types import Result, Status

MOST_MOMENTS: Final = 6


class Moment(NamedTuple):
    """A time worth a picture, and the cue that was wrong then. ``cue`` None: the bottom of a rep without a fault."""

    time_s: float
    rep: int
    cue: str | None


@dataclass(frozen=True, slots=True)
class Still:
    """The drawn picture of a ``Moment``, as JPEG bytes."""

    jpeg: bytes
    moment: Moment


def worst_moments(result: Result, first: str | None = None) -> list[Moment]:
    """The worst fault of each cue over all reps, at most six. Without a fault: the bottom of the first rep.

    The cue ``first``, the next to practise, comes before the others; those by their importance.
    """
    faults: dict[str, list[tuple[str | None, float, Moment]]] = {}
    for rep in result.reps:
        for cue_id, said in rep.cues.items():
            if said.status == Status.FAULT:
                moment = Moment(rep.bottom_s if said.at_s is None else said.at_s, rep.index, cue_id)
                faults.setdefault(cue_id, []).append((said.direction, excess(said.value, said.limit), moment))
    ordered = sorted(faults, key=lambda cue_id: (cue_id != first, BY_ID[cue_id].priority))
    moments = [faults[cue_id][worst([fault[:2] for fault in faults[cue_id]])][2] for cue_id in ordered]
    return moments[:MOST_MOMENTS] or [Moment(rep.bottom_s, rep.index, None) for rep in result.reps[:1]]


def excess(value: float | None, limit: float | None) -> float:
    """How far a value is from its limit; what is missing counts as 0."""
    return abs((value or 0.0) - (limit or 0.0))


def worst(faults: Sequence[tuple[str | None, float]]) -> int:
    """Which of a cue's faults, (direction, excess) each, stands for all: the worst of those in the commonest direction."""
    direction = Counter(direction for direction, _ in faults).most_common(1)[0][0]
    return max((number for number, fault in enumerate(faults) if fault[0] == direction), key=lambda number: faults[number][1])
