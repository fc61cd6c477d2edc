"""The database file: made, checked, brought up to date and opened."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, table
from sqlalchemy import column as sql_column
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from geacc_proxy.exceptions import JournalError
from geacc_proxy.journal.clean import clean_text
from geacc_proxy.journal.migrations import NEWEST, REVISIONS

WRITER_PATIENCE_S = 1.0
"""How long the proxy's writer waits for another program's lock: it keeps its rows and tries again."""
PATIENCE_S = 10.0
"""How long everything else waits for a lock."""

_log = logging.getLogger(__name__)
_preparing = threading.Lock()
_ELSEWHERE = "or name another folder with --state-dir"


def prepare(path: Path) -> None:
    """Makes the database where there is none (mode 0600) and brings an older one up to date.

    Raises:
        JournalError: where it cannot be written, is no database of ours or comes from a newer version.
    """
    # One after the other within this process: a large log may take longer than another program waits for a lock.
    with _preparing:
        _make(path)
        try:
            if _is_current(path):
                return
            _use_wal(path)
            with closing_engine(path, immediate=True) as engine, engine.begin() as connection:
                # Look again now that the lock is ours: another process may have done it meanwhile.
                stored = _stored_revision(connection, path)
                if stored is not None and stored != NEWEST:
                    _log.info("the block log %s is brought up to date", path)
                if stored != NEWEST:
                    _migrate(connection)
        except (DBAPIError, sqlite3.Error) as error:
            raise explained(error, path) from error


@contextmanager
def closing_engine(path: Path, *, immediate: bool = False, query_only: bool = False) -> Iterator[Engine]:
    """Gives an engine for a command that works through the file and ends; closes it afterwards.

    Args:
        path: the database file.
        immediate: take the write lock when a transaction begins.
        query_only: refuse every change.
    """
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        hide_parameters=True,  # an address must not reach an error message
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        # The driver's own idea of when to begin leaves schema changes outside the transaction.
        connection.isolation_level = None
        _pragmas(connection, PATIENCE_S)
        if query_only:
            connection.execute("PRAGMA query_only = ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    try:
        yield engine
    finally:
        engine.dispose()


def async_engine(path: Path) -> AsyncEngine:
    """Returns the engine of the proxy's writer: one connection, in a thread of its own."""
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)), pool_size=1, max_overflow=0, hide_parameters=True
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _connected(connection: Any, _record: object) -> None:
        _pragmas(connection, WRITER_PATIENCE_S)

    return engine


def explained(error: DBAPIError | sqlite3.Error, path: Path) -> JournalError:
    """Returns the error that a person can act on, in one line without any logged address."""
    what = " ".join(str(getattr(error, "orig", error)).split())
    if "not a database" in what or "malformed" in what:
        return JournalError(f"{path} is not a usable database ({what}): move the file away, {_ELSEWHERE}")
    if "locked" in what or "busy" in what:
        return JournalError(f"the block log {path} is in use ({what}): end the other program, or try again")
    if "full" in what:
        return JournalError(f"the block log {path} cannot be written ({what}): free some space, {_ELSEWHERE}")
    return JournalError(
        f"the block log {path} cannot be used ({what}): "
        f"let this user read and write the file and its folder, {_ELSEWHERE}"
    )


def identity(path: Path) -> tuple[int, int] | None:
    """Returns what tells a file from another one of the same name; None where there is none.

    SQLite goes on writing into a file that has been deleted or replaced, where nobody will find it.
    """
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _make(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Made before SQLite opens it: -wal and -shm take their mode from it. One that is there must not be opened here:
        # closing it would drop the locks that this process has on it (fcntl(2)), and another program that thinks itself
        # alone would take the write-ahead log away.
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        elif not path.is_file() or not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except FileExistsError:
        pass  # another program was quicker
    except OSError as error:
        raise JournalError(
            f"the block log {path} cannot be written ({error.strerror}): "
            f"let this user write the file and its folder, {_ELSEWHERE}"
        ) from error
    if not os.access(path.parent, os.W_OK):
        raise JournalError(
            f"the block log's folder {path.parent} cannot be written: let this user write it, {_ELSEWHERE}"
        )


def _pragmas(connection: Any, patience_s: float) -> None:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {int(patience_s * 1000)}")
    cursor.execute("PRAGMA synchronous = NORMAL")  # with WAL: safe against kill, syncs at checkpoints only
    # Not only where lines are deleted: what an index moves to another page must not stay behind on the old one.
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _is_current(path: Path) -> bool:
    with closing_engine(path, query_only=True) as engine, engine.begin() as connection:
        return _stored_revision(connection, path) == NEWEST


def _use_wal(path: Path) -> None:
    """Lets programs read while another writes; the file remembers it."""
    patience = time.monotonic() + PATIENCE_S
    while True:
        with closing(sqlite3.connect(path, timeout=PATIENCE_S)) as connection:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                # SQLite does not wait by itself when two programs make the change at the same moment.
                if "locked" not in str(error) or time.monotonic() > patience:
                    raise
            else:
                return
        time.sleep(0.02)


def _stored_revision(connection: Connection, path: Path) -> str | None:
    """Returns the newest step that the database has seen, None where it is empty."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        if tables:
            raise JournalError(
                f"{path} is a database of another program (it has a table {clean_text(tables[0])}): "
                f"move the file away, {_ELSEWHERE}"
            )
        return None
    stored = connection.execute(select(sql_column("version_num")).select_from(table("alembic_version"))).scalar()
    if stored is not None and stored not in REVISIONS:
        raise JournalError(
            f"{path} was written by a newer geacc-proxy (its layout is {clean_text(stored)}, "
            f"this version knows up to {NEWEST}): update geacc-proxy, {_ELSEWHERE}"
        )
    return None if stored is None else str(stored)


def _migrate(connection: Connection) -> None:
    # Here, as nearly every start finds an up-to-date database: alembic takes half a second to import.
    logging.getLogger("alembic").setLevel(logging.WARNING)  # its account of a migration is for no reader here
    from alembic import command
    from alembic.config import Config

    config = Config()
    folder = Path(__file__).with_name("migrations")
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
