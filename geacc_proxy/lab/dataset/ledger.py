"""The log of a data set, which is its memory too: what became of every row, in every run, a JSON object a line."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.dataset.files import writing
from geacc_proxy.lab.dataset.outcome import Outcome, Record, parse_record

if TYPE_CHECKING:
    from pathlib import Path

if sys.platform != "win32":
    import fcntl

NAME = "download.jsonl"


class Ledger:
    """An open log. What it says of a picture last is what holds. Not for several threads at once."""

    def __init__(self, folder: Path) -> None:
        """Read it, or begin it. The folder is made where it is missing.

        Raises:
            GeaccError: it cannot be written, or another download is at work in the folder.
        """
        self.path = folder / NAME
        self._last: dict[tuple[str, str], Record] = {}
        with writing(self.path):
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a+", encoding="utf-8")
            self._lock()
            self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):  # what could not be written has been told, and would be tried once more
            self._file.close()

    def last(self, url: str, label: str) -> Record | None:
        """What became of it last; None if nothing did."""
        return self._last.get((url, label))

    def stored(self) -> list[Record]:
        """Every picture that was stored and is not known to be gone."""
        return [record for record in self._last.values() if record.outcome is Outcome.STORED]

    def add(self, record: Record) -> None:
        """Write a line, down to the system.

        Raises:
            GeaccError: it cannot be written.
        """
        with writing(self.path):
            self._file.write(record.to_json() + "\n")
            self._file.flush()
        self._last[record.url, record.label] = record

    def _lock(self) -> None:
        if sys.platform == "win32":
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise GeaccError(f"{self.path.parent}: another download is at work in this folder") from None

    def _read(self) -> None:
        self._file.seek(0)
        ended = True
        for line in self._file:
            ended = line.endswith("\n")
            try:
                record = parse_record(line)
            except ValueError:
                continue  # a line that a crash or a full disk has cut; its picture is looked at anew
            self._last[record.url, record.label] = record
        if not ended:
            self._file.write("\n")
