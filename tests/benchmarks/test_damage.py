"""Damaged files through the real commands: the same seed makes the same files, and each ends in a result or one clear line."""

import random

import pytest

from benchmarks import damage


def test_a_seed_makes_the_same_damage_again():
    content = bytes(range(256)) * 40
    once, again = ([damage.damaged(content, random.Random(f"media 3 {n}")) for n in range(50)] for _ in range(2))
    assert once == again
    assert all(made != content for made in once[:1])
    assert len(set(once)) > 40


def test_a_line_is_clear_if_it_says_what_is_wrong_and_what_to_do(tmp_path):
    path, found = tmp_path / "a.mp4", []

    def judged(line):
        found.clear()
        damage._judge(path, line, lambda kind, path, said: found.append(kind))
        return found[:]

    assert judged(f"{path}: not a video, or damaged. Convert it.") == []
    assert judged(f"{path}: ValueError: too large. Convert it.") == ["unclear"]
    assert judged(f"{path}: no") == ["unclear"]
    assert judged("not a video, or damaged. Convert it.") == ["unclear"]
    assert judged(f"{path}: the process that read it died (SIGSEGV). Convert the clip.") == ["signal"]
    assert judged(f"{path}: nothing came of it for 300 s, so it was given up. Convert the clip.") == ["hung"]


def test_damaged_profiles_and_databases_end_in_one_clear_line(tmp_path):
    """Among these databases is one of which only a page of a table is broken."""
    for kind, make in (("toml", damage._profiles), ("sqlite3", damage._stores)):
        faults = []
        row = damage._files(kind, make(random.Random(f"{kind} 20261201"), 8, tmp_path / kind, "lite"), tmp_path / kind, faults)
        assert faults == []
        assert row["read"] + row["refused"] == row["files"] == 8


@pytest.mark.slow
def test_three_hundred_damaged_clips_and_as_many_other_files_come_to_an_end(tmp_path):
    made = damage.measure(7, 300, 300, "lite", tmp_path / "files")
    assert made["What came to nothing good"] == []
