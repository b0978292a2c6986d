"""The back profile from masks that are drawn, so that the distance of every edge point from the chord is known."""

from collections.abc import Callable

import numpy as np
import pytest
from synthetic import Build, Key, figure

from hingecheck.verdict import silhouette
from hingecheck.verdict.silhouette import (
    HEIGHTS,
    LEG_HEIGHTS,
    LEG_LOOKS,
    LOOKS,
    MIN_CHORD_PX,
    L,
    S,
    back_points,
    back_profile,
    leg_profile,
    shanks_seen,
)
from hingecheck.verdict.skeleton import INDEX, SIDES, K
from hingecheck.verdict.types import Floats

SIZE = (560, 640)  # rows, columns
PX_PER_M = 200.0
TRUNK_PX = 100.0  # half a metre
EDGE_PX = 4.0  # from inside to outside, as in a mask that was scaled up
WITHIN = 0.15 / TRUNK_PX  # a seventh of a pixel


def pose(
    lean_deg: float = 0.0, yaw_deg: float = 90.0, ankle_px: tuple[float, float] = (320.0, 480.0), px_per_m: float = PX_PER_M
) -> Floats:
    """Landmarks of one figure in the picture. -> (K, 2) px."""
    angles = np.array([Key(0.0, lean_deg, 10.0)[1:]])
    return figure(np.zeros(1), angles, yaw_deg, Build(px_per_m=px_per_m), ankle_px).xy[0]


def chord(xy: Floats) -> tuple[Floats, Floats]:
    """Middle of the hips and of the shoulders, px."""
    return xy[list(SIDES["hip"])].mean(axis=0), xy[list(SIDES["shoulder"])].mean(axis=0)


def backwards(xy: Floats, facing: int) -> Floats:
    """Unit vector from the chord towards the back: the way the trunk points, turned a quarter away from where the lifter faces."""
    hip, shoulder = chord(xy)
    x, y = (shoulder - hip) / np.hypot(*(shoulder - hip))
    return np.array([y, -x]) if facing > 0 else np.array([-y, x])


def mask_of(xy: Floats, edge: Callable[[Floats], Floats], facing: int = 1, front: float = 0.3) -> Floats:
    """A body around the chord, its back ``edge(height)`` chord lengths behind it. -> (H, W) 0 to 1, soft over ``EDGE_PX``."""
    hip, shoulder = chord(xy)
    size = np.hypot(*(shoulder - hip))
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    place = np.stack([columns + 0.5, rows + 0.5], -1) - hip  # a pixel's middle
    height = place @ (shoulder - hip) / size**2
    behind = place @ backwards(xy, facing) / size
    inside = np.minimum(edge(height) - behind, behind + front) * size
    inside = np.where((height > -0.4) & (height < 1.5), inside, -EDGE_PX)
    return np.clip(0.5 + inside / EDGE_PX, 0.0, 1.0).astype(np.float32)


def flat(depth: float) -> Callable[[Floats], Floats]:
    return lambda height: np.full(np.shape(height), depth)


@pytest.mark.parametrize("facing", [1, -1])
@pytest.mark.parametrize("lean_deg", [0.0, 30.0, 75.0, 95.0])
@pytest.mark.parametrize("depth", [0.20, 0.2537])
def test_a_straight_back_is_as_far_behind_the_chord_everywhere(facing: int, lean_deg: float, depth: float) -> None:
    xy = pose(lean_deg, 90.0 * facing)
    profile = back_profile(mask_of(xy, flat(depth), facing), xy)
    assert profile == pytest.approx(np.full(S, depth), abs=WITHIN)


@pytest.mark.parametrize("facing", [1, -1])
@pytest.mark.parametrize("lean_deg", [0.0, 60.0])
def test_a_curved_back_keeps_its_curve(facing: int, lean_deg: float) -> None:
    def edge(height: Floats) -> Floats:
        return 0.30 - 0.12 * (height - 0.5) ** 2

    xy = pose(lean_deg, 90.0 * facing)
    assert back_profile(mask_of(xy, edge, facing), xy) == pytest.approx(edge(HEIGHTS), abs=3 * WITHIN)


