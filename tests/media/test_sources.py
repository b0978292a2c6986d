"""Every clip becomes upright frames with true times, or one line that says what is wrong with it."""

import os
import re
import socket
import threading
import tracemalloc
import weakref
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from clips import add_cover, as_nobody, cut, is_upright, make_clip, make_sound, number_in, patch, picture, scramble

from hingecheck.errors import SourceError
from hingecheck.media import frames
from hingecheck.media.sources import open_clip


def read(path, **options):
    """All frames of a clip, what is known of it, and what had to be repaired."""
    with open_clip(path, **options) as clip:
        frames = list(clip)
    return frames, clip.info(), clip.warnings


def numbers(frames):
    return [number_in(frame.image) for frame in frames]


def refusal(path) -> str:
    """The message of a clip that cannot be read, which must be one line that names it."""
    with pytest.raises(SourceError) as caught, open_clip(path) as clip:
        list(clip)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    assert message.endswith((".", ".mp4"))
    return message.removeprefix(f"{path}: ")


# What a clip gives


def test_every_frame_arrives_in_order_with_its_number_and_time(tmp_path):
    frames, info, warnings = read(make_clip(tmp_path / "clip.mp4", 30, fps=25))
    assert numbers(frames) == [frame.index for frame in frames] == list(range(30))
    assert [frame.time_s for frame in frames] == pytest.approx([i / 25 for i in range(30)], abs=1e-9)
    assert warnings == []
    assert (info.frames, info.width, info.height, info.rotation_deg, info.variable_frame_rate) == (30, 80, 48, 0, False)
    assert info.duration_s == pytest.approx(1.2)


def test_images_are_contiguous_bytes_in_red_green_blue(tmp_path):
    for frame in read(make_clip(tmp_path / "clip.mp4", 3))[0]:
        assert frame.image.shape == (48, 80, 3)
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
        assert is_upright(frame.image)


def test_the_clip_is_known_by_its_path_as_given_and_its_content(tmp_path, monkeypatch):
    path = make_clip(tmp_path / "clip.mp4", 2)
    monkeypatch.chdir(tmp_path)
    info = read("clip.mp4")[1]
    assert info.path == "clip.mp4"
    assert info.sha256 == sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("suffix", ["mov", "mkv", "avi", "ts", "flv"])
def test_every_usual_container_gives_the_same_frames_and_times(tmp_path, suffix):
    """Pictures that refer to later ones included: AVI does not even store when those are due."""
    frames, _, warnings = read(make_clip(tmp_path / f"clip.{suffix}", 20))
    assert numbers(frames) == list(range(20))
    assert [frame.time_s for frame in frames] == pytest.approx([i / 25 for i in range(20)], abs=1e-3)
    assert warnings == []


def test_the_hint_is_about_the_number_of_frames(tmp_path):
    with open_clip(make_clip(tmp_path / "clip.mp4", 12)) as clip:
        assert clip.frames_hint == 12
    with open_clip(make_clip(tmp_path / "bare.h264", 12)) as clip:
        assert clip.frames_hint is None


def test_only_the_frames_asked_for_are_handed_out_and_all_are_counted(tmp_path):
    frames, info, _ = read(make_clip(tmp_path / "clip.mp4", 30), only={3, 17, 99})
    assert numbers(frames) == [frame.index for frame in frames] == [3, 17]
    assert [frame.time_s for frame in frames] == pytest.approx([3 / 25, 17 / 25])
    assert (info.frames, info.duration_s) == (30, pytest.approx(1.2))


GROUPED = {  # every way in which pictures may hang together
    "closed.mp4": ("libx264", {"g": "20", "bf": "2", "sc_threshold": "0"}),
    "open.mp4": ("libx264", {"x264-params": "open-gop=1:keyint=24:bframes=4:b-adapt=0:scenecut=0"}),
    "open.mkv": ("libx264", {"x264-params": "open-gop=1:keyint=24:bframes=4:b-adapt=0:scenecut=0"}),
    "open_hevc.mp4": ("libx265", {"x265-params": "open-gop=1:keyint=24:log-level=none"}),
    "refreshed.mp4": ("libx264", {"x264-params": "intra-refresh=1:keyint=24"}),
    "alone.mp4": ("libx264", {"g": "1"}),
    "one_group.mp4": ("libx264", {"g": "1000", "sc_threshold": "0"}),
    "vp9.webm": ("libvpx-vp9", {"g": "20"}),
    "mpeg2.mpg": ("mpeg2video", {"g": "12", "bf": "2"}),
    "no_stamps.avi": ("libx264", {"g": "20"}),
}


