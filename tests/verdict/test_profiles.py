"""Profiles: what a coach may say, what is refused and in which words, and that nothing is lost on the way to TOML and back."""

import math
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hingecheck.errors import ProfileError
from hingecheck.verdict.cues import BY_ID, CUES
from hingecheck.verdict.profiles import LARGEST_FILE, Profile, dumps, load, loads

ROOT = Path(__file__).parents[2]
EVERY_LIMIT = [(cue, fault) for cue in CUES for fault in cue.faults]
DEFAULT = Profile.default()
BENT, LOCKED = BY_ID["soft_knees"].faults
BENT_RANGE = f"{BENT.low:g} to {BENT.high:g} degrees"
BENT_MORE = BENT.called_at + 1.5  # any value but the default


def limits(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers a setting may have, its ends among them."""
    return st.floats(low, high, allow_nan=False)


names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)
cue_tables = st.fixed_dictionaries(
    {},
    optional={
        cue.id: st.fixed_dictionaries(
            {},
            optional={"enabled": st.booleans(), "hold_s": limits(0, 2)}
            | {fault.direction: limits(fault.low, fault.high) for fault in cue.faults},
        )
        for cue in CUES
    },
)
rep_tables = st.tuples(limits(15, 60), limits(20, 90)).map(lambda pair: {"start_deg": min(pair), "min_depth_deg": max(pair)})


def agrees(cues: dict[str, dict[str, float]]) -> bool:
    """The pairs whose ranges touch: what is called below may not reach what is called above."""
    return all(
        cues.get(cue.id, {}).get(below.direction, below.called_at) < cues.get(cue.id, {}).get(above.direction, above.called_at)
        for cue, below in EVERY_LIMIT
        for above in cue.faults
        if above.metric == below.metric and above.above and not below.above
    )


profiles = st.builds(lambda name, cues, reps: Profile(name=name, cues=cues, reps=reps), names, cue_tables.filter(agrees), rep_tables)


def refusal(text: str) -> str:
    """The message that a profile text is refused with."""
    with pytest.raises(ProfileError) as caught:
        loads(text, "ana.toml")
    return str(caught.value)


def test_the_default_profile_is_the_cue_table():
    profile = Profile.default()
    for cue, fault in EVERY_LIMIT:
        assert profile.called_at(cue.id, fault.direction) == fault.called_at
        assert profile.limit(cue.id, fault.direction) == fault.limit
        assert profile.cue(cue.id).hold_s == cue.hold_s
        assert profile.cue(cue.id).enabled


def test_the_shipped_default_file_is_what_the_table_generates():
    assert (ROOT / "profiles/default.toml").read_text() == dumps(Profile.default())


def test_every_setting_of_the_shipped_default_file_may_be_uncommented():
    uncommented = "\n".join(line.removeprefix("#") if line[1:2] != " " else line for line in dumps(Profile.default()).splitlines())
    assert loads(uncommented) == Profile.default()
    assert {cue: set(settings) for cue, settings in tomllib.loads(uncommented)["cues"].items()} == {
        cue.id: {"enabled", "hold_s", *(fault.direction for fault in cue.faults)} for cue in CUES
    }


def test_a_file_states_only_what_differs():
    start = DEFAULT.reps.start_deg + 1.5
    profile = loads(
        f"schema = 2\n[cues.soft_knees]\nbent = {BENT_MORE}\n[cues.chest_out]\nenabled = false\n[reps]\nstart_deg = {start}", "ana.toml"
    )
    assert profile.name == "ana"
    assert profile.called_at("soft_knees", "bent") == BENT_MORE
    assert profile.called_at("soft_knees", "locked") == LOCKED.called_at
    assert not profile.cue("chest_out").enabled
    assert profile.reps.start_deg == start
    live = [line for line in dumps(profile).splitlines() if line and not line.startswith(("#", "["))]
    assert live == ["schema = 2", 'name = "ana"', f"start_deg = {start}", "enabled = false", f"bent = {BENT_MORE}"]


def test_every_line_of_a_written_profile_tells_unit_range_and_reason():
    text = dumps(Profile.default())
    for cue, fault in EVERY_LIMIT:
        assert f"# {fault.reason}; called when {fault.metric} is {'above' if fault.above else 'below'} this: " in text
        assert f"{fault.low:g} to {fault.high:g} {cue.unit}" in text


@given(profiles)
def test_any_profile_survives_the_way_to_toml_and_back(profile):
    again = loads(dumps(profile), "other.toml")
    assert again == profile
    assert hash(again) == hash(profile)
    assert again.sha256 == profile.sha256
    assert dumps(again) == dumps(profile)


@given(st.text())
def test_any_text_is_a_profile_or_a_refusal_in_one_line(text):
    check_one_line(text)


words = st.sampled_from(
    ["name", "reps", "cues", "soft_knees", "bent", "knees_out", "caving", "enabled", "hold_s", "start_deg", '"\\n"', "x"]
)
values = st.sampled_from(["0", "-1e999", "nan", "true", "'x'", '"\\u2028"', "[[]]", "{a = {b = 1}}", "2020-01-01", "30", "16.5", "9" * 400])
lines = st.one_of(
    st.lists(words, min_size=1, max_size=3).map(lambda keys: f"[{'.'.join(keys)}]"),
    st.builds(lambda keys, value: f"{'.'.join(keys)} = {value}", st.lists(words, min_size=1, max_size=4), values),
)


@given(st.lists(lines, max_size=8).map("\n".join))
def test_any_toml_is_a_profile_or_a_refusal_in_one_line(text):
    check_one_line(text)


def check_one_line(text: str) -> None:
    try:
        profile = loads(text, "ana.toml")
    except ProfileError as error:
        assert str(error).startswith("ana.toml: ")
        assert str(error).isprintable()
    else:
        assert isinstance(profile, Profile)


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 20_000, "a = 1" + "0" * 5000, "reps.start_deg = 0x1" + "0" * 5000, "reps" + ".a" * 3000 + " = 1", 'name = "\\uDFFF"'],
    ids=["deep list", "long number", "long hexadecimal number", "deep table", "half a character"],
)
def test_toml_made_to_hurt_is_refused_in_one_line(text):
    assert refusal(text).isprintable()


@pytest.mark.parametrize(("cue", "fault"), EVERY_LIMIT, ids=[f"{cue.id}-{fault.direction}" for cue, fault in EVERY_LIMIT])
def test_a_limit_may_stand_anywhere_in_its_range_and_nowhere_else(cue, fault):
    other = "".join(f"{f.direction} = {f.high if f.above else f.low}\n" for f in cue.faults if f is not fault)  # out of the way
    for value in (fault.low, fault.high):
        assert loads(f"schema = 2\n[cues.{cue.id}]\n{other}{fault.direction} = {value}").called_at(cue.id, fault.direction) == value
    for value in (math.nextafter(fault.low, -math.inf), math.nextafter(fault.high, math.inf), math.nan, math.inf, -math.inf):
        message = refusal(f"schema = 2\n[cues.{cue.id}]\n{fault.direction} = {value!r}")
        assert (
            f"cues.{cue.id}.{fault.direction}: {value!r} is not allowed. Give a number, {fault.low:g} to {fault.high:g} {cue.unit}"
            in message
        )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[cues.soft_knee]\nbent = 40", "ana.toml: cues.soft_knee: not a setting. Did you mean soft_knees? Known here: butt_high, "),
        (
            "[cues.soft_knees]\nbentt = 40",
            "cues.soft_knees.bentt: not a setting. Did you mean bent? Known here: enabled, hold_s, bent, locked.",
        ),
        (
            "[soft_knees]\nbent = 40",
            "soft_knees: not a setting. Did you mean cues.soft_knees? Known here: schema, name, exercise, reps, cues.",
        ),
        ("[cues.soft_knees]\nbent = '40'", f"cues.soft_knees.bent: '40' is not allowed. Give a number, {BENT_RANGE}."),
        ("[cues.soft_knees]\nbent = true", f"cues.soft_knees.bent: True is not allowed. Give a number, {BENT_RANGE}."),
        ("[cues.soft_knees]\nbent = 5\nlocked = 99", "(1 more to correct)"),
        ("[cues.soft_knees]\nenabled = 1", "cues.soft_knees.enabled: 1 is neither true nor false. Write one of them."),
        ("[cues.soft_knees]\nhold_s = 9", "cues.soft_knees.hold_s: 9 is not allowed. Give a number, 0 to 2 seconds."),
        ("cues.soft_knees = 40", "cues.soft_knees: 40 is not a table. Write [cues.soft_knees] and its settings below."),
        ("[reps]\nmin_depth_deg = 95", "reps.min_depth_deg: 95 is not allowed. Give a number, 20 to 90 degrees."),
        ("name = ' '", "name: ' ' is not a name. Write 1 to 255 characters in quotes."),
        ('name = "a\\nb"', "name: has characters that cannot be shown."),
        ("bent 40", "ana.toml: not valid TOML: "),
    ],
)
def test_a_refusal_says_where_what_and_what_to_do(text, expected):
    assert expected in refusal(f"schema = 2\n{text}")


def test_limits_that_leave_nothing_right_are_refused():
    assert refusal("schema = 2\n[cues.soft_knees]\nlocked = 15\nbent = 15").endswith(
        "cues.soft_knees: locked is 15 and bent is 15, so nothing would be right. Set locked below bent."
    )
    assert "less than start_deg" in refusal("[reps]\nstart_deg = 50\nmin_depth_deg = 40")


def test_a_file_is_read_from_disk_with_or_without_the_mark_windows_puts_in_front(tmp_path):
    file = tmp_path / "ana.toml"
    for mark in (b"", b"\xef\xbb\xbf"):
        file.write_bytes(mark + f"schema = 2\r\n[cues.soft_knees]\r\nbent = {BENT_MORE} # für Ana\r\n".encode())
        assert load(file).called_at("soft_knees", "bent") == BENT_MORE
        assert load(file).name == "ana"


def test_a_file_that_is_no_profile_is_refused(tmp_path):
    file = tmp_path / "ana.toml"
    for content, expected in [
        ("bent = 40".encode("utf-16"), "not UTF-8 text (byte 1)"),
        (b"# caf\xe9", "not UTF-8 text (byte 6)"),
        (b" " * (LARGEST_FILE + 1), "too large"),
    ]:
        file.write_bytes(content)
        with pytest.raises(ProfileError, match=expected.replace("(", r"\(").replace(")", r"\)")):
            load(file)
    for path in (tmp_path, tmp_path / "none.toml"):
        with pytest.raises(ProfileError, match="cannot be read"):
            load(path)


def test_a_profile_cannot_be_changed_and_can_be_a_key():
    profile = Profile.default()
    for change in (lambda: setattr(profile, "name", "x"), lambda: setattr(profile.cue("soft_knees"), "bent", 1.0)):
        with pytest.raises(ValueError, match="frozen"):
            change()
    assert {profile: 1}[Profile.default()] == 1


def test_the_digest_follows_the_content_and_nothing_else():
    plain = loads("[cues.soft_knees]\nbent = 40\nlocked = 0")
    assert loads("# a comment\ncues = {soft_knees = {locked = -0.0, bent = 40.0}}").sha256 == plain.sha256
    assert loads("[cues.soft_knees]\nbent = 40.5\nlocked = 0").sha256 != plain.sha256
    assert loads("[cues.soft_knees]\nbent = 40\nlocked = 0\nenabled = false").sha256 != plain.sha256
    assert len(plain.sha256) == 64


def test_asking_for_a_limit_that_does_not_exist_is_a_programming_mistake():
    for cue, direction in [("soft_knee", "bent"), ("soft_knees", "wide"), ("soft_knees", "enabled")]:
        with pytest.raises(KeyError):
            Profile.default().limit(cue, direction)


def test_a_form_can_be_made_from_the_schema():
    schema = Profile.model_json_schema()["$defs"]
    for cue, fault in EVERY_LIMIT:
        setting = schema[cue.id]["properties"][fault.direction]
        assert (setting["minimum"], setting["maximum"], setting["default"]) == (fault.low, fault.high, fault.called_at)


def test_the_limits_in_force_are_those_of_every_cue_and_direction():
    limits = loads("schema = 2\n[cues.soft_knees]\nbent = 41.5").limits
    assert limits["soft_knees", "bent"] == pytest.approx(41.5 - 4.9)  # less what its call allows for the measure's error
    assert set(limits) == {(cue.id, fault.direction) for cue, fault in EVERY_LIMIT}
