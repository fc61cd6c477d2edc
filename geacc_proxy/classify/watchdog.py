"""Ends what is overdue, from a thread of its own."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TICK = 0.05
"""Seconds between two looks; how late an end may come."""


class Deadline:
    """One deadline while it runs; `missed` tells afterwards whether it was."""

    def __init__(self, at: float, end: Callable[[], None]) -> None:
        self.at = at
        self.end = end
        self.missed = False


class Watchdog:
    """Looks at deadlines as long as there are any, and sleeps otherwise.

    Not a time-out on a pipe: one who has taken a worker over could send half an answer, and keep the reader waiting.
    """

    def __init__(self) -> None:
        self._deadlines: set[Deadline] = set()
        self._lock = threading.Lock()
        self._called = threading.Event()
        self._stopped = False
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    @contextmanager
    def over(self, seconds: float, end: Callable[[], None]) -> Iterator[Deadline]:
        """Call `end` if the block takes longer than `seconds`; never after it."""
        deadline = Deadline(time.monotonic() + seconds, end)
        with self._lock:
            self._deadlines.add(deadline)
            self._called.set()
        try:
            yield deadline
        finally:
            with self._lock:
                self._deadlines.discard(deadline)

    def stop(self) -> None:
        """Look no more."""
        self._stopped = True
        self._called.set()

    def _watch(self) -> None:
        while self._called.wait() and not self._stopped:
            time.sleep(_TICK)
            with self._lock:
                now = time.monotonic()
                for deadline in [one for one in self._deadlines if one.at < now]:
                    self._deadlines.discard(deadline)
                    deadline.missed = True
                    deadline.end()
                if not (self._deadlines or self._stopped):
                    self._called.clear()
