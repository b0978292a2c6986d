"""The measures of the hinge against the lifter's own standing, on a stick figure whose angles, lengths and gaps are given."""

from dataclasses import replace

import numpy as np
import pytest
from synthetic import (
    BACK_DEPTH,
    LEG_DEPTH,
    LEG_M,
    POSES,
    PX_PER_M,
    SHANK_M,
    THIGH_M,
    Build,
    Key,
    angles,
    backless,
    exact,  # noqa: F401
    film,
    hidden,
    noisy,
    rows,
    stand,
    still,
    stood,
    walk,
)

from hingecheck.verdict import baseline, calibration, engine, lens, metrics, series
from hingecheck.verdict.calibration import OWN_DEG
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.series import HEAD, LOWER, SERIES, SHOULDER, TRUNK, UPPER
from hingecheck.verdict.silhouette import HEIGHTS, L, back_points
from hingecheck.verdict.types import METRICS, Floats, Metrics

SURE = np.ones((1, 2))
SIDE = np.array([90.0])


def measured(key: Key, yaw_deg: float = 90.0, build: Build | None = None) -> Metrics:
    """The measures of one frame in this pose, the figure having stood straight before."""
    return metrics.against(stood(yaw_deg, build), rows(still(key, yaw_deg, build=build), yaw_deg), np.array([yaw_deg]), SURE)[0]


def held(key: Key, yaw_deg: float = 90.0, **options: object) -> Metrics:
    """The measures at the end of a film, through the whole engine: standing, then bending into a pose and holding it."""
    poses = film((*stand(1.0), key._replace(after_s=1.5), key._replace(after_s=1.5)), yaw_deg=yaw_deg, **options)  # type: ignore[arg-type]
    return engine.analyse(poses, Profile.default()).metrics[-1:]


@pytest.mark.parametrize("pose", POSES)
@pytest.mark.parametrize("yaw_deg", [90.0, -90.0, 45.0, 25.0, 0.0])
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


# The back.


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0])
@pytest.mark.parametrize(("lower", "upper"), [(30.0, 0.0), (-25.0, 0.0), (20.0, 12.0), (0.0, 40.0)])
def test_the_bend_given_to_the_back_is_read_through_the_whole_engine(lower: float, upper: float, yaw_deg: float) -> None:
    read = held(Key(0.0, 70.0, 20.0, 0.0, lower, upper), yaw_deg)
    assert read.spine_lower_deg[0] == pytest.approx(lower, abs=0.1)
    assert read.spine_upper_deg[0] == pytest.approx(upper, abs=0.1)


def test_the_back_answers_to_a_change_of_shape_only() -> None:
    """By hand: the same shape as when standing is no flexion, and the measure is the weighed sum of the changes."""
    curved = BACK_DEPTH + 0.06 * np.sin(np.arange(31) / 4.0)
    change = 0.02 * np.cos(np.arange(31) / 3.0)
    same, bent = (rows(replace(still(Key(0.0)), back=back[None]), 90.0) for back in (curved, curved + change))
    known = baseline.learn(0.0, same, SIDE, np.zeros((len(same), lens.FEATURES)))
    assert metrics.against(known, same, SIDE, SURE)[0].spine_lower_deg[0] == pytest.approx(0.0, abs=1e-9)
    assert metrics.against(known, same, SIDE, SURE)[0].spine_upper_deg[0] == pytest.approx(0.0, abs=1e-9)
    flexed, _ = metrics.against(known, bent, SIDE, SURE)
    assert flexed.spine_lower_deg[0] == pytest.approx(np.dot(calibration.LOWER_WEIGHTS, change))
    assert flexed.spine_upper_deg[0] == pytest.approx(np.dot(calibration.UPPER_WEIGHTS, change))


def test_lower_and_upper_back_are_missing_each_by_itself() -> None:
    for column, gone in ((LOWER, {"spine_lower_deg"}), (UPPER, {"spine_upper_deg"}), (HEAD, {"spine_upper_deg"}), (SHOULDER, set())):
        row = rows(still(Key(0.0)), 90.0)
        row[0, column] = np.nan
        read, _ = metrics.against(stood(), row, SIDE, SURE)
        assert {name for name in ("spine_lower_deg", "spine_upper_deg", "shoulder_shift") if np.isnan(getattr(read, name)[0])} == gone


