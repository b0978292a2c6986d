"""Puts the server together and runs it."""

import asyncio
import json
import socket
import webbrowser
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any, Final

import platformdirs
import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

from .. import __version__
from ..errors import HingecheckError, InputError, OutputError
from ..vision import estimators
from . import api, live, pages, protocol, results, security, work
from .jobs import Crew
from .security import Gate, Guard
from .store import Store

LARGEST_UPLOAD: Final = 4 << 30  # bytes: half an hour of 1080p from a phone
SUMMING_UP_S: Final = 20.0  # time that a live session gets to finish when the server stops
HERE: Final = Path(__file__).parent
PLOTLY: Final = "plotly.min.js"


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `hingecheck serve`. ``data`` None: the user's own data folder. ``opens``: open the page in a browser."""

    host: str = "127.0.0.1"
    port: int = 8000
    data: Path | None = None
    workers: int = 1
    model: str = estimators.DEFAULT
    largest_upload: int = LARGEST_UPLOAD
    certificate: Path | None = None
    key: Path | None = None
    opens: bool = False


def create(
    store: Store, crew: Crew, gate: Gate, largest_upload: int = LARGEST_UPLOAD, closing: Callable[[], bool] = lambda: False
) -> FastAPI:
    """The application over an open store. It starts the crew when it starts and stops it when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        pages.warm()
        crew.start()
        yield
        if app.state.sessions:
            await asyncio.wait(app.state.sessions, timeout=SUMMING_UP_S)
        await asyncio.to_thread(crew.stop)

    app = FastAPI(title="hingecheck", version=__version__, description=api.__doc__ or "", docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.store, app.state.crew, app.state.gate = store, crew, gate
    app.state.largest_upload, app.state.closing = largest_upload, closing
    app.state.sessions, app.state.model = set(), crew.model
    app.include_router(api.router)
    app.include_router(results.router)
    app.include_router(pages.router)
    app.include_router(live.router)
    app.add_api_route(f"/static/{PLOTLY}", _plotly, include_in_schema=False)
    app.add_api_route("/static/{name}", _shared, include_in_schema=False)
    app.add_exception_handler(HingecheckError, _told)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(OSError, _failed)
    app.mount("/static/own", StaticFiles(directory=HERE / "static"))
    app.add_middleware(protocol.Heads)
    app.add_middleware(Guard, gate=gate)
    return app


@cache
def _plotly_file() -> Path:
    import plotly

    return Path(plotly.__file__).parent / "package_data" / PLOTLY


def _plotly() -> FileResponse:
    return FileResponse(_plotly_file(), headers={"Cache-Control": "private, max-age=86400"})


def _shared(name: str) -> FileResponse:
    """A style or script file that the report uses too."""
    if name not in ("style.css", "plots.js"):
        raise HTTPException(404)
    return FileResponse(HERE.parent / "show" / "templates" / name, headers={"Cache-Control": "no-cache"})


def _told(request: Request, error: Any) -> Response:
    return _answered(request, 507 if isinstance(error, OutputError) else 422, str(error))


def _failed(request: Request, error: Any) -> Response:
    """Of the files of the store: a full disk is named, anything else is our own fault."""
    if not work.out_of_room(error):
        raise error
    return _answered(request, 507, work.FULL)


def _invalid(request: Request, error: Any) -> Response:
    """What is wrong with a request, without what it held: that may be no text."""
    wrong = [{key: problem[key] for key in ("type", "loc", "msg")} for problem in error.errors()]
    return Response(json.dumps({"detail": wrong}, default=str), 422, media_type="application/json")


def _refused(request: Request, error: Any) -> Response:
    return _answered(request, error.status_code, error.detail, error.headers)


def _answered(request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that says why a request failed: JSON for programs and scripts, a page for people."""
    if request.url.path.startswith("/api/") or request.method != "GET":
        return JSONResponse({"detail": detail}, status, headers)
    return pages.render(request, "error.html", status, status_code=status, detail=detail)


def run(options: Options, ask: Callable[[], str | None]) -> None:
    """Serve until Ctrl-C. ``ask`` gives the password, None for the one set before. Called only if other computers can reach the server."""
    local, https = security.is_local(options.host), options.certificate is not None
    data = options.data or Path(platformdirs.user_data_dir("hingecheck", appauthor=False))
    with _listening(options) as listener, Store(data) as store:
        password = None if local else security.agreed(store, ask())
        crew = Crew(store, workers=options.workers, model=options.model)
        gate = Gate(store, password, options.host, https)
        app = create(store, crew, gate, options.largest_upload, lambda: server.should_exit)
        config = uvicorn.Config(
            app,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            http=protocol.Patient,
            ws="wsproto",
            ws_max_size=live.LARGEST_FRAME,
            timeout_graceful_shutdown=3,
            ssl_certfile=options.certificate,
            ssl_keyfile=options.key,
        )
        try:
            server = uvicorn.Server(config)
            if https:
                config.load()
        except OSError as error:
            raise InputError(
                f"{options.certificate}: cannot be used ({error.strerror or error}). Give a certificate and its key, PEM."
            ) from error
        port = listener.getsockname()[1]
        shown = f"[{options.host}]" if ":" in options.host else options.host
        print(f"http{'s' if https else ''}://{shown}:{port}  (data in {data}; Ctrl-C ends it)", flush=True)
        if not local and not https:
            print("Note: without --certificate, whoever listens on this network can read the password and the videos.", flush=True)
        if options.opens:
            reached = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(options.host, shown)
            # In a thread: some browsers come back only when they are closed. The socket listens already, so nothing is missed.
            Thread(target=webbrowser.open, args=(f"http{'s' if https else ''}://{reached}:{port}",), daemon=True).start()
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


def _listening(options: Options) -> socket.socket:
    """The socket to serve at. ``InputError`` if the address is in use."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        return socket.create_server((options.host, options.port), family=family, backlog=128)
    except OSError as error:
        raise InputError(
            f"{options.host}:{options.port}: cannot be served at ({error.strerror or error}). Choose another --port or --host."
        ) from error
