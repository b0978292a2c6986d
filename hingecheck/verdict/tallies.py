"""A rule in force, and what it remembers of the open rep: the state of ``judging``."""

import math
from dataclasses import dataclass
from typing import Final, NamedTuple

from .cue import Cue, Fault
from .types import Bools, Floats


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to get a cue wrong, with the limit and hold (seconds) in force; not ``enabled``, it is not judged."""

    cue: Cue
    fault: Fault
    limit: float
    hold_s: float
    enabled: bool

    def beyond(self, value: Floats | float, by: float = 0.0) -> Bools | bool:
        """Whether a value is past the limit by more than ``by``; NaN is not. Elementwise."""
        return value > self.limit + by if self.fault.above else value < self.limit - by

    def narrow(self, spread: Floats) -> Bools:
        """Whether intervals of these half-widths are narrow enough to judge by: a fault as bad as can be would be called. Elementwise."""
        return self.fault.counted * spread <= self.fault.worst_by

    def surely(self, moment: "Moment") -> float:
        """The end of a moment's interval nearer to the right side of the limit: see ``Fault.least``."""
        return self.fault.least(moment.value, moment.spread)

    def excess(self, value: float) -> float:
        """How far a value is past the limit, in the cue's unit; negative on the right side of it."""
        return value - self.limit if self.fault.above else self.limit - value


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
    standing shape that the cue needs or is better for, and ``seen`` measured, from ``first_s`` to ``last_s``; ``worst``
    and ``best`` moments.
    """

    on: bool = False
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
