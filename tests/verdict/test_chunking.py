"""One engine for live and clip: however the frames are cut into chunks, the verdict is the same to the last bit.

With the calibration that is shipped and not with ``synthetic.exact``: ones and zeros add up to the same bits in any order, other numbers
do not. What is measured of the figure does not matter here.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_goldens import load
from synthetic import (
    Build,
    Key,
    backless,
    cut_out,
    film,
    hidden,
    hinge,
    hips_first,
    noisy,
    sagging,
    set_down,
    stand,
    times,
    uneven,
    walk,
    without_person,
)

from hingecheck.verdict import calibration, engine
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.profiles import Profile, loads
from hingecheck.verdict.silhouette import L
from hingecheck.verdict.types import Result

FPS = 12  # enough for everything to happen, and these scenes are judged frame by frame
STANDARD = Profile.default()
STRICT = loads("[cues.butt_high]\nlow = 0.05\nhold_s = 0\n[cues.soft_knees]\nbent = 20\n[cues.squeeze_butt]\nshort = 5\nhold_s = 0.3\n")

FAULTY = (
    stand(1.0)
    + hinge(knee_deg=80, shin_deg=25)
    + hinge(lower=40)
    + hinge(upper=40)
    + sagging(35.0)
    + hips_first(knee_deg=60.0, ahead_deg=60.0)
    + hinge(top_deg=28)
    + hinge(knee_deg=-8, lower=-50)
    + hinge(top_deg=-20)
    + set_down()
)


def turning() -> Poses:
    keys = stand(1.0) + hinge(2) + stand(1.5) + hinge(2)
    t = times(keys, FPS)
    return film(keys, FPS, yaw_deg=np.interp(t, [0, 7.5, 9.5, 20], [85.0, 80.0, -85.0, -95.0]))


def stepping_aside() -> Poses:
    keys = stand(1.0) + hinge(1) + stand(2.0) + hinge(1)
    t = times(keys, FPS)
    return film(keys, FPS, ankle_px=np.stack([np.interp(t, [5.0, 5.5], [400.0, 520.0]), np.full(len(t), 800.0)], -1))


def _recorded(name: str) -> Poses:
    """A sample clip up to its second repetition, every other frame."""
    return load(name)[0][:270:2]


WIDE = Build(knee_gap_m=0.6, ankle_gap_m=0.2)
NARROW = Build(knee_gap_m=0.04, ankle_gap_m=0.1)
ASTRIDE = Build(knee_gap_m=0.5, ankle_gap_m=0.8)

SQUATS = hinge(2, 110.0, knee_deg=105.0, shin_deg=30.0)

SCENES: dict[str, Callable[[], Poses]] = {
    "many faults": lambda: film(FAULTY, FPS),
    "many faults, noise": lambda: noisy(film(FAULTY, FPS)),
    "many faults, uneven frames, noise": lambda: noisy(film(FAULTY, time_s=uneven(times(FAULTY, FPS)))),
    "fast camera": lambda: noisy(film(stand(0.7) + hinge(1, down_s=0.8, up_s=0.6, top_s=0.5), 120)),
    "oblique": lambda: noisy(film(stand(1.0) + hinge(2), FPS, yaw_deg=70)),
    "half oblique": lambda: noisy(film(FAULTY, FPS, yaw_deg=-45)),
    "from the front": lambda: noisy(film(stand(1.0) + hinge(2), FPS, yaw_deg=5)),
    "from the front, knees out": lambda: film(stand(1.0) + hinge(1), FPS, yaw_deg=-3, build=WIDE),
    "from the front, knees in": lambda: film(stand(1.0) + hinge(1), FPS, yaw_deg=0, build=NARROW),
    "from behind, astride": lambda: noisy(film(stand(1.0) + hinge(1), FPS, yaw_deg=175, build=ASTRIDE)),
    "hanging shoulders": lambda: noisy(film(stand(1.0) + hinge(2), FPS, build=Build(slump=0.3))),
    "head turned": lambda: noisy(film(stand(1.0) + hinge(2), FPS, build=Build(slump=-0.15))),
    "turning round": turning,
    "turning round, noise": lambda: noisy(turning()),
    "stepping aside": lambda: noisy(stepping_aside()),
    "walking in": lambda: noisy(film(walk() + stand(0.4) + stand(1.0) + hinge(2), FPS)),
    "begins bent, standing learnt late": lambda: noisy(film(hinge(3)[1:], FPS, begin=hinge()[0])),
    "person lost": lambda: without_person(without_person(noisy(film(FAULTY, FPS)), 3.0, 3.5), 9.0, 12.0),
    "camera stalls": lambda: cut_out(cut_out(noisy(film(FAULTY, FPS)), 3.0, 3.5), 9.0, 12.0),
    "joints flicker": lambda: _flickering(noisy(film(FAULTY, FPS))),
    "back unseen while standing": lambda: backless(noisy(film(stand(1.0) + hinge(2, lower=30), FPS)), 0.0, 1.05),
    "rear edge of the legs": lambda: _legged(noisy(film(FAULTY, FPS))),
    "gaps in the back": lambda: _pierced(noisy(film(FAULTY, FPS))),
    "never stands": lambda: noisy(film(hinge(2, top_deg=30, lower=45)[1:], FPS, begin=hinge(lower=45)[0])),
    "leans from the start": lambda: noisy(film((*stand(1.0), *hinge(2)), FPS, begin=Key(0.0, 12.0))),
    "plates before the leg": lambda: hidden(noisy(film(FAULTY, FPS)), ["right_knee", "right_ankle"], 3.0, 12.0, score=0.6),
    "scores that wander": lambda: _doubtful(noisy(film(FAULTY, FPS))),
    "back seen now and then": lambda: backless(noisy(film(FAULTY, FPS)), 4.0, 6.0),
    "squats, arms raised": lambda: noisy(film(stand(1.0) + SQUATS, FPS, build=Build(arms="raised"))),
    "hinges, then squats": lambda: noisy(film(stand(1.0) + hinge(1) + SQUATS + hinge(1), FPS, yaw_deg=30)),
    # What the lens makes of a stick figure is not all that it makes of a body.
    **{f"recorded: {name}": partial(_recorded, name) for name in ("rounded_lower_back", "rounded_upper_back", "feet_too_narrow")},
    "recorded: shoulders_forward": partial(_recorded, "shoulders_forward"),
    "one leg hidden": lambda: hidden(noisy(film(FAULTY, FPS)), ["right_knee", "right_ankle"], 4.0, 8.0),
}


def _legged(poses: Poses) -> Poses:
    """Legs whose rear edge shakes, and is not seen in every seventh frame."""
    leg = 0.1 + np.random.default_rng(2).normal(0.0, 0.003, (len(poses), L))
    leg[::7, 10:14] = np.nan
    return replace(poses, leg=leg)


def _flickering(poses: Poses) -> Poses:
    rng = np.random.default_rng(3)
    for joint in ("right_hip", "left_shoulder", "right_shoulder", "right_ankle", "right_knee"):
        for at in rng.uniform(0.0, poses.time_s[-1], 8):
            poses = hidden(poses, [joint], at, at + rng.uniform(0.02, 0.5))
    return poses


def _pierced(poses: Poses) -> Poses:
    """Samples of the back missing here and there, single ones and many in a row."""
    rng = np.random.default_rng(6)
    back = poses.back.copy()
    for frame in range(len(back)):
        for first in rng.integers(0, back.shape[1], 2):
            back[frame, first : first + rng.integers(0, 11)] = np.nan
    return replace(poses, back=back)


def _doubtful(poses: Poses) -> Poses:
    """Scores that change from frame to frame, from surely there to hardly likely."""
    return replace(poses, score=np.random.default_rng(7).uniform(0.45, 1.0, poses.score.shape))


def in_chunks(poses: Poses, cuts: list[int], profile: Profile = STANDARD) -> tuple[engine.State, Result]:
    """``advance`` over the stretches between the cuts, and ``finish``, joined."""
    state = engine.start(profile)
    parts = []
    for first, last in zip([0, *cuts], [*cuts, len(poses)], strict=True):
        state, part = engine.advance(state, poses[first:last], profile)
        assert len(part) == last - first
        parts.append(part)
    return state, Result.concat([*parts, engine.finish(state, profile)], len(poses))


def assert_same(a: Result, b: Result) -> None:
    for column in fields(a.metrics):
        name = column.name
        np.testing.assert_array_equal(getattr(a.metrics, name), getattr(b.metrics, name), err_msg=name)
        np.testing.assert_array_equal(getattr(a.spreads, name), getattr(b.spreads, name), err_msg=f"spread of {name}")
    for name in ("time_s", "phase", "rep", "near", "facing", "active", "exercise"):
        one, other = getattr(a, name), getattr(b, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other, err_msg=name)
    assert a.events == b.events
    assert a.reps == b.reps


def assert_same_state(a: object, b: object) -> None:
    """Equal in every field, arrays by their values and NaN equal to NaN."""
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, tuple) and isinstance(b, tuple):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            assert_same_state(one, other)
    elif hasattr(a, "__dataclass_fields__"):
        assert type(a) is type(b)
        for name in a.__dataclass_fields__:
            assert_same_state(getattr(a, name), getattr(b, name))
    else:
        assert a == b or (a != a and b != b)


@pytest.fixture(scope="module", params=SCENES)
def scene(request: pytest.FixtureRequest) -> tuple[Poses, engine.State, Result]:
    """Poses, and the last state and the verdict when all are handed over at once."""
    poses = SCENES[request.param]()
    return poses, *in_chunks(poses, [])


@pytest.mark.parametrize("size", [1, 7])
def test_chunks_of_any_size_give_the_verdict_of_one_call(scene: tuple[Poses, engine.State, Result], size: int) -> None:
    poses, whole_state, whole = scene
    state, cut = in_chunks(poses, list(range(size, len(poses), size)))
    assert_same(whole, cut)
    assert_same_state(whole_state, state)


def test_random_cuts_and_empty_chunks_give_the_verdict_of_one_call(scene: tuple[Poses, engine.State, Result]) -> None:
    poses, _, _ = scene
    _, whole = in_chunks(poses, [], STRICT)
    rng = np.random.default_rng(5)
    for _ in range(3):
        cuts = rng.integers(0, len(poses) + 1, 9)
        again = [*cuts, *cuts[:3], 0, len(poses)]  # twice the same cut is an empty chunk
        _, cut = in_chunks(poses, sorted(map(int, again)), STRICT)
        assert_same(whole, cut)


@pytest.fixture(scope="module", autouse=True)
def level_head() -> Iterator[None]:
    """The figure's head sits straight on its trunk, which of a person would be a bowed one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "LEVEL_HEAD_DEG", np.inf)
        yield


