"""The figures: what hingecheck says of each clip against what both ratings say alike, and how often the two say alike."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hingecheck.verdict.cues import BY_ID, CUES

from ..tables import Row
from .judged import POSSIBLE_DEG, Judged, Way, impossible
from .naming import MEANINGS, Meaning, faults_named
from .ratings import VIEWS, Rated

# The exercises that hingecheck knows by name. Any other lift is rightly called ``other``.
NAMED: Final = frozenset(
    {"hinge", "rdl", "stiff_leg", "good_morning", "deadlift_floor", "kb_deadlift_floor", "sumo", "single_leg", "kb_swing", "hip_thrust"}
    | {"squat_air", "squat_goblet", "squat_front", "squat_back"}
)
SAME: Final = {"kb_deadlift": "kb_deadlift_floor"}  # a rating's word -> hingecheck's
KNEES_DEG: Final = {"locked": (-np.inf, 8.0), "soft": (8.0, 30.0), "bent": (30.0, 60.0), "deep": (60.0, np.inf)}
CLASSES: Final = tuple(KNEES_DEG)


@dataclass(frozen=True, slots=True)
class Case:
    """A clip, its ratings and hingecheck's verdict."""

    rated: Rated
    seen: Judged


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table.

    ``score`` of a clip: 1 as wanted, 0 not, None where the clip says nothing of it. ``alike``: whether the two ratings agree, None where
    one is not sure. ``right``: the score says whether hingecheck is right, and not only how much of what it says anything.
    """

    name: str
    score: Callable[[Case], float | None]
    alike: Callable[[Rated], bool | None]
    right: bool = True


def _agree(question: str, answers: Sequence[str] = ()) -> Callable[[Rated], bool | None]:
    """Whether both ratings answer alike, of the clips where both are sure and, with ``answers``, at least one gives one of these."""

    def agree(rated: Rated) -> bool | None:
        pair = rated.pair(question)
        return None if pair is None or (answers and not set(pair) & set(answers)) else pair[0] == pair[1]

    return agree


def exercise(case: Case) -> float | None:
    """1 for the exercise that both ratings name, a half for ``other``."""
    theirs, ours = case.rated.alike("exercise"), case.seen.exercise
    if theirs is None or ours is None:
        return None
    theirs = SAME.get(theirs, theirs)
    if ours == (theirs if theirs in NAMED else "other"):
        return 1.0
    return 0.5 if ours == "other" else 0.0


def repetitions(case: Case) -> float | None:
    """Whether the count lies between those of the two ratings."""
    pair = case.rated.pair("reps")
    return None if pair is None else float(min(pair) <= len(case.seen.reps) <= max(pair))


def knees(case: Case) -> float | None:
    """Whether the knee flexion at the bottoms is of the class that both ratings say; None where it was not measured."""
    theirs, ours_deg = case.rated.alike("knees"), case.seen.at_bottom("knee_flexion_deg")
    if theirs is None or np.isnan(ours_deg):
        return None
    low, high = KNEES_DEG[theirs]
    return float(low <= ours_deg < high)


# Three notions of a lift in which something is wrong.
NOTIONS: Final[dict[str, Callable[[Judged], bool]]] = {
    "by next_cue": lambda seen: seen.report["next_cue"] is not None,
    "in any repetition": lambda seen: bool(seen.faults),
    "in over a quarter": lambda seen: any(seen.called(cue) for cue in seen.counts),
}


def _good(notion: str, wanted: str) -> Callable[[Case], float | None]:
    """Of the lifts that are good in both ratings: whether hingecheck calls this one ``wanted`` (clean, faulted, nothing)."""

    def score(case: Case) -> float | None:
        if case.rated.alike("overall") != "good":
            return None
        said = "nothing" if case.seen.judges_nothing else "faulted" if NOTIONS[notion](case.seen) else "clean"
        return float(said == wanted)

    return score


def theirs(case: Case) -> set[Way]:
    """The faults of hingecheck's kind that either rating names."""
    return set().union(*(faults_named(rating) for rating in case.rated.ratings))


