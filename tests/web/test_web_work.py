"""What is done with uploaded clips: in processes of their own, within bounds, taken up again after anything."""

import os
import shutil
import signal
import sqlite3
import time

import av
import pytest
from clips import make_clip, picture
from web import application, finished, golden, shortened

from hingecheck.drive import clip as one_clip
from hingecheck.errors import HingecheckError, InputError
from hingecheck.media.sources import open_clip
from hingecheck.verdict.profiles import Profile
from hingecheck.web import work
from hingecheck.web.store import Store


def upload(client, path, name=None):
    answer = client.post("/api/clips", params={"name": name or path.name, "athlete": "Ana"}, content=path.read_bytes())
    assert answer.status_code == 201
    return answer.json()["id"]


def quiet(*_):
    """Nobody follows."""


# What a browser plays


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("phone.mov", {"codec": "libx265"}),
        ("turned.mp4", {"turned": 1}),
        ("ten.mp4", {"codec": "libx265", "pix_fmt": "yuv420p10le"}),
        ("old.avi", {"codec": "mpeg4"}),
        ("late.mp4", {"times": [0.5 + i / 25 for i in range(12)]}),
    ],
)
def test_what_a_browser_may_not_play_is_converted_upright_at_its_own_times(tmp_path, name, how):
    make_clip(tmp_path / name, size=(80, 48), **how)
    work.make_playable(tmp_path / name, tmp_path / "video.mp4", quiet)
    with av.open(str(tmp_path / "video.mp4")) as made:
        stream = made.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt, stream.width, stream.height) == ("h264", "yuv420p", 80, 48)
        assert stream.start_time == 0
    with open_clip(tmp_path / name) as before, open_clip(tmp_path / "video.mp4") as after:
        times = [[frame.time_s for frame in clip] for clip in (before, after)]
    assert times[0] == pytest.approx(times[1], abs=1e-4)


def test_what_every_browser_plays_is_left_alone(tmp_path, sample_videos):
    for clip in (make_clip(tmp_path / "plain.mp4", sound_s=0.5), sample_videos / "good.mp4"):
        work.make_playable(clip, tmp_path / "video.mp4", quiet)
        assert not (tmp_path / "video.mp4").exists()


def test_a_path_of_ours_is_never_told():
    said = work.spoken(
        "/data/clips/ab12/original: not a video, or damaged.\nIn: IN=file:/data/clips/ab12/original", "/data/clips/ab12", "a \\1.mp4"
    )
    assert said == "a \\1.mp4: not a video, or damaged. In: IN=a \\1.mp4"


# Bad clips, and bounds


def test_what_is_no_clip_is_told_by_decoding_it_whatever_its_name(tmp_path):
    make_clip(tmp_path / "whole.mp4", 50)
    (tmp_path / "text.mp4").write_text("not a video\n" * 100)
    (tmp_path / "cut.mp4").write_bytes((tmp_path / "whole.mp4").read_bytes()[:900])
    (tmp_path / "playlist.mp4").write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    shutil.copy(tmp_path / "whole.mp4", tmp_path / "clip.txt")
    with application(tmp_path / "data", workers=2) as client:
        ids = {name: upload(client, tmp_path / name) for name in ("text.mp4", "cut.mp4", "playlist.mp4", "clip.txt")}
        clips = {name: finished(client, clip_id) for name, clip_id in ids.items()}
        assert {name: clip["work"] for name, clip in clips.items()} == dict.fromkeys(ids, "failed") | {"clip.txt": "done"}
        for name in ("text.mp4", "cut.mp4", "playlist.mp4"):
            assert clips[name]["error"].startswith(f"{name}: ")
            assert "\n" not in clips[name]["error"]
            assert str(tmp_path) not in clips[name]["error"]
        assert clips["clip.txt"]["reps"] == 0
        report = client.get(f"/api/clips/{ids['clip.txt']}/report.json").json()
        assert report["clip"]["path"] == "clip.txt"
        assert any("nobody" in warning for warning in report["tracking"]["warnings"])


