"""What cannot be: poses that leap and angles that no body has. Such frames count as not seen, and events say so."""

import math
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from .poses import Poses
from .silhouette import trunk
from .steady import CUT, STILL, steady
from .types import Bools, Event, Floats, Metrics

# Metric -> the least and the largest value of a living body, degrees, and why. A frame with one value outside has a wrong skeleton, and
# no measure of it is used. The trunk of somebody who lies on the back leans back by 90, in a hip thrust with the head low by a little more.
RANGES: Final = {
    "hip_flexion_deg": (-45.0, 165.0, "hips extend by 30 and flex by 130; the rest is the spine's part and the measure's error"),
    "knee_flexion_deg": (-25.0, 170.0, "knees overextend by 10; calf and thigh meet at 160"),
    "trunk_lean_deg": (-120.0, 165.0, "lying on the back is -90; with straight legs, hands on the floor, it is 130"),
    "shin_lean_deg": (-100.0, 100.0, "lying is 90 either way"),
}
BEND_DEG: Final = (-60.0, 190.0)  # of the landmarks' own hip flexion, which is only a rough one: the phases are found from it
# A body that is further away than it is large, this soon after it was seen, is another one, or beyond a cut: 50 m/s at 30 frames a second.
# For this long it is taken for the estimator's slip. Then it stays, and the picture was cut.
LEAP_S: Final = 0.1
REMIND_S: Final = 2.0  # between two events that say the same


@dataclass(frozen=True, slots=True)
class Last:
    """The body as last believed: middle of the hips and its size, px, when, and whether frames since then leapt. When last complained."""

    x: float = math.nan
    y: float = math.nan
    size: float = math.nan
    time_s: float = -math.inf
    leapt: bool = False
    said_s: float = -math.inf


NOBODY: Final = Last()


def believed(last: Last, poses: Poses) -> tuple[Last, Poses]:
    """Poses in the steady picture, without those that leap. T more frames -> Last, poses of T, with a ``breaks`` where a leap stays."""
    poses = steady(poses)
    hips, _ = trunk(poses.xy)
    with np.errstate(invalid="ignore"):
        size = np.fmax(*np.moveaxis(_reach(poses.xy), -1, 0))
    seen = np.flatnonzero(np.isfinite(hips).all(axis=1))
    if not len(seen):
        return last, poses
    x, y, across, at_s, breaks = hips[seen, 0], hips[seen, 1], size[seen], poses.time_s[seen], poses.breaks
    gone = np.hypot(np.diff(x, prepend=last.x), np.diff(y, prepend=last.y))
    if not last.leapt and not (gone > np.minimum(across, np.concatenate([[last.size], across[:-1]]))).any():
        return replace(last, x=float(x[-1]), y=float(y[-1]), size=float(across[-1]), time_s=float(at_s[-1])), poses
    drop = np.zeros(len(poses), bool)
    breaks = breaks.copy()
    broken = np.cumsum(breaks != STILL)
    since = 0
    for frame, px, py, size_px, t in zip(seen.tolist(), x.tolist(), y.tolist(), across.tolist(), at_s.tolist(), strict=True):
        far = math.hypot(px - last.x, py - last.y) > last.size and broken[frame] == since
        if far and t - last.time_s <= LEAP_S:
            drop[frame] = True
            last = replace(last, leapt=True)
            continue
        if far and last.leapt and t - last.time_s <= 2 * LEAP_S:
            breaks[frame] = CUT
        since = int(broken[frame])
        last = replace(last, x=px, y=py, size=size_px, time_s=t, leapt=False)
    unseen = {name: np.where(_wide(drop, getattr(poses, name)), np.nan, getattr(poses, name)) for name in ("xy", "world", "back", "leg")}
    return last, replace(poses, breaks=breaks, **unseen)


def _reach(xy: Floats) -> Floats:
    """Width and height of the landmarks, px. (T, K, 2) -> (T, 2). NaN where none is seen."""
    reach: Floats = np.fmax.reduce(xy, axis=1) - np.fmin.reduce(xy, axis=1)
    return reach


def _wide(frames: Bools, column: Floats) -> Bools:
    """(T,) shaped so that it goes with a column (T, ...)."""
    return frames.reshape(-1, *[1] * (column.ndim - 1))


def possible(last: Last, time_s: Floats, measured: Metrics, bend_deg: Floats) -> tuple[Last, Metrics, Bools, list[Event]]:
    """Measures without those of frames that show no body. T more frames -> Last, Metrics, whether a frame may be used (T,), events."""
    wrong = (bend_deg < BEND_DEG[0]) | (bend_deg > BEND_DEG[1])
    for name, (least, most, _) in RANGES.items():
        value = getattr(measured, name)
        wrong |= (value < least) | (value > most)
    if not wrong.any():
        return last, measured, ~wrong, []
    events = []
    for t in time_s[wrong].tolist():
        if t - last.said_s >= REMIND_S:
            events.append(Event(t, "impossible"))
        last = replace(last, said_s=t)
    left = {f.name: np.where(wrong, np.nan, getattr(measured, f.name)) for f in fields(Metrics) if f.name != "view_yaw_deg"}
    return last, replace(measured, **left), ~wrong, events
