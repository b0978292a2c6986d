"""The bottom of a rep: the frames at which it is measured, and how far these measures may be off."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from . import phases, scoring
from .exercise import Performed
from .phases import Closed
from .types import METRICS, Floats, Judgement, Metrics, Rep

BOTTOM_DEG: Final = 1.0  # of hip flexion around the deepest: in a still hold it is chance which frame is the deepest


@dataclass(frozen=True, slots=True)
class Deepest:
    """The frames at the bottom of the open rep: hip flexion (B,), and every metric, then how far each may be off, (B, 2 metrics)."""

    flexion: Floats
    rows: Floats

    @property
    def metrics(self) -> dict[str, tuple[float, float] | None]:
        """Metric -> its value at the bottom and how far it may be off, means both; None where no frame has it."""
        seen = np.isfinite(self.rows)
        count = seen.sum(axis=0)
        middle = np.where(count > 0, np.where(seen, self.rows, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan).tolist()
        pairs = zip(METRICS, middle[: len(METRICS)], middle[len(METRICS) :], strict=True)
        return {name: (None if value != value else (value, spread)) for name, value, spread in pairs}


NOT_YET: Final = Deepest(np.empty(0), np.empty((0, 2 * len(METRICS))))


def follow(last: Deepest, flexion: Floats, moved: phases.Phases, measured: Metrics, spreads: Metrics) -> tuple[Deepest, list[Deepest]]:
    """Follow the bottom of the open movement, and return that of each movement that closed. Flexion (T,) -> bottoms."""
    moving = (moved.rep > 0) & np.isfinite(flexion)
    bottoms = []
    for first, end in pairwise([0, *(closed.frame for closed in moved.closed), len(flexion)]):
        inside = first + np.flatnonzero(moving[first:end])
        if len(inside):
            rows = np.column_stack([getattr(table, name)[inside] for table in (measured, spreads) for name in METRICS])
            known = np.concatenate([last.flexion, flexion[inside]])
            near = known >= known.max() - BOTTOM_DEG
            last = Deepest(known[near], np.concatenate([last.rows, rows])[near])
        bottoms.append(last)
        last = NOT_YET
    return bottoms[-1], bottoms[:-1]


def rep(closed: Closed, bottom: Deepest, cues: dict[str, Judgement], exercise: Performed) -> Rep:
    """The report of a movement that closed, from its bottom and its judgements."""
    known = bottom.metrics
    return Rep(
        index=closed.index,
        start_s=closed.start_s,
        bottom_s=closed.bottom_s,
        end_s=closed.end_s,
        complete=closed.complete,
        score=scoring.rep_score(cues),
        metrics={name: pair and pair[0] for name, pair in known.items()},
        uncertainty={name: None if pair is None or np.isnan(pair[1]) else pair[1] for name, pair in known.items()},
        cues=cues,
        exercise=exercise,
    )
