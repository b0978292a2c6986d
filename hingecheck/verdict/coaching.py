"""What to say now: one cue at a time, the most important first, long enough to be read. A lifter can fix only one thing at a time."""

import math
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from .cues import BY_ID
from .types import Event, Result, Status

# A cue stays this long, even when the fault was shorter: two words take a second to read while bending. Only a more important cue
# does not wait. Otherwise, in a lift of 1.5 s, a cue for sinking hips would hide one for a rounding back.
SHOWN_S: Final = 1.5
COOL_S: Final = 2.0  # a cue that has gone is not said again for this long: once a repetition is enough
BETTER: Final = "Better"
BETTER_S: Final = 1.5

Wrong = tuple[str, str]  # cue id, direction


class Line(NamedTuple):
    """What to say at one frame: the cue, or else the one that is better now; both None when there is nothing to say."""

    cue: Wrong | None = None
    better: Wrong | None = None


@dataclass(frozen=True, slots=True)
class Coach:
    """What is remembered: what is wrong, what is being said since when, what may not be said yet.

    ``unheeded``: what was said and not put right since. ``resting``: each cue that has gone, and when. ``better``, ``better_s``: what was
    put right last, and when.
    """

    on: frozenset[Wrong] = frozenset()
    saying: Wrong | None = None
    since_s: float = 0.0
    unheeded: frozenset[Wrong] = frozenset()
    resting: tuple[tuple[Wrong, float], ...] = ()
    better: Wrong | None = None
    better_s: float = -math.inf


def start() -> Coach:
    """Nothing is wrong and nothing is said."""
    return Coach()


def advance(coach: Coach, result: Result) -> tuple[Coach, list[Line]]:
    """What to say at each of T frames. ``result`` of T frames, in order -> coach, list of T."""
    lines: list[Line] = []
    events = [event for event in result.events if event.kind in ("cue_on", "cue_off", "rep")]
    upcoming = 0
    for t in result.time_s.tolist():
        while upcoming < len(events) and events[upcoming].time_s <= t:
            coach = _heard(coach, events[upcoming], result)
            upcoming += 1
        if coach.resting and t - coach.resting[0][1] >= COOL_S:
            coach = replace(coach, resting=tuple(pair for pair in coach.resting if t - pair[1] < COOL_S))
        rested = coach.on - {wrong for wrong, _ in coach.resting}
        foremost = min(rested, key=_urgency, default=None)
        read = coach.saying is None or t - coach.since_s >= SHOWN_S
        more_urgent = coach.saying is not None and foremost is not None and _urgency(foremost)[0] < _urgency(coach.saying)[0]
        if foremost != coach.saying and (read or more_urgent):
            gone = ((coach.saying, t),) if coach.saying is not None and coach.saying not in coach.on else ()
            unheeded = coach.unheeded if foremost is None else coach.unheeded | {foremost}
            coach = replace(coach, saying=foremost, since_s=t, unheeded=unheeded, resting=coach.resting + gone)
        praised = coach.saying is None and t - coach.better_s < BETTER_S
        lines.append(Line(coach.saying, coach.better if praised else None))
    return coach, lines


def _heard(coach: Coach, event: Event, result: Result) -> Coach:
    """Take in one event: a fault begins, is put right, or passes; a repetition shows that what was said has been heeded."""
    if event.kind == "rep":
        fine = {cue for rep in result.reps if rep.index == event.rep for cue, said in rep.cues.items() if said.status is Status.OK}
        heeded = [wrong for wrong in coach.unheeded - coach.on if wrong[0] in fine]
        if not heeded:
            return coach
        return replace(coach, unheeded=coach.unheeded - set(heeded), better=min(heeded, key=_urgency), better_s=event.time_s)
    assert event.cue is not None and event.direction is not None
    wrong = event.cue, event.direction
    if event.kind == "cue_on":
        return replace(coach, on=coach.on | {wrong})
    coach = replace(coach, on=coach.on - {wrong})
    if event.righted and wrong in coach.unheeded:
        coach = replace(coach, unheeded=coach.unheeded - {wrong}, better=wrong, better_s=event.time_s)
        if coach.saying == wrong:
            coach = replace(coach, saying=None, resting=(*coach.resting, (wrong, event.time_s)))
    return coach


def _urgency(wrong: Wrong) -> tuple[int, Wrong]:
    """Sorts what is wrong by priority, then by name."""
    return BY_ID[wrong[0]].priority, wrong
