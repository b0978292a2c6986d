"""Keeping MediaPipe quiet: what it imports and does not need, and what its native code prints."""

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
    """Keeps MediaPipe from importing matplotlib, to plot poses, and sounddevice, to record: a third of a second, every time it starts."""
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
    """Keeps MediaPipe's native greetings and farewells, which no setting turns off, from file descriptor 2.

    The rest arrives there a moment later.
    """
    with _STDERR, contextlib.ExitStack() as undo:
        with contextlib.suppress(OSError, AttributeError):  # no stderr, nothing to silence; no memfd (not Linux), no way to
            heard = undo.enter_context(os.fdopen(os.memfd_create("stderr"), "w+b"))
            stderr = os.dup(2)
            undo.callback(os.close, stderr)
            undo.callback(_pass_on, heard)
            undo.callback(os.dup2, stderr, 2)
            os.dup2(heard.fileno(), 2)
        yield


def _pass_on(heard: BinaryIO) -> None:
    heard.seek(0)
    with contextlib.suppress(OSError):  # nobody listens any more
        for line in heard:
            if not _NATIVE.match(line):
                os.write(2, line)


def first_line(error: BaseException) -> str:
    """What an error says, without what MediaPipe adds below."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
