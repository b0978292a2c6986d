"""``python -m benchmarks.damage --seed N``: damaged clips, recordings, profiles and databases through the real commands.

Each has to end in a result or in one clear line, in time, without a signal, and with nothing left lying about. The same seed makes the same
files. Returns 1 if one does not.
"""

import argparse
import csv
import json
import random
import re
import select
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from . import tables
from .tables import Row, Tables
from .tracked import CACHE, ROOT, about, poses_file

FRAMES: Final = 16
CLIP_LIMIT_S: Final = 300  # only what hangs comes to it, on any machine
FILE_LIMIT_S: Final = 120.0
# Ending -> the codec that PyAV writes there.
_MEDIA: Final = {
    **{".mp4": "libx264", ".mov": "libx264", ".mkv": "libx264", ".ts": "libx264", ".flv": "flv", ".avi": "mpeg4", ".3gp": "mpeg4"},
    **{".webm": "libvpx", ".mpg": "mpeg1video", ".gif": "gif"},
}
# How the interpreter speaks, and a message does not.
_UNCLEAR: Final = re.compile(r"Traceback|\b\w+(Error|Exception|Warning)\b|own account|errno|\bNone\b|0x[0-9a-f]+")
# One process does file after file, as a command each, and says how each ended.
_SERVANT: Final = """
import contextlib, io, json, sys
from pathlib import Path
from hingecheck.cli import main
from hingecheck.cli.tables import one_line
def store(folder):
    from hingecheck.errors import HingecheckError
    from hingecheck.web.store import Store
    try:
        with Store(folder) as there:
            for athlete in there.athletes():
                there.clips(athlete["id"], reports=True)
            there.unfinished()
    except HingecheckError as error:
        print(one_line(str(error)), file=sys.stderr)
        sys.exit(2)
for line in sys.stdin:
    arguments = json.loads(line)
    out, err = io.StringIO(), io.StringIO()
    code = None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            sys.argv = ["hingecheck", *arguments]
            store(arguments[1]) if arguments[0] == "store" else main()
        except SystemExit as exit:
            code = exit.code
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.__stdout__.write(json.dumps([code, err.getvalue()]) + "\\n")
    sys.__stdout__.flush()
"""


