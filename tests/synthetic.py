"""A stick figure whose angles are known: key poses over time -> ``Poses``, as an estimator that makes no mistake would see them.

A movement is a tuple of ``Key``: joined with ``+``, sampled at any times, so the same one can be filmed at 10 or 240 frames a second.
Two legs side by side that move as one, feet planted, arms hanging; seen from any side by a camera far away (no perspective).
By hand: hip flexion is trunk lean + thigh, knee flexion is thigh + shin.

What an estimator gets wrong, ``calibration`` puts right; of the figure nothing is wrong. A test module that films it therefore imports
``exact``, the calibration of an estimator that makes no mistake.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pytest

from hingecheck.verdict import baseline, calibration, lens, metrics, series, views
from hingecheck.verdict.calibration import LOWER_WEIGHTS, UPPER_WEIGHTS, Angles
from hingecheck.verdict.poses import COLUMNS, Poses
from hingecheck.verdict.silhouette import HEIGHTS, L, S
from hingecheck.verdict.skeleton import INDEX, LANDMARKS, SIDES, K
from hingecheck.verdict.types import METRICS, Floats

SHANK_M, THIGH_M, TRUNK_M = 0.40, 0.45, 0.50
LEG_M = SHANK_M + THIGH_M
PX_PER_M = 300.0
ANKLE_PX = (400.0, 800.0)
BACK_DEPTH = 0.15  # trunk lengths, of a straight back behind the chord
LEG_DEPTH = 0.1  # leg lengths, of straight legs behind theirs
SHOULDER_AT = int(np.abs(HEIGHTS - 0.95).argmin())  # the sample of the back that tells how far forward the figure's shoulders hang

_NOTHING, _SAME = ((0.0,) * 3,) * 3, ((1.0,) * 3,) * 3
EXACT = {
    "ANGLES": Angles(read=_NOTHING, true=_NOTHING, slope=_SAME, bent=_NOTHING, deep=_NOTHING, kept=_NOTHING),
    "CAMERA_READ_DEG": (-90.0, 90.0),
    "CAMERA_TRUE_DEG": (-90.0, 90.0),
    "HIP_BY_OUTLINE": ((0.0, 0.0),) * 10,
    "HIP_BY_LEAN": ((0.0, 0.0),) * 2,
    "THIGH_BY_OUTLINE": calibration.THIGH_BY_FOOT,
    "KNEE_BY_OUTLINE": (5.0, 0.0, 0.0, 300.0),
    "LOWER_BY_LEAN": 0.0,
    "LOWER_BY_CHORD": 0.0,
    "LOWER_BY_UPPER": 0.0,
    "UPPER_BY_LEAN": 0.0,
    "UPPER_BY_HEAD": 0.0,
    "SHOULDER_WEIGHTS": tuple(float(n == SHOULDER_AT) for n in range(S)),
    "SHOULDER_BY_CAMERA": 0.0,
    "SHOULDER_CARRIAGE": (1.0, 0.0, 0.0),  # shoulders hang as far forward as the ear is ahead of the chord
    "USUAL_PROFILE": (BACK_DEPTH,) * S,
    "USUAL_LEG": (LEG_DEPTH,) * L,
    "USUAL_BACK": (BACK_DEPTH, BACK_DEPTH * sum(LOWER_WEIGHTS), BACK_DEPTH * sum(UPPER_WEIGHTS), 0.0),  # the figure standing tall
    "OWN_LOWER_DEG": np.inf,
    "OWN_UPPER_DEG": np.inf,
    "LEVEL_HEAD_DEG": np.inf,
    "SPREADS": {name: (0.0,) * len(calibration.SPREADS_AT_DEG) for name in METRICS},
    "SPREADS_UNSTOOD": {"spine_lower_deg": 2.0, "spine_upper_deg": 1.0},
    "SPREADS_OUTLINED": {"butt_drop": 0.0},
    "TRUNK_BY_OUTLINE": (0.0, 0.0, 0.0),
    "KNEES_BENT_OVER": (0.0, 0.0),
}


@pytest.fixture(scope="module", autouse=True)
def exact() -> Iterator[None]:
    """The calibration of an estimator that makes no mistake, in each test of the module that imports this."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in EXACT.items():
            patch.setattr(calibration, name, value)
        patch.setattr(lens, "look", clear)
        yield


