"""A result as files: report.json and frames.csv for programs, report.html and summary.html for people.

The pages are self-contained: styles, script, plots and pictures are inside, and a content policy forbids every request, so that
nothing about a lifter can leave the machine through them.
"""

import base64
import csv
import io
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import PurePath
from typing import Any, Final, NamedTuple

import jinja2
import numpy as np
from markupsafe import Markup

from ... import __version__
from ...verdict.cues import BY_ID, CUES, TABLE_LIMITS, Cue
from ...verdict.poses import chunks
from ...verdict.scoring import AREAS, EXERCISES
from ...verdict.types import METRICS, ClipInfo, Phase, Rep, Result, Status, Summary
from .plots import Limits, figure

SCHEMA: Final = 1
MOST_MOMENTS: Final = 6

# frames.csv: these columns in this order; measures that came later stand behind ``cues``.
FIRST_METRICS: Final = (
    *("hip_flexion_deg", "knee_flexion_deg", "trunk_lean_deg", "shin_lean_deg", "spine_lower_deg", "spine_upper_deg"),
    *("butt_drop", "shoulder_shift", "knee_ankle_ratio", "ankle_hip_ratio", "view_yaw_deg"),
)
COLUMNS: Final = ("time_s", *FIRST_METRICS, "phase", "rep", "cues", *(name for name in METRICS if name not in FIRST_METRICS))


class Moment(NamedTuple):
    """A time worth a picture, and the cue that was off then; ``cue`` None: nothing was, it shows the bottom of a rep."""

    time_s: float
    rep: int
    cue: str | None


@dataclass(frozen=True, slots=True)
class Still:
    """The drawn picture of a ``Moment``, as JPEG bytes."""

    jpeg: bytes
    moment: Moment


def build(clip: ClipInfo, model: str, profile_name: str, profile_sha256: str, result: Result, summary: Summary) -> dict[str, Any]:
    """report.json, schema 1, as plain values: NaN has become None, degrees have one decimal, other figures three."""
    return {
        "schema": SCHEMA,
        "hingecheck": __version__,
        "clip": {**asdict(clip), "duration_s": _plain(clip.duration_s)},
        "model": model,
        "profile": {"name": profile_name, "sha256": profile_sha256},
        "view": {
            "kind": str(summary.view.kind),
            "facing": None if summary.view.facing is None else str(summary.view.facing),
            "yaw_deg": _plain(summary.view.yaw_deg, 1),
        },
        "tracking": {"frames_with_person": _plain(summary.frames_with_person), "warnings": list(summary.warnings)},
        "stand": str(result.stand),
        "reps": [rep_as_plain(rep) for rep in result.reps],
        "cues": {cue_id: dict(counts) for cue_id, counts in summary.cues.items()},
        "score": summary.score,
        "next_cue": summary.next_cue,
        "stage": {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(summary.stage).items()},
    }


def rep_as_plain(rep: Rep) -> dict[str, Any]:
    """One repetition as it stands in report.json."""
    return {
        "index": rep.index,
        **{name: _plain(getattr(rep, name)) for name in ("start_s", "bottom_s", "end_s")},
        "score": rep.score,
        "complete": rep.complete,
        "metrics": {name: _plain(value, 1 if name.endswith("_deg") else 3) for name, value in rep.metrics.items()},
        "uncertainty": {name: _plain(value, 1 if name.endswith("_deg") else 3) for name, value in rep.uncertainty.items()},
        "cues": {
            cue_id: {
                "status": str(said.status),
                "direction": said.direction,
                "value": _plain(said.value, 1 if said.unit == "degrees" else 3),
                "uncertainty": _plain(said.uncertainty, 1 if said.unit == "degrees" else 3),
                "limit": _plain(said.limit),
                "unit": said.unit,
                "at_s": _plain(said.at_s),
                "reason": said.reason,
            }
            for cue_id, said in rep.cues.items()
        },
    }


def _plain(value: float | None, digits: int = 3) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), digits)


def frames_csv(result: Result) -> Iterator[str]:
    """frames.csv in pieces: a row a frame; a measure is empty where it is NaN, ``rep`` is 0 between reps, ``cues`` are joined by ';'."""
    yield ",".join(COLUMNS) + "\n"
    for part in chunks(result):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(_rows(part))
        yield text.getvalue()


