"""OpenCV, as everything here loads it: ``from ..opencv import cv2``."""

import os

# Read when OpenCV, ours and MediaPipe's own, is loaded: its threads would wait for their next job by running, a core for nothing.
for _wait in ("WORKER", "MAIN"):
    os.environ.setdefault(f"OPENCV_THREAD_POOL_ACTIVE_WAIT_{_wait}", "0")

import cv2  # noqa: E402

__all__ = ["cv2"]
