"""``refit``: fit ``hingecheck/verdict/calibration.json`` again, and give the errors of each measure on held-out bodies."""

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np

from hingecheck.errors import InputError
from hingecheck.storage import recording
from hingecheck.verdict import back_drift, calibration, engine, fitted, hips_lead, lens, metrics, series
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.types import METRICS, Bools, Phase, Result

from .accuracy import ACROSS, TRUE_OF
from .fit import LEAST_LEAN_DEG, fit, said, usual_profiles
from .stats import Floats
from .subject import Subject, subject
from .tables import Row
from .tracked import poses_file
from .truth import Truth, in_part, load_folder, off_side

FOLDS: Final = 5
LEAST_BODIES: Final = 2 * FOLDS  # in each view, so that every fold has some
WITHIN: Final = 0.8  # share of clips whose error lies within the interval
# The upper back was further off on bodies rendered later than on held-out bodies of a fit: only 0.6 of them lay within.
MORE_WITHIN: Final = {"spine_upper_deg": 0.9}
OF_REAR: Final = ("hip_flexion_deg", "knee_flexion_deg", "shin_lean_deg")
DEEP: Final = 0.8  # share of the deepest hip flexion, from which a frame counts as near the bottom
FEW: Final = 5
AT_DEG: Final = (0.0, 30.0, 45.0, 60.0, 90.0)


@dataclass(frozen=True, slots=True, eq=False)
class Refit:
    """Every table of ``calibration``, the names of those carried over, and the errors on held-out bodies.

    ``carried``: tables, or rows such as ``SPREADS.butt_drop``, that these clips cannot fit. They keep the values in force.
    """

    numbers: dict[str, Any]
    carried: tuple[str, ...]
    errors: list[Row]


def measure(folder: Path, model: str, cache: Path, made_by: Mapping[str, str]) -> tuple[str, list[Row]]:
    """Fit to every clip with truth in a folder. Returns the calibration file as text, and the errors on held-out bodies.

    ``made_by`` comes from ``tracked.about``. With the folder's ``suite.json`` it becomes the provenance in the file.
    """
    truths = load_folder(folder)
    for view in ("side", "oblique", "front"):
        bodies = {truth.body for truth in truths if truth.view == view}
        if len(bodies) < LEAST_BODIES:
            raise InputError(
                f"{folder}: {len(bodies)} bodies in {view} view, and a fit needs {LEAST_BODIES} that are filmed from the side, from the "
                "front and obliquely. Give a folder with more clips."
            )
    told = refit(truths, [recording.load_poses(poses_file(truth.clip, model, cache))[0] for truth in truths])
    return text(told.numbers, provenance(told.carried, folder, len(truths), model, made_by)), told.errors


def refit(truths: Sequence[Truth], poses: Sequence[Poses]) -> Refit:
    """Every table of ``calibration``, and the errors of each measure on held-out bodies, by cross-validation in ``FOLDS`` folds.

    The intervals come from these errors, so they hold for bodies that a fit has not seen.
    """
    usual = usual_profiles(truths, poses)
    with using(usual):
        found, errors = _refit(usual, truths, poses)
    numbers: dict[str, Any] = {}
    carried: list[str] = []
    for name in fitted.SHAPES:
        numbers[name] = kept = getattr(calibration, name)
        if name not in found or (not isinstance(kept, dict) and not said(found[name])):
            carried.append(name)
        elif isinstance(kept, dict):
            numbers[name] = {row: found[name][row] if said(found[name][row]) else kept[row] for row in kept}
            carried += [f"{name}.{row}" for row in kept if not said(found[name][row])]
        else:
            numbers[name] = found[name]
    return Refit(numbers, tuple(carried), errors)


