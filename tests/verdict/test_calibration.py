"""What is read, turned into what is true, with the numbers that were fitted: whatever they are, these things hold."""

from itertools import pairwise

import numpy as np
import pytest
from synthetic import POSES, noisy, rows, still, stood

from hingecheck.verdict import calibration, metrics
from hingecheck.verdict.calibration import (
    ANGLES,
    BENT_OVER_DEG,
    DEEP_DEG,
    HEAD_BACK_DEG,
    HEAD_DOWN_DEG,
    LEG_POSTURE_DEG,
    OWN_DEG,
    USUAL_BACK,
)
from hingecheck.verdict.silhouette import L, S
from hingecheck.verdict.types import METRICS, Floats, Metrics

SOURCES = {"near side": (1.0, 0.0, 0.0), "both sides": (0.0, 1.0, 0.0), "world": (0.0, 0.0, 1.0), "in between": (0.25, 0.75, 0.0)}
each_source = pytest.mark.parametrize("share", SOURCES.values(), ids=SOURCES)


def usual(share: tuple[float, ...]) -> Floats:
    """How people who stand tall are read, (1, 3)."""
    return calibration.standing_read(np.array([share]))


def true_of(share: tuple[float, ...]) -> Floats:
    """How they stand, (3,)."""
    return np.array(share) @ np.array(ANGLES.true)


def slope_of(share: tuple[float, ...]) -> Floats:
    """True degrees a degree read, (3,)."""
    return np.array(share) @ np.array(ANGLES.slope)


def kept_of(share: tuple[float, ...]) -> Floats:
    """The share of an own stand that is no error, (3,)."""
    return np.array(share) @ np.array(ANGLES.kept)


def bent_of(share: tuple[float, ...]) -> Floats:
    """What a trunk that is bent over adds, (3,)."""
    return np.array(share) @ np.array(ANGLES.bent)


# Angles.


@each_source
def test_who_is_read_as_people_are_who_stand_stands_as_people_do(share: tuple[float, ...]) -> None:
    for own in (None, usual(share)[0], [np.nan] * 3):
        assert calibration.leans(usual(share), own, np.array([share]))[0] == pytest.approx(true_of(share))


@each_source
def test_standing_read_and_standing_true_are_mixed_as_the_sources_are(share: tuple[float, ...]) -> None:
    read = np.array(ANGLES.read)
    assert usual(share)[0] == pytest.approx(share[0] * read[0] + share[1] * read[1] + share[2] * read[2])


@each_source
@pytest.mark.parametrize("off_deg", [OWN_DEG, -OWN_DEG, OWN_DEG / 3, -1.0])
def test_an_own_standing_that_is_off_by_little_is_the_landmarks_error_all_session(share: tuple[float, ...], off_deg: float) -> None:
    """Standing like that is standing as people do, but for the share that is kept; so is each pose with the error in it."""
    own = usual(share)[0] + off_deg
    kept = kept_of(share) * off_deg
    assert calibration.leans(own[None], own, np.array([share]))[0] == pytest.approx(true_of(share) + kept)
    pose = usual(share) + [50.0, 20.0, 5.0]
    with_error = calibration.leans(pose + off_deg, own, np.array([share]))
    assert with_error == pytest.approx(calibration.leans(pose, None, np.array([share])) + kept)


@each_source
def test_an_own_standing_that_is_off_by_more_is_a_posture_from_there_on(share: tuple[float, ...]) -> None:
    """Of a trunk that leans 10 degrees further than usual, 6 are taken for an error and 4 counted; backwards as well."""
    for way in (1.0, -1.0):
        own = usual(share)[0] + [way * 10.0, 0.0, 0.0]
        told = calibration.leans(own[None], own, np.array([share]))[0, 0]
        bent = calibration.bent_over(np.array([way * (10.0 - OWN_DEG)]))[0] * bent_of(share)[0]
        by_hand = true_of(share)[0] + kept_of(share)[0] * way * OWN_DEG + slope_of(share)[0] * way * (10.0 - OWN_DEG) + bent
        assert told == pytest.approx(by_hand)


