"""`geacc-proxy log`: what was hidden, listed, exported and forgotten."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO
from urllib.parse import urlsplit

import typer

from geacc_proxy.exceptions import JournalError, UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from geacc_proxy.journal.entry import Entry

_WHY = {
    "malign": "unfit for children",
    "benign": "fit for children",
    "not-a-picture": "not a picture",
    "unreadable": "cannot be read",
    "too-large": "too large to check",
    "timed-out": "check took too long",
    "worker-died": "broke the checker",
    "partial": "only a part came",
    "internal-error": "the filter failed",
}
"""Shorter than `Reason.explanation`, which would take three lines of a narrow column."""

app = typer.Typer(help="List, export or purge what was hidden.", no_args_is_help=True)


class ListFormat(StrEnum):
    """How a list looks."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class DeedsFormat(StrEnum):
    """How the audit trail looks."""

    TABLE = "table"
    JSON = "json"


class ExportFormat(StrEnum):
    """What an export is made of."""

    JSON = "json"
    CSV = "csv"


Since = Annotated[
    str | None,
    typer.Option(metavar="WHEN", help="This moment and later: 2h, 7d, 2026-05-01 or 2026-05-01T18:30."),
]
Device = Annotated[str | None, typer.Option(metavar="NAME", help="The lines of this device alone.")]
StateDir = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Where the block log lies; GEACC_STATE_DIR, or the system's place for it."),
]


@app.command("list")
def list_(
    since: Since = None,
    device: Device = None,
    limit: Annotated[int, typer.Option(min=1, help="So many lines at most.")] = 50,
    format: Annotated[ListFormat, typer.Option(help="json: one object a line.")] = ListFormat.TABLE,  # noqa: A002
    state_dir: StateDir = None,
) -> None:
    """Show the latest hidden pictures, newest first."""
    path = _database(state_dir)
    with _entries(path, since, device, limit) as entries:
        if format is not ListFormat.TABLE:
            _write(entries, ExportFormat(format.value), sys.stdout)
            return
        chosen = list(entries)
    if not chosen:
        typer.echo(_nothing(path, narrowed=bool(since or device)))
        return
    from rich.console import Console

    Console().print(_table(chosen))
    if len(chosen) == limit:
        typer.echo(f"These are the latest {limit}; --limit shows more.")


@app.command()
def export(
    format: Annotated[ExportFormat, typer.Option(help="json: one object a line.")] = ExportFormat.JSON,  # noqa: A002
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Standard output if not given.")
    ] = None,
    since: Since = None,
    device: Device = None,
    state_dir: StateDir = None,
) -> None:
    """Write all lines, newest first, as JSON lines or CSV."""
    path = _database(state_dir)
    with _entries(path, since, device, None) as entries:
        if output is None or str(output) == "-":
            _write(entries, format, sys.stdout)
            return
        if output.name.startswith(path.name) and output.absolute().parent.resolve() == path.absolute().parent.resolve():
            raise UsageError(f"--output: {output} is the block log itself; name another file")
        with _replaced(output) as stream:
            lines = _write(entries, format, stream)
    typer.echo(f"{_lines(lines)} written to {output}.", err=True)


@app.command()
def purge(
    before: Annotated[
        str | None,
        typer.Option("--before", "--older-than", metavar="WHEN", help="Earlier lines: 30d, 2026-05-01, …"),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Lines of any time.")] = False,
    device: Device = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    state_dir: StateDir = None,
) -> None:
    """Delete lines for good: their text is gone from the disk."""
    from geacc_proxy.journal.moment import moment

    if all_ and before is not None:
        raise UsageError("--all and --before exclude each other: give one of them")
    if not all_ and before is None and device is None:
        raise UsageError("say what to purge: --older-than 30d, --device NAME or --all")
    until = None if before is None else moment(before, "--before")
    path = _database(state_dir)
    if not path.exists():
        typer.echo(_nothing(path))
        return
    from geacc_proxy.journal.purge import purge as purge_lines

    if not yes:
        _ask(path, until, device)
    typer.echo(f"{_lines(purge_lines(path, before=until, device=device))} purged.")


@app.command()
def deeds(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="So many at most.")] = 20,
    format: Annotated[  # noqa: A002
        DeedsFormat, typer.Option(help="json: one object a line.")
    ] = DeedsFormat.TABLE,
    state_dir: StateDir = None,
) -> None:
    """Show who changed what at home, newest first."""
    from geacc_proxy.cli.homekeeping import at_home, when, write_json_lines, write_table
    from geacc_proxy.home.data import written
    from geacc_proxy.home.deeds import sentence

    found = at_home(state_dir, lambda home: home.deeds(limit=limit))
    if format is DeedsFormat.JSON:
        write_json_lines(
            {
                "number": deed.number,
                "time": written(deed.time),
                "who": deed.who,
                "what": sentence(deed),
                "undone": deed.undone,
            }
            for deed in found
        )
    elif found:
        rows = [
            (str(deed.number), when(deed.time), deed.who, sentence(deed), f"by {deed.undone}" if deed.undone else "")
            for deed in found
        ]
        write_table(("Number", "Time", "Who", "What", "Undone"), rows, right=("Number",))
    else:
        typer.echo("Nothing was changed so far.")


