"""The drivers: what they make of clips with little in them, and a batch that nothing can stop."""

import base64
import csv
import errno
import json
import os
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import pytest
import replayed
import synthetic
from clips import make_clip, number_in, scramble
from sample_result import sample_clip
from synthetic import exact  # noqa: F401

from hingecheck import __version__
from hingecheck.drive import batch as batches
from hingecheck.drive import clip as one_clip
from hingecheck.errors import InputError
from hingecheck.show import report
from hingecheck.storage import recording
from hingecheck.storage.files import sha256
from hingecheck.verdict.cues import CUES
from hingecheck.verdict.profiles import Profile, loads
from hingecheck.verdict.types import METRICS, Status

DEFAULT = Profile.default()


@pytest.fixture
def grey(tmp_path):
    """A clip of eight grey pictures."""
    return make_clip(tmp_path / "grey.mp4", [np.full((96, 64, 3), 128, np.uint8)] * 8)


@pytest.fixture
def hinges(tmp_path, monkeypatch):
    """A clip that every model sees two good hinges in."""
    poses = replayed.two_hinges()
    replayed.see(monkeypatch, poses)
    return replayed.clip_of(tmp_path / "hinges.mp4", poses)


# ------------------------------------------------------------------------------------------------------------------------- one clip


def test_a_clip_with_nobody_in_it_is_a_normal_report_with_a_warning(grey, tmp_path):
    content = one_clip.clip(grey, tmp_path / "out", profile=DEFAULT, model="lite")
    assert content["reps"] == []
    assert content["score"] is None
    assert content["next_cue"] is None
    assert content["view"] == {"kind": "unknown", "facing": None, "yaw_deg": None}
    assert content["tracking"] == {"frames_with_person": 0.0, "warnings": ["nobody is seen in the picture"]}
    assert content["clip"]["frames"] == 8
    assert {file.name for file in (tmp_path / "out").iterdir()} == {
        *("report.json", "report.html", "frames.csv", "poses.npz", "annotated.mp4")
    }
    rows = list(csv.DictReader((tmp_path / "out/frames.csv").open()))
    assert len(rows) == 8
    assert {row["phase"] for row in rows} == {"unseen"}
    assert {row["hip_flexion_deg"] for row in rows} == {""}


def test_a_clip_of_one_frame_is_a_normal_report(tmp_path, monkeypatch):
    replayed.see(monkeypatch, synthetic.film(synthetic.stand(1.0))[:1])
    content = one_clip.clip(make_clip(tmp_path / "one.mp4", 1), tmp_path / "out", profile=DEFAULT)
    assert content["clip"]["frames"] == 1
    assert content["reps"] == []
    assert content["tracking"]["frames_with_person"] == 1.0
    assert content["tracking"]["warnings"] == ["no repetition was seen: nobody bends at the hips and comes back up"]


def test_the_report_that_is_handed_back_is_the_one_on_the_disk(hinges, tmp_path):
    content = one_clip.clip(hinges, tmp_path / "out", profile=DEFAULT, annotate=False)
    assert len(content["reps"]) == 2
    assert json.loads((tmp_path / "out/report.json").read_text(encoding="utf-8")) == content


def test_without_annotation_there_is_no_video(hinges, tmp_path):
    one_clip.clip(hinges, tmp_path / "out", profile=DEFAULT, annotate=False)
    assert not (tmp_path / "out/annotated.mp4").exists()


def test_what_is_no_clip_leaves_no_folder_behind(tmp_path):
    (tmp_path / "text.mp4").write_text("hello")
    with pytest.raises(InputError):
        one_clip.clip(tmp_path / "text.mp4", tmp_path / "out", profile=DEFAULT)
    assert [file.name for file in tmp_path.iterdir()] == ["text.mp4"]


def test_progress_counts_every_frame_seen_and_every_frame_drawn(hinges, tmp_path):
    seen, drawn = [], []
    one_clip.clip(
        hinges,
        tmp_path / "out",
        profile=DEFAULT,
        on_frame=lambda done, expected: seen.append((done, expected)),
        on_drawn=lambda done, expected: drawn.append((done, expected)),
    )
    frames = len(replayed.two_hinges())
    assert seen == drawn == [(n + 1, frames) for n in range(frames)]


