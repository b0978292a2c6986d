"""Imports OpenCV with the right settings. All modules use ``from ..opencv import cv2``."""

import os

# OpenCV reads these when it is loaded, ours and MediaPipe's own copy. By default its idle threads busy-wait, which uses up a core.
for _wait in ("WORKER", "MAIN"):
    os.environ.setdefault(f"OPENCV_THREAD_POOL_ACTIVE_WAIT_{_wait}", "0")

import cv2  # noqa: E402

__all__ = ["cv2"]
