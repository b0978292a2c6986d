"""Draws a result on a picture; decides nothing.

The annotated clip and the live mirror share one layout, scaled to the picture. A fault is shown by shape, width and word as well as by
colour.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from ..verdict.cues import BY_ID, TABLE_LIMITS, Fault
from ..verdict.poses import Poses
from ..verdict.silhouette import HEIGHTS, back_points
from ..verdict.skeleton import CROSS_BONES, INDEX, SIDE_BONES, SIDES
from ..verdict.types import Floats, Phase, Rep, Result
from .drawing import (
    DARK,
    FAULT,
    GREY,
    NEARLY,
    OK,
    WHITE,
    Colour,
    Image,
    arc,
    banner,
    copied,
    disc,
    fill,
    fitted,
    shape,
    strokes,
    unit_of,
    write,
)

Limits = Mapping[tuple[str, str], float]

SEEN_SCORE: Final = 0.5  # a joint with a lower score is not drawn
LEAST_ROOM_DEG: Final = 5.0  # the back's colour changes over at least so many degrees, however strict the profile
SMALLEST_ARC_DEG: Final = 6.0  # a smaller arc would be a blot
DEEPEST_DEG: Final = 110.0  # hip flexion that fills the depth bar
BARS: Final = (0.33, 0.77)  # top and bottom of bar and gauges, shares of the picture's height

WORDS: Final = {Phase.UNSEEN: "", Phase.STANDING: "standing", Phase.DOWN: "down", Phase.BOTTOM: "bottom", Phase.UP: "up"}
# Label of a gauge -> metric, its value at the top and at the bottom, the cue it shows.
GAUGES: Final = {"butt": ("butt_drop", -0.05, 0.3, "butt_high"), "knee": ("knee_flexion_deg", -5.0, 70.0, "soft_knees")}


def draw(
    image: Image,
    poses: Poses,
    result: Result,
    *,
    cue: tuple[str, str] | None = None,
    done: Sequence[Rep] = (),
    limits: Limits = TABLE_LIMITS,
    praise: str = "",
    note: str = "",
    clock: str = "",
    gauges: bool = False,
    mirror: bool = False,
) -> Image:
    """Draw one frame's verdict on a copy of its picture.

    Parameters
    ----------
    image
        (H, W, 3) uint8 RGB; left untouched.
    poses, result
        Poses and result of this frame, T = 1. NaN points, joints with a low score and NaN measures are not drawn.
    cue
        Cue id and direction to show now, or None. Its words are in the largest type and its joints are marked.
    done
        The reps finished so far. Their number and the score of the last one are shown.
    limits
        (cue id, direction) -> limit. A cue is called once the measure's whole interval lies past it. The colour of the back and the gauges
        show this.
    praise
        Words shown in place of a cue, such as "Better".
    note
        A standing remark, such as "Front view: shoulders, core not judged".
    clock
        Time to show in place of the phase, such as "12:30".
    gauges
        Show knee and butt height at the left edge.
    mirror
        Flip the picture left to right under the drawing, as a mirror would.

    Returns
    -------
    Image
        (H, W, 3) uint8 RGB, a new array.
    """
    image = copied(image, mirror)
    width = image.shape[1]
    unit = unit_of(image)
    xy, back = poses.xy[0], back_points(poses.xy, poses.back)[0]
    if mirror:
        xy, back = ([width - 1, 0] + point * [-1, 1] for point in (xy, back))
    seen = np.isfinite(xy).all(-1) & (poses.score[0] >= SEEN_SCORE)
    points = np.where(seen[:, None], xy, np.nan)
    near = int(result.near[0])
    flexion_deg = float(result.metrics.hip_flexion_deg[0])
    phase = Phase(int(result.phase[0]))

    _depth_bar(image, flexion_deg, unit)
    if gauges:
        _gauges(image, result, limits, unit)
    if cue is not None:
        _mark(image, points, near, BY_ID[cue[0]].joints, unit)
    skeleton(image, points, near)
    if near >= 0:
        behind = -int(result.facing[0]) * (-1 if mirror else 1)
        knee_deg = float(result.metrics.knee_flexion_deg[0])
        _angle(image, points, near, ("knee", "hip", "shoulder"), flexion_deg, behind, unit, radius=0.12, size=0.065)
        _angle(image, points, near, ("ankle", "knee", "hip"), knee_deg, behind, unit, radius=0.085, size=0.05)
    _back(image, back, result, limits, unit)
    where = clock or WORDS[phase] if seen.any() else "nobody seen"
    _counters(image, where, done, unit, resting=phase is Phase.STANDING)

    top = 0.0
    if cue is not None:
        top = banner(image, BY_ID[cue[0]].fault(cue[1]).say, top, FAULT, WHITE)
    elif praise:
        top = banner(image, praise, top, OK, DARK)
    if note:
        write(image, note, (width / 2, top), fitted(note, 0.045 * unit, 0.92 * width), anchor=(0.5, 0))
    return image


def skeleton(image: Image, points: Floats, near: int) -> None:
    """Draw bones and joints, (K, 2) px. The measured side is strong with a dark edge; the other lies below it, thin and grey."""
    thick = 0.0085 * unit_of(image)
    sides = [[(SIDES[a][side], SIDES[b][side]) for a, b in SIDE_BONES] for side in (0, 1)]
    across = [(INDEX[a], INDEX[b]) for a, b in CROSS_BONES]
    strong = sides[near] if near >= 0 else sides[0] + sides[1] + across
    faint = sides[1 - near] + across if near >= 0 else []
    if faint:
        strokes(image, points[np.array(faint)], GREY, 0.4 * thick)
    strokes(image, points[np.array(strong)], DARK, 1.7 * thick)
    strokes(image, points[np.array(strong)], WHITE, thick)
    for joint in {joint for bone in strong for joint in bone}:
        disc(image, points[joint], 1.1 * thick, DARK)
        disc(image, points[joint], 0.75 * thick, OK)


def _back(image: Image, contour: Floats, result: Result, limits: Limits, unit: float) -> None:
    """Draw the edge of the back: blue in its standing shape, then yellow, then red and thicker once the cue is called."""
    halves = ((HEIGHTS <= 0.5, "neutral_spine", "spine_lower_deg"), (HEIGHTS >= 0.5, "chest_out", "spine_upper_deg"))
    coloured = []
    for part, cue_id, metric in halves:
        value_deg, spread_deg = (float(getattr(table, metric)[0]) for table in (result.metrics, result.spreads))
        faults = [(BY_ID[cue].fault(direction), limit) for (cue, direction), limit in limits.items() if cue == cue_id]
        bent_to = [_used(fault, limit, value_deg, spread_deg) for fault, limit in faults]
        share = max(bent_to, default=np.nan) if np.isfinite(value_deg) and BY_ID[cue_id].withheld is None else np.nan
        width = 0.012 * unit * (1 + 0.6 * np.clip(np.nan_to_num(share), 0, 1))
        line = np.stack([contour[part][:-1], contour[part][1:]], axis=1)
        strokes(image, line, DARK, width + 0.008 * unit)
        coloured.append((line, _neutrality(share), width))
    for line, colour, width in coloured:
        strokes(image, line, colour, width)


def _used(fault: Fault, limit: float, value: float, spread: float) -> float:
    """Share of the limit that the value has used, at the end of its interval that favours the lifter. 1: the cue is called."""
    sign = 1.0 if fault.above else -1.0
    return 1.0 + sign * (fault.least(value, spread) - limit) / max(sign * limit, LEAST_ROOM_DEG)


def _neutrality(share: float) -> Colour:
    """Colour of a back that has used ``share`` of its limit: 0 blue, 0.6 yellow, 1 and more red; NaN grey."""
    if not np.isfinite(share):
        return GREY
    red, green, blue = (round(float(np.interp(share, (0.0, 0.6, 1.0), stops))) for stops in zip(OK, NEARLY, FAULT, strict=True))
    return red, green, blue


def _angle(
    image: Image,
    points: Floats,
    side: int,
    joints: tuple[str, str, str],
    value_deg: float,
    behind: int,
    unit: float,
    *,
    radius: float,
    size: float,
) -> None:
    """Draw the arc between the bone above a joint and the straight line through it, and write its name and angle behind it.

    ``radius`` and ``size`` in units, ``value_deg`` in degrees. Draws nothing at a NaN.
    """
    below, joint, above = (points[SIDES[name][side]] for name in joints)
    if not np.isfinite([*below, *joint, *above, value_deg]).all():
        return
    straight, bone = joint - below, above - joint
    start, end = (np.degrees(np.arctan2(v[1], v[0])) for v in (straight, bone))
    sweep = (end - start + 180) % 360 - 180
    if abs(sweep) > SMALLEST_ARC_DEG:
        line = np.stack([joint, joint + straight / np.hypot(*straight) * 1.25 * radius * unit])
        strokes(image, line[None], WHITE, 0.004 * unit)
        for colour, width in ((DARK, 0.013), (WHITE, 0.007)):
            arc(image, joint, radius * unit, start, start + sweep, colour, width * unit)
    offset = (behind or 1) * 0.14 * unit
    write(image, f"{joints[1]} {round(value_deg)}°", (joint[0] + offset, joint[1]), size * unit, anchor=(0.5 - 0.5 * np.sign(offset), 0.5))


def _mark(image: Image, points: Floats, near: int, joints: tuple[str, ...], unit: float) -> None:
    """Draw a halo under the joints of a cue."""
    for joint in joints:
        for index in [SIDES[joint][near]] if near >= 0 else SIDES[joint]:
            halo(image, points[index], unit)


def halo(image: Image, point: Floats, unit: float) -> None:
    """Draw a ring around a joint, (2,) px. Draws nothing at a NaN."""
    disc(image, point, 0.036 * unit, DARK)
    disc(image, point, 0.031 * unit, FAULT)


def _depth_bar(image: Image, flexion_deg: float, unit: float) -> None:
    """Draw the bar at the right edge, which fills downwards with hip flexion, degrees. Empty at NaN."""
    left, edge = image.shape[1] - 0.065 * unit, 0.006 * unit
    top, bottom, right = _bar(image, left, unit)
    level = top + np.clip(np.nan_to_num(flexion_deg) / DEEPEST_DEG, 0, 1) * (bottom - top)
    if np.isfinite(flexion_deg):
        fill(image, (left, top, right, level), OK)
        strokes(image, np.array([[(left - 3 * edge, level), (right, level)]]), WHITE, 0.009 * unit)


def _bar(image: Image, left: float, unit: float) -> tuple[float, float, float]:
    """Darken the area of an upright bar whose left edge is at ``left``, px. Returns its top, bottom and right edge, px."""
    top, bottom = (share * image.shape[0] for share in BARS)
    right, edge = left + 0.04 * unit, 0.006 * unit
    fill(image, (left - edge, top - edge, right + edge, bottom + edge))
    return top, bottom, right


def _gauges(image: Image, result: Result, limits: Limits, unit: float) -> None:
    """Draw the gauges at the left edge: the pointer moves down as the measure grows, and the band marks what is right in a clear view."""
    for number, (word, (metric, first, last, cue_id)) in enumerate(GAUGES.items()):
        left = (0.03 + 0.13 * number) * unit
        top, bottom, right = _bar(image, left, unit)
        value, spread = (float(getattr(table, metric)[0]) for table in (result.metrics, result.spreads))

        def level(x: float, top: float = top, bottom: float = bottom, first: float = first, last: float = last) -> float:
            return top + float(np.clip((x - first) / (last - first), 0, 1)) * (bottom - top)

        faults = {fault: limits[cue_id, fault.direction] for fault in BY_ID[cue_id].faults}
        high = min((fault.called_from(limit) for fault, limit in faults.items() if fault.above), default=last)
        low = max((fault.called_from(limit) for fault, limit in faults.items() if not fault.above), default=first)
        fill(image, (left, level(low), right, level(high)), OK)
        if np.isfinite(value):
            wrong = any(fault.above and fault.least(value, spread) > limit for fault, limit in faults.items())
            y, size = level(value), 0.03 * unit
            for grown, colour in ((1.35, DARK), (1.0, FAULT if wrong else WHITE)):
                tip = np.array(
                    [
                        (right - 0.3 * size, y),
                        (right + 1.2 * size * grown, y - size * grown),
                        (right + 1.2 * size * grown, y + size * grown),
                    ]
                )
                shape(image, tip, colour)
        write(image, word, (left, top - 0.015 * unit), 0.045 * unit, anchor=(0.2, 1))


def _counters(image: Image, where: str, done: Sequence[Rep], unit: float, *, resting: bool) -> None:
    """Write reps and phase (or time) at the lower left, the last rep's score at the lower right. The score is larger between reps."""
    height, width = image.shape[:2]
    margin, low = 0.02 * unit, height - 0.02 * unit
    if where:
        top = write(image, where, (margin, low), 0.055 * unit, anchor=(0, 1))
        low = top - 0.25 * margin
    write(image, f"{len(done)} rep{'' if len(done) == 1 else 's'}", (margin, low), 0.07 * unit, anchor=(0, 1))
    if done:
        score = "-" if done[-1].score is None else str(done[-1].score)
        top = write(image, score, (width - margin, height - margin), (0.11 if resting else 0.09) * unit, anchor=(1, 1))
        write(image, "last rep", (width - margin, top - 0.25 * margin), 0.04 * unit, anchor=(1, 1))
