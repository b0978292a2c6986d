"""Pictures to a video that any browser plays: H.264 in mp4, every picture at its own time."""

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

_TICKS_PER_S: Final = 90_000  # whole for every usual frame rate, the 1001 ones too
# bf: no picture refers to a later one, so times in the file need no shifting and uneven ones cannot cost the last picture.
_OPTIONS: Final = {"preset": "veryfast", "crf": "23", "bf": "0"}
_JUMP: Final = 60  # pictures from one that stands alone to the next, so that a browser seeks quickly


class Encoder:
    """Writes a video: ``with Encoder(path) as encoder: encoder.write(image, time_s)``.

    The file appears when the block ends well, and not at all when it fails or nothing was written. The first picture is shown at
    0; or, with ``start_s``, each that many seconds earlier than its own time. Browsers play even sides only: of an odd picture
    the last row or column is repeated. Colours are BT.709, limited range, and marked so.

    Any thread may write, one at a time; Python is free for others meanwhile.
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
        """Add one picture, (H, W, 3) uint8 RGB, of the first one's size and not earlier than the one before, s."""
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
            # Two pictures within a tick would be one too many for the file.
            self._last = max(self._last + 1, round((time_s - self._start_s) * _TICKS_PER_S))
            picture.pts, picture.time_base = self._last, Fraction(1, _TICKS_PER_S)
            container.mux(stream.encode(picture))

    def _open(self, width: int, height: int) -> tuple[OutputContainer, VideoStream]:
        with _encoding(self._path):
            # faststart: the index comes first, so that a browser plays before it has everything.
            container = av.open(f"file:{self._draft.path}", "w", format="mp4", container_options={"movflags": "+faststart"})
            stream = container.add_stream("libx264", options=dict(_OPTIONS))
            stream.width, stream.height, stream.pix_fmt = width + width % 2, height + height % 2, "yuv420p"
            context = stream.codec_context
            context.time_base = Fraction(1, _TICKS_PER_S)
            context.gop_size = _JUMP
            context.color_range = ColorRange.MPEG
            context.colorspace = context.color_primaries = context.color_trc = 1  # BT.709, in the numbers of H.264
            return container, stream

    def _abandon(self) -> None:
        if self._opened is not None:
            with suppress(av.FFmpegError, ValueError):  # the file is to vanish; what it lacks no longer matters
                self._opened[0].close()
        self._draft.discard()


@contextmanager
def _encoding(path: str | Path) -> Iterator[None]:
    """Turn whatever FFmpeg cannot write or encode into an ``OutputError`` about ``path``."""
    with writing(path):
        try:
            yield
        except av.FFmpegError as error:
            raise OSError(error.errno, error.strerror) from error


def _even(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) with the last row and column repeated where their number is odd; contiguous."""
    odd_rows, odd_columns = image.shape[0] % 2, image.shape[1] % 2
    if odd_rows or odd_columns:
        return np.pad(image, ((0, odd_rows), (0, odd_columns), (0, 0)), mode="edge")
    return np.ascontiguousarray(image)