@pytest.mark.parametrize("build", [Build(slump=0.07)])
def test_the_shoulders_hang_as_far_forward_as_those_of_the_stand_against_usual_ones_all_along(build: Build) -> None:
    known = stood(build=build)
    for key in POSES.values():
        row = rows(still(key), 90.0)  # whatever the shoulders do meanwhile
        assert metrics.against(known, row, SIDE, SURE)[0].shoulder_shift[0] == pytest.approx(0.07)
    assert measured(Key(0.0)).shoulder_shift[0] == pytest.approx(0.0, abs=1e-9)


# Gaps between left and right.


@pytest.mark.parametrize("yaw_deg", [0.0, 25.0, 59.0, 180.0, -40.0])
def test_gaps_between_left_and_right_are_ratios_of_the_figures_own(yaw_deg: float) -> None:
    build = Build(hip_gap_m=0.20, knee_gap_m=0.15, ankle_gap_m=0.30)
    read = measured(Key(0.0), yaw_deg, build)
    assert read.knee_ankle_ratio[0] == pytest.approx(0.15 / 0.30)
    assert read.ankle_hip_ratio[0] == pytest.approx(0.30 / 0.20)


@pytest.mark.parametrize("yaw_deg", [90.0, 75.0, 61.0, -110.0])
def test_gaps_are_not_measured_from_near_the_side(yaw_deg: float) -> None:
    read = measured(Key(0.0), yaw_deg)
    assert np.isnan(read.knee_ankle_ratio[0])
    assert np.isnan(read.ankle_hip_ratio[0])


def test_where_the_camera_stands_is_told_as_it_is_and_not_as_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shoulders that read 10 degrees nearer to the front than they are: 55 as read are 65, too near to the side for gaps."""
    monkeypatch.setattr(calibration, "CAMERA_READ_DEG", (-80.0, 100.0))
    row, yaw = rows(still(Key(0.0), -55.0), -55.0), np.array([-55.0])
    read, _ = metrics.against(stood(-55.0), row, yaw, SURE)
    assert read.view_yaw_deg[0] == pytest.approx(65.0)
    assert np.isnan(read.knee_ankle_ratio[0])


def test_ankles_at_one_place_give_no_number_that_stays() -> None:
    """Coordinates rounded to whole pixels may put both ankles on one point: the ratio has no value there, and has one again after."""
    poses = still(Key(0.0), 0.0, 50, Build(knee_gap_m=0.2, ankle_gap_m=0.2))
    poses.xy[20, 27] = poses.xy[20, 28]
    result = engine.analyse(poses, Profile.default())
    assert np.isnan(result.metrics.knee_ankle_ratio[20])
    assert result.metrics.knee_ankle_ratio[21:] == pytest.approx(1.0)


# Without a standing shape, and with one.


def test_without_a_baseline_angles_and_back_are_taken_against_usual_standing_and_lengths_are_not_measured() -> None:
    """By ``exact`` people usually stand as the figure does: 30 degrees of the lower back and 10 of the upper are those given."""
    read, _ = metrics.against(None, rows(still(Key(0.0, 70.0, 20.0, 0.0, 30.0, 10.0)), 90.0), SIDE, SURE)
    assert read.hip_flexion_deg[0] == pytest.approx(90.0)
    assert read.knee_flexion_deg[0] == pytest.approx(20.0)
    assert read.trunk_lean_deg[0] == pytest.approx(70.0)
    assert read.spine_lower_deg[0] == pytest.approx(30.0)
    assert read.spine_upper_deg[0] == pytest.approx(10.0)
    for name in ("butt_drop", "shoulder_shift"):
        assert np.isnan(getattr(read, name)[0])


@pytest.mark.parametrize(("step", "told"), [(0.0, True), (baseline.STEEPEST, True), (baseline.STEEPEST + 0.001, False), (np.nan, True)])
def test_shoulders_are_not_told_of_a_stand_whose_contour_steps_as_no_back_does(step: float, told: bool) -> None:
    read, _ = metrics.against(replace(stood(), step=step), rows(still(POSES["hinged"]), 90.0), SIDE, SURE)
    assert np.isfinite(read.shoulder_shift[0]) == told
    assert np.isfinite([read.spine_lower_deg[0], read.spine_upper_deg[0]]).all()


def test_what_depends_on_the_rep_is_left_for_later() -> None:
    read = measured(POSES["hinged"])
    assert {name for name in METRICS if np.isnan(getattr(read, name)[0])} >= {"hips_lead_deg", "back_drift_deg"}


@pytest.mark.parametrize(("own", "taken_out"), [(4.0, 4.0), (-4.0, -4.0), (10.0, OWN_DEG), (-10.0, -OWN_DEG), (np.nan, 0.0)])
def test_a_trunk_that_stands_a_little_off_is_read_from_there_and_one_that_leans_is_not(own: float, taken_out: float) -> None:
    known = replace(stood(), leans_deg=(own, 0.0, 0.0))
    read, _ = metrics.against(known, rows(still(POSES["hinged"]), 90.0), SIDE, SURE)
    assert read.trunk_lean_deg[0] == pytest.approx(70.0 - taken_out)
    assert read.hip_flexion_deg[0] == pytest.approx(90.0 - taken_out)
    assert read.knee_flexion_deg[0] == pytest.approx(20.0)


def test_reps_are_found_by_the_whole_change_since_standing() -> None:
    """Standing at 10 degrees of trunk and 4 of thigh, 90 of hip flexion are 76 from there; by people's usual standing they are 90."""
    row = rows(still(POSES["hinged"]), 90.0)
    known = replace(stood(), leans_deg=(10.0, 4.0, 0.0))
    assert metrics.bend(known, row, SIDE)[0] == pytest.approx(76.0)
    assert metrics.bend(None, row, SIDE)[0] == pytest.approx(90.0)
    assert metrics.bend(replace(known, leans_deg=(np.nan, 4.0, np.nan)), row, SIDE)[0] == pytest.approx(86.0)
    row[0, TRUNK] = np.nan
    assert np.isnan(metrics.bend(known, row, SIDE)[0])


