"""Opens clips and streams. Anything else is refused, with the reason."""

import stat
from collections.abc import Container
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from ..errors import SourceError
from ..storage.files import stamp
from .frames import CONVERT, Clip
from .kinds import NO_CLIP, PICTURE, refuse_animated_webp

_ANSWER_S: Final = (10.0, 5.0)  # time limits for a remote video: to open it, and for each read
_HEAD_BYTES: Final = 32


def open_clip(
    path: str | Path,
    *,
    max_side: int = 1280,
    enough_px: int | None = None,
    only: Container[int] | None = None,
    enough_hz: float | None = None,
    turn_deg: int = 0,
) -> Clip:
    """Open a clip for one pass over its frames. Pictures with a long side over ``max_side`` px are made smaller, never larger.

    ``enough_px``: pictures still higher than this are made smaller again, and ``Frame.scale`` records it.

    ``only``: indices of the wanted frames. The others are neither converted nor handed out. A whole group of unwanted pictures is not even
    decoded where possible. Damage in a skipped group goes unnoticed and may shift the indices after it.

    ``enough_hz``: a clip with twice this frame rate or more is thinned to about this rate. The frames kept have their own times. The others
    are left out, and ``Frame.index`` does not count them.

    ``turn_deg``: 90, 180 or 270 turns the pictures clockwise, after the rotation that the file itself asks for.

    Raises ``SourceError`` for anything that is not a readable video file. Faults further into the file appear while frames are read.
    """
    first = _first_bytes(path)
    refuse_animated_webp(path, first)
    before = stamp(path)
    try:
        # Open local files only, whatever the content refers to. A title in an unknown encoding is no reason to refuse a clip.
        container = av.open(f"file:{path}", container_options={"protocol_whitelist": "file"}, metadata_errors="replace")
    except av.FFmpegError as error:
        if first[4:8] == b"ftyp":
            raise SourceError(f"{path}: cut off or damaged: its index is missing. Copy it again from where it was filmed.") from error
        raise SourceError(f"{path}: not a video, or damaged. {CONVERT}") from error
    try:
        return Clip(path, container, _video_stream(path, container), max_side, enough_px, only, enough_hz, turn_deg, before)
    except BaseException:
        container.close()
        raise


def open_stream(url: str, *, max_side: int = 1280) -> tuple[Clip, bool]:
    """Open a video by its URL. Returns its frames, and whether it is live (no duration). ``SourceError`` if nothing answers."""
    try:
        container = av.open(url, timeout=_ANSWER_S, container_options={"rtsp_transport": "tcp"}, metadata_errors="replace")
    except (av.FFmpegError, OSError) as error:
        raise SourceError(f"{url}: no video comes from there ({error.strerror or error}). Check the address, and that it is on.") from error
    try:
        stream = _video_stream(url, container)
        live = not container.duration
        if live:
            stream.thread_type = "SLICE"  # frame threads return a picture only after the next ones have arrived
        return Clip(url, container, stream, max_side), live
    except BaseException:
        container.close()
        raise


def _first_bytes(path: str | Path) -> bytes:
    """The first bytes of ``path``, up to 32. ``SourceError`` unless it is a readable file that is not empty."""
    try:
        mode = Path(path).stat().st_mode
        if stat.S_ISDIR(mode):
            raise SourceError(f"{path}: a folder, not a clip. Name the clips in it, or run `hingecheck batch` on it.")
        if not stat.S_ISREG(mode):
            raise SourceError(f"{path}: not a file. Name a clip.")
        with open(path, "rb") as file:
            first = file.read(_HEAD_BYTES)
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
    """Choose the video stream, not a cover image, and set it to decode on several threads."""
    container_name = container.format.name
    if container_name in NO_CLIP:
        raise SourceError(f"{path}: {NO_CLIP[container_name]}")
    if container_name.endswith("_pipe"):
        raise SourceError(f"{path}: {PICTURE}")
    covers = Disposition.attached_pic | Disposition.timed_thumbnails
    pictures = [stream for stream in container.streams.video if not stream.disposition & covers]
    # A still of HEIF or AVIF is a stream of one picture without a duration. A sequence has such a still too, beside its own stream.
    moving = [stream for stream in pictures if stream.duration or stream.frames != 1 or "mp4" not in container_name]
    if pictures and not moving:
        raise SourceError(f"{path}: {PICTURE}")
    if not moving:
        why = "audio only" if container.streams.audio else "nothing to see in it"
        raise SourceError(f"{path}: no video stream ({why}). Export the clip with its picture.")
    best = container.streams.best("video")
    stream = best if best in moving else moving[0]
    if stream.codec_context is None:
        raise SourceError(f"{path}: its video codec is unknown here. {CONVERT}")
    stream.thread_type = "AUTO"
    return stream
