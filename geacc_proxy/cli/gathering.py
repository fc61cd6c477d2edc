"""What `dataset download` does: read what was asked for, fetch it, tell how it goes and how it ended."""

from __future__ import annotations

import logging
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from geacc_proxy import __version__
from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.lab.dataset import ledger
from geacc_proxy.lab.dataset.download import Download
from geacc_proxy.lab.dataset.listing import BadRow, Listing, problem_with_folder
from geacc_proxy.lab.dataset.outcome import Outcome
from geacc_proxy.lab.dataset.remotelist import fetch_list, is_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geacc_proxy.lab.dataset.manner import Manner
    from geacc_proxy.lab.dataset.tally import Tally

_LARGEST_EDGE = 10_000
_SECONDS_BETWEEN_LINES = 30.0
_BAD_ROWS_NAMED = 10
_INTERRUPTED = 130


def agent(text: str) -> str:
    """How the program names itself: as asked for, else by name and version.

    Raises:
        UsageError: a header cannot hold it.
    """
    if not text:
        return f"geacc-proxy/{__version__}"
    if not (text.isascii() and text.isprintable()):
        raise UsageError(f"--user-agent {text!r}: it takes printable ASCII characters")
    return text


def read_size(text: str) -> tuple[int, int] | None:
    """Width and height, pixels, from `N` or `WxH`; None for nothing and 0.

    Raises:
        UsageError: no such size.
    """
    if text in ("", "0"):
        return None
    found = re.fullmatch(r"([0-9]{1,5})(?:[x×X]([0-9]{1,5}))?", text)
    edges = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not all(1 <= edge <= _LARGEST_EDGE for edge in edges):
        raise UsageError(f"--resize {text!r}: it takes pixels such as 256 or 320x240, 1 to {_LARGEST_EDGE}")
    return edges


def read_classes(text: str | None) -> dict[str, str] | None:
    """Folder by class from `ID=NAME,ID=NAME`; None for None.

    Raises:
        UsageError: no such list, or a name that no folder can have.
    """
    if text is None:
        return None
    folders: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        label, equals, name = (part.strip() for part in pair.partition("="))
        if not (label and equals and name):
            raise UsageError(f"--classes {text!r}: it takes pairs such as 0=benign,1=malign")
        if problem := problem_with_folder(name):
            raise UsageError(f"--classes {text!r}: {name!r} {problem}")
        folders[label] = name
    return folders


def gather(source: str, folder: Path, manner: Manner, folders: Mapping[str, str] | None) -> int:
    """Fetch the list `source` into `folder`; print a summary.

    Returns:
        0 if every row has a picture, else 1; 130 after Ctrl-C.

    Raises:
        GeaccError: the list cannot be read or the folder not written.
    """
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it tells of every odd header
    try:
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder}: a file; the pictures need a folder")
        path = fetch_list(source, folder, manner) if is_address(source) else Path(source)
        listing = Listing(path, folders)
        _name_bad_rows(listing)
        with _Display(listing.rows) as display:
            tally = Download(listing, folder, manner, display).run()
    except KeyboardInterrupt:
        _tell(f"stopped; what is done is kept in {folder}, and the same command goes on from there")
        return _INTERRUPTED
    _print_summary(tally)
    return _told_of_trouble(tally, folder)


def _tell(text: str) -> None:
    sys.stderr.write(f"geacc-proxy: {text}\n")
    sys.stderr.flush()


def _name_bad_rows(listing: Listing) -> None:
    bad = 0
    for item in listing:
        if isinstance(item, BadRow):
            bad += 1
            if bad <= _BAD_ROWS_NAMED:
                _tell(f"{listing.path}:{item.line}: {item.problem}; skipped")
    if bad > _BAD_ROWS_NAMED:
        _tell(f"{listing.path}: {bad - _BAD_ROWS_NAMED} more rows skipped; the log names them")
    if bad == listing.rows:
        raise GeaccError(f"{listing.path}: none of its {bad} rows can be used")


def _print_summary(tally: Tally) -> None:
    by_class: dict[str, Counter[str]] = {}
    for end, count in tally.ends().items():
        row = by_class.setdefault(end.label, Counter())
        if end.outcome.is_failure:
            row["failed"] += count
        else:
            row[end.outcome] += count
            if end.outcome is Outcome.STORED and not end.before:
                row["new"] += count
    columns = (
        ("Pictures", Outcome.STORED),
        ("New", "new"),
        ("Duplicates", Outcome.DUPLICATE),
        ("Conflicts", Outcome.CONFLICT),
        ("Failed", "failed"),
    )
    table = Table(box=None, pad_edge=False)
    table.add_column("Class")
    for name, _ in columns:
        table.add_column(name, justify="right")
    for label in sorted(by_class):
        table.add_row(label or "–", *(str(by_class[label][key]) for _, key in columns))
    if len(by_class) > 1:
        total = sum(by_class.values(), Counter())
        table.add_row("all", *(str(total[key]) for _, key in columns))
    Console(highlight=False, markup=False, emoji=False).print(table)


def _told_of_trouble(tally: Tally, folder: Path) -> int:
    log = folder / ledger.NAME
    ends = tally.ends()
    conflicts = sum(count for end, count in ends.items() if end.outcome is Outcome.CONFLICT)
    if conflicts:
        rows = "a row is" if conflicts == 1 else f"{conflicts} rows are"
        _tell(f"{rows} in another class with the same picture; the first class counts; see {log}")
    failures = tally.failures
    if not failures:
        return 0
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(failures.items(), key=lambda item: -item[1]))
    before = sum(count for end, count in ends.items() if end.before and end.outcome.is_failure)
    again = f"; {before} of them failed before, and --retry-failed tries them again" if before else ""
    _tell(f"{sum(failures.values())} of {len(tally)} rows have no picture: {kinds}; see {log}{again}")
    return 1


class _Display:
    """A progress bar on a terminal; elsewhere a line now and then."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._last_line = time.monotonic()
        self._bar = None
        if sys.stderr.isatty():
            self._bar = Progress(
                TextColumn("Fetching"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[failed]} failed"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task("", total=rows, failed=0)

    def __enter__(self) -> _Display:
        if self._bar is not None:
            self._bar.start()
        return self

    def __call__(self, tally: Tally) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=len(tally), failed=tally.failed)
        elif time.monotonic() - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            _tell(f"{len(tally)} of {self._rows} rows done, {tally.failed} failed")

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
