"""Labelled pictures from a table: CSV with a header, as people have them."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.lab.classes import BENIGN, MALIGN
from geacc_proxy.lab.evaluation.scored import Sample, shown

PATH_NAMES = ("path", "file", "filename", "filepath", "image", "picture", "name")
"""Headers of the column with the files, whatever their case, blanks and underscores; the first found counts."""

LABEL_NAMES = ("label", "class", "classid", "category", "target")
"""Headers of the column with the classes, likewise."""

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = ",;\t|"
_GEACC_NUMBERS = {"0": BENIGN, "1": MALIGN}
_NO_GROUP = "(none)"


@dataclass(frozen=True, slots=True)
class Table:
    """A table's pictures.

    Attributes:
        samples: those that can be judged.
        left_out: one line a row that cannot be used, with its number.
    """

    samples: tuple[Sample, ...]
    left_out: tuple[str, ...]


def read_table(file: Path, groups: Sequence[str] = (), *, names_chosen: bool = False) -> Table:
    """Read a table.

    Its encoding is UTF-8 or UTF-16 by its first bytes, else UTF-8, else Windows-1252; its delimiter what its header is
    divided by: comma, semicolon, tab or bar. Paths are relative to its folder. The classes `0` and `1` are Geacc's
    benign and malign.

    Args:
        file: the table.
        groups: names of columns with groups.
        names_chosen: whether somebody says which classes are malign; then numbers but 0 and 1 may be classes, too.

    Raises:
        UsageError: no such file, no header with the columns needed, or no row.
        GeaccError: it cannot be read.
    """
    text = _text(file)
    try:
        lines = list(_rows(text))
    except csv.Error as error:
        raise UsageError(f"{file}: no CSV: {error}") from error
    if not lines:
        raise UsageError(f"{file}: empty; it must have a header and a line a picture")
    (_, header), *rows = lines
    path_at, label_at = _column(header, PATH_NAMES, "files", file), _column(header, LABEL_NAMES, "classes", file)
    group_at = {name: _group_column(header, name, file) for name in groups}
    if not rows:
        raise UsageError(f"{file}: a header and no line below it")
    reader = _Rows(file, path_at, label_at, group_at, names_chosen=names_chosen)
    for number, cells in rows:
        reader.take(number, cells)
    return reader.table()


class _Rows:
    """Takes rows one after another and remembers what was there before."""

    def __init__(
        self, file: Path, path_at: int, label_at: int, group_at: Mapping[str, int], *, names_chosen: bool
    ) -> None:
        self._file, self._path_at, self._label_at, self._group_at = file, path_at, label_at, group_at
        self._names_chosen = names_chosen
        self._samples: dict[Path, tuple[int, Sample]] = {}
        self._torn: set[Path] = set()
        self._left_out: list[str] = []

    def take(self, number: int, cells: Sequence[str]) -> None:
        """One row."""
        width = max(self._path_at, self._label_at, *self._group_at.values())
        if len(cells) <= width:
            return self._leave_out(number, f"has {len(cells)} of the {width + 1} columns needed")
        name, label = cells[self._path_at].strip(), self._label(cells[self._label_at].strip())
        if not name or "\0" in name:
            return self._leave_out(number, "no file is named")
        if not label:
            return self._leave_out(number, f"unknown label {cells[self._label_at]!r} of {name}; {self._right()}")
        try:
            path = self._found(name)
            if not path.is_file():
                return self._leave_out(number, f"{name}: {'is a folder' if path.is_dir() else 'no such file'}")
        except OSError as error:
            return self._leave_out(number, f"{name}: {error.strerror}")
        groups = tuple((column, cells[at].strip() or _NO_GROUP) for column, at in self._group_at.items())
        return self._add(number, Sample(path, label, groups))

    def table(self) -> Table:
        """All that were taken."""
        samples = tuple(sample for path, (_, sample) in self._samples.items() if path not in self._torn)
        return Table(samples, tuple(self._left_out))

    def _add(self, number: int, sample: Sample) -> None:
        first, before = self._samples.setdefault(sample.path, (number, sample))
        if first == number:
            return
        name = shown(sample.path)
        if before.label == sample.label:
            self._leave_out(number, f"{name} is in line {first}, too; counted once")
            return
        self._leave_out(number, f"{name} is {before.label} in line {first} and {sample.label} here; not counted")
        if sample.path not in self._torn:
            self._leave_out(first, f"{name} is {before.label} here and {sample.label} in line {number}; not counted")
        self._torn.add(sample.path)

    def _found(self, name: str) -> Path:
        path = self._file.parent / name
        if "\\" in name and not path.exists():  # as Windows writes paths
            return self._file.parent / name.replace("\\", "/")
        return path

    def _label(self, text: str) -> str:
        """A class's name; empty where it is none."""
        if text.casefold() in (BENIGN, MALIGN):
            return text.casefold()
        if text in _GEACC_NUMBERS and not self._names_chosen:
            return _GEACC_NUMBERS[text]
        if not text.isprintable() or (_is_number(text) and not self._names_chosen):
            return ""
        return text

    def _right(self) -> str:
        return "0 is benign and 1 malign, or a name" if not self._names_chosen else "a class must have a name"

    def _leave_out(self, number: int, why: str) -> None:
        self._left_out.append(f"{shown(self._file)}, line {number}: {' '.join(why.split())}")


def _text(file: Path) -> str:
    try:
        body = file.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{file}: no such file or folder") from None
    except OSError as error:
        raise GeaccError(f"{file}: {error.strerror}") from error
    encodings = [name for bom, name in _BOMS if body.startswith(bom)] or ["utf-8", "cp1252"]
    for encoding in encodings:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError(f"{file}: neither UTF-8 nor Windows-1252 text; save the table as CSV in UTF-8")


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Rows that are not empty, with the numbers of their last lines."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]


def _column(header: Sequence[str], names: Sequence[str], what: str, file: Path) -> int:
    plain = [_plain(cell) for cell in header]
    for name in names:
        if name in plain:
            return plain.index(name)
    found = ", ".join(repr(cell.strip()[:40]) for cell in header[:12])
    raise UsageError(
        f"{file}: no column with the {what} in its first line, which has {found}; call it one of {', '.join(names)}"
    )


def _group_column(header: Sequence[str], name: str, file: Path) -> int:
    plain = [_plain(cell) for cell in header]
    if _plain(name) in plain:
        return plain.index(_plain(name))
    raise UsageError(f"--group {name}: {file} has no such column; it has {', '.join(cell.strip() for cell in header)}")


def _plain(header: str) -> str:
    return "".join(letter for letter in header.casefold() if letter.isalnum())


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
