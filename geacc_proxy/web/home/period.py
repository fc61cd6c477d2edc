"""The time that figures are about: today, or the last seven days, on the clock on the wall."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geacc_proxy.home.home import Home

DAY, WEEK = "day", "week"


@dataclass(frozen=True, slots=True)
class Period:
    """Some whole days, the last of which is today.

    Attributes:
        span: `day` or `week`.
        days: its days.
        since: its first moment, on the wall.
        until: the moment after its last.
    """

    span: str
    days: tuple[date, ...]
    since: datetime
    until: datetime

    @classmethod
    def of(cls, now: datetime, zone: tzinfo | None, days: int) -> Period:
        """The last days, that of `now` being one.

        Args:
            now: the moment, timezone-aware.
            zone: of the clock on the wall; None for the system's.
            days: how many.
        """
        last = now.astimezone(zone).date()
        every = tuple(last - timedelta(days=back) for back in reversed(range(days)))
        begin, end = (datetime.combine(day, time()) for day in (every[0], last + timedelta(days=1)))
        if zone is None:  # the system's clock
            return cls(_span(days), every, begin.astimezone(), end.astimezone())
        return cls(_span(days), every, begin.replace(tzinfo=zone), end.replace(tzinfo=zone))


def today(home: Home) -> Period:
    """Today, from midnight on."""
    return Period.of(home.now(), home.house.zone, 1)


def chosen(home: Home, span: str) -> Period:
    """The period with a name; today where there is no such name."""
    return Period.of(home.now(), home.house.zone, 7 if span == WEEK else 1)


def _span(days: int) -> str:
    return DAY if days == 1 else WEEK
