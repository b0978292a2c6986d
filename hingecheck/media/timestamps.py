"""A stream's time stamps as seconds that rise strictly, whatever the file says."""

from collections import Counter
from fractions import Fraction
from typing import Final

_SETBACK_S: Final = 0.5  # a stamp that falls behind by less is a stray frame; by more, a clock that was set back
_LEAP_S: Final = 60.0  # a stamp that runs ahead by more is a clock that was set, not a pause in the recording


class Clock:
    """Counts in the stream's own ticks (``tick_s`` seconds each), so that nothing is rounded before the last multiplication.

    ``rate``: nominal frames a second. ``start``: the stamp that is 0 s, if the stream says; else the first one. ``stamped``: False
    where frames without a stamp are nothing to complain of.
    """

    def __init__(self, tick_s: Fraction, rate: Fraction, start: int | None = None, *, stamped: bool = True) -> None:
        self._tick_s = tick_s
        self._rate = rate
        self._stamped = stamped
        self._nominal = max(1, round(1 / (rate * tick_s)))
        self._start = start
        self._origin: int | None = None
        self._last: int | None = None
        self._intervals: Counter[int] = Counter()  # distinct ones are few, so memory stays flat over hours
        self._missing = self._stray = 0
        self._first_jump_s: float | None = None

    def seconds(self, ticks: int) -> float:
        """Ticks as seconds."""
        return float(ticks * self._tick_s)

    def time_of(self, stamp: int | None) -> float | None:
        """Seconds since the start, later than any before; None for a frame that is not, and must be left out.

        A frame without a stamp follows the one before by one nominal frame. A stamp a little too early is a stray frame; one far
        too early or far too late means that the clock was set, and time goes on from the frame before.
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
        """The middle interval, ticks; the nominal one before there are two frames."""
        rest = self._intervals.total() / 2
        for interval in sorted(self._intervals):
            rest -= self._intervals[interval]
            if rest <= 0:
                return interval
        return self._nominal

    @property
    def end_s(self) -> float:
        """When the last frame is over: its time and one median interval. 0 before the first frame."""
        return 0.0 if self._last is None else self.seconds(self._last + self._median)

    @property
    def varies(self) -> bool:
        """Whether more than 1 in 20 intervals is over 20 % off the median, the rounding to whole ticks not counted."""
        median = self._median
        tolerance = max(0.2 * median, 1.5)
        off = sum(count for interval, count in self._intervals.items() if abs(interval - median) > tolerance)
        return off > 0.05 * self._intervals.total()

    def complaints(self) -> list[str]:
        """One sentence for each kind of repair that was needed."""
        sentences = []
        if self._missing and self._stamped:
            sentences.append(f"frames without a time: {self._missing}, each placed 1/{float(self._rate):.4g} s after the one before")
        if self._stray:
            sentences.append(f"frames not later than the one before: {self._stray}, left out")
        if self._first_jump_s is not None:
            sentences.append(f"the clip's clock jumps at {self._first_jump_s:.1f} s; time goes on from there")
        return sentences
