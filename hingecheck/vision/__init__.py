"""Pictures in, poses out. Only ``mediapipe_pose`` uses MediaPipe. Imports from ``media``, ``storage`` and lower folders."""

from typing import TYPE_CHECKING

from .. import _lazy

if TYPE_CHECKING:
    from .estimators import DEFAULT, ENOUGH_PX, ESTIMATORS, PoseEstimator, RecordedPoses, check, create
    from .mediapipe_pose import MediaPipePose
    from .models import model_path, verify

__all__ = [
    "DEFAULT",
    "ENOUGH_PX",
    "ESTIMATORS",
    "MediaPipePose",
    "PoseEstimator",
    "RecordedPoses",
    "check",
    "create",
    "model_path",
    "verify",
]

__getattr__, __dir__ = _lazy.shown(
    __name__,
    {
        "estimators": "DEFAULT ENOUGH_PX ESTIMATORS PoseEstimator RecordedPoses check create",
        "mediapipe_pose": "MediaPipePose",
        "models": "model_path verify",
    },
)
