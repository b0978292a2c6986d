"""What one row of the cue table is: a ``Cue``, and each ``Fault`` that is a way to get it wrong."""

from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np

from .types import Floats, Phase, ViewKind

LOADED: Final = frozenset({Phase.DOWN, Phase.BOTTOM, Phase.UP})
BOTTOM: Final = frozenset({Phase.BOTTOM})
TOP: Final = frozenset({Phase.STANDING})  # of a rep: its lockout, until the next one starts
RISING: Final = frozenset({Phase.UP})
PLANTED: Final = frozenset({Phase.STANDING, Phase.BOTTOM})

# Of what an interval is wider than in a clear view. On rendered bodies left out it calls 0.4 to 4 % of neutral backs rounded from any side.
WIDE_SHARE: Final = 0.65
DIGITS: Final = 9  # of limits and shares: the last bits, which adding and taking off leave behind, are rounded away

Number = TypeVar("Number", float, Floats)


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to get a cue wrong.

    Wrong while ``metric`` is beyond ``called_at`` (above it, or below where ``above`` is False) in one of ``phases``; right again once it
    is back by ``margin``. That holds seen squarely and clearly. Where a moment's interval is wider or narrower than such a view's, the
    value counts from further out or in: see ``counted`` and ``usual_spread``. ``throughout`` asks for the whole phase: right once in it
    is right. ``min_lean_deg`` leaves out what happens while the trunk leans less than that. A profile may set ``called_at`` from ``low``
    to ``high``. Past the limit by ``worst_by``, a fault is as bad as can be. ``name`` says what a coach sees. ``say`` is spoken and shown:
    two seconds, readable at three metres. ``reason`` says why it is called from there.

    ``usual_spread`` is how much of ``called_at`` allows for the measure's error: it was the half-width of the metric's interval, seen
    squarely and clearly, when ``called_at`` was chosen. ``counted`` is the part of an interval fitted since then that counts, see
    ``cues.with_counted``.
    """

    direction: str
    name: str
    metric: str
    called_at: float
    usual_spread: float
    above: bool
    margin: float
    phases: frozenset[Phase]
    low: float
    high: float
    worst_by: float
    say: str
    reason: str
    throughout: bool = False
    min_lean_deg: float | None = None
    counted: float = 1.0

    @property
    def limit(self) -> float:
        """The limit that the table's own ``called_at`` stands for."""
        return self.limit_of(self.called_at)

    def limit_of(self, called_at: float) -> float:
        """The limit that a value's whole interval has to pass, when a clear view calls the cue from ``called_at``."""
        return round(called_at - self.usual_spread if self.above else called_at + self.usual_spread, DIGITS)

    def called_from(self, limit: float) -> float:
        """The value from which a clear view calls the cue, when a value's whole interval has to pass ``limit``."""
        return round(limit + self.usual_spread if self.above else limit - self.usual_spread, DIGITS)

    def threshold(self, limit: float, spread: float) -> float:
        """The value from which the cue is called at a moment whose interval has this half-width."""
        allowed = float(self.allowed(spread))
        return limit + allowed if self.above else limit - allowed

    def least(self, value: Number, spread: Number) -> Number:
        """The end of each interval value -+ spread, as far as it counts, nearer to the right side of a limit. Elementwise."""
        allowed = self.allowed(spread)
        least: Number = value - allowed if self.above else value + allowed
        return least

    def allowed(self, spread: Floats | float) -> Any:
        """How much is allowed for an interval of this half-width: ``usual_spread`` in a clear view, in proportion if narrower. Elementwise.

        Of what an interval is wider than in a clear view, ``WIDE_SHARE`` is allowed for.
        """
        clear = self.usual_spread / self.counted
        part: Any = self.counted * np.minimum(spread, clear) + WIDE_SHARE * np.maximum(spread - clear, 0.0)
        return part


@dataclass(frozen=True, slots=True)
class Cue:
    """One row: what to watch, from where, how it goes wrong, and how much it matters.

    ``view`` is the camera view it needs, and ``within_deg`` how far from square to that the camera may stand. ``joints`` are highlighted
    when it is wrong. ``hold_s`` is how long a value must stay wrong, or right again. ``hidden`` says what was not seen when its metrics
    are missing; ``against_standing`` that they need the lifter's own standing shape, ``by_shape`` that they are better for it, but people's
    usual one will do. ``priority`` 1 is said first. ``weight`` is its share of a rep's score. ``withheld`` gives the reason while the
    measure is not proven on clips with known truth: the cue is then never judged.
    """

    id: str
    name: str
    about: str
    view: ViewKind
    within_deg: float
    unit: str
    joints: tuple[str, ...]
    hold_s: float
    priority: int
    weight: float
    hidden: str
    faults: tuple[Fault, ...]
    against_standing: bool = False
    by_shape: bool = False
    withheld: str | None = None

    def fault(self, direction: str) -> Fault:
        """The way to be wrong that has this direction; ``KeyError`` when none has."""
        return {fault.direction: fault for fault in self.faults}[direction]
