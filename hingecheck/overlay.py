"""Draws a result on a picture; decides nothing.

One layout for the annotated clip and the live mirror: everything is scaled to the picture, so that what is large enough on a
phone clip is large enough on a screen three metres away. Faults differ from what is fine by shape, width and word as well as
by colour (the colours are those of Okabe and Ito, made for colour-blind readers). Text is set in OpenCV 5's own outline
font, which knows Latin, Cyrillic, Greek, Hebrew, Chinese, Japanese and Korean letters.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from .cues import BY_ID, CUES
from .data import Floats, Phase, Poses, Rep, Result
from .silhouette import HEIGHTS, back_points
from .skeleton import CROSS_BONES, INDEX, SIDE_BONES, SIDES

Image = NDArray[np.uint8]
Colour = tuple[int, int, int]
Limits = Mapping[tuple[str, str], float]

DARK: Final[Colour] = (16, 18, 22)
WHITE: Final[Colour] = (255, 255, 255)
GREY: Final[Colour] = (176, 180, 186)
OK: Final[Colour] = (86, 180, 233)
NEARLY: Final[Colour] = (240, 228, 66)
FAULT: Final[Colour] = (213, 94, 0)

SEEN_SCORE: Final = 0.5  # a joint the model itself doubts is not drawn
SMALLEST_ARC_DEG: Final = 6.0  # below this an arc is a blot
DEEPEST_DEG: Final = 110.0  # hip flexion that fills the depth bar
FAR_PX: Final = 1e5  # points further out are held here, where OpenCV's integers still reach
SHIFT: Final = 4  # OpenCV draws at 1/16 px: a line that follows a body must not jump from pixel to pixel

TABLE_LIMITS: Final = {(cue.id, fault.direction): fault.limit for cue in CUES for fault in cue.faults}
WORDS: Final = {Phase.UNSEEN: "", Phase.STANDING: "standing", Phase.DOWN: "down", Phase.BOTTOM: "bottom", Phase.UP: "up"}


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
    mirror: bool = False,
) -> Image:
    """Draw one frame's verdict on a copy of its picture.

    Parameters
    ----------
    image
        (H, W, 3) uint8 RGB; left untouched.
    poses, result
        The frame's slices, T = 1. NaN points, joints with a low score and NaN measures are not drawn.
    cue
        Cue id and direction to say now, in the largest type, its joints marked; None for none.
    done
        The reps finished so far: their number, and the last one's score, are shown.
    limits
        (cue id, direction) -> limit, against which the colour of the back is set.
    praise
        Said in the cue's place when there is no cue, such as "Better".
    note
        A standing remark, such as "Front view: back not judged".
    mirror
        Flip the picture left to right under the drawing, as a mirror would.

    Returns
    -------
    Image
        (H, W, 3) uint8 RGB, a new array.
    """
    image = cv2.flip(image, 1) if mirror else image.copy()
    height, width = image.shape[:2]
    unit = min(height, 1.5 * width)
    xy, back = poses.xy[0], back_points(poses.xy, poses.back)[0]
    if mirror:
        xy, back = ([width - 1, 0] + point * [-1, 1] for point in (xy, back))
    seen = np.isfinite(xy).all(-1) & (poses.score[0] >= SEEN_SCORE)
    points = np.where(seen[:, None], xy, np.nan)
    near = int(result.near[0])
    flexion_deg = float(result.metrics.hip_flexion_deg[0])

    _depth_bar(image, flexion_deg, unit)
    if cue is not None:
        _mark(image, points, near, BY_ID[cue[0]].joints, unit)
    _skeleton(image, points, near, unit)
    if near >= 0:
        behind = -int(result.facing[0]) * (-1 if mirror else 1)
        knee_deg = float(result.metrics.knee_flexion_deg[0])
        _angle(image, points, near, ("knee", "hip", "shoulder"), flexion_deg, behind, unit)
        _angle(image, points, near, ("ankle", "knee", "hip"), knee_deg, behind, unit)
    _back(image, back, result, limits, unit)
    _counters(image, WORDS[Phase(int(result.phase[0]))] if seen.any() else "nobody seen", done, unit)

    top = 0.0
    if cue is not None:
        say = {fault.direction: fault.say for fault in BY_ID[cue[0]].faults}[cue[1]]
        top = _banner(image, say, top, unit, FAULT, WHITE)
    elif praise:
        top = _banner(image, praise, top, unit, OK, DARK)
    if note:
        _label(image, note, (width / 2, top), _fitted(note, 0.045 * unit, 0.92 * width), anchor=(0.5, 0))
    return image


def jpeg(image: Image) -> bytes:
    """A picture, (H, W, 3) uint8 RGB, as the bytes of a JPEG file."""
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])[1])


def _skeleton(image: Image, points: Floats, near: int, unit: float) -> None:
    """Bones and joints: the measured side strong with a dark edge, the other one thin and grey below it."""
    thick = 0.0085 * unit
    sides = [[(SIDES[a][side], SIDES[b][side]) for a, b in SIDE_BONES] for side in (0, 1)]
    across = [(INDEX[a], INDEX[b]) for a, b in CROSS_BONES]
    strong = sides[near] if near >= 0 else sides[0] + sides[1] + across
    faint = sides[1 - near] + across if near >= 0 else []
    if faint:
        _lines(image, points[np.array(faint)], GREY, 0.4 * thick)
    _lines(image, points[np.array(strong)], DARK, 1.7 * thick)
    _lines(image, points[np.array(strong)], WHITE, thick)
    for joint in {joint for bone in strong for joint in bone}:
        _disc(image, points[joint], 1.1 * thick, DARK)
        _disc(image, points[joint], 0.75 * thick, OK)


def _back(image: Image, contour: Floats, result: Result, limits: Limits, unit: float) -> None:
    """Draw the back's edge: blue while it keeps its standing shape, then yellow, red and thicker once it is surely past its limit."""
    halves = ((HEIGHTS <= 0.5, "neutral_spine", "spine_lower_deg"), (HEIGHTS >= 0.5, "chest_out", "spine_upper_deg"))
    coloured = []
    for part, cue_id, metric in halves:
        value_deg, spread_deg = (float(getattr(table, metric)[0]) for table in (result.metrics, result.spreads))
        bent_to = [(np.sign(limit) * value_deg - spread_deg) / abs(limit) for (cue, _), limit in limits.items() if cue == cue_id and limit]
        share = max(bent_to, default=np.nan) if np.isfinite(value_deg) and BY_ID[cue_id].withheld is None else np.nan
        width = 0.012 * unit * (1 + 0.6 * np.clip(np.nan_to_num(share), 0, 1))
        line = np.stack([contour[part][:-1], contour[part][1:]], axis=1)
        _lines(image, line, DARK, width + 0.008 * unit)
        coloured.append((line, _neutrality(share), width))
    for line, colour, width in coloured:
        _lines(image, line, colour, width)


