"""The one analysis: poses in, verdict out, whatever the number of frames. Causal: a frame is judged by itself and what came before it.

``advance`` gives bit-identical results however the frames are cut into chunks; live hands over one frame, a clip all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from . import (
    back_drift,
    bottoms,
    comparing,
    coverage,
    hips_lead,
    judging,
    observing,
    phases,
    plausible,
    recognise,
    series,
    steady,
)
from . import baseline as standing
from .baseline import Baseline
from .comparing import Standing
from .observing import Seen
from .poses import Poses, PoseSource, chunks, nobody
from .profiles import Profile
from .tallies import every_rule, rules
from .types import Event, Phase, Rep, Result, Stand, ViewKind

__all__ = ["Seen", "State", "advance", "analyse", "finish", "first_baseline", "observe", "rules", "start"]


@dataclass(frozen=True, slots=True)
class State:
    """Everything remembered between frames. Made by ``start``, handed to and back by ``advance``; nothing else remembers anything.

    ``body`` is the last that was believed, ``seen`` what was seen of the open rep.
    """

    sight: observing.Sight
    stand: Standing
    track: phases.Track
    tallies: tuple[judging.Tally, ...]
    deepest: bottoms.Deepest
    descent: back_drift.Descent
    bottom: hips_lead.Bottom
    exercise: recognise.Open
    last_s: float | None
    body: plausible.Last = plausible.NOBODY
    seen: coverage.Coverage = coverage.NOTHING

    @property
    def baseline(self) -> Baseline | None:
        """The standing shape known so far."""
        return self.stand.baseline


def start(profile: Profile, baseline: Baseline | None = None) -> State:
    """State before the first frame. A ``baseline`` handed in is kept throughout; without one it is learnt from the first stand."""
    return State(
        sight=observing.Sight(),
        stand=Standing(baseline, given=baseline is not None),
        track=phases.Track(),
        tallies=judging.start(every_rule(profile)),
        deepest=bottoms.NOT_YET,
        descent=back_drift.Descent(),
        bottom=hips_lead.Bottom(),
        exercise=recognise.Open(),
        last_s=None,
    )


def advance(state: State, poses: Poses, profile: Profile) -> tuple[State, Result]:
    """Judge T more frames, T >= 0. ``ValueError`` when time does not rise strictly, from the last call's frames on."""
    poses = poses.widened()
    time_s = poses.time_s
    steps = np.diff(time_s, prepend=-np.inf if state.last_s is None else state.last_s)
    if not (steps > 0).all():
        raise ValueError("poses: time_s must rise strictly")
    body, poses = plausible.believed(state.body, poses)
    state = replace(state, body=body)
    parts: list[Result] = []
    for broke, stretch in steady.stretches(poses):
        if broke != steady.STILL:
            at_s = float(stretch.time_s[0])
            state, ended = _begun_anew(state, profile) if broke == steady.CUT else (_moved(state), ())
            counted = [Event(at_s, "rep", rep=rep.index) for rep in ended]
            parts.append(replace(parts[0][:0], reps=ended, events=(*counted, Event(at_s, steady.KINDS[broke]))))
        state, part = _judged(state, stretch, profile)
        parts.append(part)
    return state, parts[0] if len(parts) == 1 else Result.concat(parts, len(time_s))


def _begun_anew(state: State, profile: Profile) -> tuple[State, tuple[Rep, ...]]:
    """After a cut nothing is known but the number of reps; the open one counts if the lifter was nearly up again."""
    ended = finish(state, profile).reps if state.track.risen else ()
    fresh = replace(start(profile), last_s=state.last_s, body=state.body)
    return replace(fresh, track=phases.Track(reps=state.track.reps + len(ended))), ended


def _moved(state: State) -> State:
    """After the camera moved."""
    return replace(state, sight=state.sight.moved(), stand=state.stand.moved())


