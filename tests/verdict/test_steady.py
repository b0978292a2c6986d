"""A camera that moves: places are those of a camera that stands, and a break begins a new reference."""

from dataclasses import replace

import numpy as np
import pytest

from hingecheck.verdict import engine
from hingecheck.verdict.poses import NOWHERE, Poses
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.steady import CUT, MOVED, applied, joined, steady, stretches, undone
from hingecheck.verdict.types import Result, Status
from tests.synthetic import exact, film, hinge, stand

__all__ = ["exact"]

STANDARD = Profile.default()
QUARTER_TURN = np.array([0.0, 1.0, 0.0, 0.0])
SHIFT = np.array([1.0, 0.0, 18.0, -18.0])


def lifts(reps: int = 2) -> Poses:
    """Standing, then reps of 90 degrees."""
    return film(stand(1.5) + hinge(reps))


def seen_by(poses: Poses, to_reference: np.ndarray) -> Poses:
    """The same lifter, filmed by a camera whose pictures ``to_reference`` (T, 4) puts back, and which knows it."""
    return replace(poses, xy=applied(undone(to_reference), poses.xy), camera=to_reference)


def knocked(poses: Poses, at_s: float) -> np.ndarray:
    """(T, 4): a knock of 18 px each way at ``at_s``."""
    return np.where((poses.time_s >= at_s)[:, None], SHIFT, NOWHERE)


def angles(result: Result) -> list[tuple[float | None, ...]]:
    return [tuple(rep.metrics[name] for name in ("hip_flexion_deg", "knee_flexion_deg", "trunk_lean_deg")) for rep in result.reps]


def test_a_quarter_turn_sends_right_to_down() -> None:
    assert applied(QUARTER_TURN, np.array([[2.0, 0.0], [0.0, 3.0]])).tolist() == [[0.0, 2.0], [-3.0, 0.0]]


def test_joined_does_the_inner_one_first_and_undone_takes_it_back() -> None:
    points = np.array([[5.0, 7.0], [np.nan, np.nan]])
    both = joined(QUARTER_TURN, SHIFT)
    assert applied(both, points)[0].tolist() == [11.0, 23.0]  # (23, -11), then turned
    np.testing.assert_allclose(applied(undone(both), applied(both, points)), points)


def test_a_camera_that_stands_changes_no_number() -> None:
    poses = lifts(1)
    assert steady(poses) is poses


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(lambda t: np.stack([t * 0 + 1, t * 0, 18.0 * (t > 3), -18.0 * (t > 3)], axis=-1), id="a knock in mid rep"),
        pytest.param(lambda t: np.stack([1 + 0.02 * t, t * 0, -6 * t, -8 * t], axis=-1), id="a zoom"),
        pytest.param(lambda t: np.stack([t * 0 + 1, t * 0, 10 * t, t * 0], axis=-1), id="a pan"),
        pytest.param(lambda t: np.stack([np.cos(t / 40), np.sin(t / 40), 9 * np.sin(8 * t), 8 * np.sin(7 * t)], axis=-1), id="by hand"),
    ],
)
def test_no_angle_and_no_verdict_changes_while_the_camera_moves(path) -> None:
    poses = lifts()
    still = engine.analyse(poses, STANDARD)
    moving = engine.analyse(seen_by(poses, path(poses.time_s)), STANDARD)
    assert len(moving.reps) == 2
    np.testing.assert_allclose(angles(moving), angles(still), atol=0.01)
    for one, other in zip(still.reps, moving.reps, strict=True):
        assert {k: (j.status, j.direction) for k, j in one.cues.items()} == {k: (j.status, j.direction) for k, j in other.cues.items()}


def test_the_same_knock_unknown_changes_the_hip_by_more_than_ten_degrees() -> None:
    poses = lifts()
    told = seen_by(poses, knocked(poses, 2.0))
    unknown = engine.analyse(replace(told, camera=None), STANDARD)
    drops = [rep.metrics["butt_drop"] for rep in unknown.reps]
    still = [rep.metrics["butt_drop"] for rep in engine.analyse(poses, STANDARD).reps]
    assert abs(drops[0] - still[0]) > 0.05


