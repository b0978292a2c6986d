"""A made-up verdict on three reps filmed from the side, with every figure known: what overlay and report are tried on.

Reps bottom out at 2, 6 and 10 s. The lower back rounds in the second and third one, the knees bend too far in the second, the hips sink
past their limit in the third, but by less than the measure may be off; front cues are not judged.
"""

import numpy as np

from hingecheck.verdict.cues import COLUMN, CUES
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.silhouette import L, S
from hingecheck.verdict.skeleton import INDEX, K
from hingecheck.verdict.types import (
    METRICS,
    ClipInfo,
    Event,
    Facing,
    Judgement,
    Metrics,
    Phase,
    Rep,
    Result,
    Stage,
    Status,
    Summary,
    View,
    ViewKind,
)

FPS, SECONDS, PERIOD_S = 25, 12.0, 4.0
LOWER_DEG = {1: 8.0, 2: 31.0, 3: 26.0}  # how far the lower back rounds at the bottom of each rep
KNEE_DEG = {1: 17.0, 2: 41.0, 3: 18.0}
DROP = {1: 0.0604, 2: 0.0604, 3: 0.1}
OFF_DEG, OFF = 3.0, 0.03  # how far a metric may be off
DOUBTFUL = "short of the value it is called from by less than the measure may be off"

# A side view facing right in a picture 480 wide and 640 high, hinged: both sides lie on each other.
JOINTS_PX = {
    "ear": (325, 230),
    "shoulder": (285, 255),
    "elbow": (288, 320),
    "wrist": (290, 380),
    "hip": (170, 320),
    "knee": (210, 420),
    "ankle": (205, 520),
    "heel": (190, 535),
    "foot_index": (245, 540),
}


def sample_pose() -> Poses:
    """One frame of someone at the bottom of a hinge, seen in full, with a smooth back."""
    xy = np.full((1, K, 2), np.nan)
    for joint, place in JOINTS_PX.items():
        for side in ("left", "right"):
            xy[0, INDEX[f"{side}_{joint}"]] = place
    back = 0.2 + 0.05 * np.sin(np.linspace(0, np.pi, S))[None]
    score, world, leg = np.where(np.isfinite(xy).all(-1), 0.95, 0.0), np.full((1, K, 3), np.nan), np.full((1, L), np.nan)
    return Poses(np.zeros(1), xy, score, world, back, leg, np.ones(1, np.int8))


def nobody() -> Poses:
    """One frame without a person."""
    nan = np.full((1, K, 3), np.nan)
    return Poses(np.zeros(1), nan[..., :2], np.zeros((1, K)), nan, np.full((1, S), np.nan), np.full((1, L), np.nan), np.zeros(1, np.int8))


