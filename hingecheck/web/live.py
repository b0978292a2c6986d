"""A live session in the browser: its page, and the WebSocket between its camera and the worker process."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from multiprocessing.connection import Connection
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response, WebSocket
from starlette.concurrency import run_in_threadpool

from ..drive.workers import Limits, Worker
from ..errors import HingecheckError, OutputError
from . import mirror, sandbox
from .database import Row
from .deps import store
from .pages import render
from .store import Store, profile_of

LARGEST_FRAME: Final = 2 << 20  # bytes of a JPEG
QUIET_S: Final = 120.0  # a page that sends nothing for so long counts as left behind
LIMITS: Final = Limits(silent_s=300.0)  # the worker sends pictures even while no frame comes, so only loading and the summary are silent
AGAIN_S: Final = (1.0, 3.0, 10.0, 30.0)  # between tries to store a session while that fails
BUSY: Final = 1013  # closing code: try again later

Feed = Connection  # sends frames, as bytes, to the worker

router = APIRouter(include_in_schema=False)


@router.get("/live")
def page(request: Request) -> Response:
    """The page of a live session."""
    return render(request, "live.html", athletes=store(request).athletes())


@router.websocket("/live")
async def live(
    socket: WebSocket,
    athlete: Annotated[str, Query(min_length=1, max_length=1000)],
    minutes: Annotated[float, Query(gt=0, le=120)] = 15.0,
    keep: bool = True,
) -> None:
    """The WebSocket of a session.

    In: frames as JPEG, and an empty one for the end. Out: for every frame shown a line of JSON and then the picture. At the end: a line
    alone.
    """
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
    feed: asyncio.Future[Feed] = asyncio.get_running_loop().create_future()
    held = asyncio.create_task(_hold(socket, who, feed, minutes, keep))
    sessions.add(held)
    held.add_done_callback(sessions.discard)
    held.add_done_callback(lambda _: feed.cancel())  # has no effect once the worker has started
    try:
        await socket.accept()
        await _listen(socket, await asyncio.shield(feed))
    finally:
        await asyncio.shield(_end(feed))
        await asyncio.shield(held)  # the session is summed up and saved even if the page is gone


async def _listen(socket: WebSocket, feed: Feed) -> None:
    """Pass frames on until the page ends the session, is gone or has sent nothing for too long, or until the worker takes none."""
    with suppress(OSError):  # TimeoutError is an OSError
        while True:
            async with asyncio.timeout(QUIET_S):
                message = await socket.receive()
            frame = message.get("bytes") or b""
            if message["type"] == "websocket.disconnect" or not frame:
                break
            if len(frame) <= LARGEST_FRAME:
                await run_in_threadpool(feed.send_bytes, frame)


async def _end(started: "asyncio.Future[Feed]") -> None:
    """Tell the worker that no more frames come."""
    with suppress(OSError, asyncio.CancelledError):  # the worker has ended by itself, or never started
        feed = await started
        await asyncio.to_thread(feed.send_bytes, b"")


async def _hold(socket: WebSocket, who: Row, feed: "asyncio.Future[Feed]", minutes: float, keep: bool) -> None:
    """Start the worker, send its pictures to the page, and store the session as a clip."""
    own: Store = socket.app.state.store
    clip_id, folder = await run_in_threadpool(own.new_folder)
    name = f"Live {datetime.now():%H:%M}"
    job = mirror.Job(str(folder), name, profile_of(who).model_dump(), socket.app.state.model, minutes, keep)
    saved = False
    try:
        start = partial(Worker, mirror.main, sandbox.within(sandbox.SESSION, folder), copied=False, fed=True)
        worker: Worker[mirror.Job] = await run_in_threadpool(start)
        try:
            worker.begin(job)
            assert worker.feed is not None  # a live job always has a feed
            feed.set_result(worker.feed)
            ended = await _relay(socket, worker)
        finally:
            await run_in_threadpool(worker.end)
        if ended["kind"] == "done":
            report = ended["report"]
            size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
            try:
                await _stored(own.add_clip, clip_id, who["id"], name, date.today(), size, "done", report)
            except OutputError as error:
                ended = {"kind": "failed", "why": f"the session could not be kept: {str(error).partition(': ')[2]}"}
            else:
                saved = True
                ended = {"kind": "done", "id": clip_id, "reps": len(report["reps"]), "score": report["score"]}
        await _send(socket, ended)  # a user who has left finds the session among the clips
        with suppress(Exception):
            await socket.close()
    finally:
        if not saved:
            own.remove_files([clip_id])


async def _stored(add: Callable[..., None], *row: Any) -> None:
    """Add a row; while the disk is full or the data held, again and again for a while. ``OutputError`` if that does not end."""
    for pause_s in AGAIN_S:
        try:
            return await run_in_threadpool(add, *row)
        except OutputError:
            await asyncio.sleep(pause_s)
    await run_in_threadpool(add, *row)


async def _relay(socket: WebSocket, worker: "Worker[mirror.Job]") -> Mapping[str, Any]:
    """Send the worker's pictures to the page until the session is over. Returns how it ended."""
    events = worker.follow(LIMITS)
    while (event := await run_in_threadpool(next, events, None)) is not None:
        kind, value = event
        if kind == "message":
            what, *shown = value
            if what == "ready":
                await _send(socket, {"kind": "ready"})
            else:
                picture, state = shown
                await _send(socket, {"kind": "shown", **state}, picture)
        elif isinstance(value, HingecheckError) and kind == "result":
            return {"kind": "failed", "why": str(value)}
        elif isinstance(value, Exception):
            break
        elif value is None:
            return {"kind": "failed", "why": "nothing was practised, so nothing is kept. Stand tall before the camera until it says go."}
        else:
            return {"kind": "done", "report": value}
    return {"kind": "failed", "why": "the process that watched died. Begin again."}


async def _send(socket: WebSocket, content: Mapping[str, Any], picture: bytes = b"") -> None:
    """Send a line of JSON and a picture. Errors of a page that is gone differ between transports; all are ignored: the session goes on."""
    with suppress(Exception):
        await socket.send_json(content)
        if picture:
            await socket.send_bytes(picture)
