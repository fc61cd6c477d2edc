"""`geacc-proxy` in a home where it is another time: the real one plus what a file says at the moment of asking.

A program of its own. What the home says is now, is moved; what measures how long something takes is not.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

AHEAD_FILE = "CLOCK_AHEAD_FILE"
"""Name of the variable that names the file: seconds ahead of the real clock, as text."""


def main() -> None:
    """Run the command line with that clock."""
    from geacc_proxy.cli import main as geacc_proxy
    from geacc_proxy.home.home import Home

    ahead = Path(os.environ[AHEAD_FILE])
    open_home: Callable[..., Awaitable[Home]] = Home.open

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(ahead.read_text()))

    async def opened(*arguments: Any, **options: Any) -> Home:
        return await open_home(*arguments, **options, clock=clock)

    Home.open = opened  # type: ignore[method-assign]
    geacc_proxy()


if __name__ == "__main__":
    main()
