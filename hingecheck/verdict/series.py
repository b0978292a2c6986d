"""From poses to the series that everything is measured from: segment angles, lengths, gaps, and what the back's contour shows.

A frame at a time, without knowing the lifter or the rep; ``metrics`` compares these with the lifter's own standing.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from . import calibration, skeleton
from .geometry import lean, length
from .poses import Poses
from .silhouette import HEIGHTS, back_points, leg_chord, trunk
from .types import Floats, Ints

MIN_SCORE: Final = 0.5  # a landmark MediaPipe itself calls unlikely is not measured from

# Where segment angles are read from, by how far the camera is from a square side view. Up to 14 degrees off: from the near side of the
# picture. From 26 on: half from the middles of left and right in the picture, with foreshortening undone, half from the world landmarks; a
# middle does not change when the knees are pushed out. From 70 on the picture shows nothing of a lean: from the world landmarks alone.
NEAR_SIDE, BOTH, WORLD = range(3)
OFF_DEG: Final = (14.0, 26.0, 55.0, 70.0)
LEAST_SHIN_DEG: Final = -30.0  # rendered shins lean back by 10 at most
LIFTED: Final = 0.12  # of the height of the hip over the other foot: more than two feet on one floor differ from the side
LONGEST: Final = 3.0  # times: more is not lengthened, a pixel would be ten degrees

# Columns of the smoothed series, and how fast each may change (cutoff of the filter, hertz).
TRUNK, THIGH, SHIN, HIP_X, HIP_Y, ANKLE_X, ANKLE_Y, TRUNK_PX, THIGH_PX, SHANK_PX, MIDDLE_X, MIDDLE_Y, OUTLINED_X, OUTLINED_Y = range(14)
REAR_THIGH, REAR_SHIN, LEG_LINE, KNEE_ANKLE, ANKLE_HIP, STEP, SHOULDER, LOWER, UPPER, HEAD = range(14, 24)
CUTOFF_HZ: Final = (4.0,) * 17 + (2.0,) * 2 + (3.0,) * 5
SERIES: Final = len(CUTOFF_HZ)
# No angle of a limb goes on by so many degrees more than it was going within a tenth of a second: a joint was drawn elsewhere.
LEAP: Final = (25.0,) * 3 + (float("inf"),) * (SERIES - 3)
LEANS: Final = slice(TRUNK, SHIN + 1)
PLACES: Final = (*range(HIP_X, OUTLINED_Y + 1),)  # where in the picture, and how large
MIDDLE: Final = slice(MIDDLE_X, MIDDLE_Y + 1)  # of the hips, as the landmarks have it
OUTLINED: Final = slice(OUTLINED_X, OUTLINED_Y + 1)
REAR: Final = slice(REAR_THIGH, LEG_LINE + 1)  # what the rear edge of the legs shows of thigh and shin, and the line from ankles to hips
GAPS: Final = slice(KNEE_ANKLE, ANKLE_HIP + 1)  # between left and right
BACK: Final = slice(SHOULDER, HEAD + 1)  # what an arm or a turned head may hide, and what a standing shape is

HIP_AT: Final = np.searchsorted(HEIGHTS, (-0.1, 0.0, 0.1, 0.2))  # samples of the back that locate the hip
BELOW_HAIR: Final = slice(*np.searchsorted(HEIGHTS, (-0.05, 0.85)).tolist())  # up to 0.8: a step in the contour is no pony-tail's
# If neighbouring samples of the rear edge differ by more than this from the usual step, leg lengths, the edge is torn or has furniture
# behind it. On rendered clips 19 of 20 edges that give a knee off by more than 6 degrees step this far, and 1 in 40 of the others.
TORN: Final = 0.03
WIDEST_GAP: Final = 8  # samples of the back in a row: what an upper arm or an elbow hides of it


def gate(poses: Poses) -> Poses:
    """The same poses with NaN for every landmark scored below ``MIN_SCORE``."""
    unlikely = ~(poses.score >= MIN_SCORE)[..., None]
    return replace(poses, xy=np.where(unlikely, np.nan, poses.xy), world=np.where(unlikely, np.nan, poses.world))


def sureness(poses: Poses, near: Ints) -> Floats:
    """How likely the least likely joint of the near trunk and of the near leg is, 0 to 1. Poses of T, near side (T,) -> (T, 2)."""
    rows, side, likely = np.arange(len(poses)), np.maximum(near, 0), poses.likely
    score = {j: likely[rows, np.array(skeleton.SIDES[j])[side]] for j in ("shoulder", "hip", "knee", "ankle")}
    trunk = np.minimum(score["shoulder"], score["hip"])
    return np.stack([trunk, np.minimum(score["hip"], np.minimum(score["knee"], score["ankle"]))], axis=-1)


def _leans(points: dict[str, Floats]) -> Floats:
    """Trunk, thigh and shin against the vertical, degrees. Joints (T, 2), (forward, down) -> (T, 3). Knee forward of hip is positive."""
    trunk = lean(points["hip"], points["shoulder"])
    thigh = -lean(points["knee"], points["hip"])
    shin = lean(points["ankle"], points["knee"])
    return np.stack([trunk, thigh, shin], axis=-1)


def sources(yaw_deg: Floats) -> Floats:
    """How much each source counts for the segment angles: near side, both sides, world; they add up to 1. (T,) signed deg -> (T, 3).

    NaN stays.
    """
    off = off_side(yaw_deg)
    near = np.interp(off, OFF_DEG[:2], (1.0, 0.0))
    world = np.interp(off, OFF_DEG[2:], (0.0, 1.0))
    return np.stack([near, 1.0 - near - world, world], axis=-1)


def way_faced(yaw_deg: Floats) -> Floats:
    """The picture's edge that the lifter faces: 1 right, -1 left. (T,) signed degrees -> (T,). -1 where it is NaN."""
    return np.where(np.sin(np.radians(yaw_deg)) >= 0, 1.0, -1.0)