@app.command()
def undo(
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="As `deeds` shows it.")],
    state_dir: StateDir = None,
) -> None:
    """Take back what was changed at home."""
    from geacc_proxy.cli.homekeeping import WHO, at_home

    if number >= 2**63:
        raise UsageError(f"there is no action {number}; `geacc-proxy log deeds` has their numbers")
    done = at_home(state_dir, lambda home: home.undo(number, WHO))
    typer.echo(f"Taken back; that is number {done}, which can be undone too.")


def _database(state_dir: Path | None) -> Path:
    from geacc_proxy.journal import DATABASE_NAME
    from geacc_proxy.settings import state_directory

    return state_directory(state_dir) / DATABASE_NAME


@contextmanager
def _entries(path: Path, since: str | None, device: str | None, limit: int | None) -> Iterator[Iterable[Entry]]:
    from geacc_proxy.journal.moment import moment

    start = None if since is None else moment(since, "--since")
    if not path.exists():
        yield []
        return
    from geacc_proxy.journal.reader import Reader

    with Reader.open(path) as reader:
        yield reader.query(since=start, device=device, limit=limit)


def _write(entries: Iterable[Entry], kind: ExportFormat, stream: TextIO) -> int:
    from geacc_proxy.journal.export import write_csv, write_json_lines

    return (write_csv if kind is ExportFormat.CSV else write_json_lines)(entries, stream)


@contextmanager
def _replaced(output: Path) -> Iterator[TextIO]:
    """A file for its owner's eyes that appears whole or not at all."""
    part = output.with_name(f".{output.name}.{os.getpid()}.part")
    try:
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
                yield stream
            part.replace(output)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise JournalError(
            f"cannot write {output} ({error.strerror}): name a file in a folder that this user can write"
        ) from error


def _ask(path: Path, before: datetime | None, device: str | None) -> None:
    if not sys.stdin.isatty():
        raise UsageError("purge asks before it deletes and there is no terminal to ask on: add --yes")
    from geacc_proxy.journal.reader import Reader

    with Reader.open(path) as reader:
        count = reader.count(before=before, device=device)
    typer.confirm(f"Delete {_lines(count)} from {path} for good?", abort=True)


def _nothing(path: Path, *, narrowed: bool = False) -> str:
    if narrowed and path.exists():
        return "Nothing was hidden in that time or on that device."
    return f"Nothing was hidden so far: the block log in {path.parent} is empty."


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"


def _table(entries: Iterable[Entry]) -> Table:
    """Returns the table: local time, device, site, size, why, and how sure the model was (0…100 %)."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    result = Table(box=SIMPLE_HEAD, padding=0, collapse_padding=True, pad_edge=False)
    result.add_column("Time", no_wrap=True, min_width=12)
    result.add_column("Device", max_width=20)
    result.add_column("Site", max_width=48)
    result.add_column("Size", no_wrap=True, justify="right", min_width=9)
    result.add_column("Why", no_wrap=True, min_width=19)
    result.add_column("Sure", no_wrap=True, justify="right", min_width=5)
    for entry in entries:
        # The cells of the two long columns say no_wrap, not the columns: only such columns give way when space is
        # short. Text, not markup: an address may hold square brackets.
        result.add_row(
            _when(entry.time),
            Text(entry.device or "?", no_wrap=True, overflow="ellipsis"),
            Text(_site(entry), no_wrap=True, overflow="ellipsis"),
            f"{entry.width}x{entry.height}" if entry.width and entry.height else "?",
            Text(_WHY.get(entry.reason, entry.reason)),
            "" if entry.malign is None else f"{entry.malign:.0%}",
        )
    return result


def _when(time: datetime) -> str:
    local = time.astimezone()
    return local.strftime("%d %b %H:%M" if local.year == datetime.now().astimezone().year else "%d %b %Y")


def _site(entry: Entry) -> str:
    """The page's host, as a parent knows pages and not where their pictures lie; else the picture's."""
    for address in (entry.page, entry.url):
        try:
            host = urlsplit(address).hostname
        except ValueError:
            continue
        if host:
            return host.removeprefix("www.")
    return entry.url[:48] or "?"
