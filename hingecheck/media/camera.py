"""Cameras, clips and streams as a live source. A thread keeps only the newest frame and reopens a camera that disappears."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Condition, Event, Thread
from types import TracebackType
from typing import Any, Final, NamedTuple, Protocol, Self

import av
import numpy as np
from numpy.typing import NDArray

from ..errors import SourceError
from ..opencv import cv2
from ..verdict.types import Frame
from .frames import Clip
from .sources import open_clip, open_stream

STALLED_S: Final = 2.0  # a camera that delivers nothing for this long counts as lost
RETRY_S: Final = 1.0  # between two attempts to reopen the source
FIRST_PICTURE_S: Final = 10.0
DEVICES: Final = Path("/dev")
WANTED: Final = (1280, 720)  # px, requested; a camera without this size delivers another

Image = NDArray[np.uint8]


class Picture(NamedTuple):
    """(H, W, 3) uint8 RGB, and its time stamp in seconds, or None: then the time of grabbing counts."""

    image: Image
    time_s: float | None = None


class Device(Protocol):
    """A source of pictures, read one by one. Any thread may use it, one at a time.

    ``live``: the source has no end, so a stop is a fault. A clip is not live: it may pause, and it ends.
    """

    live: bool

    def read(self) -> Picture | None:
        """Wait for the next picture and return it; None if the source failed. ``EOFError`` at its end."""
        ...

    def release(self) -> None:
        """Release the source. May be called more than once."""


class Grabbed(NamedTuple):
    """A frame, and the time it was grabbed (``time.monotonic``, seconds)."""

    frame: Frame
    at_s: float


class Feed:
    """The newest frame of a source: ``with Feed(open_camera(0)) as feed: grabbed = feed.newest(0.5)``.

    ``opener`` opens the source and raises ``SourceError`` if it cannot. The first failure is raised; after later ones the feed tries again.
    Grabbing starts when the first frame is requested, so that a clip does not run on while a model is loaded. Times count from the first
    frame: by the time of grabbing, or by the frame's own time stamp if it has one. At most one frame waits: a newer one replaces it.
    """

    def __init__(self, opener: Callable[[], Device]) -> None:
        self._opener = opener
        self._changed = Condition()
        self._slot: tuple[Picture, float] | None = None
        self._generation = 0
        self._first_s: float | None = None
        self._last_s = -1.0
        self._alive_s = time.monotonic()
        self._stop = Event()
        self._lost = False
        self.ended = False
        self.grabbed = self.handed_out = 0
        self._device: Device | None = opener()
        self._live = self._device.live
        self._thread: Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Release the source. May be called more than once."""
        with self._changed:
            self._generation += 1
            self._stop.set()
        if self._thread is None and self._device is not None:
            self._device.release()
        elif self._thread is not None:
            self._thread.join(timeout=1.0)  # a thread that hangs in its driver is abandoned

    @property
    def waiting(self) -> bool:
        """Whether a frame is waiting that was not handed out yet."""
        return self._slot is not None

    @property
    def lost(self) -> bool:
        """Whether the source has disappeared or stalled and is being reopened."""
        return self._lost

    def newest(self, timeout_s: float) -> Grabbed | None:
        """The newest frame not handed out yet, after waiting up to ``timeout_s``; None if none came, or the source is lost or ended."""
        with self._changed:
            if self._thread is None:
                self._start(self._device)
            if self._slot is None and not self.ended:
                self._changed.wait(timeout_s)
            taken, self._slot = self._slot, None
            if taken is None:
                if self._live and not self.ended and not self._lost and time.monotonic() - self._alive_s > STALLED_S:
                    self._lost = True  # its thread hangs: abandon it and start another
                    self._start(None)
                return None
            picture, at_s = taken
            self._first_s = at_s if self._first_s is None else self._first_s
            time_s = at_s - self._first_s if picture.time_s is None else picture.time_s
            self._last_s = max(time_s, self._last_s + 1e-3)
            self.handed_out += 1
            return Grabbed(Frame(self.handed_out - 1, self._last_s, picture.image), at_s)

    def expect(self, name: str, timeout_s: float = FIRST_PICTURE_S) -> None:
        """Wait for the first frame. ``SourceError`` about ``name`` if none comes."""
        with self._changed:
            if self._thread is None:
                self._start(self._device)
            self._changed.wait_for(lambda: self._slot is not None or self.ended or self._lost, timeout_s)
            if self._slot is None:
                raise SourceError(f"{name}: gives no picture. Close what else uses it, or name another (--camera N, --source CLIP).")

    def _start(self, device: Device | None) -> None:
        self._generation += 1
        self._alive_s = time.monotonic()
        self._thread = Thread(target=self._run, args=(self._generation, device), daemon=True, name="camera")
        self._thread.start()

    def _run(self, generation: int, device: Device | None) -> None:
        """Grab pictures until another thread takes over. Reopen the source whenever it fails."""
        while generation == self._generation:
            if device is None:
                try:
                    device = self._opener()
                except SourceError:
                    self._stop.wait(RETRY_S)
                    continue
            try:
                self._grab(generation, device)
            except EOFError:
                with self._changed:
                    if generation == self._generation:
                        self.ended = True
                        self._changed.notify_all()
                return
            finally:
                device.release()
            device = None
            with self._changed:
                if generation == self._generation:
                    self._lost = True
                    self._changed.notify_all()
            self._stop.wait(RETRY_S)

    def _grab(self, generation: int, device: Device) -> None:
        """Keep the newest picture until the source fails or another thread has taken over."""
        while generation == self._generation:
            picture = device.read()
            if picture is None:
                return
            at_s = time.monotonic()
            with self._changed:
                if generation != self._generation:
                    return
                self._slot, self._alive_s, self._lost = (picture, at_s), at_s, False
                self.grabbed += 1
                self._changed.notify_all()


