"""The nine Stage 1 cues as rows of one table.

Overlay, report, profile file, web form and docs are made from these rows. Every number a coach may change is a ``Fault.called_at``.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from . import confidence, lens, metrics
from .cue import DIGITS, Cue, Fault
from .front_cues import FRONT_ROWS
from .side_cues import LOADED_LEAN_DEG, SIDE_ROWS
from .types import METRICS, ViewKind

__all__ = ["BY_ID", "COLUMN", "CUES", "LOADED_LEAN_DEG", "TABLE_LIMITS", "Cue", "Fault", "fitted_spread", "with_counted"]


def fitted_spread(cue: Cue, fault: Fault) -> float:
    """Half-width of the fitted interval of a fault's metric, in its unit, seen squarely and clearly.

    Square to the cue's view, every joint sure, the own standing shape known, the hip located by the outline.
    """
    if fault.metric == "hips_lead_deg":
        return float(metrics.of_lead(*(lens.clear_spread(output, from_front=False) for output in ("trunk", "knee"))))
    if fault.metric in metrics.BY_LENS:
        return lens.clear_spread(metrics.BY_LENS[fault.metric], from_front=cue.view is ViewKind.FRONT)
    known = np.ones(1, dtype=bool)
    square = np.array([90.0 if cue.view is ViewKind.FRONT else 0.0])
    wide = confidence.spreads(off_side_deg=square, sure=np.ones((1, 2)), shaped=known, outlined=known, by_rear=np.zeros(1))
    return float(getattr(wide, fault.metric)[0])


def with_counted(cue: Cue) -> Cue:
    """A row whose faults know which part of an interval counts: a clear view's interval counts as ``usual_spread``, whatever its fit.

    So intervals that are fitted anew move no ``called_at``. They still widen or narrow it in proportion where a view is less or more sure.
    """
    return replace(cue, faults=tuple(replace(f, counted=round(f.usual_spread / fitted_spread(cue, f), DIGITS)) for f in cue.faults))


# In the order of reports and tables: the lift as it goes, from setting up to the lockout.
CUES: Final[tuple[Cue, ...]] = tuple(with_counted(row) for row in (*SIDE_ROWS[:-1], *FRONT_ROWS, SIDE_ROWS[-1]))

BY_ID: Final = {cue.id: cue for cue in CUES}
COLUMN: Final = {cue.id: column for column, cue in enumerate(CUES)}
TABLE_LIMITS: Final = {(cue.id, fault.direction): fault.limit for cue in CUES for fault in cue.faults}

assert all(fault.metric in METRICS for cue in CUES for fault in cue.faults), "a cue names a metric that does not exist"
