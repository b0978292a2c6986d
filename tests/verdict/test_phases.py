"""Standing, down, bottom, up: on curves of hip flexion whose turning points are known, at any tempo and frame rate."""

import copy
from itertools import groupby, product

import numpy as np
import pytest
from synthetic import Key, Keys, angles, hinge, set_down, stand, times, walk

from hingecheck.verdict import phases
from hingecheck.verdict.phases import Closed, Phases, Track
from hingecheck.verdict.types import Floats, Phase

REP = [Phase.STANDING, Phase.DOWN, Phase.BOTTOM, Phase.UP, Phase.STANDING]


def follow(t: Floats, flexion: Floats, lean: Floats | None = None, *, depth_deg: float = 45.0) -> tuple[Phases, list[Closed]]:
    """Phases of a whole curve, and every movement that ended, the end of the film included. Arrays (T,); lean as flexion by default."""
    rate = np.gradient(flexion, t) if len(t) > 1 else np.zeros(len(t))
    track, moved = phases.advance(Track(), t, flexion, rate, flexion if lean is None else lean, start_deg=30.0, min_depth_deg=depth_deg)
    _, rest = phases.finish(track, len(t), min_depth_deg=depth_deg)
    return moved, [*moved.closed, *rest]


def of(keys: Keys, fps: float = 25.0, begin: Key | None = None, *, linear: bool = False) -> tuple[Phases, list[Closed]]:
    """``follow`` for a movement of the stick figure."""
    t = times(keys, fps)
    pose = angles(keys, t, begin, linear=linear)
    return follow(t, pose[:, 0] + pose[:, 1], pose[:, 0])


def counted(closed: list[Closed]) -> list[Closed]:
    return [c for c in closed if c.counted]


def order(moved: Phases) -> list[Phase]:
    """The phases gone through, each stay once."""
    return [Phase(p) for p, _ in groupby(moved.phase.tolist())]


@pytest.mark.parametrize(("down_s", "up_s"), list(product([0.6, 1.5, 6.0], repeat=2)))
@pytest.mark.parametrize("linear", [False, True], ids=["eased", "steady"])
def test_a_rep_is_a_rep_at_any_tempo_depth_and_frame_rate(down_s: float, up_s: float, linear: bool) -> None:
    for depth, fps in product([65.0, 90.0, 115.0], [10.0, 25.0, 60.0, 240.0]):
        keys = stand(1.0) + hinge(3, depth, down_s=down_s, pause_s=0.4, up_s=up_s, top_s=0.8)
        moved, closed = of(keys, fps, linear=linear)
        reps = counted(closed)
        assert [c.index for c in reps] == [1, 2, 3], (depth, fps)
        assert order(moved) == REP + REP[1:] * 2, (depth, fps)
        for n, rep in enumerate(reps):
            begins = 1.0 + n * (down_s + 0.4 + up_s + 0.8)
            frame = 1.5 / fps  # the rate of these curves looks a frame ahead
            assert rep.complete
            assert begins - frame <= rep.start_s <= begins + 0.3 * down_s + frame, (depth, fps)
            assert begins + down_s - frame <= rep.bottom_s <= begins + down_s + 0.4 + frame, (depth, fps)
            top = begins + down_s + 0.4 + up_s
            assert top - 0.3 * up_s - frame <= rep.end_s <= top + frame, (depth, fps)


def test_the_frame_rate_moves_the_times_of_a_rep_by_less_than_a_frame_or_two() -> None:
    keys = stand(1.0) + hinge(2)
    fine = counted(of(keys, 240)[1])
    for fps in (10.0, 25.0, 60.0):
        coarse = counted(of(keys, fps)[1])
        for a, b in zip(fine, coarse, strict=True):
            for moment in ("start_s", "bottom_s", "end_s"):
                assert getattr(b, moment) == pytest.approx(getattr(a, moment), abs=1.5 / fps), (fps, moment)


def test_a_slow_rise_is_followed_to_where_it_ends() -> None:
    """90 degrees in 6 s is 15 a second, slower than what counts as stopped: the rep must not end half way up."""
    _, closed = of(stand(1.0) + hinge(1, 90, up_s=6.0), linear=True)
    (rep,) = counted(closed)
    assert rep.end_s == pytest.approx(1.0 + 1.5 + 0.3 + 6.0, abs=0.15)


