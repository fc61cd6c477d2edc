"""Lines out of the block log, while the proxy goes on writing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Self

from sqlalchemy import ColumnElement, Engine, func, literal, select, tuple_
from sqlalchemy.exc import DBAPIError

from geacc_proxy.journal.database import closing_engine, explained, prepare
from geacc_proxy.journal.entry import Entry
from geacc_proxy.journal.tables import BLOCK_LOG, COLUMNS, entry_of

PAGE = 1000
"""Rows fetched at a time. No transaction stays open between two pages, so a slow reader holds up nobody."""


class Reader:
    """The block log, open for reading. It blocks: from an event loop, use it in a thread."""

    def __init__(self, path: Path, engine: Engine) -> None:
        self._path = path
        self._engine = engine

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator[Self]:
        """Gives the reader of an existing database, which is brought up to date first where it is older.

        Raises:
            JournalError: the file cannot be used, is no database of ours or comes from a newer version.
        """
        prepare(path)
        with closing_engine(path, query_only=True) as engine:
            yield cls(path, engine)

    def query(
        self,
        *,
        since: datetime | None = None,
        before: datetime | None = None,
        device: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Entry]:
        """Yields lines, newest first, page by page: memory stays flat however many there are.

        Args:
            since: this moment and later.
            before: earlier than this moment.
            device: of this device alone.
            limit: so many at most.

        Raises:
            JournalError: the database cannot be read.
        """
        time, number = BLOCK_LOG.c.time, BLOCK_LOG.c.id
        pages = (
            select(*COLUMNS)
            .where(*conditions(since=since, before=before, device=device))
            .order_by(time.desc(), number.desc())
        )
        page = pages
        left = limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            with self._reading() as engine, engine.begin() as connection:
                rows = connection.execute(page.limit(size)).all()
            yield from map(entry_of, rows)
            if len(rows) < size:
                return
            left = None if left is None else left - size
            # A tuple's values are not given its columns' types by themselves.
            last = tuple_(literal(rows[-1].time, time.type), literal(rows[-1].id, number.type))
            page = pages.where(tuple_(time, number) < last)

    def count(self, *, since: datetime | None = None, before: datetime | None = None, device: str | None = None) -> int:
        """Returns how many lines `query` would yield.

        Raises:
            JournalError: the database cannot be read.
        """
        chosen = conditions(since=since, before=before, device=device)
        with self._reading() as engine, engine.begin() as connection:
            return connection.execute(select(func.count()).select_from(BLOCK_LOG).where(*chosen)).scalar_one()

    @contextmanager
    def _reading(self) -> Iterator[Engine]:
        try:
            yield self._engine
        except (DBAPIError, sqlite3.Error) as error:
            raise explained(error, self._path) from error


def conditions(
    *, since: datetime | None = None, before: datetime | None = None, device: str | None = None
) -> list[ColumnElement[bool]]:
    """Returns what a row must fulfil; the arguments as for `Reader.query`."""
    chosen: list[ColumnElement[bool]] = []
    if since is not None:
        chosen.append(BLOCK_LOG.c.time >= since)
    if before is not None:
        chosen.append(BLOCK_LOG.c.time < before)
    if device is not None:
        chosen.append(BLOCK_LOG.c.device == device)
    return chosen
