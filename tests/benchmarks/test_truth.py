"""Reading what really happened: rendered truth, and labels of real clips."""

import json

import numpy as np
import pytest

from benchmarks.truth import EXPECTED, azimuth_bin, faults_of, in_part, load_folder, load_real, load_truth, view_at
from hingecheck.verdict.cues import BY_ID, CUES

CLEAN_REP = {
    "rep": 1,
    "start_s": 0.2,
    "bottom_s": 0.4,
    "end_s": 0.6,
    "peak_lumbar_flexion": 6.0,
    "peak_thoracic_flexion": 4.0,
    "knee_flexion_bottom": 18.0,
    "ankle_hip_ratio": 1.3,
    "end_hip_flexion": 1.0,
    "end_trunk_inclination": 0.0,
    "faults": [],
}


def write_clip(folder, name="made", reps=(CLEAN_REP,), *, azimuth=0.0, stature=1.7, hold="none", **frames):
    """A truth file of five frames, ten a second: two standing, then a rep; the left side faces the camera."""
    per_frame = {
        "t": [0.0, 0.1, 0.2, 0.3, 0.4],
        "rep": [0, 0, 1, 1, 1],
        "phase": ["stand", "stand", "descent", "descent", "bottom"],
        "hip_flexion_left": [0, 0, 30, 60, 90],
        "hip_flexion_right": [9, 9, 9, 9, 9],
        "knee_flexion_left": [4, 4, 8, 12, 16],
        "trunk_inclination": [0, 0, 20, 40, 60],
        "shank_inclination_left": [5, 5, 5, 5, 5],
        "lumbar_flexion": [2, 4, 10, 20, 33],
        "thoracic_flexion": [9, 9, 10, 12, 15],
        "hip_height_rel": [1, 1, 0.955, 0.91, 0.82],
        "hip_separation": [0.2] * 5,
        "knee_separation": [0.24] * 5,
        "ankle_separation": [0.3] * 5,
    } | frames
    told = {
        "schema": "hinge-truth/1",
        "name": name,
        "preset": "good",
        "gender": "female",
        "stature_m": stature,
        "shape": {"weight": 0.5},
        "camera": {"azimuth": azimuth},
        "motion": {"hold": hold},
        "near_side": "left",
        "reps": list(reps),
        "per_frame": per_frame,
    }
    (folder / f"{name}.json").write_text(json.dumps(told))
    (folder / f"{name}.mp4").touch()
    return folder / f"{name}.json"


def test_the_side_that_faces_the_camera_is_the_one_measured(tmp_path):
    truth = load_truth(write_clip(tmp_path))
    assert truth.measures["hip_flexion"].tolist() == [0, 0, 30, 60, 90]
    assert truth.moving.tolist() == [False, False, True, True, True]
    assert truth.view == "side"


def test_the_back_is_told_against_its_own_standing_shape(tmp_path):
    truth = load_truth(write_clip(tmp_path))
    assert truth.measures["lumbar_flexion"].tolist() == [-1, 1, 7, 17, 30]
    assert truth.measures["thoracic_flexion"].tolist() == [0, 0, 1, 3, 6]


def test_gaps_become_ratios_and_the_azimuth_a_yaw(tmp_path):
    truth = load_truth(write_clip(tmp_path, azimuth=30.0))
    assert truth.measures["knee_ankle_ratio"] == pytest.approx([0.8] * 5)
    assert truth.measures["ankle_hip_ratio"] == pytest.approx([1.5] * 5)
    assert truth.measures["view_yaw"].tolist() == [60.0] * 5
    assert load_truth(write_clip(tmp_path, azimuth=-30.0)).measures["view_yaw"][0] == 120.0


def test_the_butt_drop_is_told_in_leg_lengths(tmp_path):
    path = write_clip(tmp_path)
    names = ["hip_left", "knee_left", "ankle_left", "mid_hip"]
    points = np.zeros((5, 4, 3))
    points[:, :, 2] = [0.9, 0.5, 0.1, 0.9]  # a leg of 0.4 + 0.4
    points[2:, 3, 2] = [0.86, 0.82, 0.7]
    np.savez(path.with_suffix(".npz"), joint_names=names, joints3d=points)
    assert load_truth(path).measures["butt_drop"] == pytest.approx([0, 0, 0.05, 0.1, 0.25])


