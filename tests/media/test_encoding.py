"""What is written is what is played: every picture, at its time, in its colours; or there is no file."""

from concurrent.futures import ThreadPoolExecutor

import av
import numpy as np
import pytest
from clips import files_no_larger_than, is_upright, number_in, picture

from hingecheck.errors import OutputError
from hingecheck.media.encoding import Encoder
from hingecheck.media.sources import open_clip


def write(path, times, size=(80, 48), **options):
    with Encoder(path, **options) as encoder:
        for number, time_s in enumerate(times):
            encoder.write(picture(number, *size), time_s)
    return path


def read(path):
    with open_clip(path) as clip:
        return list(clip)


def stamps_s(path):
    """Presentation times as in the file, without anyone's idea of a start."""
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def noise(frames, size=(160, 120)):
    rng = np.random.default_rng(3)
    return [rng.integers(0, 256, (size[1], size[0], 3), np.uint8) for _ in range(frames)]


def test_every_picture_comes_back_in_order_at_its_time(tmp_path):
    times = [i / 25 for i in range(40)]
    frames = read(write(tmp_path / "out.mp4", times))
    assert [number_in(frame.image) for frame in frames] == list(range(40))
    assert [frame.time_s for frame in frames] == pytest.approx(times, abs=1e-5)
    assert all(is_upright(frame.image) for frame in frames)


def test_uneven_times_are_kept(tmp_path):
    times = [0, 0.04, 0.05, 0.2, 0.4, 0.41, 0.5, 0.6, 1, 1.01, 1.2, 3]
    frames = read(write(tmp_path / "out.mp4", times))
    assert [number_in(frame.image) for frame in frames] == list(range(12))
    assert [frame.time_s for frame in frames] == pytest.approx(times, abs=1e-5)


def test_the_first_picture_is_shown_at_once_whatever_the_clock_says(tmp_path):
    assert stamps_s(write(tmp_path / "out.mp4", [86_400.5, 86_400.54])) == pytest.approx([0, 0.04], abs=1e-5)


def test_pictures_keep_their_own_times_where_the_start_is_given(tmp_path):
    assert stamps_s(write(tmp_path / "out.mp4", [2.0, 2.04], start_s=0)) == pytest.approx([2, 2.04], abs=1e-5)


def test_pictures_too_close_for_the_file_to_tell_apart_are_all_kept(tmp_path):
    frames = read(write(tmp_path / "out.mp4", [0, 1e-7, 2e-7, 1]))
    assert [number_in(frame.image) for frame in frames] == [0, 1, 2, 3]


@pytest.mark.parametrize("colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (200, 120, 60), (30, 60, 90)])
def test_colours_survive_the_way_there_and_back(tmp_path, colour):
    with Encoder(tmp_path / "out.mp4") as encoder:
        encoder.write(np.full((48, 64, 3), colour, np.uint8), 0)
    image = read(tmp_path / "out.mp4")[0].image.astype(int)
    assert np.abs(image - colour).max() <= 4


def test_any_browser_plays_it_before_it_has_everything(tmp_path):
    path = write(tmp_path / "out.mp4", [0, 0.04, 0.08])
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt, stream.width, stream.height) == ("h264", "yuv420p", 80, 48)
        context = stream.codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1), "BT.709, limited"
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_odd_sides_gain_a_row_or_column_like_the_last(tmp_path):
    frames = read(write(tmp_path / "out.mp4", [0, 0.04], size=(81, 49)))
    assert frames[0].image.shape == (50, 82, 3)
    assert number_in(frames[1].image[:49, :81]) == 1


def test_a_view_turned_or_cut_out_of_a_picture_is_written_as_it_looks(tmp_path):
    with Encoder(tmp_path / "out.mp4") as encoder:
        encoder.write(np.rot90(np.rot90(picture(7, 160, 96), 1), -1)[:, :], 0)
        encoder.write(picture(9, 160, 96)[::-1][::-1], 0.1)
    assert [number_in(frame.image) for frame in read(tmp_path / "out.mp4")] == [7, 9]


def test_another_thread_may_write(tmp_path):
    with Encoder(tmp_path / "out.mp4") as encoder, ThreadPoolExecutor(1) as pool:
        for number in range(10):
            pool.submit(encoder.write, picture(number), number / 25).result()
    assert len(read(tmp_path / "out.mp4")) == 10


def test_a_failure_on_the_way_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "out.mp4"
    path.write_bytes(b"old")
    with pytest.raises(KeyError), Encoder(path) as encoder:
        for image in noise(20):
            encoder.write(image, 0)
        raise KeyError("a mistake elsewhere")
    assert path.read_bytes() == b"old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["out.mp4"]


def test_nothing_written_is_no_file(tmp_path):
    with Encoder(tmp_path / "out.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0.0001, 0.5, 0.999])
def test_a_disk_that_fills_up_is_told_and_leaves_nothing(tmp_path, share):
    """At the first picture, half way, and when all pictures are written but the index does not fit."""
    path = tmp_path / "out.mp4"
    with Encoder(path) as encoder:
        for number, image in enumerate(noise(40)):
            encoder.write(image, number / 25)
    size = path.stat().st_size
    path.unlink()
    with (
        pytest.raises(OutputError, match=r"out\.mp4: larger than files may be there"),
        files_no_larger_than(int(size * share)),
        Encoder(path) as encoder,
    ):
        for number, image in enumerate(noise(40)):
            encoder.write(image, number / 25)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told_before_the_first_picture(tmp_path):
    with pytest.raises(OutputError, match="the folder does not exist"):
        Encoder(tmp_path / "nowhere" / "out.mp4")


@pytest.mark.parametrize(
    "image", [np.zeros((48, 80), np.uint8), np.zeros((48, 80, 4), np.uint8), np.zeros((48, 80, 3)), np.zeros((0, 80, 3), np.uint8)]
)
def test_what_is_no_picture_is_a_programming_mistake(tmp_path, image):
    with pytest.raises(ValueError, match="a picture is"), Encoder(tmp_path / "out.mp4") as encoder:
        encoder.write(image, 0)
    assert list(tmp_path.iterdir()) == []


def test_a_picture_of_another_size_is_a_programming_mistake(tmp_path):
    with pytest.raises(ValueError, match="all pictures have one size"), Encoder(tmp_path / "out.mp4") as encoder:
        encoder.write(picture(0), 0)
        encoder.write(picture(1, 82, 48), 0.04)
    assert list(tmp_path.iterdir()) == []
