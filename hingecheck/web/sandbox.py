"""How the server's worker processes are confined. Uploads and camera frames are opened only in such a process."""

from typing import Final

from ..drive.confinement import Confinement

MEMORY_BYTES: Final = 6 << 30  # limit of address space. MediaPipe reserves 2 GB of it and uses a quarter of that; an 8K clip fits
# Ctrl-C goes to the server, which ends its processes itself. Clips run at low priority: pages and a live session come first.
CLIP: Final = Confinement(address_bytes=MEMORY_BYTES, niceness=10, interruptible=False)
SESSION: Final = Confinement(address_bytes=MEMORY_BYTES, interruptible=False)
