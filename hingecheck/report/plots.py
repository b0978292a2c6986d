"""The plots of a report: measures over time with reps, limits and faults, as the JSON that Plotly draws."""

import base64
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from ..cues import BY_ID, COLUMN, CUES
from ..data import Bools, Floats, Phase, Result

Limits = Mapping[tuple[str, str], float]
MOST_LABELS: Final = 40  # more rep numbers or fault names than this in a plot are a smear

# The plots, top to bottom; one that nothing was measured for is left out.
PLOTS: Final = (
    ("Hip flexion, degrees", (("hip_flexion_deg", "hip"),)),
    ("Knee flexion, degrees", (("knee_flexion_deg", "knee"),)),
    ("Back bend, degrees: lower solid, upper dotted", (("spine_lower_deg", "lower back"), ("spine_upper_deg", "upper back"))),
    ("Butt drop, leg lengths", (("butt_drop", "butt drop"),)),
    ("Knee gap / ankle gap", (("knee_ankle_ratio", "knees"),)),
    ("Ankle gap / hip gap", (("ankle_hip_ratio", "feet"),)),
)
INK: Final = "#1d2733"
REP: Final = "rgba(29,39,51,.06)"
OFF: Final = "rgba(213,94,0,.28)"
LINES: Final = (("#0072b2", "solid"), ("#8a4a86", "dot"))


def figure(result: Result, limits: Limits) -> dict[str, Any] | None:
    """The plots as Plotly's own JSON: one time axis, a row a plot, reps and faults shaded; None where nothing was measured."""
    rows = [(title, lines) for title, lines in PLOTS if any(np.isfinite(getattr(result.metrics, name)).any() for name, _ in lines)]
    if not rows:
        return None
    data: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    shapes: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    for phases in ((Phase.DOWN, Phase.BOTTOM, Phase.UP), (Phase.BOTTOM,)):
        shapes += [_shade(span, "paper", REP) for span in _spans(result, np.isin(result.phase, phases) & (result.rep > 0))]
    for rep in result.reps if len(result.reps) <= MOST_LABELS else ():
        notes.append(_note(f"rep {rep.index}", x=rep.bottom_s, xref="x", y=1, yref="paper", yanchor="bottom"))
    for number, (title, lines) in enumerate(rows):
        axis, pitch = f"y{number + 1 if number else ''}", 1 / (len(rows) - 0.2)
        top = 1 - number * pitch
        names = dict(lines)
        unit, digits = ("°", 0) if "degrees" in title else ("", 2)
        for (name, label), (colour, dash) in zip(lines, LINES, strict=False):
            line = {"color": colour, "dash": dash, "width": 2}
            packed = {"x": _packed(result.time_s), "y": _packed(getattr(result.metrics, name))}
            hover = f"%{{y:.{digits}f}}{unit}"
            data.append({"name": label, **packed, "yaxis": axis, "type": "scatter", "mode": "lines", "line": line, "hovertemplate": hover})
        reach = [getattr(result.metrics, name) for name in names]
        for cue in CUES:
            for fault in cue.faults:
                spans = _spans(result, np.isin(result.phase, [int(phase) for phase in fault.phases]))
                limit = limits.get((cue.id, fault.direction))
                if fault.metric in names and cue.withheld is None and limit is not None and spans:
                    reach.append(np.array([limit]))
                    dashed = {"type": "line", "yref": axis, "y0": limit, "y1": limit, "line": {"color": INK, "width": 1.2, "dash": "dash"}}
                    shapes += [{**dashed, "x0": start, "x1": end} for start, end in spans]
                    notes.append(_note(f"{fault.direction.replace('_', ' ')} {limit:g}", x=1.005, y=limit, yref=axis, xanchor="left"))
            if any(fault.metric in names for fault in cue.faults):
                spans = _spans(result, result.active[:, COLUMN[cue.id]])
                shapes += [_shade(span, f"{axis} domain", OFF) for span in spans]
                for start, end in spans if len(spans) <= MOST_LABELS else ():
                    place = {"x": (start + end) / 2, "xref": "x", "y": 0.5, "yref": f"{axis} domain", "bgcolor": "rgba(255,255,255,.75)"}
                    notes.append(_note(_direction(result, cue.id, end), **place))
        values = np.concatenate(reach)
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
        room = 0.1 * (high - low) or 1.0
        axes["yaxis" + axis[1:]] = {"domain": [max(top - 0.8 * pitch, 0), top], "range": [low - room, high + room]}
        notes.append(_note(f"<b>{title}</b>", x=0, y=top, yref="paper", yanchor="bottom", xanchor="left", yshift=0 if number else 18))
    return {"data": data, "axes": axes, "shapes": shapes, "annotations": notes, "height_px": 70 + 170 * len(rows)}


def _shade(span: tuple[float, float], yref: str, colour: str) -> dict[str, Any]:
    """A stretch of time, coloured behind the lines."""
    place = {"type": "rect", "x0": span[0], "x1": span[1], "y0": 0, "y1": 1, "yref": yref, "layer": "below"}
    return {**place, "fillcolor": colour, "line": {"width": 0}}


def _note(text: str, **place: Any) -> dict[str, Any]:
    return {"text": text, "showarrow": False, "xref": "paper", **place}


def _direction(result: Result, cue_id: str, end_s: float) -> str:
    """What was off when a cue went on, last before ``end_s``: "rounded"."""
    said = [event.direction for event in result.events if event.kind == "cue_on" and event.cue == cue_id and event.time_s <= end_s]
    return (said[-1] if said and said[-1] else BY_ID[cue_id].name).replace("_", " ")


def _spans(result: Result, on: Bools) -> list[tuple[float, float]]:
    """First and last time, s, of each stretch of frames in which ``on`` (T,) holds."""
    change = np.diff(np.concatenate([[0], on.astype(np.int8), [0]]))
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1) - 1
    return [(round(float(result.time_s[a]), 3), round(float(result.time_s[b]), 3)) for a, b in zip(starts, ends, strict=True)]


def _packed(values: Floats) -> dict[str, str]:
    """Figures as Plotly reads them packed: a third of their size as text, NaN a gap."""
    return {"dtype": "f4", "bdata": base64.b64encode(values.astype("<f4").tobytes()).decode("ascii")}
