"""What the devices do, counted as it happens, kept across restarts and told in an overview."""

from __future__ import annotations

import asyncio
import logging
import operator
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Self

from geacc_proxy.exceptions import JournalError
from geacc_proxy.journal.clean import clean_text
from geacc_proxy.journal.counts import Counts
from geacc_proxy.journal.latency import bucket, percentile
from geacc_proxy.journal.site import site_of
from geacc_proxy.verdict import Context, Failure, Judgement, Reason, Unjudged

if TYPE_CHECKING:
    from geacc_proxy.home.home import Home
    from geacc_proxy.journal.statistics import SiteCounts

_log = logging.getLogger(__name__)

FLUSH_EVERY_S = 10.0
"""What a crash can lose of the counts."""
TOP_SITES = 20
"""So many sites are in an overview."""
_NO_PICTURES = frozenset({Failure.NOT_A_PICTURE, Failure.TINY, Failure.UNASKED})
_HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was counted, in the order of `journal.counts.NUMBERS`.

    Attributes:
        pages: pages that were opened.
        pictures: pictures that were looked at.
        hidden: pictures that were hidden.
        cached: pictures among those looked at that had been judged before.
        closed: sites, videos and the like that were not let through.
        bypasses: of those, the ones that would have led round the filter.
    """

    pages: int = 0
    pictures: int = 0
    hidden: int = 0
    cached: int = 0
    closed: int = 0
    bypasses: int = 0

    @property
    def cache_rate(self) -> float | None:
        """Share of the pictures that had been judged before, 0…1; None where there were none."""
        return self.cached / self.pictures if self.pictures else None


@dataclass(frozen=True, slots=True)
class Span:
    """What was counted from a moment on, for an hour or a day.

    Attributes:
        start: the moment, on the wall clock at home.
        numbers: what was counted.
        used_minutes: minutes of use, of all devices together; 0 in spans of an hour, where it is not kept.
    """

    start: datetime
    numbers: Numbers
    used_minutes: int = 0


@dataclass(frozen=True, slots=True)
class OfDevice:
    """One device's part.

    Attributes:
        device: its key.
        numbers: what was counted.
        used_minutes: minutes of use.
    """

    device: str
    numbers: Numbers
    used_minutes: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What happened in a time; each series is whole, with zeros where nothing happened.

    Attributes:
        since: the moment that it begins.
        until: the moment that it ends.
        device: of this device alone; of all where empty.
        total: all of it.
        hours: hour by hour, of UTC, as hours are counted; a day that begins at half an hour there has its first half
            hour in the hour before.
        days: day by day on the wall clock at home.
        clock: 24 spans' numbers by the hour of the day on the wall.
        devices: device by device, the one with most pages first.
        sites: the busiest sites, of whole days: `SiteCounts` with site, pages, hidden, closed.
        used_minutes: minutes of use, of all devices together, of whole days.
        median_ms: what the filter added to a picture, milliseconds, within 9 %; None where there were no pictures.
        p95_ms: as above, of all but the slowest twentieth.
    """

    since: datetime
    until: datetime
    device: str
    total: Numbers
    hours: tuple[Span, ...]
    days: tuple[Span, ...]
    clock: tuple[Numbers, ...]
    devices: tuple[OfDevice, ...]
    sites: tuple[SiteCounts, ...]
    used_minutes: int
    median_ms: float | None
    p95_ms: float | None


