"""The arithmetic of the benchmarks, on numbers worked out by hand."""

import json
import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from clips import make_clip

from benchmarks import accuracy, demo, figures, limits, scale, speed, tables, tracked, verdicts
from benchmarks.stats import agreement, auc, held, match, overlap
from benchmarks.truth import RealClip, TrueRep, Truth
from hingecheck.verdict.cues import BY_ID, CUES
from hingecheck.verdict.types import METRICS, Judgement, Metrics, Phase, Rep, Result, Status, View, ViewKind

NAN = math.nan


def span(start_s, end_s):
    return SimpleNamespace(start_s=start_s, end_s=end_s)


def rep(start_s=1.0, end_s=3.0, index=1, complete=True, **faults):
    """A found rep: every cue ok but those given, as ``soft_knees="bent"``, or ``soft_knees=None`` for not judged."""
    cues = {}
    for cue in CUES:
        way = faults.get(cue.id, "")
        status = Status.NOT_JUDGED if way is None else Status.FAULT if way else Status.OK
        cues[cue.id] = Judgement(status, way or None, None, None, None, cue.unit, None, None)
    return Rep(index, start_s, (start_s + end_s) / 2, end_s, complete, 80, {}, {}, cues)


def truth(*reps, azimuth=0.0, name="clip", **measures):
    """Five seconds, ten frames a second, standing but for 1 to 3 s."""
    time_s = np.arange(50) / 10
    return Truth(name, Path(f"{name}.mp4"), "good", "abc123", azimuth, False, time_s, (time_s >= 1) & (time_s < 3), measures, tuple(reps))


def true_rep(*faults, start_s=1.0, end_s=3.0):
    return TrueRep(1, start_s, (start_s + end_s) / 2, end_s, faults)


def seen(*reps, kind=ViewKind.SIDE, **metrics):
    """The verdict on the same five seconds: down from 1 s, bottom from 1.8 s, up from 2.2 s, standing from 3 s."""
    time_s = np.arange(50) / 10
    nothing = np.full(50, NAN)
    phase = np.select(
        [time_s < 1, time_s < 1.8, time_s < 2.2, time_s < 3], [Phase.STANDING, Phase.DOWN, Phase.BOTTOM, Phase.UP], Phase.STANDING
    ).astype(np.int8)
    result = Result(
        time_s,
        Metrics(**{name: metrics.get(name, nothing) for name in METRICS}),
        Metrics(**dict.fromkeys(METRICS, np.zeros(50))),
        phase,
        ((time_s >= 1) & (time_s < 3)).astype(np.int32),
        np.zeros(50, np.int8),
        np.ones(50, np.int8),
        np.zeros((50, len(CUES)), bool),
        (),
        reps,
    )
    counts = {c.id: {s.value: sum(r.cues[c.id].status == s for r in reps) for s in Status} for c in CUES}
    return SimpleNamespace(result=result, summary=SimpleNamespace(view=View(kind, None, 90.0), cues=counts))


def test_agreement_counts_a_frame_not_measured_against_the_tool():
    found = np.array([11.0, 19.0, NAN, 43.0, 7.0])
    true = np.array([10.0, 20.0, 30.0, 40.0, NAN])
    told = agreement(found, true)  # errors 1, -1, 3: mean 1, sample sd 2
    assert told == pytest.approx({"frames": 4, "measured": 0.75, "bias": 1.0, "mae": 5 / 3, "low": 1 - 3.92, "high": 1 + 3.92})


def test_agreement_of_nothing_is_missing_not_zero():
    told = agreement(np.array([NAN]), np.array([1.0]))
    assert (told["frames"], told["measured"], told["bias"], told["mae"]) == (1, 0.0, None, None)
    assert agreement(np.array([1.0]), np.array([NAN]))["measured"] is None


def test_auc_is_the_share_of_pairs_in_order_and_a_tie_is_half_a_pair():
    assert auc([3.0, 2.0], [1.0, 2.0]) == pytest.approx(3.5 / 4)
    assert auc([3.0, NAN], [1.0]) == 1.0
    assert auc([NAN], [1.0]) is None


def test_overlap_is_a_share_of_the_shorter_span():
    assert overlap(span(0, 4), span(3, 5)) == pytest.approx(0.5)
    assert overlap(span(0, 1), span(2, 3)) == 0.0
    assert overlap(span(1, 1), span(0, 2)) == 0.0


