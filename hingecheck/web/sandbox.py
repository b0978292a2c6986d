"""How a process of the server begins: it is confined first, and loads what it needs then. Imports nothing heavy itself."""

import importlib
import os
import resource
import signal
from multiprocessing.connection import Connection
from typing import Any, Final

from ..drive.workers import end_with_parent

MEMORY_BYTES: Final = 6 << 30  # of addresses, of which MediaPipe takes 2 GB and fills a quarter; an 8K clip fits
BEHIND: Final = 10  # the niceness of what nobody waits for: whoever asks for a page comes first, and a live session too


def begin(module: str, memory_bytes: int, niceness: int, channel: Connection, *arguments: Any) -> None:
    """Confine this process, then run ``main`` of a module of this package in it."""
    _confine(memory_bytes, niceness)
    importlib.import_module(f".{module}", __package__).main(channel, *arguments)


def _confine(memory_bytes: int, niceness: int) -> None:
    """Make this process a modest one: bounded in memory, deaf to Ctrl-C, and over when the server is."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(niceness)
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    end_with_parent()
