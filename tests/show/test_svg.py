"""The plots of a report as a picture: what is drawn where, and what is left out."""

import re

import pytest
from sample_result import sample_result

from hingecheck.show import report
from hingecheck.show.report import svg as plots
from hingecheck.verdict.cues import CUES


@pytest.fixture(scope="module")
def figure():
    return report.figure(sample_result(), report.TABLE_LIMITS, "side", {cue.id for cue in CUES})


@pytest.fixture(scope="module")
def drawn(figure):
    return str(plots.svg(figure, "Plots <over> time"))


def test_every_curve_is_drawn_with_a_gap_where_a_frame_was_lost(figure, drawn):
    curves = re.findall(r'<path d="([^"]+)" stroke="#\w+" stroke-width="2"', drawn)
    assert len(curves) == len(figure["data"]) == 5
    assert {curve.count("M") for curve in curves} == {2}  # up to 0.4 s, and after it
    first = curves[0].partition("L")[0]
    assert first.startswith("M48 ")  # 0 s at the left edge
    assert curves[0].rpartition("L")[2].startswith("896 ")  # 11.96 s at the right edge: 1000 less 104


def test_words_are_escaped_and_the_picture_says_what_it_is(drawn):
    assert 'aria-label="Plots &lt;over&gt; time"' in drawn
    assert "<b>" not in drawn
    assert "Hips sink, % of the leg" in drawn


def test_a_limit_is_dashed_and_named_and_a_fault_is_shaded_and_named(figure, drawn):
    assert drawn.count("stroke-dasharray=") == sum(shape["type"] == "line" for shape in figure["shapes"]) + 1  # and the upper back, dotted
    assert drawn.count("<rect") - drawn.count('fill-opacity=".75"') == sum(shape["type"] == "rect" for shape in figure["shapes"])
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", drawn)
    assert {"rounded 18", "upper 13.5", "rep 1", "rep 2", "rep 3", "Lower back rounds", "Knees bend too much"} <= set(texts)


def test_names_that_would_overlap_are_left_out(figure):
    """Names 41 px wide: the first would lie over the numbers of the axis. Of those 20 px apart the fourth has room beside the first."""
    many = [{"text": "named", "x": at_s, "xref": "x", "y": 0.5, "yref": "y domain"} for at_s in (0.0, 1.0, 1.28, 1.56, 1.84, 2.12)]
    drawn = str(plots.svg({**figure, "annotations": many}, ""))
    assert drawn.count(">named<") == 2  # at 119 and at 178 px


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0, 100, [0, 20, 40, 60, 80, 100]), (-12, 31, [-10, 0, 10, 20, 30]), (0, 12, [0, 5, 10]), (-0.2, 0.9, [0, 0.5])],
)
def test_ticks_are_round_numbers(low, high, ticks):
    assert plots._ticks(low, high) == ticks