def test_two_reps_found_as_one_match_once():
    assert match([span(0, 2), span(3, 5)], [span(0.2, 4.9)]) in ([0, None], [None, 0])
    assert match([span(0, 2), span(3, 5)], [span(3.2, 4.9), span(0.1, 2.2)]) == [1, 0]
    assert match([span(0, 2)], [span(1.8, 4)]) == [None]


def test_a_held_level_is_what_lasts_not_what_flashes():
    time_s = np.arange(6) / 10
    value = np.array([1.0, 9.0, 2.0, 5.0, 6.0, 4.0])
    assert held(time_s, value, 0.2, above=True) == 4.0  # the last three
    assert held(time_s, value, 0.0, above=True) == 9.0
    assert held(time_s, value, 0.2, above=False) == 6.0  # beyond means below: the same three stay under 6
    assert math.isnan(held(time_s, value, 0.6, above=True))


def test_a_frame_not_seen_neither_counts_nor_breaks_a_stretch():
    assert held(np.arange(3) / 10, np.array([7.0, NAN, 8.0]), 0.2, above=True) == 7.0
    assert math.isnan(held(np.arange(3) / 10, np.full(3, NAN), 0.0, above=True))


def said(all_of, cue):
    return [(v.kind, v.said, v.untrue) for v in all_of if v.cue == cue]


def test_each_cue_is_asked_for_allowed_or_untrue_by_the_fault_of_the_rep():
    named = verdicts.verdicts(
        truth(true_rep("squatty")), [rep(butt_high="low", soft_knees="locked", squeeze_butt="short", core_tight="loose")]
    )
    assert said(named, "butt_high") == [("faulty", "fault", False)]
    assert said(named, "soft_knees") == [("faulty", "wrong way", True)]
    assert said(named, "squeeze_butt") == [("allowed", "fault", False)]
    assert said(named, "core_tight") == [("other", "fault", True)]
    assert said(named, "neutral_spine") == [("other", "ok", False)]


def test_a_fault_named_on_a_clean_rep_or_on_no_rep_is_untrue():
    named = verdicts.verdicts(truth(true_rep()), [rep(chest_out="rounded"), rep(3.5, 4.5, chest_out="rounded")])
    assert said(named, "chest_out") == [("clean", "fault", True), ("extra", "fault", True)]


def test_a_rep_that_is_missed_lowers_recall_but_not_precision():
    faulty = true_rep("locked_knees"), true_rep("locked_knees", start_s=3.5, end_s=4.5)
    all_of = [v for v in verdicts.verdicts(truth(*faulty), [rep(soft_knees="locked")]) if v.cue == "soft_knees"]
    told = verdicts.rates(all_of)
    assert (told["faulty reps"], told["recall"], told["precision"], told["judged"]) == (2, 0.5, 1.0, 0.5)


def test_a_cue_that_judges_nothing_has_no_precision_and_no_recall_to_boast_of():
    all_of = [v for v in verdicts.verdicts(truth(true_rep("squatty")), [rep(butt_high=None)]) if v.cue == "butt_high"]
    told = verdicts.rates(all_of)
    assert (told["recall"], told["precision"], told["judged"]) == (0.0, None, 0.0)


def test_rates_by_cue_keep_the_views_apart():
    side = verdicts.verdicts(truth(true_rep("squatty")), [rep(butt_high="low")])
    front = verdicts.verdicts(truth(true_rep("squatty"), azimuth=90.0), [rep(butt_high=None)])
    both = [verdict for verdict in side + front if verdict.cue == "butt_high"]
    rows = verdicts.by_cue(both, everywhere=True)
    assert [(row["view"], row["recall"], row["judged"]) for row in rows] == [("side", 1.0, 1.0), ("front", 0.0, 0.0)]
    assert [row["view"] for row in verdicts.by_cue(both)] == ["side"]


def test_a_clip_is_told_by_what_had_to_be_named_and_what_was():
    (row,) = verdicts.by_clip(verdicts.verdicts(truth(true_rep("squatty")), [rep(butt_high="low", chest_out="rounded")]))
    assert (row["must"], row["named"], row["untrue"]) == (["butt_high 1", "soft_knees 1"], ["butt_high 1"], ["chest_out 1"])


