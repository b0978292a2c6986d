"""Whether the picture is upright."""

from dataclasses import replace

import numpy as np
import pytest

from hingecheck.verdict.poses import Poses
from hingecheck.verdict.upright import turn_deg
from tests.synthetic import exact, film, hinge, stand

__all__ = ["exact"]


def turned(poses: Poses, quarters: int) -> Poses:
    """The picture turned clockwise so many times."""
    xy = poses.xy
    for _ in range(quarters):
        xy = np.stack([-xy[..., 1], xy[..., 0]], axis=-1)
    return replace(poses, xy=xy)


@pytest.mark.parametrize(("quarters", "back"), [(0, 0), (1, 270), (2, 180), (3, 90)])
def test_a_picture_that_was_turned_is_turned_back(quarters: int, back: int) -> None:
    assert turn_deg(turned(film(stand(1.0) + hinge(2)), quarters)) == back


def test_somebody_who_lies_still_is_not_a_picture_on_its_side() -> None:
    assert turn_deg(turned(film(stand(3.0)), 1)) == 0


def test_nobody_is_upright() -> None:
    poses = film(stand(1.0))
    assert turn_deg(replace(poses, xy=np.full_like(poses.xy, np.nan))) == 0
