"""What `models pull` shows while a model comes, and when it is here."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import typer

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.models.fetching import megabytes
from geacc_proxy.models.pulling import Puller, PullOrder
from geacc_proxy.models.store import kept_bytes, models_folder

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class StoppedError(GeaccError):
    """A person stopped it."""

    exit_code = 130


def pull_and_tell(order: PullOrder, state_dir: Path) -> None:
    """Pull a model; a progress bar on a terminal, a line at the end.

    Raises:
        GeaccError: as `Puller.pull`.
        StoppedError: by Ctrl-C; says what is kept.
    """
    try:
        with watcher() as watching:
            pulled = Puller(state_dir, watching).pull(order)
    except KeyboardInterrupt as error:
        kept = kept_bytes(models_folder(state_dir))
        hint = f"; {megabytes(kept)} are kept, the same command goes on from there" if kept else ""
        raise StoppedError(f"stopped, nothing was installed{hint}") from error
    card = pulled.model.card
    if pulled.was_here:
        typer.echo(f"{card.identity} is installed already; --anew fetches it again.")
        return
    size = megabytes(pulled.model.path.stat().st_size)
    typer.echo(f"{card.identity} is installed: {size}, {pulled.way}.")
    typer.echo(f"Licence: {card.licence}. Choose it with: geacc-proxy models use {card.name}")


def watcher() -> _Quiet | _Bars:
    """Who shows how far it is: bars on a terminal, nobody elsewhere."""
    return _Bars() if sys.stderr.isatty() else _Quiet()


class _Quiet:
    """Shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def began(self, file: str) -> None:
        """Show nothing."""

    def doing(self, what: str) -> None:
        """Show nothing."""

    def advanced(self, done: int, total: int | None) -> None:
        """Show nothing."""

    def paused(self, seconds: float, why: str) -> None:
        """Show nothing."""


class _Bars:
    """A bar for what is under way, and a line for what went wrong on the way."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress: Progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[amount]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def began(self, file: str) -> None:
        """A bar for another file."""
        self._show(file)

    def doing(self, what: str) -> None:
        """A bar that only moves."""
        self._show(what)

    def advanced(self, done: int, total: int | None) -> None:
        """Move the bar."""
        if self._task is not None:
            amount = megabytes(done) if total is None else f"{megabytes(done)} of {megabytes(total)}"
            self._progress.update(self._task, completed=done, total=total, amount=amount)

    def paused(self, seconds: float, why: str) -> None:
        """Say what it waits for."""
        self._progress.console.print(f"{why}; again in {seconds:.0f} s", markup=False, highlight=False)

    def _show(self, what: str) -> None:
        from rich.markup import escape

        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(escape(what), total=None, amount="")
