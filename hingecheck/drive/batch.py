"""Scores a folder of clips, each in a worker process, on this machine or a cluster.

A finished clip is recognised by its report and never scored twice. A clip that crashes its process affects no other clip.
"""

import json
import os
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, wait
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from .. import __version__
from ..errors import HingecheckError, InputError
from ..media.sources import open_clip
from ..show import report
from ..storage.files import Original, atomic, forget_drafts, sha256, writing
from ..storage.locks import alone
from ..storage.tables import csv_text, write_parquet
from ..verdict.cues import CUES
from ..verdict.profiles import Profile
from ..verdict.types import METRICS, Status
from ..vision import estimators
from . import clip as one_clip
from .folder import Job as Job
from .folder import jobs as jobs
from .workers import Limits, Send, work_off

FAILED: Final = "failed"
NOT_DONE: Final = "not done"
STILL: Final = "worst.jpg"
MOST_STILLS: Final = 12  # on the summary page
# A clip without progress for minutes hangs. Four hours are enough for an hour of film on a slow machine, 2 GB for the largest pictures.
LIMITS: Final = Limits(job_s=4 * 3600.0, silent_s=300.0, memory_bytes=2e9, jobs=500)
_MESSAGE_EVERY_S: Final = 0.5
_AFTER_LOSS_S: Final = 5.0  # how long a lost cluster is waited for

# Of one clip: its report, or the reason why there is none, and the seconds it took.
Outcome = tuple[dict[str, Any] | None, str | None, float]


@dataclass(frozen=True, slots=True)
class NotDone:
    """Instead of an outcome: the clip itself is not to blame, and starting the batch again does it."""

    why: str


Outcomes = Generator[tuple[Job, Outcome | NotDone], None, None]


def finished(job: Job, profile: Profile, model: str, every_frame: bool = False, rotate: str | None = None) -> dict[str, Any] | None:
    """The report of a clip already scored with this content, turn, profile, model and version; else None."""
    try:
        content: dict[str, Any] = json.loads(Path(job.folder, "report.json").read_text(encoding="utf-8"))
        same = (
            content["hingecheck"] == __version__
            and content["model"] == model
            and content["profile"]["sha256"] == profile.sha256
            and not (every_frame and content["clip"]["thinned"])
            and rotate in (None, one_clip.AUTO, str(content["clip"]["turned_deg"]))
            and not (rotate and any("--rotate" in warning for warning in content["tracking"]["warnings"]))
            and content["clip"]["sha256"] == sha256(job.path)
        )
    except (OSError, ValueError, KeyError, TypeError, InputError):
        return None
    return content if same else None


def score(
    job: Job,
    send: Send | None = None,
    *,
    settings: Mapping[str, Any],
    model: str,
    every_frame: bool = False,
    rotate: str | None = None,
    alone: bool = False,
) -> Outcome:
    """Score one clip of a batch in this process. Errors that a clip causes are returned, not raised.

    ``settings``: a profile's settings as plain values. ``send`` is called with the number of frames seen since its last call. ``alone`` as
    for ``one_clip.see``.
    """
    began = time.perf_counter()
    profile = Profile.model_validate(settings)
    try:
        content = finished(job, profile, model, every_frame, rotate)
        if content is None:
            with open_clip(job.path):
                folder = one_clip.ready(job.folder)
            original = Original(job.path)
            info, poses, warnings = one_clip.upright(one_clip.track, rotate)(
                job.path, model=model, every_frame=every_frame, alone=alone, on_frame=_twice_a_second(send)
            )
            original.check(info.sha256)
            verdict = one_clip.judge(info, poses, warnings, profile=profile, model=model)
            one_clip.save_poses(folder / "poses.npz", verdict, warnings)
            moments = report.worst_moments(verdict.result, verdict.summary.next_cue)[:1]
            stills = one_clip.draw(job.path, None, verdict, moments=moments)
            original.check()
            _save_still(folder / STILL, stills)
            content = verdict.report()
            with atomic(folder / "report.json") as draft:
                one_clip.write_text(draft, one_clip.dump(content))
        return content, None, time.perf_counter() - began
    except HingecheckError as error:
        return None, str(error), time.perf_counter() - began
    except Exception as error:  # a clip that breaks a decoder or the model in a new way must not stop the others
        return None, f"{job.path}: {type(error).__name__}: {error}", time.perf_counter() - began


