"""Hips before shoulders: the trunk against the knees on the way up, on values that are written down."""

import numpy as np
import pytest

from hingecheck.verdict import hips_lead
from hingecheck.verdict.hips_lead import Bottom
from hingecheck.verdict.types import Floats

KNEE = np.array([20.0, 40.0, 30.0, 20.0, 0.0])
LEAN = np.array([40.0, 60.0, 60.0, 60.0, 20.0])
DEEPEST = np.array([True, True, False, False, False])
UP = ~DEEPEST


@pytest.mark.parametrize(
    ("knee_deg", "lean_deg", "ahead_deg"),
    [
        (40.0, 60.0, 0.0),  # the bottom itself
        (20.0, 30.0, 0.0),  # half of the knees' bend and half of the lean are left
        (20.0, 60.0, 30.0),  # the knees half straight, the trunk where it was
        (0.0, 45.0, 45.0),
        (0.0, 0.0, 0.0),
        (50.0, 60.0, 0.0),  # knees that bend further have straightened by nothing
        (-8.0, 10.0, 10.0),  # and no more than all
        (np.nan, 60.0, np.nan),
    ],
)
def test_the_trunk_is_ahead_by_what_it_leans_more_than_in_step_with_the_knees(knee_deg: float, lean_deg: float, ahead_deg: float) -> None:
    """From a bottom with the knees at 40 and the trunk at 60 degrees."""
    assert hips_lead.lead(40.0, 60.0, knee_deg, lean_deg) == pytest.approx(ahead_deg, nan_ok=True)


def test_knees_that_bent_by_little_count_as_bent_by_thirty_degrees() -> None:
    """From 15 to 0 is half of 30: in step with that the trunk has risen from 80 to 40."""
    assert hips_lead.lead(15.0, 80.0, 0.0, 45.0) == pytest.approx(5.0)


def lead(knee_deg: Floats = KNEE, lean_deg: Floats = LEAN) -> Floats:
    return hips_lead.advance(Bottom(), DEEPEST, UP, knee_deg, lean_deg, ())[1]


def test_only_the_way_up_is_measured_against_the_deepest_moment() -> None:
    """From 40 to 30, 20 and 0 the knees keep 3/4, 1/2 and none of their bend; of a lean of 60 that is 45, 30 and 0."""
    assert lead() == pytest.approx([np.nan, np.nan, 15.0, 30.0, 20.0], nan_ok=True)


def test_a_knee_hidden_at_the_bottom_is_taken_from_the_deepest_moment_that_shows_it() -> None:
    """From 20 degrees, counted as 30: at 30 and 20 nothing is straightened, at 0 two thirds are, and 20 of 60 degrees of lean are left."""
    hidden = np.where(np.arange(5) == 1, np.nan, KNEE)
    assert lead(hidden) == pytest.approx([np.nan, np.nan, 0.0, 0.0, 0.0], nan_ok=True)


def test_a_knee_hidden_all_the_way_down_tells_nothing_of_the_rise() -> None:
    assert np.isnan(lead(np.where(np.arange(5) < 2, np.nan, KNEE))).all()


def test_unseen_knees_or_trunk_are_not_measured() -> None:
    assert np.isnan(lead(np.full(5, np.nan))).all()
    assert np.isnan(lead(lean_deg=np.full(5, np.nan))).all()


def test_a_moment_that_only_seemed_the_deepest_does_not_make_the_trunk_look_bent() -> None:
    """A knee that jumped half way down: the trunk's own deepest lean counts, as soon as the rise shows it."""
    _, told = hips_lead.advance(Bottom(20.0, 30.0), np.zeros(3, bool), np.ones(3, bool), np.full(3, 20.0), np.array([60.0, 60.0, 50.0]), ())
    assert told == pytest.approx([0.0, 0.0, -10.0])


@pytest.mark.parametrize("cut", range(6))
def test_frames_handed_over_in_pieces_give_the_same(cut: int) -> None:
    bottom, first = hips_lead.advance(Bottom(), DEEPEST[:cut], UP[:cut], KNEE[:cut], LEAN[:cut], ())
    _, second = hips_lead.advance(bottom, DEEPEST[cut:], UP[cut:], KNEE[cut:], LEAN[cut:], ())
    np.testing.assert_array_equal(np.concatenate([first, second]), lead())


@pytest.mark.parametrize("ended", [0, 2])
def test_a_movement_that_ended_is_forgotten(ended: int) -> None:
    """Whatever was deepest before: a rise without a bottom has no lead."""
    rises = np.arange(5) >= ended
    _, told = hips_lead.advance(Bottom(80.0, 90.0), np.zeros(5, bool), rises, np.full(5, 40.0), np.full(5, 60.0), [ended])
    assert np.isnan(told).all()
