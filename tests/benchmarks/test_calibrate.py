"""The fit, of figures whose angles are known: what an estimator that makes no mistake must come out as."""

import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from synthetic import EXACT, LEG_M, PX_PER_M, Build, Key, angles, film, hinge, noisy, stand, times

from benchmarks import calibrate, fit, subject, tracked
from benchmarks.truth import TrueRep, Truth
from hingecheck.verdict import calibration, fitted
from hingecheck.verdict.silhouette import HEIGHTS, L, S
from hingecheck.verdict.types import METRICS

COMMITTED = resources.files("hingecheck.verdict").joinpath(fitted.FILE).read_text(encoding="utf-8")
BODIES = 10  # in each view


def clip(number, azimuth_deg):
    """One rep of a figure before a camera so far off the side, and its truth."""
    lower, upper = (25.0 * (number % 3 == part) for part in (0, 1))
    thigh = 15.0 + 3.0 * (number % 5)
    down = Key(1.2, 55.0 + 3.0 * (number % 4), thigh, 5.0 - thigh / 3, lower, upper)
    keys = (*stand(0.8), down, down._replace(after_s=0.3), *hinge()[2:])
    time_s = times(keys)
    bent = angles(keys, time_s)
    build = Build(knee_gap_m=0.16 + 0.02 * (number % 6), slump=0.1 * (number % 2))
    poses = noisy(film(keys, yaw_deg=90.0 - azimuth_deg, build=build), 0.5, 0.003, 0.002, seed=number)
    poses = replace(poses, leg=np.full((len(poses), L), np.nan))
    lean, thighs, shin = bent[:, :3].T
    sunk = 0.40 * (1.0 - np.cos(np.radians(shin))) + 0.45 * (1.0 - np.cos(np.radians(thighs)))
    hip_m = 0.40 * np.sin(np.radians(shin)) - 0.45 * np.sin(np.radians(thighs))
    same = np.ones(len(time_s))
    measures = {
        "hip_x_px": PX_PER_M * hip_m * np.cos(np.radians(azimuth_deg)),
        "hip_y_px": PX_PER_M * sunk,
        "hip_flexion": lean + thighs,
        "knee_flexion": thighs + shin,
        "trunk_inclination": lean,
        "shank_inclination": shin,
        "lumbar_flexion": bent[:, 3],
        "thoracic_flexion": bent[:, 4],
        "butt_drop": sunk / LEG_M,
        "knee_ankle_ratio": same * build.knee_gap_m / build.ankle_gap_m,
        "ankle_hip_ratio": same * build.ankle_gap_m / build.hip_gap_m,
        "shoulder_shift": same * build.slump,
        "view_yaw": same * abs(90.0 - azimuth_deg),
    }
    moving = (time_s > 0.8) & (time_s < time_s[-1] - 0.8)
    rep = TrueRep(1, 0.8, 2.1, float(time_s[-1]) - 0.8, ())
    truth = Truth(f"{number}", Path(f"{number}.mp4"), "good", f"{number:06x}", azimuth_deg, False, time_s, moving, measures, (rep,))
    return truth, poses


@pytest.fixture(scope="module")
def told():
    views = [3.0 * (n % 5) - 6.0 for n in range(BODIES)], [30.0 + 4.0 * n for n in range(BODIES)], [80.0 + n for n in range(BODIES)]
    clips = [clip(number, azimuth_deg) for number, azimuth_deg in enumerate(azimuth_deg for view in views for azimuth_deg in view)]
    with calibrate.using({"USUAL_BACK": EXACT["USUAL_BACK"]}):  # which heads are level
        return calibrate.refit(*zip(*clips, strict=True))


def test_the_fit_of_figures_has_every_table_in_its_shape_and_can_be_read_back(told):
    made = fitted.tables(calibrate.text(told.numbers, []))
    assert made == {name: calibrate.plain(table) for name, table in told.numbers.items()}
    assert calibrate.text(made, []) == calibrate.text(told.numbers, [])


def test_of_an_estimator_that_makes_no_mistake_angles_are_what_they_read(told):
    found = told.numbers["ANGLES"]
    assert np.array(found.slope)[0] == pytest.approx(np.ones(3), abs=0.1)
    assert np.array(found.bent)[0] == pytest.approx(np.zeros(3), abs=2.0)
    assert np.array(found.read)[0] == pytest.approx(np.zeros(3), abs=0.5)
    assert np.array(found.true)[0] == pytest.approx(np.zeros(3), abs=0.5)
    across = slice(1, None)  # nobody filmed from behind
    assert told.numbers["CAMERA_READ_DEG"][across] == pytest.approx(told.numbers["CAMERA_TRUE_DEG"][across], abs=3.0)


