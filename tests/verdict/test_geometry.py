"""Angles and lengths of points that can be drawn on squared paper."""

import numpy as np
import pytest

from hingecheck.verdict.geometry import lean, length


@pytest.mark.parametrize(
    ("upper", "angle_deg"),
    [
        ((0, -1), 0.0),  # above
        ((1, -1), 45.0),  # forward and above
        ((1, 0), 90.0),
        ((1, 1), 135.0),
        ((-1, -1), -45.0),  # behind and above
        ((-1, 0), -90.0),
        ((np.sin(np.radians(30)), -np.cos(np.radians(30))), 30.0),
    ],
)
def test_lean_is_zero_upright_and_positive_forward(upper: tuple[float, float], angle_deg: float) -> None:
    base = np.array([[10.0, 20.0]])
    assert lean(base, base + np.array([upper], dtype=float))[0] == pytest.approx(angle_deg)


def test_a_segment_that_hangs_straight_down_leans_by_half_a_turn() -> None:
    assert abs(lean(np.zeros((1, 2)), np.array([[0.0, 1.0]]))[0]) == 180.0


def test_lean_does_not_depend_on_how_long_the_segment_is() -> None:
    base = np.zeros((3, 2))
    tip = np.array([[0.01, -0.02], [1.0, -2.0], [500.0, -1000.0]])
    assert lean(base, tip) == pytest.approx(np.full(3, np.degrees(np.arctan(0.5))))


def test_length_in_the_plane_and_in_space() -> None:
    assert length(np.array([[1.0, 1.0]]), np.array([[4.0, 5.0]])).tolist() == [5.0]
    assert length(np.array([[0.0, 0.0, 0.0]]), np.array([[2.0, 3.0, 6.0]])).tolist() == [7.0]


@pytest.mark.parametrize("joint", [0, 1])
def test_a_point_that_is_missing_gives_nan_and_only_in_its_frame(joint: int) -> None:
    points = [np.zeros((3, 2)), np.array([[0.0, -1.0]] * 3)]
    points[joint][1, 0] = np.nan
    for measured in (lean(*points), length(*points)):
        assert np.isnan(measured).tolist() == [False, True, False]
