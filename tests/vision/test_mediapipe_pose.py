"""The real model on real pictures: rendered lifters, alone, in company, gone and back."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from synthetic import Build, film, stand

from hingecheck.errors import ModelError
from hingecheck.verdict import metrics, silhouette, skeleton
from hingecheck.verdict.poses import Poses
from hingecheck.verdict.silhouette import S
from hingecheck.verdict.types import Frame
from hingecheck.vision import estimators, mediapipe_pose
from hingecheck.vision.mediapipe_pose import MediaPipePose, covered

STEP = 3  # every third frame of the 25 a second
HIP = skeleton.INDEX["left_hip"]
EMPTY = (96, 104, 110)  # a wall without anybody


def pictures(clip, count):
    """``count`` pictures of 640 x 480 px, 0.12 s apart."""
    with av.open(str(clip)) as container:
        return np.stack([f.to_ndarray(format="rgb24") for f in itertools.islice(container.decode(video=0), 0, count * STEP, STEP)])


@pytest.fixture(scope="module")
def lifter(sample_videos):
    return pictures(sample_videos / "good.mp4", 24)


@pytest.fixture(scope="module")
def other(sample_videos):
    return pictures(sample_videos / "squatty.mp4", 24)


@pytest.fixture(scope="module")
def alone(lifter):
    """The lifter's poses with nobody else there, and the warnings: what every other picture of the lifter is compared with."""
    return estimate(lifter)


def estimate(images, seconds=None, model="lite"):
    seconds = np.arange(len(images)) * STEP / 25 if seconds is None else seconds
    with MediaPipePose(model) as estimator:
        poses = [estimator.estimate(Frame(i, float(t), image)) for i, (t, image) in enumerate(zip(seconds, images, strict=True))]
        return Poses.concat(poses), estimator.warnings


def wall(images):
    return np.full_like(images, EMPTY)


def small(images):
    """Half as large, at the bottom of an otherwise empty picture of the same height."""
    half = images[:, ::2, ::2]
    return np.concatenate([np.full_like(half, EMPTY), half], axis=1)


def off_px(poses, alone, shift=0):
    """How far the hip is from where it is when the lifter is alone, px. (T,), NaN where one is not seen."""
    return np.hypot(*(poses.xy[:, HIP] - (shift, 0) - alone.xy[:, HIP]).T)


def test_a_lone_lifter_is_seen_in_every_frame(alone):
    poses, warnings = alone
    assert warnings == ()
    assert (poses.people == 1).all()
    assert np.isfinite(poses.xy).all() and np.isfinite(poses.world).all()
    assert ((poses.score >= 0) & (poses.score <= 1)).all()
    assert poses.back.shape == (24, S)
    assert np.isfinite(poses.back).mean() > 0.5


def test_the_trunk_leans_as_far_as_the_renderer_made_it_lean(sample_videos, alone):
    truth = json.loads((sample_videos / "good.json").read_text())["per_frame"]["trunk_inclination"][: 24 * STEP : STEP]
    hip, shoulder = silhouette.trunk(alone[0].xy)
    lean_deg = np.degrees(np.arctan2(np.abs(shoulder - hip)[:, 0], (hip - shoulder)[:, 1]))
    assert max(truth) > 20  # the clip has begun to bend
    assert np.abs(lean_deg - np.abs(truth)).mean() < 6


def test_a_large_picture_gives_pixels_of_that_large_picture(lifter, alone):
    large = lifter[:6].repeat(3, axis=1).repeat(3, axis=2)
    poses, _ = estimate(large)
    assert large.shape[1] >= 4 * estimators.ENOUGH_PX
    assert np.nanmax(np.abs(poses.xy / 3 - alone[0].xy[:6])[:, HIP]) < 4
    assert np.nanmedian(np.abs(poses.back - alone[0].back[:6])) < 0.02


def test_joints_outside_the_picture_have_score_0(lifter):
    poses, _ = estimate(lifter[:8, :420])  # cut below the knees
    outside = (poses.xy[..., 1] > 420) | (poses.xy[..., 1] < 0)
    feet = [skeleton.INDEX[f"{side}_{part}"] for side in ("left", "right") for part in ("heel", "ankle", "foot_index")]
    assert outside[:, feet].all()
    assert (poses.score[outside] == 0).all()
    assert (poses.score[:, HIP] > 0.5).all()


