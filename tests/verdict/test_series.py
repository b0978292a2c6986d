"""From poses to series, on a stick figure whose angles, lengths and gaps are given."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic import (
    BACK_DEPTH,
    LEG_M,
    POSES,
    PX_PER_M,
    SHANK_M,
    SHOULDER_AT,
    THIGH_M,
    TRUNK_M,
    Build,
    Key,
    exact,  # noqa: F401
    hidden,
    noisy,
    rows,
    still,
)

from hingecheck.verdict import baseline, calibration, series
from hingecheck.verdict.poses import HIDDEN_SCORE, Poses
from hingecheck.verdict.series import (
    ANKLE_X,
    ANKLE_Y,
    BACK,
    HEAD,
    HIP_X,
    HIP_Y,
    KNEE_ANKLE,
    LEANS,
    LOWER,
    SERIES,
    SHANK_PX,
    SHIN,
    SHOULDER,
    THIGH,
    THIGH_PX,
    TRUNK,
    UPPER,
    WIDEST_GAP,
    bridged,
)
from hingecheck.verdict.silhouette import L, S
from hingecheck.verdict.skeleton import INDEX, SIDES
from hingecheck.verdict.types import Floats


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("yaw_deg", [90.0, -90.0, 60.0, -60.0, 45.0, 30.0, 22.0, 20.0, 0.0, 5.0, 180.0, 150.0, -120.0])
def test_the_angles_of_the_figure_are_read_from_every_side(pose: str, yaw_deg: float) -> None:
    key = POSES[pose]
    read = rows(still(key, yaw_deg), yaw_deg)[0]
    assert read[LEANS] == pytest.approx([key.lean, key.thigh, key.shin], abs=1e-6)


@pytest.mark.parametrize("yaw_deg", [80.0, -100.0, 70.0, 115.0])
def test_between_side_and_oblique_the_angles_are_off_by_little(yaw_deg: float) -> None:
    """The near side of the picture is shortened (tan 70 times cos 20 is tan 68.8) and has its shoulder further out than its hip."""
    key = POSES["hinged"]
    read = rows(still(key, yaw_deg), yaw_deg)[0]
    assert read[LEANS] == pytest.approx([key.lean, key.thigh, key.shin], abs=1.5)


SHARES = {
    0.0: (1.0, 0.0, 0.0),
    14.0: (1.0, 0.0, 0.0),
    17.0: (0.75, 0.25, 0.0),
    20.0: (0.5, 0.5, 0.0),
    26.0: (0.0, 1.0, 0.0),
    40.0: (0.0, 1.0, 0.0),
    55.0: (0.0, 1.0, 0.0),
    62.5: (0.0, 0.5, 0.5),
    70.0: (0.0, 0.0, 1.0),
    90.0: (0.0, 0.0, 1.0),
}


@pytest.mark.parametrize("off_deg", SHARES)
@pytest.mark.parametrize("side", [90.0, -90.0])
@pytest.mark.parametrize("way", [1.0, -1.0])
def test_near_side_both_sides_and_world_take_over_from_each_other(off_deg: float, side: float, way: float) -> None:
    """By hand: half of the way from 14 to 26 degrees is 20, from 55 to 70 it is 62.5; towards the camera and away from it."""
    share = series.sources(np.array([side + way * off_deg, np.nan]))
    assert share[0] == pytest.approx(SHARES[off_deg])
    assert np.isnan(share[1]).all()


@pytest.mark.parametrize("off_deg", SHARES)
@pytest.mark.parametrize("side", [90.0, -90.0])
def test_each_source_counts_for_its_share(off_deg: float, side: float) -> None:
    """Two figures in one: the picture's trunk leans 40 degrees as if seen square, the world's 60.

    Off the square the picture is lengthened by 1 / cos, and then counts half.
    """
    near, both, world = SHARES[off_deg]
    yaw_deg = side - np.sign(side) * off_deg
    poses = replace(still(Key(0.0, 40.0), side), world=still(Key(0.0, 60.0), yaw_deg).world)
    lengthened = np.degrees(np.arctan(np.tan(np.radians(40.0)) / np.cos(np.radians(min(off_deg, 70.0)))))
    by_hand = near * 40.0 + both * (lengthened + 60.0) / 2 + world * 60.0
    assert rows(poses, yaw_deg)[0, TRUNK] == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize("yaw_deg", [90.0, 0.0])
def test_a_source_that_does_not_count_may_be_missing(yaw_deg: float) -> None:
    """From the side the world landmarks, from the front the picture."""
    poses = still(POSES["hinged"], yaw_deg)
    half = replace(poses, world=poses.world * np.nan) if yaw_deg == 90.0 else replace(poses, xy=poses.xy * np.nan)
    assert rows(half, yaw_deg)[0, LEANS] == pytest.approx([70.0, 20.0, 0.0], abs=1e-6)


@pytest.mark.parametrize("yaw_deg", [60.0, 40.0, -45.0])
def test_knees_that_are_pushed_out_do_not_bend_the_thigh_from_an_oblique_view(yaw_deg: float) -> None:
    read = rows(still(POSES["hinged"], yaw_deg, build=Build(knee_gap_m=0.7)), yaw_deg)[0]
    assert read[[THIGH, SHIN]] == pytest.approx([20.0, 0.0], abs=1e-6)


def test_a_near_leg_drawn_on_a_plate_gives_way_to_the_far_one() -> None:
    """Half a metre before its ankle and lower than it, the near knee makes a shin that leans back by far: no shin does."""
    poses = still(Key(0.0), 90.0)
    near = np.array(SIDES["knee"])[1]
    poses.xy[0, near] = poses.xy[0, SIDES["ankle"][1]] + [-200.0, -120.0]
    assert rows(poses, 90.0)[0, LEANS] == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)
    poses.xy[0, SIDES["knee"][0]] = poses.xy[0, near]  # both: then the near one is as good
    assert rows(poses, 90.0)[0, SHIN] == pytest.approx(-np.degrees(np.arctan2(200.0, 120.0)))


def test_a_near_foot_drawn_in_the_air_gives_way_to_the_far_one_that_is_seen() -> None:
    """Two feet stand on one floor; a plate before the near shin draws its ankle up on to the disc."""
    poses = still(POSES["hinged"], 90.0)
    poses.xy[0, SIDES["ankle"][1], 1] -= 0.3 * LEG_M * PX_PER_M
    assert rows(poses, 90.0)[0, THIGH] == pytest.approx(20.0)
    assert rows(poses, 90.0)[0, [ANKLE_X, ANKLE_Y]] == pytest.approx(poses.xy[0, SIDES["ankle"][0]])
    unseen = hidden(poses, ["left_knee"])
    assert rows(unseen, 90.0)[0, [ANKLE_X, ANKLE_Y]] == pytest.approx(poses.xy[0, SIDES["ankle"][1]]), "no better leg to be had"


def test_from_the_side_the_near_leg_counts_and_the_far_one_may_be_hidden() -> None:
    poses = still(POSES["hinged"], 90.0)
    poses.xy[0, 25] += [30.0, 10.0]  # the left knee, the far one, is somewhere else
    assert rows(poses, 90.0)[0, THIGH] == pytest.approx(20.0)
    assert rows(hidden(poses, ["left_knee", "left_hip", "left_ankle"]), 90.0)[0, THIGH] == pytest.approx(20.0)
    assert np.isnan(rows(hidden(poses, ["right_knee"]), 90.0)[0, THIGH])


def test_from_an_oblique_view_one_leg_is_enough_and_is_read_from_the_world_landmarks() -> None:
    """One knee is not the middle of both: at 45 degrees it looks half a knee gap off, so the picture is left out."""
    poses = hidden(still(POSES["hinged"], 45.0), ["left_knee"])
    assert rows(poses, 45.0)[0, LEANS] == pytest.approx([70.0, 20.0, 0.0], abs=1e-6)
    both = hidden(poses, ["right_knee"])
    assert np.isnan(rows(both, 45.0)[0, [THIGH, SHIN]]).all()
    assert rows(both, 45.0)[0, TRUNK] == pytest.approx(70.0)


def test_unlikely_landmarks_are_missing_and_likely_ones_untouched() -> None:
    poses = still(Key(0.0), 90.0, 2)
    poses.score[0, 23], poses.score[0, 24] = 0.49, 0.5
    seen = series.gate(poses)
    assert np.isnan(seen.xy[0, 23]).all()
    assert np.isnan(seen.world[0, 23]).all()
    assert np.isnan(seen.xy).sum() == 2
    np.testing.assert_array_equal(seen.xy[0, 24], poses.xy[0, 24])
    assert np.isfinite(poses.xy).all()


@pytest.mark.parametrize(("near", "side"), [(0, "left"), (1, "right")])
def test_a_trunk_and_a_leg_are_as_sure_as_their_least_likely_joint_on_the_near_side(near: int, side: str) -> None:
    """The hip belongs to both; the other side, and what is neither trunk nor leg, says nothing."""
    poses = still(Key(0.0), frames=5)
    poses.score[:] = 0.1
    for frame, (shoulder, hip, knee, ankle) in enumerate(
        [(0.9, 0.9, 0.9, 0.9), (0.6, 0.9, 0.8, 0.7), (0.9, 0.5, 0.8, 0.7), (0.9, 0.9, 0.6, 0.7), (0.9, 0.9, 0.9, np.nan)]
    ):
        for joint, score in (("shoulder", shoulder), ("hip", hip), ("knee", knee), ("ankle", ankle)):
            poses.score[frame, INDEX[f"{side}_{joint}"]] = score
    trunk, leg = series.sureness(poses, np.full(5, near, np.int8)).T
    assert trunk.tolist() == [0.9, 0.6, 0.5, 0.9, 0.9]
    assert leg[:4].tolist() == [0.9, 0.7, 0.5, 0.6]
    assert np.isnan(leg[4])


def test_a_landmark_that_is_hidden_is_doubted_whatever_its_score() -> None:
    """Six tenths at most, so below what a leg in sight has and above what is not measured from."""
    poses = still(Key(0.0), frames=4)
    poses.score[:] = 0.9
    for frame, joint in enumerate(("knee", "hip", "wrist")):
        poses.hidden[frame, INDEX[f"right_{joint}"]] = True
    poses.hidden[3], poses.score[3] = True, 0.4
    trunk, leg = series.sureness(poses, np.ones(4, np.int8)).T
    assert trunk.tolist() == [0.9, HIDDEN_SCORE, 0.9, 0.4]
    assert leg.tolist() == [HIDDEN_SCORE, HIDDEN_SCORE, 0.9, 0.4]
    assert series.sureness(poses, np.zeros(4, np.int8))[:3].tolist() == [[0.9, 0.9]] * 3, "the left side is in sight"
    assert np.isfinite(series.gate(poses).xy[:3]).all()
    assert pytest.approx(0.6) == HIDDEN_SCORE
    assert series.MIN_SCORE < HIDDEN_SCORE < baseline.LEG_SURE


def test_heights_and_lengths_are_those_of_the_near_leg_in_the_picture() -> None:
    read = rows(still(POSES["hinged"], 90.0), 90.0)[0]
    hip_x, hip_y = 400.0 - 135.0 * np.sin(np.radians(20.0)), 800.0 - 120.0 - 135.0 * np.cos(np.radians(20.0))  # 0.45 m are 135 px
    assert read[HIP_X : HIP_Y + 1] == pytest.approx([hip_x, hip_y])
    assert read[ANKLE_X : ANKLE_X + 2] == pytest.approx([400.0, 800.0])
    assert read[series.TRUNK_PX] == pytest.approx(TRUNK_M * PX_PER_M)
    assert read[THIGH_PX] == pytest.approx(THIGH_M * PX_PER_M)
    assert read[SHANK_PX] == pytest.approx(SHANK_M * PX_PER_M)


# The back: weighed sums of its profile, with small gaps closed.


def curved() -> Floats:
    """A back that curves, one frame. (1, S)."""
    return (BACK_DEPTH + 0.06 * np.sin(np.arange(S) / 4.0))[None]


def test_the_back_is_read_as_weighed_sums_of_its_profile() -> None:
    read = rows(replace(still(Key(0.0)), back=curved()), 90.0)[0]
    assert read[LOWER] == pytest.approx(np.dot(calibration.LOWER_WEIGHTS, curved()[0]))
    assert read[UPPER] == pytest.approx(np.dot(calibration.UPPER_WEIGHTS, curved()[0]))
    assert read[SHOULDER] == pytest.approx(curved()[0, SHOULDER_AT])


def test_the_steepest_step_is_the_largest_against_a_usual_back_below_the_hair() -> None:
    usual = np.array(calibration.USUAL_PROFILE)
    back = np.tile(usual, (5, 1))
    back[1, 12:] += 0.06  # a step up in the middle
    back[2, 25:] -= 0.2  # at the nape: hair
    back[3, 8], back[3, 14] = usual[8] - 0.03, np.nan  # a dent, and a hole
    back[4] = np.nan
    usual = calibration.USUAL_PROFILE[series.BELOW_HAIR]
    assert series.steepest(back[:, series.BELOW_HAIR], usual) == pytest.approx([0.0, 0.06, 0.0, 0.03, np.nan], nan_ok=True)


def test_a_sample_without_weight_may_be_hidden_and_a_heavy_one_at_the_end_of_what_is_seen_may_not() -> None:
    """The outermost samples have no weight; what is hidden from there on inwards is no gap that could be closed."""
    heavy = np.flatnonzero(calibration.LOWER_WEIGHTS)
    back = curved()
    back[:, : heavy[0]] = np.nan
    back[:, heavy[-1] + 1 :] = np.nan
    whole, edges = rows(replace(still(Key(0.0)), back=curved()), 90.0)[0], rows(replace(still(Key(0.0)), back=back), 90.0)[0]
    assert edges[[LOWER, UPPER]].tolist() == whole[[LOWER, UPPER]].tolist()
    for sample in (heavy[0], heavy[-1]):
        torn = back.copy()
        torn[:, sample] = np.nan
        assert np.isnan(rows(replace(still(Key(0.0)), back=torn), 90.0)[0, [LOWER, UPPER]]).all()


def test_a_gap_is_closed_as_a_usual_back_runs_between_its_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A back that lies behind a usual one by an amount that grows evenly is found again; ends stay open."""
    usual = curved()[0]
    monkeypatch.setattr(calibration, "USUAL_PROFILE", tuple(usual.tolist()))
    whole = (usual + np.linspace(0.01, 0.07, S))[None]
    torn = whole.copy()
    torn[0, [0, 1, 5, 9, 10, 11, *range(18, 18 + WIDEST_GAP), S - 1]] = np.nan
    closed = bridged(torn)
    assert np.isnan(closed[0]).nonzero()[0].tolist() == [0, 1, S - 1]
    assert closed[0, 2:-1] == pytest.approx(whole[0, 2:-1])
    assert np.isnan(torn).sum() == 6 + WIDEST_GAP + 1  # what was handed in is left as it was


