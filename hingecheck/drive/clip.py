"""Processes one clip: estimates the poses, judges them, draws the verdict and writes the files.

First, every frame is tracked. Then the engine runs once over all poses. Last, the pictures for the report or the overlay are read again.
"""

import json
import time
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, fields
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import InputError
from ..media.encoding import Encoder
from ..media.frames import ENDS_EARLY
from ..media.sources import open_clip
from ..show import drawing, overlay, report
from ..storage import recording
from ..storage.files import Original, atomic, writing
from ..storage.spool import PoseSpool
from ..verdict import coaching, engine, scoring
from ..verdict.poses import Poses, PoseSource, chunks
from ..verdict.profiles import Profile
from ..verdict.skeleton import SIDES
from ..verdict.types import ClipInfo, Frame, Result, Summary, ViewKind
from ..vision import estimators
from . import cautions
from .threads import Behind, ahead

SUFFIX: Final = ".hingecheck"
AUTO: Final = "auto"
ENOUGH_HZ: Final = 30.0  # frames a second for the pose network; a hinge has no faster movement

_AT_ONCE: Final = 64  # frames that are stored together
# Frames that one thread decodes together, then estimates together, then finishes together. The network displaces all other code and data
# from the processor's caches, and loading them again takes longer than the other steps themselves.
_BUNCH: Final = 8
# Python runs one thread at a time. The pose network's thread needs it briefly between two frames, just when the mask of the frame before
# would be read. Sleeping for a millisecond first makes a clip 2 to 5 % faster.
_GIVE_WAY_S: Final = 0.001
_MOST: Final = 1e9  # frames, seconds or pixels; no clip has more

Progress = Callable[[int, int | None], None]  # frames done, frames expected if the clip says
Tracker = Callable[..., tuple[ClipInfo, PoseSource, tuple[str, ...]]]  # called like ``track``: path, model=, on_frame=


@dataclass(frozen=True, slots=True)
class Verdict:
    """The complete result for one clip: report, plots and overlay are made from it. ``live``: it was judged during filming."""

    clip: ClipInfo
    model: str
    profile: Profile
    poses: PoseSource
    result: Result
    summary: Summary
    live: bool = False

    @property
    def limits(self) -> dict[tuple[str, str], float]:
        """The limits that apply."""
        return self.profile.limits

    def report(self) -> dict[str, Any]:
        """report.json as plain values."""
        return report.build(self.clip, self.model, self.profile.name, self.profile.sha256, self.result, self.summary)


@dataclass(frozen=True, slots=True)
class Sight:
    """The poses seen in a clip or a stretch of it, in the types of a file, and the estimator's ``warnings``.

    ``clip``, ``clip_warnings`` and ``size`` (width, height, px) describe the part that was read, from the start of the file.
    """

    poses: PoseSource
    warnings: tuple[str, ...]
    clip: ClipInfo | None
    clip_warnings: tuple[str, ...]
    size: tuple[int, int]


def see(
    path: str | Path,
    *,
    model: str,
    every_frame: bool = False,
    only: range | None = None,
    alone: bool = True,
    on_frame: Progress | None = None,
    turn_deg: int = 0,
) -> Sight:
    """Estimate the poses in a clip, or in its frames ``only`` (indices). ``Sight.clip`` is None if these end before the file does.

    Decoding, the pose network and the evaluation of its masks run in three threads. If this process is not ``alone`` but shares the cores
    with others, they run in one thread: three would only wait for each other. Raises ``HingecheckError``.
    """
    in_order: Callable[[Iterable[Any]], Generator[Any, None, None]] = ahead if alone else _in_bunches
    fresh: list[Poses] = []
    done = 0
    info = None
    spool = PoseSpool()
    with (
        open_clip(path, enough_px=estimators.ENOUGH_PX, only=only, enough_hz=None if every_frame else ENOUGH_HZ, turn_deg=turn_deg) as clip,
        estimators.create(model) as estimator,
        closing(in_order(clip if only is None else islice(clip, len(only)))) as frames,
        closing(in_order((frame.index, estimator.look(frame)) for frame in frames)) as looks,
    ):
        for index, pose in looks:
            if alone:
                time.sleep(_GIVE_WAY_S)
            fresh.append(pose())
            done += 1
            if len(fresh) == _AT_ONCE:
                spool.append(Poses.concat(fresh))
                fresh.clear()
            if on_frame is not None:
                on_frame(done, clip.frames_hint)
            if only is not None and index + 1 == only.stop:
                break
        else:
            info = clip.info()
        if fresh:
            spool.append(Poses.concat(fresh))
    return Sight(spool, estimator.warnings, info, tuple(clip.warnings) if info else (), clip.size)


