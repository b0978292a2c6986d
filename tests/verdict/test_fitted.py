"""The calibration file: read to the last bit, and refused where a table is not as it must be."""

import json
from importlib import resources

import pytest

from hingecheck.verdict import calibration, fitted
from hingecheck.verdict.types import METRICS

TEXT = resources.files("hingecheck.verdict").joinpath(fitted.FILE).read_text(encoding="utf-8")


def changed(name, value):
    """The text of the file with one table changed."""
    told = json.loads(TEXT)
    told["numbers"][name] = value
    return json.dumps(told)


def test_calibration_has_every_table_of_the_file_by_its_name():
    told = fitted.load()
    assert list(told) == list(fitted.SHAPES)
    for name, table in told.items():
        assert getattr(calibration, name) == (calibration.Angles(**table) if name == "ANGLES" else table), name


def test_numbers_are_read_as_they_are_written():
    told = fitted.tables(changed("HIP_BY_LEAN", [[0.1, -0.0], [1e-17, 3]]))["HIP_BY_LEAN"]
    assert repr(told) == "((0.1, -0.0), (1e-17, 3.0))"


def test_every_table_is_of_one_provenance_that_says_on_what_when_and_whether_it_can_be_made_again():
    told = json.loads(TEXT)["provenance"]
    assert sorted(name for row in told for name in row["tables"]) == sorted(fitted.SHAPES)
    for row in told:
        assert set(row) == {"tables", "made", "on", "suite", "seeds", "clips", "commit", "date", "again"}
        assert row["made"] in ("fitted", "carried")
        assert row["on"] and row["commit"] and row["date"] and row["again"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("KNEE_BY_LENGTH", [6.2], "KNEE_BY_LENGTH: not of shape 2"),
        ("KNEE_BY_LENGTH", 6.2, "KNEE_BY_LENGTH: not of shape 2"),
        ("KNEE_BY_LENGTH", [6.2, None], "KNEE_BY_LENGTH: None is no finite number"),
        ("KNEE_BY_LENGTH", [6.2, float("nan")], "KNEE_BY_LENGTH: nan is no finite number"),
        ("KNEE_BY_LENGTH", [True, 290.2], "KNEE_BY_LENGTH: True is no finite number"),
        ("HIP_BY_LEAN", [[0.0, 0.0], [0.0]], "HIP_BY_LEAN: not of shape 2"),
        ("SPREADS_OUTLINED", {"butt_drop": 0.1, "knee": 1.0}, "SPREADS_OUTLINED: missing or unknown: knee"),
        ("SPREADS_OUTLINED", [0.1], "SPREADS_OUTLINED: missing or unknown: butt_drop"),
        ("SPREADS", {name: [1.0] * 5 for name in METRICS[1:]}, f"SPREADS: missing or unknown: {METRICS[0]}"),
        ("CAMERA_READ_DEG", [0.0, 1.0, 1.0, 2.0, 3.0], "CAMERA_READ_DEG does not rise"),
        ("KNEES", [1.0], "numbers: missing or unknown: KNEES"),
    ],
)
def test_a_table_that_is_not_as_it_must_be_is_refused_by_name(name, value, said):
    with pytest.raises(ValueError, match=said):
        fitted.tables(changed(name, value))


@pytest.mark.parametrize("text", ["[]", "{}", '{"schema": "hinge-calibration/2", "numbers": {}}', '{"schema": "hinge-calibration/1"}'])
def test_another_file_is_refused(text):
    with pytest.raises(ValueError, match="not a hinge-calibration/1 file"):
        fitted.tables(text)