@pytest.mark.parametrize("name", GROUPED)
@pytest.mark.parametrize(
    "wanted", [{149}, {75}, {3, 144}, range(70, 90), range(60, 10**9)], ids=["last", "middle", "two", "stretch", "rest"]
)
def test_what_is_not_wanted_is_passed_over_and_the_rest_is_as_if_it_had_not_been(tmp_path, name, wanted):
    codec, options = GROUPED[name]
    clip = make_clip(tmp_path / name, 150, codec=codec, options=options)
    whole, whole_info, _ = read(clip)
    some, info, warnings = read(clip, only=wanted)
    expected = [frame for frame in whole if frame.index in wanted]
    assert [(frame.index, frame.time_s) for frame in some] == [(frame.index, frame.time_s) for frame in expected]
    assert all(np.array_equal(a.image, b.image) for a, b in zip(some, expected, strict=True))
    assert (info, warnings) == (whole_info, [])


def test_of_many_groups_only_the_wanted_one_is_decoded(tmp_path, monkeypatch):
    clip = make_clip(tmp_path / "clip.mp4", 200, options={"g": "20", "sc_threshold": "0"})
    decoded = []
    real = frames.Clip._decoded

    def counted(self, packets):
        for packet in packets:
            decoded.append(packet.pts)
            yield from real(self, [packet])

    monkeypatch.setattr(frames.Clip, "_decoded", counted)
    assert numbers(read(clip, only={105})[0]) == [105]
    assert len(decoded) == 20, "one group of ten"


def test_a_clip_with_too_many_frames_a_second_is_thinned_alike_where_nothing_is_decoded(tmp_path):
    clip = make_clip(tmp_path / "clip.mp4", 240, fps=120, options={"g": "20", "sc_threshold": "0"})
    whole = read(clip, enough_hz=30)[0]
    some = read(clip, enough_hz=30, only={50, 51})[0]
    assert [(frame.index, frame.time_s) for frame in some] == [(frame.index, frame.time_s) for frame in whole[50:52]]


def test_the_size_of_the_images_is_known_with_the_first(tmp_path):
    with open_clip(make_clip(tmp_path / "clip.mp4", 2, size=(160, 96)), max_side=80) as clip:
        assert clip.size == (0, 0)
        assert next(iter(clip)).image.shape == (48, 80, 3)
        assert clip.size == (80, 48)


def test_one_frame_is_a_clip(tmp_path):
    frames, info, warnings = read(make_clip(tmp_path / "clip.mp4", 1))
    assert numbers(frames) == [0]
    assert (info.frames, info.duration_s, info.variable_frame_rate, warnings) == (1, 0.04, False, [])


def test_sound_and_strange_titles_do_no_harm(tmp_path):
    path = make_clip(tmp_path / "clip.mp4", 12, sound_s=0.5, title="Kniebeuge")
    patch(path, b"Kniebeuge", b"Knieb\xfcge\xff")  # not UTF-8
    frames, _, warnings = read(path)
    assert (numbers(frames), warnings) == (list(range(12)), [])


def test_sound_that_outlasts_the_picture_does_not_make_a_clip_look_cut_off(tmp_path):
    frames, _, warnings = read(make_clip(tmp_path / "clip.mkv", 5, sound_s=3))
    assert (numbers(frames), warnings) == ([0, 1, 2, 3, 4], [])


@pytest.mark.parametrize("name", ["100% squat %03d.mp4", "-i.mp4", "data:x.mp4", "Kniebeuge ü 深蹲.mp4", os.fsdecode(b"latin \xe9.mp4")])
def test_any_file_name_will_do(tmp_path, monkeypatch, name):
    make_clip(tmp_path / "clip.mp4", 2).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert numbers(read(name)[0]) == [0, 1]


# Times


def test_uneven_times_are_kept(tmp_path):
    times = [0, 0.04, 0.05, 0.2, 0.4, 0.41, 0.5, 0.6, 1, 1.01, 1.2, 3]
    frames, info, warnings = read(make_clip(tmp_path / "clip.mp4", 12, times=times))
    assert numbers(frames) == list(range(12))
    assert [frame.time_s for frame in frames] == pytest.approx(times, abs=1e-5)
    assert info.variable_frame_rate
    assert warnings == []


