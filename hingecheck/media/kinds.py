"""What a file is, by its first bytes and by FFmpeg's name for its container.

A container is how a file is built; a brand is what an MP4 says of itself. Both come in the same four letters: ``dash`` is a playlist as a
container, and an ordinary video as a brand. So brands decide nothing but what is sound alone, and that only before a file is opened.
"""

from pathlib import Path
from typing import Final

from ..errors import SourceError

# FFmpeg's containers that are no video -> what they are, and what to do.
_PLAYLIST: Final = "a playlist, not a video. Name the clip itself."
_TEXT: Final = "a text, not a video. Name a clip."
PICTURE: Final = "a picture, not a video. Name a clip."
NO_CLIP: Final = {
    **dict.fromkeys(("hls", "dash", "concat", "imf", "webm_dash_manifest"), _PLAYLIST),  # they name other files, which must not be opened
    "tty": _TEXT,  # FFmpeg opens any .txt as a video
    **dict.fromkeys(("image2", "ico"), PICTURE),
}
_ANIMATED_WEBP: Final = (
    "an animated picture (WebP), which cannot be read here. Make it an MP4, for example with ImageMagick: magick IN.webp OUT.mp4"
)

# Names of videos. A file with one of them is meant to be a clip, also if it is damaged. Any other is one if it begins like one.
VIDEO_SUFFIXES: Final = frozenset(
    {".mp4", ".m4v", ".mov", ".qt", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".vob", ".wmv", ".asf", ".flv", ".f4v"}
    | {".3gp", ".3g2", ".ts", ".mts", ".m2ts", ".ogv", ".mxf", ".dv", ".hevc", ".h264", ".h265", ".264", ".265", ".lrv", ".insv"}
)
_SOUND_BRANDS: Final = {b"M4A ", b"M4B ", b"M4P ", b"F4A ", b"F4B "}
_STILL_BRANDS: Final = {b"avif", b"heic", b"heix", b"heim", b"heis", b"mif1", b"crx "}  # of sequences the brands are others
_BOXES: Final = {b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"moof", b"styp", b"sidx"}  # MP4 and MOV without a brand
_STARTS: Final = (
    b"\x1aE\xdf\xa3",  # Matroska, WebM
    b"FLV\x01",
    b"0&\xb2u\x8ef\xcf\x11",  # ASF, WMV
    b"\xb7\xd8\x00\x20\x37\x49\xda\x11",  # WTV
    b"\x00\x00\x01\xba",  # MPEG program stream, VOB
    b"\x00\x00\x01\xb3",  # MPEG-1 and MPEG-2 video
    b"\x00\x00\x01\xb0",  # MPEG-4 video
    b".RMF",
    b"GIF8",
    b"YUV4MPEG2 ",
    b"DKIF",
    b"nut/multimedia container",
    b"\x06\x0e+4",  # MXF
    b"\x12\x00\x0a",  # AV1
)
# The first NAL unit of H.264 (parameter set, delimiter) and of HEVC (parameter set, delimiter).
_NAL: Final = (b"\x67", b"\x27", b"\x47", b"\x09", b"\x40\x01", b"\x46\x01")
_TS_BYTES: Final = (
    (0, 188),
    (4, 192),
    (0, 204),
)  # MPEG transport stream: place of the first packet's mark, distance of the next
_LOOK_BYTES: Final = 66_000  # MXF may have 65,536 bytes before its own


def is_animated_webp(first: bytes) -> bool:
    """Whether a file begins as a WebP that moves."""
    return first[:4] == b"RIFF" and first[8:16] == b"WEBPVP8X" and len(first) > 20 and bool(first[20] & 2)


def refuse_animated_webp(path: str | Path, first: bytes) -> None:
    """Raise ``SourceError`` with a way out, if the first bytes are of a WebP that moves."""
    if is_animated_webp(first):
        raise SourceError(f"{path}: {_ANIMATED_WEBP}")


def begins_like_a_video(path: Path) -> bool:
    """Whether the first bytes of a file are those of a video. False where they cannot be read. Opens nothing else, and decodes nothing."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return is_video(file.read(_LOOK_BYTES))
    except OSError:
        return False


def is_video(first: bytes) -> bool:
    """Whether these are the first bytes of a video, as far as 66,000 bytes say."""
    if first[4:8] == b"ftyp":
        return first[8:12] not in _SOUND_BRANDS | _STILL_BRANDS
    if first[4:8] in _BOXES or first.startswith(_STARTS) or is_animated_webp(first):
        return True
    if first[:4] == b"RIFF":
        return first[8:12] in (b"AVI ", b"AMV ")
    if first[:4] == b"OggS":  # sound and video share the container
        return any(mark in first[:4096] for mark in (b"\x80theora", b"OVP80", b"BBCD\x00"))
    if first[:3] == b"\x1f\x07\x00":  # DV: its first block is a header, of 50 or 60 fields
        return len(first) >= 480
    for start in (b"\x00\x00\x00\x01", b"\x00\x00\x01"):
        if first.startswith(start):
            return first[len(start) :].startswith(_NAL)
    if any(len(first) > at + 2 * apart and {first[at + n * apart] for n in range(3)} == {0x47} for at, apart in _TS_BYTES):
        return True
    return b"\x06\x0e+4\x02\x05\x01\x01\x0d\x01\x02" in first  # MXF after a run-in