def test_a_disc_about_the_middle_of_the_trunk() -> None:
    """Of radius r chord lengths: at height h its edge is sqrt(r^2 - (h - 0.5)^2) behind the chord; beyond 0.6 is out of reach."""
    radius = 0.85
    xy = pose()
    middle = np.mean(chord(xy), axis=0)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    from_middle = np.hypot(columns + 0.5 - middle[0], rows + 0.5 - middle[1])
    mask = np.clip(0.5 + (radius * TRUNK_PX - from_middle) / EDGE_PX, 0, 1).astype(np.float32)
    profile = back_profile(mask, xy)
    expected = np.sqrt(radius**2 - (HEIGHTS - 0.5) ** 2)
    assert np.isnan(profile[expected > LOOKS[-1] + 0.01]).all()
    near = expected < LOOKS[-1] - 0.02
    assert near.sum() >= 6
    assert profile[near] == pytest.approx(expected[near], abs=3 * WITHIN)


def test_the_edge_is_found_to_a_fraction_of_a_pixel() -> None:
    xy = pose(20.0)
    read = [back_profile(mask_of(xy, flat(depth)), xy)[10] for depth in np.arange(0.20, 0.21, 0.001)]
    assert np.diff(read) == pytest.approx(np.full(len(read) - 1, 0.001), abs=0.0003)


def test_the_lifter_may_stand_anywhere_between_the_pixels() -> None:
    for shift in (0.0, 0.25, 0.5, 0.9):
        xy = pose(45.0, ankle_px=(320.0 + shift, 480.0 + shift / 3))
        assert back_profile(mask_of(xy, flat(0.2)), xy) == pytest.approx(np.full(S, 0.2), abs=WITHIN)


@pytest.mark.parametrize("facing", [1, -1])
@pytest.mark.parametrize("lean_deg", [0.0, 80.0])
def test_back_points_lie_where_the_profile_was_measured(facing: int, lean_deg: float) -> None:
    xy = pose(lean_deg, 90.0 * facing)
    profile = 0.2 + 0.05 * np.sin(np.arange(S))
    profile[3] = np.nan
    hip, shoulder = chord(xy)
    by_hand = hip + HEIGHTS[:, None] * (shoulder - hip) + profile[:, None] * TRUNK_PX * backwards(xy, facing)
    points = back_points(xy, profile)
    assert points == pytest.approx(by_hand, nan_ok=True)
    assert np.isnan(points[3]).all()
    assert np.isnan(points).sum() == 2


def test_back_points_of_a_mask_lie_on_its_edge_and_take_many_frames() -> None:
    xy = pose(50.0)
    mask = mask_of(xy, lambda h: 0.22 + 0.05 * h)
    points = back_points(np.stack([xy, xy]), np.stack([back_profile(mask, xy)] * 2))
    assert points.shape == (2, S, 2)
    column, row = np.round(points[1] - 0.5).astype(int).T
    assert np.abs(mask[row, column] - 0.5).max() < 0.25


def test_facing_the_right_of_the_picture_the_back_is_on_the_left() -> None:
    xy = pose(0.0, 90.0)
    assert (back_points(xy, np.full(S, 0.2))[:, 0] < chord(xy)[0][0]).all()
    xy = pose(0.0, -90.0)
    assert (back_points(xy, np.full(S, 0.2))[:, 0] > chord(xy)[0][0]).all()


@pytest.mark.parametrize(("yaw_deg", "way"), [(90.0, 1), (60.0, 1), (-90.0, -1), (-45.0, -1), (0.0, 0), (180.0, 0), (5.0, 0)])
def test_the_feet_tell_which_way_the_lifter_faces(yaw_deg: float, way: int) -> None:
    assert silhouette.facing(pose(30.0, yaw_deg)) == way


def test_a_tear_over_the_chord_hides_its_heights_only() -> None:
    xy = pose()
    mask = mask_of(xy, flat(0.2))
    hip, _ = chord(xy)
    torn = slice(round(hip[1] - 0.62 * TRUNK_PX), round(hip[1] - 0.38 * TRUNK_PX))  # upright: height is a matter of rows
    mask[torn] = 0.0
    profile = back_profile(mask, xy)
    inside = (HEIGHTS > 0.395) & (HEIGHTS < 0.605)
    assert np.isnan(profile[inside]).all()
    assert profile[(HEIGHTS < 0.35) | (HEIGHTS > 0.65)] == pytest.approx(0.2, abs=WITHIN)


