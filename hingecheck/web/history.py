"""An athlete over time, from the reports of many clips."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..verdict import scoring
from ..verdict.cues import BY_ID, CUES
from ..verdict.types import Judgement, Rep, Stage, Status


@dataclass(frozen=True, slots=True)
class Day:
    """A day of practice over all its clips: reps, score (None if nothing was judged), and the reps of each cue by status."""

    day: str
    reps: int
    score: int | None
    cues: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Career:
    """All days, oldest first, with the number of reps in all. Stage and next cue are those of the last day."""

    days: tuple[Day, ...]
    reps: int
    stage: Stage | None
    next_cue: str | None

    def share(self, day: Day, cue_id: str) -> float | None:
        """Share of ok among a day's reps in which the cue was judged, 0 to 1. None if it was judged in none."""
        counts = day.cues[cue_id]
        judged = counts[Status.OK] + counts[Status.FAULT]
        return counts[Status.OK] / judged if judged else None


def reps_of(report: Mapping[str, Any]) -> list[Rep]:
    """The reps of a report.json in the form that ``scoring`` takes. A cue that the report lacks counts as not judged."""
    unknown = {"value": None, "uncertainty": None, "limit": None, "at_s": None, "direction": None, "reason": "not in this report"}
    return [
        Rep(
            **{name: rep[name] for name in ("index", "start_s", "bottom_s", "end_s", "complete", "score", "metrics", "uncertainty")},
            cues={cue.id: _judgement(rep["cues"].get(cue.id, {**unknown, "status": "not_judged", "unit": cue.unit})) for cue in CUES},
        )
        for rep in report["reps"]
    ]


def _judgement(said: Mapping[str, Any]) -> Judgement:
    return Judgement(**{**said, "status": Status(said["status"])})


def career(clips: Iterable[tuple[str, Mapping[str, Any]]]) -> Career:
    """An athlete's practice, from the (ISO day, report.json) of each clip, in any order."""
    by_day: defaultdict[str, list[Rep]] = defaultdict(list)
    for day, report in clips:
        by_day[day] += reps_of(report)
    days = tuple(Day(day, len(reps), scoring.session_score(reps), scoring.counts(reps)) for day, reps in sorted(by_day.items()))
    last = by_day[days[-1].day] if days else []
    return Career(days, sum(day.reps for day in days), scoring.stage(last) if last else None, scoring.next_cue(last))


def common_faults(reports: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, int]]:
    """The faults as (cue id, direction, reps): most reps first, at a tie the more urgent cue first."""
    counts = Counter(
        (cue_id, said["direction"])
        for report in reports
        for rep in report["reps"]
        for cue_id, said in rep["cues"].items()
        if said["status"] == "fault" and cue_id in BY_ID
    )
    ordered = sorted(counts.items(), key=lambda item: (-item[1], BY_ID[item[0][0]].priority))
    return [(cue_id, direction, reps) for (cue_id, direction), reps in ordered]
