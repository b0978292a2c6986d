"""Clips, streams and cameras as frames with their true times, and frames as clips. Imports from ``storage`` and lower folders."""

# Before av: both bring a libxcb, and with av's loaded first OpenCV's windows wait for the X server for ever.
from .. import opencv as opencv
