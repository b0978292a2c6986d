"""The drivers: one clip, and a folder of them. The only place for processes and executors.

Clip: every frame is tracked, the engine runs once over all of them, then the pictures that the report or the overlay needs are read
again. Batch: one process a clip; a finished clip is known by its report and never done twice.
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
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from itertools import count
from multiprocessing import get_context, parent_process
from pathlib import Path
from threading import Thread
from typing import Any, Final

import numpy as np

from . import __version__, coaching, engine, estimators, overlay, recording, report, scoring
from .cues import CUES
from .data import METRICS, ClipInfo, Frame, Poses, Result, Status, Summary, ViewKind
from .encoding import Encoder
from .errors import HingecheckError, InputError
from .files import atomic, sha256, writing
from .profiles import Profile
from .skeleton import SIDES
from .sources import ENDS_EARLY, open_clip

SUFFIX: Final = ".hingecheck"
VIDEO_SUFFIXES: Final = frozenset(
    {".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".ts", ".mts", ".m2ts", ".ogv"}
)

Progress = Callable[[int, int | None], None]  # frames done, frames expected if the clip says
Outcome = tuple[dict[str, Any] | None, str | None, float]  # of one clip in a batch: report, or why there is none, and seconds it took


@dataclass(frozen=True, slots=True)
class Verdict:
    """All there is to know of one clip: what report, plots and overlay are made from. ``limits``: (cue id, direction) -> limit."""

    clip: ClipInfo
    model: str
    profile: Profile
    poses: Poses
    result: Result
    summary: Summary

    @property
    def limits(self) -> dict[tuple[str, str], float]:
        """The limits in force."""
        return {(cue.id, fault.direction): self.profile.limit(cue.id, fault.direction) for cue in CUES for fault in cue.faults}

    def report(self) -> dict[str, Any]:
        """report.json as plain values."""
        return report.build(self.clip, self.model, self.profile.name, self.profile.sha256, self.result, self.summary)


def track(
    path: str | Path, *, model: str = estimators.DEFAULT, on_frame: Progress | None = None
) -> tuple[ClipInfo, Poses, tuple[str, ...]]:
    """Read a clip and see the poses in it: what is known of the file, poses of T frames, warnings. Raises ``HingecheckError``."""
    parts: list[Poses] = []
    with open_clip(path) as clip, estimators.create(model) as estimator:
        for frame in clip:
            parts.append(estimator.estimate(frame))
            if on_frame is not None:
                on_frame(len(parts), clip.frames_hint)
        info = clip.info()
        shown = clip.size
        warnings = (*clip.warnings, *estimator.warnings)
    poses = recording.storable(Poses.concat(parts))
    return info, poses, (*warnings, *_cropped(poses, shown))


def _cropped(poses: Poses, size: tuple[int, int]) -> list[str]:
    """Say from when the feet are out of the picture of ``size`` (width, height), if they are for a second or more."""
    feet = poses.xy[:, SIDES["ankle"], 1]
    below = (feet > size[1]).all(axis=1)
    if not below.any():
        return []
    step = np.diff(poses.time_s, append=poses.time_s[-1])
    if float(step[below].sum()) < 1.0:
        return []
    return [f"feet leave the picture from {poses.time_s[below.argmax()]:.1f} s"]


def judge(clip: ClipInfo, poses: Poses, warnings: Sequence[str], *, profile: Profile, model: str) -> Verdict:
    """The verdict on tracked poses, without video or network; ``retry`` and the tests start here."""
    result = engine.analyse(poses, profile)
    return Verdict(clip, model, profile, poses, result, scoring.summarise(result, poses.people, warnings))


def clip(
    path: str | Path,
    folder: str | Path,
    *,
    profile: Profile,
    model: str = estimators.DEFAULT,
    annotate: bool = True,
    on_frame: Progress | None = None,
    on_drawn: Progress | None = None,
) -> dict[str, Any]:
    """Score one clip and write its files into ``folder``, made if needed; report.json is written last. Returns the report."""
    with open_clip(path):  # what is no clip leaves no folder behind
        folder = ready(folder)
    info, poses, warnings = track(path, model=model, on_frame=on_frame)
    verdict = judge(info, poses, warnings, profile=profile, model=model)
    save_poses(folder / "poses.npz", verdict, warnings)
    stills = draw(path, folder / "annotated.mp4" if annotate else None, verdict, on_drawn)
    write(folder, verdict, stills)
    return verdict.report()


def ready(folder: str | Path) -> Path:
    """Make a folder for results if it is not there; ``OutputError`` when that cannot be."""
    folder = Path(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def folders(clips: Sequence[Path], out: Path | None) -> list[Path]:
    """Where each clip's results go: NAME.hingecheck in ``out`` or beside the clip.

    Clips that share a NAME keep their endings in it; those that share even these are numbered.
    """
    clips = [clip if clip.name else clip.absolute() for clip in clips]  # "." is no clip, but has to get as far as being told so
    homes = [(clip.parent if out is None else out) / clip.stem for clip in clips]
    owners: dict[Path, Path] = {}
    places = []
    for clip, home in zip(clips, homes, strict=True):
        name = clip.name if homes.count(home) > 1 else clip.stem
        candidates = (home.with_name(f"{name}{'' if n == 1 else f'-{n}'}{SUFFIX}") for n in count(1))
        places.append(next(place for place in candidates if owners.setdefault(place, clip) == clip))
    return places


def cut_off(content: Mapping[str, Any]) -> str | None:
    """What a report says of a clip of which only the beginning could be read; None for a whole one."""
    return next((said for said in content["tracking"]["warnings"] if said.startswith(ENDS_EARLY)), None)


def save_poses(path: Path, verdict: Verdict, warnings: Sequence[str]) -> None:
    """Store poses with what ``retry`` needs to judge them again."""
    recording.save_poses(path, verdict.poses, {"clip": asdict(verdict.clip), "model": verdict.model, "warnings": list(warnings)})


def write(folder: Path, verdict: Verdict, stills: Iterable[report.Still] = ()) -> None:
    """Write frames.csv, report.html and, last, report.json into ``folder``."""
    content = verdict.report()
    page = report.html(content, verdict.result, stills, limits=verdict.limits)
    for name, text in (("frames.csv", report.frames_csv(verdict.result)), ("report.html", page), ("report.json", dump(content))):
        with atomic(folder / name) as draft:
            _write_text(draft, text)


def _write_text(path: Path, text: str) -> None:
    """UTF-8; a byte of a file name that no encoding has becomes an escape, which JSON reads back as it was."""
    path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")


def dump(content: Any) -> str:
    """A report as JSON text."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def retry(path: str | Path, *, profile: Profile) -> Verdict:
    """Judge a poses.npz again with other limits."""
    poses, meta = recording.load_poses(path)
    try:
        info, model, warnings = ClipInfo(**meta["clip"]), str(meta["model"]), tuple(map(str, meta["warnings"]))
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: does not say which clip it is from. Run analyze on the clip again.") from error
    return judge(info, poses, warnings, profile=profile, model=model)


