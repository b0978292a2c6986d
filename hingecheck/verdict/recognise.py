"""Which exercise a repetition is, from the posture of its deepest part and of its top. Causal: from its frames so far.

An exercise's score is that of its best look, a look's that of its weakest sign, 0 to 1. The highest score names the repetition, if it
is at least ``LEAST_SCORE`` and no other comes close; else it is ``other``. A set is mostly of one exercise, so that of the last repetition
scores ``HABIT`` more; while a repetition runs, it is taken for the same until it is clear.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from . import posture
from .exercise import AUTO, OTHER, Performed
from .exercises import EXERCISES, NUMBER
from .phases import Closed
from .poses import Poses
from .posture import COLUMN, POSTURE
from .types import Bools, Floats, Ints

# What signs may name: the posture at the deepest part of the repetition, and of some columns that at its top.
AT_TOP: Final = ("arm_deg", "reach")
MEASURES: Final = (*POSTURE, *(f"top_{name}" for name in AT_TOP))

LEAST_SCORE: Final = 0.5
LEAST_SURE: Final = 0.3
HABIT: Final = 0.1
CLEAR: Final = 0.6  # so sure, a repetition that still runs is no longer taken for what the last one was

# The posture is summed up by hip flexion, so that the deepest part is known whenever it ends.
STEP_DEG: Final = 5.0
STEPS: Final = 40
DEEP: Final = 3  # steps below the deepest that is held for HELD_S: one frame may be drawn wrong
HELD_S: Final = 0.1
TOP_STEPS: Final = 7  # 35 degrees and less
LONGEST_S: Final = 0.1  # a frame counts for the time since the last one, and for no more than this

_AT_TOP: Final = [POSTURE.index(name) for name in AT_TOP]
_LOOKS: Final = tuple((number, look) for number, exercise in enumerate(EXERCISES) for look in exercise.looks)
_OF: Final = np.array([number for number, _ in _LOOKS])
_BOUNDS: Final = np.full((4, len(_LOOKS), len(MEASURES)), np.nan)
for _row, (_, _look) in enumerate(_LOOKS):
    for _sign in _look:
        _BOUNDS[:, _row, MEASURES.index(_sign.measure)] = _sign.least, _sign.most, _sign.blur, _sign.unseen


@dataclass(frozen=True, slots=True)
class Open:
    """What is remembered: the exercise ``last`` named, None before, the one taken for ``now``, by number, and the open movement's posture.

    ``seconds`` that each step of hip flexion was seen for, and the posture summed over that time, ``sums``, (STEPS, postures) each;
    ``seen_s`` when the last frame was.
    """

    last: int | None = None
    now: int = NUMBER["hinge"]
    seconds: Floats = field(default_factory=lambda: np.zeros((STEPS, len(POSTURE))))
    sums: Floats = field(default_factory=lambda: np.zeros((STEPS, len(POSTURE))))
    seen_s: float = -np.inf


def score(measured: Floats) -> Floats:
    """How well each exercise fits what was measured, 0 to 1, in the order of EXERCISES. (MEASURES,) -> (E,)."""
    least, most, blur, unseen = _BOUNDS
    with np.errstate(invalid="ignore"):
        inside = np.minimum(measured - least, most - measured) / (2 * blur) + 0.5
    inside = np.where(np.isnan(blur), 1.0, np.where(np.isnan(measured), unseen, np.clip(inside, 0.0, 1.0)))
    best = np.zeros(len(EXERCISES))
    np.maximum.at(best, _OF, inside.min(axis=1))
    return best


def name(scores: Floats, last: int | None = None) -> tuple[int, float]:
    """The exercise with these scores, after the ``last`` one, and how sure that is, 0 to 1. (E,) -> its number, sureness."""
    if last is not None and scores[last] > 0.0:
        scores = scores.copy()
        scores[last] = min(scores[last] + HABIT, 1.0)
    order = np.argsort(scores, kind="stable")
    first, second = float(scores[order[-1]]), float(scores[order[-2]])
    sure = first * first / (first + second) if first > 0.0 else 0.0
    return (NUMBER[OTHER], 1.0 - first) if first < LEAST_SCORE or sure < LEAST_SURE else (int(order[-1]), sure)


def measured(state: Open) -> Floats:
    """The measures of the open movement so far. -> (MEASURES,), NaN where nothing is known."""
    held = np.flatnonzero(np.cumsum(state.seconds[::-1, 0])[::-1] >= HELD_S)
    out = np.full(len(MEASURES), np.nan)
    if len(held):
        deepest = int(held[-1])
        with np.errstate(invalid="ignore", divide="ignore"):
            deep, top = (
                state.sums[part].sum(axis=0) / state.seconds[part].sum(axis=0)
                for part in (slice(max(deepest - DEEP, 0), None), slice(0, TOP_STEPS))
            )
        out[: len(POSTURE)], out[len(POSTURE) :] = deep, top[_AT_TOP]
    return out


def performed(state: Open, by_hand: str = AUTO) -> Performed:
    """The exercise that the open repetition is, from all that was seen of it."""
    if by_hand != AUTO:
        return Performed(by_hand, 1.0, "user")
    number, sure = name(score(measured(state)), state.last)
    return Performed(EXERCISES[number].id, round(sure, 2), "measured")


def advance(
    state: Open, poses: Poses, yaw_deg: Floats, moving: Bools, closed: Iterable[Closed], by_hand: str = AUTO
) -> tuple[Open, Ints, tuple[Performed, ...]]:
    """Follow T more frames. Poses of T, yaw (T,) signed degrees, whether within a movement (T,), the movements that ended.

    -> Open, the number of the exercise that each frame is taken for (T,), and the exercise of each movement that ended.
    """
    if by_hand != AUTO:
        return state, np.full(len(poses), NUMBER[by_hand], np.int8), tuple(Performed(by_hand, 1.0, "user") for _ in closed)
    taken_for = np.empty(len(poses), np.int8)
    named = []
    seen_s, last, now = state.seen_s, state.last, state.now
    seconds, sums = state.seconds.copy(), state.sums.copy()
    ends = {movement.frame: movement for movement in closed}
    held = posture.measure(poses, yaw_deg) if moving.any() else np.full((len(poses), len(POSTURE)), np.nan)
    flexion_deg = held[:, COLUMN["lean_deg"]] + held[:, COLUMN["thigh_deg"]]
    known = np.isfinite(held)
    filled = np.where(known, held, 0.0)
    steps = np.clip(np.where(np.isfinite(flexion_deg), flexion_deg, 0.0) / STEP_DEG, 0, STEPS - 1).astype(int).tolist()
    inside = (moving & np.isfinite(flexion_deg)).tolist()
    for frame, (t, step) in enumerate(zip(poses.time_s.tolist(), steps, strict=True)):
        if frame in ends:
            named.append(performed(Open(last, now, seconds, sums)))
            was = NUMBER[named[-1].id]
            if ends[frame].counted and was != NUMBER[OTHER]:
                last = was
            now = was if ends[frame].counted else NUMBER["hinge"] if last is None else last
            seconds, sums = np.zeros_like(seconds), np.zeros_like(sums)
        lasted, seen_s = min(t - seen_s, LONGEST_S), t
        if inside[frame]:
            seconds[step] += lasted * known[frame]
            sums[step] += lasted * filled[frame]
            if seconds[step + DEEP + 1 :, 0].sum() < HELD_S:  # in the deepest part so far
                number, sure = name(score(measured(Open(last, now, seconds, sums))), last)
                now = number if number != NUMBER[OTHER] and sure >= CLEAR else now
        taken_for[frame] = now
    return Open(last, now, seconds, sums, seen_s), taken_for, tuple(named)