def clear(seen: Floats, stand: Floats | None, geometry: Floats) -> tuple[Floats, Floats]:
    """A lens that adds nothing to what geometry has, and is as sure as ``calibration`` says: in place of ``lens.look``."""
    wide = {output: calibration.SPREADS[name][0] for name, output in metrics.BY_LENS.items()} | {"azimuth": 0.0}
    spread = np.array([wide[output] for output in lens.OUTPUTS])
    if stand is None:
        least = {metrics.BY_LENS[name]: value for name, value in calibration.SPREADS_UNSTOOD.items()}
        spread = np.maximum(spread, [least.get(output, 0.0) for output in lens.OUTPUTS])
    return lens.guessed(geometry) * lens.SCALE, np.where(np.isnan(seen[:, :1]), np.nan, spread)


# Half-widths of the intervals that hold 99 of 100 errors of the figure that is ``noisy``; degrees, leg and trunk lengths, ratios.
SHAKE = {
    "hip_flexion_deg": 4.0,
    "knee_flexion_deg": 5.0,
    "trunk_lean_deg": 2.2,
    "shin_lean_deg": 3.0,
    "spine_lower_deg": 2.5,
    "spine_upper_deg": 1.3,
    "butt_drop": 0.023,
    "shoulder_shift": 0.014,
    "knee_ankle_ratio": 0.1,
    "ankle_hip_ratio": 0.1,
    "hips_lead_deg": 15.0,
    "back_drift_deg": 2.7,
    "view_yaw_deg": 3.0,
}


