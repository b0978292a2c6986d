"""The API: upload, status, report, delete, and what the pages ask for besides. /openapi.json describes it, /docs shows it.

Whatever changes something needs the header X-CSRF-Token with the token of GET /api/session, and that answer's cookie.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from .. import report, run
from ..cues import BY_ID
from ..data import METRICS
from ..files import Draft
from ..profiles import Profile, validated
from . import work
from .jobs import Crew
from .security import Gate, TooManyTries
from .store import Row, Store, profile_of, tidy

SPARE_BYTES: Final = 256 << 20  # left on the disk for what is made of a clip
PAUSE_S: Final = 60.0  # an upload of which nothing came for so long is given up
LOOK_S: Final = 0.3  # between two looks at the progress

router = APIRouter(prefix="/api")

Id = Annotated[str, InPath(pattern="^[0-9a-f]{16}$", description="As given by the upload or a list.")]
Name = Annotated[str, Query(min_length=1, max_length=1000)]


class Progress(BaseModel):
    """How far the work on a clip is: frames done of those expected, and seconds left."""

    phase: str
    done: int
    of: int | None
    left_s: float | None


class Clip(BaseModel):
    """A clip and how it stands. ``judged``: a report is there, also while the clip is drawn again."""

    id: str
    name: str
    athlete: str
    athlete_name: str
    day: date
    bytes: int
    work: Literal["queued", "running", "done", "failed"]
    error: str | None
    judged: bool
    score: int | None
    reps: int | None
    view: str | None
    next_cue: str | None
    notes: str
    progress: Progress | None = None


class Athlete(BaseModel):
    """Somebody who is coached. ``settings``: what differs from the default limits."""

    id: str
    name: str
    stage: int | None
    work_on: str
    notes: str
    settings: dict[str, Any]


class Named(BaseModel):
    """A new athlete."""

    name: str = Field(min_length=1, max_length=1000)


class AthleteChanges(BaseModel, extra="forbid"):
    """What to change; what is left out stays. ``stage`` null: as measured."""

    name: str | None = Field(None, min_length=1, max_length=1000)
    stage: Annotated[int, Field(ge=1, le=3)] | None = None
    work_on: str | None = Field(None, max_length=2000)
    notes: str | None = Field(None, max_length=20_000)


class ClipChanges(BaseModel, extra="forbid"):
    """What to change; what is left out stays. ``athlete``: the name of another one, known or new."""

    name: str | None = Field(None, min_length=1, max_length=1000)
    day: date | None = None
    notes: str | None = Field(None, max_length=20_000)
    athlete: str | None = Field(None, min_length=1, max_length=1000)


class Settings(BaseModel, extra="forbid"):
    """Limits that differ from the default, as in a profile file: ``{"cues": {"soft_knees": {"bent": 40}}}``."""

    reps: dict[str, Any] = {}
    cues: dict[str, Any] = {}


class Session(BaseModel):
    """The token for X-CSRF-Token, and whether the sender is signed in."""

    csrf: str
    signed_in: bool


class Password(BaseModel):
    """What the coach signs in with."""

    password: str = Field(max_length=1000)


def store(request: Request) -> Store:
    """The data of the server that answers."""
    found: Store = request.app.state.store
    return found


def crew(request: Request) -> Crew:
    """Its processes."""
    found: Crew = request.app.state.crew
    return found


def clip_or_404(request: Request, clip_id: str) -> Row:
    """A clip with its report; 404 for one that is not there."""
    clip = store(request).clip(clip_id)
    if clip is None:
        raise HTTPException(404, "no such clip. It may have been deleted.")
    return clip


def judged_or_404(request: Request, clip_id: str) -> Row:
    """A clip that has a report."""
    clip = clip_or_404(request, clip_id)
    if clip["report"] is None:
        raise HTTPException(404, f"{clip['name']}: not analysed yet.")
    return clip


def athlete_or_404(request: Request, athlete_id: str) -> Row:
    """An athlete; 404 for one that is not there."""
    athlete = store(request).athlete(athlete_id)
    if athlete is None:
        raise HTTPException(404, "no such athlete. It may have been deleted.")
    return athlete


def shown(clip: Row, progress: dict[str, Any]) -> Clip:
    """A row of the store with how far its work is."""
    now = progress.get(clip["id"])
    return Clip.model_validate({**clip, "progress": None if now is None else asdict(now)})


def _athlete(row: Row) -> Athlete:
    return Athlete.model_validate({**row, "settings": json.loads(row["settings"])})


def verdict_of(request: Request, clip: Row, profile: Profile | None = None) -> run.Verdict:
    """A clip judged from its poses, by its athlete's limits unless others are given."""
    poses = store(request).folder(clip["id"]) / "poses.npz"
    if not poses.exists():
        raise HTTPException(409, f"{clip['name']}: not analysed yet.")
    verdict = run.retry(poses, profile=profile or profile_of(clip))
    return replace(verdict, clip=replace(verdict.clip, path=clip["name"]))


