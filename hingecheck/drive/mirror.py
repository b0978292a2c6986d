"""The live mirror: takes the newest frame and shows the verdict on the screen, until the lifter stops.

One loop in the caller's thread estimates, judges, draws and shows. Grabbing, speaking and recording have threads of their own and never
block the loop.
"""

import queue
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread
from typing import Final

import numpy as np

from ..media.camera import Feed, Grabbed
from ..media.encoding import Encoder
from ..opencv import cv2
from ..show import overlay, prompts
from ..show.drawing import Image
from ..show.stills import Album
from ..show.voice import Voice
from ..show.window import Screen
from ..verdict import coaching, engine
from ..verdict.cues import BY_ID
from ..verdict.types import Frame
from ..vision import estimators
from ..vision.estimators import PoseEstimator
from .session import Session, Shown

WANTED_FPS: Final = 25.0
FALLBACK: Final = "lite"
JUDGED_OVER: Final = 50  # frames over which the median time is taken
TOLD_S: Final = 5.0  # how long a remark is shown, such as that the model was changed
GO_S: Final = 1.0  # how long "Go" is shown
WAIT_S: Final = 0.1  # how long to wait for the newest frame before refreshing the screen
END_S: Final = 4.0  # how long the notice that time is up is shown
NUMBERS: Final = ("", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve")


@dataclass(slots=True)
class Pace:
    """Speed of the loop: frames shown, and the latency from grabbing to showing a frame, as a histogram with bins of 1 ms."""

    shown: int = 0
    began_s: float = 0.0
    ended_s: float = 0.0
    latency_ms: np.ndarray = field(default_factory=lambda: np.zeros(2000, np.int64))

    def add(self, grabbed_s: float) -> None:
        """Count a frame that has just been shown."""
        self.ended_s = time.monotonic()
        self.began_s = self.began_s or self.ended_s
        self.latency_ms[min(int(1e3 * (self.ended_s - grabbed_s)), len(self.latency_ms) - 1)] += 1
        self.shown += 1

    @property
    def fps(self) -> float:
        """Frames shown a second."""
        return (self.shown - 1) / (self.ended_s - self.began_s) if self.shown > 1 else 0.0

    def percentile_ms(self, share: float) -> float:
        """Latency that this share (0 to 1) of the frames did not exceed, ms; NaN before the first frame."""
        below = np.cumsum(self.latency_ms)
        return float(np.searchsorted(below, share * below[-1]) + 1) if self.shown else float("nan")


class Recorder:
    """Writes the shown pictures to a video, in a thread of its own. A frame that would block the mirror is left out."""

    WAITING: Final = 8  # pictures; 22 MB at 1280 x 720

    def __init__(self, path: object) -> None:
        self.left_out = 0
        self._size: tuple[int, int] | None = None
        self._error: Exception | None = None
        self._queue: queue.Queue[tuple[Image, float] | None] = queue.Queue(self.WAITING)
        self._encoder = Encoder(str(path), start_s=0.0)
        self._thread = Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def write(self, image: Image, time_s: float) -> None:
        """Add a picture as it was shown, fitted to the first one's size. ``OutputError`` if an earlier one could not be written."""
        if self._error is not None:
            raise self._error
        try:
            self._queue.put_nowait((image, time_s))
        except queue.Full:
            self.left_out += 1

    def close(self) -> None:
        """Finish the file; ``OutputError`` if it could not be written."""
        self._queue.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            with self._encoder as encoder:
                while (item := self._queue.get()) is not None:
                    image, time_s = item
                    self._size = self._size or (image.shape[1], image.shape[0])
                    encoder.write(fit(image, self._size), time_s)
        except Exception as error:  # raised again by ``write`` or ``close``
            self._error = error
            while self._queue.get() is not None:
                pass


def fit(image: Image, size: tuple[int, int]) -> Image:
    """The picture, (H, W, 3), scaled to fit ``size`` (width, height) px, with its proportions kept and black borders."""
    width, height = size
    if image.shape[:2] == (height, width):
        return image
    scale = min(width / image.shape[1], height / image.shape[0])
    small = cv2.resize(image, (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))), interpolation=cv2.INTER_AREA)
    canvas = np.zeros((height, width, 3), np.uint8)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    canvas[top : top + small.shape[0], left : left + small.shape[1]] = small
    return canvas


