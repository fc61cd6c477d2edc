"""When a device may go online: slots of the week, by the clock on the wall.

A slot is open from its first minute up to, not including, its end. The wall decides, on the days when clocks change
too: what the skipped hour would have opened is open as soon as the clock has jumped past it, and in the hour that comes
twice a slot holds both times. So what a parent reads off the clock is always what holds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise

from geacc_proxy.exceptions import UsageError

MAX_SLOTS = 50
"""A schedule has no more slots: seven for each day of the week, and one over."""

_DAY = 24 * 60
_WEEK = 7 * _DAY
_HORIZON = timedelta(days=16)
"""The next change comes within a week; within two where clocks skip the only slot there is."""
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time of day on some days of the week.

    Attributes:
        days: on which it begins; Monday is 0, Sunday 6.
        start: its first minute.
        end: the minute it ends at, no longer in it. At or before `start` it is of the next day; so 00:00 is the end of
            the day that it begins on, and a slot that ends when it starts lasts 24 hours.

    Raises:
        UsageError: no day, a day that is none, or a time with seconds or a time zone.
    """

    days: frozenset[int]
    start: time
    end: time

    def __post_init__(self) -> None:
        if not self.days or not self.days <= set(range(7)):
            raise UsageError(
                f"a slot's days are {_shown(sorted(self.days))}; give at least one of 0 (Monday) to 6 (Sunday)"
            )
        for moment in (self.start, self.end):
            if moment.second or moment.microsecond or moment.tzinfo is not None:
                raise UsageError(f"a slot's time is {moment.isoformat()}; give hours and minutes alone, such as 15:00")


@dataclass(frozen=True, slots=True)
class Schedule:
    """The slots in which a device may go online; without any it always may.

    Attributes:
        slots: they may overlap and adjoin; up to `MAX_SLOTS`.

    Raises:
        UsageError: there are more.
    """

    slots: tuple[Slot, ...] = ()
    _week: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """Minutes of the week, Monday 00:00 being 0, at which it opens, closes, opens, …; ascending."""

    def __post_init__(self) -> None:
        if len(self.slots) > MAX_SLOTS:
            raise UsageError(f"the schedule has {len(self.slots)} slots; up to {MAX_SLOTS} are possible")
        object.__setattr__(self, "_week", tuple(_merged(_intervals(self.slots))))

    def is_open(self, at: datetime) -> bool:
        """Whether the device may be online.

        Args:
            at: the home's time: with its zone, or without one as the clock shows it.
        """
        if not self.slots:
            return True
        minute = at.weekday() * _DAY + at.hour * 60 + at.minute
        return bisect_right(self._week, minute) % 2 == 1

    def next_change(self, at: datetime) -> datetime | None:
        """When it next opens, or closes if it is open.

        Args:
            at: as in `is_open`. Without a zone no clock is ever changed.

        Returns:
            A moment after `at`, in its zone; None if nothing ever changes.
        """
        if self._week in ((), (0, _WEEK)):
            return None
        zone = at.tzinfo
        begin = _universal(at)
        is_open = self.is_open(at)
        candidates = {_universal(wall) for wall in self._edges(at)} | set(_clock_changes(begin, zone))
        for moment in sorted(candidates):
            local = moment.astimezone(zone) if zone is not None else moment.replace(tzinfo=None)
            if moment > begin and self.is_open(local) != is_open:
                return local
        return None

    def to_data(self) -> list[dict[str, object]]:
        """Plain data, as JSON has it: `[{"days": [0, 1], "start": "15:00", "end": "19:30"}]`."""
        return [
            {"days": sorted(slot.days), "start": f"{slot.start:%H:%M}", "end": f"{slot.end:%H:%M}"}
            for slot in self.slots
        ]

    @classmethod
    def from_data(cls, data: object, where: str = "the schedule") -> Schedule:
        """Read what `to_data` writes; an `end` of 24:00 is taken as 00:00.

        Args:
            data: plain data, from whoever.
            where: what to call it in an error.

        Raises:
            UsageError: it is not of that form.
        """
        if not isinstance(data, list | tuple):
            raise UsageError(f"{where} is {_shown(data)}; give a list of slots")
        if len(data) > MAX_SLOTS:
            raise UsageError(f"{where} has {len(data)} slots; up to {MAX_SLOTS} are possible")
        return cls(tuple(_slot(item, f"{where}, slot {number}") for number, item in enumerate(data, 1)))

    def _edges(self, at: datetime) -> Iterator[datetime]:
        """On the wall, in its two meanings where there are two, every opening and closing from a day before `at` on."""
        day = at.date() - timedelta(days=1)
        for offset in range(_HORIZON.days + 1):
            yield from _on(day + timedelta(days=offset), self._week, at.tzinfo)


