"""A list of addresses to a folder a class: many threads, one log, and a way to go on from wherever it stopped."""

from __future__ import annotations

import hashlib
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from geacc_proxy.lab.dataset.addresses import host_of
from geacc_proxy.lab.dataset.attempts import Attempts, record_of
from geacc_proxy.lab.dataset.contents import Contents
from geacc_proxy.lab.dataset.folder import Folder
from geacc_proxy.lab.dataset.ledger import Ledger
from geacc_proxy.lab.dataset.listing import BadRow
from geacc_proxy.lab.dataset.outcome import Failed, Outcome, Record
from geacc_proxy.lab.dataset.partial import FOLDER, Partial
from geacc_proxy.lab.dataset.schedule import Schedule, Task
from geacc_proxy.lab.dataset.tally import End, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from geacc_proxy.lab.dataset.listing import Listing, Row
    from geacc_proxy.lab.dataset.manner import Manner

LONGEST_WAIT = 60.0
"""Seconds; whoever asks for more patience than that gets that much."""

UNREACHED_TIMES = 8
"""A host that could not be reached so often in a row is not tried any more in this run."""

_LAST_WAIT_SECONDS = 10.0


class Download:
    """One run over a list."""

    def __init__(self, listing: Listing, folder: Path, manner: Manner, told: Callable[[Tally], None]) -> None:
        """Nothing is read, written or fetched yet.

        Args:
            listing: what to fetch.
            folder: of the data set; made where it is missing.
            manner: how.
            told: called after each row that has ended, from any thread, one at a time.
        """
        self.tally = Tally()
        self._listing = listing
        self._folder = Folder(folder)
        self._manner = manner
        self._told = told
        self._attempts = Attempts(self._folder, manner)
        self._schedule = Schedule(self._tasks(), per_host=manner.per_host, delay=manner.delay)
        self._lock = threading.Lock()
        self._lines: dict[bytes, tuple[int, str]] = {}
        self._fault: BaseException | None = None

    def run(self) -> Tally:
        """Fetch what there is to fetch.

        Returns:
            how all rows ended.

        Raises:
            GeaccError: the folder cannot be written, or another download is at work in it.
            KeyboardInterrupt: somebody wants it to end; what is done is done, and the next run goes on from there.
        """
        with Ledger(self._folder.path) as self._ledger:
            kept = [] if self._manner.overwrite else filter(self._folder.holds, self._ledger.stored())
            self._contents = Contents(kept)
            threads = [threading.Thread(target=self._work, daemon=True) for _ in range(self._manner.workers)]
            try:
                for thread in threads:
                    thread.start()
                for thread in threads:
                    while thread.is_alive():
                        thread.join(0.2)
            finally:
                self._stop()
                ends = time.monotonic() + _LAST_WAIT_SECONDS
                for thread in threads:
                    thread.join(max(0.0, ends - time.monotonic()))
                self._attempts.close()
                with suppress(OSError):  # parts for the next run
                    (self._folder.path / FOLDER).rmdir()
        if self._fault is not None:
            raise self._fault
        return self.tally

    def _stop(self) -> None:
        self._attempts.stop()
        self._schedule.stop()

    def _tasks(self) -> Iterator[Task]:
        """What is to be fetched; all other rows end here. Read by one thread at a time."""
        for item in self._listing:
            if isinstance(item, BadRow):
                self._end(Record("", "", Outcome.BAD_ROW, item.line, item.problem))
                continue
            line, label = self._lines.setdefault(_key(item.url), (item.line, item.label))
            if line != item.line:
                self._end_again(item, line, label)
                continue
            last = None if self._manner.overwrite else self._ledger.last(item.url, item.label)
            if last is not None and self._still_holds(last):
                with self._lock:
                    self._note(item.line, End(item.label, last.outcome, before=True))
                continue
            try:
                host = host_of(item.url)
            except Failed as error:
                self._end(record_of(item, error.outcome, detail=str(error)))
                continue
            yield Task(item, host)

    def _end_again(self, row: Row, line: int, label: str) -> None:
        """A row whose address has been on the list before."""
        if label == row.label:
            # Not logged: the log has one memory for an address and a class, and that is the other line's.
            with self._lock:
                self._note(row.line, End(label, Outcome.DUPLICATE))
            return
        self._end(record_of(row, Outcome.CONFLICT, detail=f"the same address as line {line} in class {label}"))

    def _still_holds(self, last: Record) -> bool:
        if last.outcome is Outcome.STORED:
            return self._folder.holds(last)
        if last.outcome.is_failure:
            return not self._manner.retry_failed
        return bool(last.file) and (self._folder.path / last.file).is_file()

    def _work(self) -> None:
        """What a thread does."""
        try:
            while (task := self._schedule.take()) is not None:
                self._take_up(task)
        except BaseException as error:  # noqa: BLE001  (told by the thread that waits for this one)
            if not self._attempts.stopped:
                self._fault = error
                self._stop()

    def _take_up(self, task: Task) -> None:
        task.attempts += 1
        task.began = task.began or time.monotonic()
        try:
            record = self._attempt(task)
        except Failed as error:
            if self._attempts.stopped:
                return
            if error.again and task.attempts < self._manner.tries:
                self._schedule.again(
                    task, self._wait(task, error), reached=error.reached, whole_host=error.wait is not None
                )
                return
            record = record_of(task.row, error.outcome, detail=str(error))
            self._end(_finished(record, task))
            self._schedule.done(task, reached=error.reached)
        else:
            self._place(_finished(record, task), task)
            self._schedule.done(task)

    def _wait(self, task: Task, error: Failed) -> float:
        asked: float = self._manner.backoff * 2 ** (task.attempts - 1) if error.wait is None else error.wait
        return min(asked, LONGEST_WAIT)

    def _attempt(self, task: Task) -> Record:
        """Have the picture lie in its `Partial`, or find it where it belongs.

        Raises:
            Failed: it does not.
            GeaccError: it cannot be written.
        """
        row = task.row
        if task.attempts == 1 and not self._manner.overwrite and self._ledger.last(row.url, row.label) is None:
            found = self._attempts.adopt(row)
            if found is not None:
                return found
        if self._schedule.unreached(task.host) >= UNREACHED_TIMES:
            detail = f"{task.host} could not be reached {UNREACHED_TIMES} times in a row"
            raise Failed(Outcome.NO_CONNECTION, detail, reached=False)
        return self._attempts.fetch(row)

    def _place(self, record: Record, task: Task) -> None:
        """Put a picture that lies in its `Partial` where it belongs, unless its bytes are there already."""
        partial = Partial(self._folder.path, record.url)
        with self._lock:
            other = self._contents.kept(record)
            if other is not None and other.line <= record.line:
                if record.file:
                    self._folder.remove(record.file)
                partial.discard()
                self._write(self._contents.pass_over(record, other))
                return
            if not record.file:
                record = replace(record, file=self._folder.put(task.row, partial.path))
                partial.discard()
            if other is not None:
                self._folder.remove(other.file)
            for passed in self._contents.keep(record):
                self._supersede(passed)
            self._write(record)

    def _supersede(self, passed: Record) -> None:
        """Log what was thought to be something else; count it, if its row has been read in this run."""
        self._ledger.add(passed)
        line, label = self._lines.get(_key(passed.url), (0, ""))
        if label == passed.label:
            self._note(line, End(label, passed.outcome))

    def _end(self, record: Record) -> None:
        with self._lock:
            self._write(replace(record, time=record.time or _now()))

    def _write(self, record: Record) -> None:
        self._ledger.add(record)
        self._note(record.line, End(record.label, record.outcome))

    def _note(self, line: int, end: End) -> None:
        self.tally.note(line, end)
        self._told(self.tally)


def _key(url: str) -> bytes:
    return hashlib.blake2b(url.encode(), digest_size=16).digest()


def _finished(record: Record, task: Task) -> Record:
    seconds = round(time.monotonic() - task.began, 3)
    return replace(record, attempts=task.attempts, seconds=seconds, time=_now())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