@pytest.mark.parametrize(("leant_deg", "counted"), [(1.0, 0.0), (LEG_POSTURE_DEG[1], 1.0), (-5.0, 1.0), (2.5, 0.5)])
def test_a_leg_that_leans_otherwise_from_hip_to_ankle_stands_so_whatever_its_knee_is_drawn_like(leant_deg: float, counted: float) -> None:
    """From the near side; a knee drawn 4 degrees too far forward turns thigh and shin to opposite sides of that line."""
    share = SOURCES["near side"]
    posture = leant_deg * counted
    for knee_deg in (0.0, 4.0):
        own = usual(share)[0] + [0.0, knee_deg - leant_deg, knee_deg + leant_deg]
        error = knee_deg + np.array([0.0, posture - leant_deg, leant_deg - posture])
        by_hand = true_of(share) + [0.0, -posture, posture] + kept_of(share) * error * [0.0, 1.0, 1.0]
        assert calibration.leans(own[None], own, np.array([share]))[0] == pytest.approx(by_hand)


def test_a_thigh_that_turns_far_turns_further_than_it_is_read() -> None:
    share = np.array([SOURCES["near side"]])
    far, further = (calibration.scaled(np.array([[60.0, DEEP_DEG + more, 0.0]]), share)[0, 1] for more in (0.0, 10.0))
    assert further - far == pytest.approx(10.0 * (ANGLES.slope[0][1] + ANGLES.deep[0][1]))
    assert ANGLES.deep[0][1] > 0


@each_source
def test_a_standing_angle_that_was_not_seen_counts_as_the_usual_one(share: tuple[float, ...]) -> None:
    own = usual(share)[0] + [3.0, np.nan, 2.0]
    told = calibration.leans(usual(share) + [3.0, 0.0, 2.0], own, np.array([share]))[0]
    assert told == pytest.approx(true_of(share) + kept_of(share) * [3.0, 0.0, 2.0])


@each_source
def test_what_is_read_beyond_standing_counts_by_the_slope_and_bending_over_adds_its_part(share: tuple[float, ...]) -> None:
    """Half of the way to being bent over at 7.5 degrees of the trunk, all of it from 15 on, nothing when leaning back."""
    for trunk, part in ((-10.0, 0.0), (0.0, 0.0), (BENT_OVER_DEG / 2, 0.5), (BENT_OVER_DEG, 1.0), (70.0, 1.0)):
        change = np.array([[trunk, 20.0, -3.0]])
        by_hand = true_of(share) + slope_of(share) * change[0] + part * bent_of(share)
        assert calibration.leans(usual(share) + change, None, np.array([share]))[0] == pytest.approx(by_hand)
        assert calibration.scaled(change, np.array([share]))[0] == pytest.approx(by_hand - true_of(share))
        assert calibration.bent_over(change[:, 0])[0] == pytest.approx(part)


@each_source
def test_a_trunk_that_is_read_further_forward_is_further_forward(share: tuple[float, ...]) -> None:
    lean = np.linspace(-40.0, 100.0, 500)
    read = usual(share) + np.stack([lean, np.zeros(500), np.zeros(500)], axis=-1)
    assert (np.diff(calibration.leans(read, None, np.tile(share, (500, 1)))[:, 0]) > 0).all()


@each_source
def test_what_is_not_seen_stays_unseen(share: tuple[float, ...]) -> None:
    """An unseen trunk may be bent over or not: then thigh and shin are not known either."""
    for column, unseen in ((0, [True, True, True]), (1, [False, True, False]), (2, [False, False, True])):
        read = usual(share).copy()
        read[0, column] = np.nan
        assert np.isnan(calibration.leans(read, None, np.array([share])))[0].tolist() == unseen
    assert np.isnan(calibration.leans(usual(share), None, np.full((1, 3), np.nan))).all()


# The camera.


