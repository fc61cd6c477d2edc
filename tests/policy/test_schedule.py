"""When a device may go online."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geacc_proxy.exceptions import UsageError
from geacc_proxy.policy.schedule import MAX_SLOTS, Schedule, Slot

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
SCHOOL_DAYS = frozenset(range(5))
EVERY_DAY = frozenset(range(7))
MONDAY = datetime(2026, 11, 23)


def at(text: str, zone: ZoneInfo | None = None, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def schedule(*slots: tuple[frozenset[int], str, str]) -> Schedule:
    return Schedule(tuple(Slot(days, time.fromisoformat(start), time.fromisoformat(end)) for days, start, end in slots))


AFTERNOON = schedule((SCHOOL_DAYS, "15:00", "19:30"))


def test_without_slots_it_is_always_open_and_nothing_ever_changes() -> None:
    assert Schedule().is_open(MONDAY)
    assert Schedule().next_change(MONDAY) is None


@pytest.mark.parametrize(
    ("moment", "is_open", "change"),
    [
        ("2026-11-23T14:59:59.999999", False, "2026-11-23T15:00"),
        ("2026-11-23T15:00", True, "2026-11-23T19:30"),
        ("2026-11-23T19:29:59", True, "2026-11-23T19:30"),
        ("2026-11-23T19:30", False, "2026-11-24T15:00"),
        ("2026-11-27T19:30", False, "2026-11-30T15:00"),
        ("2026-11-29T16:00", False, "2026-11-30T15:00"),
    ],
)
def test_a_slot_holds_from_its_first_minute_up_to_its_end(moment: str, is_open: bool, change: str) -> None:
    assert AFTERNOON.is_open(at(moment)) is is_open
    assert AFTERNOON.next_change(at(moment)) == at(change)


def test_a_slot_runs_past_midnight_into_a_day_that_it_does_not_name() -> None:
    friday_night = schedule((frozenset({4}), "22:00", "01:30"))
    assert friday_night.is_open(at("2026-11-28T01:29"))
    assert not friday_night.is_open(at("2026-11-28T01:30"))
    assert not friday_night.is_open(at("2026-11-27T01:00"))
    assert friday_night.next_change(at("2026-11-27T23:00")) == at("2026-11-28T01:30")


def test_a_slot_of_sunday_night_runs_into_monday() -> None:
    sunday_night = schedule((frozenset({6}), "23:00", "02:00"))
    assert sunday_night.is_open(at("2026-11-29T23:30"))
    assert sunday_night.is_open(at("2026-11-30T01:59"))
    assert sunday_night.next_change(at("2026-11-29T23:30")) == at("2026-11-30T02:00")
    assert sunday_night.next_change(at("2026-11-30T02:00")) == at("2026-12-06T23:00")


def test_an_end_of_midnight_is_the_end_of_the_day() -> None:
    evening = schedule((frozenset({0}), "18:00", "00:00"))
    assert evening.is_open(at("2026-11-23T23:59"))
    assert evening.next_change(at("2026-11-23T20:00")) == at("2026-11-24T00:00")
    assert not evening.is_open(at("2026-11-24T00:00"))


def test_a_slot_that_ends_when_it_starts_lasts_a_day() -> None:
    day = schedule((frozenset({0}), "08:00", "08:00"))
    assert day.next_change(at("2026-11-23T08:00")) == at("2026-11-24T08:00")


def test_slots_that_adjoin_or_overlap_are_one() -> None:
    joined = schedule((EVERY_DAY, "08:00", "12:00"), (EVERY_DAY, "12:00", "13:00"), (EVERY_DAY, "12:30", "20:00"))
    assert joined.next_change(at("2026-11-23T09:00")) == at("2026-11-23T20:00")
    nights = schedule((EVERY_DAY, "20:00", "00:00"), (EVERY_DAY, "00:00", "06:00"))
    assert nights.next_change(at("2026-11-29T21:00")) == at("2026-11-30T06:00")


@pytest.mark.parametrize(
    "slots",
    [
        [(EVERY_DAY, "00:00", "00:00")],
        [(EVERY_DAY, "07:00", "07:00")],
        [(EVERY_DAY, "06:00", "18:00"), (EVERY_DAY, "18:00", "06:00")],
    ],
)
def test_a_week_that_is_open_from_end_to_end_never_changes(slots: list[tuple[frozenset[int], str, str]]) -> None:
    always = schedule(*slots)
    assert always.is_open(at("2026-11-29T23:59", BERLIN))
    assert always.next_change(at("2026-11-29T23:59", BERLIN)) is None


def test_seconds_of_the_clock_do_not_move_a_change() -> None:
    assert AFTERNOON.next_change(at("2026-11-23T14:30:12.345")) == at("2026-11-23T15:00")


# In 2026 Berlin goes from 02:00 to 03:00 on 29 March and from 03:00 back to 02:00 on 25 October; New York from 02:00 to
# 03:00 on 8 March and from 02:00 back to 01:00 on 1 November. All four are Sundays.


@pytest.mark.parametrize(
    ("zone", "evening", "end", "hours"),
    [
        (BERLIN, "2026-03-28T22:00", "2026-03-29T06:00", 7),
        (BERLIN, "2026-10-24T22:00", "2026-10-25T06:00", 9),
        (NEW_YORK, "2026-03-07T22:00", "2026-03-08T06:00", 7),
        (NEW_YORK, "2026-10-31T22:00", "2026-11-01T06:00", 9),
    ],
)
def test_a_slot_across_midnight_ends_by_the_wall_when_the_clocks_change(
    zone: ZoneInfo, evening: str, end: str, hours: int
) -> None:
    night = schedule((frozenset({5}), "22:00", "06:00"))
    change = night.next_change(at(evening, zone))
    assert change == at(end, zone)
    assert change.astimezone(UTC) - at(evening, zone).astimezone(UTC) == timedelta(hours=hours)


@pytest.mark.parametrize(("zone", "day"), [(BERLIN, "2026-03-29"), (NEW_YORK, "2026-03-08")])
def test_what_the_skipped_hour_would_have_changed_is_changed_when_the_clock_has_jumped(
    zone: ZoneInfo, day: str
) -> None:
    opens = schedule((frozenset({6}), "02:30", "04:00"))
    assert opens.next_change(at(f"{day}T01:00", zone)) == at(f"{day}T03:00", zone)
    assert opens.is_open(at(f"{day}T03:00", zone))
    closes = schedule((frozenset({5}), "22:00", "02:30"))
    assert closes.next_change(at(f"{day}T01:00", zone)) == at(f"{day}T03:00", zone)
    assert not closes.is_open(at(f"{day}T03:00", zone))


@pytest.mark.parametrize(("zone", "day", "next_week"), [(BERLIN, "2026-03-29", "2026-04-05")])
def test_a_slot_that_lies_in_the_skipped_hour_opens_a_week_later(zone: ZoneInfo, day: str, next_week: str) -> None:
    skipped = schedule((frozenset({6}), "02:10", "02:50"))
    assert skipped.next_change(at(f"{day}T01:00", zone)) == at(f"{next_week}T02:10", zone)


@pytest.mark.parametrize(
    ("zone", "day", "hour"), [(BERLIN, "2026-10-25", "02"), (NEW_YORK, "2026-11-01", "01")], ids=["Berlin", "New York"]
)
def test_in_the_hour_that_comes_twice_a_slot_holds_both_times(zone: ZoneInfo, day: str, hour: str) -> None:
    night = schedule((frozenset({5}), "22:00", f"{hour}:30"))
    moments = [at(f"{day}T00:15", zone)]
    for _ in range(3):
        moments.append(night.next_change(moments[-1]) or moments[-1])
    assert [(moment.hour, moment.minute, moment.fold) for moment in moments[1:]] == [
        (int(hour), 30, 0),
        (int(hour), 0, 1),
        (int(hour), 30, 1),
    ]
    assert night.is_open(at(f"{day}T{hour}:15", zone, fold=1))


def test_a_clock_that_is_changed_at_midnight_is_followed() -> None:
    havana = ZoneInfo("America/Havana")  # 1 November 2026: from 01:00 back to 00:00; 8 March: from 00:00 to 01:00
    until_half_past = schedule((frozenset({5}), "20:00", "00:30"))
    first = until_half_past.next_change(at("2026-10-31T23:00", havana))
    assert first == at("2026-11-01T00:30", havana)
    spring = schedule((frozenset({5}), "20:00", "00:00"))
    assert spring.next_change(at("2026-03-07T23:00", havana)) == at("2026-03-08T01:00", havana)


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1))
CLOCKS = st.builds(lambda hours, quarters: time(hours, 15 * quarters), st.integers(0, 23), st.integers(0, 3))
SLOTS = st.builds(Slot, st.frozensets(st.integers(0, 6), min_size=1), CLOCKS, CLOCKS)
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "America/Havana", "Australia/Lord_Howe", "UTC"])


@given(st.lists(SLOTS, min_size=1, max_size=6), MOMENTS, ZONES)
@settings(max_examples=150, deadline=None)
def test_nothing_changes_before_the_next_change_and_it_changes_then(
    slots: list[Slot], moment: datetime, zone_name: str
) -> None:
    zone = ZoneInfo(zone_name)
    now = moment.replace(tzinfo=UTC).astimezone(zone)
    rules = Schedule(tuple(slots))
    change = rules.next_change(now)
    # Every quarter of an hour is looked at by itself: slots and the clocks of these zones change on quarters only.
    step = moment.replace(tzinfo=UTC, minute=moment.minute // 15 * 15, second=0, microsecond=0)
    end = step + timedelta(days=8) if change is None else change.astimezone(UTC)
    while (step := step + timedelta(minutes=15)) < end:
        assert rules.is_open(step.astimezone(zone)) == rules.is_open(now)
    if change is not None:
        assert change.tzinfo is zone
        assert rules.is_open(change) != rules.is_open(now)


@given(st.lists(SLOTS, min_size=1, max_size=6), MOMENTS)
@settings(max_examples=100, deadline=None)
def test_it_is_open_exactly_when_some_slot_holds(slots: list[Slot], moment: datetime) -> None:
    def holds(slot: Slot, began: datetime) -> bool:
        begin = datetime.combine(began.date(), slot.start)
        end = datetime.combine(began.date(), slot.end)
        return began.weekday() in slot.days and begin <= moment < (end if end > begin else end + timedelta(days=1))

    days = (moment, moment - timedelta(days=1))
    assert Schedule(tuple(slots)).is_open(moment) == any(holds(slot, day) for slot in slots for day in days)


@given(st.lists(SLOTS, max_size=6))
def test_what_is_written_is_read_again(slots: list[Slot]) -> None:
    rules = Schedule(tuple(slots))
    assert Schedule.from_data(rules.to_data()) == rules


def test_plain_data_names_days_and_times() -> None:
    assert AFTERNOON.to_data() == [{"days": [0, 1, 2, 3, 4], "start": "15:00", "end": "19:30"}]


def test_an_end_of_twenty_four_is_midnight() -> None:
    assert Schedule.from_data([{"days": [0], "start": "20:00", "end": "24:00"}]).slots[0].end == time(0)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("always", "give a list of slots"),
        ({"days": [0]}, "give a list of slots"),
        ([{"days": [0], "start": "15:00"}], "slot 1 is"),
        ([{"days": [0], "start": "15:00", "end": "16:00", "name": "x"}], "slot 1 is"),
        ([{"days": [], "start": "15:00", "end": "16:00"}], "days \\[\\]"),
        ([{"days": [7], "start": "15:00", "end": "16:00"}], "0 \\(Monday\\) to 6 \\(Sunday\\)"),
        ([{"days": [True], "start": "15:00", "end": "16:00"}], "days"),
        ([{"days": "01", "start": "15:00", "end": "16:00"}], "days"),
        ([{"days": [0], "start": "25:00", "end": "16:00"}], "slot 1, start is '25:00'"),
        ([{"days": [0], "start": "24:00", "end": "16:00"}], "slot 1, start is '24:00'"),
        ([{"days": [0], "start": "15:00", "end": "7:5"}], "slot 1, end is '7:5'"),
        ([{"days": [0], "start": "15:00", "end": "１６:00"}], "slot 1, end"),
        ([{"days": [0], "start": 15, "end": "16:00"}], "slot 1, start is 15"),
        ([{"days": [0], "start": "15:00", "end": "16:00"}] * (MAX_SLOTS + 1), "51 slots; up to 50"),
        ("x" * 1000, "give a list of slots"),
    ],
)
def test_bad_data_is_refused_in_one_line_that_says_where(data: object, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        Schedule.from_data(data)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("days", "start"),
    [
        (frozenset(), time(15)),
        (frozenset({-1}), time(15)),
        (frozenset({0}), time(15, 0, 1)),
        (frozenset({0}), time(15, tzinfo=BERLIN)),
    ],
)
def test_a_slot_that_cannot_be_is_refused(days: frozenset[int], start: time) -> None:
    with pytest.raises(UsageError):
        Slot(days, start, time(16))


def test_more_slots_than_fifty_are_refused() -> None:
    with pytest.raises(UsageError, match="51 slots"):
        Schedule((Slot(EVERY_DAY, time(1), time(2)),) * 51)
