"""Getting set before practice, step by step: in the picture, turned the right way, visible, standing tall. Then go.

Pure: a frame's poses and a few facts in, one sentence out. Each step is asked for only when those before it are done.
"""

from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise
from typing import Final

import numpy as np

from .poses import Poses
from .series import MIN_SCORE, off_side
from .silhouette import HEIGHTS
from .skeleton import INDEX, SIDES
from .types import Floats
from .views import FRONT_WITHIN_DEG, LEGS_WITHIN_DEG

STAND_S: Final = 1.0  # of standing tall
SMALLEST: Final = 0.3  # of the picture's height, from ankle to shoulder: on a smaller body a pixel is half a degree of the back
DARKEST: Final = 40.0  # median brightness, of 255
LEAST_BACK: Final = 0.6  # share of the back between hips and shoulders whose edge must be seen
SHOWN_S: Final = 0.8  # a sentence stays at least so long

HEAD: Final = [INDEX["nose"], *SIDES["ear"]]
FEET: Final = [*SIDES["ankle"], *SIDES["heel"], *SIDES["foot_index"]]
JOINTS: Final = ("shoulder", "hip", "knee", "ankle")
BODY: Final = [index for joint in JOINTS for index in SIDES[joint]]


class Tier(IntEnum):
    """How far getting set has come: the step that is still to do."""

    PICTURE = 1
    VIEW = 2
    SEEN = 3
    STAND = 4
    READY = 5


# Lifters may begin although they cannot turn or be seen better (narrow room, plates, dark): what is not seen is not judged.
# A hidden joint also hides the stand, so these lifters may begin a little later.
PATIENCE_S: Final = {Tier.VIEW: 8.0, Tier.SEEN: 6.0, Tier.STAND: 4.0}


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next: one sentence, and what to draw with it.

    ``arrow``: "left" or "right" across the picture as filmed, "away" from or "nearer" to the camera, "turn", or "". ``joints`` are to be
    shown; ``share`` of the stand that is done, 0 to 1.
    """

    tier: Tier
    say: str
    arrow: str = ""
    joints: tuple[str, ...] = ()
    share: float = 0.0


READY: Final = Advice(Tier.READY, "Go")


@dataclass(frozen=True, slots=True)
class Guide:
    """What is remembered: the advice that is shown since when, and since when a step is waited for, by its tier."""

    advice: Advice | None = None
    since_s: float = 0.0
    waiting: tuple[tuple[Tier, float], ...] = ()


def advance(guide: Guide, poses: Poses, size: tuple[int, int], light: float, yaw_deg: float, stood_s: float) -> tuple[Guide, Advice]:
    """The advice for one more frame -> guide, Advice.

    ``poses`` of one frame in a picture of ``size`` (width, height) px and median brightness ``light``, 0 to 255; ``yaw_deg`` smoothed,
    signed, NaN where unseen; ``stood_s`` for how long the lifter has stood still.
    """
    t = float(poses.time_s[0])
    now = in_picture(poses, size)
    waiting: dict[Tier, float] = {}
    if now is None:
        for wanted in (_turned(yaw_deg), _visible(poses, light, yaw_deg)):
            if wanted is not None and now is None:
                waiting[wanted.tier] = dict(guide.waiting).get(wanted.tier, t)
                now = wanted if t - waiting[wanted.tier] < PATIENCE_S[wanted.tier] else None
        if now is None:
            hidden = t - waiting.get(Tier.SEEN, t) >= PATIENCE_S[Tier.SEEN] + PATIENCE_S[Tier.STAND]
            now = READY if hidden else _standing(stood_s)
    guide = replace(guide, waiting=tuple(waiting.items()))
    if guide.advice is not None and now.say != guide.advice.say and now.tier is not Tier.READY and t - guide.since_s < SHOWN_S:
        return guide, guide.advice
    if guide.advice is None or now.say != guide.advice.say:
        guide = replace(guide, since_s=t)
    return replace(guide, advice=now), now


def in_picture(poses: Poses, size: tuple[int, int]) -> Advice | None:
    """What keeps the lifter from being in the picture from head to foot, large enough; None when nothing does. Poses of one frame."""
    xy: Floats = poses.xy[0]
    width, height = size
    if np.isnan(xy[BODY]).any():
        return Advice(Tier.PICTURE, "Step into the picture")
    top, bottom = xy[HEAD, 1].min(), xy[FEET, 1].max()
    left, right = xy[BODY, 0].min(), xy[BODY, 0].max()
    tall = bottom - top
    long = max(sum(np.hypot(*(xy[SIDES[a][side]] - xy[SIDES[b][side]])) for a, b in pairwise(JOINTS)) for side in (0, 1))
    if bottom > height or top - 0.08 * tall < 0 or (left < 0 and right > width):  # the crown is above ears and nose
        missing = "feet" if bottom > height else "head" if left >= 0 else "whole body"
        return Advice(Tier.PICTURE, f"Step back: show your {missing}", "away")
    if left < 0 or right > width:
        return Advice(Tier.PICTURE, "Move this way", "right" if left < 0 else "left")
    trunks = xy[list(SIDES["shoulder"])] - xy[list(SIDES["hip"])]
    upright = np.abs(trunks[:, 1]) > np.abs(trunks[:, 0])
    if long < SMALLEST * height and upright.all():  # a lifter who bends over at an angle to the camera looks small
        return Advice(Tier.PICTURE, "Come closer", "nearer")
    return None


def is_side(yaw_deg: float) -> bool:
    """Whether this yaw, degrees, is square enough from the side for the cues of legs and trunk; NaN is not."""
    return bool(off_side(np.array(yaw_deg)) <= LEGS_WITHIN_DEG)


def is_front(yaw_deg: float) -> bool:
    """Whether this yaw, degrees, is square enough from the front or the back; NaN is not."""
    return bool(90.0 - off_side(np.array(yaw_deg)) <= FRONT_WITHIN_DEG)


def _turned(yaw_deg: float) -> Advice | None:
    """Whether the lifter has to turn."""
    return None if is_side(yaw_deg) or is_front(yaw_deg) else Advice(Tier.VIEW, "Turn side-on", "turn")


def _visible(poses: Poses, light: float, yaw_deg: float) -> Advice | None:
    """Advice for the first part of the lifter that cannot be seen; None when all can."""
    if light < DARKEST:
        return Advice(Tier.SEEN, "More light, please")
    near = int(yaw_deg > 0)
    for joint in JOINTS:
        scores = poses.score[0, list(SIDES[joint])]
        if (scores[near] if is_side(yaw_deg) else scores.min()) < MIN_SCORE:
            return Advice(Tier.SEEN, f"Show your {joint}", joints=(joint,))
    between = (HEIGHTS >= 0) & (HEIGHTS <= 1)
    if is_side(yaw_deg) and np.isfinite(poses.back[0, between]).mean() < LEAST_BACK:
        return Advice(Tier.SEEN, "Show your back", joints=("shoulder", "hip"))
    return None


def _standing(stood_s: float) -> Advice:
    """How much of the stand is still to do."""
    return READY if stood_s >= STAND_S else Advice(Tier.STAND, "Stand tall", share=max(stood_s, 0.0) / STAND_S)
