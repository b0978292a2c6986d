"""An estimator that sees poses recorded before: for the drivers, which need a clip and poses but not a pose network."""

from pathlib import Path

import pytest
import synthetic
from clips import make_clip

from hingecheck.verdict.poses import Poses
from hingecheck.vision import estimators

_TOLD: dict[str, Poses] = {}
made: list[str] = []  # the model asked for, every time


def see(monkeypatch: pytest.MonkeyPatch, poses: Poses, *models: str) -> None:
    """Make these models (default: all) see ``poses``, row by row, in any clip."""
    for model in models or tuple(estimators.ESTIMATORS):
        _TOLD[model] = poses
        monkeypatch.setitem(estimators.ESTIMATORS, model, f"{__name__}:estimator")
    made.clear()


def estimator(model: str) -> estimators.RecordedPoses:
    """What the registry calls."""
    made.append(model)
    return estimators.RecordedPoses(_TOLD[model])


def two_hinges() -> Poses:
    """Eight seconds and a half of a figure that hinges twice, well, seen from the side; 25 frames a second."""
    return synthetic.film(synthetic.stand(1.0) + synthetic.hinge(reps=2))


def clip_of(path: Path, poses: Poses) -> Path:
    """A clip with as many pictures as there are poses, 25 a second; each spells its own number."""
    return make_clip(path, len(poses), size=(160, 96))
