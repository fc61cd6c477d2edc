"""What the commands that look after a home have in common: opening it, tables, and passwords.

They work on the state directory's database, whether or not a proxy runs; one that does notices within a second.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import typer

from geacc_proxy.exceptions import UsageError

if TYPE_CHECKING:
    from geacc_proxy.home.home import Home
    from geacc_proxy.settings import Settings

WHO = "cli"
"""What the audit trail calls the command line."""
_LONGEST_LINE = 1_000


def at_home[T](state_dir: Path | None, work: Callable[[Home], Awaitable[T]]) -> T:
    """Open the home of a state directory, do something there, and close it.

    Args:
        state_dir: as given; None for the usual one.
        work: what is done.

    Raises:
        GeaccError: it cannot be opened, or what is done fails.
    """
    from geacc_proxy.home.home import Home
    from geacc_proxy.home.storage import open_store
    from geacc_proxy.journal import DATABASE_NAME

    folder, settings = place(state_dir)

    async def done() -> T:
        zone = ZoneInfo(settings.timezone) if settings.timezone else None
        home = await Home.open(lambda: open_store(folder / DATABASE_NAME), zone=zone, strictness=settings.strictness)
        try:
            return await work(home)
        finally:
            await home.close()

    return asyncio.run(done())


def place(state_dir: Path | None) -> tuple[Path, Settings]:
    """The state directory, made where it is missing, and the settings in it.

    Raises:
        GeaccError: it cannot be written, or a setting is none.
    """
    from geacc_proxy.settings import load, prepare_state_directory, state_directory

    folder = prepare_state_directory(state_directory(state_dir))
    return folder, load(None, folder, {})


def write_json_lines(found: Iterable[Any]) -> None:
    """Print one object a line."""
    for one in found:
        sys.stdout.write(json.dumps(one, ensure_ascii=not _speaks_unicode()) + "\n")


def write_table(columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[str] = ()) -> None:
    """Print a table: as wide as the terminal there, else with columns that are as wide as what is in them.

    Args:
        columns: their titles.
        rows: cells, as many as there are columns.
        right: titles of the columns that are aligned to the right.
    """
    if not sys.stdout.isatty():
        widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
        for row in (columns, *rows):
            cells = (
                cell.rjust(width) if title in right else cell.ljust(width)
                for title, cell, width in zip(columns, row, widths, strict=True)
            )
            typer.echo("  ".join(cells).rstrip())
        return
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, padding=0, collapse_padding=True, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)


def when(moment: datetime | None) -> str:
    """Day and time on the clock of this machine; empty for None."""
    if moment is None:
        return ""
    local = moment.astimezone()
    return local.strftime("%d %b %H:%M" if local.year == datetime.now().astimezone().year else "%d %b %Y")


def password(what: str, *, from_stdin: bool) -> str:
    """A password, typed twice and unseen, or the first line of standard input.

    Args:
        what: whose it is, such as `the pages`.
        from_stdin: whether a program gives it.

    Raises:
        UsageError: there is no terminal to ask on.
    """
    if from_stdin:
        return sys.stdin.readline(_LONGEST_LINE).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UsageError(f"there is no terminal to ask for the password of {what} on; add --password-stdin")
    return str(typer.prompt(f"New password of {what}", hide_input=True, confirmation_prompt="The same again"))


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
