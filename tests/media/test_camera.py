"""Cameras, clips and streams as a live source: only the newest frame, waited for when it vanishes."""

import http.server
import threading
import time
from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest
from clips import make_clip, number_in, picture

from hingecheck.errors import SourceError
from hingecheck.media import camera
from hingecheck.media.camera import Feed, Picture, open_camera, open_recording
from hingecheck.show.drawing import jpeg

PATIENCE_S = 300.0  # only so that nothing hangs for ever


class Fake:
    """A camera that follows a script: numbers are pictures, None is a failure, "hang" blocks until released."""

    live = True

    def __init__(self, script, every_s=0.0):
        self.script, self.every_s = iter(script), every_s
        self.hangs, self.released = threading.Event(), threading.Event()

    def read(self):
        what = next(self.script, "hang")
        if what == "hang":
            self.hangs.set()
            self.released.wait(PATIENCE_S)
            return None
        if self.every_s:
            time.sleep(self.every_s)
        return None if what is None else Picture(picture(what))

    def release(self):
        self.released.set()


def opener(*devices):
    """Hands out these, one at each opening; an exception among them is raised."""
    left = list(devices)

    def opens():
        device = left.pop(0)
        if isinstance(device, Exception):
            raise device
        return device

    return opens


def wait_until(condition):
    patience_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < patience_s, "never came to that"
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def no_camera_stalls_because_the_machine_is_busy(monkeypatch):
    monkeypatch.setattr(camera, "STALLED_S", 2 * PATIENCE_S)
    monkeypatch.setattr(camera, "RETRY_S", 0.05)


def taken(feed, most):
    """The next frames of a feed, as they come."""
    frames, patience_s = [], time.monotonic() + PATIENCE_S
    while len(frames) < most and not (feed.ended and not feed.waiting):
        assert time.monotonic() < patience_s, f"only {len(frames)} frames came"
        if (grabbed := feed.newest(0.05)) is not None:
            frames.append(grabbed)
    return frames


def test_who_comes_late_gets_the_newest_frame_and_never_an_older_one():
    with Feed(opener(Fake(range(50)))) as feed:
        feed.expect("camera", PATIENCE_S)
        wait_until(lambda: feed.grabbed == 50)
        assert number_in(feed.newest(PATIENCE_S).frame.image) == 49
        assert feed.newest(0.01) is None, "none waits behind it"
        assert feed.handed_out == 1


def test_frames_are_numbered_as_handed_out_and_timed_from_the_first_one():
    with Feed(opener(Fake(range(20), every_s=0.02))) as feed:
        frames = taken(feed, 5)
    assert [grabbed.frame.index for grabbed in frames] == [0, 1, 2, 3, 4]
    times = [grabbed.frame.time_s for grabbed in frames]
    assert times[0] == 0.0
    assert np.diff(times) == pytest.approx(np.diff([grabbed.at_s for grabbed in frames]))


def test_nothing_is_grabbed_before_the_first_frame_is_asked_for():
    with Feed(opener(Fake(range(5)))) as feed:
        time.sleep(0.05)
        assert feed.grabbed == 0
        feed.expect("camera", PATIENCE_S)
        wait_until(lambda: feed.grabbed == 5)


def test_a_camera_that_is_not_there_at_the_start_is_told():
    with pytest.raises(SourceError, match="unplugged"):
        Feed(opener(SourceError("unplugged")))


def test_a_camera_that_gives_no_picture_at_the_start_is_told():
    with Feed(opener(Fake([]))) as feed, pytest.raises(SourceError, match=r"camera 0: gives no picture\. Close what else uses it"):
        feed.expect("camera 0", timeout_s=0.2)


def test_a_camera_that_fails_is_waited_for_and_goes_on_where_it_was():
    gone = SourceError("not there")
    with Feed(opener(Fake([1, 2, None]), gone, gone, Fake([3]))) as feed:
        before = taken(feed, 1)
        wait_until(lambda: feed.grabbed >= 2 and feed.lost)
        feed.newest(0.01)
        after = taken(feed, 1)
        assert number_in(after[0].frame.image) == 3
        assert not feed.lost
        assert after[0].frame.index > before[0].frame.index
        assert after[0].frame.time_s - before[0].frame.time_s == pytest.approx(after[0].at_s - before[0].at_s)


def test_a_camera_that_hangs_is_left_behind_and_opened_anew(monkeypatch):
    hanging, said_lost = Fake([1, "hang"]), []
    devices = [hanging, Fake([2])]

    def opens():
        if (device := devices.pop(0)) is not hanging:
            said_lost.append(feed.lost)
        return device

    with Feed(opens) as feed:
        assert number_in(taken(feed, 1)[0].frame.image) == 1
        assert hanging.hangs.wait(PATIENCE_S)
        assert feed.newest(0.02) is None
        assert not feed.lost, "it may still come"
        with monkeypatch.context() as later:
            later.setattr(camera, "STALLED_S", 0.0)
            assert feed.newest(0.02) is None
        assert said_lost == [True]
        assert number_in(taken(feed, 1)[0].frame.image) == 2
        hanging.released.set()  # the old driver comes back to life: nobody listens
        time.sleep(0.05)
        assert feed.grabbed == 2