def _rows(result: Result) -> Iterable[tuple[str | int, ...]]:
    ids = np.array([cue.id for cue in CUES])
    made = {
        "time_s": [f"{time_s:.6f}" for time_s in result.time_s],
        "phase": [Phase(int(phase)).name.lower() for phase in result.phase],
        "rep": result.rep.tolist(),
        "cues": [";".join(ids[on]) for on in result.active],
    }
    for name in METRICS:
        made[name] = [
            "" if math.isnan(value) else f"{value:.{2 if name.endswith('_deg') else 4}f}" for value in getattr(result.metrics, name)
        ]
    return zip(*(made[name] for name in COLUMNS), strict=True)


def worst_moments(result: Result) -> list[Moment]:
    """Each cue's worst fault over all reps, most important cue first, at most six; without a fault, the bottom of the first rep."""
    worst: dict[str, tuple[float, Moment]] = {}
    for rep in result.reps:
        for cue_id, said in rep.cues.items():
            if said.status != Status.FAULT:
                continue
            excess = abs((said.value or 0.0) - (said.limit or 0.0))
            moment = Moment(rep.bottom_s if said.at_s is None else said.at_s, rep.index, cue_id)
            if cue_id not in worst or excess > worst[cue_id][0]:
                worst[cue_id] = (excess, moment)
    moments = [worst[cue_id][1] for cue_id in sorted(worst, key=lambda cue_id: BY_ID[cue_id].priority)]
    return moments[:MOST_MOMENTS] or [Moment(rep.bottom_s, rep.index, None) for rep in result.reps[:1]]


def html(report: Mapping[str, Any], result: Result, stills: Iterable[Still] = (), *, limits: Limits = TABLE_LIMITS) -> Iterator[str]:
    """report.html of one clip or session, in pieces: ``report`` as ``build`` made it, with the frames it was made of.

    ``limits`` are the profile's, (cue id, direction) -> limit, drawn as dashed lines.
    """
    plots = plotted(report, result, limits)
    return _pieces(
        "report.html",
        name=PurePath(report["clip"]["path"]).name,
        cues=CUES,
        by_id=BY_ID,
        limits=limits,
        pictures=[_picture(still, report["reps"]) for still in stills],
        plots=plots,
        plotly=Markup(_plotly_js()) if plots else "",
        linked=False,
        **explained(report),
    )


def explained(report: Mapping[str, Any]) -> dict[str, Any]:
    """What the templates ``verdict.html``, ``reps.html`` and ``unjudged.html`` say of a report in words."""
    return {
        "report": report,
        "judged": _judged(report),
        "notes": _notes(report["reps"]),
        "unjudged": _unjudged(report["reps"]),
        "work_on": [AREAS[area] for area in report["stage"]["work_on"]],
        "exercises": [EXERCISES[exercise][0] for exercise in report["stage"]["exercises"]],
        "next_cue": _evidence(report),
    }


def plotted(report: Mapping[str, Any], result: Result, limits: Limits) -> dict[str, Any] | None:
    """The plots of a report as the JSON that ``plots.js`` draws; None where nothing was measured."""
    return figure(result, limits, report["view"]["kind"], {cue.id for cue in _judged(report)})


def _judged(report: Mapping[str, Any]) -> list[Cue]:
    """The cues that could be judged at all."""
    return [cue for cue in CUES if any(report["cues"].get(cue.id, {}).get(status) for status in ("ok", "fault"))]


