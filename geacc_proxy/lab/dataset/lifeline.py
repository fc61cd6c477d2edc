"""What ends a transfer from outside: a thread that waits for a byte cannot be told anything, its connection can."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Lifeline:
    """Holds on to the connection that a thread uses, so that another thread can cut it.

    Attributes:
        cut_off: whether that has happened.
    """

    def __init__(self) -> None:
        self.cut_off = False
        self._held: socket.socket | None = None
        self._lock = threading.Lock()

    def hold(self, descriptor: int) -> None:
        """Hold on to this connection instead of the last one; it is cut at once if that is what happened to that."""
        held = socket.socket(fileno=socket.dup(descriptor))
        with self._lock:
            self._let_go()
            self._held = held
            if self.cut_off:
                _shut(held)

    def cut(self) -> None:
        """End what is being read or written now, and whatever follows; from any thread."""
        with self._lock:
            self.cut_off = True
            if self._held is not None:
                _shut(self._held)

    def release(self) -> None:
        """Hold on to nothing."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side was quicker
        connection.shutdown(socket.SHUT_RDWR)


_mine = threading.local()


@contextlib.contextmanager
def held_by(lifeline: Lifeline) -> Iterator[None]:
    """Every connection that this thread uses within the block hangs on `lifeline`."""
    _mine.lifeline = lifeline
    try:
        yield
    finally:
        _mine.lifeline = None
        lifeline.release()


def hang(descriptor: int) -> None:
    """Hang a connection on this thread's lifeline, where it has one."""
    lifeline: Lifeline | None = getattr(_mine, "lifeline", None)
    if lifeline is not None:
        lifeline.hold(descriptor)