def test_of_a_leg_behind_something_knee_and_ankle_are_hidden_and_nothing_else():
    """Seen from the front in a picture that is all body; from the middle of the left shank on, 8 looks of 10 at most see the person."""
    xy = film(stand(0.1), yaw_deg=0.0, build=Build(px_per_m=200.0), ankle_px=(200.0, 400.0)).xy[0]
    (left_knee, right_knee), (left_ankle, right_ankle) = skeleton.SIDES["knee"], skeleton.SIDES["ankle"]
    mask, nowhere = np.ones((480, 400), np.float32), np.zeros(skeleton.K, dtype=bool)
    assert not covered(mask, xy, nowhere).any()
    x, y = np.round(xy[left_ankle]).astype(int)
    mask[y - 40 : y, x - 10 : x + 10] = 0.0  # half of a shank of 0.4 m
    assert np.flatnonzero(covered(mask, xy, nowhere)).tolist() == [left_knee, left_ankle]
    mask[:] = 0.0
    assert np.flatnonzero(covered(mask, xy, nowhere)).tolist() == [left_knee, right_knee, left_ankle, right_ankle]


def test_of_a_leg_the_joints_behind_a_plate_are_hidden_and_no_back_is_told_from_a_hip_that_is():
    xy = film(stand(0.1), yaw_deg=90.0, build=Build(px_per_m=200.0), ankle_px=(200.0, 400.0)).xy[0]
    mask = np.ones((480, 400), np.float32)
    for joint in ("hip", "knee", "ankle"):
        behind = np.isin(np.arange(skeleton.K), [skeleton.SIDES[joint][1], skeleton.INDEX["right_wrist"]])
        assert np.flatnonzero(covered(mask, xy, behind)).tolist() == [skeleton.SIDES[joint][1]]
    mask[:, :190] = 0.0  # the back's edge
    assert np.isfinite(mediapipe_pose._back(mask, xy, behind)).any()
    behind[skeleton.SIDES["hip"][0]] = True
    assert np.isnan(mediapipe_pose._back(mask, xy, behind)).all()


def test_the_near_leg_of_a_lifter_in_full_sight_is_neither_hidden_nor_doubted(alone):
    """Facing right, the right one; of the far one MediaPipe is unsure by itself."""
    near = [skeleton.SIDES[joint][1] for joint in ("knee", "ankle")]
    assert (alone[0].score[:, near] > metrics.LEG_SURE).all()
    assert not alone[0].hidden[:, near].any()


def test_a_leg_behind_something_keeps_the_score_of_mediapipe(lifter, alone, monkeypatch):
    monkeypatch.setattr(mediapipe_pose, "shanks_seen", lambda mask, xy: np.array([1.0, 0.5]))
    poses, _ = estimate(lifter[:4])
    right = [skeleton.SIDES[joint][1] for joint in ("knee", "ankle")]
    assert np.array_equal(np.argwhere(poses.hidden), [(frame, joint) for frame in range(4) for joint in right])
    assert np.array_equal(poses.score, alone[0].score[:4])
    assert np.array_equal(poses.xy, alone[0].xy[:4])


def test_nobody_gives_nan_and_no_people(lifter):
    poses, warnings = estimate(np.zeros_like(lifter[:6]))
    assert warnings == ()
    assert (poses.people == 0).all()
    assert all(np.isnan(values).all() for values in (poses.xy, poses.score, poses.world, poses.back))
    assert np.array_equal(poses.time_s, np.arange(6) * STEP / 25)


@pytest.mark.parametrize("size", [(1, 1), (0, 5), (3, 5), (1, 4000), (481, 641)])
def test_no_size_of_picture_is_too_odd(size):
    poses, _ = estimate(np.zeros((2, *size, 3), np.uint8))
    assert (poses.people == 0).all()


def test_somebody_who_leaves_and_comes_back_is_seen_again(lifter, alone):
    images = lifter.copy()
    images[8:14] = EMPTY
    poses, warnings = estimate(images)
    assert warnings == ()
    assert (poses.people[8:14] == 0).all()
    assert (poses.people[16:] == 1).all()
    assert off_px(poses, alone[0])[16:].max() < 12


