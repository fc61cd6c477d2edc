"""What happened in a day or a week, as a message: in words, and as a plot made of letters that any mail shows."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path

from geacc_proxy.exceptions import GeaccError, MissingExtraError
from geacc_proxy.home import requests
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.home.messages import Message, Sender, Translate, filled, send
from geacc_proxy.home.preferences import DAILY, WEEKLY, preferences
from geacc_proxy.home.tally import Numbers, Overview, Tally, overview
from geacc_proxy.journal.readers import reading
from geacc_proxy.marking import N_
from geacc_proxy.verdict import Reason

_log = logging.getLogger(__name__)

HOUR = time(19)
"""On the wall: when a digest is due."""
SUNDAY = 6
LATEST = timedelta(hours=24)
"""One that was missed is sent for so long."""
_KEY = "digest_sent"
_LOOK_SECONDS = 60.0
_AGAIN = timedelta(minutes=30)
_BARS = "▁▂▃▄▅▆▇█"
_EMPTY = "·"
_SITES = 8
_DEVICES = 12
_DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_LENGTHS = {DAILY: 1, WEEKLY: 7}
"""Days."""


@dataclass(frozen=True, slots=True)
class Due:
    """A digest that is to be sent.

    Attributes:
        kind: `daily` or `weekly`.
        day: the day on the wall at whose evening it was due.
        since: the moment that it begins.
        until: the moment that it ends, and at which it was due.
    """

    kind: str
    day: date
    since: datetime
    until: datetime


def last_due(kind: str, now: datetime, zone: tzinfo | None) -> Due:
    """The digest that was due last, at or before a moment.

    Args:
        kind: `daily` or `weekly`.
        now: timezone-aware.
        zone: of the clock on the wall; None for the system's.
    """
    day = now.astimezone(zone).date()
    if now < _evening(day, zone):
        day -= timedelta(days=1)
    if kind == WEEKLY:
        day -= timedelta(days=(day.weekday() - SUNDAY) % 7)
    # Days on the wall, not so many hours: one of them may have 23, and the other 25.
    return Due(kind, day, _evening(day - timedelta(days=_LENGTHS[kind]), zone), _evening(day, zone))


def is_due(found: Due, sent: str, now: datetime) -> bool:
    """Whether it is to be sent: not yet, and not too late.

    Args:
        found: the one that was due last.
        sent: ISO date of the one that was sent last.
        now: the moment.
    """
    return found.day.isoformat() > sent and now - found.until < LATEST


@dataclass(frozen=True, slots=True)
class Digest:
    """What is told.

    Attributes:
        due: of which time.
        overview: what was counted.
        hidden_by: how many lines of the block log, by the wire name of the reason.
        names: of the devices, by key.
        asked: requests that were made.
        waiting: those that are open now.
        zone: of the clock on the wall; None for the system's.
    """

    due: Due
    overview: Overview
    hidden_by: Mapping[str, int]
    names: Mapping[str, str]
    asked: int
    waiting: int
    zone: tzinfo | None = None

    def message(self, translate: Translate = str) -> Message:
        """In the reader's words."""
        _ = translate
        total = self.overview.total
        daily = self.due.kind == DAILY
        begin, end = (f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M}" for moment in (self.due.since, self.due.until))
        lines = [f"{begin} – {end}", ""]
        counts = N_("{pages} pages opened, {pictures} pictures looked at, {hidden} hidden, {closed} sites closed.")
        lines.append(filled(counts, _numbers(total) | {"closed": str(total.closed)}, translate))
        plot = _by_hour_lines(self.overview) if daily else _by_day_lines(self.overview, translate)
        lines += _section(_("Pictures by hour") if daily else _("Pictures by day"), plot)
        lines += _section(_("Devices"), self._device_lines(_))
        # Sites are counted by whole days, which begin and end at midnight.
        sites = (f"{site.site}: {site.pages}" for site in self.overview.sites[:_SITES] if site.pages)
        lines += _section(_("Most visited, by pages (whole days)"), sites)
        lines += _section(_("Hidden or closed, because"), self._reason_lines(_))
        if self.asked or self.waiting:
            text = N_("{asked} requests were made; {waiting} wait for an answer.")
            counted = {"asked": str(self.asked), "waiting": str(self.waiting)}
            lines += _section(_("Requests"), [filled(text, counted, translate)])
        return Message(_("geacc-proxy: the day") if daily else _("geacc-proxy: the week"), "\n".join(lines))

    def _device_lines(self, translate: Translate) -> Iterable[str]:
        text = N_("{device}: {pages} pages, {pictures} pictures, {hidden} hidden")
        for one in self.overview.devices[:_DEVICES]:
            name = self.names.get(one.device, one.device)
            yield filled(text, _numbers(one.numbers) | {"device": name}, translate)

    def _reason_lines(self, translate: Translate) -> Iterable[str]:
        for reason, count in sorted(self.hidden_by.items(), key=lambda found: -found[1]):
            words = translate(Reason(reason).explanation) if reason in set(Reason) else reason
            yield f"{count} × {words}"


