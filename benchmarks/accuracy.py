"""``accuracy``: measures, repetitions, cues and views, compared with clips with truth and with real clips labelled by eye."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from hingecheck.errors import InputError
from hingecheck.verdict.cues import LOADED_LEAN_DEG

from . import figures, verdicts
from .stats import Floats, agreement, auc, held, match, share
from .tables import Row, Tables
from .tracked import poses_file
from .truth import BACK_FAULTS, RealClip, Truth, azimuth_bin, in_part, load_folder, load_real

if TYPE_CHECKING:
    from hingecheck.drive.clip import Verdict
    from hingecheck.verdict.profiles import Profile
    from hingecheck.verdict.types import Rep, Result

T = TypeVar("T")

# Measure as in ``frames.csv``, the true measure to compare it with, unit.
COMPARED: Final = (
    ("hip_flexion_deg", "hip_flexion", "deg"),
    ("hip_flexion_deg", "hip_flexion_annot", "deg"),
    ("knee_flexion_deg", "knee_flexion", "deg"),
    ("knee_flexion_deg", "knee_flexion_annot", "deg"),
    ("trunk_lean_deg", "trunk_inclination", "deg"),
    ("shin_lean_deg", "shank_inclination", "deg"),
    ("spine_lower_deg", "lumbar_flexion", "deg"),
    ("spine_upper_deg", "thoracic_flexion", "deg"),
    ("butt_drop", "butt_drop", "leg lengths"),
    ("shoulder_shift", "shoulder_shift", "trunk lengths"),
    ("knee_ankle_ratio", "knee_ankle_ratio", "ratio"),
    ("ankle_hip_ratio", "ankle_hip_ratio", "ratio"),
    ("view_yaw_deg", "view_yaw", "deg"),
)
TRUE_OF: Final = {metric: name for metric, name, _ in reversed(COMPARED)}  # of two true measures, that of the joint centres
ACROSS: Final = frozenset({"knee_ankle_ratio", "ankle_hip_ratio"})  # gaps across the body, which a side view hides
SPINE_HOLD_S: Final = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A clip: its truth and hingecheck's verdict."""

    truth: Truth
    seen: "Verdict"


def cases(folder: Path, model: str, cache: Path, profile: "Profile", part: tuple[int, int] | None = None) -> list[Case]:
    """Track and judge every clip with truth. ``part`` (k, n): only the bodies of part k of n."""
    truths = [truth for truth in load_folder(folder) if part is None or in_part(truth.body, *part)]
    if not truths:
        raise InputError(f"{folder}: no clip with truth to measure. Give a folder that has NAME.mp4 with NAME.json beside it.")
    return [Case(truth, verdict(truth.clip, model, cache, profile)) for truth in _progress(truths)]


def verdict(clip: Path, model: str, cache: Path, profile: "Profile") -> "Verdict":
    """The verdict on a clip, from its stored poses."""
    from hingecheck.drive import clip as one_clip

    return one_clip.retry(poses_file(clip, model, cache), profile=profile)


def measure(truth: Path | None, real: Path | None, model: str, cache: Path, part: tuple[int, int] | None, verbose: bool) -> Tables:
    """Every table that these folders allow."""
    from hingecheck.verdict.profiles import Profile

    tables = Tables()
    if truth is not None:  # rendered clips are hinges, however much they squat
        tables |= against_truth(cases(truth, model, cache, Profile(exercise="hinge"), part), verbose)
    if real is not None:
        clips = [(clip, verdict(clip.clip, model, cache, Profile.default())) for clip in _progress(load_real(real))]
        tables["Real clips: repetitions and view"] = [real_row(clip, seen) for clip, seen in clips]
        tables["Real clips: lower back held in each repetition"] = real_spines(
            {clip: spine_levels(seen.result) for clip, seen in clips if clip.view == "side" and seen.result.reps}
        )
    return tables