def _twice_a_second(send: Send | None) -> one_clip.Progress | None:
    """A progress callback that sends the number of new frames, at most twice a second."""
    if send is None:
        return None
    sent, sent_s = 0, time.monotonic()

    def on_frame(done: int, expected: int | None) -> None:
        nonlocal sent, sent_s
        if time.monotonic() - sent_s >= _MESSAGE_EVERY_S:
            send(done - sent)
            sent, sent_s = done, time.monotonic()

    return on_frame


def _save_still(path: Path, stills: Sequence[report.Still]) -> None:
    """Save the picture of the worst moment; without one, remove an earlier file."""
    if stills:
        with atomic(path) as draft:
            draft.write_bytes(stills[0].jpeg)
    else:
        with writing(path):
            path.unlink(missing_ok=True)


def _elsewhere(work: Callable[[Job], Outcome], todo: Iterable[Job], executor: Executor, is_lost: Callable[[], bool]) -> Outcomes:
    """Run jobs on an external executor, which manages its own workers.

    ``work`` returns what a clip causes. So what is raised comes from the way there and back, and is no fault of the clip, unless its
    workers died of it one after the other.
    """
    futures: dict[Future[Outcome], Job] = {}
    for job in todo:
        try:
            futures[executor.submit(work, job)] = job
        except Exception as error:
            yield job, _lost(job, error)
    pending = set(futures)
    gone = False
    while pending:
        done, pending = wait(pending, _AFTER_LOSS_S if gone else _MESSAGE_EVERY_S, FIRST_COMPLETED)
        if gone and not done:  # some clusters never finish the futures of a lost connection
            yield from ((futures[future], _lost(futures[future], ConnectionError())) for future in pending)
            return
        gone = gone or is_lost()
        for future in done:
            job = futures[future]
            outcome: Outcome | NotDone
            try:
                outcome = future.result()
            except (Exception, CancelledError) as error:  # clusters raise various errors
                gone = gone or isinstance(error, CancelledError)
                if type(error).__name__ == "KilledWorker":
                    outcome = None, f"{job.path}: the processes that read it died, one after the other. Convert the clip.", 0.0
                else:
                    outcome = _lost(job, error)
            yield job, outcome


def _lost(job: Job, error: BaseException) -> NotDone:
    return NotDone(f"{job.path}: not done, the cluster was lost ({type(error).__name__}). Start the batch again.")


def _here(
    work: Callable[..., Outcome], todo: Iterable[Job], workers: int, limits: Limits, on_frames: Callable[[int], None] | None
) -> Outcomes:
    """Run jobs in processes on this machine."""

    def on_message(job: Job, frames: int) -> None:
        if on_frames is not None:
            on_frames(frames)

    with closing(work_off(work, todo, workers, limits, on_message)) as done:
        for job, outcome in done:
            yield job, (None, f"{job.path}: {outcome}", 0.0) if isinstance(outcome, Exception) else outcome


def batch(
    folder: str | Path,
    out: str | Path,
    *,
    profile: Profile,
    model: str = estimators.DEFAULT,
    every_frame: bool = False,
    rotate: str | None = None,
    executor: Executor | None = None,
    is_lost: Callable[[], bool] = lambda: False,
    workers: int | None = None,
    limits: Limits = LIMITS,
    fresh: bool = False,
    parquet: bool = False,
    on_clip: Callable[[dict[str, Any]], None] | None = None,
    on_frames: Callable[[int], None] | None = None,
) -> list[dict[str, Any]]:
    """Score every clip of a folder; write results.csv, reps.csv and summary.html into ``out``. Returns the rows of results.csv.

    ``parquet``: also write results.parquet and reps.parquet. ``on_clip`` is called with every row, ``on_frames`` with the number of new
    frames seen. ``is_lost``: whether the executor has lost its cluster. ``limits`` and ``on_frames`` apply to processes on this machine,
    not to an ``executor``.
    """
    todo = jobs(folder, out)
    out = one_clip.ready(out)
    with ExitStack() as held:
        with writing(out):
            held.enter_context(alone(out, "batch"))
        if fresh:
            for job in todo:
                with writing(job.folder):
                    Path(job.folder, "report.json").unlink(missing_ok=True)
        rows: dict[str, dict[str, Any]] = {}
        reps: dict[str, list[dict[str, Any]]] = {}
        # a profile's classes are created at run time, so pickle cannot find them
        work = partial(score, settings=profile.model_dump(), model=model, every_frame=every_frame, rotate=rotate)
        if executor is None:
            workers = min(workers or os.cpu_count() or 1, len(todo))
            outcomes = _here(partial(work, alone=workers == 1), todo, workers, limits, on_frames)
        else:
            outcomes = _elsewhere(work, todo, executor, is_lost)
        held.callback(_forget_drafts, todo)  # those of workers that were killed, by a limit or with the batch
        held.enter_context(closing(outcomes))
        for job, outcome in outcomes:
            if isinstance(outcome, NotDone) and (content := finished(job, profile, model, every_frame)):
                outcome = content, None, 0.0  # done, but the news of it was lost
            rows[job.name], reps[job.name] = _row(job, outcome), _rep_rows(job, outcome)
            if on_clip is not None:
                on_clip(rows[job.name])
        ordered = [rows[job.name] for job in todo]
        _write_tables(out, ordered, [rep for job in todo for rep in reps[job.name]], parquet)
        with atomic(out / "summary.html") as draft:
            one_clip.write_text(draft, report.batch_summary_html(ordered, _stills(todo, rows)))
        return ordered


