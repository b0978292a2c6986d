"""MediaPipe gets no network, whatever the environment says; the rest of the process keeps its own."""

import os
import re
import shutil
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from clips import make_clip

from hingecheck.vision.offline import without_network

ROOT = Path(__file__).parents[2]
WATCHED = ["strace", "-f", "-qq", "-e", "signal=none", "-e", "trace=%network"]

LIBRARY = """
import sys
from hingecheck.media.sources import open_clip
from hingecheck.vision.estimators import create
with open_clip(sys.argv[1]) as clip, create("lite") as estimator:
    for frame in clip:
        estimator.estimate(frame)
"""
COMMAND = "from hingecheck.cli import main; main()"


def opened() -> str:
    """What comes of opening a socket here."""
    try:
        socket.socket().close()
    except PermissionError:
        return "refused"
    return "open"


def test_a_thread_without_a_network_and_those_it_starts_open_no_socket_and_all_others_do():
    with ThreadPoolExecutor(1) as before:
        assert before.submit(opened).result() == "open"
        here, started = without_network(lambda: (opened(), ThreadPoolExecutor(1)))
        later = without_network(lambda: ThreadPoolExecutor(1))
        inside = without_network(lambda: [later.submit(opened).result(), ThreadPoolExecutor(1).submit(opened).result()])
        assert here == "refused" and inside == ["refused", "refused"]
        assert later.submit(opened).result() == "refused", "a thread that was started inside, asked from outside"
        assert started.submit(opened).result() == "open", "a thread that was started outside"
        assert before.submit(opened).result() == "open"
    assert opened() == "open"


def test_what_goes_wrong_without_a_network_goes_wrong_outside():
    with pytest.raises(ZeroDivisionError):
        without_network(lambda: 1 // 0)


def test_what_is_no_socket_works_without_a_network(tmp_path):
    def work() -> str:
        (tmp_path / "file").write_text("written")
        return subprocess.run(["cat", tmp_path / "file"], capture_output=True, text=True, check=True).stdout

    assert without_network(work) == "written"


@pytest.fixture(scope="module")
def strace():
    """Skips where no system calls can be watched."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: nothing shows the system calls of MediaPipe")
    if subprocess.run(["strace", "-qq", "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not be used here: nothing shows the system calls of MediaPipe")


def beyond_this_computer(calls: str) -> list[str]:
    """Connections and messages to elsewhere, and questions for an address: those of DNS and those to a service that asks it."""
    sent = [line for line in calls.splitlines() if re.search(r"\b(connect|sendto|sendmsg|sendmmsg)\(", line)]
    local = re.compile(r"AF_UNIX|AF_NETLINK|inet_addr\(\"127\.|inet_pton\(AF_INET6, \"::1\"|\[?\{?msg_name=NULL")
    asking = re.compile(r"htons\(53\)|nscd|resolve|googleapis")
    return [line for line in sent if asking.search(line) or not local.search(line)]


def test_a_connection_elsewhere_is_told_from_one_that_stays_here():
    here = [
        '7 connect(3, {sa_family=AF_UNIX, sun_path="/tmp/.X11-unix/X0"}, 20) = 0',
        '7 connect(3, {sa_family=AF_INET, sin_port=htons(8786), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
        "7 socket(AF_INET, SOCK_DGRAM, IPPROTO_IP) = -1 EACCES (Permission denied)",
    ]
    elsewhere = [
        '7 connect(8, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.1")}, 16) = 0',
        '7 connect(8, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}, 16) = 0',
        '7 connect(8, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = 0',
        '7 sendmmsg(8, [{msg_hdr={msg_name=NULL, msg_iov=[{iov_base="\\4play\\ngoogleapis\\3com"...',
    ]
    assert beyond_this_computer("\n".join(here + elsewhere)) == elsewhere


@pytest.mark.parametrize("settings", [{}, {"NO_PROXY": "*"}, {"https_proxy": "http://192.0.2.1:8080"}], ids=["plain", "no proxy", "proxy"])
@pytest.mark.parametrize("use", ["library", "analyze", "batch"])
@pytest.mark.usefixtures("strace")
def test_nothing_leaves_the_computer_whatever_the_environment_says(tmp_path, use, settings):
    (tmp_path / "clips").mkdir()
    clip = make_clip(tmp_path / "clips" / "clip.mp4", 10)
    program = {
        "library": [LIBRARY, clip],
        "analyze": [COMMAND, "analyze", clip, "--model", "lite", "--no-annotate", "--out", tmp_path / "out"],
        "batch": [COMMAND, "batch", clip.parent, "--model", "lite", "--workers", "1", "--out", tmp_path / "out"],
    }[use]
    plain = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    command = [*WATCHED, "-o", tmp_path / "calls", sys.executable, "-c", *program]
    done = subprocess.run(command, cwd=ROOT, env=plain | settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "calls").read_text(errors="replace")
    assert beyond_this_computer(calls) == []
    assert "EACCES" in calls, "MediaPipe no longer tries: then it needs no thread without a network"
