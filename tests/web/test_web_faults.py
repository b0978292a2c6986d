"""The store when something fails in the middle: each step that reaches the disk fails, or ends the process, once.

One run takes a clip from upload to report. Its points are the statements for SQLite and the changes of files under the data folder.
"""

import builtins
import io
import json
import multiprocessing
import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from web import GOLDENS, application

from hingecheck.drive import clip as one_clip
from hingecheck.errors import OutputError
from hingecheck.verdict.profiles import Profile
from hingecheck.web import api
from hingecheck.web.store import Store

VIDEO = b"what was filmed " * 5000


class Points:
    """Counts what reaches the disk below ``root``, and does ``act`` at number ``at``."""

    def __init__(self, root: Path, at: int = 0, act: Callable[[str], None] = lambda what: None) -> None:
        self.root, self.at, self.act, self.count = str(root), at, act, 0

    def pass_by(self, what: str) -> None:
        self.count += 1
        if self.count == self.at:
            self.act(what)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        points = self

        class Connection(sqlite3.Connection):
            def execute(self, *asked):
                points.pass_by("sqlite")
                return super().execute(*asked)

        connect = sqlite3.connect
        patch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **{"factory": Connection, **k}))
        for module, name in ((os, "open"), (os, "replace"), (os, "rename"), (os, "link"), (os, "mkdir"), (io, "open"), (builtins, "open")):
            patch.setattr(module, name, self._watched(getattr(module, name)))

    def _watched(self, real):
        def watched(path, *more, **named):
            mode = named.get("mode", more[0] if more and isinstance(more[0], str) else "")
            reads = isinstance(mode, str) and mode and not set(mode) & set("wax+")
            if isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self.root) and not reads:
                self.pass_by("file")
            return real(path, *more, **named)

        return watched


@pytest.fixture(scope="module")
def report():
    return one_clip.retry(GOLDENS / "good.poses.npz", profile=Profile.default()).report()


def run(root: Path, report: dict, told: list) -> None:
    """From upload to report, notes and corrections. ``told`` gets (step, status) as soon as each is answered."""
    with application(root) as client:

        def ask(step, method, path, **what):
            answer = client.request(method, path, **what)
            told.append((step, answer.status_code, answer.text[:200]))
            return answer

        kept = ask("upload", "POST", "/api/clips", params={"name": "a.mp4", "athlete": "Ana"}, content=VIDEO)
        if kept.status_code != 201:
            return
        clip_id, store, clips = kept.json()["id"], client.app.state.store, []
        for step in (lambda: clips.append(store.claim()), lambda: store.finish(clips[0], report, None)):
            try:  # as a crew does it: until it is done
                step()
            except OutputError as error:
                told.append(("finish", 0, str(error)))
                step()
        ask("notes", "PATCH", f"/api/clips/{clip_id}", json={"notes": "hips back"})
        ask("limits", "PUT", f"/api/athletes/{kept.json()['athlete']}/limits", json={"schema": 2, "cues": {"soft_knees": {"bent": 40}}})
        ask("read", "GET", f"/api/clips/{clip_id}/report.json")


def check(root: Path, told: list) -> None:
    """Whatever happened: what was answered with success is there, whole, and goes on."""
    done = {step for step, status, _ in told if 200 <= status < 300}
    with Store(root) as store:
        clips = store.clips(reports=True)
        assert len(clips) <= 1
        assert {folder.name for folder in store.clips_folder.iterdir()} == {clip["id"] for clip in clips}
        assert "upload" not in done or len(clips) == 1
        for clip in clips:
            assert (store.folder(clip["id"]) / "original").read_bytes() == VIDEO
            assert not list(store.folder(clip["id"]).glob(".hingecheck-*"))
            assert clip["work"] in ("queued", "done")
            assert clip["work"] == "queued" or json.loads(clip["report"])["reps"]
            if "notes" in done:
                assert clip["notes"] == "hips back"
            if "limits" in done:
                assert json.loads(store.athletes()[0]["settings"])["cues"]["soft_knees"]["bent"] == 40
            while (waiting := store.claim()) is not None:
                store.finish(waiting, {"reps": []}, None)
        assert all(clip["work"] == "done" for clip in store.clips())


def full(what: str) -> None:
    """Fail as on a full disk."""
    if what == "file":
        raise OSError(28, os.strerror(28))
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error


def count(tmp_path, report) -> int:
    points, told = Points(tmp_path / "whole"), []
    with pytest.MonkeyPatch.context() as patch:
        points.install(patch)
        run(tmp_path / "whole", report, told)
    assert all(200 <= status < 300 for _, status, _ in told), told
    check(tmp_path / "whole", told)
    return points.count


def fail_at(n: int, root: Path, report: dict) -> None:
    told: list = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "SPARE_BYTES", 0)
        Points(root, n, full).install(patch)
        try:
            run(root, report, told)
        except Exception as error:
            assert not told, (n, told, error)  # the server did not start, and said why
            assert "full" in str(error) or "room" in str(error), (n, error)
    wrong = [(step, status, text) for step, status, text in told if not 200 <= status < 300 and step != "finish"]
    assert all(status == 507 and ("full" in text or "room" in text) for _, status, text in wrong), (n, wrong)
    assert all("full" in text for step, status, text in told if step == "finish" and not status), (n, told)
    check(root, told)


def die_at(n: int, root: Path, report: dict) -> None:
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe(duplex=False)

    def life() -> None:
        class Told(list):
            def append(self, one):
                theirs.send(one)

        patch = pytest.MonkeyPatch()
        Points(root, n, lambda _: os._exit(9)).install(patch)
        run(root, report, Told())
        os._exit(0)

    process = fork.Process(target=life)
    process.start()
    theirs.close()
    told = []
    try:
        while True:
            told.append(ours.recv())
    except EOFError:
        process.join(300)
    assert process.exitcode in (0, 9), n
    check(root, told)


@pytest.mark.parametrize("happens", [fail_at, die_at])
def test_after_a_fault_at_any_point_what_was_uploaded_is_whole_or_its_error_was_told(happens, tmp_path, report):
    total = count(tmp_path, report)
    assert total > 30
    for n in range(1, total + 1):
        happens(n, tmp_path / f"{n}", report)
