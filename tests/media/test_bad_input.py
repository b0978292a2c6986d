"""A corpus of clips that go wrong, through the real commands: each ends in a verdict or a clear line, in time, and none stops another."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import corpus
import pytest

LIMIT_S = 600  # a clip; only what hangs comes to it
SAMPLE = [kind for kind in corpus.KINDS if kind not in corpus.HEAVY]
ROOT = Path(__file__).parents[2]
# How the interpreter speaks, and we do not.
UNCLEAR = re.compile(r"Traceback|: \w+(Error|Exception|Interrupt)\b|errno|\bNone\b|0x[0-9a-f]+")


def hingecheck(*arguments, timeout_s=6 * 3600):
    """Run the real command."""
    command = [sys.executable, "-c", "from hingecheck.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=timeout_s, errors="backslashreplace")


def is_clear(line, path):
    """Whether a line says of which clip, what is wrong, and what to do."""
    said = line.removeprefix(f"{path}: ")
    return said != line and ". " in said and "\n" not in said and not UNCLEAR.search(said)


def check_batch(folder, expected):
    """Score a folder; every clip has the row it should have, and none is given up because it hangs."""
    done = hingecheck("batch", folder, "--model", "lite", "--workers", "2", "--time-limit", str(LIMIT_S))
    assert done.returncode == 1, done.stderr
    with (folder / "hingecheck-results/results.csv").open(newline="", encoding="utf-8") as file:
        rows = {folder / row["path"]: row for row in csv.DictReader(file)}
    assert set(rows) == {path for path in expected if not path.is_dir()}
    for path, row in rows.items():
        assert "given up" not in row["error"], row
        if row["status"] == "failed":
            assert expected[path] in ("failed", "any"), row
            assert is_clear(row["error"], path), row["error"]
        else:
            assert expected[path] != "failed", row
            assert ("ends early" in row["error"]) == (expected[path] == "early") or expected[path] == "any", row
    told = [line for line in done.stderr.splitlines() if line]
    assert len(told) == sum(row["status"] == "failed" for row in rows.values())
    left = [file for file in (folder / "hingecheck-results").rglob("*.part")]
    assert left == []


def check_analyze(expected):
    """Analyze all at once; each has a report or a line that begins with its name."""
    done = hingecheck("analyze", *expected, "--no-annotate", "--model", "lite", "--json")
    assert done.returncode == 1, done.stderr
    reports = {Path(content["clip"]["path"]) for content in json.loads(done.stdout)}
    lines = [line for line in done.stderr.splitlines() if line]
    for path, outcome in expected.items():
        about = [line for line in lines if line.startswith(f"{path}: ")]
        assert len(about) <= 1, about
        assert (path in reports) or about, path
        assert all(is_clear(line, path) for line in about), about
        if outcome in ("ok", "failed", "early"):
            assert (path in reports) == (outcome != "failed"), (path, about)
            assert bool(about) == (outcome != "ok"), (path, about)
    assert sum(any(line.startswith(f"{path}: ") for path in expected) for line in lines) == len(lines), lines


def test_a_sample_of_bad_clips_ends_in_rows_and_lines(tmp_path):
    expected = corpus.make(tmp_path, SAMPLE) | corpus.mutants(tmp_path, range(12))
    check_batch(tmp_path, expected)
    check_analyze(expected)


@pytest.mark.slow
def test_every_kind_of_bad_clip_and_two_hundred_mutants_end_in_rows_and_lines(tmp_path):
    expected = corpus.make(tmp_path) | corpus.mutants(tmp_path, range(200))
    check_batch(tmp_path, expected)
    check_analyze(expected)
