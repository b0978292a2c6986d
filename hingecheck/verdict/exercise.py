"""What one row of the table of exercises is: an ``Exercise``, and each ``Sign`` that it is recognised by."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

AUTO: Final = "auto"  # in place of an exercise's id: recognise it
OTHER: Final = "other"  # the id of what is counted and measured, but not judged


class Starts(StrEnum):
    """Where a repetition starts."""

    TOP = "top"
    FLOOR = "floor"
    LYING = "lying"


@dataclass(frozen=True, slots=True)
class Sign:
    """A ``measure`` of ``recognise.MEASURES`` that lies from ``least`` to ``most``.

    At either bound the sign counts by a half, ``blur`` further in wholly, ``blur`` further out not at all. Where it was not measured, it
    counts by ``unseen``: 1 for what is usual.
    """

    measure: str
    least: float = -math.inf
    most: float = math.inf
    blur: float = 10.0
    unseen: float = 0.5


class Limit(NamedTuple):
    """From where a fault is called in an exercise, in the cue's unit, and why there."""

    called_at: float
    reason: str


Way = tuple[str, str]  # cue id, direction


@dataclass(frozen=True, slots=True)
class Exercise:
    """One row: how it is recognised, where it starts, what is judged in it, and the stage it belongs to.

    ``name`` with its article: "a squat". ``looks``: the signs that all have to be there, once for each way that it may look. ``faults``:
    what is judged. ``limits``: from where a fault is called, if not from where the cue's own row says. ``withheld``: what would apply, and
    why it is not judged all the same. ``stage`` None: none of the three.
    """

    id: str
    name: str
    starts: Starts
    stage: int | None
    looks: tuple[tuple[Sign, ...], ...]
    faults: frozenset[Way]
    reason: str
    limits: Mapping[Way, Limit] = field(default_factory=dict)
    withheld: Mapping[Way, str] = field(default_factory=dict)

    @property
    def noun(self) -> str:
        """The name without its article."""
        return self.name.partition(" ")[2]

    def judges(self, cue: str) -> bool:
        """Whether anything of a cue applies to this exercise."""
        return any(of == cue for of, _ in self.faults)

    def reason_not(self, cue: str) -> str:
        """Why nothing of a cue is judged in this exercise."""
        if self.id == OTHER:
            return "it is not known which exercise this is"
        held = [why for (of, _), why in self.withheld.items() if of == cue]
        return "; ".join(dict.fromkeys(held)) if held else f"does not apply to {self.name}"


@dataclass(frozen=True, slots=True)
class Performed:
    """The exercise that a repetition was: its ``id``, how ``sure`` that is, 0 to 1, and ``set_by`` what: measured, or user."""

    id: str = "hinge"
    sure: float = 1.0
    set_by: str = "user"


HINGE: Final = Performed()