def test_a_name_that_is_not_utf_8_is_kept(hinges, tmp_path):
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    hinges.rename(odd)
    content = one_clip.clip(odd, tmp_path / "out", profile=DEFAULT)
    assert json.loads((tmp_path / "out/report.json").read_bytes())["clip"]["path"] == content["clip"]["path"] == str(odd)
    assert "caf\\udce9.mp4" in (tmp_path / "out/report.html").read_text(encoding="utf-8")
    assert one_clip.retry(tmp_path / "out/poses.npz", profile=DEFAULT).clip.path == str(odd)


@pytest.mark.parametrize(
    ("ankle_px", "warned"),
    [((40.0, 90.0), None), ((40.0, 97.0), "feet leave the picture from 0.0 s")],
    ids=["within", "below"],
)
def test_feet_below_the_picture_are_told(tmp_path, monkeypatch, ankle_px, warned):
    poses = synthetic.film(synthetic.stand(2.0), ankle_px=ankle_px)
    assert feet_warning(tmp_path, monkeypatch, poses) == warned


@pytest.mark.parametrize(("out_s", "warned"), [(0.8, None), (1.2, "feet leave the picture from 1.0 s")])
def test_feet_that_leave_for_less_than_a_second_are_not_told(tmp_path, monkeypatch, out_s, warned):
    poses = synthetic.film(synthetic.stand(4.0))
    low = synthetic.between(poses, 0.99, 0.99 + out_s)
    ankle_px = np.where(low[:, None], (40.0, 120.0), (40.0, 80.0))
    assert feet_warning(tmp_path, monkeypatch, synthetic.film(synthetic.stand(4.0), ankle_px=ankle_px)) == warned


def test_one_foot_below_the_picture_is_not_told(tmp_path, monkeypatch):
    poses = synthetic.film(synthetic.stand(2.0), ankle_px=(40.0, 90.0))
    poses.xy[:, synthetic.INDEX["left_ankle"], 1] = 120.0
    assert feet_warning(tmp_path, monkeypatch, poses) is None


def test_feet_that_are_not_seen_at_all_are_not_told(tmp_path, monkeypatch):
    poses = synthetic.film(synthetic.stand(2.0), ankle_px=(40.0, 120.0))
    poses.xy[:] = np.nan
    assert feet_warning(tmp_path, monkeypatch, poses) is None


def feet_warning(tmp_path, monkeypatch, poses):
    """What ``track`` warns of when these poses are seen in a clip 96 px high."""
    replayed.see(monkeypatch, poses)
    _, _, warnings = one_clip.track(replayed.clip_of(tmp_path / "feet.mp4", poses))
    assert len(warnings) <= 1
    return warnings[0] if warnings else None


# --------------------------------------------------------------------------------------------------------------------------- pictures


@pytest.fixture
def undrawn(monkeypatch):
    """Drawing leaves pictures as they are, and gives what it was asked for: (frame number, keywords)."""
    asked = []

    def draw(image, poses, result, **keywords):
        asked.append((number_in(image), keywords))
        return image

    monkeypatch.setattr(one_clip.overlay, "draw", draw)
    return asked


def bad_second_rep():
    """Poses of two hinges, with the lower back rounded by 40 degrees at the bottom of the second."""
    return synthetic.film(synthetic.stand(1.0) + synthetic.hinge() + synthetic.hinge(lower=40.0))