def test_240_frames_a_second_are_240_frames_a_second(tmp_path):
    frames, info, _ = read(make_clip(tmp_path / "clip.mp4", 48, fps=240))
    assert numbers(frames) == list(range(48))
    assert np.diff([frame.time_s for frame in frames]) == pytest.approx(1 / 240, abs=1e-4)
    assert info.duration_s == pytest.approx(0.2, abs=1e-4)
    assert not info.variable_frame_rate


def test_frames_without_times_are_spaced_by_the_nominal_rate(tmp_path):
    frames, _, warnings = read(make_clip(tmp_path / "bare.h264", 10))
    assert numbers(frames) == list(range(10))
    assert [frame.time_s for frame in frames] == pytest.approx([i / 25 for i in range(10)])
    assert warnings == ["frames without a time: 10, each placed 1/25 s after the one before"]


def test_a_frame_that_is_not_later_is_left_out(tmp_path):
    stamps = [0, 40, 80, 60, 120, 160]
    frames, _, warnings = read(make_clip(tmp_path / "clip.mkv", 6, codec="mpeg4", stamps=stamps))
    assert numbers(frames) == [0, 1, 2, 4, 5]
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4]
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])
    assert warnings == ["frames not later than the one before: 1, left out"]


def test_two_recordings_in_one_file_run_on(tmp_path):
    first = make_clip(tmp_path / "clip.ts", 25)
    first.write_bytes(2 * first.read_bytes())
    frames, _, warnings = read(first)
    assert numbers(frames) == [*range(25), *range(25)]
    assert [frame.time_s for frame in frames] == pytest.approx([i / 25 for i in range(50)], abs=1e-4)
    assert warnings == ["the clip's clock jumps at 1.0 s; time goes on from there"]


# Pictures


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_phone_held_any_way_gives_upright_frames(tmp_path, turns, mirrored):
    frames, info, _ = read(make_clip(tmp_path / "clip.mp4", 3, turned=turns, flipped=mirrored))
    assert numbers(frames) == [0, 1, 2]
    assert all(is_upright(frame.image) for frame in frames)
    assert (info.width, info.height, info.rotation_deg) == (80, 48, 90 * turns)


@pytest.mark.parametrize("matrix", [[0] * 9, [65536, 900, 0, -900, 65536, 0, 0, 0, 1 << 30]])
def test_a_matrix_of_nothing_or_of_nearly_nothing_turns_nothing(tmp_path, matrix):
    frames, info, _ = read(make_clip(tmp_path / "clip.mp4", 2, matrix=matrix))
    assert is_upright(frames[0].image)
    assert info.rotation_deg == 0


def test_pixels_become_square(tmp_path):
    frames, info, _ = read(make_clip(tmp_path / "clip.mp4", 2, size=(72, 48), pixel_aspect=Fraction(4, 3)))
    assert frames[0].image.shape == (48, 96, 3)
    assert (info.width, info.height) == (96, 48)
    assert numbers(frames) == [0, 1]


def test_pixels_become_square_before_a_sideways_picture_is_turned(tmp_path):
    frames, info, _ = read(make_clip(tmp_path / "clip.mp4", 2, size=(80, 48), turned=1, pixel_aspect=Fraction(2)))
    assert frames[0].image.shape == (96, 80, 3), "stored 48 wide with pixels twice as wide as high"
    assert (info.width, info.height, info.rotation_deg) == (80, 96, 90)
    assert is_upright(frames[0].image)


def test_a_long_side_beyond_the_limit_is_made_smaller_and_the_info_tells_the_original(tmp_path):
    path = make_clip(tmp_path / "clip.mp4", 2, size=(160, 96), turned=1)
    frames, info, _ = read(path, max_side=80)
    assert frames[0].image.shape == (48, 80, 3)
    assert (info.width, info.height) == (160, 96)
    assert numbers(frames) == [0, 1]
    assert is_upright(frames[0].image)


def test_a_small_picture_is_not_made_larger(tmp_path):
    assert read(make_clip(tmp_path / "clip.mp4", 1), max_side=4000)[0][0].image.shape == (48, 80, 3)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p10le", "yuv444p", "yuv420p16le", "yuva420p", "bgra", "rgb48le", "gray", "gray16le"])
