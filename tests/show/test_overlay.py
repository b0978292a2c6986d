from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from sample_result import nobody, sample_pose, sample_result

from hingecheck.show import overlay
from hingecheck.show.drawing import FAULT, GREY, OK, jpeg
from hingecheck.show.overlay import draw
from hingecheck.verdict.cues import BY_ID, CUES
from hingecheck.verdict.silhouette import HEIGHTS, back_points
from hingecheck.verdict.skeleton import INDEX
from hingecheck.verdict.types import Phase

WALL = 90


def picture(height=640, width=480):
    return np.full((height, width, 3), WALL, np.uint8)


def moment(time_s=2.0, **metrics):
    """One frame of the sample, with some of its measures replaced."""
    one = sample_result().at(round(time_s * 25))
    return replace(one, metrics=replace(one.metrics, **{name: np.array([value]) for name, value in metrics.items()}))


def count(image, colour):
    return int((image == colour).all(-1).sum())


def at(image, point):
    return tuple(int(level) for level in image[round(point[1]), round(point[0])])


def back_colour(image, height):
    points = back_points(sample_pose().xy, sample_pose().back)[0]
    return at(image, points[np.argmin(np.abs(HEIGHTS - height))])


def test_the_picture_handed_in_stays_as_it_was():
    image = picture()
    drawn = draw(image, sample_pose(), moment())
    assert (image == WALL).all()
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    assert (drawn != image).any()


@pytest.mark.filterwarnings("error")
def test_an_empty_room_is_drawn_without_a_body_and_without_a_warning():
    lost = moment(0.4)  # the sample's lost frame: all measures NaN
    drawn = draw(picture(), nobody(), replace(lost, near=np.array([-1], np.int8)))
    assert count(drawn, OK) == 0
    assert count(drawn, FAULT) == 0
    assert (drawn != WALL).any(), "the counters stay"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [(1, 1), (3, 2), (48, 64), (481, 363), (200, 1900)])
def test_any_size_of_picture_is_drawn_on(size):
    assert draw(picture(*size), sample_pose(), moment(), cue=("neutral_spine", "rounded"), note="Front view").shape == (*size, 3)


def test_a_joint_far_outside_the_picture_does_no_harm():
    pose = sample_pose()
    pose.xy[0, INDEX["right_wrist"]] = (1e12, -1e12)
    draw(picture(), pose, moment())


def test_a_joint_the_model_doubts_is_not_drawn():
    pose, wrist = sample_pose(), INDEX["right_wrist"]
    assert at(draw(picture(), pose, moment()), pose.xy[0, wrist]) == OK
    pose.score[0, [wrist, INDEX["left_wrist"]]] = 0.2
    assert at(draw(picture(), pose, moment()), pose.xy[0, wrist]) == (WALL, WALL, WALL)


def test_the_cue_stands_across_the_top_and_marks_its_joint():
    plain = draw(picture(), sample_pose(), moment(spine_lower_deg=0.0))
    drawn = draw(picture(), sample_pose(), moment(spine_lower_deg=0.0), cue=("soft_knees", "bent"))
    assert count(plain, FAULT) == 0
    assert count(drawn[:200], FAULT) > 5000
    x, y = sample_pose().xy[0, INDEX["right_knee"]].astype(int)
    assert count(drawn[y - 30 : y + 30, x - 30 : x + 30], FAULT) > 200


def test_without_a_cue_praise_takes_its_place():
    assert count(draw(picture(), sample_pose(), moment(), praise="Better")[:100], OK) > 3000
    both = draw(picture(), sample_pose(), moment(), cue=("soft_knees", "bent"), praise="Better")
    assert (both == draw(picture(), sample_pose(), moment(), cue=("soft_knees", "bent"))).all()


def test_the_depth_bar_moves_with_every_degree_and_is_empty_when_the_hip_is_lost():
    bar = [count(draw(picture(), nobody(), moment(hip_flexion_deg=float(deg)))[:, 430:], OK) for deg in range(3, 111)]
    assert all(later > earlier for earlier, later in pairwise(bar))
    assert count(draw(picture(), nobody(), moment(hip_flexion_deg=np.nan))[:, 430:], OK) == 0


def test_the_lower_back_goes_from_blue_to_red_as_it_nears_its_limit_surely():
    limits = {("neutral_spine", "rounded"): 20.0, ("neutral_spine", "arched"): -10.0}
    off = float(moment().spreads.spine_lower_deg[0])
    assert off == 3.0
    rounded, arched = (BY_ID["neutral_spine"].fault(way).threshold(limits["neutral_spine", way], off) for way in ("rounded", "arched"))
    colours = [
        back_colour(draw(picture(), sample_pose(), moment(spine_lower_deg=deg), limits=limits), 0.3)
        for deg in (0.0, 6.0 + off, 20.0, rounded, 40.0)
    ]
    assert colours[0] == OK
    assert colours[1] not in (OK, FAULT)
    assert colours[2] != FAULT, "past the limit by less than the measure may be off is no fault"
    assert colours[3] == colours[4] == FAULT
    assert back_colour(draw(picture(), sample_pose(), moment(spine_lower_deg=-10.0), limits=limits), 0.3) != FAULT
    assert back_colour(draw(picture(), sample_pose(), moment(spine_lower_deg=arched), limits=limits), 0.3) == FAULT


