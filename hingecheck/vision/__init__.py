"""Pictures in, poses out. Only ``mediapipe_pose`` knows MediaPipe. Imports from ``media``, ``storage`` and lower folders."""
