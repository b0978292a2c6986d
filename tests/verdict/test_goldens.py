"""What the engine says of recorded poses stays what it was. The numbers here are goldens: ``python -m tests.make_goldens`` renews them."""

import copy

import pytest
from make_goldens import CLIPS, DEGREES, FOLDER, SAMPLES, differences, judge, load, surely_past

from hingecheck.drive import clip as one_clip
from hingecheck.verdict.cues import BY_ID
from hingecheck.verdict.profiles import Profile
from hingecheck.verdict.types import METRICS, Judgement, Status


@pytest.mark.parametrize("name", CLIPS)
def test_the_verdict_on_recorded_poses_is_still_the_golden_one(name):
    poses, golden = load(name)
    assert differences(golden, judge(poses)) == [], "meant? then renew the goldens: python -m tests.make_goldens"


@pytest.mark.parametrize("name", CLIPS)
def test_a_golden_covers_three_reps_and_most_metrics(name):
    _, golden = load(name)
    assert len(golden["reps"]) == 3
    for rep in golden["reps"]:
        assert list(rep["metrics"]) == list(rep["uncertainty"]) == list(METRICS)
        assert all((off is None) == (rep["metrics"][name] is None) for name, off in rep["uncertainty"].items())
        assert list(rep["cues"]) == list(BY_ID)
        assert sum(value is not None for value in rep["metrics"].values()) >= len(METRICS) / 2


@pytest.mark.parametrize("name", CLIPS)
def test_golden_poses_are_what_retry_takes(name):
    verdict = one_clip.retry(FOLDER / f"{name}.poses.npz", profile=Profile.default())
    assert verdict.clip.path == f"sample_videos/{name}.mp4"
    assert len(verdict.result.reps) == 3


def test_goldens_stay_small():
    """As small as the first three, and there is one of each sample clip and no other."""
    assert sorted(CLIPS) == sorted(clip.stem for clip in SAMPLES.glob("*.mp4"))
    assert {file.name for file in FOLDER.iterdir()} == {f"{name}{kind}" for name in CLIPS for kind in (".json", ".poses.npz")}
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < len(CLIPS) * 500_000 / 3


# ------------------------------------------------------------------------------------------- the comparison, which must be able to fail


def judged(status, direction, value, off, limit):
    """A cue of a golden whose measure must not rise above its limit, in degrees."""
    past = value - limit - off
    return {
        **{"status": status, "direction": direction, "value": value, "uncertainty": off, "limit": limit, "past": past},
        "unit": "degrees",
    }


@pytest.mark.parametrize(("direction", "sign"), [("bent", 1.0), ("locked", -1.0)])
def test_a_value_is_past_its_limit_by_what_is_left_once_its_doubt_is_taken_off(direction, sign):
    """In a clear view that is all of what is usual."""
    fault = BY_ID["soft_knees"].fault(direction)
    limit, doubt, clear = fault.limit, fault.usual_spread, fault.usual_spread / fault.counted

    def past(value):
        return surely_past("soft_knees", Judgement(Status.OK, None, value, clear, limit, "degrees", 1.0, None))

    assert past(limit + (doubt + 2.0) * sign) == pytest.approx(2.0)
    assert past(limit + (doubt - 2.0) * sign) == pytest.approx(-2.0)
    assert past(limit - 7.0 * sign) == pytest.approx(-7.0 - doubt)
    assert past(None) is None


@pytest.fixture
def golden():
    return {
        "reps": [
            {
                "start_s": 1.0,
                "bottom_s": 2.0,
                "end_s": 3.0,
                "complete": True,
                "exercise": "rdl",
                "metrics": dict.fromkeys(METRICS, 10.0) | {"butt_drop": 0.05, "knee_ankle_ratio": None},
                "uncertainty": dict.fromkeys(METRICS, 5.0) | {"butt_drop": 0.03, "knee_ankle_ratio": None},
                "cues": {
                    "soft_knees": judged("ok", None, 20.0, 5.0, 35.0),
                    "neutral_spine": judged("fault", "rounded", 30.0, 5.0, 22.0),
                },
            }
        ],
        "events": [
            {"time_s": 1.5, "kind": "cue_on", "cue": "neutral_spine", "direction": "rounded", "value": 23.0},
            {"time_s": 3.4, "kind": "rep", "cue": None, "direction": None, "value": None},
        ],
    }


def changed(golden, change):
    now = copy.deepcopy(golden)
    change(now)
    return differences(golden, now)


def test_a_verdict_does_not_differ_from_itself(golden):
    assert changed(golden, lambda now: None) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda now: now["reps"].pop(),
        lambda now: now["reps"][0].update(bottom_s=2.1),
        lambda now: now["reps"][0].update(complete=False),
        lambda now: now["reps"][0]["metrics"].update(hip_flexion_deg=10.0 + DEGREES + 0.1),
        lambda now: now["reps"][0]["metrics"].update(butt_drop=0.07),
        lambda now: now["reps"][0]["metrics"].update(knee_ankle_ratio=1.0),
        lambda now: now["reps"][0]["metrics"].update(spine_lower_deg=None),
        lambda now: now["reps"][0]["uncertainty"].update(hip_flexion_deg=5.0 + DEGREES + 0.1),
        lambda now: now["reps"][0]["uncertainty"].update(butt_drop=None),
        lambda now: now["reps"][0]["cues"]["soft_knees"].update(status="fault", direction="bent"),
        lambda now: now["reps"][0]["cues"]["neutral_spine"].update(status="not_judged", direction=None, value=None, limit=None, past=None),
        lambda now: now["events"].pop(),
        lambda now: now["events"][0].update(direction="arched"),
        lambda now: now["events"][0].update(time_s=1.7),
    ],
    ids=[
        *("rep", "time", "complete", "degrees", "ratio", "appears", "vanishes", "off", "off unknown", "fault", "unjudged"),
        *("event", "direction", "late"),
    ],
)
def test_a_change_that_matters_is_told(golden, change):
    assert len(changed(golden, change)) == 1


def test_a_hair_is_not_told(golden):
    assert changed(golden, lambda now: now["reps"][0]["metrics"].update(hip_flexion_deg=10.0 + DEGREES - 0.1)) == []
    assert changed(golden, lambda now: now["reps"][0]["uncertainty"].update(hip_flexion_deg=5.0 + DEGREES - 0.1)) == []
    assert changed(golden, lambda now: now["reps"][0].update(bottom_s=2.04)) == []


def test_a_cue_within_a_degree_of_being_surely_past_its_limit_may_fall_on_either_side(golden):
    golden["reps"][0]["cues"]["neutral_spine"] = judged("fault", "rounded", 27.9, 5.0, 22.0)  # 22.9 at least

    def clear(now):
        now["reps"][0]["cues"]["neutral_spine"] = judged("ok", None, 26.8, 5.0, 22.0)  # 21.8 at least
        now["events"].pop(0)

    assert changed(golden, clear) == []
    golden["reps"][0]["cues"]["neutral_spine"] = judged("fault", "rounded", 28.1, 5.0, 22.0)
    assert len(changed(golden, lambda now: now["events"].pop(0))) == 1


def test_a_cue_at_its_limit_but_far_from_being_surely_past_it_may_not(golden):
    golden["reps"][0]["cues"]["soft_knees"] = judged("ok", None, 35.0, 5.0, 35.0)

    def call(now):
        now["reps"][0]["cues"]["soft_knees"] = judged("fault", "bent", 42.0, 5.0, 35.0)

    assert len(changed(golden, call)) == 1
