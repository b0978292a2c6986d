"""What frames show before anything is compared with standing: gated, seen from where, measured, smoothed."""

from dataclasses import dataclass, field, replace
from typing import Final

from . import lens, series, smoothing, views
from .poses import Poses
from .types import Floats, Ints

YAW_CUTOFF_HZ: Final = (0.5, 0.5)  # nobody turns round in a tenth of a second; the near side must not flicker


@dataclass(frozen=True, slots=True)
class Sight:
    """What is remembered between frames: the filters of the view and of the series, and which side was near."""

    yaw: smoothing.Tracked = field(default_factory=lambda: smoothing.start(2))
    series: smoothing.Tracked = field(default_factory=lambda: smoothing.start(series.SERIES))
    near: int = -1

    def moved(self) -> "Sight":
        """The same after the camera moved: places in the picture start afresh."""
        return replace(self, series=smoothing.without(self.series, series.PLACES))


@dataclass(frozen=True, slots=True)
class Seen:
    """What T frames show before anything is compared with standing.

    Smoothed ``series`` and their ``rate`` a second (T, SERIES), ``features`` that the lens reads (T, FEATURES), ``yaw_deg`` (T,) signed, as
    read; ``near`` side (T,); ``sure`` (T, 2), how likely the least likely joint of the near trunk and of the near leg is, 0 to 1.
    """

    series: Floats
    features: Floats
    rate: Floats
    yaw_deg: Floats
    near: Ints
    sure: Floats


def observe(sight: Sight, poses: Poses) -> tuple[Sight, Seen]:
    """Gate, find the view, measure, smooth: T more frames in the steady picture -> Sight, what they show."""
    likely = series.gate(poses)
    yaw_state, yaw_parts, _ = smoothing.track(sight.yaw, poses.time_s, views.yaw_parts(likely.world), YAW_CUTOFF_HZ)
    yaw_deg = views.yaw(yaw_parts)
    near = views.near_side(sight.near, yaw_deg)
    read = series.measure(poses, likely, yaw_deg, near)
    series_state, smooth, rate = smoothing.track(sight.series, poses.time_s, read, series.CUTOFF_HZ, series.LEAP)
    sight = Sight(yaw_state, series_state, int(near[-1]) if len(near) else sight.near)
    return sight, Seen(smooth, lens.features(poses, yaw_deg), rate, yaw_deg, near, series.sureness(likely, near))
