"""A batch on a real Dask scheduler with two workers on this machine: the same tables, and a worker that dies costs nothing."""

import csv
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from clips import make_clip

ROOT = Path(__file__).parents[2]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def cluster():
    """The address of a scheduler, and the processes of it and of its two workers."""
    address = f"tcp://127.0.0.1:{free_port()}"
    commands = [
        ["scheduler", "--host", "127.0.0.1", "--port", address.rpartition(":")[2], "--no-dashboard"],
        *[["worker", address, "--nthreads", "1", "--no-dashboard", "--no-nanny", "--host", "127.0.0.1"]] * 2,
    ]
    running = []
    try:
        for command in commands:
            running.append(
                subprocess.Popen([sys.executable, "-m", "dask", *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            )
        yield address, running
    finally:
        for process in running:
            process.kill()
            process.wait()


def start(folder, out, *options):
    """The real command."""
    command = [sys.executable, "-c", "from hingecheck.cli import main; main()", "batch", folder, "--out", out, "--model", "lite", *options]
    return subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process):
    """Exit code and what was said on stderr."""
    _, err = process.communicate(timeout=300)
    return process.returncode, err


def rows(out):
    """results.csv without how long it took, and reps.csv."""
    with (out / "results.csv").open(newline="", encoding="utf-8") as file:
        results = [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]
    return results, (out / "reps.csv").read_text(encoding="utf-8")


@pytest.fixture
def clips(tmp_path, sample_videos):
    """Clips of people and of nobody, and one that is none."""
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("good", "squatty", "knees_caving"):
        (folder / f"{name}.mp4").symlink_to(sample_videos / f"{name}.mp4")
    for number in range(12):
        make_clip(folder / f"nobody{number:02}.mp4", 25)
    (folder / "broken.mp4").write_text("hello")
    return folder


@pytest.mark.slow
def test_a_cluster_gives_the_same_tables_and_a_worker_that_dies_costs_nothing(clips, tmp_path):
    here = ended(start(clips, tmp_path / "here", "--workers", "2"))
    assert here[0] == 1
    with cluster() as (address, (_, *workers)):
        assert ended(start(clips, tmp_path / "there", "--scheduler", address)) == here
        assert rows(tmp_path / "there") == rows(tmp_path / "here")

        mourned = start(clips, tmp_path / "mourned", "--scheduler", address)
        while not any((tmp_path / "mourned").glob("*.hingecheck")):
            time.sleep(0.02)
        os.kill(workers[0].pid, signal.SIGKILL)
        assert ended(mourned) == here
        assert rows(tmp_path / "mourned") == rows(tmp_path / "here")


@pytest.mark.slow
def test_without_its_scheduler_a_batch_ends_with_what_is_not_done_and_takes_up_there(clips, tmp_path):
    here = ended(start(clips, tmp_path / "here", "--workers", "2"))
    with cluster() as (address, (scheduler, *_)):
        lost = start(clips, tmp_path / "there", "--scheduler", address)
        while not [*(tmp_path / "there").rglob("report.json")]:
            time.sleep(0.02)
        scheduler.kill()
        code, err = ended(lost)
    results, _ = rows(tmp_path / "there")
    statuses = {row["status"] for row in results if row["path"] != "broken.mp4"}
    assert code == 1
    assert len(results) == 16
    assert "not done" in statuses
    assert statuses <= {"ok", "not done"}, "no clip has failed"
    assert "not done, the cluster was lost" in err
    assert err.count("not done, the cluster was lost") == 1, "one line for all of them"
    done = {file: file.stat().st_mtime_ns for file in (tmp_path / "there").rglob("report.json")}
    with cluster() as (address, _):
        assert ended(start(clips, tmp_path / "there", "--scheduler", address)) == here
    assert {file: file.stat().st_mtime_ns for file in done} == done, "what was done was done again"
    assert rows(tmp_path / "there") == rows(tmp_path / "here")
