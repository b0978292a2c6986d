"""From judgements to a score, one next cue, and the stage a lifter is ready for. Rules and numbers are explained in docs/scoring.md."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from .cues import BY_ID, CUES
from .exercise import OTHER
from .exercises import BY_ID as EXERCISE
from .types import Ints, Judgement, Rep, Result, Stage, Status, Summary
from .views import describe

LEAST_PENALTY: Final = 0.4  # of a cue's weight, for a value at the limit; it grows to the whole weight, see ``Fault.worst_by``

NAMED_SHARE: Final = 0.25  # of the reps

READY_REPS: Final = 5
READY_SCORE: Final = 85
READY_CUES: Final = ("neutral_spine", "core_tight")  # the source calls spine and core the ones that matter most for stability

# Areas of assistance work (Stage 3 of the source), and the one that a fault points at first, by cue and direction.
AREAS: Final = {
    "core": "core stability and strength",
    "back": "back strength",
    "glutes": "glute stability and strength",
    "mobility": "hip and spinal mobility",
}
AREA_OF: Final = {
    ("butt_high", "low"): "mobility",
    ("shoulders_back", "forward"): "back",
    ("chest_out", "rounded"): "back",
    ("soft_knees", "bent"): "mobility",
    ("soft_knees", "locked"): "mobility",
    ("neutral_spine", "rounded"): "core",
    ("neutral_spine", "arched"): "core",
    ("core_tight", "loose"): "core",
    ("knees_out", "caving"): "glutes",
    ("knees_out", "wide"): "mobility",
    ("feet_hip_width", "narrow"): "mobility",
    ("feet_hip_width", "wide"): "mobility",
    ("squeeze_butt", "short"): "glutes",
    ("squeeze_butt", "leaning_back"): "core",
    ("squeeze_butt", "hips_first"): "back",
}
# Lightly loaded exercises (Stage 2 of the source), in the order they are taken up, and the cues that each one trains most.
EXERCISES: Final = {
    "stiff_leg_deadlift": ("light stiff-leg deadlift, bar or dumbbells", frozenset({"butt_high", "soft_knees"})),
    "kettlebell_deadlift": (
        "kettlebell deadlift, the bell close to the body",
        frozenset({"neutral_spine", "core_tight", "shoulders_back", "chest_out"}),
    ),
    "hip_thrust": ("hip thrusts", frozenset({"squeeze_butt"})),
    "squat": ("goblet, double kettlebell, front or back squat", frozenset({"knees_out", "feet_hip_width"})),
}


def severity(cue_id: str, judgement: Judgement) -> float:
    """Penalty share of one judgement, 0 (ok) or 0.4 to 1 (fault, growing with the distance past the limit)."""
    if judgement.status is not Status.FAULT:
        return 0.0
    assert judgement.value is not None and judgement.limit is not None
    fault = next(f for f in BY_ID[cue_id].faults if f.direction == judgement.direction)
    past = abs(judgement.value - judgement.limit) / fault.worst_by
    return LEAST_PENALTY + (1 - LEAST_PENALTY) * min(past, 1.0)


def rep_score(cues: Mapping[str, Judgement]) -> int | None:
    """0 to 100: what is left of the weights of the judged cues after the faults' penalties; None when nothing was judged."""
    judged = {cue_id: j for cue_id, j in cues.items() if j.status is not Status.NOT_JUDGED}
    whole = sum(BY_ID[cue_id].weight for cue_id in judged)
    if whole == 0:
        return None
    lost = sum(BY_ID[cue_id].weight * severity(cue_id, j) for cue_id, j in judged.items())
    return round(100 * (1 - lost / whole))


def counts(reps: Sequence[Rep]) -> dict[str, dict[str, int]]:
    """Reps a status, cue by cue in table order: {"butt_high": {"ok": 3, "fault": 0, "not_judged": 0}, ...}."""
    return {cue.id: {status.value: sum(r.cues[cue.id].status is status for r in reps) for status in Status} for cue in CUES}


def exercise(reps: Sequence[Rep]) -> str:
    """The exercise of a session: the one that its reps were most surely; ``other`` if fewer than ``NAMED_SHARE`` of them have a name."""
    sure: Counter[str] = Counter()
    for rep in reps:
        if rep.exercise.id != OTHER:
            sure[rep.exercise.id] += rep.exercise.sure  # type: ignore[assignment]  # a Counter adds up numbers of any kind
    named = sum(rep.exercise.id != OTHER for rep in reps)
    return max(sure, key=lambda name: sure[name]) if sure and named >= NAMED_SHARE * len(reps) else OTHER


def session_score(reps: Sequence[Rep]) -> int | None:
    """Mean of the reps' scores, 0 to 100; None when no rep has one."""
    scores = [rep.score for rep in reps if rep.score is not None]
    return round(sum(scores) / len(scores)) if scores else None


def next_cue(reps: Sequence[Rep]) -> str | None:
    """The one cue to practise next: most penalty over the session, weighed by importance; the more urgent at a tie. None if all is well."""
    cost = {cue.id: cue.weight * sum(severity(cue.id, r.cues[cue.id]) for r in reps) for cue in CUES}
    worst = max(CUES, key=lambda cue: (cost[cue.id], -cue.priority))
    return worst.id if cost[worst.id] > 0 else None