def test_a_still_shows_the_moment_it_belongs_to(tmp_path, undrawn, monkeypatch):
    poses = bad_second_rep()
    replayed.see(monkeypatch, poses)
    clip = replayed.clip_of(tmp_path / "clip.mp4", poses)
    verdict = verdict_on(clip)
    (still,) = one_clip.draw(clip, None, verdict)
    said = verdict.result.reps[1].cues["neutral_spine"]
    assert still.moment == report.Moment(said.at_s, 2, "neutral_spine")
    shown = cv2.cvtColor(cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    assert number_in(shown) == round(said.at_s * 25) % 256
    assert [keywords["cue"] for _, keywords in undrawn] == [("neutral_spine", "rounded")]


def test_a_still_is_the_right_one_though_frames_before_it_are_damaged(tmp_path, undrawn, monkeypatch):
    """The frames that damage costs are missed when the clip is judged, and passed over when its stills are read."""
    poses = bad_second_rep()
    replayed.see(monkeypatch, poses)
    clip = tmp_path / "clip.mp4"
    make_clip(clip, len(poses), size=(160, 96), index_first=True, options={"g": "10", "bf": "0"})
    verdict = verdict_on(scramble(clip, 0.3, 0.32))
    assert len(verdict.result) < len(poses)
    (still,) = one_clip.draw(clip, None, verdict)
    assert undrawn[0][0] == round(still.moment.time_s * 25) % 256


def test_a_clip_without_a_fault_gets_a_still_of_its_first_bottom(hinges, undrawn):
    verdict = verdict_on(hinges)
    (still,) = one_clip.draw(hinges, None, verdict)
    assert still.moment == report.Moment(verdict.result.reps[0].bottom_s, 1, None)
    assert undrawn[0][0] == round(still.moment.time_s * 25)
    assert undrawn[0][1]["cue"] is None


def test_a_clip_without_a_rep_has_no_still_and_is_not_read_again(grey, monkeypatch):
    verdict = verdict_on(grey, model="lite")
    monkeypatch.setattr(one_clip, "open_clip", lambda *args, **kwargs: pytest.fail("read again"))
    assert one_clip.draw(grey, None, verdict) == []


def test_the_video_shows_every_frame_with_the_cue_of_that_moment_and_the_reps_done_by_then(tmp_path, undrawn, monkeypatch):
    poses = bad_second_rep()
    replayed.see(monkeypatch, poses)
    monkeypatch.setattr(report, "worst_moments", lambda *_: [])
    clip = replayed.clip_of(tmp_path / "clip.mp4", poses)
    verdict = verdict_on(clip)
    assert one_clip.draw(clip, tmp_path / "annotated.mp4", verdict) == []
    assert [number for number, _ in undrawn] == [n % 256 for n in range(len(poses))]
    (on,) = (event.time_s for event in verdict.result.events if event.kind == "cue_on")
    shown = [n for n, (_, keywords) in enumerate(undrawn) if keywords["cue"] == ("neutral_spine", "rounded")]
    assert shown[0] == round(on * 25)
    first_s, second_s = (rep.end_s for rep in verdict.result.reps)
    assert [len(keywords["done"]) for _, keywords in undrawn] == [
        int(first_s <= time_s) + int(second_s <= time_s) for time_s in verdict.result.time_s
    ]


@pytest.mark.parametrize(
    ("yaw_deg", "note"),
    [(90.0, ""), (0.0, "Front view: shoulders, core not judged"), (45.0, "Seen at an angle: shoulders, core not judged")],
)
def test_a_picture_says_what_its_view_hides(tmp_path, undrawn, monkeypatch, yaw_deg, note):
    poses = synthetic.film(synthetic.stand(1.0) + synthetic.hinge(), yaw_deg=yaw_deg)
    replayed.see(monkeypatch, poses)
    clip = replayed.clip_of(tmp_path / "clip.mp4", poses)
    one_clip.draw(clip, None, verdict_on(clip))
    assert [keywords["note"] for _, keywords in undrawn] == [note]


def verdict_on(clip, model="full", profile=DEFAULT):
    info, poses, warnings = one_clip.track(clip, model=model)
    return one_clip.judge(info, poses, warnings, profile=profile, model=model)


def test_the_report_says_which_stand_the_first_rep_is_compared_with():
    begins_bent = synthetic.film(synthetic.hinge(2)[1:], begin=synthetic.hinge()[0])
    never_stands = synthetic.film(synthetic.set_down(stay_s=3.0)[1:], begin=synthetic.hinge()[0])
    for poses, live, stand in (
        (replayed.two_hinges(), False, "own"),
        (begins_bent, False, "lockout"),
        (begins_bent, True, "none"),
        (never_stands, False, "none"),
    ):
        verdict = one_clip.judge(sample_clip(), poses, (), profile=DEFAULT, model="full", live=live)
        assert verdict.report()["stand"] == stand


# ------------------------------------------------------------------------------------------------------------------------------ retry


def test_retry_gives_the_verdict_again_bit_by_bit(hinges, tmp_path):
    content = one_clip.clip(hinges, tmp_path / "out", profile=DEFAULT, annotate=False)
    assert one_clip.retry(tmp_path / "out/poses.npz", profile=DEFAULT).report() == content


def test_poses_that_do_not_say_whose_they_are_are_refused(tmp_path):
    poses = recording.storable(replayed.two_hinges())
    for meta in ({}, {"clip": {"path": "x"}, "model": "full", "warnings": []}, {"clip": asdict(sample_clip()), "model": "full"}):
        recording.save_poses(tmp_path / "poses.npz", poses, meta)
        with pytest.raises(InputError, match=r"poses\.npz: does not say which clip it is from"):
            one_clip.retry(tmp_path / "poses.npz", profile=DEFAULT)


# ---------------------------------------------------------------------------------------------------------------------- where it goes


def test_results_go_beside_the_clip_or_into_the_folder_given():
    assert one_clip.folders([Path("a/x.mp4")], None) == [Path("a/x.hingecheck")]
    assert one_clip.folders([Path("a/x.mp4")], Path("out")) == [Path("out/x.hingecheck")]


def test_clips_that_share_a_name_keep_their_endings():
    assert one_clip.folders([Path("x.mp4"), Path("y.mp4"), Path("x.mov")], None) == [
        *(Path("x.mp4.hingecheck"), Path("y.hingecheck"), Path("x.mov.hingecheck"))
    ]


def test_clips_of_one_name_from_several_folders_do_not_overwrite_each_other():
    places = one_clip.folders([Path("a/x.mp4"), Path("b/x.mp4"), Path("c/x.mp4")], Path("out"))
    assert places == [Path("out/x.mp4.hingecheck"), Path("out/x.mp4-2.hingecheck"), Path("out/x.mp4-3.hingecheck")]
    assert one_clip.folders([Path("x.mp4.mov"), Path("x.mp4"), Path("x.avi")], None) == [
        *(Path("x.mp4.hingecheck"), Path("x.mp4-2.hingecheck"), Path("x.avi.hingecheck"))
    ]


def test_a_clip_given_twice_has_one_folder():
    assert one_clip.folders([Path("x.mp4"), Path("x.mp4")], None) == [Path("x.mp4.hingecheck")] * 2


def test_a_batch_takes_the_videos_of_a_folder_and_its_subfolders_but_no_results_and_nothing_hidden(tmp_path):
    for name in ("b.mp4", "a.MOV", "sub/c.webm", "sub/c.mkv", "notes.txt", ".d.mp4", ".hidden/e.mp4", "a.hingecheck/annotated.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "results").mkdir()
    (tmp_path / "results/f.mp4").touch()
    out = tmp_path / "results"
    assert batches.jobs(tmp_path, out) == [
        batches.Job("a.MOV", str(tmp_path / "a.MOV"), str(out / "a.hingecheck")),
        batches.Job("b.mp4", str(tmp_path / "b.mp4"), str(out / "b.hingecheck")),
        batches.Job("sub/c.mkv", str(tmp_path / "sub/c.mkv"), str(out / "sub/c.mkv.hingecheck")),
        batches.Job("sub/c.webm", str(tmp_path / "sub/c.webm"), str(out / "sub/c.webm.hingecheck")),
    ]


def test_a_batch_of_nothing_is_told(tmp_path):
    with pytest.raises(InputError, match="no video in it"):
        batches.jobs(tmp_path, tmp_path / "out")
    with pytest.raises(InputError, match="not a folder"):
        batches.jobs(tmp_path / "none", tmp_path / "out")


# --------------------------------------------------------------------------------------------------- a clip that changes meanwhile


def test_a_clip_that_changes_while_it_is_tracked_leaves_nothing(hinges, tmp_path):
    def tracker(path, **options):
        seen = one_clip.track(path, **options)
        make_clip(path, 5)
        return seen

    with pytest.raises(InputError, match=r"hinges\.mp4: changed while it was read, so nothing of it was kept\. Wait"):
        one_clip.clip(hinges, tmp_path / "out", profile=DEFAULT, tracker=tracker)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_clip_that_changes_while_it_is_drawn_leaves_the_poses_of_the_first_and_no_video(hinges, tmp_path):
    before = sha256(hinges)

    def on_drawn(done, expected):
        if done == 3:
            with hinges.open("ab") as file:
                file.write(b"x")

    with pytest.raises(InputError, match="changed while it was read"):
        one_clip.clip(hinges, tmp_path / "out", profile=DEFAULT, on_drawn=on_drawn)
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["poses.npz"]
    assert recording.load_poses(tmp_path / "out/poses.npz")[1]["clip"]["sha256"] == before


def test_a_clip_of_a_batch_that_changes_is_a_failed_row_and_done_the_next_time(hinges, tmp_path, monkeypatch):
    track = one_clip.track

    def changing(path, **options):
        seen = track(path, **options)
        with open(path, "ab") as file:
            file.write(b"x")
        return seen

    job = batches.Job("hinges.mp4", str(hinges), str(tmp_path / "out"))
    settings = {"settings": DEFAULT.model_dump(), "model": "lite"}
    monkeypatch.setattr(one_clip, "track", changing)
    content, error, _ = batches.score(job, **settings)
    assert content is None
    assert error.endswith("hinges.mp4: changed while it was read, so nothing of it was kept. Wait until it is written, then start again.")
    assert list((tmp_path / "out").iterdir()) == []
    monkeypatch.setattr(one_clip, "track", track)
    content, error, _ = batches.score(job, **settings)
    assert (error, content["clip"]["sha256"]) == (None, sha256(hinges))


# ------------------------------------------------------------------------------------------------------------------------------ batch


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with two clips of two hinges each, one of them in a subfolder, and one that is no clip."""
    poses = replayed.two_hinges()
    replayed.see(monkeypatch, poses)
    (tmp_path / "clips/sub").mkdir(parents=True)
    replayed.clip_of(tmp_path / "clips/a.mp4", poses)
    make_clip(tmp_path / "clips/sub/b.mp4", len(poses), size=(80, 48))
    (tmp_path / "clips/broken.mp4").write_text("hello")
    return tmp_path / "clips"


@pytest.fixture
def crew():
    """An executor within this process."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


def batch(folder, crew, **options):
    """The rows of a batch, by name."""
    rows = batches.batch(folder, folder / "out", executor=crew, **({"profile": DEFAULT} | options))
    return {row["path"]: row for row in rows}


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_batch_writes_a_row_a_clip_and_a_row_a_rep(folder, crew):
    rows = batch(folder, crew)
    assert list(rows) == ["a.mp4", "broken.mp4", "sub/b.mp4"]
    assert [row["status"] for row in rows.values()] == ["ok", "failed", "ok"]
    written = table(folder / "out/results.csv")
    assert list(written[0]) == ["path", "status", "view", "reps", "score", *(cue.id for cue in CUES), "seconds", "error", "exercise"]
    assert [row["path"] for row in written] == list(rows)
    assert (written[0]["view"], written[0]["reps"]) == ("side", "2")
    assert written[1]["error"].startswith(f"{folder / 'broken.mp4'}: not a video")
    assert written[0]["error"] == written[2]["error"] == ""
    reps = table(folder / "out/reps.csv")
    columns = ["path", "index", "start_s", "bottom_s", "end_s", "complete", "score", *METRICS, *(cue.id for cue in CUES)]
    columns += ["exercise", "exercise_sure"]
    assert list(reps[0]) == columns
    assert [(row["path"], row["index"]) for row in reps] == [("a.mp4", "1"), ("a.mp4", "2"), ("sub/b.mp4", "1"), ("sub/b.mp4", "2")]
    content = json.loads((folder / "out/sub/b.hingecheck/report.json").read_text(encoding="utf-8"))
    assert float(reps[3]["bottom_s"]) == content["reps"][1]["bottom_s"]
    assert reps[3]["soft_knees"] == "ok"
    page = (folder / "out/summary.html").read_text(encoding="utf-8")
    assert "broken.mp4" in page
    assert (folder / "out/a.hingecheck/worst.jpg").exists()
    assert "data:image" not in page, "nothing was off"


def test_the_worst_moment_of_a_clip_in_which_something_was_off_is_on_the_page(folder, crew, monkeypatch):
    replayed.see(monkeypatch, bad_second_rep())
    replayed.clip_of(folder / "a.mp4", bad_second_rep())
    (folder / "sub/b.mp4").unlink()
    assert batch(folder, crew)["a.mp4"]["neutral_spine"] == 1
    still = (folder / "out/a.hingecheck/worst.jpg").read_bytes()
    page = (folder / "out/summary.html").read_text(encoding="utf-8")
    assert page.count("data:image/jpeg;base64,") == 1
    assert base64.b64encode(still).decode("ascii") in page


def test_a_cue_that_was_never_judged_stays_empty_and_one_that_was_right_is_0(folder, crew):
    row = batch(folder, crew)["a.mp4"]
    assert row["soft_knees"] == 0
    assert row["knees_out"] == ""  # seen from the side


def test_a_folder_without_a_rep_still_gets_a_header(tmp_path, crew, monkeypatch):
    poses = synthetic.film(synthetic.stand(1.0))
    replayed.see(monkeypatch, poses)
    replayed.clip_of(tmp_path / "a.mp4", poses)
    batch(tmp_path, crew)
    assert (tmp_path / "out/reps.csv").read_text(encoding="utf-8").startswith("path,index,start_s,")


def test_started_again_a_batch_does_only_what_is_missing_or_changed(folder, crew):
    first = batch(folder, crew)
    assert len(replayed.made) == 2
    report_file = folder / "out/a.hingecheck/report.json"
    written_ns = report_file.stat().st_mtime_ns

    def made_again(**options):
        replayed.made.clear()
        rows = batch(folder, crew, **options)
        assert {name: row["reps"] for name, row in rows.items()} == {name: row["reps"] for name, row in first.items()}
        return len(replayed.made)

    assert made_again() == 0
    assert report_file.stat().st_mtime_ns == written_ns
    assert made_again(profile=loads("cues.soft_knees.bent = 40")) == 2
    assert made_again(profile=loads("cues.soft_knees.bent = 40")) == 0
    assert made_again(profile=loads("cues.soft_knees.bent = 40"), model="lite") == 2
    assert made_again(profile=loads("cues.soft_knees.bent = 40"), model="lite", fresh=True) == 2
    make_clip(folder / "sub/b.mp4", len(replayed.two_hinges()), size=(96, 48))
    assert made_again(profile=loads("cues.soft_knees.bent = 40"), model="lite") == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: "null",
        lambda text: "\x00" * len(text),
        lambda text: text.replace(f'"hingecheck": "{__version__}"', '"hingecheck": "0.0.1"'),
    ],
    ids=["half", "empty", "list", "null", "zeros", "older"],
)
def test_a_report_that_is_not_whole_or_not_ours_is_not_believed(folder, crew, spoil):
    whole = batch(folder, crew)
    file = folder / "out/a.hingecheck/report.json"
    text = file.read_text(encoding="utf-8")
    file.write_text(spoil(text), encoding="utf-8")
    replayed.made.clear()
    assert batch(folder, crew)["a.mp4"]["score"] == whole["a.mp4"]["score"]
    assert len(replayed.made) == 1
    assert file.read_text(encoding="utf-8") == text


