"""The commands. Each one parses, calls and shows; what it does stands elsewhere."""

import io
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from . import __version__
from .errors import HingecheckError, InputError

if TYPE_CHECKING:
    from .drive.clip import Progress
    from .verdict.profiles import Profile

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Watches a hip hinge on video and says what to change.",
)
profile_app = typer.Typer(no_args_is_help=True, help="Write or check a coach's own limits.")
app.add_typer(profile_app, name="profile")

OK, SOME_FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def _known(model: str) -> str:
    """Refuse a pose model that does not exist before any clip is looked at."""
    from .vision import estimators

    return estimators.check(model, "--model ")


def _known_or_none(model: str | None) -> str | None:
    return None if model is None else _known(model)


ProfileOption = Annotated[Path | None, typer.Option("--profile", help="Limits to judge by (TOML); `profile new` writes one.")]
ModelOption = Annotated[str, typer.Option("--model", callback=_known, help="Pose model: lite, full or heavy.")]
WorkersOption = Annotated[int | None, typer.Option("--workers", min=1, help="Processes; default: one a core.")]
EveryFrameOption = Annotated[bool, typer.Option("--every-frame", help="Look at all frames, also of a clip with more than 30 a second.")]


class TableFormat(StrEnum):
    """How a batch writes its tables."""

    CSV = "csv"
    PARQUET = "parquet"


def main() -> None:
    """Run the command line: errors become one line on stderr and an exit code; ``--debug`` shows where they came from."""
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    # MediaPipe would report its use to its makers over the network. Nobody listens at this address, and nothing else here wants a proxy.
    os.environ["https_proxy"] = "http://127.0.0.1:9"
    arguments = [argument for argument in arguments if argument != "--debug"]
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name may hold what the terminal cannot show
    try:
        code = app(arguments, prog_name="hingecheck", standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except HingecheckError as error:
        _fail(BAD_INPUT, str(error), debug)
    except (BrokenPipeError, SystemExit):  # who reads the output has seen enough; Typer makes an exit of it
        _give_up_output()
        sys.exit(OK)
    except OSError as error:  # files speak for themselves, so this is the output
        _give_up_output()
        _fail(BAD_INPUT, f"{error.filename or 'output'}: cannot be used ({error.strerror or error}). Try another place.", debug)
    except ImportError as error:
        _fail(BAD_INPUT, f"a library is missing ({error}). `hingecheck doctor` says what to install.", debug)
    except Exception as error:
        usage = getattr(error, "format_message", None)  # Click's usage errors
        if usage is None:
            _fail(BAD_INPUT, f"hingecheck failed on its own account ({type(error).__name__}: {error}). Run again with --debug.", debug)
        if type(error).__name__ == "NoArgsIsHelpError":
            print(usage(), file=sys.stderr)
            sys.exit(BAD_INPUT)
        _fail(BAD_INPUT, f"{usage().rstrip('.')}. Try `hingecheck --help`.", debug)
    if code == INTERRUPTED:  # Typer may have made it of Ctrl-C
        _fail(INTERRUPTED, "interrupted")
    sys.exit(code if isinstance(code, int) else OK)


def _fail(code: int, message: str, debug: bool = False) -> NoReturn:
    if debug:
        traceback.print_exc()
    print(_line(message), file=sys.stderr)
    sys.exit(code)


def _line(message: str) -> str:
    """A message on one line, whatever stood in it."""
    return " ".join(message.split())


def _give_up_output() -> None:
    """Let what could not be printed go: Python would try again, and complain, on its way out."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _version(shown: bool) -> None:
    if shown:
        print(f"hingecheck {__version__}")
        raise typer.Exit()


@app.callback()
def _common(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version and leave.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show where an error came from; stands anywhere.")] = False,  # read by ``main``
) -> None:
    """Options that stand before a command."""


def _profile(path: Path | None) -> "Profile":
    from .verdict import profiles

    return profiles.Profile.default() if path is None else profiles.load(path)


@contextmanager
def _bars(quiet: bool) -> Iterator[Any]:
    """Progress bars on stderr, gone when the work is done; none when ``quiet`` or when nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden, speed_estimate_period=300) as progress:
        yield progress


