"""Small clips whose every picture tells its own number, and the adverse circumstances clips are read and written in."""

import os
import resource
import struct
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition

CELLS = 10  # across the top: red, eight binary digits, blue


def picture(number: int, width: int = 80, height: int = 48) -> np.ndarray:
    """Upright (H, W, 3) uint8: a row of cells that spells ``number`` (0 to 255), and a square that moves below it."""
    image = np.full((height, width, 3), 90, np.uint8)
    edges = np.arange(CELLS + 1) * width // CELLS
    cells = [(255, 0, 0), *((255 * int(bit),) * 3 for bit in f"{number % 256:08b}"), (0, 0, 255)]
    for left, right, colour in zip(edges, edges[1:], cells, strict=False):
        image[: height // 3, left:right] = colour
    side = max(1, height // 5)
    left = number * 3 % max(1, width - side)
    image[height // 2 : height // 2 + side, left : left + side] = (250, 200, 20)
    return image


def _cells(image: np.ndarray) -> list[np.ndarray]:
    height, width = image.shape[:2]
    return [image[height // 6, int((i + 0.5) * width / CELLS)].astype(int) for i in range(CELLS)]


def number_in(image: np.ndarray) -> int:
    """Return the number an upright picture spells, whatever its size and colours."""
    return int("".join(str(int(cell.mean() > 127)) for cell in _cells(image)[1:-1]), 2)


def is_upright(image: np.ndarray) -> bool:
    """Whether red is at the top left and blue at the top right: nothing turned, nothing mirrored."""
    red, *_, blue = _cells(image)
    return bool(red[0] > 180 > 80 > red[2] and blue[2] > 180 > 80 > blue[0])


def make_clip(
    path: Path,
    frames: int | Sequence[np.ndarray] = 12,
    *,
    size: tuple[int, int] = (80, 48),
    fps: int = 25,
    times: Sequence[float] | None = None,
    stamps: Sequence[int] | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    options: dict[str, str] | None = None,
    turned: int = 0,
    flipped: bool = False,
    matrix: Sequence[int] | None = None,
    pixel_aspect: Fraction | None = None,
    full_range: bool = False,
    index_first: bool = False,
    sound_s: float = 0,
    title: str = "",
) -> Path:
    """Write ``frames`` pictures (a number of them, or arrays) to ``path``, whose suffix names the container.

    ``times``: seconds of each; ``stamps``: presentation stamps in ms, in any order. ``turned``: as a phone held sideways does, stored
    so many clockwise quarter turns short of upright and marked so; ``flipped``: and mirrored; ``matrix``: this mark instead.
    """
    images = [picture(i, *size) for i in range(frames)] if isinstance(frames, int) else list(frames)
    images = [np.ascontiguousarray(np.rot90(image, turned)[:, :: -1 if flipped else 1]) for image in images]
    with av.open(str(path), "w", container_options={"movflags": "+faststart"} if index_first else {}) as container:
        if title:
            container.metadata["title"] = title
        stream = container.add_stream(codec, rate=fps, options=options or {})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pix_fmt
        context = stream.codec_context
        if times is not None:
            context.time_base = Fraction(1, 90_000)
        if pixel_aspect:
            context.sample_aspect_ratio = pixel_aspect
        if full_range:
            context.color_range = 2
        audio = container.add_stream("aac", rate=8000, layout="mono") if sound_s else None
        packets = []
        for i, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format=pix_fmt, dst_color_range=2 if full_range else 1)
            frame.pts = i if times is None else round(times[i] * 90_000)
            frame.time_base = context.time_base if times is not None else Fraction(1, fps)
            packets += stream.encode(frame)
        packets += stream.encode(None)
        if stamps is not None:
            for i, (packet, stamp) in enumerate(zip(packets, stamps, strict=True)):
                packet.time_base = Fraction(1, 1000)
                packet.pts, packet.dts = stamp, i - 10_000  # decoding times of which no muxer can complain
        container.mux(packets)
        if audio is not None:
            container.mux(audio.encode(_silence(sound_s)) + audio.encode(None))
    if turned or flipped:
        a, b, c, d = [(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)][turned]
        if flipped:  # before it is turned
            a, b = -a, -b
        matrix = (a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    if matrix is not None:
        content = bytearray(path.read_bytes())
        struct.pack_into(">9i", content, content.index(b"tkhd") + 44, *matrix)  # track header, ISO 14496-12, 8.3.2
        path.write_bytes(content)
    return path


def make_sound(path: Path) -> Path:
    """Half a second of silence: a .wav, or AAC in any other container."""
    if path.suffix == ".wav":
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(8000))
        return path
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        container.mux(stream.encode(_silence(0.5)) + stream.encode(None))
    return path


def add_cover(path: Path) -> Path:
    """Put a still picture, number 200, before the other streams of an mp4, as music players show it."""
    whole = path.rename(path.with_name(f"without-cover-{path.name}"))
    with av.open(str(whole)) as source, av.open(str(path), "w") as container:
        cover = container.add_stream("mjpeg", rate=25)
        cover.width, cover.height, cover.pix_fmt, cover.disposition = 80, 48, "yuvj420p", Disposition.attached_pic.value
        copies = {stream.index: container.add_stream_from_template(stream) for stream in source.streams}
        container.mux(cover.encode(av.VideoFrame.from_ndarray(picture(200))) + cover.encode(None))
        for packet in source.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                container.mux(packet)
    return path


def _silence(duration_s: float) -> av.AudioFrame:
    silence = av.AudioFrame.from_ndarray(np.zeros((1, int(8000 * duration_s)), np.float32), "fltp", "mono")
    silence.sample_rate = 8000
    return silence


def cut(path: Path, share: float) -> Path:
    """Keep the first ``share`` of the bytes of a file."""
    os.truncate(path, int(path.stat().st_size * share))
    return path


def patch(path: Path, old: bytes, new: bytes) -> Path:
    """Replace bytes wherever they occur, by as many."""
    content = path.read_bytes()
    assert old in content
    assert len(old) == len(new)
    path.write_bytes(content.replace(old, new))
    return path


def scramble(path: Path, start: float, stop: float) -> Path:
    """Overwrite a stretch of a file, given as shares of its length, with noise."""
    content = bytearray(path.read_bytes())
    first, last = int(len(content) * start), int(len(content) * stop)
    content[first:last] = np.random.default_rng(0).bytes(last - first)
    path.write_bytes(content)
    return path


@contextmanager
def files_no_larger_than(size_bytes: int) -> Iterator[None]:
    """Make the system refuse to grow any file beyond a size, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def as_nobody() -> Iterator[None]:
    """Give up the rights of root, which can open any file; for any other user a change of mode is enough."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