def test_somebody_who_comes_back_elsewhere_is_seen_again_after_a_second(lifter):
    there, gone = np.concatenate([lifter, wall(lifter)], axis=2), np.concatenate([wall(lifter), lifter], axis=2)
    images = np.concatenate([there[:6], gone[6:]])
    poses, _ = estimate(images)
    assert (poses.people[:6] == 1).all()
    within = slice(6, 6 + int(mediapipe_pose.PATIENCE_S * 25 / STEP))
    assert (poses.people[within] == 0).all()
    assert (poses.people[within.stop + 3 :] == 1).all()
    assert (poses.xy[within.stop + 3 :, HIP, 0] > 480).all()


@pytest.mark.parametrize("lifter_side", ["left", "right"])
def test_the_larger_of_two_people_is_followed(lifter, other, alone, lifter_side):
    both = [lifter, small(other)] if lifter_side == "left" else [small(other), lifter]
    poses, warnings = estimate(np.concatenate(both, axis=2))
    assert (poses.people == 2).all()
    assert off_px(poses, alone[0], shift=0 if lifter_side == "left" else 240).max() < 12
    assert warnings == ("2 people in the picture from 0.0 s: following the larger one near the middle",)


def test_of_two_equally_large_people_the_one_in_the_middle_is_followed(lifter, other, alone):
    both = np.concatenate([wall(other)[:, :, :240], lifter, other[:, :, :360]], axis=2)
    poses, _ = estimate(both)
    assert off_px(poses, alone[0], shift=240).max() < 12


def test_one_who_walks_in_later_is_counted_and_not_followed(lifter, other, alone):
    images = np.concatenate([lifter, wall(other)], axis=2)
    for i in range(8, 24):  # comes in from the right, closer to the camera than the lifter is
        arrived = min(480, 60 * (i - 7))
        images[i, :, 960 - arrived :] = other[i, :, :arrived]
    poses, warnings = estimate(images)
    assert off_px(poses, alone[0]).max() < 12
    assert poses.people[0] == 1
    assert poses.people[-1] == 2
    assert len(warnings) == 1
    assert warnings[0].startswith("2 people in the picture from ") and warnings[0].endswith(": following the one who was there first")


def test_after_somebody_passed_in_front_the_lifter_is_followed_again(lifter, other, alone):
    """The tracker follows a passer-by in front of the lifter, and would stay with them."""
    margin = wall(lifter)[:, :, :300]
    images = np.concatenate([margin, lifter, margin], axis=2)
    for i in range(24):  # comes from the right edge, and stops on the left
        left = max(880 - 60 * i, 40)
        images[i, :, left : left + 200] = other[i, :, 140:340]
    poses, _ = estimate(images)
    assert off_px(poses, alone[0], shift=300)[:5].max() < 12
    assert off_px(poses, alone[0], shift=300)[16:].max() < 12


def test_when_the_one_followed_vanishes_nobody_else_is_shown_for_a_second(lifter, other, alone):
    images = np.concatenate([lifter, small(other)], axis=2)
    images[10:16, :, :480] = EMPTY  # 0.72 s
    poses, _ = estimate(images)
    assert (poses.people[10:16] == 0).all()
    assert off_px(poses, alone[0])[18:].max() < 12


def test_a_tracker_that_jumps_to_somebody_else_is_turned_down(lifter, other, alone, monkeypatch):
    """Without the second look, the larger newcomer would be taken for the lifter who vanished."""
    monkeypatch.setattr(mediapipe_pose, "LOOK_EVERY_S", np.inf)
    images = np.concatenate([lifter, wall(other)], axis=2)
    images[8:12, :, :480] = EMPTY
    images[8:, :, 480:] = other[8:]
    poses, _ = estimate(images)
    assert not (poses.xy[:, HIP, 0] > 480).any()
    assert off_px(poses, alone[0])[14:].max() < 12


def test_frames_closer_than_a_millisecond_and_times_that_run_back_do_no_harm(lifter):
    poses, _ = estimate(lifter[:5], seconds=[0.0, 0.0001, 0.0002, 0.0001, -1.0])
    assert (poses.people == 1).all()


def test_the_same_pictures_give_the_same_poses(lifter):
    first, again = estimate(lifter[:4])[0], estimate(lifter[:4])[0]
    assert np.array_equal(first.xy, again.xy) and np.array_equal(first.back, again.back, equal_nan=True)