def _in_bunches(source: Iterable[Any]) -> Generator[Any, None, None]:
    items = iter(source)
    while bunch := list(islice(items, _BUNCH)):
        yield from bunch


def track(
    path: str | Path,
    *,
    model: str = estimators.DEFAULT,
    every_frame: bool = False,
    alone: bool = True,
    on_frame: Progress | None = None,
    turn_deg: int = 0,
) -> tuple[ClipInfo, PoseSource, tuple[str, ...]]:
    """Read a clip and estimate its poses. Returns facts about the file, poses of T frames, warnings. Raises ``HingecheckError``.

    A clip with many more than ``ENOUGH_HZ`` frames a second is thinned to about that rate, unless ``every_frame``. ``alone`` as for
    ``see``.
    """
    return tracked(see(path, model=model, every_frame=every_frame, alone=alone, on_frame=on_frame, turn_deg=turn_deg))


def upright(tracker: Tracker, rotate: str | None) -> Tracker:
    """The tracker with the pictures turned: by "90", "180" or "270" degrees, or, "auto", again if they prove not to be upright."""

    def turned(path: str | Path, **options: Any) -> tuple[ClipInfo, PoseSource, tuple[str, ...]]:
        if rotate != AUTO:
            return tracker(path, turn_deg=int(rotate or 0), **options)
        found = tracker(path, **options)
        turn = cautions.turn_deg(found[1])
        return tracker(path, turn_deg=turn, **options) if turn else found

    return tracker if rotate is None else turned


def tracked(sight: Sight) -> tuple[ClipInfo, PoseSource, tuple[str, ...]]:
    """Facts about the file, poses and warnings of a clip that was seen to its end."""
    if sight.clip is None:
        raise ValueError("tracked: it was not seen to the end of the clip")
    return (
        sight.clip,
        sight.poses,
        (
            *sight.clip_warnings,
            *sight.warnings,
            *_cropped(sight.poses, sight.size),
            *cautions.small(sight.poses, sight.size),
            *cautions.turned(sight.poses),
        ),
    )


def _cropped(poses: PoseSource, size: tuple[int, int]) -> list[str]:
    """A warning from when the feet are out of the picture of ``size`` (width, height) px, if they are for at least a second."""
    below = np.concatenate([(part.xy[:, SIDES["ankle"], 1] > size[1]).all(axis=1) for part in chunks(poses)])
    if not below.any():
        return []
    time_s = poses.time_s
    step = np.diff(time_s, append=time_s[-1])
    if float(step[below].sum()) < 1.0:
        return []
    return [f"feet leave the picture from {time_s[below.argmax()]:.1f} s"]


def judge(clip: ClipInfo, poses: PoseSource, warnings: Sequence[str], *, profile: Profile, model: str, live: bool = False) -> Verdict:
    """Judge tracked poses, without video or network; ``retry`` and the tests start here. ``live``: as judged during the session."""
    result = engine.analyse(poses, profile, hindsight=not live)
    return Verdict(clip, model, profile, poses, result, scoring.summarise(result, poses.people, warnings), live)


def clip(
    path: str | Path,
    folder: str | Path,
    *,
    profile: Profile,
    model: str = estimators.DEFAULT,
    annotate: bool = True,
    on_frame: Progress | None = None,
    on_drawn: Progress | None = None,
    tracker: Tracker | None = None,
) -> dict[str, Any]:
    """Score one clip and write its files into ``folder``, created if needed; report.json is written last. Returns the report.

    ``tracker``: the function that estimates the poses, instead of ``track``.
    """
    with open_clip(path):  # a file that is no clip leaves no folder behind
        folder = ready(folder)
    original = Original(path)
    info, poses, warnings = (tracker or track)(path, model=model, on_frame=on_frame)
    original.check(info.sha256)
    verdict = judge(info, poses, warnings, profile=profile, model=model)
    save_poses(folder / "poses.npz", verdict, warnings)
    stills = draw(path, folder / "annotated.mp4" if annotate else None, verdict, on_drawn, original=original)
    write(folder, verdict, stills)
    return verdict.report()