def against_truth(group: Sequence[Case], verbose: bool = False) -> Tables:
    """Errors, repetitions, cues, separation and views of clips with truth."""
    said = [one for case in group for one in verdicts.verdicts(case.truth, case.seen.result.reps)]
    tables: Tables = {
        "In short, as in README.md": figures.in_short(group, said, _off),
        "Measures by view, within repetitions": errors(group, lambda case: case.truth.view),
        "Measures by view, all frames": errors(group, lambda case: case.truth.view, everywhere=True),
        "Plates before the leg set apart, side views, within repetitions": errors(
            [case for case in group if case.truth.view == "side"],
            lambda case: "barbell" if case.truth.plates else "no plates",
            only={"hip_flexion_deg", "knee_flexion_deg"},
        ),
        "Hip flexion by camera azimuth, within repetitions": errors(
            group, lambda case: azimuth_bin(case.truth.azimuth_deg), only={"hip_flexion_deg"}
        ),
        "Repetitions": rep_rows(group),
        "Cues, a repetition": verdicts.by_cue(said, everywhere=verbose),
        "Share of repetitions judged": verdicts.judged(said),
        "Cues, a clip": verdicts.by_clip(said),
        "Rounded back against none": [
            *separation(group, "lower", "spine_lower_deg", "rounded_lower_back"),
            *separation(group, "upper", "spine_upper_deg", "rounded_upper_back"),
        ],
        "Intervals: bottoms whose truth lies within": intervals(group),
        "View": views(group),
    }
    if verbose:
        tables["Measures by clip"] = errors(group, lambda case: case.truth.name)
        tables["Measures by body"] = errors(group, lambda case: case.truth.body)
        bodies = dict.fromkeys(v.body for v in said)
        tables["Cues by body"] = [{"body": body} | verdicts.rates(v for v in said if v.body == body) for body in bodies]
    return tables


def errors(group: Iterable[Case], key: Callable[[Case], str], *, everywhere: bool = False, only: Collection[str] = ()) -> list[Row]:
    """Bias, MAE and limits of agreement of each measure for each group of clips, within repetitions or ``everywhere``."""
    grouped: dict[str, list[Case]] = {}
    for case in group:
        grouped.setdefault(key(case), []).append(case)
    rows = []
    for metric, name, unit in COMPARED:
        for label, clips in sorted(grouped.items()) if not only or metric in only else ():
            pairs = [_paired(case, metric, name, everywhere) for case in clips if metric not in ACROSS or case.truth.view != "side"]
            if not pairs:
                continue
            found, true = (np.concatenate(side) for side in zip(*pairs, strict=True))
            if np.isfinite(true).any():
                rows.append({"measure": metric, "against": name, "clips of": label, "unit": unit} | agreement(found, true))
    return rows


def _paired(case: Case, metric: str, name: str, everywhere: bool) -> tuple[Floats, Floats]:
    """Found and true values of the frames asked for. (N,), (N,)."""
    at = case.truth.at(case.seen.result.time_s)
    asked = (at >= 0) & (everywhere | case.truth.moving[at])
    return getattr(case.seen.result.metrics, metric)[asked], case.truth.measures[name][at[asked]]


def _off(case: Case, metric: str) -> Floats:
    """Found - true of one measure, of the frames within repetitions. (N,), NaN where it was not measured."""
    found, true = _paired(case, metric, TRUE_OF[metric], everywhere=False)
    return found - true


def rep_rows(group: Iterable[Case]) -> list[Row]:
    """Counts and time errors of each clip and of all. Times: found - true, seconds, mean over the matched repetitions."""
    rows, late = [], []
    for case in group:
        true, found = case.truth.reps, case.seen.result.reps
        pairs = [(rep, found[at]) for rep, at in zip(true, match(true, found), strict=True) if at is not None]
        off = [(seen.start_s - rep.start_s, seen.bottom_s - rep.bottom_s, seen.end_s - rep.end_s) for rep, seen in pairs]
        late += off
        rows.append({"clip": case.truth.name, "view": case.truth.view} | _counted(len(true), found) | _timing(off))
    total = {"clip": "all", "view": ""} | {name: sum(row[name] for row in rows) for name in ("true", "found", "exact", "cut off")}
    return [*rows, total | {"exact": share(total["exact"], len(rows))} | _timing(late)]


def _counted(true: int, found: Sequence["Rep"]) -> Row:
    return {"true": true, "found": len(found), "exact": len(found) == true, "cut off": sum(not rep.complete for rep in found)}


def _timing(off: Sequence[tuple[float, float, float]]) -> Row:
    """Mean error of start, bottom and end, and the 90th percentile of the absolute error, seconds."""
    errors_s = np.array(off, float).reshape(-1, 3)
    row: Row = {}
    for column, name in enumerate(("start", "bottom", "end")):
        row[f"{name} off"] = float(errors_s[:, column].mean()) if len(errors_s) else None
        row[f"{name} 90 %"] = float(np.quantile(np.abs(errors_s[:, column]), 0.9)) if len(errors_s) else None
    return row


def spine_levels(result: "Result", metric: str = "spine_lower_deg") -> list[float]:
    """Flexion of the back held under load in each repetition, degrees. NaN where it was not measured long enough."""
    loaded = result.metrics.trunk_lean_deg >= LOADED_LEAN_DEG
    frames = [(result.rep == rep.index) & loaded for rep in result.reps]
    return [held(result.time_s[on], getattr(result.metrics, metric)[on], SPINE_HOLD_S, above=True) for on in frames]