def draw(path: str | Path, target: Path | None, verdict: Verdict, on_drawn: Progress | None = None) -> list[report.Still]:
    """Draw the verdict on the clip: the whole of it into ``target`` if given, and the moments worth a picture for the report."""
    result, poses = verdict.result, verdict.poses
    moments = report.worst_moments(result)
    if target is None and not moments:
        return []
    wanted: dict[int, list[report.Moment]] = {}
    for moment in moments:
        wanted.setdefault(int(np.abs(result.time_s - moment.time_s).argmin()), []).append(moment)
    _, said = coaching.advance(coaching.start(), result)
    note = _view_note(verdict.summary.view.kind)
    ends = np.array([rep.end_s for rep in result.reps])
    stills: dict[report.Moment, report.Still] = {}

    def picture(frame: Frame, cue: tuple[str, str] | None) -> overlay.Image:
        part = slice(frame.index, frame.index + 1)
        done = result.reps[: int(np.searchsorted(ends, frame.time_s, side="right"))]
        return overlay.draw(frame.image, poses[part], result.at(frame.index), cue=cue, done=done, limits=verdict.limits, note=note)

    with (
        open_clip(path, only=None if target else wanted) as frames,
        nullcontext() if target is None else Encoder(target, start_s=0.0) as encoder,
    ):
        for frame in frames:
            if encoder is not None:
                encoder.write(picture(frame, said[frame.index]), frame.time_s)
            for moment in wanted.get(frame.index, ()):
                stills[moment] = report.Still(overlay.jpeg(picture(frame, _cue_of(moment, verdict))), moment)
            if on_drawn is not None:
                on_drawn(frame.index + 1, len(result))
    return [stills[moment] for moment in moments]


def _cue_of(moment: report.Moment, verdict: Verdict) -> tuple[str, str] | None:
    """The (cue, direction) a still shows."""
    if moment.cue is None:
        return None
    judgement = verdict.result.reps[moment.rep - 1].cues[moment.cue]
    return (moment.cue, judgement.direction) if judgement.direction else None


def _view_note(kind: ViewKind) -> str:
    """What the view hides, said on the picture."""
    return {
        ViewKind.FRONT: "Front view: back not judged",
        ViewKind.OBLIQUE: "Seen at an angle: back not judged",
    }.get(kind, "")


# ---------------------------------------------------------------------------------------------------------------------- batch


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
        inside[:] = [f for f in inside if not f.startswith(".") and not f.endswith(SUFFIX) and Path(base, f) != out]
        found += [Path(base, name) for name in names if Path(name).suffix.lower() in VIDEO_SUFFIXES and not name.startswith(".")]
    if not found:
        raise InputError(f"{root}: no video in it. Clips end in .mp4, .mov, .avi, .mkv, .webm and the like.")
    found.sort(key=lambda path: path.relative_to(root))
    places = folders(found, None)
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
                folder = ready(job.folder)
            info, poses, warnings = track(job.path, model=model)
            verdict = judge(info, poses, warnings, profile=profile, model=model)
            save_poses(folder / "poses.npz", verdict, warnings)
            content = verdict.report()
            with atomic(folder / "report.json") as draft:
                _write_text(draft, dump(content))
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
    out = ready(out)
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
        error = cut_off(content)
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
            _write_text(draft, text)


def _csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
