"""report.html and summary.html: self-contained pages that make no request."""

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import PurePath
from typing import Any

import jinja2

from ... import __version__
from ...verdict.cues import BY_ID, CUES, TABLE_LIMITS
from ...verdict.exercise import OTHER
from ...verdict.exercises import BY_ID as EXERCISE
from ...verdict.types import Result
from .moments import Still
from .plots import Limits, called_from, figure
from .svg import svg
from .words import FILTERS, explained, judged


def html(report: Mapping[str, Any], result: Result, stills: Iterable[Still] = (), *, limits: Limits = TABLE_LIMITS) -> Iterator[str]:
    """report.html of one clip or session, in pieces. ``report`` is what ``build`` made of ``result``.

    ``limits`` are those of the profile, (cue id, direction) -> limit. Dashed lines show the value from which a cue is called.
    """
    plots = plotted(report, result, limits)
    named = report.get("exercise", OTHER)  # reports of earlier versions name none
    drawn = svg(plots, "Plots over time of the measures in the tables below") if plots else None
    pictures = [_picture(still, report["reps"]) for still in stills]
    first = pictures[0] if pictures and report["next_cue"] and pictures[0]["cue"] is BY_ID[report["next_cue"]] else None
    return _pieces(
        "report.html",
        name=PurePath(report["clip"]["path"]).name,
        cues=CUES,
        by_id=BY_ID,
        called_at=called_from(limits),
        pictures=pictures,
        still=first and first["address"],
        moment="#worst" if first else None,
        plots=drawn,
        linked=False,
        exercise_name="" if named == OTHER else EXERCISE[named].noun,
        **explained(report),
    )


def plotted(report: Mapping[str, Any], result: Result, limits: Limits) -> dict[str, Any] | None:
    """The plots of a report as the JSON that ``plots.js`` draws; None where nothing was measured."""
    return figure(result, limits, report["view"]["kind"], {cue.id for cue in judged(report)})


def batch_summary_html(rows: Sequence[Mapping[str, Any]], stills: Mapping[str, bytes] | None = None) -> str:
    """summary.html of a folder, from the rows of results.csv (text or values): lowest score first, clips without a score last.

    A row may have ``report``, the relative address of its own page. ``stills``: path of a clip -> JPEG of its worst moment, in the order
    to show them.
    """

    def number(row: Mapping[str, Any], name: str) -> float | None:
        return None if row.get(name) in (None, "") else float(row[name])

    cues = [cue for cue in CUES if any(number(row, cue.id) is not None for row in rows)]
    clips = [
        {
            **{name: str(row.get(name) or "") for name in ("path", "status", "view", "error", "report")},
            **{name: number(row, name) for name in ("reps", "score", "seconds", *(cue.id for cue in cues))},
        }
        for row in rows
    ]
    clips.sort(key=lambda clip: (bool(clip["error"]), clip["score"] is None, clip["score"] or 0, clip["path"]))
    by_path = {clip["path"]: clip for clip in clips}
    pieces = _pieces(
        "summary.html",
        clips=clips,
        cues=cues,
        failed=sum(bool(clip["error"]) and clip["status"] != "not done" for clip in clips),
        undone=sum(clip["status"] == "not done" for clip in clips),
        scores=_score_bars([float(clip["score"]) for clip in clips if clip["score"] is not None]),
        faults=_bars({cue.name: sum(bool(clip[cue.id]) for clip in clips) for cue in cues}),
        worst=[(by_path[path], _embedded(jpeg)) for path, jpeg in (stills or {}).items()],
    )
    return "".join(pieces)


def _score_bars(scores: Sequence[float]) -> list[tuple[str, int, float]]:
    """A histogram of scores as bars, in tens from 0-9 to 90-100."""
    tens = Counter(min(int(score) // 10, 9) for score in scores)
    return _bars({f"{10 * ten}\u2013{100 if ten == 9 else 10 * ten + 9}": tens[ten] for ten in range(10)}) if scores else []


def _bars(counts: Mapping[str, int]) -> list[tuple[str, int, float]]:
    """For each count: its name, the count, and the length of its bar in percent of the longest."""
    most = max(counts.values(), default=0) or 1
    return [(name, count, round(100 * count / most, 1)) for name, count in counts.items()]


def _picture(still: Still, reps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A still and the values for its caption."""
    moment = still.moment
    said = next((rep["cues"].get(moment.cue) for rep in reps if rep["index"] == moment.rep), None)
    return {"address": _embedded(still.jpeg), "cue": BY_ID.get(moment.cue or ""), "said": said, "rep": moment.rep, "time_s": moment.time_s}


def _embedded(jpeg: bytes) -> str:
    """The picture as a data: address, so that it lies in the page itself."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


@cache
def _templates() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("hingecheck.show"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= FILTERS
    return templates


def _pieces(template: str, **values: Any) -> Iterator[str]:
    return _templates().get_template(template).generate(version=__version__, **values)
