"""A practice session frame by frame: nobody is judged before being set, after that as ``analyze`` would, and nothing is lost.

The figure stands at (400, 800) in a picture of 800 x 1000 and is filmed 12 times a second. Recorded poses are judged with the
calibration that is shipped, the figure with ``synthetic.exact``.
"""

import gc
import json
import tracemalloc
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from make_goldens import CLIPS, FOLDER, load
from synthetic import (
    EXACT,
    Key,
    backless,
    cut_out,
    duration,
    exact,  # noqa: F401
    film,
    hinge,
    noisy,
    shaking,
    stand,
    times,
    walk,
    without_person,
)

from hingecheck.drive import clip as one_clip
from hingecheck.drive.session import Session, Shown
from hingecheck.errors import OutputError
from hingecheck.storage import recording
from hingecheck.storage.spool import PoseSpool
from hingecheck.verdict import calibration, coaching, engine
from hingecheck.verdict.cues import BY_ID
from hingecheck.verdict.poses import Poses, nobody
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.readiness import Tier
from hingecheck.verdict.skeleton import SIDES
from hingecheck.verdict.types import Rep, Result, Status

STANDARD = Profile.default()
SHIPPED = {name: getattr(calibration, name) for name in EXACT}
SIZE, LIGHT, FPS = (800, 1000), 150.0, 12.0
FILES = {"events.jsonl", "frames.csv", "poses.npz", "report.html", "report.json"}
NEUTRAL = {"knee_deg": 22.0}  # half way between locked and bent
ROUNDED = {"knee_deg": 22.0, "lower": 40.0}


@dataclass
class Practice:
    """What there was to see, frame by frame, and what is left of it: the verdict, and the one on the poses that were kept.

    Both None when the session was not closed.
    """

    poses: Poses
    shown: list[Shown]
    going: list[bool]
    events: list[dict[str, Any]]
    verdict: one_clip.Verdict | None
    again: one_clip.Verdict | None
    folder: Any

    @property
    def done(self) -> tuple[Rep, ...]:
        return self.shown[-1].done

    @property
    def kinds(self) -> list[str]:
        """What happened in the practice: not when a stand was learnt, nor that a figure half out of the picture cannot be measured."""
        return [event["kind"] for event in self.events if event["kind"] not in ("baseline", "impossible")]

    def times(self, kind) -> list[float]:
        return [event["time_s"] for event in self.events if event["kind"] == kind]

    def says(self) -> list[str]:
        """What was asked for, one after the other; "" in practice."""
        words = ["" if shown.advice is None else shown.advice.say for shown in self.shown]
        return [word for n, word in enumerate(words) if n == 0 or word != words[n - 1]]


def practise(folder, poses, *, size=SIZE, light=LIGHT, close=True, **options) -> Practice:
    """A session on these poses; ``size``: of the picture, or (time_s) -> it."""
    shown, going, verdict, again = [], [], None, None
    with Session(folder, profile=STANDARD, source="figure", **options) as session:
        for n in range(len(poses)):
            shown.append(session.step(poses[n : n + 1], size(float(poses.time_s[n])) if callable(size) else size, light))
            going.append(session.practising)
        if close:
            verdict = session.close()
            again = one_clip.retry(folder / "poses.npz", profile=STANDARD)
    return Practice(poses, shown, going, lines(folder / "events.jsonl"), verdict, again, folder)