def test_a_disk_that_fills_up_costs_the_clip_and_leaves_no_half_written_report(folder, crew, monkeypatch):
    write = one_clip.write_text

    def fill_up(path, text):
        if "b.hingecheck" in str(path):
            write(path, text[: len(text) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, text)

    monkeypatch.setattr(one_clip, "write_text", fill_up)
    rows = batch(folder, crew)
    report_file = folder / "out/sub/b.hingecheck/report.json"
    assert rows["sub/b.mp4"]["error"] == f"{report_file}: no room left on the disk. Free some space and start again."
    assert {file.name for file in report_file.parent.iterdir()} == {"poses.npz", "worst.jpg"}
    assert rows["a.mp4"]["status"] == "ok"


def test_every_clip_is_told_as_it_is_done(folder, crew):
    told = []
    rows = batches.batch(folder, folder / "out", profile=DEFAULT, executor=crew, on_clip=told.append)
    assert sorted(row["path"] for row in told) == [row["path"] for row in rows]


def test_an_error_nobody_thought_of_costs_one_clip(folder, crew, monkeypatch):
    whole_track = one_clip.track

    def track(path, **options):
        if path.endswith("b.mp4"):
            raise ZeroDivisionError("float division by zero")
        return whole_track(path, **options)

    monkeypatch.setattr(one_clip, "track", track)
    rows = batch(folder, crew)
    assert rows["sub/b.mp4"]["error"] == f"{folder / 'sub/b.mp4'}: ZeroDivisionError: float division by zero"
    assert rows["a.mp4"]["status"] == "ok"


class Cluster(Executor):
    """Loses every job whose file ends in ``lost``."""

    def __init__(self, lost):
        self.lost = lost

    def submit(self, work, job):
        future = Future()
        if job.name.endswith(self.lost):
            future.set_exception(ConnectionError("worker gone"))
        else:
            future.set_result(work(job))
        return future


def test_a_job_that_a_cluster_loses_is_not_done_and_has_not_failed(folder):
    rows = batch(folder, Cluster("b.mp4"))
    assert rows["sub/b.mp4"]["status"] == "not done"
    assert rows["sub/b.mp4"]["error"].endswith("b.mp4: not done, the cluster was lost (ConnectionError). Start the batch again.")
    assert rows["a.mp4"]["status"] == "ok"


# The function below runs in processes of its own, which import this module anew.


def touchy(job, tell, settings, model, every_frame, alone, rotate):
    """Stands in for ``batches.score``: a clip named ``killer`` takes the process with it; every attempt leaves a mark."""
    Path(job.folder).mkdir(parents=True, exist_ok=True)
    (Path(job.folder) / f"attempt-{time.time_ns()}").touch()
    if Path(job.path).stem == "killer":
        os._exit(3)
    return stub(job), None, 0.1


def stub(job):
    """The least that a row is made of."""
    counts = {cue.id: {str(status): 0 for status in Status} for cue in CUES}
    return {"view": {"kind": "side"}, "reps": [], "score": None, "cues": counts, "tracking": {"warnings": []}, "path": job.path}


def test_a_clip_that_kills_its_process_is_tried_twice_and_costs_one_clip(tmp_path, monkeypatch):
    for name in ("a", "b", "killer", "y", "z"):
        (tmp_path / f"{name}.mp4").touch()
    monkeypatch.setattr(batches, "score", touchy)
    rows = batches.batch(tmp_path, tmp_path / "out", profile=DEFAULT, workers=2)
    assert {row["path"]: row["status"] for row in rows} == {
        **{f"{name}.mp4": "ok" for name in ("a", "b", "y", "z")},
        "killer.mp4": "failed",
    }
    (died,) = (row["error"] for row in rows if row["error"])
    assert died == f"{tmp_path / 'killer.mp4'}: the process that read it died (exit code 3). Convert the clip, or give it more memory."
    attempts = {place.name: len(list(place.glob("attempt-*"))) for place in (tmp_path / "out").glob("*.hingecheck")}
    assert attempts == {"killer.hingecheck": 2, **{f"{name}.hingecheck": 1 for name in ("a", "b", "y", "z")}}
    assert table(tmp_path / "out/results.csv")[2]["status"] == "failed"


# ---------------------------------------------------------------------------------------------------------------------------- verdict


def test_the_limits_in_force_are_the_profiles(tmp_path, monkeypatch):
    poses = synthetic.film(synthetic.stand(1.0) + synthetic.hinge(2, knee_deg=28.0))
    replayed.see(monkeypatch, poses)
    clip = replayed.clip_of(tmp_path / "clip.mp4", poses)
    assert [rep.cues["soft_knees"].status for rep in verdict_on(clip).result.reps] == [Status.OK, Status.OK]
    verdict = verdict_on(clip, profile=loads("cues.soft_knees.bent = 18"))
    assert verdict.limits["soft_knees", "bent"] == 18.0
    defaults = {(cue.id, fault.direction): fault.limit for cue in CUES for fault in cue.faults}
    assert verdict.limits == defaults | {("soft_knees", "bent"): 18.0}
    assert [rep.cues["soft_knees"].status for rep in verdict.result.reps] == [Status.FAULT, Status.FAULT]
    assert verdict.report()["reps"][0]["cues"]["soft_knees"]["limit"] == 18.0


def test_a_report_says_who_made_it_of_what(hinges):
    content = verdict_on(hinges, profile=loads('name = "Ana"')).report()
    assert (content["schema"], content["hingecheck"], content["model"]) == (1, __version__, "full")
    assert content["profile"] == {"name": "Ana", "sha256": loads('name = "Ana"').sha256}
    assert content["clip"]["path"] == str(hinges)
