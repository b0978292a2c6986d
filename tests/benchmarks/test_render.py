"""The renderer: what its sets hold, what it never draws, and its arithmetic. One clip is rendered where the extra is installed (slow)."""

import hashlib
import json
import os
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from importlib.util import find_spec
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import __main__ as door
from benchmarks.render import command, options, suites, wardrobe
from benchmarks.render.camera import Camera
from benchmarks.render.clips import PRESETS, random_clip
from benchmarks.render.landmarks import angles
from benchmarks.render.motion import Curves, Motion, timeline
from benchmarks.render.rotations import about_x, frame, lean
from benchmarks.render.suites import SUITES, describe, slots
from benchmarks.render.truthfile import plain
from benchmarks.truth import EXPECTED, load_truth, off_side, view_at
from hingecheck.errors import InputError

NOT_PLAINLY_CC0 = {
    "skin_young_lightskinned_female",
    "skin_young_darkskinned_female",
    "f_tee_jeans_n",
    "f_tee_shorts",
    "hair_afro",
    "m_long_jeans_n",
    "m_tee_jeans_n",
}


def first(suite, seed=1, count=None):
    return list(islice(slots(suite, seed), count or SUITES[suite].clips))


def descriptions(suite, seed=1, count=None):
    return [describe(suite, seed, slot) for slot in first(suite, seed, count)]


# Suites


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_is_the_same_every_time(suite):
    assert descriptions(suite, 3, 6) == descriptions(suite, 3, 6)
    assert descriptions(suite, 3, 6) != descriptions(suite, 4, 6)


@pytest.mark.parametrize(("suite", "golden"), [("heldout", "b158399c4ae3"), ("fit", "d33e078e85ff")])
def test_the_recipe_makes_the_clips_it_made(suite, golden):
    # A golden: who changes it counts RECIPE up, and renders the sets that figures rest on again.
    made = json.dumps(plain(descriptions(suite)), sort_keys=True)
    assert suites.RECIPE == 1
    assert hashlib.sha256(made.encode()).hexdigest()[:12] == golden


def test_no_body_is_in_two_suites_or_twice_in_one():
    bodies = [
        json.dumps([clip["gender"], clip["shape"], clip["stature"]])
        for suite in SUITES
        for seed in (0, 1, 2, 31, 47)
        for clip in descriptions(suite, seed, 24)
    ]
    assert len(set(bodies)) == len(bodies) == 240


def test_the_first_words_of_the_seeds_keep_the_suites_apart():
    streams = [suite.stream for suite in SUITES.values()]
    assert len(set(streams)) == len(streams)


def test_names_tell_number_preset_and_view():
    assert [slot.name for slot in first("heldout", 1, 2)] == ["000_good_side", "001_good_oblique"]
    for suite in SUITES:
        names = [slot.name for slot in first(suite)]
        assert len(set(names)) == len(names)


def test_held_out_clips_are_eight_side_two_oblique_two_front():
    made = first("heldout")
    assert Counter(slot.view for slot in made) == {"side": 8, "oblique": 2, "front": 2}
    good = [slot for slot in made if slot.view == "side" and slot.preset == "good"]
    assert [slot.hold for slot in good] == ["none", "barbell"]
    assert len({slot.preset for slot in made if slot.view == "side"}) == 7
    assert {EXPECTED_CUE[slot.preset] for slot in made if slot.view == "front"} == {"knees_out", "feet_hip_width"}


EXPECTED_CUE = {fault: next(iter(must))[0] for fault, (must, _) in EXPECTED.items()}


def test_two_seeds_of_held_out_clips_show_every_fault():
    shown = {slot.preset for seed in (1, 2) for slot in first("heldout", seed)}
    assert shown == set(PRESETS)


def test_clips_to_fit_to_are_a_broad_mixture():
    made, clips = first("fit"), descriptions("fit")
    assert Counter(slot.view for slot in made) == {"side": 110, "oblique": 30, "front": 40}
    side = Counter(slot.preset for slot in made if slot.view == "side")
    assert side["good"] == 28
    assert {name for name, preset in PRESETS.items() if "side" in preset.views} <= set(side)
    assert min(side.values()) >= 5
    loads = Counter(clip["motion"]["hold"] for clip in clips if clip["view"] == "side")
    assert 0.22 <= loads["barbell"] / 110 <= 0.30
    assert all(clip["motion"]["reps"] == 1 and clip["motion"]["fps"] == 25 for clip in clips)
    assert all(view_at(clip["camera"]["azimuth"]) == clip["view"] for clip in clips)


