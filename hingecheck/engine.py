"""The one analysis: poses in, verdict out, whatever the number of frames. Causal: a frame is judged by itself and what came before it.

``advance`` gives bit-identical results however the frames are cut into chunks; live hands over one frame, a clip all of them.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np

from . import judging, metrics, phases, scoring, smoothing, views
from .cues import CUES
from .data import METRICS, Bools, Event, Floats, Judgement, Metrics, Phase, Poses, Rep, Result, ViewKind
from .metrics import Baseline
from .phases import Closed
from .profiles import Profile
from .silhouette import S
from .skeleton import K

YAW_CUTOFF_HZ: Final = (0.5, 0.5)  # nobody turns round in a tenth of a second; the near side must not flicker


@dataclass(frozen=True, slots=True)
class Deepest:
    """Values at the deepest frame of the open rep: the time, every metric in order, and those that the rise is compared with."""

    values: tuple[float, ...]
    knee_deg: float
    lean_deg: float


NOT_YET: Final = Deepest((np.nan,) * len(METRICS), np.nan, np.nan)


@dataclass(frozen=True, slots=True)
class State:
    """Everything remembered between frames. Made by ``start``, handed to and back by ``advance``; nothing else remembers anything.

    ``standing_s`` since when the lifter stands still; ``recent_*`` the frames of that stand; ``given`` the baseline was handed in.
    """

    yaw: smoothing.Tracked
    series: smoothing.Tracked
    near: int
    baseline: Baseline | None
    given: bool
    standing_s: float | None
    recent_time_s: Floats
    recent_series: Floats
    recent_yaw_deg: Floats
    track: phases.Track
    tallies: tuple[judging.Tally, ...]
    deepest: Deepest
    last_s: float | None


@cache
def rules(profile: Profile) -> tuple[judging.Rule, ...]:
    """The cue table with a profile's limits, one rule a fault."""
    settings = {cue.id: profile.cue(cue.id) for cue in CUES}
    return tuple(
        judging.Rule(cue, fault, profile.limit(cue.id, fault.direction), settings[cue.id].hold_s, settings[cue.id].enabled)
        for cue in CUES
        for fault in cue.faults
    )


def start(profile: Profile, baseline: Baseline | None = None) -> State:
    """State before the first frame. A ``baseline`` handed in is kept throughout; without one it is learnt from the first stand."""
    return State(
        yaw=smoothing.start(2),
        series=smoothing.start(metrics.SERIES),
        near=-1,
        baseline=baseline,
        given=baseline is not None,
        standing_s=None,
        recent_time_s=np.empty(0),
        recent_series=np.empty((0, metrics.SERIES)),
        recent_yaw_deg=np.empty(0),
        track=phases.Track(),
        tallies=judging.start(rules(profile)),
        deepest=NOT_YET,
        last_s=None,
    )