def batch_summary_html(rows: Sequence[Mapping[str, Any]], stills: Mapping[str, bytes] | None = None) -> str:
    """summary.html of a folder: the rows of results.csv (text or values), lowest score first, clips without a score after them.

    A row may carry ``report``, the relative address of its own page. ``stills``: path of a clip -> JPEG of its worst moment, shown in
    the order given.
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
        failed=sum(bool(clip["error"]) for clip in clips),
        scores=_score_bars([clip["score"] for clip in clips if clip["score"] is not None]),
        faults=_bars({cue.name: sum(bool(clip[cue.id]) for clip in clips) for cue in cues}),
        worst=[(by_path[path], _embedded(jpeg)) for path, jpeg in (stills or {}).items()],
    )
    return "".join(pieces)


def _score_bars(scores: Sequence[float]) -> list[tuple[str, int, float]]:
    """Clips by tens of their score, 0-9 to 90-100, as bars."""
    tens = Counter(min(int(score) // 10, 9) for score in scores)
    return _bars({f"{10 * ten}\u2013{100 if ten == 9 else 10 * ten + 9}": tens[ten] for ten in range(10)}) if scores else []


def _bars(counts: Mapping[str, int]) -> list[tuple[str, int, float]]:
    """What is counted, how many, and how long its bar is in percent of the longest."""
    most = max(counts.values(), default=0) or 1
    return [(name, count, round(100 * count / most, 1)) for name, count in counts.items()]


def _notes(reps: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """What has to be known of judgements that were made, each with the number it is referred to by, in the order of the table."""
    said = (said for rep in reps for said in rep["cues"].values() if said["status"] != "not_judged")
    return {note: number for number, note in enumerate(dict.fromkeys(one["reason"] for one in said if one["reason"]), 1)}


def _unjudged(reps: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[str]]]:
    """Why cues were not judged: (reason, cue names, with the number of reps where it was not all of them)."""
    counts = Counter(
        (said["reason"] or "not seen", cue_id) for rep in reps for cue_id, said in rep["cues"].items() if said["status"] == "not_judged"
    )
    names: dict[str, list[str]] = {}
    for (reason, cue_id), count in counts.items():
        names.setdefault(reason, []).append(BY_ID[cue_id].name + ("" if count == len(reps) else f" ({count} of {len(reps)} reps)"))
    return list(names.items())


def _evidence(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """The next cue in a coach's words and what it rests on: its commonest fault, in how many reps, and the worst of them."""
    if report["next_cue"] is None:
        return None
    cue = BY_ID[report["next_cue"]]
    faults = [(rep, rep["cues"][cue.id]) for rep in report["reps"] if rep["cues"].get(cue.id, {}).get("status") == "fault"]
    if not faults:
        return {"say": cue.name, "cue": cue, "count": 0, "worst": None}
    direction = Counter(said["direction"] for _, said in faults).most_common(1)[0][0]
    alike = [(rep, said) for rep, said in faults if said["direction"] == direction]
    rep, worst = max(alike, key=lambda pair: abs((pair[1]["value"] or 0.0) - (pair[1]["limit"] or 0.0)))
    say = next((fault.say for fault in cue.faults if fault.direction == direction), cue.name)
    return {"say": say, "cue": cue, "count": len(alike), "worst": worst, "rep": rep["index"]}


def _picture(still: Still, reps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A still with what its caption says."""
    moment = still.moment
    said = next((rep["cues"].get(moment.cue) for rep in reps if rep["index"] == moment.rep), None)
    return {"address": _embedded(still.jpeg), "cue": BY_ID.get(moment.cue or ""), "said": said, "rep": moment.rep, "time_s": moment.time_s}


def _embedded(jpeg: bytes) -> str:
    """The address of a picture that is in the page itself."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii")


def _plotly_js() -> str:
    from plotly.offline import get_plotlyjs  # only when a page is written: 0.1 s and 5 MB

    return get_plotlyjs()


def _shown(value: float | None, off: float | None, unit: str = "", finer: int = 0) -> str:
    """A figure and how far it may be off, as people read them: 31 ± 5° or 0.21 ± 0.03; empty where there is none."""
    if value is None:
        return ""
    digits = finer + _digits(unit)
    numbers = [f"{round(number, digits) + 0.0:.{digits}f}" for number in (value, off) if number is not None]  # + 0.0: never -0
    return "\u00a0±\u00a0".join(numbers) + ("°" if unit == "degrees" else "")


def _digits(unit: str) -> int:
    """Decimals that people are shown; report.json has one more."""
    return 0 if unit == "degrees" else 2


def _told(said: Mapping[str, Any]) -> str:
    """The value of a judgement."""
    return _shown(said["value"], said["uncertainty"], said["unit"])


def _against(said: Mapping[str, Any]) -> str:
    """A value and its limit, with a digit more where fewer would tell another story: "0.154 ± 0.032, limit 0.12"."""
    value, off, limit, unit = said["value"], said["uncertainty"], said["limit"], said["unit"]
    if value is None or limit is None:
        return _told(said)

    def clear(finer: int) -> bool:
        digits = finer + _digits(unit)
        return round(abs(round(value, digits) - limit) - round(off or 0.0, digits), 6) > 0

    return f"{_shown(value, off, unit, int(clear(0) != clear(1)))}, limit\u00a0{limit:g}" + ("°" if unit == "degrees" else "")


def _in_full(said: Mapping[str, Any]) -> str:
    """A value, its limit and their unit, where numbers without one would say nothing."""
    return _against(said) + ("" if said["unit"] == "degrees" else f" {said['unit']}")


def _words(name: str | None) -> str:
    """The name of a direction as it is read."""
    return (name or "").replace("_", " ")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _count_of(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


# What templates that show a report write figures and words with.
FILTERS: Final[dict[str, Callable[..., str]]] = {
    **{"shown": _shown, "told": _told, "against": _against, "in_full": _in_full},
    **{"words": _words, "sentence": _sentence, "count_of": _count_of},
}


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
