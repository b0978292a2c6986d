"""The plots of a report, as the JSON that Plotly draws: measures over time, with reps, faults and the values where cues are called."""

import base64
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from ...verdict.coaching import as_judged
from ...verdict.cues import BY_ID, COLUMN, CUES, Cue
from ...verdict.types import METRICS, Bools, Floats, Phase, Result, ViewKind
from .words import named

Limits = Mapping[tuple[str, str], float]
MOST_LABELS: Final = 400  # of reps or faults: plots.js leaves out those that would overlap, and a longer list would only slow it

# The plots, top to bottom. A plot without any measured value is left out.
PLOTS: Final = (
    ("Hip flexion, degrees", (("hip_flexion_deg", "hip"),)),
    ("Knee flexion, degrees", (("knee_flexion_deg", "knee"),)),
    ("Back bend, degrees: lower solid, upper dotted", (("spine_lower_deg", "lower back"), ("spine_upper_deg", "upper back"))),
    ("Hips sink, % of the leg", (("butt_drop", "hips sink"),)),
    ("Gap between the knees, % of the gap between the ankles", (("knee_ankle_ratio", "knees"),)),
    ("Gap between the feet, % of the width of the hips", (("ankle_hip_ratio", "feet"),)),
)
MARGINS_PX: Final = (52, 34)  # above and below the plots, as plots.js has them
LABEL_PX: Final = 16  # height of a label at the right
INK: Final = "#1d2733"
REP: Final = "rgba(29,39,51,.06)"
OFF: Final = "rgba(213,94,0,.28)"
LINES: Final = (("#0072b2", "solid"), ("#8a4a86", "dot"))


def called_from(limits: Limits) -> dict[tuple[str, str], float]:
    """(cue id, direction) -> the value from which the cue is called in a clear view, under these limits."""
    return {(cue_id, direction): BY_ID[cue_id].fault(direction).called_from(limit) for (cue_id, direction), limit in limits.items()}


def figure(result: Result, limits: Limits, view: str, judged: Container[str]) -> dict[str, Any] | None:
    """The plots as Plotly's JSON: one time axis, one row per plot, reps and faults shaded. None where nothing was measured.

    ``view`` is the kind of view. Gaps between left and right mean something only from the front, so other views leave them out. A dashed
    line shows from where each cue in ``judged`` is called. Shares are drawn in percent. What is shaded as wrong is what the table calls so.
    """
    result = as_judged(result)
    from_front = {fault.metric for cue in CUES for fault in cue.faults if cue.view is ViewKind.FRONT}
    shown = {name for name in METRICS if np.isfinite(getattr(result.metrics, name)).any() and (view == "front" or name not in from_front)}
    rows = [(title, lines) for title, lines in PLOTS if any(name in shown for name, _ in lines)]
    if not rows:
        return None
    plots: dict[str, Any] = {"data": [], "axes": {}, "shapes": [], "annotations": [], "height_px": 70 + 170 * len(rows)}
    plots["range_s"] = [float(result.time_s[0]), float(result.time_s[-1])]  # else Plotly would make room for the labels
    loaded = (Phase.DOWN, Phase.BOTTOM, Phase.UP)
    for phases in (loaded, (Phase.BOTTOM,)):
        plots["shapes"] += [_shade(span, "paper", REP) for span in _spans(result, np.isin(result.phase, phases) & (result.rep > 0))]
    for rep in result.reps if len(result.reps) <= MOST_LABELS else ():
        plots["annotations"].append(_note(f"rep {rep.index}", x=rep.bottom_s, xref="x", y=1, yref="paper", yanchor="bottom"))

    shown_in = {name: number for number, (_, lines) in enumerate(rows) for name, _ in lines}
    pitch = 1 / (len(rows) - 0.2)  # share of the height: four fifths are the plot, one fifth its title
    for number, (title, lines) in enumerate(rows):
        axis, top = f"y{number + 1 if number else ''}", 1 - number * pitch
        reach = [value for name, _ in lines for value in _extremes(_drawn(result, name))]
        labels = _draw_thresholds(plots, result, called_from(limits), judged, dict(lines), axis)
        reach += [label["y"] for label in labels]
        room = 0.1 * (max(reach) - min(reach)) or 1.0
        row_px = 0.8 * pitch * (plots["height_px"] - sum(MARGINS_PX))
        for label, up_px in zip(
            labels, _apart([label["y"] * row_px / (max(reach) - min(reach) + 2 * room) for label in labels]), strict=True
        ):
            label["yshift"] = up_px
        plots["data"] += _curves(result, lines, axis)
        plots["axes"]["yaxis" + axis[1:]] = {"domain": [max(top - 0.8 * pitch, 0), top], "range": [min(reach) - room, max(reach) + room]}
        place = {"x": 0, "xanchor": "left", "y": top, "yref": "paper", "yanchor": "bottom", "yshift": 0 if number else 18}
        plots["annotations"].append(_note(f"<b>{title}</b>", **place))
    for cue in CUES:
        at = [shown_in[fault.metric] for fault in cue.faults if fault.metric in shown_in]
        _draw_faults(plots, result, cue, at[0] if at else 0)
    return plots