def sample_result() -> Result:
    """Twelve seconds, three reps; a frame is lost at 0.4 s."""
    time_s = np.arange(0.0, SECONDS, 1 / FPS)
    number = (time_s // PERIOD_S).astype(int) + 1
    depth = (1 - np.cos(2 * np.pi * time_s / PERIOD_S)) / 2
    lower = depth * np.vectorize(LOWER_DEG.get)(number)
    drop = depth * np.vectorize(DROP.get)(number)
    knee = 3 + depth * (np.vectorize(KNEE_DEG.get)(number) - 3)
    columns = {name: np.full_like(time_s, np.nan) for name in METRICS}
    columns |= {"hip_flexion_deg": 88 * depth, "knee_flexion_deg": knee, "trunk_lean_deg": 70 * depth, "shin_lean_deg": 4 * depth}
    columns |= {"spine_lower_deg": lower, "spine_upper_deg": 5 * depth, "butt_drop": drop, "view_yaw_deg": 88 + 0 * time_s}
    for name in METRICS:
        columns[name][10] = np.nan
    phase = np.select([depth < 0.1, depth > 0.93, (time_s % PERIOD_S) < 2], [Phase.STANDING, Phase.BOTTOM, Phase.DOWN], Phase.UP)
    phase[10] = Phase.UNSEEN
    active = np.zeros((len(time_s), len(CUES)), bool)
    active[:, COLUMN["neutral_spine"]] = lower > 22 + OFF_DEG
    active[:, COLUMN["soft_knees"]] = (knee > 35 + OFF_DEG) & (phase == Phase.BOTTOM)
    events = tuple(Event(time_s[frame], "cue_on", cue, direction, 30.0) for cue, direction, frame in _onsets(active))
    return Result(
        time_s=time_s,
        metrics=Metrics(**columns),
        spreads=Metrics(**{name: np.full_like(time_s, _off(name)) for name in METRICS}),
        phase=phase.astype(np.int8),
        rep=np.where(phase == Phase.STANDING, 0, number).astype(np.int32),
        near=np.ones(len(time_s), np.int8),
        facing=np.ones(len(time_s), np.int8),
        active=active,
        events=events,
        reps=tuple(_rep(index) for index in LOWER_DEG),
    )


def _onsets(active):
    for cue, direction in (("neutral_spine", "rounded"), ("soft_knees", "bent")):
        on = active[:, COLUMN[cue]].astype(int)
        for frame in np.flatnonzero(np.diff(on) == 1) + 1:
            yield cue, direction, frame


def _rep(index: int) -> Rep:
    bottom_s = PERIOD_S * index - 2
    lower, knee = LOWER_DEG[index], KNEE_DEG[index]
    metrics = {"hip_flexion_deg": 88.04, "knee_flexion_deg": knee, "trunk_lean_deg": 70.0, "spine_lower_deg": lower, "spine_upper_deg": 5.0}
    metrics["butt_drop"] = DROP[index]
    judged = {
        "butt_high": (Status.OK, None, DROP[index], OFF, 0.08),
        "shoulders_back": (Status.OK, None, 0.01, 0.02, 0.05),
        "chest_out": (Status.OK, None, 5.0, OFF_DEG, 14.0),
        "soft_knees": (Status.FAULT if knee > 35 + OFF_DEG else Status.OK, "bent", knee, OFF_DEG, 35.0),
        "neutral_spine": (Status.FAULT if lower > 22 + OFF_DEG else Status.OK, "rounded", lower, OFF_DEG, 22.0),
        "core_tight": (Status.OK, None, 1.0, 1.1, 6.5),
        "squeeze_butt": (Status.OK, None, 2.0, OFF_DEG, 12.0),
    }
    cues = {}
    for cue in CUES:
        if cue.id in judged:
            status, direction, value, off, limit = judged[cue.id]
            ok = status is Status.OK
            note = DOUBTFUL if ok and value > limit else None
            cues[cue.id] = Judgement(status, None if ok else direction, value, off, limit, cue.unit, bottom_s + 0.1, note, limit + off)
        else:
            cues[cue.id] = Judgement(Status.NOT_JUDGED, None, None, None, None, cue.unit, None, "needs a front view")
    score, uncertainty = {1: 100, 2: 58, 3: 71}[index], {name: _off(name) for name in metrics}
    return Rep(index, bottom_s - 1.7, bottom_s, bottom_s + 1.7, True, score, metrics, uncertainty, cues)


def _off(metric: str) -> float:
    return OFF_DEG if metric.endswith("_deg") else OFF


def sample_summary() -> Summary:
    """The session of ``sample_result``."""
    said = [rep.cues for rep in sample_result().reps]
    counts = {cue.id: {status: sum(cues[cue.id].status == status for cues in said) for status in Status} for cue in CUES}
    stage = Stage(1, False, ("The lower back rounds in 2 of 3 reps.",), ("core",))
    view = View(ViewKind.SIDE, Facing.RIGHT, 88.04)
    return Summary(view, counts, 76, "neutral_spine", stage, 0.9967, ("feet leave the picture from 3.2 s",))


def sample_clip(path: str = "clips/ana.mp4") -> ClipInfo:
    """A clip that could have led to ``sample_result``."""
    return ClipInfo(path, "0" * 64, 300, SECONDS, 480, 640, 0, False)


def empty_result() -> Result:
    """The same clip, had nobody walked into it."""
    whole = sample_result()
    nan = Metrics(**{name: np.full(len(whole), np.nan) for name in METRICS})
    zero = np.zeros(len(whole), np.int8)
    return Result(whole.time_s, nan, nan, zero, zero.astype(np.int32), zero - 1, zero, np.zeros_like(whole.active))


def empty_summary() -> Summary:
    """The session of ``empty_result``."""
    stage = Stage(1, False, (), ())
    return Summary(View(ViewKind.UNKNOWN, None, None), {}, None, None, stage, 0.0, ("nobody was seen in this clip",))