def test_stretches_begin_at_breaks() -> None:
    poses = lifts(1)
    breaks = np.zeros(len(poses), np.int8)
    breaks[[10, 30]] = MOVED, CUT
    parts = list(stretches(replace(poses, breaks=breaks)))
    assert [(broke, len(part)) for broke, part in parts] == [(0, 10), (MOVED, 20), (CUT, len(poses) - 30)]


def test_after_the_camera_moved_reps_count_and_what_rests_on_places_waits_for_the_next_stand() -> None:
    poses = film(stand(1.5) + hinge(1) + stand(1.5) + hinge(1))
    breaks = np.zeros(len(poses), np.int8)
    breaks[int(np.searchsorted(poses.time_s, 2.5))] = MOVED  # the first rep runs from 1.5 s
    result = engine.analyse(replace(poses, breaks=breaks), STANDARD)
    assert [rep.metrics["butt_drop"] is None for rep in result.reps] == [True, False]
    assert result.reps[0].cues["butt_high"].status is Status.NOT_JUDGED
    assert result.reps[0].cues["neutral_spine"].status is Status.OK
    assert [event.time_s for event in result.events if event.kind == "camera_moved"] == [2.52]


def test_a_cut_ends_the_open_rep_without_counting_it_and_all_is_learnt_anew() -> None:
    first, second = film(stand(1.5) + hinge(1)[:2]), film(stand(1.5) + hinge(1))
    breaks = np.zeros(len(first) + len(second), np.int8)
    breaks[len(first)] = CUT
    later = replace(second, time_s=second.time_s + first.time_s[-1] + 0.04)
    result = engine.analyse(replace(Poses.concat([first, later]), breaks=breaks), STANDARD)
    assert [rep.index for rep in result.reps] == [1]
    assert result.reps[0].start_s > later.time_s[0]
    assert [event.kind for event in result.events if event.kind in ("baseline", "cut")] == ["baseline", "cut", "baseline"]


def test_a_rep_whose_top_was_reached_counts_though_a_cut_follows() -> None:
    first, second = film(stand(1.5) + hinge(1, top_s=0.2)), film(stand(1.5))
    breaks = np.zeros(len(first) + len(second), np.int8)
    breaks[len(first)] = CUT
    later = replace(second, time_s=second.time_s + first.time_s[-1] + 0.04)
    assert len(engine.analyse(replace(Poses.concat([first, later]), breaks=breaks), STANDARD).reps) == 1


@pytest.mark.parametrize(("left", "reps"), [(0.2, 1), (0.3, 0)])
def test_a_rise_that_a_cut_ends_counts_from_three_quarters_on(left: float, reps: int) -> None:
    whole = film(stand(1.5) + hinge(1))
    flexion = engine.analyse(whole, STANDARD).metrics.hip_flexion_deg
    bottom = int(np.nanargmax(flexion))
    first = whole[: bottom + int(np.argmax(flexion[bottom:] <= left * flexion[bottom])) + 1]
    second = film(stand(1.5))
    breaks = np.zeros(len(first) + len(second), np.int8)
    breaks[len(first)] = CUT
    later = replace(second, time_s=second.time_s + first.time_s[-1] + 0.04)
    assert len(engine.analyse(replace(Poses.concat([first, later]), breaks=breaks), STANDARD).reps) == reps


def test_breaks_give_the_same_verdict_however_the_frames_are_cut() -> None:
    poses = film(stand(1.0) + hinge(1) + stand(1.0) + hinge(1))
    breaks = np.zeros(len(poses), np.int8)
    breaks[[40, 90]] = MOVED, CUT
    poses = replace(poses, breaks=breaks)
    _, whole = engine.advance(engine.start(STANDARD), poses, STANDARD)
    state, parts = engine.start(STANDARD), []
    for n in range(len(poses)):
        state, part = engine.advance(state, poses[n : n + 1], STANDARD)
        parts.append(part)
    joint = Result.concat(parts, len(poses))
    assert joint.reps == whole.reps
    assert joint.events == whole.events
    np.testing.assert_array_equal(joint.metrics.hip_flexion_deg, whole.metrics.hip_flexion_deg)
