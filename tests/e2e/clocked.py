"""`geacc-proxy` in a home where it is another time: the real one plus what a file says at the moment of asking.

A program of its own. What the home says is now, is moved; what measures how long something takes is not.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

AHEAD_FILE = "CLOCK_AHEAD_FILE"
"""Name of the variable that names the file: seconds ahead of the real clock, as text."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of a home, in the hands of a test. It goes on by itself.

    Attributes:
        file: what holds how far it is ahead.
    """

    file: Path

    def show(self, moment: datetime) -> None:
        """Have it show a moment, timezone-aware."""
        self._be_ahead(moment - datetime.now(UTC))

    def forward(self, **much: float) -> None:
        """Put it forward by a time, as `timedelta` takes it."""
        self._be_ahead(timedelta(seconds=float(self.file.read_text())) + timedelta(**much))

    def _be_ahead(self, much: timedelta) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(str(much.total_seconds()))
        new.replace(self.file)  # whole at every moment


def main() -> None:
    """Run the command line with that clock."""
    from geacc_proxy.cli import main as geacc_proxy
    from geacc_proxy.gateways.mitm import standing
    from geacc_proxy.home.home import Home

    ahead = Path(os.environ[AHEAD_FILE])
    open_home: Callable[..., Awaitable[Home]] = Home.open

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(ahead.read_text()))

    async def opened(*arguments: Any, **options: Any) -> Home:
        return await open_home(*arguments, **options, clock=clock)

    standing.FRESH_SECONDS = 0  # seconds by the real clock, for which what held at another time would hold on
    Home.open = opened  # type: ignore[method-assign]
    geacc_proxy()


if __name__ == "__main__":
    main()