def test_any_pixel_format_and_odd_sizes_are_shown(tmp_path, pix_fmt):
    frames, info, warnings = read(make_clip(tmp_path / "clip.mkv", 2, size=(81, 49), codec="ffv1", pix_fmt=pix_fmt))
    assert frames[0].image.shape == (49, 81, 3)
    assert (info.width, info.height) == (81, 49)
    assert numbers(frames) == [0, 1]
    assert is_upright(frames[0].image) or "gray" in pix_fmt
    assert warnings == []


def test_ten_bits_as_phones_record_them_are_shown(tmp_path):
    assert numbers(read(make_clip(tmp_path / "clip.mp4", 3, pix_fmt="yuv420p10le"))[0]) == [0, 1, 2]


@pytest.mark.parametrize("full_range", [False, True])
def test_black_is_black_and_white_is_white_whatever_the_range(tmp_path, full_range):
    image = np.zeros((48, 80, 3), np.uint8)
    image[:, 40:] = 255
    options = {"full_range": full_range, "pix_fmt": "yuvj420p" if full_range else "yuv420p"}
    shown = read(make_clip(tmp_path / "clip.mp4", [image], **options))[0][0].image
    assert shown[:, :30].max() <= 3
    assert shown[:, 50:].min() >= 252


def test_8k_is_read_and_made_smaller(tmp_path):
    image = np.repeat(np.repeat(picture(5, 80, 45), 96, axis=0), 96, axis=1)
    frames, info, _ = read(make_clip(tmp_path / "clip.mp4", [image], options={"preset": "ultrafast"}))
    assert frames[0].image.shape == (720, 1280, 3)
    assert (info.width, info.height) == (7680, 4320)
    assert numbers(frames) == [5]


def test_a_picture_that_changes_its_shape_is_fitted_into_the_first_ones_size(tmp_path):
    path = make_clip(tmp_path / "clip.ts", 25, size=(80, 48), options={"bf": "0"})
    path.write_bytes(path.read_bytes() + make_clip(tmp_path / "tall.ts", 25, size=(96, 96), options={"bf": "0"}).read_bytes())
    frames, info, warnings = read(path)
    assert {frame.image.shape for frame in frames} == {(48, 80, 3)}
    assert (info.width, info.height) == (80, 48)
    assert is_upright(frames[-1].image[:, :48])
    assert number_in(frames[-1].image[:, :48]) == 24
    assert not frames[-1].image[:, 48:].any(), "black beside a narrower picture"
    assert "the picture changes its shape at 1.0 s; from there it is fitted into the first one's size" in warnings


def test_a_cover_is_not_taken_for_the_video(tmp_path):
    path = add_cover(make_clip(tmp_path / "clip.mp4", 5))
    assert numbers(read(path)[0]) == [0, 1, 2, 3, 4]


# Damage


def test_a_clip_cut_off_in_the_middle_gives_what_there_is(tmp_path):
    path = cut(make_clip(tmp_path / "clip.mp4", 100, index_first=True, options={"g": "10", "bf": "0"}), 0.6)
    frames, info, warnings = read(path)
    assert numbers(frames) == list(range(len(frames)))
    assert 30 < len(frames) < 90
    assert warnings == [f"ends early: the file is cut off after {len(frames) / 25:.1f} s"]
    assert info.frames == len(frames)


@pytest.mark.parametrize("suffix", ["mkv", "avi", "flv"])
def test_a_cut_is_noticed_in_every_container_that_knows_its_length(tmp_path, suffix):
    path = cut(make_clip(tmp_path / f"clip.{suffix}", 100, codec="mpeg4" if suffix == "avi" else "libx264"), 0.6)
    frames, _, warnings = read(path)
    assert 20 < len(frames) < 90
    assert warnings[0].startswith("ends early: the file is cut off after ")


def test_a_clip_cut_off_before_its_index_says_so(tmp_path):
    assert refusal(cut(make_clip(tmp_path / "clip.mp4", 50), 0.8)).startswith("cut off or damaged: its index is missing.")


