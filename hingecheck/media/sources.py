"""Clips as frames: upright, square pixels, RGB, each with its own time.

No thread of its own: FFmpeg's frame threads decode ahead, and ``overlap.ahead`` takes the rest off the caller's hands.
"""

# Before av: both bring a libxcb, and with av's loaded first OpenCV's windows wait for the X server for ever.
import cv2  # isort: skip

import math
import stat
from collections.abc import Container, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition
from av.video.reformatter import ColorRange, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ..errors import SourceError
from ..storage.files import sha256
from ..verdict.types import ClipInfo, Frame
from .packets import begins_anew, groups, stamps
from .timestamps import Clock

ENDS_EARLY: Final = "ends early"  # how the warning of a clip that is not all there begins
_PATIENCE: Final = 100  # broken packets in a row before a clip is given up
_ANSWER_S: Final = (10.0, 5.0)  # how long a video elsewhere may take to answer, and to go on
_TOO_MANY: Final = 1.9  # times the rate that is enough: fewer frames than that are all kept, for every second one would be too few
_EVEN: Final = 0.89  # of an interval: stamps are rounded, and a frame must not be lost for a millisecond
_CUT_S: Final = 0.5  # a clip this much shorter than it says was cut off
_PICTURES: Final = {"image2", "ico", "avif", "heic", "heix", "mif1"}  # demuxers, and brands of the mp4 family
_REFERENCES: Final = {"hls", "dash", "concat", "imf", "webm_dash_manifest"}  # text that names other files: those are not ours to open
_CONVERT: Final = "Convert it to H.264, for example: ffmpeg -i IN -pix_fmt yuv420p OUT.mp4"
_ROTATIONS: Final = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)


def open_clip(
    path: str | Path,
    *,
    max_side: int = 1280,
    enough_px: int | None = None,
    only: Container[int] | None = None,
    enough_hz: float | None = None,
) -> "Clip":
    """Open a clip for one pass over its frames; pictures whose long side is over ``max_side`` px are made smaller, never larger.

    ``enough_px``: pictures that are still higher than that are made smaller once more, and say so in ``Frame.scale``.
    ``only``: indices of the frames wanted; the others are neither converted nor handed out, and not even decoded where a whole group of
    pictures can be passed over. Damage in such a group shows nowhere, and may shift the indices after it.
    ``enough_hz``: of a clip with twice as many frames a second or more, about so many are kept, at their own times; the rest is left
    out as if it were not there, and not counted by ``Frame.index``.

    Raises ``SourceError`` for anything that is not a readable video file; what is wrong further in shows while frames are read.
    """
    family = _first_bytes(path)[4:]
    try:
        # Only local files, whatever the content asks for. A title in a strange encoding is no reason to refuse a clip.
        container = av.open(f"file:{path}", container_options={"protocol_whitelist": "file"}, metadata_errors="replace")
    except av.FFmpegError as error:
        if family == b"ftyp":
            raise SourceError(f"{path}: cut off or damaged: its index is missing. Copy it again from where it was filmed.") from error
        raise SourceError(f"{path}: not a video, or damaged. {_CONVERT}") from error
    try:
        return Clip(path, container, _video_stream(path, container), max_side, enough_px, only, enough_hz)
    except BaseException:
        container.close()
        raise


def open_stream(url: str, *, max_side: int = 1280) -> tuple["Clip", bool]:
    """Open a video elsewhere, by its URL: its frames, and whether it is live (it has no length). ``SourceError`` when nothing answers."""
    try:
        container = av.open(url, timeout=_ANSWER_S, container_options={"rtsp_transport": "tcp"}, metadata_errors="replace")
    except (av.FFmpegError, OSError) as error:
        raise SourceError(f"{url}: no video comes from there ({error.strerror or error}). Check the address, and that it is on.") from error
    try:
        stream = _video_stream(url, container)
        live = not container.duration
        if live:
            stream.thread_type = "SLICE"  # frame threads hand a picture out only when the next ones have come
        return Clip(url, container, stream, max_side), live
    except BaseException:
        container.close()
        raise


