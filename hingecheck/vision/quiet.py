"""Suppresses imports that MediaPipe does not need, and messages that its native code prints."""

import contextlib
import importlib
import os
import re
import sys
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any, BinaryIO, Final

_STDERR: Final = threading.RLock()
_PRINTED = rb"[IWEF]\d{4} |INFO: Created TensorFlow|WARNING: (Logging|All log messages) before|(INFO|WARNING): \[\w+\.cc:\d+\] "
_NATIVE: Final = re.compile(_PRINTED)


class _Later(ModuleType):
    """A module that is imported when something in it is first used."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


@contextlib.contextmanager
def sparing() -> Iterator[None]:
    """Keep MediaPipe from importing matplotlib (plots) and sounddevice (recording). Saves a third of a second at every start."""
    package, plots = ModuleType("matplotlib"), _Later("matplotlib.pyplot")
    package.pyplot = plots  # type: ignore[attr-defined]
    late = {module.__name__: module for module in (package, plots, _Later("sounddevice")) if module.__name__ not in sys.modules}
    sys.modules |= late
    try:
        yield
    finally:
        for name in late:
            del sys.modules[name]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Drop the messages that MediaPipe's native code prints to file descriptor 2 at start and exit. No setting turns them off.

    Other output is passed on when the block ends.
    """
    with _STDERR, contextlib.ExitStack() as undo:
        with contextlib.suppress(OSError, AttributeError):  # no stderr: nothing to suppress; no memfd (not Linux): not possible
            heard = undo.enter_context(os.fdopen(os.memfd_create("stderr"), "w+b"))
            stderr = os.dup(2)
            undo.callback(os.close, stderr)
            undo.callback(_pass_on, heard)
            undo.callback(os.dup2, stderr, 2)
            os.dup2(heard.fileno(), 2)
        yield


def _pass_on(heard: BinaryIO) -> None:
    heard.seek(0)
    with contextlib.suppress(OSError):  # stderr is closed
        for line in heard:
            if not _NATIVE.match(line):
                os.write(2, line)


def first_line(error: BaseException) -> str:
    """The first line of an error's message, without the details that MediaPipe adds below."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