def measure(seed: int, media: int, files: int, model: str, folder: Path) -> Tables:
    """How many damaged files came to what, by kind, and each that came to nothing good, by its name in ``folder``."""
    faults: list[Row] = []
    rows = [_clips(seed, media, model, folder / "media", faults)] if media else []
    share = -(-files // 3)
    for number, (kind, make) in enumerate((("npz", _recordings), ("toml", _profiles), ("sqlite3", _stores)) if files else ()):
        count = max(0, min(share, files - number * share))
        rows.append(_files(kind, make(random.Random(f"{kind} {seed}"), count, folder / kind, model), folder / kind, faults))
    return {f"Damaged files, seed {seed}": rows, "What came to nothing good": faults}


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Content cut short, with bits turned over, or with a stretch overwritten, zeroed, left out or repeated; its beginning more often."""
    data = bytearray(content)
    reach = len(data) if chance.random() < 0.5 else max(1, len(data) // 4)
    kind = chance.choice(("cut", "bits", "bits", "bits", "noise", "zeros", "gap", "again", "numbers"))
    begin = chance.randrange(reach)
    end = min(len(data), begin + chance.choice((1, 4, 16, 256, 4096)))
    if kind == "cut":
        del data[begin:]
    elif kind == "bits":
        for _ in range(chance.choice((1, 3, 10, 40))):
            data[chance.randrange(reach)] ^= 1 << chance.randrange(8)
    elif kind == "noise":
        data[begin:end] = chance.randbytes(end - begin)
    elif kind == "zeros":
        data[begin:end] = bytes(end - begin)
    elif kind == "gap":
        del data[begin:end]
    elif kind == "again":
        data[begin:begin] = data[begin:end] * chance.choice((1, 2, 50))
    else:
        data[begin : begin + 4] = chance.choice((b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\0\0\0\1", b"\xff\xff\xff\x7f"))
    return bytes(data)


def _sources(folder: Path) -> list[tuple[str, bytes]]:
    """The first pictures of a sample clip, small, in every container."""
    import av

    made = []
    with av.open(str(ROOT / "sample_videos" / "good.mp4")) as container:
        pictures = [
            frame.reformat(176, 144, "rgb24").to_ndarray() for _, frame in zip(range(FRAMES), container.decode(video=0), strict=False)
        ]
    for suffix, codec in _MEDIA.items():
        path = folder / f"source{suffix}"
        with av.open(str(path), "w") as out:
            stream: Any = out.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = 176, 144, "rgb8" if codec == "gif" else "yuv420p"
            for number, picture in enumerate(pictures):
                frame = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format=stream.pix_fmt)
                frame.pts = number
                out.mux(stream.encode(frame))
            out.mux(stream.encode(None))
        made.append((suffix, path.read_bytes()))
        path.unlink()
    return made


def _clips(seed: int, count: int, model: str, folder: Path, faults: list[Row]) -> Row:
    """Damaged clips through ``batch`` and then ``analyze``."""
    folder.mkdir(parents=True)
    sources = _sources(folder)
    clips = []
    for number in range(count):
        suffix, content = sources[number % len(sources)]
        clips.append(folder / f"{number:04}{suffix}")
        clips[-1].write_bytes(damaged(content, random.Random(f"media {seed} {number}")))
    seen: Counter[str] = Counter()

    def fault(kind: str, path: Path, said: str) -> None:
        seen[kind] += 1
        faults.append({"kind": kind, "file": path.name, "said": said})

    command = [sys.executable, "-m", "hingecheck"]
    options = ["--model", model, "--workers", "2", "--time-limit", str(CLIP_LIMIT_S)]
    done = subprocess.run([*command, "batch", str(folder), *options], cwd=ROOT, capture_output=True, text=True, errors="backslashreplace")
    with (folder / "hingecheck-results" / "results.csv").open(newline="", encoding="utf-8") as table:
        rows = {folder / row["path"]: row for row in csv.DictReader(table)}
    for path in clips:
        row = rows.get(path)
        if row is None:
            # Without the name of a video, a file is one only if it still begins like one.
            seen["refused"] += 1
            if path.suffix != ".gif":
                fault("no row", path, "")
        elif row["status"] == "ok":
            seen["read"] += 1
        else:
            seen["refused"] += 1
            _judge(path, row["error"], fault)
    for line in done.stderr.splitlines():
        if not line.startswith((f"{folder}/", "skipped, no video: ")):
            fault("unclear", folder, line)
    for start in range(0, len(clips), 25):
        some = clips[start : start + 25]
        limit_s = CLIP_LIMIT_S * len(some)
        try:
            done = subprocess.run(
                [*command, "analyze", *map(str, some), "--model", model], cwd=ROOT, capture_output=True, text=True, timeout=limit_s
            )
        except subprocess.TimeoutExpired:
            fault("hung", some[0], f"analyze of {len(some)} clips from this one on")
            continue
        if done.returncode not in (0, 1, 2):
            fault("signal", some[0], f"analyze of {len(some)} clips from this one on: {done.returncode}")
        for line in done.stderr.splitlines():
            about_it = next((path for path in some if line.startswith(f"{path}: ")), None)
            if about_it is None:
                fault("unclear", some[0], line)
            else:
                _judge(about_it, line, fault)
    return _row("media", count, seen, folder, fault)


def _judge(path: Path, line: str, fault: Callable[[str, Path, str], None]) -> None:
    """Report a line that is not clear, or that says of a signal or a hang."""
    said = line.removeprefix(f"{path}: ")
    if "given up" in said:
        fault("hung", path, said)
    elif "died" in said:
        fault("signal", path, said)
    elif said == line or ". " not in said or _UNCLEAR.search(said):
        fault("unclear", path, line)


def _row(kind: str, count: int, seen: Counter[str], folder: Path, fault: Callable[[str, Path, str], None]) -> Row:
    for path in [*folder.rglob("*.part"), *folder.rglob("*.lock")]:
        fault("left over", path, "")
    names = ("read", "refused", "unclear", "hung", "signal", "no row", "left over")
    return {"kind": kind, "files": count} | {name: seen[name] for name in names}


def _files(kind: str, commands: list[tuple[Path, list[str]]], folder: Path, faults: list[Row]) -> Row:
    """Damaged files, each through its command."""
    seen: Counter[str] = Counter()

    def fault(what: str, path: Path, said: str) -> None:
        seen[what] += 1
        faults.append({"kind": what, "file": str(path.relative_to(folder)), "said": said})

    for path, ended in _ended(commands):
        if isinstance(ended, str):
            fault("hung" if ended == "hung" else "signal", path, ended)
            continue
        code, said = ended
        lines = said.splitlines()
        seen["read" if code == 0 or (kind == "sqlite3" and code is None and not lines) else "refused"] += 1
        if code == 2 and len(lines) == 1 and not _UNCLEAR.search(said):
            continue
        if lines or code not in (0, None):
            fault("unclear", path, said)
    return _row(kind, len(commands), seen, folder, fault)


def _ended(commands: list[tuple[Path, list[str]]]) -> Iterator[tuple[Path, tuple[int | None, str] | str]]:
    """Each file with the exit code and what was said on stderr, or with how the process was lost."""
    servant: subprocess.Popen[str] | None = None
    for path, arguments in commands:
        if servant is None:
            pipe = subprocess.PIPE
            servant = subprocess.Popen(
                [sys.executable, "-c", _SERVANT], cwd=ROOT, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
            )
        assert servant.stdin is not None
        assert servant.stdout is not None
        servant.stdin.write(json.dumps(arguments) + "\n")
        servant.stdin.flush()
        answers, _, _ = select.select([servant.stdout], [], [], FILE_LIMIT_S)
        answer = servant.stdout.readline() if answers else None
        if answer:
            code, said = json.loads(answer)
            yield path, (code, said)
            continue
        servant.kill()
        yield path, "hung" if answer is None else f"ended with {servant.wait()}"
        servant = None
    if servant is not None:
        servant.communicate()


def _recordings(chance: random.Random, count: int, folder: Path, model: str) -> list[tuple[Path, list[str]]]:
    """Damaged recordings. Every second one is damaged inside: an array or two, packed again with right check sums."""
    from hingecheck.storage import recording

    folder.mkdir(parents=True)
    poses, meta = recording.load_poses(poses_file(ROOT / "sample_videos" / "good.mp4", model, CACHE))
    source = folder / "source.npz"
    recording.save_poses(source, poses[:90], meta)
    packed = source.read_bytes()
    with zipfile.ZipFile(source) as archive:
        arrays = {name: archive.read(name) for name in archive.namelist()}
    source.unlink()
    commands = []
    for number in range(count):
        path = folder / f"{number:04}.npz"
        if number % 2:
            path.write_bytes(damaged(packed, chance))
        else:
            inside = dict(arrays)
            for name in chance.sample(sorted(inside), chance.choice((1, 2))):
                inside[name] = damaged(inside[name], chance)
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
                for name, content in inside.items():
                    archive.writestr(name, content)
        commands.append((path, ["retry", str(path), "--json"]))
    return commands


def _profiles(chance: random.Random, count: int, folder: Path, model: str) -> list[tuple[Path, list[str]]]:
    """Damaged profiles."""
    content = (ROOT / "profiles" / "default.toml").read_bytes()
    folder.mkdir(parents=True)
    commands = []
    for number in range(count):
        path = folder / f"{number:04}.toml"
        path.write_bytes(damaged(content, chance))
        commands.append((path, ["profile", "check", str(path)]))
    return commands


def _stores(chance: random.Random, count: int, folder: Path, model: str) -> list[tuple[Path, list[str]]]:
    """Damaged databases of the page, each in a folder of its own, opened and read as the page does."""
    from hingecheck.web.store import Store

    folder.mkdir(parents=True)
    with Store(folder / "source") as store:
        for name in ("Ana", "Ben", "Cleo"):
            store.athlete_named(name)
        (file,) = (folder / "source").glob("*.sqlite3")
    content = file.read_bytes()
    shutil.rmtree(folder / "source")
    commands = []
    for number in range(count):
        path = folder / f"{number:04}" / file.name
        path.parent.mkdir()
        path.write_bytes(damaged(content, chance))
        commands.append((path, ["store", str(path.parent)]))
    return commands


def main() -> int:
    """Parse, measure, show."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.damage", description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="the same seed makes the same files")
    parser.add_argument("--media", type=int, default=300, help="damaged clips")
    parser.add_argument("--files", type=int, default=300, help="damaged recordings, profiles and databases together")
    parser.add_argument("--model", choices=("lite", "full", "heavy"), default="lite")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the files in this folder, which must not exist")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write the tables as JSON too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        made = measure(asked.seed, asked.media, asked.files, asked.model, Path(place) if asked.keep is None else asked.keep)
    head = about() | {"command": f"python -m benchmarks.damage --seed {asked.seed} --media {asked.media} --files {asked.files}"}
    tables.show(made, head)
    if asked.out is not None:
        tables.write(asked.out, made, head)
    return 1 if made["What came to nothing good"] else 0


if __name__ == "__main__":
    sys.exit(main())
