"""Tells a parent what happens at home, where they have set up that they want to be told.

A message is plain and short: it names a device and at most a site, never a whole address, never a picture.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from geacc_proxy.exceptions import MissingExtraError, UsageError
from geacc_proxy.home import requests
from geacc_proxy.home.events import Event, Happening
from geacc_proxy.home.home import Home
from geacc_proxy.home.messages import Message, Sender, Translate, filled, problem_of, send
from geacc_proxy.home.preferences import preferences
from geacc_proxy.marking import N_
from geacc_proxy.policy.house import House
from geacc_proxy.policy.profile import Filtering

_log = logging.getLogger(__name__)

QUIET = timedelta(minutes=15)
"""After a message of a kind and a device, further ones are collected for so long."""
_LOOK_SECONDS = 15.0
_ALL = ""
"""In the place of a device: all of them."""
_LONGEST_SITE = 80

_BYPASS = {
    "certificate": N_("{device}: secure pages of {site} are refused, as the certificate is not trusted there."),
    "quic": N_("{device} tried to reach sites by QUIC, past the filter. It was stopped."),
    "doh": N_("{device} tried to hide names of sites from the filter ({site}). It was stopped."),
    "relay": N_("{device} tried to go through a relay past the filter ({site}). It was stopped."),
}
_BYPASS_OTHERWISE = N_("{device} tried to get round the filter ({site}).")


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell.

    Attributes:
        kind: what messages can be chosen by.
        device: its key; empty for all.
        title: what it is about, marked for translation.
        text: a sentence with {places}, marked for translation.
        values: what fills them.
    """

    kind: str
    device: str
    title: str
    text: str
    values: dict[str, str] = field(default_factory=dict)

    def message(self, translate: Translate, more: int = 0) -> Message:
        """In the reader's words.

        Args:
            translate: from English.
            more: so many others of its kind and device were left out.
        """
        text = filled(self.text, self.values, translate)
        if more:
            text += " " + filled(N_("And {count} more."), {"count": str(more)}, translate)
        return Message(translate(self.title), text)


@dataclass(slots=True)
class _Kept:
    until: datetime
    last: Notice | None = None
    count: int = 0


class Collector:
    """Lets one notice of a kind and a device through, and collects further ones until it has been quiet."""

    def __init__(self, quiet: timedelta = QUIET) -> None:
        self._quiet = quiet
        self._kept: dict[tuple[str, str], _Kept] = {}

    def take(self, notice: Notice, now: datetime) -> bool:
        """Whether to tell it at once; else it is kept."""
        key = notice.kind, notice.device
        kept = self._kept.get(key)
        if kept is None:
            self._kept[key] = _Kept(now + self._quiet)
            return True
        kept.last, kept.count = notice, kept.count + 1
        return False

    def due(self, now: datetime) -> list[tuple[Notice, int]]:
        """What was kept and is to be told now: the last of each, and how many more there were."""
        found = []
        for key, kept in list(self._kept.items()):
            if now < kept.until:
                continue
            if kept.last is None:
                del self._kept[key]
                continue
            found.append((kept.last, kept.count - 1))
            self._kept[key] = _Kept(now + self._quiet)
        return found


class Notices:
    """Listens to what happens, and sends."""

    def __init__(
        self,
        home: Home,
        *,
        translate: Translate = str,
        sender: Sender = send,
        quiet: timedelta = QUIET,
        look_seconds: float = _LOOK_SECONDS,
    ) -> None:
        """Set it up.

        Args:
            home: what happens there.
            translate: from English into the language of the home, asked for each text.
            sender: what sends.
            quiet: how long further ones of a kind and a device are collected.
            look_seconds: between two looks at what was collected.
        """
        self._home = home
        self._translate = translate
        self._sender = sender
        self._collector = Collector(quiet)
        self._look_seconds = look_seconds
        self._sending: set[asyncio.Task[None]] = set()
        self._has_warned = False

    async def run(self) -> None:
        """Go on until it is cancelled; what is being sent then is given up."""
        before = self._home.house
        try:
            with self._home.events.listening() as queue:
                while True:
                    found: list[Notice] = []
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._look_seconds):
                            event = await queue.get()
                            found, before = self._notices(event, before), self._home.house
                    self._tell(found)
        finally:
            for task in self._sending:
                task.cancel()

    def _notices(self, event: Event, before: House) -> list[Notice]:
        if event.kind is Happening.CHANGED:
            return list(_switched_off(before, self._home.house, self._home.now()))
        found = _notice(event, self._home)
        return [] if found is None else [found]

    def _tell(self, found: list[Notice]) -> None:
        now, chosen = self._home.now(), preferences(self._home)
        telling = [(notice, 0) for notice in found if notice.kind in chosen.notify_on]
        telling = [
            (notice, more) for notice, more in telling if chosen.notify_urls and self._collector.take(notice, now)
        ]
        for notice, more in telling + self._collector.due(now):
            if notice.kind in chosen.notify_on and chosen.notify_urls:
                # Beside: a service that does not answer holds up no other message.
                task = asyncio.create_task(self._send(notice.message(self._translate, more)), name="message")
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)

    async def _send(self, message: Message) -> None:
        try:
            for failure in await self._sender(preferences(self._home).notify_urls, message):
                _log.warning("a message was not sent: %s", failure)
        except MissingExtraError as error:
            if not self._has_warned:
                self._has_warned = True
                _log.warning("%s", error)