def test_a_clip_that_takes_too_long_is_stopped_and_the_next_one_is_done(tmp_path):
    long = make_clip(tmp_path / "long.mp4", 400, size=(640, 480))
    with application(tmp_path / "data", workers=1, longest_s=0.5) as client:
        clip = finished(client, upload(client, long))
        assert (clip["work"], clip["error"]) == ("failed", "long.mp4: took too long and was stopped. Cut the clip, or convert it to H.264.")
        assert not client.app.state.crew.progress()


def test_a_clip_that_takes_too_much_memory_takes_nothing_along(tmp_path):
    make_clip(tmp_path / "large.mp4", [picture(i, 1920, 1080) for i in range(3)])
    with application(tmp_path / "data", workers=1, memory_bytes=700 << 20) as client:
        clip = finished(client, upload(client, tmp_path / "large.mp4"))
        assert clip["work"] == "failed"
        assert clip["error"].startswith("large.mp4: ")
        assert client.get("/api/clips").status_code == 200


def test_a_process_that_dies_is_told_and_deleting_a_clip_ends_its_process(tmp_path):
    make_clip(tmp_path / "long.mp4", 900)
    with application(tmp_path / "data", workers=1) as client:
        crew = client.app.state.crew
        clip_id = upload(client, tmp_path / "long.mp4")
        first = running(crew, clip_id)
        os.kill(first.pid, signal.SIGKILL)
        os.kill(running(crew, clip_id, after=first).pid, signal.SIGKILL)  # it was started once more
        assert "the system ended the process that read it (SIGKILL)" in finished(client, clip_id)["error"]
        client.post(f"/api/clips/{clip_id}/again")
        process = running(crew, clip_id)
        assert client.delete(f"/api/clips/{clip_id}").status_code == 204
        assert not (client.app.state.store.clips_folder / clip_id).exists()
        with pytest.raises(ProcessLookupError):
            os.kill(process.pid, 0)


def running(crew, clip_id, after=None):
    """The process of a clip that is being watched, another than ``after``."""
    ends = time.monotonic() + 600
    while clip_id not in crew.progress() or crew._at_work.get(clip_id) in (None, after):
        assert time.monotonic() < ends
        time.sleep(0.05)
    return crew._at_work[clip_id]


def test_a_process_that_is_killed_once_costs_nothing(tmp_path, sample_videos):
    with application(tmp_path / "data", workers=1) as client:
        clip_id = upload(client, shortened(sample_videos / "good.mp4", tmp_path / "good.mp4"))
        os.kill(running(client.app.state.crew, clip_id).pid, signal.SIGKILL)
        clip = finished(client, clip_id)
        assert (clip["work"], clip["error"], clip["reps"]) == ("done", None, 1)


# Drawing


def test_a_clip_whose_poses_are_known_is_judged_and_drawn_with_a_still_of_every_fault(tmp_path, sample_videos):
    with application(tmp_path / "data", workers=1) as client:
        clip_id = golden(client, "rounded_lower_back", video=sample_videos / "rounded_lower_back.mp4")
        athlete = client.get(f"/api/clips/{clip_id}").json()["athlete"]
        client.put(f"/api/athletes/{athlete}/limits", json={"cues": {"neutral_spine": {"rounded": 17}}})
        assert finished(client, clip_id)["work"] == "done"
        page = client.get(f"/clips/{clip_id}").text
        stills = [part.partition('"')[0] for part in page.split('src="') if "/stills/" in part[:60]]
        assert len(set(stills)) == 3  # the first of them heads the page as well
        assert all(client.get(still).content.startswith(b"\xff\xd8") for still in stills)
        assert client.get(f"/api/clips/{clip_id}/poster").content.startswith(b"\xff\xd8")
        cues = {still.split("/")[-2] for still in stills}  # a picture a cue in the report, and the first heads it
        assert client.get(f"/api/clips/{clip_id}/report.html").text.count("data:image/jpeg") == 1 + len(cues), stills
        client.put(f"/api/athletes/{athlete}/limits", json={"cues": {"neutral_spine": {"rounded": 45}}})
        finished(client, clip_id)
        assert client.get(stills[0]).status_code == 404
        video = client.get(f"/api/clips/{clip_id}/video?annotated=true").content
        (tmp_path / "seen.mp4").write_bytes(video)
        with open_clip(tmp_path / "seen.mp4") as clip:
            assert sum(1 for _ in clip) == 340