def test_a_gap_wider_than_an_arm_stays_and_frames_are_closed_one_by_one() -> None:
    wide, none = np.full((1, S), BACK_DEPTH), np.full((1, S), np.nan)
    wide[0, 10 : 10 + WIDEST_GAP + 1] = np.nan
    narrow = np.full((1, S), BACK_DEPTH)
    narrow[0, 10 : 10 + WIDEST_GAP] = np.nan
    closed = bridged(np.concatenate([wide, narrow, none, narrow]))
    assert np.isnan(closed).sum(axis=1).tolist() == [WIDEST_GAP + 1, 0, S, 0]
    assert closed[1] == pytest.approx(np.full(S, BACK_DEPTH))
    assert bridged(wide[:0]).shape == (0, S)


# How head and shoulders are carried.


def carriage(poses: Poses, yaw_deg: float, near: int) -> Floats:
    seen, yaw = series.gate(poses), np.array([yaw_deg])
    return series.carriage(seen, series.middles(seen, yaw), yaw, np.array([near], np.int8))[0]


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0])
@pytest.mark.parametrize("lean_deg", [0.0, 70.0, -15.0])
def test_the_carriage_of_the_head_is_told_in_trunk_lengths_whatever_the_lean(lean_deg: float, yaw_deg: float) -> None:
    """The ear 0.72 m up the chord of 0.5 m, and as far ahead of it as given; side-on the near shoulder lies on the chord."""
    poses = still(Key(0.0, lean_deg), yaw_deg, build=Build(slump=0.12))
    assert carriage(poses, yaw_deg, 1 if yaw_deg > 0 else 0) == pytest.approx([0.12, 0.72 / 0.50, 0.0], abs=1e-9)


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0])
def test_a_near_shoulder_that_is_pulled_forward_lies_ahead_of_the_chord_by_half(yaw_deg: float) -> None:
    """0.1 m forward: the middle of both goes along by half of it, and so does the foot of the chord's direction."""
    poses = still(Key(0.0), yaw_deg)
    near = 1 if yaw_deg > 0 else 0
    poses.xy[0, SIDES["shoulder"][near], 0] += np.sign(yaw_deg) * 0.1 * PX_PER_M
    ahead = carriage(poses, yaw_deg, near)[2]
    chord = np.array([0.05, 0.50])  # forward, up
    by_hand = (0.10 * chord[1] - 0.50 * chord[0]) / (chord @ chord)
    assert ahead == pytest.approx(by_hand)
    assert ahead > 0


