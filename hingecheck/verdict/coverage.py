"""Whether enough of a rep was seen to judge it: frames a second, and gaps. What a gap may hide is not judged."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np

from .cues import BY_ID
from .phases import LOST_S, Closed
from .scoring import rep_score
from .smoothing import FORGET_S
from .types import Bools, Floats, Ints, Judgement, Phase, Rep, Status

# On real and rendered clips thinned to so many frames a second, 1 of 118 judgements changes at 15, 3 of 117 at 7 to 12, 5 of 113 at 6, 8 of
# 110 at 4 and 18 of 89 at 3.
FEWEST_HZ: Final = 6.5
GAP_S: Final = FORGET_S  # the filters start afresh after it: nothing is known of what lies between
SOON_S: Final = 0.25  # nobody bends from standing to the angle at which a rep begins so soon after coming into sight
FEW_TO_ASK: Final = 15  # frames a second that are asked for
ACROSS: Final = frozenset({"back_drift_deg", "hips_lead_deg"})  # compare one part of the rep with another


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was seen of the open rep: ``frames`` from ``first_s`` to ``last_s``, the longest gap in it, and the phases at gaps.

    ``late``: the lifter came into sight when the rep had begun. Of all frames: ``seen_s`` and ``phase`` of the last one, ``since_s`` since
    when there is no gap, ``unseen_s`` how long the gap before that was.
    """

    frames: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    gap_s: float = 0.0
    missed: frozenset[int] = frozenset()
    late: bool = False
    seen_s: float = -np.inf
    phase: int = Phase.UNSEEN
    since_s: float = 0.0
    unseen_s: float = 0.0

    @property
    def rate_hz(self) -> float:
        """Frames a second; infinite for fewer than two frames."""
        return (self.frames - 1) / (self.last_s - self.first_s) if self.frames > 1 else np.inf

    def between(self) -> "Coverage":
        """The same after the rep ended."""
        return Coverage(seen_s=self.seen_s, phase=self.phase, since_s=self.since_s, unseen_s=self.unseen_s)


NOTHING: Final = Coverage()


def follow(
    last: Coverage, time_s: Floats, phase: Ints, seen: Bools, in_rep: Bools, closed: Sequence[Closed]
) -> tuple[Coverage, list[Coverage]]:
    """Follow the open movement over T more frames, ``seen`` and ``in_rep`` or not. (T,) each -> its coverage, that of each that closed."""
    if last.seen_s == -np.inf and len(time_s):
        last = replace(last, seen_s=float(time_s[0]), since_s=float(time_s[0]))
    done = []
    for first, end in pairwise([0, *(c.frame for c in closed), len(time_s)]):
        rows = first + np.flatnonzero(seen[first:end])
        for t, moving, now in zip(time_s[rows].tolist(), in_rep[rows].tolist(), phase[rows].tolist(), strict=True):
            step, before = t - last.seen_s, last.phase
            last = replace(last, seen_s=t, phase=now)
            if step > GAP_S:
                last = replace(last, since_s=t, unseen_s=step)
            if not moving:
                continue
            opens = last.frames == 0
            last = replace(last, frames=last.frames + 1, first_s=t if opens else last.first_s, last_s=t)
            if opens and last.unseen_s > 0 and t - last.since_s < SOON_S:
                late = last.unseen_s > LOST_S
                last = replace(last, late=late, gap_s=last.unseen_s, missed=frozenset({Phase.DOWN}))
            elif step > GAP_S:
                last = replace(last, gap_s=max(last.gap_s, step), missed=last.missed | {before, now})
        done.append(last)
        last = last.between()
    return done[-1], done[:-1]


def honest(rep: Rep, seen: Coverage) -> Rep:
    """The rep without the judgements that need what was not seen of it."""
    if seen.rate_hz < FEWEST_HZ:
        reason = f"only {seen.rate_hz:.0f} frames a second: film with at least {FEW_TO_ASK}"
    elif seen.missed:
        reason = "its beginning was not seen" if seen.late else f"{seen.gap_s:.1f} s of the rep are missing"
    else:
        return rep
    few = seen.rate_hz < FEWEST_HZ
    cues = {cue_id: _withheld(judged, reason) if few or _needs(cue_id, judged, seen) else judged for cue_id, judged in rep.cues.items()}
    return replace(rep, complete=rep.complete and not seen.late, cues=cues, score=rep_score(cues))


def _needs(cue_id: str, judgement: Judgement, seen: Coverage) -> bool:
    """Whether this judgement may be another one with the gap filled: a fault that was seen stays one."""
    faults = BY_ID[cue_id].faults
    if judgement.status is Status.FAULT:
        mine = next(fault for fault in faults if fault.direction == judgement.direction)
        return mine.throughout or mine.metric in ACROSS
    return seen.late or any(fault.metric in ACROSS or seen.missed & fault.phases for fault in faults)


def _withheld(judgement: Judgement, reason: str) -> Judgement:
    if judgement.status is Status.NOT_JUDGED:
        return judgement
    return Judgement(Status.NOT_JUDGED, None, None, None, None, judgement.unit, None, reason)
