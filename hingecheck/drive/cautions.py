"""Warnings about how a clip was filmed, from the poses in it."""

from typing import Final

import numpy as np

from ..verdict import upright
from ..verdict.poses import PoseSource, chunks
from ..vision.people import too_small

SMALL: Final = 0.36  # of the picture's height: the detector overlooks people of a third and less


def turn_deg(poses: PoseSource) -> int:
    """How far the pictures must be turned clockwise to be upright, degrees, by the poses of the first minutes."""
    return upright.turn_deg(next(iter(chunks(poses))))


def turned(poses: PoseSource) -> list[str]:
    """A warning if the pictures are not upright."""
    turn = turn_deg(poses)
    how = "upside down" if turn == 180 else "on its side"
    return [f"the picture is {how}: analyze it again with --rotate {turn}, or --rotate auto"] if turn else []


def small(poses: PoseSource, size: tuple[int, int]) -> list[str]:
    """A warning if the lifter, at full height, fills little of a picture of ``size`` (width, height) px."""
    reach = np.concatenate([np.ptp(part.xy[:, :, 1], axis=1) for part in chunks(poses)])
    seen = reach[np.isfinite(reach)]
    if not len(seen) or not size[1]:
        return []
    share = float(np.percentile(seen, 90)) / size[1]
    return [too_small(share)] if share < SMALL else []