def test_poses_that_cannot_be_read_any_more_are_tracked_anew(tmp_path, sample_videos):
    shortened(sample_videos / "good.mp4", tmp_path / "clip.mp4").rename(tmp_path / "original")
    (tmp_path / "poses.npz").write_bytes(b"of another version")
    with pytest.raises(HingecheckError):
        one_clip.retry(tmp_path / "poses.npz", profile=Profile.default())
    told = []
    report = work.bring_up_to_date(tmp_path, "good.mp4", Profile.default(), "lite", lambda *word: told.append(word))
    assert len(report["reps"]) == 1
    assert [phase for phase, done, _ in told if done == 1] == ["seeing", "drawing"]
    assert one_clip.retry(tmp_path / "poses.npz", profile=Profile.default()).report() | {"clip": 0} == report | {"clip": 0}


# The store


def test_a_folder_is_served_by_one_server(tmp_path):
    with Store(tmp_path), pytest.raises(InputError, match="another hingecheck serves from this folder"):
        Store(tmp_path)
    Store(tmp_path).close()


def test_what_is_no_store_of_ours_is_told(tmp_path):
    (tmp_path / "hingecheck.sqlite3").write_bytes(b"something else" * 1000)
    with pytest.raises(InputError, match="not a store of hingecheck"):
        Store(tmp_path)
    (tmp_path / "hingecheck.sqlite3").unlink()
    Store(tmp_path).close()
    with sqlite3.connect(tmp_path / "hingecheck.sqlite3") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(
        InputError, match=r"written by a newer version \(schema 99, this one knows 1\)\. Upgrade hingecheck, or choose another --data\.$"
    ):
        Store(tmp_path)


def test_what_a_killed_server_was_at_is_queued_and_files_of_broken_uploads_go(tmp_path):
    with application(tmp_path) as client:
        client.post("/api/clips?name=a&athlete=b", content=b"x")
        client.post("/api/clips?name=c&athlete=b", content=b"x")
        store = client.app.state.store
        first = store.claim()
        assert store.claim()["name"] == "c"
        assert store.claim() is None
        orphan, folder = store.new_folder()
        (folder / "half").write_bytes(b"x")
    with Store(tmp_path) as store:
        assert not store.folder(orphan).exists()
        assert [clip["work"] for clip in store.clips()] == ["queued", "queued"]
        assert store.claim()["id"] == first["id"]  # in the order they came


def test_a_report_of_an_older_version_is_made_anew(tmp_path):
    with application(tmp_path) as client:
        clip_id = golden(client, "good")
        store = client.app.state.store
        clip = store.clip(clip_id)
        store.finish(clip, clip["report"] | {"hingecheck": "0.0.1"}, None)
    with Store(tmp_path) as store:
        assert store.claim()["id"] == clip_id


def test_a_clip_asked_for_again_while_it_is_worked_on_is_done_twice(tmp_path):
    with application(tmp_path) as client:
        clip_id = golden(client, "good")
        store = client.app.state.store
        store.requeue(clip_id)
        taken = store.claim()
        store.requeue(clip_id)  # other limits meanwhile
        assert store.claim() is None
        store.finish(taken, {"score": 1, "reps": []}, None)
        again = store.claim()
        assert (again["id"], again["score"]) == (clip_id, 100)
        store.finish(again, again["report"], None)
        assert store.clip(clip_id)["work"] == "done"


def test_new_clips_come_before_those_that_are_only_drawn_again(tmp_path):
    with application(tmp_path) as client:
        drawn = golden(client, "good")
        store = client.app.state.store
        store.requeue(drawn)
        client.post("/api/clips?name=new&athlete=b", content=b"x")
        assert [store.claim()["name"], store.claim()["name"]] == ["new", "good.mp4"]
