"""The documents say what the program does: every command, option, file, field, cue and limit, and the numbers of the rules."""

import re
from dataclasses import replace
from pathlib import Path

import make_docs
import numpy as np
import pytest
import test_cli
import typer.main
from synthetic import backless, film, hinge, stand

from hingecheck import cli
from hingecheck.drive import batch as batches
from hingecheck.show.report import COLUMNS
from hingecheck.verdict import coverage, engine, judging, scoring, views
from hingecheck.verdict.cues import BY_ID, CUES
from hingecheck.verdict.poses import COLUMNS as POSE_COLUMNS
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.silhouette import S
from hingecheck.verdict.skeleton import K
from hingecheck.verdict.types import METRICS, Judgement, Metrics, Phase, Rep, Status, ViewKind

DOCS = Path(__file__).parents[1] / "docs"


def document(name):
    return (DOCS / name).read_text(encoding="utf-8")


def section(text, heading):
    """What stands under a heading, up to the next one of the same rank."""
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section {heading!r}"
    return found[1]


COMMANDS = [(path, command) for path, command in test_cli.commands() if path]
OPTIONS = [
    (path, option)
    for path, command in COMMANDS
    for parameter in command.params
    for option in (*parameter.opts, *parameter.secondary_opts)
    if option.startswith("--") and option != "--help"
]


@pytest.mark.parametrize("path", [path for path, _ in COMMANDS], ids=" ".join)
def test_every_command_is_documented(path):
    text = document("commands.md")
    assert f"## {path[0]}\n" in text
    if not hasattr(dict(COMMANDS)[path], "commands"):  # a group is only the words before others
        assert re.search(rf"^hingecheck {' '.join(path)} ", text, re.MULTILINE)


@pytest.mark.parametrize(("path", "option"), OPTIONS, ids=lambda part: part if isinstance(part, str) else " ".join(part))
def test_every_option_is_documented_where_its_command_is(path, option):
    assert f"`{option}`" in section(document("commands.md"), path[0])


def test_options_of_the_program_itself_are_documented():
    head = document("commands.md").partition("\n## ")[0]
    for parameter in typer.main.get_command(cli.app).params:
        assert all(f"{option}`" in head for option in parameter.opts)


def test_no_option_is_documented_that_does_not_exist():
    real = {option for _, option in OPTIONS} | {"--help", "--version", "--debug"}
    assert set(re.findall(r"`(--[a-z-]+)`", document("commands.md"))) <= real


def test_every_exit_code_is_documented():
    codes = set(map(int, re.findall(r"^\| (\d+) \|", section(document("commands.md"), "Exit codes"), re.MULTILINE)))
    assert codes == {cli.OK, cli.SOME_FAILED, cli.BAD_INPUT, cli.INTERRUPTED} == {0, 1, 2, 130}


def fields(schema):
    """Names of a schema, those of measures and cues left out: they have documents of their own."""
    if isinstance(schema, list):
        yield from fields(schema[0])
    elif isinstance(schema, dict):
        for name, inner in schema.items():
            if name in BY_ID:
                yield from fields(inner)
            elif name not in METRICS:
                yield name
                yield from fields(inner)


@pytest.mark.parametrize("name", sorted(set(fields(test_cli.SCHEMA))))
def test_every_field_of_the_report_is_documented(name):
    assert f"`{name}`" in section(document("commands.md"), "report.json")


def test_every_word_a_field_can_hold_is_documented():
    text = section(document("commands.md"), "report.json")
    for words in (test_cli.SCHEMA["view"]["kind"], test_cli.SCHEMA["view"]["facing"], set(Status)):
        assert all(f"`{word}`" in text for word in words if word is not None)


