"""``python -m benchmarks lens``: track stills, learn the lens from them, and say how far it is off on the bodies left out."""

import argparse
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from hingecheck.errors import InputError
from hingecheck.verdict.lens import OUTPUTS, SCALE

from .. import tables
from ..tracked import about

AZIMUTHS: Final = ((0, 15), (15, 35), (35, 60), (60, 95))  # off the side
BENT_DEG: Final = 15.0  # of the trunk: a lifter who stands is easy
ROUNDED_DEG: Final = 25.0  # a lower back that is rounded without doubt, and one that is not, for the AUC
FLAT_DEG: Final = 10.0


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give the command its options."""
    parser.add_argument("stills", type=Path, metavar="FOLDER", help="what render --stills made; or with --tracked what this made of it")
    parser.add_argument("--tracked", type=Path, metavar="FOLDER", required=True, help="where tracked stills are kept")
    parser.add_argument("--out", type=Path, metavar="FILE.npz", required=True, help="write the weights there")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--members", type=int, default=4, help="networks in the ensemble")
    parser.add_argument("--bodies", type=int, help="learn from so many bodies only: a point of the learning curve")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes that track")


def run(asked: argparse.Namespace) -> int:
    """Track, learn, and print the table of errors."""
    if find_spec("torch") is None:
        raise InputError("lens: torch is not installed. Run pip install -e '.[render]'")
    from . import data, learn, tracked

    if asked.stills.is_dir() and asked.stills != asked.tracked:
        tracked.track(asked.stills, asked.tracked, jobs=asked.jobs)
    stills = data.load(asked.tracked, asked.tracked / "inputs")
    if not len(stills):
        raise InputError(f"{asked.tracked}: no tracked stills. Make some: python -m benchmarks render --stills 500 FOLDER")
    value, spread, rows = learn.learn(stills, asked.out, epochs=asked.epochs, members=asked.members, bodies=asked.bodies)
    head = about() | {"bodies": str(learn.bodies_learnt(stills, asked.bodies)), "command": "python -m benchmarks lens"}
    tables.show({"Mean errors on bodies left out, bent over, by how far off the side": by_azimuth(stills, value, spread, rows)}, head)
    return 0


def by_azimuth(stills: Any, value: Any, spread: Any, rows: Any) -> list[tables.Row]:
    """A line an azimuth: mean error of each measure, how many lie within the interval, and how well the lower back tells. (N, O) each."""
    truth, away = stills.truth[rows], np.abs(stills.azimuth[rows])
    bent = truth[:, OUTPUTS.index("trunk")] > BENT_DEG
    found = []
    for low, high in AZIMUTHS:
        these = bent & (away >= low) & (away < high)
        error = np.abs(value - truth)[these]
        back, true = (part[these][:, OUTPUTS.index("lower")] for part in (value, truth))
        rounded, flat = back[true >= ROUNDED_DEG], back[true <= FLAT_DEG]
        auc = float((rounded[:, None] > flat).mean()) if len(rounded) and len(flat) else None
        within = float((error <= spread[these]).mean()) if these.any() else None
        means = (error * SCALE).mean(axis=0).tolist() if these.any() else [None] * len(OUTPUTS)
        line: tables.Row = {"off the side": f"{low}-{high}", "stills": int(these.sum())}
        found.append(line | dict(zip(OUTPUTS, means, strict=True)) | {"AUC lower 25 v 10": auc, "within": within})
    return found
