"""The home while the proxy runs: what holds now, and the one way to change it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.home import data as datas
from geacc_proxy.home.building import TELLING, Builder
from geacc_proxy.home.documents import Data, Deed, Kind, Place, Store
from geacc_proxy.home.events import Events, Happening
from geacc_proxy.marking import N_
from geacc_proxy.policy.device import Device, Register, Traits
from geacc_proxy.policy.house import CoversHosts, House, Rules
from geacc_proxy.policy.profile import NEW_DEVICE, Strictness
from geacc_proxy.verdict import Context

_log = logging.getLogger(__name__)
BY_ITSELF = "geacc-proxy"
"""Who did what happens by itself."""
_LOOK_EVERY = 1.0  # seconds between two looks whether another program has written
_LOOKS_A_SIGHTING = 60
_STANDS = timedelta(seconds=1)
_MOST_STANDING = 1_000


class Home:
    """The home. To be used from the event loop that opened it; what it gives is immutable.

    Attributes:
        house: all that holds, as it is now.
        events: what happens.
    """

    def __init__(
        self,
        store: Store,
        documents: Mapping[Place, Data],
        *,
        zone: tzinfo | None = None,
        strictness: Strictness = NEW_DEVICE.strictness,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.events = Events()
        self._store = store
        self._documents = dict(documents)
        self._builder = Builder(zone=zone, baseline=replace(NEW_DEVICE, strictness=strictness))
        self._clock = clock
        self._lists: dict[str, CoversHosts] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="home")
        self._changing = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None
        self._newcomers: dict[str, asyncio.Task[Any]] = {}
        self._used: dict[tuple[str, str], set[int]] = {}
        self._seen: dict[str, datetime] = {}
        self._standing: dict[str, tuple[House, Rules]] = {}
        self.house = House()
        self._register = Register()
        self._take()

    @classmethod
    async def open(
        cls,
        open_store: Callable[[], Store],
        *,
        zone: tzinfo | None = None,
        strictness: Strictness = NEW_DEVICE.strictness,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Home:
        """Load it in a thread and keep an eye on what other programs write.

        Args:
            open_store: opens what it is kept in; called in a thread.
            zone: of the clock on the wall; None for the system's.
            strictness: for devices that nobody has given a profile, as long as no parent has changed theirs.
            clock: the moment, timezone-aware.

        Raises:
            JournalError: it cannot be read.
        """
        store, version, documents = await asyncio.to_thread(_opened, open_store)
        home = cls(store, documents, zone=zone, strictness=strictness, clock=clock)
        home._watching = asyncio.create_task(home._watch(version), name="home")
        return home

    async def close(self) -> None:
        """Write what is left."""
        if self._watching is not None:
            self._watching.cancel()
        await asyncio.gather(*self._newcomers.values(), return_exceptions=True)
        await self._note_sightings()
        await self._do(self._store.close)
        self._thread.shutdown()

    def now(self) -> datetime:
        """The moment, timezone-aware."""
        return self._clock()

    # What holds

    def recognise(self, traits: Traits) -> Device:
        """The device behind a connection. One that nobody knows is entered with the safe baseline, and told of."""
        found = self._register.find(traits)
        if found is not None:
            self._seen[found.key] = self.now()
            return found
        key = traits.mac or traits.login or traits.wireguard[:12] or traits.address or "unknown"
        device = Device(
            key,
            addresses=(traits.address,) if traits.address else (),
            macs=(traits.mac,) if traits.mac else (),
            login=traits.login,
            wireguard=traits.wireguard,
            first_seen=self.now(),
            last_seen=self.now(),
        )
        if traits.address and key not in self._newcomers:
            self._newcomers[key] = asyncio.create_task(self._enter(device, traits.address))
        return device

    def device(self, key: str) -> Device:
        """The device with a key; a newcomer where there is none."""
        return self.house.devices.get(key) or Device(key)

    def rules(self, context: Context) -> Rules:
        """What holds for who asks, as of the same second: a page asks for each of its pictures, and twice."""
        at, house = self.now(), self.house
        known = self._standing.get(context.device)
        if known is not None and known[0] is house and timedelta() <= at - known[1].at < _STANDS:
            return known[1]
        if len(self._standing) >= _MOST_STANDING:
            self._standing.clear()
        rules = self.rules_of(self.device(context.device))
        self._standing[context.device] = house, rules
        return rules

    def rules_of(self, device: Device) -> Rules:
        """What holds for a device now. The minute that it is used in is its own to the end, as its last one, too."""
        at = self.now()
        day, minute = self._on_the_wall(at)
        noted = self._used.get((device.key, day), ())
        return self.house.rules(device, at, len(noted) - (minute in noted))

    def note_use(self, device: str) -> None:
        """The device is being used in this minute."""
        now = self.now()
        day, minute = self._on_the_wall(now)
        if (device, day) not in self._used:  # a new day: only yesterday is still written by somebody
            yesterday, _ = self._on_the_wall(now - timedelta(days=1))
            self._used = {place: noted for place, noted in self._used.items() if place[1] >= yesterday}
        self._used.setdefault((device, day), set()).add(minute)

    def restore_use(self, day: str, minutes: Mapping[str, Iterable[int]]) -> None:
        """Know again what was noted before a restart: by device, minutes of a day (ISO date) on the wall clock."""
        for device, noted in minutes.items():
            self._used.setdefault((device, day), set()).update(noted)

    def use_of(self, day: str) -> dict[str, frozenset[int]]:
        """By device, the minutes of a day (ISO date) in which it was used."""
        return {device: frozenset(noted) for (device, of), noted in self._used.items() if of == day}

    def used_minutes(self, device: str, at: datetime | None = None) -> int:
        """Minutes of use on the day of `at`, today without it."""
        day, _ = self._on_the_wall(at or self.now())
        return len(self._used.get((device, day), ()))

    def _on_the_wall(self, at: datetime) -> tuple[str, int]:
        """The day (ISO date) and its minute."""
        wall = at.astimezone(self.house.zone)
        return wall.date().isoformat(), wall.hour * 60 + wall.minute

    # What is kept

    def documents(self, kind: Kind) -> dict[str, Data]:
        """All documents of a kind, by key."""
        return {key: data for (of, key), data in self._documents.items() if of is kind}

    def document(self, kind: Kind, key: str) -> Data | None:
        """One document."""
        return self._documents.get((kind, key))

    def setting(self, key: str, default: Any) -> Any:
        """The value of a setting."""
        found = self._documents.get((Kind.SETTING, key))
        return default if found is None else found["value"]

    async def change(
        self, who: str, what: str, changes: Mapping[Place, Data | None], values: Mapping[str, str] | None = None
    ) -> int:
        """Change documents: written first, in one transaction with the line of the audit trail, and in force then.

        Args:
            who: as `Deed.who`.
            what: an English sentence marked with `N_`, with {places} for `values`.
            changes: the new documents by place; None removes one.
            values: what fills the places.

        Returns:
            The number of the deed.

        Raises:
            UsageError: a document is none that can be understood; nothing has changed then.
            JournalError: it cannot be written; nothing has changed then.
        """
        async with self._changing:
            for (kind, key), data in changes.items():
                if data is not None:
                    datas.check(kind, key, data)
            open_places = [place for place in changes if place[0] is not Kind.SECRET]
            deed = Deed(
                number=0,
                time=self.now(),
                who=who,
                what=what,
                values=dict(values or {}),
                before={place: self._documents.get(place) for place in open_places},
                after={place: changes[place] for place in open_places},
            )
            number: int = await self._do(self._store.save, dict(changes), deed)
            self._put(changes)
        self.events.publish(Happening.CHANGED, deed=number)
        return number

    async def keep(self, changes: Mapping[Place, Data | None]) -> None:
        """As `change`, for what leaves no line in the audit trail: sessions, and when a device was last seen."""
        async with self._changing:
            await self._do(self._store.save, dict(changes), None)
            self._put(changes)

    async def undo(self, number: int, who: str) -> int:
        """Take a deed back.

        Raises:
            UsageError: there is no such deed, it is undone already, or something has changed since.
        """
        deed = await self._do(self._store.deed, number)
        if deed is None:
            raise UsageError(f"there is no action {number}; the audit trail has their numbers")
        if deed.undone:
            raise UsageError(f"action {number} is undone already, by action {deed.undone}")
        if any(self._documents.get(place) != data for place, data in deed.after.items()):
            raise UsageError(f"action {number} cannot be undone: what it changed has been changed again since")
        return await self.change(
            who, N_("Undid: {what}"), deed.before, {**deed.values, "undoes": str(number), "what": deed.what}
        )

    async def deeds(self, *, before: int | None = None, limit: int = 50) -> list[Deed]:
        """The audit trail, newest first."""
        found: list[Deed] = await self._do(lambda: self._store.deeds(before=before, limit=limit))
        return found

    async def forget(self, before: datetime) -> int:
        """Forget for good what is over and earlier than a moment; returns how many deeds and documents.

        Those are lines of the audit trail, requests that are answered, and answers that have ended: all of them name
        sites that somebody was on.
        """
        over: dict[Place, Data | None] = {}
        for key, request in self.documents(Kind.REQUEST).items():
            answered = datas.moment(request.get("answered"))
            if answered is not None and answered < before:
                over[Kind.REQUEST, key] = None
        for key, override in self.documents(Kind.OVERRIDE).items():
            until = datas.moment(override.get("until"))
            if until is not None and until < before:
                over[Kind.OVERRIDE, key] = None
        if over:
            await self.keep(over)
        deeds: int = await self._do(self._store.forget_deeds, before)
        return deeds + len(over)

    def set_lists(self, lists: Mapping[str, CoversHosts]) -> None:
        """Have these block lists in force, by name."""
        self._lists = dict(lists)
        self._take()

    # How

    async def _enter(self, device: Device, address: str) -> None:
        try:
            seen = {"time": datas.written(device.last_seen)}
            await self.keep(
                {(Kind.DEVICE, device.key): datas.of_device(device), (Kind.SIGHTING, device.key): seen},
            )
            self.events.publish(Happening.NEW_DEVICE, device=device.key, address=address)
        except GeaccError as error:
            _log.warning("%s", error)
        finally:
            self._newcomers.pop(device.key, None)

    async def _watch(self, version: int) -> None:
        looks = 0
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            looks += 1
            if looks % _LOOKS_A_SIGHTING == 0:
                await self._note_sightings()
            try:
                seen = await self._do(self._store.version)
                if seen != version:
                    version = seen
                    async with self._changing:
                        self._documents = await self._do(self._store.load)
                        self._take()
                    self.events.publish(Happening.CHANGED, deed=0)
            except GeaccError as error:
                _log.warning("%s", error)

    async def _note_sightings(self) -> None:
        seen, self._seen = self._seen, {}
        if seen:
            try:
                await self.keep({(Kind.SIGHTING, key): {"time": datas.written(at)} for key, at in seen.items()})
            except GeaccError as error:
                _log.warning("%s", error)

    def _put(self, changes: Mapping[Place, Data | None]) -> None:
        for place, data in changes.items():
            if data is None:
                self._documents.pop(place, None)
            else:
                self._documents[place] = data
        if any(kind in TELLING for kind, _ in changes):
            self._take()

    def _take(self) -> None:
        """Have what is kept hold from now on."""
        self.house = self._builder.build(self._documents, self._lists)
        self._register = self.house.register()

    async def _do(self, work: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *arguments)


def _opened(open_store: Callable[[], Store]) -> tuple[Store, int, dict[Place, Data]]:
    store = open_store()
    version = store.version()  # before the documents: what comes in between is seen at the next look
    return store, version, store.load()