def test_without_the_lengths_a_leg_is_nine_tenths_of_the_standing_hip_height(tmp_path):
    assert load_truth(write_clip(tmp_path)).measures["butt_drop"] == pytest.approx([0, 0, 0.05, 0.1, 0.2])


def test_a_frame_belongs_to_the_truth_within_half_a_frame_or_to_none(tmp_path):
    truth = load_truth(write_clip(tmp_path))
    times = np.array([-0.2, -0.04, 0.0, 0.04, 0.06, 0.3, 0.44, 0.5])
    assert truth.at(times).tolist() == [-1, 0, 0, 0, 1, 3, 4, -1]


@pytest.mark.parametrize(
    ("azimuth", "view", "fine"),
    [
        (0, "side", "side"),
        (-6, "side", "side"),
        (180, "side", "side"),
        (30, "oblique", "oblique 30"),
        (45, "oblique", "oblique 45"),
        (60, "oblique", "oblique 60"),
        (-30, "oblique", "oblique 30 rear"),
        (90, "front", "front"),
        (94, "front", "front"),
        (-90, "front", "front rear"),
    ],
)
def test_the_true_azimuth_names_the_view(azimuth, view, fine):
    assert (view_at(azimuth), azimuth_bin(azimuth)) == (view, fine)


def test_a_declared_fault_is_the_only_one_of_its_rep():
    rep = CLEAN_REP | {"faults": ["hips_rise_first"], "knee_flexion_bottom": 60.0}
    assert faults_of(rep) == ("hips_rise_first",)


def test_a_rep_that_declares_nothing_is_judged_by_its_true_numbers():
    assert faults_of(CLEAN_REP) == ()
    assert faults_of(CLEAN_REP | {"peak_lumbar_flexion": 30.0}) == ("rounded_lower_back",)
    assert faults_of(CLEAN_REP | {"knee_flexion_bottom": 2.0, "end_hip_flexion": 20.0}) == ("locked_knees", "incomplete_lockout")
    assert faults_of(CLEAN_REP | {"end_hip_flexion": None}) == ()


def test_every_fault_asks_for_a_cue_and_direction_that_exist():
    ways = {(cue.id, fault.direction) for cue in CUES for fault in cue.faults}
    for must, may in EXPECTED.values():
        assert must <= ways
        assert may <= set(BY_ID)


def test_every_cue_is_asked_for_by_some_fault():
    assert {cue for must, _ in EXPECTED.values() for cue, _ in must} == set(BY_ID)


def test_only_truth_with_a_clip_beside_it_is_taken(tmp_path):
    write_clip(tmp_path, "b")
    write_clip(tmp_path, "a")
    write_clip(tmp_path, "lost")
    (tmp_path / "lost.mp4").unlink()
    (tmp_path / "report.json").write_text('{"schema": 1}')
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "torn.json").write_text('{"schema": ')
    assert [truth.name for truth in load_folder(tmp_path)] == ["a", "b"]


def test_clips_of_one_person_share_a_body_and_never_fall_in_two_parts(tmp_path):
    one, same, other = (
        load_truth(write_clip(tmp_path, name, stature=tall)).body for name, tall in (("one", 1.7), ("same", 1.7), ("other", 1.8))
    )
    assert one == same != other
    assert [sum(in_part(body, part, 3) for part in range(3)) for body in (one, other)] == [1, 1]


def test_plates_are_those_of_a_barbell_not_of_a_dowel(tmp_path):
    assert load_truth(write_clip(tmp_path, hold="barbell")).plates
    assert not load_truth(write_clip(tmp_path, hold="dowel")).plates


def test_labels_of_clips_that_are_not_there_are_passed_over(tmp_path):
    label = {"view": "side", "reps": 10, "reps_min": 10, "reps_max": 11, "fault_label": "correct"}
    (tmp_path / "labels.json").write_text(json.dumps([label | {"path": "here.mp4"}, label | {"path": "gone.mp4"}]))
    (tmp_path / "here.mp4").touch()
    (clip,) = load_real(tmp_path)
    assert (clip.clip.name, clip.reps_min, clip.reps_max, clip.fault) == ("here.mp4", 10, 11, "correct")
