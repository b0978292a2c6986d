"""Times rise strictly, true where the stamps are, mended where they are not."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hingecheck.media.timestamps import Clock

MS = Fraction(1, 1000)
PER_FRAME = Fraction(25)  # 40 ms


def read(stamps, *, start=None, tick_s=MS, rate=PER_FRAME, stamped=True):
    """Times of stamps, None where the frame is to be left out, and the clock after them."""
    clock = Clock(tick_s, rate, start, stamped=stamped)
    return [clock.time_of(stamp) for stamp in stamps], clock


def test_uneven_stamps_are_kept_to_the_tick():
    times, clock = read([0, 40, 55, 200])
    assert times == [0, 0.04, 0.055, 0.2]
    assert clock.complaints() == []


def test_times_count_from_the_start_of_the_stream():
    assert read([1000, 1040], start=1000)[0] == [0, 0.04]
    assert read([3000, 3040], start=1000)[0] == [2, 2.04], "the first two seconds could not be decoded"


def test_times_count_from_the_first_frame_when_the_start_is_unknown_or_later():
    assert read([1000, 1040])[0] == [0, 0.04]
    assert read([1000, 1040], start=5000)[0] == [0, 0.04]
    assert read([100_000, 100_040], start=0)[0] == [0, 0.04], "a start over a minute away is none"


def test_a_frame_without_a_stamp_follows_after_one_nominal_frame():
    times, clock = read([0, None, 80, None, None, 200])
    assert times == [0, 0.04, 0.08, 0.12, 0.16, 0.2]
    assert clock.complaints() == ["frames without a time: 3, each placed 1/25 s after the one before"]


def test_frames_without_a_stamp_at_the_start_push_the_later_ones_back():
    assert read([None, None, 5000, 5040])[0] == [0, 0.04, 0.08, 0.12]


def test_missing_stamps_are_no_complaint_where_none_are_promised():
    assert read([0, None], stamped=False)[1].complaints() == []


@pytest.mark.parametrize("late", [80, 60, 40])
def test_a_stray_frame_is_left_out_and_the_others_keep_their_times(late):
    times, clock = read([0, 40, 80, late, 120])
    assert times == [0, 0.04, 0.08, None, 0.12]
    assert clock.complaints() == ["frames not later than the one before: 1, left out"]


def test_a_clock_set_back_goes_on_from_the_frame_before():
    times, clock = read([9000, 9040, 9080, 100, 140])
    assert times == [0, 0.04, 0.08, 0.12, 0.16]
    assert clock.complaints() == ["the clip's clock jumps at 0.1 s; time goes on from there"]


def test_a_clock_that_leaps_a_year_goes_on_from_the_frame_before():
    assert read([0, 40, 31_536_000_000, 80, 120])[0] == [0, 0.04, 0.08, 0.12, 0.16]


def test_a_pause_in_the_recording_is_kept():
    times, clock = read([0, 40, 30_000, 30_040])
    assert times == [0, 0.04, 30, 30.04]
    assert clock.complaints() == []


def test_the_end_is_one_usual_frame_after_the_last():
    assert read([])[1].end_s == 0
    assert read([500])[1].end_s == 0.04, "with one frame, the nominal one"
    assert read([0, 50, 100, 1000])[1].end_s == 1.05


@pytest.mark.parametrize(
    ("stamps", "varies"),
    [
        ([0], False),
        (range(0, 4000, 40), False),
        ([*range(0, 4000, 40), 4200, 4240], False),  # one frame dropped in a hundred
        ([0, 33, 67, 100, 133, 167, 200], False),  # 30 a second in whole milliseconds
        ([0, 4, 8, 12, 17, 21, 25, 29, 33], False),  # 240 a second in whole milliseconds: 5 is 4 and a bit
        ([0, 40, 90, 125, 170, 200, 260], True),
        ([0, 40, 80, 200, 240, 280, 400, 440], True),
    ],
)
def test_a_rate_varies_when_over_one_in_twenty_intervals_is_over_a_fifth_off(stamps, varies):
    assert read(stamps)[1].varies is varies


@given(
    stamps=st.lists(st.none() | st.integers(-(2**62), 2**62) | st.integers(0, 400), max_size=40),
    start=st.none() | st.integers(-(2**62), 2**62),
    tick_s=st.sampled_from([MS, Fraction(1, 90_000), Fraction(1, 25), Fraction(1001, 30_000), Fraction(1)]),
    rate=st.fractions(min_value=1, max_value=1000),
)
def test_whatever_the_stamps_times_rise_strictly(stamps, start, tick_s, rate):
    times, clock = read(stamps, start=start, tick_s=tick_s, rate=rate)
    kept = [time_s for time_s in times if time_s is not None]
    assert all(isinstance(time_s, float) for time_s in kept)
    assert all(a < b for a, b in pairwise(kept))
    assert bool(kept) == bool(stamps), "the first frame is never left out"
    assert all(isinstance(line, str) for line in clock.complaints())