def test_the_camera_stands_where_the_fit_says_and_on_the_side_that_is_read() -> None:
    for read, true in zip(calibration.CAMERA_READ_DEG, calibration.CAMERA_TRUE_DEG, strict=True):
        for way in (1.0, -1.0):
            told = calibration.camera_yaw(np.array([way * (90.0 - read)]))[0]
            assert told == pytest.approx(way * (90.0 - true), abs=1e-9)


def test_the_camera_goes_round_as_the_shoulders_do_and_never_beyond_straight_away() -> None:
    read = np.linspace(0.0, 180.0, 2000)
    told = calibration.camera_yaw(read)
    assert (np.diff(told) >= 0).all()
    assert np.diff(told).max() < 0.3  # no jump: a step of the reading is 0.09 degrees
    assert (told[0], told[-1]) == (0.0, 180.0)
    np.testing.assert_array_equal(calibration.camera_yaw(-read[1:]), -told[1:])


def test_further_behind_than_was_rendered_the_camera_is_off_by_what_it_was_there() -> None:
    most, there = calibration.CAMERA_READ_DEG[0], calibration.CAMERA_TRUE_DEG[0]
    for more in (0.0, 10.0, 40.0):
        assert calibration.camera_yaw(np.array([90.0 - most + more]))[0] == pytest.approx(90.0 - there + more)


def test_a_camera_that_is_not_known_stays_unknown() -> None:
    told = calibration.camera_yaw(np.array([90.0, np.nan, -90.0]))
    assert np.isnan(told).tolist() == [False, True, False]


# The back.

TALL = (0.02, -18.0, 20.0, 25.0)  # some lifter's own columns: shoulder, lower, upper, head
AS_LONG = np.zeros(1)  # the chord from hips to shoulders, as it stood


def change(lower: float = 0.0, upper: float = 0.0, head: float = 0.0, shoulder: float = 0.0) -> Floats:
    """Columns of the back that differ so far from ``TALL``. (1, 4)."""
    return np.array([TALL]) + [[shoulder, lower, upper, head]]


@pytest.mark.parametrize("lean_deg", [0.0, 40.0, 80.0])
def test_the_back_is_bent_by_its_change_and_by_the_share_of_lean_and_head(lean_deg: float) -> None:
    lower, upper, _ = calibration.back(change(12.0, 1.0, 10.0), TALL, np.array([lean_deg]), AS_LONG)
    assert lower[0] == pytest.approx(12.0 + calibration.LOWER_BY_LEAN * lean_deg)
    assert upper[0] == pytest.approx(1.0 + calibration.UPPER_BY_LEAN * lean_deg + calibration.UPPER_BY_HEAD * 10.0)


def test_a_chord_from_hips_to_shoulders_that_is_drawn_in_tells_of_a_lower_back_that_rounds_and_not_of_the_upper() -> None:
    read, drawn_in = change(12.0, 1.0, 10.0), calibration.LOWER_BY_CHORD * 0.05
    (lower,), (upper,), _ = calibration.back(read, TALL, np.array([40.0]), AS_LONG)
    (shorter,), (same,), _ = calibration.back(read, TALL, np.array([40.0]), AS_LONG + 0.05)
    assert shorter - lower == pytest.approx(drawn_in)
    assert drawn_in > 1.0
    assert same == upper


def test_of_what_the_lower_backs_contour_shows_a_share_is_an_upper_backs_that_is_rounded_beyond_what_a_long_one_reads() -> None:
    def told(upper: float) -> tuple[float, float]:
        lower, upper_deg, _ = calibration.back(change(12.0, upper), TALL, np.zeros(1), AS_LONG)
        return float(lower[0]), float(upper_deg[0])

    assert told(calibration.ROUND_DEG) == told(calibration.ROUND_DEG - 5.0)[:1] + (calibration.ROUND_DEG,)
    assert told(calibration.ROUND_DEG + 10.0)[0] == pytest.approx(12.0 + 10.0 * calibration.LOWER_BY_UPPER)
    assert calibration.round_beyond(np.array([20.0, 13.0, -5.0, np.nan])).tolist() == [20.0 - calibration.ROUND_DEG, 0.0, 0.0, 0.0]


