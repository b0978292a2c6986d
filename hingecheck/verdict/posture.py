"""How a lifter holds arms, trunk, legs and feet in each frame: what an exercise is recognised by.

From the world landmarks, which show the same posture from any side. An angle is off by 10 degrees and more there, which is enough to tell
a squat from a deadlift and not enough to judge either: what is judged comes from ``metrics``.
"""

from typing import Final

import numpy as np

from . import skeleton
from .poses import Poses
from .series import mean_of_sides, off_side
from .types import Floats

# The columns of ``measure``. Degrees, except that lengths are in trunk lengths and widths in shoulder widths.
POSTURE: Final = (
    "lean_deg",  # of the trunk, forward positive
    "thigh_deg",  # knee ahead of the hip
    "knee_deg",  # flexion
    "arm_deg",  # line from shoulder to wrist against hanging straight down, forward positive
    "reach",  # from shoulder to wrist
    "wrist_up",  # wrist above the shoulder, along the trunk
    "wrist_ahead",  # wrist ahead of the shoulder, square to the trunk
    "elbow_up",  # elbow above the shoulder, along the trunk
    "elbow_ahead",  # elbow ahead of the shoulder, square to the trunk
    "hands_apart",  # wrist to wrist
    "hands_outside",  # wrist to wrist, less ankle to ankle
    "hands_height",  # wrists above the ankles
    "feet_apart",  # ankle to ankle, across
    "split",  # ankle to ankle, fore and aft and in height
    "leg_covered",  # 1 while something covers a hip, knee or ankle: the plates of a bar, mostly
)
WIDTHS_BEYOND_DEG: Final = 30.0  # nearer to a side view, what is left and right lies behind one another, and its gap is a guess

_LEG: Final = [landmark for joint in ("hip", "knee", "ankle") for landmark in skeleton.SIDES[joint]]

COLUMN: Final = {name: column for column, name in enumerate(POSTURE)}


def measure(poses: Poses, yaw_deg: Floats) -> Floats:
    """The posture in each frame, columns as in ``POSTURE``. Gated poses of T, yaw (T,) signed degrees -> (T, 15). NaN where unseen."""
    sine, cosine = np.sin(np.radians(yaw_deg))[:, None], np.cos(np.radians(yaw_deg))[:, None]
    x, y, z = np.moveaxis(poses.world, -1, 0)
    body = np.stack([x * sine - z * cosine, -y, x * cosine + z * sine], axis=-1)  # ahead, up, to the left
    both = {j: body[:, list(skeleton.SIDES[j])] for j in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")}
    at = {j: mean_of_sides(pair[:, 0], pair[:, 1]) for j, pair in both.items()}
    apart = {j: pair[:, 0] - pair[:, 1] for j, pair in both.items()}
    trunk = at["shoulder"] - at["hip"]
    across = np.where(off_side(yaw_deg) >= WIDTHS_BEYOND_DEG, 1.0, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        tall = np.hypot(trunk[:, 0], trunk[:, 1])
        wide = np.hypot(apart["shoulder"][:, 0], apart["shoulder"][:, 2])
        along = trunk[:, :2] / tall[:, None]
        square = np.stack([along[:, 1], -along[:, 0]], axis=-1)  # ahead of the trunk
        arm, upper_arm = (at[j] - at["shoulder"] for j in ("wrist", "elbow"))
        thigh, shank = at["knee"] - at["hip"], at["knee"] - at["ankle"]
        hands = across * np.hypot(apart["wrist"][:, 0], apart["wrist"][:, 2]) / wide
        feet = across * np.abs(apart["ankle"][:, 2]) / wide
        thigh_deg = _degrees(thigh[:, 0], -thigh[:, 1])
        return np.stack(
            [
                _degrees(trunk[:, 0], trunk[:, 1]),
                thigh_deg,
                thigh_deg + _degrees(shank[:, 0], shank[:, 1]),
                _degrees(arm[:, 0], -arm[:, 1]),
                np.hypot(arm[:, 0], arm[:, 1]) / tall,
                (arm[:, :2] * along).sum(axis=1) / tall,
                (arm[:, :2] * square).sum(axis=1) / tall,
                (upper_arm[:, :2] * along).sum(axis=1) / tall,
                (upper_arm[:, :2] * square).sum(axis=1) / tall,
                hands,
                hands - feet,
                (at["wrist"] - at["ankle"])[:, 1] / tall,
                feet,
                np.hypot(apart["ankle"][:, 0], apart["ankle"][:, 1]) / tall,
                np.where(np.isfinite(tall), poses.hidden[:, _LEG].any(axis=1), np.nan),
            ],
            axis=-1,
        )


def _degrees(ahead: Floats, up: Floats) -> Floats:
    """Angle against straight up, ahead positive, degrees. (T,), (T,) -> (T,)."""
    return np.degrees(np.arctan2(ahead, up))