def differing(settings: Settings, name: str) -> dict[str, Any]:
    """What of some settings differs from the default; ``ProfileError`` when they are not allowed."""
    profile = validated({"name": name, **settings.model_dump()}, "limits")
    return profile.model_dump(exclude_defaults=True, exclude={"name"})


def still(request: Request, clip_id: str, moment: report.Moment) -> Path | None:
    """The picture of a moment, if it was drawn."""
    file = store(request).folder(clip_id) / "stills" / work.still_name(moment.rep, moment.cue, moment.time_s)
    return file if file.exists() else None


# Who is there


@router.get("/session")
def session(request: Request) -> Session:
    """The token that every change needs, with a cookie it belongs to."""
    gate: Gate = request.app.state.gate
    own = request.scope["session_id"]
    return Session(csrf=gate.token(own), signed_in=gate.is_in(own))


@router.post("/login", responses={401: {"description": "Wrong password"}, 429: {"description": "Too many wrong ones"}})
def login(request: Request, response: Response, given: Password) -> Session:
    """Sign in, where a password is asked for."""
    gate: Gate = request.app.state.gate
    try:
        own = gate.sign_in(given.password, request.client.host if request.client else "")
    except TooManyTries as error:
        raise HTTPException(429, f"{error}.", {"Retry-After": str(error.wait_s)}) from error
    if own is None:
        raise HTTPException(401, "wrong password.")
    response.headers["Set-Cookie"] = gate.set_cookie(own)
    return Session(csrf=gate.token(own), signed_in=True)


@router.post("/logout", status_code=204)
def logout(request: Request) -> None:
    """Sign out."""
    request.app.state.gate.sign_out(request.scope["session_id"])


# Athletes


@router.get("/athletes")
def athletes(request: Request) -> list[Athlete]:
    """All athletes, by name."""
    return [_athlete(row) for row in store(request).athletes()]


@router.post("/athletes", status_code=201)
def add_athlete(request: Request, new: Named) -> Athlete:
    """An athlete of this name; the one there is, if there is one."""
    return _athlete(store(request).athlete_named(new.name))


@router.get("/athletes/{athlete_id}")
def athlete(request: Request, athlete_id: Id) -> Athlete:
    """One athlete."""
    return _athlete(athlete_or_404(request, athlete_id))


@router.patch("/athletes/{athlete_id}")
def change_athlete(request: Request, athlete_id: Id, changes: AthleteChanges) -> Athlete:
    """Change name, stage, notes or what to work on."""
    athlete_or_404(request, athlete_id)
    values = changes.model_dump(exclude_unset=True)
    store(request).change_athlete(athlete_id, {name: value for name, value in values.items() if value is not None or name == "stage"})
    return athlete(request, athlete_id)


@router.put("/athletes/{athlete_id}/limits")
def set_limits(request: Request, athlete_id: Id, settings: Settings) -> Athlete:
    """Set an athlete's limits. All clips are judged again at once, and drawn again as soon as there is time."""
    row = athlete_or_404(request, athlete_id)
    store(request).change_athlete(athlete_id, {"settings": differing(settings, row["name"])})
    for clip in store(request).clips(athlete_id):
        if clip["judged"]:
            store(request).requeue(clip["id"], verdict_of(request, clip).report())
        elif clip["work"] == "running":
            store(request).requeue(clip["id"])
    crew(request).wake()
    return athlete(request, athlete_id)


@router.delete("/athletes/{athlete_id}", status_code=204)
def delete_athlete(request: Request, athlete_id: Id) -> None:
    """Delete an athlete with all clips, rows and files, for good."""
    athlete_or_404(request, athlete_id)
    clips = store(request).delete_athlete(athlete_id)
    crew(request).drop(clips)
    store(request).remove_files(clips)


# Clips


@router.get("/clips")
def clips(request: Request, athlete: Annotated[str | None, Query(pattern="^[0-9a-f]{16}$")] = None) -> list[Clip]:
    """All clips, or those of one athlete, the newest day first."""
    progress = crew(request).progress()
    return [shown(clip, progress) for clip in store(request).clips(athlete)]


