"""The registry and the estimator that replays a recording."""

import subprocess
import sys

import numpy as np
import pytest

from hingecheck.errors import InputError
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.silhouette import L, S
from hingecheck.verdict.skeleton import K
from hingecheck.verdict.types import Frame
from hingecheck.vision import estimators

PICTURE = np.zeros((4, 4, 3), np.uint8)


def recording(frames):
    """Poses that say their frame number in every place."""
    number = np.arange(frames, dtype=np.float64)

    def numbered(*shape):
        return np.broadcast_to(number.reshape(-1, *[1] * len(shape)), (frames, *shape)).copy()

    return Poses(number / 10, numbered(K, 2), numbered(K), numbered(K, 3), numbered(S), numbered(L), np.ones(frames, np.int8))


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(InputError, match=r"^medium: no pose model has this name\. Choose one of: lite, full, heavy\.$"):
        estimators.create("medium")


def test_the_default_is_one_of_the_names():
    assert estimators.DEFAULT in estimators.ESTIMATORS


def test_the_registry_does_not_import_mediapipe():
    code = "import sys, hingecheck.vision.estimators; sys.exit(bool({'mediapipe', 'hingecheck.vision.mediapipe_pose'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_new_name_needs_one_row(monkeypatch):
    monkeypatch.setitem(estimators.ESTIMATORS, "still", f"{__name__}:still_life")
    with estimators.create("still") as estimator:
        assert estimator.estimate(Frame(2, 9.0, PICTURE)).xy[0, 0, 0] == 2


def still_life(name):
    return estimators.RecordedPoses(recording(3), (name,))


def test_recorded_poses_come_back_frame_by_frame_with_their_own_times():
    poses = recording(4)
    with estimators.RecordedPoses(poses, ("feet leave the picture from 3.2 s",)) as estimator:
        replayed = Poses.concat([estimator.estimate(Frame(i, 99.0, PICTURE)) for i in range(4)])
        assert estimator.warnings == ("feet leave the picture from 3.2 s",)
    assert all(np.array_equal(getattr(replayed, name), getattr(poses, name)) for name in Poses.__slots__)


@pytest.mark.parametrize("index", [-1, 4])
def test_a_frame_outside_the_recording_is_refused(index):
    with pytest.raises(InputError, match=rf"^frame {index}: the recording holds 4 frames"):
        estimators.RecordedPoses(recording(4)).estimate(Frame(index, 0.0, PICTURE))
