"""The truth that goes with a clip: ``NAME.json`` (numbers by frame and repetition) and ``NAME.npz`` (points in space and picture)."""

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from .clips import Clip
from .landmarks import angles
from .rotations import Array

if TYPE_CHECKING:
    from .scene import Scene

SCHEMA: Final = "hinge-truth/1"

# What a fault that is named means in true numbers.
FAULT_RULES: Final = {
    "rounded_lower_back": "lumbar_flexion >= 20 at some time of the rep",
    "rounded_upper_back": "thoracic_flexion >= 20",
    "squatty": "knee_flexion >= 55 at the bottom",
    "locked_knees": "knee_flexion < 6 through the bottom",
    "knees_caving": "knee_separation / ankle_separation <= 0.8 near the bottom",
    "knees_too_wide": "knee_separation / ankle_separation >= 1.3 near the bottom",
    "feet_too_wide": "ankle_separation / hip_separation >= 2.4",
    "feet_too_narrow": "ankle_separation / hip_separation <= 0.65",
    "shoulders_forward": "shoulder_protraction >= 16 throughout",
    "incomplete_lockout": "hip_flexion >= 14 at the end of the rep",
    "hyperextended_lockout": "trunk_inclination <= -8 at the end of the rep",
    "core_loose": "lumbar_flexion changes by >= 12 within the rep, out of step with the hinge",
    "hips_rise_first": "knees extend >= 60 % before the trunk has risen 25 %",
}

DEFINITIONS: Final = {
    "hip_flexion": (
        "sagittal-plane angle between the trunk axis (mid-hip -> mid-shoulder joint centres) and the thigh = trunk_inclination "
        "+ thigh_inclination; 0 = in line, + = flexed; per side and mean"
    ),
    "hip_flexion_annot / knee_flexion_annot": "the same angles from the coco_* points (where a human annotator would click), per side",
    "hip_angle3d": "unsigned 3D angle shoulder-hip-knee built from mid-shoulder/mid-hip axis and the thigh; 180 = in line",
    "knee_flexion": "180 minus the angle hip-knee-ankle; 0 = straight",
    "trunk_inclination": "trunk axis against the vertical, + = forward (sagittal plane)",
    "shank_inclination": "ankle -> knee against the vertical, + = knee in front of the ankle",
    "thigh_inclination": "hip -> knee against the vertical, + = knee in front of the hip",
    "pelvis_pitch": "pelvis rotation from neutral standing, + = anterior/forward",
    "femur_pelvis_flexion": "pelvis_pitch + thigh_inclination: flexion in the hip joint itself, without the spine",
    "lumbar_flexion": "rotation between sacrum and T12 relative to neutral standing, + = rounded",
    "thoracic_flexion": "rotation between L1 and C7/T1 relative to neutral standing, + = rounded",
    "neck_extension": "head against T1 relative to neutral, + = looking up",
    "shoulder_protraction": "commanded shoulder-blade protraction",
    "knee_separation": "3D distance between the knee joint centres (m); likewise ankle, hip",
    "knee_medial_shift": "medial displacement of the knee from the hip-ankle line in the frontal plane (m), per side, + = caving in",
    "hip_height_rel": "mid-hip height / its height while standing before the first rep",
    "trunk_length_rel": "mid-hip to mid-shoulder distance / same while standing",
    "spine_chord_rel": "C7-sacrum skin chord / same while standing",
    "midline_deviation": "largest perpendicular distance of the dorsal skin midline from the chord sacrum-C7, divided by the chord",
    "joints": (
        "hip, knee, ankle, shoulder (gleno-humeral), elbow, wrist = joint centres of the skeleton; ear, nose, eye, coco_* = "
        "surface-regressed as a human annotator would click; heel, toe, c7_skin, tl_junction_skin, sacrum_skin = skin points; "
        "c7, tl_junction, l5s1 = spinal joint centres"
    ),
}

# Measures written to three places, by a part of their name; all others, in degrees, to two.
_FINE: Final = ("separation", "rel", "shift", "deviation")