@contextmanager
def shaking() -> Iterator[None]:
    """Within: the calibration of an estimator that shakes as ``noisy`` does, and knows by how much."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "SPREADS", {name: (wide,) * len(calibration.SPREADS_AT_DEG) for name, wide in SHAKE.items()})
        patch.setattr(calibration, "SPREADS_OUTLINED", {"butt_drop": SHAKE["butt_drop"]})
        yield


# Where elbow and wrist are from the shoulder, metres: forward and up; where ``turned``, with the trunk, ahead of it and along it.
ARMS = {
    "hanging": ((0.0, -0.28), (0.0, -0.53), False),
    "raised": ((0.28, 0.0), (0.53, 0.0), False),
    "on the back": ((-0.10, -0.20), (-0.05, -0.10), True),
    "before the chest": ((0.20, -0.20), (0.28, 0.0), True),
    "front rack": ((0.25, 0.0), (0.10, 0.05), True),
    "on the hips": ((-0.20, -0.25), (-0.05, -0.45), True),
}


class Key(NamedTuple):
    """A pose reached ``after_s`` seconds. Degrees: ``lean`` of the trunk forward, ``thigh`` (knee in front of the hip), ``shin`` (knee in
    front of the ankle), ``lower`` and ``upper`` bend of the back as ``spine_lower_deg`` and ``spine_upper_deg`` should read."""

    after_s: float
    lean: float = 0.0
    thigh: float = 0.0
    shin: float = 0.0
    lower: float = 0.0
    upper: float = 0.0


Keys = tuple[Key, ...]


@dataclass(frozen=True)
class Build:
    """The figure's lengths in metres, its gaps between left and right, and how large it is in the picture.

    ``slump``: how far the head is carried ahead of the trunk's line, trunk lengths. ``arms``: one of ``ARMS``. ``stride_m``: how far the
    right foot stands behind the left.
    """

    hip_gap_m: float = 0.20
    knee_gap_m: float = 0.22
    ankle_gap_m: float = 0.22
    px_per_m: float = PX_PER_M
    slump: float = 0.0
    arms: str = "hanging"
    hands_gap_m: float = 0.40
    stride_m: float = 0.0


def stand(seconds: float) -> Keys:
    """Standing tall and still; also the way to straighten up."""
    return (Key(seconds),)


def hinge(
    reps: int = 1,
    depth_deg: float = 90.0,
    *,
    down_s: float = 1.5,
    pause_s: float = 0.3,
    up_s: float = 1.2,
    top_s: float = 0.8,
    knee_deg: float = 20.0,
    shin_deg: float = 0.0,
    top_deg: float = 0.0,
    lower: float = 0.0,
    upper: float = 0.0,
) -> Keys:
    """So many reps to ``depth_deg`` of hip flexion with ``knee_deg`` at the bottom; ``top_deg`` is the lean they end at.

    ``knee_deg`` = 2 is locked; 80 with ``shin_deg`` = 25 is a squat; ``top_deg`` = 30 an unfinished lockout, -15 leaning back.
    """
    thigh = knee_deg - shin_deg
    bottom = Key(pause_s, depth_deg - thigh, thigh, shin_deg, lower, upper)
    top = Key(up_s, top_deg)
    return (bottom._replace(after_s=down_s), bottom, top, top._replace(after_s=top_s)) * reps


def set_down(depth_deg: float = 90.0, down_s: float = 1.5, stay_s: float = 1.0) -> Keys:
    """Down to the floor, and the film ends there."""
    return hinge(depth_deg=depth_deg, down_s=down_s, pause_s=stay_s)[:2]


def hips_first(depth_deg: float = 90.0, knee_deg: float = 40.0, ahead_deg: float = 35.0) -> Keys:
    """One rep in which the knees straighten while the trunk leans ``ahead_deg`` - knee_deg further before it rises at all."""
    down = Key(1.5, depth_deg - knee_deg, knee_deg)
    return (down, down._replace(after_s=0.3), Key(0.8, down.lean + ahead_deg - knee_deg), Key(1.0), Key(0.8))


def sagging(sag_deg: float = 25.0, up_s: float = 1.2) -> Keys:
    """One rep whose lower back keeps its shape on the way down and is rounded by ``sag_deg`` half way up, at 45 degrees of hip flexion."""
    down = Key(1.5, 70.0, 20.0)
    return (down, down._replace(after_s=0.3), Key(up_s / 2, 35.0, 10.0, lower=sag_deg), Key(up_s / 2), Key(0.8))


def walk(steps: int = 6, step_s: float = 0.5) -> Keys:
    """Steps of the near leg, the trunk nearly upright: thigh from 30 degrees ahead to 10 behind."""
    return (Key(step_s / 2, 4.0, 30.0, 5.0), Key(step_s / 2, 4.0, -10.0, 35.0)) * steps


def duration(keys: Keys) -> float:
    """Seconds from the first pose to the last."""
    return sum(key.after_s for key in keys)


def times(keys: Keys, fps: float = 25.0) -> Floats:
    """Frame times of a steady camera over the whole movement."""
    return np.arange(int(duration(keys) * fps) + 1) / fps


def uneven(time_s: Floats, seed: int = 0) -> Floats:
    """The same frames at a rate that wanders: each up to 0.4 of a step early or late."""
    step = float(np.median(np.diff(time_s)))
    return time_s + np.random.default_rng(seed).uniform(-0.4, 0.4, len(time_s)) * step


def angles(keys: Keys, time_s: Floats, begin: Key | None = None, *, linear: bool = False) -> Floats:
    """Lean, thigh, shin, lower, upper at these times. (T,) -> (T, 5) degrees. From ``begin`` (standing), eased or at constant speed."""
    path = [begin or Key(0.0), *keys]
    at = np.cumsum([0.0, *(key.after_s for key in keys)])
    n = np.clip(np.searchsorted(at, time_s, side="right") - 1, 0, len(keys) - 1)
    spans = np.diff(at)
    x = np.clip((time_s - at[n]) / np.where(spans[n] > 0, spans[n], 1.0), 0.0, 1.0)
    if not linear:
        x = x**3 * (10.0 - 15.0 * x + 6.0 * x * x)  # the smoothest way from rest to rest (minimum jerk)
    values = np.array([key[1:] for key in path])
    return values[n] + (values[n + 1] - values[n]) * x[:, None]


def film(
    keys: Keys,
    fps: float = 25.0,
    *,
    time_s: Floats | None = None,
    yaw_deg: Floats | float = 90.0,
    begin: Key | None = None,
    linear: bool = False,
    build: Build | None = None,
    ankle_px: Floats | tuple[float, float] = ANKLE_PX,
) -> Poses:
    """The movement as seen from ``yaw_deg``: 0 towards the camera, 90 facing the picture's right edge, -90 its left, 180 away."""
    when = times(keys, fps) if time_s is None else time_s
    return figure(when, angles(keys, when, begin, linear=linear), yaw_deg, build, ankle_px)


