"""The figures of README.md: a dozen lines of all that ``accuracy`` measures on clips with truth."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from .stats import Floats
from .tables import Row
from .verdicts import Verdict

if TYPE_CHECKING:
    from .accuracy import Case

Errors = Callable[["Case", str], Floats]  # of one measure within the repetitions of a clip, found - true

FROM_THE_SIDE: Final = (
    ("hip flexion", "hip_flexion_deg"),
    ("knee flexion", "knee_flexion_deg"),
    ("trunk lean", "trunk_lean_deg"),
    ("lower back", "spine_lower_deg"),
    ("upper back", "spine_upper_deg"),
)


def in_short(group: Sequence["Case"], said: Sequence[Verdict], errors: Errors) -> list[Row]:
    """A row a figure: what, and how much in words. Mean errors are over all frames within repetitions, degrees."""
    of = {view: [case for case in group if case.truth.view == view] for view in ("side", "oblique", "front")}
    plates = [case for case in of["side"] if case.truth.plates]
    exact = sum(len(case.seen.result.reps) == len(case.truth.reps) for case in group)
    rows = [("clips whose repetitions are counted right", f"{exact} of {len(group)}")]
    rows += [(f"{name}, mean error from the side", _mean(of["side"], metric, errors)) for name, metric in FROM_THE_SIDE]
    rows.append(("hip flexion, mean error from the side, plates before the leg", _mean(plates, "hip_flexion_deg", errors)))
    rows += [(f"hip flexion, mean error, {view} cameras", _mean(of[view], "hip_flexion_deg", errors)) for view in ("oblique", "front")]
    for view in ("side", "front"):
        faulty = [one for one in said if one.kind == "faulty" and one.view == view]
        rows.append((f"faults named, {view}", f"{sum(one.said == 'fault' for one in faulty)} of {len(faulty)}"))
    for name, kind in (("clean repetitions with a fault named", "clean"), ("faulty repetitions with an untrue fault named", "other")):
        clips = {one.clip for one in said if one.kind == kind}
        clips -= {one.clip for one in said if one.kind == "faulty"} if kind == "clean" else set()
        rows.append((name, f"{len({one.clip for one in said if one.kind == kind and one.untrue} & clips)} of {len(clips)} clips"))
    return [{"what": what, "figure": figure} for what, figure in rows]


def _mean(group: Sequence["Case"], metric: str, errors: Errors) -> str:
    """Mean absolute error of some clips, and the share of frames that have one if it is not all: "1.3°, 79 % of frames"."""
    every = np.concatenate([errors(case, metric) for case in group]) if group else np.zeros(0)
    seen = every[np.isfinite(every)]
    if not len(seen):
        return "-"
    share = "" if len(seen) == len(every) else f", {100 * len(seen) / len(every):.0f} % of frames"
    return f"{np.abs(seen).mean():.1f}°{share}"
