"""hingecheck as a library: what ``import hingecheck`` gives, and that the examples in its docstrings are true."""

import doctest
import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import replayed
import synthetic

import hingecheck
from hingecheck.drive import clip as one_clip
from hingecheck.verdict import ViewKind
from hingecheck.verdict.profiles import Profile, dumps

GOLDEN = Path(__file__).with_name("goldens") / "good.poses.npz"


@pytest.mark.parametrize("name", ["hingecheck", "hingecheck.library"])
def test_the_examples_in_the_docstrings_are_true(name, root, monkeypatch):
    monkeypatch.chdir(root)
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0


def test_a_clip_is_judged_as_the_command_judges_it_and_nothing_is_written(monkeypatch, tmp_path):
    poses = replayed.two_hinges()
    replayed.see(monkeypatch, poses)
    path = replayed.clip_of(tmp_path / "hinges.mp4", poses)
    before = sorted(tmp_path.rglob("*"))
    verdict = hingecheck.analyze(path, model="lite")
    assert sorted(tmp_path.rglob("*")) == before
    assert replayed.made == ["lite"]
    assert isinstance(verdict, hingecheck.Verdict)
    assert verdict.report() == one_clip.clip(path, tmp_path / "out", profile=Profile.default(), model="lite", annotate=False)
    assert len(verdict.result.reps) == 2


def test_poses_are_judged_from_a_file_and_from_memory_alike():
    stored = hingecheck.judge(GOLDEN)
    again = hingecheck.judge(stored.poses)
    assert again.result.reps == stored.result.reps
    assert again.result.events == stored.result.events
    assert stored.clip.path == "sample_videos/good.mp4"
    assert (again.clip.path, again.clip.width, again.model) == ("", 0, "unknown")


def test_poses_of_no_frame_are_a_verdict_without_reps():
    verdict = hingecheck.judge(replayed.two_hinges()[:0])
    assert verdict.result.reps == ()
    assert verdict.summary.score is None
    assert verdict.summary.view.kind is ViewKind.UNKNOWN
    assert verdict.report()["reps"] == []


def test_a_profile_is_taken_as_it_is_or_from_its_file(tmp_path):
    poses = synthetic.film(synthetic.stand(1.0) + synthetic.hinge())
    mine = Profile.model_validate({"name": "mine", "cues": {"soft_knees": {"enabled": False}}})
    (tmp_path / "mine.toml").write_text(dumps(mine), encoding="utf-8")
    for given in (mine, tmp_path / "mine.toml", str(tmp_path / "mine.toml")):
        verdict = hingecheck.judge(poses, given)
        assert verdict.profile == mine
        assert verdict.summary.cues["soft_knees"]["not_judged"] == 1
    with pytest.raises(hingecheck.HingecheckError, match=r"none\.toml: cannot be read"):
        hingecheck.judge(poses, "none.toml")


def test_what_cannot_be_used_is_refused_before_anything_is_seen(tmp_path):
    with pytest.raises(hingecheck.HingecheckError, match="no such file"):
        hingecheck.analyze(tmp_path / "none.mp4")
    with pytest.raises(hingecheck.HingecheckError, match="no such file"):
        hingecheck.judge(tmp_path / "none.npz")
    poses = replayed.two_hinges()
    with pytest.raises(ValueError, match="time_s must rise"):
        hingecheck.judge(type(poses).concat([poses, poses]))


def test_an_unknown_model_is_refused(sample_videos):
    with pytest.raises(hingecheck.HingecheckError, match="huge: no pose model has this name"):
        hingecheck.analyze(sample_videos / "good.mp4", model="huge")


def test_the_module_is_the_command(root):
    for arguments in (["--version"], ["cues"]):
        runs = [
            subprocess.run(
                [sys.executable, "-m", module, *arguments],
                capture_output=True,
                text=True,
                check=True,
                cwd=root,
                env=os.environ | {"COLUMNS": "80"},
            ).stdout
            for module in ("hingecheck", "hingecheck.cli")
        ]
        assert runs[0] == runs[1] != ""
    assert runs[0].count("neutral_spine") >= 1


def test_a_verdict_measures_what_was_filmed():
    verdict = hingecheck.judge(replayed.two_hinges())
    assert np.nanmax(verdict.result.metrics.hip_flexion_deg) == pytest.approx(
        max(rep.metrics["hip_flexion_deg"] for rep in verdict.result.reps), abs=2.0
    )
