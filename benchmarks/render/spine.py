"""The spine: 17 vertebrae, and how much of a bend each joint between them takes."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from .rotations import Array

LUMBAR: Final = ("L5", "L4", "L3", "L2", "L1")
THORAX: Final = tuple(f"T{i}" for i in range(12, 0, -1))
VERTEBRAE: Final = LUMBAR + THORAX
# Shares of the lumbar and the thoracic flexion that the joint below each vertebra takes, from L5/S1 upwards and from T12/L1 upwards.
LUMBAR_SHARE: Final = np.array([0.16, 0.22, 0.24, 0.21, 0.17])
THORAX_SHARE: Final = np.array([0.05, 0.06, 0.08, 0.10, 0.11, 0.12, 0.12, 0.11, 0.09, 0.07, 0.05, 0.04])


def spread_weights(weights: Array, spine: Array, along: Array, knots: Array, bones: Sequence[int]) -> None:
    """Spread each vertex's weight on the whole ``spine`` (N,) over the two vertebrae whose middles it lies between.

    Adds to ``weights`` (N, bones). ``along`` (N,) and ``knots`` (18,), the ends of the vertebrae, are lengths along the spine; ``bones``:
    the root and the vertebrae.
    """
    middles = knots[1:] * 0.5 + knots[:-1] * 0.5
    below = np.clip(np.searchsorted(middles, along) - 1, -1, len(middles) - 1)
    for i in range(-1, len(middles)):
        here = np.where(below == i)[0]
        if not len(here):
            continue
        if i == len(middles) - 1:
            weights[here, bones[-1]] += spine[here]
            continue
        if i == -1:
            share = np.clip((along[here] - (middles[0] - (middles[1] - middles[0]))) / (middles[1] - middles[0]), 0, 1)
        else:
            share = (along[here] - middles[i]) / (middles[i + 1] - middles[i])
        weights[here, bones[i + 1]] += spine[here] * (1 - share)
        weights[here, bones[i + 2]] += spine[here] * share
