"""Fits the numbers of ``hingecheck/verdict/calibration.json`` to clips with truth: least squares and ridge, equal weight per body."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from hingecheck.verdict import calibration, series
from hingecheck.verdict.baseline import STEEPEST, medians
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.silhouette import HEIGHTS, L, S
from hingecheck.verdict.types import Bools

from .stats import Floats
from .subject import SETTLED_S, Subject, leg_px, near_hip
from .truth import Truth

LEAST_LEAN_DEG: Final = 15.0  # the back is fitted on frames where the trunk leans at least this far
# Heights between which the profile counts. Two penalties keep the weights small and smooth: on each weight (degrees per hundredth of a
# trunk length), and on their second differences.
BACK_FROM, BACK_TO = -0.05, 1.05
RIDGE, ROUGH, ANGLE_RIDGE = 5.0, 100.0, 1.0
SHOULDER_TO, SHOULDER_RIDGE, SLUMPED, HANGING = 1.15, 3.0, 0.055, 0.085
HIP_RIDGE, BEHIND_PLATES = 3e-5, 3.0  # leg lengths; weight of a clip with plates in the fit of the outline
REAR_RIDGE, REAR_ROUGH = 1e-5, 1e-4  # degrees per leg length
TRUNK, THIGH, SHIN, DEEP_RIDGE = 0, 1, 2, 10.0  # few thighs turn far, and from the front none do
# Weight of a body with a rounded back in the fit of the upper back. For the lower back it is 1: more would make good backs read bent.
ROUND_UPPER: Final = 3.0
CAMERA_AT_DEG: Final = (-35.0, 0.0, 30.0, 60.0, 90.0)


def fit(group: Sequence[Subject]) -> dict[str, Any]:
    """Every fitted table except the intervals, by its name in ``calibration``. Tables that these clips cannot fit are left out."""
    parts = (_camera, _angles, _leg, _rear, _outlined, _knees, _back)
    return {name: table for part in parts for name, table in part(group).items() if said(table)}


def said(table: Any) -> bool:
    """Whether a fitted table is finite throughout. It has NaN if the clips could not fit it."""
    if isinstance(table, calibration.Angles):
        return all(map(said, (table.read, table.true, table.slope, table.bent, table.deep, table.kept)))
    return bool(np.isfinite(np.array(table, float)).all())


def usual_profiles(truths: Sequence[Truth], poses: Sequence[Poses]) -> dict[str, Any]:
    """Usual profiles of back and leg while standing: for each sample the median over the bodies, seen from the side, that show it."""
    backs, legs = [], []
    for truth, seen in zip(truths, poses, strict=True):
        lead = (seen.time_s > SETTLED_S) & (seen.time_s < truth.reps[0].start_s)
        if truth.view == "side" and lead.any():
            backs.append(medians(seen.back[lead]))
            legs.append(medians(seen.leg[lead]))
    profiles = {"USUAL_PROFILE": backs, "USUAL_LEG": legs}
    found = {name: tuple(medians(np.array(rows)).round(4).tolist()) for name, rows in profiles.items() if rows}
    return {name: profile for name, profile in found.items() if said(profile)}


def _camera(group: Sequence[Subject]) -> dict[str, Any]:
    """Camera angles as read at ``CAMERA_AT_DEG``: true angles from a square side view, positive towards the front, negative to the back."""
    group = [one for one in group if CAMERA_AT_DEG[0] - 5.0 <= one.truth.azimuth_deg <= CAMERA_AT_DEG[-1]]
    off = np.array([one.truth.azimuth_deg for one in group])
    read = np.array([90.0 - np.nanmedian(np.abs(one.seen.yaw_deg)) for one in group])
    knots = np.array(CAMERA_AT_DEG)
    hat = np.array([np.interp(off, knots, row) for row in np.eye(len(knots))]).T
    bend = np.diff(np.eye(len(knots)), 2, axis=0)
    found = np.linalg.solve(hat.T @ hat + 0.1 * bend.T @ bend, hat.T @ read)
    return {"CAMERA_READ_DEG": tuple(found.round(1).tolist()), "CAMERA_TRUE_DEG": CAMERA_AT_DEG}


def _angles(group: Sequence[Subject]) -> dict[str, Any]:
    tables: dict[str, list[tuple[float, ...]]] = {"read": [], "true": [], "slope": [], "bent": [], "deep": [], "kept": []}
    for source in (series.NEAR_SIDE, series.BOTH, series.WORLD):
        chosen = [one for one in group if one.moving.any() and _mostly(one, source) and not one.truth.plates]
        columns = []
        for lean in range(3):
            usual = float(np.mean([one.standing[series.TRUNK + lean] for one in chosen]))
            true = float(np.mean([np.nanmean(one.true_deg[one.lead, lean]) for one in chosen]))
            rest = _line(
                [one.seen.series[:, series.LEANS] - one.standing[series.LEANS] for one in chosen],
                [np.clip(one.standing[series.TRUNK + lean] - usual, -calibration.OWN_DEG, calibration.OWN_DEG) for one in chosen],
                [one.true_deg[:, lean] - true for one in chosen],
                [one.moving for one in chosen],
                lean,
                kept=source == series.NEAR_SIDE,
            )
            columns.append((usual, true, *rest))
        for name, values in zip(tables, zip(*columns, strict=True), strict=True):
            tables[name].append(tuple(round(float(value), 3) for value in values))
    return {"ANGLES": calibration.Angles(**{name: tuple(rows) for name, rows in tables.items()})}


def _leg(group: Sequence[Subject]) -> dict[str, Any]:
    """Fits knee and thigh to the line from the place of the foot to the hip. Side views.

    Knee flexion: to how much shorter that line is, with or without plates. Thigh behind plates: to that and to the line's lean.
    """
    side = [one for one in group if one.truth.view == "side" and one.moving.any()]
    knee, thigh = _Squares(2), _Squares(4)
    for one in side:
        line, own, shorter = one.above_foot(near_hip(one.seen.series))
        ones = np.ones_like(shorter)
        knee.add(np.stack([ones, shorter], -1), one.true["knee_flexion"], one.moving)
        if one.truth.plates:
            thigh.add(np.stack([ones, line, own, shorter], -1), one.true_deg[:, THIGH], one.moving)
    return {
        "KNEE_BY_LENGTH": tuple(knee.solved().round(1).tolist()),
        "THIGH_BY_FOOT": tuple(thigh.solved().round(2).tolist()),
    }


def _rear(group: Sequence[Subject]) -> dict[str, Any]:
    """Fits thigh and shin to the rear edge of the legs. Side views, legs that were kept, knees that are not much bent.

    First ridge with small, smooth weights; then least squares on that reading and the same reading while standing.
    """
    side = [one for one in group if one.truth.view == "side" and one.moving.any()]
    usual = float(np.nanmedian([_own_line(one) for one in side if not one.truth.plates]))
    penalty = np.zeros((L + 2, L + 2))
    penalty[:L, :L] = _small_and_smooth(L, REAR_RIDGE, REAR_ROUGH)
    edge = _Squares(L + 2, 2, penalty)
    for one in side:
        edge.add(np.c_[one.leg, _line_since(one, usual) / 100.0, np.ones(len(one.leg))], one.true_deg[:, [THIGH, SHIN]], _straight(one))
    weights = edge.solved()[:L].round(2)
    leans = (_Squares(4), _Squares(4))
    for one in side:
        read = one.leg @ weights
        stood = medians(read[one.lead])
        for n, lean in enumerate((THIGH, SHIN)):
            rows = np.stack([read[:, n], np.full(len(read), stood[n]), _line_since(one, usual), np.ones(len(read))], -1)
            leans[n].add(rows, one.true_deg[:, lean], _straight(one))
    return {
        "USUAL_LINE_DEG": round(usual, 2),
        "REAR_WEIGHTS": tuple(map(tuple, weights.T.tolist())),
        "REAR_LEANS": tuple(zip(*(tuple(told.solved().round(3).tolist()) for told in leans), strict=True)),
    }


def _own_line(one: Subject) -> float:
    """How far the hips are ahead of the ankles while standing, degrees."""
    return float(one.standing[series.LEG_LINE])


def _line_since(one: Subject, usual: float) -> Floats:
    """How far the hips are ahead of the ankles, degrees, less the part of the lifter's standing value that is landmark error. (T,)."""
    return one.seen.series[:, series.LEG_LINE] - calibration.line_error(_own_line(one) - usual)


