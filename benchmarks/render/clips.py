"""Clip descriptions: what is moved how, by which body, dressed, lit and filmed how. Plain dicts of numbers and names, drawn from a seed.

Degrees, metres, seconds, pixels; colours red, green, blue from 0 to 1. A description is all that a clip depends on: the same one gives the
same frames.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from hingecheck.errors import InputError

from .motion import Motion
from .wardrobe import EYES, HAIR, HAIR_COLOURS, OUTFITS_FOR, SHOES, SKINS

Clip = dict[str, Any]
Range = tuple[float, float]

# A tuple is a range to draw from, a list a choice, anything else is taken as it is.
COMMON: Final[dict[str, Any]] = {
    "peak_hip_flexion": (76, 94),
    "knee_bottom": (12, 24),
    "knee_top": (2, 6),
    "lumbar_bottom": (0, 8),
    "thoracic_bottom": (0, 6),
    "neck_bottom": (4, 22),
    "stance": (1.05, 1.5),
    "toe_out": (3, 14),
    "knee_valgus": (-4, 4),
    "t_down": (1.7, 2.4),
    "t_up": (1.2, 1.8),
    "t_bottom": (0.1, 0.5),
    "t_top": (0.5, 1.0),
    "protraction_bottom": (4, 8),
}


@dataclass(frozen=True)
class Preset:
    """A way to move, named for its fault: the views that show it, and what of ``COMMON`` or ``Motion`` it changes."""

    views: tuple[str, ...]
    motion: dict[str, Any]


PRESETS: Final[dict[str, Preset]] = {
    "good": Preset(("side", "front", "oblique"), {}),
    "rounded_lower_back": Preset(
        ("side",), {"lumbar_bottom": (26, 42), "thoracic_bottom": (4, 12), "lumbar_timing": ["with", "early", "late"]}
    ),
    "rounded_upper_back": Preset(
        ("side",), {"thoracic_bottom": (24, 38), "lumbar_bottom": (3, 10), "protraction_bottom": (10, 18), "neck_bottom": (-8, 8)}
    ),
    "squatty": Preset(("side",), {"knee_bottom": (62, 92), "peak_hip_flexion": (78, 100), "knees_first": (0.2, 0.7)}),
    "locked_knees": Preset(("side",), {"knee_bottom": (0, 2.5), "knee_top": (0, 2), "start_knee": 1.5, "peak_hip_flexion": (70, 92)}),
    "knees_caving": Preset(("front",), {"knee_valgus": (22, 42), "knee_bottom": (28, 45), "stance": (1.2, 1.7)}),
    "knees_too_wide": Preset(("front",), {"knee_valgus": (-52, -38), "knee_bottom": (30, 46), "stance": (0.95, 1.25)}),
    "feet_too_wide": Preset(("front",), {"stance": (2.7, 3.5), "toe_out": (12, 28), "knee_bottom": (14, 30)}),
    "feet_too_narrow": Preset(("front",), {"stance": (0.44, 0.56), "toe_out": (0, 5)}),
    "shoulders_forward": Preset(
        ("side",),
        {
            "protraction": (18, 26),
            "protraction_bottom": (4, 8),
            "thoracic_top": (6, 12),
            "thoracic_bottom": (10, 16),
            "start_thoracic": 9,
            "neck_top": 4,
        },
    ),
    "incomplete_lockout": Preset(("side",), {"trunk_top": (16, 28), "knee_top": (12, 22)}),
    "hyperextended_lockout": Preset(("side",), {"trunk_top": (-20, -12), "lumbar_top": (-20, -12), "knee_top": (0, 3)}),
    "core_loose": Preset(
        ("side",), {"lumbar_timing": "loose", "lumbar_bottom": (24, 36), "thoracic_bottom": (8, 16), "rep_sd": 0.05, "jitter": 0.9}
    ),
    "hips_rise_first": Preset(("side",), {"hips_first": (0.75, 1.0), "knee_bottom": (35, 50), "load_kg": 30.0, "hold": "barbell"}),
}

# Other lifts than the hinge drill, by hingecheck's names, and how each moves whatever its fault.
LIFTS: Final[dict[str, dict[str, Any]]] = {
    "rdl": {"hold": "barbell", "load_kg": (30, 50)},
    "good_morning": {"hold": "dowel", "arms": "back", "peak_hip_flexion": (72, 86)},
    "deadlift_floor": {"hold": "barbell", "load_kg": (50, 80), "peak_hip_flexion": (112, 120), "knee_bottom": (60, 72)},
    "squat_air": {"hold": "none", "arms": "forward", "peak_hip_flexion": (96, 106), "knee_bottom": (98, 112)},
    "squat_goblet": {"hold": "kettlebell", "arms": "chest", "peak_hip_flexion": (94, 104), "knee_bottom": (98, 112)},
    "squat_back": {"hold": "barbell", "arms": "back", "load_kg": (30, 60), "peak_hip_flexion": (98, 108), "knee_bottom": (95, 108)},
}

FULL_PLATE_M: Final = 0.225  # radius: what a bar lies on

# What may differ from repetition to repetition; stance, toes and shoulder blades that hang forward may not.
PER_REP: Final = (
    "peak_hip_flexion",
    "knee_bottom",
    "knee_top",
    "trunk_top",
    "lumbar_top",
    "lumbar_bottom",
    "thoracic_top",
    "thoracic_bottom",
    "neck_bottom",
    "neck_top",
    "protraction_bottom",
    "knee_valgus",
    "hips_first",
    "knees_first",
)
_PROPS: Final = ("window", "door", "poster", "shelf", "bench", "rack", "ball", "kettlebells", "plant", "sofa", "poster")


@dataclass
class CameraSpec:
    """Where the camera stands and what it sees."""

    azimuth: float = 0.0  # 0 side view, 90 front, negative: from behind
    side: int = 1  # +1: the person's left side faces the camera, -1: the right one
    height: float = 1.0  # m
    fov: float = 48.0  # vertical field of view
    fill: float = 0.78  # share of the picture that the whole movement fills: decides the distance
    offset_x: float = 0.0  # aim beside the middle, share of the width
    offset_y: float = 0.0
    roll: float = 0.0
    width: int = 480
    height_px: int = 640
    shake: float = 0.0  # sway of a hand that holds it, degrees


@dataclass
class PostSpec:
    """What lens, sensor and encoder do to the picture."""

    noise: float = 3.0  # sensor noise, grey levels at mid tone
    blur: float = 0.55  # softness, sigma in px
    shutter: float = 0.4  # exposure, share of the time between frames
    vignette: float = 0.12
    brightness: float = 0.46  # mean of the first frame that is aimed at, 0 to 1
    contrast: float = 1.10
    crf: int = 25
    max_kb: int = 950
    wb: tuple[float, float, float] = (1.0, 1.0, 1.0)


def sample(told: Any, rng: np.random.Generator) -> Any:
    """Draw from a range (tuple) or a choice (list); anything else is the value itself."""
    if isinstance(told, tuple):
        return float(rng.uniform(*told))
    if isinstance(told, list):
        return told[rng.integers(len(told))]
    return told


def random_body(rng: np.random.Generator) -> tuple[str, dict[str, float], float]:
    """Sex, shape (Anny's names, each 0 to 1) and stature in metres of some grown-up."""
    sex = str(rng.choice(["male", "female"]))
    shape = {
        "gender": float(rng.uniform(0, 0.12) if sex == "male" else rng.uniform(0.88, 1)),
        "age": float(rng.uniform(0.6, 0.8)),
        "muscle": float(rng.uniform(0.35, 0.8)),
        "weight": float(np.clip(rng.normal(0.52, 0.17), 0.2, 0.95)),
        "height": float(rng.uniform(0.25, 0.5)),
        "proportions": float(rng.uniform(0.3, 0.9)),
    }
    stature_m = float(np.clip(rng.normal(1.77, 0.07) if sex == "male" else rng.normal(1.65, 0.065), 1.5, 1.98))
    return sex, shape, stature_m


def hsv(hue: float, saturation: float, value: float) -> tuple[float, float, float]:
    """Colour as red, green, blue, all 0 to 1."""
    k = np.clip(np.abs((hue * 6 + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)
    red, green, blue = (float(part) for part in value * (1 - saturation * (1 - k)))
    return red, green, blue


def random_look(rng: np.random.Generator, sex: str) -> dict[str, Any]:
    """Clothes, hair, skin, room and light."""

    def colour() -> tuple[float, float, float]:
        return hsv(rng.random(), rng.beta(1.5, 1.5), rng.uniform(0.12, 0.85))

    look: dict[str, Any] = {"outfit": str(rng.choice(OUTFITS_FOR[sex]))}
    bottom = hsv(rng.random(), rng.beta(1, 4), rng.uniform(0.1, 0.45)) if rng.random() < 0.75 else colour()
    brightness = rng.uniform(0.96, 1.04)
    look["keep_jeans"] = bool("jeans" in look["outfit"] and rng.random() < 0.35)
    look["shoes"] = str(rng.choice(SHOES))
    look["hair"] = str(rng.choice(HAIR[sex]))
    skin = SKINS[sex][rng.integers(len(SKINS[sex]))]
    look["skin"] = skin.texture
    look["skin_tint"] = tuple(float(brightness * part) for part in skin.tint)
    look["top"] = colour()
    look["bottom"] = bottom
    look["shoe_tint"] = colour()
    look["shoe_tint_amount"] = float(rng.choice([0.0, 0.0, 0.7]))
    look["eyes"] = str(rng.choice(EYES))
    look["hair_colour"] = HAIR_COLOURS[rng.integers(len(HAIR_COLOURS))]
    look["hair_mix"] = 0.75
    return look | _random_room(rng, colour) | _random_light(rng)


def _random_room(rng: np.random.Generator, colour: Any) -> dict[str, Any]:
    return {
        "floor": str(rng.choice(["wood", "rubber", "carpet", "tiles", "concrete"])),
        "wall": str(rng.choice(["paint", "paint", "paint", "brick", "panel"])),
        "wall_yaw": float(rng.uniform(-18, 18)),
        "wall_dist": float(rng.uniform(1.3, 2.4)),
        "side_wall": int(rng.choice([-1, 0, 0, 1])),
        "side_dist": float(rng.uniform(2.0, 3.0)),
        "props": [str(prop) for prop in rng.permutation(_PROPS)[: rng.integers(2, 6)]],
        "mat": colour() if rng.random() < 0.3 else None,
        "room_seed": int(rng.integers(1 << 30)),
    }


def _random_light(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "key_az": float(rng.uniform(-110, 110)),
        "key_el": float(rng.uniform(35, 75)),
        "key": float(rng.uniform(0.7, 2.0)),
        "key_col": tuple(float(part) for part in np.array([1, 0.96, 0.9]) ** rng.uniform(-0.6, 1.6)),
        "key_size": float(rng.uniform(0.12, 0.4)),
        "fill": float(rng.uniform(1.0, 1.8)),
        "fill_col": (0.96, 1.0, 1.04),
        "bounce_col": (1.0, 0.93, 0.84),
        "light_seed": int(rng.integers(1 << 30)),
        "plate": hsv(rng.random(), 0.5, 0.35),
        "plate_radius": float(rng.choice([0.11, 0.16, 0.2])),
    }


def random_camera(rng: np.random.Generator, view: str, size_px: tuple[int, int]) -> CameraSpec:
    """A camera that sees the side, the front, or something between (30, 45 or 60 degrees off the side, or 30 from behind)."""
    azimuths = {
        "side": rng.uniform(-6, 6),
        "front": rng.uniform(84, 96),
        "oblique": rng.choice([30.0, 45.0, 60.0, -30.0]) + rng.uniform(-4, 4),
    }
    return CameraSpec(
        azimuth=float(azimuths[view]),
        side=int(rng.choice([-1, 1])),
        height=float(rng.uniform(0.7, 1.35)),
        fov=float(rng.uniform(38, 62)),
        fill=float(rng.uniform(0.66, 0.86)),
        offset_x=float(rng.uniform(-0.05, 0.05)),
        offset_y=float(rng.uniform(-0.04, 0.03)),
        roll=float(rng.normal(0, 0.7)),
        width=size_px[0],
        height_px=size_px[1],
    )


def random_clip(
    preset: str,
    rng: np.random.Generator,
    *,
    view: str | None = None,
    size_px: tuple[int, int] = (480, 640),
    fps: float = 25.0,
    reps: int = 3,
    hold: str | None = None,
    fault_reps: Sequence[int] | None = None,
    lift: str | None = None,
) -> Clip:
    """Describe a clip whole. ``fault_reps``: repetitions, from 1, that show the fault; None is all of them. ``lift`` of ``LIFTS``."""
    chosen = PRESETS[preset]
    good = {name: sample(told, rng) for name, told in COMMON.items()}
    motion = good | {name: sample(told, rng) for name, told in chosen.motion.items()}
    motion |= {name: sample(told, rng) for name, told in LIFTS.get(lift or "", {}).items()}
    per_rep = {} if fault_reps is None else _some_reps(preset, motion, good, reps, fault_reps)
    sex, shape, stature_m = random_body(rng)
    if "hold" not in motion:
        motion["hold"] = hold or str(rng.choice(["none", "dowel", "barbell"], p=[0.6, 0.3, 0.1]))
    if motion["hold"] == "barbell" and "load_kg" not in motion:
        motion["load_kg"] = float(rng.choice([20, 40]))
    motion |= {"reps": reps, "fps": fps, "per_rep": per_rep, "bar_close": float(rng.uniform(0.5, 1.0)), "seed": int(rng.integers(1 << 30))}
    view = view or chosen.views[rng.integers(len(chosen.views))]
    post = _random_post(rng)
    look = random_look(rng, sex)
    if lift == "deadlift_floor":
        look["plate_radius"] = FULL_PLATE_M
    return {
        "preset": preset,
        "faults": [] if preset == "good" else [preset],
        "fault_reps": list(fault_reps or range(1, reps + 1)),
        "view": view,
        "gender": sex,
        "shape": shape,
        "stature": stature_m,
        "motion": motion,
        "look": look,
        "camera": asdict(random_camera(rng, view, size_px)),
        "post": asdict(post),
        **({} if lift is None else {"lift": lift}),
    }


def _some_reps(preset: str, motion: Clip, good: Clip, reps: int, fault_reps: Sequence[int]) -> dict[str, list[Any]]:
    """The preset's numbers for the repetitions that show the fault, the usual ones for the others."""
    if motion.get("lumbar_timing") == "loose":
        raise InputError(f"{preset}: shows in all repetitions or none. Leave --fault-reps out")
    usual = asdict(Motion()) | good
    changed = [name for name in PRESETS[preset].motion if name in PER_REP]
    return {name: [motion[name] if rep in fault_reps else usual[name] for rep in range(1, reps + 1)] for name in changed}


def _random_post(rng: np.random.Generator) -> PostSpec:
    noise, blur, vignette = float(rng.uniform(1.5, 5)), float(rng.uniform(0.4, 0.8)), float(rng.uniform(0, 0.25))
    brightness, contrast = float(rng.uniform(0.38, 0.54)), float(rng.uniform(1.0, 1.22))
    red, green, blue = (float(part) for part in 1 + rng.normal(0, 0.025, 3))
    return PostSpec(noise=noise, blur=blur, vignette=vignette, brightness=brightness, contrast=contrast, wb=(red, green, blue))