def test_oblique_cameras_spread_over_the_whole_range():
    azimuths = [slot.azimuth_deg for slot in first("fit") if slot.view == "oblique"]
    off = sorted(off_side(azimuth) for azimuth in azimuths)
    assert off[0] > 20.0
    assert off[-1] <= 65.0
    assert np.diff(off).max() < 4.0
    assert sum(azimuth < 0 for azimuth in azimuths) == 7


@pytest.mark.parametrize("suite", SUITES)
def test_any_first_part_is_a_fair_mixture(suite):
    kinds, made = SUITES[suite].kinds, first(suite)
    for count in range(1, len(made) + 1):
        seen = Counter(slot.view for slot in made[:count])
        for kind in kinds:
            assert abs(seen[kind.view] - count * kind.clips / len(made)) < 1.0


def test_more_clips_begin_with_the_same_ones():
    assert first("fit", 5, 200)[:180] == first("fit", 5)


def test_the_options_name_the_suites():
    parser = ArgumentParser()
    options.add_options(parser)
    for suite in SUITES:
        assert parser.parse_args(["--suite", suite, "out"]).suite == suite


# What is drawn


def test_no_texture_is_drawn_that_is_not_packed():
    looks = [random_clip("good", np.random.default_rng(seed))["look"] for seed in range(400)]
    drawn = set().union(*(wardrobe.textures_of(look) for look in looks))
    assert not drawn & NOT_PLAINLY_CC0
    assert drawn <= wardrobe.packed()
    for sex in ("male", "female"):
        for outfit in wardrobe.OUTFITS_FOR[sex]:
            assert outfit in {look["outfit"] for look in looks}


def test_the_manifest_names_the_packed_textures_and_where_they_come_from():
    told = json.loads((wardrobe.ASSETS / "MANIFEST.json").read_text(encoding="utf-8"))["textures"]
    assert set(told) == wardrobe.packed()
    assert not set(told) & NOT_PLAINLY_CC0
    assert {row["origin"] for row in told.values()} == {"full-resolution CC0 file"}


def test_every_packed_mesh_is_known_and_every_outfit_has_its_own():
    with np.load(wardrobe.ASSETS / "meshes.npz") as packed:
        meshes = {name.partition("/")[0] for name in packed.files}
    assert {outfit.mesh for outfit in wardrobe.OUTFITS.values() if outfit.mesh} <= meshes
    assert {hair for choice in wardrobe.HAIR.values() for hair in choice if hair != "none"} <= meshes


@pytest.mark.parametrize("sex", ["male", "female"])
def test_both_sexes_have_light_and_dark_skin(sex):
    dark = {"dark" in skin.texture or skin.tint == wardrobe.DARK for skin in wardrobe.SKINS[sex]}
    assert dark == {True, False}


def test_one_repetition_of_three_may_show_the_fault():
    clip = random_clip("rounded_lower_back", np.random.default_rng(1), fault_reps=[2])
    back = clip["motion"]["per_rep"]["lumbar_bottom"]
    assert back[1] >= 26
    assert back[0] == back[2] <= 8
    with pytest.raises(InputError, match="core_loose: shows in all"):
        random_clip("core_loose", np.random.default_rng(1), fault_reps=[2])


# Motion, camera and truth


def steady(**told):
    return Motion(rep_sd=0.0, jitter=0.0, **told)


def test_a_timeline_stands_goes_down_waits_and_comes_up():
    line = timeline(steady(reps=1, fps=10, lead_s=1.0, t_down=2.0, t_bottom=0.5, t_up=1.0, t_top=0.6), np.random.default_rng(0))
    assert line.events == [(1.0, 3.0, 3.5, 4.5)]
    assert [line.phase[line.time_s == s][0] for s in (0.5, 2.0, 3.2, 4.0, 5.0)] == ["stand", "descent", "bottom", "ascent", "top"]
    assert line.depth[line.time_s == 2.0] == pytest.approx(0.5)
    assert line.rep.tolist() == [0] * 10 + [1] * 35 + [0] * 13


def test_the_knee_goes_from_its_stand_to_its_bottom_to_its_end():
    curves = Curves(steady(reps=1, knee_bottom=20.0, knee_top=8.0, start_knee=4.0))
    phase = curves.line.phase
    assert curves.knee[phase == "stand"] == pytest.approx(4.0)
    assert curves.knee[phase == "bottom"] == pytest.approx(20.0)
    assert curves.knee[phase == "top"] == pytest.approx(8.0)


def test_numbers_by_repetition_replace_the_one_of_all():
    curves = Curves(steady(reps=3, lumbar_bottom=4.0, per_rep={"lumbar_bottom": [None, 35, 5]}))
    assert curves.by_rep("lumbar_bottom").tolist() == [4.0, 4.0, 35.0, 5.0]
    deep = (curves.line.rep == 2) & (curves.line.phase == "bottom")
    assert curves.lumbar[deep] == pytest.approx(35.0)


