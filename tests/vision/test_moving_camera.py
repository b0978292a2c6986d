"""How the camera moved, from pictures whose motion is known."""

import cv2
import numpy as np
import pytest

from hingecheck.verdict.poses import NOWHERE
from hingecheck.verdict.skeleton import SIDES, K
from hingecheck.verdict.steady import CUT, MOVED, STILL, applied
from hingecheck.vision.camera import Camera, follow

WIDTH, HEIGHT = 360, 480


def room(seed: int = 1) -> np.ndarray:
    """A wall with soft blobs, larger than the picture. -> (800, 700, 3)."""
    noise = np.random.default_rng(seed).uniform(0, 255, (100, 88)).astype(np.float32)
    grey = cv2.GaussianBlur(cv2.resize(noise, (700, 800), interpolation=cv2.INTER_CUBIC), (0, 0), 1.5)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def shot(wall: np.ndarray, x: float = 0.0, y: float = 0.0, zoom: float = 1.0, roll_deg: float = 0.0) -> np.ndarray:
    """The picture of a camera turned by so many px to the right and down, about its middle."""
    turn = cv2.getRotationMatrix2D((WIDTH / 2 + 150 + x, HEIGHT / 2 + 150 + y), roll_deg, zoom)
    turn[:, 2] -= (150 + x, 150 + y)
    return cv2.warpAffine(wall, turn, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)


def lifter(x: float = 180.0) -> np.ndarray:
    """(K, 2) px: a body 240 px high at x."""
    xy = np.full((K, 2), (x, 240.0))
    for joint, y in (("shoulder", 160.0), ("hip", 240.0), ("ankle", 360.0)):
        xy[list(SIDES[joint])] = x, y
    xy[0] = x, 120.0
    return xy


def seen(shots: list[np.ndarray], bodies: list[np.ndarray] | None = None) -> tuple[np.ndarray, list[int]]:
    camera, places, breaks = Camera(), [], []
    for n, image in enumerate(shots):
        camera, place, broke = follow(camera, image, lifter() if bodies is None else bodies[n], n / 25)
        places.append(place)
        breaks.append(broke)
    return np.array(places), breaks


def test_a_camera_that_stands_does_not_move_at_all_whatever_noise_the_picture_has() -> None:
    wall, noise = room(), np.random.default_rng(0)
    shots = [np.clip(shot(wall) + noise.normal(0, 4, (HEIGHT, WIDTH, 3)), 0, 255).astype(np.uint8) for _ in range(12)]
    places, breaks = seen(shots)
    assert (places == NOWHERE).all()
    assert breaks == [STILL] * 12


def test_a_knock_of_three_per_cent_of_the_height_is_found_to_a_fifth_of_a_pixel() -> None:
    places, breaks = seen([shot(room())] * 3 + [shot(room(), 14.0, -14.0)] * 3)
    assert np.abs(places[-1] - (1.0, 0.0, 14.0, -14.0)).max() < 0.2
    assert breaks == [STILL] * 6


@pytest.mark.parametrize(
    "path",
    [
        pytest.param([{"x": 2.0 * n} for n in range(20)], id="a pan"),
        pytest.param([{"y": 25.0 * np.sin(n / 5)} for n in range(40)], id="a tilt"),
        pytest.param([{"zoom": 1.0 + 0.004 * n} for n in range(25)], id="a zoom"),
        pytest.param([{"x": 9.0 * np.sin(n / 3), "y": 8.0 * np.sin(n / 4), "roll_deg": np.sin(n / 5)} for n in range(30)], id="by hand"),
    ],
)
def test_a_point_of_the_wall_stays_in_its_place_while_the_camera_moves(path) -> None:
    places, breaks = seen([shot(room(), **at) for at in path])
    assert not any(breaks)
    for at, place in zip(path, places, strict=True):
        x, y, zoom, roll = (at.get(name, usual) for name, usual in (("x", 0.0), ("y", 0.0), ("zoom", 1.0), ("roll_deg", 0.0)))
        turn = cv2.getRotationMatrix2D((WIDTH / 2 + x, HEIGHT / 2 + y), roll, zoom)
        turn[:, 2] -= x, y
        corner = turn @ (20.0, 450.0, 1.0)  # where the camera shows the point that it had at (20, 450)
        assert np.hypot(*(applied(place, corner[None])[0] - (20.0, 450.0))) < 0.5


def test_a_cut_begins_a_new_reference() -> None:
    _, breaks = seen([shot(room(1))] * 5 + [shot(room(2))] * 5)
    assert breaks == [STILL] * 5 + [CUT] + [STILL] * 4


def test_a_body_that_jumps_in_the_same_room_is_a_cut_if_the_picture_jumps_with_it() -> None:
    wall = room()
    before, after = shot(wall), shot(wall)
    before[110:370, 150:210], after[110:370, 230:290] = 20, 20
    film = [before] * 5 + [after] * 2
    for n, picture in enumerate(film):  # a filmed picture is never twice the same
        film[n] = picture.copy()
        film[n][400:440, 20 * n : 20 * n + 40] = 90
    _, breaks = seen(film, [lifter()] * 5 + [lifter(260.0)] * 2)
    assert breaks == [STILL] * 5 + [CUT, STILL]


def test_a_clip_of_a_few_stills_a_second_has_no_cuts_however_far_the_body_is_from_one_to_the_next() -> None:
    wall = room()
    stills = [shot(wall) for _ in range(3)]
    for still, left in zip(stills, (150, 230, 310), strict=True):
        still[110:370, left : left + 60] = 20
    shown = [still for still in stills for _ in range(12)]
    _, breaks = seen(shown, [lifter(180.0 + 80.0 * (n // 12)) for n in range(36)])
    assert set(breaks) == {STILL}


def test_further_off_than_a_seventh_of_the_height_the_camera_has_moved() -> None:
    _, breaks = seen([shot(room(), x=4.0 * n) for n in range(25)])
    assert breaks.count(MOVED) == 1
    assert 18 <= breaks.index(MOVED) <= 19  # 72 px


def test_a_bare_wall_says_nothing_and_is_no_break() -> None:
    places, breaks = seen([np.full((HEIGHT, WIDTH, 3), 90, np.uint8)] * 20)
    assert (places == NOWHERE).all()
    assert not any(breaks)


def test_a_picture_of_another_size_or_without_anybody_is_followed_too() -> None:
    camera, _, _ = follow(Camera(), shot(room()), None, 0.0)
    _, place, broke = follow(camera, shot(room(), 5.0), None, 0.04)
    assert abs(place[2] - 5.0) < 0.2
    assert broke == STILL
