"""What to say now: one cue at a time, the most important first, long enough to be read. You cannot fix everything in one go."""

from dataclasses import dataclass, replace
from typing import Final

from .cues import BY_ID
from .data import Result

# A cue stays this long, even when the fault was shorter: two words take a second to read while bending. Only a more important one
# does not wait: in a lift of a second and a half a rounding back would never be told behind hips that sink.
SHOWN_S: Final = 1.5


@dataclass(frozen=True, slots=True)
class Coach:
    """What is remembered: the (cue id, direction) pairs that are on, and what is being said since when."""

    on: frozenset[tuple[str, str]]
    saying: tuple[str, str] | None = None
    since_s: float = 0.0


def start() -> Coach:
    """Nothing is wrong and nothing is said."""
    return Coach(frozenset())


def advance(coach: Coach, result: Result) -> tuple[Coach, list[tuple[str, str] | None]]:
    """What to say at each of T frames: (cue id, direction) or None. ``result`` of T frames, in order -> coach, list of T."""
    said: list[tuple[str, str] | None] = []
    events = [event for event in result.events if event.kind in ("cue_on", "cue_off")]
    upcoming = 0
    for t in result.time_s.tolist():
        on = set(coach.on)
        while upcoming < len(events) and events[upcoming].time_s <= t:
            event = events[upcoming]
            assert event.cue is not None and event.direction is not None
            change = on.add if event.kind == "cue_on" else on.discard
            change((event.cue, event.direction))
            upcoming += 1
        if on != coach.on:
            coach = replace(coach, on=frozenset(on))
        foremost = min(on, key=_urgency, default=None)
        read = coach.saying is None or t - coach.since_s >= SHOWN_S
        more_urgent = coach.saying is not None and foremost is not None and _urgency(foremost)[0] < _urgency(coach.saying)[0]
        if foremost != coach.saying and (read or more_urgent):
            coach = replace(coach, saying=foremost, since_s=t)
        said.append(coach.saying)
    return coach, said


def _urgency(wrong: tuple[str, str]) -> tuple[int, tuple[str, str]]:
    """Sorts what is wrong by priority, then by name."""
    return BY_ID[wrong[0]].priority, wrong
