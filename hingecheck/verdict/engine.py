"""The one analysis: poses in, verdict out, whatever the number of frames. Causal: a frame is judged by itself and what came before it.

``advance`` gives bit-identical results however the frames are cut into chunks; live hands over one frame, a clip all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from . import (
    back_drift,
    bottoms,
    confidence,
    coverage,
    hips_lead,
    judging,
    lens,
    metrics,
    observing,
    phases,
    plausible,
    recognise,
    series,
    smoothing,
    steady,
)
from . import baseline as standing
from .baseline import Baseline
from .observing import Seen
from .poses import Poses, PoseSource, chunks, nobody
from .profiles import Profile
from .tallies import every_rule, rules
from .types import Bools, Event, Floats, Metrics, Phase, Rep, Result, Stand, ViewKind

__all__ = ["Seen", "State", "advance", "analyse", "finish", "first_baseline", "observe", "rules", "start"]

LENS_CUTOFF_HZ: Final = (4.0,) * len(lens.OUTPUTS)
# No angle goes on by so much more than it was going within a tenth of a second; in the units of the measures.
LENS_LEAP: Final = (25.0, 25.0, 20.0, 20.0, 25.0, 25.0, 0.15, 0.6, 0.8, 45.0)

# What is kept of a stand before there is one.
NO_STAND: Final[dict[str, Any]] = {
    "standing_s": None,
    "recent_time_s": np.empty(0),
    "recent_series": np.empty((0, series.SERIES)),
    "recent_yaw_deg": np.empty(0),
    "recent_features": np.empty((0, lens.FEATURES)),
}


@dataclass(frozen=True, slots=True)
class State:
    """Everything remembered between frames. Made by ``start``, handed to and back by ``advance``; nothing else remembers anything.

    ``standing_s`` since when the lifter stands still; ``recent_*`` the frames of that stand; ``given`` the baseline was handed in.
    ``body`` is the last that was believed, ``seen`` what was seen of the open rep.
    """

    sight: observing.Sight
    lens: smoothing.Tracked
    baseline: Baseline | None
    given: bool
    standing_s: float | None
    recent_time_s: Floats
    recent_series: Floats
    recent_yaw_deg: Floats
    recent_features: Floats
    track: phases.Track
    tallies: tuple[judging.Tally, ...]
    deepest: bottoms.Deepest
    descent: back_drift.Descent
    bottom: hips_lead.Bottom
    exercise: recognise.Open
    last_s: float | None
    body: plausible.Last = plausible.NOBODY
    seen: coverage.Coverage = coverage.NOTHING


def start(profile: Profile, baseline: Baseline | None = None) -> State:
    """State before the first frame. A ``baseline`` handed in is kept throughout; without one it is learnt from the first stand."""
    return State(
        sight=observing.Sight(),
        lens=smoothing.start(len(lens.OUTPUTS)),
        baseline=baseline,
        given=baseline is not None,
        track=phases.Track(),
        tallies=judging.start(every_rule(profile)),
        deepest=bottoms.NOT_YET,
        descent=back_drift.Descent(),
        bottom=hips_lead.Bottom(),
        exercise=recognise.Open(),
        last_s=None,
        **NO_STAND,
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
    """After the camera moved, where the lifter stood is no longer known, but how the lifter stands is."""
    return replace(state, sight=state.sight.moved(), baseline=state.baseline and state.baseline.without_places(), **NO_STAND)


def _judged(state: State, poses: Poses, profile: Profile) -> tuple[State, Result]:
    """``advance`` over frames of one reference picture."""
    time_s = poses.time_s
    state, seen = observe(state, poses)
    state, measured, spreads, bending, stood, shaped, events = _against_standing(state, time_s, seen)
    body, measured, usable, impossible = plausible.possible(state.body, time_s, measured, measured.hip_flexion_deg)
    flexion, track = np.where(usable, measured.hip_flexion_deg, np.nan), state.track
    track, moved = phases.advance(
        track,
        time_s,
        flexion,
        bending,
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
        stood,
        shaped,
        taken_for,
        tuple(named.id for named in performed),
    )
    open_rep, covered = coverage.follow(state.seen, time_s, moved.phase, np.isfinite(flexion), moved.rep > 0, moved.closed)
    ends = zip(moved.closed, lowest, judged.cues, performed, covered, strict=True)
    reps = tuple(coverage.honest(bottoms.rep(c, b, cues, named), whole) for c, b, cues, named, whole in ends if c.counted)
    closing = [Event(float(time_s[c.frame]), "rep", rep=c.index) for c in moved.closed if c.counted]
    state = replace(
        state, track=track, tallies=tallies, deepest=deepest, descent=descent, bottom=bottom, body=body, seen=open_rep, exercise=exercise
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
        events=tuple(sorted((*events, *impossible, *judged.events, *closing), key=lambda event: event.time_s)),
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
    the first stand (a lockout) known from the start. Without, the verdict is what was said live. ``Result.stand`` says which it was.
    """
    result = _whole(start(profile, baseline), poses, profile)
    broken_s = next((event.time_s for event in result.events if event.kind in steady.KINDS.values()), np.inf)
    learnt = [event.time_s for event in result.events if event.kind == "baseline" and event.time_s < broken_s]
    late = bool(learnt and result.reps and result.reps[0].start_s < learnt[0])
    if baseline is not None or (learnt and not late):
        return replace(result, stand=Stand.OWN)
    if not (late and hindsight):
        return result
    again = _whole(replace(start(profile, first_baseline(poses, profile)), given=False), poses, profile)
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