class Clip:
    """Frames of a clip file: ``with open_clip(path) as clip: for frame in clip: ...``, once.

    Times are the file's own presentation times less the stream's start, so the first is 0 unless the beginning cannot be
    decoded; they rise strictly. A frame without a time follows its predecessor by one nominal frame; a stray frame that is not
    later than its predecessor is left out; when the clock itself is set back or leaps, time goes on from there. HDR pictures are
    shown without tone mapping (it costs 200 ms a frame). All frames have one size.

    ``warnings``: sentences on what had to be repaired, complete after the last frame. ``frames_hint``: about how many frames to
    expect, for a progress bar; None when the file does not say.
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
    ) -> None:
        self.path = path
        self.warnings: list[str] = []
        self._container = container
        self._stream = stream
        self._packets: Any = container.demux(stream)  # a generator
        self._max_side = max_side
        self._enough_px = enough_px
        self._only = only
        self._begun = False
        # AVI stores no presentation times and FFmpeg's guesses at them jump back and forth; its decoding times rise with the display.
        self._has_pts = container.format.name != "avi"
        rate = next(rate for rate in (stream.guessed_rate, stream.average_rate, Fraction(30)) if rate and rate <= 1000)
        start = stream.start_time if self._has_pts else None
        self._clock = Clock(stream.time_base or Fraction(1, av.time_base), rate, start, stamped=self._has_pts)
        self._reformatter = VideoReformatter()
        self._orientations: dict[int, tuple[int, bool]] = {}  # degrees of a picture's mark -> quarter turns, mirrored
        self._displayed: tuple[int, int] | None = None  # (width, height) of the first frame, upright, before downscaling
        self._size = (0, 0)  # (width, height) of every image handed out, but for ``enough_px``
        self._rotation_deg = 0
        self._reshaped = self._cut = False
        self._frames = self._kept = self._damaged = self._broken_in_a_row = 0
        self._inside = 0  # packets that the decoder was given and has not yet made a picture of
        self._interval_s = _EVEN / enough_hz if enough_hz is not None and rate >= _TOO_MANY * enough_hz else 0.0
        declared_s = self._clock.seconds(stream.duration) if stream.duration else (container.duration or 0) / av.time_base
        every = max(1, math.ceil(self._interval_s * rate))
        self.frames_hint = round(declared_s * rate / every) or stream.frames // every or None
        # Sound may go on when the pictures are over, so the length of a file with sound says nothing of them.
        self._promised_s = declared_s if stream.duration or len(container.streams) == 1 else 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; closing twice is fine."""
        self._packets.close()  # before its container: it reads from it
        self._container.close()
        self._begun = True

    def __iter__(self) -> Iterator[Frame]:
        if self._begun:
            raise ValueError("a Clip is read once; open it again")
        self._begun = True
        kept_s = -math.inf
        for stamp, picture in self._pictures():
            time_s = self._clock.time_of(stamp)
            broken = picture is not None and picture.is_corrupt
            self._damaged += broken
            if time_s is None or broken:
                continue
            self._frames += 1
            if time_s - kept_s < self._interval_s:
                continue
            index, kept_s = self._kept, time_s
            self._kept += 1
            if picture is not None and (self._only is None or index in self._only):
                frame = Frame(index, time_s, self._image(picture, time_s))
                yield frame if self._enough_px is None else no_higher(frame, self._enough_px)
        if not self._frames:
            raise SourceError(f"{self.path}: no frame can be decoded (damaged, or not really a video). {_CONVERT}")
        self.warnings += self._clock.complaints()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, px, as they are without ``enough_px``; (0, 0) before the first."""
        return self._size

    def info(self) -> ClipInfo:
        """Describe the clip as far as it was read: after the last frame, all of it. ``ValueError`` before the first frame."""
        if self._displayed is None:
            raise ValueError("a Clip is known only once frames were read")
        width, height = self._displayed
        return ClipInfo(
            path=str(self.path),
            sha256=sha256(self.path),
            frames=self._frames,
            duration_s=self._clock.end_s,
            width=width,
            height=height,
            rotation_deg=self._rotation_deg,
            variable_frame_rate=self._clock.varies,
            thinned=self._kept < self._frames,
        )

    def _pictures(self) -> Iterator[tuple[int | None, av.VideoFrame | None]]:
        """Stamp and picture of everything that comes out of the decoder, in the order of display; only stamps of what nobody wants.

        Says in ``warnings`` what did not come.
        """
        packets = self._whole_packets()
        yield from self._decoded(packets) if self._only is None or not self._has_pts else self._wanted(packets)
        if self._cut:
            self.warnings.append(f"{ENDS_EARLY}: the file is cut off after {self._clock.end_s:.1f} s")
        elif self._broken_in_a_row == _PATIENCE:
            self.warnings.append(f"{ENDS_EARLY}: nothing can be decoded after {self._clock.end_s:.1f} s")
        if self._damaged:
            self.warnings.append(f"damaged frames left out: {self._damaged}")

    def _decoded(self, packets: "Iterable[Packet[VideoStream]]") -> Iterator[tuple[int | None, av.VideoFrame]]:
        """What the decoder makes of packets; nothing more once ``_PATIENCE`` in a row were broken."""
        for packet in packets:
            self._inside += 1
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
                    self._inside -= 1
                    yield (picture.pts if self._has_pts else picture.dts), picture

    def _wanted(self, packets: "Iterable[Packet[VideoStream]]") -> Iterator[tuple[int | None, av.VideoFrame | None]]:
        """What the decoder makes of the groups of packets with a wanted picture in them; of the others only the stamps."""
        held: list[Packet[VideoStream]] = []  # not wanted, but the group after it may refer to it
        due: list[int] = []  # when the pictures of that one are
        for group in groups(packets):
            ahead = max(self._inside, 0) + len(held) + len(group)
            wanted = any(index in (self._only or ()) for index in range(self._kept, self._kept + ahead))
            anew = begins_anew(group)
            told = stamps(group) if anew and not wanted else None
            if anew:
                yield from ((stamp, None) for stamp in due)
                held = []
            if told is None:
                yield from self._decoded([*held, *group])
                if self._broken_in_a_row == _PATIENCE:
                    return
                held, due = [], []
            else:
                held, due = group, told
                yield from self._drained()
        yield from ((stamp, None) for stamp in due)

    def _drained(self) -> Iterator[tuple[int | None, av.VideoFrame]]:
        """What the decoder still holds, after which it can begin anew somewhere else."""
        if self._inside:
            with suppress(av.FFmpegError):
                yield from ((picture.pts, picture) for picture in self._stream.decode(None))
            self._stream.codec_context.flush_buffers()
            self._inside = 0

    def _whole_packets(self) -> "Iterator[Packet[VideoStream]]":
        """What the file holds for the decoder, but for a torn packet at the end; finds out whether the file was cut off."""
        torn = None
        delivered_s = 0.0
        try:
            for packet in self._packets:
                if packet.size:  # the last one is empty: it asks the decoder for what it still holds
                    if torn is not None:  # not the end, so let the decoder try
                        yield torn
                    torn = packet if packet.is_corrupt else None
                if packet.pts is not None:
                    end = packet.pts + (packet.duration or 0) - (self._stream.start_time or 0)
                    delivered_s = max(delivered_s, self._clock.seconds(end))
                if torn is None or not packet.size:
                    yield packet
        except av.FFmpegError:  # the file goes on in nonsense
            self._cut = True
        self._cut |= torn is not None or 0 < delivered_s < self._promised_s - _CUT_S

    def _image(self, picture: av.VideoFrame, time_s: float) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB, contiguous: scaled straight from the decoder's format, then turned upright."""
        # Asked for once: the side data and its picture hold on to each other until the garbage collector comes by, and pictures are large.
        if picture.rotation not in self._orientations:
            self._orientations[picture.rotation] = _orientation(picture)
        turns, mirrored = self._orientations[picture.rotation]
        shown = (round(picture.width * _pixel_aspect(self._stream)), picture.height)
        shown = shown[::-1] if turns % 2 else shown
        if self._displayed is None:
            self._displayed, self._rotation_deg = shown, 90 * turns
            self._size = _scaled(shown, min(1.0, self._max_side / max(shown)))
        fitted = self._size
        if shown != self._displayed:
            fitted = _scaled(shown, min(self._size[0] / shown[0], self._size[1] / shown[1]))
            if not self._reshaped:
                self._reshaped = True
                self.warnings.append(f"the picture changes its shape at {time_s:.1f} s; from there it is fitted into the first one's size")
        width, height = fitted[::-1] if turns % 2 else fitted
        try:
            scaled = self._reformatter.reformat(
                picture, width, height, "rgb24", interpolation=Interpolation.AREA, dst_color_range=ColorRange.JPEG
            )
        except (av.FFmpegError, ValueError) as error:
            raise SourceError(f"{self.path}: pixel format {picture.format.name} cannot be shown. {_CONVERT}") from error
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