def test_dropping_fast_and_rising_slowly_is_a_rep() -> None:
    """Down at 225 degrees a second, up at 15: slow against the descent, and yet a rise."""
    moved, closed = of(stand(1.0) + hinge(1, 90, down_s=0.4, up_s=6.0), linear=True)
    assert len(counted(closed)) == 1
    assert order(moved) == REP


@pytest.mark.parametrize("pause_s", [0.0, 0.5, 5.0])
def test_a_pause_at_the_bottom_is_part_of_the_rep(pause_s: float) -> None:
    moved, closed = of(stand(1.0) + hinge(2, pause_s=pause_s))
    assert len(counted(closed)) == 2
    assert order(moved) == REP + REP[1:]
    at_bottom = np.isin(moved.phase, [Phase.BOTTOM]).sum() / 25
    assert at_bottom >= 2 * pause_s


@pytest.mark.parametrize("half_way_deg", [40.0, 60.0])
def test_a_pause_half_way_down_does_not_split_the_rep(half_way_deg: float) -> None:
    keys = (Key(1.0), Key(0.8, half_way_deg), Key(1.5, half_way_deg), Key(0.8, 90.0), Key(0.3, 90.0), Key(1.2), Key(0.8))
    _, closed = of(keys)
    (rep,) = counted(closed)
    assert len(closed) == 1
    assert rep.start_s == pytest.approx(1.0, abs=0.3)
    assert rep.bottom_s == pytest.approx(4.1, abs=0.2)


@pytest.mark.parametrize("half_way_deg", [40.0, 60.0])
def test_a_pause_half_way_up_does_not_split_the_rep(half_way_deg: float) -> None:
    keys = (Key(1.0), Key(1.5, 90.0), Key(0.3, 90.0), Key(0.8, half_way_deg), Key(1.5, half_way_deg), Key(0.8), Key(0.8))
    _, closed = of(keys)
    assert len(counted(closed)) == len(closed) == 1


@pytest.mark.parametrize(("stops_deg", "reps"), [(40.0, 2), (55.0, 2), (75.0, 1)])
def test_a_rise_that_halts_high_has_reached_its_top_if_a_descent_is_next(stops_deg: float, reps: int) -> None:
    """A third of the way up is 60 of 90 degrees; a lifter who rises by less and goes down again has only shifted."""
    low = (Key(1.2, stops_deg), Key(1.0, stops_deg), Key(1.5, 90.0), Key(0.3, 90.0))
    _, closed = of((Key(1.0), Key(1.5, 90.0), Key(0.3, 90.0), *low, Key(1.5), Key(1.0)))
    assert len(counted(closed)) == len(closed) == reps
    if reps == 2:
        assert closed[0].end_s == pytest.approx(1.0 + 1.5 + 0.3 + 1.2, abs=0.3)
        assert closed[1].bottom_s == pytest.approx(1.0 + 1.5 + 0.3 + 1.2 + 1.0 + 1.5, abs=0.4)


@pytest.mark.parametrize("fps", [10.0, 25.0, 60.0])
def test_a_slow_rise_halts_nowhere(fps: float) -> None:
    moved, closed = of(stand(1.0) + hinge(1, 90, up_s=6.0), fps, linear=True)
    assert len(counted(closed)) == 1
    assert (moved.phase == Phase.UP).sum() / fps == pytest.approx((78.0 - 45.0) / 15.0, abs=0.2)  # to half the depth: slow is stopped there
    assert order(moved) == REP


def test_bouncing_at_the_bottom_is_one_rep() -> None:
    bounce = (Key(0.3, 78.0), Key(0.3, 90.0))
    keys = (*stand(1.0), Key(1.5, 90.0), *bounce * 3, Key(1.2), Key(0.8))
    _, closed = of(keys)
    assert len(closed) == len(counted(closed)) == 1


