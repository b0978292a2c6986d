"""A practice session, frame by frame: setting up, then reps and cues, then the verdict. Uses no camera, window or voice.

The engine gets only the frames of practice. It starts with the second in which the lifter stands tall, and pauses while the lifter is out
of the picture, turned away or walking about. Exactly these frames are stored, so that ``one_clip.retry`` gives the same verdict as the live
session.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np

from ..show import report
from ..storage import recording
from ..storage.spool import Events, PoseSpool
from ..verdict import baseline, coaching, engine, readiness, smoothing, views
from ..verdict.poses import Poses, nobody
from ..verdict.profiles import Profile
from ..verdict.readiness import Advice, Guide, Tier
from ..verdict.types import ClipInfo, Event, Phase, Rep, Result, ViewKind
from . import clip as one_clip

BEFORE_S: Final = 3.0  # of frames before practice that are kept; the stand must lie within them
EARLY_S: Final = 1.5  # bending over this soon after a stand that was too short starts practice all the same ...
EARLY_LEAN_DEG: Final = 20.0  # ... if the trunk leans more than this: a step must not count
UPRIGHT_DEG: Final = 25.0  # only with less lean than this is a lifter checked for being in the picture and turned as before
GONE_S: Final = 2.0  # not seen, or no frame at all, for this long
OUTSIDE_S: Final = 1.5
TURNED_S: Final = 1.0
TURNED_DEG: Final = 35.0


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What to show for one frame: its poses and result (T = 1), what to do or what to say, and the reps done.

    ``advice``: while setting up; None in practice. ``fresh``: the rep that this frame completed. ``elapsed_s``: since practice began.
    """

    poses: Poses
    result: Result
    advice: Advice | None
    line: coaching.Line
    done: tuple[Rep, ...]
    fresh: Rep | None
    elapsed_s: float
    note: str


