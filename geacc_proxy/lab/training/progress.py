"""What a run tells a person: bars on a terminal, one line an epoch everywhere."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from geacc_proxy.lab.training.state import Epoch

_MOST_NAMED = 20  # files that are left out; the rest are in the run folder


class Bar:
    """A bar on standard error, if that is a terminal, gone when it is done; nothing elsewhere. A context."""

    def __init__(self, what: str, total: int) -> None:
        self._what = what
        self._total = total
        self._progress: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress

            self._progress = Progress(console=Console(stderr=True), transient=True)
            self._task = self._progress.add_task(self._what, total=self._total)
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def advance(self, text: str = "") -> None:
        """One step further.

        Args:
            text: replaces what the bar says, unless empty.
        """
        if self._progress is not None:
            self._progress.update(self._task, advance=1, **({"description": text} if text else {}))


class Teller:
    """Lines for a person: results on standard output, problems on standard error."""

    def say(self, line: str) -> None:
        """Print a line."""
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    def warn(self, line: str) -> None:
        """Print a line about something that is wrong and does not end the run."""
        sys.stderr.write(f"geacc-proxy: {line}\n")

    def skipped(self, lines: list[str]) -> None:
        """Name files that are left out."""
        for line in lines[:_MOST_NAMED]:
            self.warn(line)
        if rest := len(lines[_MOST_NAMED:]):
            self.warn(f"and {rest} more; all are in skipped.csv")

    def epoch(self, epoch: Epoch, epochs: int, *, best: bool) -> None:
        """Print what an epoch gave."""
        width = len(str(epochs))
        self.say(
            f"epoch {epoch.epoch:{width}}/{epochs}  loss {epoch.loss:.4f}  accuracy {epoch.accuracy:.4f}  "
            f"val_loss {epoch.val_loss:.4f}  val_accuracy {epoch.val_accuracy:.4f}  {epoch.seconds:.1f} s"
            f"{'  best so far' if best else ''}"
        )
