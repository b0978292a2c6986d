"""Arms that hang, or hold a bar in front of the legs, and hands that close on it. Metres; (T, ...) over frames."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from .body import SIDES, Body
from .motion import Motion
from .rotations import DEG, Array, about, frame, turn, unit

_KNUCKLES_BELOW_WRIST: Final = 0.09
_BAR_BEFORE_LEG: Final = 0.055


def bend(first: float, second: float, reach: Array, least: float) -> tuple[Array, Array]:
    """Where the joint between two bones lies whose ends are ``reach`` (T,) apart: along the line of the ends, and off it. -> (T,), (T,)."""
    along = (first**2 - second**2 + reach**2) / (2 * reach)
    return along, np.sqrt(np.maximum(first**2 - along**2, least))


def middle(body: Body, joints: Array, bone: str) -> Array:
    """Half way between the left and the right joint of a name. (T, bones, 3) -> (T, 3)."""
    return 0.5 * (joints[:, body.idx[bone + ".L"]] + joints[:, body.idx[bone + ".R"]])


def pose_arms(body: Body, motion: Motion, joints: Array, time_s: Array, trunk_progress: Array) -> tuple[dict[str, Array], dict[str, Array]]:
    """Orientations of arms and hands, and rotations of the fingers in their joints, given where the shoulders are."""
    world: dict[str, Array] = {}
    local: dict[str, Array] = {}
    for side, sign in SIDES:
        shoulder = joints[:, body.idx["upperarm01." + side]]
        upper0 = body.head("lowerarm01." + side) - body.head("upperarm01." + side)
        fore0 = body.head("wrist." + side) - body.head("lowerarm01." + side)
        lengths = float(np.linalg.norm(upper0)), float(np.linalg.norm(fore0))
        still = np.ones(len(time_s))
        if motion.arms != "hang":
            wrist, forward = _raised(body, motion.arms, joints, shoulder, sign, sum(lengths))
            index_to = np.array([-sign * 1.0, 0, 0])
        elif motion.hold == "none":
            wrist = _hanging(body, sign, shoulder, lengths, time_s, trunk_progress)
            forward = unit(np.stack([-sign * 0.35 * still, -still, 0 * still], 1))
            index_to = np.array([-sign * 0.35, -1.0, 0])  # thumb forwards, palm to the thigh
        else:
            wrist = _gripping(body, motion, joints, shoulder, sign, sum(lengths))
            forward = unit(np.stack([-sign * 0.5 * still, -still, 0 * still], 1))
            index_to = np.array([-sign * 1.0, 0, 0])  # overhand grip
        line = wrist - shoulder
        apart = np.linalg.norm(line, axis=1)
        line = line / apart[:, None]
        apart = np.minimum(apart, lengths[0] + lengths[1] - 1e-4)
        along, off = bend(*lengths, apart, 1e-8)
        forward = unit(forward - (line * forward).sum(1, keepdims=True) * line)
        elbow = shoulder + along[:, None] * line - off[:, None] * forward
        normal, normal0 = np.cross(line, forward), np.cross(unit(upper0), unit(fore0))
        forearm_line = shoulder + apart[:, None] * line - elbow
        upper = frame(elbow - shoulder, normal) @ frame(upper0, normal0).T
        fore = frame(forearm_line, normal) @ frame(fore0, normal0).T
        world["upperarm01." + side] = world["upperarm02." + side] = upper
        world |= _forearm(body, side, unit(forearm_line), fore, index_to)
        local |= _fingers(body, side, sign, motion.hold != "none", len(time_s))
    return world, local


def _hanging(body: Body, sign: int, shoulder: Array, lengths: tuple[float, float], time_s: Array, progress: Array) -> Array:
    """Wrists of arms that hang beside the hips and swing a little. -> (T, 3)."""
    length = lengths[0] + lengths[1]
    beside = body.hip_half_width + 0.045
    abduction = np.arcsin(np.clip((beside - np.abs(shoulder[:, 0])) / length, -0.05, 0.35)) * (1 - 0.75 * progress)
    elbow = (10 + 3 * np.sin(time_s * 0.9 + sign)) * DEG
    swing = (3 + 2 * np.sin(time_s * 1.1 + 2 * sign)) * DEG * (1 - 0.5 * progress) - 0.03 * progress
    down = np.stack([sign * np.sin(abduction), -np.sin(swing), -np.cos(swing) * np.cos(abduction)], 1)
    upper, fore = lengths
    return shoulder + unit(down) * np.sqrt(upper**2 + fore**2 + 2 * upper * fore * np.cos(elbow))[:, None]


class _Raised(NamedTuple):
    """Wrists and elbows of raised arms, in shares of an arm: outwards, forwards and up along the trunk."""

    wrist: tuple[float, float, float]  # from between the shoulders
    elbow: tuple[float, float, float]  # which way it points


_RAISED: Final = {
    "forward": _Raised((0.25, 0.95, 0.05), (0.3, 0.0, -1.0)),
    "chest": _Raised((0.08, 0.34, -0.2), (0.35, -0.1, -1.0)),
    "head": _Raised((0.16, 0.02, 0.38), (1.0, 0.25, -0.1)),
    "hips": _Raised((0.36, 0.1, -0.66), (1.0, -0.6, 0.0)),
    "crossed": _Raised((-0.14, 0.24, -0.04), (0.2, 0.8, -0.5)),
    "rack": _Raised((0.3, 0.16, 0.04), (0.1, 1.0, -0.2)),
    "back": _Raised((0.62, -0.08, 0.02), (0.2, -0.5, -1.0)),
}


def _raised(body: Body, arms: str, joints: Array, shoulder: Array, sign: int, length: float) -> tuple[Array, Array]:
    """Wrists of arms that are not let hang, and the direction away from the elbow. -> (T, 3), (T, 3)."""
    neck = middle(body, joints, "upperarm01")
    up = unit(neck - middle(body, joints, "upperleg01"))
    front = unit(np.cross([1.0, 0, 0], up))
    if arms == "forward":  # to where the lifter looks, whatever the trunk does
        up, front = np.broadcast_to([0, 0, 1.0], up.shape), np.broadcast_to([0, -1.0, 0], up.shape)
        neck = np.stack([neck[:, 0], shoulder[:, 1], shoulder[:, 2]], 1)

    def along(out: float, ahead: float, above: float) -> Array:
        return np.array([sign * out, 0, 0]) + ahead * front + above * up

    return neck + length * along(*_RAISED[arms].wrist), -along(*_RAISED[arms].elbow)


def _gripping(body: Body, motion: Motion, joints: Array, shoulder: Array, sign: int, length: float) -> Array:
    """Wrists on a bar: as far as the arms reach, between straight down and just before the legs. -> (T, 3)."""
    reach = length * 0.985
    x = sign * (0.06 if motion.hold == "kettlebell" else body.hip_half_width + 0.06)
    across = x - shoulder[:, 0]
    within = np.maximum(reach**2 - across**2, 0.01)
    hip, knee, ankle = (middle(body, joints, bone) for bone in ("upperleg01", "lowerleg01", "foot"))
    y = shoulder[:, 1].copy()
    for _ in range(6):
        z = shoulder[:, 2] - np.sqrt(np.maximum(within - (y - shoulder[:, 1]) ** 2, 0.01))
        bar_z = z - _KNUCKLES_BELOW_WRIST
        up_thigh = np.clip((bar_z - knee[:, 2]) / np.maximum(hip[:, 2] - knee[:, 2], 0.05), 0, 1.3)
        up_shank = np.clip((bar_z - ankle[:, 2]) / np.maximum(knee[:, 2] - ankle[:, 2], 0.05), 0, 1)
        thigh = knee[:, 1] + up_thigh * (hip[:, 1] - knee[:, 1]) - (0.062 + 0.055 * up_thigh)
        shank = ankle[:, 1] + up_shank * (knee[:, 1] - ankle[:, 1]) - 0.062
        above_knee = 1 / (1 + np.exp(-(bar_z - knee[:, 2]) / 0.03))
        leg = above_knee * thigh + (1 - above_knee) * shank - _BAR_BEFORE_LEG
        y = np.minimum(leg, motion.bar_close * leg + (1 - motion.bar_close) * shoulder[:, 1])
        y = np.clip(y, shoulder[:, 1] - 0.35, shoulder[:, 1] + 0.30)
    return np.stack([np.full(len(y), x), y, z], 1)


def _forearm(body: Body, side: str, axis: Array, fore: Array, index_to: Array) -> dict[str, Array]:
    """Turn the forearm so that the line from little to index finger points to ``index_to``, and let the hand go on straight from it."""
    knuckles = unit(body.head("finger2-1." + side) - body.head("finger5-1." + side))
    now = turn(fore, knuckles)
    now = unit(now - (now * axis).sum(1, keepdims=True) * axis)
    wanted = unit(index_to - (axis @ index_to)[:, None] * axis)
    pronation = np.arctan2((np.cross(now, wanted) * axis).sum(1), (now * wanted).sum(1))
    hand0 = body.head("finger3-1." + side) - body.head("wrist." + side)
    turned = about(axis, pronation) @ fore
    rest_bend = np.cross(turn(turned, unit(hand0)), axis)  # of the wrist
    sine = np.linalg.norm(rest_bend, axis=1)
    straighten = about(rest_bend / np.maximum(sine, 1e-6)[:, None], np.arcsin(np.clip(sine, 0, 1)) * 0.8)
    return {
        "lowerarm01." + side: about(axis, 0.25 * pronation) @ fore,
        "lowerarm02." + side: about(axis, 0.7 * pronation) @ fore,
        "wrist." + side: straighten @ turned,
    }


def _fingers(body: Body, side: str, sign: int, gripping: bool, frames: int) -> dict[str, Array]:
    """Fingers beside each other, curled about the knuckles, and the thumb towards them."""
    knuckles = unit(body.head("finger2-1." + side) - body.head("finger5-1." + side))
    curl_deg = 68.0 if gripping else 22.0
    third = unit(body.head("finger3-3." + side) - body.head("finger3-1." + side))
    local: dict[str, Array] = {}
    for finger in range(2, 6):
        pointing = unit(body.head(f"finger{finger}-3.{side}") - body.head(f"finger{finger}-1.{side}"))
        close = _towards(pointing, third, 0.8, frames)
        for joint in range(1, 4):
            share = 1.0 if joint > 1 or gripping else 0.6
            curl = about(knuckles, np.full(frames, -sign * curl_deg * share * DEG))
            local[f"finger{finger}-{joint}.{side}"] = curl @ close if joint == 1 else curl
    thumb = unit(body.head("finger1-3." + side) - body.head("finger1-1." + side))
    local["finger1-1." + side] = _towards(thumb, third, 0.6 if gripping else 0.45, frames)
    return local


def _towards(pointing: Array, other: Array, share: float, frames: int) -> Array:
    """Turn a finger (3,) by some share of the way to another (3,). -> (T, 3, 3)."""
    axis = np.cross(pointing, other)
    sine = np.linalg.norm(axis)
    return about(axis / max(sine, 1e-6), np.full(frames, share * np.arcsin(min(sine, 1.0))))


def grips(body: Body) -> Mapping[str, Array]:
    """Where in each hand a bar lies, from the wrist, at rest. side -> (3,)."""
    found = {}
    for side, sign in SIDES:
        wrist, index, third, fourth, fifth = (body.head(f"{bone}.{side}") for bone in _HAND)
        along = unit((third - wrist)[None])[0]
        knuckles = unit((index - fifth)[None])[0]
        palm = sign * np.cross(along, knuckles)
        found[side] = 0.5 * (third + fourth) - wrist + 0.012 * along + 0.024 * palm
    return found


_HAND: Final = ("wrist", "finger2-1", "finger3-1", "finger4-1", "finger5-1")
