"""``limits``: sweeps every fault limit over clips with truth, to show the recall and the false alarms of the committed one.

For each repetition and fault, the strictest limit that would still call it is measured once: the value held for the cue's hold time.
After that a sweep only counts, and a withheld cue can be swept too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from hingecheck.verdict.cues import CUES, Cue, Fault
from hingecheck.verdict.types import Judgement, Status

from .accuracy import Case, cases
from .stats import auc, held, match, share
from .tables import Row, Tables
from .truth import TrueRep, in_part

if TYPE_CHECKING:
    from hingecheck.verdict.types import Rep, Result

STEPS: Final = 12  # steps of the range that a profile may set


@dataclass(frozen=True, slots=True)
class Level:
    """One repetition and one fault: whether it is there, the value held (NaN: not measured), and what the engine said."""

    faulty: bool
    clean: bool
    value: float
    called: bool | None


def measure(truth: Path, model: str, cache: Path, part: tuple[int, int] | None) -> tuple[list[Row], Tables]:
    """Sweep over a folder. ``part`` (k, n): choose limits on the other bodies and measure them on those of part k of n."""
    from hingecheck.verdict.profiles import Profile

    group = cases(truth, model, cache, Profile(exercise="hinge"))
    if part is None:
        return sweep(group)
    held_out = [case for case in group if in_part(case.truth.body, *part)]
    return sweep(held_out, [case for case in group if not in_part(case.truth.body, *part)])


def sweep(group: Sequence[Case], fitted: Sequence[Case] | None = None) -> tuple[list[Row], Tables]:
    """One row per fault, at its committed limit and at the best one, and the whole curve of each.

    The best limit is chosen on ``fitted`` and measured on ``group``. Without ``fitted`` both are the same clips, which flatters it.
    """
    rows, curves = [], Tables()
    for cue in CUES:
        for fault in cue.faults:
            levels = levels_of(cue, fault, group)
            optimum = best(fault, levels if fitted is None else levels_of(cue, fault, fitted))
            rows.append({"cue": cue.id, "fault": fault.direction} | _summary(fault, levels, optimum))
            curves[f"{cue.id} {fault.direction}"] = curve(fault, levels)
    return rows, curves


def levels_of(cue: Cue, fault: Fault, group: Iterable[Case]) -> list[Level]:
    """Measure every repetition in the view that the cue needs. Those in which the fault may be true as well are left out."""
    levels = []
    for case in (case for case in group if case.truth.view == cue.view):
        found = case.seen.result.reps
        for rep, at in zip(case.truth.reps, match(case.truth.reps, found), strict=True):
            kind = _kind(rep, cue, fault)
            if kind is None:
                continue
            value = float("nan") if at is None else held_in_rep(case.seen.result, found[at], fault, cue.hold_s)
            called = None if at is None else _called(found[at].cues[cue.id], fault)
            levels.append(Level(kind == "faulty", kind == "clean", value, called))
    return levels


def _kind(rep: TrueRep, cue: Cue, fault: Fault) -> str | None:
    """Faulty, clean or other. None where this fault may be there but need not be."""
    if (cue.id, fault.direction) in rep.must:
        return "faulty"
    return None if cue.id in rep.may else "other" if rep.faults else "clean"


def _called(judgement: Judgement, fault: Fault) -> bool | None:
    """Whether the engine named this fault. None where it did not judge."""
    return None if judgement.status == Status.NOT_JUDGED else judgement.status == Status.FAULT and judgement.direction == fault.direction


def held_in_rep(result: "Result", rep: "Rep", fault: Fault, hold_s: float) -> float:
    """Strictest limit of a fault that a rep would surely break, from its metric in its phases. NaN where that was not measured."""
    inside = (result.rep == rep.index) & (result.time_s >= rep.start_s) & np.isin(result.phase, [int(phase) for phase in fault.phases])
    if fault.min_lean_deg is not None:
        inside &= result.metrics.trunk_lean_deg >= fault.min_lean_deg
    value = fault.least(*(getattr(table, fault.metric)[inside] for table in (result.metrics, result.spreads)))
    if fault.throughout:  # right once is right
        seen = value[np.isfinite(value)]
        return float("nan") if not len(seen) else float(seen.min() if fault.above else seen.max())
    return held(result.time_s[inside], value, hold_s, above=fault.above)


def curve(fault: Fault, levels: Sequence[Level]) -> list[Row]:
    """Recall and false alarms at steps of the range that a profile may set, and at the committed limit."""
    limits = sorted({*np.linspace(fault.low, fault.high, STEPS).round(3).tolist(), fault.limit})
    return [{"limit": limit, "committed": limit == fault.limit} | caught(levels, limit, fault.above) for limit in limits]


def caught(levels: Sequence[Level], limit: float, above: bool) -> Row:
    """Shares of faulty, clean and otherwise faulty repetitions that a limit would call. An unmeasured one is not called."""

    def called(group: Sequence[Level]) -> float | None:
        return share(sum(level.value > limit if above else level.value < limit for level in group), len(group))

    return {
        "recall": called([level for level in levels if level.faulty]),
        "false, clean reps": called([level for level in levels if level.clean]),
        "false, other reps": called([level for level in levels if not level.clean and not level.faulty]),
    }


def best(fault: Fault, levels: Sequence[Level]) -> float | None:
    """Limit in the allowed range that calls most faulty and fewest other repetitions: the middle of the widest such stretch."""
    faulty = np.array([level.value for level in levels if level.faulty])
    others = np.array([level.value for level in levels if not level.faulty])
    if not np.isfinite(faulty).any() or not np.isfinite(others).any():
        return None
    sign = 1.0 if fault.above else -1.0
    grid = np.linspace(fault.low, fault.high, 401)
    gain = (sign * faulty[:, None] > sign * grid).mean(0) - (sign * others[:, None] > sign * grid).mean(0)
    top = np.flatnonzero(gain >= gain.max() - 1e-9)
    stretch = max(np.split(top, np.flatnonzero(np.diff(top) > 1) + 1), key=len)
    return float(grid[stretch].mean())


def _summary(fault: Fault, levels: Sequence[Level], optimum: float | None) -> Row:
    """One fault as a row. ``agrees``: share of judged repetitions in which counting and engine agree."""
    sign = 1.0 if fault.above else -1.0
    faulty = [sign * level.value for level in levels if level.faulty]
    others = [sign * level.value for level in levels if not level.faulty]
    at_best = caught(levels if optimum is not None else [], optimum or 0.0, fault.above)
    judged = [level for level in levels if level.called is not None and np.isfinite(level.value)]
    beyond = [sign * level.value > sign * fault.limit for level in judged]
    return (
        {"faulty reps": len(faulty), "other reps": len(others), "AUC": auc(faulty, others)}
        | {"measured": share(sum(np.isfinite(level.value) for level in levels), len(levels)), "limit": fault.limit}
        | caught(levels, fault.limit, fault.above)
        | {"best limit": optimum}
        | {f"{name}, best": value for name, value in at_best.items()}
        | {"agrees": share(sum(level.called == over for level, over in zip(judged, beyond, strict=True)), len(judged))}
    )
