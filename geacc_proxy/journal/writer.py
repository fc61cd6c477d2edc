"""Lines into the block log, off the hot path."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self

from geacc_proxy.exceptions import JournalError
from geacc_proxy.journal.entry import Entry

if TYPE_CHECKING:
    from geacc_proxy.journal.store import Store

_log = logging.getLogger(__name__)

INTERVAL_S = 0.5
"""The pause after a batch, unless a full one waits."""
BATCH = 500
"""Rows in one transaction at most."""
KEEP = 100_000
"""Rows kept in memory while the database cannot be written; later ones are dropped and counted."""
KEEP_SKETCHES = 500
"""Sketches kept in memory while the database cannot be written; later ones are dropped."""
LARGEST_SKETCH = 64 * 1024
"""Bytes; a larger picture is no sketch and is dropped."""
LONGEST_PAUSE_S = 10.0
"""Between two attempts while the database cannot be written."""


class Journal:
    """The block log, open for writing. To be used from the event loop that opened it.

    A line is on its way to the disk at once when nothing was written for half a second, else half a second
    after the batch before: what `kill -9` can lose is the last second.

    Attributes:
        written: rows stored since it was opened.
        dropped: rows lost: too many waited, one could not be stored at all, or it came after `close`.
    """

    def __init__(self, path: Path, store: Store, keep: int = KEEP) -> None:
        self.written = 0
        self.dropped = 0
        self._path = path
        self._store = store
        self._keep = keep
        self._waiting: deque[Entry] = deque()
        self._sketches: dict[str, bytes] = {}
        self._wake = asyncio.Event()
        self._wake_at = 1
        self._closing = False
        self._give_up_at = float("inf")
        self._outage_pause = 0.0
        self._dropped_before_outage = 0
        self._task = asyncio.create_task(self._run(), name="block log")

    @classmethod
    async def open(cls, path: Path, *, keep: int = KEEP) -> Self:
        """Returns the log, its database made or brought up to date where needed.

        The work, importing SQLAlchemy included, happens in a thread: the loop goes on meanwhile.

        Raises:
            JournalError: the file cannot be written, is no database of ours or comes from a newer version.
        """
        return cls(path, await asyncio.to_thread(_open_store, path), keep)

    @property
    def waiting(self) -> int:
        """Rows not yet stored."""
        return len(self._waiting)

    def record(self, entry: Entry) -> None:
        """Takes a line; returns at once, never raises."""
        if self._closing or len(self._waiting) >= self._keep:
            self.dropped += 1
            return
        self._waiting.append(entry)
        if len(self._waiting) >= self._wake_at:
            self._wake.set()

    def sketch(self, digest: str, picture: bytes) -> None:
        """Takes what may be kept of the look of a hidden picture; returns at once, never raises.

        It is kept as long as a line names the digest.

        Args:
            digest: of the hidden picture's bytes, as its lines name it.
            picture: the sketch: a PNG or JPEG of 64 KiB at most.
        """
        if self._closing or not digest or len(picture) > LARGEST_SKETCH or len(self._sketches) >= KEEP_SKETCHES:
            return
        self._sketches[digest] = picture
        if self._wake_at <= 1:
            self._wake.set()

    async def close(self, patience_s: float = 2.0) -> None:
        """Stores what waits and closes the database.

        Where the database cannot be written, it tries for `patience_s` seconds; what is left then is dropped,
        counted and logged.
        """
        self._closing = True
        self._give_up_at = asyncio.get_running_loop().time() + patience_s
        self._wake.set()
        await self._task
        if self._waiting:
            _log.error("the block log %s lost its last %d lines", self._path, len(self._waiting))
            self.dropped += len(self._waiting)
            self._waiting.clear()
        await self._store.close()

    async def _run(self) -> None:
        while True:
            if not self._waiting and not self._sketches:
                if self._closing:
                    return
                await self._rest(until_rows=1)
            elif await self._write_batch():
                await self._rest(until_rows=BATCH, seconds=INTERVAL_S)
            elif not self._closing:
                self._outage_pause = min(max(2 * self._outage_pause, INTERVAL_S), LONGEST_PAUSE_S)
                await self._rest(until_rows=None, seconds=self._outage_pause)
            elif asyncio.get_running_loop().time() < self._give_up_at:
                await asyncio.sleep(0.1)
            else:
                return

    async def _rest(self, until_rows: int | None, seconds: float | None = None) -> None:
        """Waits for that many rows (None: does not count), for that long at most, till `close` at most."""
        self._wake_at = self._keep + 1 if until_rows is None else until_rows
        if self._closing or len(self._waiting) >= self._wake_at or (self._sketches and self._wake_at <= 1):
            return
        self._wake.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _write_batch(self) -> bool:
        """Returns whether the database took the oldest rows; a row that it will never take is dropped."""
        batch = list(islice(self._waiting, BATCH))
        sketches = dict(self._sketches)
        try:
            try:
                await self._store.append(batch, sketches)
            except JournalError:
                raise
            except Exception:  # noqa: BLE001  a fault of ours must cost one line, not the log
                _log.exception("a line of the block log cannot be stored as it is")
                await self._write_one_by_one(batch)
            else:
                self._done(len(batch))
            for digest in sketches:
                del self._sketches[digest]
        except JournalError as error:
            if not self._outage_pause:
                self._dropped_before_outage = self.dropped
                _log.warning("%s; lines are kept meanwhile", error)
                self._outage_pause = INTERVAL_S / 2
            return False
        if self._outage_pause:
            lost = self.dropped - self._dropped_before_outage
            _log.warning("the block log %s is written again; %d lines were lost meanwhile", self._path, lost)
            self._outage_pause = 0.0
        return True

    async def _write_one_by_one(self, batch: list[Entry]) -> None:
        for entry in batch:
            try:
                await self._store.append([entry])
            except JournalError:
                raise
            except Exception:  # noqa: BLE001  the same: this is the line
                _log.exception("one line of the block log is dropped")
                self._waiting.popleft()
                self.dropped += 1
            else:
                self._done(1)

    def _done(self, rows: int) -> None:
        for _ in range(rows):
            self._waiting.popleft()
        self.written += rows


def _open_store(path: Path) -> Store:
    # Here, as SQLAlchemy takes most of a second to import: nobody pays who only names the class.
    from geacc_proxy.journal.store import Store

    return Store.open(path)
