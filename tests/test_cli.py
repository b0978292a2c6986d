"""The commands as a user meets them: what they print, write and exit with."""

import csv
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import av
import make_goldens
import numpy as np
import pytest
import replayed
import typer.main
from clips import as_nobody, cut, files_no_larger_than, make_clip, make_sound

from hingecheck import __version__, cli
from hingecheck.cli import tables
from hingecheck.drive import batch as batches
from hingecheck.drive import clip as one_clip
from hingecheck.storage.recording import save_poses, storable
from hingecheck.verdict.cues import BY_ID, CUES
from hingecheck.verdict.exercises import BY_ID as KNOWN_EXERCISES
from hingecheck.verdict.profiles import Profile, load
from hingecheck.verdict.scoring import AREAS, EXERCISES
from hingecheck.verdict.types import METRICS

ROOT = Path(__file__).parents[1]
SCRIPT = Path(sys.executable).with_name("hingecheck")
HINGECHECK = [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-m", "hingecheck.cli"]

# frames.csv: these first and in this order; other programs read them.
FRAME_COLUMNS = [
    *("time_s", "hip_flexion_deg", "knee_flexion_deg", "trunk_lean_deg", "shin_lean_deg", "spine_lower_deg", "spine_upper_deg"),
    *("butt_drop", "shoulder_shift", "knee_ankle_ratio", "ankle_hip_ratio", "view_yaw_deg", "phase", "rep", "cues"),
]
NUMBER, MAYBE_NUMBER, MAYBE_TEXT = (int, float), (int, float, type(None)), (str, type(None))
# report.json, schema 1: a type, the texts allowed, a list of one kind, or names and what they hold.
SCHEMA = {
    "schema": int,
    "hingecheck": str,
    "clip": {
        **{"path": str, "sha256": str, "frames": int, "duration_s": NUMBER, "width": int, "height": int, "rotation_deg": int},
        "variable_frame_rate": bool,
        "thinned": bool,
        "turned_deg": int,
    },
    "model": str,
    "profile": {"name": str, "sha256": str},
    "view": {
        "kind": {"side", "front", "oblique", "unknown"},
        "facing": {"left", "right", "camera", "away", None},
        "yaw_deg": MAYBE_NUMBER,
    },
    "tracking": {"frames_with_person": NUMBER, "warnings": [str]},
    "exercise": {*KNOWN_EXERCISES},
    "stand": {"own", "lockout", "none"},
    "reps": [
        {
            **{"index": int, "start_s": NUMBER, "bottom_s": NUMBER, "end_s": NUMBER, "score": (int, type(None)), "complete": bool},
            "exercise": {"id": {*KNOWN_EXERCISES}, "sure": NUMBER, "set_by": {"measured", "user"}},
            "metrics": dict.fromkeys(METRICS, MAYBE_NUMBER),
            "uncertainty": dict.fromkeys(METRICS, MAYBE_NUMBER),
            "cues": {
                cue.id: {
                    "status": {"ok", "fault", "not_judged"},
                    "direction": {None, *(fault.direction for fault in cue.faults)},
                    **{"value": MAYBE_NUMBER, "uncertainty": MAYBE_NUMBER, "limit": MAYBE_NUMBER, "called_at": MAYBE_NUMBER},
                    "unit": {cue.unit},
                    **{"at_s": MAYBE_NUMBER, "reason": MAYBE_TEXT},
                }
                for cue in CUES
            },
        }
    ],
    "cues": {cue.id: {"ok": int, "fault": int, "not_judged": int} for cue in CUES},
    "score": (int, type(None)),
    "next_cue": {None, *BY_ID},
    "stage": {"recommended": {1, 2, 3}, "ready_for_next": bool, "why": [str], "work_on": [set(AREAS)], "exercises": [set(EXERCISES)]},
}


def misfits(value, schema, where="report"):
    """Where a value is not what the schema asks for."""
    if isinstance(schema, dict):
        if not isinstance(value, dict) or set(value) != set(schema):
            return [f"{where}: {sorted(value) if isinstance(value, dict) else value!r}"]
        return [misfit for name in schema for misfit in misfits(value[name], schema[name], f"{where}.{name}")]
    if isinstance(schema, list):
        if not isinstance(value, list):
            return [f"{where}: {value!r}"]
        return [misfit for n, item in enumerate(value) for misfit in misfits(item, schema[0], f"{where}[{n}]")]
    if isinstance(schema, set):
        fits = value in schema
    else:
        fits = isinstance(value, schema) and (schema is bool or not isinstance(value, bool))
    return [] if fits else [f"{where}: {value!r}"]


@pytest.fixture(autouse=True)
def nobody_watches(monkeypatch):
    """Output is no terminal's, whatever the machine that runs the tests says, and has 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hingecheck(monkeypatch, capsys):
    """Run a command in this process -> exit code, stdout, stderr."""

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["hingecheck", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return left.value.code, *capsys.readouterr()

    return command


def process(*arguments, **options):
    """Run a command in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run([*HINGECHECK, *map(str, arguments)], capture_output=True, text=True, env=environment, timeout=600, **options)


def one_line(text):
    return text.endswith("\n") and text.count("\n") == 1


@pytest.fixture(scope="session")
def one_rep(sample_videos, tmp_path_factory):
    """The first rep of a sample clip in which the lower back rounds: 4.8 s, 120 frames."""
    path = tmp_path_factory.mktemp("clips") / "one rep.mp4"
    with av.open(str(sample_videos / "rounded_lower_back.mp4")) as source, av.open(str(path), "w") as target:
        copy = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size and packet.pts * packet.time_base < 4.8:
                packet.stream = copy
                target.mux(packet)
    return path


@pytest.fixture(scope="session")
def analysed(one_rep, tmp_path_factory):
    """That clip through the installed command with the real model, once: what it printed, and the folder it filled."""
    out = tmp_path_factory.mktemp("analysed")
    return process("analyze", one_rep, "--out", out, "--json", check=True), out / "one rep.hingecheck"


@pytest.fixture
def hinges(tmp_path, monkeypatch):
    """A clip that every model sees two good hinges in."""
    poses = replayed.two_hinges()
    replayed.see(monkeypatch, poses)
    return replayed.clip_of(tmp_path / "hinges.mp4", poses)


def grey_clip(path, frames=4):
    return make_clip(path, [np.full((64, 48, 3), 128, np.uint8)] * frames)


# ---------------------------------------------------------------------------------------------------------------------------- analyze


def test_json_is_all_there_is_on_stdout_and_is_what_stands_on_the_disk(analysed):
    run, folder = analysed
    content = json.loads(run.stdout)  # exactly one document: anything before or after it is an error
    assert content == json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert run.stderr == ""


def test_report_json_keeps_to_schema_1(analysed):
    content = json.loads(analysed[0].stdout)
    assert misfits(content, SCHEMA) == []
    assert content["schema"] == 1
    assert content["hingecheck"] == __version__


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content.pop("score"),
        lambda content: content.update(extra=1),
        lambda content: content["clip"].update(frames="120"),
        lambda content: content["view"].update(kind="sideways"),
        lambda content: content["reps"][0].update(complete=1),
        lambda content: content["reps"][0].update(index=True),
        lambda content: content["reps"][0]["cues"]["butt_high"].update(status="passed"),
        lambda content: content["tracking"].update(warnings="none"),
        lambda content: content["reps"][0]["cues"]["butt_high"].pop("uncertainty"),
        lambda content: content["stage"].update(work_on=["core stability"]),
    ],
)
def test_the_schema_notices_what_does_not_keep_to_it(analysed, spoil):
    content = json.loads(analysed[0].stdout)
    spoil(content)
    assert len(misfits(content, SCHEMA)) == 1


