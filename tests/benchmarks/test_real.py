"""``python -m benchmarks real``, on made-up ratings and reports, and on a rendered clip with made-up labels."""

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import recordings
from benchmarks.real import clips, command, figures, measured, ratings
from benchmarks.real.figures import FIGURES, Case
from benchmarks.real.judged import Judged, impossible, judge, judge_all
from benchmarks.real.naming import MEANINGS, faults_named
from benchmarks.real.ratings import Rated
from hingecheck.errors import InputError
from hingecheck.verdict.cues import BY_ID, CUES

GOLDEN = Path(__file__).parents[1] / "goldens" / "rounded_lower_back.poses.npz"
NAN = float("nan")


def rated(a=None, b=None, group="one", independent=True, name="lift.mp4", **alike):
    """A clip that both ratings answer alike, but for what ``a`` and ``b`` say."""
    return Rated(Path(name), group, (alike | (a or {}), alike | (b or {})), independent)


def rep(faults=(), ok=(), exercise=None, **metrics):
    """A repetition of a report: these cues called as (cue, direction), these ok, the others not judged."""
    cues = {}
    called = dict(faults)
    for cue in CUES:
        status = "fault" if cue.id in called else "ok" if cue.id in ok else "not_judged"
        value = 40.0 if status == "fault" else None
        said = {"status": status, "direction": called.get(cue.id), "value": value, "uncertainty": 2.0, "called_at": 30.0, "at_s": 1.5}
        cues[cue.id] = said | {"reason": "hidden" if status == "not_judged" else None}
    return {"cues": cues, "metrics": metrics} | ({"exercise": exercise} if exercise else {})


def judged(*reps, next_cue=None, exercise=None, **frames):
    """A report with these repetitions, and ten frames in a repetition."""
    columns = {
        name: np.full(10, NAN) for name in ("hip_flexion_deg", "knee_flexion_deg", "trunk_lean_deg", "spine_lower_deg", "spine_upper_deg")
    }
    columns |= {"time_s": np.arange(10) / 10, "rep": np.ones(10)} | frames
    report = {"reps": list(reps), "next_cue": next_cue, "view": {"kind": "side"}}
    return Judged(report | ({"exercise": exercise} if exercise else {}), columns)


def row(cases, name):
    return next(row for row in figures.figures(cases) if row["figure"] == name)


def test_ratings_are_alike_only_where_both_are_sure():
    clip = rated(a={"knees": "soft"}, b={"knees": "bent"}, lower_back="neutral", rise="unsure")
    assert clip.alike("lower_back") == "neutral"
    assert clip.pair("knees") == ("soft", "bent")
    assert clip.alike("knees") is None
    assert clip.pair("rise") is None
    assert clip.pair("never asked") is None


@pytest.mark.parametrize(
    ("first", "second", "view"), [(0, 60, "side"), (30, 31, "oblique"), (59, 60, "oblique"), (60, 60, "front"), (90, 40, "front")]
)
def test_a_clip_belongs_to_the_view_at_the_mean_of_both_guesses(first, second, view):
    assert rated(a={"azimuth_guess": first}, b={"azimuth_guess": second}).view == view


def test_a_camera_behind_the_lifter_counts_by_how_far_it_is_from_the_side():
    assert rated(azimuth_guess=150).off_side_deg == 30.0


def test_a_rating_without_degrees_counts_by_its_word_for_the_view():
    assert [rated(view=view).off_side_deg for view in ("side", "front_oblique", "front")] == [0.0, 45.0, 90.0]


def test_every_group_falls_to_one_part_and_always_to_the_same():
    group = [rated(group=f"group{i:02}", name=f"{i}-{take}.mp4") for i in range(20) for take in range(2)]
    parts = [ratings.in_fold(group, part, 3) for part in range(3)]
    assert sorted(clip.clip.name for part in parts for clip in part) == sorted(clip.clip.name for clip in group)
    assert all(parts)
    groups = [{clip.group for clip in part} for part in parts]
    assert groups[0].isdisjoint(groups[1] | groups[2])
    assert groups[1].isdisjoint(groups[2])
    assert groups[0] == {clip.group for clip in ratings.in_fold(group[::-1], 0, 3)}


