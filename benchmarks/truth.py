"""The truth of clips: of rendered ones (``NAME.json`` beside ``NAME.mp4``), and of real ones labelled by eye.

Angles are in degrees, lengths in leg lengths, times in seconds of the clip's own clock. Side measures are of the side that faces the
camera.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SCHEMA: Final = "hinge-truth/1"
USUAL_DEPTH: Final = 0.19  # trunk lengths: shoulder joint in front of the back, in rendered bodies that stand well
LEG_SHARE: Final = 0.90  # thigh + shank over standing hip height: 0.900, sd 0.012, over 14 rendered bodies

# Fault of a rep -> the (cue, direction) pairs that must be named, and the cues that are true as well and may be named.
EXPECTED: Final[dict[str, tuple[frozenset[tuple[str, str]], frozenset[str]]]] = {
    fault: (frozenset(must), frozenset(may))
    for fault, must, may in (
        ("rounded_lower_back", [("neutral_spine", "rounded")], ["core_tight", "chest_out", "shoulders_back"]),
        ("rounded_upper_back", [("chest_out", "rounded")], ["shoulders_back", "neutral_spine", "core_tight"]),
        ("squatty", [("butt_high", "low"), ("soft_knees", "bent")], ["squeeze_butt"]),
        ("locked_knees", [("soft_knees", "locked")], []),
        ("knees_caving", [("knees_out", "caving")], ["soft_knees"]),
        ("knees_too_wide", [("knees_out", "wide")], ["soft_knees"]),
        ("feet_too_wide", [("feet_hip_width", "wide")], ["knees_out"]),
        ("feet_too_narrow", [("feet_hip_width", "narrow")], ["knees_out"]),
        ("shoulders_forward", [("shoulders_back", "forward")], ["chest_out"]),
        ("incomplete_lockout", [("squeeze_butt", "short")], []),
        ("hyperextended_lockout", [("squeeze_butt", "leaning_back")], []),
        ("core_loose", [("core_tight", "loose")], ["neutral_spine", "chest_out"]),
        ("hips_rise_first", [("squeeze_butt", "hips_first")], ["soft_knees", "butt_high"]),
    )
}
# What is right in these lifts though it were a fault of a hinge.
SITTING: Final = frozenset({"deadlift_floor", "squat_air", "squat_goblet", "squat_back"})
BACK_FAULTS: Final = frozenset({"rounded_lower_back", "rounded_upper_back", "core_loose", "shoulders_forward"})

# Faults that follow from the true numbers of a rep: rep field, limit, and whether the fault lies above it.
_RULES: Final = (
    ("rounded_lower_back", "peak_lumbar_flexion", 20.0, True),
    ("rounded_upper_back", "peak_thoracic_flexion", 20.0, True),
    ("squatty", "knee_flexion_bottom", 55.0, True),
    ("locked_knees", "knee_flexion_bottom", 6.0, False),
    ("feet_too_wide", "ankle_hip_ratio", 2.4, True),
    ("feet_too_narrow", "ankle_hip_ratio", 0.65, False),
    ("incomplete_lockout", "end_hip_flexion", 14.0, True),
    ("hyperextended_lockout", "end_trunk_inclination", -8.0, False),
)


@dataclass(frozen=True, slots=True)
class TrueRep:
    """A true repetition and the names of its faults (empty: a clean one)."""

    index: int
    start_s: float
    bottom_s: float
    end_s: float
    faults: tuple[str, ...]

    @property
    def must(self) -> frozenset[tuple[str, str]]:
        """The (cue, direction) pairs that must be named."""
        return frozenset().union(*(EXPECTED[fault][0] for fault in self.faults))

    @property
    def may(self) -> frozenset[str]:
        """Cues that are true as well: naming them is neither required nor wrong."""
        return frozenset().union(*(EXPECTED[fault][1] for fault in self.faults))


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A rendered clip. ``measures``: name -> (T,), at ``time_s`` (T,). ``moving`` (T,): True within a repetition.

    ``azimuth_deg``: 0 is a side view, 90 the front, negative from behind. ``body`` is the same for all clips of one person.
    ``exercise`` None: a hinge, with or without a load.
    """

    name: str
    clip: Path
    preset: str
    body: str
    azimuth_deg: float
    plates: bool
    time_s: Floats
    moving: NDArray[np.bool_]
    measures: dict[str, Floats]
    reps: tuple[TrueRep, ...]
    exercise: str | None = None

    @property
    def view(self) -> str:
        """Side, front or oblique, from the camera's true azimuth."""
        return view_at(self.azimuth_deg)

    def at(self, time_s: Floats) -> NDArray[np.intp]:
        """Index of the truth frame nearest to each time, -1 where none is within half a frame. (T,) -> (T,)."""
        half_s = 0.5 * float(np.median(np.diff(self.time_s))) if len(self.time_s) > 1 else 0.5
        right = np.clip(np.searchsorted(self.time_s, time_s), 1, max(len(self.time_s) - 1, 1))
        right = np.minimum(right, len(self.time_s) - 1)
        left = np.maximum(right - 1, 0)
        nearest = np.where(time_s - self.time_s[left] <= self.time_s[right] - time_s, left, right)
        return np.where(np.abs(self.time_s[nearest] - time_s) <= half_s + 1e-9, nearest, -1)


