"""How much the back's shape changes within a rep: a proxy for core tightness, which a camera cannot see.

A braced trunk has the same shape whenever the hips are bent the same: on the way down, held at the bottom, on the way up. So each frame is
compared with the moment of this rep at which the hips were first bent so far. A back that rounds in step with the hinge does not wander.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from .types import Bools, Floats

LEAST_LEAN_DEG: Final = 25.0  # nearer to upright the arms sweep across the edge of the back, and the spine carries little


@dataclass(frozen=True, slots=True)
class Descent:
    """The way down of the open rep: hip flexions reached, rising, and the bend of the lower back at each, degrees."""

    hips_deg: tuple[float, ...] = ()
    bends_deg: tuple[float, ...] = ()


def advance(
    descent: Descent, inside: Bools, lean_deg: Floats, hip_deg: Floats, bend_deg: Floats, ended: Iterable[int]
) -> tuple[Descent, Floats]:
    """Difference of the back's bend from when the hips were first bent so far in this rep, degrees, never negative. (T,) each -> (T,).

    ``inside`` a movement or not; ``ended`` the frames before which one ended. NaN outside of movements, where hips or back are unseen,
    and while the trunk leans less than ``LEAST_LEAN_DEG``.
    """
    drift = np.full(len(inside), np.nan)
    hips, bends = list(descent.hips_deg), list(descent.bends_deg)
    loaded = np.flatnonzero(inside & (lean_deg >= LEAST_LEAN_DEG) & np.isfinite(hip_deg) & np.isfinite(bend_deg))
    for stretch, (first, last) in enumerate(pairwise([0, *ended, len(inside)])):
        if stretch > 0:
            hips, bends = [], []
        for frame in loaded[(loaded >= first) & (loaded < last)].tolist():
            hip, bend = float(hip_deg[frame]), float(bend_deg[frame])
            if not hips or hip > hips[-1]:
                hips.append(hip)
                bends.append(bend)
            drift[frame] = abs(bend - _between(hips, bends, hip))
    return Descent(tuple(hips), tuple(bends)), drift


def _between(hips: list[float], bends: list[float], hip: float) -> float:
    """The bend at this hip flexion on the way down, between the two nearest moments; at less than the first, the first."""
    after = bisect_left(hips, hip)
    if after == 0:
        return bends[0]
    share = (hip - hips[after - 1]) / (hips[after] - hips[after - 1])
    return bends[after - 1] + share * (bends[after] - bends[after - 1])
