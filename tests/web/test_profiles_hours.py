"""The hours of a schedule, day by day."""

from datetime import datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from geacc_proxy.policy.schedule import Schedule, Slot
from geacc_proxy.web.profiles.hours import open_spans, written

slots = st.builds(
    Slot,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    st.times().map(lambda at: at.replace(second=0, microsecond=0)),
)


@given(st.lists(slots, max_size=4), st.integers(0, 7 * 24 * 60 - 1))
def test_the_picture_shows_what_the_schedule_holds(given_slots, minute):
    schedule = Schedule(tuple(given_slots))
    at = datetime(2026, 6, 1) + timedelta(minutes=minute)  # a Monday
    of_day = at.hour * 60 + at.minute

    assert schedule.is_open(at) == any(start <= of_day < end for start, end in open_spans(schedule)[at.weekday()])


def test_overlapping_slots_are_one_span():
    schedule = Schedule((Slot(frozenset({0}), time(8), time(10)), Slot(frozenset({0}), time(9), time(12))))

    assert open_spans(schedule)[0] == ((480, 720),)


def test_hours_are_written_as_on_a_clock():
    assert written(((0, 90), (900, 1440))) == "00:00–01:30, 15:00–24:00"
    assert written(()) == ""
