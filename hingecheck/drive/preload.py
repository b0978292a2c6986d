"""What a process needs that scores clips, imported and not begun: no model, no thread. Copies of a process that has it start at once."""

from contextlib import suppress

from ..errors import ModelError
from ..vision import mediapipe_pose
from . import batch as batches
from . import segments

__all__ = ["batches", "segments"]

with suppress(ModelError):  # told by whoever needs it
    mediapipe_pose.load()
