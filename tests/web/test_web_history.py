"""An athlete over time, from reports."""

import json

import pytest

from hingecheck.drive import clip as one_clip
from hingecheck.verdict.cues import CUES
from hingecheck.verdict.profiles import Profile
from hingecheck.web import history


@pytest.fixture(scope="module")
def reports(root):
    """Of three reps each: rounded (wrong in all), good (nothing wrong)."""
    goldens = root / "tests" / "goldens"
    return {
        name: one_clip.retry(goldens / f"{name}.poses.npz", profile=Profile.default()).report()
        for name in ("rounded_lower_back", "good", "feet_too_wide")
    }


def test_reps_come_back_from_a_report_as_they_were(root, reports):
    verdict = one_clip.retry(root / "tests" / "goldens" / "good.poses.npz", profile=Profile.default())
    again = history.reps_of(json.loads(json.dumps(verdict.report())))
    assert [(rep.index, rep.score, {cue: said.status for cue, said in rep.cues.items()}) for rep in again] == [
        (rep.index, rep.score, {cue: said.status for cue, said in rep.cues.items()}) for rep in verdict.result.reps
    ]


def test_clips_of_a_day_count_together_and_days_stand_in_order(reports):
    found = history.career(
        [("2026-03-02", reports["good"]), ("2026-03-01", reports["rounded_lower_back"]), ("2026-03-02", reports["good"])]
    )
    assert [(day.day, day.reps, day.score) for day in found.days] == [
        ("2026-03-01", 3, reports["rounded_lower_back"]["score"]),
        ("2026-03-02", 6, 100),
    ]
    assert found.reps == 9
    assert [found.share(day, "neutral_spine") for day in found.days] == [0.0, 1.0]
    assert found.share(found.days[0], "knees_out") is None  # not judged from the side


def test_the_last_day_says_which_stage_fits(reports):
    one = history.career([("2026-03-02", reports["good"])])
    assert one.stage.why == ("3 whole reps seen, 5 are needed",)
    two = history.career([("2026-03-02", reports["good"]), ("2026-03-02", reports["good"]), ("2026-03-01", reports["rounded_lower_back"])])
    assert two.stage.ready_for_next
    assert two.next_cue is None
    assert history.career([("2026-03-03", reports["rounded_lower_back"])]).next_cue == "neutral_spine"


def test_nothing_practised_is_nothing_said():
    assert history.career([]) == history.Career((), 0, None, None)


def test_what_goes_wrong_most_comes_first(reports):
    assert history.common_faults([reports["feet_too_wide"], reports["rounded_lower_back"], reports["rounded_lower_back"]])[0] == (
        "neutral_spine",
        "rounded",
        6,
    )


def test_a_cue_that_a_report_does_not_know_was_not_judged(reports):
    content = json.loads(json.dumps(reports["good"]))
    for rep in content["reps"]:
        del rep["cues"]["core_tight"]
    (rep, *_) = history.reps_of(content)
    assert rep.cues["core_tight"].status == "not_judged"
    assert list(rep.cues) == [cue.id for cue in CUES]
