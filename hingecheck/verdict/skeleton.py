"""Landmark names in array order, and the bones that are drawn between them.

The 33 points of the BlazePose topology, in MediaPipe's order, which only ``mediapipe_pose`` relies on. Other code finds a joint by name,
``SIDES["hip"]`` or ``INDEX["left_hip"]``; ``export`` writes all names in this order.
"""

from typing import Final

LANDMARKS: Final = (
    "nose",
    "left_eye_inner",
    "left_eye",
    "left_eye_outer",
    "right_eye_inner",
    "right_eye",
    "right_eye_outer",
    "left_ear",
    "right_ear",
    "mouth_left",
    "mouth_right",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_pinky",
    "right_pinky",
    "left_index",
    "right_index",
    "left_thumb",
    "right_thumb",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
    "left_heel",
    "right_heel",
    "left_foot_index",
    "right_foot_index",
)
K: Final = len(LANDMARKS)

INDEX: Final = {name: number for number, name in enumerate(LANDMARKS)}

NOSE: Final = INDEX["nose"]

# Joint -> (left, right) array positions, so that a side (0 left, 1 right) picks one.
SIDES: Final = {
    joint: (INDEX[f"left_{joint}"], INDEX[f"right_{joint}"])
    for joint in ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "foot_index")
}

# Bones of one side, by joint name; drawn for both sides, the far one fainter.
SIDE_BONES: Final = (
    ("ear", "shoulder"),
    ("shoulder", "elbow"),
    ("elbow", "wrist"),
    ("shoulder", "hip"),
    ("hip", "knee"),
    ("knee", "ankle"),
    ("ankle", "heel"),
    ("heel", "foot_index"),
)
# Bones across the body.
CROSS_BONES: Final = (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"))