def test_standing_tall_and_leaning_back_the_shape_of_standing_is_no_bend() -> None:
    for lean_deg in (0.0, -15.0):
        lower, upper, _ = calibration.back(change(), TALL, np.array([lean_deg]), AS_LONG)
        assert (lower[0], upper[0]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("head_deg", "known"),
    [
        (HEAD_BACK_DEG - 0.1, False),
        (HEAD_BACK_DEG, True),
        (0.0, True),
        (HEAD_DOWN_DEG, True),
        (HEAD_DOWN_DEG + 0.1, False),
        (np.nan, False),
    ],
)
def test_a_head_that_is_turned_too_far_leaves_the_upper_back_unknown_and_the_lower_one_known(head_deg: float, known: bool) -> None:
    lower, upper, shift = calibration.back(change(12.0, 7.0, head_deg), TALL, np.array([40.0]), AS_LONG)
    assert np.isfinite(upper[0]) == known
    assert np.isfinite([lower[0], shift[0]]).all()


def test_without_a_standing_shape_the_back_is_compared_with_a_usual_one_and_the_shoulders_with_nothing() -> None:
    read = np.array([USUAL_BACK]) + [[0.1, 12.0, 1.0, 10.0]]
    lower, upper, shift = calibration.back(read, None, np.array([40.0]), np.array([np.nan]))
    same_lower, same_upper, _ = calibration.back(read, USUAL_BACK, np.array([40.0]), AS_LONG)
    assert (lower[0], upper[0]) == (same_lower[0], same_upper[0])
    assert lower[0] == pytest.approx(12.0 + calibration.LOWER_BY_LEAN * 40.0)
    assert np.isnan(shift[0])


def test_the_shoulders_are_those_of_the_stand_against_usual_ones_whatever_they_do_later() -> None:
    read = np.concatenate([change(shoulder=0.0), change(shoulder=0.3), change(shoulder=np.nan)])
    shift = calibration.back(read, TALL, np.array([0.0, 60.0, np.nan]), np.zeros(3))[2]
    assert shift == pytest.approx(np.full(3, TALL[0] - USUAL_BACK[0]))
    assert np.isnan(calibration.back(read, (np.nan, *TALL[1:]), np.zeros(3), np.zeros(3))[2]).all()


def test_what_is_not_seen_of_a_back_stays_unseen() -> None:
    for read, standing, lean_deg, unseen in [
        (change(lower=np.nan), TALL, 0.0, [True, False]),
        (change(upper=np.nan), TALL, 0.0, [False, True]),
        (change(), TALL, np.nan, [True, True]),
        (change(), (TALL[0], np.nan, *TALL[2:]), 0.0, [False, False]),  # what of the stand is not known is as usual
    ]:
        lower, upper, _ = calibration.back(read, standing, np.array([lean_deg]), AS_LONG)
        assert [bool(np.isnan(x[0])) for x in (lower, upper)] == unseen


def test_a_standing_back_that_nobody_has_is_taken_for_the_masks_error_beyond_what_people_have() -> None:
    """A lower back 50 degrees and an upper back 15 from the usual: 27 and 7.5 of it are the lifter's own."""
    usual = np.array(USUAL_BACK)
    lower, upper, _ = calibration.back(usual[None], tuple(usual + [0.0, 50.0, -15.0, 0.0]), np.zeros(1), AS_LONG)
    assert (lower[0], upper[0]) == pytest.approx((-calibration.OWN_LOWER_DEG, calibration.OWN_UPPER_DEG))


# Against what was rendered.


def test_what_is_given_is_never_written_to() -> None:
    read, share, back = usual(SOURCES["world"]), np.array([SOURCES["world"]]), change()
    for array in (read, share, back):
        array.flags.writeable = False
    calibration.leans(read, (1.0, 2.0, 3.0), share)
    calibration.back(back, TALL, np.zeros(1), AS_LONG)