def test_every_column_of_the_tables_is_documented():
    frames, results, reps = (section(document("commands.md"), f"{name}.csv") for name in ("frames", "results", "reps"))
    assert all(f"`{column}`" in frames for column in COLUMNS)
    row = batches._row(batches.Job("a.mp4", "a.mp4", "a"), (None, "broken", 0.0))
    assert all(f"`{column}`" in results for column in row if column not in BY_ID)
    assert all(f"`{column}`" in reps for column in ("path", "index", "start_s", "bottom_s", "end_s", "complete", "score"))


def test_every_file_that_is_written_is_documented():
    text = document("commands.md")
    for name in ("report.json", "report.html", "frames.csv", "poses.npz", "annotated.mp4", "results.csv", "reps.csv", "summary.html"):
        assert f"`{name}`" in text


def test_the_arrays_of_a_recording_are_documented():
    text = section(document("commands.md"), "poses.npz")
    assert all(f"`{name}`" in text for name in (*POSE_COLUMNS, "schema", "hingecheck", "meta"))
    assert f"(T, {K}, 2)" in text
    assert f"(T, {S})" in text
    assert f"at {S} places" in document("measures.md")


@pytest.mark.parametrize("name", METRICS)
def test_every_measure_is_documented_with_its_unit(name):
    (row,) = re.findall(rf"^\| `{name}` \| ([a-z ]+) \| .+ \| .+ \|$", section(document("measures.md"), "The measures"), re.MULTILINE)
    assert (row == "degrees") == name.endswith("_deg")


@pytest.mark.parametrize("name", make_docs.TABLES)
def test_tables_made_of_the_code_are_up_to_date(name):
    assert document(name) == make_docs.filled(name), "renew them: python -m tests.make_docs"


@pytest.mark.parametrize("cue", CUES, ids=lambda cue: cue.id)
def test_every_cue_and_limit_is_documented(cue):
    text = section(document("measures.md"), "The nine cues")
    assert f"| `{cue.id}` | {cue.name} | {cue.view} |" in text
    for fault in cue.faults:
        (row,) = (line for line in text.splitlines() if line.startswith(f"| `{cue.id}` | `{fault.direction}` |"))
        assert f"`{fault.metric}` {'>' if fault.above else '<'} {fault.called_at:g}" in row


def test_how_far_round_cues_are_judged_is_documented_as_the_table_has_it(root):
    """Angles and the back are judged from any side; shoulders and core as far as a view is called side; gaps up to halfway round."""
    far = {cue.id: (cue.view, cue.within_deg) for cue in CUES}
    anywhere = [cue_id for cue_id, seen in far.items() if seen == (ViewKind.SIDE, views.ANY_DEG)]
    square = [cue_id for cue_id, seen in far.items() if seen == (ViewKind.SIDE, views.SIDE_WITHIN_DEG)]
    gaps = [cue_id for cue_id, seen in far.items() if seen == (ViewKind.FRONT, views.GAPS_WITHIN_DEG)]
    assert sorted(anywhere) == ["chest_out", "neutral_spine", "soft_knees", "squeeze_butt"]
    assert (square, gaps) == (["shoulders_back", "core_tight"], ["knees_out", "feet_hip_width"])
    assert views.ANY_DEG == 90
    assert views.kind(90.0 - views.SIDE_WITHIN_DEG) is ViewKind.SIDE
    assert views.kind(views.GAPS_WITHIN_DEG) is views.kind(180.0 - views.GAPS_WITHIN_DEG) is ViewKind.OBLIQUE
    readme, measures = (" ".join(text.split()) for text in ((root / "README.md").read_text(encoding="utf-8"), document("measures.md")))
    assert (
        "Hips, knees and back are measured from any side, and judged wherever the measure is sure enough. "
        f"Shoulders and core are judged up to {views.SIDE_WITHIN_DEG:g} degrees off a square side view, "
        f"knees and feet up to {views.GAPS_WITHIN_DEG:g} off a square front view." in readme
    )
    assert (
        "(`soft_knees`, `squeeze_butt`, `neutral_spine`, `chest_out`) are judged from any side, "
        f"`butt_high` up to {views.DROP_WITHIN_DEG:g}° off a square side view" in measures
    )
    assert (
        f"`shoulders_back` and `core_tight` need more than angles: they are judged up to {views.SIDE_WITHIN_DEG:g}° off a square"
        in measures
    )
    assert f"`knees_out` and `feet_hip_width` are judged up to {views.GAPS_WITHIN_DEG:g}° off a square front or back view" in measures
    for text in (root / "README.md", *DOCS.glob("*.md")):
        assert not re.search(r"oblique view[^.]*(no cue|none) is", text.read_text(encoding="utf-8")), text.name


