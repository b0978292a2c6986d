"""The lens: from what is seen of a frame, and of the lifter's own stand, to the angles of the body, from any side.

A small network learnt on rendered bodies whose truth is known. It reads the landmarks in the picture and in the world, their visibility,
the outlines of back and legs, the same of the lifter's stand where one is known, and what ``metrics`` makes of all that by geometry. It
gives each measure and how far it may be off. The weights stand in ``lens.npz``; ``python -m benchmarks lens`` learns them again.
"""

from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import numpy as np

from . import skeleton
from .poses import Poses
from .silhouette import L, S
from .types import Floats

FILE: Final = "lens.npz"
# What the lens gives, in this order. Angles in degrees; the drop in hundredths of a leg, the ratios of gaps in fiftieths, so that all
# are of one size. Hip, knee and shin are those of the leg nearer to the camera; the azimuth is 0 from the side, 90 from the front.
OUTPUTS: Final = ("hip", "knee", "trunk", "shin", "lower", "upper", "drop", "knee_ankle", "ankle_hip", "azimuth")
HIP: Final = OUTPUTS.index("hip")
TRUNK: Final = OUTPUTS.index("trunk")
LYING_DEG: Final = -25.0  # lean of the trunk, by geometry; those who stood leaning back furthest among what was learnt from leant by 18
UNTAUGHT: Final = 15.0  # degrees, and as much of the other units
SCALE: Final = np.array([1, 1, 1, 1, 1, 1, 0.01, 0.02, 0.02, 1])

_USED: Final = ("nose", *(f"{side}_{joint}" for joint in skeleton.SIDES if joint != "eye" for side in ("left", "right")))
_AT: Final = [skeleton.INDEX[name] for name in _USED]
_BONES: Final = [
    (skeleton.SIDES[a][side], skeleton.SIDES[b][side])
    for a, b in (("hip", "shoulder"), ("hip", "knee"), ("knee", "ankle"), ("shoulder", "ear"))
    for side in (0, 1)
]
_LENGTHS: Final = _BONES[:6] + [skeleton.SIDES[joint] for joint in ("shoulder", "hip", "knee", "ankle")]
_MIRRORED: Final = [
    skeleton.INDEX[name.replace("left", "LEFT").replace("right", "left").replace("LEFT", "right")] for name in skeleton.LANDMARKS
]
FEATURES: Final = len(_AT) * (2 + 3 + 1) + len(_BONES) * 6 + len(_LENGTHS) * 2 + 2 + S + L + 2
# Columns of the geometry that are a first guess at each output: the networks say how far to trust it, and what to add. The last one is the
# camera's yaw, which is 90 from the side.
BY_GEOMETRY: Final = (0, 1, 2, 3, 4, 5, 6, 8, 9, 10)
LOG_SCALE: Final = (-4.0, 3.0)
CLIP: Final = 6.0  # standard deviations: nothing that the lens never saw counts for more
# All that is multiplied is rounded to these fractions first. Then float64 adds the products without an error, in whatever order: a frame
# gives the same bits alone, among others, and on any machine.
IN_STEPS: Final = 2.0**10
WEIGHT_STEPS: Final = 2.0**12


