"""The rule that turns measures into cues: on and off while the lifter moves, and ok, fault or not judged for each rep."""

from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import Final

import numpy as np

from .cues import COLUMN, CUES
from .exercises import BY_ID as EXERCISE
from .phases import Closed
from .tallies import Moment, Rule, Tally, holds, start
from .types import Bools, Event, Floats, Ints, Judgement, Metrics, Phase, Status, ViewKind

__all__ = ["BY_SHAPE_ALONE", "NEARLY", "NO_STANDING", "SEEN_SHARE", "Judged", "Moment", "Rule", "Tally", "advance", "settle", "start"]

SEEN_SHARE: Final = 0.5  # of the frames that count; with fewer measured, a rep's cue is not judged
NO_STANDING: Final = "standing shape never seen: stand tall for a second before the first rep"
NEARLY: Final = "short of the value it is called from by less than the measure may be off"
BY_SHAPE_ALONE: Final = "your standing shape was not seen or is torn, so only what is plain is named"


@dataclass(frozen=True, slots=True)
class Judged:
    """Cues that are on (T, C), what switched when, and the judgements of each movement that closed, in the order given."""

    active: Bools
    events: tuple[Event, ...]
    cues: tuple[dict[str, Judgement], ...]


def advance(
    tallies: tuple[Tally, ...],
    rules: tuple[Rule, ...],
    time_s: Floats,
    metrics: Metrics,
    spreads: Metrics,
    phase: Ints,
    in_rep: Bools,
    off_deg: dict[ViewKind, Floats],
    closed: tuple[Closed, ...],
    stood: Bools,
    shaped: Bools,
    taken_for: Ints | None = None,
    performed: tuple[str, ...] = (),
) -> tuple[tuple[Tally, ...], Judged]:
    """Judge T more frames and the movements that closed in them. Arrays (T,) -> tallies, Judged.

    ``spreads`` are the half-widths of the metrics' intervals; ``off_deg`` says how far a frame was taken from each square view, ``stood``
    whether a stand was known by then, and ``shaped`` whether the back's shape in it was. ``taken_for`` is the number of the exercise that a
    frame is taken for, ``performed`` the id of what each movement was; without them every rule holds. Rules of a fault are side by side.
    """
    tallies = tuple(replace(tally) for tally in tallies)
    frames = len(time_s)
    active = np.zeros((frames, len(CUES)), dtype=bool)
    events: list[Event] = []
    verdicts: list[dict[str, Judgement]] = []
    in_phases = {phases: in_rep & _member(phases)[phase] for phases in {rule.fault.phases for rule in rules}}
    edges = [*(c.frame for c in closed), frames]
    first = 0
    for number, last in enumerate(edges):
        part = slice(first, last)
        switched: list[Event] = []
        for _, variants in groupby(zip(rules, tallies, strict=True), key=lambda pair: pair[0].fault):
            watched = []
            for rule, tally in variants:
                if not rule.enabled or rule.cue.withheld is not None or last == first:
                    continue
                counts = in_phases[rule.fault.phases][part]
                if rule.fault.min_lean_deg is not None:
                    counts = counts & (metrics.trunk_lean_deg[part] >= rule.fault.min_lean_deg)
                fits = off_deg[rule.cue.view][part] <= rule.cue.within_deg
                value = getattr(metrics, rule.fault.metric)[part]
                spread = getattr(spreads, rule.fault.metric)[part]
                if rule.cue.against_standing or rule.cue.by_shape:
                    tally.early += int((counts & ~(shaped if rule.cue.by_shape else stood)[part]).sum())
                narrow = rule.narrow(spread)
                tally.vague += int((counts & fits & np.isfinite(spread) & ~narrow).sum())
                spread = np.where(narrow, spread, np.nan)
                own: list[Event] = []
                on = _watch(tally, rule, time_s[part], value, spread, counts, fits, phase[part], in_rep[part], own)
                watched.append((tally, on if taken_for is None else on & holds(rule)[taken_for[part]], own))
            if any(tally.shown or np.any(shown) for tally, shown, _ in watched):
                active[part, COLUMN[rule.cue.id]] |= _show(rule, watched, time_s[part], value, switched)
        events += sorted(switched, key=lambda event: event.time_s)
        if number < len(closed):
            exercise = performed[number] if performed else None
            verdicts.append(settle(tallies, rules, exercise))
            if closed[number].counted:
                events += _late(tallies, rules, float(time_s[last]) if last < frames else closed[number].end_s, exercise)
            for tally in tallies:
                tally.reset()
        first = last
    return tallies, Judged(active, tuple(events), tuple(verdicts))


