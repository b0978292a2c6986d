"""What turns pictures into poses: the protocol, the names one can ask for, and the estimator that replays a recording."""

import importlib
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self

from ..errors import InputError
from ..verdict.poses import Poses
from ..verdict.types import Frame

# Name -> "module:callable", which is called with the name. Looked up only when asked for: a pose network takes a second to load.
ESTIMATORS: Final[dict[str, str]] = {
    "lite": "hingecheck.vision.mediapipe_pose:MediaPipePose",
    "full": "hingecheck.vision.mediapipe_pose:MediaPipePose",
    "heavy": "hingecheck.vision.mediapipe_pose:MediaPipePose",
}
DEFAULT: Final = "full"
ENOUGH_PX: Final = 480  # of height: the networks look at 256 x 256 px of a picture, and a mask as large as a larger one only costs time


class PoseEstimator(Protocol):
    """Sees one frame after the other, in time order; a new clip wants a new estimator. Close it, or use it in a ``with``."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know about the frames seen so far, each one line; may grow with every frame."""
        ...

    def estimate(self, frame: Frame) -> Poses:
        """The pose in one frame: T = 1, in the pixels of ``frame.image``. Nobody there: NaN, and ``people`` 0."""
        ...

    def look(self, frame: Frame) -> Callable[[], Poses]:
        """See one frame as ``estimate`` does, but leave what can wait: it is done when the result is called.

        Results are called once each, in the order of the frames, in any one thread, while further frames may be looked at in another.
        """
        poses = self.estimate(frame)
        return lambda: poses

    def close(self) -> None:
        """Let go of models and memory; more than once does no harm."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def check(name: str, asked: str = "") -> str:
    """The name, if an estimator has it; else ``InputError``, which puts ``asked`` (such as an option) before the name."""
    if name not in ESTIMATORS:
        raise InputError(f"{asked}{name}: no pose model has this name. Choose one of: {', '.join(ESTIMATORS)}.")
    return name


def create(name: str = DEFAULT) -> PoseEstimator:
    """The estimator of that name, ready for its first frame."""
    check(name)
    module, factory = ESTIMATORS[name].split(":")
    estimator: PoseEstimator = getattr(importlib.import_module(module), factory)(name)
    return estimator


class RecordedPoses(PoseEstimator):
    """Hands out poses that were estimated before: row ``frame.index`` of ``poses``, with the time that was recorded."""

    def __init__(self, poses: Poses, warnings: tuple[str, ...] = ()) -> None:
        self.poses = poses
        self._warnings = warnings

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings that were recorded with the poses."""
        return self._warnings

    def estimate(self, frame: Frame) -> Poses:
        """Row ``frame.index`` of the recording, T = 1."""
        if not 0 <= frame.index < len(self.poses):
            raise InputError(
                f"frame {frame.index}: the recording holds {len(self.poses)} frames, numbered from 0. Use the clip it was recorded from."
            )
        return self.poses[frame.index : frame.index + 1]
