"""The coach's page asked by a program: every route, and what is refused."""

import json
import re

import pytest
from web import application, golden

from hingecheck import __version__
from hingecheck.web import corrections


@pytest.fixture
def client(tmp_path):
    with application(tmp_path / "data") as made:
        yield made


@pytest.fixture(scope="module")
def judged(tmp_path_factory, sample_videos):
    """A server with two judged clips of Ana's, only read in these tests: (client, id of a rounded clip, id of a good one)."""
    with application(tmp_path_factory.mktemp("judged")) as made:
        rounded = golden(made, "rounded_lower_back", video=sample_videos / "rounded_lower_back.mp4")
        yield made, rounded, golden(made, "good", day="2026-03-08", video=sample_videos / "good.mp4")


def upload(client, content=b"something", **query):
    return client.post("/api/clips", params={"name": "clip.mp4", "athlete": "Ana"} | query, content=content)


def files(client):
    root = client.app.state.store.root
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file() and "sqlite3" not in path.name)


# Uploads


def test_an_upload_waits_in_the_queue_under_a_random_id(client):
    answer = upload(client, b"x" * 1000, day="2026-02-03")
    assert answer.status_code == 201
    clip = answer.json()
    assert re.fullmatch("[0-9a-f]{16}", clip["id"])
    assert (clip["name"], clip["athlete_name"], clip["day"], clip["bytes"], clip["work"]) == (
        "clip.mp4",
        "Ana",
        "2026-02-03",
        1000,
        "queued",
    )
    assert files(client) == [f"clips/{clip['id']}/original", "lock"]
    assert client.get(f"/api/clips/{clip['id']}/upload").content == b"x" * 1000