def test_a_cue_is_called_from_more_than_a_quarter_of_the_repetitions_it_was_judged_in():
    rounded, fine = rep([("neutral_spine", "rounded")]), rep(ok=["neutral_spine"])
    assert not judged(rounded, fine, fine, fine).called("neutral_spine")
    assert judged(rounded, fine, fine).called("neutral_spine")
    assert judged(rounded, rep(), rep(), rep()).called("neutral_spine", "rounded")  # not judged in the others
    assert not judged(rounded).called("neutral_spine", "arched")


def test_the_exercise_is_the_clips_or_else_that_of_most_repetitions():
    assert judged(rep()).exercise is None
    assert judged(rep(exercise={"id": "rdl", "sure": 0.9}), rep(exercise="rdl"), rep(exercise={"id": "sumo"})).exercise == "rdl"
    assert judged(rep(exercise={"id": "rdl"}), exercise={"id": "hinge"}).exercise == "hinge"


@pytest.mark.parametrize(
    ("theirs", "ours", "score"),
    [("rdl", "rdl", 1.0), ("rdl", "other", 0.5), ("rdl", "sumo", 0.0), ("row", "other", 1.0), ("row", "rdl", 0.0), ("rdl", None, None)],
)
def test_other_is_half_right_of_a_lift_that_has_a_name_and_right_of_one_that_has_none(theirs, ours, score):
    assert figures.exercise(Case(rated(exercise=theirs), judged(rep(exercise=ours)))) == score


@pytest.mark.parametrize(("ours", "score"), [(2, 0.0), (3, 1.0), (4, 1.0), (5, 0.0)])
def test_a_count_is_right_from_the_lower_to_the_higher_of_the_two_ratings(ours, score):
    assert figures.repetitions(Case(rated(a={"reps": 4}, b={"reps": 3}), judged(*[rep()] * ours))) == score


def test_each_figure_has_the_agreement_of_the_two_ratings_beside_it_and_its_groups():
    cases = [
        Case(rated(group="one", lower_back="neutral"), judged(rep(ok=["neutral_spine"]))),
        Case(rated(group="one", lower_back="neutral"), judged(rep([("neutral_spine", "rounded")]))),
        Case(rated(group="two", lower_back="neutral"), judged(rep())),
        Case(rated(group="three", a={"lower_back": "neutral"}, b={"lower_back": "slight"}), judged(rep(ok=["neutral_spine"]))),
        Case(rated(group="four", a={"lower_back": "neutral"}, b={"lower_back": "unsure"}), judged(rep(ok=["neutral_spine"]))),
    ]
    seen, quiet = row(cases, "lower_back neutral: neutral_spine judged"), row(cases, "lower_back neutral: neutral_spine not called")
    assert (seen["all"], seen["ratings all"], seen["groups"]) == ("2 of 3", "3 of 4", 2)
    assert (quiet["all"], quiet["ratings all"], quiet["groups"]) == ("1 of 2", "3 of 4", 1)
    assert (seen["oblique"], seen["side"]) == ("2 of 3", None)


def test_the_word_of_one_author_has_no_agreement():
    found = row(
        [Case(rated(independent=False, lower_back="rounded"), judged(rep([("neutral_spine", "rounded")])))],
        "lower_back rounded: neutral_spine called rounded",
    )
    assert (found["all"], found["ratings all"]) == ("1 of 1", None)


def test_a_good_lift_is_clean_faulted_or_without_a_verdict():
    fine, slip = rep(ok=["neutral_spine"]), rep([("neutral_spine", "rounded")])
    cases = [
        Case(rated(overall="good"), judged(fine)),
        Case(rated(overall="good"), judged(fine, fine, fine, slip)),  # one in four, and the session has no next cue
        Case(rated(overall="good"), judged(slip, next_cue="neutral_spine")),
        Case(rated(overall="good"), judged(rep())),
        Case(rated(overall="good"), judged()),
        Case(rated(overall="bad"), judged(slip)),
    ]
    found = {
        name: row(cases, f"good in both: {name}")["all"] for name in ("nothing judged", *(f"clean {notion}" for notion in figures.NOTIONS))
    }
    assert found == {
        "nothing judged": "2 of 5",
        "clean by next_cue": "2 of 5",
        "clean in any repetition": "1 of 5",
        "clean in over a quarter": "2 of 5",
    }
    assert row(cases, "good in both: faulted in any repetition")["all"] == "2 of 5"


