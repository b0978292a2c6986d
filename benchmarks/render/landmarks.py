"""What is measured on a movement: named points and the angles between them, frame by frame."""

from typing import TYPE_CHECKING, Final

import numpy as np

from .motion import Motion
from .pose import Posed
from .rotations import Array, lean, unit, unit_one

if TYPE_CHECKING:
    from .person import Person

_TO_DEG: Final = 180 / np.pi
_JOINTS: Final = {
    "hip": "upperleg01",
    "knee": "lowerleg01",
    "ankle": "foot",
    "shoulder": "upperarm01",
    "elbow": "lowerarm01",
    "wrist": "wrist",
}
_SIDES: Final = (("L", "left"), ("R", "right"))
_ON_FACE: Final = {
    "coco_nose": "nose",
    "coco_left_ear": "ear_left",
    "coco_right_ear": "ear_right",
    "coco_left_eye": "eye_left",
    "coco_right_eye": "eye_right",
}


def points3d(person: "Person", posed: Posed) -> tuple[dict[str, Array], Array]:
    """Every named point, (T, 3) metres, and the middle line of the skin of the back, (T, K, 3), from below upwards."""
    body, joints = person.body, posed.joints
    skin = np.array([person.skin_at(turned, at) for turned, at in zip(posed.turned, joints, strict=True)])
    row = {int(vertex): i for i, vertex in enumerate(person.measured)}
    points = {f"{name}_{side}": joints[:, body.idx[f"{bone}.{end}"]].copy() for name, bone in _JOINTS.items() for end, side in _SIDES}
    for label, (vertices, weights) in body.points.items():
        rows = [row[int(vertex)] for vertex in vertices]
        points[_ON_FACE.get(label, label)] = np.array([(at[rows] * weights[:, None]).sum(0) for at in skin])
    points["mid_hip"] = 0.5 * (points["hip_left"] + points["hip_right"])
    points["mid_shoulder"] = 0.5 * (points["shoulder_left"] + points["shoulder_right"])
    for name, bone in (("c7", "neck01"), ("tl_junction", "T12"), ("l5s1", "L5")):
        points[name] = joints[:, body.idx[bone]].copy()
    return points, skin[:, [row[int(vertex)] for vertex in body.back_midline]]


def angles(posed: Posed, points: dict[str, Array], midline: Array, motion: Motion) -> dict[str, Array]:
    """Every true measure, (T,) each: degrees, metres, or relative to standing. ``truthfile.DEFINITIONS`` says what each is."""
    found: dict[str, Array] = {}
    trunk = unit(points["mid_shoulder"] - points["mid_hip"])
    for _, side in _SIDES:
        hip, knee, ankle = (points[f"{joint}_{side}"] for joint in ("hip", "knee", "ankle"))
        thigh, shank = hip - knee, knee - ankle
        found[f"hip_angle3d_{side}"] = 180 - _between(unit(thigh), trunk)
        found[f"knee_flexion_{side}"] = _between(unit(thigh), unit(shank))
        found[f"thigh_inclination_{side}"] = -_lean_deg(thigh)
        found[f"shank_inclination_{side}"] = _lean_deg(shank)
        share = (knee[:, 2] - ankle[:, 2]) / (hip[:, 2] - ankle[:, 2])
        off_line = (ankle + share[:, None] * (hip - ankle))[:, 0] - knee[:, 0]
        found[f"knee_medial_shift_{side}"] = (1 if side == "left" else -1) * off_line
    found["trunk_inclination"] = _lean_deg(trunk)
    found["pelvis_pitch"] = posed.pelvis_pitch
    for _, side in _SIDES:
        found[f"hip_flexion_{side}"] = found["trunk_inclination"] + found[f"thigh_inclination_{side}"]
        shoulder, hip, knee, ankle = (points[f"coco_{side}_{joint}"] for joint in ("shoulder", "hip", "knee", "ankle"))
        found[f"hip_flexion_annot_{side}"] = _lean_deg(shoulder - hip) - _lean_deg(hip - knee)
        found[f"knee_flexion_annot_{side}"] = _between(unit(hip - knee), unit(knee - ankle))
    for name in ("hip_flexion", "knee_flexion"):
        found[name] = 0.5 * (found[name + "_left"] + found[name + "_right"])
    found["femur_pelvis_flexion"] = posed.pelvis_pitch + 0.5 * (found["thigh_inclination_left"] + found["thigh_inclination_right"])
    curves = posed.curves
    found["lumbar_flexion"], found["thoracic_flexion"] = curves.lumbar, curves.thoracic
    found["neck_extension"], found["shoulder_protraction"] = curves.neck, curves.protraction
    for name in ("hip", "knee", "ankle"):
        found[name + "_separation"] = np.linalg.norm(points[name + "_left"] - points[name + "_right"], axis=1)
    standing = max(1, int(motion.lead_s * motion.fps * 0.8))
    found["hip_height_rel"] = _to_standing(points["mid_hip"][:, 2], standing)
    found["shoulder_height_rel"] = _to_standing(points["mid_shoulder"][:, 2], standing)
    found["trunk_length_rel"] = _to_standing(np.linalg.norm(points["mid_shoulder"] - points["mid_hip"], axis=1), standing)
    chord = np.linalg.norm(points["c7_skin"] - points["sacrum_skin"], axis=1)
    found["spine_chord_rel"] = _to_standing(chord, standing)
    found["midline_deviation"] = _deviation(points["sacrum_skin"], points["c7_skin"], midline, chord)
    return {name: np.asarray(values, float) for name, values in found.items()}


def _lean_deg(up: Array) -> Array:
    """Lean of an upward vector in the sagittal plane, forward positive. (T, 3) -> (T,)."""
    return lean(up) * _TO_DEG


def _between(a: Array, b: Array) -> Array:
    """Angle between unit vectors, degrees. (T, 3) each -> (T,)."""
    return np.arccos(np.clip((a * b).sum(1), -1, 1)) * _TO_DEG


def _to_standing(values: Array, frames: int) -> Array:
    """Over the mean of the first frames. (T,) -> (T,)."""
    return values / values[:frames].mean()


def _deviation(sacrum: Array, neck: Array, midline: Array, chord: Array) -> Array:
    """How far the back's skin lies off the chord from sacrum to C7 where it does most, over the chord, outwards positive. -> (T,)."""
    found = []
    for low, high, line, length in zip(sacrum, neck, midline, chord, strict=True):
        along = unit_one(high - low)
        from_low = line - low
        up = from_low @ along
        outwards = np.array([0, along[2], -along[1]])
        off = from_low[(up > 0) & (up < length)] @ outwards
        found.append(off[np.argmax(np.abs(off))] / length if len(off) else 0)
    return np.array(found)