def test_the_reasons_for_not_judging_are_documented():
    text = section(document("measures.md"), "The nine cues")
    off = Profile.model_validate({"cues": {"soft_knees": {"enabled": False}}})
    seen = [
        engine.analyse(film(stand(1.0) + hinge(), yaw_deg=0.0), off),  # from the front
        engine.analyse(film(hinge(2, top_s=0.1), begin=hinge()[0]), off, hindsight=False),  # bent over from the start, never still
        engine.analyse(backless(film(stand(1.0) + hinge())), off),
    ]
    reasons = {said.reason for result in seen for rep in result.reps for said in rep.cues.values() if said.status is Status.NOT_JUDGED}
    assert len(reasons) >= 5
    (example,) = re.findall("what is hidden, such as `(.+?)`", text)
    hidden = {cue.hidden for cue in CUES}
    assert example in hidden
    assert len(reasons & hidden) >= 1
    assert "from the side` (or `front`)" in text
    vague = judged_of_a_back_that_rounds_by(27.0, off=60.0, limit=20.0).reason
    assert vague.startswith("not measured closely enough")
    reasons.add(vague)
    for reason in reasons - hidden:
        assert f"`{reason.partition(':')[0].replace('from the front', 'from the side')}" in text


def test_the_reasons_of_gaps_and_of_few_frames_are_documented():
    """A rep of which every part is seen 5 times a second; one without the second in which it is deepest; one seen from its middle on."""
    text = section(document("measures.md"), "The nine cues")
    few = film(stand(1.0) + hinge(), fps=5.0)
    whole = film(stand(1.0) + hinge(pause_s=1.0))
    usual = Profile.default()
    middle = engine.analyse(whole, usual).reps[0].bottom_s
    gap = whole[np.flatnonzero(np.abs(whole.time_s - middle) > 0.4)]  # 0.9 s from one frame to the next
    late = whole[np.flatnonzero((whole.time_s < 0.5) | (whole.time_s > middle - 0.2))]
    starts = ("only 5 frames a second", "0.9 s of the rep are missing", "its beginning was not seen")
    for poses, start in zip((few, gap, late), starts, strict=True):
        assert f"`{start}" in text
        reasons = [said.reason or "" for rep in engine.analyse(poses, usual).reps for said in rep.cues.values()]
        assert any(reason.startswith(start) for reason in reasons), (start, reasons)
    assert f"longer than {coverage.GAP_S:g} s" in text
    assert f"fewer than {coverage.FEWEST_HZ:g} frames a second" in text


def test_what_has_to_be_known_of_a_judgement_is_documented():
    text = " ".join(section(document("commands.md"), "report.json").split())
    notes = [
        *(judged_of_a_back_that_rounds_by(value, off=5.0, limit=20.0, frames=frames).reason for value, frames in ((23.0, 25), (27.0, 5))),
        judging.BY_SHAPE_ALONE,
    ]
    assert len(set(notes)) == 3
    for note in notes:
        assert f"`{re.split(r' 0.3 s|,', note)[0]}`" in text


def test_the_default_that_the_document_on_profiles_shows_is_the_default():
    (shown,) = re.findall(r"`#bent =\s([\d.]+)`", document("profiles.md"))
    assert float(shown) == Profile.default().called_at("soft_knees", "bent")
    (example,) = re.findall(r"^bent = (\d+) ", document("profiles.md"), re.MULTILINE)
    assert f'profile.called_at("soft_knees", "bent")  # {float(example)}' in document("profiles.md")