@dataclass(frozen=True, slots=True)
class RealClip:
    """A filmed clip, counted by eye: ``reps_min`` to ``reps_max`` reps are fair. ``fault``: an opinion on the whole clip."""

    clip: Path
    view: str
    reps: int
    reps_min: int
    reps_max: int
    fault: str


def off_side(azimuth_deg: float) -> float:
    """Angle of a camera from a square side view, degrees, 0 to 90."""
    return abs((azimuth_deg + 90.0) % 180.0 - 90.0)


def view_at(azimuth_deg: float) -> str:
    """Side up to 20 degrees off, front (or back) from 70, oblique between."""
    off_deg = off_side(azimuth_deg)
    return "side" if off_deg <= 20.0 else "oblique" if off_deg < 70.0 else "front"


def azimuth_bin(azimuth_deg: float) -> str:
    """As ``view_at``, with oblique views split into ``oblique 30``, ``45`` and ``60``, and ``rear`` for those from behind."""
    view = view_at(azimuth_deg)
    off_deg = off_side(azimuth_deg)
    if view == "oblique":
        view += " 30" if off_deg < 38.0 else " 45" if off_deg < 52.0 else " 60"
    behind = azimuth_deg < 0.0 or azimuth_deg > 180.0
    return f"{view} rear" if behind and view != "side" else view


def faults_of(rep: dict[str, Any], exercise: str | None = None) -> tuple[str, ...]:
    """The names of a rep's faults: as declared, else as its true numbers show (of a good preset with one number changed)."""
    declared = tuple(fault for fault in rep["faults"] if fault in EXPECTED)
    if declared:
        return declared
    seen = ((name, rep.get(key), limit, above) for name, key, limit, above in _RULES)
    found = (name for name, value, limit, above in seen if value is not None and (value >= limit if above else value <= limit))
    return tuple(name for name in found if not (name == "squatty" and exercise in SITTING))


def load_truth(path: Path) -> Truth | None:
    """Read ``NAME.json``, and ``NAME.npz`` for the lengths. None if it is no truth file or has no clip beside it."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError):
        return None
    clip = path.with_suffix(".mp4")
    if not isinstance(told, dict) or told.get("schema") != SCHEMA or not clip.is_file():
        return None
    frames = {key: np.asarray(value) for key, value in told["per_frame"].items()}
    body = json.dumps([told["gender"], told["stature_m"], told["shape"]], sort_keys=True)
    azimuth_deg, exercise = float(told["camera"]["azimuth"]), told.get("exercise")
    return Truth(
        name=told["name"],
        clip=clip,
        preset=told["preset"],
        body=hashlib.sha256(body.encode()).hexdigest()[:6],
        azimuth_deg=azimuth_deg,
        plates=told["motion"]["hold"] == "barbell",
        time_s=frames["t"].astype(float),
        moving=frames["rep"] > 0,
        measures=_measures(frames, told["near_side"], azimuth_deg, path.with_suffix(".npz")),
        reps=tuple(TrueRep(r["rep"], r["start_s"], r["bottom_s"], r["end_s"], faults_of(r, exercise)) for r in told["reps"]),
        exercise=exercise,
    )


def load_folder(folder: Path) -> list[Truth]:
    """Every clip with truth in a folder and below it, by name."""
    found = (load_truth(path) for path in sorted(folder.rglob("*.json")))
    return [truth for truth in found if truth is not None]


def load_real(folder: Path) -> list[RealClip]:
    """Every clip in the ``labels.json`` of a folder whose file is there."""
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    return [
        RealClip(folder / told["path"], told["view"], told["reps"], told["reps_min"], told["reps_max"], told["fault_label"])
        for told in labels
        if (folder / told["path"]).is_file()
    ]


def in_part(body: str, part: int, parts: int) -> bool:
    """Whether a body belongs to this one of ``parts`` parts. Always the same answer, and never two parts for one person."""
    return int(body, 16) % parts == part


def _measures(frames: dict[str, Any], near: str, azimuth_deg: float, arrays: Path) -> dict[str, Floats]:
    """The true measures in the engine's conventions: near side, and the back against its own standing shape."""
    standing = frames["phase"] == "stand"
    nothing = np.full(len(frames["t"]), np.nan)
    hip_px = _hip_px(arrays, near, len(nothing))
    return {
        "hip_x_px": hip_px[:, 0],
        "hip_y_px": hip_px[:, 1],
        "hip_flexion": frames[f"hip_flexion_{near}"],
        "hip_flexion_annot": frames.get(f"hip_flexion_annot_{near}", nothing),
        "knee_flexion": frames[f"knee_flexion_{near}"],
        "knee_flexion_annot": frames.get(f"knee_flexion_annot_{near}", nothing),
        "trunk_inclination": frames["trunk_inclination"],
        "shank_inclination": frames[f"shank_inclination_{near}"],
        "lumbar_flexion": _against_standing(frames["lumbar_flexion"], standing),
        "thoracic_flexion": _against_standing(frames["thoracic_flexion"], standing),
        "butt_drop": _butt_drop(arrays, near, standing) if arrays.is_file() else (1.0 - frames["hip_height_rel"]) / LEG_SHARE,
        "knee_ankle_ratio": frames["knee_separation"] / frames["ankle_separation"],
        "ankle_hip_ratio": frames["ankle_separation"] / frames["hip_separation"],
        "shoulder_shift": np.full(len(nothing), _shoulder_depth(arrays, standing) - USUAL_DEPTH),
        "view_yaw": np.full(len(frames["t"]), abs((90.0 - azimuth_deg + 180.0) % 360.0 - 180.0)),
    }