def test_the_rounded_back_of_the_sample_is_found(analysed):
    content = json.loads(analysed[0].stdout)
    (rep,) = content["reps"]
    assert rep["complete"]
    assert rep["cues"]["neutral_spine"]["status"] == "fault"
    assert rep["cues"]["neutral_spine"]["direction"] == "rounded"
    assert rep["cues"]["neutral_spine"]["value"] > rep["cues"]["neutral_spine"]["limit"]
    assert content["next_cue"] == "neutral_spine"
    assert content["view"]["kind"] == "side"
    assert content["view"]["facing"] == "right"
    assert content["clip"]["frames"] == 120
    assert abs(rep["bottom_s"] - 2.674) < 0.4  # the sample's truth


def test_a_folder_holds_exactly_the_files_promised(analysed):
    names = {file.name for file in analysed[1].iterdir()}
    assert names == {"report.json", "report.html", "frames.csv", "poses.npz", "annotated.mp4"}


def test_frames_csv_has_the_columns_promised_and_a_row_a_frame(analysed):
    with (analysed[1] / "frames.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 120
    assert list(rows[0])[: len(FRAME_COLUMNS)] == FRAME_COLUMNS
    assert [float(row["time_s"]) for row in rows] == pytest.approx([n / 25 for n in range(120)], abs=1e-6)
    assert {row["phase"] for row in rows} == {"standing", "down", "bottom", "up"}
    assert {row["rep"] for row in rows} == {"0", "1"}
    assert {row["cues"] for row in rows} == {"", "neutral_spine"}
    assert {row["hips_lead_deg"] == "" for row in rows if row["phase"] != "up"} == {True}  # measured on the way up only


def test_the_annotated_video_is_one_that_browsers_play(analysed):
    with av.open(str(analysed[1] / "annotated.mp4")) as video:
        stream = video.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt, stream.width, stream.height) == ("h264", "yuv420p", 480, 640)
        assert [round(frame.time, 3) for frame in video.decode(stream)] == [round(n / 25, 3) for n in range(120)]


def test_the_page_is_self_contained(analysed):
    page = (analysed[1] / "report.html").read_text(encoding="utf-8")
    assert "Flatten your lower back" in page
    assert "data:image/jpeg;base64," in page
    assert not re.search(r'<(script|link|img)[^>]+(src|href)="https?:', page)


def test_without_annotation_there_is_no_video(hinges, hingecheck, tmp_path):
    code, _, _ = hingecheck("analyze", hinges, "--no-annotate")
    assert code == 0
    assert {file.name for file in (tmp_path / "hinges.hingecheck").iterdir()} == {"report.json", "report.html", "frames.csv", "poses.npz"}


def test_one_bad_clip_among_several_costs_only_itself(hinges, hingecheck, tmp_path):
    (tmp_path / "bad.mp4").write_text("hello")
    code, out, err = hingecheck("analyze", tmp_path / "bad.mp4", hinges, "--no-annotate")
    assert code == 1
    assert one_line(err)
    assert err.startswith(f"{tmp_path / 'bad.mp4'}: not a video")
    assert (tmp_path / "hinges.hingecheck/report.json").exists()
    assert out.startswith(f"{hinges}: side view, facing right, stiff-leg deadlift, 2 reps, score 100\n")


def test_several_bad_clips_are_bad_input(hingecheck, tmp_path):
    code, _, err = hingecheck("analyze", tmp_path / "a.mp4", tmp_path / "b.mp4")
    assert code == 2
    assert [line.split(": ")[1] for line in err.splitlines()] == ["no such file. Check the name and the folder."] * 2


def test_json_of_several_clips_is_a_list_of_those_that_could_be_scored(hinges, hingecheck, tmp_path):
    code, out, _ = hingecheck("analyze", hinges, tmp_path / "none.mp4", "--no-annotate", "--json")
    assert code == 1
    assert [content["clip"]["path"] for content in json.loads(out)] == [str(hinges)]


def test_clips_of_one_name_get_a_folder_each(hinges, hingecheck, tmp_path):
    (tmp_path / "b").mkdir()
    other = replayed.clip_of(tmp_path / "b/hinges.mp4", replayed.two_hinges())
    code, out, _ = hingecheck("analyze", hinges, other, "--no-annotate", "--out", tmp_path / "out")
    assert code == 0
    reports = sorted((tmp_path / "out").glob("*/report.json"))
    assert {json.loads(file.read_text(encoding="utf-8"))["clip"]["path"] for file in reports} == {str(hinges), str(other)}
    assert [line for line in out.splitlines() if line.startswith("see ")] == [
        f"see {tmp_path / 'out' / name / 'report.html'}" for name in ("hinges.mp4.hingecheck", "hinges.mp4-2.hingecheck")
    ]


