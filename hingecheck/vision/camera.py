"""Finds how the camera moved, from the picture around the person: sparse optical flow against a key picture, a robust similarity a frame.

Against one key picture, not from frame to frame, errors do not add up. The key is renewed when too little of it is left in the picture.
A camera on a tripod gives exactly no motion.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..opencv import cv2
from ..verdict.poses import NOWHERE
from ..verdict.silhouette import trunk
from ..verdict.steady import CUT, MOVED, STILL, applied, joined, undone
from ..verdict.types import Bools, Floats

HEIGHT_PX: Final = 240  # of the picture that is searched: a corner is found to within 0.03 px of it, an eighth of a per mille
POINTS: Final = 80
APART_PX: Final = 9.0
LEAST: Final = 10  # points; fewer show nothing of the camera
KEPT: Final = 0.5  # of the key's points; with fewer in agreement the key is renewed
AGREEING: Final = 0.4  # of the points in sight; fewer are no camera's motion
NEAR_PX: Final = 0.5  # a point this close to where the similarity puts it agrees
WIDE: Final = 0.35  # of the picture's width and height, over which the points must spread: a bar or a passer-by is smaller
PAD: Final = 0.15  # of the person's box, around it: hair, plates and shadow move with the person
# A camera at rest stays so while the middle point moves by less than this, and the middle of their motions is less than the second. Weak
# corners in a compressed picture shake by 0.1 px. A moving camera has come to rest when the picture's corners are off by less than the
# third.
REST_PX, SHIFT_PX, CALM_PX = 0.2, 0.06, 0.1
FEW: Final = 24  # the strongest points: enough to see that nothing moves
PATCH: Final = 5  # px around each
RENEW: Final = 0.06  # of the height: the points of a key further off leave the picture
FAR: Final = 0.15  # of the height: seen from further off, the background does not move as the floor under the lifter does
LOST_S: Final = 0.3  # a picture blurred by a knock is sharp again by then
# A cut: the picture, 32 px wide, differs from the last by this many grey levels, and by this many times as much as it usually does.
CUT_GREY, CUT_TIMES = 6.0, 4.0
# A picture shown again, compressed anew, differs from the first showing by at most this many grey levels anywhere. Clips of a few stills a
# second are full of them: each picture stands for half a second, and then the lifter is somewhere else.
SAME_GREY: Final = 2
JUMP: Final = 0.5  # trunk lengths that hip or shoulder move between two pictures only across a cut: 7 m/s at 30 a second
JUMP_S: Final = 0.1
COARSE: Final = (32, 24)
FLOW: Final[dict[str, Any]] = {
    "winSize": (15, 15),
    "criteria": (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 15, 0.02),
    "flags": cv2.OPTFLOW_USE_INITIAL_FLOW,
}
LEVELS: Final = 2

Picture = NDArray[np.uint8]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """Middle of hips and of shoulders (2, 2), px of the small picture, and when the last picture that shows them was."""

    places: Floats
    time_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """What is known of the camera after a picture. Similarities (4,), px of the small picture, as in ``verdict.steady``.

    ``key`` the picture compared with, ``points`` (N, 2) of it, ``place`` from it to the reference; ``motion`` from the last picture to the
    key. ``last`` and ``coarse`` the last picture, at ``last_s``, ``box`` the person in it, ``usual`` how much pictures differ; ``sure_s``
    when the motion was last known. A picture shown again is not another picture.
    """

    key: Picture | None = None
    points: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 2), np.float32))
    patches: "Patches | None" = None
    place: Floats = field(default_factory=lambda: np.array(NOWHERE))
    motion: Floats = field(default_factory=lambda: np.array(NOWHERE))
    last: Picture | None = None
    coarse: Picture | None = None
    last_s: float = -np.inf
    box: Box | None = None
    body: Body | None = None
    usual: float = 0.0
    sure_s: float = 0.0

    @property
    def to_reference(self) -> Floats:
        """The similarity (4,) from the last picture to the reference, px of the small picture."""
        return joined(self.place, self.motion)


def follow(camera: Camera, image: Picture, xy: Floats | None, time_s: float) -> tuple[Camera, Floats, int]:
    """One more picture. Camera so far, (H, W, 3), landmarks (K, 2) px or None, s -> camera, similarity to the reference (4,) px, break.

    The break is ``STILL`` while the reference holds; ``MOVED`` or ``CUT`` where this picture begins a new one.
    """
    height, width = image.shape[:2]
    size = max(16, round(width * HEIGHT_PX / height)), HEIGHT_PX
    scale = np.array([width / size[0], height / size[1]])
    grey: Any = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
    coarse: Any = cv2.resize(grey, COARSE, interpolation=cv2.INTER_AREA)
    change = None if camera.coarse is None else np.abs(coarse.astype(np.int16) - camera.coarse)
    if change is not None and change.max() <= SAME_GREY:
        return replace(camera, sure_s=time_s), _enlarged(camera.to_reference, scale), STILL
    box = body = None
    if xy is not None:
        small = xy / scale
        body = Body(np.array(trunk(small)), time_s)
        pad = PAD * np.ptp(small, axis=0).max()
        least, most = small.min(axis=0) - pad, small.max(axis=0) + pad
        box = float(least[0]), float(least[1]), float(most[0]), float(most[1])
    differs = 0.0 if change is None else float(change.mean())
    sudden = camera.coarse is not None and differs > max(CUT_GREY, CUT_TIMES * camera.usual)
    camera, broke = _stepped(camera, grey, box, time_s, sudden)
    if broke == STILL and _jumped(camera.body, body) and differs > CUT_TIMES / 2 * camera.usual:
        camera, broke = _anew(camera, grey, box, time_s), CUT
    usual = differs if camera.coarse is None else camera.usual + (min(differs, CUT_GREY) - camera.usual) * 0.1
    camera = replace(camera, last=grey, coarse=coarse, last_s=time_s, box=box, body=body or camera.body, usual=usual)
    return camera, _enlarged(camera.to_reference, scale), broke


def _enlarged(similarity: Floats, scale: Floats) -> Floats:
    """A similarity of the small picture in the large one. (4,), (2,) how many times as wide and as high -> (4,)."""
    a, b, x, y = similarity.tolist()
    return np.array([a, b, x * scale[0], y * scale[1]])


def _stepped(camera: Camera, grey: Picture, box: Box | None, time_s: float, sudden: bool) -> tuple[Camera, int]:
    """The camera with the motion of one more picture, and the break, if any."""
    if camera.key is None or camera.last is None or camera.last.shape != grey.shape:
        return _anew(camera, grey, box, time_s), STILL
    resting = camera.patches is not None and (camera.motion == NOWHERE).all() and _rests(camera.patches, grey, box)
    found = (camera.motion, 1.0) if resting else _motion(camera.key, camera.points, grey, camera.motion, box)
    if found is None:  # the key is too far off: try from the last picture
        nearer = _renewed(camera, camera.last, camera.box)
        found = _motion(camera.last, nearer.points, grey, nearer.motion, box)
        if found is not None:
            camera = nearer
    if found is None:
        beside = camera.points[_outside(camera.points, box, grey)]
        if sudden and (_shows(beside, grey) or time_s - camera.last_s <= JUMP_S):
            return _anew(camera, grey, box, time_s), CUT
        seen = _shows(camera.points, grey)
        if seen and time_s - camera.sure_s > LOST_S:
            return _anew(camera, grey, box, time_s), MOVED
        return (camera if seen else replace(camera, sure_s=time_s)), STILL
    motion, kept = found
    camera = replace(camera, motion=motion, sure_s=time_s)
    if _shift(camera.to_reference, grey) > FAR * HEIGHT_PX:
        return _anew(camera, grey, box, time_s), MOVED
    if kept < KEPT or _shift(motion, grey) > RENEW * HEIGHT_PX:
        camera = _renewed(camera, grey, box)
    return camera, STILL


def _anew(camera: Camera, grey: Picture, box: Box | None, time_s: float) -> Camera:
    """The same camera, with this picture as the reference from here on."""
    return replace(_renewed(camera, grey, box), place=np.array(NOWHERE), sure_s=time_s)


def _renewed(camera: Camera, grey: Picture, box: Box | None) -> Camera:
    """The same camera with the last picture known, ``grey``, as its key."""
    outside = np.full(grey.shape, 255, np.uint8)
    if box is not None:
        left, top, right, bottom = (max(0, round(edge)) for edge in box)
        outside[top:bottom, left:right] = 0
    found: Any = cv2.goodFeaturesToTrack(grey, POINTS, 0.005, APART_PX, mask=outside)
    points = np.empty((0, 2), np.float32) if found is None else found[:, 0]
    return replace(camera, key=grey, points=points, patches=_patches(grey, points), place=camera.to_reference, motion=np.array(NOWHERE))


def _motion(key: Picture, points: NDArray[np.float32], grey: Picture, before: Floats, box: Box | None) -> tuple[Floats, float] | None:
    """The similarity from a picture to the key, and the share of the key's points that agree; None where it cannot be seen.

    ``before`` the similarity of the picture before it; ``box`` the person in this one.
    """
    if len(points) < LEAST:
        return None
    guess = applied(undone(before), points.astype(float)).astype(np.float32)
    now, found, _ = cv2.calcOpticalFlowPyrLK(key, grey, points, guess, maxLevel=LEVELS, **FLOW)
    seen = (found[:, 0] == 1) & _outside(now, box, grey)
    points, now = points[seen], now[seen]
    if not _shows(points, grey):
        return None
    if (before == NOWHERE).all() and _still(now - points):
        return before, 1.0
    similarity, agree = cv2.estimateAffinePartial2D(now, points, method=cv2.RANSAC, ransacReprojThreshold=NEAR_PX, maxIters=200)
    if similarity is None:
        return None
    agrees = agree[:, 0] == 1
    if agrees.mean() < AGREEING or not _shows(points[agrees], grey):
        return None
    motion = np.array([similarity[0, 0], similarity[1, 0], similarity[0, 2], similarity[1, 2]])
    if _shift(motion, grey) < CALM_PX:
        motion = np.array(NOWHERE)
    return motion, float(agrees.mean())


@dataclass(frozen=True, slots=True, eq=False)
class Patches:
    """The surroundings of the strongest points of a key, (N, A) grey levels, and how to read a small motion (N, 2, A) px from their change.

    One step of Lucas and Kanade with all that depends on the key worked out before: a thirtieth of the time of following the points.
    """

    points: NDArray[np.float32]
    where: NDArray[np.int64]
    grey: NDArray[np.float32]
    motion: NDArray[np.float32]


def _patches(key: Picture, points: NDArray[np.float32]) -> Patches:
    """The patches of the key around its strongest points, away from the edge."""
    height, width = key.shape
    reach = np.arange(-PATCH, PATCH + 1)
    at = np.rint(points[:FEW]).astype(np.int64)
    kept = ((at > PATCH) & (at < np.array([width, height]) - PATCH - 1)).all(axis=1)
    at = at[kept]
    off = (reach[:, None] * width + reach[None, :]).ravel()
    where = (at[:, 1] * width + at[:, 0])[:, None] + off
    flat = cv2.GaussianBlur(key, (3, 3), 0).astype(np.float32).ravel()
    slope = np.stack([(flat[where + step] - flat[where - step]) / 2 for step in (1, width)], axis=1)
    square = slope @ slope.transpose(0, 2, 1) + 1e-3 * np.eye(2, dtype=np.float32)
    return Patches(points[:FEW][kept], where, key.ravel()[where].astype(np.float32), np.linalg.solve(square, slope).astype(np.float32))


def _rests(patches: Patches, grey: Picture, box: Box | None) -> bool:
    """Whether the strongest points are where they were in the key."""
    seen = _outside(patches.points, box, grey)
    if not _shows(patches.points[seen], grey):
        return False
    change = patches.grey[seen] - grey.ravel()[patches.where[seen]]
    return _still((patches.motion[seen] @ change[..., None])[..., 0])


def _still(motions: NDArray[Any]) -> bool:
    """Whether motions (N, 2) px are those of a camera at rest."""
    return bool(np.median(np.hypot(*motions.T)) < REST_PX and (np.abs(np.median(motions, axis=0)) < SHIFT_PX).all())


def _outside(points: NDArray[Any], box: Box | None, grey: Picture) -> Bools:
    """Which points (N, 2) lie in the picture and not in the person's box. -> (N,)."""
    x, y = points[:, 0], points[:, 1]
    inside: Bools = (x >= 0) & (y >= 0) & (x < grey.shape[1]) & (y < grey.shape[0])
    if box is None:
        return inside
    left, top, right, bottom = box
    return inside & ~((x > left) & (x < right) & (y > top) & (y < bottom))


def _shows(points: NDArray[Any], grey: Picture) -> bool:
    """Whether points (N, 2) px are so many, and cover so much of the picture, that they are its background."""
    return len(points) >= LEAST and bool((np.ptp(points, axis=0) >= WIDE * np.array(grey.shape[::-1])).all())


def _shift(similarity: Floats, grey: Picture) -> float:
    """How far a similarity (4,) moves the corners of the picture at most, px."""
    height, width = grey.shape
    corners = np.array([(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)])
    return float(np.hypot(*(applied(similarity, corners) - corners).T).max())


def _jumped(before: Body | None, now: Body | None) -> bool:
    """Whether hips or shoulders are further from where they were than a body moves between two pictures."""
    if before is None or now is None or not 0 < now.time_s - before.time_s <= JUMP_S:
        return False
    size = np.hypot(*(before.places[1] - before.places[0]))
    return bool((np.hypot(*(now.places - before.places).T) > JUMP * size).any())
