"""The browser's end of a live session: a page, and the WebSocket between its camera and the process that watches."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response, WebSocket
from starlette.concurrency import run_in_threadpool

from ..errors import HingecheckError
from .database import Row
from .deps import store
from .pages import render
from .sandbox import MEMORY_BYTES, begin
from .store import Store, profile_of

LARGEST_FRAME: Final = 2 << 20  # bytes of a JPEG
QUIET_S: Final = 120.0  # a page that sent nothing for so long has been forgotten
BUSY: Final = 1013  # closing code: try again later

router = APIRouter(include_in_schema=False)


@router.get("/live")
def page(request: Request) -> Response:
    """Where a session is held."""
    return render(request, "live.html", athletes=store(request).athletes())


@router.websocket("/live")
async def live(
    socket: WebSocket,
    athlete: Annotated[str, Query(min_length=1, max_length=1000)],
    minutes: Annotated[float, Query(gt=0, le=120)] = 15.0,
    keep: bool = True,
) -> None:
    """Frames in as JPEG, an empty one for the end; out a line of JSON and then the picture for every frame shown, at last a line alone."""
    own: Store = socket.app.state.store
    try:
        who = await run_in_threadpool(own.athlete_named, athlete)
    except HingecheckError:
        await socket.close(1008)
        return
    sessions: set[asyncio.Task[None]] = socket.app.state.sessions
    if sessions:
        await socket.close(BUSY, "another session is going on")
        return
    mine, theirs = get_context("spawn").Pipe()
    held = asyncio.create_task(_hold(socket, who, mine, theirs, minutes, keep))
    sessions.add(held)
    held.add_done_callback(sessions.discard)
    try:
        await socket.accept()
        await _listen(socket, mine)
    finally:
        await asyncio.shield(asyncio.to_thread(_end, mine))
        await asyncio.shield(held)  # it sums up and saves, whatever becomes of the page


async def _listen(socket: WebSocket, channel: Connection) -> None:
    """Pass frames on until the page says that it is over, is gone, or has sent nothing for too long."""
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(QUIET_S):
                message = await socket.receive()
            frame = message.get("bytes") or b""
            if message["type"] == "websocket.disconnect" or not frame:
                break
            if len(frame) <= LARGEST_FRAME:
                await run_in_threadpool(channel.send_bytes, frame)


def _end(channel: Connection) -> None:
    with suppress(OSError):  # it has ended by itself
        channel.send_bytes(b"")


async def _hold(socket: WebSocket, who: Row, mine: Connection, theirs: Connection, minutes: float, keep: bool) -> None:
    """Start the process that watches, tell the page what it shows, and make a clip of the session."""
    own: Store = socket.app.state.store
    clip_id, folder = await run_in_threadpool(own.new_folder)
    name = f"Live {datetime.now():%H:%M}"
    arguments = (theirs, str(folder), name, profile_of(who).model_dump(), socket.app.state.model, minutes, keep)
    process = get_context("spawn").Process(target=begin, args=("mirror", MEMORY_BYTES, 0, *arguments), daemon=True)
    kept = False
    try:
        await run_in_threadpool(process.start)
        theirs.close()
        try:
            ended = await _tell(socket, mine)
        finally:
            process.kill()
            await run_in_threadpool(process.join)
            mine.close()
        if ended["kind"] == "done":
            report = ended["report"]
            size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
            await run_in_threadpool(own.add_clip, clip_id, who["id"], name, date.today(), size, "done", report)
            kept = True
            ended = {"kind": "done", "id": clip_id, "reps": len(report["reps"]), "score": report["score"]}
        await _send(socket, ended)  # whoever left finds the session among the clips
        with suppress(Exception):
            await socket.close()
    finally:
        if not kept:
            own.remove_files([clip_id])


async def _tell(socket: WebSocket, channel: Connection) -> Mapping[str, Any]:
    """Pass on what the process shows, until it has said how the session ended."""
    while True:
        try:
            word = await run_in_threadpool(channel.recv)
        except (EOFError, OSError):
            return {"kind": "failed", "why": "the process that watched died. Begin again."}
        if word[0] == "done":
            return {"kind": "done", "report": word[1]}
        if word[0] == "failed":
            return {"kind": "failed", "why": word[1]}
        if word[0] == "ready":
            await _send(socket, {"kind": "ready"})
        else:
            await _send(socket, {"kind": "shown", **word[2]}, word[1])


async def _send(socket: WebSocket, told: Mapping[str, Any], picture: bytes = b"") -> None:
    """A line of JSON and a picture to a page that may be gone, which every transport says in a way of its own: its session goes on."""
    with suppress(Exception):
        await socket.send_json(told)
        if picture:
            await socket.send_bytes(picture)
