"""Hips before shoulders: on the way up, how much further the trunk is bent than if it rose in step with the knees."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from .types import Bools, Floats

LEAST_BEND_DEG: Final = 30.0


@dataclass(frozen=True, slots=True)
class Bottom:
    """Knee flexion at the deepest moment of the open rep, and how far its trunk has leaned, degrees; NaN before."""

    knee_deg: float = math.nan
    lean_deg: float = math.nan


def advance(
    bottom: Bottom, deepest: Bools, rising: Bools, knee_deg: Floats, lean_deg: Floats, ended: Iterable[int]
) -> tuple[Bottom, Floats]:
    """Lead of the hips over T more frames, degrees. (T,) each -> Bottom, (T,). NaN outside the way up, and where unseen.

    ``deepest`` of its rep so far, ``rising`` the way up; ``ended`` the frames before which a movement ended. Knees are compared with the
    deepest moment at which they were seen: if that was not the very bottom, the lead reads too small.
    """
    out = np.full(len(deepest), np.nan)
    knee, lean = bottom.knee_deg, bottom.lean_deg
    frames = np.flatnonzero(deepest | rising)
    for stretch, (first, last) in enumerate(pairwise([0, *ended, len(deepest)])):
        if stretch > 0:
            knee, lean = math.nan, math.nan
        for frame in frames[(frames >= first) & (frames < last)].tolist():
            seen = float(knee_deg[frame])
            lean = float(np.fmax(lean, lean_deg[frame]))
            if deepest[frame] and not math.isnan(seen):
                knee = seen
            if rising[frame]:
                out[frame] = lead(knee, lean, seen, float(lean_deg[frame]))
    return Bottom(knee, lean), out


def lead(bottom_knee_deg: float, bottom_lean_deg: float, knee_deg: float, lean_deg: float) -> float:
    """How much further the trunk is bent than if it rose in step with the knees, degrees; NaN where one is.

    Knee and trunk as they were at the bottom and as they are. In step means that the trunk has kept the share of its lean that the knees
    have kept of their bend. Knees that bend little straighten by little, which shows nothing, so they count as bent by at least
    ``LEAST_BEND_DEG``.
    """
    straightened = (bottom_knee_deg - knee_deg) / max(bottom_knee_deg, LEAST_BEND_DEG)
    if math.isnan(straightened):
        return math.nan
    return lean_deg - bottom_lean_deg * (1.0 - min(max(straightened, 0.0), 1.0))
