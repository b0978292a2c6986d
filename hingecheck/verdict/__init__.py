"""Arrays in, verdict out: all that measures and judges a hinge. Opens no file, no camera and no clock. Imports from ``errors`` only."""

from typing import TYPE_CHECKING

from .. import _lazy

if TYPE_CHECKING:
    from .cues import BY_ID, CUES, Cue, Fault
    from .engine import State, advance, analyse, finish, start
    from .poses import Poses, PoseSource, chunks
    from .profiles import Profile
    from .scoring import summarise
    from .skeleton import INDEX, LANDMARKS, SIDES, K
    from .types import (
        METRICS,
        ClipInfo,
        Event,
        Facing,
        Frame,
        Judgement,
        Metrics,
        Phase,
        Rep,
        Result,
        Stage,
        Status,
        Summary,
        View,
        ViewKind,
    )

__all__ = [
    "BY_ID",
    "CUES",
    "INDEX",
    "LANDMARKS",
    "METRICS",
    "SIDES",
    "ClipInfo",
    "Cue",
    "Event",
    "Facing",
    "Fault",
    "Frame",
    "Judgement",
    "K",
    "Metrics",
    "Phase",
    "PoseSource",
    "Poses",
    "Profile",
    "Rep",
    "Result",
    "Stage",
    "State",
    "Status",
    "Summary",
    "View",
    "ViewKind",
    "advance",
    "analyse",
    "chunks",
    "finish",
    "start",
    "summarise",
]

__getattr__, __dir__ = _lazy.shown(
    __name__,
    {
        "cues": "BY_ID CUES Cue Fault",
        "engine": "State advance analyse finish start",
        "poses": "PoseSource Poses chunks",
        "profiles": "Profile",
        "scoring": "summarise",
        "skeleton": "INDEX K LANDMARKS SIDES",
        "types": "METRICS ClipInfo Event Facing Frame Judgement Metrics Phase Rep Result Stage Status Summary View ViewKind",
    },
)
