"""The commands on clips, recordings and cameras, ``cues``, ``serve`` and ``doctor``."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import HingecheckError, InputError
from . import progress, tables
from .options import (
    EveryFrameOption,
    ExerciseOption,
    ModelOption,
    ProfileOption,
    RotateOption,
    WorkersOption,
    known_or_none,
    profile_of,
)
from .program import BAD_INPUT, OK, SOME_FAILED, app


class TableFormat(StrEnum):
    """How a batch writes its tables."""

    CSV = "csv"
    PARQUET = "parquet"


@app.command()
def analyze(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP...", help="Video files.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the results; default: each clip's own.")] = None,
    annotate: Annotated[bool, typer.Option(help="Write annotated.mp4 too.")] = True,
    profile: ProfileOption = None,
    exercise: ExerciseOption = None,
    model: ModelOption = "full",
    workers: WorkersOption = None,
    every_frame: EveryFrameOption = False,
    rotate: RotateOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print report.json to stdout and nothing else there.")] = False,
) -> int:
    """Score clips. Each gets report.json, report.html, frames.csv, poses.npz and annotated.mp4 in NAME.hingecheck."""
    from functools import partial

    from ..drive import clip as one_clip
    from ..drive import segments

    limits = profile_of(profile, exercise)
    tracker = one_clip.upright(partial(segments.track, workers=workers or os.cpu_count() or 1, every_frame=every_frame), rotate)
    reports, failed, cut = [], 0, 0
    for clip, folder in zip(clips, one_clip.folders(clips, out), strict=True):
        try:
            with progress.bars(as_json) as shown:
                content = one_clip.clip(
                    clip,
                    folder,
                    profile=limits,
                    model=model,
                    annotate=annotate,
                    on_frame=progress.follow(shown, f"{clip.name}: seeing"),
                    on_drawn=progress.follow(shown, f"{clip.name}: drawing") if annotate else None,
                    tracker=tracker,
                )
        except HingecheckError as error:
            if len(clips) == 1:
                raise
            failed += 1
            print(tables.one_line(str(error)), file=sys.stderr)
            continue
        reports.append(content)
        if not as_json:
            tables.report(content, folder)
        if (early := one_clip.cut_off(content)) is not None:
            cut += 1
            print(tables.one_line(f"{clip}: {early}. What is there was scored; copy the file again for the rest."), file=sys.stderr)
    if as_json:
        print(tables.as_json(reports[0] if len(clips) == 1 else reports))
    if failed + cut == len(clips):
        return BAD_INPUT
    return SOME_FAILED if failed + cut else OK


@app.command()
def batch(
    folder: Annotated[Path, typer.Argument(help="Folder of clips; its subfolders are searched too.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the results; default: FOLDER/hingecheck-results.")] = None,
    workers: WorkersOption = None,
    scheduler: Annotated[
        str | None, typer.Option("--scheduler", help="A Dask scheduler, tcp://HOST:PORT, to spread the work over.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Score all clips again, also those already done.")] = False,
    format: Annotated[TableFormat, typer.Option("--format", help="parquet: results and reps as Parquet files too.")] = TableFormat.CSV,
    time_limit: Annotated[float | None, typer.Option("--time-limit", min=1, help="Seconds a clip may take; default: 4 hours.")] = None,
    memory: Annotated[int | None, typer.Option("--memory", min=100, help="MB that a process may take; default: 2000.")] = None,
    profile: ProfileOption = None,
    exercise: ExerciseOption = None,
    model: ModelOption = "full",
    every_frame: EveryFrameOption = False,
    rotate: RotateOption = None,
) -> int:
    """Score a folder of clips. Writes results.csv, reps.csv, summary.html and a report.json a clip; started again, does what is missing."""
    from dataclasses import replace

    from ..drive import workers as pool

    if scheduler is None:
        pool.prepare()
    from ..drive import batch as batches
    from ..storage.tables import need_parquet

    if format is TableFormat.PARQUET:
        need_parquet("--format parquet")
    out = folder / "hingecheck-results" if out is None else out
    limits = batches.LIMITS if time_limit is None else replace(batches.LIMITS, job_s=time_limit)
    limits = limits if memory is None else replace(limits, memory_bytes=memory * 1e6)
    judged_by = profile_of(profile, exercise)
    unread = []

    def on_note(line: str, clips: bool) -> None:
        print(tables.one_line(line), file=sys.stderr)
        if clips:
            unread.append(line)

    total = len(batches.jobs(folder, out, on_note))
    failed: list[dict[str, Any]] = []
    cluster = _cluster(scheduler) if scheduler else None
    with progress.bars(quiet=False) as shown:
        task = shown.add_task("clips", total=total, rate="")
        rate = progress.Rate()

        def show(advance: int) -> None:
            words = [*([f"{rate.hz:.0f} frames/s"] if rate.hz else []), *([f"{len(failed)} failed"] if failed else [])]
            shown.update(task, advance=advance, rate=", ".join(words))

        def on_clip(row: dict[str, Any]) -> None:
            if row["status"] != "ok":
                failed.append(row)
            show(1)

        def on_frames(frames: int) -> None:
            rate.add(frames)
            show(0)

        rows = batches.batch(
            folder,
            out,
            profile=judged_by,
            model=model,
            every_frame=every_frame,
            rotate=rotate,
            executor=cluster.get_executor() if cluster else None,
            is_lost=lambda: cluster is not None and cluster.status != "running",
            workers=workers,
            limits=limits,
            fresh=fresh,
            parquet=format is TableFormat.PARQUET,
            on_clip=on_clip,
            on_frames=on_frames,
        )
    undone = [row["error"] for row in failed if row["status"] == batches.NOT_DONE]
    lines = [row["error"] for row in failed if row["status"] != batches.NOT_DONE]
    for line in [*lines, *undone[:1]]:
        print(tables.one_line(line), file=sys.stderr)
    counts = [tables.count(len(rows), "clip"), f"{len(lines)} failed", *([f"{len(undone)} not done"] if undone else [])]
    print(tables.plain(f"{', '.join(counts)}. See {out / 'summary.html'} and {out / 'results.csv'}"))
    return BAD_INPUT if len(lines) == total else SOME_FAILED if failed or unread else OK


def _cluster(address: str) -> Any:
    """The client of a Dask cluster."""
    import logging

    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("--scheduler: Dask is not installed. Run: pip install 'hingecheck[cluster]'") from error
    for name in ("distributed", "distributed.client", "tornado.application"):  # every worker that comes or goes is no fault
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return Client(address, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(f"{address}: no Dask scheduler answers there. Start one with: dask scheduler") from error


@app.command()
def live(
    camera: Annotated[int | None, typer.Option("--camera", min=0, help="Camera by number; default: 0.")] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="CLIP_OR_URL", help="A clip or stream in a camera's place, at its own pace.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", callback=known_or_none, help="Pose model; default: full, or lite on a slow computer.")
    ] = None,
    mirror: Annotated[bool, typer.Option(help="Show the picture as a mirror does.")] = True,
    voice: Annotated[bool, typer.Option("--voice", help="Speak cues and count.")] = False,
    record: Annotated[Path | None, typer.Option("--record", help="Write what is shown to this video (mp4).")] = None,
    minutes: Annotated[float, typer.Option("--minutes", min=0.1, help="Practice time.")] = 15.0,
    headless: Annotated[bool, typer.Option("--headless", help="Open no window.")] = False,
    events: Annotated[Path | None, typer.Option("--events", help="Write events to this file; default: events.jsonl in --out.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the session; default: a new one in hingecheck-sessions.")] = None,
    profile: ProfileOption = None,
    exercise: ExerciseOption = None,
) -> int:
    """Coach in front of a camera: one cue at a time, reps counted. Leave with q, Esc or Ctrl-C; the session is summed up and saved."""
    if record is not None and record.suffix.lower() not in (".mp4", ".m4v", ".mov"):
        raise InputError(f"--record {record}: not the name of a video. Give NAME.mp4")
    from datetime import datetime

    if camera is not None and source is not None:
        raise InputError("--camera and --source: both name where pictures come from. Give one of them.")
    limits = profile_of(profile, exercise)
    from ..drive import mirror as mirrors
    from ..drive.session import Session
    from ..media import camera as cameras
    from ..show.voice import Voice
    from ..show.window import Headless, Window

    screen = Headless() if headless else Window()
    name = f"camera {camera or 0}" if source is None else source
    opener = cameras.open_camera(camera or 0) if source is None else cameras.open_recording(source)
    with ExitStack() as stack:
        stack.callback(screen.close)
        feed = stack.enter_context(cameras.Feed(opener))
        out = Path("hingecheck-sessions", f"{datetime.now():%Y-%m-%d_%H-%M-%S}") if out is None else out
        session = stack.enter_context(Session(out, profile=limits, source=name, events=events))
        speaker = Voice() if voice else None
        recorder = mirrors.Recorder(record) if record is not None else None
        if speaker is not None:
            stack.callback(speaker.close)
        driver = mirrors.Mirror(feed, session, screen, model=model, minutes=minutes, mirror=mirror, voice=speaker, recorder=recorder)
        with _interrupts_once(driver.stop):
            try:
                feed.expect(name)
                driver.run()
            finally:
                if recorder is not None:
                    recorder.close()
        if speaker is not None and speaker.warning is not None:
            print(tables.one_line(speaker.warning), file=sys.stderr)
        screen.close()
        verdict = session.close(driver.album.stills)
    tables.report(verdict.report(), out)
    return OK


@contextmanager
def _interrupts_once(stop: Callable[[], None]) -> Iterator[None]:
    """Inside the block the first Ctrl-C calls ``stop``, so that the session can be finished. The second interrupts."""

    def handler(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, before)
        stop()

    before = signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@app.command()
def retry(
    file: Annotated[Path, typer.Argument(metavar="POSES.npz", help="The poses.npz of an earlier analysis.", show_default=False)],
    profile: ProfileOption = None,
    exercise: ExerciseOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write report.json, report.html and frames.csv into this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print report.json to stdout and nothing else there.")] = False,
) -> int:
    """Judge recorded poses again with other limits. Takes no video, no pose model, and milliseconds."""
    from ..drive import clip as one_clip

    verdict = one_clip.retry(file, profile=profile_of(profile, exercise))
    if out is not None:
        one_clip.ready(out)
        one_clip.write(out, verdict)
    if as_json:
        print(tables.as_json(verdict.report()))
    else:
        tables.report(verdict.report(), out)
    return OK


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="POSES.npz", help="The poses.npz of an earlier analysis.", show_default=False)],
    to: Annotated[
        str | None, typer.Option("--to", help="Any of trc, mot, nc, parquet, joined by commas; default: trc,mot, and nc if SciPy is there.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the files; default: the recording's own.")] = None,
    profile: ProfileOption = None,
) -> int:
    """Write recorded poses for other programs. OpenSim (.trc, .mot), movement (.nc) and Parquet."""
    from importlib.util import find_spec

    from ..drive import clip as one_clip
    from ..show import export as exports
    from ..storage.tables import need_parquet

    if to is None:
        to = "trc,mot,nc" if find_spec("scipy") else "trc,mot"
        if "nc" not in to:
            print("nc: left out, SciPy is not installed. Run: pip install 'hingecheck[netcdf]'", file=sys.stderr)
    wanted = [name.strip() for name in to.split(",")]
    for name in wanted:
        if name not in exports.FORMATS:
            raise InputError(f"--to {name}: no such format. Choose of: {', '.join(exports.FORMATS)}.")
    if "parquet" in wanted:
        need_parquet("--to parquet")
    if "nc" in wanted:
        exports.need_netcdf("--to nc")
    verdict = one_clip.retry(file, profile=profile_of(profile))
    folder = one_clip.ready(file.parent if out is None else out)
    for name in dict.fromkeys(wanted):
        target, write = exports.FORMATS[name]
        write(folder / target, verdict.poses[:], verdict.result)
        print(tables.plain(folder / target))
    return OK


@app.command()
def cues(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> int:
    """List the nine cues and from where each is called. Says too what is measured, and from which view."""
    if as_json:
        print(tables.as_json(tables.cue_rows()))
    else:
        tables.cues()
    return OK


@app.command()
def serve(
    host: Annotated[
        str, typer.Option("--host", help="Address to serve at; another than this computer's own asks for a password.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to serve at; 0: any that is free.")] = 8000,
    data: Annotated[Path | None, typer.Option("--data", help="Folder for athletes and clips; default: your own folder for data.")] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="Clips analysed at once; default: one a core.")] = None,
    largest: Annotated[float, typer.Option("--largest", min=0.001, help="Largest clip that may be uploaded, GB.")] = 4.0,
    certificate: Annotated[Path | None, typer.Option("--certificate", help="TLS certificate (PEM): serve by https.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="Its key (PEM), where that is a file of its own.")] = None,
    browser: Annotated[bool | None, typer.Option("--open/--no-open", help="Open the page in a browser; default: in a terminal.")] = None,
    model: ModelOption = "full",
) -> int:
    """Serve the coach's page: upload, look, discuss, send. Videos stay on this computer; ends with Ctrl-C."""
    try:
        from ..web import app as web
    except ImportError as error:
        raise InputError(f"the page needs {error.name or error}. Run: pip install 'hingecheck[web]'") from error
    opens = sys.stdout.isatty() if browser is None else browser
    limits = round(largest * 1e9), certificate, key, opens
    web.run(web.Options(host, port, data, workers or os.cpu_count() or 1, model, *limits), _password)
    return OK


def _password() -> str | None:
    """The page's password: from the environment, else typed. None where there is no terminal to type at."""
    if (given := os.environ.pop("HINGECHECK_PASSWORD", None)) is not None:
        return given
    if not sys.stdin.isatty():
        return None
    typed: str = typer.prompt("Password for the page (empty: the one set before)", hide_input=True, default="", show_default=False)
    return typed or None


@app.command()
def doctor() -> int:
    """Say what works on this machine, and what to install."""
    from .. import doctor as checks

    found = checks.examine()
    tables.checks(found)
    return BAD_INPUT if any(check.verdict is checks.Verdict.FAIL for check in found) else OK