def test_the_numbers_of_the_rules_are_documented():
    text = " ".join(document("scoring.md").split())
    least, rest = scoring.LEAST_PENALTY, 1 - scoring.LEAST_PENALTY
    assert f"severity = {least:g} + {rest:g} * min(1, |value - limit| / worst)" in text
    assert f"at least {scoring.READY_REPS} whole reps" in text
    assert f"the session's score is at least {scoring.READY_SCORE};" in text
    assert f"neither `{scoring.READY_CUES[0]}` nor `{scoring.READY_CUES[1]}` was wrong" in text
    assert len(scoring.READY_CUES) == 2


def test_the_example_of_the_score_is_right():
    text = " ".join(document("scoring.md").split())
    judged = [cue for cue in CUES if cue.view is ViewKind.SIDE]
    first, *middle, last = (f"`{cue.id}` ({'weight ' if cue is judged[0] else ''}{cue.weight:g})" for cue in judged)
    weights = sum(cue.weight for cue in judged)
    assert f"judged are {', '.join([first, *middle])} and {last}, together {weights:g}." in text
    (spine,) = (fault for fault in BY_ID["neutral_spine"].faults if fault.direction == "rounded")
    assert f"by 27 ± 5 degrees where the limit is 20, and past it by {spine.worst_by:g} is as bad as can be" in text
    rounded = Judgement(Status.FAULT, "rounded", 27.0, 5.0, 20.0, "degrees", 1.0, None)
    fine = Judgement(Status.OK, None, 0.0, 5.0, 20.0, "degrees", 1.0, None)
    assert scoring.severity("neutral_spine", rounded) == pytest.approx(0.64)
    assert "severity 0.4 + 0.6 * 7 / 17.5 = 0.64" in text
    score = scoring.rep_score({cue.id: fine for cue in judged} | {"neutral_spine": rounded})
    assert text.count(f"100 * (1 - 2 * 0.64 / {weights:g}) = {score}. ") == 1


@pytest.mark.parametrize(
    ("value", "off", "called_at", "status", "note"),
    [
        (23.0, 5.0, 25.0, Status.OK, judging.NEARLY),
        (27.0, 5.0, 25.0, Status.FAULT, None),
        (15.0, 5.0, 25.0, Status.OK, None),
        (26.0, 8.0, 27.23, Status.OK, judging.NEARLY),
        (28.0, 8.0, 27.23, Status.FAULT, None),
    ],
)
def test_the_example_of_a_fault_and_what_is_none_is_right(value, off, called_at, status, note):
    text = " ".join(document("scoring.md").split())
    usual = BY_ID["neutral_spine"].fault("rounded").usual_spread
    assert f"from {20 + usual:g} degrees on, {usual:g} of them" in text
    assert "at ± 5 from 25: 23 ± 5 is `ok` with a note, 27 ± 5 a fault, 15 ± 5 `ok`. At ± 8 it is called from 27.2: 26 ± 8 is `ok`" in text
    said = judged_of_a_back_that_rounds_by(value, off=off, limit=20.0)
    assert (said.status, said.called_at, said.reason) == (status, pytest.approx(called_at), note)