def test_a_gap_across_the_body_is_not_compared_where_a_side_view_hides_it():
    sides = [accuracy.Case(truth(true_rep(), azimuth=az, ankle_hip_ratio=np.ones(50)), seen(ankle_hip_ratio=np.ones(50))) for az in (0, 90)]
    rows = accuracy.errors(sides, lambda case: case.truth.view, only={"ankle_hip_ratio"})
    assert [(row["clips of"], row["mae"]) for row in rows] == [("front", 0.0)]


def test_a_clip_is_silent_when_its_fault_was_not_judged_and_missed_when_it_was():
    def answer(*found):
        return demo.agrees(verdicts.verdicts(truth(true_rep("locked_knees")), found))

    assert answer(rep(soft_knees="locked")) == "yes"
    assert answer(rep(soft_knees=None)) == "silent"
    assert (answer(rep()), answer()) == ("missed", "missed")
    assert answer(rep(soft_knees="locked", chest_out="rounded")) == "untrue"


def test_errors_within_reps_leave_standing_out():
    true = np.full(50, 10.0)
    found = np.where((np.arange(50) >= 10) & (np.arange(50) < 30), 12.0, 99.0)
    case = accuracy.Case(truth(true_rep(), **dict.fromkeys((name for _, name, _ in accuracy.COMPARED), true)), seen(hip_flexion_deg=found))
    inside, annotated = accuracy.errors([case], lambda case: case.truth.view, only={"hip_flexion_deg"})
    assert (inside["frames"], inside["mae"], inside["low"], inside["clips of"]) == (20, 2.0, 2.0, "side")
    assert annotated["against"] == "hip_flexion_annot"
    everywhere = accuracy.errors([case], lambda case: "all", everywhere=True, only={"hip_flexion_deg"})[0]
    assert (everywhere["frames"], everywhere["mae"]) == (50, pytest.approx((20 * 2 + 30 * 89) / 50))


def test_reps_are_counted_as_reported_and_timed_when_matched():
    case = accuracy.Case(truth(true_rep(), true_rep(start_s=3.5, end_s=4.5)), seen(rep(1.2, 3.1), rep(3.6, 4.5, complete=False)))
    one, total = accuracy.rep_rows([case, accuracy.Case(truth(true_rep()), seen())])[::2]
    assert (one["true"], one["found"], one["exact"], one["cut off"]) == (2, 2, True, 1)
    assert one["start off"] == pytest.approx(0.15)
    assert one["end 90 %"] == pytest.approx(0.09)  # 0.1 and 0: nine tenths of the way
    assert (total["true"], total["found"], total["exact"], total["start off"]) == (3, 2, 0.5, pytest.approx(0.15))


def test_separation_compares_side_views_and_leaves_other_back_faults_out():
    def back(lower_deg):
        return seen(rep(), spine_lower_deg=np.full(50, lower_deg), trunk_lean_deg=np.full(50, 60.0))

    group = [
        accuracy.Case(truth(true_rep("rounded_lower_back")), back(30.0)),
        accuracy.Case(truth(true_rep("squatty")), back(3.0)),
        accuracy.Case(truth(true_rep("core_loose")), back(30.0)),
        accuracy.Case(truth(true_rep(), azimuth=90.0), back(30.0)),
    ]
    rows = accuracy.separation(group, "lower", "spine_lower_deg", "rounded_lower_back")
    assert [(row["reps"], row["n"], row["median"], row["AUC"]) for row in rows] == [
        ("lower rounded", 1, 30.0, 1.0),
        ("no back fault", 1, 3.0, 1.0),
    ]


def test_a_view_is_right_when_it_is_the_true_one():
    group = [accuracy.Case(truth(azimuth=3.0), seen()), accuracy.Case(truth(azimuth=-5.0), seen(kind=ViewKind.OBLIQUE))]
    assert accuracy.views(group) == [{"camera": "side", "clips": 2, "right": 0.5, "said": ["oblique", "side"]}]


