"""What a session writes while it goes on: read back bit for bit, and nothing left lying about."""

import json
import os
import tempfile
from dataclasses import fields
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from clips import files_no_larger_than
from hypothesis import given
from hypothesis import strategies as st
from synthetic import film, hinge, noisy, stand

from hingecheck.errors import OutputError
from hingecheck.storage import spool as spools
from hingecheck.storage.recording import storable
from hingecheck.storage.spool import Events, PoseSpool
from hingecheck.verdict.poses import Poses, chunks, nobody
from hingecheck.verdict.silhouette import S
from hingecheck.verdict.skeleton import K

FRAME_BYTES = 8 + 4 * (2 * K + K + 3 * K + S) + 1  # time, points, scores, world, back, people


@cache
def some_poses(seconds=2.0, seed=0) -> Poses:
    """A figure that hinges, as a shaky estimator sees it, with two frames of nobody in the middle; storable."""
    poses = noisy(film(stand(seconds / 2) + hinge(1))[: round(25 * seconds)], seed=seed)
    gone = nobody(np.array([seconds, seconds + 0.04]))
    return storable(Poses.concat([poses, gone]))


def same(a: Poses, b: Poses) -> bool:
    """Whether two are alike to the last bit, type and shape."""
    pairs = [(getattr(a, field.name), getattr(b, field.name)) for field in fields(Poses)]
    return all(x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in pairs)


# ------------------------------------------------------------------------------------------------------------------ poses


@given(cuts=st.lists(st.integers(0, 52), max_size=5).map(sorted))
def test_poses_come_back_bit_for_bit_however_they_were_handed_over(cuts, tmp_path_factory):
    poses = some_poses()
    assert len(poses) == 52
    spool = PoseSpool(tmp_path_factory.mktemp("spool"))
    for first, last in zip([0, *cuts], [*cuts, len(poses)], strict=True):
        spool.append(poses[first:last])
    assert len(spool) == 52
    assert same(spool[:].widened(), poses)


def test_what_was_read_goes_on_growing(tmp_path):
    poses = some_poses()
    spool = PoseSpool(tmp_path)
    spool.append(poses[:10])
    assert same(spool[:].widened(), poses[:10])
    spool.append(poses[10:])
    assert same(spool[:].widened(), poses)


def test_nothing_appended_is_nothing_read(tmp_path):
    spool = PoseSpool(tmp_path)
    assert len(spool[:]) == len(spool) == 0
    assert spool[:].back.shape == (0, S)


def test_poses_finer_than_a_file_keeps_come_back_as_storable_ones(tmp_path):
    poses = film(stand(0.4))
    spool = PoseSpool(tmp_path)
    spool.append(poses)
    assert same(spool[:].widened(), storable(poses))


