"""Imports all that a process needs to score clips, but loads no model and starts no thread. Forks of it start at once."""

from contextlib import suppress

from ..errors import ModelError
from ..vision import mediapipe_pose
from . import batch as batches
from . import segments

__all__ = ["batches", "segments"]

with suppress(ModelError):  # reported later, by the code that needs MediaPipe
    mediapipe_pose.load()