class Mirror:
    """Runs one session: call ``run``. ``model`` None: the default model, or a faster one if the computer is too slow."""

    def __init__(
        self,
        feed: Feed,
        session: Session,
        screen: Screen,
        *,
        model: str | None = None,
        minutes: float = 15.0,
        mirror: bool = True,
        voice: Voice | None = None,
        recorder: Recorder | None = None,
        create: Callable[[str], PoseEstimator] = estimators.create,
    ) -> None:
        self.pace = Pace()
        self.album = Album(engine.rules(session.profile))
        self._feed, self._session, self._screen = feed, session, screen
        self._fixed = model is not None
        self._create = create
        self._limit_s, self._mirror = 60.0 * minutes, mirror
        self._voice, self._recorder = voice, recorder
        self._busy_s: list[float] = []
        self._remark: tuple[str, float] | None = None  # a remark, and until when it is shown
        self._silent = False
        self._ready_s = -np.inf
        self._said: tuple[coaching.Line, str] = coaching.Line(), ""
        self._over_s: float | None = None
        self._picture: Image | None = None
        self._model = model or estimators.DEFAULT
        self._estimator = self._warm(self._model)
        self._stop = False

    def stop(self) -> None:
        """End after the current frame. May be called from a signal handler."""
        self._stop = True

    def run(self) -> None:
        """Run until the source ends, the time is up, or the user quits by key, window or Ctrl-C."""
        try:
            while not self._stop and (not self._feed.ended or self._feed.waiting):
                grabbed = self._feed.newest(WAIT_S)
                if grabbed is None:
                    if not self._wait():
                        break
                    continue
                begun_s = time.monotonic()
                if not self._show(grabbed) or self._is_over(grabbed.frame.time_s):
                    break
                self._busy_s.append(time.monotonic() - begun_s)
                if self._is_slow():
                    self._estimator.close()
                    self._model = FALLBACK
                    self._estimator = self._warm(FALLBACK)
                    self._remark = f"Slow computer: using the {FALLBACK} model", grabbed.frame.time_s + TOLD_S
        finally:
            self._session.model = self._model
            self._session.warnings += self._estimator.warnings
            self._estimator.close()

    def _warm(self, model: str) -> PoseEstimator:
        """Create the estimator and give it a first picture, which takes ten times as long as any other."""
        estimator = self._create(model)
        estimator.estimate(Frame(0, 0.0, np.zeros((480, 640, 3), np.uint8)))
        return estimator

    def _show(self, grabbed: Grabbed) -> bool:
        """Estimate, judge, draw and show one frame. False if the user quits."""
        frame = grabbed.frame
        poses = self._estimator.estimate(frame)
        was_practising = self._session.practising
        height, width = frame.image.shape[:2]
        shown = self._session.step(poses, (width, height), brightness(frame.image))
        if self._session.practising and not was_practising:
            self._ready_s = frame.time_s
        self._speak(shown)
        self._picture = self._drawn(frame.image, shown, frame.time_s)
        if shown.advice is None:
            self.album.look(self._picture, shown.result, shown.line.cue)
        if self._recorder is not None:
            self._recorder.write(self._picture, frame.time_s)
        going_on = self._screen.show(self._picture)
        self.pace.add(grabbed.at_s)
        return going_on

    def _drawn(self, image: Image, shown: Shown, t: float) -> Image:
        if self._over_s is not None:
            return prompts.notice(np.ascontiguousarray(image[:, ::-1]) if self._mirror else image, "Time. Well done")
        remark = self._remark[0] if self._remark is not None and t < self._remark[1] else ""
        if shown.advice is not None:
            return prompts.draw(image, shown.poses, shown.advice, note=remark, mirror=self._mirror)
        praise = coaching.BETTER if shown.line.better else "Go" if t - self._ready_s < GO_S else ""
        return overlay.draw(
            image,
            shown.poses,
            shown.result,
            cue=shown.line.cue,
            done=shown.done,
            limits=self._session.limits,
            praise=praise,
            note=remark or shown.note,
            clock=clock(self._limit_s - shown.elapsed_s),
            gauges=not shown.note,  # both gauges are for the side view
            mirror=self._mirror,
        )

    def _speak(self, shown: Shown) -> None:
        """Say what is new: a cue, an improvement, the number of a rep, the next step of setting up."""
        if self._voice is None:
            return
        line, step = shown.line, "" if shown.advice is None else shown.advice.say
        words = []
        if shown.fresh is not None:
            words.append(NUMBERS[len(shown.done)] if len(shown.done) < len(NUMBERS) else str(len(shown.done)))
        if line.better and line.better != self._said[0].better:
            words.append(coaching.BETTER)
        if line.cue and line.cue != self._said[0].cue:
            words.append(BY_ID[line.cue[0]].fault(line.cue[1]).say)
        if step and step != self._said[1]:
            words.append(step)
        if shown.advice is None and self._said[1]:
            words.append("Go")
        self._said = line, step
        if words:
            self._voice.say(". ".join(words))
        if self._voice.warning is not None and not self._silent:
            self._silent = True
            self._remark = "No voice: nothing here can speak", float(shown.poses.time_s[0]) + TOLD_S

    def _wait(self) -> bool:
        """Refresh the screen while no frame comes. False if the user quits."""
        if self._picture is None:
            return True
        lost = self._feed.lost and not self._feed.ended
        return self._screen.show(prompts.notice(self._picture, "Camera lost: waiting for it") if lost else self._picture)

    def _is_over(self, t: float) -> bool:
        """Whether the practice time is up and the notice was shown for ``END_S``. An open rep is finished first."""
        if self._over_s is None and self._session.elapsed_s >= self._limit_s and not self._session.in_rep:
            self._over_s = t
            if self._voice is not None:
                self._voice.say("Time. Well done")
        return self._over_s is not None and t - self._over_s >= END_S

    def _is_slow(self) -> bool:
        """Whether a faster model is needed. Checked once every ``JUDGED_OVER`` frames; never True during a rep."""
        if self._fixed or self._model == FALLBACK:
            self._busy_s.clear()
        if len(self._busy_s) < JUDGED_OVER:
            return False
        slow = float(np.median(self._busy_s)) > 1.0 / WANTED_FPS
        self._busy_s.clear()
        return slow and not self._session.in_rep


def brightness(image: Image) -> float:
    """Median brightness of a picture, (H, W, 3) RGB, 0 to 255. Only every 16th row and column, because it runs on every frame."""
    return float(np.median(image[::16, ::16].max(axis=2)))


def clock(left_s: float) -> str:
    """Remaining minutes and seconds, "14:32"; "0:00" when the time is up."""
    left = max(0, int(np.ceil(left_s)))
    return f"{left // 60}:{left % 60:02d}"
