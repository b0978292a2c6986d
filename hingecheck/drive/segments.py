"""One long clip on several cores: each process tracks one stretch; the poses are joined and judged as a whole.

A tracker that starts in the middle of a clip needs a moment to settle. So each stretch starts with a lead-in: the last frames of the
stretch before. Both processes see these frames. If they disagree on the person or the position, the clip is tracked again in one piece.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from ..media.sources import open_clip
from ..storage.recording import storable
from ..storage.spool import PoseSpool
from ..verdict import steady
from ..verdict.poses import NOWHERE, Poses, PoseSource, chunks
from ..verdict.silhouette import trunk
from ..verdict.types import ClipInfo, Floats
from ..vision import estimators
from . import clip as one_clip
from .workers import Limits, Send, work_off

LEAD_FRAMES: Final = 60  # two seconds: the person is found by then, and the smoothing of landmarks has settled
WORTH_FRAMES: Final = 900  # half a minute: a shorter stretch gains less than its process costs to start
AGREE_TRUNKS: Final = 0.05  # trunk lengths; the largest median distance between joints where two stretches overlap


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames ``start`` to ``stop`` of a clip, by index. Frames before ``keep`` are only the lead-in."""

    start: int
    keep: int
    stop: int


def cut(frames: int, workers: int) -> list[Stretch]:
    """Stretches of about equal length for the workers. The last has no end, because a file may hold more than it declares."""
    number = max(1, min(workers, frames // WORTH_FRAMES))
    edges = [frames * part // number for part in range(number)]
    stops = [*edges[1:], sys.maxsize]
    return [Stretch(max(0, edge - LEAD_FRAMES), edge, stop) for edge, stop in zip(edges, stops, strict=True)]


def track(
    path: str | Path,
    *,
    model: str = estimators.DEFAULT,
    workers: int | None = None,
    every_frame: bool = False,
    on_frame: one_clip.Progress | None = None,
    turn_deg: int = 0,
) -> tuple[ClipInfo, PoseSource, tuple[str, ...]]:
    """Like ``one_clip.track``, but in ``workers`` processes (default: one per core) if the clip is long enough to gain from it."""
    with open_clip(path, enough_hz=None if every_frame else one_clip.ENOUGH_HZ) as clip:
        expected = clip.frames_hint
    stretches = cut(expected or 0, workers or os.cpu_count() or 1)
    if len(stretches) > 1:
        sight = _see_all(path, stretches, model, every_frame, on_frame, expected, turn_deg)
        if sight is not None:
            return one_clip.tracked(sight)
    return one_clip.track(path, model=model, every_frame=every_frame, on_frame=on_frame, turn_deg=turn_deg)


def _see_all(
    path: str | Path,
    stretches: Sequence[Stretch],
    model: str,
    every_frame: bool,
    on_frame: one_clip.Progress | None,
    expected: int | None,
    turn_deg: int = 0,
) -> one_clip.Sight | None:
    """Track the stretches and join them; None if they do not fit together or a process died."""
    done = dict.fromkeys(stretches, 0)
    spools: dict[Stretch, PoseSpool] = {}

    def on_message(stretch: Stretch, message: int | tuple[bool, Poses]) -> None:
        if isinstance(message, tuple):
            begins, poses = message
            if begins:  # possibly again, after the first process died
                spools[stretch] = PoseSpool()
            spools[stretch].append(poses)
            return
        done[stretch] = message
        if on_frame is not None:
            on_frame(sum(done.values()), expected)

    sights: dict[Stretch, one_clip.Sight] = {}
    work = partial(_see, path=str(path), model=model, every_frame=every_frame, turn_deg=turn_deg)
    with closing(work_off(work, stretches, len(stretches), Limits(), on_message)) as outcomes:
        for stretch, outcome in outcomes:
            if isinstance(outcome, Exception):
                return None  # if it happens again in one piece, it is reported properly
            sights[stretch] = replace(outcome, poses=spools[stretch])
    return joined([(stretch, sights[stretch]) for stretch in stretches])


def _see(stretch: Stretch, send: Send, *, path: str, model: str, every_frame: bool, turn_deg: int = 0) -> one_clip.Sight:
    """Track one stretch in its own process. Its poses are not returned but sent chunk by chunk, each with whether it is the first."""

    def on_frame(done: int, expected: int | None) -> None:
        if done % 30 == 0:
            send(max(0, done - (stretch.keep - stretch.start)))

    only = range(stretch.start, stretch.stop)
    sight = one_clip.see(path, model=model, every_frame=every_frame, only=only, alone=False, on_frame=on_frame, turn_deg=turn_deg)
    for number, part in enumerate(chunks(sight.poses)):
        send((number == 0, part))
    return replace(sight, poses=sight.poses[:0])


def joined(seen: Sequence[tuple[Stretch, one_clip.Sight]]) -> one_clip.Sight | None:
    """Join the stretches of a clip, in order and up to its end; None if a lead-in does not agree or frames are missing."""
    whole = PoseSpool()
    before: PoseSource | None = None
    last = np.array(NOWHERE)
    onward = np.array(NOWHERE)  # from the reference picture of a stretch to that of the clip
    for stretch, sight in seen:
        lead, poses = stretch.keep - stretch.start, sight.poses
        if len(poses) <= lead or (before is not None and not agree(before[-lead:], poses[:lead])):
            return None
        if before is not None:
            onward = steady.joined(last, steady.undone(poses[lead - 1 : lead].camera[0]))
        for part in chunks(poses, lead):
            begun = np.logical_or.accumulate(part.breaks != steady.STILL)[:, None]
            camera = np.where(begun, part.camera, steady.joined(onward, part.camera))
            whole.append(storable(replace(part, camera=camera)))
            if begun.any():
                onward = np.array(NOWHERE)
        before, last = poses, whole[-1:].camera[0]
    warnings = next((sight.warnings for _, sight in seen if sight.warnings), ())  # later stretches repeat the warning
    return replace(seen[-1][1], poses=whole, warnings=warnings)


def agree(one: Poses, other: Poses) -> bool:
    """Whether two trackers saw the same person in the same place, in the second half of the frames that both saw."""
    if len(one) != len(other) or not np.array_equal(one.time_s, other.time_s):
        return False
    late = slice(len(one) // 2, None)
    a, b = one[late], other[late]
    if not np.array_equal(np.isnan(a.xy).all(axis=(1, 2)), np.isnan(b.xy).all(axis=(1, 2))):
        return False
    apart: Floats = np.hypot(*np.moveaxis(a.xy - b.xy, -1, 0))
    hip, shoulder = trunk(a.xy)
    far = apart / np.hypot(*(shoulder - hip).T)[:, None]
    seen = far[np.isfinite(far)]
    return bool(np.array_equal(a.people > 1, b.people > 1) and (len(seen) == 0 or np.median(seen) <= AGREE_TRUNKS))