def _judged(state: State, poses: Poses, profile: Profile) -> tuple[State, Result]:
    """``advance`` over frames of one reference picture."""
    time_s = poses.time_s
    state, seen = observe(state, poses)
    stand, compared = comparing.against(state.stand, time_s, seen)
    measured, spreads = compared.measured, compared.spreads
    body, measured, usable, impossible = plausible.possible(state.body, time_s, measured, measured.hip_flexion_deg)
    flexion, track = np.where(usable, measured.hip_flexion_deg, np.nan), state.track
    track, moved = phases.advance(
        track,
        time_s,
        flexion,
        compared.rate,
        measured.trunk_lean_deg,
        start_deg=profile.reps.start_deg,
        min_depth_deg=profile.reps.min_depth_deg,
    )
    ended = [closed.frame for closed in moved.closed]
    exercise, taken_for, performed = recognise.advance(state.exercise, poses, seen.yaw_deg, moved.rep > 0, moved.closed, profile.exercise)
    trunk_deg, knee_deg = measured.trunk_lean_deg, measured.knee_flexion_deg
    hip_deg, lower_deg = measured.hip_flexion_deg, measured.spine_lower_deg
    descent, wandered = back_drift.advance(state.descent, moved.rep > 0, trunk_deg, hip_deg, lower_deg, ended)
    bottom, lead = hips_lead.advance(state.bottom, moved.deepest, moved.phase == Phase.UP, knee_deg, trunk_deg, ended)
    measured = replace(measured, back_drift_deg=wandered, hips_lead_deg=lead)
    off = series.off_side(measured.view_yaw_deg)
    deepest, lowest = bottoms.follow(state.deepest, flexion, moved, measured, spreads)
    off_deg = {ViewKind.SIDE: off, ViewKind.FRONT: 90.0 - off}
    tallies, judged = judging.advance(
        state.tallies,
        every_rule(profile),
        time_s,
        measured,
        spreads,
        moved.phase,
        moved.rep > 0,
        off_deg,
        moved.closed,
        compared.stood,
        compared.shaped,
        taken_for,
        tuple(named.id for named in performed),
    )
    open_rep, covered = coverage.follow(state.seen, time_s, moved.phase, np.isfinite(flexion), moved.rep > 0, moved.closed)
    ends = zip(moved.closed, lowest, judged.cues, performed, covered, strict=True)
    reps = tuple(coverage.honest(bottoms.rep(c, b, cues, named), whole) for c, b, cues, named, whole in ends if c.counted)
    closing = [Event(float(time_s[c.frame]), "rep", rep=c.index) for c in moved.closed if c.counted]
    state = replace(
        state,
        stand=stand,
        track=track,
        tallies=tallies,
        deepest=deepest,
        descent=descent,
        bottom=bottom,
        body=body,
        seen=open_rep,
        exercise=exercise,
    )
    if len(time_s):
        state = replace(state, last_s=float(time_s[-1]))
    result = Result(
        time_s=time_s,
        metrics=measured,
        spreads=spreads,
        phase=moved.phase,
        rep=moved.rep,
        near=seen.near,
        facing=np.where(np.isfinite(seen.yaw_deg), series.way_faced(seen.yaw_deg), 0).astype(np.int8),
        active=judged.active,
        exercise=taken_for,
        events=tuple(sorted((*compared.events, *impossible, *judged.events, *closing), key=lambda event: event.time_s)),
        reps=reps,
    )
    return state, result


def finish(state: State, profile: Profile) -> Result:
    """The rep that is still open when the frames end, if it counts: a Result of no frames and at most one rep."""
    _, closed = phases.finish(state.track, 0, min_depth_deg=profile.reps.min_depth_deg)
    nothing = advance(replace(start(profile), last_s=state.last_s), nobody(np.empty(0)), profile)[1]
    if not closed or not closed[0].counted or state.last_s is None:
        return nothing
    named = recognise.performed(state.exercise, profile.exercise)
    cues = judging.settle(state.tallies, every_rule(profile), named.id)
    rep = coverage.honest(bottoms.rep(closed[0], state.deepest, cues, named), state.seen)
    return replace(nothing, events=(Event(state.last_s, "rep", rep=rep.index),), reps=(rep,))


