"""How much the back's shape wanders within a rep: on hips and bends that are written down frame by frame."""

import copy
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hingecheck.verdict import back_drift
from hingecheck.verdict.back_drift import LEAST_LEAN_DEG, Descent
from hingecheck.verdict.types import Floats

DOWN = np.array([30.0, 50.0, 70.0, 90.0])
REP = np.concatenate([DOWN, DOWN[::-1]])


def wander(
    hips: Any, bends: Any, *, lean: Any = 60.0, inside: Any = True, ended: tuple[int, ...] = (), after: Descent | None = None
) -> Floats:
    """How much the back wanders, frame by frame."""
    return follow(after or Descent(), hips, bends, lean, inside, ended)[1]


def follow(descent: Descent, hips: Any, bends: Any, lean: Any = 60.0, inside: Any = True, ended: Any = ()) -> tuple[Descent, Floats]:
    hips, bends, lean = (np.broadcast_to(np.asarray(x, dtype=float), np.shape(hips)).copy() for x in (hips, bends, lean))
    return back_drift.advance(descent, np.broadcast_to(inside, hips.shape).copy(), lean, hips, bends, list(ended))


def test_a_back_that_is_bent_the_same_whenever_the_hips_are_does_not_wander() -> None:
    """Rounding by a third of the hips' bend, down and up again: in step with the hinge."""
    assert wander(REP, REP / 3).tolist() == pytest.approx([0.0] * 8)


def test_a_back_that_keeps_one_shape_does_not_wander() -> None:
    assert wander(REP, 12.0).tolist() == [0.0] * 8


@pytest.mark.parametrize("sag_deg", [20.0, -15.0])
def test_a_back_that_gives_way_on_the_way_up_wanders_by_as_much_either_way(sag_deg: float) -> None:
    sag = np.array([0, 0, 0, 0, 0.0, 0.5, 1.0, 0.5]) * sag_deg
    assert wander(REP, REP / 3 + sag) == pytest.approx(np.abs(sag))


def test_a_back_that_gives_way_while_it_is_held_at_the_bottom_wanders() -> None:
    assert wander([30.0, 60.0, 90.0, 90.0, 90.0], [0.0, 2.0, 4.0, 9.0, 14.0]).tolist() == [0.0, 0.0, 0.0, 5.0, 10.0]


def test_between_two_moments_of_the_descent_the_bend_is_taken_in_between() -> None:
    """By hand: 60 lies half way from 50 at 5 degrees to 70 at 11; 75 a quarter of the way from 70 at 11 to 90 at 19."""
    assert wander([50.0, 70.0, 90.0, 75.0, 60.0], [5.0, 11.0, 19.0, 13.0, 8.0]).tolist() == pytest.approx([0.0] * 5)
    assert wander([50.0, 70.0, 90.0, 75.0, 60.0], [5.0, 11.0, 19.0, 16.0, 4.0]).tolist() == pytest.approx([0.0, 0.0, 0.0, 3.0, 4.0])


def test_less_bent_than_the_descent_was_first_seen_counts_as_its_first_moment() -> None:
    assert wander([50.0, 70.0, 40.0], [5.0, 11.0, 9.0])[2] == pytest.approx(4.0)


def test_a_bounce_on_the_way_down_is_compared_with_the_first_time_the_hips_were_there() -> None:
    """Up from 70 to 50 and down again: what the back does until 70 is reached anew is a wandering, and beyond it is the descent."""
    hips, bends = [30.0, 50.0, 70.0, 50.0, 60.0, 70.0, 80.0, 50.0], [0.0, 2.0, 4.0, 8.0, 9.0, 10.0, 11.0, 2.0]
    assert wander(hips, bends).tolist() == pytest.approx([0.0, 0.0, 0.0, 6.0, 6.0, 6.0, 0.0, 0.0])


# What is not measured.


def test_nothing_wanders_outside_of_a_movement_or_while_upright() -> None:
    """Nor is anything learnt there: the first moments are those at 70 degrees."""
    inside = np.array([False, True, True, True])
    lean = np.array([60.0, LEAST_LEAN_DEG - 0.1, LEAST_LEAN_DEG, 60.0])
    told = wander([30.0, 50.0, 70.0, 50.0], [90.0, 80.0, 5.0, 9.0], lean=lean, inside=inside)
    assert np.isnan(told).tolist() == [True, True, False, False]
    assert told[2:].tolist() == [0.0, 4.0]


