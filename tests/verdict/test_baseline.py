"""The lifter standing tall: when a stand is one, what is learnt of it, and when that is out of date."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic import (
    ANKLE_PX,
    BACK_DEPTH,
    EXACT,
    LEG_M,
    PX_PER_M,
    SHANK_M,
    THIGH_M,
    Build,
    Key,
    exact,  # noqa: F401
    rows,
    still,
    stood,
)

from hingecheck.verdict import baseline, calibration, lens
from hingecheck.verdict.baseline import NEARLY_UPRIGHT_DEG
from hingecheck.verdict.series import ANKLE_X, BACK, HEAD, HIP_X, LOWER, SERIES, SHANK_PX, SHIN, SHOULDER, THIGH, THIGH_PX, TRUNK, UPPER
from hingecheck.verdict.types import Bools, Floats


def standing(**changed: float) -> bool:
    """Whether a lifter stands, straight and still but for these columns: ``trunk``, ``thigh``, ``shin``, ``trunk_rate``, ``thigh_rate``."""
    row, rate = np.zeros((1, SERIES)), np.zeros((1, SERIES))
    for name, column in (("trunk", TRUNK), ("thigh", THIGH), ("shin", SHIN)):
        row[0, column] = changed.get(name, 0.0)
        rate[0, column] = changed.get(f"{name}_rate", 0.0)
    sure = np.array([[1.0, changed.get("leg_sure", 1.0)]])
    return bool(baseline.standing(row, rate, np.array([changed.get("yaw_deg", 90.0)]), sure)[0])


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
    assert not standing(yaw_deg=np.nan)


def test_of_a_leg_that_is_not_surely_seen_only_the_line_from_hip_to_ankle_has_to_stand() -> None:
    """A knee drawn on to a plate turns thigh and shin by the same and leaves that line where it is."""
    drawn = {"thigh": 30.0, "shin": 35.0}
    assert not standing(**drawn)
    assert standing(**drawn, leg_sure=0.6)
    assert not standing(**drawn, trunk=11.0, leg_sure=0.6)  # and the trunk the straighter
    assert not standing(thigh=-21.0, shin=21.0, leg_sure=0.6)
    assert not standing(thigh=np.nan, leg_sure=0.6)
    assert not standing(thigh_rate=60.0)
    assert standing(thigh_rate=60.0, leg_sure=0.6), "landmarks on a disc shake"
    assert not standing(trunk_rate=30.0, leg_sure=0.6)


def test_standing_is_told_from_how_people_who_stand_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the front they may be read to lean by 15 degrees with the shins at 20: there 14 and 16 of a lean are upright, and -6 is not."""
    read = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (15.0, 0.0, 20.0))
    monkeypatch.setattr(calibration, "ANGLES", replace(EXACT["ANGLES"], read=read))
    for trunk, thigh, shin, stands in [
        (15.0, 0.0, 20.0, True),
        (34.0, 9.0, 20.0, True),  # 19 more of the trunk, 28 of the hip
        (36.0, 0.0, 20.0, False),
        (-6.0, 0.0, 20.0, False),
        (34.0, 12.0, 20.0, False),  # 31 of the hip
        (15.0, 10.0, 54.0, True),  # 44 of the knee
        (15.0, 10.0, 56.0, False),
    ]:
        assert standing(trunk=trunk, thigh=thigh, shin=shin, yaw_deg=0.0) == stands, (trunk, thigh, shin)
    assert not standing(trunk=34.0, thigh=-10.0)  # from the side they are read as they stand


def test_a_baseline_is_the_median_of_the_stand_and_blind_to_what_is_missing() -> None:
    read = np.tile(rows(still(Key(0.0)), 90.0), (5, 1))
    read[:, TRUNK] = [1.0, 2.0, 3.0, 50.0, np.nan]
    read[:, THIGH] = 0.5
    read[:, SHIN] = [np.nan, 7.0, np.nan, np.nan, np.nan]
    read[:, UPPER] = np.nan
    read[:, HEAD] = [4.0, 5.0, 6.0, np.nan, np.nan]
    learnt = baseline.learn(7.0, read, np.array([178.0, 179.0, -179.0, -178.0, np.nan]), np.zeros((5, lens.FEATURES)))
    assert learnt.time_s == 7.0
    assert learnt.leans_deg == (2.5, 0.5, 7.0)  # the median of 1, 2, 3 and 50
    shoulder, lower, upper, head = learnt.back
    assert shoulder == pytest.approx(BACK_DEPTH)
    assert lower == pytest.approx(BACK_DEPTH * sum(calibration.LOWER_WEIGHTS))
    assert np.isnan(upper)
    assert head == 5.0
    assert abs(learnt.yaw_deg) == pytest.approx(180.0, abs=0.01)  # not 0, the mean of the numbers


def test_a_stand_from_no_side_has_no_direction() -> None:
    learnt = baseline.learn(0.0, rows(still(Key(0.0)), 90.0), np.array([np.nan]), np.zeros((1, lens.FEATURES)))
    assert np.isnan(learnt.yaw_deg)


def test_the_figures_own_lengths_are_learnt() -> None:
    learnt = stood()
    assert learnt.thigh_px == pytest.approx(THIGH_M * PX_PER_M)
    assert learnt.shank_px == pytest.approx(SHANK_M * PX_PER_M)
    assert learnt.leg_px == pytest.approx(LEG_M * PX_PER_M)
    assert learnt.ankle_px == pytest.approx(ANKLE_PX)
    assert learnt.hip_px == pytest.approx((ANKLE_PX[0], ANKLE_PX[1] - LEG_M * PX_PER_M))


