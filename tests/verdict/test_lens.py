"""The lens: what it reads, that it is the same alone and among others, and that a lifter seen in a mirror measures the same."""

from dataclasses import replace
from importlib import resources
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from make_goldens import load

from hingecheck.verdict import lens, metrics, views
from hingecheck.verdict.lens import FEATURES, OUTPUTS, SCALE, Weights
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.skeleton import LANDMARKS
from hingecheck.verdict.types import METRICS, Floats

GEOMETRY = 26  # columns of ``metrics.geometry``
POSES = load("good")[0][:60]
YAW = views.yaw(views.yaw_parts(POSES.world))
SEEN = lens.features(POSES, YAW)
GUESS = np.random.default_rng(0).normal(20.0, 10.0, (len(POSES), GEOMETRY))
SWAPPED = [LANDMARKS.index(name.replace("left", "?").replace("right", "left").replace("?", "right")) for name in LANDMARKS]


def mirrored(poses: Poses) -> Poses:
    """The same film in a mirror: left is right, and the picture runs the other way."""
    flip = np.array([-1.0, 1.0])
    world = poses.world[:, SWAPPED] * np.array([-1.0, 1.0, 1.0])
    return replace(poses, xy=poses.xy[:, SWAPPED] * flip, world=world, score=poses.score[:, SWAPPED], hidden=poses.hidden[:, SWAPPED])


def test_a_frame_is_read_as_so_many_numbers_and_nobody_as_none() -> None:
    assert SEEN.shape == (60, FEATURES)
    unseen = replace(
        POSES[:2], **{name: np.full_like(getattr(POSES[:2], name), np.nan) for name in ("xy", "world", "score", "back", "leg")}
    )
    seen = lens.features(unseen, np.full(2, np.nan))
    assert np.isnan(seen[:, :-2]).all()
    value, spread = lens.look(seen, SEEN[0], GUESS[:2])
    assert np.isnan(value).all()
    assert np.isnan(spread).all()


def test_no_frames_are_no_numbers() -> None:
    assert lens.features(POSES[:0], YAW[:0]).shape == (0, FEATURES)
    assert [part.shape for part in lens.look(SEEN[:0], None, GUESS[:0])] == [(0, len(OUTPUTS))] * 2


def test_a_lifter_in_a_mirror_is_read_the_same() -> None:
    other = mirrored(POSES)
    yaw = views.yaw(views.yaw_parts(other.world))
    assert yaw == pytest.approx(-YAW)
    np.testing.assert_allclose(lens.features(other, yaw), SEEN, rtol=1e-9, atol=1e-9)


def test_places_are_told_in_metres_from_between_the_hips_whatever_the_size_of_the_picture() -> None:
    larger = replace(POSES, xy=3.0 * POSES.xy + [40.0, -7.0])
    np.testing.assert_allclose(lens.features(larger, YAW), SEEN, rtol=1e-9, atol=1e-9)


@given(st.lists(st.integers(0, 60), max_size=6), st.booleans())
def test_a_frame_gives_the_same_bits_alone_and_among_others(cuts: list[int], known: bool) -> None:
    stand = SEEN[0] if known else None
    edges = [0, *sorted(cuts), 60]
    parts = [(lens.features(POSES[a:b], YAW[a:b]), lens.look(SEEN[a:b], stand, GUESS[a:b])) for a, b in pairwise(edges)]
    whole = lens.look(SEEN, stand, GUESS)
    np.testing.assert_array_equal(np.concatenate([seen for seen, _ in parts]), SEEN)
    for which in range(2):
        np.testing.assert_array_equal(np.concatenate([looked[which] for _, looked in parts]), whole[which])


def blank(trust: float, scale: float = 0.0) -> Weights:
    """Two networks that add nothing, and trust geometry so far."""
    outputs = len(OUTPUTS)
    wide = 3 * 4 + 2 * GEOMETRY + 1

    def layer(inner: int, outer: int) -> tuple[Floats, Floats]:
        return np.zeros((2, inner, outer)), np.zeros((2, 1, outer))

    last, offset = layer(4, 3 * outputs)
    offset[..., outputs : 2 * outputs], offset[..., 2 * outputs :] = scale, trust
    return Weights(
        mean=np.zeros(FEATURES + GEOMETRY),
        deviation=np.ones(FEATURES + GEOMETRY),
        see=(layer(FEATURES, 4), layer(4, 4)),
        join=(layer(wide, 4), layer(4, 4), (last, offset)),
        true_mean=np.full(outputs, 10.0),
        true_deviation=np.full(outputs, 20.0),
        widen=np.array([[1.0] * outputs, [3.0] * outputs]),
        clear=np.ones((2, outputs)),
    )


def test_what_geometry_has_counts_by_the_trust_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 50 degrees, two deviations above the mean, a trust of none in doubt is half: 10 + 20 x 2 / 2. Of nothing known, the mean."""
    monkeypatch.setattr(lens, "weights", lambda: blank(0.0, float(np.log(0.5))))
    geometry = np.full((1, GEOMETRY), 50.0)
    geometry[0, 1] = np.nan
    value, spread = lens.look(SEEN[:1], SEEN[0], geometry)
    assert value[0, OUTPUTS.index("hip")] == pytest.approx(30.0)
    assert value[0, OUTPUTS.index("knee")] == pytest.approx(10.0)
    assert spread[0, 0] == pytest.approx(10.0), "half a deviation of 20"
    assert lens.look(SEEN[:1], None, geometry)[1][0, 0] == pytest.approx(30.0), "three times as wide without a stand"


def test_of_somebody_who_lies_the_measures_are_those_of_geometry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lens, "weights", lambda: blank(0.0))
    geometry = np.full((2, GEOMETRY), 40.0)
    geometry[:, 2] = -20.0, -40.0  # the trunk
    value, spread = lens.look(SEEN[:2], SEEN[0], geometry)
    assert value[:, 0] == pytest.approx([10.0 + 20.0 * 1.5 / 2, 40.0])
    assert spread[1, 0] >= lens.UNTAUGHT


def test_every_output_has_a_unit_and_a_measure() -> None:
    assert len(OUTPUTS) == len(SCALE) == len(lens.BY_GEOMETRY)
    assert set(metrics.BY_LENS) <= set(METRICS)
    assert set(metrics.BY_LENS.values()) | {"azimuth"} == set(OUTPUTS)


def test_it_is_less_sure_without_the_lifters_stand() -> None:
    """Of the lower back, which differs more between people than between good and bad hinges."""
    (_, known), (_, unknown) = (lens.look(SEEN, stand, GUESS) for stand in (SEEN[0], None))
    back = OUTPUTS.index("lower")
    assert np.median(unknown[:, back]) > np.median(known[:, back])


def test_the_weights_are_small_and_of_the_shapes_that_are_read() -> None:
    file = resources.files("hingecheck.verdict").joinpath(lens.FILE)
    assert len(file.read_bytes()) < 2_000_000
    learnt = lens.weights()
    assert learnt.mean.shape == learnt.deviation.shape == (FEATURES + GEOMETRY,)
    assert learnt.see[0][0].shape[1] == FEATURES
    assert learnt.join[-1][0].shape[2] == 3 * len(OUTPUTS)
    assert learnt.clear.shape == learnt.widen.shape == (2, len(OUTPUTS))
    assert all(np.isfinite(part).all() for layer in (*learnt.see, *learnt.join) for part in layer)
    assert (learnt.clear > 0).all()