def test_shoulders_are_the_back_behind_them_and_the_carriage_by_their_weights() -> None:
    read = rows(still(Key(0.0), build=Build(slump=0.12)), 90.0)[0]
    assert read[SHOULDER] == pytest.approx(BACK_DEPTH + 0.12)  # by the weights of ``exact``: one sample, and the ear


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0])
@pytest.mark.parametrize("lean_deg", [0.0, 70.0])
def test_the_head_is_bent_against_the_trunk(lean_deg: float, yaw_deg: float) -> None:
    """0.22 m up and as much ahead are 45 degrees."""
    straight, bent = (rows(still(Key(0.0, lean_deg), yaw_deg, build=Build(slump=s)), yaw_deg)[0, HEAD] for s in (0.0, 0.44))
    assert straight == pytest.approx(0.0, abs=1e-9)
    assert bent == pytest.approx(45.0)


def test_off_side_is_the_angle_to_the_nearer_square_side_view() -> None:
    off = series.off_side(np.array([90.0, -90.0, 60.0, -120.0, 0.0, 180.0, np.nan]))
    assert off[:6].tolist() == [0.0, 0.0, 30.0, 30.0, 90.0, 90.0]
    assert np.isnan(off[6])


def test_ankles_at_one_place_have_no_ratio() -> None:
    poses = still(Key(0.0), 0.0)
    poses.xy[0, 27] = poses.xy[0, 28]
    assert np.isinf(rows(poses, 0.0)[0, KNEE_ANKLE])