def ready(folder: str | Path) -> Path:
    """Create a folder for results if it does not exist. ``OutputError`` if that fails."""
    folder = Path(folder)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def folders(clips: Sequence[Path], out: Path | None) -> list[Path]:
    """Results folder of each clip: NAME.hingecheck in ``out`` or next to the clip.

    Clips with the same NAME keep their suffixes in it. Clips with the same suffix too are numbered.
    """
    clips = [clip if clip.name else clip.absolute() for clip in clips]  # "." has no name, but must reach the error message
    homes = [(clip.parent if out is None else out) / clip.stem for clip in clips]
    owners: dict[Path, Path] = {}
    places = []
    for clip, home in zip(clips, homes, strict=True):
        name = clip.name if homes.count(home) > 1 else clip.stem
        candidates = (home.with_name(f"{name}{'' if n == 1 else f'-{n}'}{SUFFIX}") for n in count(1))
        places.append(next(place for place in candidates if owners.setdefault(place, clip) == clip))
    return places


def cut_off(content: Mapping[str, Any]) -> str | None:
    """A report's warning that only the beginning of the clip could be read; None for a complete clip."""
    return next((said for said in content["tracking"]["warnings"] if said.startswith(ENDS_EARLY)), None)


def save_poses(path: Path, verdict: Verdict, warnings: Sequence[str]) -> None:
    """Store poses with the metadata that ``retry`` needs to judge them again."""
    meta = {"clip": asdict(verdict.clip), "model": verdict.model, "warnings": list(warnings), "live": verdict.live}
    recording.save_poses(path, verdict.poses, meta)


def write(folder: Path, verdict: Verdict, stills: Iterable[report.Still] = ()) -> None:
    """Write frames.csv, report.html and, last, report.json into ``folder``."""
    content = verdict.report()
    page = report.html(content, verdict.result, stills, limits=verdict.limits)
    for name, text in (("frames.csv", report.frames_csv(verdict.result)), ("report.html", page), ("report.json", dump(content))):
        with atomic(folder / name) as draft:
            write_text(draft, text)


def write_text(path: Path, text: str | Iterable[str]) -> None:
    """Write text as UTF-8, whole or in pieces. Undecodable bytes of a file name become escapes, which JSON reads back unchanged."""
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        file.writelines([text] if isinstance(text, str) else text)


