"""From where a cue is called: the row's number in a clear view, whatever the fitted intervals; further out where a view is less sure."""

from dataclasses import replace

import numpy as np
import pytest

from hingecheck.verdict import calibration, engine, judging, lens
from hingecheck.verdict.cue import WIDE_SHARE
from hingecheck.verdict.cues import CUES, Cue, Fault, fitted_spread, with_counted
from hingecheck.verdict.profiles import Profile, loads, plain, validated
from hingecheck.verdict.types import METRICS, Floats, Judgement, Metrics, Phase, Status, ViewKind

FAULTS = [(cue, fault) for cue in CUES for fault in cue.faults]
each_fault = pytest.mark.parametrize(("cue", "fault"), FAULTS, ids=[f"{cue.id} {fault.direction}" for cue, fault in FAULTS])
FRAMES = 50


def clear(cue: Cue, fault: Fault, wider: float = 1.0) -> Metrics:
    """The intervals of frames seen squarely from the cue's view, so many times as wide as there."""
    return Metrics(**dict.fromkeys(METRICS, np.full(FRAMES, wider * fitted_spread(cue, fault))))


def said_of(cue: Cue, fault: Fault, value: float, spreads: Metrics) -> Judgement:
    """What is said of two seconds in which the fault's metric reads this and every other one is right in the middle of nothing."""
    table = engine.rules(Profile.default())
    only = tuple(replace(r, fault=fault, hold_s=0.1) for r in table if r.cue.id == cue.id and r.fault.direction == fault.direction)
    values = dict.fromkeys(METRICS, np.full(FRAMES, np.nan)) | {"trunk_lean_deg": np.full(FRAMES, 60.0)}
    values[fault.metric] = np.full(FRAMES, value)
    time_s, seen, square = np.arange(FRAMES) / 25, np.ones(FRAMES, dtype=bool), np.zeros(FRAMES)
    off: dict[ViewKind, Floats] = {cue.view: square, **{view: square + 90.0 for view in ViewKind if view is not cue.view}}
    phase = np.full(FRAMES, min(fault.phases), np.int8)
    tallies, _ = judging.advance(judging.start(only), only, time_s, Metrics(**values), spreads, phase, seen, off, (), seen, seen)
    return judging.settle(tallies, only)[cue.id]


def beyond(fault: Fault, by: float) -> float:
    """The value so many thousandths of the fault's margin past what it is called from."""
    return fault.called_at + by * 1e-3 * fault.margin * (1 if fault.above else -1)


@each_fault
def test_in_a_clear_view_a_cue_is_called_from_the_number_in_its_row(cue: Cue, fault: Fault) -> None:
    assert said_of(cue, fault, beyond(fault, +1), clear(cue, fault)).status is Status.FAULT
    said = said_of(cue, fault, beyond(fault, -1), clear(cue, fault))
    assert (said.status, said.reason) == (Status.OK, judging.NEARLY)
    assert said.called_at == pytest.approx(fault.called_at)
    assert said.limit == fault.limit


@each_fault
def test_intervals_fitted_a_third_wider_move_no_verdict_of_a_clear_view(monkeypatch: pytest.MonkeyPatch, cue: Cue, fault: Fault) -> None:
    """The row as it would be made from that fit, and frames as that fit would have them."""
    weights = lens.weights()
    monkeypatch.setattr(lens, "weights", lambda: replace(weights, clear=weights.clear * 1.3))
    table = {metric: np.multiply(wide, 1.3).tolist() for metric, wide in calibration.SPREADS.items()}
    monkeypatch.setattr(calibration, "SPREADS", table)
    refitted = with_counted(cue).fault(fault.direction)
    assert fitted_spread(cue, fault) == pytest.approx(fault.usual_spread / fault.counted * 1.3)
    for by, status in ((+1, Status.FAULT), (-1, Status.OK)):
        said = said_of(cue, refitted, beyond(fault, by), clear(cue, fault))
        assert said.status is status
        assert said.called_at == pytest.approx(fault.called_at)
    assert said.uncertainty == pytest.approx(fitted_spread(cue, fault)), "what is reported is what was fitted"


@each_fault
def test_an_interval_twice_as_wide_as_in_a_clear_view_puts_a_call_off_by_what_is_allowed_for(cue: Cue, fault: Fault) -> None:
    said = said_of(cue, fault, beyond(fault, +1), clear(cue, fault, 2.0))
    assert said.status is Status.OK
    more = WIDE_SHARE * fitted_spread(cue, fault)
    assert said.called_at == pytest.approx(fault.called_at + more * (1 if fault.above else -1))


@each_fault
def test_a_coach_may_be_stricter_and_laxer_than_the_default_by_what_the_measure_may_be_off(cue: Cue, fault: Fault) -> None:
    """Shoulders, for one, could not be set stricter at all while a profile stated limits."""
    assert fault.low <= round(fault.called_at - fault.usual_spread, 9)
    assert round(fault.called_at + fault.usual_spread, 9) <= fault.high


@each_fault
def test_a_limit_and_what_it_is_called_from_lead_to_each_other(cue: Cue, fault: Fault) -> None:
    """By hand: the limit of bent knees is 34.9 - 4.9 = 30, that of locked ones 7.3 + 1.7 = 9."""
    assert fault.called_from(fault.limit) == fault.called_at
    assert {("soft_knees", "bent"): 30.0, ("soft_knees", "locked"): 9.0}.get((cue.id, fault.direction), fault.limit) == fault.limit


@each_fault
def test_an_interval_of_a_clear_view_counts_as_what_its_row_allows_for(cue: Cue, fault: Fault) -> None:
    assert fault.counted * fitted_spread(cue, fault) == pytest.approx(fault.usual_spread)


def test_a_profile_without_schema_states_limits_and_keeps_their_meaning() -> None:
    old = loads("[cues.soft_knees]\nbent = 40\nlocked = 5\n[cues.shoulders_back]\nforward = 0.15")
    assert old.called_at("soft_knees", "bent") == 44.9  # 40 and 4.9
    assert old.called_at("soft_knees", "locked") == 3.3  # 5 less 1.7
    assert old.called_at("shoulders_back", "forward") == 0.178
    assert (old.limit("soft_knees", "bent"), old.limit("soft_knees", "locked")) == (40.0, 5.0)
    assert old.called_at("knees_out", "wide") == Profile.default().called_at("knees_out", "wide")
    assert old == loads("schema = 2\n[cues.soft_knees]\nbent = 44.9\nlocked = 3.3\n[cues.shoulders_back]\nforward = 0.178", "profile.toml")


def test_what_differs_is_written_with_its_schema_and_read_back() -> None:
    assert plain(Profile.default()) == {}
    ana = loads("schema = 2\n[cues.soft_knees]\nbent = 40", "ana.toml")
    assert plain(ana) == {"schema": 2, "cues": {"soft_knees": {"bent": 40.0}}}
    assert validated({"name": "ana", **plain(ana)}, "ana") == ana


@pytest.mark.parametrize("called_at", [10.0, 5.0, 20.0])
def test_a_profile_is_called_from_the_number_it_states(called_at: float) -> None:
    (cue, fault) = next(pair for pair in FAULTS if pair[0].id == "core_tight")
    profile = loads(f"schema = 2\n[cues.core_tight]\nloose = {called_at}")
    (rule,) = (rule for rule in engine.rules(profile) if rule.fault is fault)
    assert rule.fault.threshold(rule.limit, fault.usual_spread / fault.counted) == pytest.approx(called_at)
    assert cue.view is ViewKind.SIDE
    assert Phase.BOTTOM in fault.phases
