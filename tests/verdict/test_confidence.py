"""How far a measure may be off: worked out on a table of our own, and what must hold of the fitted one."""

from dataclasses import fields

import numpy as np
import pytest

from hingecheck.verdict import calibration, confidence
from hingecheck.verdict.cues import CUES
from hingecheck.verdict.series import MIN_SCORE
from hingecheck.verdict.types import METRICS, Bools, Floats, Metrics

LEG = ("hip_flexion_deg", "knee_flexion_deg", "shin_lean_deg", "butt_drop", "knee_ankle_ratio", "ankle_hip_ratio")


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-widths of 2, 4, 6, 8 and 10 at 0, 30, 45, 60 and 90 degrees off the side, 7 for a lower back without a standing shape."""
    monkeypatch.setattr(calibration, "SPREADS_AT_DEG", (0.0, 30.0, 45.0, 60.0, 90.0))
    monkeypatch.setattr(calibration, "SPREADS", dict.fromkeys(METRICS, (2.0, 4.0, 6.0, 8.0, 10.0)))
    monkeypatch.setattr(calibration, "SPREADS_UNSTOOD", {"spine_lower_deg": 7.0})
    monkeypatch.setattr(calibration, "SPREADS_OUTLINED", {"butt_drop": 0.5})
    monkeypatch.setattr(calibration, "SPREADS_BY_REAR", {"knee_flexion_deg": 1.0})


def spreads(
    off_deg: object = 0.0, trunk: object = 1.0, leg: object = 1.0, stood: object = True, outlined: object = False, rear: object = 0.0
) -> Metrics:
    """Half-widths frame by frame, from numbers or columns."""
    off, one, other, known, drawn, edge = np.broadcast_arrays(*map(np.atleast_1d, (off_deg, trunk, leg, stood, outlined, rear)))
    far: Floats = off.astype(float)
    sure: Floats = np.stack([one, other], axis=-1).astype(float)
    shape: Bools = known.astype(bool)
    return confidence.spreads(far, sure, shape, drawn.astype(bool), edge.astype(float))


@pytest.mark.usefixtures("table")
def test_a_knee_told_by_the_rear_edge_of_the_legs_is_known_better_by_as_much_as_that_counts() -> None:
    """By hand: 4 at 30 degrees by landmarks, 1 by the edge; a joint half as likely doubles either."""
    wide = spreads(30.0, leg=[1.0, 1.0, 1.0, 0.5], rear=[0.0, 0.5, 1.0, 1.0])
    assert wide.knee_flexion_deg == pytest.approx([4.0, 2.5, 1.0, 2.0])
    assert wide.trunk_lean_deg == pytest.approx([4.0] * 4)


@pytest.mark.usefixtures("table")
def test_where_the_outline_tells_of_the_hip_a_doubtful_leg_does_not_matter() -> None:
    wide = spreads(30.0, leg=[1.0, 0.5, 0.5], outlined=[False, False, True])
    assert wide.butt_drop == pytest.approx([4.0, 8.0, 0.5])
    assert wide.hip_flexion_deg == pytest.approx([4.0, 8.0, 8.0])


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("off_deg", "wide"), [(0.0, 2.0), (15.0, 3.0), (30.0, 4.0), (37.5, 5.0), (60.0, 8.0), (75.0, 9.0), (90.0, 10.0)])
def test_a_measure_is_off_by_what_the_table_says_for_the_view_and_evenly_between(off_deg: float, wide: float) -> None:
    for name in METRICS:
        assert getattr(spreads(off_deg), name)[0] == pytest.approx(wide)


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize(("sure", "times"), [(1.0, 1.0), (0.8, 1.25), (0.5, 2.0), (0.2, 2.0)])
def test_doubt_of_a_joint_widens_what_is_measured_from_it_up_to_twice(sure: float, times: float) -> None:
    """By hand: 1 / 0.8 is 1.25, and a joint less likely than 0.5 is not measured from."""
    doubtful_leg, doubtful_trunk = spreads(leg=sure), spreads(trunk=sure)
    for name in METRICS:
        assert getattr(doubtful_leg, name)[0] == pytest.approx(2.0 * (times if name in LEG else 1.0)), name
        assert getattr(doubtful_trunk, name)[0] == pytest.approx(2.0 * (1.0 if name in LEG else times)), name


@pytest.mark.usefixtures("table")
def test_a_back_compared_with_a_usual_one_has_its_own_width() -> None:
    wide = spreads(stood=np.array([True, False]))
    assert wide.spine_lower_deg.tolist() == [2.0, 7.0]
    for name in set(METRICS) - {"spine_lower_deg"}:
        assert getattr(wide, name).tolist() == [2.0, 2.0]


@pytest.mark.usefixtures("table")
def test_frames_are_told_each_by_itself() -> None:
    wide = spreads([0.0, 30.0, 0.0, np.nan], [1.0, 1.0, 0.5, 1.0])
    assert wide.trunk_lean_deg[:3].tolist() == [2.0, 4.0, 4.0]
    assert wide.hip_flexion_deg[:3].tolist() == [2.0, 4.0, 2.0]
    assert len(spreads(np.empty(0))) == 0
    for column in fields(wide):
        assert np.isnan(getattr(wide, column.name)[3])  # no view, no width


@pytest.mark.usefixtures("table")
def test_a_joint_without_a_score_has_no_width() -> None:
    wide = spreads(trunk=1.0, leg=np.nan)
    assert {name for name in METRICS if np.isnan(getattr(wide, name)[0])} == set(LEG)


def test_the_fitted_table_has_a_width_for_every_metric() -> None:
    assert set(calibration.SPREADS) == set(METRICS)
    assert set(calibration.SPREADS_UNSTOOD) == {fault.metric for cue in CUES if cue.by_shape for fault in cue.faults}
    for name, widths in calibration.SPREADS.items():
        assert len(widths) == len(calibration.SPREADS_AT_DEG), name
        assert min(widths) > 0, name
    assert (calibration.SPREADS_AT_DEG[0], calibration.SPREADS_AT_DEG[-1]) == (0.0, 90.0)


@pytest.mark.parametrize("name", ["hip_flexion_deg", "knee_flexion_deg", "trunk_lean_deg", "spine_lower_deg", "spine_upper_deg"])
def test_by_the_fitted_table_an_oblique_camera_knows_less_than_a_square_one(name: str) -> None:
    square, thirty, oblique = getattr(spreads([0.0, 30.0, 45.0]), name)
    assert square < min(thirty, oblique)


@pytest.mark.parametrize("name", calibration.SPREADS_BY_REAR)
def test_by_the_fitted_table_the_rear_edge_of_the_legs_tells_more_than_landmarks(name: str) -> None:
    landmarks, edge = getattr(spreads(0.0, rear=np.array([0.0, 1.0])), name)
    assert edge < landmarks


@pytest.mark.parametrize("name", calibration.SPREADS_UNSTOOD)
def test_by_the_fitted_table_a_back_without_a_standing_shape_is_known_less_well(name: str) -> None:
    stood, unstood = getattr(spreads(0.0, stood=np.array([True, False])), name)
    assert unstood > stood


def test_who_is_too_unlikely_to_be_measured_from_is_as_doubtful_as_can_be() -> None:
    assert confidence.LEAST_SURE == MIN_SCORE
    assert set(LEG) == confidence.OF_THE_LEG
