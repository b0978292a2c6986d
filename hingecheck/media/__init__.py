"""Reads clips, streams and cameras as frames with true times, and writes clips. Imports from ``storage`` and lower folders."""

from typing import TYPE_CHECKING

from .. import _lazy

# Import OpenCV before av: both contain a libxcb. If av's is loaded first, OpenCV's windows wait for the X server for ever.
from .. import opencv as opencv

if TYPE_CHECKING:
    from .camera import Device, Feed, Picture, open_camera, open_recording
    from .encoding import Encoder
    from .frames import ENDS_EARLY, Clip
    from .kinds import VIDEO_SUFFIXES, begins_like_a_video
    from .pictures import no_higher
    from .sources import open_clip, open_stream
    from .timestamps import Clock

__all__ = [
    "ENDS_EARLY",
    "VIDEO_SUFFIXES",
    "Clip",
    "Clock",
    "Device",
    "Encoder",
    "Feed",
    "Picture",
    "begins_like_a_video",
    "no_higher",
    "open_camera",
    "open_clip",
    "open_recording",
    "open_stream",
]

__getattr__, __dir__ = _lazy.shown(
    __name__,
    {
        "camera": "Device Feed Picture open_camera open_recording",
        "encoding": "Encoder",
        "frames": "ENDS_EARLY Clip",
        "kinds": "VIDEO_SUFFIXES begins_like_a_video",
        "pictures": "no_higher",
        "sources": "open_clip open_stream",
        "timestamps": "Clock",
    },
)
