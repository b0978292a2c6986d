"""What hingecheck says of a clip, judged from its recording as ``analyze`` judges it."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np

from hingecheck.verdict.cues import CUES
from hingecheck.verdict.exercise import OTHER
from hingecheck.verdict.exercises import BY_ID

from ..stats import Floats

PEAKS: Final = ("hip_flexion_deg", "knee_flexion_deg", "trunk_lean_deg", "spine_lower_deg", "spine_upper_deg")
POSSIBLE_DEG: Final = {"hip_flexion_deg": (-30.0, 150.0), "knee_flexion_deg": (-15.0, 160.0), "trunk_lean_deg": (-40.0, 140.0)}
QUARTER: Final = 0.25

Way = tuple[str, str]  # a cue and the direction in which it is wrong


@dataclass(frozen=True)
class Judged:
    """The report of a clip, and of its frames: ``time_s``, ``rep`` and ``PEAKS`` by name, (T,), NaN where not measured."""

    report: Mapping[str, Any]
    frames: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def reps(self) -> Sequence[Mapping[str, Any]]:
        """The repetitions, as in report.json."""
        return list(self.report["reps"])

    @cached_property
    def faults(self) -> Counter[Way]:
        """In how many repetitions a cue is called, by direction."""
        said = ((cue, one) for rep in self.reps for cue, one in rep["cues"].items())
        return Counter((cue, str(one["direction"])) for cue, one in said if one["status"] == "fault")

    @cached_property
    def counts(self) -> dict[str, Counter[str]]:
        """In how many repetitions a cue is ok, fault, not_judged, or whatever else a report may say, of those a cue applies to."""
        found: dict[str, Counter[str]] = {cue.id: Counter() for cue in CUES}
        for rep in self.reps:
            for cue, one in rep["cues"].items():
                if applies(cue, _exercise(rep)):
                    found.setdefault(cue, Counter())[one["status"]] += 1
        return found

    @property
    def exercise(self) -> str | None:
        """What hingecheck takes the lift for: of the clip if its report says, else of most repetitions; None where it names none."""
        named = _exercise(self.report)
        each = Counter(name for rep in self.reps if (name := _exercise(rep)))
        return named or (each.most_common(1)[0][0] if each else None)

    def judged(self, cue: str) -> int:
        """In how many repetitions a cue was judged."""
        count = self.counts.get(cue, Counter())
        return count["ok"] + count["fault"]

    def called(self, cue: str, direction: str | None = None) -> bool:
        """Whether a cue is called in more than a quarter of the repetitions in which it was judged; None: in any direction."""
        wrong = sum(count for (name, way), count in self.faults.items() if name == cue and direction in (None, way))
        return wrong > QUARTER * self.judged(cue)

    @property
    def judges_nothing(self) -> bool:
        """Whether no cue was judged in any repetition."""
        return not any(self.judged(cue) for cue in self.counts)

    def at_bottom(self, metric: str) -> float:
        """Median over the repetitions of a measure at the bottom; NaN where none has it."""
        values = [value for rep in self.reps if (value := rep["metrics"].get(metric)) is not None]
        return float(np.median(values)) if values else float("nan")

    def peak(self, metric: str) -> float:
        """The largest value of a measure within the repetitions; NaN where it was not measured."""
        values = self.frames[metric][self.frames["rep"] > 0]
        values = values[np.isfinite(values)]
        return float(values.max()) if len(values) else float("nan")


def judge_all(recordings: Sequence[Path], jobs: int) -> Iterator[Judged]:
    """The verdict on each recording, in order, from as many processes."""
    if jobs == 1:
        yield from map(judge, recordings)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(judge, recordings, chunksize=4)


def judge(recording: Path) -> Judged:
    """The verdict on one recording, by the default limits."""
    import hingecheck

    verdict = hingecheck.judge(recording)
    result = verdict.result
    frames = {name: getattr(result.metrics, name) for name in PEAKS}
    return Judged(verdict.report(), frames | {"time_s": result.time_s, "rep": result.rep.astype(float)})


def impossible(values: Floats, metric: str) -> int:
    """How many values no joint can have. NaN is none. (T,) degrees -> a number."""
    low, high = POSSIBLE_DEG[metric]
    return int(((values < low) | (values > high)).sum())


def applies(cue: str, exercise: str | None) -> bool:
    """Whether a cue applies to an exercise, be it withheld there or not. Every cue does to one that is not known."""
    row = BY_ID.get(exercise or OTHER)
    return row is None or row.id == OTHER or row.judges(cue) or any(of == cue for of, _ in row.withheld)


def _exercise(of: Mapping[str, Any]) -> str | None:
    """The exercise that a clip or a repetition names, as text or as ``{"id": ...}``."""
    named = of.get("exercise")
    if isinstance(named, Mapping):
        named = named.get("id")
    return str(named) if named else None