def test_the_scenes_have_something_to_disagree_about() -> None:
    """Chunking proves little on frames in which nothing happens: together the scenes switch every judged fault on."""
    seen = set()
    runs = [(make, STANDARD) for make in SCENES.values()]
    runs += [(SCENES[name], Profile(exercise="hinge")) for name in ("many faults", "hanging shoulders")]  # judged in no squat or pull
    for make, profile in runs:
        _, result = in_chunks(make(), [], profile)
        seen |= {(event.cue, event.direction) for event in result.events if event.kind == "cue_on"}
        seen |= {event.kind for event in result.events}
    assert seen >= {"baseline", "rep", "cue_on", "cue_off"}
    arched = ("neutral_spine", "arched")  # of which there is neither a recording nor a figure that the lens takes for one
    assert seen >= {(rule.cue.id, rule.fault.direction) for rule in engine.rules(STANDARD)} - {arched}


@pytest.fixture(scope="module")
def lively() -> Poses:
    return without_person(noisy(film(FAULTY, FPS)), 4.0, 5.5)


@settings(max_examples=15)
@given(st.lists(st.integers(0, 400), max_size=30))
def test_no_cut_changes_the_verdict(lively: Poses, cuts: list[int]) -> None:
    _, whole = in_chunks(lively, [])
    _, cut = in_chunks(lively, sorted(min(n, len(lively)) for n in cuts))
    assert_same(whole, cut)


