"""The documents of a home and its audit trail, in the database beside the block log."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from geacc_proxy.exceptions import JournalError
from geacc_proxy.journal.database import PATIENCE_S, explained, identity, prepare

Data = dict[str, Any]
Place = tuple[str, str]
"""A document's kind and key."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DEED = 'number, time, who, what, "values", before, after, undone'


@dataclass(frozen=True, slots=True)
class StoredDeed:
    """One line of the audit trail.

    Attributes:
        number: its place in the trail; 0 before it is stored.
        time: timezone-aware; kept to the microsecond, in UTC.
        who: who did it.
        what: a sentence with {places}.
        values: what fills the places.
        before: by place, what it was; None where there was nothing.
        after: by place, what it became; None where it was removed.
        undone: the number of the deed that undid it; 0 if none did.
    """

    number: int
    time: datetime
    who: str
    what: str
    values: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[Place, Data | None] = field(default_factory=dict)
    after: Mapping[Place, Data | None] = field(default_factory=dict)
    undone: int = 0


class HouseholdStore:
    """An open database. It blocks. To be used from one thread at a time, not always from the same one."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        self._file = identity(path)
        self._own_changes = 0

    @classmethod
    def open(cls, path: Path) -> Self:
        """Returns the store, its database made or brought up to date where needed.

        Raises:
            JournalError: as `prepare`.
        """
        prepare(path)
        try:
            connection = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
            # What a parent has set must survive a power cut too; the block log may lose its last seconds to one.
            connection.execute("PRAGMA synchronous = FULL")
            # Password hashes and addresses that are removed are to be gone.
            connection.execute("PRAGMA secure_delete = ON")
            return cls(path, connection)
        except sqlite3.Error as error:
            raise explained(error, path) from error

    def load(self) -> dict[Place, Data]:
        """Returns all documents.

        Raises:
            JournalError: they cannot be read.
        """
        with self._transaction("BEGIN") as connection:
            rows = connection.execute("SELECT kind, key, data FROM document").fetchall()
        return {(kind, key): json.loads(data) for kind, key, data in rows}

    def save(self, changes: Mapping[Place, Data | None], deed: StoredDeed | None) -> int:
        """Writes all changes (None removes) and the deed in one transaction.

        Where the deed's `values` have `undoes`, a deed's number, that one is marked as undone.

        Returns:
            The deed's number, 0 without one.

        Raises:
            JournalError: it cannot be written; nothing has changed then.
        """
        number = 0
        self._check_file()
        with self._transaction("BEGIN IMMEDIATE") as connection:
            for (kind, key), data in changes.items():
                if data is None:
                    connection.execute("DELETE FROM document WHERE kind = ? AND key = ?", (str(kind), key))
                else:
                    connection.execute(
                        "INSERT INTO document (kind, key, data) VALUES (?, ?, ?) "
                        "ON CONFLICT (kind, key) DO UPDATE SET data = excluded.data",
                        (str(kind), key, json.dumps(data)),
                    )
            if deed is not None:
                number = _insert(connection, deed)
            # Counts the changes of all programs. SQLite's data_version would move with each line of the block log too.
            changed = connection.execute("PRAGMA user_version").fetchone()[0] + 1
            connection.execute(f"PRAGMA user_version = {changed & 0x7FFFFFFF:d}")
        self._own_changes += 1
        return number

    def deeds(self, *, before: int | None = None, limit: int = 50) -> list[StoredDeed]:
        """Returns the newest deeds, or those before a number, newest first.

        Raises:
            JournalError: they cannot be read.
        """
        with self._transaction("BEGIN") as connection:
            rows = connection.execute(
                f"SELECT {_DEED} FROM deed WHERE ? IS NULL OR number < ? ORDER BY number DESC LIMIT ?",  # noqa: S608
                (before, before, limit),
            ).fetchall()
        return [_deed_of(row) for row in rows]

    def deed(self, number: int) -> StoredDeed | None:
        """Returns one deed, None where there is none of that number.

        Raises:
            JournalError: it cannot be read.
        """
        with self._transaction("BEGIN") as connection:
            row = connection.execute(f"SELECT {_DEED} FROM deed WHERE number = ?", (number,)).fetchone()  # noqa: S608
        return None if row is None else _deed_of(row)

    def forget_deeds(self, before: datetime) -> int:
        """Deletes deeds earlier than a moment and returns how many; their bytes are overwritten.

        Raises:
            JournalError: it cannot be written.
        """
        self._check_file()
        with self._transaction("BEGIN IMMEDIATE") as connection:
            moment = (before - _EPOCH) // _MICROSECOND
            return connection.execute("DELETE FROM deed WHERE time < ?", (moment,)).rowcount

    def version(self) -> int:
        """Returns a number that changes when another connection or program has changed documents.

        Raises:
            JournalError: it cannot be read.
        """
        with self._transaction("BEGIN") as connection:
            changes: int = connection.execute("PRAGMA user_version").fetchone()[0]
        return (changes - self._own_changes) & 0x7FFFFFFF

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        try:
            connection.execute(begin)
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise explained(error, self._path) from error

    def _check_file(self) -> None:
        if identity(self._path) != self._file:
            raise JournalError(f"{self._path} was moved or replaced while geacc-proxy ran: start geacc-proxy again")


def _insert(connection: sqlite3.Connection, deed: StoredDeed) -> int:
    cursor = connection.execute(
        'INSERT INTO deed (time, who, what, "values", before, after, undone) VALUES (?, ?, ?, ?, ?, ?, 0)',
        (
            (deed.time - _EPOCH) // _MICROSECOND,
            deed.who,
            deed.what,
            json.dumps(dict(deed.values)),
            _written(deed.before),
            _written(deed.after),
        ),
    )
    number = cursor.lastrowid or 0
    undoes = deed.values.get("undoes", "")
    if undoes.isascii() and undoes.isdigit():
        connection.execute("UPDATE deed SET undone = ? WHERE number = ?", (number, int(undoes)))
    return number


def _written(places: Mapping[Place, Data | None]) -> str:
    return json.dumps([[str(kind), key, data] for (kind, key), data in places.items()])


def _read(text: str) -> dict[Place, Data | None]:
    return {(kind, key): data for kind, key, data in json.loads(text)}


def _deed_of(row: tuple[Any, ...]) -> StoredDeed:
    number, time, who, what, values, before, after, undone = row
    return StoredDeed(
        number,
        _EPOCH + timedelta(microseconds=time),
        who,
        what,
        json.loads(values),
        _read(before),
        _read(after),
        undone,
    )