def _hip_px(arrays: Path, near: str, frames: int) -> Floats:
    """The near hip joint in the picture, (T, 2) px. NaN if the file does not have it."""
    if arrays.is_file():
        with np.load(arrays) as told:
            if "joints2d" in told:
                return told["joints2d"][:, [str(name) for name in told["joint_names"]].index(f"hip_{near}")].astype(float)
    return np.full((frames, 2), np.nan)


def _against_standing(angle: Floats, standing: NDArray[np.bool_]) -> Floats:
    """The angle less its mean while standing before the first rep: a contour compared with its standing shape can show no more."""
    return angle - angle[standing].mean() if standing.any() else angle


def _butt_drop(arrays: Path, near: str, standing: NDArray[np.bool_]) -> Floats:
    """How far mid-hip has sunk below its standing height, in leg lengths of the near side. (T,)."""
    with np.load(arrays) as told:
        place = {str(name): column for column, name in enumerate(told["joint_names"])}
        points = told["joints3d"].astype(float)
    hip, knee, ankle = (points[:, place[f"{joint}_{near}"]] for joint in ("hip", "knee", "ankle"))
    height = points[:, place["mid_hip"], 2]
    leg = np.linalg.norm(hip - knee, axis=1) + np.linalg.norm(knee - ankle, axis=1)
    return (height[standing].mean() - height) / leg[standing].mean()


def _shoulder_depth(arrays: Path, standing: NDArray[np.bool_]) -> float:
    """Depth of mid-shoulder in front of the skin of the back at 0.95 of the trunk, while standing, trunk lengths.

    NaN if nobody stands or the file has no skin.
    """
    if not arrays.is_file() or not standing.any():
        return float("nan")
    with np.load(arrays) as told:
        if "midline3d" not in told:
            return float("nan")
        place = {str(name): column for column, name in enumerate(told["joint_names"])}
        points, skin = told["joints3d"].astype(float)[standing], told["midline3d"].astype(float)[standing, :, 1:]
    hip, shoulder = points[:, place["mid_hip"], 1:], points[:, place["mid_shoulder"], 1:]
    trunk = shoulder - hip
    size = np.hypot(trunk[:, 0], trunk[:, 1])
    up = trunk / size[:, None]
    behind = np.stack([up[:, 1], -up[:, 0]], axis=-1)  # the person faces -y
    offset = skin - hip[:, None]
    height, depth = ((offset * axis[:, None]).sum(axis=2) / size[:, None] for axis in (up, behind))
    order = np.argsort(height, axis=1)
    height, depth = np.take_along_axis(height, order, 1), np.take_along_axis(depth, order, 1)
    return float(np.mean([np.interp(0.95, h, d) for h, d in zip(height, depth, strict=True)]))