def test_no_frames_give_no_series() -> None:
    assert rows(still(Key(0.0))[:0], 90.0).shape == (0, SERIES)


def test_a_person_who_is_not_there_is_nan_in_every_series() -> None:
    poses = still(Key(0.0))
    gone = replace(poses, xy=poses.xy * np.nan, score=poses.score * np.nan, world=poses.world * np.nan, back=poses.back * np.nan)
    assert np.isnan(series.measure(gone, series.gate(gone), np.array([np.nan]), np.array([-1], np.int8))).all()


@pytest.mark.parametrize("yaw_deg", [90.0, 75.0, 45.0, 30.0, 0.0])
def test_one_frame_gives_the_bits_that_many_give(yaw_deg: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "SHOULDER_CARRIAGE", (0.97, -0.28, 0.44))  # a one and two zeros add up without rounding
    poses = noisy(still(POSES["half way"], yaw_deg, 40))
    one_by_one = [rows(poses[n : n + 1], yaw_deg) for n in range(40)]
    np.testing.assert_array_equal(rows(poses, yaw_deg), np.concatenate(one_by_one))


def test_columns_of_the_series_do_not_overlap() -> None:
    assert SERIES == len(series.CUTOFF_HZ) == len(calibration.USUAL_BACK) + BACK.start
    columns = [TRUNK, THIGH, SHIN, HIP_X, HIP_Y, ANKLE_X, series.ANKLE_Y, series.TRUNK_PX, THIGH_PX, SHANK_PX]
    columns += [series.MIDDLE_X, series.MIDDLE_Y, series.OUTLINED_X, series.OUTLINED_Y]
    columns += [series.REAR_THIGH, series.REAR_SHIN, series.LEG_LINE]
    assert sorted([*columns, KNEE_ANKLE, series.ANKLE_HIP, series.STEP, SHOULDER, LOWER, UPPER, HEAD]) == list(range(SERIES))
    assert list(range(SERIES))[LEANS] == [TRUNK, THIGH, SHIN]
    assert list(range(SERIES))[series.MIDDLE] == [series.MIDDLE_X, series.MIDDLE_Y]
    assert list(range(SERIES))[series.OUTLINED] == [series.OUTLINED_X, series.OUTLINED_Y]
    assert list(range(SERIES))[series.REAR] == [series.REAR_THIGH, series.REAR_SHIN, series.LEG_LINE]
    assert list(range(SERIES))[BACK] == [SHOULDER, LOWER, UPPER, HEAD]
    assert len(calibration.LOWER_WEIGHTS) == len(calibration.UPPER_WEIGHTS) == len(calibration.SHOULDER_WEIGHTS) == S


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0])
def test_the_rear_edge_of_the_legs_is_weighed_and_the_hips_are_ahead_of_the_ankles_or_behind(
    yaw_deg: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By hand: over an upright shin a thigh that leans 20 degrees puts the hip 0.45 sin(20) behind the ankle."""
    poses = replace(still(Key(0.0, 40.0, 20.0, 0.0), yaw_deg), leg=np.full((1, L), 0.1))
    behind_deg = -np.degrees(np.arctan2(THIGH_M * np.sin(np.radians(20.0)), SHANK_M + THIGH_M * np.cos(np.radians(20.0))))
    monkeypatch.setattr(calibration, "REAR_WEIGHTS", ((1.0,) * L, (2.0,) + (0.0,) * (L - 1)))
    assert rows(poses, yaw_deg)[0, series.REAR] == pytest.approx([0.1 * L, 0.2, behind_deg])
    poses.leg[0, 3] = np.nan
    assert np.isnan(rows(poses, yaw_deg)[0, [series.REAR_THIGH, series.REAR_SHIN]]).all()


@pytest.mark.parametrize(("step", "torn"), [(0.0, False), (0.025, False), (0.035, True), (-0.035, True)])
def test_legs_whose_rear_edge_steps_as_no_legs_do_have_furniture_behind_them_or_are_torn(step: float, torn: bool) -> None:
    legs = np.tile(np.array(calibration.USUAL_LEG), (3, 1)) + 0.01  # all further behind than usual: no step
    legs[1, 9:] += step
    legs[2, 3] = np.nan
    assert np.isnan(series.untorn(legs)).all(axis=1).tolist() == [False, torn, False]
    assert series.untorn(legs)[0] == pytest.approx(legs[0])
    assert np.isnan(rows(replace(still(Key(0.0)), leg=legs[1:2]), 90.0)[0, series.REAR_THIGH]) == torn


@pytest.mark.parametrize(("wide", "left"), [(1, 0), (5, 0), (8, 0), (9, 9)])
def test_a_gap_of_eight_samples_is_an_arms_and_closed_and_one_of_nine_stays(wide: int, left: int) -> None:
    """Samples are a twentieth of a trunk apart: eight hide two fifths of it."""
    back = np.full((1, S), BACK_DEPTH)
    back[0, 10 : 10 + wide] = np.nan
    assert np.isnan(bridged(back)).sum() == left
