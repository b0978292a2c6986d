"""The mirror's loop: from a feed to the screen, the files and the verdict."""

import ctypes
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
import synthetic
from clips import files_no_larger_than
from replayed import two_hinges
from synthetic import exact  # noqa: F401

from hingecheck.drive import clip as one_clip
from hingecheck.drive import mirror as mirrors
from hingecheck.drive.mirror import Mirror, Pace, Recorder, brightness, clock, fit
from hingecheck.drive.session import Session
from hingecheck.errors import OutputError
from hingecheck.media.camera import Grabbed
from hingecheck.show import overlay, prompts
from hingecheck.storage.recording import storable
from hingecheck.verdict.engine import analyse
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.types import Frame
from hingecheck.vision.estimators import RecordedPoses

ROOT = Path(__file__).parents[2]
PROFILE = Profile.default()
GREY = 128
PATIENCE_S = 600.0  # only so that nothing hangs for ever


class Lockstep:
    """A feed that hands out every frame, as fast as it is asked for one; None stands for a moment in which the camera is lost."""

    def __init__(self, poses, *, size=(800, 900), gaps=()):
        self._times = poses.time_s.tolist()
        self._size, self._gaps, self._next = size, set(gaps), 0
        self.lost = False

    @property
    def ended(self):
        return self._next == len(self._times)

    waiting = False

    def newest(self, timeout_s):
        self.lost = self._next in self._gaps
        if self.lost:
            self._gaps.discard(self._next)
            return None
        self._next += 1
        index = self._next - 1
        width, height = self._size
        return Grabbed(Frame(index, self._times[index], np.full((height, width, 3), GREY, np.uint8)), time.monotonic())


class Watched:
    """A screen that remembers what it was shown."""

    def __init__(self, leave_after=None):
        self.shown, self.leave_after = [], leave_after

    def show(self, image):
        self.shown.append(image)
        return self.leave_after is None or len(self.shown) < self.leave_after

    def close(self):
        pass


class Heard:
    """A voice that writes down what it is to say."""

    def __init__(self, warning=None):
        self.said, self.warning = [], warning

    def say(self, text):
        self.said.append(text)


def practise(folder, poses, *, feed=None, screen=None, slow_s=0.0, **options):
    """Run a mirror over poses as if they were seen; the verdict and the mirror."""

    class Seen(RecordedPoses):
        def __init__(self, model):
            super().__init__(poses)
            made.append(model)

        def estimate(self, frame):
            time.sleep(slow_s if made[-1] == "full" else 0.0)
            return super().estimate(frame)

    made = []
    with Session(folder, profile=PROFILE, source="camera 0") as session:
        mirror = Mirror(feed or Lockstep(poses), session, screen or Watched(), create=Seen, **options)
        mirror.run()
        mirror.models = made
        return session.close(mirror.album.stills), mirror


def filmed():
    """Poses of two good hinges in a picture of 800 x 900 px."""
    return two_hinges()


def words(monkeypatch):
    """What is written on pictures from now on."""
    written = []
    for room, name in ((overlay, "write"), (overlay, "banner"), (prompts, "banner"), (prompts, "write")):
        real = getattr(room, name)
        monkeypatch.setattr(
            room, name, lambda image, text, *rest, real=real, **more: (written.append(text), real(image, text, *rest, **more))[1]
        )
    return written


def test_what_is_judged_live_is_what_analysing_the_same_poses_says(tmp_path):
    poses = filmed()
    verdict, _ = practise(tmp_path, poses)
    assert len(verdict.result.reps) == 2
    assert verdict.result.reps == analyse(storable(poses), PROFILE).reps
    assert one_clip.retry(tmp_path / "poses.npz", profile=PROFILE).result.reps == verdict.result.reps


def test_a_session_leaves_its_files(tmp_path):
    practise(tmp_path, filmed())
    assert {file.name for file in tmp_path.iterdir()} == {"poses.npz", "events.jsonl", "report.json", "report.html", "frames.csv"}
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [event["rep"] for event in events if event["kind"] == "rep"] == [1, 2]
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["clip"]["path"] == "camera 0"
    assert len(report["reps"]) == 2