def test_a_body_that_leaves_the_picture_has_no_edge_there() -> None:
    """Facing right with the hips 15 px from the left border: a back 20 px behind them is outside."""
    xy = pose(40.0, ankle_px=(30.0, 480.0))
    hip, _ = chord(xy)
    assert 5 < hip[0] < 20
    profile = back_profile(mask_of(xy, flat(0.2)), xy)
    outside = back_points(xy, np.full(S, 0.2))[:, 0] < 0.0
    inside = back_points(xy, np.full(S, 0.2))[:, 0] > 2.0
    assert outside.sum() >= 5
    assert inside.sum() >= 5
    assert np.isnan(profile[outside]).all()
    assert profile[inside] == pytest.approx(0.2, abs=WITHIN)


def test_a_mask_that_is_full_up_to_the_border_has_no_edge_at_it() -> None:
    xy = pose(0.0, ankle_px=(60.0, 480.0))
    mask = np.ones(SIZE, dtype=np.float32)
    assert np.isnan(back_profile(mask, xy)).all()


def test_no_edge_within_reach_is_no_edge() -> None:
    xy = pose()
    reach = LOOKS[-1]
    assert np.isnan(back_profile(mask_of(xy, flat(reach + 0.05)), xy)).all()
    assert back_profile(mask_of(xy, flat(reach - 0.05)), xy) == pytest.approx(np.full(S, reach - 0.05), abs=WITHIN)


@pytest.mark.parametrize("joint", ["left_wrist", "right_elbow"])
def test_an_arm_at_the_edge_hides_what_is_near_it(joint: str) -> None:
    """The hand, or the elbow, on the lower back; the other end of the forearm well behind the lifter."""
    xy = pose(60.0)
    at_edge = back_points(xy, np.full(S, 0.2))
    other = joint.replace("wrist", "elbow") if "wrist" in joint else joint.replace("elbow", "wrist")
    xy[INDEX[joint]] = at_edge[10]  # height 0.3
    xy[INDEX[other]] = at_edge[10] + backwards(xy, 1) * 60.0
    profile = back_profile(mask_of(xy, flat(0.2)), xy)
    assert np.isnan(profile[np.abs(HEIGHTS - 0.3) < 0.095]).all()
    assert profile[np.abs(HEIGHTS - 0.3) > 0.105] == pytest.approx(0.2, abs=WITHIN)


def test_an_arm_whose_landmarks_are_missing_hides_nothing() -> None:
    xy = pose(60.0)
    for side in ("left", "right"):
        xy[INDEX[f"{side}_wrist"]] = np.nan
        xy[INDEX[f"{side}_elbow"]] = np.nan
    assert back_profile(mask_of(xy, flat(0.2)), xy) == pytest.approx(np.full(S, 0.2), abs=WITHIN)


def test_a_forearm_of_no_length_is_a_point() -> None:
    """0.05 off the edge, it is nearer than 0.1 to what lies within sqrt(0.1^2 - 0.05^2) = 0.087 along the back: three samples."""
    xy = pose(60.0)
    xy[INDEX["left_wrist"]] = xy[INDEX["left_elbow"]] = back_points(xy, np.full(S, 0.25))[10]
    profile = back_profile(mask_of(xy, flat(0.2)), xy)
    assert np.flatnonzero(np.isnan(profile)).tolist() == [9, 10, 11]


def test_left_and_right_may_be_swapped() -> None:
    xy = pose(50.0)
    swapped = xy.copy()
    for left, right in SIDES.values():
        swapped[[left, right]] = xy[[right, left]]
    mask = mask_of(xy, flat(0.21))
    assert back_profile(mask, swapped) == pytest.approx(back_profile(mask, xy), abs=1e-9)


def test_a_trunk_of_a_few_pixels_has_no_back() -> None:
    small = pose(30.0, px_per_m=(MIN_CHORD_PX - 1) / 0.5)
    assert np.isnan(back_profile(mask_of(small, flat(0.2)), small)).all()
    large_enough = pose(30.0, px_per_m=(MIN_CHORD_PX + 1) / 0.5)
    read = back_profile(mask_of(large_enough, flat(0.2)), large_enough)
    assert read == pytest.approx(np.full(S, 0.2), abs=0.5 / MIN_CHORD_PX)


@pytest.mark.parametrize("yaw_deg", [0.0, 180.0])
def test_from_the_front_there_is_no_back(yaw_deg: float) -> None:
    xy = pose(30.0, yaw_deg)
    assert np.isnan(back_profile(np.ones(SIZE, np.float32), xy)).all()
    assert np.isnan(back_points(xy, np.full(S, 0.2))).all()