def _follow(progress: Any, what: str) -> "Progress":
    """A callback that shows frames done, frames a second and time left under ``what``."""
    task = progress.add_task(what, total=None, rate="")

    def on_frame(done: int, expected: int | None) -> None:
        speed = progress.tasks[task].speed
        progress.update(task, completed=done, total=expected and max(expected, done), rate=f"{speed:.0f} frames/s" if speed else "")

    return on_frame


@app.command()
def analyze(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP...", help="Video files.", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the results; default: each clip's own.")] = None,
    annotate: Annotated[bool, typer.Option(help="Write annotated.mp4 too.")] = True,
    profile: ProfileOption = None,
    model: ModelOption = "full",
    workers: WorkersOption = None,
    every_frame: EveryFrameOption = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print report.json to stdout and nothing else there.")] = False,
) -> int:
    """Score clips. Each gets report.json, report.html, frames.csv, poses.npz and annotated.mp4 in NAME.hingecheck."""
    from functools import partial

    from .drive import clip as one_clip
    from .drive import segments

    limits = _profile(profile)
    tracker = partial(segments.track, workers=workers or os.cpu_count() or 1, every_frame=every_frame)
    reports, failed, cut = [], 0, 0
    for clip, folder in zip(clips, one_clip.folders(clips, out), strict=True):
        try:
            with _bars(as_json) as progress:
                content = one_clip.clip(
                    clip,
                    folder,
                    profile=limits,
                    model=model,
                    annotate=annotate,
                    on_frame=_follow(progress, f"{clip.name}: seeing"),
                    on_drawn=_follow(progress, f"{clip.name}: drawing") if annotate else None,
                    tracker=tracker,
                )
        except HingecheckError as error:
            if len(clips) == 1:
                raise
            failed += 1
            print(_line(str(error)), file=sys.stderr)
            continue
        reports.append(content)
        if not as_json:
            _show(content, folder)
        if (early := one_clip.cut_off(content)) is not None:
            cut += 1
            print(_line(f"{clip}: {early}. What is there was scored; copy the file again for the rest."), file=sys.stderr)
    if as_json:
        print(json.dumps(reports[0] if len(clips) == 1 else reports, ensure_ascii=False, indent=1))
    if failed + cut == len(clips):
        return BAD_INPUT
    return SOME_FAILED if failed + cut else OK


