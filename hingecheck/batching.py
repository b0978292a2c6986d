"""The driver of a folder: one process a clip, on this machine or a cluster. The only place for processes and executors.

A finished clip is known by its report and never done twice; a clip that breaks its process is the only one lost.
"""

import csv
import io
import json
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, as_completed, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any, Final

from . import __version__, estimators, report, run
from .cues import CUES
from .data import METRICS, Status
from .errors import HingecheckError, InputError
from .files import atomic, sha256, writing
from .profiles import Profile
from .sources import open_clip

VIDEO_SUFFIXES: Final = frozenset(
    {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".ts", ".mts", ".m2ts", ".ogv"}
)

Outcome = tuple[dict[str, Any] | None, str | None, float]  # of one clip in a batch: report, or why there is none, and seconds it took


@dataclass(frozen=True, slots=True)
class Job:
    """One clip of a batch: its name below the batch's folder, the file, and where its results go."""

    name: str
    path: str
    folder: str


def jobs(folder: str | Path, out: str | Path) -> list[Job]:
    """The clips in a folder and its subfolders, by name. ``InputError`` when there are none, or it is not a folder."""
    root, out = Path(folder), Path(out)
    if not root.is_dir():
        raise InputError(f"{root}: not a folder. Give the folder that holds the clips.")
    found: list[Path] = []
    for base, inside, names in os.walk(root, onerror=_unreadable):
        inside[:] = [f for f in inside if not f.startswith(".") and not f.endswith(run.SUFFIX) and Path(base, f) != out]
        found += [Path(base, name) for name in names if Path(name).suffix.lower() in VIDEO_SUFFIXES and not name.startswith(".")]
    if not found:
        raise InputError(f"{root}: no video in it. Clips end in .mp4, .mov, .avi, .mkv, .webm and the like.")
    found.sort(key=lambda path: path.relative_to(root))
    places = run.folders(found, None)
    return [
        Job(str(clip.relative_to(root)), str(clip), str(out / place.relative_to(root))) for clip, place in zip(found, places, strict=True)
    ]


def _unreadable(error: OSError) -> None:
    raise InputError(f"{error.filename}: cannot be read ({error.strerror}). Check its permissions, or move it elsewhere.") from error


def finished(job: Job, profile: Profile, model: str) -> dict[str, Any] | None:
    """The report of a clip that was already done with this content, profile, model and version; else None."""
    try:
        content: dict[str, Any] = json.loads(Path(job.folder, "report.json").read_text(encoding="utf-8"))
        same = (
            content["hingecheck"] == __version__
            and content["model"] == model
            and content["profile"]["sha256"] == profile.sha256
            and content["clip"]["sha256"] == sha256(job.path)
        )
    except (OSError, ValueError, KeyError, TypeError, InputError):
        return None
    return content if same else None


def score(job: Job, settings: Mapping[str, Any], model: str) -> Outcome:
    """Score one clip of a batch in this process, by a profile's settings as plain values. Raises nothing a clip can cause."""
    began = time.perf_counter()
    profile = Profile.model_validate(settings)
    try:
        content = finished(job, profile, model)
        if content is None:
            with open_clip(job.path):
                folder = run.ready(job.folder)
            info, poses, warnings = run.track(job.path, model=model)
            verdict = run.judge(info, poses, warnings, profile=profile, model=model)
            run.save_poses(folder / "poses.npz", verdict, warnings)
            content = verdict.report()
            with atomic(folder / "report.json") as draft:
                run.write_text(draft, run.dump(content))
        return content, None, time.perf_counter() - began
    except HingecheckError as error:
        return None, str(error), time.perf_counter() - began
    except Exception as error:  # a clip that breaks a decoder or the model in a new way must not stop the others
        return None, f"{job.path}: {type(error).__name__}: {error}", time.perf_counter() - began


def pool(workers: int) -> ProcessPoolExecutor:
    """So many processes, started fresh: a copied process would inherit the pose model's threads."""
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_employ)