def test_a_name_that_no_terminal_can_show_is_no_obstacle(hinges, hingecheck, tmp_path):
    odd = hinges.rename(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    code, out, err = hingecheck("analyze", odd, "--no-annotate")
    assert (code, err) == (0, "")
    assert out.startswith(f"{tmp_path}/caf\\udce9.mp4: side view")
    code, out, _ = hingecheck("analyze", odd, "--no-annotate", "--json")
    assert code == 0
    assert json.loads(out)["clip"]["path"] == str(odd)


def broken(kind, folder):
    """A path that no clip is at, of the kind asked for."""
    path = folder / "clip.mp4"
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("not a video at all")
    elif kind == "truncated":
        cut(make_clip(path, 40), 0.5)
    elif kind == "sound":
        make_sound(path)
    elif kind == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("missing", "no such file. Check the name and the folder."),
        ("empty", "the file is empty. Copy it again from where it was filmed."),
        ("text", "not a video, or damaged. Convert it to H.264"),
        ("truncated", "cut off or damaged: its index is missing. Copy it again"),
        ("sound", "no video stream (audio only). Export the clip with its picture."),
        ("folder", "a folder, not a clip. Name the clips in it, or run `hingecheck batch` on it."),
    ],
)
def test_bad_input_is_told_in_one_line_and_leaves_nothing(hingecheck, tmp_path, kind, says):
    path = broken(kind, tmp_path)
    code, out, err = hingecheck("analyze", path)
    assert (code, out) == (2, "")
    assert one_line(err)
    assert err.startswith(f"{path}: {says}")
    assert not (tmp_path / "clip.hingecheck").exists()


def test_a_clip_that_is_cut_off_is_bad_input_but_what_is_there_is_scored(hingecheck, hinges, sample_videos, tmp_path):
    path = cut(shutil.copy(sample_videos / "good.mp4", tmp_path / "clip.mp4"), 0.1)
    code, _out, err = hingecheck("analyze", path, "--no-annotate")
    assert code == 2
    assert one_line(err)
    assert err.startswith(f"{path}: ends early: the file is cut off after ")
    assert json.loads((tmp_path / "clip.hingecheck" / "report.json").read_text())["clip"]["frames"] > 0
    assert hingecheck("analyze", path, hinges, "--no-annotate")[0] == 1


def test_this_folder_is_no_clip(hingecheck, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert hingecheck("analyze", ".")[::2] == (2, ".: a folder, not a clip. Name the clips in it, or run `hingecheck batch` on it.\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["analyze", "x.mp4", "--model", "huge"], "--model huge: no pose model has this name. Choose one of: lite, full, heavy."),
        (["batch", ".", "--model", "huge"], "--model huge: no pose model has this name. Choose one of: lite, full, heavy."),
        (["analyze"], "Missing argument 'CLIP...'. Try `hingecheck --help`."),
        (["analyze", "x.mp4", "--bogus"], "No such option: --bogus"),
        (["bogus"], "No such command 'bogus'. Try `hingecheck --help`."),
        (["liv"], "No such command 'liv'. Did you mean 'live'? Try `hingecheck --help`."),
        (["live", "--record", "x.txt"], "--record x.txt: not the name of a video. Give NAME.mp4"),
        (["profile", "bogus"], "No such command 'bogus'. Try `hingecheck --help`."),
        (["batch", ".", "--workers", "0"], "Invalid value for '--workers':"),
        (["batch", "none"], "none: not a folder. Give the folder that holds the clips."),
        (["analyze", "x.mp4", "--profile", "none.toml"], "none.toml: cannot be read (No such file or directory)."),
        (["retry", "none.npz"], "none.npz: no such file. Check the name and the folder."),
    ],
)
def test_wrong_usage_is_told_in_one_line(hingecheck, arguments, says):
    code, out, err = hingecheck(*arguments)
    assert (code, out) == (2, "")
    assert one_line(err)
    assert err.startswith(says)


def test_h_is_help_everywhere(hingecheck):
    for command in ([], ["live"], ["profile", "new"]):
        assert hingecheck(*command, "-h") == hingecheck(*command, "--help")


def test_wrong_usage_of_the_real_command_is_told_in_one_line():
    run = process("analyze", "none.mp4", "--bogus")
    assert run.returncode == 2
    assert run.stdout == ""
    assert one_line(run.stderr)


def test_an_accident_is_told_in_one_line_and_with_debug_in_full(hinges, hingecheck, monkeypatch):
    def accident(*args, **kwargs):
        raise ZeroDivisionError("float division\nby zero")

    monkeypatch.setattr(one_clip, "judge", accident)
    code, _, err = hingecheck("analyze", hinges)
    assert code == 2
    assert err == "hingecheck failed on its own account (ZeroDivisionError: float division by zero). Run again with --debug.\n"
    code, _, err = hingecheck("analyze", hinges, "--debug")
    assert code == 2
    assert err.startswith("Traceback (most recent call last):")


def test_bad_input_shows_where_it_came_from_only_with_debug(hingecheck, tmp_path):
    assert "Traceback" not in hingecheck("analyze", tmp_path / "none.mp4")[2]
    assert "Traceback" in hingecheck("--debug", "analyze", tmp_path / "none.mp4")[2]


def test_a_missing_library_leads_to_the_doctor(hingecheck, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "hingecheck.drive.clip", None)
    monkeypatch.delattr("hingecheck.drive.clip", raising=False)
    code, _, err = hingecheck("analyze", tmp_path / "clip.mp4")
    assert code == 2
    assert one_line(err)
    assert err.startswith("a library is missing (")
    assert err.endswith("`hingecheck doctor` says what to install.\n")


# ----------------------------------------------------------------------------------------------------- interruptions and full disks


