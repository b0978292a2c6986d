"""The plots of a report as one SVG picture, from the figure that ``plots`` makes: a few kilobytes, sharp on paper, no script."""

import base64
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from markupsafe import Markup, escape

from ...verdict.types import Floats
from .plots import MARGINS_PX

WIDTH_PX: Final = 1000
SIDES_PX: Final = (48, 104)  # left and right of the plots
FONT_PX: Final = 13
LETTER_PX: Final = 8.2  # width of a letter at that size, rather too wide than too narrow: the fonts of readers differ
GRID: Final = "#e4e8ec"
SOFT: Final = "#536170"
MOST_REPS: Final = 12  # of which each has "rep" before its number
TICKS: Final = 5  # about so many on an axis

Place = tuple[float, float]  # px: from the left, from the top


def svg(figure: Mapping[str, Any], label: str) -> Markup:
    """The figure as SVG, described by ``label`` for those who hear the page."""
    return Markup("").join(_elements(figure, label))


class _Frame:
    """Where the values of a figure are in the picture, px."""

    def __init__(self, figure: Mapping[str, Any]) -> None:
        self.height = figure["height_px"]
        self.left, self.right = SIDES_PX[0], WIDTH_PX - SIDES_PX[1]
        self.top, self.bottom = MARGINS_PX[0], self.height - MARGINS_PX[1]
        self.axes = figure["axes"]
        self.first_s, last_s = figure["range_s"]
        self.last_s = max(last_s, self.first_s + 1e-3)

    def x(self, time_s: Any) -> Any:
        """Of a time, s, or an array of them."""
        return self.left + (time_s - self.first_s) / (self.last_s - self.first_s) * (self.right - self.left)

    def y(self, value: Any, ref: str) -> Any:
        """Of a value as Plotly refers to it: "paper" or "y2 domain", 0 at the bottom and 1 at the top, or in the unit of axis "y2"."""
        if ref == "paper":
            return self.bottom - value * (self.bottom - self.top)
        name, _, share = ref.partition(" ")
        low, high = (self.y(edge, "paper") for edge in self.axes[f"yaxis{name[1:]}"]["domain"])
        if not share:
            first, last = self.axes[f"yaxis{name[1:]}"]["range"]
            value = (value - first) / (last - first)
        return low - value * (low - high)


def _elements(figure: Mapping[str, Any], label: str) -> Iterator[Markup]:
    frame = _Frame(figure)
    yield Markup('<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}" font-size="{}">').format(
        WIDTH_PX, frame.height, label, FONT_PX
    )
    shapes = sorted(figure["shapes"], key=lambda shape: shape["type"] == "line")
    yield from (_rectangle(frame, shape) for shape in shapes if shape["type"] == "rect")
    yield from _grid(frame)
    yield from (_curve(frame, trace) for trace in figure["data"])
    yield from (_line(frame, shape) for shape in shapes if shape["type"] == "line")
    yield from _labels(frame, figure["annotations"])
    yield Markup("</svg>")


def _rectangle(frame: _Frame, shape: Mapping[str, Any]) -> Markup:
    left, right = frame.x(shape["x0"]), frame.x(shape["x1"])
    top, bottom = frame.y(shape["y1"], shape["yref"]), frame.y(shape["y0"], shape["yref"])
    colour, _, opacity = shape["fillcolor"].removeprefix("rgba(").removesuffix(")").rpartition(",")
    return Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="rgb({})" fill-opacity="{}"/>').format(
        left, top, max(right - left, 1), bottom - top, colour, float(opacity)
    )


def _line(frame: _Frame, shape: Mapping[str, Any]) -> Markup:
    return Markup('<path d="M{:.1f} {:.1f}H{:.1f}" stroke="{}" stroke-width="1.2" stroke-dasharray="6 4" fill="none"/>').format(
        frame.x(shape["x0"]), frame.y(shape["y0"], shape["yref"]), frame.x(shape["x1"]), shape["line"]["color"]
    )


