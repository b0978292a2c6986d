"""What goes wrong around the page: a disk that is really full, text that is none, connections that say nothing."""

import json
import socket
import sqlite3
import subprocess
import time
from contextlib import contextmanager

import pytest
from web import Server, application, finished, shortened

from hingecheck.errors import OutputError
from hingecheck.web import api, jobs, protocol
from hingecheck.web.security import neighbourhood
from hingecheck.web.store import Store


@pytest.fixture
def disk(tmp_path):
    """A file system of 12 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "hingecheck-test", folder], capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no file system can be mounted here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def filled(disk):
    """All of the disk taken, to the last byte."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with pytest.raises(OSError, match="No space left"):
                while True:
                    file.write(b"x" * size)
    yield
    filler.unlink()


def waits_for(client, clip_id):
    """Why a clip is not worked on, as soon as that is told."""
    ends = time.monotonic() + 300
    while not (why := client.get(f"/api/clips/{clip_id}").json()["held_up"]):
        assert time.monotonic() < ends
        time.sleep(0.1)
    return why


def test_on_a_full_disk_nothing_is_lost_and_work_goes_on_as_soon_as_there_is_room(disk, sample_videos, tmp_path, monkeypatch):
    monkeypatch.setattr(api, "SPARE_BYTES", 0)
    monkeypatch.setattr(jobs, "AGAIN_S", (0.5, 0.5))
    clip = shortened(sample_videos / "good.mp4", tmp_path / "good.mp4")
    with application(disk / "data", workers=0) as client:
        upload = {"params": {"name": "good.mp4", "athlete": "Ana"}, "content": clip.read_bytes()}
        clip_id = client.post("/api/clips", **upload).json()["id"]
    with application(disk / "data", workers=1) as client:
        crew = client.app.state.crew
        with filled(disk):
            assert waits_for(client, clip_id) == "the disk is full. Delete clips, or free some space."
            assert "disk is full" in client.get("/api/clips").json()[0]["held_up"]
            told = [client.post("/api/clips", **upload), client.post("/api/athletes", json={"name": "B" * 900})]
            assert {answer.status_code for answer in told} <= {507, 201}
            assert told[0].status_code == 507
            assert "the disk is full" in told[0].json()["detail"]
            assert all(thread.is_alive() for thread in crew._threads)
        done = finished(client, clip_id)
        assert (done["work"], done["error"], done["reps"], done["held_up"]) == ("done", None, 1, None)


def test_a_locked_database_is_told_and_waited_for(tmp_path, monkeypatch, sample_videos):
    monkeypatch.setattr("hingecheck.web.database.PATIENCE_S", 0.1)
    monkeypatch.setattr(jobs, "AGAIN_S", (0.2, 0.2))
    with application(tmp_path / "data", workers=1) as client:
        other = sqlite3.connect(tmp_path / "data" / "hingecheck.sqlite3", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        answer = client.post("/api/athletes", json={"name": "Ana"})
        assert (answer.status_code, "another program holds the data" in answer.json()["detail"]) == (507, True)
        client.app.state.crew.wake()
        ends = time.monotonic() + 300
        while client.app.state.crew.trouble is None:
            assert time.monotonic() < ends
            time.sleep(0.05)
        other.execute("ROLLBACK")
        other.close()
        assert client.post("/api/athletes", json={"name": "Ana"}).status_code == 201
        clip_id = client.post("/api/clips", params={"name": "a.mp4", "athlete": "Ana"}, content=b"no video").json()["id"]
        assert "not a video" in finished(client, clip_id)["error"]


def test_whatever_fails_no_thread_of_the_crew_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "AGAIN_S", (0.05, 0.05))
    failures = iter([RuntimeError("out of the blue"), MemoryError()])
    claim = Store.claim

    def sometimes(store):
        for failure in failures:
            raise failure
        return claim(store)

    monkeypatch.setattr(Store, "claim", sometimes)
    with application(tmp_path / "data", workers=1) as client:
        clip_id = client.post("/api/clips", params={"name": "a.mp4", "athlete": "Ana"}, content=b"no video").json()["id"]
        assert "not a video" in finished(client, clip_id)["error"]


def test_a_folder_in_which_a_file_is_in_the_way_is_told(tmp_path):
    (tmp_path / "clips").write_text("a file in the way")
    with pytest.raises(OutputError, match="clips"), Store(tmp_path):
        pass


@pytest.mark.parametrize("place", ["name", "notes", "a key"])
def test_half_a_character_is_no_text(tmp_path, place):
    with application(tmp_path / "data") as client:
        athlete = client.post("/api/athletes", json={"name": "Ana"}).json()["id"]
        text = '{"na\\ud800me": "x"}' if place == "a key" else f'{{"{place}": "x\\ud800"}}'
        assert json.loads(text)
        answer = client.patch(f"/api/athletes/{athlete}", content=text.encode(), headers={"content-type": "application/json"})
        assert answer.status_code == 422
        assert "text" in answer.text or "extra" in answer.text.lower()
        assert client.get("/api/athletes").json()[0]["name"] == "Ana"


def test_head_is_get_without_its_body(tmp_path):
    with Server(tmp_path / "data") as server:
        for path in ("/", "/api/athletes", "/static/own/app.css", "/api/events", "/nowhere"):
            got = None if path == "/api/events" else server.client.get(path)
            head = server.client.head(path)
            assert head.content == b""
            assert got is None or head.status_code == got.status_code
            assert head.headers["content-security-policy"]


def test_a_connection_that_says_nothing_or_half_a_request_is_closed(tmp_path):
    with Server(tmp_path / "data") as server:
        port = int(server.address.rpartition(":")[2])
        silent, half = (socket.create_connection(("127.0.0.1", port)) for _ in range(2))
        half.sendall(b"GET / HTTP/1.1\r\nHost: ")
        for slow in (silent, half):
            slow.settimeout(20 * protocol.REQUEST_S)
            assert slow.recv(1000) == b""
            slow.close()
        assert server.client.get("/api/athletes").status_code == 200


def test_guesses_are_counted_by_home_not_by_address():
    assert neighbourhood("2001:db8:1:2::1") == neighbourhood("2001:db8:1:2:ffff::9") != neighbourhood("2001:db8:1:3::1")
    assert neighbourhood("::ffff:192.0.2.7") == neighbourhood("192.0.2.7") == "192.0.2.7"
    assert neighbourhood("fe80::1%eth0") == "fe80::/64"
    assert neighbourhood("testclient") == "testclient"


def test_a_second_guess_from_the_same_home_has_to_wait(tmp_path):
    with application(tmp_path / "data", password="correct horse battery", host="::") as client:
        gate = client.app.state.gate
        for n in range(5):
            assert gate.sign_in("wrong", f"2001:db8::{n + 1:x}") is None
        with pytest.raises(Exception, match="too many"):
            gate.sign_in("wrong", "2001:db8::ffff")
        assert gate.sign_in("wrong", "2001:db8:0:1::1") is None
