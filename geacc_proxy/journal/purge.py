"""Forgetting: lines that are purged are gone from the disk, not just from the list."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.exc import DBAPIError

from geacc_proxy.exceptions import JournalError
from geacc_proxy.journal.database import PATIENCE_S, closing_engine, explained, prepare
from geacc_proxy.journal.reader import conditions
from geacc_proxy.journal.tables import BLOCK_LOG


def purge(path: Path, *, before: datetime | None = None, device: str | None = None) -> int:
    """Deletes lines for good and returns how many; a proxy that is running keeps its new lines meanwhile.

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
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
            gone = connection.execute(delete(BLOCK_LOG).where(*conditions(before=before, device=device))).rowcount
        _wipe(path, gone)
    except (DBAPIError, sqlite3.Error) as error:
        raise explained(error, path) from error
    return gone


def _wipe(path: Path, gone: int) -> None:
    """Rebuilds the file without its empty pages, then empties the write-ahead log, which holds older pages."""
    with closing(sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)) as connection:
        connection.execute("VACUUM")
        patience = time.monotonic() + PATIENCE_S
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > patience:
                raise JournalError(
                    f"{gone} lines are deleted, but another program is reading {path}, which keeps their text in "
                    f"{path.name}-wal: end that program, then purge once more"
                )
            time.sleep(0.1)
