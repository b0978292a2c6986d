"""Clips that go wrong, each made by script: ``make(folder)`` writes one of every kind, ``mutants(folder, seeds)`` a good one damaged.

``KINDS`` tells what a kind comes to: "ok" has a verdict, "failed" a line that says why not, "early" a verdict on what is left of it.
"""

import os
import random
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np
from clips import add_cover, cut, make_clip, make_sound, patch, picture, scramble

SAMPLE: Final = Path(__file__).parents[1] / "sample_videos" / "good.mp4"


def people(change: Callable[[np.ndarray], np.ndarray], frames: int = 12) -> list[np.ndarray]:
    """The first pictures of a person, changed."""
    with av.open(str(SAMPLE)) as container:
        pictures = (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))
        return [change(next(pictures)) for _ in range(frames)]


def text(path: Path, content: str = "hello") -> Path:
    """A file of text."""
    path.write_text(content)
    return path


def twice(path: Path) -> Path:
    """A clip after the end of which the same one begins again."""
    whole = make_clip(path).read_bytes()
    path.write_bytes(whole + whole)
    return path


def holes(path: Path) -> Path:
    """A clip whose index is whole and whose pictures are all zeros."""
    content = bytearray(make_clip(path, index_first=True).read_bytes())
    start = content.index(b"mdat") + 4
    content[start:] = bytes(len(content) - start)
    path.write_bytes(content)
    return path


def covered(path: Path) -> None:
    """A clip with a still picture before its stream."""
    add_cover(make_clip(path))
    path.with_name(f"without-cover-{path.name}").unlink()