@pytest.mark.parametrize("column", ["hips", "bends", "lean"])
@pytest.mark.parametrize("missing", [np.nan, np.inf])
def test_what_is_not_seen_does_not_wander_and_teaches_nothing(column: str, missing: float) -> None:
    columns = {"hips": DOWN.copy(), "bends": np.array([0.0, 50.0, 4.0, 6.0]), "lean": np.full(4, 60.0)}
    columns[column][1] = missing
    if column == "lean" and missing == np.inf:
        columns[column][1] = -np.inf
    descent, told = follow(Descent(), **columns)
    assert np.isnan(told).tolist() == [False, True, False, False]
    assert descent == Descent((30.0, 70.0, 90.0), (0.0, 4.0, 6.0))
    assert follow(descent, [50.0], [2.0])[1][0] == pytest.approx(0.0)  # half way from 30 to 70


def test_no_frames_change_nothing() -> None:
    descent = Descent((30.0,), (2.0,))
    same, told = follow(descent, np.empty(0), np.empty(0))
    assert same == descent
    assert told.shape == (0,)


# From one movement to the next.


def test_the_next_rep_is_compared_with_its_own_descent() -> None:
    """The second rep with another shape, but in step with itself; without the end in between it would wander by 20."""
    hips, bends = np.tile(REP, 2), np.concatenate([REP / 3, REP / 3 + 20.0])
    assert wander(hips, bends, ended=(8,)).tolist() == pytest.approx([0.0] * 16)
    assert wander(hips, bends)[8:].max() == pytest.approx(20.0)


def test_a_movement_that_ended_before_the_first_frame_is_forgotten() -> None:
    before, _ = follow(Descent(), REP, REP / 3)
    assert wander(REP, REP / 3 + 20.0, after=before, ended=(0,)).tolist() == pytest.approx([0.0] * 8)
    assert wander(REP, REP / 3 + 20.0, after=before).tolist() == pytest.approx([20.0] * 8)


def test_movements_may_end_at_one_frame_or_after_the_last_one() -> None:
    hips, bends = np.tile(DOWN, 2), np.concatenate([DOWN / 3, DOWN / 3 + 20.0])
    descent, told = follow(Descent(), hips, bends, ended=(4, 4, 8))
    assert told.tolist() == pytest.approx([0.0] * 8)
    assert descent == Descent()


@given(
    frames=st.lists(st.tuples(st.integers(20, 120), st.integers(-40, 40), st.integers(10, 90), st.booleans()), max_size=40),
    ended=st.sets(st.integers(0, 39), max_size=4),
    cuts=st.lists(st.integers(0, 40), max_size=8).map(sorted),
)
def test_any_cut_of_the_frames_gives_the_same_bits(frames: list[tuple[int, int, int, bool]], ended: set[int], cuts: list[int]) -> None:
    table = np.array(frames, dtype=float).reshape(-1, 4) / 7.0  # sevenths have no end in binary
    ends = sorted(e for e in ended if e < len(table))
    whole_descent, whole = back_drift.advance(Descent(), table[:, 3] > 0, table[:, 2], table[:, 0], table[:, 1], ends)
    descent, parts = Descent(), []
    edges = [0, *(min(c, len(table)) for c in cuts), len(table)]
    for first, last in pairwise(edges):
        inside, lean, hips, bends = table[first:last, 3] > 0, *table[first:last, [2, 0, 1]].T
        descent, told = back_drift.advance(descent, inside, lean, hips, bends, [e - first for e in ends if first <= e < last])
        parts.append(told)
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert descent == whole_descent


def test_what_was_remembered_and_handed_in_is_not_changed() -> None:
    descent = Descent((30.0, 50.0), (1.0, 2.0))
    before = copy.deepcopy(descent)
    columns = [np.ones(4, dtype=bool), np.full(4, 60.0), DOWN.copy(), np.zeros(4)]
    for column in columns:
        column.flags.writeable = False
    back_drift.advance(descent, *columns, ended=[])
    assert descent == before