# A leg that landmarks have left.

TOLD_DEG = 4.0  # how far a thigh measured from hip and foot is off on the bodies it was fitted to


@pytest.mark.parametrize("way", [1.0, -1.0])
def test_a_hip_is_placed_above_the_foot_whichever_way_it_faces(way: float) -> None:
    """From a foot at the origin: a hip that stood 100 px straight above goes 30 px back and 60 px down."""
    foot, stood_px, hip = np.array([0.0, 0.0]), np.array([way * 10.0, -100.0]), np.array([[-way * 30.0, -40.0]])
    line, own, shorter = metrics.above_foot(foot, hip, stood_px, np.array([90.0 * way]))
    assert line[0] == pytest.approx(np.degrees(np.arctan2(30.0, 40.0)))
    assert own[0] == pytest.approx(-np.degrees(np.arctan2(10.0, 100.0)))
    assert shorter[0] == pytest.approx(1.0 - 50.0 / np.hypot(10.0, 100.0))


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0])
@pytest.mark.parametrize("pose", ["half way", "hinged", "squatting"])
def test_the_thigh_can_be_told_from_the_hip_and_the_foot(pose: str, yaw_deg: float) -> None:
    key = POSES[pose]
    thigh, _ = metrics.leg_from_foot(stood(yaw_deg), rows(still(key, yaw_deg), yaw_deg), np.array([yaw_deg]))
    assert thigh[0] == pytest.approx(key.thigh, abs=TOLD_DEG)


def test_a_leg_that_landmarks_have_left_gives_no_knee_and_leaves_hip_and_butt_right() -> None:
    """A plate before the shin draws the ankle 0.1 leg lengths forward and the knee 15 px back."""
    poses = still(POSES["hinged"])
    poses.xy[0, 28] += [0.1 * LEG_M * PX_PER_M, -10.0]
    poses.xy[0, 26] += [15.0, 0.0]
    read, _ = metrics.against(stood(), rows(poses, 90.0), SIDE, SURE)
    assert np.isnan(read.knee_flexion_deg[0])
    assert np.isnan(read.shin_lean_deg[0])
    assert read.hip_flexion_deg[0] == pytest.approx(90.0, abs=TOLD_DEG)
    assert read.butt_drop[0] == pytest.approx(measured(POSES["hinged"]).butt_drop[0], abs=1e-9)