def overview(path: Path, since: datetime, until: datetime, device: str = "", *, zone: tzinfo | None = None) -> Overview:
    """What is stored of a time. It blocks: from an event loop, use `Tally.overview`.

    Args:
        path: the database file.
        since: this moment and later, timezone-aware.
        until: earlier than this moment; three years later at most.
        device: of this device alone; of all where empty.
        zone: of the clock on the wall; None for the system's.

    Raises:
        JournalError: it cannot be read.
    """
    from geacc_proxy.journal.statistics import kept

    first_hour, end_hour = int(since.timestamp() // _HOUR_S), -int(-until.timestamp() // _HOUR_S)
    days = _days(since.astimezone(zone).date(), (until - timedelta(microseconds=1)).astimezone(zone).date())
    if not days:
        return Overview(since, until, device, Numbers(), (), (), (Numbers(),) * 24, (), (), 0, None, None)
    found = kept(
        path, (first_hour, end_hour), (days[0].isoformat(), days[-1].isoformat()), device=device, sites=TOP_SITES
    )
    walls = {hour: _wall(hour, zone) for hour in range(first_hour, end_hour)}
    by_day, by_clock = _Sums[date](), _Sums[int]()
    for hour, numbers in found.hours.items():
        by_day.add(walls[hour].date(), numbers)
        by_clock.add(walls[hour].hour, numbers)
    used_on: Counter[str] = Counter()
    used_by: Counter[str] = Counter()
    for (day, user), minutes in found.use.items():
        used_on[day] += minutes
        used_by[user] += minutes
    return Overview(
        since=since,
        until=until,
        device=device,
        total=Numbers(*(sum(column) for column in zip(*found.hours.values(), strict=True))),
        hours=tuple(Span(wall, Numbers(*found.hours.get(hour, ()))) for hour, wall in walls.items()),
        days=tuple(Span(_midnight(day, zone), by_day.of(day), used_on[day.isoformat()]) for day in days),
        clock=tuple(by_clock.of(hour) for hour in range(24)),
        devices=tuple(
            sorted(
                (
                    OfDevice(key, Numbers(*found.devices.get(key, ())), used_by[key])
                    for key in found.devices.keys() | set(used_by)
                ),
                key=lambda of: (-of.numbers.pages, -of.numbers.pictures, of.device),
            )
        ),
        sites=found.sites,
        used_minutes=sum(found.use.values()),
        median_ms=percentile(found.added, 0.5),
        p95_ms=percentile(found.added, 0.95),
    )


class Tally:
    """Counts. To be used from the event loop; `judged`, `page` and `closed` return at once."""

    def __init__(self, home: Home, path: Path) -> None:
        self._home = home
        self._path = path
        self._counts = Counts()
        self._stored_use: dict[tuple[str, str], frozenset[int]] = {}
        self._flushing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, home: Home, path: Path) -> Self:
        """Restore today's minutes of use at home, and write every few seconds from now on.

        Args:
            home: whose clock and minutes of use are taken.
            path: the database file.

        Raises:
            JournalError: it cannot be read.
        """
        tally = cls(home, path)
        today = tally._day()
        home.restore_use(today, await asyncio.to_thread(_use_of, path, today))
        tally._task = asyncio.create_task(tally._run(), name="tally")
        return tally

    async def close(self) -> None:
        """Write what is left."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await self._tried()

    def judged(self, judgement: Judgement, context: Context) -> None:
        """Count a judgement, as a counter of `Filter`. What was no picture, or was not looked at, is left out."""
        verdict = judgement.verdict
        if isinstance(verdict, Unjudged) and verdict.failure in _NO_PICTURES:
            return
        hidden, hour, device = judgement.decision.hidden, self._hour(), context.device
        self._counts.count(hour, device, pictures=1, hidden=hidden, cached=judgement.cached)
        self._counts.added[hour, device, bucket(judgement.elapsed_ms)] += 1
        if hidden:
            self._count_site(device, site_of(context.page, context.url), "hidden")

    def page(self, device: str, host: str) -> None:
        """Count a page that was opened.

        Args:
            device: the device's key.
            host: of the page.
        """
        self._counts.count(self._hour(), device, pages=1)
        self._count_site(device, host, "pages")

    def closed(self, device: str, host: str, reason: Reason) -> None:
        """Count a site, a video or the like that was not let through.

        Args:
            device: the device's key.
            host: of what was asked for.
            reason: why.
        """
        self._counts.count(self._hour(), device, closed=1, bypasses=reason is Reason.BYPASS)
        self._count_site(device, host, "closed")

    async def overview(self, since: datetime, until: datetime, device: str = "") -> Overview:
        """What happened, up to this moment; the arguments as for the function `overview`.

        Raises:
            JournalError: it cannot be read.
        """
        await self._tried()
        return await asyncio.to_thread(overview, self._path, since, until, device, zone=self._home.house.zone)

    async def flush(self) -> None:
        """Write what was counted, off the loop.

        Raises:
            JournalError: it cannot be written at the moment; it is kept for the next time.
        """
        async with self._flushing:
            use = self._use()
            counts, self._counts = self._counts, Counts()
            counts.use = {of: minutes for of, minutes in use.items() if self._stored_use.get(of) != minutes}
            if not counts:
                return
            try:
                await asyncio.to_thread(_add, self._path, counts)
            except JournalError:
                self._counts.take_back(counts)
                raise
            self._stored_use = use

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_EVERY_S)
            # Once begun it is not broken off: the thread would go on, and nobody know whether it has written.
            await asyncio.shield(self._tried())

    async def _tried(self) -> None:
        try:
            await self.flush()
        except JournalError as error:
            _log.warning("%s; what was counted is kept meanwhile", error)

    def _use(self) -> dict[tuple[str, str], frozenset[int]]:
        # Yesterday's last minutes are written in the first seconds of today.
        days = self._day(timedelta(days=-1)), self._day()
        return {(day, device): minutes for day in days for device, minutes in self._home.use_of(day).items()}

    def _hour(self) -> int:
        return int(self._home.now().timestamp() // _HOUR_S)

    def _day(self, later: timedelta = timedelta()) -> str:
        return (self._home.now().astimezone(self._home.house.zone).date() + later).isoformat()

    def _count_site(self, device: str, host: str, what: str) -> None:
        if host:
            self._counts.count_site(self._day(), device, clean_text(host.lower()), what)


class _Sums[K]:
    """Numbers, added up by a key."""

    def __init__(self) -> None:
        self._sums: dict[K, tuple[int, ...]] = {}

    def add(self, key: K, numbers: tuple[int, ...]) -> None:
        before = self._sums.get(key)
        self._sums[key] = numbers if before is None else tuple(map(operator.add, before, numbers))

    def of(self, key: K) -> Numbers:
        return Numbers(*self._sums.get(key, ()))


def _add(path: Path, counts: Counts) -> None:
    # Here, as SQLAlchemy takes most of a second to import.
    from geacc_proxy.journal.statistics import add

    add(path, counts)


def _use_of(path: Path, day: str) -> dict[str, frozenset[int]]:
    from geacc_proxy.journal.statistics import use_of

    return use_of(path, day)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _wall(hour: int, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(hour * _HOUR_S, UTC).astimezone(zone)


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    naive = datetime.combine(day, time())
    return naive.astimezone() if zone is None else naive.replace(tzinfo=zone)