def test_damage_in_the_middle_costs_some_frames_and_the_rest_keep_their_times(tmp_path):
    path = make_clip(tmp_path / "clip.mp4", 60, index_first=True, options={"g": "10", "bf": "0"})
    frames, info, warnings = read(scramble(path, 0.6, 0.65))
    assert 30 < len(frames) < 60
    assert warnings == [f"damaged frames left out: {60 - len(frames)}"]
    # A decoder may patch a hole unasked with an older picture, until one comes that stands alone: every tenth does.
    intact = [frame for frame in frames if frame.time_s < 0.4 or frame.time_s >= 2]
    assert [round(frame.time_s * 25) for frame in intact] == numbers(intact) == [*range(10), *range(50, 60)]
    assert not info.variable_frame_rate, "what is missing does not make the clip's rate vary"


def test_a_clip_of_nothing_but_noise_behind_a_good_index_is_given_up(tmp_path):
    path = make_clip(tmp_path / "clip.mp4", 150, index_first=True)
    start = path.read_bytes().index(b"mdat") + 4
    assert refusal(scramble(path, start / path.stat().st_size, 1)).startswith("no frame can be decoded")


def test_what_a_decoder_refuses_for_ever_is_given_up(tmp_path, monkeypatch):
    path = make_clip(tmp_path / "clip.mp4", 40, codec="mpeg4", options={"g": "1"})
    monkeypatch.setattr("hingecheck.media.frames._PATIENCE", 5)
    first = path.read_bytes().index(b"\x00\x00\x01\xb6")  # the first picture of MPEG-4
    content = bytearray(path.read_bytes())
    stop = content.index(b"moov") - 8
    third = content.index(b"\x00\x00\x01\xb6", content.index(b"\x00\x00\x01\xb6", first + 1) + 1)
    content[third:stop] = bytes(stop - third)
    path.write_bytes(content)
    frames, _, warnings = read(path)
    assert numbers(frames)[:2] == [0, 1]
    assert len(frames) < 40
    assert warnings


# What is not a clip


def test_a_missing_file_a_folder_and_an_empty_file_are_told_apart(tmp_path):
    (tmp_path / "empty.mp4").touch()
    assert refusal(tmp_path / "absent.mp4").startswith("no such file.")
    assert refusal(tmp_path).startswith("a folder, not a clip.")
    assert refusal(tmp_path / "empty.mp4").startswith("the file is empty.")


def test_a_name_no_file_can_have_is_refused(tmp_path):
    assert refusal(tmp_path / ("x" * 300)).startswith("cannot be read (File name too long)")
    assert refusal(f"{tmp_path}/a\0b.mp4").startswith("cannot be read (embedded null byte)")


def test_a_socket_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("clip.mp4")
        assert refusal(Path("clip.mp4")).startswith("not a file.")


def test_a_closed_file_is_told_as_such(tmp_path):
    path = make_clip(tmp_path / "clip.mp4", 1)
    path.chmod(0)
    with as_nobody():
        assert refusal(path).startswith("no permission to read it.")


@pytest.mark.parametrize("content", [b"Hip hinge, three sets of five.\n" * 50, bytes(5000), b"\x00\x00\x00\x18", b"x"])
def test_what_is_no_video_is_told_as_such(tmp_path, content):
    for name in ("clip.mp4", "notes.txt"):
        (tmp_path / name).write_bytes(content)
        assert re.match("not a video, or damaged|a text, not a video", refusal(tmp_path / name))


@pytest.mark.parametrize("name", ["sound.wav", "sound.mp4", "sound.mkv"])
def test_sound_alone_is_told_as_such(tmp_path, name):
    path = make_sound(tmp_path / name)
    assert refusal(path) == "no video stream (audio only). Export the clip with its picture."


def test_sound_with_a_cover_is_sound_alone(tmp_path):
    path = add_cover(make_sound(tmp_path / "song.mp4"))
    assert refusal(path) == "no video stream (audio only). Export the clip with its picture."


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt"), [("a.png", "png", "rgb24"), ("a.jpg", "mjpeg", "yuvj420p"), ("a.bmp", "bmp", "bgr24")]
)
def test_a_picture_is_not_a_video(tmp_path, name, codec, pix_fmt):
    encoder = av.CodecContext.create(codec, "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = 80, 48, pix_fmt, Fraction(1, 25)
    packets = encoder.encode(av.VideoFrame.from_ndarray(picture(0)).reformat(format=pix_fmt)) + encoder.encode(None)
    (tmp_path / name).write_bytes(b"".join(bytes(packet) for packet in packets))
    assert refusal(tmp_path / name) == "a picture, not a video. Name a clip."


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nclip.ts\n#EXT-X-ENDLIST\n"),
        ("clip.mp4", "ffconcat version 1.0\nfile clip.ts\n"),
    ],
)
def test_a_file_that_names_other_files_opens_none_of_them(tmp_path, name, content):
    make_clip(tmp_path / "clip.ts", 5)
    (tmp_path / name).write_text(content)
    assert refusal(tmp_path / name) == "a playlist, not a video. Name the clip itself."


