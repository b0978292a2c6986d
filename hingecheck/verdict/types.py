"""The types of verdicts, and of the pictures that poses come from: frozen, time on axis 0, NaN where missing. ``Poses`` stand in ``poses``.

Letters: T frames, K landmarks, S samples along the back, C cues. Pixels of the displayed picture, x right, y down. Angles in
degrees, 0 is standing straight. Seconds are float64, strictly rising, the source's own clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columns import Columns
from .exercise import HINGE, Performed

Floats = NDArray[np.float64]
Ints = NDArray[np.int8]
Bools = NDArray[np.bool_]


class ViewKind(StrEnum):
    """How the camera looks at the lifter."""

    SIDE = "side"
    FRONT = "front"
    OBLIQUE = "oblique"
    UNKNOWN = "unknown"


class Facing(StrEnum):
    """Which way the lifter faces: the picture's left or right edge, or to or from the camera."""

    LEFT = "left"
    RIGHT = "right"
    CAMERA = "camera"
    AWAY = "away"


class Phase(IntEnum):
    """Where in the hinge a frame is; ``UNSEEN`` where the hips could not be measured."""

    UNSEEN = 0
    STANDING = 1
    DOWN = 2
    BOTTOM = 3
    UP = 4


class Stand(StrEnum):
    """The stand that the first rep is compared with: seen before it, a later one taken in a second pass, or none."""

    OWN = "own"
    LOCKOUT = "lockout"
    NONE = "none"


class Status(StrEnum):
    """What a cue says of one rep. ``NOT_JUDGED`` is neither passed nor failed, and carries a reason."""

    OK = "ok"
    FAULT = "fault"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture: upright, square pixels, ``image`` (H, W, 3) uint8 RGB, at ``time_s`` on the source's clock.

    Where the image was made smaller for the pose network, poses are in pixels of the larger one: ``scale`` (x, y) times as many.
    """

    index: int
    time_s: float
    image: NDArray[np.uint8]
    scale: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Metrics(Columns):
    """The measures, each (T,) float64, NaN where not measured. The field order is the column order of ``frames.csv``.

    Angles in degrees, 0 standing straight, positive bent forward. ``butt_drop``: how far the hip has sunk below its own standing
    height, in leg lengths. ``shoulder_shift``: how far the shoulder has moved forward of the back contour against standing, in
    trunk lengths. ``knee_ankle_ratio``, ``ankle_hip_ratio``: gaps between the left and right joint, one over the other.
    ``hips_lead_deg``: on the way up, how much further the trunk is bent than if it rose in step with the knees.
    ``back_drift_deg``: how far the shape of the back has wandered within the loaded part of the rep. ``view_yaw_deg``: 0 the camera
    sees the front, 90 the left or right side, 180 the back.
    """

    hip_flexion_deg: Floats
    knee_flexion_deg: Floats
    trunk_lean_deg: Floats
    shin_lean_deg: Floats
    spine_lower_deg: Floats
    spine_upper_deg: Floats
    butt_drop: Floats
    shoulder_shift: Floats
    knee_ankle_ratio: Floats
    ankle_hip_ratio: Floats
    hips_lead_deg: Floats
    back_drift_deg: Floats
    view_yaw_deg: Floats


METRICS: tuple[str, ...] = tuple(f.name for f in fields(Metrics))


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at ``time_s``.

    ``kind``: ``cue_on``, ``cue_off`` (with ``cue``, ``direction``, ``value``), ``rep`` (with ``rep``), ``baseline`` (standing
    shape learnt), ``view`` (``direction`` holds the new kind). ``righted``: a ``cue_off`` because the lifter put it right, not because
    it passed with the way up or with the part of the rep in which it is watched.
    """

    time_s: float
    kind: str
    cue: str | None = None
    direction: str | None = None
    value: float | None = None
    rep: int | None = None
    righted: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one cue says of one rep: its worst ``value``, give or take ``uncertainty``, at ``at_s`` against ``limit``, all in ``unit``.

    ``called_at`` is the value from which it was called at that moment. ``reason`` says why it was not judged, or what has to be known of
    the judgement.
    """

    status: Status
    direction: str | None
    value: float | None
    uncertainty: float | None
    limit: float | None
    unit: str
    at_s: float | None
    reason: str | None
    called_at: float | None = None


@dataclass(frozen=True, slots=True)
class Rep:
    """One repetition. ``metrics`` are means over the bottom; ``score`` is None when nothing was judged.

    The bottom: the frames within a degree of the largest hip flexion, which is at ``bottom_s``.
    ``uncertainty``: metric -> how far it may be off either way, None where that is not known. ``complete`` is False when the clip
    begins or ends within it. ``cues``: cue id -> judgement, in table order. ``exercise``: what it was taken for.
    """

    index: int
    start_s: float
    bottom_s: float
    end_s: float
    complete: bool
    score: int | None
    metrics: dict[str, float | None]
    uncertainty: dict[str, float | None]
    cues: dict[str, Judgement]
    exercise: Performed = HINGE


# The fields of a Result that have a row a frame, ``metrics`` aside.
_BY_FRAME = ("time_s", "phase", "rep", "near", "facing", "active", "exercise")


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The verdict on T frames, and the events and reps that ended in them.

    ``spreads`` how far each metric may be off either way (see ``confidence``), NaN where that is not known or nothing was measured.
    ``phase`` (T,) of ``Phase``; ``rep`` (T,) the number of the rep a frame belongs to, 0 between reps; ``near`` (T,) the side
    measured: 0 left, 1 right, -1 neither; ``facing`` (T,) +1 the picture's right, -1 its left, 0 unclear; ``active`` (T, C) the
    cues that are on, columns in the order of ``cues.CUES``; ``exercise`` (T,) what the lifter is taken to do, numbers of
    ``exercises.EXERCISES``, 0 where not given. ``stand`` is known of a whole recording only (``engine.analyse``).
    """

    time_s: Floats
    metrics: Metrics
    spreads: Metrics
    phase: Ints
    rep: NDArray[np.int32]
    near: Ints
    facing: Ints
    active: Bools
    events: tuple[Event, ...] = ()
    reps: tuple[Rep, ...] = ()
    stand: Stand = Stand.NONE
    exercise: Ints = None  # type: ignore[assignment]  # an array as soon as there is a result

    def __post_init__(self) -> None:
        if self.exercise is None:
            object.__setattr__(self, "exercise", np.zeros(len(self.time_s), np.int8))

    def __len__(self) -> int:
        return len(self.time_s)

    def __getitem__(self, frames: slice) -> "Result":
        """The verdict on some frames, without events and reps."""
        return Result(
            metrics=self.metrics[frames], spreads=self.spreads[frames], **{name: getattr(self, name)[frames] for name in _BY_FRAME}
        )

    def at(self, frame: int) -> "Result":
        """The verdict on one frame, T = 1, without events and reps."""
        return self[frame : frame + 1]

    @classmethod
    def concat(cls, parts: "Iterable[Result]", frames: int) -> "Result":
        """Join chunks in time, at least one and of T ``frames`` together, events and reps included. Each is let go before the next."""
        whole: list[NDArray[Any]] = []
        events: list[Event] = []
        reps: list[Rep] = []
        done = 0
        for part in parts:
            columns = part._columns()
            whole = whole or [np.empty((frames, *column.shape[1:]), column.dtype) for column in columns]
            for column, more in zip(whole, columns, strict=True):
                column[done : done + len(part)] = more
            events += part.events
            reps += part.reps
            done += len(part)
        if done != frames:
            raise ValueError(f"result: {done} frames in the chunks, not {frames}")
        filled = iter(whole)
        by_frame = {name: next(filled) for name in _BY_FRAME}
        metrics, spreads = (Metrics(**{name: next(filled) for name in METRICS}) for _ in range(2))
        return cls(metrics=metrics, spreads=spreads, events=tuple(events), reps=tuple(reps), stand=Stand.NONE, **by_frame)

    def _columns(self) -> list[NDArray[Any]]:
        """All that has a row a frame: ``_BY_FRAME``, metrics, spreads."""
        owners = [(self, _BY_FRAME), (self.metrics, METRICS), (self.spreads, METRICS)]
        return [getattr(owner, name) for owner, names in owners for name in names]