def test_one_frame_gives_the_bits_that_many_give() -> None:
    rng = np.random.default_rng(4)
    read, back = rng.normal(0.0, 30.0, (300, 3)), np.array(TALL) + rng.normal(0.0, 10.0, (300, 4))
    share = rng.dirichlet(np.ones(3), 300)

    def columns(size: int) -> Floats:
        parts = [slice(n, n + size) for n in range(0, 300, size)]
        leans = [calibration.leans(read[p], (1.7, -2.3, 0.9), share[p]) for p in parts]
        backs = [np.stack(calibration.back(back[p], TALL, read[p, 0], read[p, 1] / 300.0), axis=-1) for p in parts]
        usual = [calibration.standing_read(share[p]) for p in parts]
        return np.concatenate([np.concatenate(x) for x in (leans, backs, usual)], axis=1)

    for size in (1, 2, 7, 100):
        np.testing.assert_array_equal(columns(300), columns(size))


@pytest.mark.parametrize("yaw_deg", [90.0, 70.0, 40.0, 25.0, 0.0])
def test_one_frame_is_measured_as_it_is_among_many(yaw_deg: float) -> None:
    poses, yaw = noisy(still(POSES["half way"], yaw_deg, 60)), np.full(60, yaw_deg)
    known, series = stood(yaw_deg), rows(poses, yaw_deg)

    def columns(size: int) -> Floats:
        parts = [slice(n, n + size) for n in range(0, 60, size)]
        told = Metrics.concat([metrics.against(known, series[p], yaw[p], np.ones((60, 2))[p])[0] for p in parts])
        bends = np.concatenate([metrics.bend(known, series[p], yaw[p]) for p in parts])
        return np.stack([*(getattr(told, name) for name in METRICS), bends])

    np.testing.assert_array_equal(columns(60), columns(1))


def test_thigh_and_shin_by_the_rear_edge_are_told_from_now_and_from_the_own_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand: 1 + 2 x 10 - 0.5 x 4 - 6 and -1 + 1 x 5 - 0.25 x 8 + 6, the line from ankles to hips at 6 as it usually stands at 5."""
    monkeypatch.setattr(calibration, "REAR_LEANS", ((2.0, 1.0), (-0.5, -0.25), (-1.0, 1.0), (1.0, -1.0)))
    monkeypatch.setattr(calibration, "USUAL_LINE_DEG", 5.0)
    now = np.array([[10.0, 5.0, 6.0], [np.nan, 5.0, 6.0]])
    assert calibration.rear_leans(now, (4.0, 8.0, 5.0)) == pytest.approx(np.array([[13.0, 8.0], [np.nan, 8.0]]), nan_ok=True)
    assert np.isnan(calibration.rear_leans(now[:1], (np.nan, np.nan, 5.0))).all()


@pytest.mark.parametrize(("off_deg", "error_deg"), [(1.0, 1.0), (-1.5, -1.5), (2.5, 1.25), (3.5, 0.0), (-6.0, 0.0)])
def test_a_leg_that_stands_a_little_otherwise_is_read_wrong_and_one_that_stands_quite_otherwise_stands_so(
    off_deg: float, error_deg: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand: half way between 1.5 and 3.5 half of it is an error."""
    monkeypatch.setattr(calibration, "REAR_LEANS", ((0.0, 0.0), (0.0, 0.0), (-1.0, 1.0), (0.0, 0.0)))
    monkeypatch.setattr(calibration, "USUAL_LINE_DEG", 5.0)
    assert calibration.line_error(off_deg) == pytest.approx(error_deg)
    told = calibration.rear_leans(np.array([[0.0, 0.0, 2.0]]), (0.0, 0.0, 5.0 + off_deg))
    assert told == pytest.approx(np.array([[error_deg - 2.0, 2.0 - error_deg]]))


def test_shoulders_seen_a_little_from_the_front_hang_further_forward_than_they_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calibration, "SHOULDER_BY_CAMERA", -0.002)
    told = calibration.shoulder_by_camera(np.array([90.0, 85.0, -85.0, 95.0, 60.0, -170.0]))
    assert told == pytest.approx([0.0, 0.01, 0.01, -0.01, 0.02, -0.02])