def test_every_frame_is_shown_with_its_reps_and_the_time_that_is_left(tmp_path, monkeypatch):
    written, screen = words(monkeypatch), Watched()
    poses = filmed()
    practise(tmp_path, poses, screen=screen, minutes=2)
    assert len(screen.shown) == len(poses)
    assert written.index("Stand tall") < written.index("0 reps") < written.index("Go") < written.index("1 rep")
    assert "2:00" in written
    assert "1:55" in written


def test_the_voice_counts_and_says_when_to_begin(tmp_path):
    voice = Heard()
    practise(tmp_path, filmed(), voice=voice)
    assert voice.said[:2] == ["Stand tall", "Go"]
    assert [said for said in voice.said if said.startswith(("One", "Two"))] == ["One", "Two"]


def test_a_voice_that_fails_is_said_on_the_picture(tmp_path, monkeypatch):
    written = words(monkeypatch)
    practise(tmp_path, filmed(), voice=Heard("no voice: nothing works"))
    assert "No voice: nothing here can speak" in written


def test_a_fault_is_spoken_once_while_it_is_shown(tmp_path):
    voice = Heard()
    poses = synthetic.film(synthetic.stand(1.5) + synthetic.hinge(reps=1, lower=45.0))
    verdict, _ = practise(tmp_path, poses, voice=voice)
    assert verdict.result.reps[0].cues["neutral_spine"].direction == "rounded"
    assert sum("Flatten your lower back" in said for said in voice.said) == 1


def test_the_report_shows_the_worst_moment_of_a_fault_and_nothing_of_a_good_session(tmp_path):
    bad = synthetic.film(synthetic.stand(1.5) + synthetic.hinge(reps=1, lower=30.0) + synthetic.hinge(reps=1, lower=45.0))
    verdict, mirror = practise(tmp_path / "bad", bad)
    (still,) = mirror.album.stills(verdict.result.reps)
    worst = verdict.result.reps[1].cues["neutral_spine"]
    assert (still.moment.rep, still.moment.cue) == (2, "neutral_spine")
    assert still.moment.time_s == pytest.approx(worst.at_s, abs=0.3)
    assert "data:image/jpeg" in (tmp_path / "bad/report.html").read_text()
    verdict, mirror = practise(tmp_path / "good", filmed())
    assert list(mirror.album.stills(verdict.result.reps)) == []


def test_leaving_ends_with_what_was_done_so_far(tmp_path):
    poses = filmed()
    screen = Watched(leave_after=len(poses) - 60)
    verdict, _ = practise(tmp_path, poses, screen=screen)
    assert len(screen.shown) == len(poses) - 60
    assert verdict.result.reps[0] == analyse(storable(poses), PROFILE).reps[0]


def test_stop_lets_the_frame_in_hand_be_finished(tmp_path):
    poses = filmed()

    class Stops(Watched):
        def show(self, image):
            running[0].stop()
            return super().show(image)

    running, screen = [], Stops()
    with Session(tmp_path, profile=PROFILE, source="camera 0") as session:
        running.append(Mirror(Lockstep(poses), session, screen, create=lambda model: RecordedPoses(poses)))
        running[0].run()
        session.close()
    assert len(screen.shown) == 1


def test_a_lost_camera_is_said_on_the_dark_picture_and_costs_nothing(tmp_path, monkeypatch):
    written = words(monkeypatch)
    poses, screen = filmed(), Watched()
    verdict, _ = practise(tmp_path, poses, feed=Lockstep(poses, gaps=[100, 101]), screen=screen)
    assert "Camera lost: waiting for it" in written
    assert len(screen.shown) == len(poses) + 2
    assert np.median(screen.shown[100]) == GREY // 4
    assert len(verdict.result.reps) == 2


def test_practice_ends_when_the_time_is_up_but_not_in_the_middle_of_a_rep(tmp_path, monkeypatch):
    written = words(monkeypatch)
    poses = synthetic.film(synthetic.stand(1.0) + synthetic.hinge(reps=6))
    verdict, _ = practise(tmp_path, poses, minutes=5.0 / 60)
    assert "Time. Well done" in written
    reps = verdict.result.reps
    assert 2 <= len(reps) < 6
    assert all(rep.complete for rep in reps)