def _neutrality(share: float) -> Colour:
    """Colour of a back that has used ``share`` of its limit: 0 blue, 0.6 yellow, 1 and above red; NaN grey."""
    if not np.isfinite(share):
        return GREY
    red, green, blue = (round(float(np.interp(share, (0.0, 0.6, 1.0), stops))) for stops in zip(OK, NEARLY, FAULT, strict=True))
    return red, green, blue


def _angle(image: Image, points: Floats, side: int, joints: tuple[str, str, str], value_deg: float, behind: int, unit: float) -> None:
    """Arc from the straight line through a joint to the bone above it, and the measured angle, written behind the body."""
    below, joint, above = (points[SIDES[name][side]] for name in joints)
    if not np.isfinite([*below, *joint, *above, value_deg]).all():
        return
    straight, bone = joint - below, above - joint
    start, end = (np.degrees(np.arctan2(v[1], v[0])) for v in (straight, bone))
    sweep = (end - start + 180) % 360 - 180
    if abs(sweep) > SMALLEST_ARC_DEG:
        radius = 0.085 * unit
        line = np.stack([joint, joint + straight / np.hypot(*straight) * 1.25 * radius])
        _lines(image, line[None], WHITE, 0.004 * unit)
        axes = (_fixed(radius), _fixed(radius))
        for colour, width in ((DARK, 0.013), (WHITE, 0.007)):
            cv2.ellipse(image, _point(joint), axes, 0, start, start + sweep, colour, max(1, round(width * unit)), cv2.LINE_AA, SHIFT)
    offset = (behind or 1) * 0.12 * unit
    _label(image, f"{round(value_deg)}°", (joint[0] + offset, joint[1]), 0.05 * unit, anchor=(0.5 - 0.5 * np.sign(offset), 0.5))


def _mark(image: Image, points: Floats, near: int, joints: tuple[str, ...], unit: float) -> None:
    """Halo under the joints a cue is about."""
    for joint in joints:
        for index in [SIDES[joint][near]] if near >= 0 else SIDES[joint]:
            _disc(image, points[index], 0.036 * unit, DARK)
            _disc(image, points[index], 0.031 * unit, FAULT)


def _depth_bar(image: Image, flexion_deg: float, unit: float) -> None:
    """Bar at the right edge that fills downwards with hip flexion; empty where it is not known."""
    height, width = image.shape[:2]
    right, top, bottom = width - 0.025 * unit, 0.33 * height, 0.77 * height
    left, edge = right - 0.04 * unit, 0.006 * unit
    _plate(image, (left - edge, top - edge, right + edge, bottom + edge))
    level = top + np.clip(np.nan_to_num(flexion_deg) / DEEPEST_DEG, 0, 1) * (bottom - top)
    if np.isfinite(flexion_deg):
        _plate(image, (left, top, right, level), OK)
        _lines(image, np.array([[(left - 3 * edge, level), (right, level)]]), WHITE, 0.009 * unit)


