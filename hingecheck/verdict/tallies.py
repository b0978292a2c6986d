"""The rules in force, and what each remembers of the open rep: the state of ``judging``."""

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Final, NamedTuple

import numpy as np

from .cue import Cue, Fault
from .cues import CUES
from .exercise import AUTO
from .exercises import BY_ID, EXERCISES
from .profiles import Profile
from .types import Bools, Floats


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to get a cue wrong, with the limit and hold (seconds) in force; not ``enabled``, it is not judged.

    ``exercises``: the ids of those in which it holds; None: in any.
    """

    cue: Cue
    fault: Fault
    limit: float
    hold_s: float
    enabled: bool
    exercises: frozenset[str] | None = None

    def holds_in(self, exercise: str) -> bool:
        """Whether it is judged in an exercise."""
        return self.exercises is None or exercise in self.exercises

    def beyond(self, value: Floats | float, by: float = 0.0) -> Bools | bool:
        """Whether a value is past the limit by more than ``by``; NaN is not. Elementwise."""
        return value > self.limit + by if self.fault.above else value < self.limit - by

    def narrow(self, spread: Floats) -> Bools:
        """Whether intervals of these half-widths are narrow enough to judge by: a fault as bad as can be would be called. Elementwise."""
        narrow: Bools = self.fault.allowed(spread) <= self.fault.usual_spread + self.fault.worst_by
        return narrow

    def surely(self, moment: "Moment") -> float:
        """The end of a moment's interval nearer to the right side of the limit: see ``Fault.least``."""
        return self.fault.least(moment.value, moment.spread)

    def excess(self, value: float) -> float:
        """How far a value is past the limit, in the cue's unit; negative on the right side of it."""
        return value - self.limit if self.fault.above else self.limit - value


@cache
def rules(profile: Profile) -> tuple[Rule, ...]:
    """The cue table with a profile's limits, one rule a fault, as for a hinge drill."""
    settings = {cue.id: profile.cue(cue.id) for cue in CUES}
    return tuple(
        Rule(cue, fault, profile.limit(cue.id, fault.direction), settings[cue.id].hold_s, settings[cue.id].enabled)
        for cue in CUES
        for fault in cue.faults
    )


@cache
def every_rule(profile: Profile) -> tuple[Rule, ...]:
    """The rules of all exercises, or of the one that the profile sets: one for each limit that a fault has. Those of a fault side by side.

    A number that a coach has changed holds in every exercise; the exercises' own stand in place of the table's only.
    """
    chosen = EXERCISES if profile.exercise == AUTO else (BY_ID[profile.exercise],)
    found: list[Rule] = []
    for rule in rules(profile):
        ids: dict[float, list[str]] = {}
        for exercise in chosen:
            if (rule.cue.id, rule.fault.direction) in exercise.faults:
                own = exercise.limits.get((rule.cue.id, rule.fault.direction))
                usual = rule.limit == rule.fault.limit
                ids.setdefault(rule.fault.limit_of(own.called_at) if own and usual else rule.limit, []).append(exercise.id)
        found += [replace(rule, limit=limit, exercises=frozenset(named)) for limit, named in ids.items()]
    return tuple(found)


@cache
def holds(rule: Rule) -> Bools:
    """Whether a rule holds in each exercise, by its number."""
    return np.array([rule.holds_in(exercise.id) for exercise in EXERCISES])


class Moment(NamedTuple):
    """A measured value, the half-width of its interval, and when it was."""

    value: float
    spread: float
    time_s: float


UNSEEN: Final = Moment(math.nan, math.nan, math.nan)


@dataclass(slots=True)
class Tally:
    """What one rule remembers: whether it is on, since when the opposite holds, and what it saw of the open rep.

    ``frames`` in the phases that count; of these ``askew`` from the wrong side, ``vague`` with too wide an interval, ``early`` without the
    standing shape that the cue needs or is better for, and ``seen`` measured, from ``first_s`` to ``last_s``; ``worst`` and ``best``
    moments. ``shown`` whether the cue is, which it is in an exercise in which the rule holds.
    """

    on: bool = False
    shown: bool = False
    since_s: float | None = None
    faulted: bool = False
    frames: int = 0
    askew: int = 0
    vague: int = 0
    early: int = 0
    seen: int = 0
    first_s: float = math.nan
    last_s: float = math.nan
    worst: Moment = UNSEEN
    best: Moment = UNSEEN

    def reset(self) -> None:
        """Forget the rep that ended; a cue that is on stays on."""
        self.faulted, self.frames, self.askew, self.vague, self.early, self.seen = False, 0, 0, 0, 0, 0
        self.first_s = self.last_s = math.nan
        self.worst = self.best = UNSEEN


def start(rules: tuple[Rule, ...]) -> tuple[Tally, ...]:
    """A blank tally a rule."""
    return tuple(Tally() for _ in rules)