def _straight(one: Subject) -> Bools:
    """Whether a frame is moving, its leg kept, and its knee so little bent that the rear edge counts. (T,)."""
    straight: Bools = one.moving & one.kept & (one.true["knee_flexion"] < calibration.REAR_GIVES_WAY_DEG[1])
    return straight


def _outlined(group: Sequence[Subject]) -> dict[str, Any]:
    """Fits the hip to the outline, then trunk, thigh and knee to that hip. Side views; clips with plates count ``BEHIND_PLATES`` times."""
    side = [one for one in group if one.truth.view == "side" and one.moving.any()]
    told = [(one, np.c_[one.around, _leant(one)], BEHIND_PLATES if one.truth.plates else 1.0) for one in side]
    place = _Squares(told[0][1].shape[1], 2, HIP_RIDGE)
    for one, rows, weight in told:
        place.add(rows, one.true_hip - one.hip, one.moving, weight)
    weights = place.solved().round(4)
    knee, thigh, trunk_lean = _Squares(4), _Squares(4), _Squares(3)
    for one, rows, weight in told:
        lean = _trunk_lean(one)
        trunk_lean.add(np.c_[rows @ weights, calibration.bent_over(lean)], one.true_deg[:, TRUNK] - lean, one.moving, weight)
        hip_px = near_hip(one.standing) + series.forward(one.seen.yaw_deg) * leg_px(one.standing) * (one.hip + rows @ weights)
        above = np.stack([np.ones(len(hip_px)), *one.above_foot(hip_px)], -1)
        knee.add(above, one.true["knee_flexion"], one.moving, weight)
        thigh.add(above, one.true_deg[:, THIGH], one.moving, weight)
    return {
        "HIP_BY_OUTLINE": tuple(map(tuple, weights[:-2].tolist())),
        "HIP_BY_LEAN": tuple(map(tuple, weights[-2:].tolist())),
        "TRUNK_BY_OUTLINE": tuple(trunk_lean.solved().round(2).tolist()),
        "THIGH_BY_OUTLINE": tuple(thigh.solved().round(2).tolist()),
        "KNEE_BY_OUTLINE": tuple(knee.solved().round(2).tolist()),
    }