# Kind -> ending, function that makes it, what it comes to.
KINDS: Final[dict[str, tuple[str, Callable[[Path], object], str]]] = {
    "good": (".mp4", make_clip, "ok"),
    "empty": (".mp4", lambda path: path.touch(), "failed"),
    "one_byte": (".mp4", lambda path: path.write_bytes(b"\0"), "failed"),
    "text": (".mp4", text, "failed"),
    "script": (".avi", lambda path: text(path, "#!/bin/sh\nexit 0\n"), "failed"),
    "playlist": (".ts", lambda path: text(path, "#EXTM3U\n#EXTINF:1,\n/etc/passwd\n"), "failed"),
    "noise": (".mkv", lambda path: path.write_bytes(random.Random(1).randbytes(5000)), "failed"),
    "zeros": (".mov", lambda path: path.write_bytes(bytes(5000)), "failed"),
    "picture": (".mp4", lambda path: make_clip(path.with_suffix(".png"), 1, codec="png", pix_fmt="rgb24").rename(path), "failed"),
    "no_index": (".mp4", lambda path: cut(make_clip(path), 0.6), "failed"),
    "cut_off": (".mp4", lambda path: cut(make_clip(path, 60, index_first=True), 0.7), "early"),
    "cut_off_mkv": (".mkv", lambda path: cut(make_clip(path, 60), 0.7), "early"),
    "scrambled": (".mp4", lambda path: scramble(make_clip(path, 60, index_first=True), 0.5, 0.7), "any"),
    "all_zeros_inside": (".mp4", holes, "failed"),
    "twice": (".mp4", twice, "any"),
    "sound_only": (".mp4", make_sound, "failed"),
    "sound_named_mkv": (".mkv", make_sound, "failed"),
    "with_sound": (".mp4", lambda path: make_clip(path, sound_s=0.5), "ok"),
    "with_cover": (".mp4", covered, "ok"),
    "unknown_codec": (".mp4", lambda path: patch(make_clip(path), b"avc1", b"zzzz"), "failed"),
    "one_frame": (".mp4", lambda path: make_clip(path, 1), "ok"),
    "odd_size": (".avi", lambda path: make_clip(path, size=(81, 49), codec="ffv1", pix_fmt="bgr0"), "ok"),
    "two_pixels": (".mp4", lambda path: make_clip(path, size=(2, 2)), "ok"),
    "one_column": (".avi", lambda path: make_clip(path, size=(2, 400), codec="ffv1", pix_fmt="bgr0"), "ok"),
    "ten_bits": (".mp4", lambda path: make_clip(path, pix_fmt="yuv420p10le"), "ok"),
    "full_range": (".mp4", lambda path: make_clip(path, full_range=True), "ok"),
    "grey": (".mkv", lambda path: make_clip(path, codec="ffv1", pix_fmt="gray16le"), "ok"),
    "turned": (".mp4", lambda path: make_clip(path, turned=1), "ok"),
    "turned_and_mirrored": (".mov", lambda path: make_clip(path, turned=3, flipped=True), "ok"),
    "skewed": (".mp4", lambda path: make_clip(path, matrix=(1, 1, 0, 1, 1, 0, 0, 0, 1 << 30)), "ok"),
    "long_pixels": (".mp4", lambda path: make_clip(path, pixel_aspect=Fraction(4, 3)), "ok"),
    "uneven_times": (".mp4", lambda path: make_clip(path, times=[0, 0.03, 0.2, 0.21, 0.5, 0.51, 0.9, 1.4, 1.41, 1.42, 2.0, 2.6]), "ok"),
    "times_that_fall": (".mkv", lambda path: make_clip(path, 6, codec="mjpeg", pix_fmt="yuvj420p", stamps=[0, 40, 20, 120, 80, 200]), "ok"),
    "no_times": (".mp4", lambda path: make_clip(path.with_suffix(".h264"), 12).rename(path), "ok"),
    "240_a_second": (".mp4", lambda path: make_clip(path, 48, fps=240), "ok"),
    "one_a_minute": (".mp4", lambda path: make_clip(path, times=[60.0 * n for n in range(12)]), "ok"),
    "nobody": (".mp4", lambda path: make_clip(path, [np.full((96, 64, 3), 128, np.uint8)] * 8), "ok"),
    "two_people": (".mp4", lambda path: make_clip(path, people(lambda image: np.hstack([image, image[:, ::-1]]))), "ok"),
    "half_a_person": (".mp4", lambda path: make_clip(path, people(lambda image: image[:, : image.shape[1] // 2])), "ok"),
    "8k": (".mp4", lambda path: make_clip(path, [picture(n, 7680, 4320) for n in range(2)], options={"preset": "ultrafast"}), "ok"),
    "folder": (".mp4", lambda path: path.mkdir(), "failed"),
    "dangling": (".mp4", lambda path: path.symlink_to("nowhere.mp4"), "failed"),
    "pipe": (".mp4", lambda path: os.mkfifo(path), "failed"),
}
HEAVY: Final = frozenset({"8k", "two_people"})


def make(folder: Path, kinds: Iterable[str] = KINDS) -> dict[Path, str]:
    """Write these kinds into a folder -> what each file comes to."""
    made = {}
    for kind in kinds:
        suffix, write, outcome = KINDS[kind]
        write(folder / f"{kind}{suffix}")
        made[folder / f"{kind}{suffix}"] = outcome
    return made


def mutants(folder: Path, seeds: Iterable[int]) -> dict[Path, str]:
    """Copies of good clips, cut short or with bits turned over; nobody can say what they come to."""
    good = []
    for suffix in (".mp4", ".mkv", ".avi", ".webm"):
        codec = {".avi": "mpeg4", ".webm": "vp8"}.get(suffix, "libx264")
        source = make_clip(folder / f"source{suffix}", 16, codec=codec)
        good.append((suffix, source.read_bytes()))
        source.unlink()
    made = {}
    for seed in seeds:
        chance = random.Random(seed)
        suffix, content = good[seed % len(good)]
        damaged = bytearray(content)
        if seed % 3 == 0:
            del damaged[chance.randrange(1, len(damaged)) :]
        else:
            # the first quarter has the headers, in which a bit does most harm
            reach = len(damaged) if seed % 3 == 1 else len(damaged) // 4
            for _ in range(chance.choice((1, 3, 10, 40))):
                damaged[chance.randrange(reach)] ^= 1 << chance.randrange(8)
        path = folder / f"mutant{seed:03}{suffix}"
        path.write_bytes(damaged)
        made[path] = "any"
    return made
