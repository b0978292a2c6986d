"""What ``python -m benchmarks real`` prints and writes."""

import argparse
import sys
from pathlib import Path

from hingecheck.errors import InputError

from .. import recordings, tables
from ..tracked import about
from . import clips, figures, measured, ratings
from .figures import Case
from .judged import judge_all


def run(asked: argparse.Namespace) -> int:
    """Track what is new, judge, print. Returns 1 if a clip could not be tracked, else 0."""
    rated = ratings.load(asked.clips)
    if asked.fold:
        rated = ratings.in_fold(rated, *asked.fold)
    if not rated:
        raise InputError("real: no group falls to this part. Give another K/N.")
    files, failed = recordings.record_all([clip.clip for clip in rated], asked.model, asked.poses, asked.jobs, afresh=asked.afresh)
    rated = [clip for clip in rated if clip.clip in files]
    recorded = [files[clip.clip] for clip in rated]
    cases = [Case(clip, seen) for clip, seen in zip(rated, judge_all(recorded, asked.jobs), strict=True)]
    head = about() | {"command": _command(asked), "clips": footage(cases, len(failed), recordings.made_by_other_code(recorded))}
    made = _tables(asked.clips, cases)
    tables.show(made, head)
    rows = clips.rows(cases)
    if asked.by_clip:
        print("\n### A line a clip\n", *map(clips.line, rows), sep="\n")
    if asked.csv is not None:
        clips.write_csv(asked.csv, rows)
    if asked.out is not None:
        tables.write(asked.out, made, head)
    for problem in failed:
        print(problem, file=sys.stderr)
    return 1 if failed else 0


def _tables(folder: Path, cases: list[Case]) -> tables.Tables:
    hips = [case for case in cases if case.rated.hip_family]
    made = {
        "Agreement, all clips": figures.figures(cases),
        "Agreement, hip family": figures.figures(hips),
        "Knee flexion at the bottom, by the class both ratings say": figures.knee_rows(cases),
        "Repetitions judged, of those a cue applies to": figures.cue_rows(cases),
        "Repetitions judged, hip family": figures.cue_rows(hips),
        "Numbers that cannot be": figures.impossible_rows(cases),
        "Hip family, good in both ratings: faults called": figures.called_rows(cases),
    }
    bottoms = measured.rows(folder, cases)
    return made | ({"Against measured angles, at the bottoms": bottoms} if bottoms else {})


def footage(cases: list[Case], refused: int, other: int) -> str:
    """How much footage the figures rest on, what could not be tracked, and how much was tracked by other code than today's."""
    groups = len({case.rated.group for case in cases})
    left_out = f", {refused} could not be tracked" if refused else ""
    stale = f", {other} tracked by other code than today's (--afresh tracks them again)" if other else ""
    return f"{len(cases)} of {groups} groups{left_out}{stale}"


def _command(asked: argparse.Namespace) -> str:
    """The options that change a figure, without paths of this machine."""
    fold = f" --fold {asked.fold[0]}/{asked.fold[1]}" if asked.fold else ""
    return f"python -m benchmarks real --clips {asked.clips.name} --model {asked.model}{fold}"