HOSTILE = [
    "../../../etc/passwd",
    "..\\..\\boot.ini",
    "/etc/shadow",
    "a\x00b.mp4",
    "<script>alert(1)</script>.mp4",
    "'; DROP TABLE clips; --",
    "x" * 900,
    "\u202egpj.exe",
    "CON",
    "%2e%2e%2f%2e%2e%2f",
    "{{ 7 * 7 }}",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_only_text(client, name):
    clip = upload(client, name=name, athlete=name).json()
    assert files(client) == [f"clips/{clip['id']}/original", "lock"]
    assert len(clip["name"]) <= 120
    assert clip["name"].isprintable()
    for page in ("/", f"/clips/{clip['id']}", f"/athletes/{clip['athlete']}"):
        text = client.get(page).text
        assert "<script>alert" not in text
        assert ">49<" not in text
    saved = client.get(f"/api/clips/{clip['id']}/upload")
    assert saved.status_code == 200
    assert "\n" not in saved.headers["content-disposition"]
    assert client.delete(f"/api/athletes/{clip['athlete']}").status_code == 204
    assert files(client) == ["lock"]


@pytest.mark.parametrize("name", ["", " ", "\u200b\u202e"])
def test_a_name_without_anything_to_show_is_refused(client, name):
    assert upload(client, name=name).status_code == 422
    assert upload(client, athlete=name).status_code == 422
    assert files(client) == ["lock"]


def test_an_empty_upload_is_refused_and_leaves_nothing(client):
    answer = upload(client, b"")
    assert (answer.status_code, answer.json()["detail"]) == (422, "clip.mp4: the file is empty. Copy it again from where it was filmed.")
    assert files(client) == ["lock"]
    assert client.get("/api/athletes").json() == []


def test_an_upload_that_says_it_is_too_large_is_refused_before_it_is_read(client):
    answer = client.post("/api/clips?name=a&athlete=b", content=b"", headers={"Content-Length": str(1 << 50)})
    assert answer.status_code == 413
    assert files(client) == ["lock"]


def test_an_upload_that_grows_too_large_is_refused_and_leaves_nothing(client):
    answer = client.post("/api/clips?name=a&athlete=b", content=(b"x" * (1 << 20) for _ in range(17)))  # chunked: no length was said
    assert answer.status_code == 413
    assert "larger than" in answer.json()["detail"]
    assert files(client) == ["lock"]


@pytest.mark.parametrize("length", ["-1", "abc", "1e9", "\u0665"])
def test_a_length_that_is_no_number_is_refused(client, length):
    assert client.post("/api/clips?name=a&athlete=b", content=b"", headers={"Content-Length": length.encode()}).status_code in (400, 413)


def test_a_day_that_is_none_is_refused(client):
    assert upload(client, day="yesterday").status_code == 422


@pytest.mark.parametrize("path", ["/api/athletes", "/api/athletes/0123456789abcdef/limits"])
def test_a_body_that_is_no_clip_may_not_be_long(client, path):
    ask = client.put if path.endswith("limits") else client.post
    assert ask(path, content=b" " * (2 << 20)).status_code == 413
    assert ask(path, content=(b" " * (1 << 19) for _ in range(4))).status_code == 400  # chunked


# Ids


@pytest.mark.parametrize("wrong", ["0123456789abcdef", "%2e%2e", "../../lock", "0123456789ABCDEF", "0", "x" * 500, "%00"])
@pytest.mark.parametrize(
    "route", ["/api/clips/{}", "/api/clips/{}/video", "/api/clips/{}/upload", "/api/athletes/{}", "/clips/{}", "/athletes/{}"]
)
def test_an_id_that_is_none_leads_nowhere(judged, route, wrong):
    client, *_ = judged
    assert client.get(route.format(wrong)).status_code in (404, 405, 422)


@pytest.mark.parametrize(
    "path",
    [
        *("/static/own/../../store.py", "/static/own/%2e%2e/%2e%2e/store.py", "/static/own//etc/passwd", "/static/report.html"),
        *("/static/..%2f..%2fcli.py", "/static/own/..%5c..%5cstore.py"),
    ],
)
def test_only_static_files_are_served(judged, path):
    client, *_ = judged
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("cue", ["../../poses", "neutral_spine/..", "bottom%00", "nothing"])
def test_a_still_is_of_a_cue_that_exists(judged, cue):
    client, clip_id, _ = judged
    assert client.get(f"/api/clips/{clip_id}/stills/1/{cue}/1000").status_code == 404


# What is known of a clip


def test_every_page_of_a_judged_clip_is_there(judged):
    client, rounded, good = judged
    athlete = client.get(f"/api/clips/{rounded}").json()["athlete"]
    for path in ("/", f"/clips/{rounded}", f"/athletes/{athlete}", f"/compare?left={rounded}&right={good}", "/compare", "/docs"):
        page = client.get(path)
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
    assert "Flatten your lower back" in client.get(f"/clips/{rounded}").text


def test_no_page_asks_for_anything_elsewhere(judged):
    client, rounded, good = judged
    for path in ("/", f"/clips/{rounded}", f"/compare?left={rounded}&right={good}", "/docs", "/login", "/static/own/app.css"):
        text = client.get(path).text
        assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//|url\(|@import|<script>|\son\w+=", text), path


def test_a_report_is_the_one_analyze_writes(judged):
    client, rounded, _ = judged
    report = client.get(f"/api/clips/{rounded}/report.json").json()
    assert (report["schema"], report["hingecheck"], len(report["reps"]), report["next_cue"]) == (1, __version__, 3, "neutral_spine")


def test_a_report_to_send_needs_nothing_else_and_names_no_path_of_this_computer(judged):
    client, rounded, _ = judged
    page = client.get(f"/api/clips/{rounded}/report.html?download=true")
    assert page.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in page.headers["content-security-policy"]
    assert "<script" not in page.text
    assert '<svg class="plot"' in page.text
    assert len(page.content) < 1_000_000, "it goes by mail"
    assert str(client.app.state.store.root) not in page.text
    assert "<title>rounded_lower_back.mp4" in page.text


def test_frames_come_as_a_table(judged):
    client, rounded, _ = judged
    table = client.get(f"/api/clips/{rounded}/frames.csv")
    assert table.headers["content-type"].startswith("text/csv")
    series = client.get(f"/api/clips/{rounded}/series").json()
    assert len(table.text.splitlines()) == 1 + len(series["time_s"])
    assert set(map(len, series["metrics"].values())) == {len(series["time_s"])}


def test_a_video_is_handed_out_in_parts(judged, sample_videos):
    client, rounded, _ = judged
    whole = (sample_videos / "rounded_lower_back.mp4").read_bytes()
    part = client.get(f"/api/clips/{rounded}/video", headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, part.content, part.headers["content-type"]) == (206, whole[1000:2000], "video/mp4")
    assert part.headers["content-range"] == f"bytes 1000-1999/{len(whole)}"
    assert client.get(f"/api/clips/{rounded}/video?annotated=true").status_code == 404  # nobody drew it here


def test_other_limits_judge_anew_from_the_poses(judged):
    client, rounded, _ = judged
    lenient = {"schema": 2, "cues": {"neutral_spine": {"rounded": 50.8}}}
    tried = client.post(f"/api/clips/{rounded}/judge", json=lenient).json()
    assert tried["cues"]["neutral_spine"] == {"ok": 3, "fault": 0, "not_judged": 0}
    assert client.get(f"/api/clips/{rounded}/report.json").json()["cues"]["neutral_spine"]["fault"] == 3  # nothing was kept
    shown = client.post(f"/clips/{rounded}/verdict", json=lenient).json()
    assert "Flatten your lower back" not in shown["verdict"] + shown["details"]
    assert shown["differs"] == lenient


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        (
            {"cues": {"neutral_spine": {"rounded": 1000}}},
            "limits: cues.neutral_spine.rounded: 1000 is not allowed. Give a number, 4.2 to 45.2 degrees.",
        ),
        ({"cues": {"soft_knee": {}}}, "limits: cues.soft_knee: not a setting. Did you mean soft_knees?"),
        ({"schema": 2, "cues": {"soft_knees": {"bent": 18, "locked": 18}}}, "nothing would be right"),
        ({"schema": 3}, "limits: schema: 3 is not known here. Write schema = 2"),
        ({"reps": {"start_deg": "deep"}}, "limits: reps.start_deg: 'deep' is not allowed"),
    ],
)
def test_limits_that_are_not_allowed_are_refused_in_one_line(judged, limits, says):
    client, rounded, _ = judged
    for answer in (
        client.post(f"/api/clips/{rounded}/judge", json=limits),
        client.post(f"/clips/{rounded}/verdict", json=limits),
        client.put(f"/api/athletes/{client.get(f'/api/clips/{rounded}').json()['athlete']}/limits", json=limits),
    ):
        assert answer.status_code == 422
        assert says in answer.json()["detail"]
        assert "\n" not in answer.json()["detail"]


