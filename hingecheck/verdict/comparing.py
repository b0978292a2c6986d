"""Each frame compared with the lifter's own stand: finds the stand, keeps it, and measures through the lens."""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from . import baseline as standing
from . import confidence, lens, metrics, series, smoothing
from .baseline import Baseline
from .observing import Seen
from .types import Bools, Event, Floats, Metrics

LENS_CUTOFF_HZ: Final = (4.0,) * len(lens.OUTPUTS)
# No angle goes on by so much more than it was going within a tenth of a second; in the units of the measures.
LENS_LEAP: Final = (25.0, 25.0, 20.0, 20.0, 25.0, 25.0, 0.15, 0.6, 0.8, 45.0)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of the stand. ``given``: the baseline was handed in, and is kept.

    ``since_s`` since when the lifter stands still; ``recent_*`` the frames of that stand; ``filters`` those of what the lens gives.
    """

    baseline: Baseline | None = None
    given: bool = False
    since_s: float | None = None
    recent_time_s: Floats = field(default_factory=lambda: np.empty(0))
    recent_series: Floats = field(default_factory=lambda: np.empty((0, series.SERIES)))
    recent_yaw_deg: Floats = field(default_factory=lambda: np.empty(0))
    recent_features: Floats = field(default_factory=lambda: np.empty((0, lens.FEATURES)))
    filters: smoothing.Tracked = field(default_factory=lambda: smoothing.start(len(lens.OUTPUTS)))

    def moved(self) -> "Standing":
        """After the camera moved, where the lifter stood is no longer known, but how the lifter stands is."""
        return Standing(self.baseline and self.baseline.without_places(), self.given, filters=self.filters)


@dataclass(frozen=True, slots=True)
class Compared:
    """What T frames show against the stand: measures and ``spreads``, how far each may be off; ``rate`` at which the hips bend, degrees a
    second (T,); whether a stand was known (``stood``) and the shape of its back (``shaped``), (T,); and ``baseline`` events.
    """

    measured: Metrics
    spreads: Metrics
    rate: Floats
    stood: Bools
    shaped: Bools
    events: tuple[Event, ...]


def against(stand: Standing, time_s: Floats, seen: Seen) -> tuple[Standing, Compared]:
    """Learn the baseline where the lifter stands, and measure each frame against the one known by then.

    T frames -> what is known of the stand now, and what the frames show.
    """
    times = np.concatenate([stand.recent_time_s, time_s])
    rows = np.concatenate([stand.recent_series, seen.series])
    yaws = np.concatenate([stand.recent_yaw_deg, seen.yaw_deg])
    features = np.concatenate([stand.recent_features, seen.features])
    still = standing.standing(seen.series, seen.rate, seen.yaw_deg, seen.sure)
    stand, learnt = _learn(stand, still, times, rows, yaws, features)
    seen_before = np.isfinite(rows[np.searchsorted(times, time_s - standing.SURE_S)])
    parts, told, stood, shaped, looks = [], [], [], [], []
    for (first, known), (last, _) in zip(learnt, [*learnt[1:], (len(time_s), None)], strict=True):
        while True:
            until, completed = last, known
            if known is not None:
                until, completed = standing.complete(known, seen.series[first:last], seen_before[first:last], first, last)
            stretch = slice(first, until)
            measured, opinions = metrics.against(known, seen.series[stretch], seen.yaw_deg[stretch], seen.sure[stretch])
            own = None if known is None else np.array(known.features)
            looks.append(lens.look(seen.features[stretch], own, metrics.readings(measured, opinions, seen.series[stretch])))
            parts.append(measured)
            told.append(opinions)
            stood.append(np.full(until - first, known is not None))
            shaped.append(np.full(until - first, known is not None and known.shaped))
            stand = replace(stand, baseline=completed)
            if until == last:
                break
            first, known = until, completed
    value, spread = (np.concatenate(part) for part in zip(*looks, strict=True))
    filters, smooth, rate = smoothing.track(stand.filters, time_s, value, LENS_CUTOFF_HZ, LENS_LEAP)
    by_geometry = Metrics.concat(parts)
    measured = metrics.through(by_geometry, smooth)
    opinions = np.concatenate(told)
    off = series.off_side(by_geometry.view_yaw_deg)
    known_by_outline = np.isfinite(opinions[:, metrics.KNEES][:, metrics.BY_OUTLINE])
    wide = confidence.spreads(off, seen.sure, np.concatenate(shaped), known_by_outline, opinions[:, metrics.BY_REAR])
    spreads = metrics.through(wide, spread)
    spreads = replace(spreads, hips_lead_deg=metrics.of_lead(spreads.trunk_lean_deg, spreads.knee_flexion_deg))
    keep = int(np.searchsorted(times, times[-1] - standing.STAND_S)) if len(times) else 0
    stand = replace(
        stand,
        filters=filters,
        recent_time_s=times[keep:],
        recent_series=rows[keep:],
        recent_yaw_deg=yaws[keep:],
        recent_features=features[keep:],
    )
    events = [Event(float(time_s[frame]), "baseline") for frame, _ in learnt[1:]]
    return stand, Compared(measured, spreads, rate[:, lens.HIP], np.concatenate(stood), np.concatenate(shaped), tuple(events))


def _learn(
    stand: Standing, still: Bools, times: Floats, rows: Floats, yaws: Floats, features: Floats
) -> tuple[Standing, list[tuple[int, Baseline | None]]]:
    """Find the frames at which a stand has lasted long enough to be learnt from, if what is known is missing or outdated.

    ``still`` (T,); the rest begins with the frames carried over -> stand, (frame, baseline from there) with (0, the one so far) first.
    """
    carried = len(times) - len(still)
    since, known = stand.since_s, stand.baseline
    learnt = [(0, known)]
    for frame, (t, stands) in enumerate(zip(times[carried:].tolist(), still.tolist(), strict=True)):
        if frame + carried and t - times[frame + carried - 1] > smoothing.FORGET_S:
            since = None  # the camera stalled: the lifter may have moved meanwhile
        if not stands:
            since = None
        elif since is None:
            since = t
        elif not stand.given and t - since >= standing.STAND_S:
            row = carried + frame
            if standing.outdated(known, rows[row], float(yaws[row])):
                still_s = slice(int(np.searchsorted(times, t - standing.STAND_S)), row + 1)
                known = standing.learn(t, rows[still_s], yaws[still_s], features[still_s])
                learnt.append((frame, known))
    return replace(stand, since_s=since), learnt
