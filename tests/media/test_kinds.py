"""What phones, cameras, editors and sites write is a video, whatever brand or name it has; what is none is not taken for one."""

import shutil
import subprocess
from pathlib import Path

import av
import pytest
from clips import make_clip, make_sound, number_in

from hingecheck.errors import SourceError
from hingecheck.media.kinds import VIDEO_SUFFIXES, begins_like_a_video
from hingecheck.media.sources import open_clip

FRAMES = 6
# Brand -> who writes it.
BRANDS = {
    "isom": "most programs",
    "iso2": "most programs",
    "iso4": "editors",
    "iso5": "sites, fragmented",
    "iso6": "sites, fragmented",
    "iso8": "sites, fragmented",
    "avc1": "editors",
    "mp41": "editors",
    "mp42": "Android phones",
    "dash": "sites",
    "msdh": "sites",
    "cmfc": "sites",
    "hlsf": "sites",
    "M4V ": "Apple's programs",
    "M4VH": "Apple's programs",
    "M4VP": "Apple's programs",
    "qt  ": "iPhones, editors",
    "3gp4": "old phones",
    "3gp5": "old phones",
    "3gp6": "old phones",
    "3g2a": "old phones",
    "kddi": "old phones",
    "f4v ": "Flash",
    "F4V ": "Flash",
    "MSNV": "Sony cameras",
    "msnv": "Sony cameras",
    "XAVC": "Sony cameras",
    "niko": "Nikon cameras",
    "pana": "Panasonic cameras",
    "caqv": "Casio cameras",
    "mqt ": "Sony cameras",
    "mmp4": "old phones",
    "NDSH": "recorders",
    "hevc": "a sequence of HEIC pictures",
    "msf1": "a sequence of HEIF pictures",
    "avis": "a sequence of AVIF pictures",
    "heic": "a live picture: a still's brand on a video",
    "avif": "a live picture: a still's brand on a video",
    "hls ": "nobody, but it must not be taken for the playlist of that name",
    "tty ": "nobody, but it must not be taken for a text",
}
# Ending -> codec and pixel format with which a clip is written there.
CONTAINERS = {
    **dict.fromkeys((".mp4", ".m4v", ".mov", ".mkv", ".flv", ".ts", ".m2ts", ".f4v", ".h264"), ("libx264", "yuv420p")),
    **dict.fromkeys((".avi", ".3gp", ".3g2"), ("mpeg4", "yuv420p")),
    **dict.fromkeys((".asf", ".wmv"), ("wmv2", "yuv420p")),
    **dict.fromkeys((".mpg", ".vob", ".mxf"), ("mpeg2video", "yuv420p")),
    ".webm": ("libvpx", "yuv420p"),
    ".nut": ("ffv1", "yuv420p"),
    ".y4m": ("rawvideo", "yuv420p"),
    ".gif": ("gif", "rgb8"),
    ".hevc": ("libx265", "yuv420p"),
    ".ivf": ("libvpx", "yuv420p"),
}
FORMATS = {".f4v": "f4v", ".vob": "vob", ".m2ts": "mpegts", ".y4m": "yuv4mpegpipe", ".hevc": "hevc"}


def frames_of(path: Path) -> int:
    with open_clip(path) as clip:
        return sum(1 for _ in clip)


def written(path: Path) -> Path:
    """A clip in the container of its ending."""
    codec, pix_fmt = CONTAINERS[path.suffix]
    if codec not in av.codecs_available and codec.removeprefix("lib") not in av.codecs_available:
        pytest.skip(f"no {codec} here")
    container_format = FORMATS.get(path.suffix)
    with av.open(str(path), "w", format=container_format) as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 352, 288, pix_fmt
        for number in range(FRAMES):
            frame = av.VideoFrame(352, 288, "rgb24").reformat(format=pix_fmt)
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("brand", BRANDS)
def test_an_mp4_of_any_brand_is_a_video(tmp_path, brand):
    path = make_clip(tmp_path / "clip.mp4", FRAMES)
    assert path.read_bytes()[4:8] == b"ftyp"
    content = path.read_bytes()
    path.write_bytes(content[:8] + brand.encode() + content[12:])
    with open_clip(path) as clip:
        assert [number_in(frame.image) for frame in clip] == list(range(FRAMES))


def test_an_mp4_in_fragments_as_sites_send_it_is_a_video(tmp_path):
    source = make_clip(tmp_path / "whole.mp4", FRAMES)
    with (
        av.open(str(source)) as whole,
        av.open(str(tmp_path / "dash.mp4"), "w", container_options={"movflags": "+dash+frag_keyframe+empty_moov", "brand": "dash"}) as out,
    ):
        stream = out.add_stream_from_template(whole.streams.video[0])
        for packet in whole.demux(video=0):
            if packet.size:
                packet.stream = stream
                out.mux(packet)
    assert (tmp_path / "dash.mp4").read_bytes()[8:12] == b"dash"
    assert frames_of(tmp_path / "dash.mp4") == FRAMES
    shutil.copy(tmp_path / "dash.mp4", tmp_path / "nameless")
    assert begins_like_a_video(tmp_path / "nameless")


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_video_is_known_by_how_it_begins_and_read_whatever_its_name(tmp_path, suffix):
    path = written(tmp_path / f"clip{suffix}")
    nameless = path.rename(tmp_path / "nameless")
    assert begins_like_a_video(nameless)
    assert frames_of(nameless) == FRAMES


