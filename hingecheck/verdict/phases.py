"""Standing, down, bottom, up, and which of these movements were repetitions.

Works on hip flexion against standing, in degrees, and on seconds; nothing is counted in frames. A rep goes from standing to bent and back
up. It ends where the rise ends, not at a fixed angle: who stops short of straight has still done a rep, and should hear about it.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .types import Bools, Floats, Ints, Phase

RISE_DEG: Final = 20.0  # a new rep starts this far above the last top at least, so that an unfinished lockout does not start one
END_DEG: Final = 25.0  # a rise that stops below this, or below half the depth, has reached its top
# One that halts higher, a third of the way up at least, has too if the next thing is a descent; if it goes on, it has not. To halt is to
# straighten by less than this in this time.
HALT_S: Final = 0.5
HALT_DEG: Final = 2.0
HALT_SHARE: Final = 2 / 3  # of the depth that may be left
STRAIGHT_DEG: Final = 5.0  # below this the top is reached however fast the lifter still moves
STILL_DEG_S: Final = 20.0  # slower than this the rise has stopped
ONSET_DEG_S: Final = 10.0  # slower than this the descent has not begun
SLOW_SHARE: Final = 0.3  # the bottom: slower than this share of the fastest descent, and
NEAR_BOTTOM_DEG: Final = 12.0  # this close to the deepest point
TURN_DEG: Final = 6.0  # risen this far from the deepest point counts as up, bent this far from the top as the next descent
UNSEEN_DESCENT_DEG_S: Final = 40.0  # how fast the descent of a lifter first seen bent over is taken to have been
TOP_S: Final = 0.4  # how long a top is watched before the rep is closed
CREEP_DEG: Final = 1.0  # who straightens this far while watched is still rising, slowly: the top is watched anew from there
LOST_S: Final = 1.0  # a lifter unseen for longer has left: an open rep is dropped
MIN_LEAN_DEG: Final = 15.0  # a bend in which the trunk never leans this far is a step or a sit, not a hinge


@dataclass(slots=True)
class Track:
    """What the phases remember: the open movement and the number of reps so far. ``advance`` works on a copy and hands that back.

    ``phase`` None before the first sight and after a loss. ``top_s`` is when the rise stopped, ``top_deg`` where, while the top is being
    watched; ``halt_s`` since when it halts, and ``halt_deg`` where.
    """

    phase: Phase | None = None
    reps: int = 0
    open: bool = False
    inside: bool = False
    start_s: float = 0.0
    bottom_s: float = 0.0
    top_s: float | None = None
    top_deg: float = math.inf
    halt_s: float = math.inf
    halt_deg: float = math.inf
    deepest: float = -math.inf
    lowest: float = math.inf
    onset_s: float = 0.0
    fastest: float = 0.0
    most_lean: float = -math.inf
    seen_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Closed:
    """A movement that ended before frame ``frame`` of the chunk: a rep if ``counted``, else a bend that was none."""

    frame: int
    counted: bool
    index: int
    start_s: float
    bottom_s: float
    end_s: float
    complete: bool


@dataclass(frozen=True, slots=True)
class Phases:
    """Phase (T,), rep number (T,), whether a frame is the deepest of its rep so far (T,), and the movements that ended."""

    phase: Ints
    rep: NDArray[np.int32]
    deepest: Bools
    closed: tuple[Closed, ...]


def advance(
    track: Track, time_s: Floats, flexion_deg: Floats, rate_deg_s: Floats, lean_deg: Floats, *, start_deg: float, min_depth_deg: float
) -> tuple[Track, Phases]:
    """Follow the hinge over T more frames. Each (T,), NaN where unseen -> track, Phases.

    A movement opens when flexion passes ``start_deg`` and counts when it reaches ``min_depth_deg`` and comes back up.
    """
    s = replace(track)
    phase_of: list[int] = []
    rep_of: list[int] = []
    deepest_of: list[bool] = []
    closed: list[Closed] = []
    rows = zip(time_s.tolist(), flexion_deg.tolist(), rate_deg_s.tolist(), lean_deg.tolist(), strict=True)
    for frame, (t, h, v, lean) in enumerate(rows):
        deepest = False
        if s.phase is not None and t - s.seen_s > LOST_S:
            if s.top_s is not None:
                _close(s, frame, closed, min_depth_deg)
            elif s.open:
                closed.append(Closed(frame, False, s.reps + 1, s.start_s, s.bottom_s, s.seen_s, False))
            s = Track(reps=s.reps)
        if h != h:
            phase_of.append(Phase.UNSEEN)
            rep_of.append(s.reps + 1 if s.open else 0)
            deepest_of.append(False)
            continue
        if s.phase is None:
            s.phase, s.lowest, s.onset_s = Phase.STANDING, min(h, start_deg), t
            if h > start_deg:
                _open(s, t, inside=True)
        if s.phase is Phase.STANDING:
            s.lowest = min(s.lowest, h)
            if v <= ONSET_DEG_S:
                s.onset_s = t
            starts = h >= max(start_deg, s.lowest + RISE_DEG)
            if s.top_s is not None:
                if v < -STILL_DEG_S and h > STRAIGHT_DEG and not starts:
                    s.phase, s.top_s = Phase.UP, None
                elif (t - s.top_s >= TOP_S and h <= _end_deg(s)) or (v > STILL_DEG_S and h > s.top_deg + TURN_DEG) or starts:
                    _close(s, frame, closed, min_depth_deg)
                elif h <= s.top_deg - CREEP_DEG:
                    s.top_s, s.top_deg = t, h
            if starts and not s.open:
                _open(s, s.onset_s, inside=False)
        if s.open and s.phase is not Phase.STANDING:
            deepest = h > s.deepest
            if deepest:
                s.deepest, s.bottom_s = h, t
            s.fastest = max(s.fastest, v)
            s.most_lean = max(s.most_lean, lean)
            _step(s, t, h, v)
        s.seen_s = t
        phase_of.append(s.phase)
        rep_of.append(s.reps + 1 if s.open else 0)
        deepest_of.append(deepest)
    phases = Phases(np.array(phase_of, np.int8), np.array(rep_of, np.int32), np.array(deepest_of, bool), tuple(closed))
    return s, phases


def finish(track: Track, frame: int, *, min_depth_deg: float) -> tuple[Track, tuple[Closed, ...]]:
    """Close what is open at the end of the source: a watched top is a rep, a rise past half way is one that is not complete.

    A descent without a rise is a set-down: no rep.
    """
    s = replace(track)
    closed: list[Closed] = []
    if s.top_s is not None:
        _close(s, frame, closed, min_depth_deg)
    elif s.open:
        counted = s.phase is Phase.UP and s.lowest <= s.deepest / 2 and _is_rep(s, min_depth_deg)
        closed.append(Closed(frame, counted, s.reps + 1, s.start_s, s.bottom_s, s.seen_s, False))
        s = Track(reps=s.reps + counted)
    return s, tuple(closed)


def _open(s: Track, start_s: float, *, inside: bool) -> None:
    """A descent has begun, or was under way when the lifter was first seen (``inside``)."""
    s.phase, s.open, s.inside, s.start_s, s.top_s = Phase.DOWN, True, inside, start_s, None
    s.deepest, s.fastest, s.most_lean = -math.inf, UNSEEN_DESCENT_DEG_S if inside else 0.0, -math.inf


def _step(s: Track, t: float, h: float, v: float) -> None:
    """Phase of one frame within an open movement; ``lowest`` follows the rise."""
    slow = SLOW_SHARE * s.fastest
    risen = s.deepest - h
    if not h > s.halt_deg - HALT_DEG or s.phase is not Phase.UP or h > HALT_SHARE * s.deepest:
        s.halt_s, s.halt_deg = t, h
    stopped = t - s.halt_s >= HALT_S or (v > -STILL_DEG_S and h <= _end_deg(s))
    if s.phase is Phase.UP and (h <= STRAIGHT_DEG or stopped):
        s.phase, s.top_s, s.top_deg, s.lowest = Phase.STANDING, s.halt_s if h > _end_deg(s) else t, h, h
    elif (risen > TURN_DEG and v < -slow) or (risen > NEAR_BOTTOM_DEG and v <= 0):
        s.phase, s.lowest = Phase.UP, h
    elif abs(v) <= slow and risen <= NEAR_BOTTOM_DEG:
        s.phase = Phase.BOTTOM
    elif v > slow:
        s.phase = Phase.DOWN


def _end_deg(s: Track) -> float:
    """Below this a rise that stops has reached its top."""
    return max(END_DEG, s.deepest / 2)


def _is_rep(s: Track, min_depth_deg: float) -> bool:
    return s.deepest >= min_depth_deg and s.most_lean >= MIN_LEAN_DEG


def _close(s: Track, frame: int, closed: list[Closed], min_depth_deg: float) -> None:
    """End the movement whose top has been watched."""
    assert s.top_s is not None
    counted = _is_rep(s, min_depth_deg)
    closed.append(Closed(frame, counted, s.reps + 1, s.start_s, s.bottom_s, s.top_s, not s.inside))
    s.reps += counted
    s.open, s.inside, s.top_s = False, False, None
