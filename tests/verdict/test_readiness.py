"""Getting set, step by step: what is asked for, in which order, and when it is let go.

The figure is 495 px tall from the tip of its toes (24 px below the ankle) to its ears (471 px above it), 405 px from shoulder to ankle,
and its crown is taken to be 40 px above its ears.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from synthetic import POSES, figure, hidden, still

from hingecheck.verdict import readiness
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.poses import nobody as empty
from hingecheck.verdict.readiness import Advice, Guide, Tier, advance, in_picture, is_front, is_side
from hingecheck.verdict.series import MIN_SCORE
from hingecheck.verdict.silhouette import HEIGHTS, S
from hingecheck.verdict.skeleton import INDEX, K

SIZE = (800, 1000)
STEP_INTO = "Step into the picture"


def one(time_s=0.0, *, x=400.0, y=800.0, pose="standing", yaw_deg=90.0) -> Poses:
    """One frame of the figure with its ankles at a place in the picture."""
    return figure(np.array([time_s]), np.array([POSES[pose][1:]]), yaw_deg, ankle_px=(x, y))


def nobody(time_s=0.0) -> Poses:
    return empty(np.array([time_s]))


def at(poses: Poses, time_s: float) -> Poses:
    return replace(poses, time_s=np.array([time_s]))


def asked(poses: Poses, *, size=SIZE, light=150.0, yaw_deg=90.0, stood_s=0.0) -> Advice:
    """What is asked for at first sight."""
    return advance(Guide(), poses, size, light, yaw_deg, stood_s)[1]


def told(*frames, size=SIZE) -> list[str]:
    """The sentences shown for frames one after the other: (poses, and any other trouble)."""
    guide, said = Guide(), []
    for poses, but in frames:
        facts = {"light": 150.0, "yaw_deg": 90.0, "stood_s": 0.0} | but
        guide, advice = advance(guide, poses, size, **facts)
        said.append(advice.say)
    return said


# ------------------------------------------------------------------------------------------------------------------ in the picture


def test_nobody_is_asked_to_step_into_the_picture():
    assert asked(nobody(), yaw_deg=np.nan) == Advice(Tier.PICTURE, STEP_INTO)


@pytest.mark.parametrize("joint", ["left_shoulder", "right_hip", "left_knee", "right_ankle"])
def test_a_body_with_a_joint_missing_is_not_in_the_picture(joint):
    poses = one()
    poses.xy[0, INDEX[joint]] = np.nan
    assert in_picture(poses, SIZE) == Advice(Tier.PICTURE, STEP_INTO)


def test_who_is_in_the_picture_from_head_to_foot_is_asked_no_more():
    assert in_picture(one(), SIZE) is None
    assert in_picture(one(pose="hinged"), SIZE) is None


def test_feet_below_the_picture_ask_to_step_back():
    assert in_picture(one(y=976), SIZE) is None, "the toes reach 1000"
    assert in_picture(one(y=977), SIZE) == Advice(Tier.PICTURE, "Step back: show your feet", "away")


def test_a_crown_above_the_picture_asks_to_step_back_though_ears_and_nose_are_in_it():
    assert in_picture(one(y=512), SIZE) is None, "ears at 41"
    assert in_picture(one(y=510), SIZE) == Advice(Tier.PICTURE, "Step back: show your head", "away")


def test_who_is_too_tall_for_the_picture_shows_the_feet_first():
    assert in_picture(one(y=490), (800, 510)).say == "Step back: show your feet"


@pytest.mark.parametrize(("x", "arrow"), [(-1.0, "right"), (801.0, "left")])
def test_who_stands_half_beside_the_picture_is_shown_the_way_back_as_filmed(x, arrow):
    assert in_picture(one(x=x), SIZE) == Advice(Tier.PICTURE, "Move this way", arrow)
    assert in_picture(one(x=min(max(x, 1.0), 799.0)), SIZE) is None


def test_hands_may_hang_out_of_the_picture():
    poses = one(pose="hinged", x=400)
    poses.xy[0, [INDEX["left_wrist"], INDEX["right_wrist"]], 0] = 900
    assert in_picture(poses, SIZE) is None


def test_who_is_wider_than_the_picture_is_asked_to_step_back():
    facing = one(x=50.0, yaw_deg=0.0)  # 108 px from shoulder to shoulder
    assert in_picture(facing, (110, 1000)) is not None
    assert in_picture(facing, (100, 1000)) == Advice(Tier.PICTURE, "Step back: show your whole body", "away")


def test_who_is_cut_at_head_and_side_is_asked_to_step_back_and_not_aside():
    assert in_picture(one(x=-1.0, y=480.0), SIZE) == Advice(Tier.PICTURE, "Step back: show your whole body", "away")


def test_who_is_smaller_than_three_tenths_of_the_picture_is_asked_nearer():
    assert readiness.SMALLEST == 0.3
    assert in_picture(one(), (800, 1349)) is None, "405 px of 1349 are just above three tenths"
    assert in_picture(one(), (800, 1351)) == Advice(Tier.PICTURE, "Come closer", "nearer")


def test_who_is_bent_over_is_not_called_small():
    """From the front a bent trunk looks short."""
    assert in_picture(one(pose="hinged"), (800, 1500)) is None


def test_cut_feet_matter_more_than_a_small_body():
    assert in_picture(one(y=1390), (800, 1400)).say == "Step back: show your feet"


# ------------------------------------------------------------------------------------------------------------------ turned


@pytest.mark.parametrize(("yaw_deg", "side", "front"), [(90, 1, 0), (-90, 1, 0), (73, 1, 0), (72, 0, 0), (-107, 1, 0), (-108, 0, 0)])
def test_square_from_the_side_is_within_seventeen_degrees(yaw_deg, side, front):
    assert (is_side(yaw_deg), is_front(yaw_deg)) == (bool(side), bool(front))


@pytest.mark.parametrize(("yaw_deg", "front"), [(0, 1), (16, 1), (17, 0), (-16, 1), (180, 1), (-164, 1), (163, 0)])
def test_square_from_front_or_back_is_within_sixteen_degrees(yaw_deg, front):
    assert (is_side(yaw_deg), is_front(yaw_deg)) == (False, bool(front))


def test_an_unknown_way_to_stand_is_neither_from_the_side_nor_from_the_front():
    assert not is_side(np.nan)
    assert not is_front(np.nan)


@pytest.mark.parametrize("yaw_deg", [45.0, -45.0, 72.0, 17.0, 150.0, np.nan])
def test_who_stands_at_an_angle_is_asked_to_turn(yaw_deg):
    assert asked(one(), yaw_deg=yaw_deg, stood_s=5.0) == Advice(Tier.VIEW, "Turn side-on", "turn")


@pytest.mark.parametrize("yaw_deg", [90.0, -90.0, 0.0, 180.0, 80.0, 10.0])
def test_who_stands_square_is_not(yaw_deg):
    assert asked(one(), yaw_deg=yaw_deg) == Advice(Tier.STAND, "Stand tall")


# ------------------------------------------------------------------------------------------------------------------ visible


def test_a_dark_room_asks_for_light():
    assert readiness.DARKEST == 40.0
    assert asked(one(), light=39.0) == Advice(Tier.SEEN, "More light, please")
    assert asked(one(), light=40.0).tier is Tier.STAND


@pytest.mark.parametrize("joint", ["shoulder", "hip", "knee", "ankle"])
def test_a_hidden_joint_is_named_and_marked(joint):
    assert asked(hidden(one(), [joint], score=0.49)) == Advice(Tier.SEEN, f"Show your {joint}", joints=(joint,))
    assert asked(hidden(one(), [joint], score=MIN_SCORE)).tier is Tier.STAND


@pytest.mark.parametrize(("yaw_deg", "near", "far"), [(90.0, "right", "left"), (-90.0, "left", "right")])
def test_from_the_side_only_the_near_joints_have_to_be_seen(yaw_deg, near, far):
    poses = one(yaw_deg=yaw_deg)
    assert asked(hidden(poses, [f"{far}_knee", f"{far}_hip"]), yaw_deg=yaw_deg).tier is Tier.STAND
    assert asked(hidden(poses, [f"{near}_knee"]), yaw_deg=yaw_deg).say == "Show your knee"


@pytest.mark.parametrize("knee", ["left_knee", "right_knee"])
def test_from_the_front_both_sides_have_to_be_seen(knee):
    assert asked(hidden(one(yaw_deg=0.0), [knee]), yaw_deg=0.0).say == "Show your knee"


def test_of_several_hidden_joints_the_uppermost_is_asked_for():
    assert asked(hidden(one(), ["ankle", "hip"])).say == "Show your hip"


def seeing(samples: int) -> Poses:
    """The figure with so many of the 21 samples of its back seen between hips and shoulders, and none beyond them."""
    poses = one()
    inside = np.flatnonzero((HEIGHTS >= 0) & (HEIGHTS <= 1))
    assert len(inside) == 21
    back = np.full((1, S), np.nan)
    back[0, inside[:samples]] = 0.15
    return replace(poses, back=back)


def test_six_tenths_of_the_back_have_to_be_seen():
    assert asked(seeing(13)).tier is Tier.STAND
    assert asked(seeing(12)) == Advice(Tier.SEEN, "Show your back", joints=("shoulder", "hip"))


def test_from_the_front_no_back_has_to_be_seen():
    assert asked(seeing(0), yaw_deg=0.0).tier is Tier.STAND


# ------------------------------------------------------------------------------------------------------------------ standing, and the order


def test_the_share_of_the_stand_rises_until_it_is_done():
    shares = [asked(one(), stood_s=stood_s) for stood_s in (-1.0, 0.0, 0.25, 0.75)]
    assert [(advice.say, advice.share) for advice in shares] == [("Stand tall", share) for share in (0.0, 0.0, 0.25, 0.75)]
    assert asked(one(), stood_s=0.99).tier is Tier.STAND
    assert asked(one(), stood_s=1.0) == readiness.READY == Advice(Tier.READY, "Go")


def test_while_one_sentence_stands_its_share_goes_on_rising():
    guide, shares = Guide(), []
    for n in range(11):
        guide, advice = advance(guide, one(n / 10), SIZE, 150.0, 90.0, n / 10)
        shares.append(advice.share if advice.tier is Tier.STAND else advice.tier)
    assert shares == [*(pytest.approx(n / 10) for n in range(10)), Tier.READY]


def test_each_step_is_asked_for_only_when_those_before_it_are_done():
    wrong = {"light": 5.0, "yaw_deg": 45.0, "stood_s": 2.0}
    assert asked(one(y=990), **wrong).tier is Tier.PICTURE
    assert asked(one(), **wrong).tier is Tier.VIEW
    assert asked(one(), **wrong | {"yaw_deg": 90.0}).tier is Tier.SEEN
    assert asked(one(), **wrong | {"yaw_deg": 90.0, "light": 150.0}).tier is Tier.READY


def test_the_steps_follow_one_another():
    assert [tier.name for tier in sorted(Tier)] == ["PICTURE", "VIEW", "SEEN", "STAND", "READY"]
    said = told(
        (nobody(0.0), {"yaw_deg": np.nan}),
        (one(1.0), {"yaw_deg": 45.0, "light": 20.0}),
        (one(2.0), {"light": 20.0}),
        (one(3.0), {}),
        (one(3.5), {"stood_s": 0.5}),
        (one(4.0), {"stood_s": 1.0}),
    )
    assert said == [STEP_INTO, "Turn side-on", "More light, please", "Stand tall", "Stand tall", "Go"]


# ------------------------------------------------------------------------------------------------------------------ calm and patience


def test_a_sentence_stays_long_enough_to_be_read():
    assert readiness.SHOWN_S == 0.8
    said = told(
        (nobody(0.0), {}), (one(0.04), {}), (one(0.76), {}), (one(0.84), {}), (nobody(0.88), {}), (nobody(1.6), {}), (nobody(1.68), {})
    )
    assert said == [STEP_INTO] * 3 + ["Stand tall"] * 3 + [STEP_INTO]


def test_what_is_wrong_for_less_than_that_is_never_said():
    said = told((one(0.0), {}), (one(0.4), {"light": 10.0}), (one(0.6), {}), (one(2.0), {}))
    assert set(said) == {"Stand tall"}


def test_a_sentence_that_has_stood_for_long_gives_way_at_once():
    assert told((nobody(0.0), {}), (nobody(5.0), {}), (one(5.04), {})) == [STEP_INTO, STEP_INTO, "Stand tall"]


def test_go_waits_for_no_sentence():
    assert told((one(0.0), {"light": 10.0}), (one(0.04), {"stood_s": 1.0})) == ["More light, please", "Go"]


def test_the_arrow_belongs_to_the_sentence_that_is_shown():
    guide, first = advance(Guide(), one(0.0, x=-1.0), SIZE, 150.0, 90.0, 0.0)
    assert advance(guide, one(0.4), SIZE, 150.0, 90.0, 0.4)[1] == first == Advice(Tier.PICTURE, "Move this way", "right")


def test_who_cannot_turn_may_begin_after_eight_seconds():
    assert readiness.PATIENCE_S[Tier.VIEW] == 8.0
    oblique = {"yaw_deg": 45.0, "stood_s": 0.5}
    assert told((one(0.0), oblique), (one(7.9), oblique), (one(8.1), oblique)) == ["Turn side-on", "Turn side-on", "Stand tall"]
    assert told((one(0.0), oblique), (one(8.1), oblique | {"stood_s": 1.0})) == ["Turn side-on", "Go"]


def test_who_cannot_be_seen_better_may_begin_after_six_seconds():
    assert readiness.PATIENCE_S[Tier.SEEN] == 6.0
    for poses, but, sentence in [
        (one(), {"light": 10.0}, "More light, please"),
        (hidden(one(), ["knee"]), {}, "Show your knee"),
        (seeing(0), {}, "Show your back"),
    ]:
        assert told(*((at(poses, t), but) for t in (0.0, 5.9, 6.1))) == [sentence, sentence, "Stand tall"]


def test_nobody_may_begin_outside_the_picture_however_long_it_takes():
    cut = one(y=990)
    assert told((at(cut, 0.0), {}), (at(cut, 600.0), {"stood_s": 600.0})) == ["Step back: show your feet"] * 2


def test_patience_begins_anew_once_it_was_right():
    oblique, square = {"yaw_deg": 45.0}, {"yaw_deg": 90.0}
    said = told((one(0.0), oblique), (one(7.0), square), (one(8.5), oblique), (one(16.4), oblique), (one(16.6), oblique))
    assert said == ["Turn side-on", "Stand tall", "Turn side-on", "Turn side-on", "Stand tall"]


def test_the_guide_that_was_handed_in_is_not_changed():
    guide = Guide()
    advance(guide, one(), SIZE, 10.0, 45.0, 0.0)
    assert guide == Guide()


@pytest.mark.filterwarnings("error")
@given(
    xy=arrays(np.float64, (1, K, 2), elements=st.floats(-1e6, 1e6) | st.just(np.nan)),
    score=arrays(np.float64, (1, K), elements=st.floats(0, 1) | st.just(np.nan)),
    size=st.tuples(st.integers(1, 4000), st.integers(1, 4000)),
    light=st.floats(0, 255),
    yaw_deg=st.floats(-180, 180) | st.just(np.nan),
    stood_s=st.floats(-1, 100),
)
def test_whatever_is_seen_there_is_one_sentence(xy, score, size, light, yaw_deg, stood_s):
    poses = replace(still(POSES["standing"]), xy=xy, score=score)
    advice = asked(poses, size=size, light=light, yaw_deg=yaw_deg, stood_s=stood_s)
    assert advice.say
    assert advice.arrow in ("", "left", "right", "away", "nearer", "turn")
    assert 0.0 <= advice.share < 1.0


def test_the_steps_are_waited_for_one_after_the_other():
    both = {"yaw_deg": 45.0, "light": 10.0, "stood_s": 0.5}
    said = told(*((one(t), both) for t in (0.0, 7.9, 8.1, 13.9, 14.2)))
    assert said == ["Turn side-on", "Turn side-on", "More light, please", "More light, please", "Stand tall"]


def test_who_leaves_the_picture_is_asked_for_everything_again():
    oblique = {"yaw_deg": 45.0}
    said = told((one(0.0), oblique), (at(one(y=990), 5.0), {}), (one(9.0), oblique))
    assert said == ["Turn side-on", "Step back: show your feet", "Turn side-on"]


def test_who_has_a_joint_hidden_is_not_asked_to_stand_for_ever():
    assert readiness.PATIENCE_S[Tier.STAND] == 4.0
    ankle = hidden(one(), ["ankle"])
    said = told(*((at(ankle, t), {"stood_s": -1.0}) for t in (0.0, 6.1, 9.9, 10.1)))
    assert said == ["Show your ankle", "Stand tall", "Stand tall", "Go"]