def provenance(carried: Sequence[str], folder: Path, clips: int, model: str, made_by: Mapping[str, str]) -> list[Row]:
    """The provenance of a refit's tables: the folder's clips. Tables carried over keep the provenance of the file in force."""
    try:
        suite = json.loads((folder / "suite.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        suite = {}
    seeds = [suite["seed"]] if "seed" in suite else None
    again = f"python -m benchmarks render --suite {suite['suite']} --seed {suite['seed']} FOLDER" if "suite" in suite and seeds else None
    first: Row = {
        "tables": [name for name in fitted.SHAPES if name not in carried],
        "made": "fitted",
        "on": f"Every clip with truth of the folder {folder.name}, model {model}; {made_by['packages']}.",
        "suite": suite or None,
        "seeds": seeds,
        "clips": clips,
        "commit": made_by["commit"],
        "date": date.today().isoformat(),
        "again": again or "Of which clips the folder was is not known: it has no suite.json.",
    }
    in_force = json.loads(resources.files("hingecheck.verdict").joinpath(fitted.FILE).read_text(encoding="utf-8"))["provenance"]
    kept = [{**row, "made": "carried", "tables": [name for name in carried if name.partition(".")[0] in row["tables"]]} for row in in_force]
    return [first, *(row for row in kept if row["tables"])]


def _refit(numbers: dict[str, Any], truths: Sequence[Truth], poses: Sequence[Poses]) -> tuple[dict[str, Any], list[Row]]:
    group = [(one, seen) for truth, seen in zip(truths, poses, strict=True) if (one := subject(truth, seen)) is not None]
    errors: dict[str, list[tuple[float, Floats]]] = {name: [] for name in METRICS}
    by_rear: dict[str, list[tuple[float, Floats]]] = {name: [] for name in OF_REAR}
    for fold in range(FOLDS):
        with using(fit([one for one, _ in group if not in_part(one.truth.body, fold, FOLDS)])):
            for one, seen in group:
                if in_part(one.truth.body, fold, FOLDS):
                    with _geometry_alone():
                        blind = replace(seen, leg=np.full_like(seen.leg, np.nan))
                        _collect(errors, one, engine.analyse(blind, Profile(exercise="hinge")))
                    _collect_by_rear(by_rear, one, seen)
    numbers |= fit([one for one, _ in group])
    numbers["SPREADS_AT_DEG"] = AT_DEG
    numbers["SPREADS"] = {
        name: _by_view(errors[name], 1 if name.endswith("_deg") else 3, MORE_WITHIN.get(name, WITHIN)) for name in METRICS
    }
    numbers["SPREADS_BY_REAR"] = {name: _by_view(found, 1, WITHIN)[0] for name, found in by_rear.items()}
    with using({"SPREADS": numbers["SPREADS"]} | {name: value for name, value in numbers.items() if name in vars(calibration)}):
        numbers["SPREADS_UNSTOOD"] = _unstood(group)
        numbers["SPREADS"]["butt_drop"], numbers["SPREADS_OUTLINED"] = _sunk(group)
    by_landmarks = [_left_out(name, errors[name]) for name in METRICS]
    return numbers, by_landmarks + [_left_out(name, found) | {"measure": f"{name}, rear edge"} for name, found in by_rear.items()]


@contextmanager
def _geometry_alone() -> Iterator[None]:
    """Within: measures are those of geometry, which is what is fitted here; the lens adds nothing."""
    learnt = lens.look
    lens.look = lambda seen, stand, geometry: (lens.guessed(geometry) * lens.SCALE, np.full((len(seen), len(lens.OUTPUTS)), np.nan))
    try:
        yield
    finally:
        lens.look = learnt


def _collect(errors: dict[str, list[tuple[float, Floats]]], one: Subject, result: Result) -> None:
    """Add one clip's errors near the bottoms, found - true, by the angle of its camera from a square side view.

    Errors of ``hips_lead_deg`` and ``back_drift_deg`` are those of the way up.
    """
    off_deg = off_side(one.truth.azimuth_deg)
    true = _true_measures(one, result)
    inside = one.moving & (result.rep > 0)
    deep = _deep(true["hip_flexion_deg"], inside)
    for name in METRICS:
        if name in true:
            found = getattr(result.metrics, name)
            asked = inside & (result.phase == Phase.UP) if name in ("hips_lead_deg", "back_drift_deg") else deep
            _add(errors[name], off_deg, (found - true[name])[asked])


def _collect_by_rear(errors: dict[str, list[tuple[float, Floats]]], one: Subject, poses: Poses) -> None:
    """Add one clip's errors near the bottoms, in the frames that are measured by the rear edge of the legs alone."""
    known = engine.first_baseline(poses, Profile.default())
    if known is None or not one.moving.any():
        return
    _, seen = engine.observe(engine.start(Profile.default()), poses)  # with the numbers in use now
    measured, told = metrics.against(known, seen.series, seen.yaw_deg, seen.sure)
    asked = _deep(one.true["hip_flexion"], one.moving) & (told[:, metrics.BY_REAR] == 1.0)
    for name in OF_REAR:
        _add(errors[name], off_side(one.truth.azimuth_deg), (getattr(measured, name) - one.true[TRUE_OF[name]])[asked])


def _add(errors: list[tuple[float, Floats]], off_deg: float, error: Floats) -> None:
    """Add the finite errors of a clip, if there are any."""
    known = error[np.isfinite(error)]
    if len(known):
        errors.append((off_deg, known))


def _deep(flexion_deg: Floats, inside: Bools) -> Bools:
    """Whether a frame is near a bottom. (T,) degrees, (T,) -> (T,)."""
    near: Bools = inside & (flexion_deg >= DEEP * np.nanmax(flexion_deg, initial=0.0, where=inside))
    return near


def _true_measures(one: Subject, result: Result) -> dict[str, Floats]:
    """The true value of each metric, (T,): from the truth itself, or from the truth by the metric's definition."""
    true = {name: one.true[against] for name, against in TRUE_OF.items()}
    wandered = np.full(len(result), np.nan)
    lead = np.full(len(result), np.nan)
    for rep in result.reps:
        inside = (result.time_s >= rep.start_s) & (result.time_s <= rep.end_s)
        _, drifted = back_drift.advance(
            back_drift.Descent(), inside, true["trunk_lean_deg"], true["hip_flexion_deg"], true["spine_lower_deg"], ()
        )
        wandered[inside] = drifted[inside]
        deepest = np.zeros(len(result), dtype=bool)
        deepest[np.flatnonzero(inside)[np.nanargmax(true["hip_flexion_deg"][inside])]] = True
        up = inside & (result.phase == Phase.UP)
        _, led = hips_lead.advance(hips_lead.Bottom(), deepest, up, true["knee_flexion_deg"], true["trunk_lean_deg"], ())
        lead[up] = led[up]
    return true | {"back_drift_deg": wandered, "hips_lead_deg": lead}


def _by_view(errors: Sequence[tuple[float, Floats]], digits: int, within: float) -> tuple[float, ...]:
    """Half-width near each of ``AT_DEG``: the share ``within`` of the clips there has a smaller median absolute error.

    Interpolated from its neighbours where there are fewer than ``FEW`` clips.
    """
    out: list[float] = []
    for at in AT_DEG:
        near = [error for off, error in errors if AT_DEG[int(np.argmin(np.abs(np.array(AT_DEG) - off)))] == at]
        out.append(float(np.quantile([np.median(np.abs(error)) for error in near], within)) if len(near) >= FEW else np.nan)
    known = np.flatnonzero(np.isfinite(out))
    if not len(known):
        return (np.nan,) * len(AT_DEG)
    filled = np.interp(np.arange(len(out)), known, np.array(out)[known])
    return tuple(round(float(value), digits) for value in filled)


def _unstood(group: Sequence[tuple[Subject, Poses]]) -> dict[str, float]:
    """Half-widths for side views without a standing shape: the back is compared with people's usual one instead."""
    errors: dict[str, list[tuple[float, Floats]]] = {"spine_lower_deg": [], "spine_upper_deg": []}
    for one, poses in group:
        if one.truth.view == "side" and one.moving.any():
            _, seen = engine.observe(engine.start(Profile.default()), poses)  # with the numbers in use now
            measured, _ = metrics.against(None, seen.series, seen.yaw_deg, seen.sure)
            loaded = one.moving & (measured.trunk_lean_deg > LEAST_LEAN_DEG)
            for name, found in errors.items():
                _add(found, 0.0, (getattr(measured, name) - one.true[TRUE_OF[name]])[loaded])
    return {name: _by_view(found, 1, MORE_WITHIN.get(name, WITHIN))[0] for name, found in errors.items()}


def _sunk(group: Sequence[tuple[Subject, Poses]]) -> tuple[tuple[float, ...], dict[str, float]]:
    """Half-widths of ``butt_drop`` near the bottoms: with the landmarks' hip, by view, and with the outline's hip, from the side."""
    by_landmarks: list[tuple[float, Floats]] = []
    by_outline: list[tuple[float, Floats]] = []
    for one, poses in group:
        _, seen = engine.observe(engine.start(Profile.default()), poses)
        known = engine.first_baseline(poses, Profile.default())
        if known is None or not one.moving.any():
            continue
        blind = seen.series.copy()
        blind[:, series.OUTLINED] = np.nan
        for rows, errors in ((seen.series, by_outline), (blind, by_landmarks)):
            measured, opinions = metrics.against(known, rows, seen.yaw_deg, seen.sure)
            told = np.isfinite(opinions[:, metrics.BY_OUTLINE]) | (rows is blind)
            asked = told & _deep(one.true["hip_flexion"], one.moving)
            _add(errors, off_side(one.truth.azimuth_deg), (measured.butt_drop - one.true["butt_drop"])[asked])
    return _by_view(by_landmarks, 3, WITHIN), {"butt_drop": _by_view(by_outline, 3, WITHIN)[0]}


def _left_out(name: str, errors: Sequence[tuple[float, Floats]]) -> Row:
    side = [error for off, error in errors if (off >= 70.0 if name in ACROSS else off <= 20.0)]
    every = np.concatenate(side) if side else np.empty(0)
    return {
        "measure": name,
        "clips": len(side),
        "bias": float(every.mean()) if len(every) else None,
        "mae": float(np.abs(every).mean()) if len(every) else None,
        "80 % within": float(np.quantile(np.abs(every), WITHIN)) if len(every) else None,
    }


@contextmanager
def using(numbers: dict[str, Any]) -> Iterator[None]:
    """Run hingecheck with these numbers of ``calibration`` while the block runs."""
    kept = {name: getattr(calibration, name) for name in numbers}
    try:
        for name, value in numbers.items():
            setattr(calibration, name, value)
        yield
    finally:
        for name, value in kept.items():
            setattr(calibration, name, value)


def text(numbers: Mapping[str, Any], provenance: Sequence[Row]) -> str:
    """A calibration file as text, in the layout of the committed one."""
    head = json.dumps({"schema": fitted.SCHEMA, "provenance": provenance}, indent=1).removesuffix("\n}")
    rows = (f'  "{name}": {json.dumps(plain(numbers[name]))}' for name in fitted.SHAPES)
    wrapped = (textwrap.fill(row, 138, subsequent_indent="   ", break_long_words=False, break_on_hyphens=False) for row in rows)
    return head + ',\n "numbers": {\n' + ",\n".join(wrapped) + "\n }\n}\n"


def plain(table: Any) -> Any:
    """A table as plain values for JSON."""
    return asdict(table) if isinstance(table, calibration.Angles) else table
