"""The block lists that a home has subscribed to: kept up to date, and in force."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.home import data
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.events import Happening
from geacc_proxy.home.home import Home
from geacc_proxy.home.subscriptions import check_source, forget, kept, load, refresh
from geacc_proxy.marking import N_
from geacc_proxy.policy.blocklists import BlockList

_log = logging.getLogger(__name__)
FOLDER = "lists"
"""In the state directory."""
REFRESH_AFTER = timedelta(days=1)
_LOOK_SECONDS = 600.0
_RETRY_AFTER = timedelta(hours=1)
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MOST = 50


@dataclass(frozen=True, slots=True)
class Subscription:
    """A list that a home has.

    Attributes:
        name: as profiles name it.
        source: an HTTPS address, or the path of a file.
        rules: how many are understood; 0 while it has not come.
        skipped: how many of its lines are not.
        checked: when its source was last asked; None before.
        error: why the last look failed, one line; empty where it did not.
    """

    name: str
    source: str
    rules: int = 0
    skipped: int = 0
    checked: datetime | None = None
    error: str = ""


async def subscribe(home: Home, who: str, name: str, source: str) -> int:
    """Subscribe to a list; it is fetched soon. Returns the number of the deed.

    Raises:
        UsageError: the name or the source is none, or the name is taken.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name[:70]!r} is no name for a list; use up to 40 small letters, digits and hyphens")
    if home.document(Kind.LIST, name) is not None:
        raise UsageError(f"there is a list {name} already; choose another name, or remove that one")
    if len(home.documents(Kind.LIST)) >= _MOST:
        raise UsageError(f"there are {_MOST} lists already; remove one first")
    source = check_source(source)
    return await home.change(
        who, N_("Subscribed to the block list {list}"), {(Kind.LIST, name): {"source": source}}, {"list": name}
    )


async def unsubscribe(home: Home, who: str, name: str) -> int:
    """Give a list up. Returns the number of the deed.

    Raises:
        UsageError: there is no such list, or a profile has it.
    """
    if home.document(Kind.LIST, name) is None:
        raise UsageError(f"there is no block list {name[:70]!r}")
    having = [profile.title or profile.name for profile in home.house.profiles.values() if name in profile.block_lists]
    if having:
        raise UsageError(f"{', '.join(having[:5])} uses the list {name}; take it out there first")
    return await home.change(who, N_("Gave the block list {list} up"), {(Kind.LIST, name): None}, {"list": name})


class Lists:
    """Keeps the subscribed lists loaded and fresh."""

    def __init__(self, home: Home, folder: Path) -> None:
        """Keep lists of `home` in `folder`."""
        self._home = home
        self._folder = folder
        self._loaded: dict[str, BlockList] = {}
        self._errors: dict[str, tuple[str, datetime]] = {}
        self._busy = asyncio.Lock()

    async def run(self) -> None:
        """Load what is here, then go on: after each change that a parent makes, and every few minutes."""
        with self._home.events.listening() as queue:
            # At the start alone: until then what was given up can be taken back without the network.
            await asyncio.to_thread(_tidied, self._folder, set(self._sources().values()))
            while True:
                await self.update()
                try:
                    async with asyncio.timeout(_LOOK_SECONDS):
                        while (await queue.get()).kind is not Happening.CHANGED:
                            pass
                except TimeoutError:
                    pass

    async def update(self, *, force: bool = False, only: str = "") -> None:
        """Load what is new, fetch what is old, drop what is given up.

        Args:
            force: fetch whatever its age.
            only: of this list alone.
        """
        async with self._busy:
            sources = self._sources()
            self._loaded = {source: found for source, found in self._loaded.items() if source in sources.values()}
            for name, source in sources.items():
                if only in ("", name):
                    await self._update(source, force=force)
            self._home.set_lists(
                {name: self._loaded[source] for name, source in sources.items() if source in self._loaded}
            )

    def all(self) -> list[Subscription]:
        """The subscriptions, by name."""
        return [self._state(name, source) for name, source in sorted(self._sources().items())]

    async def _update(self, source: str, *, force: bool) -> None:
        now = self._home.now()
        if source not in self._loaded:
            found = await asyncio.to_thread(_loaded, source, self._folder)
            if found is not None:
                self._loaded[source] = found
        if not force and not self._is_due(source, now):
            return
        refreshed = await asyncio.to_thread(lambda: refresh(source, self._folder, now=now, force=force))
        if refreshed.error:
            self._errors[source] = (refreshed.error, now)
            _log.warning("%s", refreshed.error)
        else:
            self._errors.pop(source, None)
        if refreshed.blocklist is not None:
            self._loaded[source] = refreshed.blocklist

    def _is_due(self, source: str, now: datetime) -> bool:
        if source in self._errors:
            return now - self._errors[source][1] >= _RETRY_AFTER
        here = kept(source, self._folder)
        checked = data.moment(here.checked) if here else None
        return checked is None or now - checked >= REFRESH_AFTER

    def _state(self, name: str, source: str) -> Subscription:
        here = kept(source, self._folder)
        error = self._errors.get(source, ("", None))[0]
        if here is None:
            return Subscription(name, source, error=error)
        return Subscription(name, source, here.rules, here.skipped, data.moment(here.checked), error)

    def _sources(self) -> Mapping[str, str]:
        return {name: str(document.get("source", "")) for name, document in self._home.documents(Kind.LIST).items()}


def _loaded(source: str, folder: Path) -> BlockList | None:
    try:
        return load(source, folder)
    except GeaccError as error:
        _log.warning("%s", error)
        return None


def _tidied(folder: Path, sources: set[str]) -> None:
    for note in folder.glob("*.json"):
        try:
            source = str(json.loads(note.read_text("utf-8"))["source"])
            if source not in sources:
                forget(source, folder)
        except (GeaccError, OSError, ValueError, KeyError, TypeError) as error:
            _log.warning("%s: %s", note, error)
