"""Processes clips, folders and live sessions; manages processes, threads and signals. Imports from all folders but ``web``."""

from typing import TYPE_CHECKING

from .. import _lazy

if TYPE_CHECKING:
    from .clip import Progress, Sight, Verdict, retry, track
    from .mirror import Mirror, Recorder
    from .session import Session, Shown
    from .threads import Behind, ahead
    from .workers import Limits, Lost, Worker, work_off

__all__ = [
    "Behind",
    "Limits",
    "Lost",
    "Mirror",
    "Progress",
    "Recorder",
    "Session",
    "Shown",
    "Sight",
    "Verdict",
    "Worker",
    "ahead",
    "retry",
    "track",
    "work_off",
]

__getattr__, __dir__ = _lazy.shown(
    __name__,
    {
        "clip": "Progress Sight Verdict retry track",
        "mirror": "Mirror Recorder",
        "session": "Session Shown",
        "threads": "Behind ahead",
        "workers": "Limits Lost Worker work_off",
    },
)
