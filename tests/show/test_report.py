import csv
import io
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from sample_result import DOUBTFUL, empty_result, empty_summary, sample_clip, sample_result, sample_summary

from hingecheck.show import report
from hingecheck.verdict.cues import BY_ID, CUES
from hingecheck.verdict.types import METRICS, Status

JPEG = b"\xff\xd8\xff\xe0 not much of a picture \xff\xd9"
HOSTILE = 'clips/</script><b onload=x>& "it\'s".mp4'


def built(result=None, summary=None, path="clips/ana.mp4"):
    return report.build(sample_clip(path), "full", "hinge", "ab" * 32, result or sample_result(), summary or sample_summary())


def figure_of(result, limits=report.TABLE_LIMITS, view="side"):
    return report.figure(result, limits, view, {"butt_high", "soft_knees", "neutral_spine", "squeeze_butt"})


class Page(HTMLParser):
    """What a browser would find: the tags with their attributes, and the text outside script and style."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.words = [], []
        self.silent = False
        self.feed(html)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.silent = tag in ("script", "style")

    def handle_endtag(self, tag):
        self.silent = False

    def handle_data(self, data):
        if not self.silent:
            self.words.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(result=None, summary=None, path="clips/ana.mp4", **options):
    result = result or sample_result()
    stills = [report.Still(JPEG, moment) for moment in report.worst_moments(result)]
    return "".join(report.html(built(result, summary, path), result, stills, **options))


@pytest.fixture(scope="module")
def page():
    return Page(page_of())


@pytest.fixture
def plots():
    return figure_of(sample_result())


# report.json


def test_report_json_has_the_fields_of_schema_1_and_is_strict_json():
    made = built()
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert list(made) == [
        *(
            "schema",
            "hingecheck",
            "clip",
            "model",
            "profile",
            "view",
            "tracking",
            "exercise",
            "stand",
            "reps",
            "cues",
            "score",
            "next_cue",
            "stage",
        )
    ]
    assert made["schema"] == 1
    assert made["stand"] == "none"  # the sample has no stand
    assert list(made["clip"]) == [
        *("path", "sha256", "frames", "duration_s", "width", "height", "rotation_deg", "variable_frame_rate", "thinned"),
        "turned_deg",
    ]
    assert made["view"] == {"kind": "side", "facing": "right", "yaw_deg": 88.0}
    assert made["tracking"] == {"frames_with_person": 0.997, "warnings": ["feet leave the picture from 3.2 s"]}
    assert list(made["reps"][0]) == [
        *("index", "start_s", "bottom_s", "end_s", "score", "complete", "exercise", "metrics", "uncertainty", "cues")
    ]
    assert made["reps"][0]["exercise"] == {"id": "hinge", "sure": 1.0, "set_by": "user"}
    assert made["reps"][0]["metrics"] == {
        **{"hip_flexion_deg": 88.0, "knee_flexion_deg": 17.0, "trunk_lean_deg": 70.0},
        **{"spine_lower_deg": 8.0, "spine_upper_deg": 5.0, "butt_drop": 0.06},
    }
    assert made["reps"][0]["uncertainty"] == dict.fromkeys(made["reps"][0]["metrics"], 3.0) | {"butt_drop": 0.03}
    assert made["reps"][1]["cues"]["neutral_spine"] == {
        **{"status": "fault", "direction": "rounded", "value": 31.0, "uncertainty": 3.0, "limit": 22.0, "unit": "degrees"},
        **{"at_s": 6.1, "reason": None, "called_at": 25.0},
    }
    assert set(made["cues"]) == {cue.id for cue in CUES}
    assert made["cues"]["neutral_spine"] == {"ok": 1, "fault": 2, "not_judged": 0}
    assert (made["score"], made["next_cue"]) == (76, "neutral_spine")
    assert made["stage"] == {
        "recommended": 1,
        "ready_for_next": False,
        "why": ["The lower back rounds in 2 of 3 reps."],
        "work_on": ["core"],
        "exercises": [],
    }


def test_what_was_not_measured_is_null_in_report_json():
    result = sample_result()
    nothing = {"butt_drop": math.nan, "spine_lower_deg": None}
    rep = replace(result.reps[0], score=None, metrics=nothing, uncertainty=nothing)
    made = built(replace(result, reps=(rep,)))["reps"][0]
    assert made["score"] is None
    assert made["metrics"] == made["uncertainty"] == {"butt_drop": None, "spine_lower_deg": None}
    assert (made["cues"]["knees_out"]["value"], made["cues"]["knees_out"]["uncertainty"]) == (None, None)


def test_how_far_a_figure_may_be_off_has_as_many_digits_as_the_figure():
    result = sample_result()
    said = replace(result.reps[0].cues["neutral_spine"], uncertainty=4.567)
    low = replace(result.reps[0].cues["butt_high"], uncertainty=0.03151)
    off = {"hip_flexion_deg": 4.849, "butt_drop": 0.03249}
    rep = replace(result.reps[0], uncertainty=off, cues=result.reps[0].cues | {"neutral_spine": said, "butt_high": low})
    made = built(replace(result, reps=(rep,)))["reps"][0]
    assert made["uncertainty"] == {"hip_flexion_deg": 4.8, "butt_drop": 0.032}
    assert made["cues"]["neutral_spine"]["uncertainty"] == 4.6
    assert made["cues"]["butt_high"]["uncertainty"] == 0.032


def test_a_note_on_what_was_judged_stands_in_report_json():
    cues = built()["reps"][2]["cues"]
    assert (cues["butt_high"]["status"], cues["butt_high"]["reason"]) == ("ok", DOUBTFUL)
    assert cues["neutral_spine"]["reason"] is None


def test_areas_and_exercises_are_ids_in_report_json():
    stage = replace(sample_summary().stage, work_on=("glutes", "core"), exercises=("hip_thrust", "squat"))
    made = built(summary=replace(sample_summary(), stage=stage))["stage"]
    assert (made["work_on"], made["exercises"]) == (["glutes", "core"], ["hip_thrust", "squat"])


# frames.csv


def test_frames_csv_has_the_columns_in_order_and_a_row_a_frame():
    rows = list(csv.reader(io.StringIO("".join(report.frames_csv(sample_result())))))
    assert ", ".join(rows[0][:15]) == (
        "time_s, hip_flexion_deg, knee_flexion_deg, trunk_lean_deg, shin_lean_deg, spine_lower_deg, spine_upper_deg, butt_drop, "
        "shoulder_shift, knee_ankle_ratio, ankle_hip_ratio, view_yaw_deg, phase, rep, cues"
    )
    assert set(rows[0]) == {"time_s", "phase", "rep", "cues", *METRICS}
    assert len(rows) == 1 + 300


def test_frames_csv_is_empty_where_nothing_was_measured():
    rows = list(csv.DictReader(io.StringIO("".join(report.frames_csv(sample_result())))))
    lost, bottom = rows[10], rows[150]
    assert (lost["time_s"], lost["phase"]) == ("0.400000", "unseen")
    assert all(lost[name] == "" for name in METRICS)
    assert (bottom["hip_flexion_deg"], bottom["phase"], bottom["rep"]) == ("88.00", "bottom", "2")
    assert bottom["cues"] == "soft_knees;neutral_spine"
    assert bottom["knee_ankle_ratio"] == ""


# worst moments


def test_the_worst_moments_are_each_cues_worst_rep_most_important_cue_first():
    assert report.worst_moments(sample_result()) == [(6.1, 2, "neutral_spine"), (6.1, 2, "soft_knees")]


def test_without_a_fault_the_bottom_of_the_first_rep_is_shown():
    result = sample_result()
    good = {cue_id: replace(said, status=Status.OK) for cue_id, said in result.reps[0].cues.items()}
    reps = tuple(replace(rep, cues=good) for rep in result.reps)
    assert report.worst_moments(replace(result, reps=reps)) == [(2.0, 1, None)]
    assert report.worst_moments(replace(result, reps=())) == []


def test_no_more_than_six_moments_are_kept():
    result = sample_result()
    bad = {cue.id: replace(result.reps[1].cues["soft_knees"], at_s=None) for cue in CUES}
    moments = report.worst_moments(replace(result, reps=(replace(result.reps[1], cues=bad),)))
    assert len(moments) == 6
    assert {moment.time_s for moment in moments} == {6.0}, "a fault without a time is shown at the bottom"


# report.html


def test_the_page_says_one_next_cue_in_a_coachs_words_and_what_it_rests_on(page):
    assert "76 out of 100, mean of 3 reps" in page.text
    assert "Flatten your lower back" in page.text
    assert "Lower back rounds in 2 of 3 reps. Worst in rep 2, at 6.1 s: about 31°, limit 25°." in page.text
    assert "Straighten your knees" not in page.text, "one cue at a time"
    assert [link["href"] for link in page.all("a")] == ["#worst", "#worst"], "the picture of it and the words lead to the worst moment"


def test_the_page_says_what_could_not_be_judged_and_why(page):
    assert "Knees out, Feet hip-width : Needs a front view." in page.text


def test_a_cue_not_judged_in_some_reps_only_says_in_how_many():
    result = sample_result()
    hidden = replace(result.reps[0].cues["knees_out"], reason="the knee was hidden")
    first = replace(result.reps[0], cues=result.reps[0].cues | {"soft_knees": hidden})
    text = Page(page_of(replace(result, reps=(first, *result.reps[1:])))).text
    assert "Soft knees (1 of 3 reps) : The knee was hidden." in text


def test_a_status_is_told_by_sign_and_word_and_value_not_by_colour_alone(page):
    assert "✕ Lower back rounds 31 ± 3°, limit 25°" in page.text
    assert "✓ ok 17 ± 3°" in page.text


def test_a_measure_stands_with_how_far_it_may_be_off_where_that_is_known():
    result = sample_result()
    first = replace(result.reps[0], uncertainty=result.reps[0].uncertainty | {"trunk_lean_deg": None})
    text = Page(page_of(replace(result, reps=(first, *result.reps[1:])))).text
    assert "1 2.0 88 ± 3° 17 ± 3° 70° 8 ± 3° 5 ± 3° 6 ± 3 %" in text
    assert "± is how far it may be off" in text


def shown(value, off, called_at, unit="degrees", cue_id="neutral_spine"):
    """What the page says of a fault of the first rep with this value and uncertainty, called from there."""
    result = sample_result()
    fault = {"status": Status.FAULT, "direction": "off", "value": value, "uncertainty": off, "called_at": called_at, "unit": unit}
    said = replace(result.reps[0].cues[cue_id], **fault)
    rep = replace(result.reps[0], cues=result.reps[0].cues | {cue_id: said})
    (found,) = re.findall(r"✕ [A-Z][a-z ]+: off (.+?, limit [-\d.]+(?:°| %))", Page(page_of(replace(result, reps=(rep,)))).text)
    return found


def test_a_value_and_its_limit_are_whole_degrees_or_percent():
    assert shown(31.04, 3.0, 18.64) == "31 ± 3°, limit 19°"
    assert shown(-9.1, 2.7, -5.2) == "-9 ± 3°, limit -5°"
    assert shown(0.0604, 0.017, 0.0384, "trunk lengths") == "6 ± 2 %, limit 4 %"
    assert shown(0.1541, None, 0.091, "leg lengths") == "15 %, limit 9 %"


def test_a_value_that_reads_like_its_limit_gets_a_digit_more_and_so_does_the_limit():
    assert shown(20.3, 4.6, 20.2) == "20.3 ± 4.6°, limit 20.2°"
    assert shown(-5.4, 2.7, -5.2) == "-5.4 ± 2.7°, limit -5.2°"
    assert shown(0.1132, 0.032, 0.112, "leg lengths") == "11.3 ± 3.2 %, limit 11.2 %"
    assert shown(0.154, None, 0.153, "leg lengths") == "15.4 %, limit 15.3 %"


def test_a_sentence_says_about_and_what_percent_are_of():
    in_full, said = report.FILTERS["in_full"], {"value": 0.213, "uncertainty": 0.02, "called_at": 0.091, "unit": "leg lengths"}
    assert in_full(said) == "about\u00a021\u00a0%, limit\u00a09\u00a0% of the leg"
    assert in_full(said | {"unit": "degrees", "value": 41.2, "called_at": 34.9}) == "about\u00a041°, limit\u00a035°"


def test_a_judgement_of_an_earlier_version_is_shown_without_its_limit():
    assert report.FILTERS["in_full"]({"value": 31.0, "uncertainty": 3.0, "limit": 22.0, "unit": "degrees"}) == "about\u00a031°"


def test_every_fault_has_a_name_of_its_own_and_every_share_its_whole():
    names = [fault.name for cue in CUES for fault in cue.faults]
    assert len(set(names)) == len(names)
    assert {cue.unit for cue in CUES} - {"degrees"} == set(report.words.PERCENT_OF)
    assert report.FILTERS["named"]("low", BY_ID["butt_high"]) == "Hips sink"
    assert report.FILTERS["named"]("gone", BY_ID["butt_high"]) == "Butt high: gone"  # of a version that had it


# notes on what was judged


def noted(page):
    """The cells of the rep table that refer to a note, as (class, title, note)."""
    cells = [cell for cell in page.all("td") if "aria-describedby" in cell]
    return [(cell["class"], cell["title"], cell["aria-describedby"]) for cell in cells]


def test_a_value_that_is_nearly_called_is_shown_with_where_it_would_be_and_a_note(page):
    note = "So near the limit that the measure cannot tell."
    assert "✓ ok 1 10 ± 3 %, limit 11 %" in page.text
    assert noted(page) == [("ok", note, "note-1")]
    assert [item["id"] for item in page.all("li") if "id" in item] == ["note-1"]
    assert page.text.count(note) == 1, "said once, below the table"


def test_a_note_shared_by_several_cues_and_reps_stands_below_the_table_once():
    result = sample_result()
    typical = "the back was hidden while you stood"
    reps = tuple(replace(r, cues=r.cues | {"neutral_spine": replace(r.cues["neutral_spine"], reason=typical)}) for r in result.reps)
    page = Page(page_of(replace(result, reps=reps)))
    first, second = f"T{typical[1:]}.", "So near the limit that the measure cannot tell."
    assert noted(page) == [
        *(("ok", first, "note-1"), ("fault", first, "note-1")),
        *(("ok", second, "note-2"), ("fault", first, "note-1")),
    ]
    assert page.text.count(f"{first} {second}") == 1
    assert "✕ Lower back rounds 1 31 ± 3°, limit 25°" in page.text
    assert f"at 6.1 s: about 31°, limit 25°. {first}" in page.text, "what is said first rests on it too"


def test_the_reason_for_not_judging_is_no_note(page):
    assert "Needs a front view." not in [title for _, title, _ in noted(page)]
    assert page.text.count("Needs a front view") == 1


def test_a_page_without_notes_has_no_list_of_them():
    result = sample_result()
    page = Page(page_of(replace(result, reps=result.reps[:2])))
    assert noted(page) == []
    assert all(listed.get("class") != "notes" for listed in page.all("ol"))


# the stage


def test_the_page_names_areas_in_words_and_no_exercise_while_it_is_too_early():
    stage = replace(sample_summary().stage, work_on=("glutes", "core"))
    text = Page(page_of(summary=replace(sample_summary(), stage=stage))).text
    assert "Stage 1 The lower back rounds in 2 of 3 reps. Work on: glute stability and strength, core stability and strength." in text
    assert "Practise with a light load" not in text


def test_the_page_names_exercises_in_their_order_once_the_lifter_is_ready():
    stage = replace(sample_summary().stage, recommended=2, ready_for_next=True, why=("5 whole reps",), exercises=("hip_thrust", "squat"))
    text = Page(page_of(summary=replace(sample_summary(), stage=stage))).text
    assert "Stage 2: ready for a light load 5 whole reps" in text
    assert "Practise with a light load, the most useful first: hip thrusts goblet, double kettlebell, front or back squat" in text


def test_the_core_is_called_a_proxy_where_it_is_explained(page):
    about = next(cue.about for cue in CUES if cue.id == "core_tight")
    assert "A proxy" in about
    assert f"Core tight {about}" in page.text
    loose = replace(sample_result().reps[0].cues["core_tight"], status=Status.FAULT, direction="loose", value=12.0)
    reps = tuple(replace(rep, cues=rep.cues | {"core_tight": loose}) for rep in sample_result().reps)
    text = Page(page_of(replace(sample_result(), reps=reps), replace(sample_summary(), next_cue="core_tight"))).text
    assert "Brace your core Core not braced in 3 of 3 reps." in text
    assert text.count(about) == 2


def test_the_page_speaks_of_rounding_never_of_injury(page):
    assert "rounding was seen" in page.text
    assert not re.search("injur|damage|hurt|danger", page.text, re.IGNORECASE)


def test_the_page_can_be_read_aloud(page):
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    first, second = (picture["alt"] for picture in page.all("img")[:2])
    assert first == "Lower back rounds, about\u00a031°, limit\u00a025°"
    assert second == f"{first}, rep 2, 6.1 s"
    assert all(image["alt"] for image in page.all("img"))
    assert all("scope" in heading for heading in page.all("th"))


def test_the_page_needs_and_allows_no_network(page):
    fetched = [attributes[name] for _, attributes in page.tags for name in ("src", "href", "srcset", "action") if name in attributes]
    assert all(address.startswith("data:image/jpeg;base64,") or address == "#worst" for address in fetched)
    assert page.all("link") == []
    (policy,) = (meta["content"] for meta in page.all("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_a_hostile_file_name_is_only_text(page):
    hostile = Page(page_of(path=HOSTILE))
    assert 'script><b onload=x>& "it\'s".mp4' in hostile.text
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in page.tags]


def test_a_hostile_warning_or_reason_is_only_text(page):
    summary = replace(sample_summary(), warnings=("</script><img src=x onerror=y>",))
    result = sample_result()
    hidden = replace(result.reps[0].cues["knees_out"], reason="<svg onload=x>")
    doubtful = replace(result.reps[0].cues["chest_out"], reason='"><svg onload=x>')
    reps = tuple(replace(rep, cues=rep.cues | {"knees_out": hidden, "chest_out": doubtful}) for rep in result.reps)
    hostile = Page(page_of(replace(result, reps=reps), summary))
    assert len(hostile.all("img")) == len(page.all("img"))
    assert len(hostile.all("svg")) == len(page.all("svg"))
    assert hostile.all("script") == []


def test_a_clip_with_nobody_in_it_is_a_page_that_says_so():
    html = page_of(empty_result(), empty_summary())
    text = Page(html).text
    assert "Not scored" in text
    assert "No hinge was seen in this clip." in text
    assert "nobody was seen in this clip" in text
    assert "out of 100" not in text
    assert len(html) < 50_000, "no plots, so no plotting script"


def test_a_clip_in_which_nothing_was_judged_is_not_called_right():
    result = sample_result()
    blind = {cue.id: replace(result.reps[0].cues["knees_out"], reason="needs a view from the side") for cue in CUES}
    reps = tuple(replace(rep, cues=blind, score=None) for rep in result.reps)
    text = Page(page_of(replace(result, reps=reps), replace(sample_summary(), cues={}, score=None, next_cue=None))).text
    assert "Nothing could be judged" in text
    assert "Needs a view from the side." in text
    assert "Film the whole body" not in text, "the reasons are given: advice that fits none of them would mislead"
    assert not re.search("✓|nothing .{0,30}wrong|keep it", text, re.IGNORECASE)


def test_a_flawless_session_is_told_to_go_on():
    text = Page(page_of(summary=replace(sample_summary(), next_cue=None, score=100))).text
    assert "Keep it like this" in text


# the plots


def test_the_plots_share_one_time_axis_and_leave_out_what_was_not_measured(plots):
    assert [trace["name"] for trace in plots["data"]] == ["hip", "knee", "lower back", "upper back", "hips sink"]
    assert [trace["yaxis"] for trace in plots["data"]] == ["y", "y2", "y3", "y3", "y4"]
    assert all("xaxis" not in trace for trace in plots["data"])
    assert json.dumps(plots, allow_nan=False)


def test_gaps_between_left_and_right_are_plotted_from_the_front_only():
    result = sample_result()
    result = replace(result, metrics=replace(result.metrics, ankle_hip_ratio=np.full(len(result), 1.2)))
    assert "feet" not in [trace["name"] for trace in figure_of(result)["data"]]
    assert "feet" in [trace["name"] for trace in figure_of(result, view="front")["data"]]


def test_where_cues_are_called_is_drawn_only_of_cues_that_were_judged_and_only_in_their_phases(plots):
    dashed = [shape for shape in plots["shapes"] if shape["type"] == "line"]
    locked = [shape for shape in dashed if shape["yref"] == "y2" and shape["y0"] == BY_ID["soft_knees"].fault("locked").called_at]
    assert len(locked) == 3, "once a rep, at the bottom"
    assert all(shape["x1"] - shape["x0"] < 1.0 for shape in locked)
    assert not any(note["text"].startswith("upper ") for note in plots["annotations"]), "chest_out was not judged"


def test_where_lower_and_upper_back_are_called_in_one_plot_has_different_names():
    """Limits of 21.7 and 6.3, with 5.8 and 5.7 allowed for: called from 27.5 and 12."""
    limits = report.TABLE_LIMITS | {("neutral_spine", "rounded"): 21.7, ("chest_out", "rounded"): 6.3}
    plots = report.figure(sample_result(), limits, "side", {"neutral_spine", "chest_out"})
    named = [(note["text"], note["y"]) for note in plots["annotations"] if note["yref"] == "y3"]
    assert ("rounded 27.5", 27.5) in named
    assert ("upper 12", 12.0) in named


def test_faults_are_shaded_where_their_measure_is_drawn_and_named(plots):
    shaded = [(shape["yref"], shape["x0"], shape["x1"]) for shape in plots["shapes"] if shape.get("fillcolor") == report.plots.OFF]
    active = sample_result().time_s[sample_result().active[:, [cue.id for cue in CUES].index("neutral_spine")]]
    backs = [shape for shape in shaded if shape[0] == "y3 domain"]
    assert len(backs) == 2
    assert (backs[0][1], backs[1][2]) == (pytest.approx(active.min()), pytest.approx(active.max()))
    words = [note["text"] for note in plots["annotations"]]
    assert words.count("Lower back rounds") == 2
    assert words.count("Knees bend too much") == 1


def test_the_dashed_lines_are_the_profiles():
    limits = report.TABLE_LIMITS | {("neutral_spine", "rounded"): 21.7}
    words = [note["text"] for note in figure_of(sample_result(), limits)["annotations"]]
    assert "rounded 27.5" in words
    assert f"rounded {BY_ID['neutral_spine'].fault('rounded').called_at:g}" not in words
    assert "Lower back rounds: over 27.5° (± 5.8°)" in Page(page_of(limits=limits)).text


def test_a_cue_whose_measure_is_not_plotted_is_named_in_the_top_plot():
    result = sample_result()
    active = np.zeros_like(result.active)
    active[40:60, [cue.id for cue in CUES].index("core_tight")] = True
    loose = replace(result.reps[0].cues["core_tight"], status=Status.FAULT, direction="loose", value=12.0)
    reps = (replace(result.reps[0], cues=result.reps[0].cues | {"core_tight": loose}), *result.reps[1:])
    plots = figure_of(replace(result, active=active, reps=reps))
    assert [note["yref"] for note in plots["annotations"] if note["text"] == "Core not braced"] == ["y domain"]


def test_what_the_table_does_not_call_wrong_is_not_shaded():
    result = sample_result()
    fine = replace(result.reps[1].cues["neutral_spine"], status=Status.NOT_JUDGED, direction=None)
    reps = (result.reps[0], replace(result.reps[1], cues=result.reps[1].cues | {"neutral_spine": fine}), result.reps[2])
    shapes = figure_of(replace(result, reps=reps))["shapes"]
    shaded = [shape["x0"] for shape in shapes if shape.get("fillcolor") == report.plots.OFF and shape["yref"] == "y3 domain"]
    assert len(shaded) == 1
    assert shaded[0] > 8, "in the third rep, no longer in the second"


def test_labels_of_limits_that_are_near_each_other_are_moved_apart():
    """Called from 18 and 17: a degree is less than a label is high, so the upper one is moved up and the lower one down as much."""
    limits = report.TABLE_LIMITS | {("neutral_spine", "rounded"): 12.2, ("chest_out", "rounded"): 11.3}
    plots = report.figure(sample_result(), limits, "side", {"neutral_spine", "chest_out"})
    shifts = {note["text"]: note["yshift"] for note in plots["annotations"] if note["yref"] == "y3"}
    assert shifts["rounded 18"] > 0 > shifts["upper 17"]
    assert shifts["rounded 18"] == pytest.approx(-shifts["upper 17"], abs=1)
    assert shifts["arched -25.8"] == 0


# summary.html

ROWS = [
    {"path": "b/fair.mp4", "status": "done", "view": "side", "reps": 3, "score": 76, "neutral_spine": 2, "seconds": 3.0, "error": ""},
    {"path": "a/empty.mov", "status": "failed", "view": "", "reps": "", "score": "", "neutral_spine": "", "error": "empty file"},
    {"path": "c/nobody.mp4", "status": "done", "view": "unknown", "reps": 0, "score": None, "neutral_spine": 0, "error": ""},
    {
        "path": "d/poor.mp4",
        "status": "done",
        "view": "side",
        "reps": "5",
        "score": "41",
        "neutral_spine": "5",
        "error": "",
        "report": "d/r.html",
    },
]


def test_the_summary_lists_the_lowest_score_first_and_failures_last():
    text = Page(report.batch_summary_html(ROWS)).text
    places = [text.index(name) for name in ("d/poor.mp4", "b/fair.mp4", "c/nobody.mp4", "a/empty.mov")]
    assert places == sorted(places)
    assert "4 clips" in text
    assert "1 could not be read" in text
    assert "failed: empty file" in text


def test_the_summary_is_the_same_from_values_and_from_the_text_of_a_csv():
    as_text = [{name: "" if value is None else str(value) for name, value in row.items()} for row in ROWS]
    assert report.batch_summary_html(as_text) == report.batch_summary_html(ROWS)


def test_the_summary_links_a_clips_own_page_and_nothing_a_name_could_smuggle_in():
    page = Page(report.batch_summary_html([*ROWS, ROWS[3] | {"path": HOSTILE, "report": "javascript:alert(1)"}]))
    assert [link["href"] for link in page.all("a")] in (
        ["javascript%3Aalert%281%29", "d/r.html"],
        ["d/r.html", "javascript%3Aalert%281%29"],
    )
    assert page.all("b") == []


def test_an_empty_folder_has_a_summary_too():
    assert "0 clips" in Page(report.batch_summary_html([])).text