def _show(content: Mapping[str, Any], folder: Path | None = None) -> None:
    """A report in the terminal: a row a rep, what is fine, what was not judged, and what to do next."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from .verdict.cues import BY_ID

    console = Console(highlight=False, markup=False, emoji=False)
    view, reps, score = content["view"], content["reps"], content["score"]
    facts = [f"{view['kind']} view", view["facing"] and f"facing {view['facing']}", _count(len(reps), "rep")]
    facts += [] if score is None else [f"score {score}"]
    console.print(f"{content['clip']['path']}: {', '.join(filter(None, facts))}", style="bold", soft_wrap=True)
    if reps:
        table = Table(box=box.SIMPLE, pad_edge=False)
        for name in ("rep", "bottom", "hip", "knee", "trunk", "score"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("to change", overflow="fold")
        for rep in reps:
            measures = (rep["metrics"].get(m) for m in ("hip_flexion_deg", "knee_flexion_deg", "trunk_lean_deg"))
            angles = ("-" if m is None else f"{m:.0f}°" for m in measures)
            rep_score = "-" if rep["score"] is None else str(rep["score"])
            table.add_row(str(rep["index"]), f"{rep['bottom_s']:.1f} s", *angles, rep_score, "\n".join(_wrong(rep)))
        console.print(table)
    for warning in content["tracking"]["warnings"]:
        console.print(f"note: {warning}")
    fine = {c: count["ok"] for c, count in content["cues"].items() if count["ok"] and not count["fault"]}
    if fine:
        names = [BY_ID[c].name.lower() + (f" ({ok} of {_count(len(reps), 'rep')})" if ok < len(reps) else "") for c, ok in fine.items()]
        console.print(f"fine: {', '.join(names)}")
    unjudged = {c: str(reps[0]["cues"][c]["reason"]) for c, count in content["cues"].items() if reps and count["not_judged"] == len(reps)}
    for why in dict.fromkeys(unjudged.values()):
        console.print(f"not judged: {', '.join(BY_ID[c].name.lower() for c, w in unjudged.items() if w == why)} ({why})")
    if content["next_cue"]:
        cue = BY_ID[content["next_cue"]]
        console.print(f"practise next: {cue.name.lower()}. {cue.about}", style="bold")
    if folder is not None:
        console.print(f"see {folder / 'report.html'}", soft_wrap=True)


def _wrong(rep: Mapping[str, Any]) -> list[str]:
    """What to change in a rep, a line a fault: "soft knees: bent, 41° (called from 34.9°)"."""
    from .verdict.cues import BY_ID

    lines = []
    for cue, said in rep["cues"].items():
        if said["status"] == "fault":
            unit = "°" if said["unit"] == "degrees" else ""
            against = f"{said['value']:g}{unit} (called from {said['called_at']:.3g}{unit})"
            lines.append(f"{BY_ID[cue].name.lower()}: {said['direction'].replace('_', ' ')}, {against}")
    return lines or ["nothing" if any(said["status"] == "ok" for said in rep["cues"].values()) else "not judged"]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


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
    model: ModelOption = "full",
    every_frame: EveryFrameOption = False,
) -> int:
    """Score a folder of clips. Writes results.csv, reps.csv, summary.html and a report.json a clip; started again, does what is missing."""
    from dataclasses import replace

    from .drive import workers as pool

    if scheduler is None:
        pool.prepare()
    from .drive import batch as batches
    from .storage.tables import need_parquet

    if format is TableFormat.PARQUET:
        need_parquet("--format parquet")
    out = folder / "hingecheck-results" if out is None else out
    limits = batches.LIMITS if time_limit is None else replace(batches.LIMITS, job_s=time_limit)
    limits = limits if memory is None else replace(limits, memory_bytes=memory * 1e6)
    judged_by = _profile(profile)
    total = len(batches.jobs(folder, out))
    failed: list[dict[str, Any]] = []
    with _bars(quiet=False) as progress:
        task = progress.add_task("clips", total=total, rate="")
        rate = _Rate()

        def show(advance: int) -> None:
            words = [*([f"{rate.hz:.0f} frames/s"] if rate.hz else []), *([f"{len(failed)} failed"] if failed else [])]
            progress.update(task, advance=advance, rate=", ".join(words))

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
            executor=_cluster(scheduler) if scheduler else None,
            workers=workers,
            limits=limits,
            fresh=fresh,
            parquet=format is TableFormat.PARQUET,
            on_clip=on_clip,
            on_frames=on_frames,
        )
    for row in failed:
        print(_line(row["error"]), file=sys.stderr)
    print(f"{_count(len(rows), 'clip')}, {len(failed)} failed. See {out / 'summary.html'} and {out / 'results.csv'}")
    return BAD_INPUT if len(failed) == total else SOME_FAILED if failed else OK


class _Rate:
    """Things a second over the last while: ``hz`` is 0 before anything is known."""

    WHILE_S = 10.0

    def __init__(self) -> None:
        self._seen: list[tuple[float, int]] = [(time.monotonic(), 0)]

    def add(self, number: int) -> None:
        """So many more, now."""
        now_s = time.monotonic()
        recent = [(at_s, n) for at_s, n in self._seen if at_s > now_s - self.WHILE_S]
        self._seen = [*(recent or self._seen[-1:]), (now_s, number)]

    @property
    def hz(self) -> float:
        """Number a second."""
        span_s = self._seen[-1][0] - self._seen[0][0]
        return sum(number for _, number in self._seen[1:]) / span_s if span_s else 0.0


def _cluster(address: str) -> Any:
    """The executor of a Dask cluster."""
    import logging

    try:
        from distributed import Client
    except ImportError as error:
        raise InputError("--scheduler: Dask is not installed. Run: pip install 'hingecheck[cluster]'") from error
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # it tells of workers that come and go, which costs nothing
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        return Client(address, timeout=10).get_executor()
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(f"{address}: no Dask scheduler answers there. Start one with: dask scheduler") from error


@app.command()
def live(
    camera: Annotated[int | None, typer.Option("--camera", min=0, help="Camera by number; default: 0.")] = None,
    source: Annotated[
        str | None, typer.Option("--source", metavar="CLIP_OR_URL", help="A clip or stream in a camera's place, at its own pace.")
    ] = None,
    model: Annotated[
        str | None, typer.Option("--model", callback=_known_or_none, help="Pose model; default: full, or lite on a slow computer.")
    ] = None,
    mirror: Annotated[bool, typer.Option(help="Show the picture as a mirror does.")] = True,
    voice: Annotated[bool, typer.Option("--voice", help="Speak cues and count.")] = False,
    record: Annotated[Path | None, typer.Option("--record", help="Write what is shown to this video (mp4).")] = None,
    minutes: Annotated[float, typer.Option("--minutes", min=0.1, help="Practice time.")] = 15.0,
    headless: Annotated[bool, typer.Option("--headless", help="Open no window.")] = False,
    events: Annotated[Path | None, typer.Option("--events", help="Write events to this file; default: events.jsonl in --out.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the session; default: a new one in hingecheck-sessions.")] = None,
    profile: ProfileOption = None,
) -> int:
    """Coach in front of a camera: one cue at a time, reps counted. Leave with q, Esc or Ctrl-C; the session is summed up and saved."""
    from datetime import datetime

    if camera is not None and source is not None:
        raise InputError("--camera and --source: both name where pictures come from. Give one of them.")
    limits = _profile(profile)
    from .drive import mirror as mirrors
    from .drive.session import Session
    from .media import camera as cameras
    from .show.voice import Voice
    from .show.window import Headless, Window

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
            print(_line(speaker.warning), file=sys.stderr)
        screen.close()
        verdict = session.close(driver.album.stills)
    _show(verdict.report(), out)
    return OK


@contextmanager
def _interrupts_once(stop: Callable[[], None]) -> Iterator[None]:
    """Within, the first Ctrl-C calls ``stop``, so that what was begun is finished; the next one interrupts."""

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
    out: Annotated[Path | None, typer.Option("--out", help="Write report.json, report.html and frames.csv into this folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print report.json to stdout and nothing else there.")] = False,
) -> int:
    """Judge recorded poses again with other limits. Takes no video, no pose model, and milliseconds."""
    from .drive import clip as one_clip

    verdict = one_clip.retry(file, profile=_profile(profile))
    if out is not None:
        one_clip.ready(out)
        one_clip.write(out, verdict)
    if as_json:
        print(json.dumps(verdict.report(), ensure_ascii=False, indent=1))
    else:
        _show(verdict.report(), out)
    return OK


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="POSES.npz", help="The poses.npz of an earlier analysis.", show_default=False)],
    to: Annotated[str, typer.Option("--to", help="Any of trc, mot, nc, parquet, joined by commas.")] = "trc,mot,nc",
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the files; default: the recording's own.")] = None,
    profile: ProfileOption = None,
) -> int:
    """Write recorded poses for other programs. OpenSim (.trc, .mot), movement (.nc) and Parquet."""
    from .drive import clip as one_clip
    from .show import export as exports
    from .storage.tables import need_parquet

    wanted = [name.strip() for name in to.split(",")]
    for name in wanted:
        if name not in exports.FORMATS:
            raise InputError(f"--to {name}: no such format. Choose of: {', '.join(exports.FORMATS)}.")
    if "parquet" in wanted:
        need_parquet("--to parquet")
    verdict = one_clip.retry(file, profile=_profile(profile))
    folder = one_clip.ready(file.parent if out is None else out)
    for name in dict.fromkeys(wanted):
        target, write = exports.FORMATS[name]
        write(folder / target, verdict.poses, verdict.result)
        print(folder / target)
    return OK


@app.command()
def cues(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> int:
    """List the nine cues and from where each is called. Says too what is measured, and from which view."""
    from .verdict.cues import CUES

    if as_json:
        rows = [
            {
                "id": cue.id,
                "name": cue.name,
                "about": cue.about,
                "view": cue.view,
                "within_deg": cue.within_deg,
                "unit": cue.unit,
                "judged": cue.withheld is None,
                "reason": cue.withheld,
                "faults": [
                    {
                        "direction": fault.direction,
                        "measure": fault.metric,
                        "wrong_when": "above" if fault.above else "below",
                        "called_at": fault.called_at,
                        "uncertainty": fault.usual_spread,
                        "limit": fault.limit,
                        "allowed": [fault.low, fault.high],
                        "during": [phase.name.lower() for phase in sorted(fault.phases)],
                        "throughout": fault.throughout,
                        "min_lean_deg": fault.min_lean_deg,
                        "say": fault.say,
                        "reason": fault.reason,
                    }
                    for fault in cue.faults
                ],
            }
            for cue in CUES
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return OK
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False)
    for name in ("cue", "view", "called from"):
        table.add_column(name, no_wrap=True)
    table.add_column("says", overflow="fold")
    for cue in CUES:
        unit = {"degrees": "°"}.get(cue.unit, "" if "/" in cue.unit else f" {cue.unit}")
        for fault in cue.faults:
            wrong = f"{fault.metric} {'>' if fault.above else '<'} {fault.called_at:g}{unit}\n± {fault.usual_spread:g}{unit}"
            table.add_row(cue.id, cue.view, wrong, fault.say)
    console = Console(highlight=False)
    console.print(table)
    withheld = {cue.id: cue.withheld for cue in CUES if cue.withheld is not None}
    for why in dict.fromkeys(withheld.values()):
        console.print(f"not judged: {', '.join(c for c, w in withheld.items() if w == why)} ({why})")
    return OK


@profile_app.command("new")
def profile_new(file: Annotated[Path, typer.Argument(help="TOML file to write; must not exist.", show_default=False)]) -> int:
    """Write a profile to be changed. It shows every setting with its range and reason."""
    from .storage.files import atomic
    from .verdict import profiles

    if file.exists():
        raise InputError(f"{file}: already there. Choose another name, or delete it first.")
    text = profiles.dumps(profiles.Profile(name=file.stem or "hinge"))
    with atomic(file) as draft:
        draft.write_text(text, encoding="utf-8")
    print(f"{file}: written. Change what you like, then try it: hingecheck profile check {file}")
    return OK


@profile_app.command("check")
def profile_check(file: Annotated[Path, typer.Argument(help="TOML file to check.", show_default=False)]) -> int:
    """Say whether a profile can be used. Says too in what it differs from the default."""
    from .verdict import profiles
    from .verdict.cues import CUES

    profile, default = profiles.load(file), profiles.Profile.default()
    print(f"{file}: fine, profile {profile.name!r}")
    for cue in CUES:
        mine, theirs = profile.cue(cue.id).model_dump(), default.cue(cue.id).model_dump()
        for setting, value in mine.items():
            if value != theirs[setting]:
                print(f"  {cue.id}.{setting} = {value} (default {theirs[setting]})")
    for setting, value in profile.reps.model_dump().items():
        if value != getattr(default.reps, setting):
            print(f"  reps.{setting} = {value} (default {getattr(default.reps, setting)})")
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
    model: ModelOption = "full",
) -> int:
    """Serve the coach's page: upload, look, discuss, send. Videos stay on this computer; ends with Ctrl-C."""
    try:
        from .web import app as web
    except ImportError as error:
        raise InputError(f"the page needs {error.name or error}. Run: pip install 'hingecheck[web]'") from error
    web.run(web.Options(host, port, data, workers or os.cpu_count() or 1, model, round(largest * 1e9), certificate, key), _password)
    return OK


def _password() -> str | None:
    """The page's password: of the environment, else typed; None where nobody can type."""
    if (given := os.environ.pop("HINGECHECK_PASSWORD", None)) is not None:
        return given
    if not sys.stdin.isatty():
        return None
    typed: str = typer.prompt("Password for the page (empty: the one set before)", hide_input=True, default="", show_default=False)
    return typed or None


@app.command()
def doctor() -> int:
    """Say what works on this machine, and what to install."""
    from rich.console import Console
    from rich.markup import escape

    from . import doctor as checks

    console = Console(highlight=False, soft_wrap=True)  # a command to copy must stay on its line
    failed = False
    for check in checks.examine():
        failed |= check.verdict is checks.Verdict.FAIL
        colour = {"ok": "green", "warn": "yellow", "fail": "red"}[check.verdict.value]
        advice = f". {escape(check.remedy)}" if check.remedy else ""
        console.print(f"[{colour}]{check.verdict.value:4}[/{colour}] {check.name}: {escape(check.detail)}{advice}")
    return BAD_INPUT if failed else OK


if __name__ == "__main__":
    main()