# Changes


def test_saved_limits_hold_for_all_clips_of_an_athlete_and_for_nobody_else(client):
    first, second = (golden(client, "rounded_lower_back") for _ in range(2))
    other = golden(client, "rounded_lower_back", athlete="Ben")
    ana = client.get(f"/api/clips/{first}").json()["athlete"]
    answer = client.put(f"/api/athletes/{ana}/limits", json={"cues": {"neutral_spine": {"rounded": 45}, "soft_knees": {"bent": 30}}})
    assert answer.json()["settings"] == {
        "schema": 2,
        "cues": {"neutral_spine": {"rounded": 50.8}},
    }  # 30 is the default, and 5.8 are allowed for
    scores = {clip: client.get(f"/api/clips/{clip}").json() for clip in (first, second, other)}
    assert scores[first]["score"] == scores[second]["score"] > scores[other]["score"]
    assert [scores[clip]["work"] for clip in (first, second, other)] == ["queued", "queued", "done"]  # to be drawn again
    assert "Lower back rounds over 50.8 degrees (usual 18)" in client.get(f"/athletes/{ana}").text


def test_a_clip_given_to_another_athlete_is_judged_by_that_ones_limits(client):
    clip = golden(client, "rounded_lower_back")
    ben = client.post("/api/athletes", json={"name": "Ben"}).json()["id"]
    client.put(f"/api/athletes/{ben}/limits", json={"cues": {"neutral_spine": {"enabled": False}}})
    moved = client.patch(f"/api/clips/{clip}", json={"athlete": "ben"}).json()
    assert (moved["athlete"], moved["next_cue"]) == (ben, None)


