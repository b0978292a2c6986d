"""The commands: parse, call, show; what they do stands elsewhere. Prints and exits. Imports from all other folders.

``program`` is the application and its exit codes, ``commands`` and ``profiles`` what can be called, ``options`` what several of these
share, ``tables`` and ``progress`` what a terminal shows.
"""

from . import commands as commands
from . import profiles
from .program import BAD_INPUT, INTERRUPTED, OK, SOME_FAILED, app, main

app.add_typer(profiles.app, name="profile")

__all__ = ["BAD_INPUT", "INTERRUPTED", "OK", "SOME_FAILED", "app", "main"]
