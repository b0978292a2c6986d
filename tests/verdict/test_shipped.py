"""Every number that is shipped is held by a golden or by hand: a table that could be a fifth larger unseen could be wrong unseen.

After a refit, what is worked out by hand here is worked out again, as goldens are renewed.
"""

from dataclasses import replace

import numpy as np
import pytest
from mutants import FACTOR, NAMES, multiplied, mutated, noticed
from synthetic import ANKLE_PX, LEG_M, PX_PER_M, stood

from hingecheck.verdict import calibration, confidence, fitted, metrics, series
from hingecheck.verdict.series import HIP_X, HIP_Y, SERIES
from hingecheck.verdict.silhouette import L, S

SIDE = np.array([90.0])
LEG_PX = LEG_M * PX_PER_M  # 255
HIP_PX = (ANKLE_PX[0], ANKLE_PX[1] - LEG_PX)
STOOD = replace(stood(), hip_px=HIP_PX, ankle_px=ANKLE_PX)


def own_stand():
    """Read 3, 1 and 1 degrees from the usual stand, that is errors of which 0.141, 0.337 and 0.237 are kept: 0.423, 0.337, 0.237."""
    own = np.array([-2.595 + 3.0, -3.407 + 1.0, 6.792 + 1.0])
    return calibration.leans(own[None], own, np.array([[1.0, 0.0, 0.0]]))[0], (-0.013 + 0.423, -3.407 + 0.337, 7.466 + 0.237)


def knee_by_length():
    """The hip a tenth of the leg nearer to where the foot stood: 6.2 + 290.2 x 0.1."""
    row = np.full((1, SERIES), np.nan)
    row[0, [HIP_X, HIP_Y]] = HIP_PX[0], ANKLE_PX[1] - 0.9 * LEG_PX
    return metrics.leg_from_foot(STOOD, row, SIDE)[1], (35.22,)


def leg_by_outline():
    """The same a tenth, by the outline, and the line from foot to hip still upright: 1.86 + 214.06 x 0.1 and 5.13 + 380.98 x 0.1."""
    thigh, knee = metrics.leg_from_outline(STOOD, np.array([[0.0, 0.1 * LEG_PX]]), SIDE)
    return np.concatenate([thigh, knee]), (23.266, 43.228)


def trunk_by_outline():
    """Bent over by 60, the outline's hip 0.05 leg lengths ahead of the landmarks' and 0.1 below: 60 - 86.78 x 0.05 + 17.83 x 0.1 - 1.33."""
    return calibration.trunk_by_outline(np.array([60.0]), np.array([[0.05, 0.1]])), (56.114,)


def shoulder_by_camera():
    """Five degrees towards the front, five towards the back: 5 x 0.00174 more and less."""
    return calibration.shoulder_by_camera(np.array([85.0, 95.0])), (0.0087, -0.0087)


def unstood():
    """A back whose own stand was not seen, square from the side and surely seen: 15.4 and 7.6 degrees, wider than 5.8 and 5.7."""
    no, nothing = np.zeros(1, dtype=bool), np.zeros(1)
    told = confidence.spreads(nothing, np.ones((1, 2)), no, no, nothing)
    return np.concatenate([told.spine_lower_deg, told.spine_upper_deg]), (15.4, 7.6)


def usual_stand():
    """Trunk, thigh and shin of people who stand tall, as read from the near side: rows of the table."""
    return calibration.standing_read(np.array([[1.0, 0.0, 0.0]]))[0], (-2.595, -3.407, 6.792)


def bridge():
    """A gap of one sample between two of 0.1. The usual back has 0.1910, 0.1776 and 0.1662 there: 0.1776 - (0.0910 + 0.0662) / 2."""
    back = np.full((1, S), 0.1)
    back[0, 10] = np.nan
    return series.bridged(back)[:, 10], (0.099,)


def steepest_leg():
    """Against a straight leg the usual one's largest step is its own."""
    return series.steepest(np.full((1, L), 0.1), calibration.USUAL_LEG), (0.0228,)


def neutral_back_bent_over():
    """The usual back, the trunk at 60 degrees: 60 x -0.063 of the lower back, 60 x 0.065 of the upper."""
    lower, upper, _ = calibration.back(np.array([calibration.USUAL_BACK]), None, np.array([60.0]), np.zeros(1))
    return np.concatenate([lower, upper]), (-3.78, 3.9)


def clearest():
    """Everything seen from the side: a butt located by the outline, legs read from their rear edge."""
    known = np.ones(1, dtype=bool)
    told = confidence.spreads(np.zeros(1), np.ones((1, 2)), known, known, np.ones(1))
    return np.concatenate([told.butt_drop, told.hip_flexion_deg, told.knee_flexion_deg, told.shin_lean_deg]), (0.018, 2.9, 1.7, 1.2)


BY_HAND = {
    "USUAL_PROFILE": bridge,
    "ANGLES.read": usual_stand,
    "USUAL_LEG": steepest_leg,
    "LOWER_BY_LEAN": neutral_back_bent_over,
    "UPPER_BY_LEAN": neutral_back_bent_over,
    "SPREADS_OUTLINED": clearest,
    "SPREADS_BY_REAR": clearest,
    "ANGLES.kept": own_stand,
    "KNEE_BY_LENGTH": knee_by_length,
    "KNEE_BY_OUTLINE": leg_by_outline,
    "TRUNK_BY_OUTLINE": trunk_by_outline,
    "SHOULDER_BY_CAMERA": shoulder_by_camera,
    "SPREADS_UNSTOOD": unstood,
}


def right(check):
    found, expected = check()
    return found == pytest.approx(np.array(expected), abs=1e-9)


@pytest.mark.parametrize("check", BY_HAND.values(), ids=BY_HAND)
def test_what_no_golden_shows_is_as_worked_out_by_hand(check):
    assert right(check)


@pytest.mark.parametrize("name", NAMES)
def test_a_fifth_more_of_any_table_is_noticed(name):
    if name in BY_HAND:
        with mutated(name):
            assert not right(BY_HAND[name])
    else:
        assert noticed(name)


def test_a_mutant_is_gone_afterwards_and_each_table_has_one():
    assert {name.partition(".")[0] for name in NAMES} == set(fitted.SHAPES)
    before = calibration.ANGLES
    with mutated("ANGLES.deep"):
        assert calibration.ANGLES.deep == multiplied(before.deep)
        assert calibration.ANGLES.slope == before.slope
    assert calibration.ANGLES is before
    assert multiplied({"a": (1.0, 2.0)}) == {"a": (FACTOR, 2.0 * FACTOR)}