def figure(
    time_s: Floats,
    angles_deg: Floats,
    yaw_deg: Floats | float = 90.0,
    build: Build | None = None,
    ankle_px: Floats | tuple[float, float] = ANKLE_PX,
) -> Poses:
    """The poses of one figure with these angles. (T,) s, (T, 5) degrees, (T,) or one yaw, (T, 2) or one place in the picture -> Poses."""
    build = build or Build()
    frames = len(time_s)
    lean, thigh, shin = np.radians(angles_deg[:, :3]).T
    # Sagittal plane: (forward, up) from the ankle, metres.
    ankle = np.zeros((frames, 2))
    knee = ankle + SHANK_M * np.stack([np.sin(shin), np.cos(shin)], -1)
    hip = knee + THIGH_M * np.stack([-np.sin(thigh), np.cos(thigh)], -1)
    trunk = np.stack([np.sin(lean), np.cos(lean)], -1)
    shoulder = hip + TRUNK_M * trunk
    head = shoulder + 0.22 * trunk + build.slump * TRUNK_M * np.stack([np.cos(lean), -np.sin(lean)], -1)
    *offsets, turned = ARMS[build.arms]
    square = np.stack([np.cos(lean), -np.sin(lean)], -1)
    elbow, wrist = (shoulder + (x * square + y * trunk if turned else np.array([x, y])) for x, y in offsets)
    places = {
        "ankle": (ankle, build.ankle_gap_m),
        "knee": (knee, build.knee_gap_m),
        "hip": (hip, build.hip_gap_m),
        "shoulder": (shoulder, 0.36),
        "heel": (_from(ankle, -0.06, -0.06), build.ankle_gap_m),
        "foot_index": (_from(ankle, 0.16, -0.08), build.ankle_gap_m),
        "elbow": (elbow, build.hands_gap_m),
        "wrist": (wrist, build.hands_gap_m),
        "ear": (head, 0.15),
        "eye": (_from(head, 0.08, 0.02), 0.06),
    }
    body = np.empty((frames, K, 3))  # forward, up, to the figure's left
    body[:, :] = np.concatenate([_from(head, 0.10, 0.0), np.zeros((frames, 1))], -1)[:, None]  # the rest of the face, at the nose
    for joint, (at, gap) in places.items():
        for side, sign in zip(SIDES[joint], (1.0, -1.0), strict=True):
            body[:, side] = np.concatenate([at, np.full((frames, 1), sign * gap / 2)], -1)
            if joint in ("knee", "ankle", "heel", "foot_index") and sign < 0:
                body[:, side, 0] -= build.stride_m
    for side in ("left", "right"):
        for finger in ("pinky", "index", "thumb"):
            body[:, INDEX[f"{side}_{finger}"]] = body[:, INDEX[f"{side}_wrist"]]
    yaw = np.broadcast_to(np.radians(yaw_deg), (frames,))[:, None]
    forward, up, left = body[..., 0], body[..., 1], body[..., 2]
    x = forward * np.sin(yaw) + left * np.cos(yaw)
    z = -forward * np.cos(yaw) + left * np.sin(yaw)
    room = np.stack([x, -up, z], -1)
    middle = room[:, list(SIDES["hip"])].mean(axis=1, keepdims=True)
    return Poses(
        time_s=np.asarray(time_s, dtype=float),
        xy=np.broadcast_to(ankle_px, (frames, 2))[:, None] + build.px_per_m * room[..., :2],
        score=np.ones((frames, K)),
        world=room - middle,
        back=backs(angles_deg),
        leg=np.full((frames, L), np.nan),
        people=np.ones(frames, np.int8),
    )


def _from(point: Floats, forward: float, up: float) -> Floats:
    """A point so many metres further. (T, 2) -> (T, 2)."""
    return point + np.array([forward, up])


