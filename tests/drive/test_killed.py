"""A thousand clips, the batch killed again and again: what was finished stays, and in the end all is as if nothing had happened."""

import csv
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from clips import make_clip

ROOT = Path(__file__).parents[2]
CLIPS, KILLS = 1000, 5


def start(folder, out):
    """The real command, in a group of its own, so that it can be killed as a whole or alone."""
    command = [
        sys.executable,
        "-c",
        "from hingecheck.cli import main; main()",
        "batch",
        folder,
        "--out",
        out,
        "--model",
        "lite",
        "--workers",
        "2",
    ]
    return subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def reports(out):
    """The reports that there are -> when each was written; every one of them whole."""
    return {file: file.stat().st_mtime_ns for file in out.rglob("report.json")}


def table(path):
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: value for name, value in row.items() if name != "seconds"} for row in csv.DictReader(file)]


@pytest.mark.slow
def test_killed_five_times_a_thousand_clips_come_out_as_if_never_killed(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for number in range(CLIPS):
        make_clip(folder / f"{number:04}.mp4", 2, size=(64 + 2 * (number % 50), 48 + 2 * (number // 50)))
    (folder / "broken.mp4").write_text("hello")

    begun_s = time.monotonic()
    assert start(folder, tmp_path / "whole").wait(timeout=3000) == 1
    whole_s = time.monotonic() - begun_s

    out, chance = tmp_path / "killed", random.Random(0)
    finished = {}
    for number in range(KILLS):
        process = start(folder, out)
        time.sleep(2 + chance.random() * whole_s / KILLS)
        assert process.poll() is None, "it was to be killed before its end"
        if number % 2:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()  # the workers are left behind, and have to notice
        process.wait()
        now = reports(out)
        assert {file: now.get(file) for file in finished} == finished
        finished |= now
        assert not (out / "results.csv").exists()
    assert 0 < len(finished) < CLIPS
    time.sleep(5)
    finished = reports(out)
    assert start(folder, out).wait(timeout=3000) == 1
    last = reports(out)
    assert {file: last[file] for file in finished} == finished, "a clip was done twice"
    assert len(last) == CLIPS
    assert table(out / "results.csv") == table(tmp_path / "whole/results.csv")
    assert table(out / "reps.csv") == table(tmp_path / "whole/reps.csv")
    assert [*out.rglob("*.part")] == []
