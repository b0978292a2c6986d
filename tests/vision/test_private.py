"""Nothing leaves the computer: every way to look at a clip under strace, in environments that would let it out."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
from web import shortened

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")]

ENVIRONMENTS = {"plain": {}, "no proxy": {"NO_PROXY": "*", "no_proxy": "*"}, "a proxy": {"HTTPS_PROXY": "http://192.0.2.1:3128"}}
ADDRESS = re.compile(r'inet_(?:addr|pton\(AF_INET6,) ?\(?"([^"]+)"')
LIBRARY = "import sys, hingecheck\nif __name__ == '__main__':\n    hingecheck.analyze(sys.argv[1], model='lite')\n"
HERE = "127.0.0.1"


@pytest.fixture(params=ENVIRONMENTS)
def traced(request, tmp_path):
    """Starts a program under strace, and tells afterwards to which addresses it and all that it started sent anything."""
    log = tmp_path / "strace"
    environment = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()} | ENVIRONMENTS[request.param]

    def start(*command, **more):
        trace = ["strace", "-f", "-qq", "-o", log, "-e", "trace=connect,sendto,sendmsg,sendmmsg"]
        return subprocess.Popen([*map(str, trace), *map(str, command)], env=environment, text=True, start_new_session=True, **more)

    def addresses():
        lines = log.read_text(errors="replace").splitlines()
        assert lines
        asked = [line for line in lines if "AF_INET" in line and "htons(0)" not in line]  # to port 0: which way out there would be
        return {address for line in asked for address in ADDRESS.findall(line)} - {HERE, "::1"}

    return start, addresses


@pytest.fixture
def clip(tmp_path, sample_videos):
    folder = tmp_path / "clips"
    folder.mkdir()
    return shortened(sample_videos / "good.mp4", folder / "clip.mp4", 50)


def test_what_does_ask_another_computer_is_seen(traced):
    start, addresses = traced
    asks = "import socket\nfor way, to in ((2, '192.0.2.1'), (10, '2001:db8::1')):\n s = socket.socket(way, 2); s.connect_ex((to, 53))"
    assert start(sys.executable, "-c", asks).wait(60) == 0
    assert addresses() == {"192.0.2.1", "2001:db8::1"}


@pytest.mark.parametrize("way", ["analyze", "batch", "live", "library"])
def test_no_way_to_look_at_a_clip_asks_another_computer(traced, clip, tmp_path, way):
    start, addresses = traced
    (tmp_path / "use.py").write_text(LIBRARY)
    program, out = (sys.executable, "-m", "hingecheck"), ("--model", "lite", "--out", tmp_path / "out")
    commands = {
        "analyze": (*program, "analyze", clip, *out),
        "batch": (*program, "batch", clip.parent, *out),
        "live": (*program, "live", "--source", clip, "--headless", *out),
        "library": (sys.executable, tmp_path / "use.py", clip),
    }
    assert start(*commands[way], stdout=subprocess.DEVNULL).wait(600) == 0
    assert addresses() == set()


def test_the_page_and_its_workers_ask_no_other_computer(traced, clip, tmp_path):
    start, addresses = traced
    command = (sys.executable, "-m", "hingecheck", "serve", "--port", "0", "--data", tmp_path / "data", "--model", "lite")
    served = start(*command, stdout=subprocess.PIPE)
    try:
        address = re.search(r"(http://\S+)", served.stdout.readline())[1]
        with httpx2.Client(base_url=address, timeout=600, trust_env=False) as client:
            client.headers["X-CSRF-Token"] = client.get("/api/session").json()["csrf"]
            made = client.post("/api/clips", params={"name": "a.mp4", "athlete": "Ana"}, content=clip.read_bytes()).json()
            while (now := client.get(f"/api/clips/{made['id']}").json())["work"] in ("queued", "running"):
                time.sleep(0.3)
            assert now["work"] == "done"
    finally:
        os.killpg(served.pid, signal.SIGKILL)
        served.wait()
        served.stdout.close()
    assert addresses() == set()


def test_a_worker_of_a_cluster_asks_no_other_computer(traced, clip, tmp_path):
    start, addresses = traced
    dask = Path(sys.executable).with_name("dask")
    port = 20000 + os.getpid() % 20000
    scheduler = subprocess.Popen(
        [dask, "scheduler", "--host", HERE, "--port", str(port), "--no-dashboard"], stderr=subprocess.DEVNULL, start_new_session=True
    )
    worker = start(dask, "worker", f"tcp://{HERE}:{port}", "--nthreads", "1", "--no-dashboard", stderr=subprocess.DEVNULL)
    try:
        command = [sys.executable, "-m", "hingecheck", "batch", clip.parent, "--out", tmp_path / "out", "--model", "lite"]
        subprocess.run([*command, "--scheduler", f"tcp://{HERE}:{port}"], check=True, timeout=900, stdout=subprocess.DEVNULL)
    finally:
        for process in (worker, scheduler):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert addresses() == set()
