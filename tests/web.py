"""A server of the coach's page to ask: its application in this process, or all of it in one of its own."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx2
from starlette.testclient import TestClient

from hingecheck.drive import clip as one_clip
from hingecheck.media.encoding import Encoder
from hingecheck.media.sources import open_clip
from hingecheck.verdict.profiles import Profile
from hingecheck.web import app as web
from hingecheck.web import security
from hingecheck.web.jobs import Crew
from hingecheck.web.store import Store

GOLDENS = Path(__file__).parent / "goldens"
BASE = "http://127.0.0.1"


@contextmanager
def application(
    root: Path,
    *,
    workers: int = 0,
    password: str | None = None,
    host: str = "127.0.0.1",
    https: bool = False,
    largest: int = 1 << 24,
    **crew,
) -> Iterator[TestClient]:
    """A client of the application over ``root``, with its token; ``workers`` 0: what is uploaded waits. ``crew``: bounds of the work."""
    with Store(root) as store:
        gate = security.Gate(store, None if password is None else security.agreed(store, password), host, https)
        made = web.create(store, Crew(store, workers=workers, model="lite", **crew), gate, largest)
        with TestClient(made, base_url=BASE.replace("http", "https" if https else "http"), follow_redirects=False) as client:
            client.headers["X-CSRF-Token"] = client.get("/api/session").json()["csrf"]
            yield client


def golden(client: TestClient, name: str, athlete: str = "Ana", day: str = "2026-03-01", video: Path | None = None) -> str:
    """The id of a clip that was analysed before: poses of a golden, with ``video`` as what was uploaded."""
    store: Store = client.app.state.store
    clip_id, folder = store.new_folder()
    shutil.copy(GOLDENS / f"{name}.poses.npz", folder / "poses.npz")
    if video is not None:
        shutil.copy(video, folder / "original")
    store.add_clip(clip_id, store.athlete_named(athlete)["id"], f"{name}.mp4", date.fromisoformat(day), 1)
    clip = store.claim()
    assert clip is not None
    assert clip["id"] == clip_id
    store.finish(clip, one_clip.retry(folder / "poses.npz", profile=Profile.default()).report(), None)
    return clip_id


def finished(client: httpx2.Client, clip_id: str, seconds: float = 1200) -> dict:
    """How a clip stands once nothing is to be done with it any more."""
    ends = time.monotonic() + seconds
    while True:
        clip = client.get(f"/api/clips/{clip_id}").json()
        if clip["work"] not in ("queued", "running"):
            return clip
        assert time.monotonic() < ends, clip
        time.sleep(0.1)


def shortened(clip: Path, target: Path, frames: int = 125) -> Path:
    """The beginning of a sample clip: its first rep, in a third of the time."""
    with open_clip(clip) as before, Encoder(target) as after:
        for frame in before:
            if frame.index == frames:
                break
            after.write(frame.image, frame.time_s)
    return target


class Server:
    """`hingecheck serve` in a process of its own, at ``address``, and a client of it that has the token."""

    def __init__(self, data: Path, *options: str, workers: int = 2, environment: dict[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "hingecheck.cli", "serve", "--port", "0", "--data", str(data), "--model", "lite"]
        command += ["--workers", str(workers), *options]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
            env={**os.environ, **(environment or {})},
        )
        assert self.process.stdout is not None
        said = self.process.stdout.readline()
        found = re.search(r"(https?://\S+)", said)
        assert found, (said, self.process.communicate(timeout=300))
        self.address = found[1]
        self.client = httpx2.Client(base_url=self.address, timeout=600)
        self.client.headers["X-CSRF-Token"] = self.client.get("/api/session").json()["csrf"]

    def upload(self, clip: Path, athlete: str = "Ana", **query: str) -> str:
        """The id of a clip that was just uploaded."""
        answer = self.client.post("/api/clips", params={"name": clip.name, "athlete": athlete, **query}, content=clip.read_bytes())
        assert answer.status_code == 201, answer.text
        return json.loads(answer.text)["id"]

    def children(self) -> list[int]:
        """Processes that analyse clips."""
        found = [int(child) for path in Path(f"/proc/{self.process.pid}/task").glob("*/children") for child in path.read_text().split()]
        return [child for child in found if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(300)
            except subprocess.TimeoutExpired:
                self.kill()
        for stream in (self.process.stdout, self.process.stderr):
            stream.close()