def test_a_baseline_is_outdated_when_the_lifter_has_turned_or_come_nearer() -> None:
    learnt = stood(80.0)
    row = rows(still(Key(0.0), 80.0), 80.0)[0]
    assert baseline.outdated(None, row, 80.0)
    assert not baseline.outdated(learnt, row, 80.0)
    assert not baseline.outdated(learnt, row, 97.0)
    assert baseline.outdated(learnt, row, 103.0)
    assert baseline.outdated(learnt, row, -80.0)
    away = stood(178.0)
    assert not baseline.outdated(away, rows(still(Key(0.0), 178.0), 178.0)[0], -178.0)  # four degrees, across straight away
    for scale, needed in ((1.1, False), (1.25, True), (0.75, True)):
        nearer = still(Key(0.0), 80.0, build=Build(px_per_m=PX_PER_M * scale))
        assert baseline.outdated(learnt, rows(nearer, 80.0)[0], 80.0) == needed


@pytest.mark.parametrize(
    ("hip", "ankle", "needed"),
    [(0.04, 0.04, False), (0.06, 0.06, True), (0.0, 0.1, False), (0.1, 0.0, False), (0.16, 0.0, True)],
    ids=["sways", "steps", "a plate at the foot", "leans", "moves the hip"],
)
def test_a_baseline_is_outdated_when_the_lifter_has_stepped(hip: float, ankle: float, needed: bool) -> None:
    """Leg lengths to the right: a step moves both by 0.05 and more, a plate only the foot, and nothing but a step the hip by 0.15."""
    row = rows(still(Key(0.0)), 90.0)[0]
    row[HIP_X] += hip * LEG_M * PX_PER_M
    row[ANKLE_X] += ankle * LEG_M * PX_PER_M
    assert baseline.outdated(stood(), row, 90.0) == needed


# What an arm hid while standing.


def shown(*lean_deg: float) -> tuple[Floats, Bools]:
    """Frames that lean so far, their back columns 100 and more by column and frame, all of them seen before."""
    read = np.zeros((len(lean_deg), SERIES))
    read[:, TRUNK] = lean_deg
    read[:, BACK] = 100.0 + 10.0 * np.arange(len(lean_deg))[:, None] + np.arange(4)
    return read, np.ones(read.shape, dtype=bool)


def without(*columns: int) -> baseline.Baseline:
    """A baseline whose back is -1 but for these columns, which were not seen."""
    return replace(stood(), back=tuple(np.nan if BACK.start + n in columns else -1.0 for n in range(4)))


def test_nothing_is_added_to_a_baseline_that_is_whole() -> None:
    whole = without()
    assert baseline.complete(whole, *shown(0.0, 5.0), 20, 22) == (22, whole)


def test_what_was_hidden_is_learnt_from_the_first_frame_that_shows_it_and_the_rest_is_kept() -> None:
    read, sure = shown(5.0, 10.0, 15.0)
    read[0, [LOWER, UPPER]] = np.nan
    read[1, UPPER] = np.nan
    frame, learnt = baseline.complete(without(LOWER, UPPER), read, sure, 20, 23)
    assert frame == 21
    assert learnt.back[:2] == (-1.0, 111.0)
    assert np.isnan(learnt.back[2])
    assert learnt.back[3] == -1.0
    again, both = baseline.complete(learnt, read[1:], sure[1:], 21, 23)
    assert (again, both.back) == (22, (-1.0, 111.0, 122.0, -1.0))
    alone = {"back": (), "rear_deg": ()}  # the figure has no rear edge, and NaN is no equal of itself
    assert replace(both, **alone) == replace(stood(), **alone)  # nothing but the back


def test_what_an_arm_hid_is_not_learnt_from_a_lifter_who_is_bent_over() -> None:
    read, sure = shown(NEARLY_UPRIGHT_DEG + 1.0, -NEARLY_UPRIGHT_DEG - 1.0, np.nan, NEARLY_UPRIGHT_DEG - 1.0)
    assert baseline.complete(without(LOWER), read[:3], sure[:3], 0, 3)[0] == 3
    frame, learnt = baseline.complete(without(LOWER), read, sure, 0, 4)
    assert (frame, learnt.back[1]) == (3, 131.0)


def test_what_an_arm_hid_must_have_been_seen_for_a_moment() -> None:
    read, sure = shown(5.0, 10.0)
    sure[0, SHOULDER] = False
    assert baseline.complete(without(SHOULDER), read[:1], sure[:1], 4, 5)[0] == 5
    frame, learnt = baseline.complete(without(SHOULDER), read, sure, 4, 6)
    assert (frame, learnt.back[0]) == (5, 110.0)


@pytest.mark.parametrize(("step", "shaped"), [(0.0, True), (baseline.STEEPEST, True), (baseline.STEEPEST + 0.001, False), (np.nan, True)])
def test_a_standing_back_whose_edge_steps_as_no_backs_does_is_no_shape_to_be_sure_of(step: float, shaped: bool) -> None:
    whole = replace(stood(), back=(0.0, 1.0, 2.0, 3.0), step=step)
    assert whole.shaped == shaped
    assert not replace(whole, back=(0.0, 1.0, np.nan, 3.0)).shaped


@pytest.mark.parametrize(("scale", "needed"), [(1.19, False), (1.21, True), (0.81, False), (0.79, True)])
def test_a_baseline_is_outdated_when_the_leg_has_another_length_though_hip_and_foot_are_where_they_were(scale: float, needed: bool) -> None:
    """A fifth of the leg's length, whichever way."""
    row = rows(still(Key(0.0)), 90.0)[0]
    row[[THIGH_PX, SHANK_PX]] *= scale
    assert baseline.outdated(stood(), row, 90.0) == needed
