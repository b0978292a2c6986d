"""The filter: exact on steady motion whatever the frame rate, blind to what is missing, the same in any chunks."""

import copy
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from synthetic import uneven

from hingecheck.verdict import smoothing
from hingecheck.verdict.smoothing import FORGET_S, Tracked, track

RATES_HZ = [10.0, 25.0, 60.0, 240.0]


def one(t: np.ndarray, x: np.ndarray, cutoff_hz: float = 4.0, state: Tracked | None = None) -> tuple[Tracked, np.ndarray, np.ndarray]:
    """Track a single series: (T,), (T,) -> state, value (T,), rate (T,)."""
    after, value, rate = track(state or smoothing.start(1), t, np.asarray(x, float)[:, None], (cutoff_hz,))
    return after, value[:, 0], rate[:, 0]


@pytest.mark.parametrize("fps", RATES_HZ)
def test_a_constant_is_itself_from_the_first_frame(fps: float) -> None:
    t = np.arange(50) / fps
    _, value, rate = one(t, np.full(50, 37.5))
    assert (value == 37.5).all()
    assert (rate == 0.0).all()


@pytest.mark.parametrize("fps", RATES_HZ)
@pytest.mark.parametrize("even", [True, False], ids=["steady frames", "uneven frames"])
def test_steady_motion_is_followed_without_lag(fps: float, even: bool) -> None:
    """A low-pass filter of 4 Hz would stay 2 to 4 degrees behind 60 degrees a second for ever."""
    t = np.arange(int(3 * fps)) / fps
    t = t if even else uneven(t)
    _, value, rate = one(t, 10.0 + 60.0 * t)
    settled = t > 1.0
    assert value[settled] == pytest.approx(10.0 + 60.0 * t[settled], abs=0.01)
    assert rate[settled] == pytest.approx(np.full(settled.sum(), 60.0), abs=0.05)


def test_a_higher_cutoff_follows_sooner_and_smooths_less() -> None:
    t = np.arange(100) / 50
    step = (t >= 0.5).astype(float)
    slow, fast = one(t, step, 2.0)[1], one(t, step, 8.0)[1]
    just_after = np.searchsorted(t, 0.54)
    assert 0.0 < slow[just_after] < fast[just_after]
    shake = np.random.default_rng(0).normal(size=400)
    longer = np.arange(400) / 50
    assert one(longer, shake, 2.0)[1].std() < one(longer, shake, 8.0)[1].std() < shake.std()


def test_the_gains_are_those_of_the_critically_damped_filter() -> None:
    """Second sample, by hand: theta = exp(-2 pi f dt), value x0 + (1 - theta^2) d, rate (1 - theta)^2 d / dt."""
    f, dt, jump = 3.0, 0.04, 5.0
    _, value, rate = one(np.array([1.0, 1.0 + dt]), np.array([2.0, 2.0 + jump]), f)
    theta = np.exp(-2 * np.pi * f * dt)
    assert value == pytest.approx([2.0, 2.0 + (1 - theta**2) * jump])
    assert rate == pytest.approx([0.0, (1 - theta) ** 2 * jump / dt])


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf])
def test_a_missing_sample_is_missing_and_does_no_harm_to_the_next(missing: float) -> None:
    t = np.arange(100) / 25
    x = 60.0 * t
    x[50:53] = missing
    _, value, rate = one(t, x)
    assert np.isnan(value[50:53]).all()
    assert np.isnan(rate[50:53]).all()
    assert value[53:] == pytest.approx(60.0 * t[53:], abs=0.01)  # the motion went on as before, and was expected to
    assert np.isfinite(value[:50]).all()


def test_what_was_unseen_for_long_starts_afresh() -> None:
    t = np.array([0.0, 0.1, 0.2, 0.2 + FORGET_S + 0.01, 0.2 + FORGET_S + 0.11])
    _, value, rate = one(t, np.array([0.0, 10.0, 20.0, -50.0, -50.0]))
    assert value[3:].tolist() == [-50.0, -50.0]
    assert rate[3:].tolist() == [0.0, 0.0]


def test_a_short_gap_in_the_frames_is_no_fresh_start() -> None:
    t = np.array([0.0, 0.1, 0.2, 0.2 + FORGET_S - 0.01])
    _, value, _ = one(t, np.array([0.0, 10.0, 20.0, -50.0]))
    assert value[3] != -50.0


def test_series_do_not_touch_each_other() -> None:
    t = np.arange(60) / 30
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 3))
    x[10:40, 1] = np.nan
    _, together, rates = track(smoothing.start(3), t, x, (2.0, 3.0, 4.0))
    for n, cutoff in enumerate((2.0, 3.0, 4.0)):
        _, alone, rate = one(t, x[:, n], cutoff)
        np.testing.assert_array_equal(together[:, n], alone)
        np.testing.assert_array_equal(rates[:, n], rate)


@given(
    st.lists(st.one_of(st.floats(-1e3, 1e3), st.just(np.nan)), min_size=1, max_size=30),
    st.lists(st.integers(0, 30), max_size=6),
    st.randoms(use_true_random=False),
)
def test_cuts_do_not_change_a_bit(samples: list[float], cuts: list[int], rng: object) -> None:
    gaps = [rng.choice([0.004, 0.033, 0.1, 0.31]) for _ in samples]  # type: ignore[attr-defined]
    t, x = np.cumsum(gaps), np.array(samples)
    whole_state, value, rate = one(t, x)
    state, parts = smoothing.start(1), []
    for first, last in pairwise([0, *sorted(min(c, len(x)) for c in cuts), len(x)]):
        state, y, v = one(t[first:last], x[first:last], state=state)
        parts.append((y, v))
    assert state == whole_state
    np.testing.assert_array_equal(np.concatenate([y for y, _ in parts]), value)
    np.testing.assert_array_equal(np.concatenate([v for _, v in parts]), rate)


def test_nothing_handed_in_is_changed() -> None:
    t, x = np.arange(20) / 25, np.sin(np.arange(20.0))
    state, _, _ = one(t, x)
    before, kept = copy.deepcopy(state), x.copy()
    one(t + 5.0, x, state=state)
    assert state == before
    np.testing.assert_array_equal(x, kept)