def _leant(one: Subject) -> Floats:
    """Trunk lean in hundreds of degrees, and its square. (T, 2)."""
    lean = np.maximum(_trunk_lean(one), 0.0) / 100.0
    return np.stack([lean, lean**2], -1)


def _trunk_lean(one: Subject) -> Floats:
    """Trunk lean as the engine measures it, degrees. (T,)."""
    share = series.sources(one.seen.yaw_deg)
    return calibration.leans(one.seen.series[:, series.LEANS], one.standing[series.LEANS].tolist(), share)[:, 0]


def _knees(group: Sequence[Subject]) -> dict[str, Any]:
    """Fits the error of the knee gap in a lifter who is bent over, seen from the front."""
    off = _Squares(2)
    for one in group:
        if one.truth.view == "front" and one.moving.any():
            ratio = one.seen.series[:, series.KNEE_ANKLE]
            leant = calibration.towards_camera(_trunk_lean(one))
            off.add(leant[:, None] * np.stack([np.ones_like(ratio), ratio], -1), one.true["knee_ankle_ratio"] - ratio, one.moving)
    return {"KNEES_BENT_OVER": tuple(off.solved().round(3).tolist())}


class _Squares:
    """Least squares or ridge regression on one or several targets, with equal weight per clip.

    ``ridge``: the penalty on each weight, or, (columns, columns), the penalty matrix.
    """

    def __init__(self, columns: int, targets: int = 1, ridge: float | Floats = 0.0) -> None:
        self._total, self._mixed, self._weight = np.zeros((columns, columns)), np.zeros((columns, targets)), 0.0
        self._ridge = ridge * np.eye(columns) if isinstance(ridge, float) else ridge

    def add(self, rows: Floats, y: Floats, where: Bools, weight: float = 1.0) -> None:
        """The frames of one clip: (T, columns), (T,) or (T, targets), (T,)."""
        y = y.reshape(len(y), -1)
        use = where & np.isfinite(rows).all(axis=1) & np.isfinite(y).all(axis=1)
        if use.any():
            self._total += weight * rows[use].T @ rows[use] / use.sum()
            self._mixed += weight * rows[use].T @ y[use] / use.sum()
            self._weight += weight

    def solved(self) -> Floats:
        """The weights, (columns,) or (columns, targets). NaN if no clip was added."""
        if self._weight == 0.0:
            found = np.full_like(self._mixed, np.nan)
        else:
            found = np.linalg.solve(self._total + self._weight * self._ridge, self._mixed)
        return found[:, 0] if found.shape[1] == 1 else found