def _employ() -> None:
    """Let this process end, without a word, when it is interrupted and when the one that started it is gone."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    if (parent := parent_process()) is not None:
        parent.join()
        signal.raise_signal(signal.SIGTERM)


def spread(work: Callable[[Job], Outcome], todo: Iterable[Job], workers: int) -> Iterator[tuple[Job, Outcome]]:
    """Do jobs in ``workers`` processes; hands out each with its outcome as it comes.

    A process that dies takes its pool with it. The jobs it held, one a worker, are then done again one by one: only the one at fault
    is lost.
    """
    waiting, suspects = deque(todo), deque[Job]()
    while waiting or suspects:
        line, width = (suspects, 1) if suspects else (waiting, workers)
        busy: dict[Future[Outcome], Job] = {}
        try:
            with pool(width) as crew:
                while line or busy:
                    while line and len(busy) < width:
                        future = crew.submit(work, line[0])
                        busy[future] = line.popleft()
                    for future in wait(busy, return_when=FIRST_COMPLETED).done:
                        outcome = future.result()
                        yield busy.pop(future), outcome
        except BrokenProcessPool:
            if width > 1:
                suspects.extend(busy.values())
                continue
            for job in busy.values():
                yield job, (None, f"{job.path}: the process that read it died. Convert the clip, or give it more memory.", 0.0)


def _elsewhere(work: Callable[[Job], Outcome], todo: Iterable[Job], executor: Executor) -> Iterator[tuple[Job, Outcome]]:
    """The same on somebody else's executor, which looks after its workers itself."""
    futures = {executor.submit(work, job): job for job in todo}
    for future in as_completed(futures):
        job = futures[future]
        try:
            outcome = future.result()
        except Exception as error:  # whatever a cluster calls a worker it has lost
            outcome = None, f"{job.path}: lost on its way ({type(error).__name__}: {error}). Start the batch again.", 0.0
        yield job, outcome


def batch(
    folder: str | Path,
    out: str | Path,
    *,
    profile: Profile,
    model: str = estimators.DEFAULT,
    executor: Executor | None = None,
    workers: int | None = None,
    fresh: bool = False,
    on_clip: Callable[[dict[str, Any]], None] | None = None,
) -> list[dict[str, Any]]:
    """Score every clip of a folder; write results.csv, reps.csv and summary.html into ``out``. Returns the rows of results.csv."""
    todo = jobs(folder, out)
    out = run.ready(out)
    if fresh:
        for job in todo:
            with writing(job.folder):
                Path(job.folder, "report.json").unlink(missing_ok=True)
    rows: dict[str, dict[str, Any]] = {}
    reports: dict[str, dict[str, Any]] = {}
    work = partial(score, settings=profile.model_dump(), model=model)  # a profile's classes are made on the fly: pickle cannot find them
    outcomes = spread(work, todo, workers or os.cpu_count() or 1) if executor is None else _elsewhere(work, todo, executor)
    for job, (content, error, took_s) in outcomes:
        rows[job.name] = _row(job, content, error, took_s)
        if content is not None:
            reports[job.name] = content
        if on_clip is not None:
            on_clip(rows[job.name])
    ordered = [rows[job.name] for job in todo]
    _write_tables(out, ordered, {job.name: reports[job.name] for job in todo if job.name in reports})
    return ordered


def _row(job: Job, content: Mapping[str, Any] | None, error: str | None, took_s: float) -> dict[str, Any]:
    """One row of results.csv; a cue that was never judged stays empty, for 0 would say it was right."""
    row: dict[str, Any] = {"path": job.name, "status": "failed" if content is None else "ok", "view": "", "reps": "", "score": ""}
    row |= {cue.id: "" for cue in CUES}
    if content is not None:
        row |= {"view": content["view"]["kind"], "reps": len(content["reps"]), "score": content["score"]}
        row |= {cue_id: said[Status.FAULT] for cue_id, said in content["cues"].items() if said[Status.OK] + said[Status.FAULT]}
        error = run.cut_off(content)
    return row | {"seconds": round(took_s, 2), "error": error or ""}


def _write_tables(out: Path, rows: Sequence[Mapping[str, Any]], reports: Mapping[str, Mapping[str, Any]]) -> None:
    facts = ("index", "start_s", "bottom_s", "end_s", "complete", "score")
    reps = []
    for name, content in reports.items():
        for rep in content["reps"]:
            judged = {cue_id: said["direction"] or said["status"] for cue_id, said in rep["cues"].items()}
            reps.append({"path": name} | {fact: rep[fact] for fact in facts} | rep["metrics"] | judged)
    texts = {
        "results.csv": _csv(list(rows[0]), rows),
        "reps.csv": _csv(["path", *facts, *METRICS, *(cue.id for cue in CUES)], reps),
        "summary.html": report.batch_summary_html(rows),
    }
    for name, text in texts.items():
        with atomic(out / name) as draft:
            run.write_text(draft, text)


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