@pytest.mark.parametrize("temporary", [False, True])
def test_frames_lie_on_the_disk_and_not_in_memory(temporary, tmp_path, monkeypatch):
    monkeypatch.setattr(spools, "_IN_MEMORY", 10 * FRAME_BYTES)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    poses = some_poses()
    spool = PoseSpool(None if temporary else tmp_path)
    for n in range(len(poses)):
        spool.append(poses[n : n + 1])
    assert same(spool[:].widened(), poses)
    open_here = [os.readlink(link) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert any(target.startswith(str(tmp_path)) for target in open_here)


def open_files() -> int:
    """How many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_spool_that_nobody_holds_leaves_nothing_behind(tmp_path):
    before = open_files()
    spool = PoseSpool(tmp_path)
    spool.append(some_poses())
    assert open_files() == before + 1
    del spool
    assert open_files() == before
    assert list(tmp_path.iterdir()) == []


def test_a_spool_let_go_on_a_full_disk_says_nothing_and_leaves_nothing(tmp_path, recwarn):
    before = open_files()
    spool = PoseSpool(tmp_path)
    spool.append(some_poses()[:1])  # still in memory
    with files_no_larger_than(0):
        del spool
    assert open_files() == before
    assert list(tmp_path.iterdir()) == []
    assert not recwarn.list


@given(frames=st.builds(slice, *[st.none() | st.integers(-60, 60)] * 2), chunk=st.integers(1, 60))
def test_a_slice_of_a_spool_is_a_slice_of_its_poses(frames, chunk):
    poses = some_poses()
    spool = PoseSpool()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spools, "CHUNK", chunk)
        spool.append(poses[:40])
        assert same(spool[frames].widened(), poses[:40][frames])
        spool.append(poses[40:])
        assert same(spool[frames].widened(), poses[frames])


@given(chunk=st.integers(1, 60), first=st.integers(0, 60))
def test_in_chunks_there_is_every_frame_once_and_in_order(chunk, first):
    poses = some_poses()
    spool = PoseSpool()
    spool.append(poses)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hingecheck.verdict.poses.CHUNK", chunk)
        for source in (poses, spool):
            parts = list(chunks(source, first))
            assert same(Poses.concat(parts).widened(), poses[first:])
            assert all(len(part) == chunk for part in parts[:-1])
            assert len(parts) == 1 or len(parts[-1]) > 0
        assert np.array_equal(spool.time_s, poses.time_s)
        assert np.array_equal(spool.people, poses.people)


def test_only_frame_after_frame_is_a_spool_read():
    spool = PoseSpool()
    spool.append(some_poses())
    with pytest.raises(ValueError, match="frame after frame"):
        spool[::2]


def test_two_spools_in_one_folder_do_not_mix(tmp_path):
    poses = some_poses()
    one, other = PoseSpool(tmp_path), PoseSpool(tmp_path)
    one.append(poses[:20])
    other.append(poses[20:40])
    assert same(one[:].widened(), poses[:20])
    assert same(other[:].widened(), poses[20:40])


@pytest.mark.parametrize("limit_bytes", [0, 100, 20_000])
def test_a_full_disk_is_told_by_the_name_of_the_folder(limit_bytes, tmp_path):
    poses = some_poses()
    told = ""
    spool = PoseSpool(tmp_path)
    with files_no_larger_than(limit_bytes):
        try:
            for n in range(len(poses)):
                spool.append(poses[n : n + 1])
            spool[:]
        except OutputError as error:
            told = str(error)
    assert told == f"{tmp_path}: larger than files may be there. Choose another folder."
    assert list(tmp_path.iterdir()) == []


def test_a_spool_in_no_folder_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="does not exist"):
        PoseSpool(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------------------------ events


def test_events_are_lines_of_json_in_any_language(tmp_path):
    told = [{"time_s": 0.5, "kind": "ready"}, {"kind": "rep", "score": None, "said": "Größer, もっと\nzwei"}]
    events = Events(tmp_path / "events.jsonl")
    for event in told:
        events.write(event)
    events.close()
    text = (tmp_path / "events.jsonl").read_bytes().decode("utf-8")
    assert text.endswith("\n")
    assert [json.loads(line) for line in text.splitlines()] == told
    assert "Größer" in text


def test_each_event_is_on_the_disk_before_the_next(tmp_path):
    path = tmp_path / "events.jsonl"
    events = Events(path)
    for n in range(3):
        events.write({"rep": n})
        assert len(path.read_text().splitlines()) == n + 1
    events.close()


def test_events_of_an_earlier_session_are_replaced(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_text("earlier\n")
    Events(path).close()
    assert path.read_text() == ""


def test_events_may_be_closed_twice(tmp_path):
    events = Events(tmp_path / "events.jsonl")
    events.write({"rep": 1})
    events.close()
    events.close()
    assert (tmp_path / "events.jsonl").read_text() == '{"rep": 1}\n'


def test_a_value_that_is_no_number_in_json_is_refused_before_it_is_written(tmp_path):
    events = Events(tmp_path / "events.jsonl")
    with pytest.raises(ValueError, match="JSON"):
        events.write({"value": float("nan")})
    events.close()
    assert (tmp_path / "events.jsonl").read_text() == ""


def test_events_on_a_full_disk_are_an_output_error_and_those_before_are_kept(tmp_path):
    path = tmp_path / "events.jsonl"
    events = Events(path)
    events.write({"rep": 1})
    told = []
    with files_no_larger_than(path.stat().st_size):
        for action in (lambda: events.write({"rep": 2}), events.close):
            try:
                action()
            except OutputError as error:
                told.append(str(error))
    events.close()
    assert told == [f"{path}: larger than files may be there. Choose another folder."] * 2
    assert path.read_text() == '{"rep": 1}\n'


@pytest.mark.parametrize("name", ["nowhere/events.jsonl", "."])
def test_events_that_cannot_be_kept_are_an_output_error(name, tmp_path):
    with pytest.raises(OutputError):
        Events(tmp_path / name)