def _drawn(result: Result, name: str) -> Floats:
    """A metric as it is drawn, (T,): degrees, or a share in percent."""
    values: Floats = getattr(result.metrics, name)
    return values * _scale(name)


def _scale(metric: str) -> int:
    return 1 if metric.endswith("_deg") else 100


def _apart(heights_px: Sequence[float]) -> list[int]:
    """How far up to shift each label, px, so that none overlaps the one below it. They move away from their common middle."""
    order = sorted(range(len(heights_px)), key=lambda number: heights_px[number])
    shifts = [0.0] * len(heights_px)
    group: list[int] = []
    for number in order:
        below = group[-1] if group else None
        if below is not None and heights_px[number] - (heights_px[below] + shifts[below]) < LABEL_PX:
            shifts[number] = heights_px[below] + shifts[below] + LABEL_PX - heights_px[number]
            group.append(number)
            middle = sum(shifts[one] for one in group) / len(group)
            for one in group:
                shifts[one] -= middle
        else:
            group = [number]
    return [round(shift) for shift in shifts]


def _curves(result: Result, lines: Iterable[tuple[str, str]], axis: str) -> list[dict[str, Any]]:
    """The traces of one row; ``lines`` are (metric, label)."""
    common = {"x": _packed(result.time_s), "yaxis": axis, "type": "scatter", "mode": "lines", "hovertemplate": "%{y:.0f}"}
    return [
        {**common, "name": label, "y": _packed(_drawn(result, name)), "line": {"color": colour, "dash": dash, "width": 2}}
        for (name, label), (colour, dash) in zip(lines, LINES, strict=False)
    ]


def _draw_thresholds(
    plots: dict[str, Any], result: Result, thresholds: Limits, judged: Container[str], metrics: Mapping[str, str], axis: str
) -> list[dict[str, Any]]:
    """Draw dashed lines at the thresholds of a row's metrics, in the phases where they are judged. Returns their labels.

    On the row's first metric the label names the direction ("rounded 20"), or says "limit" where there is only one; on the others it names
    the curve ("upper 15").
    """
    drawn, first = [], next(iter(metrics))
    for cue, fault in ((row, fault) for row in CUES for fault in row.faults if row.id in judged and fault.metric in metrics):
        threshold = thresholds.get((cue.id, fault.direction))
        spans = _spans(result, np.isin(result.phase, [int(phase) for phase in fault.phases]))
        if threshold is None or not spans:
            continue
        threshold = round(threshold * _scale(fault.metric), 1)
        dashed = {"type": "line", "yref": axis, "y0": threshold, "y1": threshold, "line": {"color": INK, "width": 1.2, "dash": "dash"}}
        plots["shapes"] += [{**dashed, "x0": start, "x1": end} for start, end in spans]
        name = metrics[fault.metric].split()[0] if fault.metric != first else _words(fault.direction) if len(cue.faults) > 1 else "limit"
        drawn.append(_note(f"{name} {threshold:g}", x=1.005, xanchor="left", y=threshold, yref=axis))
    plots["annotations"] += drawn
    return drawn


def _draw_faults(plots: dict[str, Any], result: Result, cue: Cue, row: int) -> None:
    """Shade the stretches in which a cue was wrong, and name the fault."""
    spans = _spans(result, result.active[:, COLUMN[cue.id]])
    domain = f"y{row + 1 if row else ''} domain"
    plots["shapes"] += [_shade(span, domain, OFF) for span in spans]
    for start, end in spans if len(spans) <= MOST_LABELS else ():
        place = {"x": (start + end) / 2, "xref": "x", "y": 0.5, "yref": domain, "bgcolor": "rgba(255,255,255,.75)"}
        wrong = next(rep.cues[cue.id] for rep in reversed(result.reps) if rep.start_s <= start + 0.001)
        plots["annotations"].append(_note(named(wrong.direction, cue), **place))


def _shade(span: tuple[float, float], yref: str, colour: str) -> dict[str, Any]:
    """A shaded stretch of time behind the lines."""
    place = {"type": "rect", "x0": span[0], "x1": span[1], "y0": 0, "y1": 1, "yref": yref, "layer": "below"}
    return {**place, "fillcolor": colour, "line": {"width": 0}}


def _note(text: str, **place: Any) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "xref": "paper", **place}


def _words(direction: str) -> str:
    return direction.replace("_", " ")


def _extremes(values: Floats) -> list[float]:
    """Minimum and maximum, NaN left out. Empty where all are NaN."""
    seen = values[np.isfinite(values)]
    return [float(seen.min()), float(seen.max())] if len(seen) else []


def _spans(result: Result, on: Bools) -> list[tuple[float, float]]:
    """First and last time, s, of each stretch of frames in which ``on`` (T,) holds."""
    change = np.diff(np.concatenate([[0], on.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1) - 1
    return [(round(float(result.time_s[a]), 3), round(float(result.time_s[b]), 3)) for a, b in zip(starts, ends, strict=True)]


def _packed(values: Floats) -> dict[str, str]:
    """Numbers in Plotly's binary form: a third of the size of text. NaN shows as a gap."""
    return {"dtype": "f4", "bdata": base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")}