def _curve(frame: _Frame, trace: Mapping[str, Any]) -> Markup:
    """A trace as a path, with a gap where nothing was measured. Points that would lie on the one before are left out."""
    x, y = frame.x(_unpacked(trace["x"])), frame.y(_unpacked(trace["y"]), trace["yaxis"])
    pieces, pen, before = [], "M", None
    for place in zip(np.round(x, 1).tolist(), np.round(y, 1).tolist(), strict=True):
        if math.isnan(place[1]):
            pen = "M"
        elif before is None or pen == "M" or abs(place[0] - before[0]) >= 0.5 or abs(place[1] - before[1]) >= 0.5:
            pieces.append(f"{pen}{place[0]:g} {place[1]:g}")
            pen, before = "L", place
    dash = ' stroke-dasharray="2 3"' if trace["line"]["dash"] == "dot" else ""
    return Markup('<path d="{}" stroke="{}" stroke-width="2" fill="none"{}/>').format("".join(pieces), trace["line"]["color"], Markup(dash))


def _grid(frame: _Frame) -> Iterator[Markup]:
    """Lines and numbers of the axes."""
    for name, axis in frame.axes.items():
        ref = name.replace("yaxis", "y")
        for value in _ticks(*axis["range"]):
            y = frame.y(value, ref)
            yield Markup('<path d="M{} {:.1f}H{}" stroke="{}"/>').format(frame.left, y, frame.right, GRID)
            yield _text(f"{value:g}", (frame.left - 6, y + 4), "end", SOFT)
    for time_s in _ticks(frame.first_s, frame.last_s, 2 * TICKS):
        yield _text(f"{time_s:g} s", (frame.x(time_s), frame.height - 12), "middle", SOFT)


def _ticks(low: float, high: float, number: int = TICKS) -> list[float]:
    """Round numbers from low to high, about so many."""
    rough = (high - low) / number
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in (1, 2, 5, 10) if step * power >= rough)
    return [round(count * step, 6) + 0.0 for count in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _labels(frame: _Frame, notes: Sequence[Mapping[str, Any]]) -> Iterator[Markup]:
    """The texts; of the names of reps and faults in one row those that would overlap the one before are left out."""
    edges: dict[tuple[str, float], float] = {}
    crowded = sum(note["text"].startswith("rep ") for note in notes) > MOST_REPS
    for note in sorted(notes, key=lambda note: note["x"]):
        text, bold = note["text"].removeprefix("<b>").removesuffix("</b>"), note["text"].startswith("<b>")
        y = frame.y(note["y"], note["yref"]) - note.get("yshift", 0)
        if note["xref"] == "paper":
            x = frame.left + note["x"] * (frame.right - frame.left)
            yield _text(text, (x, y - 4 if note.get("yanchor") == "bottom" else y + 4), "start", bold=bold)
            continue
        text = text.removeprefix("rep ") if crowded else text
        row, middle, half = (note["yref"], note["y"]), frame.x(note["x"]), LETTER_PX * len(text) / 2
        if middle - half < edges.get(row, frame.left):
            continue
        edges[row] = middle + half + 6
        if "bgcolor" in note:
            plate = '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="17" fill="#fff" fill-opacity=".75"/>'
            yield Markup(plate).format(middle - half, y - 9, 2 * half)
        yield _text(text, (middle, y - 4 if note.get("yanchor") == "bottom" else y + 4), "middle")


def _text(text: str, at: Place, anchor: str, colour: str = "currentColor", *, bold: bool = False) -> Markup:
    weight = Markup(' font-weight="700"') if bold else ""
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}" fill="{}"{}>{}</text>').format(*at, anchor, colour, weight, escape(text))


def _unpacked(packed: Mapping[str, str]) -> Floats:
    """The numbers that ``plots`` packed."""
    return np.frombuffer(base64.b64decode(packed["bdata"]), "<f4").astype(np.float64)
