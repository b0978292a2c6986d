"""Tables hold text as text: no spreadsheet runs it."""

import csv
import io

import pytest

from hingecheck.storage.tables import csv_text


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_marked_as_text(begin):
    (row,) = csv.DictReader(io.StringIO(csv_text(["path"], [{"path": f"{begin}cmd|' /C calc'!A0.mp4"}]), newline=""))
    assert row["path"] == f"'{begin}cmd|' /C calc'!A0.mp4".replace("\r", r"\r")


def test_numbers_and_other_text_stay_what_they_are():
    assert csv_text(["a", "b", "c", "d"], [{"a": -3, "b": -0.5, "c": "a=b-c.mp4", "d": None}]) == "a,b,c,d\n-3,-0.5,a=b-c.mp4,\n"
