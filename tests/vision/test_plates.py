"""A disc that hangs from the hands, drawn into pictures: found, followed, and kept apart from what only looks like one."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from synthetic import Build, Key, film, hinge, stand, still

from hingecheck.verdict import skeleton
from hingecheck.verdict.types import Floats
from hingecheck.vision import plates
from hingecheck.vision.plates import FORGET_S, LOOK_EVERY_S, SURE_LOOKS, Plate

SIZE = (900, 800)
BUILD = Build(px_per_m=300.0)  # a trunk of 150 px


def standing() -> Floats:
    return still(Key(0.0), 90.0, build=BUILD).xy[0]


def hands(xy: Floats) -> Floats:
    left, right = skeleton.SIDES["wrist"]
    return (xy[left] + xy[right]) / 2


def picture(*discs: tuple[float, float, float], seed: int = 0) -> NDArray[np.uint8]:
    """A grey room with noise, and dark discs at x, y with a radius, px."""
    image = np.full((*SIZE, 3), 150, np.uint8)
    for x, y, radius in discs:
        cv2.circle(image, (round(x), round(y)), round(radius), (50, 60, 90), -1, cv2.LINE_AA)
    noise = np.random.default_rng(seed).normal(0.0, 4.0, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def below(xy: Floats, radius_px: float = 60.0) -> tuple[float, float, float]:
    x, y = hands(xy) + [10.0, 45.0]
    return float(x), float(y), radius_px


def seen(frames: list[tuple[NDArray[np.uint8], Floats]], plate: Plate = plates.NONE, begin_s: float = 0.0) -> Plate:
    for n, (image, xy) in enumerate(frames):
        plate = plates.follow(plate, image, xy, begin_s + n * 0.1)
    return plate


def test_a_disc_below_the_hands_is_a_plate_once_it_was_seen_twice_and_hides_what_lies_on_it() -> None:
    xy = standing()
    x, y, radius = below(xy)
    frame = (picture((x, y, radius)), xy)
    assert not plates.behind(seen([frame]), xy).any()
    found = seen([frame] * SURE_LOOKS)
    middle = hands(xy) + 150.0 * np.array([found.aside, found.lower])
    assert middle == pytest.approx([x, y], abs=3.0)
    assert found.radius * 150.0 == pytest.approx(radius, abs=3.0)
    lies_on_it = np.hypot(*(xy - [x, y]).T) < radius
    assert lies_on_it[skeleton.SIDES["hip"][1]]
    assert plates.behind(found, xy)[lies_on_it].all()
    assert not plates.behind(found, xy)[skeleton.SIDES["ankle"][1]]


def test_without_a_disc_nothing_is_found_and_nothing_hidden() -> None:
    xy = standing()
    found = seen([(picture(seed=n), xy) for n in range(4)])
    assert found.looks == 0
    assert not plates.behind(found, xy).any()


@pytest.mark.parametrize("at", [(0.0, -150.0), (140.0, 40.0)])
def test_a_disc_that_does_not_hang_from_the_hands_is_none(at: tuple[float, float]) -> None:
    xy = standing()
    assert seen([(picture((*(hands(xy) + at), 55.0)), xy)] * 3).looks == 0


def test_a_lifter_seen_from_the_front_holds_no_disc() -> None:
    xy = still(Key(0.0), 0.0, build=BUILD).xy[0]
    assert seen([(picture(below(xy)), xy)] * 3).looks == 0


def test_between_looks_and_for_a_moment_out_of_sight_the_plate_goes_where_the_hands_go() -> None:
    xy = standing()
    found = seen([(picture(below(xy)), xy)] * 3)
    moved = xy + [40.0, 60.0]
    kept = plates.follow(found, picture(), moved, 0.2 + LOOK_EVERY_S / 2)
    assert kept is found  # not even looked for
    kept = plates.follow(found, picture(), moved, 0.2 + FORGET_S / 2)
    assert np.array_equal(plates.behind(kept, moved), plates.behind(found, xy))
    gone = plates.follow(kept, picture(), moved, 0.3 + FORGET_S)
    assert not plates.behind(gone, moved).any()


def test_a_plate_is_followed_through_a_hinge() -> None:
    poses = film(stand(0.5) + hinge(1), 10, build=BUILD)
    found = plates.NONE
    for n, (time_s, xy) in enumerate(zip(poses.time_s.tolist(), poses.xy, strict=True)):
        found = plates.follow(found, picture(below(xy), seed=n), xy, time_s)
        if n >= SURE_LOOKS:
            assert found.looks >= SURE_LOOKS
            assert found.radius * 150.0 == pytest.approx(60.0, abs=5.0)


def test_a_ball_that_stays_where_it_is_when_the_hands_have_left_is_furniture_from_then_on() -> None:
    xy = standing()
    ball = below(xy)
    found = seen([(picture(ball), xy)] * 3)
    assert plates.behind(found, xy).any()
    away = xy + [0.0, 60.0]
    found = seen([(picture(ball), away)], found, 0.3)
    assert not plates.behind(found, away).any()
    back = seen([(picture(ball), xy)] * 3, found, 0.4)
    assert not plates.behind(back, xy).any()


def test_unseen_hands_or_a_trunk_too_small_find_nothing() -> None:
    xy = standing()
    unseen = xy.copy()
    unseen[list(skeleton.SIDES["wrist"])] = np.nan
    assert seen([(picture(below(xy)), unseen)] * 3).looks == 0
    assert not plates.behind(seen([(picture(below(xy)), xy)] * 3), unseen).any()
    assert seen([(picture(below(xy)), xy / 10.0)] * 3).looks == 0