def _counters(image: Image, phase: str, done: Sequence[Rep], unit: float) -> None:
    """Write reps done and phase in the lower left corner, and the last rep's score in the lower right one."""
    height, width = image.shape[:2]
    margin, low = 0.02 * unit, height - 0.02 * unit
    if phase:
        top = _label(image, phase, (margin, low), 0.05 * unit, anchor=(0, 1))
        low = top - 0.25 * margin
    _label(image, f"{len(done)} rep{'' if len(done) == 1 else 's'}", (margin, low), 0.07 * unit, anchor=(0, 1))
    if done:
        score = "-" if done[-1].score is None else str(done[-1].score)
        top = _label(image, score, (width - margin, height - margin), 0.09 * unit, anchor=(1, 1))
        _label(image, "last rep", (width - margin, top - 0.25 * margin), 0.04 * unit, anchor=(1, 1))


def _banner(image: Image, text: str, top: float, unit: float, plate: Colour, colour: Colour) -> float:
    """Text across the top as large as fits, on two lines if that lets it be larger. Returns the y below it, px."""
    width, largest = 0.9 * image.shape[1], 0.095 * unit
    words = text.split()
    breaks = [[text]] + [[" ".join(words[:n]), " ".join(words[n:])] for n in range(1, len(words))]
    size, lines = max(((min(_fitted(line, largest, width) for line in lines), lines) for lines in breaks), key=lambda option: option[0])
    for line in lines:
        _label(image, line, (image.shape[1] / 2, top), size, anchor=(0.5, 0), plate=plate, colour=colour, across=len(lines) > 1)
        top += int(1.3 * size)  # whole pixels, so that no gap shows between the plates
    return top + 0.02 * unit


def _fitted(text: str, largest: float, width: float) -> float:
    """Type size, px: ``largest``, or what lets the text be ``width`` px wide."""
    return min(largest, width * 100 / max(_text_width(text, 100), 1))


def _text_width(text: str, size: float) -> int:
    return int(cv2.getTextSize((0, 0), text, (0, 0), cv2.FontFace("sans"), max(round(size), 1), 700)[2])


def _label(
    image: Image,
    text: str,
    at: tuple[float, float],
    size: float,
    *,
    anchor: tuple[float, float],
    plate: Colour | None = None,
    colour: Colour = WHITE,
    across: bool = False,
) -> float:
    """Write text ``size`` px high on a plate, kept inside the picture.

    ``anchor`` is the point of the plate put at ``at``: (0, 0) its upper left corner, (1, 1) its lower right. ``plate`` None
    darkens the picture. ``across`` makes the plate as wide as the picture. Returns the plate's upper edge, px.
    """
    size = max(round(size), 8)
    height, width = image.shape[:2]
    text_width = _text_width(text, size)
    wide, high = (width if across else text_width + 0.5 * size), 1.3 * size
    left = min(max(at[0] - anchor[0] * wide, 0), max(width - wide, 0))
    top = min(max(at[1] - anchor[1] * high, 0), max(height - high, 0))
    _plate(image, (left, top, left + wide, top + high), plate)
    origin = (round(left + (wide - text_width) / 2), round(top + 1.0 * size))
    cv2.putText(image, text, origin, colour, cv2.FontFace("sans"), size, 700)
    return top


def _plate(image: Image, box: tuple[float, float, float, float], colour: Colour | None = None) -> None:
    """Fill a box (left, top, right, bottom) px, or darken the picture there to a quarter."""
    left, top, right, bottom = (max(round(edge), 0) for edge in box)
    if colour is None:
        image[top:bottom, left:right] >>= 2
    else:
        cv2.rectangle(image, (left, top), (right - 1, bottom - 1), colour, -1)


def _lines(image: Image, segments: Floats, colour: Colour, width: float) -> None:
    """Straight strokes, (N, 2, 2) px; those with a NaN are left out."""
    whole = segments[np.isfinite(segments).all(axis=(1, 2))]
    fixed = np.rint(np.clip(whole, -FAR_PX, FAR_PX) * (1 << SHIFT)).astype(np.int32)
    cv2.polylines(image, list(fixed), False, colour, max(1, round(width)), cv2.LINE_AA, SHIFT)


def _disc(image: Image, centre: Floats, radius: float, colour: Colour) -> None:
    """Fill a disc; draw nothing at a NaN."""
    if np.isfinite(centre).all():
        cv2.circle(image, _point(centre), _fixed(radius), colour, -1, cv2.LINE_AA, SHIFT)


def _point(xy: Floats) -> tuple[int, int]:
    return _fixed(xy[0]), _fixed(xy[1])


def _fixed(value: float) -> int:
    """Pixels as OpenCV's fixed-point integers."""
    return round(float(np.clip(value, -FAR_PX, FAR_PX)) * (1 << SHIFT))