def off_side(yaw_deg: Floats) -> Floats:
    """How far the camera is from a square side view, degrees, 0 to 90. (T,) -> (T,). NaN stays."""
    return np.abs(np.abs(yaw_deg) - 90.0)


def _impossible(poses: Poses, side: Ints, ahead_down: Floats) -> Floats:
    """Whether a leg is drawn on a plate before it: its shin leans back too far, or its foot is off the floor. NaN if unseen.

    Side (T,), what ``forward`` gives (T, 2) -> (T,).
    """
    rows = np.arange(len(poses))
    hip, knee, ankle = (poses.xy[rows, np.array(skeleton.SIDES[j])[side]] * ahead_down for j in ("hip", "knee", "ankle"))
    other = poses.xy[rows, np.array(skeleton.SIDES["ankle"])[1 - side], 1]
    lifted = other - ankle[:, 1] > LIFTED * (other - hip[:, 1])
    shin = lean(ankle, knee)
    return np.where(np.isnan(shin), np.nan, (shin < LEAST_SHIN_DEG) | lifted)


def mean_of_sides(a: Floats, b: Floats) -> Floats:
    """Elementwise mean, or the one that is there. Same shape; NaN where both are."""
    return np.where(np.isnan(a), b, np.where(np.isnan(b), a, (a + b) / 2))


