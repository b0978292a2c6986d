"""A result as files: report.json and frames.csv for programs, report.html and summary.html for people.

``content`` makes report.json and ``frames`` makes frames.csv. ``pages`` makes the HTML from ``words``, from ``plots`` as ``svg`` draws
them, and from pictures of ``moments``. The pages are self-contained: styles, plots and pictures are inside. A content security policy
forbids every request, so that nothing about a lifter can leave the machine through them.
"""

from ...verdict.cues import TABLE_LIMITS
from .content import SCHEMA, build, rep_as_plain
from .frames import COLUMNS, frames_csv
from .moments import MOST_MOMENTS, Moment, Still, excess, worst_moments
from .pages import batch_summary_html, html, plotted
from .plots import Limits, figure
from .words import FILTERS, explained, named, plain_unit, scale

__all__ = [
    "COLUMNS",
    "FILTERS",
    "MOST_MOMENTS",
    "SCHEMA",
    "TABLE_LIMITS",
    "Limits",
    "Moment",
    "Still",
    "batch_summary_html",
    "build",
    "excess",
    "explained",
    "figure",
    "frames_csv",
    "html",
    "named",
    "plain_unit",
    "plotted",
    "rep_as_plain",
    "scale",
    "worst_moments",
]