def bars(values: Sequence[int]) -> str:
    """A letter for each value, as high as it is; a dot for 0."""
    most = max(values, default=0)
    return "".join(_BARS[max(0, -(-value * len(_BARS) // most) - 1)] if value > 0 else _EMPTY for value in values)


class Digests:
    """Sends them when they are due."""

    def __init__(
        self,
        home: Home,
        database: Path,
        *,
        tally: Tally | None = None,
        translate: Translate = str,
        sender: Sender = send,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        """Set it up.

        Args:
            home: whose.
            database: where the block log and the counts are kept.
            tally: what counts, where something does; what it has not written yet is told too then.
            translate: from English into the language of the home, asked for each text.
            sender: what sends.
            look_seconds: between two looks at the clock.
        """
        self._home = home
        self._database = database
        self._tally = tally
        self._translate = translate
        self._sender = sender
        self._look_seconds = look_seconds
        self._not_before: dict[str, datetime] = {}
        self._has_warned = False

    async def run(self) -> None:
        """Go on until it is cancelled."""
        while True:
            try:
                await self.look()
            except MissingExtraError as error:
                if not self._has_warned:
                    self._has_warned = True
                    _log.warning("%s", error)
            except GeaccError as error:
                _log.warning("%s", error)
            await asyncio.sleep(self._look_seconds)

    async def look(self) -> None:
        """Send what is due at this moment.

        What somebody has only just asked for begins with the next evening. One that could not be sent at all is tried
        again until it is too late for it.

        Raises:
            GeaccError: figures cannot be read, or what was sent not be noted.
        """
        chosen, now = preferences(self._home), self._home.now()
        sent: dict[str, str] = dict(self._home.setting(_KEY, {}))
        before = dict(sent)
        for kind in (DAILY, WEEKLY):
            if kind not in chosen.notify_on or not chosen.notify_urls:
                sent.pop(kind, None)
                continue
            due = last_due(kind, now, self._home.house.zone)
            if kind not in sent:
                sent[kind] = due.day.isoformat()
            elif is_due(due, sent[kind], now) and self._not_before.get(kind, now) <= now:
                self._not_before[kind] = now + _AGAIN
                message = (await self._digest(due)).message(self._translate)
                failures = await self._sender(chosen.notify_urls, message)
                for failure in failures:
                    _log.warning("the %s digest was not sent: %s", kind, failure)
                if len(failures) < len(set(chosen.notify_urls)):
                    sent[kind] = due.day.isoformat()
                    self._not_before.pop(kind)
        if sent != before:
            await self._home.keep({(Kind.SETTING, _KEY): {"value": sent}})

    async def _digest(self, due: Due) -> Digest:
        home, zone = self._home, self._home.house.zone
        if self._tally is None:
            found = await asyncio.to_thread(overview, self._database, due.since, due.until, zone=zone)
        else:
            found = await self._tally.overview(due.since, due.until)
        asked = requests.all_of(home)
        return Digest(
            due=due,
            overview=found,
            hidden_by=await asyncio.to_thread(hidden_by, self._database, due),
            names={key: device.title for key, device in home.house.devices.items()},
            asked=sum(due.since <= request.made < due.until for request in asked),
            waiting=sum(request.state == requests.OPEN for request in asked),
            zone=zone,
        )


def hidden_by(path: Path, due: Due) -> dict[str, int]:
    """How many lines of the block log of a time were hidden, by reason. It blocks.

    Raises:
        JournalError: it cannot be read.
    """
    bounds = [round(moment.timestamp() * 1_000_000) for moment in (due.since, due.until)]
    with reading(path) as connection:
        found = connection.execute(
            "SELECT reason, count(*) FROM block_log WHERE time >= ? AND time < ? AND decision = 'hide' GROUP BY reason",
            bounds,
        )
        return {str(reason): int(count) for reason, count in found}


def _evening(day: date, zone: tzinfo | None) -> datetime:
    naive = datetime.combine(day, HOUR)
    return (naive.astimezone() if zone is None else naive.replace(tzinfo=zone)).astimezone(UTC)


def _by_hour_lines(found: Overview) -> Iterable[str]:
    yield bars([span.numbers.pictures for span in found.hours])
    marks = (f"{span.start.hour:<6}" for span in found.hours[::6])
    yield "".join(marks).rstrip()


def _by_day_lines(found: Overview, translate: Translate) -> Iterable[str]:
    heights = bars([span.numbers.pictures for span in found.days])
    for span, bar in zip(found.days, heights, strict=True):
        yield f"{bar} {translate(_DAYS[span.start.weekday()])} {span.start:%d.%m.} {span.numbers.pictures}"


def _numbers(found: Numbers) -> dict[str, str]:
    return {"pages": str(found.pages), "pictures": str(found.pictures), "hidden": str(found.hidden)}


def _section(title: str, lines: Iterable[str]) -> list[str]:
    found = list(lines)
    return ["", title, *found] if found else []