def test_a_camera_whose_picture_changes_its_size_goes_on():
    device = Fake([1, 2])
    sizes = iter([(80, 48), (160, 96)])
    device.read = lambda: Picture(picture(1, *size)) if (size := next(sizes, None)) else device.released.wait(PATIENCE_S) or None
    with Feed(opener(device)) as feed:
        feed.expect("camera", PATIENCE_S)
        wait_until(lambda: feed.grabbed == 2)
        assert feed.newest(PATIENCE_S).frame.image.shape == (96, 160, 3)


def test_closing_lets_go_of_the_camera_and_twice_does_no_harm():
    device = Fake(range(3))
    feed = Feed(opener(device))
    feed.expect("camera", PATIENCE_S)
    device.released.set()
    feed.close()
    feed.close()
    unused = Fake([])
    Feed(opener(unused)).close()
    assert unused.released.is_set(), "also when it was never asked for a frame"


# ------------------------------------------------------------------------------------------------------------- clips and streams


def test_a_clip_runs_at_its_own_pace_with_its_own_times_and_then_ends(tmp_path):
    clip = make_clip(tmp_path / "clip.mp4", 15, fps=25)
    with Feed(open_recording(str(clip))) as feed:
        began_s = time.monotonic()
        frames = taken(feed, 99)
        took_s = time.monotonic() - began_s
        assert feed.ended
    assert took_s >= 14 / 25
    numbers = [number_in(grabbed.frame.image) for grabbed in frames]
    assert numbers == sorted(set(numbers))
    assert [grabbed.frame.time_s for grabbed in frames] == pytest.approx([n / 25 for n in numbers], abs=2e-3)


def test_a_clip_that_cannot_be_read_is_told_at_once(tmp_path):
    with pytest.raises(SourceError, match=r"no such file"):
        Feed(open_recording(str(tmp_path / "none.mp4")))


@contextmanager
def served(handler):
    """A web server on this machine; yields its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Clock:
    """A clock that goes on only while somebody sleeps, and not before what lies in the feed was taken."""

    feed, now_s = None, 0.0

    def monotonic(self):
        return self.now_s

    def sleep(self, seconds):
        wait_until(lambda: not self.feed.waiting)
        self.now_s += seconds


def test_a_clip_elsewhere_is_played_at_its_own_pace_too(tmp_path, monkeypatch):
    make_clip(tmp_path / "clip.mp4", 10, fps=25, index_first=True)
    monkeypatch.setattr(camera, "time", clock := Clock())
    with served(partial(Quiet, directory=tmp_path)) as address, Feed(open_recording(f"{address}/clip.mp4")) as feed:
        clock.feed = feed
        frames = taken(feed, 99)
        assert feed.ended
    assert [grabbed.frame.time_s for grabbed in frames] == pytest.approx([n / 25 for n in range(10)], abs=2e-3)
    assert [grabbed.at_s for grabbed in frames] == pytest.approx([n / 25 for n in range(10)], abs=2e-3)


class Stream(Quiet):
    """What network cameras send: one JPEG after the other, twelve to a connection, then silence and a broken line."""

    connections = 0

    def do_GET(self):
        type(self).connections += 1
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for number in range(12):
            content = jpeg(picture(number, 160, 96))
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
            self.wfile.write(head.encode() + content + b"\r\n")
            time.sleep(0.03)


def test_a_stream_that_breaks_off_is_connected_to_again():
    with served(Stream) as address, Feed(open_recording(f"{address}/video")) as feed:
        frames = taken(feed, 14)
        assert Stream.connections >= 2
        assert not feed.ended
    assert (np.diff([grabbed.frame.time_s for grabbed in frames]) > 0).all()


def test_an_address_where_nobody_answers_is_told_in_one_line():
    with pytest.raises(SourceError, match=r"http://127\.0\.0\.1:9/none: no video comes from there .*Check the address"):
        Feed(open_recording("http://127.0.0.1:9/none"))


def test_a_camera_that_does_not_exist_and_one_in_use_are_told_apart(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(camera, "DEVICES", tmp_path)
    monkeypatch.setattr(camera.sys, "platform", "linux")
    with pytest.raises(SourceError, match=r"camera 77: there is none\. Plug one in"):
        Feed(open_camera(77))
    (tmp_path / "video77").touch()
    with pytest.raises(SourceError, match=r"camera 77: cannot be opened: another program uses it"):
        Feed(open_camera(77))
    assert capfd.readouterr() == ("", ""), "OpenCV has no say"
