"""The door: ``python -m benchmarks accuracy | limits | refit | real | speed | live | demo | render``.

Tables on stdout, as JSON with ``--out``.
"""

import argparse
import sys
from pathlib import Path

from hingecheck.errors import HingecheckError

from . import tables
from .real import options as real_options
from .render.options import add_options
from .tracked import CACHE, ROOT, about


def main() -> int:
    """Parse, call, show. Returns 2, with one line on stderr, if the input cannot be used."""
    parser = _parser()
    asked = parser.parse_args()
    if asked.command == "accuracy" and asked.truth is None and asked.real is None:
        parser.error("accuracy: nothing to measure against. Give --truth FOLDER, --real FOLDER or both")
    try:
        return _run(asked)
    except HingecheckError as error:
        print(error, file=sys.stderr)
        return 2


def _run(asked: argparse.Namespace) -> int:
    """Measure, print, and write a file if asked. Returns the exit code."""
    if asked.command == "demo":
        from . import demo

        return demo.show(asked.folder, asked.out, asked.model)
    if asked.command == "render":
        from .render import command

        return command.run(asked)
    if asked.command == "real":
        from .real import command as rated

        return rated.run(asked)
    if asked.command == "refit":
        return _refit(asked)
    if asked.command == "speed":
        from . import speed

        made = speed.measure(asked.clip, asked.model, asked.rounds, asked.minutes, asked.memory_minutes)
        shown = made
    elif asked.command == "live":
        from . import live

        made = live.measure(asked.clip, asked.truth, asked.model, asked.cache, asked.minutes, asked.rounds)
        shown = made
    elif asked.command == "accuracy":
        from . import accuracy

        made = accuracy.measure(asked.truth, asked.real, asked.model, asked.cache, asked.heldout, asked.verbose)
        shown = made
    else:
        from . import limits

        rows, curves = limits.measure(asked.truth, asked.model, asked.cache, asked.heldout)
        made = {"Limits": rows} | curves
        shown = made if asked.verbose else {"Limits": rows}
    head = about() | {"command": " ".join(["python -m benchmarks", asked.command, *_told(asked)])}
    tables.show(shown, head)
    if asked.out is not None:
        tables.write(asked.out, made, head)
    return 0


def _refit(asked: argparse.Namespace) -> int:
    """Fit the calibration again: print the table of errors, then the calibration file for hingecheck/verdict."""
    from . import calibrate

    head = about() | {"command": f"python -m benchmarks refit {asked.folder.name} --model {asked.model}"}
    file, rows = calibrate.measure(asked.folder, asked.model, asked.cache, head)
    tables.show({"Errors on bodies left out, square views, within repetitions": rows}, head)
    if asked.out is None:
        print(f"\n{file}")
    else:
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        asked.out.write_text(file, encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    accuracy = commands.add_parser("accuracy", help="measures, repetitions, cues and views against truth")
    limits = commands.add_parser("limits", help="sweep every fault limit over clips with truth")
    refit = commands.add_parser("refit", help="fit hingecheck/verdict/calibration.json anew from one folder of clips with truth")
    real = commands.add_parser("real", help="agreement with two ratings by eye of filmed clips")
    speed = commands.add_parser("speed", help="ratios to a bare MediaPipe loop over the same clip")
    live = commands.add_parser("live", help="the mirror: latency, an hour of it, and how soon a cue follows its fault")
    demo = commands.add_parser("demo", help="analyse the sample videos and say what came out")
    render = commands.add_parser("render", help="make clips with exact truth: a set that figures rest on, one clip, or stills")

    accuracy.add_argument("--truth", type=Path, help="folder of NAME.mp4 with NAME.json (and NAME.npz) beside it")
    accuracy.add_argument("--real", type=Path, help="folder of clips with labels.json")
    limits.add_argument("--truth", type=Path, required=True, help="folder of NAME.mp4 with NAME.json (and NAME.npz) beside it")
    refit.add_argument(
        "folder", type=Path, help="folder of NAME.mp4 with NAME.json and NAME.npz beside it, and suite.json if it is a suite"
    )
    refit.add_argument("--out", type=Path, metavar="FILE.json", help="write the calibration there instead of printing it")
    for command in (accuracy, limits, refit):
        command.add_argument("--cache", type=Path, default=CACHE, help="where poses are kept")
    for command in (accuracy, limits):
        command.add_argument("--heldout", type=_part, metavar="K/N", help="measure only the bodies of part K of N (K from 0)")
        command.add_argument("--verbose", action="store_true", help="more tables: by clip and body, or every curve")
    speed.add_argument("--clip", type=Path, default=ROOT / "sample_videos" / "good.mp4")
    speed.add_argument("--rounds", type=int, default=5)
    live.add_argument("--clip", type=Path, default=ROOT / "sample_videos" / "good.mp4")
    live.add_argument("--rounds", type=int, default=3)
    live.add_argument("--minutes", type=float, default=0.0, help="practise for so long, and watch the memory")
    live.add_argument("--truth", type=Path, help="folder of clips with truth: when cues come")
    live.add_argument("--cache", type=Path, default=CACHE, help="where poses are kept")
    speed.add_argument("--minutes", type=float, default=5.0, help="length of the long clip; 0: none")
    speed.add_argument("--memory-minutes", type=float, default=5.0, help="length of the clip whose memory is held against a minute's")
    demo.add_argument("folder", type=Path, nargs="?", default=ROOT / "sample_videos")
    demo.add_argument("--out", type=Path, default=Path("demo"), help="where results go")
    real_options.add_options(real, _part)
    add_options(render)
    for command in (accuracy, limits, speed, live):
        command.add_argument("--out", type=Path, metavar="FILE.json", help="write the tables as JSON too")
    for command in (accuracy, limits, refit, real, speed, live, demo):
        command.add_argument("--model", choices=("lite", "full", "heavy"), default="full")
    return parser


def _part(text: str) -> tuple[int, int]:
    """Read ``1/3`` as (1, 3): the second of three parts."""
    part, _, parts = text.partition("/")
    try:
        told = int(part), int(parts)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: not a part. Give K/N, for instance 0/3") from None
    if not 0 <= told[0] < told[1]:
        raise argparse.ArgumentTypeError(f"{text}: there is no such part. Give K from 0 to N - 1")
    return told


def _told(asked: argparse.Namespace) -> list[str]:
    """The options that change a figure, without paths of this machine."""
    part = getattr(asked, "heldout", None)
    folders = [f"--{name} {path.name}" for name in ("truth", "real", "clip") if (path := getattr(asked, name, None))]
    return [*folders, f"--model {asked.model}", *([f"--heldout {part[0]}/{part[1]}"] if part else [])]


if __name__ == "__main__":
    sys.exit(main())