def features(poses: Poses, yaw_deg: Floats) -> Floats:
    """What the lens reads of each frame, mirrored so that the lifter faces right. Poses as seen of T, signed degrees (T,) -> (T, FEATURES).

    Places in metres from between the hips, turned about the vertical so that the shoulders lie across. NaN where unseen.
    """
    left = np.sin(np.radians(yaw_deg)) < 0
    way = np.where(left, -1.0, 1.0)
    xy, world, score = poses.xy, poses.world, poses.score
    if left.any():
        xy, world = (np.where(left[:, None, None], points[:, _MIRRORED], points) for points in (xy, world))
        score = np.where(left[:, None], score[:, _MIRRORED], score)
        xy = xy * np.stack([way, np.ones_like(way)], axis=-1)[:, None]
        world = world * np.stack([way, np.ones_like(way), np.ones_like(way)], axis=-1)[:, None]
    pair = list(skeleton.SIDES["hip"])
    with np.errstate(invalid="ignore", divide="ignore"):
        picture = (xy - xy[:, pair].mean(axis=1, keepdims=True)) / _px_a_metre(xy, world)[:, None, None]
    sine, cosine = np.sin(np.radians(yaw_deg)) * way, np.cos(np.radians(yaw_deg))
    ahead = world[..., 0] * sine[:, None] - world[..., 2] * cosine[:, None]
    across = world[..., 0] * cosine[:, None] + world[..., 2] * sine[:, None]
    turned = np.stack([ahead, world[..., 1], across], axis=-1)
    parts = [picture[:, _AT].reshape(len(xy), 2 * len(_AT)), turned[:, _AT].reshape(len(xy), 3 * len(_AT)), score[:, _AT]]
    for points, flat in ((picture, (0, 1)), (turned, (0, 1)), (turned, (2, 1))):
        parts += [_direction(points[:, b][:, flat] - points[:, a][:, flat]) for a, b in _BONES]
    for points in (picture, turned):
        parts.append(np.stack([_length(points[:, a] - points[:, b]) for a, b in _LENGTHS], axis=-1))
    parts += [np.stack([sine, cosine], axis=-1), poses.back, poses.leg]
    parts.append(np.stack([np.isfinite(poses.back).mean(axis=1), np.isfinite(poses.leg).mean(axis=1)], axis=-1))
    return np.concatenate(parts, axis=1)


def _px_a_metre(xy: Floats, world: Floats) -> Floats:
    """How large the lifter is in the picture. (T, K, 2) px, (T, K, 3) m -> (T,)."""
    size: Floats = np.sqrt(_spread(xy) / _spread(world[..., :2]))
    return size


def _spread(points: Floats) -> Floats:
    """Sum of squares about the middle. (T, K, 2) -> (T,). Column by column: a sum over both axes takes another order for T = 1."""
    x, y = (np.ascontiguousarray(points[..., axis]) for axis in (0, 1))
    spread: Floats = x.var(axis=1) + y.var(axis=1)
    return spread


def _length(way: Floats) -> Floats:
    """Length of vectors. (T, n) -> (T,)."""
    size: Floats = np.sqrt((way * way).sum(axis=-1))
    return size


def _direction(way: Floats) -> Floats:
    """A vector (forward, down) as sine and cosine of its lean. (T, 2) -> (T, 2). NaN where it has no length."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack([way[:, 0], -way[:, 1]], axis=-1) / _length(way)[:, None]


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The learnt numbers of M networks of one shape.

    ``mean`` and ``deviation`` of each input: of the features, then of the geometry. ``see`` two layers of a frame or a stand, ``join``
    three of both: matrix (M, in, out) and offset (M, 1, out). ``true_mean`` and ``true_deviation`` of each output. ``widen`` (2, O) turns a
    network's own scale into half of an interval that holds four of five errors, with a stand and without. ``clear`` (2, O): how wide that
    half is as a rule, with a stand, from the side and from the front.
    """

    mean: Floats
    deviation: Floats
    see: tuple[tuple[Floats, Floats], ...]
    join: tuple[tuple[Floats, Floats], ...]
    true_mean: Floats
    true_deviation: Floats
    widen: Floats
    clear: Floats


@cache
def weights() -> Weights:
    """The weights that the package carries."""
    with resources.files(__package__).joinpath(FILE).open("rb") as file, np.load(file) as kept:
        told = {name: kept[name].astype(np.float64) for name in kept.files}
    layers = [(_stepped(told[f"w{n}"], WEIGHT_STEPS), _stepped(told[f"b{n}"], IN_STEPS * WEIGHT_STEPS)[:, None]) for n in range(5)]
    told = {name: told[name] for name in ("mean", "deviation", "true_mean", "true_deviation", "widen", "clear")}
    return Weights(see=tuple(layers[:2]), join=tuple(layers[2:]), **told)


