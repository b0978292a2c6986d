"""Writes pictures as a video that any browser plays: H.264 in mp4, each picture at its own time."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ..storage.files import Draft, writing

_TICKS_PER_S: Final = 90_000  # whole ticks per frame at every usual frame rate, also at those over 1001
# bf 0: no picture refers to a later one. So times need no shift, and uneven times cannot lose the last picture.
_OPTIONS: Final = {"preset": "veryfast", "crf": "23", "bf": "0"}
_JUMP: Final = 60  # pictures from one keyframe to the next, so that a browser seeks quickly


class Encoder:
    """Writes a video: ``with Encoder(path) as encoder: encoder.write(image, time_s)``.

    The file appears if the block succeeds, but not if it fails or nothing was written. The first picture is shown at 0 s. With ``start_s``,
    each picture is shown that many seconds before its own time instead. Browsers need even side lengths, so the last row or column of an
    odd picture is repeated. Colours are BT.709, limited range, and tagged as such.

    Any thread may write, one at a time. Encoding releases the GIL.
    """

    def __init__(self, path: str | Path, *, start_s: float | None = None) -> None:
        self._path = path
        self._start_s = start_s
        self._draft = Draft(path)
        self._opened: tuple[OutputContainer, VideoStream] | None = None
        self._shape: tuple[int, ...] = ()
        self._last = -1
        self._reformatter = VideoReformatter()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None and self._opened is not None:
            container, stream = self._opened
            try:
                with _encoding(self._path):
                    container.mux(stream.encode(None))
                    container.close()
            except BaseException:
                self._abandon()
                raise
            self._draft.publish()
        else:
            self._abandon()

    def write(self, image: NDArray[np.uint8], time_s: float) -> None:
        """Add a picture, (H, W, 3) uint8 RGB, in the first one's size, at ``time_s`` seconds, not earlier than the one before."""
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or 0 in image.shape:
            raise ValueError(f"a picture is (H, W, 3) uint8, not {image.shape} {image.dtype}")
        if self._start_s is None:
            self._start_s = time_s
        if self._opened is None:
            self._opened = self._open(image.shape[1], image.shape[0])
            self._shape = image.shape
        if image.shape != self._shape:
            raise ValueError(f"all pictures have one size: expected {self._shape}, not {image.shape}")
        container, stream = self._opened
        with _encoding(self._path):
            picture = self._reformatter.reformat(
                av.VideoFrame.from_ndarray(_even(image), "rgb24"),
                format="yuv420p",
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
            )
            # The file cannot hold two pictures at the same tick.
            self._last = max(self._last + 1, round((time_s - self._start_s) * _TICKS_PER_S))
            picture.pts, picture.time_base = self._last, Fraction(1, _TICKS_PER_S)
            container.mux(stream.encode(picture))

    def _open(self, width: int, height: int) -> tuple[OutputContainer, VideoStream]:
        with _encoding(self._path):
            # faststart: the index comes first, so that a browser can play before the download is complete.
            container = av.open(f"file:{self._draft.path}", "w", format="mp4", container_options={"movflags": "+faststart"})
            stream = container.add_stream("libx264", options=dict(_OPTIONS))
            stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
            context = stream.codec_context
            context.time_base = Fraction(1, _TICKS_PER_S)
            context.gop_size = _JUMP
            context.color_range = ColorRange.MPEG
            context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709 in H.264's numbering
            return container, stream

    def _abandon(self) -> None:
        if self._opened is not None:
            with suppress(av.FFmpegError, ValueError):  # the draft is discarded anyway
                self._opened[0].close()
        self._draft.discard()


@contextmanager
def _encoding(path: str | Path) -> Iterator[None]:
    """Turn FFmpeg's write and encode errors into an ``OutputError`` about ``path``."""
    with writing(path):
        try:
            yield
        except av.FFmpegError as error:
            raise OSError(error.errno, error.strerror) from error


def _even(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Picture, (H, W, 3), with the last row or column repeated where the count is odd; contiguous."""
    odd_rows, odd_columns = image.shape[0] % 2, image.shape[1] % 2
    if odd_rows or odd_columns:
        return np.pad(image, ((0, odd_rows), (0, odd_columns), (0, 0)), mode="edge")
    return np.ascontiguousarray(image)