def test_a_faulty_lift_counts_where_hingecheck_has_a_cue_for_a_fault_that_either_rating_names():
    bad = {"overall": "bad"}
    rounding = rated(a={"main_fault": "back rounds"}, b={"main_fault": "leans back at the top"}, **bad)
    cases = [
        Case(rounding, judged(rep([("squeeze_butt", "leaning_back")]))),
        Case(rounding, judged(rep([("squeeze_butt", "short")]))),
        Case(rated(main_fault="half depth", **bad), judged(rep([("squeeze_butt", "short")]))),
    ]
    assert row(cases, "bad in both: a fault they name is called")["all"] == "1 of 2"


@pytest.mark.parametrize(
    ("words", "ways"),
    [
        ("lower back rounds", {("neutral_spine", "rounded")}),
        ("upper back rounds", {("chest_out", "rounded")}),
        ("whole back rounds", {("neutral_spine", "rounded"), ("chest_out", "rounded")}),
        ("knees come in on the way up", {("knees_out", "caving")}),
        ("standing knee bends too much", {("soft_knees", "bent")}),
        ("hips come up first", {("squeeze_butt", "hips_first")}),
        ("half depth", set()),
    ],
)
def test_the_words_of_a_fault_name_a_cue_and_its_direction(words, ways):
    assert faults_named({"main_fault": words}) == ways


def test_an_answer_names_a_fault_and_an_unsure_one_does_not():
    assert faults_named({"lockout": "short", "lower_back": "unsure", "rise": "together"}) == {("squeeze_butt", "short")}


@pytest.mark.parametrize("meaning", MEANINGS)
def test_every_meaning_is_of_a_cue_and_a_direction_that_exist(meaning):
    assert {fault.direction for fault in BY_ID[meaning.cue].faults}.issuperset(meaning.wrong)


def test_knees_are_right_within_the_class_that_both_ratings_say():
    soft = rated(knees="soft")
    assert [figures.knees(Case(soft, judged(rep(knee_flexion_deg=deg)))) for deg in (7.9, 8.0, 29.9, 30.0)] == [0.0, 1.0, 1.0, 0.0]
    assert figures.knees(Case(soft, judged(rep(knee_flexion_deg=None)))) is None
    found = figures.knee_rows([Case(soft, judged(rep(knee_flexion_deg=10), rep(knee_flexion_deg=40))), Case(soft, judged(rep()))])
    assert found[1] == {"both say": "soft", "clips": 2, "measured": 1, "locked": 0, "soft": 1, "bent": 0, "deep": 0, "degrees": [25]}


def test_a_cue_that_does_not_apply_is_not_counted_as_unjudged():
    one, other = rep(ok=["soft_knees"]), rep()
    other["cues"]["soft_knees"]["status"] = "not_applicable"
    found = {row["cue"]: row["all"] for row in figures.cue_rows([Case(rated(), judged(one, other))])}
    assert found["soft_knees"] == "1 of 1"
    assert found["butt_high"] == "0 of 2"
    assert found["all"] == f"1 of {2 * len(CUES) - 1}"


def test_angles_that_no_joint_has_are_counted_and_missing_ones_are_not():
    assert impossible(np.array([-31.0, -30.0, NAN, 150.0, 150.1]), "hip_flexion_deg") == 2
    case = Case(
        rated(), judged(rep(hip_flexion_deg=170.0), rep(hip_flexion_deg=None), hip_flexion_deg=np.array([200.0, 90.0, NAN] + [NAN] * 7))
    )
    found = figures.impossible_rows([case])[0]
    assert (found["repetitions"], found["frames"], found["clips with any"]) == ("1 of 1", "1 of 2", 1)


def test_what_is_called_in_a_good_hinge_is_listed_with_its_measure_and_a_squat_is_not():
    called = judged(rep([("soft_knees", "bent")]), rep(ok=["soft_knees"]))
    lifts = [Case(rated(exercise=name, overall="good", azimuth_guess=5), called) for name in ("rdl", "squat_air")]
    (found,) = figures.called_rows(lifts)
    assert (found["exercise"], found["cue"], found["reps"], found["measure"]) == ("rdl", "soft_knees bent", "1 of 2", "knee_flexion_deg")
    assert (found["worst"], found["called from"]) == (40.0, 30.0)