def start(*arguments, command=HINGECHECK):
    """Begin a command as the head of a group of processes, as a terminal does."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [*command, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True)


def wait_for(process, condition):
    """Until ``condition`` holds, at most ten minutes."""
    patience = time.monotonic() + 600
    while not condition():
        assert process.poll() is None, f"ended too early: {process.communicate()}"
        assert time.monotonic() < patience, "never came to that"
        time.sleep(0.005)


def alive(group):
    """Processes of a group that still run; one that has ended and was not asked for its exit code does not."""
    states = (file.read_text().rpartition(")")[2].split() for file in Path("/proc").glob("[0-9]*/stat"))
    return [state for state, _, of_group, *_ in states if int(of_group) == group and state not in "ZX"]


def held_at(process, gate):
    """The writer's end of the FIFO ``gate``, once the command has come to where it reads from it: there it waits until that is closed."""
    writers = []

    def has_reader():
        with suppress(OSError):
            writers.append(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
        return bool(writers)

    wait_for(process, has_reader)
    return os.fdopen(writers[0], "wb")


# The command, but that it waits at a FIFO when the first frame of the annotated video is written.
STALLED = """
import sys
from hingecheck.media.encoding import Encoder
gate = sys.argv.pop(1)
write = Encoder.write
def stalled(*frame):
    Encoder.write = write
    write(*frame)
    open(gate).read()
Encoder.write = stalled
from hingecheck.cli import main
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_an_interrupted_analysis_leaves_no_half_written_file(one_rep, tmp_path, number):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    process = start(gate, "analyze", one_rep, "--out", tmp_path, "--model", "lite", command=[sys.executable, "-c", STALLED])
    folder = tmp_path / "one rep.hingecheck"
    with held_at(process, gate):
        assert (folder / "poses.npz").exists()
        (draft,) = folder.glob(".*.part")  # the video is being written
        assert draft.stat().st_mode & 0o777 == 0o600
        os.killpg(process.pid, number)
    out, err = process.communicate(timeout=300)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")
    assert [file.name for file in folder.iterdir()] == ["poses.npz"]


def test_what_a_killed_analysis_left_is_removed_by_the_next_command_that_writes_there(one_rep, hingecheck, tmp_path):
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    process = start(gate, "analyze", one_rep, "--out", tmp_path, "--model", "lite", command=[sys.executable, "-c", STALLED])
    folder = tmp_path / "one rep.hingecheck"
    with held_at(process, gate):
        process.kill()
        process.communicate(timeout=300)
    assert sorted(file.suffix for file in folder.iterdir()) == [".npz", ".part"]
    assert hingecheck("retry", folder / "poses.npz", "--out", folder)[0] == 0
    assert sorted(file.name for file in folder.iterdir()) == ["frames.csv", "poses.npz", "report.html", "report.json"]


# A command that waits until it is ended, and says what it was ended by.
WAITING = """
import signal, sys, time
from hingecheck.cli import main, program
ignored = sys.argv.pop(1)
if ignored:
    signal.signal(getattr(signal, ignored), signal.SIG_IGN)
@program.app.command()
def wait() -> int:
    print("waiting", flush=True)
    time.sleep(0.2)
    if ignored == "SIGHUP":
        signal.raise_signal(signal.SIGHUP)
        print("still there", flush=True)
    time.sleep(600)
main()
"""


@pytest.mark.parametrize(
    ("ignored", "number", "says"),
    [("", "SIGTERM", ""), ("", "SIGHUP", ""), ("SIGINT", "SIGTERM", ""), ("SIGHUP", "SIGTERM", "still there\n")],
    ids=["SIGTERM", "SIGHUP", "in the background of a script", "under nohup"],
)
def test_every_command_is_ended_as_by_ctrl_c(ignored, number, says):
    process = start(ignored, "wait", command=[sys.executable, "-c", WAITING])
    assert process.stdout.readline() == "waiting\n"
    if says:
        assert process.stdout.readline() == says
    process.send_signal(getattr(signal, number))
    out, err = process.communicate(timeout=300)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")


@pytest.mark.parametrize("how", ["interrupted", "ended", "killed"])
def test_a_batch_that_is_stopped_leaves_quietly_with_all_its_processes(one_rep, tmp_path, how):
    (tmp_path / "clips").mkdir()
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / "clips" / name).symlink_to(one_rep)
    gate = tmp_path / "out/a.hingecheck/report.json"  # a worker first reads what an earlier batch has left, and waits there
    gate.parent.mkdir(parents=True)
    os.mkfifo(gate)
    process = start("batch", tmp_path / "clips", "--out", tmp_path / "out", "--model", "lite", "--workers", "1")
    with held_at(process, gate):
        if how == "interrupted":
            os.killpg(process.pid, signal.SIGINT)
        elif how == "ended":
            process.send_signal(signal.SIGTERM)
        else:
            process.kill()
        out, err = process.communicate(timeout=300)  # until nobody is left who could write
    if how != "killed":
        assert (process.returncode, out, err) == (130, "", "interrupted\n")
    assert "Traceback" not in err
    left = [file.name for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert left == ([".hingecheck-batch.lock"] if how == "killed" else []), "a lock that nobody holds bars nobody"
    patience = time.monotonic() + 300
    while alive(process.pid) and time.monotonic() < patience:
        time.sleep(0.05)
    assert alive(process.pid) == []


@pytest.mark.parametrize("room", [4_000, 30_000], ids=["poses", "page"])
def test_a_full_disk_is_told_in_one_line_and_leaves_no_half_written_file(hinges, hingecheck, tmp_path, room):
    with files_no_larger_than(room):
        code, out, err = hingecheck("analyze", hinges, "--no-annotate", "--out", tmp_path / "out")
    assert (code, out) == (2, "")
    assert one_line(err)
    assert err.startswith(f"{tmp_path / 'out/hinges.hingecheck'}/")
    assert "larger than files may be there. Choose another folder." in err
    left = {file.name for file in (tmp_path / "out/hinges.hingecheck").iterdir()}
    assert left <= {"poses.npz", "frames.csv"}
    assert ("poses.npz" in left) == (room > 4_000)


def test_a_folder_that_may_not_be_written_to_is_told_before_the_work_begins(hinges, hingecheck, tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir(mode=0o555)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)  # nobody may not walk there from the root
    replayed.made.clear()
    with as_nobody():
        code, _, err = hingecheck("analyze", hinges.name, "--out", "closed")
    assert code == 2
    assert err == "closed/hinges.hingecheck: no permission to write there. Choose another folder.\n"
    assert replayed.made == []


def process_into(output, *arguments):
    """Run a command whose stdout goes into a file of ours -> exit code, stderr."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
    run = subprocess.run([*HINGECHECK, *arguments], stdout=output, stderr=subprocess.PIPE, text=True, env=environment)
    return run.returncode, run.stderr


LONG_AND_SHORT = pytest.mark.parametrize(
    "arguments", [["cues", "--json"], ["--version"]], ids=["long", "short"]
)  # to fill a buffer, or not


@LONG_AND_SHORT
def test_output_that_nobody_can_take_is_told_in_one_line(arguments):
    with open("/dev/full", "w") as full:
        told = process_into(full, *arguments)
    assert told == (2, "output: cannot be used (No space left on device). Try another place.\n")


@LONG_AND_SHORT
def test_a_reader_that_has_seen_enough_is_no_error(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as pipe:
        assert process_into(pipe, *arguments) == (0, "")


# ------------------------------------------------------------------------------------------------------------------- in the terminal


@pytest.fixture
def rounded():
    """Recorded poses of three reps whose lower back rounds surely by more than 18 degrees, the upper by more than 3; goldens."""
    return make_goldens.FOLDER / "rounded_lower_back.poses.npz"


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_report_in_the_terminal_cuts_no_word(hingecheck, monkeypatch, rounded, tmp_path, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    strict = tmp_path / "strict.toml"
    strict.write_text("cues.neutral_spine.rounded = 18\ncues.chest_out.rounded = 3\n")
    code, out, err = hingecheck("retry", rounded, "--profile", strict)
    assert (code, err) == (0, "")
    assert "…" not in out
    head, *rest = out.splitlines()
    assert head.startswith(
        "sample_videos/rounded_lower_back.mp4: side view, facing right, stiff-leg deadlift, 3 reps, score "
    )  # whole, however narrow
    assert max(len(line) for line in rest) <= columns
    words = " ".join(out.split())
    for word, times in {"neutral spine: rounded,": 3, "chest out: rounded,": 3, "(called from ": 6}.items():
        assert words.count(word) == times
    assert "not judged: knees out, feet hip-width (can be judged only when seen from the front)" in words
    assert "practise next: neutral spine. The lower back keeps the shape it has when you stand tall." in words


def test_a_report_in_the_terminal_says_what_is_fine_and_in_how_many_reps(hinges, hingecheck):
    _, out, _ = hingecheck("analyze", hinges, "--no-annotate")
    seen_from_the_side = "butt high, chest out, soft knees, neutral spine, core tight, squeeze the butt"
    assert f"fine: {seen_from_the_side} not judged:" in " ".join(out.split())
    assert [line.split()[-1] for line in out.splitlines() if re.match(r" +\d ", line)] == ["nothing", "nothing"]
    assert "practise next" not in out


def test_who_watches_sees_bars_that_are_gone_in_the_end(hinges, hingecheck, monkeypatch, tmp_path):
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal, as far as rich can tell
    monkeypatch.setenv("COLUMNS", "120")
    (tmp_path / "bad.mp4").write_text("hello")
    code, _, err = hingecheck("analyze", hinges, tmp_path / "bad.mp4")
    assert code == 1
    frames = len(replayed.two_hinges())
    for what in ("seeing", "drawing"):
        assert f"{frames}/{frames}" in err[err.rindex(f"hinges.mp4: {what}") :]
    bars, erased, rest = err.partition(f"{tmp_path / 'bad.mp4'}: not a video")
    assert erased
    assert bars.rindex("\x1b[2K") > bars.rindex("mp4: ")
    assert "seeing" not in rest


def test_json_shows_no_bars_to_who_watches(hinges, hingecheck, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    code, out, err = hingecheck("analyze", hinges, "--no-annotate", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["clip"]["path"] == str(hinges)


def test_a_cue_judged_in_one_rep_of_two_is_not_called_fine_in_both(capsys):
    verdict = {"status": "ok", "direction": None, "value": 20.0, "limit": 35.0, "unit": "degrees", "at_s": 1.0, "reason": None}
    unseen = verdict | {"status": "not_judged", "value": None, "reason": "hip, knee or ankle hidden"}
    tables.report(
        {
            "clip": {"path": "[red]x.mp4"},
            "view": {"kind": "side", "facing": None},
            "reps": [
                {"index": n, "bottom_s": 2.0, "score": score, "metrics": {}, "cues": {"soft_knees": said}}
                for n, score, said in ((1, 100, verdict), (2, None, unseen))
            ],
            "tracking": {"warnings": ["feet leave the picture from 3.2 s"]},
            "cues": {"soft_knees": {"ok": 1, "fault": 0, "not_judged": 1}, "chest_out": {"ok": 0, "fault": 0, "not_judged": 0}},
            "score": 100,
            "next_cue": None,
        }
    )
    out = capsys.readouterr().out
    assert out.startswith("[red]x.mp4: side view, 2 reps, score 100\n")
    assert "fine: soft knees (1 of 2 reps)\n" in out
    assert "note: feet leave the picture from 3.2 s\n" in out
    first, second = (line.split() for line in out.splitlines() if re.match(r" +\d ", line))
    assert first == ["1", "2.0", "s", "-", "-", "-", "100", "nothing"]
    assert second == ["2", "2.0", "s", "-", "-", "-", "-", "not", "judged"]


# ------------------------------------------------------------------------------------------------------------------------------ batch


def test_a_batch_of_the_real_command_scores_what_it_can_and_never_twice(tmp_path):
    (tmp_path / "sub").mkdir()
    grey_clip(tmp_path / "a.mp4")
    grey_clip(tmp_path / "sub/b.mp4", frames=5)
    (tmp_path / "broken.mp4").write_text("hello")
    run = process("batch", tmp_path, "--model", "lite", "--workers", "1")
    assert run.returncode == 1
    assert one_line(run.stderr)
    assert run.stderr.startswith(f"{tmp_path / 'broken.mp4'}: not a video")
    out = tmp_path / "hingecheck-results"
    assert run.stdout == f"3 clips, 1 failed. See {out / 'summary.html'} and {out / 'results.csv'}\n"
    assert sorted(str(file.relative_to(out)) for file in out.rglob("*") if file.is_file()) == [
        *("a.hingecheck/poses.npz", "a.hingecheck/report.json", "reps.csv", "results.csv"),
        *("sub/b.hingecheck/poses.npz", "sub/b.hingecheck/report.json", "summary.html"),
    ]
    content = json.loads((out / "sub/b.hingecheck/report.json").read_text(encoding="utf-8"))
    assert misfits(content, SCHEMA) == []
    assert content["clip"]["frames"] == 5

    times_ns = {file: file.stat().st_mtime_ns for file in out.rglob("report.json")}
    again = process("batch", tmp_path, "--model", "lite", "--workers", "1")
    assert (again.returncode, again.stdout, again.stderr) == (run.returncode, run.stdout, run.stderr)
    assert {file: file.stat().st_mtime_ns for file in out.rglob("report.json")} == times_ns


@pytest.fixture
def threads(monkeypatch):
    """Batches run in this process."""
    monkeypatch.setattr(batches, "work_off", lambda work, jobs, *_: ((job, work(job)) for job in jobs))


def test_a_changed_profile_and_fresh_do_a_batch_again(hinges, hingecheck, threads, tmp_path):
    loose = tmp_path / "loose.toml"
    loose.write_text("cues.soft_knees.bent = 60")

    def seen(*options):
        replayed.made.clear()
        code, _, _ = hingecheck("batch", tmp_path, *options)
        assert code == 0
        return len(replayed.made)

    assert seen() == 1
    assert seen() == 0
    assert seen("--profile", loose) == 1
    assert seen("--profile", loose) == 0
    assert seen("--profile", loose, "--fresh") == 1
    assert seen("--profile", loose, "--out", tmp_path / "elsewhere") == 1
    assert (tmp_path / "elsewhere/summary.html").exists()


def test_a_batch_in_which_nothing_could_be_scored_is_bad_input(hingecheck, threads, tmp_path):
    (tmp_path / "broken.mp4").write_text("hello")
    code, out, err = hingecheck("batch", tmp_path)
    assert code == 2
    assert one_line(err)
    assert out.startswith("1 clip, 1 failed.")
    assert (tmp_path / "hingecheck-results/results.csv").exists()


def test_brackets_in_a_folders_name_are_shown(hinges, hingecheck, threads, tmp_path):
    (tmp_path / "set [red]").mkdir()
    hinges.rename(tmp_path / "set [red]/x.mp4")
    _, out, _ = hingecheck("batch", tmp_path / "set [red]")
    assert f"See {tmp_path / 'set [red]/hingecheck-results/summary.html'} and" in out


def test_a_scheduler_without_dask_or_without_an_answer_is_told(hinges, hingecheck, tmp_path):
    code, _, err = hingecheck("batch", tmp_path, "--scheduler", "tcp://127.0.0.1:1")
    assert code == 2
    assert one_line(err)
    assert "Dask" in err


# ------------------------------------------------------------------------------------------------------------------------------ retry


def test_retry_under_the_same_profile_gives_the_same_verdict(analysed, hingecheck):
    code, out, err = hingecheck("retry", analysed[1] / "poses.npz", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == json.loads(analysed[0].stdout)


def test_retry_under_another_profile_gives_another_verdict(rounded, hingecheck, tmp_path):
    loose = tmp_path / "loose.toml"
    loose.write_text("cues.neutral_spine.rounded = 45")
    before, after = (
        json.loads(hingecheck("retry", rounded, "--json", *options)[1])["cues"]["neutral_spine"] for options in ([], ["--profile", loose])
    )
    assert before == {"ok": 0, "fault": 3, "not_judged": 0}
    assert after == {"ok": 3, "fault": 0, "not_judged": 0}


def test_retry_costs_no_more_than_a_few_million_steps_of_python(rounded):
    profile = Profile.default()
    one_clip.retry(rounded, profile=profile)  # imports what it needs

    def spent_s(work):
        began_s = time.process_time()
        work()
        return time.process_time() - began_s

    both_s = [
        (spent_s(lambda: one_clip.retry(rounded, profile=profile)), spent_s(lambda: sum(n * n for n in range(10**6)))) for _ in range(3)
    ]
    retry_s, million_s = map(min, zip(*both_s, strict=True))
    assert retry_s < 5 * million_s


def test_retry_writes_only_where_it_is_told_to(rounded, hingecheck, tmp_path):
    poses = tmp_path / "poses.npz"
    poses.write_bytes(rounded.read_bytes())
    assert hingecheck("retry", poses)[0] == 0
    assert list(tmp_path.iterdir()) == [poses]
    assert hingecheck("retry", poses, "--out", tmp_path / "out")[0] == 0
    assert {file.name for file in (tmp_path / "out").iterdir()} == {"report.json", "report.html", "frames.csv"}


def test_poses_that_are_none_are_told(hingecheck, tmp_path):
    (tmp_path / "poses.npz").write_text("hello")
    code, _, err = hingecheck("retry", tmp_path / "poses.npz")
    assert code == 2
    assert err == f"{tmp_path / 'poses.npz'}: not recorded poses, or damaged. Analyze the clip again.\n"


# -------------------------------------------------------------------------------------------------------- cues, profile, doctor, help


@pytest.mark.parametrize("columns", [80, 120])
def test_cues_lists_every_way_to_get_a_cue_wrong(hingecheck, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    code, out, _ = hingecheck("cues")
    assert code == 0
    assert "…" not in out
    rows = [line.split() for line in out.splitlines()]
    for cue in CUES:
        for fault in cue.faults:
            (row,) = (row for row in rows if row[:3] == [cue.id, cue.view, fault.metric] and row[3] == (">" if fault.above else "<"))
            assert re.match(rf"{re.escape(f'{fault.called_at:g}')}(°|$)", row[4])
    unproven = [cue.id for cue in CUES if cue.withheld is not None]
    assert not unproven or f"not judged: {', '.join(unproven)}" in " ".join(out.split())


def test_cues_as_json_holds_the_whole_table(hingecheck):
    code, out, _ = hingecheck("cues", "--json")
    assert code == 0
    rows = json.loads(out)
    assert [row["id"] for row in rows] == [cue.id for cue in CUES]
    for row, cue in zip(rows, CUES, strict=True):
        assert row["judged"] == (row["reason"] is None) == (cue.withheld is None)
        assert row["within_deg"] == cue.within_deg
        assert [
            (fault["direction"], fault["measure"], fault["called_at"], fault["limit"], fault["allowed"]) for fault in row["faults"]
        ] == [(fault.direction, fault.metric, fault.called_at, fault.limit, [fault.low, fault.high]) for fault in cue.faults]
        assert all(fault["wrong_when"] in ("above", "below") and fault["during"] and fault["say"] for fault in row["faults"])


def test_a_new_profile_can_be_checked_and_changes_nothing(hingecheck, tmp_path):
    file = tmp_path / "ana.toml"
    code, out, _ = hingecheck("profile", "new", file)
    assert code == 0
    assert out.startswith(f"{file}: written.")
    assert load(file) == Profile(name="ana")
    assert hingecheck("profile", "check", file) == (0, f"{file}: fine, profile 'ana'\n", "")


def test_a_new_profile_overwrites_nothing(hingecheck, tmp_path):
    (tmp_path / "ana.toml").write_text("mine")
    code, _, err = hingecheck("profile", "new", tmp_path / "ana.toml")
    assert code == 2
    assert err == f"{tmp_path / 'ana.toml'}: already there. Choose another name, or delete it first.\n"
    assert (tmp_path / "ana.toml").read_text() == "mine"


def test_a_new_profile_in_a_folder_that_is_not_there_is_told(hingecheck, tmp_path):
    code, _, err = hingecheck("profile", "new", tmp_path / "none/ana.toml")
    assert code == 2
    assert err == f"{tmp_path / 'none/ana.toml'}: the folder does not exist. Create it first.\n"


def test_check_says_in_what_a_profile_differs(hingecheck, tmp_path):
    (tmp_path / "ana.toml").write_text(
        "schema = 2\n[reps]\nstart_deg = 25\n[cues.soft_knees]\nbent = 50\n[cues.knees_out]\nenabled = false\n"
    )
    code, out, _ = hingecheck("profile", "check", tmp_path / "ana.toml")
    assert code == 0
    bent = next(fault.called_at for fault in BY_ID["soft_knees"].faults if fault.direction == "bent")
    assert out.splitlines()[1:] == [
        f"  soft_knees.bent = 50.0 (default {bent})",
        "  knees_out.enabled = False (default True)",
        f"  reps.start_deg = 25.0 (default {Profile.default().reps.start_deg})",
    ]


@pytest.mark.parametrize("text", ["[cues.soft_knee]\nbent = 40", "[cues.soft_knees]\nbent = 300", "cues = ", "\xff"])
def test_a_profile_that_cannot_be_used_is_told_in_one_line(hingecheck, tmp_path, text):
    (tmp_path / "bad.toml").write_text(text, encoding="latin-1")
    for command in (["profile", "check"], ["analyze", "x.mp4", "--profile"], ["retry", "x.npz", "--profile"]):
        code, out, err = hingecheck(*command, tmp_path / "bad.toml")
        assert (code, out) == (2, "")
        assert one_line(err)
        assert err.startswith(f"{tmp_path / 'bad.toml'}: ")


def test_without_scipy_the_netcdf_is_left_out_and_refused_where_it_is_asked_for(hingecheck, monkeypatch, tmp_path):
    poses = make_goldens.FOLDER / "good.poses.npz"
    for module in [name for name in sys.modules if name.partition(".")[0] == "scipy"]:
        monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, "scipy", None)
    advice = "SciPy is not installed. Run: pip install 'hingecheck[netcdf]'\n"
    code, out, err = hingecheck("export", poses, "--out", tmp_path / "out")
    assert (code, out.split()) == (0, [str(tmp_path / "out" / name) for name in ("markers.trc", "angles.mot")])
    assert err == f"nc: left out, {advice}"
    assert hingecheck("export", poses, "--to", "nc", "--out", tmp_path / "none") == (2, "", f"--to nc: {advice}")
    assert not (tmp_path / "none").exists()


def test_the_doctor_examines_everything_and_tells_of_failure_in_the_exit_code(hingecheck, monkeypatch):
    from hingecheck import doctor

    code, out, _ = hingecheck("doctor")
    checks = doctor.examine()
    assert [line.split()[0] for line in out.splitlines()] == [str(check.verdict) for check in checks]
    assert code == (2 if doctor.Verdict.FAIL in {check.verdict for check in checks} else 0)
    ill = [doctor.Check("model lite", doctor.Verdict.FAIL, "not there [here]", "Put it back.")]
    monkeypatch.setattr(doctor, "examine", lambda: ill)
    assert hingecheck("doctor") == (2, "fail model lite: not there [here]. Put it back.\n", "")


def commands(command=None, path=()):
    """Every command of the program with the words that lead to it; the program itself first."""
    command = command or typer.main.get_command(cli.app)
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


@pytest.mark.parametrize("path", [path for path, _ in commands()], ids=lambda path: " ".join(path) or "hingecheck")
def test_help_of_every_command_names_its_options(hingecheck, path):
    command = dict(commands())[path]
    code, out, err = hingecheck(*path, "--help")
    assert (code, err) == (0, "")
    assert out.startswith(" ".join(["Usage: hingecheck", *path]))
    for name in (*(option for parameter in command.params for option in parameter.opts if option.startswith("-")), "--help"):
        assert name in out
    assert "..." not in out.partition("Commands:")[2]  # no description is cut short


def test_help_of_the_program_names_every_command(hingecheck):
    out = hingecheck("--help")[1]
    for name in ("analyze", "batch", "retry", "cues", "profile", "doctor"):
        assert re.search(rf"^  {name} ", out, re.MULTILINE)


@pytest.mark.parametrize("path", [[], ["profile"]], ids=["hingecheck", "profile"])
def test_no_command_at_all_shows_the_help_as_wrong_usage(hingecheck, path):
    code, out, err = hingecheck(*path)
    assert (code, out) == (2, "")
    assert err == hingecheck(*path, "--help")[1]


def test_the_version_is_said(hingecheck):
    assert hingecheck("--version") == (0, f"hingecheck {__version__}\n", "")


def test_help_is_quick_and_loads_nothing_heavy():
    def spent_s(begin):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert begin().returncode == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    nothing = [sys.executable, "-c", "pass"]
    both_s = [(spent_s(lambda: process("--help")), spent_s(lambda: subprocess.run(nothing, check=True))) for _ in range(3)]
    help_s, nothing_s = map(min, zip(*both_s, strict=True))
    assert help_s < 30 * nothing_s  # usually ten times; a pose network alone takes a hundred
    assert "analyze" in process("--help").stdout
    script = "import sys\ntry:\n from hingecheck.cli import main; sys.argv[1:] = ['--help']; main()\nfinally: print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True).stdout.split()
    assert "hingecheck.cli" in loaded
    assert not {"mediapipe", "cv2", "numpy", "scipy", "av", "plotly", "jinja2", "pydantic"} & set(loaded)


def test_an_exercise_set_by_hand_is_the_one_that_is_judged(hingecheck, rounded):
    code, out, _ = hingecheck("retry", rounded, "--exercise", "squat_back", "--json")
    content = json.loads(out)
    assert (code, content["exercise"]) == (0, "squat_back")
    assert {rep["exercise"]["set_by"] for rep in content["reps"]} == {"user"}
    assert content["reps"][0]["cues"]["soft_knees"]["reason"] == "does not apply to a back squat"


def test_an_exercise_that_is_not_known_is_bad_usage_and_says_which_are(hingecheck, rounded):
    code, _, err = hingecheck("retry", rounded, "--exercise", "curl")
    assert code == 2
    assert "--exercise curl: not known. Choose of: auto, hinge, rdl" in " ".join(err.split())


# ----------------------------------------------------------------------------------------------------- what strangers name and write


def test_a_clip_whose_name_begins_with_a_dash_is_no_option(hingecheck, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-dash.mp4").write_text("hello")
    code, out, err = hingecheck("analyze", "-dash.mp4")
    assert (code, out) == (2, "")
    assert err.startswith("-dash.mp4: not a video, or damaged.")


STRANGE = "a\x1b]0;title\x07\x9b31m\u202e"


def test_nothing_in_a_name_reaches_the_terminal_as_a_command(hingecheck, tmp_path):
    clips = tmp_path / "clips"
    clips.mkdir()
    (clips / f"{STRANGE}.mp4").write_text("hello")
    (clips / f"{STRANGE}.txt").write_text("hello")
    (tmp_path / f"{STRANGE}.npz").write_text("hello")
    said = [
        hingecheck("analyze", clips / f"{STRANGE}.mp4"),
        hingecheck("batch", clips, "--model", "lite", "--workers", "1"),
        hingecheck("retry", tmp_path / f"{STRANGE}.npz"),
        hingecheck("profile", "new", tmp_path / f"{STRANGE}.toml"),
        hingecheck("profile", "check", tmp_path / f"{STRANGE}.toml"),
        hingecheck("--debug", "profile", "check", tmp_path / f"no {STRANGE}.toml"),
        hingecheck("analyze", f"--{STRANGE}"),
    ]
    for _, out, err in said:
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out + err)
    for number in (0, 1, 2, 3):
        assert r"\x1b]0;title\x07\x9b31m\u202e" in "".join(said[number][1:])
    assert r"skipped, no video: a\x1b]0;title\x07\x9b31m\u202e.txt" in said[1][2]


def test_what_a_recording_says_of_its_clip_is_shown_and_not_obeyed(hingecheck, tmp_path):
    poses = replayed.two_hinges()
    info = {"path": f"{STRANGE}.mp4", "sha256": "0" * 64, "frames": len(poses), "duration_s": 8.5, "width": 480, "height": 640}
    meta = {"clip": info | {"rotation_deg": 0, "variable_frame_rate": False}, "model": "full", "warnings": [STRANGE]}
    save_poses(tmp_path / "poses.npz", storable(poses), meta)
    code, out, _ = hingecheck("retry", tmp_path / "poses.npz")
    assert (code, out.count(r"\x1b]0;title\x07\x9b31m\u202e")) == (0, 2)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)
    code, out, _ = hingecheck("retry", tmp_path / "poses.npz", "--json")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)
    assert json.loads(out)["clip"]["path"] == f"{STRANGE}.mp4"


@pytest.mark.parametrize(
    "wrong",
    [{"frames": "many"}, {"width": -1}, {"duration_s": 1e300}, {"path": 3}, {"variable_frame_rate": 1}, {"more": 1}, {"height": True}],
    ids=str,
)
def test_a_recording_that_says_nonsense_of_its_clip_is_refused_in_one_line(hingecheck, tmp_path, wrong):
    poses = replayed.two_hinges()
    info = {"path": "a.mp4", "sha256": "0" * 64, "frames": len(poses), "duration_s": 8.5, "width": 480, "height": 640}
    meta = {"clip": info | {"rotation_deg": 0, "variable_frame_rate": False} | wrong, "model": "full", "warnings": []}
    save_poses(tmp_path / "poses.npz", storable(poses), meta)
    code, out, err = hingecheck("retry", tmp_path / "poses.npz")
    assert (code, out, err) == (2, "", f"{tmp_path}/poses.npz: does not say which clip it is from. Run analyze on the clip again.\n")


def test_two_batches_in_one_folder_are_told_apart_and_a_killed_one_bars_none(hingecheck, tmp_path):
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.mp4").write_text("hello")
    gate = tmp_path / "out/a.hingecheck/report.json"
    gate.parent.mkdir(parents=True)
    os.mkfifo(gate)
    command = ["batch", tmp_path / "clips", "--out", tmp_path / "out", "--model", "lite", "--workers", "1"]
    process = start(*command)
    with held_at(process, gate):
        code, out, err = hingecheck(*command)
        assert (code, out) == (2, "")
        assert err.startswith(f"{tmp_path}/out: another batch writes there (process {process.pid} on ")
        assert one_line(err)
        process.kill()
        process.communicate(timeout=300)
    gate.unlink()
    assert hingecheck(*command)[0] == 2
    assert {file.name for file in (tmp_path / "out").iterdir() if file.is_file()} == {"results.csv", "reps.csv", "summary.html"}
