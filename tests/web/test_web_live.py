"""The WebSocket of a live session: who may open it, and what becomes of a session whatever the page does."""

import time

import pytest
from starlette.websockets import WebSocketDisconnect
from web import application

from hingecheck.media.sources import open_clip
from hingecheck.show.drawing import jpeg

HERE = {"Host": "127.0.0.1", "Origin": "http://127.0.0.1"}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with application(tmp_path_factory.mktemp("live")) as made:
        yield made


@pytest.fixture(scope="module")
def standing(sample_videos):
    """JPEG frames of a person standing tall."""
    with open_clip(sample_videos / "good.mp4") as clip:
        return [jpeg(frame.image) for frame in clip if frame.index < 20]


def begin(client, query="athlete=Ana", **headers):
    return client.websocket_connect(f"/live?{query}", headers={**HERE, **headers})


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:81", "null", None])
def test_no_other_site_opens_a_session(client, origin):
    headers = {"Host": "127.0.0.1"} | ({} if origin is None else {"Origin": origin})
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/live?athlete=Ana", headers=headers):
        pass
    with pytest.raises(WebSocketDisconnect), begin(client, Host="evil.example"):
        pass
    assert client.get("/api/clips").json() == []


@pytest.mark.parametrize(
    "query", ["", "athlete=", "athlete=%20", "athlete=Ana&minutes=0", "athlete=Ana&minutes=nan", "athlete=Ana&minutes=1e9"]
)
def test_a_session_needs_an_athlete_and_a_length(client, query):
    with pytest.raises(WebSocketDisconnect), begin(client, query):
        pass


def test_nobody_opens_a_session_before_the_password(tmp_path):
    with application(tmp_path, password="correct horse battery", host="0.0.0.0") as client:
        with pytest.raises(WebSocketDisconnect), begin(client):
            pass
        assert client.get("/live", headers={"Accept": "text/html"}).headers["location"] == "/login?next=%2Flive"


def test_what_is_no_picture_is_passed_over_and_an_empty_session_is_not_kept(client):
    with begin(client) as socket:
        assert socket.receive_json() == {"kind": "ready"}
        for content in (b"no picture", b"\xff\xd8\xff", b"x" * (3 << 20)):
            socket.send_bytes(content)
        socket.send_bytes(b"")
        ended = socket.receive_json()
    assert ended["kind"] == "failed"
    assert ended["why"].startswith("nothing was practised")
    assert client.get("/api/clips").json() == []
    assert not list(client.app.state.store.clips_folder.iterdir())


def test_a_session_is_kept_when_its_page_is_gone_and_there_is_one_at_a_time(client, standing):
    with begin(client) as socket:
        assert socket.receive_json() == {"kind": "ready"}
        with pytest.raises(WebSocketDisconnect) as refused, begin(client):
            pass
        assert refused.value.code == 1013
        ends, told = time.monotonic() + 600, {}
        while not told.get("practising"):
            assert time.monotonic() < ends
            socket.send_bytes(standing[0])
            told = socket.receive_json()
            assert socket.receive_bytes().startswith(b"\xff\xd8")
        for _ in range(5):
            socket.send_bytes(standing[-1])
            socket.receive_json()
            socket.receive_bytes()
    while not (clips := client.get("/api/clips").json()):
        assert time.monotonic() < ends
        time.sleep(0.1)
    (clip,) = clips
    assert (clip["athlete_name"], clip["work"], clip["reps"]) == ("Ana", "done", 0)
    assert clip["name"].startswith("Live ")
    assert client.get(f"/clips/{clip['id']}").status_code == 200
    assert client.get(f"/api/clips/{clip['id']}/video").status_code == 200
    report = client.get(f"/api/clips/{clip['id']}/report.json").json()
    assert report["tracking"]["frames_with_person"] == 1
    assert client.get(f"/api/clips/{clip['id']}/upload").status_code == 404