def _forget_drafts(todo: Iterable[Job]) -> None:
    for job in todo:
        forget_drafts(Path(job.folder))


def _row(job: Job, outcome: Outcome | NotDone) -> dict[str, Any]:
    """One row of results.csv. A cue that was never judged stays empty, because 0 would mean that it had no fault."""
    content, error, took_s = (None, outcome.why, 0.0) if isinstance(outcome, NotDone) else outcome
    status = NOT_DONE if isinstance(outcome, NotDone) else FAILED if content is None else "ok"
    row: dict[str, Any] = {"path": job.name, "status": status, "view": "", "reps": "", "score": ""}
    row |= {cue.id: "" for cue in CUES}
    if content is not None:
        row |= {"view": content["view"]["kind"], "reps": len(content["reps"]), "score": content["score"]}
        row |= {cue_id: said[Status.FAULT] for cue_id, said in content["cues"].items() if said[Status.OK] + said[Status.FAULT]}
        error = one_clip.cut_off(content)
    named = "" if content is None else content.get("exercise", "")
    return row | {"seconds": round(took_s, 2), "error": error or "", "exercise": named}


RESULTS: Final[dict[str, type]] = {
    **{"path": str, "status": str, "view": str, "reps": int, "score": int},
    **{cue.id: int for cue in CUES},
    **{"seconds": float, "error": str, "exercise": str},
}
REPS: Final[dict[str, type]] = {
    **{"path": str, "index": int, "start_s": float, "bottom_s": float, "end_s": float, "complete": bool, "score": int},
    **dict.fromkeys(METRICS, float),
    **{cue.id: str for cue in CUES},
    **{"exercise": str, "exercise_sure": float},
}


def _rep_rows(job: Job, outcome: Outcome | NotDone) -> list[dict[str, Any]]:
    """The rows of reps.csv for one clip."""
    content = None if isinstance(outcome, NotDone) else outcome[0]
    facts = ("index", "start_s", "bottom_s", "end_s", "complete", "score")
    rows = []
    for rep in [] if content is None else content["reps"]:
        judged = {cue_id: said["direction"] or said["status"] for cue_id, said in rep["cues"].items()}
        named = {"exercise": rep["exercise"]["id"], "exercise_sure": rep["exercise"]["sure"]}
        rows.append({"path": job.name} | {fact: rep[fact] for fact in facts} | rep["metrics"] | judged | named)
    return rows


def _write_tables(out: Path, results: Sequence[Mapping[str, Any]], reps: Sequence[Mapping[str, Any]], parquet: bool) -> None:
    for name, columns, rows in (("results", RESULTS, results), ("reps", REPS, reps)):
        with atomic(out / f"{name}.csv") as draft:
            one_clip.write_text(draft, csv_text(list(columns), rows))
        if parquet:
            write_parquet(out / f"{name}.parquet", columns, rows)


def _stills(todo: Iterable[Job], rows: Mapping[str, Mapping[str, Any]]) -> dict[str, bytes]:
    """Clip name -> JPEG of its worst moment, for the clips with the lowest scores. Clips without a fault have none."""
    scored = [job for job in todo if rows[job.name]["score"] not in ("", None) and any(rows[job.name][cue.id] for cue in CUES)]
    scored.sort(key=lambda job: (rows[job.name]["score"], job.name))
    stills: dict[str, bytes] = {}
    for job in scored:
        if len(stills) == MOST_STILLS:
            break
        try:
            stills[job.name] = Path(job.folder, STILL).read_bytes()
        except OSError:
            continue  # on another machine's disk, or deleted: the summary does without the picture
    return stills
