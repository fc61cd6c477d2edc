"""Forgetting: lines that are purged are gone from the disk, not just from the list."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from geacc_proxy.journal.database import PATIENCE_S, closing_engine, explained, prepare
from geacc_proxy.journal.forgetting import empty_log
from geacc_proxy.journal.reader import conditions
from geacc_proxy.journal.statistics import forget_counts
from geacc_proxy.journal.tables import BLOCK_LOG

_END = datetime(9000, 1, 1, tzinfo=UTC)


def purge(path: Path, *, before: datetime | None = None, device: str | None = None) -> int:
    """Deletes lines for good, with their sketches and what was counted, and returns how many lines.

    A proxy that is running keeps its new lines meanwhile.

    Args:
        path: the database file.
        before: those earlier than this moment; of any time if None.
        device: those of this device; of all devices if None.

    Raises:
        JournalError: the database cannot be written, or a program that is reading it keeps the deleted text alive.
    """
    prepare(path)
    try:
        with closing_engine(path, immediate=True) as engine, engine.begin() as connection:
            gone = connection.execute(delete(BLOCK_LOG).where(*conditions(before=before, device=device))).rowcount
            connection.exec_driver_sql(
                "DELETE FROM sketch WHERE NOT EXISTS (SELECT 1 FROM block_log WHERE block_log.digest = sketch.digest)"
            )
            driver = cast("sqlite3.Connection", connection.connection.dbapi_connection)
            end = before or _END
            forget_counts(driver, sites_before=end, numbers_before=end, device=device)
        _wipe(path, gone)
    except (DBAPIError, sqlite3.Error) as error:
        raise explained(error, path) from error
    return gone


def _wipe(path: Path, gone: int) -> None:
    """Rebuilds the file without its empty pages, then empties the write-ahead log, which holds older pages."""
    with closing(sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)) as connection:
        connection.execute("VACUUM")
        empty_log(connection, path, gone)
