"""Which way the camera looks: a figure turned once round, and lifters who stand almost square to the camera."""

import numpy as np
import pytest
from synthetic import Key, angles, figure, noisy, stand

from hingecheck.verdict import views
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.types import Facing, ViewKind

ROUND_DEG = np.arange(-180.0, 180.0, 5.0)


def turned(yaw_deg: np.ndarray) -> Poses:
    """A figure standing, a frame for each yaw."""
    t = np.arange(len(yaw_deg)) / 25
    return figure(t, angles(stand(1.0), t), yaw_deg)


@pytest.mark.parametrize("pose", [Key(0.0), Key(0.0, 70.0, 20.0)], ids=["standing", "bent over"])
def test_the_yaw_of_the_figure_is_read_all_the_way_round(pose: Key) -> None:
    t = np.arange(len(ROUND_DEG)) / 25
    poses = figure(t, np.tile(np.array(pose[1:]), (len(t), 1)), ROUND_DEG)
    read = views.yaw(views.yaw_parts(poses.world))
    assert np.cos(np.radians(read - ROUND_DEG)) == pytest.approx(np.ones(len(t)))  # 180 and -180 are one direction


def test_a_shake_of_a_centimetre_moves_the_yaw_by_a_few_degrees_only() -> None:
    read = views.yaw(views.yaw_parts(noisy(turned(np.full(500, 80.0)), metres=0.01).world))
    assert np.abs(read - 80.0).max() < 10.0  # 4 standard deviations of atan(0.01 * sqrt 2 / 0.36) = 2.2 degrees
    assert read.mean() == pytest.approx(80.0, abs=0.5)


def test_a_hidden_shoulder_gives_no_yaw_and_nobody_raises() -> None:
    poses = turned(np.array([90.0, 90.0]))
    poses.world[1, 12] = np.nan
    assert np.isnan(views.yaw(views.yaw_parts(poses.world))).tolist() == [False, True]
    assert np.isnan(views.yaw_parts(np.zeros((1, 33, 3)))).all()  # both shoulders at one place
    assert views.yaw_parts(np.empty((0, 33, 3))).shape == (0, 2)


@pytest.mark.parametrize(("yaw_deg", "side"), [(90.0, 1), (45.0, 1), (150.0, 1), (-90.0, 0), (-30.0, 0)])
def test_facing_the_pictures_right_the_right_side_is_near(yaw_deg: float, side: int) -> None:
    assert views.near_side(-1, np.array([yaw_deg])).tolist() == [side]
    poses = turned(np.array([yaw_deg]))
    nearer = poses.world[0, 11, 2] > poses.world[0, 12, 2]  # z grows away from the camera
    assert nearer == (side == 1)


def test_the_near_side_is_kept_until_the_lifter_has_clearly_turned() -> None:
    """sin 11.5 degrees is the 0.2 that counts as clear."""
    yaw = np.array([0.0, 5.0, 20.0, 5.0, -5.0, -10.0, np.nan, -20.0, -5.0, 10.0, 170.0, 165.0])
    assert views.near_side(-1, yaw).tolist() == [-1, -1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1]
    assert views.near_side(1, np.array([0.0, np.nan, -3.0])).tolist() == [1, 1, 1]
    assert views.near_side(0, np.empty(0)).tolist() == []


@pytest.mark.parametrize(
    ("yaw_deg", "kind"),
    [
        (0.0, ViewKind.FRONT),
        (16.0, ViewKind.FRONT),
        (-15.0, ViewKind.FRONT),
        (17.0, ViewKind.OBLIQUE),
        (45.0, ViewKind.OBLIQUE),
        (75.0, ViewKind.OBLIQUE),
        (76.0, ViewKind.SIDE),
        (-90.0, ViewKind.SIDE),
        (104.0, ViewKind.SIDE),
        (105.0, ViewKind.OBLIQUE),
        (-164.0, ViewKind.FRONT),
        (180.0, ViewKind.FRONT),
        (None, ViewKind.UNKNOWN),
        (np.nan, ViewKind.UNKNOWN),
    ],
)
def test_the_name_of_a_view(yaw_deg: float | None, kind: ViewKind) -> None:
    assert views.kind(yaw_deg) is kind


@pytest.mark.parametrize(
    ("yaw_deg", "kind", "facing", "told"),
    [
        (88.0, ViewKind.SIDE, Facing.RIGHT, 88.0),
        (-85.0, ViewKind.SIDE, Facing.LEFT, 85.0),
        (40.0, ViewKind.OBLIQUE, Facing.RIGHT, 40.0),
        (-140.0, ViewKind.OBLIQUE, Facing.LEFT, 140.0),
        (-4.0, ViewKind.FRONT, Facing.CAMERA, 4.0),
        (176.0, ViewKind.FRONT, Facing.AWAY, 176.0),
    ],
)
def test_a_clip_is_described_by_its_middle_direction(yaw_deg: float, kind: ViewKind, facing: Facing, told: float) -> None:
    yaw = yaw_deg + np.array([-3.0, 0.0, 0.0, 0.0, 3.0, np.nan, 170.0])
    where = np.array([True] * 6 + [False])
    view = views.describe(yaw, where)
    assert (view.kind, view.facing) == (kind, facing)
    assert view.yaw_deg == pytest.approx(told, abs=0.1)


def test_directions_on_both_sides_of_straight_away_do_not_cancel() -> None:
    view = views.describe(np.array([178.0, -178.0, 179.0]), np.ones(3, dtype=bool))
    assert view.facing is Facing.AWAY
    assert view.yaw_deg == pytest.approx(178.0, abs=2.0)


@pytest.mark.parametrize("yaw", [np.empty(0), np.full(4, np.nan)])
def test_a_clip_without_a_person_has_no_view(yaw: np.ndarray) -> None:
    view = views.describe(yaw, np.ones(len(yaw), dtype=bool))
    assert view == views.View(ViewKind.UNKNOWN, None, None)


def test_the_middle_direction_is_the_median_of_sines_and_of_cosines_so_a_few_frames_read_backwards_do_not_turn_it() -> None:
    """By hand: of 80, 80 and -100 degrees the middle sine is sin 80 and the middle cosine cos 80; their means would give a third of it."""
    assert views.middle(np.array([80.0, 80.0, -100.0])) == pytest.approx(80.0)
    assert views.middle(np.array([60.0, 90.0, 170.0])) == pytest.approx(np.degrees(np.arctan2(np.sin(np.radians(60.0)), 0.0)))