def advance(state: State, poses: Poses, profile: Profile) -> tuple[State, Result]:
    """Judge T more frames, T >= 0. ``ValueError`` when time does not rise strictly, from the last call's frames on."""
    time_s = poses.time_s
    steps = np.diff(time_s, prepend=-np.inf if state.last_s is None else state.last_s)
    if not (steps > 0).all():
        raise ValueError("poses: time_s must rise strictly")
    seen = metrics.gate(poses)
    yaw_state, yaw_parts, _ = smoothing.track(state.yaw, time_s, views.yaw_parts(seen.world), YAW_CUTOFF_HZ)
    yaw_deg = views.yaw(yaw_parts)
    near = views.near_side(state.near, yaw_deg)
    raw = metrics.measure(seen, yaw_deg, near)
    series_state, series, rate = smoothing.track(state.series, time_s, raw, metrics.CUTOFF_HZ)
    state = replace(state, yaw=yaw_state, series=series_state, near=int(near[-1]) if len(near) else state.near)
    state, measured, flexion, stood, events = _against_standing(state, time_s, series, rate, yaw_deg)
    bending, track = rate[:, metrics.TRUNK] + rate[:, metrics.THIGH], state.track
    track, moved = phases.advance(
        track,
        time_s,
        flexion,
        bending,
        series[:, metrics.TRUNK],
        start_deg=profile.reps.start_deg,
        min_depth_deg=profile.reps.min_depth_deg,
    )
    deepest, measured, bottoms = _bottoms(state.deepest, moved, measured)
    off = views.off_side(yaw_deg)
    seen_from = {ViewKind.SIDE: off <= views.SIDE_WITHIN_DEG, ViewKind.FRONT: off >= 90.0 - views.FRONT_WITHIN_DEG}
    tallies, judged = judging.advance(
        state.tallies, rules(profile), time_s, measured, moved.phase, moved.rep > 0, seen_from, moved.closed, stood
    )
    reps = tuple(_rep(c, b, cues) for c, b, cues in zip(moved.closed, bottoms, judged.cues, strict=True) if c.counted)
    closing = [Event(float(time_s[c.frame]), "rep", rep=c.index) for c in moved.closed if c.counted]
    state = replace(state, track=track, tallies=tallies, deepest=deepest, last_s=float(time_s[-1]) if len(time_s) else state.last_s)
    result = Result(
        time_s=time_s,
        metrics=measured,
        phase=moved.phase,
        rep=moved.rep,
        near=near,
        facing=np.where(np.isfinite(yaw_deg), np.where(np.sin(np.radians(yaw_deg)) >= 0, 1, -1), 0).astype(np.int8),
        active=judged.active,
        events=tuple(sorted((*events, *judged.events, *closing), key=lambda event: event.time_s)),
        reps=reps,
    )
    return state, result


def finish(state: State, profile: Profile) -> Result:
    """The rep that is still open when the frames end, if it counts: a Result of no frames and at most one rep."""
    _, closed = phases.finish(state.track, 0, min_depth_deg=profile.reps.min_depth_deg)
    nothing = advance(replace(start(profile), last_s=state.last_s), _no_poses(), profile)[1]
    if not closed or not closed[0].counted or state.last_s is None:
        return nothing
    cues = judging.settle(state.tallies, rules(profile))
    rep = _rep(closed[0], state.deepest, cues)
    return replace(nothing, events=(Event(state.last_s, "rep", rep=rep.index),), reps=(rep,))


def analyse(poses: Poses, profile: Profile, baseline: Baseline | None = None) -> Result:
    """The verdict on a whole recording: ``start``, one ``advance``, ``finish``.

    When the first rep begins before the lifter was ever seen standing, the shape of the first stand (a lockout) is used from the start.
    """
    result = _whole(start(profile, baseline), poses, profile)
    learnt = [event.time_s for event in result.events if event.kind == "baseline"]
    if learnt and result.reps and result.reps[0].start_s < learnt[0]:
        result = _whole(replace(start(profile, first_baseline(poses, profile)), given=False), poses, profile)
    return result


def _whole(state: State, poses: Poses, profile: Profile) -> Result:
    """All that is left of a recording, and the rep that its end leaves open."""
    state, body = advance(state, poses, profile)
    return Result.concat([body, finish(state, profile)])


def first_baseline(poses: Poses, profile: Profile) -> Baseline | None:
    """The standing shape that is learnt first in these frames, or None when the lifter never stands still."""
    state, result = advance(start(profile), poses, profile)
    learnt = [event.time_s for event in result.events if event.kind == "baseline"]
    if len(learnt) > 1:
        before = int(np.searchsorted(poses.time_s, learnt[1]))
        state, _ = advance(start(profile), poses[:before], profile)
    return state.baseline


