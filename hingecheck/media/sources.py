"""Clips and streams: opened where they are what they should be, refused with the reason where not."""

import stat
from collections.abc import Container
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from ..errors import SourceError
from .frames import CONVERT, Clip

_ANSWER_S: Final = (10.0, 5.0)  # how long a video elsewhere may take to answer, and to go on
_PICTURES: Final = {"image2", "ico", "avif", "heic", "heix", "mif1"}  # demuxers, and brands of the mp4 family
_REFERENCES: Final = {"hls", "dash", "concat", "imf", "webm_dash_manifest"}  # text that names other files: those are not ours to open


def open_clip(
    path: str | Path,
    *,
    max_side: int = 1280,
    enough_px: int | None = None,
    only: Container[int] | None = None,
    enough_hz: float | None = None,
) -> Clip:
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
        raise SourceError(f"{path}: not a video, or damaged. {CONVERT}") from error
    try:
        return Clip(path, container, _video_stream(path, container), max_side, enough_px, only, enough_hz)
    except BaseException:
        container.close()
        raise


def open_stream(url: str, *, max_side: int = 1280) -> tuple[Clip, bool]:
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
        raise SourceError(f"{path}: its video codec is unknown here. {CONVERT}")
    stream.thread_type = "AUTO"
    return stream