def _on(day: date, week: tuple[int, ...], zone: tzinfo | None) -> Iterator[datetime]:
    first = day.weekday() * _DAY
    for minute in week:
        # The last edge of the week may be 24:00 on Sunday: the next Monday's 00:00, on which nothing begins.
        if first <= minute % _WEEK < first + _DAY:
            hours, minutes = divmod(minute % _WEEK - first, 60)
            for fold in (0, 1):
                yield datetime.combine(day, time(hours, minutes, fold=fold), zone)


def _universal(at: datetime) -> datetime:
    """On a clock that is never changed."""
    return at.replace(tzinfo=UTC, fold=0) if at.tzinfo is None else at.astimezone(UTC)


def _clock_changes(begin: datetime, zone: tzinfo | None) -> Iterator[datetime]:
    """The moments at which a zone's clocks are changed, from `begin` on, found to the second."""
    if zone is None:
        return
    begin = begin.replace(microsecond=0)
    days = [begin + timedelta(days=offset) for offset in range(_HORIZON.days + 1)]
    for before, after in pairwise(days):
        if before.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset():
            continue
        old = before.astimezone(zone).utcoffset()
        low, high = 0, int((after - before).total_seconds())
        while high - low > 1:
            middle = (low + high) // 2
            unchanged = (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old
            low, high = (middle, high) if unchanged else (low, middle)
        yield before + timedelta(seconds=high)


def _intervals(slots: Iterable[Slot]) -> Iterator[tuple[int, int]]:
    """Minutes of the week from and up to which a slot is open; what runs beyond Sunday comes back on Monday."""
    for slot in slots:
        start = slot.start.hour * 60 + slot.start.minute
        length = (slot.end.hour * 60 + slot.end.minute - start) % _DAY or _DAY
        for day in slot.days:
            begin = day * _DAY + start
            end = begin + length
            yield begin, min(end, _WEEK)
            if end > _WEEK:
                yield 0, end - _WEEK


def _merged(intervals: Iterable[tuple[int, int]]) -> list[int]:
    edges: list[int] = []
    for begin, end in sorted(intervals):
        if edges and begin <= edges[-1]:
            edges[-1] = max(edges[-1], end)
        else:
            edges += begin, end
    return edges


def _slot(item: object, where: str) -> Slot:
    if not isinstance(item, dict) or set(item) != {"days", "start", "end"}:
        raise UsageError(f'{where} is {_shown(item)}; write {{"days": [0, 1], "start": "15:00", "end": "19:30"}}')
    days = item["days"]
    if not isinstance(days, list | tuple) or not days or not all(type(day) is int and 0 <= day <= 6 for day in days):
        raise UsageError(f"{where} has the days {_shown(days)}; list at least one of 0 (Monday) to 6 (Sunday)")
    end = "00:00" if item["end"] == "24:00" else item["end"]
    return Slot(frozenset(days), _clock(item["start"], f"{where}, start"), _clock(end, f"{where}, end"))


def _clock(text: object, where: str) -> time:
    found = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise UsageError(f"{where} is {_shown(text)}; write hours and minutes, from 00:00 to 23:59, such as 15:00")
    return time(int(found[1]), int(found[2]))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
