"""Where a home's documents survive: the database of the state directory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from geacc_proxy.home.documents import Data, Deed, Kind, Place, Store

if TYPE_CHECKING:
    from geacc_proxy.journal.household import HouseholdStore, StoredDeed

_KINDS = frozenset(kind.value for kind in Kind)


def open_store(path: Path) -> Store:
    """Returns the store in the database at `path`, made or brought up to date where needed. It blocks.

    Raises:
        JournalError: the file cannot be used, is no database of ours or comes from a newer version.
    """
    # Here, as what brings a database up to date takes most of a second to import.
    from geacc_proxy.journal.household import HouseholdStore

    return _Stored(HouseholdStore.open(path))


class _Stored:
    """A `Store` of kinds, over one of plain texts."""

    def __init__(self, store: HouseholdStore) -> None:
        self._store = store

    def load(self) -> dict[Place, Data]:
        """All documents of the kinds that this version knows."""
        return {(Kind(kind), key): data for (kind, key), data in self._store.load().items() if kind in _KINDS}

    def save(self, changes: Mapping[Place, Data | None], deed: Deed | None) -> int:
        """Write all changes and the deed in one transaction; returns the deed's number, 0 without one."""
        from geacc_proxy.journal.household import StoredDeed

        line = None
        if deed is not None:
            line = StoredDeed(0, deed.time, deed.who, deed.what, deed.values, _plain(deed.before), _plain(deed.after))
        return self._store.save(_plain(changes), line)

    def deeds(self, *, before: int | None = None, limit: int = 50) -> list[Deed]:
        """The newest deeds, or those before a number, newest first."""
        return [_deed(line) for line in self._store.deeds(before=before, limit=limit)]

    def deed(self, number: int) -> Deed | None:
        """One deed."""
        line = self._store.deed(number)
        return None if line is None else _deed(line)

    def forget_deeds(self, before: datetime) -> int:
        """Delete deeds earlier than a moment; returns how many."""
        return self._store.forget_deeds(before)

    def version(self) -> int:
        """A number that changes when another program has written."""
        return self._store.version()

    def close(self) -> None:
        """Close it."""
        self._store.close()


def _plain(places: Mapping[Place, Data | None]) -> dict[tuple[str, str], Data | None]:
    return {(kind.value, key): data for (kind, key), data in places.items()}


def _places(places: Mapping[tuple[str, str], Data | None]) -> dict[Place, Data | None]:
    return {(Kind(kind), key): data for (kind, key), data in places.items() if kind in _KINDS}


def _deed(line: StoredDeed) -> Deed:
    return Deed(
        number=line.number,
        time=line.time,
        who=line.who,
        what=line.what,
        values=dict(line.values),
        before=_places(line.before),
        after=_places(line.after),
        undone=line.undone,
    )
