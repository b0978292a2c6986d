"""A rep of which too little was seen is not judged where that matters."""

from dataclasses import replace

import numpy as np

from hingecheck.verdict import coverage, engine
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.types import Status
from tests.synthetic import exact, film, hinge, sagging, stand

__all__ = ["exact"]

STANDARD = Profile.default()


def without(poses: Poses, begin_s: float, end_s: float) -> Poses:
    kept = (poses.time_s < begin_s) | (poses.time_s > end_s)
    return replace(poses, **{name: getattr(poses, name)[kept] for name in poses.__slots__})


def reasons(poses: Poses) -> dict[str, str | None]:
    (rep,) = engine.analyse(poses, STANDARD).reps
    return {cue_id: judgement.reason for cue_id, judgement in rep.cues.items() if judgement.status is Status.NOT_JUDGED}


def test_what_a_gap_on_the_way_up_may_hide_is_not_judged() -> None:
    poses = film(stand(1.5) + hinge(1))  # down to 3.0 s, up from 3.3 s to 4.5 s
    whole, gap = reasons(poses), reasons(without(poses, 3.6, 4.05))
    assert "core_tight" not in whole
    assert gap["core_tight"] == "0.5 s of the rep are missing"
    assert gap["squeeze_butt"] == "0.5 s of the rep are missing"


def test_a_fault_that_was_seen_stays_one_in_spite_of_a_gap() -> None:
    poses = film(stand(1.5) + hinge(1, lower=30.0))
    (rep,) = engine.analyse(without(poses, 3.6, 4.05), STANDARD).reps
    assert rep.cues["neutral_spine"].status is Status.FAULT


def test_wandering_of_the_back_is_not_called_across_a_gap() -> None:
    (rep,) = engine.analyse(without(film(stand(1.5) + sagging()), 3.5, 3.95), STANDARD).reps
    assert rep.cues["core_tight"].status is Status.NOT_JUDGED


def test_a_gap_between_reps_matters_to_none() -> None:
    poses = film(stand(1.5) + hinge(1) + stand(2.0))
    assert reasons(without(poses, 5.5, 5.95)) == reasons(poses)


def test_three_frames_a_second_are_too_few_to_judge() -> None:
    (rep,) = engine.analyse(film(stand(1.5) + hinge(1), fps=3.0), STANDARD).reps
    assert {judgement.status for judgement in rep.cues.values()} == {Status.NOT_JUDGED}
    assert rep.cues["soft_knees"].reason == "only 3 frames a second: film with at least 15"
    assert rep.score is None


def test_the_rate_is_that_of_the_frames_seen() -> None:
    stood = coverage.Coverage(seen_s=-0.1, since_s=-1.0, phase=1)
    seen, done = coverage.follow(
        stood, np.array([0.0, 0.1, 0.2, 0.6]), np.array([2, 2, 3, 4], np.int8), np.ones(4, bool), np.ones(4, bool), ()
    )
    assert seen.rate_hz == 5.0
    assert (round(seen.gap_s, 3), seen.missed, done) == (0.4, {3, 4}, [])


def test_a_rep_that_had_begun_when_the_lifter_came_into_sight_is_not_whole() -> None:
    poses = film(stand(1.5) + hinge(1))
    late = poses.time_s < 2.6  # bent by some 70 degrees
    (rep,) = engine.analyse(replace(poses, xy=np.where(late[:, None, None], np.nan, poses.xy)), STANDARD).reps
    assert not rep.complete


def test_a_gap_over_the_start_of_a_rep_is_one_of_the_rep() -> None:
    gap = reasons(without(film(stand(1.5) + hinge(1)), 1.5, 2.2))
    assert gap["core_tight"] == "0.8 s of the rep are missing"  # frames every 0.04 s, none from 1.5 s to 2.2 s