def _show(rule: Rule, watched: list[tuple[Tally, Bools | bool, list[Event]]], time_s: Floats, value: Floats, events: list[Event]) -> Bools:
    """Where a cue is shown for one fault, of whose rules at most one holds in a frame; notes an event where that changes. (T,) each."""
    shown = np.zeros(len(time_s), dtype=bool)
    for _, on, _ in watched:
        shown |= on
    was = any(tally.shown for tally, _, _ in watched)
    told = {(event.time_s, event.kind): event for _, _, own in watched for event in own}
    for frame in np.flatnonzero(np.diff(shown, prepend=was)).tolist():
        at_s, kind, measured = float(time_s[frame]), "cue_on" if shown[frame] else "cue_off", float(value[frame])
        plain = Event(at_s, kind, cue=rule.cue.id, direction=rule.fault.direction, value=measured if measured == measured else None)
        events.append(told.get((at_s, kind), plain))
    for tally, on, _ in watched:
        tally.shown = bool(np.broadcast_to(on, len(time_s))[-1])
    return shown


@cache
def _member(phases: frozenset[Phase]) -> Bools:
    """Whether each phase, by its number, is one of these."""
    return np.array([phase in phases for phase in Phase])


def _watch(
    tally: Tally,
    rule: Rule,
    time_s: Floats,
    value: Floats,
    spread: Floats,
    counts: Bools,
    fits: Bools,
    phase: Ints,
    in_rep: Bools,
    events: list[Event],
) -> Bools | bool:
    """Take in the frames of one stretch for one rule; returns where the cue is on. Arrays (T,)."""
    idle = not tally.on and tally.since_s is None
    if idle and not counts.any():
        return False
    sure = rule.fault.least(value, spread)
    seen = counts & fits & np.isfinite(sure)
    tally.frames += int(counts.sum())
    tally.askew += int((counts & ~fits).sum())
    if seen.any():
        where = np.flatnonzero(seen)
        tally.seen += len(where)
        tally.last_s = float(time_s[where[-1]])
        if tally.first_s != tally.first_s:
            tally.first_s = float(time_s[where[0]])
        sign = 1.0 if rule.fault.above else -1.0
        past = sign * sure[where]
        high, low = int(past.argmax()), int(past.argmin())
        if not sign * rule.surely(tally.worst) >= past[high]:
            tally.worst = Moment(*(float(x[where[high]]) for x in (value, spread, time_s)))
        if not sign * rule.surely(tally.best) <= past[low]:
            tally.best = Moment(*(float(x[where[low]]) for x in (value, spread, time_s)))
    if idle and (rule.fault.throughout or not rule.beyond(sure[seen]).any()):  # type: ignore[union-attr]
        return False
    shown = np.zeros(len(value), dtype=bool)
    columns = (time_s, value, sure, seen, counts, phase, in_rep)
    for n, (t, x, least, is_seen, does_count, now, inside) in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        if rule.fault.throughout:
            if tally.on and (now == Phase.DOWN or (now == Phase.UNSEEN and not inside)):
                _switch(tally, rule, False, t, x, events)
        elif not does_count:
            if now != Phase.UNSEEN or not inside:
                tally.since_s = None
                if tally.on:
                    _switch(tally, rule, False, t, x, events)
        elif is_seen:
            opposite = not rule.beyond(least, -rule.fault.margin) if tally.on else rule.beyond(least)
            if not opposite:
                tally.since_s = None
                tally.faulted |= tally.on
            elif tally.since_s is None:
                tally.since_s = t
            if tally.since_s is not None and t - tally.since_s >= rule.hold_s:
                _switch(tally, rule, not tally.on, t, x, events, righted=tally.on and now != Phase.UP)
        shown[n] = tally.on
    return shown


def _switch(tally: Tally, rule: Rule, on: bool, time_s: float, value: float, events: list[Event], *, righted: bool = False) -> None:
    """Switch a cue and note the event; ``righted`` when it goes off because the lifter put it right, and not just by coming up."""
    tally.on, tally.since_s = on, None
    tally.faulted |= on
    kind = "cue_on" if on else "cue_off"
    measured = value if value == value else None
    events.append(Event(time_s, kind, cue=rule.cue.id, direction=rule.fault.direction, value=measured, righted=righted))


