"""The measures of the hinge, on a stick figure whose angles, lengths and gaps are given."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic import (
    ANKLE_PX,
    LEG_M,
    PX_PER_M,
    SHANK_M,
    THIGH_M,
    Build,
    Key,
    angles,
    backless,
    contour,
    figure,
    film,
    hidden,
    noisy,
    stand,
    walk,
)

from hingecheck import engine, metrics, views
from hingecheck.data import Floats, Metrics, Poses
from hingecheck.metrics import ANKLE_X, HIP_X, KNEE_ANKLE, SEGMENT_COUNT, SEGMENTS, SERIES, SHIN, THIGH, TRUNK, Baseline
from hingecheck.profiles import Profile
from hingecheck.silhouette import HEIGHTS, S

POSES = {
    "standing": Key(0.0),
    "half way": Key(0.0, 35.0, 10.0, 0.0),
    "hinged": Key(0.0, 70.0, 20.0, 0.0),
    "stiff legs": Key(0.0, 88.0, 2.0, 0.0),
    "squatting": Key(0.0, 35.0, 55.0, 25.0),
    "leaning back": Key(0.0, -15.0, 0.0, 0.0),
    "knees behind the toes": Key(0.0, 60.0, 40.0, -10.0),
}


def still(key: Key, yaw_deg: float = 90.0, frames: int = 1, build: Build | None = None) -> Poses:
    """So many frames of a figure that holds a pose."""
    return figure(np.arange(frames) / 25, np.tile(np.array(key[1:]), (frames, 1)), yaw_deg, build)


def series(poses: Poses, yaw_deg: float) -> Floats:
    """The unsmoothed series of a figure seen from ``yaw_deg``."""
    yaw = np.full(len(poses), yaw_deg)
    return metrics.measure(metrics.gate(poses), yaw, views.near_side(-1, yaw))


def baseline(yaw_deg: float = 90.0, build: Build | None = None) -> Baseline:
    """What is learnt of the figure standing straight."""
    poses = still(Key(0.0), yaw_deg, 10, build)
    return metrics.learn(0.0, series(poses, yaw_deg), np.full(10, yaw_deg))


def measured(key: Key, yaw_deg: float = 90.0, build: Build | None = None) -> Metrics:
    """The measures of one frame in this pose, the figure having stood straight before."""
    return metrics.against(baseline(yaw_deg, build), series(still(key, yaw_deg, build=build), yaw_deg), np.array([yaw_deg]))


def held(key: Key, yaw_deg: float = 90.0, **options: object) -> Metrics:
    """The measures at the end of a film, through the whole engine: standing, then bending into a pose and holding it."""
    poses = film((*stand(1.0), key._replace(after_s=1.5), key._replace(after_s=1.5)), yaw_deg=yaw_deg, **options)  # type: ignore[arg-type]
    return engine.analyse(poses, Profile.default()).metrics[-1:]


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("yaw_deg", [90.0, -90.0, 60.0, -60.0, 30.0, 0.0, 5.0, 180.0, 150.0, -120.0])
def test_the_angles_of_the_figure_are_read_from_every_side(pose: str, yaw_deg: float) -> None:
    key = POSES[pose]
    read = series(still(key, yaw_deg), yaw_deg)[0]
    assert read[[TRUNK, THIGH, SHIN]] == pytest.approx([key.lean, key.thigh, key.shin], abs=1e-6)


@pytest.mark.parametrize("yaw_deg", [80.0, -100.0, 70.0, 115.0])
def test_between_side_and_oblique_the_angles_are_off_by_little(yaw_deg: float) -> None:
    """The picture shortens what points at the camera (tan 70 times cos 20 is tan 68.8) and shows shoulders wider than hips."""
    key = POSES["hinged"]
    read = series(still(key, yaw_deg), yaw_deg)[0]
    assert read[[TRUNK, THIGH, SHIN]] == pytest.approx([key.lean, key.thigh, key.shin], abs=1.5)


@pytest.mark.parametrize(("off_deg", "share"), [(0.0, 1.0), (13.0, 1.0), (17.0, 0.75), (20.0, 0.5), (23.0, 0.25), (27.0, 0.0), (80.0, 0.0)])
@pytest.mark.parametrize("side", [90.0, -90.0])
def test_the_picture_gives_way_to_the_world_landmarks_from_14_to_26_degrees_off(off_deg: float, share: float, side: float) -> None:
    """Two figures in one: the picture's trunk leans 40 degrees in it, the world's 60."""
    yaw_deg = side - np.sign(side) * off_deg
    picture, world = still(Key(0.0, 40.0), side), still(Key(0.0, 60.0), yaw_deg)
    read = series(replace(picture, world=world.world), yaw_deg)[0, TRUNK]
    assert read == pytest.approx(share * 40.0 + (1 - share) * 60.0, abs=1e-6)


def test_from_the_side_the_near_leg_counts_and_the_far_one_may_be_hidden() -> None:
    poses = still(POSES["hinged"], 90.0)
    poses.xy[0, 25] += [30.0, 10.0]  # the left knee, the far one, is somewhere else
    assert series(poses, 90.0)[0, THIGH] == pytest.approx(20.0)
    assert series(hidden(poses, ["left_knee", "left_hip", "left_ankle"]), 90.0)[0, THIGH] == pytest.approx(20.0)
    assert np.isnan(series(hidden(poses, ["right_knee"]), 90.0)[0, THIGH])


def test_from_an_oblique_view_one_leg_is_enough() -> None:
    poses = hidden(still(POSES["hinged"], 45.0), ["left_knee"])
    assert series(poses, 45.0)[0, [TRUNK, THIGH, SHIN]] == pytest.approx([70.0, 20.0, 0.0], abs=1e-6)
    both = hidden(poses, ["right_knee"])
    assert np.isnan(series(both, 45.0)[0, [THIGH, SHIN]]).all()
    assert series(both, 45.0)[0, TRUNK] == pytest.approx(70.0)


def test_unlikely_landmarks_are_missing_and_likely_ones_untouched() -> None:
    poses = still(Key(0.0), 90.0, 2)
    poses.score[0, 23], poses.score[0, 24] = 0.49, 0.5
    seen = metrics.gate(poses)
    assert np.isnan(seen.xy[0, 23]).all()
    assert np.isnan(seen.world[0, 23]).all()
    assert np.isnan(seen.xy).sum() == 2
    np.testing.assert_array_equal(seen.xy[0, 24], poses.xy[0, 24])
    assert np.isfinite(poses.xy).all()


DIRECTIONS_DEG = np.array([[10.0, -5.0, 0.0, 25.0, -40.0, 15.0]])


def test_the_directions_of_the_six_stretches_of_the_back() -> None:
    poses = replace(still(Key(0.0)), back=contour(DIRECTIONS_DEG))
    assert series(poses, 90.0)[0, SEGMENTS : SEGMENTS + SEGMENT_COUNT] == pytest.approx(DIRECTIONS_DEG[0])


def test_a_stretch_is_read_from_four_of_its_samples_and_not_from_three() -> None:
    back = contour(DIRECTIONS_DEG)
    back[0, [6, 8]] = np.nan  # within the second stretch: four are left
    back[0, [16, 17, 19]] = np.nan  # within the fourth: three are left
    read = series(replace(still(Key(0.0)), back=back), 90.0)[0, SEGMENTS : SEGMENTS + SEGMENT_COUNT]
    assert np.isnan(read).tolist() == [False, False, False, True, False, False]
    seen = [0, 1, 2, 4, 5]
    assert read[seen] == pytest.approx(DIRECTIONS_DEG[0, seen])


def test_directions_are_the_least_squares_line_whatever_the_depth() -> None:
    back = np.full((1, S), 0.2)
    back[0, :6] = [0.20, 0.22, 0.21, 0.23, 0.22, 0.24]
    expected = np.degrees(np.arctan(np.polyfit(HEIGHTS[:6], back[0, :6], 1)[0]))
    for depth in (0.0, 0.1):
        poses = replace(still(Key(0.0)), back=back + depth)
        assert series(poses, 90.0)[0, SEGMENTS] == pytest.approx(expected)


def test_the_weights_of_the_back_answer_to_a_change_of_shape_only() -> None:
    """By hand: the same shape as when standing is no flexion, and the measure is the weighted sum of the changes."""
    known = replace(baseline(), segments_deg=tuple(DIRECTIONS_DEG[0]))
    change = np.array([3.0, 8.0, -2.0, -6.0, -9.0, 4.0])
    row = series(replace(still(Key(0.0)), back=contour(DIRECTIONS_DEG + [np.zeros(6)])), 90.0)
    bent = series(replace(still(Key(0.0)), back=contour(DIRECTIONS_DEG + change)), 90.0)
    yaw = np.array([90.0])
    assert metrics.against(known, row, yaw).spine_lower_deg[0] == pytest.approx(0.0, abs=1e-9)
    assert metrics.against(known, row, yaw).spine_upper_deg[0] == pytest.approx(0.0, abs=1e-9)
    flexed = metrics.against(known, bent, yaw)
    assert flexed.spine_lower_deg[0] == pytest.approx(np.dot(metrics.LOWER_WEIGHTS[:-1], change))
    assert flexed.spine_upper_deg[0] == pytest.approx(np.dot(metrics.UPPER_WEIGHTS[:-1], change))


def test_a_stretch_without_weight_may_be_hidden() -> None:
    unused = [n for n in range(SEGMENT_COUNT) if metrics.LOWER_WEIGHTS[n] == 0]
    assert unused
    row = series(still(Key(0.0)), 90.0)
    row[0, [SEGMENTS + n for n in unused]] = np.nan
    assert np.isfinite(metrics.against(baseline(), row, np.array([90.0])).spine_lower_deg[0])
    row[0, SEGMENTS + 1] = np.nan
    assert np.isnan(metrics.against(baseline(), row, np.array([90.0])).spine_lower_deg[0])


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0])
@pytest.mark.parametrize(("lower", "upper"), [(30.0, np.nan), (-25.0, np.nan), (20.0, 12.0)])
def test_the_bend_given_to_the_back_is_read_through_the_whole_engine(lower: float, upper: float, yaw_deg: float) -> None:
    read = held(Key(0.0, 70.0, 20.0, 0.0, lower, upper), yaw_deg)
    assert read.spine_lower_deg[0] == pytest.approx(lower, abs=0.1)
    if upper == upper:
        assert read.spine_upper_deg[0] == pytest.approx(upper, abs=0.1)


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("yaw_deg", [90.0, -90.0, 45.0, 0.0])
def test_hip_and_knee_flexion_are_sums_of_leans_through_the_whole_engine(pose: str, yaw_deg: float) -> None:
    key = POSES[pose]
    read = held(key, yaw_deg)
    assert read.hip_flexion_deg[0] == pytest.approx(key.lean + key.thigh, abs=0.1)
    assert read.knee_flexion_deg[0] == pytest.approx(key.thigh + key.shin, abs=0.1)
    assert read.trunk_lean_deg[0] == pytest.approx(key.lean, abs=0.1)
    assert read.shin_lean_deg[0] == pytest.approx(key.shin, abs=0.1)
    assert read.view_yaw_deg[0] == pytest.approx(abs(yaw_deg), abs=0.1)


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("yaw_deg", [90.0, -90.0, 0.0])
def test_the_butt_drops_by_what_thigh_and_shin_lose_in_height(pose: str, yaw_deg: float) -> None:
    key = POSES[pose]
    standing_m = THIGH_M + SHANK_M
    height_m = THIGH_M * np.cos(np.radians(key.thigh)) + SHANK_M * np.cos(np.radians(key.shin))
    expected = (standing_m - height_m) / LEG_M
    straight = Build(hip_gap_m=0.2, knee_gap_m=0.2, ankle_gap_m=0.2)  # legs that do not slant when seen from the front
    assert measured(key, yaw_deg, straight).butt_drop[0] == pytest.approx(expected, abs=1e-9)
    assert held(key, yaw_deg, build=straight).butt_drop[0] == pytest.approx(expected, abs=0.001)


def test_the_shoulder_shifts_by_what_the_back_lies_further_behind_it() -> None:
    row = series(replace(still(Key(0.0)), back=still(Key(0.0)).back + 0.07), 90.0)
    assert metrics.against(baseline(), row, np.array([90.0])).shoulder_shift[0] == pytest.approx(0.07)


@pytest.mark.parametrize("yaw_deg", [0.0, 25.0, 180.0, -40.0])
def test_gaps_between_left_and_right_are_ratios_of_the_figures_own(yaw_deg: float) -> None:
    build = Build(hip_gap_m=0.20, knee_gap_m=0.15, ankle_gap_m=0.30)
    read = measured(Key(0.0), yaw_deg, build)
    assert read.knee_ankle_ratio[0] == pytest.approx(0.15 / 0.30)
    assert read.ankle_hip_ratio[0] == pytest.approx(0.30 / 0.20)


@pytest.mark.parametrize("yaw_deg", [90.0, 75.0, -110.0])
def test_gaps_are_not_measured_from_near_the_side(yaw_deg: float) -> None:
    read = measured(Key(0.0), yaw_deg)
    assert np.isnan(read.knee_ankle_ratio[0])
    assert np.isnan(read.ankle_hip_ratio[0])


def test_without_a_baseline_only_what_needs_none_is_measured() -> None:
    read = metrics.against(None, series(still(POSES["hinged"]), 90.0), np.array([90.0]))
    assert read.hip_flexion_deg[0] == pytest.approx(90.0)
    assert read.knee_flexion_deg[0] == pytest.approx(20.0)
    for name in ("butt_drop", "shoulder_shift", "spine_lower_deg", "spine_upper_deg"):
        assert np.isnan(getattr(read, name)[0])


def standing(**changed: float) -> bool:
    """Whether a lifter stands, straight and still but for these columns: ``trunk``, ``thigh``, ``shin``, ``trunk_rate``, ``thigh_rate``."""
    row, rate = np.zeros((1, SERIES)), np.zeros((1, SERIES))
    for name, column in (("trunk", TRUNK), ("thigh", THIGH), ("shin", SHIN)):
        row[0, column] = changed.get(name, 0.0)
        rate[0, column] = changed.get(f"{name}_rate", 0.0)
    return bool(metrics.standing(row, rate, np.array([changed.get("yaw_deg", 90.0)]))[0])


def test_standing_is_upright_straight_and_still() -> None:
    assert standing()
    assert standing(trunk=15.0)
    assert not standing(trunk=21.0, thigh=-10.0)
    assert not standing(trunk=-21.0)
    assert not standing(trunk=12.0, thigh=9.0)  # 21 degrees of hip flexion
    assert standing(trunk=12.0, thigh=9.0, yaw_deg=45.0)  # world landmarks read too much: 30 are allowed
    assert not standing(trunk=16.0, thigh=15.0, yaw_deg=45.0)
    assert not standing(thigh=15.0, shin=31.0)
    assert not standing(trunk_rate=-25.0)
    assert not standing(thigh_rate=45.0)
    assert not standing(trunk=np.nan)
    assert not standing(shin=np.nan)


def test_a_baseline_is_the_median_of_the_stand_and_blind_to_what_is_missing() -> None:
    rows = np.tile(series(still(Key(0.0)), 90.0), (5, 1))
    rows[:, TRUNK] = [1.0, 2.0, 3.0, 50.0, np.nan]
    rows[:, THIGH] = 0.5
    rows[:, SEGMENTS + 2] = np.nan
    learnt = metrics.learn(7.0, rows, np.array([178.0, 179.0, -179.0, -178.0, np.nan]))
    assert learnt.time_s == 7.0
    assert learnt.hip_flexion_deg == pytest.approx(2.5 + 0.5)  # the median of 1, 2, 3 and 50
    assert np.isnan(learnt.segments_deg[2])
    assert np.isfinite([learnt.segments_deg[n] for n in (0, 1, 3, 4, 5)]).all()
    assert abs(learnt.yaw_deg) == pytest.approx(180.0, abs=0.01)  # not 0, the mean of the numbers


def test_the_figures_own_lengths_are_learnt() -> None:
    learnt = baseline()
    assert learnt.thigh_px == pytest.approx(THIGH_M * PX_PER_M)
    assert learnt.shank_px == pytest.approx(SHANK_M * PX_PER_M)
    assert learnt.leg_px == pytest.approx(LEG_M * PX_PER_M)
    assert learnt.ankle_px == pytest.approx(ANKLE_PX)
    assert learnt.hip_px == pytest.approx((ANKLE_PX[0], ANKLE_PX[1] - LEG_M * PX_PER_M))


def test_a_baseline_is_outdated_when_the_lifter_has_turned_or_come_nearer() -> None:
    learnt = baseline(80.0)
    row = series(still(Key(0.0), 80.0), 80.0)[0]
    assert metrics.outdated(None, row, 80.0)
    assert not metrics.outdated(learnt, row, 80.0)
    assert not metrics.outdated(learnt, row, 97.0)
    assert metrics.outdated(learnt, row, 103.0)
    assert metrics.outdated(learnt, row, -80.0)
    away = baseline(178.0)
    assert not metrics.outdated(away, series(still(Key(0.0), 178.0), 178.0)[0], -178.0)  # four degrees, across straight away
    for scale, needed in ((1.1, False), (1.25, True), (0.75, True)):
        nearer = still(Key(0.0), 80.0, build=Build(px_per_m=PX_PER_M * scale))
        assert metrics.outdated(learnt, series(nearer, 80.0)[0], 80.0) == needed


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0])
@pytest.mark.parametrize("pose", ["half way", "hinged", "squatting"])
def test_the_thigh_can_be_told_from_the_hip_and_the_foot(pose: str, yaw_deg: float) -> None:
    """Two sides of known length from the hip to the ankle leave one place for a knee that bends forward."""
    key = POSES[pose]
    told = metrics.thigh_from_feet(baseline(yaw_deg), series(still(key, yaw_deg), yaw_deg), np.array([yaw_deg]))
    assert told[0] == pytest.approx(key.thigh, abs=1e-4)


def test_a_leg_that_landmarks_have_left_gives_no_knee_and_leaves_hip_and_butt_right() -> None:
    """A plate before the shin draws the ankle 0.1 leg lengths forward and the knee 15 px back."""
    poses = still(POSES["hinged"])
    poses.xy[0, 28] += [0.1 * LEG_M * PX_PER_M, -10.0]
    poses.xy[0, 26] += [15.0, 0.0]
    read = metrics.against(baseline(), series(poses, 90.0), np.array([90.0]))
    assert np.isnan(read.knee_flexion_deg[0])
    assert np.isnan(read.shin_lean_deg[0])
    assert read.hip_flexion_deg[0] == pytest.approx(90.0, abs=0.01)
    assert read.butt_drop[0] == pytest.approx(measured(POSES["hinged"]).butt_drop[0], abs=1e-9)


def test_no_frames_give_no_series() -> None:
    nothing = still(Key(0.0))[:0]
    assert series(nothing, 90.0).shape == (0, SERIES)
    assert len(metrics.against(baseline(), np.empty((0, SERIES)), np.empty(0))) == 0


def test_a_person_who_is_not_there_is_nan_in_every_series() -> None:
    poses = still(Key(0.0))
    gone = replace(poses, xy=poses.xy * np.nan, score=poses.score * np.nan, world=poses.world * np.nan, back=poses.back * np.nan)
    assert np.isnan(metrics.measure(metrics.gate(gone), np.array([np.nan]), np.array([-1], np.int8))).all()


def test_knees_at_one_place_give_no_number_that_stays() -> None:
    """Coordinates rounded to whole pixels may put both ankles on one point: the ratio has no value there, and has one again after."""
    build = Build(knee_gap_m=0.2, ankle_gap_m=0.2)
    poses = still(Key(0.0), 0.0, 50, build)
    poses.xy[20, 27] = poses.xy[20, 28]
    result = engine.analyse(poses, Profile.default())
    assert np.isinf(series(poses, 0.0)[20, KNEE_ANKLE])
    assert np.isnan(result.metrics.knee_ankle_ratio[20])
    assert result.metrics.knee_ankle_ratio[21:] == pytest.approx(1.0)


def test_what_an_arm_hid_while_standing_is_learnt_before_the_lifter_bends_far() -> None:
    keys = (*stand(1.0), Key(2.0, 70.0, 20.0), Key(1.0, 70.0, 20.0, lower=25.0), Key(1.0, 70.0, 20.0, lower=25.0))
    poses = film(keys)
    t = poses.time_s
    lean = angles(keys, t)[:, 0]
    seen_late = backless(poses, 0.0, float(t[lean > 10.0][0]))
    read = engine.analyse(seen_late, Profile.default()).metrics
    assert np.isnan(read.spine_lower_deg[t < 1.0]).all()
    assert read.spine_lower_deg[-1] == pytest.approx(25.0, abs=0.5)
    never = backless(poses, 0.0, float(t[lean > metrics.NEARLY_UPRIGHT_DEG][0]))
    assert np.isnan(engine.analyse(never, Profile.default()).metrics.spine_lower_deg).all()


def test_noise_of_a_real_estimator_moves_the_angles_by_a_degree_or_two() -> None:
    key = POSES["hinged"]
    poses = noisy(film((*stand(1.0), key._replace(after_s=1.5), key._replace(after_s=6.0))))
    read = engine.analyse(poses, Profile.default()).metrics[80:]
    assert read.hip_flexion_deg.mean() == pytest.approx(90.0, abs=0.5)
    assert read.hip_flexion_deg.std() < 2.0
    assert read.knee_flexion_deg.std() < 2.0


def test_walking_and_standing_are_told_apart_by_the_series() -> None:
    """The baseline is learnt from the stand after the steps, not from the steps."""
    keys = walk(6) + stand(0.3) + stand(1.0)
    _, result = engine.advance(engine.start(Profile.default()), film(keys), Profile.default())
    (learnt,) = [event.time_s for event in result.events if event.kind == "baseline"]
    assert learnt > 3.0


def test_columns_of_the_series_do_not_overlap() -> None:
    assert SEGMENTS + SEGMENT_COUNT == SERIES == len(metrics.CUTOFF_HZ)
    assert len({TRUNK, THIGH, SHIN, HIP_X, ANKLE_X, KNEE_ANKLE, SEGMENTS}) == 7
    assert len(metrics.LOWER_WEIGHTS) == len(metrics.UPPER_WEIGHTS) == SEGMENT_COUNT + 1