def test_notes_name_and_day_are_kept(client):
    clip = golden(client, "good")
    client.patch(f"/api/clips/{clip}", json={"notes": "Chest first. 'Proud'!", "name": "third set", "day": "2026-01-31"})
    again = client.patch(f"/api/clips/{clip}", json={}).json()
    assert (again["notes"], again["name"], again["day"]) == ("Chest first. 'Proud'!", "third set", "2026-01-31")
    assert "third set" in client.get(f"/api/clips/{clip}/report.html").text


def test_the_coach_overrides_what_was_measured(client):
    ana = client.get(f"/api/clips/{golden(client, 'good')}").json()["athlete"]
    client.patch(f"/api/athletes/{ana}", json={"stage": 3, "work_on": "breathing & bracing"})
    page = client.get(f"/athletes/{ana}").text
    assert "set by coach" in page
    assert "breathing &amp; bracing" in page
    assert client.patch(f"/api/athletes/{ana}", json={"notes": "x"}).json()["stage"] == 3
    assert client.patch(f"/api/athletes/{ana}", json={"stage": None}).json()["stage"] is None
    assert client.patch(f"/api/athletes/{ana}", json={"stage": 4}).status_code == 422
    assert client.patch(f"/api/athletes/{ana}", json={"id": "x"}).status_code == 422


def test_one_athlete_has_one_name_whatever_its_capitals(client):
    ids = {client.post("/api/athletes", json={"name": name}).json()["id"] for name in ("Jürgen Groß", "JÜRGEN GROSS", " jürgen  groß ")}
    assert len(ids) == 1
    ben = client.post("/api/athletes", json={"name": "Ben"}).json()["id"]
    refused = client.patch(f"/api/athletes/{ben}", json={"name": "JÜRGEN GROSS"})
    assert (refused.status_code, refused.json()["detail"]) == (422, "JÜRGEN GROSS: another athlete has this name. Choose another.")


def test_deleted_is_gone_for_good(client):
    keep, drop = golden(client, "good"), golden(client, "good", athlete="Zacharias Unforgettable")
    client.patch(f"/api/clips/{drop}", json={"notes": "a secret of Zacharias"})
    athlete = client.get(f"/api/clips/{drop}").json()["athlete"]
    assert client.delete(f"/api/athletes/{athlete}").status_code == 204
    assert client.get(f"/api/clips/{drop}").status_code == client.get(f"/api/athletes/{athlete}").status_code == 404
    assert files(client) == [f"clips/{keep}/poses.npz", "lock"]
    left = b"".join(path.read_bytes() for path in client.app.state.store.root.glob("hingecheck.sqlite3*"))
    assert b"Zacharias" not in left
    assert client.delete(f"/api/clips/{keep}").status_code == 204
    assert client.delete(f"/api/clips/{keep}").status_code == 404
    assert files(client) == ["lock"]


def test_a_clip_that_failed_can_be_tried_again(client):
    clip = upload(client).json()["id"]
    store = client.app.state.store
    store.finish(store.claim(), None, "clip.mp4: not a video.")
    assert client.get(f"/api/clips/{clip}").json()["work"] == "failed"
    assert "not a video" in client.get(f"/clips/{clip}").text
    for path in ("report.json", "report.html", "frames.csv", "series", "video"):
        assert client.get(f"/api/clips/{clip}/{path}").status_code == 404
    assert client.post(f"/api/clips/{clip}/judge", json={}).status_code == 404
    assert client.post(f"/api/clips/{clip}/again").json()["work"] == "queued"


def test_what_waits_is_told_by_events(tmp_path):
    with application(tmp_path) as client:
        upload(client)
        client.app.state.closing = iter([False, True]).__next__  # one look, then the server goes
        with client.stream("GET", "/api/events") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            kind, told = answer.read().decode().splitlines()[:2]
        assert kind == "event: clips"
        (clip,) = json.loads(told.removeprefix("data: "))
        assert (clip["name"], clip["work"]) == ("clip.mp4", "queued")