def test_a_real_count_is_right_anywhere_a_fair_counter_may_land():
    clip = RealClip(Path("turning.mp4"), "oblique -> front -> side", 3, 2, 3, "")
    row = accuracy.real_row(clip, seen(rep(butt_high="low"), rep(3.5, 4.5), rep(4.6, 4.9, complete=False)))
    assert (row["reps"], row["found"], row["right"], row["cut off"], row["fits"]) == ("2..3", 3, True, 1, True)
    assert row["faults"] == ["butt_high 1"]


def test_real_rounded_backs_are_compared_with_each_other_clip():
    flat, rounded = (RealClip(Path(f"{name}.mp4"), "side", 2, 2, 2, name) for name in ("correct", "rounded_back"))
    told = accuracy.real_spines({flat: [18.2, NAN, 31.0], rounded: [30.0, 40.0]})
    assert told == [
        {"clip": "correct", "fault label": "correct", "degrees": [18, None, 31], "AUC": 0.75},
        {"clip": "rounded_back", "fault label": "rounded_back", "degrees": [30, 40], "AUC": None},
    ]


def test_a_fault_is_held_in_the_phases_and_the_rep_it_belongs_to():
    knee = BY_ID["soft_knees"].faults[0]  # judged at the bottom: 1.8 to 2.2 s
    bent = np.where(np.arange(50) < 18, 80.0, np.where(np.arange(50) < 22, 40.0, 90.0))
    result = seen(knee_flexion_deg=bent).result
    assert limits.held_in_rep(result, rep(), knee, 0.1) == 40.0
    assert math.isnan(limits.held_in_rep(result, rep(index=2), knee, 0.1))


def test_who_got_it_right_once_in_the_whole_phase_got_it_right():
    knee = replace(BY_ID["soft_knees"].faults[0], throughout=True)
    result = seen(knee_flexion_deg=np.where(np.arange(50) == 20, 12.0, 40.0)).result
    assert limits.held_in_rep(result, rep(), knee, 0.1) == 12.0
    assert math.isnan(limits.held_in_rep(seen().result, rep(), knee, 0.1))


def level(value, *, faulty=False, clean=False, called=None):
    return limits.Level(faulty, clean, value, called)


def test_a_curve_marks_the_committed_limit_and_counts_what_each_would_call():
    (fault,) = BY_ID["butt_high"].faults
    levels = [level(0.3, faulty=True), level(NAN, faulty=True), level(0.02, clean=True), level(0.2, clean=True), level(0.1)]
    rows = limits.curve(fault, levels)
    (committed,) = [row for row in rows if row["committed"]]
    assert committed["limit"] == fault.limit
    assert limits.caught(levels, 0.15, True) == {"recall": 0.5, "false, clean reps": 0.5, "false, other reps": 0.0}
    assert rows[0]["limit"] == fault.low
    assert rows[-1]["recall"] == 0.0  # 0.4 calls nothing


def test_the_best_limit_stands_in_the_middle_of_the_gap():
    (low,) = BY_ID["butt_high"].faults
    assert limits.best(low, [level(0.3, faulty=True), level(0.1, clean=True)]) == pytest.approx(0.2, abs=0.002)
    locked = BY_ID["soft_knees"].faults[1]
    assert limits.best(locked, [level(2.0, faulty=True), level(8.0, clean=True)]) == pytest.approx(5.0, abs=0.05)
    assert limits.best(low, [level(0.3, faulty=True)]) is None


def test_a_limit_chosen_on_some_bodies_is_measured_on_others():
    def squat(drop, *faults):
        return accuracy.Case(truth(true_rep(*faults)), seen(rep(), butt_drop=np.full(50, drop)))

    fitted = [squat(0.3, "squatty"), squat(0.1)]
    rows, curves = limits.sweep([squat(0.18, "squatty"), squat(0.05)], fitted)
    (row,) = [row for row in rows if row["cue"] == "butt_high"]
    assert row["best limit"] == pytest.approx(0.2, abs=0.002)
    assert (row["recall, best"], row["false, clean reps, best"], row["AUC"]) == (0.0, 0.0, 1.0)
    assert set(curves) == {f"{cue.id} {fault.direction}" for cue in CUES for fault in cue.faults}


def test_a_ratio_is_taken_within_a_round():
    rows = speed.compared({"bare": [1.0, 2.0, 4.0], "ours": [1.5, 2.2, 4.4]}, frames=100)
    assert [row["ratio"] for row in rows] == pytest.approx([1.0, 1.1])
    assert (rows[1]["highest"], rows[1]["frames a second"]) == (1.5, pytest.approx(100 / 2.2))


