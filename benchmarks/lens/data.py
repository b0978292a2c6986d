"""From tracked stills to what the lens learns from: inputs as the engine makes them, and the truth."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hingecheck.verdict import baseline, lens, metrics, series, views
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.types import Floats

from ..truth import LEG_SHARE

_MOST: Final = 4.0  # times one gap over another: more is no different


@dataclass(frozen=True, slots=True, eq=False)
class Stills:
    """N stills of many bodies. ``seen`` and ``stand`` (N, FEATURES), ``geometry`` against the stand and ``blind`` without it (N, G),
    ``truth`` (N, O), ``azimuth`` (N,) degrees and ``body`` (N,). A stand that was not seen is NaN.
    """

    seen: NDArray[np.float32]
    stand: NDArray[np.float32]
    geometry: NDArray[np.float32]
    blind: NDArray[np.float32]
    truth: NDArray[np.float32]
    azimuth: NDArray[np.float32]
    body: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.body)


def load(folder: Path, cache: Path) -> Stills:
    """Every body in a folder of tracked stills. What was made of each is kept in ``cache``, since that takes longer than learning."""
    cache.mkdir(parents=True, exist_ok=True)
    parts = list(_bodies(folder, cache))
    return Stills(**{f.name: np.concatenate([part[f.name] for part in parts]) for f in fields(Stills)})


def _bodies(folder: Path, cache: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("[0-9]*.npz")):
        kept = cache / path.name
        if not kept.is_file():
            with np.load(path) as tracked:
                np.savez(kept, **one_body(tracked, int(path.stem)))
        with np.load(kept) as made:
            yield {name: made[name] for name in made.files}


def one_body(tracked: Any, body: int) -> dict[str, Any]:
    """The stills of one body in which it was seen, as the fields of ``Stills``."""
    poses = _poses(tracked)
    likely = series.gate(poses)
    yaw_deg = views.yaw(views.yaw_parts(likely.world))
    near = np.concatenate([views.near_side(-1, yaw_deg[i : i + 1]) for i in range(len(poses))])
    read = series.measure(poses, likely, yaw_deg, near)
    sure = series.sureness(likely, near)
    seen = lens.features(poses, yaw_deg)
    usable = np.isfinite(yaw_deg) & np.isfinite(poses.xy[:, 0, 0])
    stands = np.flatnonzero(tracked["stand"] & usable)
    known = baseline.learn(0.0, read[stands], yaw_deg[stands], seen[stands]) if len(stands) else None
    with np.errstate(all="ignore"):
        blind = metrics.geometry(None, read, yaw_deg, sure)
        geometry = blind * np.nan if known is None else metrics.geometry(known, read, yaw_deg, sure)
    stand = np.full(seen.shape[1], np.nan) if known is None else np.array(known.features)
    truth = _truth(tracked, np.where(np.sin(np.radians(yaw_deg)) >= 0, "right", "left"))
    rows = {
        "seen": seen,
        "stand": np.broadcast_to(stand, seen.shape),
        "geometry": geometry,
        "blind": blind,
        "truth": truth,
        "azimuth": np.full(len(seen), float(tracked["azimuth"])),
    }
    return {name: value[usable].astype(np.float32) for name, value in rows.items()} | {"body": np.full(int(usable.sum()), body)}


def _poses(tracked: Any) -> Poses:
    """Stills as if they were frames of a clip; each is looked at by itself."""
    frames = len(tracked["XY"])
    return Poses(
        time_s=np.arange(frames, dtype=float),
        xy=tracked["XY"].astype(float),
        score=np.where(np.isfinite(tracked["XY"][..., 0]), tracked["V"].astype(float), np.nan),
        world=tracked["W"].astype(float),
        back=tracked["back"].astype(float),
        leg=tracked["leg"].astype(float),
        people=np.ones(frames, np.int8),
        hidden=tracked["hidden"],
    )


def _truth(tracked: Any, near: NDArray[Any]) -> Floats:
    """The true measures in the units of the lens, of the leg that is near as the landmarks have it. (T,) of names -> (T, O)."""

    def of(name: str) -> Floats:
        return np.asarray(tracked["T_" + name], float)

    def sided(name: str) -> Floats:
        return np.where(near == "left", of(name + "_left"), of(name + "_right"))

    stands = tracked["stand"]
    told = {
        "hip": sided("hip_flexion"),
        "knee": sided("knee_flexion"),
        "trunk": of("trunk_inclination"),
        "shin": sided("shank_inclination"),
        "lower": of("lumbar_flexion") - of("lumbar_flexion")[stands].mean(),
        "upper": of("thoracic_flexion") - of("thoracic_flexion")[stands].mean(),
        "drop": (1.0 - of("hip_height_rel")) / LEG_SHARE,
        "knee_ankle": np.clip(of("knee_separation") / of("ankle_separation"), 0, _MOST),
        "ankle_hip": np.clip(of("ankle_separation") / of("hip_separation"), 0, _MOST),
        "azimuth": np.full(len(near), float(tracked["azimuth"])),
    }
    return np.stack([told[name] for name in lens.OUTPUTS], axis=-1) / lens.SCALE
