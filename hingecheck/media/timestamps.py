"""Converts a stream's time stamps to strictly increasing seconds, whatever the file says."""

from collections import Counter
from fractions import Fraction
from typing import Final

_SETBACK_S: Final = 0.5  # a stamp earlier by less than this is a stray frame; by more, the clock was set back
_LEAP_S: Final = 60.0  # a stamp later by more than this means that the clock was set, not that the recording paused


class Clock:
    """Counts in the stream's ticks (``tick_s`` seconds each), so that nothing is rounded before the last multiplication.

    ``rate``: nominal frames a second. ``start``: the stamp of 0 s if the stream gives it, else the first stamp. ``stamped``: False if
    frames without a stamp need no warning.
    """

    def __init__(self, tick_s: Fraction, rate: Fraction, start: int | None = None, *, stamped: bool = True) -> None:
        self._tick_s = tick_s
        self._rate = rate
        self._stamped = stamped
        self._nominal = max(1, round(1 / (rate * tick_s)))
        self._start = start
        self._origin: int | None = None
        self._last: int | None = None
        self._intervals: Counter[int] = Counter()  # few distinct values, so memory use stays constant over hours
        self._missing = self._stray = 0
        self._first_jump_s: float | None = None

    def seconds(self, ticks: int) -> float:
        """Ticks as seconds."""
        return float(ticks * self._tick_s)

    def time_of(self, stamp: int | None) -> float | None:
        """Seconds since the start, later than all before; None for a frame that is not later and must be left out.

        A frame without a stamp is placed one nominal frame after the one before. A stamp a little too early is a stray frame. A stamp far
        too early or far too late means that the clock was set; time continues from the frame before.
        """
        due = 0 if self._last is None else self._last + self._nominal
        if stamp is None:
            self._missing += 1
            return self._advance(due)
        if self._origin is None:
            self._origin = stamp - due
            if self._last is None and self._start is not None and 0 <= self.seconds(stamp - self._start) < _LEAP_S:
                self._origin = self._start
        ticks = stamp - self._origin
        step_s = self.seconds(ticks - (-1 if self._last is None else self._last))
        if -_SETBACK_S < step_s <= 0:
            self._stray += 1
            return None
        if not 0 < step_s < _LEAP_S:
            if self._first_jump_s is None:
                self._first_jump_s = self.seconds(due)
            self._origin, ticks = stamp - due, due
        return self._advance(ticks)

    def _advance(self, ticks: int) -> float:
        if self._last is not None:
            self._intervals[ticks - self._last] += 1
        self._last = ticks
        return self.seconds(ticks)

    @property
    def _median(self) -> int:
        """Median interval, ticks; the nominal interval until there are two frames."""
        rest = self._intervals.total() / 2
        for interval in sorted(self._intervals):
            rest -= self._intervals[interval]
            if rest <= 0:
                return interval
        return self._nominal

    @property
    def end_s(self) -> float:
        """End of the last frame, s: its time plus one median interval. 0 before the first frame."""
        return 0.0 if self._last is None else self.seconds(self._last + self._median)

    @property
    def varies(self) -> bool:
        """Whether more than 1 in 20 intervals differ from the median by over 20 %. Rounding to whole ticks does not count."""
        median = self._median
        tolerance = max(0.2 * median, 1.5)
        off = sum(count for interval, count in self._intervals.items() if abs(interval - median) > tolerance)
        return off > 0.05 * self._intervals.total()

    def complaints(self) -> list[str]:
        """One sentence for each kind of repair."""
        sentences = []
        if self._missing and self._stamped:
            sentences.append(f"frames without a time: {self._missing}, each placed 1/{float(self._rate):.4g} s after the one before")
        if self._stray:
            sentences.append(f"frames not later than the one before: {self._stray}, left out")
        if self._first_jump_s is not None:
            sentences.append(f"the clip's clock jumps at {self._first_jump_s:.1f} s; time goes on from there")
        return sentences
