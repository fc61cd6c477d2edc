"""Ctrl-C and SIGTERM end a run by an exception, so that what is open is closed."""

from __future__ import annotations

import contextlib
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class Stopped(BaseException):
    """Somebody asked for the end. No `Exception`: nothing on the way should take it for an error of its own."""


class Signals:
    """What has been asked for.

    Libraries swallow an exception here and there, or make another of it. So the wish is remembered, and asked for at
    every step.

    Attributes:
        number: of the signal; 0 while there was none.
    """

    def __init__(self) -> None:
        self.number = 0

    def check(self) -> None:
        """Go on, or stop.

        Raises:
            Stopped: a signal came.
        """
        if self.number:
            raise Stopped

    def _stop(self, number: int, _frame: FrameType | None) -> None:
        self.number = number
        raise Stopped

    @contextlib.contextmanager
    def heeded(self) -> Iterator[None]:
        """Raise `Stopped` in the main thread when a signal comes; elsewhere signals are left alone."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