def dump(content: Any) -> str:
    """A report as JSON text."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def retry(path: str | Path, *, profile: Profile) -> Verdict:
    """Judge a poses.npz again with other limits."""
    poses, meta = recording.load_poses(path)
    if column := recording.beyond_belief(poses):
        raise InputError(f"{path}: {column} holds numbers that no clip has. Analyze the clip again.")
    try:
        info, model, warnings, live = _recorded(meta)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: does not say which clip it is from. Run analyze on the clip again.") from error
    return judge(info, poses, warnings, profile=profile, model=model, live=live)


def _recorded(meta: Mapping[str, Any]) -> tuple[ClipInfo, str, tuple[str, ...], bool]:
    """What a recording says of its clip, model, warnings and whether it was live. ``ValueError`` for a value of the wrong kind."""
    info, model, warnings, live = ClipInfo(**meta["clip"]), meta["model"], tuple(meta["warnings"]), meta.get("live", False)
    kinds: dict[str, Any] = {"str": str, "int": int, "float": (int, float), "bool": bool}
    said = [(getattr(info, field.name), kinds[str(getattr(field.type, "__name__", field.type))]) for field in fields(info)]
    said += [(model, str), (live, bool), *((warning, str) for warning in warnings)]
    for value, kind in said:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ValueError(f"{value!r} is no {kind}")
        if isinstance(value, int | float) and not 0 <= value < _MOST:
            raise ValueError(f"{value} cannot be")
    return info, model, warnings, live


def draw(
    path: str | Path,
    target: Path | None,
    verdict: Verdict,
    on_drawn: Progress | None = None,
    moments: Sequence[report.Moment] | None = None,
    original: Original | None = None,
) -> list[report.Still]:
    """Draw the verdict on the clip: the whole clip into ``target`` if given, and a still of each moment, by default the report's.

    ``original``: the clip as it was tracked. Nothing is kept of another one.
    """
    result, poses = verdict.result, verdict.poses
    moments = report.worst_moments(result, verdict.summary.next_cue) if moments is None else moments
    if target is None and not moments:
        return []
    wanted: dict[int, list[report.Moment]] = {}
    for moment in moments:
        wanted.setdefault(int(np.abs(result.time_s - moment.time_s).argmin()), []).append(moment)
    lines = coaching.advance(coaching.start(verdict.summary.next_cue), coaching.as_judged(result))[1] if target else []
    note = view_note(verdict.summary.view.kind)
    ends = np.array([rep.end_s for rep in result.reps])
    stills: dict[report.Moment, report.Still] = {}

    def picture(frame: Frame, line: coaching.Line) -> drawing.Image:
        part = slice(frame.index, frame.index + 1)
        done = result.reps[: int(np.searchsorted(ends, frame.time_s, side="right"))]
        return overlay.draw(
            frame.image,
            poses[part],
            result.at(frame.index),
            cue=line.cue,
            praise=coaching.BETTER if line.better else "",
            done=done,
            limits=verdict.limits,
            note=note,
        )

    with ExitStack() as open_until_drawn:
        frames = open_until_drawn.enter_context(closing(_frames(path, verdict, None if target else wanted)))
        behind: Behind[tuple[drawing.Image, float]] | None = None
        if target is not None:
            encoder = open_until_drawn.enter_context(Encoder(target, start_s=0.0))
            behind = open_until_drawn.enter_context(Behind(lambda shown: encoder.write(*shown)))
        for frame in open_until_drawn.enter_context(closing(ahead(frames))) if target else frames:
            if behind is not None:
                behind.put((picture(frame, lines[frame.index]), frame.time_s))
            for moment in wanted.get(frame.index, ()):
                stills[moment] = report.Still(drawing.jpeg(picture(frame, _line_of(moment, verdict))), moment)
            if on_drawn is not None:
                on_drawn(frame.index + 1, len(result))
        if original is not None:
            original.check()
    return [stills[moment] for moment in moments]


def _frames(path: str | Path, verdict: Verdict, wanted: Collection[int] | None) -> Generator[Frame, None, None]:
    """All frames of a judged clip, or only those with the ``wanted`` indices."""
    hz, turn = ENOUGH_HZ if verdict.clip.thinned else None, verdict.clip.turned_deg
    if wanted is not None:
        expected = [(index, verdict.result.time_s[index]) for index in sorted(wanted)]
        with open_clip(path, only=wanted, enough_hz=hz, turn_deg=turn) as clip:
            found = list(islice(clip, len(expected)))
        if [(frame.index, frame.time_s) for frame in found] == expected:
            yield from found
            return
    with open_clip(path, enough_hz=hz, turn_deg=turn) as clip:  # damage in skipped frames shifts the indices: decode all, as for judging
        yield from (frame for frame in clip if wanted is None or frame.index in wanted)


def _line_of(moment: report.Moment, verdict: Verdict) -> coaching.Line:
    """The coaching line on a still."""
    if moment.cue is None:
        return coaching.Line()
    judgement = verdict.result.reps[moment.rep - 1].cues[moment.cue]
    return coaching.Line(cue=(moment.cue, judgement.direction) if judgement.direction else None)


def view_note(kind: ViewKind) -> str:
    """Note on the picture about what cannot be judged in this view."""
    return {
        ViewKind.FRONT: "Front view: shoulders, core not judged",
        ViewKind.OBLIQUE: "Seen at an angle: shoulders, core not judged",
    }.get(kind, "")