class Session:
    """One practice: call ``step`` for every frame, ``close`` for the verdict.

    Writes events.jsonl (or ``events``) during the session, and the other files into ``folder`` at the end. ``source``: where the frames
    come from, for the report. The caller sets ``model`` and ``warnings`` before ``close``.
    """

    def __init__(self, folder: str | Path, *, profile: Profile, source: str, events: str | Path | None = None) -> None:
        self.folder = one_clip.ready(folder)
        self.profile = profile
        self.source = source
        self.model = ""
        self.warnings: list[str] = []
        self.limits = profile.limits
        self._spool = PoseSpool(self.folder)
        self._events = Events(self.folder / "events.jsonl" if events is None else events)
        self._scout = engine.start(profile)
        self._practice: engine.State | None = None
        self._going = False
        self._guide = Guide()
        self._coach = coaching.start()
        self._before: deque[Poses] = deque()
        self._early: tuple[float, float] | None = None  # when a stand began, and when it was last seen
        self._since: dict[str, float] = {}  # reason to pause -> since when it holds
        self._began_s: float | None = None
        self._last_s: float | None = None
        self._practised_s = -np.inf
        self._size = (0, 0)
        self._yaw_deg = np.nan
        self._note = ""
        self._done: list[Rep] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._events.close()

    @property
    def practising(self) -> bool:
        """Whether reps are counted: the lifter is set up and in view."""
        return self._going

    @property
    def done(self) -> tuple[Rep, ...]:
        """The repetitions so far."""
        return tuple(self._done)

    @property
    def in_rep(self) -> bool:
        """Whether a rep is in progress."""
        return self._going and self._practice is not None and self._practice.track.open

    @property
    def began_s(self) -> float | None:
        """When practice first began, seconds of the source's clock; None before."""
        return self._began_s

    @property
    def elapsed_s(self) -> float:
        """Seconds of the source's clock since practice first began; 0 before."""
        return 0.0 if self._began_s is None or self._last_s is None else self._last_s - self._began_s

    def step(self, poses: Poses, size: tuple[int, int], light: float) -> Shown:
        """Process one frame (T = 1) of a picture of ``size`` (width, height) px and median brightness ``light``."""
        poses = recording.storable(poses)
        t = float(poses.time_s[0])
        if self._size != size or (self._last_s is not None and t - self._last_s > GONE_S):
            self._pause(t)
        self._size, self._last_s = size, t
        if self._going:
            shown = self._practise(poses)
            if self._is_lost(poses, shown.result):
                self._pause(t)
            return shown
        return self._get_set(poses, light)

    def close(self, stills: Callable[[tuple[Rep, ...]], Iterable[report.Still]] = lambda reps: ()) -> one_clip.Verdict:
        """End practice, write its files and return the verdict on all of it. Call once. ``HingecheckError`` if writing fails.

        ``stills`` is called with the reps and returns the pictures for the report.
        """
        poses = self._spool
        if len(poses) == 0:
            poses.append(nobody(np.array([self._last_s or 0.0])))
        time_s = poses.time_s
        info = ClipInfo(
            path=self.source,
            sha256="",
            frames=len(poses),
            duration_s=float(time_s[-1] - time_s[0]),
            width=self._size[0],
            height=self._size[1],
            rotation_deg=0,
            variable_frame_rate=True,
        )
        verdict = one_clip.judge(info, poses, self.warnings, profile=self.profile, model=self.model, live=True)
        for event in verdict.result.events[-1:]:  # a rep still open at the end closes only now
            if event.kind == "rep" and event.rep is not None and event.rep > len(self._done):
                self._write(event, verdict.result.reps)
        self._events.close()
        one_clip.save_poses(self.folder / "poses.npz", verdict, self.warnings)
        one_clip.write(self.folder, verdict, stills(verdict.result.reps))
        return verdict

    def _get_set(self, poses: Poses, light: float) -> Shown:
        """Process one frame of a lifter who is not set up yet."""
        t = float(poses.time_s[0])
        self._scout, result = engine.advance(self._scout, poses, self.profile)
        self._before.append(poses)
        while t - float(self._before[0].time_s[0]) > BEFORE_S:
            self._before.popleft()
        yaw_deg = self._signed_yaw(result)
        since_s = self._scout.stand.since_s
        stood_s = -1.0 if since_s is None else t - since_s
        self._guide, advice = readiness.advance(self._guide, poses, self._size, light, yaw_deg, stood_s)
        if advice.tier >= Tier.STAND and since_s is not None and stood_s >= baseline.STAND_S:
            self._early = since_s, t
        if advice.tier is Tier.READY:
            return self._go(t - readiness.STAND_S, yaw_deg)
        if self._early is not None and self._bends_already(result, t):
            return self._go(self._early[0], yaw_deg)
        return self._shown(poses, result, advice, coaching.Line(), None)

    def _signed_yaw(self, result: Result) -> float:
        """Smoothed yaw, degrees, with the sign of the direction that the lifter faces."""
        return float(result.metrics.view_yaw_deg[-1]) * (-1.0 if result.facing[-1] < 0 else 1.0)

    def _bends_already(self, result: Result, t: float) -> bool:
        assert self._early is not None
        bends = result.phase[-1] == Phase.DOWN and result.metrics.trunk_lean_deg[-1] > EARLY_LEAN_DEG
        return bool(bends and t - self._early[1] <= EARLY_S)

    def _go(self, since_s: float, yaw_deg: float) -> Shown:
        """Begin practice, with the frames since the lifter stood still."""
        # At least ``FORGET_S`` after the last practice, so that the engine has forgotten the position in the picture.
        since_s = max(since_s, self._practised_s + smoothing.FORGET_S)
        frames = [poses for poses in self._before if poses.time_s[0] >= since_s] or [self._before[-1]]
        if self._practice is None:
            self._practice = engine.start(self.profile)
        t = float(frames[-1].time_s[0])
        self._began_s = t if self._began_s is None else self._began_s
        self._going, self._yaw_deg, self._early = True, yaw_deg, None
        view = ViewKind.SIDE if readiness.is_side(yaw_deg) else views.kind(yaw_deg)
        self._note = one_clip.view_note(view)
        self._before.clear()
        self._since.clear()
        self._record({"time_s": float(frames[0].time_s[0]), "kind": "ready", "view": str(view)})
        return self._practise(Poses.concat(frames))

    def _practise(self, poses: Poses) -> Shown:
        """Judge T more frames of practice and show the last one."""
        assert self._practice is not None
        self._spool.append(poses)
        self._practice, result = engine.advance(self._practice, poses, self.profile)
        self._practised_s = float(poses.time_s[-1])
        self._coach, lines = coaching.advance(self._coach, result)
        for event in result.events:
            self._write(event, result.reps)
        self._done += result.reps
        last = len(poses) - 1
        return self._shown(poses[last:], result.at(last), None, lines[-1], result.reps[-1] if result.reps else None)

    def _is_lost(self, poses: Poses, result: Result) -> bool:
        """Whether the lifter has left, walked out of the picture, or turned."""
        t = float(poses.time_s[0])
        upright = result.phase[-1] == Phase.STANDING and not result.metrics.trunk_lean_deg[-1] > UPRIGHT_DEG
        turned = abs((self._signed_yaw(result) - self._yaw_deg + 180.0) % 360.0 - 180.0)
        against = {
            "gone": (result.phase[-1] == Phase.UNSEEN, GONE_S),
            "outside": (upright and readiness.in_picture(poses, self._size) is not None, OUTSIDE_S),
            "turned": (upright and turned > TURNED_DEG, TURNED_S),
        }
        for reason, (holds, _) in against.items():
            if not holds:
                self._since.pop(reason, None)
            else:
                self._since.setdefault(reason, t)
        return any(t - self._since[reason] >= long_s for reason, (_, long_s) in against.items() if reason in self._since)

    def _pause(self, t: float) -> None:
        """Pause practice until the lifter is set up again."""
        if self._going:
            self._record({"time_s": t, "kind": "paused"})
        self._going, self._guide, self._coach = False, Guide(), coaching.start()
        self._scout = engine.start(self.profile)
        self._before.clear()

    def _shown(self, poses: Poses, result: Result, advice: Advice | None, line: coaching.Line, fresh: Rep | None) -> Shown:
        note = self._note if advice is None else ""
        return Shown(poses, result, advice, line, self.done, fresh, self.elapsed_s, note)

    def _write(self, event: Event, reps: tuple[Rep, ...]) -> None:
        """Write an event as one line; for a rep, with all its judgements."""
        fields: dict[str, Any] = {name: value for name, value in asdict(event).items() if value is not None and value is not False}
        if event.kind == "rep":
            rep = next(rep for rep in reps if rep.index == event.rep)
            fields |= {name: value for name, value in report.rep_as_plain(rep).items() if name != "index"}
        self._record(fields)

    def _record(self, fields: dict[str, Any]) -> None:
        self._events.write(fields)