@pytest.mark.parametrize(("leg", "kept"), [(0.69, False), (0.71, True), (1.0, True), (np.nan, True)])
def test_a_leg_that_is_hardly_seen_gives_no_knee(leg: float, kept: bool) -> None:
    """The trunk may be as unsure as it will."""
    sure = np.array([[0.5, leg]])
    row = rows(still(POSES["hinged"]), 90.0)
    assert metrics.leg_kept(stood(), row, sure).tolist() == [kept]
    read, _ = metrics.against(stood(), row, SIDE, sure)
    assert np.isfinite([read.knee_flexion_deg[0], read.shin_lean_deg[0]]).all() == kept
    assert read.hip_flexion_deg[0] == pytest.approx(90.0, abs=1e-3 if kept else TOLD_DEG)


@pytest.mark.parametrize(
    ("knee_px", "ankle_px", "kept"),
    [((0.0, 0.0), (0.0, 0.0), True), ((0.0, 0.0), (19.0, 0.0), False), ((0.0, 25.0), (0.0, 0.0), False), ((0.0, -25.0), (0.0, 0.0), False)],
    ids=["as it was", "ankle astray", "thigh stretched", "thigh shrunk"],
)
def test_a_leg_is_kept_while_it_stands_and_is_as_long_as_it_was(
    knee_px: tuple[float, float], ankle_px: tuple[float, float], kept: bool
) -> None:
    """Standing: 0.07 leg lengths are 17.9 px, 18 in a hundred of the thigh 24.3 px, and of the shank 21.6."""
    poses = still(Key(0.0))
    poses.xy[0, 26] += knee_px
    poses.xy[0, 28] += ankle_px
    assert metrics.leg_kept(stood(), rows(poses, 90.0), SURE).tolist() == [kept]


@pytest.mark.parametrize("yaw_deg", [90.0, 70.0])
@pytest.mark.parametrize("known", [True, False])
def test_of_a_leg_that_is_hardly_seen_no_knee_is_told_also_a_little_obliquely(yaw_deg: float, known: bool) -> None:
    """A plate before it turns the shoulders as read, too: a side view may then look oblique."""
    row, yaw = rows(still(POSES["hinged"], yaw_deg), yaw_deg), np.array([yaw_deg])
    for leg, told in ((baseline.LEG_SURE - 0.1, False), (baseline.LEG_SURE, True)):
        read, _ = metrics.against(stood(yaw_deg) if known else None, row, yaw, np.array([[1.0, leg]]))
        assert [np.isfinite(column[0]) for column in (read.knee_flexion_deg, read.shin_lean_deg)] == [told, told]
        assert np.isfinite(read.hip_flexion_deg[0])


def test_from_an_oblique_view_a_leg_that_looks_shorter_is_no_leg_astray() -> None:
    read, _ = metrics.against(stood(45.0), rows(still(POSES["squatting"], 45.0), 45.0), np.array([45.0]), np.full((1, 2), 0.5))
    assert read.knee_flexion_deg[0] == pytest.approx(80.0)


def test_a_leg_behind_plates_gives_no_knee_through_the_whole_engine() -> None:
    """An estimator scores knee and ankle at 0.6 where something stands before the shank."""
    poses = hidden(film((*stand(1.0), Key(1.5, 70.0, 20.0), Key(1.5, 70.0, 20.0))), ["right_knee", "right_ankle"], 2.6, score=0.6)
    read = engine.analyse(poses, Profile.default()).metrics
    assert np.isnan(read.knee_flexion_deg[poses.time_s >= 2.6]).all()
    assert np.isfinite(read.knee_flexion_deg[poses.time_s < 2.6]).all()
    assert read.hip_flexion_deg[-1] == pytest.approx(90.0, abs=TOLD_DEG)


# Opinions of the knee.


def opinions(poses: Poses, leg: float, yaw_deg: float = 90.0) -> Floats:
    """Of one frame, how sure its leg is given, the figure having stood straight before. -> (3,)."""
    return metrics.against(stood(yaw_deg), rows(poses, yaw_deg), np.array([yaw_deg]), np.array([[1.0, leg]]))[1][0, metrics.KNEES]


def test_a_knee_is_told_by_the_landmarks_and_by_how_much_nearer_the_hip_has_come_to_the_foot() -> None:
    straight_deg, more_deg = calibration.KNEE_BY_LENGTH
    for name in ("hinged", "squatting"):
        key = POSES[name]
        knee = np.radians(key.thigh + key.shin)
        shorter = 1.0 - np.sqrt(THIGH_M**2 + SHANK_M**2 + 2 * THIGH_M * SHANK_M * np.cos(knee)) / LEG_M
        assert opinions(still(key), 1.0)[:2] == pytest.approx([key.thigh + key.shin, straight_deg + more_deg * shorter], abs=1e-3)