def test_a_slow_computer_falls_to_the_lite_model_and_says_so(tmp_path, monkeypatch):
    written = words(monkeypatch)
    monkeypatch.setattr(mirrors, "JUDGED_OVER", 10)
    _, mirror = practise(tmp_path, filmed(), slow_s=0.05)
    assert mirror.models == ["full", "lite"]
    assert "Slow computer: using the lite model" in written
    assert json.loads((tmp_path / "report.json").read_text())["model"] == "lite"


def test_a_fast_computer_keeps_the_full_model_and_a_chosen_one_stays_however_slow(tmp_path, monkeypatch):
    monkeypatch.setattr(mirrors, "JUDGED_OVER", 10)
    monkeypatch.setattr(mirrors, "WANTED_FPS", 1e-6)
    assert practise(tmp_path / "fast", filmed())[1].models == ["full"]
    monkeypatch.setattr(mirrors, "WANTED_FPS", 1e6)
    assert practise(tmp_path / "chosen", filmed(), model="full")[1].models == ["full"]


def test_from_the_front_it_is_said_what_is_not_judged(tmp_path, monkeypatch):
    written = words(monkeypatch)
    practise(tmp_path, synthetic.film(synthetic.stand(1.5) + synthetic.hinge(reps=1), yaw_deg=0.0))
    assert "Front view: shoulders, core not judged" in written


# --------------------------------------------------------------------------------------------------------------------- recording


def pictures(path):
    with av.open(str(path)) as container:
        return [(frame.time, frame.width, frame.height) for frame in container.decode(video=0)]


def test_a_recording_is_h264_with_every_picture_at_its_time(tmp_path):
    recorder = Recorder(tmp_path / "mirror.mp4")
    for number in range(6):
        recorder.write(np.full((48, 64, 3), 40 * number, np.uint8), 0.5 + number / 25)
        time.sleep(0.02)
    recorder.close()
    with av.open(str(tmp_path / "mirror.mp4")) as container:
        assert container.streams.video[0].codec_context.name == "h264"
    assert [shown[0] for shown in pictures(tmp_path / "mirror.mp4")] == pytest.approx([0.5 + n / 25 for n in range(6)], abs=1e-3)
    assert recorder.left_out == 0


def test_a_picture_of_another_size_is_fitted_into_the_recording(tmp_path):
    recorder = Recorder(tmp_path / "mirror.mp4")
    for size in ((48, 64), (96, 96), (30, 120)):
        recorder.write(np.full((*size, 3), 200, np.uint8), float(len(size)) + size[0])
    recorder.close()
    assert {shown[1:] for shown in pictures(tmp_path / "mirror.mp4")} == {(64, 48)}


def test_a_recording_that_does_not_keep_up_leaves_pictures_out_and_never_waits(tmp_path, monkeypatch):
    may_go, written = threading.Event(), []
    monkeypatch.setattr(mirrors.Encoder, "write", lambda self, image, time_s: (may_go.wait(PATIENCE_S), written.append(time_s)))
    recorder = Recorder(tmp_path / "mirror.mp4")
    for number in range(40):
        recorder.write(np.zeros((48, 64, 3), np.uint8), number / 25)
    assert written == [], "all forty came while the first one was being written"
    assert recorder.left_out >= 40 - Recorder.WAITING - 1
    may_go.set()
    recorder.close()
    assert len(written) == 40 - recorder.left_out


def test_a_recording_that_fills_the_disk_is_told_and_leaves_nothing(tmp_path):
    noise = np.random.default_rng(1)
    with files_no_larger_than(20_000):
        recorder = Recorder(tmp_path / "mirror.mp4")
        with pytest.raises(OutputError, match=r"mirror\.mp4: larger than files may be there"):
            for number in range(300):
                recorder.write(noise.integers(0, 255, (240, 320, 3), np.uint8), number / 25)
                time.sleep(0.002)
            recorder.close()
    assert list(tmp_path.iterdir()) == []


# ----------------------------------------------------------------------------------------------------------------------- figures