def _wrong(grades: Sequence[str]) -> Callable[[Case], float | None]:
    """Of the lifts that both ratings grade so: whether one of their faults is called, where hingecheck has a cue for any."""

    def score(case: Case) -> float | None:
        pair = case.rated.pair("overall")
        if pair is None or not set(pair) <= set(grades) or not theirs(case):
            return None
        return float(any(case.seen.called(*way) for way in theirs(case)))

    return score


def _judged(meaning: Meaning) -> Callable[[Case], float | None]:
    """Of the clips where both ratings give the answer: whether the cue was judged in a repetition."""

    def score(case: Case) -> float | None:
        return float(case.seen.judged(meaning.cue) > 0) if case.rated.alike(meaning.question) == meaning.answer else None

    return score


def _said(meaning: Meaning) -> Callable[[Case], float | None]:
    """Of the clips where both ratings give the answer and the cue was judged: whether it is called as the answer wants."""

    def score(case: Case) -> float | None:
        if case.rated.alike(meaning.question) != meaning.answer or not case.seen.judged(meaning.cue):
            return None
        return float(any(case.seen.called(meaning.cue, way) for way in meaning.wrong) == meaning.called)

    return score


def _of_overall() -> Iterable[Figure]:
    good, faults = _agree("overall", ["good"]), ["minor", "bad"]
    yield Figure("good in both: nothing judged", _good("by next_cue", "nothing"), good, right=False)
    for notion in NOTIONS:
        for wanted in ("clean", "faulted"):
            yield Figure(
                f"good in both: {wanted} {notion}", _good(notion, wanted), good, right=(wanted, notion) == ("clean", "by next_cue")
            )
    yield Figure("bad in both: a fault they name is called", _wrong(["bad"]), _agree("overall", ["bad"]))
    yield Figure("minor or bad in both: a fault they name is called", _wrong(faults), _agree("overall", faults))


def _of_meaning(row: Meaning) -> Iterable[Figure]:
    ways = "" if len(BY_ID[row.cue].faults) == len(row.wrong) else f" {'/'.join(row.wrong)}"
    name, agree = f"{row.question} {row.answer}: {row.cue}", _agree(row.question, [row.answer])
    yield Figure(f"{name} judged", _judged(row), agree, right=False)
    yield Figure(f"{name} {'called' if row.called else 'not called'}{ways}", _said(row), agree)


FIGURES: Final = (
    Figure("exercise named", exercise, _agree("exercise")),
    Figure("repetitions within the two counts", repetitions, _agree("reps")),
    *_of_overall(),
    *(figure for row in MEANINGS for figure in _of_meaning(row)),
    Figure("knees of the class both say", knees, _agree("knees")),
)


def figures(cases: Sequence[Case]) -> list[Row]:
    """A row a figure: clips as wanted of those it rests on, for all and by view, each with how often the two ratings agree there.

    A figure of which no rating says anything has no row.
    """
    rows = []
    for figure in FIGURES:
        row: Row = {"figure": figure.name} | _counted(figure, cases, "all")
        row["groups"] = len({case.rated.group for case in cases if figure.score(case) is not None})
        for view in VIEWS:
            row |= _counted(figure, [case for case in cases if case.rated.view == view], view)
        if row["all"] or row["ratings all"]:
            rows.append(row)
    return rows


def _counted(figure: Figure, cases: Sequence[Case], name: str) -> Row:
    scores = [score for case in cases if (score := figure.score(case)) is not None]
    alike = [same for case in cases if case.rated.independent and (same := figure.alike(case.rated)) is not None]
    return {name: _of(sum(scores), len(scores)), f"ratings {name}": _of(sum(alike), len(alike))}


def _of(part: float, whole: int) -> str | None:
    """Parts of a whole as text: 7 of 9; None of nothing."""
    return f"{part:g} of {whole}" if whole else None


