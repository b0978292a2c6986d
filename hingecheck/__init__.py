"""hingecheck: watches a hip hinge and says what to change."""

__version__ = "0.1.0"

import os

# Read when OpenCV, ours and MediaPipe's own, is loaded: its threads would wait for their next job by running, a core for nothing.
for _wait in ("WORKER", "MAIN"):
    os.environ.setdefault(f"OPENCV_THREAD_POOL_ACTIVE_WAIT_{_wait}", "0")