def look(seen: Floats, stand: Floats | None, geometry: Floats) -> tuple[Floats, Floats]:
    """The measures ``OUTPUTS`` of T frames, and half the width of their intervals. (T, FEATURES), (FEATURES,), (T, G) -> (T, O) each.

    NaN where nobody is seen. Without a stand it is less sure. Nobody taught it what somebody looks like who lies or leans far back: there
    the measures are those of geometry, give or take ``UNTAUGHT``.
    """
    learnt, known = weights(), stand is not None
    now = _seen(seen, learnt)
    own = _seen(stand[None], learnt) if stand is not None else np.zeros_like(now[:, :1])
    apart = now - own if known else np.zeros_like(now)
    geometry_in = _standard(geometry, learnt, slice(FEATURES, None))
    more = np.concatenate([geometry_in, np.isfinite(geometry), np.full((len(seen), 1), float(known))], axis=1)
    members = len(now)
    told = np.concatenate([now, np.broadcast_to(own, now.shape), apart, np.broadcast_to(more, (members, *more.shape))], axis=2)
    for layer in learnt.join[:-1]:
        told = _layer(told, layer)
    matrix, offset = learnt.join[-1]
    correction, scale, trust = np.split(told @ matrix + offset, 3, axis=2)
    scale = np.exp(np.clip(scale, *LOG_SCALE))
    guess = np.clip(np.nan_to_num((guessed(geometry) - learnt.true_mean) / learnt.true_deviation), -CLIP, CLIP)
    middle = correction + guess / (1.0 + np.exp(-trust))
    unseen = np.isnan(seen[:, :1])
    value = middle.mean(axis=0) * learnt.true_deviation + learnt.true_mean
    spread = (scale.mean(axis=0) + middle.std(axis=0)) * learnt.true_deviation * learnt.widen[int(not known)]
    own = guessed(geometry)
    lying = (own[:, TRUNK] < LYING_DEG)[:, None] & np.isfinite(own)
    value, spread = np.where(lying, own, value), np.where(lying, UNTAUGHT, spread)
    return np.where(unseen, np.nan, value * SCALE), np.where(unseen, np.nan, spread * SCALE)


def clear_spread(output: str, *, from_front: bool) -> float:
    """Half the width of the interval that an output has as a rule, clearly seen from the side or from the front, in its unit."""
    column = OUTPUTS.index(output)
    return float(weights().clear[int(from_front), column] * SCALE[column])


def guessed(geometry: Floats) -> Floats:
    """The measures as geometry has them, in the units of the networks. (T, G) -> (T, O). NaN where it has none."""
    own: Floats = geometry[:, BY_GEOMETRY] / SCALE
    own[:, -1] = 90.0 - own[:, -1]
    return own


def _seen(rows: Floats, learnt: Weights) -> Floats:
    """What each network makes of a frame, or of a stand. (T, FEATURES) -> (M, T, n)."""
    out = _standard(rows, learnt, slice(None, FEATURES))[None]
    for layer in learnt.see:
        out = _layer(out, layer)
    return out


def _layer(rows: Floats, layer: tuple[Floats, Floats]) -> Floats:
    """One layer. (M or 1, T, in) -> (M, T, out)."""
    matrix, offset = layer
    return _stepped(np.maximum(rows @ matrix + offset, 0.0), IN_STEPS)


def _standard(rows: Floats, learnt: Weights, which: slice) -> Floats:
    """Inputs in standard deviations from their mean; what is unseen is usual. (T, n) -> (T, n)."""
    far = np.nan_to_num((rows - learnt.mean[which]) / learnt.deviation[which])
    return _stepped(np.clip(far, -CLIP, CLIP), IN_STEPS)


def _stepped(values: Floats, steps: float) -> Floats:
    """Round to fractions of 1 / ``steps``."""
    out: Floats = np.rint(values * steps) / steps
    return out