def no_higher(frame: Frame, most_px: int) -> Frame:
    """The frame with its image at most so high, which ``Frame.scale`` tells. Halved while it can be, against aliasing."""
    height, width = frame.image.shape[:2]
    if height <= most_px:
        return frame
    image: NDArray[Any] = frame.image
    while image.shape[0] >= 2 * most_px:
        image = cv2.resize(image, (max(1, image.shape[1] // 2), image.shape[0] // 2), interpolation=cv2.INTER_AREA)
    if image.shape[0] > most_px:
        image = cv2.resize(image, (max(1, round(image.shape[1] * most_px / image.shape[0])), most_px), interpolation=cv2.INTER_LINEAR)
    scale = frame.scale[0] * width / image.shape[1], frame.scale[1] * height / image.shape[0]
    return replace(frame, image=image, scale=scale)


def _first_bytes(path: str | Path) -> bytes:
    """Return up to 8 bytes of ``path``; ``SourceError`` unless it is a file that can be read and holds something."""
    try:
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError(f"{path}: a folder, not a clip. Name the clips in it, or run `hingecheck batch` on it.")
        if not stat.S_ISREG(mode):
            raise SourceError(f"{path}: not a file. Name a clip.")
        with open(path, "rb") as file:
            first = file.read(8)
    except FileNotFoundError as error:
        raise SourceError(f"{path}: no such file. Check the name and the folder.") from error
    except PermissionError as error:
        raise SourceError(f"{path}: no permission to read it. Change its permissions or copy it.") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise SourceError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}). Check the name and the disk.") from error
    if not first:
        raise SourceError(f"{path}: the file is empty. Copy it again from where it was filmed.")
    return first


def _video_stream(path: str | Path, container: InputContainer) -> VideoStream:
    """Pick the moving picture among the streams, set to decode on several threads."""
    kinds = {container.format.name, container.metadata.get("major_brand", "")}
    if kinds & _REFERENCES:
        raise SourceError(f"{path}: a playlist, not a video. Name the clip itself.")
    if "tty" in kinds:  # FFmpeg draws any .txt
        raise SourceError(f"{path}: a text, not a video. Name a clip.")
    if kinds & _PICTURES or container.format.name.endswith("_pipe"):
        raise SourceError(f"{path}: a picture, not a video. Name a clip.")
    covers = Disposition.attached_pic | Disposition.timed_thumbnails
    moving = [stream for stream in container.streams.video if not stream.disposition & covers]
    if not moving:
        why = "audio only" if container.streams.audio else "nothing to see in it"
        raise SourceError(f"{path}: no video stream ({why}). Export the clip with its picture.")
    best = container.streams.best("video")
    stream = best if best in moving else moving[0]
    if stream.codec_context is None:
        raise SourceError(f"{path}: its video codec is unknown here. {_CONVERT}")
    stream.thread_type = "AUTO"
    return stream


def _pixel_aspect(stream: VideoStream) -> float:
    """How much wider than high a stored pixel is shown; 1 when the file does not say, or says nonsense."""
    aspect = float(stream.sample_aspect_ratio or 1)
    return aspect if 0.1 < aspect < 10 else 1.0


def _orientation(picture: av.VideoFrame) -> tuple[int, bool]:
    """Clockwise quarter turns, 0 to 3, that bring a stored picture upright, and whether it is mirrored left to right before them."""
    matrix: Any = picture.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return 0, False
    # (x, y) of the stored picture is shown at (a x + c y, b x + d y).
    a, b, _, c, d = np.frombuffer(matrix, np.int32)[:5].tolist()
    mirrored = a * d - b * c < 0
    x, y = (-a, -b) if mirrored else (a, b)
    return round(math.atan2(y, x) / (math.pi / 2)) % 4, mirrored


def _scaled(size: tuple[int, int], factor: float) -> tuple[int, int]:
    """(width, height) times ``factor``, px, at least 1 each."""
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))
