"""The options of ``python -m benchmarks real``, apart from what they lead to: other commands read them and need none of it."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from ..tracked import CACHE


def add_options(parser: argparse.ArgumentParser, part: Callable[[str], tuple[int, int]]) -> None:
    """Give the command its options. ``part`` reads K/N."""
    parser.add_argument("--clips", type=Path, required=True, metavar="FOLDER", help="folder of clips with labels.json")
    parser.add_argument(
        "--poses", type=Path, default=CACHE / "real", metavar="CACHE", help="where recordings are kept (default: %(default)s)"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: as many as cores)")
    parser.add_argument("--fold", type=part, metavar="K/N", help="only the groups of part K of N (K from 0)")
    parser.add_argument("--by-clip", action="store_true", help="a line a clip too, those with the most disagreement first")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write a row a clip as CSV")
    parser.add_argument("--afresh", action="store_true", help="track every clip again")
    parser.add_argument("--out", type=Path, metavar="FILE.json", help="write the tables as JSON too")
