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
    """The estimates of knee flexion at the deepest moment of the open rep, and how far its trunk has leaned, degrees; NaN before."""

    knees_deg: tuple[float, ...] = (math.nan,) * 3
    lean_deg: float = math.nan


def advance(
    bottom: Bottom, deepest: Bools, rising: Bools, knees_deg: Floats, lean_deg: Floats, ended: Iterable[int]
) -> tuple[Bottom, Floats]:
    """Lead of the hips over T more frames, degrees. (T,) each, knees (T, 3) -> Bottom, (T,). NaN outside the way up, and where unseen.

    ``deepest`` of its rep so far, ``rising`` the way up; ``ended`` the frames before which a movement ended. Each estimate of the knee (see
    ``metrics.against``) gives its own lead. The result is the mean of the first two: a misplaced knee spoils one, a misplaced hip the
    other, and seldom both in the same direction. Where they are missing, it is the outline's lead. Knees are compared with the deepest
    moment at which any estimate was known; an estimate missing there gives no lead. If none was known at the very bottom, the lead reads
    too small.
    """
    out = np.full(len(deepest), np.nan)
    knees, lean = list(bottom.knees_deg), bottom.lean_deg
    frames = np.flatnonzero(deepest | rising)
    for stretch, (first, last) in enumerate(pairwise([0, *ended, len(deepest)])):
        if stretch > 0:
            knees, lean = [math.nan] * len(knees), math.nan
        for frame in frames[(frames >= first) & (frames < last)].tolist():
            seen = knees_deg[frame].tolist()
            lean = float(np.fmax(lean, lean_deg[frame]))
            if deepest[frame] and not all(map(math.isnan, seen)):
                knees = seen
            if rising[frame]:
                leads = [lead(was, lean, now, float(lean_deg[frame])) for was, now in zip(knees, seen, strict=True)]
                both = (leads[0] + leads[1]) / 2
                out[frame] = leads[2] if math.isnan(both) else both
    return Bottom(tuple(knees), lean), out


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
