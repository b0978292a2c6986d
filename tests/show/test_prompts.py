"""What is drawn while getting set: one sentence, one sign, four steps; large enough, and the same in a mirror."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from sample_result import JOINTS_PX, nobody, sample_pose

from hingecheck.show import prompts
from hingecheck.show.drawing import DARK, FAULT, NEARLY, OK, WHITE, unit_of
from hingecheck.show.prompts import draw, notice
from hingecheck.verdict.readiness import JOINTS, READY, Advice, Tier
from hingecheck.verdict.skeleton import INDEX

WALL = 90
STEP_INTO = Advice(Tier.PICTURE, "Step into the picture")
TURN = Advice(Tier.VIEW, "Turn side-on", "turn")
SHOW_KNEE = Advice(Tier.SEEN, "Show your knee", joints=("knee",))
LIGHT = Advice(Tier.SEEN, "More light, please")
STAND = Advice(Tier.STAND, "Stand tall", share=0.5)
ADVICE = [
    STEP_INTO,
    *(Advice(Tier.PICTURE, f"Step back: show your {part}", "away") for part in ("head", "feet", "whole body")),
    *(Advice(Tier.PICTURE, "Move this way", way) for way in ("left", "right")),
    Advice(Tier.PICTURE, "Come closer", "nearer"),
    TURN,
    LIGHT,
    *(Advice(Tier.SEEN, f"Show your {joint}", joints=(joint,)) for joint in JOINTS),
    Advice(Tier.SEEN, "Show your back", joints=("shoulder", "hip")),
    STAND,
    READY,
]
NOTICES = ["Camera lost: waiting for it", "Time. Well done"]
SIZES = [(480, 640), (720, 1280), (640, 480)]  # height, width


def picture(height=640, width=480):
    return np.full((height, width, 3), WALL, np.uint8)


def count(image, colour):
    return int((image == colour).all(-1).sum())


def at(image, x, y):
    return tuple(int(level) for level in image[round(y), round(x)])


def words_of(image, colour):
    """Top, bottom, left and right of the letters of this colour in the upper third, px."""
    rows, columns = np.nonzero((image[: len(image) // 3] == colour).all(-1))
    return rows.min(), rows.max(), columns.min(), columns.max()


# ------------------------------------------------------------------------------------------------------------------ every picture


@pytest.mark.parametrize("advice", ADVICE, ids=lambda advice: f"{advice.say} {advice.arrow}")
def test_the_picture_handed_in_stays_as_it_was(advice):
    for mirror in (False, True):
        image = picture()
        drawn = draw(image, sample_pose(), advice, mirror=mirror)
        assert (image == WALL).all()
        assert (drawn.shape, drawn.dtype) == (image.shape, np.uint8)
        assert (drawn != image).any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 200), (200, 1), (48, 64), (481, 363), (200, 1900)])
def test_any_size_of_picture_is_drawn_on(size):
    for advice in ADVICE:
        for poses in (sample_pose(), nobody()):
            assert draw(picture(*size), poses, advice, mirror=True).shape == (*size, 3)
    assert notice(picture(*size), NOTICES[0]).shape == (*size, 3)


@pytest.mark.filterwarnings("error")
def test_joints_that_are_lost_or_far_outside_do_no_harm():
    pose = sample_pose()
    pose.xy[0, INDEX["right_knee"]] = (1e12, -1e12)
    pose.xy[0, INDEX["left_knee"]] = np.nan
    draw(picture(), pose, SHOW_KNEE)


def test_every_piece_of_advice_looks_different():
    drawn = [draw(picture(), sample_pose(), advice) for advice in ADVICE]
    for (one, first), (other, second) in combinations(zip(ADVICE, drawn, strict=True), 2):
        assert (first != second).any(), f"{one} and {other}"


@pytest.mark.parametrize("size", SIZES)
def test_each_tier_differs_in_its_words_and_in_its_sign(size):
    """Not only in the dot of its step."""
    height, width = size
    firsts = [STEP_INTO, TURN, SHOW_KNEE, STAND, READY]
    assert [advice.tier for advice in firsts] == list(Tier)
    poses = sample_pose()
    drawn = [draw(picture(*size), poses, advice) for advice in firsts]
    below = slice(height // 3, int(0.7 * height))
    for (one, first), (other, second) in combinations(zip(firsts, drawn, strict=True), 2):
        assert (first[: height // 4] != second[: height // 4]).any(), f"words of {one.tier} and {other.tier}"
        if SHOW_KNEE not in (one, other):  # whose mark is no larger than the joint
            assert (first[below] != second[below]).any(-1).sum() > 0.005 * height * width, f"signs of {one.tier} and {other.tier}"


# ------------------------------------------------------------------------------------------------------------------ words


@pytest.mark.parametrize("size", [*SIZES, (240, 320), (1920, 1080)])
@pytest.mark.parametrize("advice", ADVICE, ids=lambda advice: f"{advice.say} {advice.arrow}")
def test_every_sentence_fits_into_the_picture_and_can_be_read_from_afar(advice, size):
    width = size[1]
    drawn = draw(picture(*size), nobody(), replace(advice, arrow="", tier=max(advice.tier, Tier.VIEW)))
    back = OK if advice is READY else NEARLY
    top, bottom, left, right = words_of(drawn, DARK)
    assert count(drawn[top : bottom + 1, left : right + 1], back) > 0.3 * (bottom - top) * (right - left), "on a plate"
    assert left >= 0.02 * width, "room at the left"
    assert right <= 0.98 * width, "and at the right"
    assert top > 0
    assert bottom - top > 0.05 * unit_of(drawn), "letters of a twentieth of the picture"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("text", NOTICES)
def test_every_notice_fits_into_the_picture(text, size):
    drawn = notice(picture(*size), text)
    rows, columns = np.nonzero((drawn == WHITE).all(-1))
    assert rows.max() - rows.min() > 0.05 * unit_of(drawn)
    assert 0.02 * size[1] <= columns.min() < columns.max() <= 0.98 * size[1]
    assert count(drawn, FAULT) > 1000


def test_a_notice_leaves_the_picture_handed_in_and_darkens_what_is_shown():
    image = picture()
    drawn = notice(image, NOTICES[0])
    assert (image == WALL).all()
    assert at(drawn, 5, 5) == (WALL // 4,) * 3


@pytest.mark.parametrize("advice", ADVICE, ids=lambda advice: f"{advice.say} {advice.arrow}")
def test_words_stand_the_same_in_a_mirror(advice):
    plain, mirrored = (draw(picture(), nobody(), advice, mirror=mirror) for mirror in (False, True))
    height = len(plain)
    assert (plain[: height // 4] == mirrored[: height // 4]).all(), "the sentence"
    assert (plain[int(0.74 * height) :, :200] == mirrored[int(0.74 * height) :, :200]).all(), "the steps"


def test_the_steps_are_named_and_the_one_to_do_is_marked():
    """Dots in the lower left corner, from top to bottom: blue when done, yellow when it is to be done, dark after it."""
    assert len(prompts.NAMES) == len(Tier) - 1
    size = 0.045 * 640
    for advice in (STEP_INTO, TURN, LIGHT, STAND, READY):
        drawn = draw(picture(), nobody(), advice)
        dots = [at(drawn, 0.05 * 640 - 0.35 * size, 640 - (4 - number + 0.8) * 1.5 * size - 0.3 * size) for number in (1, 2, 3, 4)]
        assert dots == [OK if number < advice.tier else NEARLY if number == advice.tier else DARK for number in (1, 2, 3, 4)]


# ------------------------------------------------------------------------------------------------------------------ signs


def arrow_of(way, *, mirror=False, size=(480, 640)):
    """How far an arrow's middle lies right of and below the middle of all arrows, and how wide and high it is, px."""
    with_arrow, without = (draw(picture(*size), nobody(), Advice(Tier.VIEW, "Move this way", arrow), mirror=mirror) for arrow in (way, ""))
    rows, columns = np.nonzero((with_arrow != without).any(-1))
    return columns.mean() - size[1] / 2, rows.mean() - 0.62 * size[0], columns.max() - columns.min(), rows.max() - rows.min()