@pytest.mark.parametrize("joint", ["left_hip", "right_shoulder", "left_heel", "right_foot_index"])
def test_a_missing_joint_of_the_trunk_or_feet_hides_the_back(joint: str) -> None:
    xy = pose(30.0)
    mask = mask_of(xy, flat(0.2))
    xy[INDEX[joint]] = np.nan
    assert np.isnan(back_profile(mask, xy)).all()


def test_nobody_and_an_empty_mask_have_no_back() -> None:
    assert np.isnan(back_profile(np.ones(SIZE, np.float32), np.full((K, 2), np.nan))).all()
    assert np.isnan(back_profile(np.zeros(SIZE, np.float32), pose())).all()


def test_a_lifter_far_outside_the_picture_has_no_back() -> None:
    assert np.isnan(back_profile(np.ones(SIZE, np.float32), pose(ankle_px=(-5000.0, 9000.0)))).all()


def plate(mask: Floats, xy: Floats, side: str, first: float, last: float) -> Floats:
    """The same mask without this stretch of a standing leg's shank, 0 at the knee and 1 at the ankle, 10 px to either side of it."""
    knee, ankle = xy[INDEX[f"{side}_knee"]], xy[INDEX[f"{side}_ankle"]]
    before = mask.copy()
    rows = slice(*(round(knee[1] + share * (ankle[1] - knee[1])) for share in (first, last)))
    before[rows, round(ankle[0]) - 10 : round(ankle[0]) + 10] = 0.0
    return before


# The rear edge of the legs.


def bent(facing: int = 1, thigh_deg: float = 15.0, shin_deg: float = 5.0) -> Floats:
    """Landmarks of one figure with bent knees, seen from the side, facing the picture's right or left. -> (K, 2) px."""
    angles = np.array([Key(0.0, 60.0, thigh_deg, shin_deg)[1:]])
    return figure(np.zeros(1), angles, 90.0 * facing, Build(px_per_m=PX_PER_M), (320.0, 480.0)).xy[0]


def legs_of(xy: Floats, edge: Callable[[Floats], Floats], facing: int = 1) -> Floats:
    """Legs, from far above the hips to far below the ankles, their rear ``edge(height)`` hip-ankle lengths behind the line between."""
    hip, ankle = xy[list(SIDES["hip"])].mean(axis=0), xy[list(SIDES["ankle"])].mean(axis=0)
    down = ankle - hip
    size = np.hypot(*down)
    rear = facing * np.array([-down[1], down[0]]) / size
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    place = np.stack([columns + 0.5, rows + 0.5], -1) - hip
    height, behind = place @ down / size**2, place @ rear / size
    return np.clip(0.5 + np.minimum(edge(height) - behind, behind + 0.2) * size / EDGE_PX, 0.0, 1.0).astype(np.float32)


@pytest.mark.parametrize("facing", [1, -1])
@pytest.mark.parametrize("curve", [0.0, 0.1, -0.05])
def test_the_rear_edge_of_the_legs_is_measured_from_the_line_between_hips_and_ankles(facing: int, curve: float) -> None:
    xy = bent(facing)
    profile = leg_profile(legs_of(xy, lambda height: 0.15 - curve * height * (1.0 - height), facing), xy)
    assert profile == pytest.approx(0.15 - curve * LEG_HEIGHTS * (1.0 - LEG_HEIGHTS), abs=0.002)


def test_the_knee_of_legs_that_bend_leaves_the_line_forwards_and_takes_the_rear_edge_along() -> None:
    """The rear edge of a stick leg, 0.1 behind it: the knee is ahead of the line by what its bend says, by hand 0.5 x 0.5 x tan(10)."""
    straight, soft = bent(thigh_deg=0.0, shin_deg=0.0), bent(thigh_deg=10.0, shin_deg=10.0)
    knee, hip, ankle = (soft[INDEX[f"left_{joint}"]] for joint in ("knee", "hip", "ankle"))
    ahead = float(knee[0] - np.interp(knee[1], [hip[1], ankle[1]], [hip[0], ankle[0]])) / float(np.hypot(*(hip - ankle)))
    bow = lambda height: 0.1 - ahead * np.minimum(np.clip(height, 0.0, 1.0), 1.0 - np.clip(height, 0.0, 1.0)) * 2.0  # noqa: E731
    change = leg_profile(legs_of(soft, bow), soft) - leg_profile(legs_of(straight, flat(0.1)), straight)
    assert LEG_HEIGHTS[change.argmin()] == pytest.approx(0.5)
    assert change.min() == pytest.approx(-ahead, abs=0.004)