def _mostly(one: Subject, source: int) -> bool:
    share = series.sources(one.seen.yaw_deg)[one.moving, source]
    return bool(np.nanmean(share) > 0.8)


def _line(
    change: Sequence[Floats], own: Sequence[float], y: Sequence[Floats], where: Sequence[Floats], lean: int, *, kept: bool
) -> tuple[float, float, float, float]:
    """Slope of y on the change of one lean, terms for bending over and for a deep thigh, and the share of the standing value to keep.

    Least squares, equal weight per clip. Without ``kept`` that share is 0: for the few oblique clips it did not hold on other bodies.
    """
    total, mixed = np.diag([0.0, 0.0, DEEP_RIDGE if lean == THIGH else 1e9, 0.0 if kept else 1e9]), np.zeros(4)
    for x, off, b, asked in zip(change, own, y, where, strict=True):
        use = asked & np.isfinite(x).all(axis=1) & np.isfinite(b)
        moved, deep = x[use, lean], np.maximum(x[use, lean] - calibration.DEEP_DEG, 0.0)
        rows = np.stack([moved, calibration.bent_over(x[use, TRUNK]), deep, np.full(len(moved), off)], -1)
        total += rows.T @ rows / use.sum()
        mixed += rows.T @ b[use] / use.sum()
    slope, bent, deep_more, stays = np.linalg.solve(total, mixed)
    return float(slope), float(bent), float(deep_more), float(stays)


def _back(group: Sequence[Subject]) -> dict[str, Any]:
    side = [one for one in group if one.truth.view == "side"]
    upper = _smooth_ridge(side, "thoracic_flexion", [_turned(one)[:, None] for one in side], ROUND_UPPER)
    lower = _smooth_ridge(side, "lumbar_flexion", [np.c_[100.0 * _drawn_in(one), _rounded(one, *upper)] for one in side], 1.0)
    shoulder = _shoulder(side)
    usual = []
    for one in side:
        profile = np.where(np.isfinite(one.standing_back), one.standing_back, 0.0)
        usual.append((profile @ lower[0], profile @ upper[0], one.standing[series.HEAD]))
    return {
        "LOWER_WEIGHTS": tuple(lower[0].round(2).tolist()),
        "UPPER_WEIGHTS": tuple(upper[0].round(2).tolist()),
        "LOWER_BY_LEAN": round(lower[1][0], 3),
        "LOWER_BY_CHORD": round(100.0 * lower[1][1], 1),
        "LOWER_BY_UPPER": round(lower[1][2], 3),
        "UPPER_BY_LEAN": round(upper[1][0], 3),
        "UPPER_BY_HEAD": round(upper[1][1], 3),
        "SHOULDER_WEIGHTS": tuple((shoulder[0]).round(4).tolist()),
        "SHOULDER_CARRIAGE": tuple(shoulder[1].round(4).tolist()),
        "SHOULDER_BY_CAMERA": round(shoulder[2], 5),
        "USUAL_BACK": (round(shoulder[3], 4), *np.nanmedian(np.array(usual), axis=0).round(3).tolist()),
    }


def _small_and_smooth(many: int, ridge: float, rough: float) -> Floats:
    """The penalty that keeps the weights along a profile small and smooth. -> (many, many)."""
    second = np.diff(np.eye(many), 2, axis=0)
    penalty: Floats = ridge * np.eye(many) + rough * second.T @ second
    return penalty


