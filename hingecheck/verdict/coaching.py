"""What to say now: one cue at a time, the most important first, long enough to be read. A lifter can fix only one thing at a time."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from .cues import BY_ID, COLUMN
from .types import Bools, Event, Result, Status

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
    put right last, and when. ``first``: the cue that is said before all others.
    """

    on: frozenset[Wrong] = frozenset()
    saying: Wrong | None = None
    since_s: float = 0.0
    unheeded: frozenset[Wrong] = frozenset()
    resting: tuple[tuple[Wrong, float], ...] = ()
    better: Wrong | None = None
    better_s: float = -math.inf
    first: str | None = None

    def urgency(self, wrong: Wrong) -> tuple[int, Wrong]:
        """Sorts what is wrong: what is said first, then by priority, then by name."""
        return 0 if wrong[0] == self.first else BY_ID[wrong[0]].priority, wrong


def start(first: str | None = None) -> Coach:
    """Nothing is wrong and nothing is said. ``first``: the id of a cue that is said before all others."""
    return Coach(first=first)


def as_judged(result: Result) -> Result:
    """The result of a whole recording with only those cues on, and only those events of cues, that the judgements of its reps confirm.

    While the lifter moves, a cue can come on that is not judged in the end, or that another way to get it wrong outweighs.
    """
    active = np.zeros_like(result.active)
    events = [event for event in result.events if event.kind not in ("cue_on", "cue_off")]
    righted = {(event.cue, event.time_s) for event in result.events if event.righted}
    starts = [rep.start_s for rep in result.reps]
    of_rep = np.searchsorted(starts, result.time_s, side="right") - 1  # a lockout lasts until the next rep
    for number, rep in enumerate(result.reps):
        for cue_id, said in rep.cues.items():
            if said.status is Status.FAULT:
                column = COLUMN[cue_id]
                active[:, column] |= result.active[:, column] & (of_rep == number)
    for cue_id, column in COLUMN.items():
        for first, last in _runs(active[:, column], of_rep):
            direction = result.reps[of_rep[first]].cues[cue_id].direction
            events.append(Event(float(result.time_s[first]), "cue_on", cue=cue_id, direction=direction))
            if last < len(result):
                ended_s = float(result.time_s[last])
                put_right = (cue_id, ended_s) in righted
                events.append(Event(ended_s, "cue_off", cue=cue_id, direction=direction, righted=put_right))
    return replace(result, active=active, events=tuple(sorted(events, key=lambda event: event.time_s)))


def _runs(on: Bools, of_rep: "np.ndarray[tuple[int], np.dtype[np.intp]]") -> Iterator[tuple[int, int]]:
    """First frame and the one after the last of each stretch, within one rep, in which ``on`` (T,) holds."""
    key = np.where(on, of_rep, -1)
    edges = np.flatnonzero(np.diff(key, prepend=-1, append=-1))
    for first, last in pairwise(edges):
        if key[first] >= 0:
            yield int(first), int(last)


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
        foremost = min(rested, key=coach.urgency, default=None)
        read = coach.saying is None or t - coach.since_s >= SHOWN_S
        more_urgent = coach.saying is not None and foremost is not None and coach.urgency(foremost)[0] < coach.urgency(coach.saying)[0]
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
        return replace(coach, unheeded=coach.unheeded - set(heeded), better=min(heeded, key=coach.urgency), better_s=event.time_s)
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
