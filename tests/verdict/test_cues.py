"""The table of cues: every row complete, within its own bounds, and fit to be read aloud."""

import re

import pytest

from hingecheck.verdict import skeleton
from hingecheck.verdict.cues import BY_ID, COLUMN, CUES, Cue, Fault
from hingecheck.verdict.types import METRICS, Phase, ViewKind

FAULTS = [(cue, fault) for cue in CUES for fault in cue.faults]
each_cue = pytest.mark.parametrize("cue", CUES, ids=lambda cue: cue.id)
each_fault = pytest.mark.parametrize(("cue", "fault"), FAULTS, ids=[f"{c.id} {f.direction}" for c, f in FAULTS])


def test_the_nine_cues_of_stage_1_are_all_there() -> None:
    assert {cue.id for cue in CUES} == {
        "butt_high",
        "shoulders_back",
        "chest_out",
        "soft_knees",
        "neutral_spine",
        "core_tight",
        "knees_out",
        "feet_hip_width",
        "squeeze_butt",
    }
    assert len(CUES) == 9


def test_a_cue_is_found_by_its_id_and_its_column() -> None:
    for column, cue in enumerate(CUES):
        assert BY_ID[cue.id] is cue
        assert COLUMN[cue.id] == column


@each_cue
def test_a_cue_has_what_every_page_shows_of_it(cue: Cue) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", cue.id)
    assert cue.name
    assert cue.about.endswith(".")
    assert cue.unit
    assert cue.hidden
    assert cue.view in (ViewKind.SIDE, ViewKind.FRONT)
    assert 0 < cue.within_deg <= 90
    assert cue.faults
    assert cue.weight > 0
    assert 0 <= cue.hold_s <= 2
    assert cue.withheld is None or cue.withheld.strip()


@each_cue
def test_a_cue_highlights_joints_that_exist(cue: Cue) -> None:
    assert cue.joints
    assert set(cue.joints) <= set(skeleton.SIDES)


@each_cue
def test_a_cue_either_needs_the_standing_shape_or_makes_do_with_a_typical_one(cue: Cue) -> None:
    assert not (cue.against_standing and cue.by_shape)


def test_what_is_compared_with_standing_needs_it_and_of_the_back_a_typical_one_will_do() -> None:
    """How far the butt drops and the shoulders hang is measured from standing alone; a back that wanders is compared with itself."""
    assert {cue.id for cue in CUES if cue.by_shape} == {"neutral_spine", "chest_out"}
    assert {cue.id for cue in CUES if cue.against_standing} == {"butt_high", "shoulders_back"}


def test_no_cue_is_withheld() -> None:
    assert [cue.id for cue in CUES if cue.withheld] == []


@each_cue
def test_the_directions_of_a_cue_differ(cue: Cue) -> None:
    directions = [fault.direction for fault in cue.faults]
    assert len(set(directions)) == len(directions)


def test_spine_and_core_are_said_first() -> None:
    first_two = sorted(CUES, key=lambda cue: cue.priority)[:2]
    assert [cue.id for cue in first_two] == ["neutral_spine", "core_tight"]
    assert max(CUES, key=lambda cue: cue.weight).id == "neutral_spine"


@each_fault
def test_what_a_cue_is_called_from_lies_within_its_range_and_a_margin_within_that(cue: Cue, fault: Fault) -> None:
    assert fault.low < fault.called_at < fault.high
    assert fault.low < fault.high
    assert 0 < fault.margin < fault.high - fault.low


@each_fault
def test_a_fault_is_measured_by_a_metric_in_phases_of_a_rep(cue: Cue, fault: Fault) -> None:
    assert fault.metric in METRICS
    assert fault.phases
    assert Phase.UNSEEN not in fault.phases


@each_fault
def test_a_fault_can_be_said_in_two_seconds(cue: Cue, fault: Fault) -> None:
    """Slow speech is about two and a half words a second."""
    assert 1 <= len(fault.say.split()) <= 6
    assert len(fault.say) <= 32
    assert fault.say[0].isupper()
    assert not fault.say.endswith(".")


@each_fault
def test_a_limit_says_why_it_stands_where_it_does(cue: Cue, fault: Fault) -> None:
    assert fault.reason


def test_no_word_of_injury_is_said() -> None:
    said = " ".join(fault.say + cue.about for cue, fault in FAULTS).lower()
    assert not re.search(r"injur|danger|hurt|harm", said)


@each_cue
def test_opposite_faults_leave_something_right_between_them(cue: Cue) -> None:
    for below in cue.faults:
        for above in cue.faults:
            if below.metric == above.metric and above.above and not below.above:
                assert below.limit + below.margin < above.limit - above.margin
