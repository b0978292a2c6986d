"""The live mirror for a browser: `hingecheck live` in a worker process, with a page as camera, window and voice.

Frames come in as JPEG through the worker's feed. The worker sends back the picture that the window would show, the words to say and the
state of practice. So a browser shows the same picture as the window, to the pixel.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..drive.clip import Verdict, ready
from ..drive.mirror import Mirror, Recorder
from ..drive.session import Session, Shown
from ..drive.workers import Send
from ..errors import HingecheckError
from ..media.camera import Feed, Picture
from ..opencv import cv2
from ..show.drawing import jpeg
from ..show.stills import Album
from ..storage.files import atomic
from ..verdict.poses import Poses
from ..verdict.profiles import Profile
from .work import spoken, still_name

QUIET_S: Final = 1.5  # a page that sends no frame for so long is gone, or its tab is hidden
LONGEST_SIDE: Final = 1280  # px: the longest side of a frame that is taken


class _Page:
    """The page as the camera, window and voice of a session."""

    live = True  # as a camera: its length is not known
    warning = None  # as a voice: whether the browser can speak is not known here

    def __init__(self, feed: Connection, send: Send) -> None:
        self._feed, self._send = feed, send
        self.shown: Shown | None = None
        self._words = ""
        self.poster: tuple[float, NDArray[np.uint8]] | None = None  # hip flexion, degrees, and the picture of the deepest moment

    def read(self) -> Picture | None:
        """The next frame of the page's camera. ``EOFError`` once the page has ended the session."""
        while self._feed.poll(QUIET_S):
            content = self._feed.recv_bytes()
            if not content:
                raise EOFError
            picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
            if picture is not None and max(picture.shape) <= LONGEST_SIDE:
                return Picture(picture.astype(np.uint8, copy=False))
        return None

    def release(self) -> None:
        """Nothing to release."""

    def show(self, image: NDArray[np.uint8]) -> bool:
        """Send a picture with the words to say and the state of practice."""
        state = {"say": self._words, "reps": 0, "score": None, "practising": False, "step": ""}
        if self.shown is not None:
            state |= {
                "reps": len(self.shown.done),
                "score": self.shown.done[-1].score if self.shown.done else None,
                "practising": self.shown.advice is None,
                "step": "" if self.shown.advice is None else self.shown.advice.say,
            }
            depth_deg = float(self.shown.result.metrics.hip_flexion_deg[0])
            if self.shown.advice is None and depth_deg > (self.poster[0] if self.poster else 0.0):
                self.poster = depth_deg, image
        self._words = ""
        self._send(("shown", jpeg(image), state))
        return True

    def close(self) -> None:
        """Nothing to close."""

    def say(self, text: str) -> None:
        """Have the browser say this with the next picture."""
        self._words = text


class _Followed(Session):
    """A session that passes its state on to the page."""

    def __init__(self, page: _Page, folder: Path, **how: Any) -> None:
        super().__init__(folder, **how)
        self._page = page

    def step(self, poses: Poses, size: tuple[int, int], light: float) -> Shown:
        """Take in one frame."""
        self._page.shown = super().step(poses, size, light)
        return self._page.shown


def _keep_stills(folder: Path, verdict: Verdict, album: Album) -> None:
    """Save the pictures of faults under the names by which a clip's page looks for them: the worst moments of the verdict."""
    for still in album.stills(verdict.result.reps):
        rep, cue = verdict.result.reps[still.moment.rep - 1], still.moment.cue or ""
        at_s = rep.cues[cue].at_s
        with atomic(ready(folder) / still_name(rep.index, cue, rep.bottom_s if at_s is None else at_s)) as draft:
            draft.write_bytes(still.jpeg)


@dataclass(frozen=True, slots=True)
class Job:
    """A session to hold: folder of its files, name, settings of its profile, pose model. ``keep``: keep the video."""

    folder: str
    name: str
    settings: Mapping[str, Any]
    model: str
    minutes: float
    keep: bool


def main(job: Job, send: Send, feed: Connection) -> dict[str, Any] | None:
    """Hold one session in a worker process. ``feed``: frames, and an empty one for the end. Returns the report, or None without practice.

    Sends ``("ready",)``, then ``("shown", jpeg, state)`` for every picture. Raises ``HingecheckError`` with the reason for the user.
    """
    try:
        return _held(job, _Page(feed, send), lambda: send(("ready",)))
    except HingecheckError as error:
        raise HingecheckError(spoken(str(error), job.folder, job.name)) from error


def _held(job: Job, page: _Page, on_ready: Callable[[], None]) -> dict[str, Any] | None:
    folder = Path(job.folder)
    with ExitStack() as stack:
        session = stack.enter_context(_Followed(page, folder, profile=Profile.model_validate(job.settings), source=job.name))
        feed = stack.enter_context(Feed(lambda: page))
        recorder = Recorder(folder / "annotated.mp4") if job.keep else None
        mirror = Mirror(feed, session, page, model=job.model, minutes=job.minutes, voice=page, recorder=recorder)  # type: ignore[arg-type]
        on_ready()
        try:
            mirror.run()
        finally:
            if recorder is not None:
                recorder.close()
        if not session.elapsed_s:
            return None
        verdict = session.close(mirror.album.stills)
        _keep_stills(folder / "stills", verdict, mirror.album)
        if page.poster is not None:
            with atomic(folder / "poster.jpg") as draft:
                draft.write_bytes(jpeg(page.poster[1]))
        return verdict.report()