def analyse(poses: PoseSource, profile: Profile, baseline: Baseline | None = None, *, hindsight: bool = True) -> Result:
    """The verdict on a whole recording: ``start``, ``advance`` over one chunk after the other, ``finish``.

    With ``hindsight``, when the first rep begins before the lifter was ever seen standing, all is judged a second time with the shape of
    the first stand (a lockout) known from the start; if there is none, as where every rep touches and goes, with that of the tops of all
    reps. Without, the verdict is what was said live. ``Result.stand`` says which it was.
    """
    result = _whole(start(profile, baseline), poses, profile)
    broken_s = next((event.time_s for event in result.events if event.kind in steady.KINDS.values()), np.inf)
    learnt = [event.time_s for event in result.events if event.kind == "baseline" and event.time_s < broken_s]
    late = bool(learnt and result.reps and result.reps[0].start_s < learnt[0])
    if baseline is not None or (learnt and not late):
        return replace(result, stand=Stand.OWN)
    if not hindsight or not (late or (len(result.reps) > 1 and broken_s == np.inf)):
        return result
    known = first_baseline(poses, profile) if late else tops(poses, result, profile)
    if known is None:
        return result
    again = _whole(replace(start(profile), stand=Standing(known)), poses, profile)
    return replace(again, stand=Stand.LOCKOUT)


def _whole(state: State, poses: PoseSource, profile: Profile) -> Result:
    """All that is left of a recording, and the rep that its end leaves open."""
    return Result.concat(_parts(state, poses, profile), len(poses))


def _parts(state: State, poses: PoseSource, profile: Profile) -> Iterator[Result]:
    """The verdict chunk by chunk: so the poses of an hour take no more memory than those of a minute."""
    for chunk in chunks(poses):
        state, part = advance(state, chunk, profile)
        yield part
    yield finish(state, profile)


def first_baseline(poses: PoseSource, profile: Profile) -> Baseline | None:
    """The standing shape that is learnt first in these frames, or None when the lifter never stands still."""
    state, learnt = start(profile), 0
    for chunk in chunks(poses):
        before = state
        state, part = advance(state, chunk, profile)
        for event in part.events:
            learnt += event.kind == "baseline"
            if learnt > 1:
                return advance(before, chunk[: int(np.searchsorted(chunk.time_s, event.time_s))], profile)[0].baseline
    return state.baseline


def tops(poses: PoseSource, result: Result, profile: Profile) -> Baseline | None:
    """The standing shape of somebody who never stands still: the middle of the upright frames at the tops of reps. None with too few."""
    state, first, parts = start(profile), 0, []
    for chunk in chunks(poses):
        state, seen = observe(state, chunk)
        there = standing.upright(seen.series, seen.yaw_deg, seen.sure) & (result.phase[first : first + len(chunk)] == Phase.STANDING)
        parts.append((chunk.time_s[there], seen.series[there], seen.yaw_deg[there], seen.features[there]))
        first += len(chunk)
    time_s, rows, yaws, features = (np.concatenate(column)[: standing.MOST_TOPS] for column in zip(*parts, strict=True))
    steps = np.diff(result.time_s)
    if not len(steps) or len(time_s) * float(np.median(steps)) < standing.TOPS_S:
        return None
    return standing.learn(float(time_s[0]), rows, yaws, features).without_places()


def observe(state: State, poses: Poses) -> tuple[State, Seen]:
    """What T more frames show before anything is compared with standing -> state, Seen."""
    sight, seen = observing.observe(state.sight, poses)
    return replace(state, sight=sight), seen
