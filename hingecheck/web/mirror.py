"""The live mirror for a browser: `hingecheck live` in a process of its own, with a page for camera, window and voice.

Frames come through a pipe as JPEG; what goes back is the picture as the window would show it, what to say, and how far practice is. So a
browser sees the same as a window does, to the pixel.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..drive.clip import Verdict, ready
from ..drive.mirror import Mirror, Recorder
from ..drive.session import Session, Shown
from ..errors import HingecheckError
from ..media.camera import Feed, Picture
from ..opencv import cv2
from ..show.drawing import jpeg
from ..show.stills import Album
from ..storage.files import atomic
from ..verdict.poses import Poses
from ..verdict.profiles import Profile
from .work import spoken, still_name

QUIET_S: Final = 1.5  # a page that sent no frame for so long is gone, or its tab is hidden
LONGEST_SIDE: Final = 1280  # px of a frame that is taken


class _Page:
    """A page at the other end of a pipe: the camera, window and voice of a session."""

    live = True  # as a camera: it goes on until it says otherwise
    warning = None  # as a voice: the browser speaks, or it does not

    def __init__(self, channel: Connection) -> None:
        self._channel = channel
        self.shown: Shown | None = None
        self._words = ""
        self.poster: tuple[float, NDArray[np.uint8]] | None = None  # hip flexion, degrees, and the picture of the deepest moment

    def read(self) -> Picture | None:
        """The next frame of the page's camera; ``EOFError`` once it says that it is over."""
        while self._channel.poll(QUIET_S):
            content = self._channel.recv_bytes()
            if not content:
                raise EOFError
            picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
            if picture is not None and max(picture.shape) <= LONGEST_SIDE:
                return Picture(picture.astype(np.uint8, copy=False))
        return None

    def release(self) -> None:
        """Nothing to let go of."""

    def show(self, image: NDArray[np.uint8]) -> bool:
        """Send a picture with what is said and done."""
        told = {"say": self._words, "reps": 0, "score": None, "practising": False, "step": ""}
        if self.shown is not None:
            told |= {
                "reps": len(self.shown.done),
                "score": self.shown.done[-1].score if self.shown.done else None,
                "practising": self.shown.advice is None,
                "step": "" if self.shown.advice is None else self.shown.advice.say,
            }
            depth_deg = float(self.shown.result.metrics.hip_flexion_deg[0])
            if self.shown.advice is None and depth_deg > (self.poster[0] if self.poster else 0.0):
                self.poster = depth_deg, image
        self._words = ""
        self._channel.send(("shown", jpeg(image), told))
        return True

    def close(self) -> None:
        """Nothing to close."""

    def say(self, text: str) -> None:
        """Have the browser say it with the next picture."""
        self._words = text


class _Followed(Session):
    """A session that lets a page know what it shows."""

    def __init__(self, page: _Page, folder: Path, **how: Any) -> None:
        super().__init__(folder, **how)
        self._page = page

    def step(self, poses: Poses, size: tuple[int, int], light: float) -> Shown:
        """Take in one frame."""
        self._page.shown = super().step(poses, size, light)
        return self._page.shown


def _keep(folder: Path, verdict: Verdict, album: Album) -> None:
    """Keep the pictures of faults where a clip's page looks for them: under the moment that the verdict calls the worst."""
    for still in album.stills(verdict.result.reps):
        rep, cue = verdict.result.reps[still.moment.rep - 1], still.moment.cue or ""
        at_s = rep.cues[cue].at_s
        with atomic(ready(folder) / still_name(rep.index, cue, rep.bottom_s if at_s is None else at_s)) as draft:
            draft.write_bytes(still.jpeg)


def main(channel: Connection, folder: str, name: str, settings: Mapping[str, Any], model: str, minutes: float, keep: bool) -> None:
    """Hold one session. In: frames as bytes, none for the end. Out: ``("shown", jpeg, told)``, at last ``("done", report)``."""
    page = _Page(channel)
    try:
        with ExitStack() as stack:
            session = stack.enter_context(_Followed(page, Path(folder), profile=Profile.model_validate(settings), source=name))
            feed = stack.enter_context(Feed(lambda: page))
            recorder = Recorder(Path(folder) / "annotated.mp4") if keep else None
            mirror = Mirror(feed, session, page, model=model, minutes=minutes, voice=page, recorder=recorder)  # type: ignore[arg-type]
            channel.send(("ready",))
            try:
                mirror.run()
            finally:
                if recorder is not None:
                    recorder.close()
            if not session.elapsed_s:
                channel.send(("failed", "nothing was practised, so nothing is kept. Stand tall before the camera until it says go."))
                return
            verdict = session.close(mirror.album.stills)
            _keep(Path(folder) / "stills", verdict, mirror.album)
            if page.poster is not None:
                with atomic(Path(folder) / "poster.jpg") as draft:
                    draft.write_bytes(jpeg(page.poster[1]))
            channel.send(("done", verdict.report()))
    except HingecheckError as error:
        channel.send(("failed", spoken(str(error), folder, name)))
    except (BrokenPipeError, EOFError):
        pass  # the server has hung up
