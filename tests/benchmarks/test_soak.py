"""The page under steady use: what counts as growth, and a short run against a real server."""

import re
import subprocess
import sys

from web import shortened

from benchmarks import soak


def test_growth_is_the_last_third_over_the_one_before_without_the_warm_minutes():
    rows = [{"threads": n} for n in (90, 80, 70, 60, 50, 10, 10, 10, 10, 10, 10, 20, 20, 20)]
    assert soak.grown(rows, "threads") == 2.0
    assert soak.grown(rows[:6], "threads") == 1.0


def test_a_short_run_asks_uploads_and_counts(root, sample_videos, tmp_path):
    clip = shortened(sample_videos / "good.mp4", tmp_path / "clip.mp4", 25)
    command = [sys.executable, "-m", "benchmarks.soak", "--minutes", "0.1", "--clip", clip]
    run = subprocess.run([*map(str, command)], cwd=root, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    assert "| upload 201 | 1" in run.stdout
    assert int(re.search(r"\| 200 +\| (\d+)", run.stdout)[1]) >= 2