def test_an_accident_is_told_without_its_details(tmp_path):
    with application(tmp_path) as client:
        client.app.state.crew = None
        client._transport.raise_server_exceptions = False
        answer = client.get("/api/clips")
        assert answer.status_code == 500
        assert "hingecheck failed on its own account" in answer.json()["detail"]
        assert "Traceback" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_poses_that_cannot_be_read_any_more_keep_nobody_from_setting_limits(client):
    first, second = (golden(client, "rounded_lower_back") for _ in range(2))
    (client.app.state.store.folder(first) / "poses.npz").write_bytes(b"of another version")
    ana = client.get(f"/api/clips/{first}").json()["athlete"]
    assert client.put(f"/api/athletes/{ana}/limits", json={"cues": {"neutral_spine": {"rounded": 45}}}).status_code == 200
    assert [client.get(f"/api/clips/{clip}").json()["next_cue"] for clip in (first, second)] == ["neutral_spine", None]
    assert client.get(f"/api/clips/{first}").json()["work"] == "queued"  # to be tracked anew
    page = client.get(f"/clips/{first}")
    assert (page.status_code, page.headers["content-type"]) == (422, "text/html; charset=utf-8")


def test_what_the_coach_rejects_is_left_out_of_every_score_and_exported_as_labels(client):
    clip_id = golden(client, "squatty")
    before = client.get(f"/api/clips/{clip_id}/report.json").json()
    assert {rep["cues"]["butt_high"]["status"] for rep in before["reps"]} == {"fault"}
    rejected = [
        {"bottom_s": before["reps"][0]["bottom_s"], "cue": "butt_high", "direction": "low"},
        {"bottom_s": before["reps"][2]["bottom_s"], "cue": None, "direction": None},
    ]
    assert client.put(f"/api/clips/{clip_id}/corrections", json=rejected).status_code == 200
    assert client.get(f"/api/clips/{clip_id}/corrections").json() == rejected
    after = client.get(f"/api/clips/{clip_id}/report.json").json()
    assert [rep["index"] for rep in after["reps"]] == [1, 2]
    said = after["reps"][0]["cues"]["butt_high"]
    assert (said["status"], said["direction"], said["reason"]) == ("ok", None, corrections.BY_COACH)
    assert said["value"] == before["reps"][0]["cues"]["butt_high"]["value"], "what was measured stays"
    assert after["reps"][0]["score"] > before["reps"][0]["score"]
    assert after["cues"]["butt_high"] == {"ok": 1, "fault": 1, "not_judged": 0}
    assert after["score"] == round((after["reps"][0]["score"] + after["reps"][1]["score"]) / 2)
    assert client.get(f"/api/clips/{clip_id}").json()["score"] == after["score"], "the lists have it too"
    judged = client.post(f"/api/clips/{clip_id}/judge", json={"cues": {"soft_knees": {"bent": 30}}}).json()
    assert [rep["index"] for rep in judged["reps"]] == [1, 2], "under other limits as well"
    assert [(one["label"], one["cue"], one["sha256"]) for one in client.get("/api/corrections.json").json()] == [
        ("no_fault", "butt_high", before["clip"]["sha256"]),
        ("no_rep", None, before["clip"]["sha256"]),
    ]
    assert client.put(f"/api/clips/{clip_id}/corrections", json=[]).status_code == 200
    again = client.get(f"/api/clips/{clip_id}/report.json").json()
    assert [again[name] for name in ("reps", "cues", "score", "next_cue", "stage")] == [
        before[name] for name in ("reps", "cues", "score", "next_cue", "stage")
    ]
    assert client.get("/api/corrections.json").json() == []


def test_a_damaged_file_of_corrections_rejects_nothing(client):
    clip_id = golden(client, "squatty")
    (client.app.state.store.folder(clip_id) / corrections.FILE).write_text("[{", encoding="utf-8")
    assert client.get(f"/api/clips/{clip_id}/corrections").json() == []
    assert client.get(f"/clips/{clip_id}").status_code == 200
