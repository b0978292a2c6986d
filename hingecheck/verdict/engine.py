"""The one analysis: poses in, verdict out, whatever the number of frames. Causal: a frame is judged by itself and what came before it.

``advance`` gives bit-identical results however the frames are cut into chunks; live hands over one frame, a clip all of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from . import back_drift, bottoms, confidence, hips_lead, judging, lens, metrics, phases, recognise, series, smoothing, views
from . import baseline as standing
from .baseline import Baseline
from .poses import Poses, PoseSource, chunks, nobody
from .profiles import Profile
from .tallies import every_rule, rules
from .types import Bools, Event, Floats, Ints, Metrics, Phase, Result, Stand, ViewKind

__all__ = ["Seen", "State", "advance", "analyse", "finish", "first_baseline", "observe", "rules", "start"]

YAW_CUTOFF_HZ: Final = (0.5, 0.5)  # nobody turns round in a tenth of a second; the near side must not flicker
LENS_CUTOFF_HZ: Final = (4.0,) * len(lens.OUTPUTS)


@dataclass(frozen=True, slots=True)
class State:
    """Everything remembered between frames. Made by ``start``, handed to and back by ``advance``; nothing else remembers anything.

    ``standing_s`` since when the lifter stands still; ``recent_*`` the frames of that stand; ``given`` the baseline was handed in.
    """

    yaw: smoothing.Tracked
    series: smoothing.Tracked
    lens: smoothing.Tracked
    near: int
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


def start(profile: Profile, baseline: Baseline | None = None) -> State:
    """State before the first frame. A ``baseline`` handed in is kept throughout; without one it is learnt from the first stand."""
    return State(
        yaw=smoothing.start(2),
        series=smoothing.start(series.SERIES),
        lens=smoothing.start(len(lens.OUTPUTS)),
        near=-1,
        baseline=baseline,
        given=baseline is not None,
        standing_s=None,
        recent_time_s=np.empty(0),
        recent_series=np.empty((0, series.SERIES)),
        recent_yaw_deg=np.empty(0),
        recent_features=np.empty((0, lens.FEATURES)),
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
    state, seen = observe(state, poses)
    state, measured, spreads, bending, stood, shaped, events = _against_standing(state, time_s, seen)
    flexion, track = measured.hip_flexion_deg, state.track
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
    descent, wandered = back_drift.advance(
        state.descent,
        moved.rep > 0,
        measured.trunk_lean_deg,
        measured.hip_flexion_deg,
        measured.spine_lower_deg,
        ended,
    )
    rise = moved.phase == Phase.UP
    bottom, lead = hips_lead.advance(state.bottom, moved.deepest, rise, measured.knee_flexion_deg, measured.trunk_lean_deg, ended)
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
    over = zip(moved.closed, lowest, judged.cues, performed, strict=True)
    reps = tuple(bottoms.rep(closed, bottom, cues, named) for closed, bottom, cues, named in over if closed.counted)
    closing = [Event(float(time_s[c.frame]), "rep", rep=c.index) for c in moved.closed if c.counted]
    state = replace(state, track=track, tallies=tallies, deepest=deepest, descent=descent, bottom=bottom, exercise=exercise)
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
        events=tuple(sorted((*events, *judged.events, *closing), key=lambda event: event.time_s)),
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
    rep = bottoms.rep(closed[0], state.deepest, judging.settle(state.tallies, every_rule(profile), named.id), named)
    return replace(nothing, events=(Event(state.last_s, "rep", rep=rep.index),), reps=(rep,))


def analyse(poses: PoseSource, profile: Profile, baseline: Baseline | None = None, *, hindsight: bool = True) -> Result:
    """The verdict on a whole recording: ``start``, ``advance`` over one chunk after the other, ``finish``.

    With ``hindsight``, when the first rep begins before the lifter was ever seen standing, all is judged a second time with the shape of
    the first stand (a lockout) known from the start. Without, the verdict is what was said live. ``Result.stand`` says which it was.
    """
    result = _whole(start(profile, baseline), poses, profile)
    learnt = [event.time_s for event in result.events if event.kind == "baseline"]
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


@dataclass(frozen=True, slots=True)
class Seen:
    """What T frames show before anything is compared with standing.

    Smoothed ``series`` and their ``rate`` a second (T, SERIES), ``features`` that the lens reads (T, FEATURES), ``yaw_deg`` (T,) signed, as
    read; ``near`` side (T,); ``sure`` (T, 2), how likely the least likely joint of the near trunk and of the near leg is, 0 to 1.
    """

    series: Floats
    features: Floats
    rate: Floats
    yaw_deg: Floats
    near: Ints
    sure: Floats


def observe(state: State, poses: Poses) -> tuple[State, Seen]:
    """Gate, find the view, measure, smooth: T more frames -> state, what they show."""
    likely = series.gate(poses)
    yaw_state, yaw_parts, _ = smoothing.track(state.yaw, poses.time_s, views.yaw_parts(likely.world), YAW_CUTOFF_HZ)
    yaw_deg = views.yaw(yaw_parts)
    near = views.near_side(state.near, yaw_deg)
    read = series.measure(poses, likely, yaw_deg, near)
    series_state, smooth, rate = smoothing.track(state.series, poses.time_s, read, series.CUTOFF_HZ)
    state = replace(state, yaw=yaw_state, series=series_state, near=int(near[-1]) if len(near) else state.near)
    return state, Seen(smooth, lens.features(poses, yaw_deg), rate, yaw_deg, near, series.sureness(likely, near))


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
    lens_state, smooth, rate = smoothing.track(state.lens, time_s, value, LENS_CUTOFF_HZ)
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
