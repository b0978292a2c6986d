"""Standing, down, bottom, up, and which of these movements were repetitions.

Works on hip flexion against standing, in degrees, and on seconds; nothing is counted in frames. A rep goes from standing to bent and back
up. It ends where the rise ends, not at a fixed angle. A lifter who stops short of straight has still done a rep, and should hear about it.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .types import Bools, Floats, Ints, Phase

RISE_DEG: Final = 20.0  # a new rep starts this far above the last top at least, so that an unfinished lockout does not start one
END_DEG: Final = 25.0  # a rise that stops below this, or below half the depth, has reached its top
# A rise may also halt higher, at least a third of the way up. That halt is the top if a descent follows, and not if the rise goes on.
# A halt: straightening by less than ``HALT_DEG`` in ``HALT_S``.
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
CREEP_DEG: Final = 1.0  # a lifter who straightens this far while the top is watched is still rising: the watch starts again
RISEN_SHARE: Final = 0.25  # of the depth that may be left where a film is cut: editors cut at the lockout, often a little before it
LOST_S: Final = 1.0  # a lifter unseen for longer has left: an open rep is dropped
MIN_LEAN_DEG: Final = 15.0  # a bend in which the trunk never leans this far forward is a step or a sit, not a hinge,
LYING_DEG: Final = 40.0  # unless it leans back as far as this: the lifter lies on back or shoulders


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

    @property
    def risen(self) -> bool:
        """Whether the open movement is a rep though no more of it is seen: its top is reached, or nearly."""
        return self.top_s is not None or (self.phase is Phase.UP and self.lowest <= RISEN_SHARE * self.deepest)


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
    now = replace(track)
    phase_of: list[int] = []
    rep_of: list[int] = []
    deepest_of: list[bool] = []
    closed: list[Closed] = []
    rows = zip(time_s.tolist(), flexion_deg.tolist(), rate_deg_s.tolist(), lean_deg.tolist(), strict=True)
    for frame, (at_s, flexion, rate, lean) in enumerate(rows):
        deepest = False
        if now.phase is not None and at_s - now.seen_s > LOST_S:
            if now.top_s is not None:
                _close(now, frame, closed, min_depth_deg)
            elif now.open:
                closed.append(Closed(frame, False, now.reps + 1, now.start_s, now.bottom_s, now.seen_s, False))
            now = Track(reps=now.reps)
        if flexion != flexion:
            phase_of.append(Phase.UNSEEN)
            rep_of.append(now.reps + 1 if now.open else 0)
            deepest_of.append(False)
            continue
        if now.phase is None:
            now.phase, now.lowest, now.onset_s = Phase.STANDING, min(flexion, start_deg), at_s
            if flexion > start_deg:
                _open(now, at_s, inside=True)
        if now.phase is Phase.STANDING:
            now.lowest = min(now.lowest, flexion)
            if rate <= ONSET_DEG_S:
                now.onset_s = at_s
            starts = flexion >= max(start_deg, now.lowest + RISE_DEG)
            if now.top_s is not None:
                if rate < -STILL_DEG_S and flexion > STRAIGHT_DEG and not starts:
                    now.phase, now.top_s = Phase.UP, None
                elif (
                    (at_s - now.top_s >= TOP_S and flexion <= _end_deg(now))
                    or (rate > STILL_DEG_S and flexion > now.top_deg + TURN_DEG)
                    or starts
                ):
                    _close(now, frame, closed, min_depth_deg)
                elif flexion <= now.top_deg - CREEP_DEG:
                    now.top_s, now.top_deg = at_s, flexion
            if starts and not now.open:
                _open(now, now.onset_s, inside=False)
        if now.open and now.phase is not Phase.STANDING:
            deepest = flexion > now.deepest
            if deepest:
                now.deepest, now.bottom_s = flexion, at_s
            now.fastest = max(now.fastest, rate)
            now.most_lean = max(now.most_lean, lean if lean > -LYING_DEG else -lean)
            _step(now, at_s, flexion, rate)
        now.seen_s = at_s
        phase_of.append(now.phase)
        rep_of.append(now.reps + 1 if now.open else 0)
        deepest_of.append(deepest)
    phases = Phases(np.array(phase_of, np.int8), np.array(rep_of, np.int32), np.array(deepest_of, bool), tuple(closed))
    return now, phases


def finish(track: Track, frame: int, *, min_depth_deg: float) -> tuple[Track, tuple[Closed, ...]]:
    """Close what is open at the end of the source: a watched top is a rep, a rise past half way is one that is not complete.

    A descent without a rise is a set-down: no rep.
    """
    now = replace(track)
    closed: list[Closed] = []
    if now.top_s is not None:
        _close(now, frame, closed, min_depth_deg)
    elif now.open:
        counted = now.phase is Phase.UP and now.lowest <= now.deepest / 2 and _is_rep(now, min_depth_deg)
        closed.append(Closed(frame, counted, now.reps + 1, now.start_s, now.bottom_s, now.seen_s, False))
        now = Track(reps=now.reps + counted)
    return now, tuple(closed)


def _open(track: Track, start_s: float, *, inside: bool) -> None:
    """A descent has begun, or was under way when the lifter was first seen (``inside``)."""
    track.phase, track.open, track.inside, track.start_s, track.top_s = Phase.DOWN, True, inside, start_s, None
    track.deepest, track.fastest, track.most_lean = -math.inf, UNSEEN_DESCENT_DEG_S if inside else 0.0, -math.inf


def _step(track: Track, at_s: float, flexion: float, rate: float) -> None:
    """Phase of one frame within an open movement; ``lowest`` follows the rise."""
    slow = SLOW_SHARE * track.fastest
    risen = track.deepest - flexion
    if not flexion > track.halt_deg - HALT_DEG or track.phase is not Phase.UP or flexion > HALT_SHARE * track.deepest:
        track.halt_s, track.halt_deg = at_s, flexion
    stopped = at_s - track.halt_s >= HALT_S or (rate > -STILL_DEG_S and flexion <= _end_deg(track))
    if track.phase is Phase.UP and (flexion <= STRAIGHT_DEG or stopped):
        top_s = track.halt_s if flexion > _end_deg(track) else at_s
        track.phase, track.top_s, track.top_deg, track.lowest = Phase.STANDING, top_s, flexion, flexion
    elif (risen > TURN_DEG and rate < -slow) or (risen > NEAR_BOTTOM_DEG and rate <= 0):
        track.phase, track.lowest = Phase.UP, flexion
    elif abs(rate) <= slow and risen <= NEAR_BOTTOM_DEG:
        track.phase = Phase.BOTTOM
    elif rate > slow:
        track.phase = Phase.DOWN


def _end_deg(track: Track) -> float:
    """Below this a rise that stops has reached its top."""
    return max(END_DEG, track.deepest / 2)


def _is_rep(track: Track, min_depth_deg: float) -> bool:
    return track.deepest >= min_depth_deg and track.most_lean >= MIN_LEAN_DEG


def _close(track: Track, frame: int, closed: list[Closed], min_depth_deg: float) -> None:
    """End the movement whose top has been watched."""
    assert track.top_s is not None
    counted = _is_rep(track, min_depth_deg)
    closed.append(Closed(frame, counted, track.reps + 1, track.start_s, track.bottom_s, track.top_s, not track.inside))
    track.reps += counted
    track.open, track.inside, track.top_s = False, False, None
