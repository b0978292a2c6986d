"""Which files of a folder are its clips: by name or by content, in every folder that can be read, each folder once."""

import os
from pathlib import Path

import pytest
from clips import as_nobody, make_clip

from hingecheck.drive.folder import jobs
from hingecheck.errors import InputError


def found(folder, out=None):
    """Names of the clips, and the notes."""
    notes = []
    clips = jobs(folder, out or folder / "out", lambda line, clips: notes.append((line, clips)))
    return [job.name for job in clips], notes


def test_a_clip_is_one_by_its_name_or_by_how_it_begins_and_the_rest_is_named_in_one_line(tmp_path):
    make_clip(tmp_path / "a.gif", 3, codec="gif", pix_fmt="rgb8")
    make_clip(tmp_path / "b.mp4", 3).rename(tmp_path / "b")
    make_clip(tmp_path / "c.mkv", 3).rename(tmp_path / "c.dat")
    for suffix in ("VOB", "asf", "f4v", "qt", "dv", "mxf", "lrv", "insv", "hevc"):
        (tmp_path / f"d.{suffix}").write_text("damaged")
    (tmp_path / ".hidden.mp4").touch()
    for name in "pqrstuv":
        (tmp_path / f"{name}.txt").write_text("three sets of five")
    clips, notes = found(tmp_path)
    assert clips == ["a.gif", "b", "c.dat", *(f"d.{suffix}" for suffix in ("VOB", "asf", "dv", "f4v", "hevc", "insv", "lrv", "mxf", "qt"))]
    assert notes == [("skipped, no video: p.txt, q.txt, r.txt, s.txt, t.txt and 2 more", False)]


def test_results_are_neither_clips_nor_skipped(tmp_path):
    (tmp_path / "a.mp4").touch()
    for folder in ("a.hingecheck", "out"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "annotated.mp4").touch()
    (tmp_path / "again").symlink_to("out")
    assert found(tmp_path) == (["a.mp4"], [])


def test_a_folder_that_cannot_be_read_is_one_line_and_the_others_are_searched(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "closed", "z"):
        Path(name).mkdir()
        Path(name, "clip.mp4").touch()
    Path("closed").chmod(0)
    tmp_path.chmod(0o755)
    with as_nobody():
        clips, notes = found(Path("."))
    Path("closed").chmod(0o700)
    assert clips == ["a/clip.mp4", "z/clip.mp4"]
    assert notes == [("closed: cannot be read (Permission denied). Check its permissions, or move it elsewhere.", True)]


def test_a_folder_that_cannot_be_read_itself_is_an_input_error(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("closed").mkdir(mode=0)
    tmp_path.chmod(0o755)
    with as_nobody(), pytest.raises(InputError, match=r"closed: cannot be read \(Permission denied\)"):
        jobs("closed", "out")


def test_linked_folders_are_searched_once_and_a_circle_has_an_end(tmp_path):
    root, elsewhere = tmp_path / "clips", tmp_path / "elsewhere"
    for folder in (root / "mine", elsewhere / "deep"):
        folder.mkdir(parents=True)
    (root / "mine" / "a.mp4").touch()
    (elsewhere / "b.mp4").touch()
    (elsewhere / "deep" / "c.mp4").touch()
    (root / "alike").symlink_to(root / "mine")  # sorted before the folder itself, which keeps its name
    (root / "linked").symlink_to(elsewhere)
    (root / "linked again").symlink_to(elsewhere)
    (root / "above").symlink_to(tmp_path)
    (root / "mine" / "round").symlink_to(root)
    (elsewhere / "back").symlink_to(root)
    (root / "dangling").symlink_to("nowhere")
    clips, notes = found(root)
    assert clips == ["linked/b.mp4", "linked/deep/c.mp4", "mine/a.mp4"]
    assert notes == [("skipped, no video: dangling", False)]


def test_a_name_of_any_bytes_is_skipped_or_found(tmp_path):
    (tmp_path / os.fsdecode(b"latin \xe9.mp4")).touch()
    (tmp_path / "line\nbreak.txt").write_text("x")
    assert found(tmp_path) == ([os.fsdecode(b"latin \xe9.mp4")], [("skipped, no video: line\nbreak.txt", False)])