def test_a_back_that_is_not_measured_or_not_judged_is_grey(monkeypatch):
    assert back_colour(draw(picture(), sample_pose(), moment(spine_lower_deg=np.nan)), 0.3) == GREY
    monkeypatch.setitem(overlay.BY_ID, "chest_out", replace(BY_ID["chest_out"], withheld="not proven"))
    assert back_colour(draw(picture(), sample_pose(), moment(spine_upper_deg=50.0)), 0.7) == GREY
    monkeypatch.setitem(overlay.BY_ID, "chest_out", replace(BY_ID["chest_out"], withheld=None))
    assert back_colour(draw(picture(), sample_pose(), moment(spine_upper_deg=50.0)), 0.7) == FAULT


def test_a_mirror_flips_the_body_and_leaves_the_words_readable():
    says = {"cue": ("soft_knees", "bent")}
    plain, mirrored = (draw(picture(), sample_pose(), moment(), mirror=mirror, **says) for mirror in (False, True))
    assert (plain[:130] == mirrored[:130]).all()
    x, y = sample_pose().xy[0, INDEX["right_wrist"]]
    assert at(mirrored, (479 - x, y)) == OK
    assert at(mirrored, (x, y)) != OK


@pytest.mark.parametrize("size", [(640, 480), (720, 1280), (320, 240), (1920, 1080)])
def test_every_cue_fits_into_the_picture(size):
    for cue in CUES:
        for fault in cue.faults:
            drawn = draw(picture(*size), nobody(), moment(), cue=(cue.id, fault.direction))
            banner = drawn[: size[0] // 3]
            assert (banner == 255).all(-1).any(), "the words are there"
            assert not (banner[:, [0, 1, -2, -1]] == 255).all(-1).any(), f"{fault.say} runs out of the picture"


@pytest.mark.parametrize("word", ["Größer", "Très bien", "Żółw", "Ещё", "もっと"])
def test_letters_beyond_ascii_are_written_not_replaced(word):
    replaced = "".join(letter if letter.isascii() else "?" for letter in word)
    assert (draw(picture(), nobody(), moment(), praise=word) != draw(picture(), nobody(), moment(), praise=replaced)).any()


def test_the_last_rep_and_the_number_of_reps_are_shown():
    reps = sample_result().reps
    none, one, two = (draw(picture(), nobody(), moment(), done=reps[:done]) for done in (0, 1, 2))
    corner = np.s_[500:, 330:]
    assert (none[corner] == WALL).all()
    assert (one[corner] != two[corner]).any(), "100, then 58"
    assert (one[500:, :200] != two[500:, :200]).any()


def test_every_phase_has_a_word():
    assert set(overlay.WORDS) == set(Phase)


def test_a_jpeg_holds_the_picture():
    image = picture()
    image[:, :240] = (200, 40, 20)
    back = cv2.cvtColor(cv2.imdecode(np.frombuffer(jpeg(image), np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    assert np.abs(back.astype(int) - image)[:, :230].max() < 12


def test_the_clock_takes_the_place_of_the_phase(monkeypatch):
    written = []
    real = overlay.write
    monkeypatch.setattr(overlay, "write", lambda image, text, *rest, **more: (written.append(text), real(image, text, *rest, **more))[1])
    draw(picture(), sample_pose(), moment())
    assert "bottom" in written
    written.clear()
    draw(picture(), sample_pose(), moment(), clock="12:30")
    assert "12:30" in written
    assert "bottom" not in written
    written.clear()
    draw(picture(), nobody(), moment(), clock="12:30")
    assert "nobody seen" in written


def pointer(image, colour):
    """Middle height of a gauge's pointer of this colour at the left edge, px; None when there is none."""
    rows = np.flatnonzero((image[:, :130] == colour).all(-1).any(axis=1))
    rows = rows[(rows > 200) & (rows < 520)]
    return float(rows.mean()) if len(rows) else None


def test_a_gauge_points_lower_the_more_the_knee_bends_and_turns_red_only_surely_past_its_limit():
    def gauge(knee_deg, colour):
        shown = moment(knee_flexion_deg=knee_deg, butt_drop=np.nan)
        return pointer(draw(picture(), nobody(), shown, gauges=True), colour)

    heights = [gauge(deg, (255, 255, 255)) for deg in (5.0, 15.0, 25.0)]
    assert heights == sorted(heights)
    limit, off = overlay.TABLE_LIMITS["soft_knees", "bent"], float(moment().spreads.knee_flexion_deg[0])
    assert gauge(limit + 0.5 * off, FAULT) is None
    assert gauge(limit + off + 1.0, FAULT) > heights[-1]
    assert gauge(np.nan, (255, 255, 255)) is None
    assert gauge(np.nan, FAULT) is None


def test_gauges_are_drawn_only_where_asked_for():
    assert count(draw(picture(), nobody(), moment(butt_drop=0.02))[200:500, :130], OK) == 0
    assert count(draw(picture(), nobody(), moment(butt_drop=0.02), gauges=True)[200:500, :130], OK) > 500
