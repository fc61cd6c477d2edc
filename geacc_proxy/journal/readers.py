"""Connections for reading that stay open between two pages: opening one costs more than most questions."""

from __future__ import annotations

import atexit
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geacc_proxy.journal.database import PATIENCE_S, explained, identity, prepare

_MOST_FILES = 4
_MOST_IDLE = 4
_Identity = tuple[int, int] | None


class _Readers:
    """Idle connections, by file."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: OrderedDict[tuple[Path, _Identity], list[sqlite3.Connection]] = OrderedDict()

    def take(self, file: tuple[Path, _Identity]) -> sqlite3.Connection | None:
        with self._lock:
            idle = self._idle.get(file)
            return idle.pop() if idle else None

    def give_back(self, file: tuple[Path, _Identity], connection: sqlite3.Connection) -> None:
        unwanted: list[sqlite3.Connection] = []
        with self._lock:
            idle = self._idle.setdefault(file, [])
            self._idle.move_to_end(file)
            (idle if len(idle) < _MOST_IDLE else unwanted).append(connection)
            while len(self._idle) > _MOST_FILES:
                unwanted += self._idle.popitem(last=False)[1]
        for old in unwanted:
            old.close()

    def close(self) -> None:
        with self._lock:
            for idle in self._idle.values():
                for connection in idle:
                    connection.close()
            self._idle.clear()


_readers = _Readers()
close_readers = _readers.close
"""Closes all that are idle."""
atexit.register(close_readers)


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Gives a connection that sees one state of the database as long as it is held; nothing can be changed by it.

    Args:
        path: the database file; it is made or brought up to date where needed.

    Raises:
        JournalError: the database cannot be read.
    """
    file = path, identity(path)
    connection = None if file[1] is None else _readers.take(file)
    if connection is None:
        prepare(path)
        file = path, identity(path)
    try:
        if connection is None:
            connection = _connected(path)
        try:
            connection.execute("BEGIN")
            yield connection
        except BaseException:
            connection.close()
            raise
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise explained(error, path) from error
    _readers.give_back(file, connection)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only = ON")
    return connection