def test_dv_is_known_by_how_it_begins(tmp_path):
    path = tmp_path / "clip.dv"
    with av.open(str(path), "w", format="dv") as out:
        stream = out.add_stream("dvvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 720, 576, "yuv420p"
        for number in range(FRAMES):
            frame = av.VideoFrame(720, 576, "yuv420p")
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    assert begins_like_a_video(path)
    assert frames_of(path) == FRAMES


def test_an_mp4_without_a_brand_is_known_by_how_it_begins(tmp_path):
    path = make_clip(tmp_path / "clip.mov", FRAMES)
    content = path.read_bytes()
    path.write_bytes(content[int.from_bytes(content[:4], "big") :])
    assert begins_like_a_video(path)


@pytest.mark.parametrize("suffix", [".vob", ".asf", ".f4v", ".qt", ".dv", ".mxf", ".lrv", ".insv", ".hevc"])
def test_names_that_cameras_and_editors_give_are_names_of_videos(suffix):
    assert suffix in VIDEO_SUFFIXES


def test_what_is_no_video_does_not_begin_like_one(tmp_path):
    texts = ["notes.txt", "report.json", "page.html", "table.csv"]
    for name, content in zip(texts, ["Good. Go. " * 60, "{}", "<html>", "path,status\n"], strict=True):
        (tmp_path / name).write_text(content)
    made = [tmp_path / name for name in texts]
    made.append(make_clip(tmp_path / "a.png", 1, codec="png", pix_fmt="rgb24"))
    made.append(make_clip(tmp_path / "a.jpg", 1, codec="mjpeg", pix_fmt="yuvj420p"))
    made.append(make_sound(tmp_path / "a.wav"))
    made.append(make_sound(tmp_path / "a.m4a"))
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04" + bytes(600))
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(600))
    (tmp_path / "zeros").write_bytes(bytes(70_000))
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    made += [tmp_path / name for name in ("a.zip", "a.heic", "zeros", "empty", "folder", "absent")]
    assert [path.name for path in made if begins_like_a_video(path)] == []


def webp(path: Path) -> Path:
    """The head of a WebP that moves, as its format describes it: a RIFF of chunks, VP8X with the flag of an animation."""
    path.write_bytes(b"RIFF\x2a\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x4f\0\0\x2f\0\0ANIM\x06\0\0\0\xff\xff\xff\xff\0\0")
    return path


def test_a_webp_that_moves_is_refused_with_a_way_out(tmp_path):
    path = webp(tmp_path / "anim.webp")
    assert begins_like_a_video(path), "a batch must not pass over it in silence"
    with pytest.raises(SourceError) as caught:
        open_clip(path)
    assert str(caught.value) == (
        f"{path}: an animated picture (WebP), which cannot be read here. "
        "Make it an MP4, for example with ImageMagick: magick IN.webp OUT.mp4"
    )


def test_a_still_of_heif_is_a_picture_and_a_sequence_is_a_video(tmp_path):
    """AVIF is of the same family as HEIC, and FFmpeg writes it."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        pytest.skip("no ffmpeg here")
    clip = make_clip(tmp_path / "clip.mp4", FRAMES)
    begin = [ffmpeg, "-loglevel", "error", "-i", str(clip)]
    encode = ["-c:v", "libaom-av1", "-cpu-used", "8"]
    still, sequence = tmp_path / "still.avif", tmp_path / "sequence.avif"
    for command in (["-frames:v", "1", *encode, "-still-picture", "1", str(still)], [*encode, str(sequence)]):
        if subprocess.run([*begin, *command], capture_output=True).returncode:
            pytest.skip("this ffmpeg writes no AVIF")
    with pytest.raises(SourceError, match="a picture, not a video"):
        open_clip(still)
    assert frames_of(sequence) == FRAMES
    assert (begins_like_a_video(still), begins_like_a_video(sequence)) == (False, True)


def test_a_clip_that_grows_or_is_replaced_while_it_is_read_is_not_known_by_its_new_hash(tmp_path):
    for name, change in (("grows", lambda path: path.open("ab").write(b"x")), ("replaced", lambda path: make_clip(path, 3))):
        path = make_clip(tmp_path / f"{name}.mp4", FRAMES)
        with open_clip(path) as clip:
            assert len(list(clip)) == FRAMES
            change(path)
            with pytest.raises(SourceError, match=r"changed while it was read, so nothing of it was kept\. Wait until it is written"):
                clip.info()
