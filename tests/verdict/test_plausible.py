"""What cannot be counts as not seen."""

from dataclasses import replace

import numpy as np

from hingecheck.verdict import engine, plausible
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.types import METRICS, Metrics
from tests.synthetic import exact, film, hinge, stand

__all__ = ["exact"]

STANDARD = Profile.default()


def leaping(poses: Poses, frames: slice, by_px: float = 1000.0) -> Poses:
    xy = poses.xy.copy()
    xy[frames] += by_px
    return replace(poses, xy=xy)


def test_a_skeleton_that_leaps_away_for_two_frames_is_not_seen_there() -> None:
    poses = leaping(film(stand(1.5) + hinge(1)), slice(20, 22))
    _, kept = plausible.believed(plausible.NOBODY, poses)
    assert np.flatnonzero(np.isnan(kept.xy).all(axis=(1, 2))).tolist() == [20, 21]
    assert not kept.breaks.any()


def test_a_leap_that_stays_is_a_cut() -> None:
    poses = leaping(film(stand(1.5) + hinge(1)), slice(20, None))
    _, kept = plausible.believed(plausible.NOBODY, poses)
    assert np.flatnonzero(kept.breaks).tolist() == [22]  # 0.08 s later it is still there, at 0.12 s it is believed
    assert "cut" in {event.kind for event in engine.analyse(poses, STANDARD).events}


def test_a_walk_and_a_fast_hinge_leap_nowhere() -> None:
    poses = film(stand(1.0) + hinge(2, down_s=0.3, up_s=0.3))
    assert plausible.believed(plausible.NOBODY, poses)[1] is poses


def test_a_leap_is_dropped_however_the_frames_are_cut() -> None:
    poses = leaping(film(stand(1.5)), slice(20, None))
    whole = plausible.believed(plausible.NOBODY, poses)[1]
    last, parts = plausible.NOBODY, []
    for n in range(len(poses)):
        last, part = plausible.believed(last, poses[n : n + 1])
        parts.append(part)
    joint = Poses.concat(parts)
    np.testing.assert_array_equal(joint.xy, whole.xy)
    np.testing.assert_array_equal(joint.breaks, whole.breaks)


def table(**values: list[float]) -> Metrics:
    frames = len(next(iter(values.values())))
    return Metrics(**{name: np.array(values.get(name, [0.0] * frames)) for name in METRICS})


def test_one_value_beyond_anatomy_leaves_out_the_frame() -> None:
    measured = table(
        hip_flexion_deg=[90.0, 378.0, 90.0, 90.0], knee_flexion_deg=[20.0, 20.0, 221.0, 20.0], trunk_lean_deg=[70.0, 70.0, 70.0, -189.0]
    )
    _, kept, usable, events = plausible.possible(plausible.NOBODY, np.arange(4) / 25, measured, np.full(4, 80.0))
    assert usable.tolist() == [True, False, False, False]
    assert kept.hip_flexion_deg[0] == 90.0
    assert np.isnan(kept.spine_lower_deg[1:]).all()
    assert [event.kind for event in events] == ["impossible"]  # once for all that follows within two seconds


def test_unseen_is_not_impossible() -> None:
    _, _, usable, events = plausible.possible(plausible.NOBODY, np.zeros(1), table(hip_flexion_deg=[np.nan]), np.full(1, np.nan))
    assert usable.all()
    assert not events


def test_the_warnings_say_where_no_body_can_be_so() -> None:
    poses = film(stand(1.5) + hinge(1))
    turned = replace(poses, xy=poses.xy * -1.0)  # upside down
    result = engine.analyse(turned, STANDARD)
    assert not result.reps
    assert np.nanmax(np.abs(np.append(result.metrics.hip_flexion_deg, 0.0))) <= 165.0