@pytest.mark.parametrize("size", SIZES)
def test_arrows_across_stand_at_the_edge_they_point_to(size):
    left, right = (arrow_of(way, size=size) for way in ("left", "right"))
    assert left[0] < -0.1 * size[1]
    assert right[0] > 0.1 * size[1]
    assert right[0] == pytest.approx(-left[0], abs=2.0)
    for _, lower, wide, high in (left, right):
        assert abs(lower) < 2.0
        assert wide > high


@pytest.mark.parametrize("size", SIZES)
def test_arrows_into_the_picture_point_up_and_out_of_it_down(size):
    for way in ("away", "nearer"):
        aside, _, wide, high = arrow_of(way, size=size)
        assert abs(aside) < 2.0
        assert high > wide
    up, down = (draw(picture(*size), nobody(), Advice(Tier.VIEW, "Come closer", way)) for way in ("away", "nearer"))
    widest = [int((image[size[0] // 3 :, size[1] // 3 :] == NEARLY).all(-1).sum(axis=1).argmax()) for image in (up, down)]
    assert widest[0] < widest[1], "the head is the widest part"


@pytest.mark.parametrize(("way", "seen"), [("left", "right"), ("right", "left"), ("away", "away"), ("nearer", "nearer"), ("turn", "turn")])
def test_a_mirror_turns_the_arrows_across_and_no_other(way, seen):
    mirrored = draw(picture(), nobody(), Advice(Tier.VIEW, "Move this way", way), mirror=True)
    assert (mirrored == draw(picture(), nobody(), Advice(Tier.VIEW, "Move this way", seen))).all()


def test_a_mirror_flips_picture_and_body():
    image = picture()
    image[:, :100] = 40
    x, y = JOINTS_PX["foot_index"]
    mirrored = draw(image, sample_pose(), LIGHT, mirror=True)
    assert at(mirrored, 470, 300) == (40, 40, 40)
    assert at(mirrored, 10, 300) == (WALL, WALL, WALL)
    assert at(mirrored, 479 - x, y) == OK
    assert at(mirrored, x, y) != OK


def test_the_joint_that_is_to_be_shown_is_marked_even_when_it_is_doubted():
    pose = sample_pose()
    pose.score[0, [INDEX["left_knee"], INDEX["right_knee"]]] = 0.1
    x, y = JOINTS_PX["knee"]
    assert at(draw(picture(), pose, SHOW_KNEE), x, y) == FAULT
    assert at(draw(picture(), pose, SHOW_KNEE, mirror=True), 479 - x, y) == FAULT
    assert at(draw(picture(), pose, LIGHT), x, y) == (WALL, WALL, WALL)


def test_an_outline_shows_where_to_step_in():
    size = (480, 640)
    outlined = draw(picture(*size), nobody(), STEP_INTO)
    other = draw(picture(*size), nobody(), replace(STEP_INTO, arrow="away"))
    height, width = size
    rows, columns = np.nonzero((outlined[height // 2 : int(0.7 * height)] == NEARLY).all(-1))
    assert len(rows) > 200
    assert columns.mean() == pytest.approx(width / 2, abs=1.0)
    assert columns.max() - columns.min() < 0.3 * height, "one person wide"
    assert (outlined != other).any()


def test_the_clock_fills_as_the_lifter_stands():
    blue = [count(draw(picture(), nobody(), replace(STAND, share=share))[:500, 300:], OK) for share in (0.0, 0.25, 0.5, 0.75, 0.999)]
    assert blue[0] < 0.1 * blue[2]
    steps = np.diff(blue)
    assert (steps > 0).all()
    assert steps == pytest.approx(np.full(4, steps.mean()), rel=0.15), "evenly"
    assert count(draw(picture(), nobody(), LIGHT)[:500, 300:], OK) == 0
