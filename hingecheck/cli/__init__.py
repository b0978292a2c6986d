"""The commands: they parse, call and show, and leave the work to other folders. Prints and exits. Imports from all other folders.

``program`` is the application with its exit codes. ``commands`` and ``profiles`` are the commands, ``options`` the options that several of
them share. ``tables`` and ``progress`` are what a terminal shows.
"""

from . import commands as commands
from . import profiles
from .program import BAD_INPUT, INTERRUPTED, OK, SOME_FAILED, app, main

app.add_typer(profiles.app, name="profile")

__all__ = ["BAD_INPUT", "INTERRUPTED", "OK", "SOME_FAILED", "app", "main"]