@dataclass(frozen=True, slots=True)
class View:
    """How the whole clip was seen: kind, facing (None when unclear) and median yaw in degrees (None when unseen)."""

    kind: ViewKind
    facing: Facing | None
    yaw_deg: float | None


@dataclass(frozen=True, slots=True)
class Stage:
    """Stage 1 to 3 that fits what was measured, whether the next one is in reach, and why.

    ``work_on`` names areas of assistance work, ids of ``scoring.AREAS``, the most urgent first; ``exercises`` what to practise with a light
    load, ids of ``scoring.EXERCISES``, the most useful first, empty while it is too early for one.
    """

    recommended: int
    ready_for_next: bool
    why: tuple[str, ...]
    work_on: tuple[str, ...]
    exercises: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """A session in a few words: counts a cue by status, score (None when nothing was judged), one next cue, stage, exercise (its id)."""

    view: View
    cues: dict[str, dict[str, int]]
    score: int | None
    next_cue: str | None
    stage: Stage
    frames_with_person: float
    warnings: tuple[str, ...] = field(default=())
    exercise: str = "other"


@dataclass(frozen=True, slots=True)
class ClipInfo:
    """What is known of a clip file: size as displayed, px; ``rotation_deg`` clockwise, already applied to its frames.

    ``frames`` are all there are; ``thinned`` says that not all of them were looked at, because there are more a second than it takes;
    ``turned_deg`` how far clockwise they were turned on request, beyond ``rotation_deg`` of the file.
    """

    path: str
    sha256: str
    frames: int
    duration_s: float
    width: int
    height: int
    rotation_deg: int
    variable_frame_rate: bool
    thinned: bool = False
    turned_deg: int = 0