def test_of_a_hidden_knee_only_the_outline_has_an_opinion_wherever_the_knee_is_drawn() -> None:
    poses = still(POSES["hinged"])
    *landmarks, outline = opinions(poses, 0.6)
    assert np.isnan(landmarks).all()
    assert outline == opinions(poses, 1.0)[2]
    poses.xy[0, 26] += [100.0, 0.0]
    assert opinions(poses, 0.6)[2] == pytest.approx(outline)
    poses.back[:] = np.nan
    assert np.isnan(opinions(poses, 0.6)).all()


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0])
def test_the_hip_is_where_the_outline_has_it(yaw_deg: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand: the edge at the height of the hip is all that counts, and has moved 30 px back and 40 down since the stand."""
    at_the_hip = tuple((float(n == 4), 0.0) if n % 2 == 0 else (0.0, float(n == 5)) for n in range(10))  # the sample at height 0
    monkeypatch.setattr(calibration, "HIP_BY_OUTLINE", at_the_hip)
    drawn, way = still(POSES["hinged"], yaw_deg), np.sign(yaw_deg)
    edge = back_points(drawn.xy, drawn.back)[0, HEIGHTS == 0.0]
    told = series.outlined(drawn, np.array([yaw_deg]))
    assert told == pytest.approx(edge)
    known = replace(
        stood(yaw_deg), outlined_px=(told[0, 0] + way * 30.0, told[0, 1] - 40.0), hip_px=(400.0, 500.0), ankle_px=(400.0, 800.0)
    )
    row = rows(drawn, yaw_deg)
    line, own, shorter = metrics.above_foot(
        np.array([400.0, 800.0]), np.array([[400.0 - way * 30.0, 540.0]]), np.array([400.0, 500.0]), np.array([yaw_deg])
    )
    usual, by_line, by_own, more = calibration.THIGH_BY_OUTLINE
    moved = metrics.hip_moved(known, row, np.zeros(1), np.array([yaw_deg]))
    assert moved[0] == pytest.approx([-way * 30.0, 40.0])
    thigh, _ = metrics.leg_from_outline(known, moved, np.array([yaw_deg]))
    assert thigh == pytest.approx(usual + by_line * line + by_own * own + more * shorter)


def test_without_an_outline_or_its_stand_the_thigh_is_told_from_the_landmarks_hip() -> None:
    poses = still(POSES["hinged"])
    known = stood()
    told, _ = metrics.against(known, rows(poses, 90.0), SIDE, np.array([[1.0, 0.6]]))
    blind, _ = metrics.against(replace(known, outlined_px=(np.nan, np.nan)), rows(poses, 90.0), SIDE, np.array([[1.0, 0.6]]))
    by_foot, _ = metrics.leg_from_foot(known, rows(poses, 90.0), SIDE)
    assert blind.hip_flexion_deg == pytest.approx(blind.trunk_lean_deg + by_foot)
    assert np.isfinite(told.hip_flexion_deg).all()


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0])
def test_the_butt_sinks_with_the_outlines_hip_and_the_trunk_leans_by_where_that_is(yaw_deg: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand: since the stand the outline's hip has gone 20 px less far back and 15 px further down than the landmarks' one."""
    monkeypatch.setattr(calibration, "TRUNK_BY_OUTLINE", (10.0, 100.0, 4.0))
    yaw, way = np.array([yaw_deg]), np.sign(yaw_deg)
    row, known = rows(still(POSES["hinged"], yaw_deg), yaw_deg), stood(yaw_deg)
    plain, _ = metrics.against(known, row, yaw, SURE)
    row[0, series.OUTLINED] += [way * 20.0, 15.0]
    told, _ = metrics.against(known, row, yaw, SURE)
    assert told.butt_drop == pytest.approx(plain.butt_drop + 15.0 / known.leg_px)
    assert told.trunk_lean_deg == pytest.approx(POSES["hinged"].lean + (10.0 * 20.0 + 100.0 * 15.0) / known.leg_px + 4.0, abs=1e-3)
    assert told.hip_flexion_deg - told.trunk_lean_deg == pytest.approx(plain.hip_flexion_deg - plain.trunk_lean_deg)
    row[0, series.OUTLINED] = np.nan
    blind, _ = metrics.against(known, row, yaw, SURE)
    assert blind.butt_drop == pytest.approx(plain.butt_drop)
    assert blind.trunk_lean_deg == pytest.approx(POSES["hinged"].lean, abs=1e-3)


def test_of_a_knee_that_is_surely_seen_where_no_knee_can_be_only_the_outline_has_an_opinion() -> None:
    poses = still(POSES["hinged"])
    outline = opinions(poses, 1.0)[2]
    poses.xy[0, 26] += [120.0, -80.0]
    assert opinions(poses, 1.0) == pytest.approx([np.nan, np.nan, outline], nan_ok=True)


def test_without_a_stand_or_obliquely_both_opinions_are_the_landmarks() -> None:
    oblique = opinions(still(POSES["hinged"], 45.0), 1.0, 45.0)
    assert oblique[0] == oblique[1]
    assert np.isnan(oblique[2])
    _, knees = metrics.against(None, rows(still(POSES["hinged"]), 90.0), SIDE, SURE)
    assert knees[0, 0] == knees[0, 1]


# The rise.


# Through the whole engine.


# The rear edge of the legs, here a profile whose first two samples say what thigh and shin are.


@pytest.fixture
def edged(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = np.zeros((2, L))
    weights[0, 0] = weights[1, 1] = 1000.0
    monkeypatch.setattr(calibration, "REAR_WEIGHTS", tuple(map(tuple, weights.tolist())))
    monkeypatch.setattr(calibration, "REAR_LEANS", ((1.0, 1.0), (-1.0, -1.0), (0.0, 0.0), (0.0, 0.0)))


def with_edge(poses: Poses, thigh_deg: float, shin_deg: float) -> Poses:
    leg = np.full(poses.leg.shape, LEG_DEPTH)
    leg[:, :2] += thigh_deg / 1000.0, shin_deg / 1000.0
    return replace(poses, leg=leg)


def by_edge(key: Key, stands: tuple[float, float] = (3.0, 2.0), yaw_deg: float = 90.0) -> tuple[Metrics, Floats]:
    """What is measured of a pose whose legs' rear edge reads 12 and 7, of a lifter whose edge read so while standing."""
    before = rows(with_edge(still(Key(0.0), yaw_deg, 10), *stands), yaw_deg)
    known = baseline.learn(0.0, before, np.full(10, yaw_deg), np.zeros((10, lens.FEATURES)))
    return metrics.against(known, rows(with_edge(still(key, yaw_deg), 12.0, 7.0), yaw_deg), np.array([yaw_deg]), SURE)


@pytest.mark.usefixtures("edged")
@pytest.mark.parametrize("yaw_deg", [90.0, -90.0])
def test_thigh_and_shin_are_what_the_rear_edge_of_the_legs_has_gone_through_since_standing(yaw_deg: float) -> None:
    """By hand: 12 - 3 and 7 - 2; landmarks read 10 and 0."""
    read, told = by_edge(POSES["half way"], yaw_deg=yaw_deg)
    assert told[0, metrics.BY_REAR] == 1.0
    assert read.knee_flexion_deg[0] == pytest.approx(14.0)
    assert read.shin_lean_deg[0] == pytest.approx(5.0)
    assert read.hip_flexion_deg[0] == pytest.approx(35.0 + 9.0)
    assert read.trunk_lean_deg[0] == pytest.approx(35.0)


@pytest.mark.usefixtures("edged")
def test_the_more_a_knee_is_bent_the_less_the_rear_edge_counts() -> None:
    """By hand: at 30 degrees half of it, thigh 19.5 of 9 and 30 degrees; a squat is the landmarks' alone."""
    half, _ = by_edge(Key(0.0, 35.0, 30.0, 0.0))
    assert half.hip_flexion_deg[0] == pytest.approx(35.0 + 19.5)
    assert half.knee_flexion_deg[0] == pytest.approx(19.5 + 2.5)
    squat, told = by_edge(POSES["squatting"])
    assert told[0, metrics.BY_REAR] == 0.0
    assert squat.knee_flexion_deg[0] == pytest.approx(80.0)


@pytest.mark.usefixtures("edged")
@pytest.mark.parametrize("case", ["not seen standing", "not seen now", "furniture behind", "oblique", "leg astray"])
def test_otherwise_thigh_and_shin_are_the_landmarks(case: str) -> None:
    key, yaw_deg = POSES["half way"], 45.0 if case == "oblique" else 90.0
    before, now = with_edge(still(Key(0.0), yaw_deg, 10), 3.0, 2.0), with_edge(still(key, yaw_deg), 12.0, 7.0)
    if case == "not seen standing":
        before.leg[:, 0] = np.nan
    if case == "not seen now":
        now.leg[:, 1] = np.nan
    if case == "furniture behind":
        now.leg[:, 14:] += 2.0 * series.TORN
    series_now = rows(now, yaw_deg)
    if case == "leg astray":
        series_now[:, series.ANKLE_X] += 100.0
    read, told = metrics.against(
        baseline.learn(0.0, rows(before, yaw_deg), np.full(10, yaw_deg), np.zeros((10, lens.FEATURES))),
        series_now,
        np.array([yaw_deg]),
        SURE,
    )
    plain, _ = metrics.against(stood(yaw_deg), series_now, np.array([yaw_deg]), SURE)
    assert told[0, metrics.BY_REAR] == 0.0
    for name in METRICS:
        assert getattr(read, name)[0] == pytest.approx(getattr(plain, name)[0], nan_ok=True), name


def test_no_frames_have_no_measures() -> None:
    assert len(metrics.against(stood(), np.empty((0, SERIES)), np.empty(0), np.empty((0, 2)))[0]) == 0
    assert len(metrics.bend(stood(), np.empty((0, SERIES)), np.empty(0))) == 0


def test_what_an_arm_hid_while_standing_is_learnt_before_the_lifter_bends_far() -> None:
    """A lifter whose back is by nature rounded by 10 degrees against a usual one; at the bottom it is rounded by 35, and so by 25."""
    own = Key(0.0, lower=10.0)
    keys = (own._replace(after_s=1.0), *(Key(s, 70.0, 20.0, lower=bent) for s, bent in ((2.0, 10.0), (1.0, 35.0), (1.0, 35.0))))
    poses = film(keys, begin=own)
    t = poses.time_s
    lean = angles(keys, t, own)[:, 0]
    seen_late = backless(poses, 0.0, float(t[lean > 10.0][0]))
    read = engine.analyse(seen_late, Profile.default()).metrics
    assert np.isnan(read.spine_lower_deg[t < 1.0]).all()
    assert read.spine_lower_deg[-1] == pytest.approx(25.0, abs=0.5)
    never = backless(poses, 0.0, float(t[lean > baseline.NEARLY_UPRIGHT_DEG][0]))
    assert engine.analyse(never, Profile.default()).metrics.spine_lower_deg[-1] == pytest.approx(35.0, abs=0.5)  # against a usual back


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


@pytest.mark.parametrize(("yaw_deg", "by_outline"), [(90.0, True), (77.0, True), (75.0, False), (60.0, False)])
def test_only_from_the_side_the_butt_sinks_with_the_outlines_hip_obliquely_with_the_landmarks_one(yaw_deg: float, by_outline: bool) -> None:
    """The outline's hip is 15 px further down; up to 14 degrees off the side that counts."""
    yaw = np.array([yaw_deg])
    row, known = rows(still(POSES["hinged"], yaw_deg), yaw_deg), stood(yaw_deg)
    plain, _ = metrics.against(known, row, yaw, SURE)
    row[0, series.OUTLINED] += [0.0, 15.0]
    told, _ = metrics.against(known, row, yaw, SURE)
    assert told.butt_drop == pytest.approx(plain.butt_drop + by_outline * 15.0 / known.leg_px, abs=1e-3)


@pytest.mark.parametrize("way", [1.0, -1.0])
def test_the_outlines_hip_has_gone_further_ahead_and_down_the_more_the_trunk_leans(way: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand, at 50 degrees: 0.1 x 0.5 + 0.4 x 0.25 = 0.15 leg lengths ahead, 0.2 x 0.5 + 0.8 x 0.25 = 0.3 down; leaning back nothing."""
    monkeypatch.setattr(calibration, "HIP_BY_LEAN", ((0.1, 0.2), (0.4, 0.8)))
    known = replace(stood(), outlined_px=(390.0, 480.0), thigh_px=120.0, shank_px=80.0)
    row = np.zeros((2, SERIES))
    row[:, series.OUTLINED] = 400.0, 500.0
    moved = metrics.hip_moved(known, row, np.array([50.0, -50.0]), np.full(2, way * 90.0))
    assert moved == pytest.approx(np.array([[10.0 + way * 30.0, 20.0 + 60.0], [10.0, 20.0]]))
