"""The options of ``python -m benchmarks render``, apart from what they lead to: other commands read them and need none of it."""

import argparse
import os
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--suite", choices=("heldout", "fit"), help="a set of clips that figures rest on")
    what.add_argument("--clip", metavar="PRESET", help="one clip: good, or what is wrong with it (squatty ...)")
    what.add_argument("--spec", type=Path, metavar="FILE.json", help="one clip, by its whole description")
    what.add_argument("--stills", type=int, metavar="N", help="stills of N bodies, an NPZ each, by seeds from --seed on")
    parser.add_argument("out", type=Path, metavar="OUT", help="folder; for one clip NAME.mp4")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes, one thread each (default: as many as cores)")
    parser.add_argument("--clips", type=int, metavar="N", help="suite: another number of clips; the first are the same")
    parser.add_argument("--only", metavar="K/N", help="suite: every N-th clip from K on (K from 0), to share a set between machines")
    parser.add_argument(
        "--view", choices=("side", "front", "oblique"), help="clip: where the camera stands (default: one that shows the fault)"
    )
    parser.add_argument("--reps", type=int, default=3, help="clip: repetitions")
    parser.add_argument("--lift", metavar="NAME", help="clip: another lift than the hinge drill: squat_air, deadlift_floor ...")
    parser.add_argument(
        "--hold", choices=("none", "dowel", "barbell", "kettlebell", "dumbbells"), help="clip: what is in the hands (default: drawn)"
    )
    parser.add_argument("--fault-reps", type=_numbers, metavar="1,3", help="clip: only these repetitions show the fault")
    parser.add_argument("--set", action="append", default=[], metavar="K=V", help="clip: one number otherwise, as in camera.azimuth=45")
    parser.add_argument("--masks", action="store_true", help="clip: the true silhouette of each frame too, in NAME.npz")
    parser.add_argument("--frames", type=int, default=18, help="stills: how many of a body")


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: not numbers of repetitions. Give them as in 1,3") from None
