"""Rows into the database: the part of the writer that needs SQLAlchemy."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, InterfaceError
from sqlalchemy.ext.asyncio import AsyncEngine

from geacc_proxy.journal.database import async_engine, explained, identity, prepare
from geacc_proxy.journal.entry import Entry
from geacc_proxy.journal.tables import INSERT, INSERT_KIND, INSERT_SKETCH, kind_of, row_of


class Store:
    """An open database that rows are appended to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._engine: AsyncEngine = async_engine(path)
        self._file = identity(path)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Returns the store; blocks for a few milliseconds, for longer where the database is made anew.

        Raises:
            JournalError: as `prepare`.
        """
        prepare(path)
        return cls(path)

    async def append(self, entries: Sequence[Entry], sketches: Mapping[str, bytes] | None = None) -> None:
        """Writes all entries, in order, and the sketches, in one transaction.

        Args:
            entries: the lines.
            sketches: pictures by the digest of what they show; one that is there already stays.

        Raises:
            JournalError: the database cannot be written at the moment.
            Exception: anything else means that one of these cannot be stored at all.
        """
        if identity(self._path) != self._file:
            # Someone deleted or replaced the file; SQLite would go on writing into the nameless old one.
            await self._reopen()
        try:
            async with self._engine.begin() as connection:
                if entries:
                    kinds = {tuple(kind_of(entry).items()) for entry in entries}
                    await connection.execute(INSERT_KIND, [dict(kind) for kind in kinds])
                    await connection.execute(INSERT, [row_of(entry) for entry in entries])
                if sketches:
                    rows = [{"digest": digest, "picture": picture} for digest, picture in sketches.items()]
                    await connection.execute(INSERT_SKETCH, rows)
        except (DataError, IntegrityError):
            raise
        except (DatabaseError, InterfaceError, sqlite3.Error) as error:
            raise explained(error, self._path) from error

    async def close(self) -> None:
        """Closes the connection; where it was the last one, the write-ahead log is folded into the file."""
        await self._engine.dispose()

    async def _reopen(self) -> None:
        await self._engine.dispose()
        await asyncio.to_thread(prepare, self._path)
        self._engine = async_engine(self._path)
        self._file = identity(self._path)
