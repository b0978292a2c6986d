"""What people see, hear and keep: overlay, window, voice, reports, exports. Imports from ``storage`` and lower folders."""

from typing import TYPE_CHECKING

from .. import _lazy

if TYPE_CHECKING:
    from .drawing import Image, jpeg
    from .export import FORMATS
    from .prompts import notice
    from .report import COLUMNS, Moment, Still, worst_moments
    from .stills import Album
    from .voice import Voice, speakers
    from .window import Headless, Screen, Window

__all__ = [
    "COLUMNS",
    "FORMATS",
    "Album",
    "Headless",
    "Image",
    "Moment",
    "Screen",
    "Still",
    "Voice",
    "Window",
    "jpeg",
    "notice",
    "speakers",
    "worst_moments",
]

__getattr__, __dir__ = _lazy.shown(
    __name__,
    {
        "drawing": "Image jpeg",
        "export": "FORMATS",
        "prompts": "notice",
        "report": "COLUMNS Moment Still worst_moments",
        "stills": "Album",
        "voice": "Voice speakers",
        "window": "Headless Screen Window",
    },
)