def lines(path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def switches(result: Result) -> list[tuple[Any, ...]]:
    """When which cue went on and off."""
    return [(e.time_s, e.kind, e.cue, e.direction, e.value) for e in result.events if e.kind in ("cue_on", "cue_off")]


def told(practice: Practice) -> list[tuple[Any, ...]]:
    """The same as it was written down live."""
    keys = ("time_s", "kind", "cue", "direction", "value")
    return [tuple(e.get(key) for key in keys) for e in practice.events if e["kind"] in ("cue_on", "cue_off")]


def assert_retry_says_what_was_shown(practice: Practice) -> None:
    """The verdict on the poses that were kept is the one that was seen live: every rep, and every cue in between."""
    again = practice.again
    assert again.result.reps == practice.verdict.result.reps
    assert again.result.reps[: len(practice.done)] == practice.done
    assert again.summary == practice.verdict.summary
    assert switches(again.result) == told(practice)
    assert [(e["rep"], e["score"]) for e in practice.events if e["kind"] == "rep"] == [(r.index, r.score) for r in again.result.reps]


def moving(keys, at_s, x, **options) -> Poses:
    """The figure on its way across the picture: at these times its ankles are at these x, px."""
    t = times(keys, FPS)
    return film(keys, FPS, ankle_px=np.stack([np.interp(t, at_s, x), np.full(len(t), 800.0)], -1), **options)


# ------------------------------------------------------------------------------------------------------------------ recorded sessions


# Set-up takes the other two later: their stand is not still at once.
SET_AT_ONCE = [name for name in CLIPS if name not in ("incomplete_lockout", "hips_rise_first")]


@pytest.fixture(scope="module", params=SET_AT_ONCE)
def recorded(request, tmp_path_factory):
    """A session on the recorded poses of a clip, and what the engine says of all of them."""
    poses, _ = load(request.param)
    clip = recording.load_poses(FOLDER / f"{request.param}.poses.npz")[1]["clip"]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SHIPPED.items():
            patch.setattr(calibration, name, value)
        practice = practise(tmp_path_factory.mktemp(request.param), poses, size=(clip["width"], clip["height"]))
        return practice, engine.analyse(poses, STANDARD)


def test_a_recorded_session_shows_the_reps_that_the_engine_counts(recorded):
    practice, whole = recorded
    assert len(whole.reps) == 3
    assert practice.done == whole.reps
    assert [shown.fresh for shown in practice.shown if shown.fresh is not None] == list(whole.reps)


def test_judging_a_recorded_session_again_says_what_was_shown(recorded):
    practice, whole = recorded
    assert_retry_says_what_was_shown(practice)
    assert told(practice) == switches(whole)


def test_what_was_said_in_a_recorded_session_is_what_the_verdict_would_have_said(recorded):
    practice, whole = recorded
    _, said = coaching.advance(coaching.start(), whole)
    first = next(n for n, shown in enumerate(practice.shown) if shown.advice is None)
    assert practice.poses.time_s[first] == pytest.approx(1.0)
    assert [shown.line for shown in practice.shown[first:]] == said[first:]


def test_a_recorded_session_leaves_its_files(recorded):
    practice, _ = recorded
    assert {path.name for path in practice.folder.iterdir()} == FILES
    report = json.loads((practice.folder / "report.json").read_text(encoding="utf-8"))
    assert report == practice.verdict.report()
    assert report["stand"] == "own"
    assert [rep["score"] for rep in report["reps"]] == [rep.score for rep in practice.done]
    assert report["clip"]["path"] == "figure"


def test_a_recorded_session_is_told_line_by_line(recorded):
    practice, whole = recorded
    assert practice.events[0] == {"time_s": 0.0, "kind": "ready", "view": str(practice.verdict.summary.view.kind)}
    assert practice.kinds.count("ready") == 1
    assert practice.events[1] == {"time_s": 0.4, "kind": "baseline"}
    reps = [event for event in practice.events if event["kind"] == "rep"]
    assert [(e["rep"], e["score"], e["complete"]) for e in reps] == [(r.index, r.score, r.complete) for r in whole.reps]
    for event, rep in zip(reps, whole.reps, strict=True):
        assert rep.start_s < event["bottom_s"] < event["end_s"] <= event["time_s"]
        assert list(event["cues"]) == list(BY_ID)
        assert {cue: said["status"] for cue, said in event["cues"].items()} == {cue: str(said.status) for cue, said in rep.cues.items()}
    assert np.diff([event["time_s"] for event in practice.events]).min() >= 0


# ------------------------------------------------------------------------------------------------------------------ to the verdict


@pytest.fixture(scope="module")
def two_reps(tmp_path_factory):
    """Standing from the first frame on, a good rep, one with a back that rounds, and a third that the end leaves open at its top."""
    keys = stand(1.4) + hinge(1, **NEUTRAL) + hinge(1, **ROUNDED) + hinge(1, **NEUTRAL)[:3] + stand(0.2)
    return practise(tmp_path_factory.mktemp("two"), film(keys, FPS))


def test_who_stands_tall_for_a_second_may_go(two_reps):
    assert two_reps.says() == ["Stand tall", ""]
    begun = two_reps.going.index(True)
    assert two_reps.poses.time_s[begun] == pytest.approx(1.0)
    assert all(two_reps.going[begun:])
    assert [shown.advice is None for shown in two_reps.shown] == two_reps.going
    shares = [shown.advice.share for shown in two_reps.shown[:begun]]
    assert shares == pytest.approx([n / FPS for n in range(begun)])
    assert {shown.advice.tier for shown in two_reps.shown[:begun]} == {Tier.STAND}


def test_the_second_in_which_the_lifter_stood_belongs_to_practice(two_reps):
    assert two_reps.times("ready") == [0.0]
    assert len(two_reps.verdict.poses) == len(two_reps.poses)
    assert two_reps.verdict.result.reps == engine.analyse(recording.storable(two_reps.poses), STANDARD).reps


def test_reps_are_counted_one_by_one_as_they_end(two_reps):
    counts = [len(shown.done) for shown in two_reps.shown]
    fresh = [n for n, shown in enumerate(two_reps.shown) if shown.fresh is not None]
    assert fresh == [n for n in range(1, len(counts)) if counts[n] > counts[n - 1]]
    assert [two_reps.shown[n].fresh.index for n in fresh] == [1, 2]
    assert [two_reps.poses.time_s[n] for n in fresh] == two_reps.times("rep")[:2]


def test_a_rep_that_the_end_leaves_open_is_in_the_verdict_and_in_the_events(two_reps):
    assert len(two_reps.done) == 2
    assert [rep.index for rep in two_reps.verdict.result.reps] == [1, 2, 3]
    assert two_reps.events[-1]["kind"] == "rep"
    assert two_reps.events[-1]["rep"] == 3
    assert_retry_says_what_was_shown(two_reps)


def test_a_fault_is_said_in_the_rep_that_has_it_and_written_down(two_reps):
    assert [two_reps.done[n].cues["neutral_spine"].status for n in (0, 1)] == [Status.OK, Status.FAULT]
    said = {shown.line.cue for shown in two_reps.shown}
    assert said == {None, ("neutral_spine", "rounded")}
    begins, ends = (e["time_s"] for e in two_reps.events if e.get("cue") == "neutral_spine")
    second = two_reps.done[1]
    assert second.start_s < begins < second.bottom_s + 0.3
    assert begins < ends <= second.end_s
    first = next(n for n, shown in enumerate(two_reps.shown) if shown.line.cue)
    assert two_reps.poses.time_s[first] == begins, "at once"


def test_each_frame_is_shown_as_it_is(two_reps):
    for n, shown in enumerate(two_reps.shown):
        assert len(shown.poses) == len(shown.result) == 1
        assert shown.poses.time_s[0] == shown.result.time_s[0] == two_reps.poses.time_s[n]
        assert shown.note == ""
    deepest = max(float(shown.result.metrics.hip_flexion_deg[0]) for shown in two_reps.shown)
    assert deepest == pytest.approx(90.0, abs=2.5)


def test_practice_is_timed_from_its_beginning_by_the_clock_of_the_source(two_reps):
    begun = two_reps.going.index(True)
    assert {shown.elapsed_s for shown in two_reps.shown[:begun]} == {0.0}
    elapsed = [shown.elapsed_s for shown in two_reps.shown[begun:]]
    assert elapsed == pytest.approx(two_reps.poses.time_s[begun:] - two_reps.poses.time_s[begun])


def test_from_the_front_it_says_what_is_not_judged(tmp_path):
    practice = practise(tmp_path, film(stand(1.4), FPS, yaw_deg=0.0), close=False)
    assert practice.says() == ["Stand tall", ""]
    assert practice.events[0]["view"] == "front"
    assert practice.shown[-1].note == "Front view: shoulders, core not judged"
    assert practice.shown[0].note == ""


def test_whether_a_rep_is_open_can_be_asked(tmp_path):
    poses = film(stand(1.4) + hinge(1)[:2], FPS)
    with Session(tmp_path, profile=STANDARD, source="figure") as session:
        open_at = [poses.time_s[n] for n in range(len(poses)) if session.step(poses[n : n + 1], SIZE, LIGHT) and session.in_rep]
        assert session.limits == STANDARD.limits
    assert 1.4 < open_at[0] < 2.2
    assert open_at == list(poses.time_s[poses.time_s >= open_at[0]])


# ------------------------------------------------------------------------------------------------------------------ before being set


def test_walking_in_is_no_rep_and_no_cue(tmp_path):
    """Three seconds from beyond the left edge to the middle, then two reps."""
    keys = walk(6) + stand(1.6) + hinge(2, **NEUTRAL)
    practice = practise(tmp_path, moving(keys, [0.0, 3.0], [-300.0, 400.0]))
    assert practice.says() == ["Move this way", "Stand tall", ""]
    assert practice.shown[0].advice.arrow == "right"
    assert practice.kinds == ["ready", "rep", "rep"]
    assert 3.0 <= practice.times("ready")[0] < 3.4
    unset = [shown for shown, going in zip(practice.shown, practice.going, strict=True) if not going]
    assert all(shown.line == coaching.Line() and not shown.done for shown in unset)
    assert_retry_says_what_was_shown(practice)


def test_a_badly_done_bend_of_someone_who_is_not_set_is_no_rep_and_no_cue(tmp_path):
    """Walks up to the bell and picks it up with a round back, without ever having stood."""
    keys = walk(4) + hinge(1, lower=45.0, knee_deg=70.0, top_s=0.2) + walk(4)
    practice = practise(tmp_path, film(keys, FPS), close=False)
    assert practice.events == []
    assert not any(practice.going)


def test_who_is_bent_over_at_first_sight_is_set_only_after_standing(tmp_path):
    bent = Key(0.0, 70.0, 22.0, lower=45.0)
    keys = (bent._replace(after_s=1.0), Key(1.0)) + stand(1.6) + hinge(1, **NEUTRAL)
    practice = practise(tmp_path, film(keys, FPS, begin=bent), close=False)
    assert practice.kinds == ["ready", "rep"]
    assert 1.5 < practice.times("ready")[0] < 2.3
    assert len(practice.done) == 1


def test_a_lifter_outside_the_picture_is_not_set(tmp_path):
    keys = stand(2.0) + hinge(1, lower=45.0)
    beside = film(keys, FPS, ankle_px=(-10.0, 800.0))
    assert practise(tmp_path, beside, close=False).events == []


@pytest.mark.parametrize("stand_s", [0.45, 0.6, 0.9])
def test_who_begins_before_the_second_is_over_is_counted_all_the_same(stand_s, tmp_path):
    practice = practise(tmp_path, film(stand(stand_s) + hinge(1, **ROUNDED) + hinge(1, **NEUTRAL), FPS))
    assert practice.times("ready") == [0.0]
    assert [rep.cues["neutral_spine"].status for rep in practice.done] == [Status.FAULT, Status.OK]
    assert practice.done[0].complete
    assert_retry_says_what_was_shown(practice)


def test_who_walks_in_and_begins_after_half_a_second_is_counted_all_the_same(tmp_path):
    keys = walk(4) + stand(0.8) + hinge(2, **NEUTRAL)
    practice = practise(tmp_path, moving(keys, [0.0, 2.0], [100.0, 400.0]))
    assert practice.kinds == ["ready", "rep", "rep"]
    assert_retry_says_what_was_shown(practice)


def test_a_step_after_a_short_stand_does_not_begin_practice(tmp_path):
    """The hip bends, but it is a leg that does it."""
    practice = practise(tmp_path, film(stand(0.6) + walk(4), FPS), close=False)
    assert practice.events == []


@pytest.mark.parametrize(("light", "hides", "asks"), [(10.0, False, "More light, please"), (LIGHT, True, "Show your back")])
def test_who_cannot_be_seen_well_may_go_after_six_seconds(light, hides, asks, tmp_path):
    poses = film(stand(6.2), 10.0)
    practice = practise(tmp_path, backless(poses) if hides else poses, light=light, close=False)
    assert practice.says() == [asks, ""]
    assert practice.going.index(True) == 60


# ------------------------------------------------------------------------------------------------------------------ pauses


AWAY = stand(1.2) + hinge(1, **NEUTRAL) + stand(4.0) + hinge(1, **NEUTRAL)  # the first rep is over at 5.0 s, the second begins at 9.0 s


def assert_practice_was_paused_and_kept(practice: Practice) -> None:
    assert practice.kinds == ["ready", "rep", "paused", "ready", "rep"]
    assert [rep.index for rep in practice.done] == [1, 2]
    assert [rep.metrics["hip_flexion_deg"] for rep in practice.done] == pytest.approx([90.0, 90.0], abs=2.5)
    paused, again = practice.times("paused")[0], practice.times("ready")[1]
    assert again >= paused
    kept = practice.verdict.poses.time_s
    assert not ((kept > paused) & (kept < again)).any(), "what was not judged is not kept"
    assert_retry_says_what_was_shown(practice)


def test_leaving_the_picture_pauses_and_coming_back_needs_a_stand(tmp_path):
    poses = without_person(film(AWAY, FPS), 5.0, 7.5)
    practice = practise(tmp_path, poses)
    assert practice.says() == ["Stand tall", "", "Step into the picture", "Stand tall", ""]
    assert_practice_was_paused_and_kept(practice)
    assert practice.times("paused")[0] == pytest.approx(7.0, abs=0.1), "two seconds of nobody"
    assert practice.times("ready")[1] >= 7.5
    assert 8.5 < practice.poses.time_s[len(practice.going) - 1 - practice.going[::-1].index(False) + 1] < 9.0


def test_nobody_for_a_moment_pauses_nothing(tmp_path):
    practice = practise(tmp_path, without_person(film(AWAY, FPS), 5.0, 6.0), close=False)
    assert practice.kinds == ["ready", "rep", "rep"]


def test_who_comes_back_bending_is_not_counted_before_standing(tmp_path):
    """Gone for three seconds, then first seen in the middle of a faulty rep."""
    keys = stand(1.2) + hinge(1, **NEUTRAL) + stand(2.0) + hinge(1, **ROUNDED) + stand(0.8) + hinge(1, **NEUTRAL)
    practice = practise(tmp_path, without_person(film(keys, FPS), 5.0, 8.2))
    assert practice.kinds == ["ready", "rep", "paused", "ready", "rep"]
    assert practice.times("ready")[1] > 9.5
    assert_retry_says_what_was_shown(practice)


def test_walking_out_and_in_again_is_no_rep_and_no_cue(tmp_path):
    """Out by the right edge from 5 s on, seen walking while there is anything to see, and back."""
    settled = stand(0.4) + stand(1.6)  # the last step ends, and then the lifter stands
    keys = stand(1.2) + hinge(1, **NEUTRAL) + walk(5) + stand(3.0) + walk(5) + settled + hinge(1, **NEUTRAL)
    poses = moving(keys, [5.0, 7.5, 10.5, 13.0], [400.0, 1000.0, 1000.0, 400.0])
    practice = practise(tmp_path, without_person(poses, 6.8, 11.2))
    assert practice.kinds == ["ready", "rep", "paused", "ready", "rep"]
    assert all(shown.line == coaching.Line() for shown in practice.shown)
    assert_retry_says_what_was_shown(practice)


def test_standing_half_beside_the_picture_pauses(tmp_path):
    keys = stand(5.0) + hinge(1, lower=45.0)
    practice = practise(tmp_path, moving(keys, [2.0, 2.5], [400.0, 805.0]), close=False)
    assert practice.kinds == ["ready", "paused"]
    assert 3.9 < practice.times("paused")[0] < 4.3, "after a second and a half"
    assert practice.says() == ["Stand tall", "", "Move this way"]
    assert practice.shown[-1].advice.arrow == "left"


def test_bending_out_of_the_picture_does_not_pause(tmp_path):
    """The shoulders leave the picture at the bottom of a hinge near its edge, for more than two seconds."""
    keys = stand(1.2) + hinge(1, pause_s=2.5, **NEUTRAL)
    practice = practise(tmp_path, film(keys, FPS, ankle_px=(740.0, 800.0)), close=False)
    assert max(float(shown.poses.xy[0].max(axis=0)[0]) for shown in practice.shown) > SIZE[0]
    assert practice.kinds == ["ready", "rep"]


def turning(degrees_at, keys=AWAY) -> Poses:
    at_s, yaw_deg = zip(*degrees_at, strict=True)
    return film(keys, FPS, yaw_deg=np.interp(times(keys, FPS), at_s, yaw_deg))


def test_turning_away_pauses_and_turning_back_goes_on(tmp_path):
    practice = practise(tmp_path, turning([(5.2, 90.0), (5.6, 45.0), (6.8, 45.0), (7.2, 90.0)]))
    assert practice.says() == ["Stand tall", "", "Turn side-on", "Stand tall", ""]
    assert_practice_was_paused_and_kept(practice)


def test_who_turns_to_the_front_is_set_anew_there(tmp_path):
    practice = practise(tmp_path, turning([(5.2, 90.0), (5.8, 0.0)]))
    assert_practice_was_paused_and_kept(practice)
    assert [event["view"] for event in practice.events if event["kind"] == "ready"] == ["side", "front"]
    assert practice.shown[-1].note == "Front view: shoulders, core not judged"


def test_turning_a_little_pauses_nothing(tmp_path):
    practice = practise(tmp_path, turning([(5.2, 90.0), (5.8, 70.0)]), close=False)
    assert practice.kinds == ["ready", "rep", "rep"]


def test_a_camera_that_was_lost_pauses_and_the_session_is_kept(tmp_path):
    practice = practise(tmp_path, cut_out(film(AWAY, FPS), 5.0, 7.5))
    assert_practice_was_paused_and_kept(practice)
    assert practice.times("paused")[0] == pytest.approx(7.5, abs=0.1), "told by the first frame that comes again"
    assert practice.verdict.clip.duration_s == pytest.approx(duration(AWAY), abs=0.1)


def test_a_camera_that_stumbles_pauses_nothing(tmp_path):
    practice = practise(tmp_path, cut_out(film(AWAY, FPS), 5.0, 6.8), close=False)
    assert practice.kinds == ["ready", "rep", "rep"]


def test_a_camera_lost_in_the_middle_of_a_rep_costs_that_rep_only(tmp_path):
    keys = stand(1.2) + hinge(3, **NEUTRAL, top_s=1.6)
    practice = practise(tmp_path, cut_out(film(keys, FPS), 7.0, 10.0))
    assert practice.kinds == ["ready", "rep", "paused", "ready", "rep"]
    assert_retry_says_what_was_shown(practice)


def test_time_goes_on_while_practice_rests(tmp_path):
    practice = practise(tmp_path, without_person(film(AWAY, FPS), 5.0, 7.5), close=False)
    begun = practice.going.index(True)
    assert practice.shown[-1].elapsed_s == pytest.approx(practice.poses.time_s[-1] - practice.poses.time_s[begun])


@pytest.mark.parametrize("scale", [0.5, 1.5])
def test_another_size_of_picture_pauses_and_the_angles_are_right_afterwards(scale, tmp_path):
    """The camera comes back with another resolution at 6 s; the same scene has other pixels."""
    poses = film(AWAY, FPS)
    later = poses.time_s >= 6.0
    poses = replace(poses, xy=np.where(later[:, None, None], scale * poses.xy, poses.xy))
    practice = practise(tmp_path, poses, size=lambda t: (round(scale * SIZE[0]), round(scale * SIZE[1])) if t >= 6.0 else SIZE)
    assert practice.says() == ["Stand tall", "", "Stand tall", ""]
    assert_practice_was_paused_and_kept(practice)
    assert practice.times("paused")[0] == 6.0
    first, second = practice.done
    for name in ("hip_flexion_deg", "knee_flexion_deg", "trunk_lean_deg"):
        assert second.metrics[name] == pytest.approx(first.metrics[name], abs=1.0)
    assert second.score == first.score == 100


# ------------------------------------------------------------------------------------------------------------------ nobody, and the end


def assert_an_empty_report(folder, verdict) -> None:
    assert {path.name for path in folder.iterdir()} == FILES
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert report["reps"] == []
    assert report["score"] is None
    assert report["tracking"]["warnings"], "says so"
    assert verdict.result.reps == ()
    assert lines(folder / "events.jsonl") == []
    assert one_clip.retry(folder / "poses.npz", profile=STANDARD).result.reps == ()


def test_nobody_at_all_is_a_normal_report_without_reps(tmp_path):
    practice = practise(tmp_path, nobody(np.arange(20) / FPS))
    assert practice.says() == ["Step into the picture"]
    assert_an_empty_report(tmp_path, practice.verdict)


def test_no_frame_at_all_is_a_normal_report_without_reps(tmp_path):
    with Session(tmp_path, profile=STANDARD, source="camera 0") as session:
        assert session.elapsed_s == 0.0
        assert not session.practising
        assert not session.in_rep
        verdict = session.close()
    assert verdict.clip.path == "camera 0"
    assert_an_empty_report(tmp_path, verdict)


def test_what_the_caller_knows_stands_in_the_report(tmp_path):
    with Session(tmp_path, profile=STANDARD, source="camera 0") as session:
        session.model = "lite"
        session.warnings.append("camera lost for 3 s")
        session.close()
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["model"] == "lite"
    assert "camera lost for 3 s" in report["tracking"]["warnings"]
    assert one_clip.retry(tmp_path / "poses.npz", profile=STANDARD).model == "lite"


def test_events_go_where_they_are_wanted(tmp_path):
    elsewhere = tmp_path / "elsewhere.jsonl"
    poses = film(stand(1.4), FPS)
    with Session(tmp_path / "made" / "for it", profile=STANDARD, source="figure", events=elsewhere) as session:
        for n in range(len(poses)):
            session.step(poses[n : n + 1], SIZE, LIGHT)
        assert [event["kind"] for event in lines(elsewhere)] == ["ready", "baseline"], "while it goes on"
        session.close()
    assert {path.name for path in (tmp_path / "made" / "for it").iterdir()} == FILES - {"events.jsonl"}


def test_a_session_that_breaks_off_keeps_its_events_and_no_draft(tmp_path):
    poses = film(stand(1.4), FPS)

    def broken_off():
        with Session(tmp_path, profile=STANDARD, source="figure") as session:
            for n in range(len(poses)):
                session.step(poses[n : n + 1], SIZE, LIGHT)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert [path.name for path in tmp_path.iterdir()] == ["events.jsonl"]
    assert [event["kind"] for event in lines(tmp_path / "events.jsonl")] == ["ready", "baseline"]


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutputError):
        Session(tmp_path / "file", profile=STANDARD, source="figure")


