"""What a confined process can still do, and what it cannot: real processes under the real kernel."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from web import shortened

from hingecheck import doctor, kernel
from hingecheck.drive.confinement import Confinement
from hingecheck.drive.workers import Limits, Worker

able = pytest.mark.skipif(bool(kernel.lacking()), reason=f"this kernel lacks {', '.join(kernel.lacking())}")
PATIENT = Limits(job_s=300)


def tried(job, send):
    """Does one thing, and says how that ended."""
    what, where = job
    try:
        return DEEDS[what](where)
    except OSError as error:
        return type(error).__name__


def looked_at(where):
    from hingecheck.drive import clip

    info, poses, _ = clip.track(where, model="lite")
    return info.frames, bool((poses.people > 0).all())


def wrote(where, size=10):
    Path(where).write_bytes(b"x" * size)
    os.replace(where, f"{where}.moved")
    return Path(f"{where}.moved").stat().st_size


DEEDS = {
    "read": lambda where: Path(where).read_bytes().decode(),
    "list": lambda where: sorted(os.listdir(where)),
    "write": wrote,
    "write much": lambda where: wrote(where, 3 << 20),
    "connect": lambda where: socket.create_connection(("127.0.0.1", int(where)), timeout=5).close(),
    "look up": lambda where: socket.getaddrinfo(where, 80),
    "start": lambda where: subprocess.run([where], check=False).returncode,
    "own memory": lambda where: Path(f"/proc/{where}/environ").read_bytes().decode(errors="replace"),
    "thread": lambda where: len(os.listdir("/proc/self/task")),
    "clip": looked_at,
}


def did(confinement, what, where):
    worker = Worker(tried, confinement, copied=False)
    try:
        worker.begin((what, str(where)))
        return next(value for kind, value in worker.follow(PATIENT) if kind != "message")
    finally:
        worker.end()


@pytest.fixture
def folders(tmp_path):
    for name in ("mine", "theirs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "secret").write_text(name)
    return tmp_path


@pytest.fixture
def confined(folders):
    # The second folder is where the deeds of this file are read from.
    return Confinement(writes=(str(folders / "mine"), str(Path(__file__).parents[1])), file_bytes=2 << 20, threads=256)


@able
def test_only_the_files_of_the_own_clip_can_be_read_and_changed(folders, confined):
    assert did(confined, "read", folders / "mine" / "secret") == "mine"
    assert did(confined, "write", folders / "mine" / "new") == 10
    assert did(confined, "read", folders / "theirs" / "secret") == "PermissionError"
    assert did(confined, "list", folders) == "PermissionError"
    assert did(confined, "write", folders / "theirs" / "new") == "PermissionError"
    assert did(confined, "own memory", os.getpid()) == "PermissionError"
    assert did(Confinement(), "read", folders / "theirs" / "secret") == "theirs"  # without, all of that can be done


@able
def test_no_socket_is_made_and_no_program_started(folders, confined):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert did(confined, "connect", port) == "PermissionError"
        assert did(Confinement(), "connect", port) is None
    assert did(confined, "look up", "example.invalid") in ("PermissionError", "gaierror")
    assert did(confined, "start", sys.executable) == "PermissionError"


def test_a_file_that_grows_without_end_is_an_error_and_not_a_full_disk(folders, confined):
    assert did(confined, "write much", folders / "mine" / "large") == "OSError"
    assert (folders / "mine" / "large").stat().st_size <= 2 << 20


@able
def test_a_confined_process_decodes_a_clip_and_finds_the_lifter(folders, confined, sample_videos):
    clip = folders / "mine" / "original"
    shortened(sample_videos / "good.mp4", clip.with_suffix(".mp4"), 25).rename(clip)
    assert did(confined, "clip", clip) == (25, True)


def test_elsewhere_nothing_is_confined_and_the_doctor_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert kernel.lacking() == (kernel.LANDLOCK, kernel.FILTER) == kernel.confine((), (str(tmp_path),))
    (check,) = doctor.protection()
    assert check.verdict is doctor.Verdict.WARN
    assert "files of other clips (serve)" in check.detail
    assert "network of decoders (serve)" in check.detail