def knee_rows(cases: Iterable[Case]) -> list[Row]:
    """A row a class of knees: the knee flexion measured where both ratings say the class, by class."""
    known = [(case.rated.alike("knees"), case.seen.at_bottom("knee_flexion_deg")) for case in cases if case.rated.alike("knees")]
    rows: list[Row] = []
    for theirs in CLASSES:
        found = [deg for said, deg in known if said == theirs]
        seen = sorted(deg for deg in found if not np.isnan(deg))
        row: Row = {"both say": theirs, "clips": len(found), "measured": len(seen)}
        row |= {ours: sum(low <= deg < high for deg in seen) for ours, (low, high) in KNEES_DEG.items()}
        rows.append(row | {"degrees": [round(deg) for deg in seen]})
    return rows


def cue_rows(cases: Sequence[Case]) -> list[Row]:
    """A row a cue: repetitions in which it was judged, of those it applies to, by view. All: of all cues together."""
    rows = []
    for cue in (*(cue.id for cue in CUES), "all"):
        row: Row = {"cue": cue}
        for view in ("all", *VIEWS):
            inside = [case.seen.counts for case in cases if view in ("all", case.rated.view)]
            counts = [count for by_cue in inside for name, count in by_cue.items() if cue in (name, "all")]
            judged = sum(count["ok"] + count["fault"] for count in counts)
            missed = sum(count["not_judged"] for count in counts)
            row[view] = _of(judged, judged + missed)
        rows.append(row)
    return rows


def impossible_rows(cases: Sequence[Case]) -> list[Row]:
    """A row an angle: values that no joint can have, of those printed for repetitions and of those of frames."""
    rows = []
    for metric, (low, high) in POSSIBLE_DEG.items():
        bottoms = [np.array([v for rep in case.seen.reps if (v := rep["metrics"].get(metric)) is not None], float) for case in cases]
        frames = [case.seen.frames[metric] for case in cases]
        wrong = [impossible(at, metric) + impossible(all_of, metric) for at, all_of in zip(bottoms, frames, strict=True)]
        rows.append(
            {
                "measure": metric,
                "possible": f"{low:g} to {high:g}",
                "repetitions": _of(sum(impossible(at, metric) for at in bottoms), sum(map(len, bottoms))),
                "frames": _of(sum(impossible(at, metric) for at in frames), sum(int(np.isfinite(at).sum()) for at in frames)),
                "clips with any": sum(map(bool, wrong)),
            }
        )
    return rows


def called_rows(cases: Iterable[Case]) -> list[Row]:
    """A row a fault called in a lift of the hip family that both ratings call good: its measure, and the worst value against the limit."""
    rows: list[Row] = []
    for case in cases:
        if case.rated.alike("overall") != "good" or not case.rated.hip_family:
            continue
        for (cue, way), count in case.seen.faults.items():
            said = [rep["cues"][cue] for rep in case.seen.reps if rep["cues"][cue]["direction"] == way]
            worst = max(said, key=lambda one: abs(one["value"] - one["called_at"]))
            fault = BY_ID[cue].fault(way)
            rows.append(
                {
                    "clip": case.rated.clip.stem,
                    "exercise": case.rated.exercises[0],
                    "off side": round(case.rated.off_side_deg),
                    "cue": f"{cue} {way}",
                    "reps": f"{count} of {case.seen.judged(cue)}",
                    "measure": fault.metric,
                    "worst": worst["value"],
                    "+-": worst["uncertainty"],
                    "called from": worst["called_at"],
                    "at s": worst["at_s"],
                }
            )
    return rows


def wrong_names(case: Case) -> list[str]:
    """The figures in which hingecheck is wrong of a clip."""
    scores = ((figure.name, figure.score(case)) for figure in FIGURES if figure.right)
    return [name for name, score in scores if score is not None and score < 1]
