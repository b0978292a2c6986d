"""Causal filters: state and samples in, state and samples out; the same numbers however the samples are cut into chunks."""

import math
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from .types import Floats

# A series that was unseen for longer starts afresh: its old value and rate no longer predict the new one.
FORGET_S = 0.3
# A sample that leaps is taken for a slip of the estimator for so long; then it is believed.
LEAP_S = 0.1


@dataclass(frozen=True, slots=True)
class Tracked:
    """Where each of N series stood at its last sample: value, rate a second, time. None before the first sample."""

    value: tuple[float, ...]
    rate: tuple[float, ...]
    time_s: tuple[float | None, ...]


def start(series: int) -> Tracked:
    """State of ``series`` series of which nothing has been seen."""
    return Tracked((0.0,) * series, (0.0,) * series, (None,) * series)


def without(state: Tracked, series: Collection[int]) -> Tracked:
    """The state with nothing seen of some of the series."""
    return replace(state, time_s=tuple(None if n in series else t for n, t in enumerate(state.time_s)))


def track(
    state: Tracked, time_s: Floats, x: Floats, cutoff_hz: tuple[float, ...], leap: tuple[float, ...] | None = None
) -> tuple[Tracked, Floats, Floats]:
    """Follow N series with a constant-velocity filter. (T,) s, (T, N) -> state, value (T, N), rate (T, N) a second.

    The critically damped g-h filter (alpha-beta filter: Benedict and Bordner 1962; Brookner 1998), gains from the true time step,
    so a variable frame rate is right. Unlike a low-pass filter it does not lag behind steady motion: a hinge at 60 degrees a second
    would read 2 to 4 degrees late. Where x is NaN or infinite, value and rate are NaN; a gap longer than ``FORGET_S``
    starts the series afresh. A sample further than its ``leap`` from where the series was heading changes nothing,
    for ``LEAP_S``.
    """
    value_out = np.empty_like(x)
    rate_out = np.empty_like(x)
    value, rate, seen = list(state.value), list(state.rate), list(state.time_s)
    times = time_s.tolist()
    for n, cutoff in enumerate(cutoff_hz):
        y, v, last = value[n], rate[n], seen[n]
        decay = -2.0 * math.pi * cutoff
        far = math.inf if leap is None else leap[n]
        ys: list[float] = []
        vs: list[float] = []
        for t, sample in zip(times, x[:, n].tolist(), strict=True):
            if not math.isfinite(sample):
                ys.append(math.nan)
                vs.append(math.nan)
                continue
            if last is None or t - last > FORGET_S:
                y, v = sample, 0.0
            else:
                dt = t - last
                if dt <= LEAP_S and abs(sample - (y + v * dt)) > far:
                    ys.append(y + v * dt)
                    vs.append(v)
                    continue
                theta = math.exp(decay * dt)
                y += v * dt
                error = sample - y
                y += (1.0 - theta * theta) * error
                v += (1.0 - theta) ** 2 / dt * error
            last = t
            ys.append(y)
            vs.append(v)
        value[n], rate[n], seen[n] = y, v, last
        value_out[:, n] = ys
        rate_out[:, n] = vs
    return Tracked(tuple(value), tuple(rate), tuple(seen)), value_out, rate_out