def test_memory_does_not_grow_with_the_frames(tmp_path, monkeypatch):
    """Set, and standing: what is kept lies on the disk."""
    first, last = 30, 200
    poses = film(stand((last + 1) / FPS), FPS)
    spools = []
    monkeypatch.setattr("hingecheck.drive.session.PoseSpool", lambda path: spools.append(PoseSpool(path)) or spools[-1])
    with Session(tmp_path, profile=STANDARD, source="figure") as session:
        for n in range(last):
            if n == first:
                assert session.practising
                gc.collect()
                tracemalloc.start()
            session.step(poses[n : n + 1], SIZE, LIGHT)
        gc.collect()
        grown, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(spools[0]) == last
    a_frame = sum(getattr(poses[:1], name).nbytes for name in ("xy", "score", "world", "back"))
    assert grown < 0.1 * (last - first) * a_frame, "a tenth of the frames that came meanwhile"


@pytest.mark.parametrize(
    ("seed", "stand_s", "down_s", "lower", "yaw_deg"), [(39, 0.4014, 5.3147, 0.0, 90.0), (1048, 0.5826, 4.4738, 40.0, 5.0)]
)
def test_a_slow_descent_right_after_a_short_stand_is_judged_again_as_it_was_shown(tmp_path, seed, stand_s, down_s, lower, yaw_deg):
    keys = stand(stand_s) + hinge(1, down_s=down_s, lower=lower) + hinge(1, down_s=0.6, up_s=0.6)
    with shaking():
        practice = practise(tmp_path, noisy(film(keys, 25, linear=True, yaw_deg=yaw_deg), seed=seed))
        assert practice.done
        assert_retry_says_what_was_shown(practice)


def test_a_lifter_whose_ankle_is_never_seen_is_counted_after_a_while(tmp_path):
    poses = film(stand(12.0) + hinge(2), FPS)
    poses.score[:, list(SIDES["ankle"])] = 0.1
    practice = practise(tmp_path, poses)
    assert len(practice.verdict.result.reps) == len(engine.analyse(poses, STANDARD).reps)
    assert_retry_says_what_was_shown(practice)