def measure(seen: Poses, poses: Poses, yaw_deg: Floats, near: Ints) -> Floats:
    """Unsmoothed series, columns as named above. Poses as seen and gated, yaw (T,) signed degrees, near side (T,) -> (T, SERIES).

    Leans and the head's turn in degrees; places and lengths in px; ratios; shoulders and the steepest step in trunk lengths; the back in
    degrees. NaN where unseen.
    """
    frames = np.arange(len(poses))
    side = np.maximum(near, 0)
    sine = np.sin(np.radians(yaw_deg))
    cosine = np.cos(np.radians(yaw_deg))
    way = way_faced(yaw_deg)

    joints = ("shoulder", "hip", "knee", "ankle")
    pair = {j: np.array(skeleton.SIDES[j]) for j in joints}
    ahead_down = forward(yaw_deg)
    leg = np.where((_impossible(poses, side, ahead_down) == 1.0) & (_impossible(poses, 1 - side, ahead_down) == 0.0), 1 - side, side)
    picture = {j: poses.xy[frames, pair[j][side if j == "shoulder" else leg]] for j in joints}
    middle = {j: (poses.xy[:, pair[j][0]] + poses.xy[:, pair[j][1]]) / 2 for j in joints}
    lengthened = np.stack([way * np.minimum(1.0 / np.maximum(np.abs(sine), 1e-9), LONGEST), np.ones_like(way)], axis=-1)

    def sagittal(s: int) -> Floats:
        world = {j: poses.world[:, skeleton.SIDES[j][s]] for j in joints}
        ahead = {j: p[:, 0] * sine - p[:, 2] * cosine for j, p in world.items()}
        return _leans({j: np.stack([ahead[j], p[:, 1]], axis=-1) for j, p in world.items()})

    in_world = mean_of_sides(sagittal(0), sagittal(1))
    both = mean_of_sides(_leans({j: middle[j] * lengthened for j in joints}), in_world)
    read = np.stack([_leans({j: p * ahead_down for j, p in picture.items()}), both, in_world], axis=1)
    share = sources(yaw_deg)[:, :, None]
    leans = np.where(share == 0.0, 0.0, share * read).sum(axis=1)

    series = np.full((len(poses), SERIES), np.nan)
    series[:, LEANS] = leans
    series[:, HIP_X : HIP_Y + 1] = picture["hip"]
    series[:, ANKLE_X : ANKLE_Y + 1] = picture["ankle"]
    series[:, THIGH_PX] = length(picture["hip"], picture["knee"])
    series[:, SHANK_PX] = length(picture["knee"], picture["ankle"])
    hips, shoulders = trunk(seen.xy)
    series[:, TRUNK_PX] = length(hips, shoulders)
    series[:, MIDDLE] = hips
    series[:, OUTLINED] = outlined(seen, yaw_deg)
    series[:, REAR_THIGH : REAR_SHIN + 1] = (untorn(seen.leg)[:, :, None] * np.array(calibration.REAR_WEIGHTS).T).sum(axis=1)
    series[:, LEG_LINE] = leg_line(seen, yaw_deg)
    gap = {j: length(poses.xy[:, skeleton.SIDES[j][0]], poses.xy[:, skeleton.SIDES[j][1]]) for j in ("hip", "knee", "ankle")}
    with np.errstate(invalid="ignore", divide="ignore"):
        series[:, KNEE_ANKLE] = gap["knee"] / gap["ankle"]
        series[:, ANKLE_HIP] = gap["ankle"] / gap["hip"]
    head = middles(poses, yaw_deg)
    back = bridged(poses.back)
    carried = (carriage(poses, head, yaw_deg, near) * np.array(calibration.SHOULDER_CARRIAGE)).sum(axis=1)
    series[:, STEP] = steepest(back[:, BELOW_HAIR], calibration.USUAL_PROFILE[BELOW_HAIR])
    series[:, SHOULDER] = _weighed(calibration.SHOULDER_WEIGHTS, back) + carried + calibration.shoulder_by_camera(yaw_deg)
    series[:, LOWER] = _weighed(calibration.LOWER_WEIGHTS, back)
    series[:, UPPER] = _weighed(calibration.UPPER_WEIGHTS, back)
    series[:, HEAD] = lean(head["shoulder"], head["ear"]) - lean(head["hip"], head["shoulder"])
    return series


def outlined(poses: Poses, yaw_deg: Floats) -> Floats:
    """Where the outline of the buttocks has the hip, px, up to what is the same all session. Poses as seen, yaw (T,) -> (T, 2).

    A plate before the leg pulls the hip's landmarks to itself, but never covers the back. NaN where the outline is not seen.
    """
    hip, _ = trunk(poses.xy)
    off: Floats = (around_hip(poses, yaw_deg)[:, :, None] * np.array(calibration.HIP_BY_OUTLINE)).sum(axis=1)
    return hip + forward(yaw_deg) * off


def leg_line(poses: Poses, yaw_deg: Floats) -> Floats:
    """The line from the middle of the ankles to that of the hips against the vertical, degrees, hips ahead positive.

    Poses as seen, yaw (T,) signed degrees -> (T,).
    """
    hip, chord = leg_chord(poses.xy)
    ahead_down = forward(yaw_deg)
    return lean((hip + chord) * ahead_down, hip * ahead_down)


