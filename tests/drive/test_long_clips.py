"""Poses that lie on the disk give what the same poses in memory give, to the last bit, and take no more memory the more there are."""

import tracemalloc
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
from make_goldens import CLIPS, load
from synthetic import film, hinge, noisy, stand

from hingecheck.drive import clip as one_clip
from hingecheck.storage.recording import load_poses, storable
from hingecheck.storage.spool import PoseSpool
from hingecheck.verdict import engine
from hingecheck.verdict.poses import Poses, chunks, nobody
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.types import ClipInfo, Result

PROFILE = Profile.default()
RESULT_BYTES = 240  # of a frame: 26 measures and spreads, time, rep, phase, near, facing, cues that are on
POSE_BYTES = 937


def spooled(poses: Poses, folder=None) -> PoseSpool:
    spool = PoseSpool(folder)
    for part in chunks(poses):
        spool.append(part)
    return spool


def clip_of(poses) -> ClipInfo:
    return ClipInfo("clip.mp4", "", len(poses), float(len(poses)), 1920, 1080, 0, variable_frame_rate=False)


def same_numbers(one: Result, other: Result) -> bool:
    return len(one) == len(other) and all(
        a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(one._columns(), other._columns(), strict=True)
    )


@pytest.mark.parametrize("chunk", [7, 100, 4096])
@pytest.mark.parametrize("name", CLIPS)
def test_the_verdict_is_the_same_wherever_the_poses_lie(name, chunk, monkeypatch, tmp_path):
    poses, _ = load(name)
    if chunk == 7:
        poses = poses[:200]
    in_memory = one_clip.judge(clip_of(poses), poses, (), profile=PROFILE, model="full")
    one_clip.save_poses(tmp_path / "memory.npz", in_memory, ())
    monkeypatch.setattr("hingecheck.verdict.poses.CHUNK", chunk)
    on_disk = one_clip.judge(clip_of(poses), spooled(poses), (), profile=PROFILE, model="full")
    one_clip.save_poses(tmp_path / "disk.npz", on_disk, ())
    assert same_numbers(in_memory.result, on_disk.result)
    assert (in_memory.result.events, in_memory.report()) == (on_disk.result.events, on_disk.report())
    one, other = (load_poses(tmp_path / name)[0] for name in ("memory.npz", "disk.npz"))
    for field in fields(Poses):
        assert getattr(one, field.name).tobytes() == getattr(other, field.name).tobytes()


@cache
def begins_bent() -> Poses:
    """Begins within a repetition, so that the first lockout is looked for; after a while somebody a third smaller takes over."""
    first = film(hinge(3)[1:] + stand(1.0), begin=hinge()[0])
    second = film(stand(2.0) + hinge(1))
    later = first.time_s[-1] + 1.0
    other = replace(second, time_s=second.time_s + later, xy=second.xy / 1.5, world=second.world / 1.5, back=second.back * 1.3)
    return storable(Poses.concat([first, nobody(np.arange(first.time_s[-1] + 0.04, later, 0.04)), other]))


@pytest.mark.parametrize("chunk", [1, 13, 50, 4096])
def test_the_first_lockout_is_the_same_however_the_poses_are_read(chunk, monkeypatch):
    poses = begins_bent()
    whole = engine.advance(engine.start(PROFILE), poses, PROFILE)[1]
    learnt = [event.time_s for event in whole.events if event.kind == "baseline"]
    assert len(learnt) > 1 and whole.reps[0].start_s < learnt[0], "analyse looks for it"
    before = poses[: int(np.searchsorted(poses.time_s, learnt[1]))]
    expected = engine.advance(engine.start(PROFILE), before, PROFILE)[0].baseline
    monkeypatch.setattr("hingecheck.verdict.poses.CHUNK", chunk)
    for source in (poses, spooled(poses)):
        found = engine.first_baseline(source, PROFILE)
        assert repr(found) == repr(expected)
    assert same_numbers(engine.analyse(poses, PROFILE), engine.analyse(spooled(poses), PROFILE))


def test_chunks_that_are_not_all_of_a_result_are_not_joined():
    result = engine.analyse(film(stand(1.0)), PROFILE)
    with pytest.raises(ValueError, match="26 frames in the chunks, not 27"):
        Result.concat([result], len(result) + 1)


def peak_bytes(folder, times: int) -> tuple[int, int]:
    """Frames of so many times half a minute that ends in a hinge, and the most memory that judging, telling and storing them takes."""
    once = storable(noisy(film(stand(27.0) + hinge(1))))
    length_s = once.time_s[-1] + 0.04
    spool = PoseSpool(folder)
    for number in range(times):
        spool.append(replace(once, time_s=once.time_s + number * length_s))
    tracemalloc.start()
    verdict = one_clip.judge(clip_of(spool), spool, (), profile=PROFILE, model="full")
    one_clip.save_poses(folder / "poses.npz", verdict, ())
    assert verdict.report()["tracking"]["frames_with_person"] == 1.0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return len(spool), peak


def test_the_poses_of_a_long_clip_are_never_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr("hingecheck.verdict.poses.CHUNK", 512)
    few, few_bytes = peak_bytes(tmp_path, 2)
    many, many_bytes = peak_bytes(tmp_path, 12)
    a_frame = (many_bytes - few_bytes) / (many - few)
    assert a_frame < 1.25 * RESULT_BYTES < POSE_BYTES / 3
