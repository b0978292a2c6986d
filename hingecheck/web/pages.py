"""The pages for the coach. Their words on a clip come from the templates of the report. Scripts ask the API for the rest."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any

import jinja2
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from .. import __version__
from ..drive.clip import Verdict
from ..show import report
from ..verdict.cues import BY_ID, CUES
from ..verdict.profiles import validated
from ..verdict.scoring import AREAS, EXERCISES
from . import corrections, history
from .database import Row
from .deps import athlete_or_404, clip_or_404, crew, differing, judged_or_404, shown, still, store, verdict_of
from .form import changed, form_of
from .schemas import Id, Settings
from .store import profile_of

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@cache
def _templates() -> jinja2.Environment:
    templates = jinja2.Environment(
        loader=jinja2.ChoiceLoader([jinja2.PackageLoader("hingecheck.web"), jinja2.PackageLoader("hingecheck.show")]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= report.FILTERS
    return templates


def warm() -> None:
    """Compile the templates in advance, so that the first visitor does not wait for it."""
    for name in _templates().list_templates(extensions=["html"]):
        _templates().get_template(name)


def render(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page made from a template."""
    gate = request.app.state.gate
    own = request.scope["session_id"]
    common = {"version": __version__, "csrf": gate.token(own), "guarded": gate.password is not None, "signed_in": gate.is_in(own)}
    return HTMLResponse(_templates().get_template(template).render(**common, **values).encode("utf-8", "backslashreplace"), status)


@router.get("/")
def home(request: Request) -> Response:
    """Upload, athletes, latest clips."""
    return render(
        request,
        "home.html",
        athletes=store(request).athletes(),
        by_id=BY_ID,
        largest=request.app.state.largest_upload,
        **_listed(request, store(request).clips()),
    )


def _listed(request: Request, clips: Sequence[Row]) -> dict[str, Any]:
    """What a table of clips shows: the clips with their state, and which of them have a picture."""
    folder, progress = store(request).folder, crew(request).progress()
    posters = {clip["id"] for clip in clips if (folder(clip["id"]) / "poster.jpg").exists()}
    return {"clips": [shown(clip, progress, crew(request).trouble) for clip in clips], "posters": posters}


@router.get("/login")
def login(request: Request) -> Response:
    """Where the password is asked for."""
    gate = request.app.state.gate
    if not gate.is_in(request.scope["session_id"]):
        return render(request, "login.html")
    asked = request.query_params.get("next", "/")
    return RedirectResponse(asked if asked.startswith("/") and asked[1:2] not in ("/", "\\") else "/", 303)


@router.get("/clips/{clip_id}")
def clip(request: Request, clip_id: Id) -> Response:
    """All about one clip."""
    row = clip_or_404(request, clip_id)
    now = shown(row, crew(request).progress(), crew(request).trouble)
    if row["report"] is None:
        return render(request, "waiting.html", clip=now)
    profile = profile_of(row)
    others = [other for other in store(request).clips() if other["reps"] and other["id"] != clip_id] if row["reps"] else []
    others.sort(key=lambda other: other["athlete"] != row["athlete"])
    folder = store(request).folder(clip_id)
    judged = verdict_of(request, row, profile)
    return render(
        request,
        "clip.html",
        clip=now,
        others=others,
        limits=form_of(profile),
        plain=(folder / "original").exists(),
        watchable=(folder / "annotated.mp4").exists(),
        data=_data(row, judged),
        **_said(request, row, judged),
    )


@router.post("/clips/{clip_id}/verdict", response_class=JSONResponse)
def verdict(request: Request, clip_id: Id, tried: Settings) -> dict[str, Any]:
    """What the page of a clip shows under other limits: its verdict in HTML, scores and plots."""
    row = judged_or_404(request, clip_id)
    profile = validated({"name": row["athlete_name"], **tried.model_dump(by_alias=True)}, "limits")
    judged = verdict_of(request, row, profile)
    said = _said(request, row, judged)
    html = {name: _templates().get_template(f"{name}.html").render(**said) for name in ("verdict", "faults", "details")}
    return {**html, "differs": differing(tried, row["athlete_name"]), **_data(row, judged)}


def _data(row: Row, judged: Verdict) -> dict[str, Any]:
    """The data for the script of a clip's page: what it draws, the times it jumps to, and the scores it compares."""
    content = judged.report()
    return {
        "id": row["id"],
        "athlete": row["athlete"],
        "figure": report.plotted(content, judged.result, judged.limits),
        "time_s": [round(t, 6) for t in judged.result.time_s.tolist()],
        "score": content["score"],
        "reps": [
            {
                **{name: rep[name] for name in ("index", "start_s", "bottom_s", "end_s", "score")},
                "wrong": [f"{cue_id}.{said['direction']}" for cue_id, said in rep["cues"].items() if said["status"] == "fault"],
            }
            for rep in content["reps"]
        ],
    }


def _said(request: Request, row: Row, judged: Verdict) -> dict[str, Any]:
    """The values for the templates of a clip."""
    content = judged.report()
    said = report.explained(content)
    rejected = [
        {"given": one.model_dump(), "name": report.named(one.direction, BY_ID[one.cue]) if one.cue in BY_ID else "a rep that is none"}
        for one in corrections.load(store(request).folder(row["id"]))
    ]
    faults = [_fault(request, row, *found) for found in _faults(content, said["next_cue"])]
    first = faults[0] if faults and said["next_cue"] else None
    return {
        **said,
        "linked": True,
        "faults": faults,
        "still": first and first["still"],
        "moment": first and f"#t={first['at_s']}",
        "rejected": rejected,
    }


