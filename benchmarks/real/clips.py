"""A line a clip: what both ratings say, what hingecheck says, and where the two differ."""

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from hingecheck.storage.files import atomic

from ..tables import Row
from .figures import Case, wrong_names
from .judged import PEAKS

SHORT: Final = {name: name.removesuffix("_deg").removesuffix("_flexion").removesuffix("_lean").removeprefix("spine_") for name in PEAKS}


def rows(cases: Iterable[Case]) -> list[Row]:
    """A row a clip, those with the most disagreement first."""
    found = [_row(case) for case in cases]
    return sorted(found, key=lambda row: (-len(row["wrong"]), row["clip"]))


def _row(case: Case) -> Row:
    rated, seen = case.rated, case.seen
    counts = [rating.get("reps") for rating in rated.ratings]
    row: Row = {
        "clip": rated.clip.name,
        "group": rated.group,
        "exercise": _both(*rated.exercises),
        "named": seen.exercise,
        "view": f"{rated.view} {rated.off_side_deg:.0f}",
        "view found": f"{seen.report['view']['kind']}",
        "reps": len(seen.reps),
        "reps rated": _both(*counts),
        "overall": _both(*(rating.get("overall") for rating in rated.ratings)),
        "called": [f"{cue} {way} {count}/{seen.judged(cue)}" for (cue, way), count in seen.faults.items()],
        "not judged": _unjudged(case),
        "wrong": wrong_names(case),
        "main fault a": str(rated.ratings[0].get("main_fault") or ""),
        "main fault b": str(rated.ratings[1].get("main_fault") or "") if rated.independent else "",
    }
    return row | {f"peak {SHORT[name]}": _rounded(seen.peak(name)) for name in PEAKS}


def line(row: Row) -> str:
    """A row as one line of text."""
    peaks = " ".join(f"{name} {'-' if row[f'peak {name}'] is None else row[f'peak {name}']}" for name in SHORT.values())
    faults = [f"{who}: {text}" for who, text in (("a", row["main fault a"]), ("b", row["main fault b"])) if text]
    parts = [
        f"{row['clip']} {row['group']} {row['overall']}",
        f"{row['exercise']} (named {row['named'] or '-'})",
        f"{row['view']} (found {row['view found']})",
        f"reps {row['reps']} ({row['reps rated']})",
        f"called: {', '.join(row['called']) or '-'}",
        f"not judged: {', '.join(row['not judged']) or '-'}",
        *faults,
        f"peaks: {peaks}",
        f"wrong: {', '.join(row['wrong']) or '-'}",
    ]
    return " | ".join(parts)


def write_csv(path: Path, found: Iterable[Row]) -> None:
    """Write a row a clip as CSV, lists joined by semicolons."""
    table = [{name: "; ".join(value) if isinstance(value, list) else value for name, value in row.items()} for row in found]
    with atomic(path) as draft, draft.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]) if table else [])
        writer.writeheader()
        writer.writerows(table)


def _unjudged(case: Case) -> list[str]:
    """Each reason for which cues were judged in no repetition, with these cues. A cue goes by its most frequent reason."""
    cues: dict[str, list[str]] = {}
    for cue in case.seen.counts:
        reasons = Counter(str(one["reason"]) for rep in case.seen.reps if (one := rep["cues"][cue])["status"] == "not_judged")
        if reasons and not case.seen.judged(cue):
            cues.setdefault(reasons.most_common(1)[0][0], []).append(cue)
    return [f"{' '.join(names)} ({reason})" for reason, names in cues.items()]


def _both(first: object, second: object) -> str:
    """Two answers as text, one where they are alike."""
    return str(first) if first == second else f"{first}/{second}"


def _rounded(value: float) -> int | None:
    return None if np.isnan(value) else round(value)
