"""A long clip cut into stretches: where it is cut, when the stretches fit together, and that the verdict is the same."""

import sys
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import replayed
from clips import make_clip

from hingecheck.drive import clip as one_clip
from hingecheck.drive import segments
from hingecheck.drive.segments import LEAD_FRAMES, WORTH_FRAMES, Stretch
from hingecheck.drive.workers import Lost
from hingecheck.storage import recording
from hingecheck.verdict.profiles import Profile

LEAD = LEAD_FRAMES


@pytest.mark.parametrize("workers", [1, 2, 3, 8, 64])
@pytest.mark.parametrize("frames", [0, 1, WORTH_FRAMES, 2 * WORTH_FRAMES - 1, 2 * WORTH_FRAMES, 9000, 108_000])
def test_stretches_cover_a_clip_once_and_are_led_into(frames, workers):
    stretches = segments.cut(frames, workers)
    assert 1 <= len(stretches) <= workers
    assert (stretches[0].start, stretches[0].keep, stretches[-1].stop) == (0, 0, sys.maxsize)
    for before, after in pairwise(stretches):
        assert before.stop == after.keep == after.start + LEAD
        assert before.stop - before.keep >= WORTH_FRAMES
    assert len(stretches) == max(1, min(workers, frames // WORTH_FRAMES))


def sights(poses, *changes):
    """Two stretches of 100 frames and the rest, as two trackers that agree would see them; ``changes`` of the second."""
    first, second = Stretch(0, 0, 100), Stretch(100 - LEAD, 100, sys.maxsize)
    later = poses[second.start :]
    for change in changes:
        later = change(later)
    return [
        (first, one_clip.Sight(poses[:100], (), None, (), (160, 96))),
        (second, one_clip.Sight(later, (), None, (), (160, 96))),
    ]


@pytest.fixture
def poses():
    return replayed.two_hinges()


def moved(trunks):
    """Shifts all joints to the right."""

    def change(poses):
        hip, shoulder = segments.trunk(poses.xy)
        far = np.median(np.hypot(*(shoulder - hip).T)) * trunks
        return replace(poses, xy=poses.xy + np.array([far, 0.0], np.float32))

    return change


def test_stretches_that_agree_are_joined_without_their_lead(poses):
    whole = segments.joined(sights(poses, moved(0.02)))
    assert np.array_equal(whole.poses.time_s, poses.time_s)
    kept = recording.storable(poses)
    assert np.array_equal(whole.poses[:100].widened().xy, kept.xy[:100], equal_nan=True), "of the first stretch"
    assert not np.array_equal(whole.poses[100:].widened().xy, kept.xy[100:]), "of the second"


def unseen(poses):
    xy = poses.xy.copy()
    xy[: LEAD - 1] = np.nan
    return replace(poses, xy=xy)


@pytest.mark.parametrize(
    "change",
    [
        moved(0.3),
        unseen,
        lambda poses: replace(poses, people=np.full(len(poses), 2, np.int8)),
        lambda poses: poses[: LEAD // 2],
        lambda poses: poses[:LEAD],
        lambda poses: poses[1:],
    ],
    ids=["elsewhere", "unseen", "more people", "too short", "nothing new", "other frames"],
)
def test_stretches_that_do_not_agree_are_not_joined(poses, change):
    assert segments.joined(sights(poses, change)) is None


def test_where_nobody_is_seen_by_either_they_agree(poses):
    blank = replace(poses, xy=np.full_like(poses.xy, np.nan), people=np.zeros_like(poses.people))
    assert segments.joined(sights(blank)) is not None


def test_a_clip_whose_stretches_fail_is_seen_in_one_piece(tmp_path, monkeypatch, poses):
    replayed.see(monkeypatch, poses)
    clip = replayed.clip_of(tmp_path / "clip.mp4", poses)
    whole = one_clip.track(clip)
    monkeypatch.setattr(segments, "WORTH_FRAMES", 50)
    asked = []

    def all_die(work, jobs, *_):
        for job in jobs:
            asked.append(job)
            yield job, Lost("died")

    monkeypatch.setattr(segments, "work_off", all_die)
    again = segments.track(clip, workers=3)
    assert len(asked) == 1  # the others are not waited for
    assert (again[0], again[2]) == (whole[0], whole[2])
    assert np.array_equal(again[1][:].xy, whole[1][:].xy)


def in_this_process(work, jobs, workers, limits, on_message):
    """What ``crew.work_off`` does, without processes."""
    for job in jobs:
        yield job, work(job, lambda value, job=job: on_message(job, value))


def test_a_clip_in_stretches_gives_what_it_gives_in_one_piece(tmp_path, monkeypatch, poses):
    replayed.see(monkeypatch, poses)
    clip = replayed.clip_of(tmp_path / "clip.mp4", poses)
    monkeypatch.setattr(segments, "WORTH_FRAMES", 70)
    monkeypatch.setattr(segments, "work_off", in_this_process)
    replayed.made.clear()
    done = []
    info, seen, warnings = segments.track(clip, workers=3, on_frame=lambda frames, expected: done.append(frames))
    assert len(replayed.made) == 3
    whole = one_clip.track(clip)
    assert (info, warnings) == (whole[0], whole[2])
    for name in ("time_s", "xy", "score", "world", "back", "people"):
        assert np.array_equal(getattr(seen[:], name), getattr(whole[1][:], name), equal_nan=True)
    assert done == sorted(done)
    assert len(poses) - 90 < done[-1] <= len(poses)


def test_a_process_that_dies_while_it_tells_of_its_poses_is_heard_anew(tmp_path, monkeypatch, poses):
    replayed.see(monkeypatch, poses)
    clip = replayed.clip_of(tmp_path / "clip.mp4", poses)
    monkeypatch.setattr(segments, "WORTH_FRAMES", 70)
    monkeypatch.setattr("hingecheck.verdict.poses.CHUNK", 20)
    heard = []

    def dies_once(work, jobs, workers, limits, on_message):
        for job in jobs:

            def tell(value, job=job):
                if isinstance(value, tuple):
                    heard.append(value)
                    if len(heard) == 3:
                        raise BrokenPipeError
                on_message(job, value)

            with suppress(BrokenPipeError):
                yield job, work(job, tell)
                continue
            yield job, work(job, tell)

    monkeypatch.setattr(segments, "work_off", dies_once)
    seen = segments.track(clip, workers=2)[1]
    assert [first for first, _ in heard[:5]] == [True, False, False, True, False]
    assert np.array_equal(seen.time_s, one_clip.track(clip)[1].time_s)


def test_a_short_clip_starts_no_process(tmp_path, monkeypatch, poses):
    replayed.see(monkeypatch, poses)
    monkeypatch.setattr(segments, "work_off", lambda *_: pytest.fail("a process"))
    segments.track(replayed.clip_of(tmp_path / "clip.mp4", poses), workers=8)


def test_of_a_fast_clip_half_the_frames_are_seen_at_their_own_times_and_drawn(tmp_path, monkeypatch):
    poses = replayed.two_hinges()
    replayed.see(monkeypatch, poses)
    clip = make_clip(tmp_path / "fast.mp4", 60, size=(160, 96), fps=60)
    content = one_clip.clip(clip, tmp_path / "thin", profile=Profile.default())
    assert (content["clip"]["frames"], content["clip"]["thinned"]) == (60, True)
    _, thin, _ = one_clip.track(clip)
    _, whole, _ = one_clip.track(clip, every_frame=True)
    assert (len(thin), len(whole)) == (30, 60)
    with one_clip.open_clip(clip) as frames:
        times = [frame.time_s for frame in frames]
    with one_clip.open_clip(clip, enough_hz=one_clip.ENOUGH_HZ) as frames:
        assert frames.frames_hint == 30
        assert [frame.time_s for frame in frames] == times[::2]
    with one_clip.open_clip(tmp_path / "thin/annotated.mp4") as frames:
        assert [frame.time_s for frame in frames] == pytest.approx(times[::2], abs=1e-4)
    assert one_clip.retry(tmp_path / "thin/poses.npz", profile=Profile.default()).clip.thinned


@pytest.mark.parametrize(("fps", "kept"), [(24, 48), (30, 60), (50, 100), (60, 60), (100, 67), (120, 60), (240, 60)])
def test_about_thirty_frames_a_second_are_kept_of_many_and_all_of_few(tmp_path, fps, kept):
    with one_clip.open_clip(make_clip(tmp_path / "clip.mp4", 2 * fps, fps=fps), enough_hz=one_clip.ENOUGH_HZ) as clip:
        indices = [frame.index for frame in clip]
    assert indices == list(range(kept))
    assert clip.info().frames == 2 * fps


@pytest.mark.slow
def test_every_sample_clip_gives_the_same_verdict_in_two_pieces(sample_videos, monkeypatch):
    monkeypatch.setattr(segments, "WORTH_FRAMES", 120)
    clips = sorted(sample_videos.glob("*.mp4"))
    assert len(clips) == 14
    for clip in clips:
        one, two = (
            one_clip.judge(*tracked, profile=Profile.default(), model="full").report()
            for tracked in (one_clip.track(clip), segments.track(clip, workers=2))
        )
        assert len(one["reps"]) == len(two["reps"]), clip
        assert one["tracking"]["warnings"] == two["tracking"]["warnings"], clip
        for rep, other in zip(one["reps"], two["reps"], strict=True):
            for name, value in rep["metrics"].items():
                if name.endswith("_deg") and value is not None:
                    assert abs(value - other["metrics"][name]) <= 1.0, (clip, rep["index"], name)