def _faults(content: Mapping[str, Any], first: Mapping[str, Any] | None) -> list[tuple[Mapping[str, Any], str, Mapping[str, Any]]]:
    """All faults as (rep, cue id, judgement), the one that the headline names ``first``.

    Then those of its cue, then the more urgent cue first, and within a cue the worst first.
    """
    found = [(rep, cue_id, said) for rep in content["reps"] for cue_id, said in rep["cues"].items() if said["status"] == "fault"]

    def order(fault: tuple[Mapping[str, Any], str, Mapping[str, Any]]) -> tuple[bool, bool, int, float]:
        rep, cue_id, said = fault
        of_first = first is not None and first["cue"].id == cue_id
        is_first = of_first and first is not None and first["rep"] == rep["index"]
        return not is_first, not of_first, BY_ID[cue_id].priority, -report.excess(said["value"], said["limit"])

    return sorted(found, key=order)


def _fault(request: Request, row: Row, rep: Mapping[str, Any], cue_id: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """A fault as a link to its worst moment, with the address of its still if one was drawn."""
    at_s = rep["bottom_s"] if said["at_s"] is None else said["at_s"]
    drawn = still(request, row["id"], report.Moment(at_s, rep["index"], cue_id))
    address = f"/api/clips/{row['id']}/stills/{rep['index']}/{cue_id}/{round(at_s * 1000)}"
    say = next(fault.say for fault in BY_ID[cue_id].faults if fault.direction == said["direction"])
    return {
        **{
            "rep": rep["index"],
            "bottom_s": rep["bottom_s"],
            "cue": BY_ID[cue_id],
            "said": said,
            "at_s": at_s,
            "say": say,
            "still": address if drawn else None,
        },
        "name": report.named(said["direction"], BY_ID[cue_id]),
    }


@router.get("/compare")
def compare(
    request: Request,
    left: Annotated[str | None, Query(pattern="^[0-9a-f]{16}$")] = None,
    right: Annotated[str | None, Query(pattern="^[0-9a-f]{16}$")] = None,
) -> Response:
    """Two clips side by side."""
    judged = [clip for clip in store(request).clips() if clip["judged"] and clip["reps"]]
    sides = []
    for wanted in (left, right):
        row = judged_or_404(request, wanted) if wanted else None
        sides.append(None if row is None else {"clip": row, "data": _compared(row), "said": report.explained(row["report"])})
    return render(request, "compare.html", clips=judged, sides=sides, rows=_rows(sides))


def _compared(row: Row) -> dict[str, Any]:
    names = ("index", "start_s", "bottom_s", "end_s", "score", "complete")
    return {"id": row["id"], "name": row["name"], "reps": [{name: rep[name] for name in names} for rep in row["report"]["reps"]]}


def _rows(sides: Sequence[Mapping[str, Any] | None]) -> list[dict[str, Any]]:
    """One row for each cue that was judged in either clip, with its counts in both."""
    if None in sides:
        return []
    reports = [side["clip"]["report"] for side in sides if side is not None]
    rows = []
    for cue in CUES:
        counts = [content["cues"].get(cue.id, {}) for content in reports]
        if any(count.get("ok") or count.get("fault") for count in counts):
            rows.append({"cue": cue, "counts": counts})
    return rows


@router.get("/athletes/{athlete_id}")
def athlete(request: Request, athlete_id: Id) -> Response:
    """An athlete over time."""
    row = athlete_or_404(request, athlete_id)
    clips = store(request).clips(athlete_id, reports=True)
    reports = [(clip["day"], json.loads(clip["report"])) for clip in clips if clip["reps"]]
    career = history.career(reports)
    shares = {
        cue.id: [career.share(day, cue.id) for day in career.days]
        for cue in CUES
        if any(career.share(day, cue.id) is not None for day in career.days)
    }
    work_on = [AREAS[area] for area in career.stage.work_on] if career.stage else []
    exercises = [EXERCISES[exercise][0] for exercise in career.stage.exercises] if career.stage else []
    return render(
        request,
        "athlete.html",
        athlete=row,
        career=career,
        **_listed(request, clips),
        shares=shares,
        work_on=work_on,
        exercises=exercises,
        faults=history.common_faults(content for _, content in reports)[:5],
        by_id=BY_ID,
        settings=changed(profile_of(row)),
        data={
            "id": athlete_id,
            "days": [day.day for day in career.days],
            "scores": [day.score for day in career.days],
            "reps": [day.reps for day in career.days],
            "cues": [{"name": BY_ID[cue_id].name, "shares": values} for cue_id, values in shares.items()],
        },
    )


@router.get("/docs")
def docs(request: Request) -> Response:
    """The API, read off its own description."""
    described = request.app.openapi()
    calls = [
        {"path": path, "method": method.upper(), **call}
        for path, methods in described["paths"].items()
        for method, call in methods.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]
    return render(request, "docs.html", calls=calls, schemas=described.get("components", {}).get("schemas", {}))