def test_a_late_back_is_still_straight_when_half_way_down():
    curves = Curves(steady(reps=1, lumbar_bottom=30.0, lumbar_timing="late"))
    halfway = (curves.line.phase == "descent") & (curves.line.depth < 0.45)
    assert curves.lumbar[halfway] == pytest.approx(0.0)


def test_a_turn_about_x_tips_forward():
    tipped = about_x(np.radians(30)) @ np.array([0, 0, 1.0])
    assert np.degrees(lean(tipped[None])) == pytest.approx([30.0])


def test_a_frame_is_square_whatever_the_normal():
    made = frame(np.array([0, 0, 2.0]), np.array([1.0, 0, 5.0]))
    assert made.T @ made == pytest.approx(np.eye(3))
    assert made[:, 0] == pytest.approx([0, 0, 1])


def test_the_camera_sees_its_target_in_the_middle_and_left_of_it_what_is_left():
    camera = Camera([0, -4, 1], [0, 0, 1], 50.0, 480, 640)
    assert camera.project([0, 0, 1]) == pytest.approx([240, 320])
    x, y = camera.project([-0.5, 0, 1.5])
    assert x < 240
    assert y < 320
    assert camera.distance == pytest.approx(4.0)


def stick_figure(trunk_deg, thigh_deg, frames=2):
    """Named points of a figure with its trunk leaning forward, its thighs leaning back, and its shanks upright."""
    t, h = np.radians(trunk_deg), np.radians(thigh_deg)
    points = {}
    for side, x in (("left", 0.1), ("right", -0.1)):
        ankle, knee = np.array([x, 0, 0.1]), np.array([x, 0, 0.5])
        hip = knee + 0.4 * np.array([0, np.sin(h), np.cos(h)])
        shoulder = hip + 0.5 * np.array([0, -np.sin(t), np.cos(t)])
        for joint, at in (("ankle", ankle), ("knee", knee), ("hip", hip), ("shoulder", shoulder)):
            points[f"{joint}_{side}"] = points[f"coco_{side}_{joint}"] = np.tile(at, (frames, 1))
    points["mid_hip"] = 0.5 * (points["hip_left"] + points["hip_right"])
    points["mid_shoulder"] = 0.5 * (points["shoulder_left"] + points["shoulder_right"])
    points["sacrum_skin"], points["c7_skin"] = points["mid_hip"], points["mid_shoulder"]
    zero = np.zeros(frames)
    curves = SimpleNamespace(lumbar=zero, thoracic=zero, neck=zero, protraction=zero)
    along = np.linspace(0, 1, 5)[:, None]
    line = points["mid_hip"][:, None] + along * (points["mid_shoulder"] - points["mid_hip"])[:, None]
    line[:, 2] += 0.05 * np.array([0, np.cos(t), np.sin(t)])  # the middle of the back stands out by a tenth of the chord
    return SimpleNamespace(pelvis_pitch=zero, curves=curves), points, line


def test_hip_flexion_is_trunk_lean_and_thigh_lean():
    found = angles(*stick_figure(40.0, 20.0), Motion())
    assert found["trunk_inclination"] == pytest.approx(40.0)
    assert found["thigh_inclination_left"] == pytest.approx(20.0)
    assert found["hip_flexion"] == pytest.approx(60.0)
    assert found["hip_flexion_annot_right"] == pytest.approx(60.0)
    assert found["hip_angle3d_left"] == pytest.approx(120.0)
    assert found["knee_flexion"] == pytest.approx(20.0)
    assert found["hip_separation"] == pytest.approx(0.2)
    assert found["midline_deviation"] == pytest.approx(0.1)


def test_a_knee_on_the_line_of_the_leg_is_not_shifted():
    assert angles(*stick_figure(0.0, 0.0), Motion())["knee_medial_shift_left"] == pytest.approx(0.0)


# The command


def test_suite_json_says_what_the_folder_holds(tmp_path):
    command.claim(tmp_path / "set", "heldout", 7, 12)
    told = json.loads((tmp_path / "set" / "suite.json").read_text(encoding="utf-8"))
    assert {key: told[key] for key in ("suite", "seed", "clips", "recipe")} == {"suite": "heldout", "seed": 7, "clips": 12, "recipe": 1}
    assert told["commit"]
    assert [path.name for path in (tmp_path / "set").iterdir()] == ["suite.json"]


def test_a_folder_with_another_set_is_refused_and_the_same_set_goes_on(tmp_path):
    command.claim(tmp_path, "fit", 1, 180)
    assert command.claim(tmp_path, "fit", 1, 20)["clips"] == 180
    with pytest.raises(InputError, match="holds suite fit, seed 1, recipe 1"):
        command.claim(tmp_path, "fit", 2, 180)