class _Webcam:
    """A camera of this computer."""

    live = True

    def __init__(self, number: int) -> None:
        self._capture = cv2.VideoCapture(number)
        if not self._capture.isOpened():
            raise SourceError(_no_camera(number))
        for what, value in (
            (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),  # uncompressed pictures of this size reach only 10 a second over USB 2
            (cv2.CAP_PROP_FRAME_WIDTH, WANTED[0]),
            (cv2.CAP_PROP_FRAME_HEIGHT, WANTED[1]),
            (cv2.CAP_PROP_FPS, 30),
            (cv2.CAP_PROP_BUFFERSIZE, 1),
        ):
            self._capture.set(what, value)

    def read(self) -> Picture | None:
        seen, image = self._capture.read()
        if not seen or image is None or not image.size:
            return None
        rgb: NDArray[Any] = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
        return Picture(rgb)

    def release(self) -> None:
        self._capture.release()


class _Recording:
    """A clip, played at its own speed, or a live stream, read as it arrives."""

    def __init__(self, clip: Clip, *, live: bool, name: str) -> None:
        self._clip, self.live, self._name = clip, live, name
        self._frames: Iterator[Frame] = iter(clip)
        self._began_s: float | None = None

    def read(self) -> Picture | None:
        try:
            frame = next(self._frames, None)
        except (SourceError, av.FFmpegError):
            frame = None
        if frame is None:
            if self.live:
                return None
            raise EOFError(self._name)
        if self.live:
            return Picture(frame.image)
        self._began_s = time.monotonic() - frame.time_s if self._began_s is None else self._began_s
        time.sleep(max(0.0, self._began_s + frame.time_s - time.monotonic()))
        return Picture(frame.image, frame.time_s)

    def release(self) -> None:
        self._clip.close()


def open_camera(number: int) -> Callable[[], Device]:
    """Opener of the camera with this number, counted from 0."""

    def opener() -> Device:
        log = cv2.utils.logging
        level = log.getLogLevel()
        log.setLogLevel(log.LOG_LEVEL_SILENT)  # OpenCV would print every failed attempt to stderr
        try:
            return _Webcam(number)
        finally:
            log.setLogLevel(level)

    return opener


def open_recording(source: str) -> Callable[[], Device]:
    """Opener of a clip, by its path, or of a stream, by its URL (http, https, rtsp, rtmp, udp ...)."""

    def opener() -> Device:
        if "://" in source:
            clip, live = open_stream(source)
            return _Recording(clip, live=live, name=source)
        return _Recording(open_clip(source), live=False, name=source)

    return opener


def _no_camera(number: int) -> str:
    """Why a camera cannot be opened, and what to do."""
    device = DEVICES / f"video{number}"
    if sys.platform.startswith("linux") and not device.exists():
        return f"camera {number}: there is none. Plug one in, name another (--camera N), or give a clip (--source CLIP)."
    return (
        f"camera {number}: cannot be opened: another program uses it, or it may not be used. Close that program; see `hingecheck doctor`."
    )
