"""Forgetting by itself: what is older than a parent wants it kept is deleted for good."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import JournalError
from geacc_proxy.home.preferences import preferences

if TYPE_CHECKING:
    from geacc_proxy.home.home import Home
    from geacc_proxy.journal.forgetting import Forgotten

_log = logging.getLogger(__name__)

MOST_PAUSE = timedelta(hours=1)
"""Between two times; less where lines are kept for a few hours only. A parent's new choice is done at once."""
REBUILD_EVERY = timedelta(days=1)
"""Between two times that the file is rebuilt, without what deleting alone leaves behind; every time where lines are
kept for two days at most."""
REBUILT_BY_DAY = 256 * 2**20
"""Bytes; what is larger is rebuilt in the small hours, as nobody can write meanwhile for some seconds."""
AGAIN_S = 60.0
"""Seconds to the next time after one that failed."""
_SMALL_HOURS = range(2, 6)
DEEDS_KEPT = timedelta(days=1)
"""So long can a change be undone at least, however short lines are kept."""
NUMBERS_KEPT = timedelta(days=35)
"""So long are counts kept at least that name no site: what a weekly report and a look at the month are made of."""


class Retention:
    """Forgets what is too old."""

    def __init__(self, home: Home, path: Path) -> None:
        self._home = home
        self._path = path
        self._rebuilt: datetime | None = None
        self._left_behind = True  # by the process before, perhaps
        self._hours: int | None = None

    async def run(self) -> None:
        """Forget, every hour and when a parent changes how long lines are kept; ends by being cancelled."""
        stopped = threading.Event()
        try:
            with self._home.events.listening() as events:
                while True:
                    hours = preferences(self._home).retention_hours
                    pause = MOST_PAUSE.total_seconds() if hours is None else _pause(hours).total_seconds()
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
        """Delete what is too old now: lines, sketches, counts, deeds and requests; returns the number of lines.

        Counts that name no site are kept for `NUMBERS_KEPT` at least, deeds for `DEEDS_KEPT`. The bytes of what is
        deleted are overwritten, and the file is rebuilt from time to time, the first time always.

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
        changed, self._hours = hours != self._hours, hours

        def rebuild(lines: int, live_bytes: int) -> bool:
            self._left_behind |= lines > 0
            return self._is_time_to_rebuild(now, age, live_bytes, changed=changed)

        def work() -> Forgotten:
            # Here, as SQLAlchemy takes most of a second to import.
            from geacc_proxy.journal.forgetting import forget

            return forget(
                self._path,
                now - age,
                numbers_before=now - max(age, NUMBERS_KEPT),
                rebuild=rebuild,
                stop=is_stopped,
            )

        done = await asyncio.to_thread(work)
        if done.rebuilt:
            self._rebuilt, self._left_behind = now, False
        self._left_behind |= await self._home.forget(now - max(age, DEEDS_KEPT)) > 0
        return done.lines

    def _is_time_to_rebuild(self, now: datetime, age: timedelta, live_bytes: int, *, changed: bool) -> bool:
        if not self._left_behind or (live_bytes > REBUILT_BY_DAY and now.hour not in _SMALL_HOURS):
            return False
        return changed or age <= 2 * REBUILD_EVERY or self._rebuilt is None or now - self._rebuilt >= REBUILD_EVERY


def _pause(hours: int) -> timedelta:
    """What a sixth more of the time that lines are kept would be, an hour at most."""
    return min(timedelta(hours=hours) / 6, MOST_PAUSE)