@router.post(
    "/clips",
    status_code=201,
    openapi_extra={
        "requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    },
    responses={413: {"description": "Larger than a clip may be"}, 507: {"description": "No room on the disk"}},
)
async def upload(request: Request, name: Name, athlete: Name, day: date | None = None) -> Clip:
    """Upload a clip: the file itself is the body. ``athlete`` is a name, known or new; ``day`` when it was filmed, default today."""
    own, most = store(request), request.app.state.largest_upload
    name, athlete = tidy(name), tidy(athlete)
    said = request.headers.get("content-length", "0")
    if not said.isdigit() or int(said) > most:
        raise HTTPException(413, f"{name}: larger than {most / 1e9:g} GB. Cut the clip, or make it smaller.")
    if shutil.disk_usage(own.root).free < int(said) + SPARE_BYTES:
        raise HTTPException(507, f"{name}: no room left on the disk. Delete clips, or free some space.")
    clip_id, folder = await run_in_threadpool(own.new_folder)
    try:
        size = await _stream_to(request, folder / "original", name, most)
        athlete_id = (await run_in_threadpool(own.athlete_named, athlete))["id"]
        await run_in_threadpool(own.add_clip, clip_id, athlete_id, name, day or date.today(), size)
    except BaseException:
        own.remove_files([clip_id])
        raise
    crew(request).wake()
    return shown(await run_in_threadpool(clip_or_404, request, clip_id), {})


async def _stream_to(request: Request, target: Path, name: str, most: int) -> int:
    """Write the body of a request to a file, whole or not at all. Returns its bytes."""
    draft, size, chunks = Draft(target), 0, aiter(request.stream())
    try:
        with draft.path.open("wb") as file:
            while True:
                async with asyncio.timeout(PAUSE_S):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    break
                size += len(chunk)
                if size > most:
                    raise HTTPException(413, f"{name}: larger than {most / 1e9:g} GB. Cut the clip, or make it smaller.")
                await run_in_threadpool(file.write, chunk)
        if not size:
            raise HTTPException(422, f"{name}: the file is empty. Copy it again from where it was filmed.")
        await run_in_threadpool(draft.publish)
    except TimeoutError as error:
        raise HTTPException(408, f"{name}: nothing came for {PAUSE_S:.0f} seconds. Upload it again.") from error
    except ClientDisconnect as error:
        raise HTTPException(400, f"{name}: the upload broke off. Upload it again.") from error
    except OSError as error:
        raise HTTPException(507, f"{name}: cannot be stored ({error.strerror}). Free some space.") from error
    finally:
        draft.discard()
    return size


@router.get("/clips/{clip_id}")
def clip(request: Request, clip_id: Id) -> Clip:
    """How a clip stands."""
    return shown(clip_or_404(request, clip_id), crew(request).progress())


@router.patch("/clips/{clip_id}")
def change_clip(request: Request, clip_id: Id, changes: ClipChanges) -> Clip:
    """Change name, day, notes, or whose clip it is."""
    before = clip_or_404(request, clip_id)
    values = {name: value for name, value in changes.model_dump().items() if value is not None}
    if "day" in values:
        values["day"] = values["day"].isoformat()
    if "athlete" in values:
        values["athlete"] = store(request).athlete_named(values["athlete"])["id"]
    store(request).change_clip(clip_id, values)
    if values.get("athlete", before["athlete"]) != before["athlete"] and before["judged"]:  # other limits hold now
        store(request).requeue(clip_id, verdict_of(request, clip_or_404(request, clip_id)).report())
        crew(request).wake()
    return clip(request, clip_id)


@router.post("/clips/{clip_id}/again", status_code=202)
def again(request: Request, clip_id: Id) -> Clip:
    """Try a clip again that could not be analysed."""
    if clip_or_404(request, clip_id)["work"] == "failed":
        store(request).requeue(clip_id)
        crew(request).wake()
    return clip(request, clip_id)


@router.delete("/clips/{clip_id}", status_code=204)
def delete_clip(request: Request, clip_id: Id) -> None:
    """Delete a clip, its row and its files, for good."""
    clip_or_404(request, clip_id)
    store(request).delete_clip(clip_id)
    crew(request).drop([clip_id])
    store(request).remove_files([clip_id])


# What is known of a clip


@router.get("/clips/{clip_id}/report.json")
def report_json(request: Request, clip_id: Id) -> dict[str, Any]:
    """The report, as docs/commands.md describes it."""
    content: dict[str, Any] = judged_or_404(request, clip_id)["report"]
    return content


@router.post("/clips/{clip_id}/judge")
def judge(request: Request, clip_id: Id, settings: Settings) -> dict[str, Any]:
    """The report a clip would have under other limits; nothing is kept."""
    clip = judged_or_404(request, clip_id)
    return verdict_of(request, clip, validated({"name": "tried", **settings.model_dump()}, "limits")).report()


@router.get("/clips/{clip_id}/report.html", response_class=HTMLResponse)
def report_html(request: Request, clip_id: Id, download: bool = False) -> HTMLResponse:
    """The report as one page that needs nothing else, to be sent."""
    clip = judged_or_404(request, clip_id)
    verdict = verdict_of(request, clip)
    found = [(moment, still(request, clip_id, moment)) for moment in report.worst_moments(verdict.result)]
    stills = [report.Still(file.read_bytes(), moment) for moment, file in found if file is not None]
    page = report.html(verdict.report(), verdict.result, stills, limits=verdict.limits)
    answer = HTMLResponse(page.encode("utf-8", "backslashreplace"))
    # The page brings a stricter policy of its own; its script and styles are inside.
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; frame-ancestors 'none'; "
        "sandbox allow-scripts allow-modals"
    )
    if download:
        answer.headers["Content-Disposition"] = 'attachment; filename="report.html"'
    return answer