async def test(urls: Iterable[str]) -> None:
    """Send a message that says that messages arrive.

    Raises:
        GeaccError: one of them did not go out; it says which service and why.
        MissingExtraError: Apprise is not installed.
        UsageError: there is nowhere to send to.
    """
    goals = tuple(urls)
    if not goals:
        raise UsageError("there is nowhere to send to; add an address of messages first")
    problem = problem_of(await send(goals, Message("geacc-proxy", "Messages of geacc-proxy arrive here.")))
    if problem is not None:
        raise problem


def _notice(event: Event, home: Home) -> Notice | None:
    key = str(event.data.get("device", ""))
    device = home.device(key).title
    match event.kind:
        case Happening.NEW_DEVICE:
            values = {"device": device, "address": str(event.data.get("address", ""))}
            text = N_("A new device is using the internet: {device} ({address}). The safe baseline holds for it.")
            if values["address"] in ("", device):
                text = N_("A new device is using the internet: {device}. The safe baseline holds for it.")
            return Notice(Happening.NEW_DEVICE, _ALL, N_("A new device"), text, values)
        case Happening.REQUEST:
            return _asked(str(event.data.get("request", "")), key, home)
        case Happening.BYPASS:
            values = {"device": device, "site": _site(str(event.data.get("host", "")))}
            text = _BYPASS.get(str(event.data.get("how", "")), _BYPASS_OTHERWISE)
            return Notice(Happening.BYPASS, key, N_("Round the filter"), text, values)
    return None


def _asked(request: str, device: str, home: Home) -> Notice | None:
    asked = next((one for one in requests.all_of(home, device) if one.key == request), None)
    if asked is None:
        return None
    site = _site(asked.value if asked.what == requests.SITE else asked.page)
    if asked.what == requests.SITE:
        text = N_("{device} asks for the site {site}.")
    else:
        text = N_("{device} asks for a picture on {site}.") if site else N_("{device} asks for a picture.")
    return Notice(
        Happening.REQUEST, device, N_("Somebody asks"), text, {"device": home.device(device).title, "site": site}
    )


def _switched_off(before: House, after: House, now: datetime) -> Iterable[Notice]:
    """What is filtered less than before, whoever has changed it: these pages, a program, the command line."""
    title = N_("Filtering is off")
    if _begins(before.paused_until, after.paused_until, now):
        text = N_("Filtering is paused for all until {time}.")
        yield Notice(Happening.STOPPED, _ALL, title, text, {"time": _clock(after.paused_until, after)})
    for key, device in after.devices.items():
        had = before.devices.get(key)
        if had is None:
            continue
        if _begins(had.paused_until, device.paused_until, now):
            values = {"device": device.title, "time": _clock(device.paused_until, after)}
            yield Notice(Happening.STOPPED, key, title, N_("Filtering is paused for {device} until {time}."), values)
        filtering = after.profile_of(device).filtering
        if before.profile_of(had).filtering is Filtering.HIDE and filtering is not Filtering.HIDE:
            text = N_("Pictures are no longer filtered for {device}.")
            if filtering is Filtering.MONITOR:
                text = N_("Pictures are noted but no longer hidden for {device}.")
            yield Notice(Happening.STOPPED, key, title, text, {"device": device.title})


def _begins(before: datetime | None, after: datetime | None, now: datetime) -> bool:
    return after is not None and after != before and now < after


def _clock(until: datetime | None, house: House) -> str:
    return "" if until is None else f"{until.astimezone(house.zone):%H:%M}"


def _site(text: str) -> str:
    """The host alone, whatever was given."""
    try:
        host = (urlsplit(text).hostname or "") if "://" in text else text.partition("/")[0]
    except ValueError:
        return ""
    return "".join(letter for letter in host if letter.isprintable())[:_LONGEST_SITE]