def test_the_usual_back_is_the_figures(told):
    assert told.numbers["USUAL_PROFILE"] == pytest.approx((0.15,) * S, abs=0.001)
    counts = (HEIGHTS >= -0.05 - 1e-9) & (HEIGHTS <= 1.05 + 1e-9)
    for name in ("LOWER_WEIGHTS", "UPPER_WEIGHTS"):
        assert not np.array(told.numbers[name])[~counts].any()
        assert np.array(told.numbers[name])[counts].any()


def test_what_the_clips_say_nothing_of_is_carried_over_as_it_is(told):
    """No plates, and no rear edge of the legs."""
    assert set(told.carried) >= {"THIGH_BY_FOOT", "USUAL_LEG", "REAR_WEIGHTS", "REAR_LEANS"}
    for name in told.carried:
        table, _, row = name.partition(".")
        now, before = told.numbers[table], getattr(calibration, table)
        assert (now[row] if row else now) == (before[row] if row else before)
    assert not {"ANGLES", "KNEE_BY_LENGTH", "LOWER_WEIGHTS", "HIP_BY_OUTLINE", "USUAL_BACK"} & set(told.carried)


def test_intervals_are_those_of_bodies_left_out(told):
    rows = {row["measure"]: row for row in told.errors}
    assert rows["trunk_lean_deg"]["clips"] == BODIES
    assert rows["trunk_lean_deg"]["mae"] < 1.5
    assert 0.0 < told.numbers["SPREADS"]["trunk_lean_deg"][0] < 3.0
    assert set(told.numbers["SPREADS"]) == set(METRICS)


def test_shoulders_are_not_told_of_heads_that_look_down_and_then_carried_over():
    """The figure looks straight on, and usual heads here by 40 degrees further up."""
    usual = EXACT["USUAL_BACK"]
    with calibrate.using({"USUAL_BACK": (*usual[:3], usual[3] + 40.0)}):
        group = [one for n in range(3) if (one := subject.subject(*clip(n, 0.0))) is not None]
        weights, carriage, camera, shift = fit._shoulder(group)
    assert len(group) == 3
    assert not any(map(fit.said, (weights, carriage, camera, shift)))


def test_the_numbers_in_force_are_in_force_again_after_a_fit(told):
    assert calibration.Angles(**fitted.load()["ANGLES"]) == calibration.ANGLES


def test_the_committed_file_is_written_as_a_fit_would_write_it():
    made = json.loads(COMMITTED)
    assert calibrate.text(fitted.load(), made["provenance"]) == COMMITTED


def test_the_provenance_of_a_fit_is_its_folders_and_of_what_is_carried_the_old_one(tmp_path):
    suite = {"suite": "fit", "seed": 7, "clips": 180, "recipe": 2, "commit": "abc1234"}
    (tmp_path / "suite.json").write_text(json.dumps(suite))
    first, *rest = calibrate.provenance(("THIGH_BY_FOOT", "SPREADS.butt_drop"), tmp_path, 180, "full", tracked.about())
    assert first["suite"] == suite
    assert (first["made"], first["seeds"], first["clips"]) == ("fitted", [7], 180)
    assert first["again"] == "python -m benchmarks render --suite fit --seed 7 FOLDER"
    assert set(fitted.SHAPES) - set(first["tables"]) == {"THIGH_BY_FOOT"}
    assert [(row["made"], row["tables"]) for row in rest] == [("carried", ["THIGH_BY_FOOT"]), ("carried", ["SPREADS.butt_drop"])]
    before = {name: row for row in json.loads(COMMITTED)["provenance"] for name in row["tables"]}
    assert rest[0]["on"] == before["THIGH_BY_FOOT"]["on"]


def test_a_folder_that_is_no_suite_says_so(tmp_path):
    (first,) = calibrate.provenance((), tmp_path, 30, "full", {"commit": "abc", "packages": "numpy 2"})
    assert (first["suite"], first["seeds"]) == (None, None)
    assert "no suite.json" in first["again"]