def truth(scene: "Scene", clip: Clip, name: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """What really happens in a clip, for the JSON and for the NPZ."""
    line, motion, camera = scene.posed.curves.line, scene.motion, scene.spec
    measures = angles(scene.posed, scene.points, scene.midline, motion)
    first = scene.cameras[0]
    told = {
        "schema": SCHEMA,
        "name": name,
        "preset": clip["preset"],
        "exercise": clip.get("lift"),
        "faults": clip["faults"],
        "fault_rules": {fault: FAULT_RULES.get(fault) for fault in clip["faults"]},
        "view": clip["view"],
        "fps": motion.fps,
        "frames": len(line.time_s),
        "width": camera.width,
        "height": camera.height_px,
        "near_side": "left" if camera.side > 0 else "right",
        "reps": [_rep(i + 1, event, line.time_s, measures, clip) for i, event in enumerate(line.events)],
        "camera": plain(asdict(camera))
        | {"eye": _rounded(first.eye, 4), "target": _rounded(first.target, 4), "distance": round(scene.distance, 3)},
        "gender": clip["gender"],
        "stature_m": clip["stature"],
        "shape": clip["shape"],
        "motion": plain(asdict(motion)),
        "look": plain(clip["look"]),
        "post": plain(clip["post"]),
        "definitions": DEFINITIONS,
        "per_frame": {
            "t": _rounded(line.time_s, 3),
            "rep": [int(rep) for rep in line.rep],
            "phase": list(line.phase),
            **{key: _rounded(values, 3 if any(part in key for part in _FINE) else 2) for key, values in measures.items()},
        },
    }
    return told, _arrays(scene, measures)


def plain(value: Any) -> Any:
    """The same as lists, dicts and Python's own numbers, floats to five places."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return round(value, 5) if isinstance(value, float) else value


def _arrays(scene: "Scene", measures: dict[str, Array]) -> dict[str, Array]:
    line, points = scene.posed.curves.line, scene.points
    seen = {name: np.array([camera.project(at) for camera, at in zip(scene.cameras, where, strict=True)]) for name, where in points.items()}
    midline_px = np.array([camera.project(at) for camera, at in zip(scene.cameras, scene.midline, strict=True)])
    return {
        "t": line.time_s,
        "rep": line.rep,
        "phase": line.phase.astype("U8"),
        "joint_names": np.array(list(points)),
        "joints3d": np.stack(list(points.values()), 1).astype(np.float32),
        "joints2d": np.stack(list(seen.values()), 1).astype(np.float32),
        "midline3d": scene.midline.astype(np.float32),
        "midline2d": midline_px.astype(np.float32),
        "camera": np.stack([camera.lens @ camera.view for camera in scene.cameras]).astype(np.float64),
        **{"a_" + name: values.astype(np.float32) for name, values in measures.items()},
    }


def _rep(number: int, event: tuple[float, ...], time_s: Array, measures: dict[str, Array], clip: Clip) -> dict[str, Any]:
    start, bottom, ascent, end = event
    within = (time_s >= start) & (time_s < end)
    deep = (time_s >= bottom - 0.04) & (time_s < ascent + 0.04)
    after = (time_s >= end) & (time_s < end + 0.3)
    knee_ankle = (measures["knee_separation"] / measures["ankle_separation"])[within]
    ankle_hip = (measures["ankle_separation"] / measures["hip_separation"])[within]

    def of(name: str, summary: Callable[[Array], Any] = np.max, where: Array = within) -> float | None:
        return round(float(summary(measures[name][where])), 2) if where.any() else None

    return {
        "rep": number,
        "start_s": round(start, 3),
        "bottom_s": round(bottom, 3),
        "ascent_s": round(ascent, 3),
        "end_s": round(end, 3),
        "peak_hip_flexion": of("hip_flexion"),
        "knee_flexion_bottom": of("knee_flexion", np.mean, deep),
        "peak_lumbar_flexion": of("lumbar_flexion"),
        "peak_thoracic_flexion": of("thoracic_flexion"),
        "min_knee_ankle_ratio": round(float(knee_ankle.min()), 3),
        "max_knee_ankle_ratio": round(float(knee_ankle.max()), 3),
        "ankle_hip_ratio": round(float(ankle_hip.mean()), 3),
        "end_hip_flexion": of("hip_flexion", np.mean, after),
        "end_trunk_inclination": of("trunk_inclination", np.mean, after),
        "faults": clip["faults"] if number in clip["fault_reps"] else [],
    }


def _rounded(values: Any, places: int) -> list[float]:
    return [round(float(value), places) for value in np.asarray(values).ravel()]
