"""Pose estimators: the protocol, the registry of names, and an estimator that replays recorded poses."""

import importlib
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self

from ..errors import InputError
from ..verdict.poses import Poses
from ..verdict.types import Frame

# Name -> "module:callable"; the callable gets the name. Imported only on demand: a pose network takes a second to load.
ESTIMATORS: Final[dict[str, str]] = {
    "lite": "hingecheck.vision.mediapipe_pose:MediaPipePose",
    "full": "hingecheck.vision.mediapipe_pose:MediaPipePose",
    "heavy": "hingecheck.vision.mediapipe_pose:MediaPipePose",
}
DEFAULT: Final = "full"
ENOUGH_PX: Final = 480  # picture height; the networks use 256 x 256 px, so a larger picture only makes a larger, slower mask


class PoseEstimator(Protocol):
    """Estimates poses frame by frame, in time order. Use a new one for each clip. Close it, or use it in a ``with`` block."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings for the user about the frames so far, one line each. Any frame may add more."""
        ...

    def estimate(self, frame: Frame) -> Poses:
        """The pose in one frame: T = 1, in the pixels of ``frame.image``. Without a person: NaN, and ``people`` 0."""
        ...

    def look(self, frame: Frame) -> Callable[[], Poses]:
        """Like ``estimate``, but postpone part of the work: it is done when the result is called.

        Call each result once, in frame order, always from the same thread. Another thread may look at further frames meanwhile.
        """
        poses = self.estimate(frame)
        return lambda: poses

    def close(self) -> None:
        """Release models and memory. May be called more than once."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def check(name: str, asked: str = "") -> str:
    """Return the name if an estimator has it, else raise ``InputError`` with ``asked`` (such as an option) before the name."""
    if name not in ESTIMATORS:
        raise InputError(f"{asked}{name}: no pose model has this name. Choose one of: {', '.join(ESTIMATORS)}.")
    return name


def create(name: str = DEFAULT) -> PoseEstimator:
    """Create the estimator with this name, ready for its first frame."""
    check(name)
    module, factory = ESTIMATORS[name].split(":")
    estimator: PoseEstimator = getattr(importlib.import_module(module), factory)(name)
    return estimator


class RecordedPoses(PoseEstimator):
    """Replays poses that were estimated earlier: row ``frame.index`` of ``poses``, with its recorded time."""

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
