"""Scores worked out by hand from judgements that are written down, and what a session comes to."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import (
    exact,  # noqa: F401
    film,
    hinge,
    set_down,
    stand,
    without_person,
)

from hingecheck.verdict import engine, scoring
from hingecheck.verdict.cues import BY_ID, CUES, Fault
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.scoring import LEAST_PENALTY, READY_CUES, READY_REPS, READY_SCORE
from hingecheck.verdict.types import Facing, Judgement, Rep, Status, Summary, ViewKind

OK = Judgement(Status.OK, None, 0.0, 0.1, 1.0, "", 1.0, None)
UNSEEN = Judgement(Status.NOT_JUDGED, None, None, None, None, "", None, "hidden")
NOTHING = {cue.id: UNSEEN for cue in CUES}


def fault_of(cue_id: str, direction: str | None = None) -> Fault:
    return next(f for f in BY_ID[cue_id].faults if direction in (None, f.direction))


def wrong(cue_id: str, share: float, direction: str | None = None) -> Judgement:
    """A fault that is past its limit by this share of what is as bad as can be."""
    fault = fault_of(cue_id, direction)
    past = share * fault.worst_by * (1 if fault.above else -1)
    return Judgement(Status.FAULT, fault.direction, fault.limit + past, 0.0, fault.limit, "", 1.0, None)


def rep(cues: Mapping[str, Judgement], *, complete: bool = True, index: int = 1) -> Rep:
    told = NOTHING | dict(cues)
    return Rep(index, 0.0, 1.0, 2.0, complete, scoring.rep_score(told), {}, {}, told)


def clean(*but: str) -> Rep:
    """A rep in which every cue is ok, but these, which were not seen."""
    return rep({cue.id: UNSEEN if cue.id in but else OK for cue in CUES})


@pytest.mark.parametrize(
    ("share", "penalty"),
    [(0.0, 0.4), (0.5, 0.7), (1.0, 1.0), (3.0, 1.0)],
)
@pytest.mark.parametrize(("cue_id", "direction"), [("butt_high", "low"), ("soft_knees", "locked"), ("neutral_spine", "arched")])
def test_a_fault_costs_two_fifths_at_the_limit_and_all_where_it_is_as_bad_as_can_be(
    cue_id: str, direction: str, share: float, penalty: float
) -> None:
    assert scoring.severity(cue_id, wrong(cue_id, share, direction)) == pytest.approx(penalty)


def test_what_is_ok_or_not_judged_costs_nothing() -> None:
    assert scoring.severity("butt_high", OK) == 0.0
    assert scoring.severity("butt_high", UNSEEN) == 0.0


def test_what_is_past_its_limit_but_not_called_a_fault_costs_nothing() -> None:
    doubtful = replace(OK, value=0.1, limit=0.08, uncertainty=0.032, reason="past the limit by less than the measure may be off")
    assert scoring.severity("butt_high", doubtful) == 0.0
    assert scoring.rep_score(NOTHING | {"butt_high": doubtful}) == 100


def test_how_far_a_value_may_be_off_moves_no_penalty() -> None:
    fault = wrong("butt_high", 0.25)
    assert scoring.severity("butt_high", replace(fault, uncertainty=0.05)) == scoring.severity("butt_high", fault)


def test_a_rep_is_scored_by_the_weights_of_what_was_judged() -> None:
    """Butt ok (1), spine 0.7 wrong (2), knees at the limit (1): lost 2 * 0.7 + 1 * 0.4 = 1.8 of 4, so 55."""
    assert [BY_ID[c].weight for c in ("butt_high", "neutral_spine", "soft_knees")] == [1.0, 2.0, 1.0]
    cues = NOTHING | {"butt_high": OK, "neutral_spine": wrong("neutral_spine", 0.5), "soft_knees": wrong("soft_knees", 0.0)}
    assert scoring.rep_score(cues) == 55


def test_a_clean_rep_scores_100_and_one_wrong_throughout_0() -> None:
    assert scoring.rep_score({cue.id: OK for cue in CUES}) == 100
    assert scoring.rep_score({cue.id: wrong(cue.id, 5.0) for cue in CUES}) == 0


def test_a_rep_of_which_nothing_was_judged_has_no_score() -> None:
    assert scoring.rep_score(NOTHING) is None
    assert scoring.session_score([rep({}), rep({})]) is None
    assert scoring.session_score([]) is None


def test_what_was_not_judged_does_not_move_the_score() -> None:
    seen = {"butt_high": OK, "soft_knees": wrong("soft_knees", 1.0)}
    assert scoring.rep_score(seen) == scoring.rep_score(NOTHING | seen) == 50


judgements = st.fixed_dictionaries(
    {cue.id: st.one_of(st.just(OK), st.just(UNSEEN), st.floats(0, 3).map(lambda share, c=cue.id: wrong(c, share))) for cue in CUES}
)


@given(judgements)
def test_a_score_is_none_or_from_0_to_100_and_putting_a_fault_right_never_lowers_it(cues: dict[str, Judgement]) -> None:
    score = scoring.rep_score(cues)
    judged = [cue_id for cue_id, j in cues.items() if j.status is not Status.NOT_JUDGED]
    assert (score is None) == (not judged)
    if score is None:
        return
    assert 0 <= score <= 100
    for cue_id in judged:
        better = scoring.rep_score(cues | {cue_id: OK})
        assert better is not None
        assert better >= score


def test_a_session_scores_the_mean_of_the_reps_that_have_a_score() -> None:
    scores = [100, 50, None, 60]
    reps = [replace(rep({}), score=score) for score in scores]
    assert scoring.session_score(reps) == 70


def test_the_stage_rests_on_the_score_that_the_session_has() -> None:
    """Five whole reps with 80 and one that is cut off with 50: 75 in both, not 80 in one."""
    reps = [replace(clean(), score=80)] * 5 + [replace(clean(), score=50, complete=False)]
    assert scoring.session_score(reps) == 75
    assert "score 75, 85 is needed" in scoring.stage(reps).why


def test_counts_name_every_cue_and_status() -> None:
    counted = scoring.counts([clean(), rep({"butt_high": wrong("butt_high", 0.1)}), clean("butt_high")])
    assert list(counted) == [cue.id for cue in CUES]
    assert counted["butt_high"] == {"ok": 1, "fault": 1, "not_judged": 1}
    assert counted["soft_knees"] == {"ok": 2, "fault": 0, "not_judged": 1}
    assert scoring.counts([])["butt_high"] == {"ok": 0, "fault": 0, "not_judged": 0}


def test_the_next_cue_is_the_one_that_cost_most_over_the_session() -> None:
    """Knees: twice 0.4 * 1; spine: once 0.4 * 2, the same, and more urgent; once more for the knees and they cost more."""
    knees, spine = {"soft_knees": wrong("soft_knees", 0.0)}, {"neutral_spine": wrong("neutral_spine", 0.0)}
    assert BY_ID["neutral_spine"].priority < BY_ID["soft_knees"].priority
    assert scoring.next_cue([rep(knees), rep(knees), rep(spine)]) == "neutral_spine"
    assert scoring.next_cue([rep(knees), rep(knees), rep(spine), rep(knees)]) == "soft_knees"
    assert scoring.next_cue([rep(knees)]) == "soft_knees"


def test_there_is_no_next_cue_when_nothing_was_wrong() -> None:
    assert scoring.next_cue([]) is None
    assert scoring.next_cue([clean(), rep({})]) is None


def test_enough_clean_reps_make_ready_for_the_next_stage() -> None:
    stage = scoring.stage([clean()] * READY_REPS)
    assert stage.ready_for_next
    assert stage.recommended == 2
    assert stage.work_on == ()
    assert f"{READY_REPS} whole reps" in stage.why[0]


def test_too_few_whole_reps_keep_the_lifter_at_stage_1() -> None:
    unfinished = replace(clean(), complete=False)
    stage = scoring.stage([clean()] * (READY_REPS - 1) + [unfinished] * 3)
    assert (stage.recommended, stage.ready_for_next) == (1, False)
    assert stage.why == (f"{READY_REPS - 1} whole reps seen, {READY_REPS} are needed",)


def test_a_low_score_keeps_the_lifter_at_stage_1_and_says_what_to_work_on() -> None:
    faulty = rep({cue.id: OK for cue in CUES} | {c: wrong(c, 1.0) for c in ("butt_high", "soft_knees", "squeeze_butt")})
    assert faulty.score is not None
    assert faulty.score < READY_SCORE
    stage = scoring.stage([faulty] * READY_REPS)
    assert not stage.ready_for_next
    assert stage.why == (f"score {faulty.score}, {READY_SCORE} is needed",)
    assert set(stage.work_on) == {"mobility", "glutes"}


@pytest.mark.parametrize("cue_id", READY_CUES)
def test_one_fault_of_the_spine_keeps_the_lifter_at_stage_1_whatever_the_score(cue_id: str) -> None:
    reps = [clean()] * 20 + [rep({cue.id: OK for cue in CUES} | {cue_id: wrong(cue_id, 0.0)})]
    assert (scoring.session_score(reps) or 0) > READY_SCORE
    stage = scoring.stage(reps)
    assert not stage.ready_for_next
    assert stage.why == (f"{BY_ID[cue_id].name.lower()} wrong in 1 of 21 reps",)
    assert stage.work_on == ("core",)


@pytest.mark.parametrize("cue_id", READY_CUES)
def test_a_spine_that_was_mostly_not_seen_is_not_ready(cue_id: str) -> None:
    stage = scoring.stage([clean(cue_id)] * 3 + [clean()] * 2)
    assert not stage.ready_for_next
    assert stage.why[0].endswith("not judged in 3 of 5 reps: hidden")  # the reason that the reps have
    assert scoring.stage([clean(cue_id)] * 2 + [clean()] * 3).ready_for_next


def test_nothing_judged_is_not_ready_and_not_raised() -> None:
    stage = scoring.stage([rep({})] * READY_REPS)
    assert not stage.ready_for_next
    assert "no rep could be scored" in stage.why
    assert not scoring.stage([]).ready_for_next


def areas_of(*faults: tuple[str, str]) -> tuple[str, ...]:
    """What to work on after a rep with each of these faults, (cue, direction)."""
    return scoring.stage([rep({cue_id: wrong(cue_id, 1.0, direction)}) for cue_id, direction in faults]).work_on


@pytest.mark.parametrize(
    ("cue_id", "direction", "area"),
    [
        ("knees_out", "caving", "glutes"),
        ("knees_out", "wide", "mobility"),
        ("squeeze_butt", "short", "glutes"),
        ("squeeze_butt", "leaning_back", "core"),
        ("squeeze_butt", "hips_first", "back"),
        ("chest_out", "rounded", "back"),
        ("neutral_spine", "rounded", "core"),
        ("butt_high", "low", "mobility"),
    ],
)
def test_the_direction_of_a_fault_decides_what_to_work_on(cue_id: str, direction: str, area: str) -> None:
    assert areas_of((cue_id, direction)) == (area,)


def test_what_to_work_on_begins_with_what_cost_most() -> None:
    """Twice glutes (weight 1) against once core (weight 2 of the spine) and once hip: two, two, one; the spine is the more urgent."""
    finish, spine, hips = ("squeeze_butt", "short"), ("neutral_spine", "rounded"), ("butt_high", "low")
    assert areas_of(finish, finish, spine, hips) == ("core", "glutes", "mobility")
    assert areas_of(finish, finish, finish, spine, hips) == ("glutes", "core", "mobility")


def test_faults_of_different_cues_add_up_in_an_area() -> None:
    """Chest and shoulders, 0.7 each, are 1.4 for the back; hips that sink once are 1, twice 2."""
    assert (BY_ID["chest_out"].weight, BY_ID["shoulders_back"].weight, BY_ID["butt_high"].weight) == (0.7, 0.7, 1.0)
    upper, hips = (("chest_out", "rounded"), ("shoulders_back", "forward")), ("butt_high", "low")
    assert areas_of(hips, *upper) == ("back", "mobility")
    assert areas_of(hips, *upper, hips) == ("mobility", "back")


def test_how_bad_a_fault_was_does_not_move_what_to_work_on() -> None:
    reps = [rep({"butt_high": wrong("butt_high", 5.0)}), rep({"neutral_spine": wrong("neutral_spine", 0.0)})]
    assert scoring.stage(reps).work_on == ("core", "mobility")


def test_a_rep_that_is_cut_off_names_nothing_to_work_on() -> None:
    assert scoring.stage([rep({"butt_high": wrong("butt_high", 1.0)}, complete=False)]).work_on == ()


def test_every_way_to_get_a_cue_wrong_points_at_an_area_and_every_area_is_pointed_at() -> None:
    assert set(scoring.AREA_OF) == {(cue.id, fault.direction) for cue in CUES for fault in cue.faults}
    assert set(scoring.AREA_OF.values()) == set(scoring.AREAS)
    assert 0 < LEAST_PENALTY < 1
    assert all(fault.worst_by > 0 for cue in CUES for fault in cue.faults)


USUAL = ("stiff_leg_deadlift", "kettlebell_deadlift", "hip_thrust", "squat")


def ready(*faults: str) -> list[Rep]:
    """Enough clean reps to be ready for a light load, and one more for each of these cues, wrong in it by a hair."""
    return [clean()] * 10 + [rep({cue.id: OK for cue in CUES} | {cue_id: wrong(cue_id, 0.0)}) for cue_id in faults]


def test_who_is_ready_and_had_nothing_wrong_takes_up_the_exercises_in_their_usual_order() -> None:
    assert scoring.stage(ready()).exercises == USUAL == tuple(scoring.EXERCISES)


def test_who_is_not_ready_is_given_no_exercise() -> None:
    assert scoring.stage([clean()] * (READY_REPS - 1)).exercises == ()
    assert scoring.stage(ready("neutral_spine")).exercises == ()
    assert scoring.stage([]).exercises == ()


@pytest.mark.parametrize(
    ("faults", "first"),
    [
        (["squeeze_butt"], ["hip_thrust"]),
        (["chest_out"], ["kettlebell_deadlift"]),
        (["feet_hip_width"], ["squat"]),
        (["squeeze_butt", "knees_out"], ["hip_thrust", "squat"]),  # 1 against 0.7
        (["squeeze_butt", "knees_out", "knees_out"], ["squat", "hip_thrust"]),  # 1 against 1.4
        (["chest_out", "shoulders_back", "butt_high"], ["kettlebell_deadlift", "stiff_leg_deadlift"]),  # 0.7 + 0.7 against 1
        (["squeeze_butt", "butt_high"], ["stiff_leg_deadlift", "hip_thrust"]),  # 1 against 1: the usual order
    ],
)
def test_who_is_ready_begins_with_what_trains_what_was_still_wrong(faults: list[str], first: list[str]) -> None:
    stage = scoring.stage(ready(*faults))
    assert stage.ready_for_next
    assert stage.exercises == (*first, *(name for name in USUAL if name not in first))


def test_every_cue_is_trained_by_one_exercise() -> None:
    trained = [cue_id for _, trains in scoring.EXERCISES.values() for cue_id in trains]
    assert sorted(trained) == sorted(cue.id for cue in CUES)


def summary_of(poses: object, *warnings: str) -> Summary:
    result = engine.analyse(poses, Profile.default())  # type: ignore[arg-type]
    return scoring.summarise(result, poses.people, warnings)  # type: ignore[attr-defined]


def test_a_clean_session_in_a_few_words() -> None:
    summary = summary_of(film(stand(1.0) + hinge(READY_REPS)), "the picture is dark")
    assert summary.score == 100
    assert summary.next_cue is None
    assert summary.stage.ready_for_next
    assert summary.frames_with_person == 1.0
    assert summary.warnings == ("the picture is dark",)
    assert summary.cues["butt_high"] == {"ok": READY_REPS, "fault": 0, "not_judged": 0}
    assert (summary.view.kind, summary.view.facing) == (ViewKind.SIDE, Facing.RIGHT)
    assert summary.view.yaw_deg == pytest.approx(90.0, abs=5.0)  # the landmarks' error is taken off, and the figure makes none


@pytest.mark.parametrize(
    ("yaw_deg", "kind", "facing"),
    [(-90.0, ViewKind.SIDE, Facing.LEFT), (3.0, ViewKind.FRONT, Facing.CAMERA), (-50.0, ViewKind.OBLIQUE, Facing.LEFT)],
)
def test_the_view_of_a_session_is_that_of_its_reps(yaw_deg: float, kind: ViewKind, facing: Facing) -> None:
    keys = stand(2.0) + hinge(2)
    poses = film(keys)
    turned = np.where(poses.time_s < 1.0, yaw_deg + 40.0, yaw_deg)  # before the first rep the lifter stood otherwise
    view = summary_of(film(keys, yaw_deg=turned)).view
    assert (view.kind, view.facing) == (kind, facing)


def test_a_session_with_faults_names_the_one_to_practise() -> None:
    summary = summary_of(film(stand(1.0) + hinge(3, lower=40)))
    assert summary.next_cue == "neutral_spine"
    assert summary.score is not None
    assert summary.score < 100
    assert not summary.stage.ready_for_next
    assert summary.stage.work_on == ("core",)
    assert summary.stage.exercises == ()


def test_a_clip_with_nobody_says_so_and_has_no_score() -> None:
    poses = without_person(film(stand(2.0)), 0.0, 9.0)
    summary = summary_of(poses)
    assert summary.score is None
    assert summary.frames_with_person == 0.0
    assert summary.warnings == ("nobody is seen in the picture",)
    assert summary.view.kind is ViewKind.UNKNOWN


def test_a_clip_without_frames_is_a_clip_with_nobody() -> None:
    summary = summary_of(film(stand(1.0))[:0])
    assert summary.warnings == ("nobody is seen in the picture",)
    assert summary.frames_with_person == 0.0
    assert not summary.stage.ready_for_next


def test_a_clip_without_a_rep_says_so() -> None:
    summary = summary_of(film(stand(3.0)))
    (warning,) = summary.warnings
    assert "no repetition" in warning
    assert summary.score is None


def test_a_rep_that_is_not_whole_and_a_bend_that_is_not_counted_are_told() -> None:
    summary = summary_of(film(hinge(1)[1:] + hinge(1) + set_down(stay_s=0.5), begin=hinge()[0]))
    assert summary.warnings[0] == "rep 1 is not complete: the recording begins or ends within it"
    assert "ends bent over" in summary.warnings[1]
    assert len(summary.warnings) == 2


def test_the_share_of_frames_with_a_person() -> None:
    poses = film(stand(4.0))  # 101 frames, the last at 4 s
    summary = summary_of(without_person(poses, 1.02, 3.0))  # 50 of them
    assert summary.frames_with_person == pytest.approx(51 / 101)