def judged_of_a_back_that_rounds_by(value, *, off, limit, frames=25):
    """What is said of a rep of so many frames, 25 a second, in which the lower back reads this, give or take ``off``."""
    rounded = BY_ID["neutral_spine"].fault("rounded")
    profile = Profile.model_validate({"cues": {"neutral_spine": {"rounded": rounded.called_from(limit)}}})
    rules = tuple(replace(rule, fault=replace(rule.fault, counted=1.0)) for rule in engine.rules(profile))
    told = {"trunk_lean_deg": np.full(frames, 70.0), "spine_lower_deg": np.full(frames, value)}
    tallies, _ = judging.advance(
        judging.start(rules),
        rules,
        time_s=np.arange(frames) / 25,
        metrics=Metrics(**{name: told.get(name, np.zeros(frames)) for name in METRICS}),
        spreads=Metrics(**{name: np.full(frames, off) for name in METRICS}),
        phase=np.full(frames, Phase.BOTTOM, np.int8),
        in_rep=np.ones(frames, bool),
        off_deg={ViewKind.SIDE: np.zeros(frames), ViewKind.FRONT: np.full(frames, 90.0)},
        closed=(),
        stood=np.ones(frames, bool),
        shaped=np.ones(frames, bool),
    )
    return judging.settle(tallies, rules)["neutral_spine"]


def test_the_examples_of_areas_and_exercises_are_right():
    text = " ".join(document("scoring.md").split())
    assert [BY_ID[cue_id].weight for cue_id in ("squeeze_butt", "neutral_spine", "knees_out")] == [1.0, 2.0, 0.7]
    assert 'the spine is the more urgent: `["core", "glutes"]`' in text
    short, rounds = stage_rep(squeeze_butt="short"), stage_rep(neutral_spine="rounded")
    assert scoring.stage([short, short, rounds]).work_on == ("core", "glutes")
    assert "puts `hip_thrust` first, two reps with knees that cave in (`knees_out`, 0.7 each) put `squat` before it" in text
    clean, caves = [stage_rep()] * 10, [stage_rep(knees_out="caving")] * 2
    assert scoring.stage([*clean, short]).exercises[0] == "hip_thrust"
    assert scoring.stage([*clean, short, *caves]).exercises[:2] == ("squat", "hip_thrust")


def stage_rep(**wrong):
    """A whole rep in which these cues were wrong at their limit, and nothing else was."""
    cues = {}
    for cue in CUES:
        limit = next((fault.limit for fault in cue.faults if fault.direction == wrong.get(cue.id)), 0.0)
        status = Status.FAULT if cue.id in wrong else Status.OK
        cues[cue.id] = Judgement(status, wrong.get(cue.id), limit, 0.0, limit, cue.unit, 1.0, None)
    return Rep(1, 0.0, 1.0, 2.0, True, scoring.rep_score(cues), {}, {}, cues)


@pytest.mark.parametrize("name", ["scoring.md", "profiles.md", "measures.md"])
def test_the_core_is_called_a_proxy_where_it_is_explained(name):
    assert "proxy" in document(name)


def test_the_documents_lead_to_files_that_exist(root):
    for file in (*DOCS.glob("*.md"), root / "README.md", root / "CONTRIBUTING.md", root / "ARCHITECTURE.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", file.read_text(encoding="utf-8")):
            assert (file.parent / target).exists(), f"{file.name} leads to {target}"


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/design.md", "docs/measures.md"])
def test_the_modules_and_folders_that_a_document_names_exist(root, name):
    text = (root / name).read_text(encoding="utf-8")
    named = set(re.findall(r"(?<![\w./])(?:\w+/)+\w+\.(?:py|json|toml|md)\b|(?<![\w./])hingecheck/[\w./]*\w", text))
    assert named
    assert [path for path in sorted(named) if not any((top / path).exists() for top in (root, root / "hingecheck"))] == []


def test_the_picture_of_the_folders_names_each_of_them_and_no_other(root):
    text = section((root / "ARCHITECTURE.md").read_text(encoding="utf-8"), "The folders")
    named = set(re.findall(r"\b(?:\w+\.py|\w+/)", text.split("```")[1]))
    package = root / "hingecheck"
    real = {
        path.name if path.is_file() else f"{path.name}/"
        for path in package.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert named == real


def test_the_readme_says_how_to_begin(root):
    text = (root / "README.md").read_text(encoding="utf-8")
    for words in ("make demo", "make test", "hingecheck analyze", "docs/commands.md", "docs/measures.md", "docs/scoring.md"):
        assert words in text