def test_a_view_of_a_larger_array_is_read_as_it_looks(lifter, alone):
    mirrored = np.ascontiguousarray(lifter[:3, :, ::-1])
    poses, _ = estimate(mirrored[:, :, ::-1])
    assert np.array_equal(poses.xy, alone[0].xy[:3])


def test_a_closed_estimator_says_so_and_may_be_closed_again(lifter):
    estimator = MediaPipePose("lite")
    estimator.close()
    estimator.close()
    with pytest.raises(ValueError, match="closed"):
        estimator.estimate(Frame(0, 0.0, lifter[0]))


def test_a_model_that_mediapipe_refuses_is_a_model_error(monkeypatch):
    monkeypatch.setattr(mediapipe_pose, "verify", lambda name: b"PK no bundle")
    with pytest.raises(ModelError, match="does not accept the pose model"):
        MediaPipePose("lite")


def test_a_mediapipe_that_cannot_be_imported_is_a_model_error(monkeypatch):
    monkeypatch.setitem(sys.modules, "mediapipe.tasks.python.vision.pose_landmarker", None)
    with pytest.raises(ModelError, match=r"^mediapipe: cannot be loaded"):
        MediaPipePose("lite")


def test_a_failure_inside_mediapipe_names_the_moment(lifter, monkeypatch):
    with MediaPipePose("lite") as estimator:
        monkeypatch.setattr(estimator._tracker, "detect_for_video", broken)
        with pytest.raises(ModelError, match=r"^picture at 1\.250 s: MediaPipe failed \(the graph broke\)"):
            estimator.estimate(Frame(0, 1.25, lifter[0]))


def broken(*_):
    raise RuntimeError("the graph broke\n=== Source Location Trace ===")


PROGRAM = """
import sys, threading, time
import numpy as np
from hingecheck.verdict.types import Frame
from hingecheck.vision.mediapipe_pose import MediaPipePose
threading.Timer(0, lambda: [(time.sleep(0.01), print("meanwhile", file=sys.stderr)) for _ in range(9)]).start()
estimator = MediaPipePose("lite")
for i, image in enumerate(np.load(sys.argv[1])):
    estimator.estimate(Frame(i, i / 8, image))
print("poses done", file=sys.stderr)
1 / 0
"""


def test_users_see_all_that_python_says_and_nothing_of_what_mediapipe_prints(lifter, tmp_path):
    np.save(tmp_path / "pictures.npy", lifter[:4])
    command = [sys.executable, "-c", PROGRAM, tmp_path / "pictures.npy"]
    root = Path(mediapipe_pose.__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    said = done.stderr.splitlines()
    assert said[:9] == ["meanwhile"] * 9
    assert said[9] == "poses done"
    assert said[10].startswith("Traceback") and said[-1].startswith("ZeroDivisionError")
    assert len(said) == 13


def test_the_import_of_mediapipe_waits_for_the_first_estimator():
    code = "import sys, hingecheck.vision.mediapipe_pose; sys.exit('mediapipe' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_mediapipe_is_left_without_certificates_to_report_with(lifter, monkeypatch):
    from mediapipe.tasks.python.core.base_options import BaseOptions
    from mediapipe.tasks.python.vision import pose_landmarker

    given = []
    original = pose_landmarker.PoseLandmarker.create_from_options
    monkeypatch.setattr(
        pose_landmarker.PoseLandmarker, "create_from_options", lambda options: (given.append(options.base_options), original(options))[1]
    )
    mediapipe_pose._scout.cache_clear()  # the model that counts people is made once a process
    MediaPipePose("lite").close()
    assert len(given) == 2
    assert all(isinstance(base, BaseOptions) and base.to_ctypes().ca_bundle_path == b"/dev/null" for base in given)


def test_mediapipe_is_loaded_without_what_it_plots_with_which_still_works():
    code = """
import sys
from hingecheck.vision import mediapipe_pose
mediapipe_pose.load()
assert not [name for name in sys.modules if name.startswith("matplotlib")]
from mediapipe.tasks.python.vision import drawing_utils
import matplotlib.pyplot
assert drawing_utils.plt.figure is matplotlib.pyplot.figure
"""
    subprocess.run([sys.executable, "-c", code], check=True)