def _late(tallies: tuple[Tally, ...], rules: tuple[Rule, ...], time_s: float, exercise: str | None) -> list[Event]:
    """Switch on, at the end of a rep, the faults that are known only then; they stay on until the next descent."""
    events: list[Event] = []
    for rule, tally in zip(rules, tallies, strict=True):
        holds_here = exercise is None or rule.holds_in(exercise)
        if holds_here and rule.fault.throughout and not tally.on and rule.enabled and _wrong(tally, rule) and not _unjudged(tally, rule):
            tally.shown = True
            _switch(tally, rule, True, time_s, tally.best.value, events)
    return events


def _wrong(tally: Tally, rule: Rule) -> bool:
    if rule.fault.throughout:
        return bool(rule.beyond(rule.surely(tally.best))) and tally.last_s - tally.first_s >= rule.hold_s
    return tally.faulted


def _unjudged(tally: Tally, rule: Rule) -> str | None:
    """Why this rule cannot judge the open rep, or None when it can."""
    if rule.cue.withheld is not None:
        return rule.cue.withheld
    if not rule.enabled:
        return "switched off in the profile"
    if tally.frames == 0:
        return "this part of the rep was not seen" if rule.fault.min_lean_deg is None else "the trunk hardly leaned, or was not seen to"
    if tally.vague > tally.frames * (1 - SEEN_SHARE):
        return f"not measured closely enough as seen here: film from the {rule.cue.view}, nearer, with the whole body in sight"
    if tally.askew > tally.frames * (1 - SEEN_SHARE):
        return f"can be judged only when seen from the {rule.cue.view}"
    if rule.cue.against_standing and tally.early > tally.frames * (1 - SEEN_SHARE):
        return NO_STANDING
    if tally.seen < tally.frames * SEEN_SHARE and not tally.faulted:  # a fault that was seen counts, however few frames were
        return rule.cue.hidden
    return None


def settle(tallies: tuple[Tally, ...], rules: tuple[Rule, ...], exercise: str | None = None) -> dict[str, Judgement]:
    """What every cue says of the rep the tallies saw, by the rules of its exercise, None: all; cue id -> Judgement, in table order."""
    verdict: dict[str, Judgement] = {}
    pairs = [pair for pair in zip(rules, tallies, strict=True) if exercise is None or pair[0].holds_in(exercise)]
    for cue in CUES:
        if exercise is not None and not EXERCISE[exercise].judges(cue.id):
            reason = EXERCISE[exercise].reason_not(cue.id)
            verdict[cue.id] = Judgement(Status.NOT_JUDGED, None, None, None, None, cue.unit, None, reason)
            continue
        mine = [(rule, tally, _unjudged(tally, rule)) for rule, tally in pairs if rule.cue is cue]
        judged = [(rule, tally) for rule, tally, why in mine if why is None]
        wrong = [(rule, tally) for rule, tally in judged if _wrong(tally, rule)]
        if not judged or (len(judged) < len(mine) and not wrong):
            why = {reason: None for _, _, reason in mine if reason}
            verdict[cue.id] = Judgement(Status.NOT_JUDGED, None, None, None, None, cue.unit, None, "; ".join(why))
            continue
        rule, tally = max(wrong or judged, key=lambda pair: _relative(*pair))
        deciding = _deciding(rule, tally)
        verdict[cue.id] = Judgement(
            status=Status.FAULT if wrong else Status.OK,
            direction=rule.fault.direction if wrong else None,
            value=deciding.value,
            uncertainty=deciding.spread,
            limit=rule.limit,
            unit=cue.unit,
            at_s=deciding.time_s,
            reason=_note(rule, tally, bool(wrong)),
            called_at=rule.fault.threshold(rule.limit, deciding.spread),
        )
    return verdict


def _note(rule: Rule, tally: Tally, wrong: bool) -> str | None:
    """Notes on a judgement: why a value near its threshold is no fault, and that the standing shape was missing."""
    deciding = _deciding(rule, tally)
    notes = []
    if not wrong and rule.beyond(rule.surely(deciding)):
        notes.append(f"past the value it is called from for less than {rule.hold_s:g} s")
    elif not wrong and rule.beyond(deciding.value):
        notes.append(NEARLY)
    if rule.cue.by_shape and tally.early > tally.frames * (1 - SEEN_SHARE):
        notes.append(BY_SHAPE_ALONE)
    return "; ".join(notes) or None


def _deciding(rule: Rule, tally: Tally) -> Moment:
    """The moment that decides on a rep: the worst, or the best where only a whole phase counts."""
    return tally.best if rule.fault.throughout else tally.worst


def _relative(rule: Rule, tally: Tally) -> float:
    """How far the sure value is past the limit, as a share of ``Fault.worst_by``: comparable between the faults of a cue."""
    return rule.excess(rule.surely(_deciding(rule, tally))) / rule.fault.worst_by