def test_an_unknown_codec_is_told_as_such(tmp_path):
    path = patch(make_clip(tmp_path / "clip.mp4", 3), b"avc1", b"zzz1")
    assert refusal(path).startswith("its video codec is unknown here. Convert it")


def test_a_picture_of_no_size_is_refused(tmp_path):
    path = make_clip(tmp_path / "clip.avi", 3, codec="rawvideo", pix_fmt="bgr24")
    size = (80).to_bytes(4, "little"), (48).to_bytes(4, "little"), (-48).to_bytes(4, "little", signed=True)
    for height in size[1:]:
        if size[0] + height in path.read_bytes():
            patch(path, size[0] + height, bytes(8))
    assert refusal(path)


def test_any_damage_to_a_header_is_a_refusal_or_a_reading(tmp_path):
    original = make_clip(tmp_path / "clip.mp4", 5, index_first=True).read_bytes()
    rng = np.random.default_rng(7)
    path = tmp_path / "damaged.mp4"
    for _ in range(60):
        content = bytearray(original)
        for place in rng.integers(0, min(1500, len(content)), 4):
            content[place] = rng.integers(256)
        path.write_bytes(content)
        try:
            frames = read(path)[0]
        except SourceError as error:
            assert str(error).startswith(str(path))
        else:
            times = [frame.time_s for frame in frames]
            assert all(a < b for a, b in pairwise(times))


# One pass


def test_a_clip_is_read_once(tmp_path):
    with open_clip(make_clip(tmp_path / "clip.mp4", 3)) as clip:
        list(clip)
        with pytest.raises(ValueError, match="read once"):
            list(clip)
    with pytest.raises(ValueError, match="read once"):
        list(clip)


def test_nothing_is_known_before_the_first_frame(tmp_path):
    with open_clip(make_clip(tmp_path / "clip.mp4", 3)) as clip, pytest.raises(ValueError, match="only once frames were read"):
        clip.info()


def test_a_reader_that_stops_early_leaves_no_file_and_no_thread_behind(tmp_path):
    path = make_clip(tmp_path / "clip.mp4", 50)
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
    with open_clip(path) as clip:
        for frame in clip:
            if frame.index == 3:
                break
    assert clip.info().frames == 4
    with pytest.raises(KeyError), open_clip(path) as clip:
        for _ in clip:
            raise KeyError
    clip.close()
    assert (threading.active_count(), len(os.listdir("/proc/self/fd"))) == (threads, files)


def test_a_frame_kept_by_the_reader_outlives_the_clip(tmp_path):
    frames = read(make_clip(tmp_path / "clip.mp4", 30))[0]
    assert numbers(frames) == list(range(30)), "nothing was decoded over an older frame"


def test_memory_stays_flat_however_long_the_clip(tmp_path):
    path = make_clip(tmp_path / "clip.mkv", 600, codec="mpeg4")
    alive = []
    tracemalloc.start()
    with open_clip(path) as clip:
        for frame in clip:
            alive = [*(ref for ref in alive if ref() is not None), weakref.ref(frame.image)]
            assert len(alive) <= 2
            if frame.index == 100:
                before = tracemalloc.get_traced_memory()[0]
        growth = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert growth < 500_000, "bytes, over 500 frames of 11,520 each"


@pytest.mark.parametrize(("size", "enough_px", "shape"), [((80, 48), 48, (48, 80)), ((160, 96), 48, (48, 80)), ((96, 160), 100, (100, 60))])
def test_pictures_higher_than_enough_are_made_smaller_and_say_by_how_much(size, enough_px, shape, tmp_path):
    path = make_clip(tmp_path / "clip.mp4", 2, size=size)
    with open_clip(path, enough_px=enough_px) as clip:
        frames = list(clip)
        assert clip.size == size
    assert [frame.image.shape[:2] for frame in frames] == [shape] * 2
    assert frames[0].scale == (size[0] / shape[1], size[1] / shape[0])
    assert is_upright(frames[0].image)