def stage(reps: Sequence[Rep]) -> Stage:
    """Stage that fits: light load (2) once enough clean reps were seen, with the spine judged and right in each; else stay (1)."""
    whole = [rep for rep in reps if rep.complete and rep.exercise.id != OTHER]
    total = counts(whole)
    score = session_score(reps)  # the one that the report shows
    why: list[str] = []
    if len(whole) < READY_REPS:
        why.append(f"{len(whole)} whole reps seen, {READY_REPS} are needed")
    if score is None:
        why.append("no rep could be scored")
    elif score < READY_SCORE:
        why.append(f"score {score}, {READY_SCORE} is needed")
    for cue_id in READY_CUES:
        cue = BY_ID[cue_id]
        applies = [rep for rep in whole if EXERCISE[rep.exercise.id].judges(cue_id)]
        if total[cue_id]["fault"]:
            why.append(f"{cue.name.lower()} wrong in {total[cue_id]['fault']} of {len(whole)} reps")
        elif (missed := sum(rep.cues[cue_id].status is Status.NOT_JUDGED for rep in applies)) > len(applies) / 2:
            why.append(f"{cue.name.lower()} not judged in {missed} of {len(whole)} reps: {_commonest_reason(applies, cue_id)}")
    ready = not why
    if ready:
        why.append(f"{len(whole)} whole reps, score {score}, spine right in each that was judged")
    return Stage(
        recommended=2 if ready else 1,
        ready_for_next=ready,
        why=tuple(why),
        work_on=_areas(whole),
        exercises=_exercises(total) if ready else (),
    )


def _commonest_reason(reps: Sequence[Rep], cue_id: str) -> str:
    """Why a cue was not judged in most of the reps in which it was not."""
    reasons = Counter(rep.cues[cue_id].reason or "not seen" for rep in reps if rep.cues[cue_id].status is Status.NOT_JUDGED)
    return reasons.most_common(1)[0][0]


def _areas(reps: Sequence[Rep]) -> tuple[str, ...]:
    """Areas to work on: faults counted by direction, times the cue's weight; the more urgent cue at a tie."""
    faults = Counter((cue.id, rep.cues[cue.id].direction or "") for rep in reps for cue in CUES if rep.cues[cue.id].status is Status.FAULT)
    cost: dict[str, float] = {}
    for (cue_id, direction), count in sorted(faults.items(), key=lambda fault: BY_ID[fault[0][0]].priority):
        area = AREA_OF[cue_id, direction]
        cost[area] = cost.get(area, 0.0) + count * BY_ID[cue_id].weight
    return tuple(sorted(cost, key=lambda area: -cost[area]))


def _exercises(total: Mapping[str, Mapping[str, int]]) -> tuple[str, ...]:
    """Exercises to take up: first those that train cues with faults, then the rest in their usual order."""
    wrong = {name: sum(total[cue_id]["fault"] * BY_ID[cue_id].weight for cue_id in trains) for name, (_, trains) in EXERCISES.items()}
    return tuple(sorted(EXERCISES, key=lambda name: -wrong[name]))


TOO_SMALL: Final = "too small in the picture"  # how a warning begins that explains why nobody is seen
BROKEN: Final = {
    "cut": "cut at {}: a rep that it ends is not counted, and standing shape and place are learnt anew",
    "camera_moved": "the camera moved at {}: until you next stand still, what rests on places in the picture is not judged",
    "impossible": "no body can be as it was read at {}: such frames are left out",
}
MOST_TIMES: Final = 3


def _broken(result: Result) -> list[str]:
    """A note on each kind of break in what was seen, with the times of the first few."""
    notes = []
    for kind, words in BROKEN.items():
        at_s = [event.time_s for event in result.events if event.kind == kind]
        if at_s:
            times = ", ".join(f"{t:.1f}" for t in at_s[:MOST_TIMES])
            notes.append(words.format(f"{times} s" + (f" and {len(at_s) - MOST_TIMES} times more" if len(at_s) > MOST_TIMES else "")))
    return notes


def summarise(result: Result, people: Ints, warnings: Sequence[str] = ()) -> Summary:
    """A whole session in a few words. ``people`` (T,) as in ``Poses``; ``warnings`` of the source and estimator come first."""
    yaw_deg = result.metrics.view_yaw_deg * np.where(result.facing < 0, -1.0, 1.0)
    bending = result.rep > 0
    view = describe(yaw_deg, bending if bending.any() else np.ones(len(result), dtype=bool))
    notes = list(warnings)
    if len(result) == 0 or not (people > 0).any():
        if not any(note.startswith(TOO_SMALL) for note in notes):
            notes.append("nobody is seen in the picture")
    elif not result.reps:
        notes.append("no repetition was seen: nobody bends at the hips and comes back up")
    unknown = [str(rep.index) for rep in result.reps if rep.exercise.id == OTHER]
    if unknown and len(unknown) == len(result.reps):
        notes.append("it is not known which exercise this is, so nothing is judged; --exercise sets it")
    elif unknown:
        notes.append(f"it is not known which exercise these reps are, so they are not judged: {', '.join(unknown)}")
    notes += _broken(result)
    notes += [f"rep {rep.index} is not complete: the recording begins or ends within it" for rep in result.reps if not rep.complete]
    if len(result) and result.rep[-1] > len(result.reps):
        notes.append(f"the recording ends bent over, at {result.time_s[-1]:.1f} s: that bend is not counted")
    return Summary(
        view=view,
        cues=counts(result.reps),
        score=session_score(result.reps),
        next_cue=next_cue(result.reps),
        stage=stage(result.reps),
        frames_with_person=float((people > 0).mean()) if len(people) else 0.0,
        warnings=tuple(notes),
        exercise=exercise(result.reps),
    )