def _smooth_ridge(side: Sequence[Subject], true: str, more: Sequence[Floats], rounded: float) -> tuple[Floats, list[float]]:
    """Weights of the samples, degrees per trunk length, and those of the trunk's lean and of ``more``, (T, K) for each body.

    There is no constant term: no change means no flexion. Bodies with a rounded back count ``rounded`` times.
    """
    at = np.flatnonzero((HEIGHTS >= BACK_FROM - 1e-9) & (HEIGHTS <= BACK_TO + 1e-9))
    many = len(at)
    total = ANGLE_RIDGE * np.eye(many + 1 + more[0].shape[1])
    total[:many, :many] = _small_and_smooth(many, RIDGE, ROUGH)
    mixed = np.zeros(len(total))
    for one, columns in zip(side, more, strict=True):
        x = np.c_[100.0 * (one.back - one.standing_back)[:, at], _leant_since(one), columns]
        y = one.true[true]
        use = one.moving & (one.seen.series[:, series.TRUNK] > LEAST_LEAN_DEG) & np.isfinite(x).all(axis=1) & np.isfinite(y)
        if use.sum() < 5:
            continue
        rounds = max(one.true[name][use].max() for name in ("lumbar_flexion", "thoracic_flexion")) > 18.0
        weight = (rounded if rounds else 1.0) / use.sum()
        total += weight * x[use].T @ x[use]
        mixed += weight * x[use].T @ y[use]
    found = np.linalg.solve(total, mixed)
    weights = np.zeros(S)
    weights[at] = 100.0 * found[:many]
    return weights, found[many:].tolist()


def _leant_since(one: Subject) -> Floats:
    """Change of trunk lean since standing, as read, degrees, not below 0. (T,)."""
    leant: Floats = np.maximum(one.seen.series[:, series.TRUNK] - one.standing[series.TRUNK], 0.0)
    return leant


def _turned(one: Subject) -> Floats:
    """How far the head has turned against the trunk since standing, degrees. (T,)."""
    turned: Floats = one.seen.series[:, series.HEAD] - one.standing[series.HEAD]
    return turned


def _drawn_in(one: Subject) -> Floats:
    """How much shorter the line from hips to shoulders is than while standing, as a share. (T,)."""
    shorter: Floats = 1.0 - one.seen.series[:, series.TRUNK_PX] / one.standing[series.TRUNK_PX]
    return shorter


def _rounded(one: Subject, weights: Floats, others: Sequence[float]) -> Floats:
    """How far the fitted upper back is rounded beyond ``calibration.ROUND_DEG``, degrees. (T,)."""
    heavy = np.flatnonzero(weights)
    by_lean, by_head = others
    upper = (one.back - one.standing_back)[:, heavy] @ weights[heavy] + by_lean * _leant_since(one) + by_head * _turned(one)
    return calibration.round_beyond(upper)


def _shoulders_told(one: Subject) -> bool:
    """Whether the lifter stood looking ahead, with a contour without steps. The engine measures no shoulders of others."""
    looked = abs(one.standing[series.HEAD] - calibration.USUAL_BACK[3])
    return bool(looked <= calibration.LEVEL_HEAD_DEG and not one.standing[series.STEP] > STEEPEST)


def _shoulder(side: Sequence[Subject]) -> tuple[Floats, Floats, float, float]:
    """Weights of samples, carriage and camera that measure shoulders hanging forward while standing, and the usual value.

    The target is ``HANGING`` for bodies whose true shoulder joints lie more than ``SLUMPED`` further in front of the back than usual. It is
    0 for others, and they count a third. Few bodies slump, so a fit from nothing would be worse: ridge keeps the weights near those in
    force. NaN if no stand shows the shoulders.
    """
    at = np.flatnonzero((HEIGHTS >= BACK_FROM - 1e-9) & (HEIGHTS <= SHOULDER_TO + 1e-9))
    many = len(at)
    rows = np.array([[*one.standing_back[at], *one.carriage, one.beside, one.shift] for one in side if _shoulders_told(one)])
    rows = rows[np.isfinite(rows).all(axis=1)] if len(rows) else rows
    if not len(rows):
        return np.full(S, np.nan), np.full(3, np.nan), np.nan, np.nan
    x, slumped = rows[:, :-1], rows[:, -1] > SLUMPED
    weight = np.where(slumped, 3.0, 1.0)[:, None]
    z = x - (weight * x).sum(axis=0) / weight.sum()
    penalty = SHOULDER_RIDGE * np.diag([1.0] * (many + 3) + [0.0])
    penalty[:many, :many] = _small_and_smooth(many, SHOULDER_RIDGE, 10.0 * SHOULDER_RIDGE)
    before = np.array([*np.array(calibration.SHOULDER_WEIGHTS)[at], *calibration.SHOULDER_CARRIAGE, 0.0])
    found = np.linalg.solve((weight * z).T @ z + penalty, (weight * z).T @ (HANGING * slumped) + penalty @ before)
    weights = np.zeros(S)
    weights[at] = found[:many]
    return weights, found[many:-1], float(found[-1]), float(np.median((x @ found)[~slumped]))