@pytest.mark.parametrize("top_deg", [15.0, 30.0, 40.0])
def test_a_lockout_that_is_not_finished_still_ends_the_rep(top_deg: float) -> None:
    keys = stand(1.0) + hinge(3, 90, top_deg=top_deg)
    _, closed = of(keys)
    reps = counted(closed)
    assert len(reps) == len(closed) == 3
    for n, rep in enumerate(reps):
        assert rep.end_s == pytest.approx(1.0 + n * 3.8 + 3.0, abs=0.35)


def test_a_shallow_rep_ends_where_its_rise_does_though_that_is_above_half_its_depth() -> None:
    """From 46 degrees back to 24.5: more than half, and yet nobody calls that bent over."""
    _, closed = of(stand(1.0) + hinge(1, 46.0, knee_deg=0, top_deg=24.5, top_s=1.0))
    (rep,) = counted(closed)
    assert rep.end_s < 1.0 + 1.5 + 0.3 + 1.2 + 0.1


def test_touch_and_go_at_the_top_starts_the_next_rep() -> None:
    moved, closed = of(stand(1.0) + hinge(4, down_s=0.8, pause_s=0.0, up_s=0.7, top_s=0.0))
    assert [c.index for c in counted(closed)] == [1, 2, 3, 4]
    assert order(moved)[:5] == REP


def test_leaning_back_belongs_to_the_top_that_is_watched() -> None:
    """From upright to 15 degrees behind in one second: the rep ends at the furthest point, so that the lean is judged with it."""
    keys = (*stand(1.0), *hinge(1, up_s=1.0)[:3], Key(1.0, -15.0), Key(1.0, -15.0))
    moved, closed = of(keys)
    (rep,) = counted(closed)
    leaning_from = 1.0 + 1.5 + 0.3 + 1.0
    assert leaning_from + 0.6 < rep.end_s < leaning_from + 1.0
    t = times(keys)
    deepest_lean = moved.rep[(t > leaning_from + 0.7) & (t < leaning_from + 0.9)]
    assert (deepest_lean == 1).all()


def test_a_set_down_at_the_end_is_no_rep() -> None:
    moved, closed = of(stand(1.0) + hinge(1) + set_down())
    assert [c.counted for c in closed] == [True, False]
    assert moved.rep[-1] == 2  # a second bend is open, and is not counted


@pytest.mark.parametrize(("up_to_deg", "reps"), [(30.0, 1), (70.0, 0)])
def test_a_film_that_ends_in_mid_rise_gives_a_rep_past_half_way_marked_incomplete(up_to_deg: float, reps: int) -> None:
    keys = (*stand(1.0), Key(1.5, 90.0), Key(0.3, 90.0), Key((90.0 - up_to_deg) / 60.0, up_to_deg))
    _, closed = of(keys, linear=True)
    assert [c.complete for c in counted(closed)] == [False] * reps


def test_a_film_that_begins_bent_gives_a_first_rep_marked_incomplete() -> None:
    moved, closed = of(hinge(3)[1:], begin=hinge()[0])
    assert [c.complete for c in counted(closed)] == [False, True, True]
    assert moved.rep[0] == 1
    assert closed[0].start_s == 0.0


def test_a_film_that_begins_on_the_way_up_gives_a_first_rep_marked_incomplete() -> None:
    _, closed = of(hinge(2)[2:], begin=Key(0.0, 75.0))
    assert [c.complete for c in counted(closed)] == [False, True]


def test_someone_first_seen_at_the_bottom_is_at_the_bottom_though_the_curve_shakes() -> None:
    t = np.arange(100) / 25
    shaking = 90.0 + 0.3 * np.sin(2 * np.pi * 5 * t)  # up to 9 degrees a second either way
    moved, _ = follow(t, shaking)
    assert (moved.phase == Phase.BOTTOM).mean() > 0.9


def test_a_bend_that_is_too_shallow_is_not_counted_and_the_profile_says_what_is_too_shallow() -> None:
    keys = stand(1.0) + hinge(2, 40, knee_deg=0)
    t = times(keys)
    pose = angles(keys, t)
    flexion = pose[:, 0] + pose[:, 1]
    assert [c.counted for c in follow(t, flexion)[1]] == [False, False]
    assert [c.index for c in follow(t, flexion, depth_deg=35.0)[1] if c.counted] == [1, 2]