def test_every_second_round_runs_backwards():
    order = []
    taken = speed.interleaved({name: lambda name=name: order.append(name) for name in "AB"}, 3)
    assert "".join(order) == "ABBAAB"
    assert [len(seconds) for seconds in taken.values()] == [3, 3]


def test_a_table_is_markdown_with_a_dash_where_nothing_is():
    rows = [{"cue": "a", "recall": 0.98765, "n": 12}, {"cue": "b", "recall": None, "n": 3}]
    assert tables.markdown(rows).splitlines() == [
        "| cue | recall | n  |",
        "| --- | ------ | -- |",
        "| a   | 0.988  | 12 |",
        "| b   | -      | 3  |",
    ]
    assert [tables.cell(value) for value in (True, NAN, [], ["x", "y"], 123.4, 0.0, -0.004)] == [
        "yes",
        "-",
        "-",
        "x, y",
        "123",
        "0.000",
        "-0.004",
    ]


def test_written_tables_keep_every_digit_and_turn_nan_into_null(tmp_path):
    tables.write(tmp_path / "new" / "out.json", {"t": [{"a": 1 / 3, "b": [NAN]}]}, {"commit": "abc"})
    assert json.loads((tmp_path / "new" / "out.json").read_text()) == {
        "about": {"commit": "abc"},
        "tables": {"t": [{"a": 1 / 3, "b": [None]}]},
    }


def test_stored_poses_outlive_a_comment_but_not_a_change_of_the_estimator(tmp_path):
    def kept(source):
        (tmp_path / "verdict").mkdir(exist_ok=True)
        (tmp_path / "verdict" / "silhouette.py").write_text(source)
        return tracked.estimator_hash(tmp_path)

    before = kept('"""Edge."""\n\n\ndef edge():\n    """Sub-pixel."""\n    return 20\n')
    assert kept('"""The dorsal edge."""\n\n\n# twenty heights\ndef edge():\n    return 20\n') == before
    assert kept('"""Edge."""\n\n\ndef edge():\n    """Sub-pixel."""\n    return 21\n') != before


def test_every_pattern_of_the_estimators_hash_finds_code():
    package = tracked.ROOT / "hingecheck"
    assert all(list(package.glob(pattern)) for pattern in tracked._ESTIMATOR)


def test_the_memory_of_a_worker_is_measured_once_where_both_lengths_are_the_same(tmp_path):
    (row,) = scale.memory(make_clip(tmp_path / "short.mp4", 5), "lite", minutes=0.001, against=0.001)
    assert (row["minutes"], row["frames"]) == (0.001, 5)
    assert row["most memory, MB"] > 50


def test_the_figures_in_short_are_counts_and_mean_errors_of_the_clips():
    """Two side views, one of them with plates; errors of 1 and -3 degrees and one frame not measured: a mean of 2, two thirds measured."""

    def clip(name, view, plates, reps):
        truth = SimpleNamespace(name=name, view=view, plates=plates, reps=[None])
        return SimpleNamespace(truth=truth, seen=SimpleNamespace(result=SimpleNamespace(reps=[None] * reps)))

    def said(name, kind, word):
        return verdicts.Verdict(name, "body", "side", "soft_knees", kind, word)

    group = [clip("a", "side", False, 1), clip("b", "side", True, 2)]
    off = {"a": np.array([1.0, np.nan]), "b": np.array([-3.0])}
    spoken = [said("a", "clean", "fault"), said("b", "faulty", "fault"), said("b", "other", "ok")]
    figure = {row["what"]: row["figure"] for row in figures.in_short(group, spoken, lambda case, metric: off[case.truth.name])}
    assert figure["clips whose repetitions are counted right"] == "1 of 2"
    assert figure["trunk lean, mean error from the side"] == "2.0°, 67 % of frames"
    assert figure["hip flexion, mean error from the side, plates before the leg"] == "3.0°"
    assert figure["hip flexion, mean error, front cameras"] == "-"
    assert figure["faults named, side"] == "1 of 1"
    assert figure["clean repetitions with a fault named"] == "1 of 1 clips"
    assert figure["faulty repetitions with an untrue fault named"] == "0 of 1 clips"