def test_measured_angles_are_compared_at_each_measured_bottom(tmp_path):
    angles = {"knee_flexion_deg": [0, 80, 90, 0, 70, 0], "hip_flexion_trunk_to_thigh_deg": [0, 60, 70, 0, 50, 0], "trunk_lean_deg": [0] * 6}
    content = {"clip": "lift.mp4", "clip_time_minus_this_s": "about +0.1 (by eye)", "t": [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]} | angles
    (tmp_path / "measured.json").write_text(json.dumps(content), encoding="utf-8")
    seen = judged(knee_flexion_deg=np.array([0, 0, 0, 85.0, 0, 75.0, 0, 0, 0, 0]), hip_flexion_deg=np.full(10, 60.0))
    first, second = measured.rows(tmp_path, [Case(rated(), seen)])
    assert first["at s"] == pytest.approx(0.3)
    assert (first["knee measured"], first["hip measured"], first["hip off"]) == (90.0, 70.0, -10.0)
    assert (second["knee measured"], second["in a repetition"]) == (70.0, True)
    assert np.isnan(second["trunk ours"])


def test_a_folder_without_measured_angles_has_no_such_table(tmp_path):
    assert measured.rows(tmp_path, []) == []


@pytest.mark.parametrize("content", ["nothing", "{}", '[{"path": "a.mp4"}]', "[]"])
def test_labels_that_cannot_be_used_are_an_error_that_names_the_file(tmp_path, content):
    (tmp_path / "labels.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"labels\.json: "):
        ratings.load(tmp_path)


def test_a_label_of_a_missing_clip_is_an_error_that_names_the_clip(tmp_path):
    (tmp_path / "labels.json").write_text(
        json.dumps([{"path": "gone.mp4", "group": "g", "rating_a": {}, "rating_b": {}}]), encoding="utf-8"
    )
    with pytest.raises(InputError, match=r"gone\.mp4"):
        ratings.load(tmp_path)


def test_the_label_of_one_author_becomes_two_answers_that_differ_in_the_count_alone(tmp_path):
    (tmp_path / "a.mp4").touch()
    entry = {"path": "a.mp4", "movement": "Dumbbell RDL", "view": "side", "reps_min": 3, "reps_max": 4, "fault_label": "rounded_back"}
    (tmp_path / "labels.json").write_text(json.dumps([entry]), encoding="utf-8")
    (clip,) = ratings.load(tmp_path)
    assert (clip.alike("exercise"), clip.alike("lower_back"), clip.pair("reps"), clip.independent) == ("rdl", "rounded", (3, 4), False)
    assert (clip.group, clip.view) == ("a", "side")


def test_a_recording_is_judged_as_the_library_judges_it():
    import hingecheck

    seen = judge(GOLDEN)
    assert seen.report == hingecheck.judge(GOLDEN).report()
    assert seen.called("neutral_spine", "rounded")
    assert seen.peak("hip_flexion_deg") > 60.0


def test_several_processes_return_the_verdicts_in_order():
    good = GOLDEN.with_name("good.poses.npz")
    alone, together = (list(judge_all([GOLDEN, good], jobs)) for jobs in (1, 2))
    assert [one.report for one in together] == [one.report for one in alone]


def test_a_line_a_clip_says_what_both_ratings_and_hingecheck_say():
    clip = rated(exercise="rdl", overall="good", lower_back="neutral", reps=1, azimuth_guess=10, a={"main_fault": "none to speak of"})
    case = Case(clip, judged(rep([("neutral_spine", "rounded")]), hip_flexion_deg=np.full(10, 88.2), next_cue="neutral_spine"))
    (found,) = clips.rows([case])
    text = clips.line(found)
    assert "lift.mp4 one good | rdl (named -) | side 10 (found side) | reps 1 (1) | called: neutral_spine rounded 1/1" in text
    unseen = " ".join(cue.id for cue in CUES if cue.id != "neutral_spine")
    assert f"not judged: {unseen} (hidden) |" in text
    assert "a: none to speak of" in text
    assert "hip 88 knee -" in text
    assert "lower_back neutral: neutral_spine not called" in text


def test_the_clips_with_the_most_disagreement_come_first():
    fine = Case(rated(name="a.mp4", reps=1), judged(rep()))
    wrong = Case(rated(name="b.mp4", reps=2), judged(rep()))
    assert [row["clip"] for row in clips.rows([fine, wrong])] == ["b.mp4", "a.mp4"]


def test_every_figure_has_a_name_of_its_own():
    names = [figure.name for figure in FIGURES]
    assert len(set(names)) == len(names)


@pytest.fixture(scope="module")
def footage(tmp_path_factory, sample_videos):
    """A rendered clip that rounds, with made-up labels, and a file that is no clip."""
    folder = tmp_path_factory.mktemp("footage")
    shutil.copy(sample_videos / "rounded_lower_back.mp4", folder / "one.mp4")
    (folder / "two.mp4").write_bytes(b"no clip")
    rating = {
        "exercise": "hinge",
        "view": "side",
        "azimuth_guess": 0,
        "reps": 3,
        "lower_back": "rounded",
        "overall": "bad",
        "main_fault": "",
    }
    entries = [{"path": name, "group": "made-up", "rating_a": rating, "rating_b": rating} for name in ("one.mp4", "two.mp4")]
    (folder / "labels.json").write_text(json.dumps(entries), encoding="utf-8")
    return folder


def real(*arguments, root):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", "real", *map(str, arguments)], cwd=root, capture_output=True, text=True, timeout=600
    )


