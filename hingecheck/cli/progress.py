"""Bars on stderr while a command works."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .tables import plain

if TYPE_CHECKING:
    from ..drive.clip import Progress


@contextmanager
def bars(quiet: bool) -> Iterator[Any]:
    """Progress bars on stderr, removed when the work is done. None if ``quiet`` or if stderr is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden, speed_estimate_period=300) as progress:
        yield progress


def follow(progress: Any, what: str) -> "Progress":
    """A callback that shows frames done, frames a second and time left under ``what``."""
    task = progress.add_task(plain(what), total=None, rate="")

    def on_frame(done: int, expected: int | None) -> None:
        speed = progress.tasks[task].speed
        progress.update(task, completed=done, total=expected and max(expected, done), rate=f"{speed:.0f} frames/s" if speed else "")

    return on_frame


class Rate:
    """A rate over the last ``WHILE_S`` seconds. ``hz`` is 0 until something was added."""

    WHILE_S = 10.0

    def __init__(self) -> None:
        self._seen: list[tuple[float, int]] = [(time.monotonic(), 0)]

    def add(self, number: int) -> None:
        """Count ``number`` more, now."""
        now_s = time.monotonic()
        recent = [(at_s, n) for at_s, n in self._seen if at_s > now_s - self.WHILE_S]
        self._seen = [*(recent or self._seen[-1:]), (now_s, number)]

    @property
    def hz(self) -> float:
        """How many a second."""
        span_s = self._seen[-1][0] - self._seen[0][0]
        return sum(number for _, number in self._seen[1:]) / span_s if span_s else 0.0