def test_latency_is_counted_and_told_by_share(monkeypatch):
    monkeypatch.setattr(mirrors, "time", SimpleNamespace(monotonic=lambda: 100.0))
    pace = Pace()
    for late_s in (0.0105, 0.0205, 0.0305, 0.0405):
        pace.add(100.0 - late_s)
    assert pace.shown == 4
    assert pace.percentile_ms(0.5) == 21
    assert pace.percentile_ms(0.95) == 41
    assert np.isnan(Pace().percentile_ms(0.5))


def test_the_clock_counts_down_and_stops_at_nothing():
    assert [clock(s) for s in (900, 899.2, 61, 60, 59.5, 0.2, 0, -5)] == ["15:00", "15:00", "1:01", "1:00", "1:00", "0:01", "0:00", "0:00"]


def test_brightness_is_that_of_most_of_the_picture():
    image = np.zeros((160, 160, 3), np.uint8)
    image[:, :60] = 255
    assert brightness(image) == 0
    image[:, :100] = (10, 200, 30)
    assert brightness(image) == 200


def test_a_picture_is_fitted_with_its_proportions_kept():
    fitted = fit(np.full((50, 50, 3), 255, np.uint8), (200, 100))
    assert fitted.shape == (100, 200, 3)
    assert (fitted[:, 50:150] == 255).all()
    assert (fitted[:, :49] == 0).all()


# ----------------------------------------------------------------------------------------------------------- the command and its window

COMMAND = [sys.executable, "-c", "from hingecheck.cli import main; main()", "live"]


def begin(*arguments, **environment):
    """Start ``hingecheck live`` as a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.Popen([*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def wait_for(process, condition):
    patience_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None, f"ended too early: {process.communicate()}"
        assert time.monotonic() < patience_s, "never came to that"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def screen():
    """A screen that nobody sees: its name."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as pipe:
        name = f":{pipe.readline().strip()}"
    patience_s = time.monotonic() + PATIENCE_S
    while not xdotool(name, "getdisplaygeometry"):  # it says its name a moment before it answers
        assert time.monotonic() < patience_s
        time.sleep(0.05)
    yield name
    server.terminate()
    server.wait()


@contextmanager
def practising(sample_videos, folder, screen, *more):
    """The mirror in a real window, playing a sample clip; ends it if need be. Yields the process once the first frame was shown."""
    process = begin("--source", sample_videos / "good.mp4", "--model", "lite", "--out", folder, *more, DISPLAY=screen)
    try:
        wait_for(process, lambda: xdotool(screen, "search", "--name", "hingecheck"))
        wait_for(process, lambda: (folder / "events.jsonl").is_file() and '"ready"' in (folder / "events.jsonl").read_text())
        yield process
    finally:
        process.kill()
        process.communicate()


def xdotool(screen, *arguments):
    return subprocess.run(["xdotool", *arguments], env=os.environ | {"DISPLAY": screen}, capture_output=True, text=True).stdout.split()