def test_what_stands_before_the_legs_hides_its_heights_only() -> None:
    xy = bent()
    mask = legs_of(xy, flat(0.15))
    hip, ankle = xy[list(SIDES["hip"])].mean(axis=0), xy[list(SIDES["ankle"])].mean(axis=0)
    first, last = (round(hip[1] + share * (ankle[1] - hip[1])) for share in (0.42, 0.73))
    mask[first:last] = 0.0
    profile = leg_profile(mask, xy)
    hidden = (LEG_HEIGHTS > 0.43) & (LEG_HEIGHTS < 0.72)
    clear = (LEG_HEIGHTS < 0.38) | (LEG_HEIGHTS > 0.77)
    assert np.isnan(profile[hidden]).all()
    assert profile[clear] == pytest.approx(np.full(clear.sum(), 0.15), abs=0.002)


@pytest.mark.parametrize("joint", ["left_hip", "right_ankle", "left_heel"])
def test_without_a_joint_of_the_leg_from_the_front_or_too_small_there_is_no_rear_edge(joint: str) -> None:
    whole = np.ones(SIZE, np.float32)
    without = bent()
    without[INDEX[joint]] = np.nan
    assert np.isnan(leg_profile(whole, without)).all()
    assert np.isnan(leg_profile(whole, pose(yaw_deg=0.0))).all()
    assert np.isnan(leg_profile(whole, pose(px_per_m=MIN_CHORD_PX))).all()


def test_no_rear_edge_within_reach_is_none_and_left_and_right_may_be_swapped() -> None:
    xy, reach = bent(), float(LEG_LOOKS[-1])
    assert np.isnan(leg_profile(legs_of(xy, flat(reach + 0.05)), xy)).all()
    mask = legs_of(xy, flat(0.15))
    swapped = xy.copy()
    for pair in SIDES.values():
        swapped[list(pair)] = xy[list(pair)[::-1]]
    assert leg_profile(mask, swapped) == pytest.approx(leg_profile(mask, xy))
    assert len(leg_profile(mask, xy)) == L


WHOLE = np.ones(SIZE, dtype=np.float32)


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0, 45.0, 0.0])
def test_a_shank_with_nothing_before_it_is_seen_from_knee_to_ankle(yaw_deg: float) -> None:
    assert shanks_seen(WHOLE, pose(30.0, yaw_deg)).tolist() == [1.0, 1.0]


@pytest.mark.parametrize(("first", "last", "seen"), [(0.45, 0.75, 0.7), (0.45, 0.55, 0.9), (-0.05, 0.95, 0.0), (0.95, 1.2, 1.0)])
def test_what_is_not_the_person_hides_its_share_of_the_shank(first: float, last: float, seen: float) -> None:
    """By hand: ten looks, at the knee and each tenth of the way; the ankle itself is not looked at. From the front, so that legs differ."""
    xy = pose(30.0, 0.0)
    assert shanks_seen(plate(WHOLE, xy, "left", first, last), xy) == pytest.approx([seen, 1.0])
    assert shanks_seen(plate(WHOLE, xy, "right", first, last), xy) == pytest.approx([1.0, seen])


def test_from_the_side_what_stands_before_one_leg_stands_before_both() -> None:
    xy = pose(30.0)
    assert shanks_seen(plate(WHOLE, xy, "right", 0.45, 0.75), xy) == pytest.approx([0.7, 0.7])


def test_a_shank_outside_the_picture_or_of_nobody_is_not_seen() -> None:
    assert shanks_seen(WHOLE, pose(ankle_px=(320.0, SIZE[0] + 200.0))).tolist() == [0.0, 0.0]
    assert shanks_seen(np.zeros(SIZE, np.float32), pose()).tolist() == [0.0, 0.0]


def test_the_heights_reach_from_below_the_buttock_to_the_neck_in_even_steps() -> None:
    assert HEIGHTS[0] == -0.2
    assert HEIGHTS[-1] == 1.3
    assert np.diff(HEIGHTS) == pytest.approx(np.full(S - 1, 0.05))
