"""The API: upload, status, report, delete, and what the pages ask for besides. /openapi.json describes it, /docs shows it.

Whatever changes something needs the header X-CSRF-Token with the token of GET /api/session, and that answer's cookie.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from ..errors import RecordingError
from ..storage.files import Draft
from . import corrections
from .database import Row
from .deps import athlete_or_404, clip_or_404, crew, differing, judged_or_404, shown, shown_athlete, store, verdict_of
from .schemas import Athlete, AthleteChanges, Clip, ClipChanges, Correction, Id, Name, Named, Password, Session, Settings
from .security import Gate, TooManyTries
from .store import tidy
from .work import FULL, out_of_room

SPARE_BYTES: Final = 256 << 20  # kept free on the disk for the files that are made from a clip
PAUSE_S: Final = 60.0  # an upload that sends nothing for so long is given up
LOOK_S: Final = 0.3  # between two checks of the progress

router = APIRouter(prefix="/api")


# Signing in


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
    return [shown_athlete(row) for row in store(request).athletes()]


@router.post("/athletes", status_code=201)
def add_athlete(request: Request, new: Named) -> Athlete:
    """An athlete of this name; the one there is, if there is one."""
    return shown_athlete(store(request).athlete_named(new.name))


@router.get("/athletes/{athlete_id}")
def athlete(request: Request, athlete_id: Id) -> Athlete:
    """One athlete."""
    return shown_athlete(athlete_or_404(request, athlete_id))


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
            store(request).requeue(clip["id"], _judged_again(request, clip))
        elif clip["work"] == "running":
            store(request).requeue(clip["id"])
    crew(request).wake()
    return athlete(request, athlete_id)


def _judged_again(request: Request, clip: Row) -> dict[str, Any] | None:
    """The report of a clip under its athlete's limits. None where its poses are too old to be read, so that it has to be tracked again."""
    try:
        return verdict_of(request, clip).report()
    except (RecordingError, HTTPException):
        return None


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
    return [shown(clip, progress, crew(request).trouble) for clip in store(request).clips(athlete)]


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
    if (await run_in_threadpool(shutil.disk_usage, own.root)).free < int(said) + SPARE_BYTES:
        raise HTTPException(507, f"{name}: {FULL}")
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
    # Calls that may wait for the disk run in a thread, so that pages stay quick.
    draft, size, chunks = await run_in_threadpool(Draft, target), 0, aiter(request.stream())
    try:
        file = await run_in_threadpool(draft.path.open, "wb")
        try:
            while True:
                async with asyncio.timeout(PAUSE_S):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    break
                size += len(chunk)
                if size > most:
                    raise HTTPException(413, f"{name}: larger than {most / 1e9:g} GB. Cut the clip, or make it smaller.")
                await run_in_threadpool(file.write, chunk)
        finally:
            await run_in_threadpool(file.close)
        if not size:
            raise HTTPException(422, f"{name}: the file is empty. Copy it again from where it was filmed.")
        await run_in_threadpool(draft.publish)
    except TimeoutError as error:
        raise HTTPException(408, f"{name}: nothing came for {PAUSE_S:.0f} seconds. Upload it again.") from error
    except ClientDisconnect as error:
        raise HTTPException(400, f"{name}: the upload broke off. Upload it again.") from error
    except OSError as error:
        why = FULL if out_of_room(error) else f"cannot be stored ({error.strerror}). Check the folder of --data."
        raise HTTPException(507, f"{name}: {why}") from error
    finally:
        draft.discard()
    return size


@router.get("/clips/{clip_id}")
def clip(request: Request, clip_id: Id) -> Clip:
    """How a clip stands."""
    return shown(clip_or_404(request, clip_id), crew(request).progress(), crew(request).trouble)


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
    if values.get("athlete", before["athlete"]) != before["athlete"] and before["judged"]:  # the limits of the new athlete apply
        store(request).requeue(clip_id, _judged_again(request, clip_or_404(request, clip_id)))
        crew(request).wake()
    return clip(request, clip_id)


@router.post("/clips/{clip_id}/again", status_code=202)
def again(request: Request, clip_id: Id) -> Clip:
    """Try a clip again that could not be analysed."""
    if clip_or_404(request, clip_id)["work"] == "failed":
        store(request).requeue(clip_id)
        crew(request).wake()
    return clip(request, clip_id)


@router.get("/clips/{clip_id}/corrections")
def corrections_of(request: Request, clip_id: Id) -> list[Correction]:
    """The faults and reps of a clip that the coach rejected."""
    clip_or_404(request, clip_id)
    return corrections.load(store(request).folder(clip_id))


@router.put("/clips/{clip_id}/corrections")
def correct(request: Request, clip_id: Id, given: Annotated[list[Correction], Body(max_length=10_000)]) -> Clip:
    """Set the faults and reps of a clip that the coach rejects. Its scores follow at once, and it is drawn again."""
    row = judged_or_404(request, clip_id)
    corrections.save(store(request).folder(clip_id), given)
    store(request).requeue(clip_id, _judged_again(request, row))
    crew(request).wake()
    return clip(request, clip_id)


@router.get("/corrections.json")
def corrections_json(request: Request) -> list[dict[str, Any]]:
    """The corrections of all clips, as labels: clip, its SHA-256, time, cue and direction, ``no_fault`` or ``no_rep``."""
    found: list[dict[str, Any]] = []
    for row in store(request).clips():
        given = corrections.load(store(request).folder(row["id"])) if row["judged"] else []
        if given:
            found += corrections.labels(row, judged_or_404(request, row["id"])["report"], given)
    return found


@router.delete("/clips/{clip_id}", status_code=204)
def delete_clip(request: Request, clip_id: Id) -> None:
    """Delete a clip, its row and its files, for good."""
    clip_or_404(request, clip_id)
    store(request).delete_clip(clip_id)
    crew(request).drop([clip_id])
    store(request).remove_files([clip_id])


# Progress


@router.get("/events", response_class=StreamingResponse, responses={200: {"content": {"text/event-stream": {}}}})
async def events(request: Request) -> StreamingResponse:
    """Server-sent events: ``clips``, a list of all clips that wait or are worked on, whenever it changes."""
    return StreamingResponse(_events(request), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _events(request: Request) -> AsyncIterator[str]:
    sent, silent_s = None, 0.0
    while not request.app.state.closing() and not await request.is_disconnected():
        waiting = await run_in_threadpool(store(request).unfinished)
        progress = crew(request).progress()
        now = json.dumps([shown(clip, progress, crew(request).trouble).model_dump(mode="json") for clip in waiting])
        if now != sent:
            sent, silent_s = now, 0.0
            yield f"event: clips\ndata: {now}\n\n"
        elif silent_s > 15:
            silent_s = 0.0
            yield ": still here\n\n"
        await asyncio.sleep(LOOK_S)
        silent_s += LOOK_S
