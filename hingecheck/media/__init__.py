"""Clips, streams and cameras as frames with their true times, and frames as clips. Imports from ``storage`` and lower folders."""