def observe(state: State, poses: Poses) -> tuple[State, Seen]:
    """What T more frames show before anything is compared with standing -> state, Seen."""
    sight, seen = observing.observe(state.sight, poses)
    return replace(state, sight=sight), seen


def _against_standing(state: State, time_s: Floats, seen: Seen) -> tuple[State, Metrics, Metrics, Floats, Bools, Bools, list[Event]]:
    """Learn the baseline where the lifter stands, and measure each frame against the one known by then.

    T frames -> state, metrics, how far each may be off, how fast the hips bend, degrees a second (T,),
    whether a stand was known and whether its back was (T,), ``baseline`` events.
    """
    times = np.concatenate([state.recent_time_s, time_s])
    rows = np.concatenate([state.recent_series, seen.series])
    yaws = np.concatenate([state.recent_yaw_deg, seen.yaw_deg])
    features = np.concatenate([state.recent_features, seen.features])
    still = standing.standing(seen.series, seen.rate, seen.yaw_deg, seen.sure)
    state, learnt = _learn(state, still, times, rows, yaws, features)
    seen_before = np.isfinite(rows[np.searchsorted(times, time_s - standing.SURE_S)])
    parts, told, stood, shaped, looks = [], [], [], [], []
    for (first, known), (last, _) in zip(learnt, [*learnt[1:], (len(time_s), None)], strict=True):
        while True:
            until, completed = last, known
            if known is not None:
                until, completed = standing.complete(known, seen.series[first:last], seen_before[first:last], first, last)
            stretch = slice(first, until)
            measured, opinions = metrics.against(known, seen.series[stretch], seen.yaw_deg[stretch], seen.sure[stretch])
            own = None if known is None else np.array(known.features)
            looks.append(lens.look(seen.features[stretch], own, metrics.readings(measured, opinions, seen.series[stretch])))
            parts.append(measured)
            told.append(opinions)
            stood.append(np.full(until - first, known is not None))
            shaped.append(np.full(until - first, known is not None and known.shaped))
            state = replace(state, baseline=completed)
            if until == last:
                break
            first, known = until, completed
    value, spread = (np.concatenate(part) for part in zip(*looks, strict=True))
    lens_state, smooth, rate = smoothing.track(state.lens, time_s, value, LENS_CUTOFF_HZ, LENS_LEAP)
    by_geometry = Metrics.concat(parts)
    measured = metrics.through(by_geometry, smooth)
    opinions = np.concatenate(told)
    off = series.off_side(by_geometry.view_yaw_deg)
    known_by_outline = np.isfinite(opinions[:, metrics.KNEES][:, metrics.BY_OUTLINE])
    wide = confidence.spreads(off, seen.sure, np.concatenate(shaped), known_by_outline, opinions[:, metrics.BY_REAR])
    spreads = metrics.through(wide, spread)
    spreads = replace(spreads, hips_lead_deg=metrics.of_lead(spreads.trunk_lean_deg, spreads.knee_flexion_deg))
    keep = int(np.searchsorted(times, times[-1] - standing.STAND_S)) if len(times) else 0
    state = replace(
        state,
        lens=lens_state,
        recent_time_s=times[keep:],
        recent_series=rows[keep:],
        recent_yaw_deg=yaws[keep:],
        recent_features=features[keep:],
    )
    events = [Event(float(time_s[frame]), "baseline") for frame, _ in learnt[1:]]
    return (
        state,
        measured,
        spreads,
        rate[:, lens.HIP],
        np.concatenate(stood),
        np.concatenate(shaped),
        events,
    )


def _learn(
    state: State, still: Bools, times: Floats, rows: Floats, yaws: Floats, features: Floats
) -> tuple[State, list[tuple[int, Baseline | None]]]:
    """Find the frames at which a stand has lasted long enough to be learnt from, if what is known is missing or outdated.

    ``still`` (T,); the rest begins with the frames carried over -> state, (frame, baseline from there) with (0, the one so far) first.
    """
    carried = len(times) - len(still)
    since, known = state.standing_s, state.baseline
    learnt = [(0, known)]
    for frame, (t, stands) in enumerate(zip(times[carried:].tolist(), still.tolist(), strict=True)):
        if frame + carried and t - times[frame + carried - 1] > smoothing.FORGET_S:
            since = None  # the camera stalled: the lifter may have moved meanwhile
        if not stands:
            since = None
        elif since is None:
            since = t
        elif not state.given and t - since >= standing.STAND_S:
            row = carried + frame
            if standing.outdated(known, rows[row], float(yaws[row])):
                stand = slice(int(np.searchsorted(times, t - standing.STAND_S)), row + 1)
                known = standing.learn(t, rows[stand], yaws[stand], features[stand])
                learnt.append((frame, known))
    return replace(state, standing_s=since), learnt