def test_the_rear_edge_counts_less_the_more_the_knee_is_bent() -> None:
    first, last = calibration.REAR_GIVES_WAY_DEG
    assert calibration.by_rear(np.array([-5.0, first, (first + last) / 2, last, 90.0])).tolist() == [1.0, 1.0, 0.5, 0.0, 0.0]


def test_the_gap_of_the_knees_is_read_right_of_who_stands_and_otherwise_bent_over() -> None:
    read = np.array([0.5, 1.0, 1.8, np.nan])
    assert calibration.knee_gap(read, np.full(4, -5.0)) == pytest.approx(read, nan_ok=True)
    bent = calibration.knee_gap(read, np.full(4, 90.0))
    assert bent[0] < read[0]
    assert bent[2] > read[2]
    assert np.isnan(bent[3])
    half = calibration.knee_gap(read, np.full(4, 30.0))
    assert half - read == pytest.approx((bent - read) / 2, nan_ok=True)


def test_the_outline_moves_the_trunk_only_where_it_is_bent_over_or_the_hip_is_elsewhere() -> None:
    upright, bent = calibration.trunk_by_outline(np.array([0.0, 60.0]), np.zeros((2, 2))).tolist()
    assert upright == 0.0
    assert bent == pytest.approx(60.0 + calibration.TRUNK_BY_OUTLINE[2])
    assert np.isnan(calibration.trunk_by_outline(np.array([60.0]), np.full((1, 2), np.nan))).all()


def test_the_fitted_numbers_are_of_one_shape() -> None:
    for table in (ANGLES.read, ANGLES.true, ANGLES.slope, ANGLES.bent):
        assert np.shape(table) == (3, 3)
    assert len(USUAL_BACK) == 4
    assert np.shape(calibration.REAR_WEIGHTS) == (2, L)
    assert len(calibration.USUAL_LEG) == L
    assert np.shape(calibration.REAR_LEANS) == (4, 2)
    for weights in (calibration.LOWER_WEIGHTS, calibration.UPPER_WEIGHTS, calibration.SHOULDER_WEIGHTS, calibration.USUAL_PROFILE):
        assert len(weights) == S
    assert len(calibration.CAMERA_READ_DEG) == len(calibration.CAMERA_TRUE_DEG)
    assert len(calibration.SHOULDER_CARRIAGE) == 3
    for rising in (calibration.CAMERA_READ_DEG, calibration.CAMERA_TRUE_DEG, calibration.SPREADS_AT_DEG):
        assert all(a < b for a, b in pairwise(rising))
    assert (np.array(ANGLES.slope) > 0).all()
    assert HEAD_BACK_DEG < 0 < HEAD_DOWN_DEG


def test_who_stands_looking_down_is_not_told_about_the_shoulders() -> None:
    level, down = (np.array(USUAL_BACK) + [0.05, 0.0, 0.0, turn] for turn in (calibration.LEVEL_HEAD_DEG, calibration.LEVEL_HEAD_DEG + 0.1))
    assert calibration.back(level[None], tuple(level), np.zeros(1), AS_LONG)[2][0] == pytest.approx(0.05)
    assert np.isnan(calibration.back(down[None], tuple(down), np.zeros(1), AS_LONG)[2][0])


@pytest.mark.parametrize(("source", "counted"), [("near side", 1.0), ("both sides", 0.0), ("world", 0.0), ("in between", 0.25)])
def test_a_leg_that_stands_leant_is_a_posture_as_far_as_the_near_side_tells_it(source: str, counted: float) -> None:
    """By hand: thigh 5 degrees back and shin 5 ahead of the usual ones are a leg that leans by 5. The rest is an error, in part kept."""
    share = SOURCES[source]
    own = usual(share)[0] + [0.0, -5.0, 5.0]
    error = (1.0 - counted) * np.array([0.0, -5.0, 5.0])
    stands = true_of(share) + counted * np.array([0.0, -5.0, 5.0]) + kept_of(share) * error
    assert calibration.leans(own[None], own, np.array([share]))[0] == pytest.approx(stands)