def test_an_uncounted_bend_takes_no_number() -> None:
    _, closed = of(stand(1.0) + hinge(1, 40, knee_deg=0) + hinge(1))
    assert [(c.counted, c.index) for c in closed] == [(False, 1), (True, 1)]


def test_high_knees_with_an_upright_trunk_are_no_reps() -> None:
    lift = (Key(0.5, 4.0, 80.0), Key(0.5, 4.0, 0.0))
    moved, closed = of(stand(1.0) + lift * 4)
    assert closed
    assert not counted(closed)
    assert Phase.DOWN in order(moved)


def test_walking_is_no_rep() -> None:
    _, closed = of(walk(12) + stand(1.0))
    assert not counted(closed)


def rows(closed: list[Closed]) -> list[tuple[object, ...]]:
    """Movements without the frame at which they were noticed."""
    return [(c.counted, c.index, c.start_s, c.bottom_s, c.end_s, c.complete) for c in closed]


@pytest.mark.parametrize("first_s", np.arange(0.5, 11.5, 0.5).tolist())
def test_half_a_second_unseen_changes_no_count(first_s: float) -> None:
    keys = stand(1.0) + hinge(3)
    t = times(keys)
    flexion = angles(keys, t)[:, :2].sum(axis=1)
    flexion[(t >= first_s) & (t < first_s + 0.5)] = np.nan
    moved, closed = follow(t, flexion)
    assert [c.index for c in counted(closed)] == [1, 2, 3]
    assert (moved.phase[np.isnan(flexion)] == Phase.UNSEEN).all()


def test_who_rose_unseen_stands_when_seen_again() -> None:
    """Unseen for 0.8 s from the bottom on; seen again upright and still: a rate of nothing, and the rise is over."""
    t = np.concatenate([np.arange(0.0, 3.0, 0.04), np.arange(3.8, 6.0, 0.04)])
    flexion = np.where(t < 3.0, np.interp(t, [1.0, 2.5], [0.0, 90.0]), 0.0)
    rate = np.where((t > 1.0) & (t < 2.5), 60.0, 0.0)
    _, moved = phases.advance(Track(), t, flexion, rate, flexion, start_deg=30.0, min_depth_deg=45.0)
    assert moved.phase[t > 3.9].tolist() == [Phase.STANDING] * int((t > 3.9).sum())
    assert [c.counted for c in moved.closed] == [True]


def test_a_rep_in_which_the_lifter_is_lost_for_long_is_dropped_and_the_next_takes_its_number() -> None:
    keys = stand(1.0) + hinge(2) + stand(3.0) + hinge(1)
    t = times(keys)
    flexion = angles(keys, t)[:, :2].sum(axis=1)
    bent = 1.0 + 3.8 + 1.5  # the bottom of the second rep
    flexion[(t >= bent) & (t < bent + 3.0)] = np.nan
    moved, closed = follow(t, flexion)
    assert [(c.counted, c.index) for c in closed] == [(True, 1), (False, 2), (True, 2)]
    lost = closed[1]
    assert lost.end_s == pytest.approx(bent, abs=0.05)  # when it was last seen
    assert not lost.complete
    still_open = (t >= bent) & (t < bent + 0.9)
    given_up = (t >= bent + 1.1) & (t < bent + 3.0)
    assert (moved.rep[still_open] == 2).all()
    assert (moved.rep[given_up] == 0).all()


def test_a_top_that_was_reached_before_the_lifter_was_lost_is_a_rep() -> None:
    keys = stand(1.0) + hinge(1, top_s=4.0)
    t = times(keys)
    flexion = angles(keys, t)[:, :2].sum(axis=1)
    flexion[t > 1.0 + 1.5 + 0.3 + 1.2 + 0.2] = np.nan
    assert [c.counted for c in follow(t, flexion)[1]] == [True]