def ask_to_close(screen, window):
    """What a window manager sends when the cross in a window's corner is clicked."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XInternAtom.restype = ctypes.c_ulong
    display = ctypes.c_void_p(x11.XOpenDisplay(screen.encode()))
    protocols, delete = (x11.XInternAtom(display, name, False) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
    # XClientMessageEvent: type 33, serial, send_event, display, window, message_type, format, data.
    event = struct.pack("@iLiPLLi5l", 33, 0, 1, display.value, window, protocols, 32, delete, 0, 0, 0, 0).ljust(192, b"\0")
    assert x11.XSendEvent(display, ctypes.c_ulong(window), False, ctypes.c_long(0), event)
    x11.XCloseDisplay(display)


def ended(process, folder):
    """The output of a mirror that was left: it must have summed up and saved."""
    out, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (0, "")
    assert "good.mp4: side view" in out
    assert {"poses.npz", "events.jsonl", "report.json", "report.html"} <= {file.name for file in folder.iterdir()}
    return out


@pytest.mark.parametrize("key", ["q", "Escape"])
def test_a_key_in_the_window_ends_practice_with_summary_and_files(sample_videos, tmp_path, screen, key):
    with practising(sample_videos, tmp_path / "session", screen) as process:
        window = xdotool(screen, "search", "--name", "hingecheck")[-1]
        xdotool(screen, "windowfocus", window)
        xdotool(screen, "key", "--window", window, key)
        assert "3 reps" not in ended(process, tmp_path / "session"), "before the clip was over"


def test_closing_the_window_ends_practice_with_summary_and_files(sample_videos, tmp_path, screen):
    with practising(sample_videos, tmp_path / "session", screen) as process:
        ask_to_close(screen, int(xdotool(screen, "search", "--name", "hingecheck")[-1]))
        assert "3 reps" not in ended(process, tmp_path / "session"), "before the clip was over"


def test_ctrl_c_ends_practice_with_summary_and_files(sample_videos, tmp_path, screen):
    with practising(sample_videos, tmp_path / "session", screen) as process:
        process.send_signal(signal.SIGINT)
        ended(process, tmp_path / "session")


def test_a_whole_clip_headless_with_the_real_model_counts_its_reps_and_records_them(sample_videos, tmp_path):
    process = begin(
        "--source", sample_videos / "good.mp4", "--model", "lite", "--headless", "--out", tmp_path / "s", "--record", tmp_path / "m.mp4"
    )
    out = process.communicate(timeout=PATIENCE_S)[0]
    assert process.returncode == 0
    assert "3 reps" in out
    # Not in this process, whose calibration is that of an estimator without mistakes.
    retry = [sys.executable, *COMMAND[1:-1], "retry", str(tmp_path / "s/poses.npz"), "--json"]
    again = json.loads(subprocess.run(retry, capture_output=True, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}).stdout)
    lines = [json.loads(line) for line in (tmp_path / "s/events.jsonl").read_text().splitlines()]
    told = [{key: value for key, value in line.items() if key not in ("time_s", "kind", "rep")} for line in lines if line["kind"] == "rep"]
    assert len(told) == 3
    assert told == [{key: rep[key] for key in told[0]} for rep in again["reps"]]
    shown = pictures(tmp_path / "m.mp4")
    assert shown[-1][0] > 13


def test_a_session_that_is_killed_leaves_its_events(sample_videos, tmp_path, screen):
    with practising(sample_videos, tmp_path / "session", screen) as process:
        process.kill()
        process.communicate()
    assert all(json.loads(line) for line in (tmp_path / "session/events.jsonl").read_text().splitlines())


def test_where_nothing_can_speak_practice_goes_on_with_one_warning(sample_videos, tmp_path):
    (tmp_path / "espeak-ng").write_text("#!/bin/sh\necho 'error: no sound' >&2\n")  # as it does without a sound card, and ends with 0
    (tmp_path / "espeak-ng").chmod(0o755)
    process = begin(
        *("--source", sample_videos / "good.mp4", "--model", "lite", "--headless", "--voice", "--minutes", "0.1", "--out", tmp_path / "s"),
        PATH=str(tmp_path),
    )
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert err == "no voice: espeak-ng does not work here (no sound?); going on in silence.\n"
    assert "good.mp4: side view" in out


def told(*arguments, **environment):
    """Exit code and the one line on stderr of a mirror that cannot begin."""
    out, err = (process := begin(*arguments, **environment)).communicate(timeout=PATIENCE_S)
    assert out == ""
    assert err.count("\n") == 1
    return process.returncode, err


def test_what_cannot_be_begun_is_told_in_one_line(tmp_path):
    assert told("--camera", 0, "--source", "a.mp4") == (
        2,
        "--camera and --source: both name where pictures come from. Give one of them.\n",
    )
    assert told("--model", "huge")[0] == 2
    assert told("--headless", "--source", tmp_path / "none.mp4")[1].endswith("no such file. Check the name and the folder.\n")
    code, line = told("--headless", "--camera", 77)
    assert (code, line.partition(":")[0]) == (2, "camera 77")
    assert told(DISPLAY="")[1] == "no screen to open a window on (DISPLAY is not set). Start it on a desktop, or add --headless.\n"
    assert "DISPLAY is :4711" in told(DISPLAY=":4711")[1]
    (tmp_path / "file").touch()
    assert told("--headless", "--source", ROOT / "sample_videos/good.mp4", "--out", tmp_path / "file" / "x")[0] == 2