def backs(angles_deg: Floats) -> Floats:
    """Back profiles that read as the given lower and upper bend against standing. (T, 5) degrees -> (T, S) trunk lengths.

    Of all changes of a straight back, the smallest whose weighed sums are these numbers.
    """
    return BACK_DEPTH + angles_deg[:, 3:5] @ np.linalg.pinv(np.array([LOWER_WEIGHTS, UPPER_WEIGHTS])).T


POSES = {
    "standing": Key(0.0),
    "half way": Key(0.0, 35.0, 10.0, 0.0),
    "hinged": Key(0.0, 70.0, 20.0, 0.0),
    "stiff legs": Key(0.0, 88.0, 2.0, 0.0),
    "squatting": Key(0.0, 35.0, 55.0, 25.0),
    "leaning back": Key(0.0, -15.0, 0.0, 0.0),
    "knees behind the toes": Key(0.0, 60.0, 40.0, -10.0),
}


def still(key: Key, yaw_deg: float = 90.0, frames: int = 1, build: Build | None = None) -> Poses:
    """So many frames of a figure that holds a pose."""
    return figure(np.arange(frames) / 25, np.tile(np.array(key[1:]), (frames, 1)), yaw_deg, build)


def rows(poses: Poses, yaw_deg: float) -> Floats:
    """The unsmoothed series of a figure seen from ``yaw_deg``. (T, SERIES)."""
    yaw = np.full(len(poses), yaw_deg)
    return series.measure(poses, series.gate(poses), yaw, views.near_side(-1, yaw))


def stood(yaw_deg: float = 90.0, build: Build | None = None) -> baseline.Baseline:
    """What is learnt of the figure standing tall."""
    return baseline.learn(0.0, rows(still(Key(0.0), yaw_deg, 10, build), yaw_deg), np.full(10, yaw_deg), np.zeros((10, lens.FEATURES)))


def noisy(poses: Poses, px: float = 1.5, metres: float = 0.01, back: float = 0.004, seed: int = 0) -> Poses:
    """The same poses with the shake of a real estimator (standard deviations), the same for a seed."""
    rng = np.random.default_rng(seed)
    return replace(
        poses,
        xy=poses.xy + rng.normal(0.0, px, poses.xy.shape),
        world=poses.world + rng.normal(0.0, metres, poses.world.shape),
        back=poses.back + rng.normal(0.0, back, poses.back.shape),
    )


def between(poses: Poses, first_s: float, last_s: float) -> Floats:
    """Which frames lie in this stretch of time. (T,) bool."""
    return (poses.time_s >= first_s) & (poses.time_s <= last_s)


def without_person(poses: Poses, first_s: float, last_s: float) -> Poses:
    """Nobody in the picture in this stretch of time."""
    gone = between(poses, first_s, last_s)
    blank = {name: np.where(gone.reshape(-1, *[1] * (getattr(poses, name).ndim - 1)), np.nan, getattr(poses, name)) for name in _SEEN}
    return replace(poses, people=np.where(gone, 0, poses.people).astype(np.int8), **blank)


def cut_out(poses: Poses, first_s: float, last_s: float) -> Poses:
    """The frames of this stretch missing altogether: a camera that stalled."""
    kept = ~between(poses, first_s, last_s)
    return Poses(**{name: getattr(poses, name)[kept] for name in COLUMNS})


def hidden(poses: Poses, joints: Iterable[str], first_s: float = -np.inf, last_s: float = np.inf, score: float = 0.1) -> Poses:
    """Landmarks whose name ends so (``knee``: both, ``left_knee``: one) scored low in this stretch of time."""
    rows = between(poses, first_s, last_s)
    columns = [n for n, name in enumerate(LANDMARKS) if any(name == joint or name.endswith("_" + joint) for joint in joints)]
    changed = poses.score.copy()
    changed[np.ix_(rows, columns)] = score
    return replace(poses, score=changed)


def backless(poses: Poses, first_s: float = -np.inf, last_s: float = np.inf) -> Poses:
    """The edge of the back unseen in this stretch of time: a torn mask, an arm before it."""
    return replace(poses, back=np.where(between(poses, first_s, last_s)[:, None], np.nan, poses.back))


_SEEN = ("xy", "score", "world", "back", "leg")