@pytest.mark.parametrize(("gap_s", "first_s"), list(product([0.5, 3.0], [0.5, 2.0, 2.7, 3.5, 4.2, 5.5])))
def test_frames_that_are_missing_count_as_frames_in_which_nobody_is_seen(gap_s: float, first_s: float) -> None:
    """A camera that stalls gives no frames at all; seconds are counted, not frames."""
    keys = stand(1.0) + hinge(3)
    t = times(keys)
    flexion = angles(keys, t)[:, :2].sum(axis=1)
    rate = np.gradient(flexion, t)
    gone = (t >= first_s) & (t < first_s + gap_s)
    options = {"start_deg": 30.0, "min_depth_deg": 45.0}
    hidden = np.where(gone, np.nan, flexion)
    _, unseen = phases.advance(Track(), t, hidden, np.where(gone, np.nan, rate), hidden, **options)
    _, stalled = phases.advance(Track(), t[~gone], flexion[~gone], rate[~gone], flexion[~gone], **options)
    np.testing.assert_array_equal(unseen.phase[~gone], stalled.phase)
    np.testing.assert_array_equal(unseen.rep[~gone], stalled.rep)
    assert rows(list(unseen.closed)) == rows(list(stalled.closed))


def test_rep_numbers_stand_on_the_frames_from_descent_to_top() -> None:
    keys = stand(1.0) + hinge(2)
    moved, _ = of(keys)
    t = times(keys)
    assert moved.rep[0] == 0
    for n in (1, 2):
        begins = 1.0 + (n - 1) * 3.8
        assert (moved.rep[(t > begins + 0.7) & (t < begins + 3.0)] == n).all()
    assert moved.rep[-1] == 0


def test_deepest_marks_the_frames_deeper_than_all_before_in_the_rep() -> None:
    keys = stand(1.0) + hinge(2)
    t = times(keys)
    flexion = angles(keys, t)[:, :2].sum(axis=1)
    moved, closed = follow(t, flexion)
    for c in closed:
        last = np.flatnonzero(moved.deepest & (t <= c.end_s))[-1]
        assert t[last] == c.bottom_s
        assert flexion[last] == flexion[(t >= c.start_s) & (t <= c.end_s)].max()


@pytest.mark.parametrize(
    ("flexion", "phase"),
    [
        (np.empty(0), []),
        (np.array([3.0]), [Phase.STANDING]),
        (np.array([80.0]), [Phase.BOTTOM]),
        (np.full(50, 3.0), [Phase.STANDING]),
        (np.full(50, np.nan), [Phase.UNSEEN]),
    ],
    ids=["no frame", "one upright", "one bent", "still", "never seen"],
)
def test_films_in_which_nothing_happens_have_no_rep(flexion: Floats, phase: list[Phase]) -> None:
    moved, closed = follow(np.arange(len(flexion)) / 25, flexion)
    assert order(moved) == phase
    assert not counted(closed)
    assert len(moved.phase) == len(moved.rep) == len(moved.deepest) == len(flexion)


def test_what_was_remembered_and_handed_in_is_not_changed() -> None:
    keys = stand(1.0) + hinge(1)
    t = times(keys)
    flexion = angles(keys, t)[:, :2].sum(axis=1)
    rate = np.gradient(flexion, t)
    options = {"start_deg": 30.0, "min_depth_deg": 45.0}
    track, _ = phases.advance(Track(), t[:60], flexion[:60], rate[:60], flexion[:60], **options)
    before = copy.copy(track)
    inputs = [x.copy() for x in (t, flexion, rate)]
    phases.advance(track, t[60:], flexion[60:], rate[60:], flexion[60:], **options)
    phases.finish(track, 0, min_depth_deg=45.0)
    assert track == before
    for x, y in zip((t, flexion, rate), inputs, strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize(("flexion_deg", "phase"), [(79.0, Phase.BOTTOM), (78.0, Phase.BOTTOM), (77.0, Phase.UP)])
def test_a_slow_drift_up_is_still_the_bottom_within_twelve_degrees_of_the_deepest_point(flexion_deg: float, phase: Phase) -> None:
    """By hand: 60 degrees a second down, so below 18 is slow; 90 is the deepest, and 90 - 12 = 78 still near it."""
    flexion = np.array([0.0, 45.0, 90.0, flexion_deg])
    rate = np.array([0.0, 60.0, 60.0, -10.0])
    time_s = np.arange(4) / 4
    _, moved = phases.advance(Track(), time_s, flexion, rate, flexion, start_deg=30.0, min_depth_deg=45.0)
    assert moved.phase.tolist() == [Phase.STANDING, Phase.DOWN, Phase.DOWN, phase]
