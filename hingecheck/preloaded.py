"""What a process needs that scores clips, imported and not begun: no model, no thread. Copies of a process that has it start at once."""

from contextlib import suppress

from . import batching, mediapipe_pose, segments
from .errors import ModelError

__all__ = ["batching", "segments"]

with suppress(ModelError):  # told by whoever needs it
    mediapipe_pose.load()