def _against_standing(
    state: State, time_s: Floats, series: Floats, rate: Floats, yaw_deg: Floats
) -> tuple[State, Metrics, Floats, Bools, list[Event]]:
    """Learn the baseline where the lifter stands, and measure each frame against the one known by then.

    Arrays of T frames -> state, metrics, hip flexion against standing (T,), whether standing was known (T,), ``baseline`` events.
    """
    times = np.concatenate([state.recent_time_s, time_s])
    rows = np.concatenate([state.recent_series, series])
    yaws = np.concatenate([state.recent_yaw_deg, yaw_deg])
    state, learnt = _learn(state, metrics.standing(series, rate, yaw_deg), times, rows, yaws)
    seen_before = np.isfinite(rows[np.searchsorted(times, time_s - metrics.SURE_S)])
    parts, flexion, stood = [], [], []
    for (first, known), (last, _) in zip(learnt, [*learnt[1:], (len(time_s), None)], strict=True):
        while True:
            until, completed = last, known
            if known is not None:
                until, completed = metrics.complete(known, series[first:last], seen_before[first:last], first, last)
            part = metrics.against(known, series[first:until], yaw_deg[first:until])
            parts.append(part)
            flexion.append(metrics.bend(known, series[first:until]))
            stood.append(np.full(until - first, known is not None))
            state = replace(state, baseline=completed)
            if until == last:
                break
            first, known = until, completed
    keep = int(np.searchsorted(times, times[-1] - metrics.STAND_S)) if len(times) else 0
    state = replace(state, recent_time_s=times[keep:], recent_series=rows[keep:], recent_yaw_deg=yaws[keep:])
    events = [Event(float(time_s[frame]), "baseline") for frame, _ in learnt[1:]]
    return state, Metrics.concat(parts), np.concatenate(flexion), np.concatenate(stood), events


def _learn(state: State, still: Bools, times: Floats, rows: Floats, yaws: Floats) -> tuple[State, list[tuple[int, Baseline | None]]]:
    """Find the frames at which a stand has lasted long enough to be learnt from, if what is known is missing or outdated.

    ``still`` (T,); the rest begins with the frames carried over -> state, (frame, baseline from there) with (0, the one so far) first.
    """
    carried = len(times) - len(still)
    since, known = state.standing_s, state.baseline
    learnt = [(0, known)]
    for frame, (t, stands) in enumerate(zip(times[carried:].tolist(), still.tolist(), strict=True)):
        if not stands:
            since = None
        elif since is None:
            since = t
        elif not state.given and t - since >= metrics.STAND_S:
            row = carried + frame
            if metrics.outdated(known, rows[row], float(yaws[row])):
                stand = slice(int(np.searchsorted(times, t - metrics.STAND_S)), row + 1)
                known = metrics.learn(t, rows[stand], yaws[stand])
                learnt.append((frame, known))
    return replace(state, standing_s=since), learnt


def _bottoms(last: Deepest, moved: phases.Phases, measured: Metrics) -> tuple[Deepest, Metrics, list[Deepest]]:
    """Follow the deepest frame of each rep, fill in ``hips_lead_deg``, and tell the bottom of each movement that closed."""
    marks = np.flatnonzero(moved.deepest)
    knee = np.concatenate([[last.knee_deg], measured.knee_flexion_deg[marks]])
    lean = np.concatenate([[last.lean_deg], measured.trunk_lean_deg[marks]])
    which = np.cumsum(moved.deepest)
    ahead = metrics.hips_lead(knee[which], lean[which], measured)
    measured = replace(measured, hips_lead_deg=np.where(moved.phase == Phase.UP, ahead, np.nan))
    values = [getattr(measured, name) for name in METRICS]

    def at(frame: int) -> Deepest:
        known = marks[marks < frame]
        if len(known) == 0:
            return last
        n = int(known[-1])
        return Deepest(tuple(float(v[n]) for v in values), float(measured.knee_flexion_deg[n]), float(measured.trunk_lean_deg[n]))

    return at(len(moved.phase)), measured, [at(closed.frame) for closed in moved.closed]


def _rep(closed: Closed, bottom: Deepest, cues: dict[str, Judgement]) -> Rep:
    known = {name: (None if value != value else value) for name, value in zip(METRICS, bottom.values, strict=True)}
    return Rep(closed.index, closed.start_s, closed.bottom_s, closed.end_s, closed.complete, scoring.rep_score(cues), known, cues)


def _no_poses() -> Poses:
    empty = np.empty
    return Poses(empty(0), empty((0, K, 2)), empty((0, K)), empty((0, K, 3)), empty((0, S)), empty(0, np.int8))
