"""The block log as text: JSON lines and CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from typing import Any, TextIO

from geacc_proxy.journal.entry import FIELDS, Entry

# What spreadsheets take for the beginning of a formula, full-width forms included.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def write_json_lines(entries: Iterable[Entry], stream: TextIO) -> int:
    """Writes one JSON object a line, keys in the order of `FIELDS`; returns how many."""
    lines = 0
    for entry in entries:
        stream.write(json.dumps(entry.to_json()) + "\n")
        lines += 1
    return lines


def write_csv(entries: Iterable[Entry], stream: TextIO) -> int:
    """Writes a header and one row an entry, the scores as a JSON object in one cell; returns how many.

    A page could choose its address such that a spreadsheet runs it as a formula: a text that begins like one gets
    an apostrophe in front, which spreadsheets take as "this is text".
    """
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(FIELDS)
    lines = 0
    for entry in entries:
        values = entry.to_json()
        values["scores"] = json.dumps(values["scores"])
        writer.writerow([_cell(value) for value in values.values()])
        lines += 1
    return lines


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.lstrip().startswith(_FORMULA):
        return "'" + value
    return value
