"""A result as files: report.json and frames.csv for programs, report.html and summary.html for people.

``content`` makes report.json and ``frames`` makes frames.csv. ``pages`` makes the HTML from ``words``, ``plots`` and pictures of
``moments``. The pages are self-contained: styles, script, plots and pictures are inside. A content security policy forbids every request,
so that nothing about a lifter can leave the machine through them.
"""

from ...verdict.cues import TABLE_LIMITS
from .content import SCHEMA, build, rep_as_plain
from .frames import COLUMNS, frames_csv
from .moments import MOST_MOMENTS, Moment, Still, worst_moments
from .pages import batch_summary_html, html, plotted
from .plots import Limits, figure
from .words import FILTERS, explained

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
    "explained",
    "figure",
    "frames_csv",
    "html",
    "plotted",
    "rep_as_plain",
    "worst_moments",
]
