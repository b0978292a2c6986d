"""The moments of a result that are worth a picture."""

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


def worst_moments(result: Result) -> list[Moment]:
    """The worst fault of each cue over all reps, most important cue first, at most six. Without a fault: the bottom of the first rep."""
    worst: dict[str, tuple[float, Moment]] = {}
    for rep in result.reps:
        for cue_id, said in rep.cues.items():
            if said.status != Status.FAULT:
                continue
            excess = abs((said.value or 0.0) - (said.limit or 0.0))
            moment = Moment(rep.bottom_s if said.at_s is None else said.at_s, rep.index, cue_id)
            if cue_id not in worst or excess > worst[cue_id][0]:
                worst[cue_id] = (excess, moment)
    moments = [worst[cue_id][1] for cue_id in sorted(worst, key=lambda cue_id: BY_ID[cue_id].priority)]
    return moments[:MOST_MOMENTS] or [Moment(rep.bottom_s, rep.index, None) for rep in result.reps[:1]]
