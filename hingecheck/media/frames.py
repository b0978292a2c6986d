"""Frames of an open clip: upright, square pixels, RGB, each with its own time.

Starts no Python thread: FFmpeg's frame threads decode ahead.
"""

import math
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ..errors import SourceError
from ..opencv import cv2
from ..storage import files
from ..storage.files import sha256
from ..verdict.types import ClipInfo, Frame
from .packets import begins_anew, groups, stamps
from .pictures import no_higher, orientation, pixel_aspect, scaled_size
from .timestamps import Clock

ENDS_EARLY: Final = "ends early"  # start of the warning about an incomplete clip
_PATIENCE: Final = 100  # broken packets in a row after which reading stops
_TOO_MANY: Final = 1.9  # times ``enough_hz``; below this rate all frames are kept, because every second one would be too few
_EVEN: Final = 0.89  # share of an interval that is long enough: stamps are rounded, and a millisecond must not cost a frame
_CUT_S: Final = 0.5  # a clip this much shorter than it declares was cut off
_ROTATIONS: Final = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)
CONVERT: Final = "Convert it to H.264, for example: ffmpeg -i IN -pix_fmt yuv420p OUT.mp4"


class Clip:
    """Frames of a clip file, read once: ``with open_clip(path) as clip: for frame in clip: ...``.

    Times are the file's presentation times minus the stream's start. The first is 0 unless the beginning cannot be decoded. Times increase
    strictly. A frame without a time is placed one nominal frame after the one before. A stray frame, not later than the one before, is left
    out. If the clock itself is set back or jumps ahead, time continues from there. HDR pictures are converted without tone mapping, which
    would cost 200 ms a frame. All frames have the same size.

    ``turn_deg``: how far the pictures are turned clockwise, in quarter turns, beyond what the file asks for.

    ``warnings``: sentences about repairs, complete after the last frame. ``frames_hint``: approximate number of frames, for a progress bar;
    None if the file does not say.
    """

    def __init__(
        self,
        path: str | Path,
        container: InputContainer,
        stream: VideoStream,
        max_side: int,
        enough_px: int | None = None,
        only: Container[int] | None = None,
        enough_hz: float | None = None,
        turn_deg: int = 0,
        before: files.Stamp | None = None,
    ) -> None:
        self.path = path
        self._before = before  # the file's stamp when it was opened
        self.warnings: list[str] = []
        self._container = container
        self._stream = stream
        self._packets: Any = container.demux(stream)  # a generator
        self._max_side = max_side
        self._enough_px = enough_px
        self._only = only
        self._begun = False
        # AVI stores no presentation times, and FFmpeg's guesses at them jump back and forth. Its decoding times follow the display order.
        self._has_pts = container.format.name != "avi"
        rate = next(rate for rate in (stream.guessed_rate, stream.average_rate, Fraction(30)) if rate and rate <= 1000)
        start = stream.start_time if self._has_pts else None
        self._clock = Clock(stream.time_base or Fraction(1, av.time_base), rate, start, stamped=self._has_pts)
        self._reformatter = VideoReformatter()
        self._turn_deg = turn_deg
        self._orientations: dict[int, tuple[int, bool]] = {}  # rotation tag, degrees -> quarter turns, mirrored
        self._displayed: tuple[int, int] | None = None  # (width, height) of the first frame, upright, before downscaling
        self._size = (0, 0)  # (width, height) of every image handed out, before ``enough_px`` is applied
        self._rotation_deg = 0
        self._reshaped = self._cut_off = False
        self._frames_read = self._frames_kept = self._damaged = self._broken_in_a_row = 0
        self._in_decoder = 0  # packets sent to the decoder that have not yielded a picture yet
        self._interval_s = _EVEN / enough_hz if enough_hz is not None and rate >= _TOO_MANY * enough_hz else 0.0
        declared_s = self._clock.seconds(stream.duration) if stream.duration else (container.duration or 0) / av.time_base
        every = max(1, math.ceil(self._interval_s * rate))
        self.frames_hint = round(declared_s * rate / every) or stream.frames // every or None
        # Sound may last longer than the pictures, so the duration of a file with sound says nothing about its pictures.
        self._promised_s = declared_s if stream.duration or len(container.streams) == 1 else 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. May be called twice."""
        self._packets.close()  # before the container that it reads from
        self._container.close()
        self._begun = True

    def __iter__(self) -> Iterator[Frame]:
        if self._begun:
            raise ValueError("a Clip is read once; open it again")
        self._begun = True
        last_kept_s = -math.inf
        for stamp, picture in self._pictures():
            time_s = self._clock.time_of(stamp)
            broken = picture is not None and picture.is_corrupt
            self._damaged += broken
            if time_s is None or broken:
                continue
            self._frames_read += 1
            if time_s - last_kept_s < self._interval_s:
                continue
            index, last_kept_s = self._frames_kept, time_s
            self._frames_kept += 1
            if picture is not None and (self._only is None or index in self._only):
                frame = Frame(index, time_s, self._image(picture, time_s))
                yield frame if self._enough_px is None else no_higher(frame, self._enough_px)
        if not self._frames_read:
            raise SourceError(f"{self.path}: no frame can be decoded (damaged, or not really a video). {CONVERT}")
        self.warnings += self._clock.complaints()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, px, before ``enough_px`` is applied; (0, 0) before the first picture."""
        return self._size

    def info(self) -> ClipInfo:
        """Describe the part of the clip that was read; after the last frame, all of it.

        ``ValueError`` before the first frame. ``InputError`` if the file changed since it was opened:
        its hash would be that of another clip.
        """
        if self._displayed is None:
            raise ValueError("a Clip is known only once frames were read")
        width, height = self._displayed
        content = sha256(self.path)
        if self._before is not None and files.stamp(self.path) != self._before:
            raise files.changed(self.path)
        return ClipInfo(
            path=str(self.path),
            sha256=content,
            frames=self._frames_read,
            duration_s=self._clock.end_s,
            width=width,
            height=height,
            rotation_deg=self._rotation_deg,
            variable_frame_rate=self._clock.varies,
            thinned=self._frames_kept < self._frames_read,
            turned_deg=self._turn_deg,
        )

    def _pictures(self) -> Iterator[tuple[int | None, av.VideoFrame | None]]:
        """Time stamp and picture of each frame, in display order. Skipped frames have a stamp but no picture.

        Adds what could not be read to ``warnings``.
        """
        packets = self._whole_packets()
        yield from self._decoded(packets) if self._only is None or not self._has_pts else self._wanted(packets)
        if self._cut_off:
            self.warnings.append(f"{ENDS_EARLY}: the file is cut off after {self._clock.end_s:.1f} s")
        elif self._broken_in_a_row == _PATIENCE:
            self.warnings.append(f"{ENDS_EARLY}: nothing can be decoded after {self._clock.end_s:.1f} s")
        if self._damaged:
            self.warnings.append(f"damaged frames left out: {self._damaged}")

    def _decoded(self, packets: "Iterable[Packet[VideoStream]]") -> Iterator[tuple[int | None, av.VideoFrame]]:
        """Stamps and pictures that the decoder makes of packets. Stops after ``_PATIENCE`` broken packets in a row."""
        for packet in packets:
            self._in_decoder += 1
            try:
                pictures = packet.decode()
            except av.FFmpegError:
                self._damaged += 1
                self._broken_in_a_row += 1
                if self._broken_in_a_row == _PATIENCE:
                    return
            else:
                self._broken_in_a_row = 0
                for picture in pictures:
                    self._in_decoder -= 1
                    yield (picture.pts if self._has_pts else picture.dts), picture

    def _wanted(self, packets: "Iterable[Packet[VideoStream]]") -> Iterator[tuple[int | None, av.VideoFrame | None]]:
        """Stamps and pictures of the packet groups with a wanted picture; only the stamps of the other groups."""
        passed_over: list[Packet[VideoStream]] = []  # a skipped group, which the next one may refer to
        passed_stamps: list[int] = []  # of its pictures
        for group in groups(packets):
            ahead = max(self._in_decoder, 0) + len(passed_over) + len(group)
            wanted = any(index in (self._only or ()) for index in range(self._frames_kept, self._frames_kept + ahead))
            anew = begins_anew(group)
            unwanted_stamps = stamps(group) if anew and not wanted else None
            if anew:
                yield from ((stamp, None) for stamp in passed_stamps)
                passed_over = []
            if unwanted_stamps is None:
                yield from self._decoded([*passed_over, *group])
                if self._broken_in_a_row == _PATIENCE:
                    return
                passed_over, passed_stamps = [], []
            else:
                passed_over, passed_stamps = group, unwanted_stamps
                yield from self._drained()
        yield from ((stamp, None) for stamp in passed_stamps)

    def _drained(self) -> Iterator[tuple[int | None, av.VideoFrame]]:
        """The pictures still in the decoder. Afterwards it is reset and can start at another group."""
        if self._in_decoder:
            with suppress(av.FFmpegError):
                yield from ((picture.pts, picture) for picture in self._stream.decode(None))
            self._stream.codec_context.flush_buffers()
            self._in_decoder = 0

    def _whole_packets(self) -> "Iterator[Packet[VideoStream]]":
        """The file's packets, without an incomplete one at the end. Sets ``_cut_off`` if the file was cut off."""
        torn = None
        delivered_s = 0.0
        try:
            for packet in self._packets:
                if packet.size:  # the last packet is empty: it flushes the decoder
                    if torn is not None:  # not the end, so let the decoder try
                        yield torn
                    torn = packet if packet.is_corrupt else None
                if packet.pts is not None:
                    end = packet.pts + (packet.duration or 0) - (self._stream.start_time or 0)
                    delivered_s = max(delivered_s, self._clock.seconds(end))
                if torn is None or not packet.size:
                    yield packet
        except av.FFmpegError:  # the rest of the file is unreadable
            self._cut_off = True
        self._cut_off |= torn is not None or 0 < delivered_s < self._promised_s - _CUT_S

    def _image(self, picture: av.VideoFrame, time_s: float) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB, contiguous: scaled directly from the decoder's format, then rotated upright."""
        # Read once per rotation: side data and picture refer to each other until garbage collection, and pictures are large.
        if picture.rotation not in self._orientations:
            self._orientations[picture.rotation] = orientation(picture)
        turns, mirrored = self._orientations[picture.rotation]
        turns = (turns + self._turn_deg // 90) % 4
        shown = (round(picture.width * pixel_aspect(self._stream)), picture.height)
        shown = shown[::-1] if turns % 2 else shown
        if self._displayed is None:
            self._displayed, self._rotation_deg = shown, 90 * turns
            self._size = scaled_size(shown, min(1.0, self._max_side / max(shown)))
        fitted = self._size
        if shown != self._displayed:
            fitted = scaled_size(shown, min(self._size[0] / shown[0], self._size[1] / shown[1]))
            if not self._reshaped:
                self._reshaped = True
                self.warnings.append(f"the picture changes its shape at {time_s:.1f} s; from there it is fitted into the first one's size")
        width, height = fitted[::-1] if turns % 2 else fitted
        try:
            scaled = self._reformatter.reformat(
                picture, width, height, "rgb24", interpolation=Interpolation.AREA, dst_color_range=ColorRange.JPEG
            )
        except (av.FFmpegError, ValueError) as error:
            raise SourceError(f"{self.path}: pixel format {picture.format.name} cannot be shown. {CONVERT}") from error
        rgb: NDArray[Any] = scaled.to_ndarray()
        if mirrored:
            rgb = cv2.flip(rgb, 1)
        if turns:
            rgb = cv2.rotate(rgb, _ROTATIONS[turns - 1])
        if fitted != self._size:
            canvas = np.zeros((self._size[1], self._size[0], 3), np.uint8)
            canvas[: fitted[1], : fitted[0]] = rgb
            rgb = canvas
        return np.ascontiguousarray(rgb)
