"""Keeps pictures of the worst moments of a session while it runs, because a session may leave no video to take them from later."""

import math
from collections.abc import Iterator
from typing import Final

from ..verdict.judging import Rule
from ..verdict.types import Rep, Result
from .drawing import Image, jpeg
from .report import Moment, Still

EVERY_S: Final = 0.25  # least time between two pictures of one cue: encoding a picture takes as long as drawing it


class Album:
    """The worst picture of each cue, as JPEG: a few hundred kilobytes, however long the session."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self._rules = {(rule.cue.id, rule.fault.direction): rule for rule in rules}
        self._kept: dict[tuple[str, str], tuple[float, Still]] = {}

    def look(self, image: Image, result: Result, cue: tuple[str, str] | None) -> None:
        """Keep the picture if this cue is worse in it than in any before. ``image``: as shown; ``result``: of the frame, T = 1."""
        if cue is None or result.rep[0] == 0:
            return
        rule, time_s = self._rules[cue], float(result.time_s[0])
        value, spread = (float(getattr(table, rule.fault.metric)[0]) for table in (result.metrics, result.spreads))
        excess = rule.excess(rule.fault.least(value, spread))
        worst, still = self._kept.get(cue, (-math.inf, None))
        if not excess > worst or (still is not None and 0 <= time_s - still.moment.time_s < EVERY_S):
            return
        self._kept[cue] = excess, Still(jpeg(image), Moment(time_s, int(result.rep[0]), cue[0]))

    def stills(self, reps: tuple[Rep, ...]) -> Iterator[Still]:
        """The pictures of the faults in the verdict, most important cue first."""
        for (cue, direction), (_, still) in sorted(self._kept.items(), key=lambda kept: self._rules[kept[0]].cue.priority):
            if any(rep.index == still.moment.rep and rep.cues[cue].direction == direction for rep in reps):
                yield still
