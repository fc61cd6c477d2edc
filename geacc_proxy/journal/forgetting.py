"""Forgetting what is too old, a little at a time, while the proxy goes on writing.

With `PRAGMA secure_delete` SQLite overwrites what it deletes with zeros. What is left then are copies of lines that
were moved within the file to make room: some two in 3,000. Only a rebuilt file is without them.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from geacc_proxy.exceptions import JournalError
from geacc_proxy.journal.database import PATIENCE_S, explained, prepare
from geacc_proxy.journal.statistics import forget_counts

BATCH = 200
"""Lines deleted in one transaction; a slow disk takes some hundredths of a second for them."""
_REST_S = 0.02  # between two transactions at least; else as long as the one before took
_SHORT_WAIT_MS = 200  # for readers; the writers wait as long
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was done.

    Attributes:
        lines: so many were deleted.
        rebuilt: whether the file was rebuilt.
    """

    lines: int
    rebuilt: bool


def forget(
    path: Path,
    before: datetime,
    *,
    numbers_before: datetime,
    rebuild: Callable[[int, int], bool] = lambda lines, live_bytes: True,
    stop: Callable[[], bool] = lambda: False,
) -> Forgotten:
    """Deletes lines, sketches that no line is left for, and counts; their bytes are gone from the disk. It blocks.

    Args:
        path: the database file.
        before: lines and counts of sites earlier than this moment.
        numbers_before: counts that name no site earlier than this moment.
        rebuild: whether to rebuild the file now, asked with the number of lines that were deleted and the bytes that
            are left. Nobody can write meanwhile: half a second for 70 MB, that is 100,000 lines, on a fast computer.
        stop: whether to leave the rest for another time.

    Returns:
        What was done.

    Raises:
        JournalError: the database cannot be written, or a program that is reading it keeps the deleted text alive.
    """
    prepare(path)
    gone, rebuilt = 0, False
    try:
        with closing(sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("PRAGMA synchronous = NORMAL")
            while not stop():
                start = time.monotonic()
                lines = _delete_lines(connection, before)
                gone += lines
                if lines < BATCH:
                    break
                time.sleep(max(_REST_S, time.monotonic() - start))
            while not stop() and _delete_lonely_sketches(connection):
                time.sleep(_REST_S)
            connection.execute("BEGIN IMMEDIATE")
            forget_counts(connection, sites_before=before, numbers_before=numbers_before)
            connection.execute("COMMIT")
            if not stop():
                if rebuild(gone, _live_bytes(connection)):
                    connection.execute("VACUUM")
                    rebuilt = True
                empty_log(connection, path, gone, stop)
    except sqlite3.Error as error:
        raise explained(error, path) from error
    return Forgotten(gone, rebuilt)


def empty_log(connection: sqlite3.Connection, path: Path, gone: int, stop: Callable[[], bool] = lambda: False) -> None:
    """Empties the write-ahead log, which holds older pages.

    Args:
        connection: to the database.
        path: its file, for the message.
        gone: how many lines were deleted, for the message.
        stop: whether not to wait any longer for programs that are reading.

    Raises:
        JournalError: another program is reading.
    """
    connection.execute(f"PRAGMA busy_timeout = {_SHORT_WAIT_MS:d}")
    patience = time.monotonic() + PATIENCE_S
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if stop():
            return
        if time.monotonic() > patience:
            raise JournalError(
                f"{gone} lines are deleted, but another program is reading {path}, which keeps their text in "
                f"{path.name}-wal: end that program, then purge once more"
            )
        time.sleep(0.1)


def _live_bytes(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * size)


def _delete_lines(connection: sqlite3.Connection, before: datetime) -> int:
    connection.execute("BEGIN IMMEDIATE")
    rows = connection.execute(
        "DELETE FROM block_log WHERE id IN (SELECT id FROM block_log WHERE time < ? ORDER BY time LIMIT ?) "
        "RETURNING digest",
        ((before - _EPOCH) // _MICROSECOND, BATCH),
    ).fetchall()
    connection.executemany(
        "DELETE FROM sketch WHERE digest = ? AND NOT EXISTS (SELECT 1 FROM block_log WHERE digest = ?)",
        {(digest, digest) for (digest,) in rows},
    )
    connection.execute("COMMIT")
    return len(rows)


def _delete_lonely_sketches(connection: sqlite3.Connection) -> bool:
    """Deletes some that came after the last line that named them had gone; returns whether there may be more."""
    lonely = connection.execute(
        "SELECT digest FROM sketch WHERE NOT EXISTS "
        "(SELECT 1 FROM block_log WHERE block_log.digest = sketch.digest) LIMIT ?",
        (BATCH,),
    ).fetchall()
    connection.execute("BEGIN IMMEDIATE")
    connection.executemany("DELETE FROM sketch WHERE digest = ?", lonely)
    connection.execute("COMMIT")
    return len(lonely) == BATCH