def around_hip(poses: Poses, yaw_deg: Floats) -> Floats:
    """Shoulders and outline at ``HIP_AT`` against the middle of the hips, px: ahead and down of each. Poses of T, (T,) -> (T, 10)."""
    hip, shoulder = trunk(poses.xy)
    points = np.concatenate([shoulder[:, None], back_points(poses.xy, bridged(poses.back))[:, HIP_AT]], axis=1)
    around = (points - hip[:, None]) * forward(yaw_deg)[:, None]
    return np.ascontiguousarray(around).reshape(len(poses), 2 * points.shape[1])


def middles(poses: Poses, yaw_deg: Floats) -> dict[str, Floats]:
    """Middles of hips, shoulders and ears, (forward, down) px, or the one side that is seen. Gated poses of T, (T,) -> (T, 2) each."""
    ahead_down = forward(yaw_deg)
    return {j: mean_of_sides(*(poses.xy[:, one] for one in skeleton.SIDES[j])) * ahead_down for j in ("hip", "shoulder", "ear")}


def forward(yaw_deg: Floats) -> Floats:
    """Factors, 1 or -1, that turn a place in the picture, px, into (forward, down). (T,) signed degrees -> (T, 2)."""
    way = way_faced(yaw_deg)
    return np.stack([way, np.ones_like(way)], axis=-1)


def carriage(poses: Poses, middle: dict[str, Floats], yaw_deg: Floats, near: Ints) -> Floats:
    """How head and shoulders are carried: ear ahead of the chord, ear up along it, near shoulder ahead of it; chord lengths. -> (T, 3).

    The chord runs from the middle of the hips to the middle of the shoulders. Gated poses of T, their
    ``middles``, (T,) signed degrees, near side (T,).
    """
    rows, side = np.arange(len(poses)), np.maximum(near, 0)
    chord, ear = middle["shoulder"] - middle["hip"], middle["ear"] - middle["hip"]
    shoulder = poses.xy[rows, np.array(skeleton.SIDES["shoulder"])[side]] * forward(yaw_deg) - middle["hip"]
    ahead = np.stack([-chord[:, 1], chord[:, 0]], axis=-1)
    square = (chord * chord).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([(a * b).sum(axis=-1) / square for a, b in ((ear, ahead), (ear, chord), (shoulder, ahead))], axis=-1)


def bridged(back: Floats) -> Floats:
    """The back profile with gaps of up to ``WIDEST_GAP`` samples closed as a usual back runs between their ends. (T, S) -> (T, S).

    Gaps at either end stay, and so do wider ones.
    """
    unseen = np.isnan(back)
    if not unseen.any():
        return back
    usual = np.array(calibration.USUAL_PROFILE)
    out, against = back.copy(), back - usual
    place = np.arange(back.shape[1])
    before = np.maximum.accumulate(np.where(unseen, -1, place), axis=1)
    after = np.minimum.accumulate(np.where(unseen, back.shape[1], place)[:, ::-1], axis=1)[:, ::-1]
    row, at = np.nonzero(unseen & (before >= 0) & (after < back.shape[1]) & (after - before <= WIDEST_GAP + 1))
    first, last = before[row, at], after[row, at]
    share = (at - first) / (last - first)
    out[row, at] = usual[at] + against[row, first] * (1.0 - share) + against[row, last] * share
    return out


def untorn(leg: Floats) -> Floats:
    """The rear edge of the legs, leg lengths; a whole frame is NaN where a step exceeds ``TORN``. (T, L) -> (T, L)."""
    return np.where((steepest(leg, calibration.USUAL_LEG) > TORN)[:, None], np.nan, leg)


def steepest(profile: Floats, usual: Sequence[float]) -> Floats:
    """The largest step between neighbouring samples of a profile, more or less than a usual one's. (T, N), (N,) -> (T,).

    In the profile's unit, 0 and more; blind to NaN, and NaN where nothing is seen.
    """
    steps = np.abs(np.diff(profile - np.array(usual), axis=1))
    largest: Floats = np.fmax.reduce(steps, axis=1)
    return largest


def _weighed(weights: tuple[float, ...], back: Floats) -> Floats:
    """Weighed sum of the back profile. (T, S) -> (T,). NaN where a sample that counts is."""
    heavy = np.flatnonzero(weights)
    # Laid out row by row, or one frame would be added up in another order than many, and differ in its last bit.
    weighed: Floats = np.ascontiguousarray(back[:, heavy] * np.array(weights)[heavy]).sum(axis=1)
    return weighed
