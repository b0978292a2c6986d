"""One cue at a time, the most important first, long enough to be read."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hingecheck.verdict import coaching
from hingecheck.verdict.cues import COLUMN, CUES
from hingecheck.verdict.types import METRICS, Event, Judgement, Metrics, Rep, Result, Status

ROUNDED = ("neutral_spine", "rounded")  # priority 1
LOW = ("butt_high", "low")  # priority 3
SHORT = ("squeeze_butt", "short")  # priority 3 as well
BENT = ("soft_knees", "bent")  # priority 4
STEP_S = 0.25


def verdict(seconds, *events):
    """A verdict on four frames a second in which these cues switch: (time, "on" or "off", (cue, direction))."""
    time_s = np.arange(0.0, seconds, STEP_S)
    blank = np.zeros(len(time_s), np.int8)
    nan = np.full(len(time_s), np.nan)
    switches = (Event(at_s, f"cue_{change}", cue=cue, direction=direction, value=1.0) for at_s, change, (cue, direction) in events)
    return Result(
        time_s=time_s,
        metrics=Metrics(**dict.fromkeys(METRICS, nan)),
        spreads=Metrics(**dict.fromkeys(METRICS, nan)),
        phase=blank,
        rep=blank.astype(np.int32),
        near=blank,
        facing=blank,
        active=np.zeros((len(time_s), len(CUES)), bool),
        events=tuple(sorted(switches, key=lambda event: event.time_s)),
    )


def said(result):
    """What is said, as (from, until, what): a stretch a line."""
    words = [line.cue for line in coaching.advance(coaching.start(), result)[1]]
    stretches = []
    for n, what in enumerate(words):
        if n == 0 or what != words[n - 1]:
            stretches.append([n * STEP_S, None, what])
        stretches[-1][1] = (n + 1) * STEP_S
    return [tuple(stretch) for stretch in stretches]


def test_the_cue_to_practise_is_said_before_a_more_important_one():
    on = (1.0, "on", ROUNDED), (1.0, "on", BENT)
    words = [line.cue for line in coaching.advance(coaching.start("soft_knees"), verdict(4.0, *on))[1]]
    assert set(words[4:]) == {BENT}


def test_of_a_recording_only_what_the_reps_are_judged_to_be_is_said():
    """Two reps, 0 to 4 s and 4 to 8 s. The back is on in both, and judged in the second alone; the knees are judged the other way."""
    found = verdict(8.0, (1.0, "on", ROUNDED), (3.0, "off", ROUNDED), (5.0, "on", ROUNDED), (7.0, "off", ROUNDED), (5.0, "on", BENT))
    active = found.active.copy()
    active[4:12, COLUMN["neutral_spine"]] = active[20:28, COLUMN["neutral_spine"]] = active[20:, COLUMN["soft_knees"]] = True

    def judged(number, **directions):
        unseen = Judgement(Status.NOT_JUDGED, None, None, None, None, "degrees", None, "hidden")
        wrong = {cue: replace(unseen, status=Status.FAULT, direction=way, reason=None) for cue, way in directions.items()}
        start_s = 4.0 * (number - 1)
        return Rep(number, start_s, start_s + 2, start_s + 4, True, 80, {}, {}, {cue.id: unseen for cue in CUES} | wrong)

    reps = judged(1), judged(2, neutral_spine="rounded", soft_knees="locked")
    found = coaching.as_judged(replace(found, active=active, reps=reps))
    assert [(event.time_s, event.kind, event.cue, event.direction) for event in found.events] == [
        (5.0, "cue_on", "soft_knees", "locked"),
        (5.0, "cue_on", *ROUNDED),
        (7.0, "cue_off", *ROUNDED),
    ]
    assert found.time_s[found.active[:, COLUMN["neutral_spine"]]].tolist() == [5.0, 5.25, 5.5, 5.75, 6.0, 6.25, 6.5, 6.75]


def test_without_reps_nothing_is_said_of_a_recording():
    found = verdict(4.0, (1.0, "on", ROUNDED))
    found.active[4:, COLUMN["neutral_spine"]] = True
    assert coaching.as_judged(found).events == ()
    assert not coaching.as_judged(found).active.any()


def test_nothing_is_said_while_nothing_is_wrong():
    assert said(verdict(2.0)) == [(0.0, 2.0, None)]


def test_a_cue_is_said_from_the_moment_it_goes_on_until_it_goes_off():
    assert said(verdict(6.0, (1.0, "on", ROUNDED), (4.0, "off", ROUNDED))) == [(0.0, 1.0, None), (1.0, 4.0, ROUNDED), (4.0, 6.0, None)]


def test_a_short_fault_stays_long_enough_to_be_read():
    assert coaching.SHOWN_S == 1.5
    assert said(verdict(4.0, (1.0, "on", ROUNDED), (1.25, "off", ROUNDED))) == [(0.0, 1.0, None), (1.0, 2.5, ROUNDED), (2.5, 4.0, None)]


def test_of_two_faults_at_once_the_more_important_one_is_said():
    for other in (BENT, LOW):  # one that comes later by name, and one that comes earlier
        assert said(verdict(2.0, (1.0, "on", other), (1.0, "on", ROUNDED))) == [(0.0, 1.0, None), (1.0, 2.0, ROUNDED)]


def test_a_more_important_fault_does_not_wait_and_is_then_left_to_be_read():
    result = verdict(4.0, (1.0, "on", BENT), (1.5, "on", ROUNDED), (2.0, "off", ROUNDED))
    assert said(result) == [(0.0, 1.0, None), (1.0, 1.5, BENT), (1.5, 3.0, ROUNDED), (3.0, 4.0, BENT)]


def test_a_less_important_fault_waits_until_the_other_is_right_again():
    result = verdict(6.0, (1.0, "on", ROUNDED), (1.5, "on", BENT), (3.0, "off", ROUNDED), (5.0, "off", BENT))
    assert said(result) == [(0.0, 1.0, None), (1.0, 3.0, ROUNDED), (3.0, 5.0, BENT), (5.0, 6.0, None)]


def test_a_fault_that_came_and_went_meanwhile_is_not_said():
    result = verdict(6.0, (1.0, "on", ROUNDED), (1.5, "on", BENT), (2.0, "off", BENT), (3.0, "off", ROUNDED))
    assert said(result) == [(0.0, 1.0, None), (1.0, 3.0, ROUNDED), (3.0, 6.0, None)]


def test_of_equally_important_faults_the_first_by_name_is_said_in_whatever_order_they_came():
    for first, second in ((LOW, SHORT), (SHORT, LOW)):
        assert said(verdict(1.0, (0.0, "on", first), (0.0, "on", second))) == [(0.0, 1.0, LOW)]


def test_an_event_between_two_frames_counts_from_the_next_one():
    assert said(verdict(1.0, (0.3, "on", BENT))) == [(0.0, 0.5, None), (0.5, 1.0, BENT)]


def test_reps_and_baselines_say_nothing():
    result = replace(verdict(1.0), events=(Event(0.25, "baseline"), Event(0.5, "rep", rep=1), Event(0.5, "view", direction="side")))
    assert said(result) == [(0.0, 1.0, None)]


def test_the_coach_that_was_handed_in_is_not_changed():
    coach = coaching.start()
    later, _ = coaching.advance(coach, verdict(1.0, (0.0, "on", BENT)))
    assert coach == coaching.start()
    assert later.on == {BENT}


@pytest.mark.parametrize("cue", CUES, ids=lambda cue: cue.id)
def test_every_way_to_be_wrong_can_be_said(cue):
    for fault in cue.faults:
        assert said(verdict(1.0, (0.0, "on", (cue.id, fault.direction)))) == [(0.0, 1.0, (cue.id, fault.direction))]


@given(cuts=st.lists(st.integers(0, 24), max_size=6).map(sorted))
def test_any_cut_of_the_frames_says_the_same(cuts):
    whole = verdict(6.0, (0.5, "on", BENT), (0.75, "on", ROUNDED), (1.0, "off", BENT), (2.5, "off", ROUNDED), (2.75, "on", LOW))
    coach, words = coaching.start(), []
    for first, last in zip([0, *cuts], [*cuts, 24], strict=True):
        coach, more = coaching.advance(coach, part(whole, first, last))
        words += more
    assert words == coaching.advance(coaching.start(), whole)[1]


def part(result, first, last):
    """Frames ``first`` to ``last`` with the events that happened in them."""
    time_s = result.time_s[first:last]
    inside = tuple(event for event in result.events if first * STEP_S <= event.time_s < last * STEP_S)
    return replace(result, time_s=time_s, events=inside)


def heeded(seconds, *, at_s, status, events):
    """A verdict in which a rep closes at ``at_s`` with this status for every cue."""
    judgement = Judgement(status, None, None, None, None, "degrees", None, None)
    rep = Rep(1, 0.0, 1.0, at_s, True, 90, {}, {}, {cue.id: judgement for cue in CUES})
    result = verdict(seconds, *events)
    switches = tuple(sorted((*result.events, Event(at_s, "rep", rep=1)), key=lambda event: event.time_s))
    return replace(result, events=switches, reps=(rep,))


def praised(result):
    """When better is said, seconds, and of what."""
    return [(n * STEP_S, line.better) for n, line in enumerate(coaching.advance(coaching.start(), result)[1]) if line.better]


TOLD = [(0.5, "on", ROUNDED), (2.5, "off", ROUNDED)]


def test_better_is_said_when_the_next_rep_is_free_of_what_was_told():
    said_at = praised(heeded(8.0, at_s=4.0, status=Status.OK, events=TOLD))
    assert said_at == [(4.0 + n * STEP_S, ROUNDED) for n in range(round(coaching.BETTER_S / STEP_S))]


@pytest.mark.parametrize("status", [Status.FAULT, Status.NOT_JUDGED])
def test_better_is_not_said_of_a_rep_in_which_it_was_wrong_again_or_not_judged(status):
    assert praised(heeded(8.0, at_s=4.0, status=status, events=TOLD)) == []


def test_better_is_not_said_of_what_was_never_told():
    assert praised(heeded(8.0, at_s=4.0, status=Status.OK, events=[])) == []


def test_who_puts_it_right_in_the_middle_of_a_rep_hears_so_at_once():
    result = verdict(5.0, (0.5, "on", ROUNDED), (1.0, "off", ROUNDED))
    result = replace(result, events=tuple(replace(event, righted=event.kind == "cue_off") for event in result.events))
    assert said(result) == [(0.0, 0.5, None), (0.5, 1.0, ROUNDED), (1.0, 5.0, None)], "no longer shown, though it was not up for long"
    assert praised(result)[0] == (1.0, ROUNDED)


def test_a_fault_that_passes_on_the_way_up_is_not_called_better():
    assert praised(verdict(5.0, *TOLD)) == []


def test_a_cue_that_has_gone_rests_before_it_is_said_again():
    assert coaching.COOL_S == 2.0
    result = verdict(8.0, (0.5, "on", BENT), (2.5, "off", BENT), (3.0, "on", BENT), (7.0, "off", BENT))
    assert said(result) == [(0.0, 0.5, None), (0.5, 2.5, BENT), (2.5, 4.5, None), (4.5, 7.0, BENT), (7.0, 8.0, None)]


def test_a_resting_cue_does_not_keep_another_from_being_said():
    result = verdict(5.0, (0.5, "on", ROUNDED), (2.0, "off", ROUNDED), (2.5, "on", ROUNDED), (2.5, "on", BENT))
    assert said(result)[:4] == [(0.0, 0.5, None), (0.5, 2.0, ROUNDED), (2.0, 2.5, None), (2.5, 4.0, BENT)]
