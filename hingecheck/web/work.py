"""The work on a clip, in a process of its own: the only part of the server that opens an upload.

It reads ``original`` in the clip's folder. It writes ``video.mp4`` (only if a browser cannot play the original), ``poses.npz``,
``stills/`` and ``annotated.mp4``, each whole or not at all. Steps whose files exist are skipped: a clip with poses is only judged and
drawn. New limits take effect in the same way.
"""

import errno
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import av

from ..drive import clip as one_clip
from ..drive.workers import Send
from ..errors import HingecheckError, OutputError, RecordingError
from ..media.encoding import Encoder
from ..media.sources import open_clip
from ..show.report import Moment, worst_moments
from ..storage.files import atomic
from ..verdict.profiles import Profile
from ..verdict.types import Result, Status
from . import corrections

MOST_STILLS: Final = 120
FULL: Final = "the disk is full. Delete clips, or free some space."

OnFrame = Callable[[str, int, int | None], None]  # (phase, frames done, frames expected)


@dataclass(frozen=True, slots=True)
class Job:
    """A clip to bring up to date: folder, name for messages, settings of its profile, pose model."""

    folder: str
    name: str
    settings: Mapping[str, Any]
    model: str


def main(job: Job, send: Send) -> dict[str, Any]:
    """Bring one clip up to date, in a worker process. Sends ``(phase, done, of)`` for frames. Returns the report.

    Every failure is raised as ``HingecheckError`` with a reason for the user: ``OutputError`` if there is no room for its files.
    """
    try:
        profile = Profile.model_validate(job.settings)
        return bring_up_to_date(Path(job.folder), job.name, profile, job.model, lambda *progress: send(progress))
    except HingecheckError as error:
        if out_of_room(error):
            raise OutputError(f"{job.name}: {FULL}") from error
        raise HingecheckError(spoken(str(error), job.folder, job.name)) from error
    except MemoryError as error:
        raise HingecheckError(f"{job.name}: takes more memory than a clip may. Make it smaller, 1080p or less.") from error
    except Exception as error:  # a malformed file can raise anything in the decoder or the model
        if out_of_room(error):
            raise OutputError(f"{job.name}: {FULL}") from error
        why = f"{job.name}: cannot be analysed ({type(error).__name__}: {error}). Convert it to H.264."
        raise HingecheckError(spoken(why, job.folder, job.name)) from error


def out_of_room(error: BaseException | None) -> bool:
    """Whether a full disk, or a quota, is behind an error."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False


def bring_up_to_date(folder: Path, name: str, profile: Profile, model: str, on_frame: OnFrame) -> dict[str, Any]:
    """Make what a clip still lacks under these limits. Returns its report."""
    original, poses = folder / "original", folder / "poses.npz"
    verdict = None
    if poses.exists():
        try:
            verdict = one_clip.retry(poses, profile=profile)
        except RecordingError:  # written by a version whose poses cannot be read any more
            poses.unlink()
    if verdict is None:
        make_playable(original, folder / "video.mp4", on_frame)
        info, seen, warnings = one_clip.track(original, model=model, on_frame=lambda done, of: on_frame("seeing", done, of))
        verdict = one_clip.judge(replace(info, path=name), seen, warnings, profile=profile, model=model)
        one_clip.save_poses(poses, verdict, warnings)
    verdict = corrections.applied(replace(verdict, clip=replace(verdict.clip, path=name)), corrections.load(folder))
    if original.exists():
        _draw(folder, verdict, on_frame)
    return verdict.report()


def _draw(folder: Path, verdict: one_clip.Verdict, on_frame: OnFrame) -> None:
    """Draw the annotated clip, a still of every fault, and the stills that the report shows."""
    moments = list(dict.fromkeys([*worst_moments(verdict.result, verdict.summary.next_cue), *faults(verdict.result)]))[:MOST_STILLS]
    drawn = one_clip.draw(folder / "original", folder / "annotated.mp4", verdict, lambda done, of: on_frame("drawing", done, of), moments)
    stills = one_clip.ready(folder / "stills")
    pictures = {still_name(still.moment.rep, still.moment.cue, still.moment.time_s): still.jpeg for still in drawn}
    if drawn:
        with atomic(folder / "poster.jpg") as draft:
            draft.write_bytes(drawn[0].jpeg)
    for name, jpeg in pictures.items():
        with atomic(stills / name) as draft:
            draft.write_bytes(jpeg)
    for file in stills.iterdir():
        if file.name not in pictures:
            file.unlink()


def faults(result: Result) -> list[Moment]:
    """The worst moment of each fault of each rep."""
    return [
        Moment(rep.bottom_s if said.at_s is None else said.at_s, rep.index, cue_id)
        for rep in result.reps
        for cue_id, said in rep.cues.items()
        if said.status is Status.FAULT
    ]


def still_name(rep: int, cue: str | None, time_s: float) -> str:
    """The file name of a still, from its moment as a report has it."""
    return f"{rep}-{cue or 'bottom'}-{round(round(time_s, 3) * 1000)}.jpg"


def make_playable(original: Path, target: Path, on_frame: OnFrame) -> None:
    """Write ``target``, which every browser plays, unless every browser plays the original."""
    if target.exists():
        return
    with open_clip(original) as clip:  # raises the reason if the file is no video
        if _plays(original):
            return
        with Encoder(target, start_s=0.0) as encoder:
            for frame in clip:
                encoder.write(frame.image, frame.time_s)
                on_frame("converting", frame.index + 1, clip.frames_hint)


def _plays(path: Path) -> bool:
    """Whether every browser plays the file as it is, with the timing and orientation of the analysis."""
    with av.open(f"file:{path}", container_options={"protocol_whitelist": "file"}, metadata_errors="replace") as container:
        video, sound = container.streams.video, container.streams.audio
        mp4 = "mp4" in container.format.name and container.metadata.get("major_brand", "").strip() != "qt"
        if not mp4 or len(video) != 1 or any(stream.codec_context.name != "aac" for stream in sound):
            return False
        codec, stream = video[0].codec_context, video[0]
        plain = codec.name == "h264" and codec.pix_fmt in ("yuv420p", "yuvj420p") and stream.sample_aspect_ratio in (None, 1)
        if not plain or stream.start_time or max(codec.width, codec.height) > 1920:
            return False
        first = next(container.decode(stream), None)
        return first is not None and first.side_data.get("DISPLAYMATRIX") is None and first.pts == 0


def spoken(message: str, folder: str, name: str) -> str:
    """A message about a file in our folder, rewritten for the user: it begins with the clip's name and has no path of this computer."""
    inside = rf"(file:)?{re.escape(str(folder))}(/[\w.-]+)?"
    said = " ".join(re.sub(inside, lambda _: name, message).split())
    return said if said.startswith(name) else f"{name}: {said}"
