"""Every error hingecheck raises for something that is not a programming mistake.

::

    HingecheckError          the root: a message fit for a user, one line
    +-- InputError           the user's input cannot be used (exit code 2)
    |   +-- SourceError      a clip or camera cannot be read
    |   +-- ProfileError     a profile cannot be used
    |   +-- RecordingError   a poses.npz cannot be used
    +-- ModelError           a pose model is missing, damaged or will not load (exit code 2)
    +-- OutputError          a result cannot be written: no room, no permission (exit code 2)

A message reads: thing, what is wrong with it, what to do. Programming mistakes stay ``ValueError`` and ``TypeError``.
"""


class HingecheckError(Exception):
    """Root of the tree; ``str(error)`` is one line a user can act on."""


class InputError(HingecheckError):
    """The user's input cannot be used."""


class SourceError(InputError):
    """A clip or camera cannot be read."""


class ProfileError(InputError):
    """A profile has an unknown name, a value out of range, or is not TOML."""


class RecordingError(InputError):
    """A recorded pose file is damaged, or from a schema this version does not know."""


class ModelError(HingecheckError):
    """A pose model is missing, damaged, or does not load."""


class OutputError(HingecheckError):
    """A result cannot be written."""