def separation(group: Iterable[Case], part: str, metric: str, fault: str) -> list[Row]:
    """How well a measure of the back separates repetitions that round there from those without a fault of the back. Side views."""
    values: dict[str, list[float]] = {f"{part} rounded": [], "no back fault": []}
    for case in group:
        levels = spine_levels(case.seen.result, metric)
        for rep, at in zip(case.truth.reps, match(case.truth.reps, case.seen.result.reps), strict=True):
            kind = f"{part} rounded" if fault in rep.faults else "" if BACK_FAULTS & set(rep.faults) else "no back fault"
            if kind and case.truth.view == "side":
                values[kind].append(float("nan") if at is None else levels[at])
    rows = []
    for kind, found in values.items():
        seen = np.array([value for value in found if np.isfinite(value)])
        low, middle, high = np.quantile(seen, (0, 0.5, 1)) if len(seen) else (np.nan,) * 3
        rows.append(
            {
                "measure": metric,
                "reps": kind,
                "n": len(found),
                "measured": share(len(seen), len(found)),
                "lowest": low,
                "median": middle,
                "highest": high,
            }
        )
    return [row | {"AUC": auc(*values.values())} for row in rows]


def intervals(group: Iterable[Case]) -> list[Row]:
    """Share of the metrics at the bottom of a repetition whose true value lies within their interval; 0.8 is promised."""
    inside: dict[tuple[str, str], list[tuple[bool, float]]] = {}
    for case in group:
        for rep in case.seen.result.reps:
            at = int(case.truth.at(np.array([rep.bottom_s]))[0])
            for metric, name in TRUE_OF.items():
                found, spread, true = rep.metrics[metric], rep.uncertainty[metric], case.truth.measures[name][at]
                if at >= 0 and found is not None and spread is not None and np.isfinite(true):
                    inside.setdefault((metric, case.truth.view), []).append((abs(found - true) <= spread, spread))
    return [
        {
            "measure": metric,
            "clips of": view,
            "reps": len(seen),
            "within": share(sum(ok for ok, _ in seen), len(seen)),
            "mean +-": float(np.mean([s for _, s in seen])),
        }
        for (metric, view), seen in sorted(inside.items())
    ]


def views(group: Sequence[Case]) -> list[Row]:
    """How many views were recognised correctly, by camera azimuth."""
    rows = []
    for label in sorted({azimuth_bin(case.truth.azimuth_deg) for case in group}):
        inside = [case for case in group if azimuth_bin(case.truth.azimuth_deg) == label]
        said = [str(case.seen.summary.view.kind) for case in inside]
        right = [kind == case.truth.view for kind, case in zip(said, inside, strict=True)]
        rows.append({"camera": label, "clips": len(inside), "right": share(sum(right), len(right)), "said": sorted(set(said))})
    return rows


def real_row(clip: RealClip, seen: "Verdict") -> Row:
    """A real clip: its count against the range of the label, its view against the label's words, and the cues with faults."""
    found, counts = len(seen.result.reps), seen.summary.cues.items()
    return {
        "clip": clip.clip.stem,
        "reps": f"{clip.reps_min}..{clip.reps_max}" if clip.reps_min < clip.reps_max else str(clip.reps),
        "found": found,
        "right": clip.reps_min <= found <= clip.reps_max,
        "cut off": sum(not rep.complete for rep in seen.result.reps),
        "label": clip.view,
        "view": str(seen.summary.view.kind),
        "fits": str(seen.summary.view.kind) in clip.view,
        "fault label": clip.fault,
        "faults": [f"{cue} {count['fault']}" for cue, count in counts if count["fault"]],
        "not judged": [cue for cue, count in counts if count["not_judged"] and not count["fault"] + count["ok"]],
    }


def real_spines(levels: dict[RealClip, list[float]]) -> list[Row]:
    """Lower back of each repetition filmed from the side. AUC: chance that a repetition labelled as rounded is above one of this clip."""
    rounded = [value for clip, values in levels.items() if "round" in clip.fault for value in values]
    return [
        {
            "clip": clip.clip.stem,
            "fault label": clip.fault,
            "degrees": [None if np.isnan(value) else round(value) for value in values],
            "AUC": None if "round" in clip.fault else auc(rounded, values),
        }
        for clip, values in levels.items()
    ]


def _progress(items: Sequence[T]) -> Iterator[T]:
    """Go through the clips, and show on a terminal which one it is."""
    for done, item in enumerate(items, 1):
        if sys.stderr.isatty():
            print(f"\r{done}/{len(items)} ", end="" if done < len(items) else "\r", file=sys.stderr, flush=True)
        yield item