@router.get("/clips/{clip_id}/frames.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def frames_csv(request: Request, clip_id: Id) -> Response:
    """All measures, a row a frame."""
    table = report.frames_csv(verdict_of(request, judged_or_404(request, clip_id)).result)
    return Response(table, media_type="text/csv", headers={"Content-Disposition": 'attachment; filename="frames.csv"'})


@router.get("/clips/{clip_id}/series")
def series(request: Request, clip_id: Id) -> dict[str, Any]:
    """The time of every frame, s, and every measure there, null where there is none."""
    result = verdict_of(request, judged_or_404(request, clip_id)).result
    columns = {name: getattr(result.metrics, name) for name in METRICS}
    measured = {name: np.where(np.isfinite(values), np.round(values, 3), None).tolist() for name, values in columns.items()}
    return {"time_s": np.round(result.time_s, 6).tolist(), "metrics": measured}


@router.get("/clips/{clip_id}/video", response_class=FileResponse)
def video(request: Request, clip_id: Id, annotated: bool = False) -> FileResponse:
    """The clip as browsers play it, plain or with what was seen drawn upon it; parts of it by Range."""
    folder = store(request).folder(judged_or_404(request, clip_id)["id"])
    names = ("annotated.mp4",) if annotated else ("video.mp4", "original")
    file = next((folder / name for name in names if (folder / name).exists()), None)
    if file is None:
        raise HTTPException(404, "no video of this clip.")
    return FileResponse(file, media_type="video/mp4", headers={"Cache-Control": "private, no-cache"})


@router.get("/clips/{clip_id}/upload", response_class=FileResponse)
def uploaded(request: Request, clip_id: Id) -> FileResponse:
    """The file as it was uploaded."""
    clip = clip_or_404(request, clip_id)
    file = store(request).folder(clip["id"]) / "original"
    if not file.exists():
        raise HTTPException(404, "no video of this clip.")
    return FileResponse(file, media_type="application/octet-stream", filename=clip["name"])


@router.get("/clips/{clip_id}/poster", response_class=FileResponse)
def poster(request: Request, clip_id: Id) -> FileResponse:
    """The picture a clip is known by."""
    file = store(request).folder(clip_or_404(request, clip_id)["id"]) / "poster.jpg"
    if not file.exists():
        raise HTTPException(404, "no picture of this clip.")
    return FileResponse(file, media_type="image/jpeg")


@router.get("/clips/{clip_id}/stills/{rep}/{cue}/{ms}", response_class=FileResponse)
def still_jpeg(
    request: Request, clip_id: Id, rep: Annotated[int, InPath(ge=1, le=100_000)], cue: str, ms: Annotated[int, InPath(ge=0, le=10**9)]
) -> FileResponse:
    """The picture of a moment: of a fault by its cue, or of the ``bottom`` of a rep."""
    clip_or_404(request, clip_id)
    file = still(request, clip_id, report.Moment(ms / 1000, rep, cue)) if cue in BY_ID or cue == "bottom" else None
    if file is None:
        raise HTTPException(404, "no picture of this moment.")
    return FileResponse(file, media_type="image/jpeg")


# Progress


@router.get("/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def events(request: Request) -> StreamingResponse:
    """Server-sent events: ``clips``, a list of all clips that wait or are worked on, whenever it changes."""
    return StreamingResponse(_events(request), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _events(request: Request) -> AsyncIterator[str]:
    told, silent_s = None, 0.0
    while not request.app.state.closing() and not await request.is_disconnected():
        waiting = await run_in_threadpool(store(request).unfinished)
        progress = crew(request).progress()
        now = json.dumps([shown(clip, progress).model_dump(mode="json") for clip in waiting])
        if now != told:
            told, silent_s = now, 0.0
            yield f"event: clips\ndata: {now}\n\n"
        elif silent_s > 15:
            silent_s = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(LOOK_S)
        silent_s += LOOK_S
