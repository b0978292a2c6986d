"""How the server's worker processes are confined. Uploads and camera frames are opened only in such a process."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from ..drive.confinement import Confinement

MEMORY_BYTES: Final = 6 << 30  # limit of address space. MediaPipe reserves 2 GB of it and uses a quarter of that; an 8K clip fits
LARGEST_FILE: Final = 8 << 30  # bytes: an hour of annotated video takes two
THREADS: Final = 256  # on 64 cores OpenBLAS, OpenCV, FFmpeg and MediaPipe have fewer
# Ctrl-C goes to the server, which ends its processes itself. Clips run at low priority: pages and a live session come first.
SESSION: Final = Confinement(address_bytes=MEMORY_BYTES, file_bytes=LARGEST_FILE, threads=THREADS, interruptible=False)
CLIP: Final = replace(SESSION, niceness=10)


def within(confinement: Confinement, folder: Path) -> Confinement:
    """The same for a process that sees the files of one clip and no others, and no network."""
    return replace(confinement, writes=(str(folder.absolute()),))
