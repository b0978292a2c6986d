"""How the server's processes are confined: nothing that somebody uploaded, or that a camera sends, is opened outside of one."""

from typing import Final

from ..drive.confinement import Confinement

MEMORY_BYTES: Final = 6 << 30  # of addresses, of which MediaPipe takes 2 GB and fills a quarter; an 8K clip fits
# Ctrl-C is for the server, which ends its processes itself. Nobody waits for a clip: pages and a live session come first.
CLIP: Final = Confinement(address_bytes=MEMORY_BYTES, niceness=10, interruptible=False)
SESSION: Final = Confinement(address_bytes=MEMORY_BYTES, interruptible=False)
