"""The arithmetic of the benchmarks: agreement of two measures, separation of two groups, matching of repetitions."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Span(Protocol):
    """Anything that lasts from ``start_s`` to ``end_s``."""

    @property
    def start_s(self) -> float:
        """Seconds."""

    @property
    def end_s(self) -> float:
        """Seconds."""


def agreement(found: Floats, true: Floats) -> dict[str, float | int | None]:
    """Bland-Altman figures of found - true over the frames that have both: bias, MAE, 95 % limits (bias ± 1.96 sd). (T,), (T,).

    ``frames``: the number with truth. ``measured``: the share of these with a value, so that a tool that measures less does not look
    better.
    """
    asked = np.isfinite(true)
    error = (found - true)[asked & np.isfinite(found)]
    frames, measured = int(asked.sum()), len(error)
    share = measured / frames if frames else None
    if not measured:
        return {"frames": frames, "measured": share, "bias": None, "mae": None, "low": None, "high": None}
    bias = float(error.mean())
    spread = 1.96 * float(error.std(ddof=1)) if measured > 1 else 0.0
    return {
        "frames": frames,
        "measured": share,
        "bias": bias,
        "mae": float(np.abs(error).mean()),
        "low": bias - spread,
        "high": bias + spread,
    }


def auc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Chance that a positive value is above a negative one; ties count half. 0.5: no separation, 1: full. None without both."""
    high, low = (np.asarray(group, float) for group in (positive, negative))
    high, low = high[np.isfinite(high)], low[np.isfinite(low)]
    if not len(high) or not len(low):
        return None
    difference = high[:, None] - low[None, :]
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())


def overlap(one: Span, other: Span) -> float:
    """Share of the shorter of two spans that lies in the other, 0 to 1."""
    shared_s = min(one.end_s, other.end_s) - max(one.start_s, other.start_s)
    shorter_s = min(one.end_s - one.start_s, other.end_s - other.start_s)
    return max(shared_s, 0.0) / shorter_s if shorter_s > 0 else 0.0


def match(true: Sequence[Span], found: Sequence[Span], *, least: float = 0.5) -> list[int | None]:
    """For each true span the index of the found one that overlaps it most, each used once. None where none overlaps enough."""
    pairs = sorted(
        ((overlap(t, f), -abs(t.start_s - f.start_s), i, j) for i, t in enumerate(true) for j, f in enumerate(found)),
        reverse=True,
    )
    matched: list[int | None] = [None] * len(true)
    used: set[int] = set()
    for share, _, i, j in pairs:
        if share >= least and matched[i] is None and j not in used:
            matched[i] = j
            used.add(j)
    return matched


def held(time_s: Floats, value: Floats, hold_s: float, *, above: bool) -> float:
    """The most extreme level that the value stays beyond for ``hold_s``: a limit up to here would call a fault. (T,), (T,) -> scalar.

    Frames with NaN neither count nor break a stretch. NaN if no stretch lasts that long.
    """
    seen = np.isfinite(value)
    time_s, value = time_s[seen], value[seen] if above else -value[seen]
    last = np.searchsorted(time_s, time_s + hold_s - 1e-9)
    levels = [value[i : j + 1].min() for i, j in enumerate(last) if j < len(value)]
    if not levels:
        return float("nan")
    return float(max(levels)) if above else -float(max(levels))


def share(part: int, whole: int) -> float | None:
    """A part as a share of the whole, or None if the whole is 0."""
    return part / whole if whole else None