def test_a_state_can_be_continued_twice_and_is_never_changed(lively: Poses) -> None:
    half = len(lively) // 2
    state, _ = engine.advance(engine.start(STANDARD), lively[:half], STANDARD)
    before = copy.deepcopy(state)
    once_state, once = engine.advance(state, lively[half:], STANDARD)
    ended = engine.finish(state, STANDARD)
    twice_state, twice = engine.advance(state, lively[half:], STANDARD)
    assert_same_state(before, state)
    assert_same(once, twice)
    assert_same_state(once_state, twice_state)
    assert_same(ended, engine.finish(before, STANDARD))


def test_the_past_is_never_judged_again(lively: Poses) -> None:
    """Causal: the verdict on the first frames does not change when more are added."""
    _, whole = engine.advance(engine.start(STANDARD), lively, STANDARD)
    for n in (1, 20, 77, 150, 240, 300):
        _, part = engine.advance(engine.start(STANDARD), lively[:n], STANDARD)
        for name in ("phase", "rep", "near", "facing", "active", "exercise"):
            np.testing.assert_array_equal(getattr(part, name), getattr(whole, name)[:n])
        for column in fields(whole.metrics):
            np.testing.assert_array_equal(getattr(part.metrics, column.name), getattr(whole.metrics, column.name)[:n])
            np.testing.assert_array_equal(getattr(part.spreads, column.name), getattr(whole.spreads, column.name)[:n])
        assert part.events == tuple(event for event in whole.events if event.time_s <= lively.time_s[n - 1])
        assert part.reps == whole.reps[: len(part.reps)]


def test_analyse_is_one_advance_and_finish_when_the_clip_begins_standing() -> None:
    poses = noisy(film(FAULTY, FPS))
    _, live = in_chunks(poses, list(range(5, len(poses), 5)))
    assert_same(engine.analyse(poses, STANDARD), live)


def test_poses_are_never_written_to(lively: Poses) -> None:
    before = copy.deepcopy(lively)
    for column in fields(lively):
        getattr(lively, column.name).flags.writeable = False
    engine.analyse(lively, STANDARD)
    for column in fields(lively):
        np.testing.assert_array_equal(getattr(lively, column.name), getattr(before, column.name))