def test_the_command_tracks_each_clip_once_judges_it_and_names_what_it_could_not_read(footage, tmp_path, root):
    poses, table, made = tmp_path / "poses", tmp_path / "clips.csv", tmp_path / "made.json"
    asked = ("--clips", footage, "--poses", poses, "--jobs", 2, "--model", "lite", "--by-clip", "--csv", table, "--out", made)
    first = real(*asked, root=root)
    assert first.returncode == 1
    assert "two.mp4" in first.stderr.splitlines()[-1]
    (kept,) = poses.iterdir()
    assert kept == recordings.recording_file(footage / "one.mp4", "lite", poses)
    assert recordings.made_by_other_code([kept]) == 0
    tracked_ns = kept.stat().st_mtime_ns
    second = real(*asked, root=root)
    assert second.stdout == first.stdout
    assert kept.stat().st_mtime_ns == tracked_ns

    rows = {row["figure"]: row for row in json.loads(made.read_text(encoding="utf-8"))["tables"]["Agreement, all clips"]}
    assert rows["lower_back rounded: neutral_spine called rounded"]["side"] == "1 of 1"
    assert rows["bad in both: a fault they name is called"]["all"] == "1 of 1"
    assert rows["repetitions within the two counts"]["all"] == "1 of 1"
    with table.open(encoding="utf-8", newline="") as file:
        (line,) = csv.DictReader(file)
    assert (line["clip"], line["exercise"], line["reps"]) == ("one.mp4", "hinge", "3")
    assert "neutral_spine rounded" in line["called"]
    assert f"\n{line['clip']} made-up bad | hinge" in first.stdout


def test_a_part_without_a_group_is_an_error_in_one_line(tmp_path, root):
    (tmp_path / "junk.mp4").write_bytes(b"no clip")
    entries = [{"path": "junk.mp4", "group": "made-up", "rating_a": {}, "rating_b": {}}]
    (tmp_path / "labels.json").write_text(json.dumps(entries), encoding="utf-8")
    parts = [real("--clips", tmp_path, "--poses", tmp_path / "poses", "--jobs", 1, "--fold", f"{k}/2", root=root) for k in range(2)]
    assert sorted(part.returncode for part in parts) == [1, 2]  # the clip cannot be read; and no clip
    empty = next(part for part in parts if part.returncode == 2)
    assert empty.stderr == "real: no group falls to this part. Give another K/N.\n"


def test_a_recording_by_other_code_is_counted(tmp_path):
    from hingecheck.storage.recording import load_poses, save_poses

    poses, meta = load_poses(GOLDEN)
    save_poses(tmp_path / "a.npz", poses, meta)
    save_poses(tmp_path / "b.npz", poses, meta | {recordings.CODE: "0" * 10})
    assert recordings.made_by_other_code([tmp_path / "a.npz", tmp_path / "b.npz"]) == 2


def test_the_head_says_how_much_footage_the_figures_rest_on():
    cases = [Case(rated(group=group), judged(rep())) for group in ("one", "one", "two")]
    assert command.footage(cases, 1, 0) == "3 of 2 groups, 1 could not be tracked"
