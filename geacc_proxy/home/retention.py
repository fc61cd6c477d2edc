"""Forgetting by itself: what is older than a parent wants it kept is deleted for good."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import JournalError
from geacc_proxy.home.preferences import preferences

if TYPE_CHECKING:
    from geacc_proxy.home.home import Home

_log = logging.getLogger(__name__)

EVERY_S = 3600.0
"""Between two times; a parent's new choice is done at once."""
AGAIN_S = 60.0
"""After a time that failed."""
NUMBERS_KEPT = timedelta(days=35)
"""So long are counts kept at least that name no site: what a weekly report and a look at the month are made of."""


class Retention:
    """Forgets what is too old."""

    def __init__(self, home: Home, path: Path) -> None:
        self._home = home
        self._path = path

    async def run(self) -> None:
        """Forget, hourly and when a parent changes how long lines are kept; ends by being cancelled."""
        stopped = threading.Event()
        try:
            with self._home.events.listening() as events:
                while True:
                    hours = preferences(self._home).retention_hours
                    pause = EVERY_S
                    try:
                        await self.forget(stopped)
                    except JournalError as error:
                        _log.warning("%s", error)
                        pause = AGAIN_S
                    try:
                        async with asyncio.timeout(pause):
                            while preferences(self._home).retention_hours == hours:
                                await events.get()
                    except TimeoutError:
                        pass
        finally:
            stopped.set()

    async def forget(self, stopped: threading.Event | None = None) -> int:
        """Delete what is too old now: lines, sketches and counts; returns the number of lines.

        Counts that name no site are kept for `NUMBERS_KEPT` at least.

        Args:
            stopped: once it is set, the rest is left for another time.

        Raises:
            JournalError: the database cannot be written, or a program that is reading it keeps the deleted text alive.
        """
        hours = preferences(self._home).retention_hours
        if hours is None:
            return 0
        now, age = self._home.now().astimezone(self._home.house.zone), timedelta(hours=hours)
        is_stopped = (stopped or threading.Event()).is_set

        def work() -> int:
            # Here, as SQLAlchemy takes most of a second to import.
            from geacc_proxy.journal.forgetting import forget

            return forget(self._path, now - age, numbers_before=now - max(age, NUMBERS_KEPT), stop=is_stopped)

        return await asyncio.to_thread(work)
