"""From commanded angles to bones: the trunk bends, feet stay on the floor, and the pelvis goes where the lifter does not fall over.

Legs are two bones between a planted foot and the hip; the pelvis is placed so that the centre of mass, load and all, stays over the middle
of the feet. Everything for all frames at once: (T, ...), metres.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from .arms import bend, middle, pose_arms
from .body import SIDES, Body
from .motion import Curves, Motion, smooth_noise
from .rotations import DEG, Y_AXIS, Z_AXIS, Array, about, about_x, frame, lean, turn, unit
from .spine import LUMBAR, LUMBAR_SHARE, THORAX, THORAX_SHARE

_NECK: Final = {"neck01": 0.25, "neck02": 0.25, "neck03": 0.2, "head": 0.3}  # shares of looking up
_BODY_KG: Final = 75.0
# Share of the body's mass, from joint, to joint, how far along; both sides where there are two. After de Leva (1996).
_SEGMENTS: Final = (
    (0.0694, "neck02", "head", 1.9),
    (0.1596, "T6", "T1", 0.45),
    (0.1633, "L4", "T11", 0.5),
    (0.1117, "root", "L5", 0.2),
    (0.0271, "upperarm01", "lowerarm01", 0.577),
    (0.0162, "lowerarm01", "wrist", 0.457),
    (0.0061, "wrist", "finger3-1", 0.8),
    (0.1416, "upperleg01", "lowerleg01", 0.41),
    (0.0433, "lowerleg01", "foot", 0.446),
    (0.0137, "foot", "foot", 0.5),
)
_FOOT_FROM_ANKLE: Final = np.array([0, -0.05, -0.03])


@dataclass(frozen=True, slots=True, eq=False)
class Posed:
    """A movement carried out.

    ``turned`` (T, bones, 3, 3) against rest, ``joints`` (T, bones, 3); ``pelvis_pitch`` (T,) degrees, forward positive.
    """

    turned: Array
    joints: Array
    pelvis_pitch: Array
    curves: Curves


def solve(body: Body, motion: Motion, sole_clearance: float = 0.0) -> Posed:
    """Carry a motion out. ``sole_clearance``: how thick the soles of the shoes are."""
    return _Solver(body, motion, sole_clearance).solve()


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    turned: Array
    joints: Array
    too_far_forward: Array  # centre of mass less where it ought to be, (T,)
    hip_flexion_deg: Array  # both sides, (T, 2)


class _Solver:
    def __init__(self, body: Body, motion: Motion, sole_clearance: float) -> None:
        self.body, self.motion, self.curves = body, motion, Curves(motion)
        self.time_s = self.curves.line.time_s
        hip, knee, ankle = (body.head(bone + ".L") for bone in ("upperleg01", "lowerleg01", "foot"))
        hip_x = abs(hip[0])
        ankle_x = motion.stance * hip_x
        ankle_z = ankle[2] - body.sole + sole_clearance
        ahead = -0.5 * motion.split
        self.ankles = {"L": np.array([ankle_x, ahead, ankle_z]), "R": np.array([-ankle_x, -ahead, ankle_z])}
        self.toe_y = -float(ankle[1] - body.rest[body.points["toe_left"][0][0], 1])  # the toes' tip before the ankle
        thigh, shank = np.linalg.norm(knee - hip), np.linalg.norm(ankle - knee)
        apart = np.sqrt(thigh**2 + shank**2 + 2 * thigh * shank * np.cos(self.curves.knee * DEG))
        self.hip_over_ankle = np.sqrt(np.maximum(apart**2 - (hip_x - ankle_x) ** 2 - ahead**2, 1e-4))  # seen from the side
        self.trunk = self._trunk()

    def solve(self) -> Posed:
        curves, frames = self.curves, len(self.time_s)
        level = np.tile(np.eye(3), (frames, 1, 1))
        _, joints = self.body.fk(np.zeros((frames, 3)), level, self.trunk | self._girdle(0 * self.time_s), {})
        own_lean_deg = lean(self._trunk_axis(joints)) / DEG  # of the bent spine on a level pelvis
        leg_lean = np.zeros(frames)
        peak_deg = curves.peak - 10.0
        for _ in range(8):  # until hip flexion at the bottom is as commanded
            sway = smooth_noise(self.time_s, np.random.default_rng(self.motion.seed + 77), self.motion.jitter * 1.2)
            trunk_deg = curves.blend("trunk_top", peak_deg, curves.trunk_progress) + sway
            pitch_deg = trunk_deg - own_lean_deg
            root_turned = about(Z_AXIS, curves.yaw * 0.4 * DEG) @ about_x(pitch_deg * DEG) @ about(Y_AXIS, curves.roll * 0.4 * DEG)
            girdle = self._girdle(np.clip(trunk_deg, 0, 120))
            for _ in range(3):  # until it stands
                placed = self._place(root_turned, girdle, leg_lean)
                leg_lean = leg_lean - np.clip(placed.too_far_forward / (0.80 * self.hip_over_ankle), -0.15, 0.15)
            flexion_deg = placed.hip_flexion_deg.mean(1)
            for rep in range(1, self.motion.reps + 1):
                deep = (curves.line.rep == rep) & (curves.progress > 0.995)
                if deep.any():
                    peak_deg[rep] += np.clip(curves.peak[rep] - np.median(flexion_deg[deep]), -20, 20)
        return Posed(placed.turned, placed.joints, pitch_deg, curves)

    def _trunk(self) -> dict[str, Array]:
        """Rotations in the joints of spine, neck and head."""
        curves = self.curves
        local = {bone: about_x(curves.lumbar * share * DEG) for bone, share in zip(LUMBAR, LUMBAR_SHARE, strict=True)}
        local |= {bone: about_x(curves.thoracic * share * DEG) for bone, share in zip(THORAX, THORAX_SHARE, strict=True)}
        local |= {bone: about_x(-curves.neck * share * DEG) for bone, share in _NECK.items()}
        local["head"] = local["head"] @ about(Z_AXIS, curves.head_turn * DEG)
        return local

    def _girdle(self, arm_flexion_deg: Array) -> dict[str, Array]:
        """Collar bones and shoulder blades: protraction, and what they add as the arm is lifted against the trunk."""
        local = {}
        forward = self.curves.protraction + 0.10 * arm_flexion_deg
        for side, sign in SIDES:
            down = about(Y_AXIS, sign * np.ones(len(forward)) * DEG)
            local["clavicle." + side] = about(Z_AXIS, -sign * forward * DEG * 0.6) @ down
            down = about(Y_AXIS, sign * (7 - 0.05 * arm_flexion_deg) * DEG)
            local["shoulder01." + side] = about(Z_AXIS, -sign * forward * DEG * 0.35) @ down
        return local

    def _place(self, root_turned: Array, girdle: Mapping[str, Array], leg_lean: Array) -> _Placed:
        """Put the pelvis where legs that lean so (T,) radians have it, and everything else on it."""
        body, height = self.body, self.hip_over_ankle
        ankle = 0.5 * (self.ankles["L"] + self.ankles["R"])
        hips = np.stack([np.zeros(len(height)), ankle[1] + height * np.sin(leg_lean), ankle[2] + height * np.cos(leg_lean)], 1)
        hips0 = 0.5 * (body.head("upperleg01.L") + body.head("upperleg01.R"))
        root_at = hips - turn(root_turned, hips0 - body.head("root"))
        world = self._legs(root_at, root_turned)
        local = self.trunk | dict(girdle)
        _, joints = body.fk(root_at, root_turned, local, world)
        arms, fingers = pose_arms(body, self.motion, joints, self.time_s, self.curves.trunk_progress)
        turned, joints = body.fk(root_at, root_turned, local | fingers, world | arms)
        wanted = ankle[1] + self.toe_y * (0.26 + 0.08 * self.curves.trunk_progress)
        trunk_deg = lean(self._trunk_axis(joints)) / DEG
        thigh_deg = [lean(joints[:, body.idx["upperleg01." + side]] - joints[:, body.idx["lowerleg01." + side]]) / DEG for side, _ in SIDES]
        flexion_deg = np.stack([trunk_deg - thigh for thigh in thigh_deg], 1)
        return _Placed(turned, joints, centre_of_mass(body, joints, self.motion)[:, 1] - wanted, flexion_deg)

    def _trunk_axis(self, joints: Array) -> Array:
        return middle(self.body, joints, "upperarm01") - middle(self.body, joints, "upperleg01")

    def _legs(self, root_at: Array, root_turned: Array) -> dict[str, Array]:
        """Orientations of thighs, shanks and feet between the hips and the planted ankles."""
        body, motion, world = self.body, self.motion, {}
        for side, sign in SIDES:
            hip0, knee0, ankle0 = (body.head(f"{bone}.{side}") for bone in ("upperleg01", "lowerleg01", "foot"))
            thigh, shank = float(np.linalg.norm(knee0 - hip0)), float(np.linalg.norm(ankle0 - knee0))
            hip = root_at + turn(root_turned, hip0 - body.head("root"))
            line = self.ankles[side] - hip
            apart = np.linalg.norm(line, axis=1)
            line = line / apart[:, None]
            along, off = bend(thigh, shank, np.minimum(apart, thigh + shank - 1e-5), 1e-10)
            out = sign * motion.toe_out * DEG
            forward = np.array([np.sin(out), -np.cos(out), 0.0])
            forward = unit(forward - (line * forward).sum(1, keepdims=True) * line)
            forward = np.einsum("fij,fj->fi", about(line, sign * self.curves.swivel * DEG), forward)
            knee = hip + along[:, None] * line + off[:, None] * forward
            normal, normal0 = np.cross(forward, line), np.cross(unit(knee0 - hip0), unit(ankle0 - knee0))
            world["upperleg01." + side] = frame(knee - hip, normal) @ frame(knee0 - hip0, normal0).T
            world["upperleg02." + side] = world["upperleg01." + side]
            world["lowerleg01." + side] = frame(self.ankles[side] - knee, normal) @ frame(ankle0 - knee0, normal0).T
            world["lowerleg02." + side] = world["lowerleg01." + side]
            world["foot." + side] = about(Z_AXIS, np.full(len(apart), sign * (motion.toe_out - _rest_toe_out_deg(body)) * DEG))
        return world


def _rest_toe_out_deg(body: Body) -> float:
    """How far the foot points outwards at rest, heel to toes."""
    foot = 0.5 * (body.point("coco_left_big_toe") + body.point("coco_left_small_toe")) - body.point("coco_left_heel")
    return float(np.arctan2(foot[0], -foot[1]) / DEG)


def centre_of_mass(body: Body, joints: Array, motion: Motion) -> Array:
    """Of the body and what it holds. (T, bones, 3) -> (T, 3)."""
    total, moment = 0.0, np.zeros((len(joints), 3))
    for mass, near, far, share in _SEGMENTS:
        for side in (".L", ".R") if near + ".L" in body.idx else ("",):
            start, end = joints[:, body.idx[near + side]], joints[:, body.idx[far + side]]
            at = start + share * (end - start)
            if near == "foot":
                at = at + _FOOT_FROM_ANKLE
            moment = moment + mass * at
            total += mass
    if motion.hold != "none" and motion.load_kg > 0:
        load = motion.load_kg / _BODY_KG
        moment = moment + load * middle(body, joints, "finger3-1")
        total += load
    return moment / total