def test_suite_json_is_no_truth(tmp_path):
    command.claim(tmp_path, "fit", 1, 180)
    assert load_truth(tmp_path / "suite.json") is None


def test_a_clip_is_whole_with_all_three_files(tmp_path):
    for suffix in (".mp4", ".npz"):
        (tmp_path / f"a{suffix}").touch()
    assert not command.is_whole(tmp_path / "a.mp4")
    (tmp_path / "a.json").touch()
    assert command.is_whole(tmp_path / "a.mp4")


def test_what_a_killed_run_began_is_removed_and_what_grows_is_not(tmp_path):
    for name in ("000_good_side.mp4.part1", "001_good_side.mp4.part2", "002_good_side.mp4"):
        (tmp_path / name).touch()
    os.utime(tmp_path / "000_good_side.mp4.part1", (0, 0))
    os.utime(tmp_path / "002_good_side.mp4", (0, 0))
    command.sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["001_good_side.mp4.part2", "002_good_side.mp4"]


def test_one_number_of_a_description_may_be_set():
    clip = random_clip("good", np.random.default_rng(1))
    command.apply(clip, "camera.azimuth=45")
    command.apply(clip, "look.outfit=f_sport")
    assert clip["camera"]["azimuth"] == 45
    assert clip["look"]["outfit"] == "f_sport"
    with pytest.raises(InputError, match="no such place"):
        command.apply(clip, "camra.azimuth=45")


def test_an_unknown_preset_is_told_with_the_known_ones():
    asked = Namespace(spec=None, clip="perfect", set=[])
    with pytest.raises(InputError, match="perfect: no such preset"):
        command.described(asked)


def test_a_lift_keeps_its_knees_whatever_its_fault():
    drawn = [random_clip("rounded_lower_back", np.random.default_rng(5), lift=lift) for lift in ("squat_air", "deadlift_floor")]
    squat, pull = (clip["motion"] for clip in drawn)
    assert 98 <= squat["knee_bottom"] <= 112 and squat["lumbar_bottom"] >= 26
    assert (pull["hold"], drawn[1]["look"]["plate_radius"]) == ("barbell", 0.225)
    assert [clip["lift"] for clip in drawn] == ["squat_air", "deadlift_floor"]
    asked = Namespace(spec=None, clip="good", lift="curl", set=[])
    with pytest.raises(InputError, match="curl: no such lift"):
        command.described(asked)


def test_a_texture_that_is_not_packed_is_named():
    asked = Namespace(spec=None, clip="good", seed=1, view=None, reps=1, hold=None, fault_reps=None, lift=None, set=["look.hair=hair_afro"])
    with pytest.raises(InputError, match="hair_afro not packed"):
        command.described(asked)


def test_half_a_description_is_told_what_it_lacks(tmp_path):
    (tmp_path / "half.json").write_text('{"preset": "good"}', encoding="utf-8")
    with pytest.raises(InputError, match="no whole description, faults, fault_reps, view"):
        command.described(Namespace(spec=tmp_path / "half.json", set=[]))


def test_without_the_extra_one_line_says_what_to_install(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "render", "--suite", "heldout", str(tmp_path)])
    assert door.main() == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "pip install -e '.[render]'" in told


def test_other_commands_load_nothing_of_the_renderer(root):
    asked = "import sys, benchmarks.__main__ as door; door._parser(); print(*(n for n in sys.modules if n.startswith('benchmarks.render')))"
    told = subprocess.run([sys.executable, "-c", asked], cwd=root, capture_output=True, text=True, check=True).stdout.split()
    assert told == ["benchmarks.render", "benchmarks.render.options"]


@pytest.mark.slow
@pytest.mark.skipif(any(find_spec(name) is None for name in ("anny", "moderngl")), reason="the extra [render] is not installed")
def test_a_tiny_clip_is_rendered_whole_and_again_the_same(tmp_path, root):
    short = ("camera.width=120", "camera.height_px=160", "motion.t_down=0.3", "motion.t_up=0.3", "motion.lead_s=0.2")
    for name in ("a", "b"):
        asked = ["--clip", "squatty", "--seed", "3", "--reps", "1", *(part for change in short for part in ("--set", change))]
        subprocess.run([sys.executable, "-m", "benchmarks", "render", *asked, tmp_path / f"{name}.mp4"], cwd=root, check=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.mp4", "a.npz", "b.json", "b.mp4", "b.npz"]
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    truth = load_truth(tmp_path / "a.json")
    assert truth.view == "side"
    assert truth.reps[0].faults == ("squatty",)
    assert truth.measures["knee_flexion"].max() > 55.0
    assert np.isfinite(truth.measures["butt_drop"]).all()
