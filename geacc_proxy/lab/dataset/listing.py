"""The list of a data set: Geacc's CSV, `OriginalURL, ClassID`, read row by row however long it is."""

from __future__ import annotations

import csv
import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

URL_COLUMN, CLASS_COLUMN = "OriginalURL", "ClassID"

GEACC_CLASSES = {"0": "benign", "1": "explicit", "2": "suggestive"}
"""What Geacc's script made of its class numbers."""

_DELIMITERS = (",", ";", "\t", "|")
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig"))
_LONGEST_CLASS = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A picture to fetch.

    Attributes:
        line: of the list, from 1.
        url: as written, without the spaces around it.
        label: folder of its class.
    """

    line: int
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that says nothing to fetch.

    Attributes:
        line: of the list, from 1.
        problem: what is wrong, for a person.
    """

    line: int
    problem: str


class Listing:
    """A CSV file whose columns are known.

    Attributes:
        path: the file.
        rows: how many there are below the header, good or bad.
    """

    def __init__(self, path: Path, folders: Mapping[str, str] | None = None) -> None:
        """Look through it once.

        Args:
            path: UTF-8, or UTF-16 with a byte order mark; fields between commas, semicolons, tabs or bars.
            folders: folder by class; a class that is not among them is its own folder. None: Geacc's names if there
                are no other classes than its 0, 1 and 2.

        Raises:
            UsageError: no such file, no text, or no such columns.
        """
        self.path = path
        self._encoding = _encoding(path)
        self._delimiter, self._url, self._class = self._columns()
        self.rows = 0
        classes = set()
        for item in self._items({}):
            self.rows += 1
            if isinstance(item, Row):
                classes.add(item.label)
        if not self.rows:
            raise UsageError(f"{path}: no rows below the header")
        self._folders = folders if folders is not None else GEACC_CLASSES if classes <= GEACC_CLASSES.keys() else {}

    def __iter__(self) -> Iterator[Row | BadRow]:
        """Row by row, from the file."""
        return self._items(self._folders)

    def _columns(self) -> tuple[str, int, int]:
        with self._opened() as file:
            header = file.readline(65536)
        best: list[str] = []
        for delimiter in _DELIMITERS:
            names = [
                name.strip() for name in next(csv.reader([header], delimiter=delimiter, skipinitialspace=True), [])
            ]
            plain = [name.casefold() for name in names]
            if URL_COLUMN.casefold() in plain and CLASS_COLUMN.casefold() in plain:
                return delimiter, plain.index(URL_COLUMN.casefold()), plain.index(CLASS_COLUMN.casefold())
            best = max(best, names, key=len)
        there = ", ".join(repr(name[:40]) for name in best[:20]) or "none"
        raise UsageError(f"{self.path}: there must be columns {URL_COLUMN} and {CLASS_COLUMN}; there are: {there}")

    def _items(self, folders: Mapping[str, str]) -> Iterator[Row | BadRow]:
        with self._opened() as file:
            reader = csv.reader(file, delimiter=self._delimiter, skipinitialspace=True)
            next(reader, None)
            while True:
                line = reader.line_num + 1
                try:
                    fields = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield BadRow(line, f"no CSV: {error}")
                    continue
                if any(field.strip() for field in fields):
                    yield self._item(line, fields, folders)

    def _item(self, line: int, fields: list[str], folders: Mapping[str, str]) -> Row | BadRow:
        if len(fields) <= max(self._url, self._class):
            return BadRow(line, f"{len(fields)} fields, too few for {URL_COLUMN} and {CLASS_COLUMN}")
        url, label = fields[self._url].strip(), fields[self._class].strip()
        if not url or not label:
            return BadRow(line, f"no {CLASS_COLUMN if url else URL_COLUMN}")
        if not url.isprintable() or "\ufffd" in url:
            return BadRow(line, f"{URL_COLUMN} has characters that no address has")
        # Programs that calculate write whole numbers so.
        label = re.sub(r"^([0-9]+)\.0+$", r"\1", label)
        label = folders.get(label, label)
        problem = problem_with_folder(label)
        return BadRow(line, f"{CLASS_COLUMN} {label[:40]!r} {problem}") if problem else Row(line, url, label)

    @contextmanager
    def _opened(self) -> Iterator[TextIO]:
        try:
            with self.path.open(encoding=self._encoding, errors="replace", newline="") as file:
                yield file
        except (OSError, UnicodeError) as error:
            raise UsageError(f"{self.path}: {getattr(error, 'strerror', None) or error}") from error


def problem_with_folder(label: str) -> str:
    """Why `label` cannot be the name of a folder; empty where it can."""
    if label.startswith("."):
        return "begins with a dot"
    if re.search(r'[/\\:*?"<>|]', label) or not label.isprintable() or "\ufffd" in label:
        return "has characters that a folder's name cannot have"
    return f"is longer than {_LONGEST_CLASS} bytes" if len(label.encode()) > _LONGEST_CLASS else ""


def _encoding(path: Path) -> str:
    if path.is_dir():
        raise UsageError(f"{path}: a folder; it must be a CSV file")
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file") from None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from error
    encoding = next(name for mark, name in _BOMS if head.startswith(mark))
    if encoding != "utf-16" and b"\0" in head:
        raise UsageError(f"{path}: no text; it must be a CSV file")
    return encoding
