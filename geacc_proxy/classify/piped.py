"""A child process and the two pipes to it, started from a server that has imported what it needs."""

from __future__ import annotations

import contextlib
import multiprocessing
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext

if sys.platform == "linux":
    import fcntl

_PIPE_BYTES = 2**20  # /proc/sys/fs/pipe-max-size, what an ordinary user may ask for
_END_SECONDS = 2.0
_table = threading.Lock()  # multiprocessing keeps its children in a set that has no lock


class PipedProcess:
    """One child, started. Called from one thread, `kill` from any.

    Attributes:
        requests: what is sent into it arrives at the child.
        replies: what the child sends comes out of it.
    """

    def __init__(self, serve: Callable[..., None], arguments: tuple[Any, ...], *, name: str, preloaded: str) -> None:
        """Start it.

        Args:
            serve: what it runs: `serve(requests, replies, *arguments)`, with its ends of the two pipes.
            arguments: can be pickled.
            name: of the process.
            preloaded: the module that has its imports; the fork server has it before the first child starts.

        Raises:
            OSError: the system has no room for another process.
        """
        context = _context(preloaded)
        with _table, contextlib.ExitStack() as ours:
            # multiprocessing's stubs have one type for the two ends; here one is read from, the other written to.
            requests, self.requests = _pipe(context)
            ours.callback(requests.close)
            self.replies, replies = _pipe(context)
            ours.callback(replies.close)
            self._process = context.Process(  # type: ignore[attr-defined]  # the stubs leave it out of the base class
                target=serve, args=(requests, replies, *arguments), name=name, daemon=True
            )
            self._process.start()

    @property
    def pid(self) -> int:
        """Its process."""
        pid: int = self._process.pid
        return pid

    def kill(self) -> None:
        """End it now, whatever it does; who waits for a reply gets EOFError."""
        self._process.kill()

    def end(self) -> None:
        """End it, and clean up behind it."""
        self.kill()
        self.requests.close()
        self.replies.close()
        self.exit_code(within=_END_SECONDS)

    def exit_code(self, *, within: float) -> int | None:
        """What it ended with; None if it still runs that many seconds later."""
        with _table:
            self._process.join(within)
            code: int | None = self._process.exitcode
        return code


def _context(preloaded: str) -> BaseContext:
    # The fork server imports decoders and runtime once; children and their successors are forked from it in
    # milliseconds and share its pages. Forking this process itself would copy its threads' locks.
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([preloaded])
        return context
    return multiprocessing.get_context("spawn")


def _pipe(context: BaseContext) -> tuple[Connection, Connection]:
    """What is written to the second comes out of the first; on Linux a picture fits in one piece.

    Through Linux's 64 KB a larger body goes in turns, and each turn wakes both ends.
    """
    reader, writer = context.Pipe(duplex=False)
    if sys.platform == "linux":
        with contextlib.suppress(OSError):  # beyond the user's share of pipe memory: narrow pipes do, too
            fcntl.fcntl(writer.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return reader, writer
