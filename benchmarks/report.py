"""The figures as a table: in the terminal, and in README.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure
from benchmarks.machine import machine

README = Path(__file__).parent / "README.md"
_BEGIN, _END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"
_HEADER = ("figure", "measured", "target", "met", "detail")


def show(figures: Sequence[Figure]) -> None:
    """Print."""
    table = Table(*_HEADER)
    for figure in figures:
        table.add_row(*_cells(figure), style=None if figure.met else "bold")
    console = Console()
    console.print(table)
    console.print(machine())


def write(figures: Sequence[Figure]) -> None:
    """Put the table into README.md in the place of the one before."""
    rows = [_HEADER, ("---",) * len(_HEADER), *map(_cells, figures)]
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    before, _, rest = README.read_text(encoding="utf-8").partition(_BEGIN)
    after = rest.partition(_END)[2]
    README.write_text(f"{before}{_BEGIN}{machine()}\n\n{table}{_END}{after}", encoding="utf-8")


def _cells(figure: Figure) -> tuple[str, ...]:
    return figure.what, figure.measured, figure.wanted, "yes" if figure.met else "**no**", figure.detail
