"""A worker process as the proxy sees it: bodies go in, verdicts come out, and it can be ended at any moment."""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import sys
import threading
from typing import TYPE_CHECKING

from geacc_proxy.classify import answers, worker

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext

    from geacc_proxy.classify.limits import Limits
    from geacc_proxy.classify.worker import Judges
    from geacc_proxy.verdict import Verdict

if sys.platform == "linux":
    import fcntl

_PRELOADED = "geacc_proxy.classify.judging"
_PIPE_BYTES = 2**20  # /proc/sys/fs/pipe-max-size, what an ordinary user may ask for
_END_SECONDS = 2.0
_LAST_WORDS_SECONDS = 0.2
_table = threading.Lock()  # multiprocessing keeps its children in a set that has no lock


class WorkerLost(Exception):  # noqa: N818  (an outcome, not an error of the program)
    """The worker has ended, or has said what no worker says."""


class WorkerProcess:
    """One worker, started and not yet ready. Called from one thread, `kill` from any.

    Attributes:
        ended: it was killed, or lost; the next body needs another one.
    """

    def __init__(self, loading: Callable[[], Judges], limits: Limits) -> None:
        """Start it.

        Raises:
            OSError: the system has no room for another process.
        """
        context = _context()
        with _table, contextlib.ExitStack() as ours:
            # multiprocessing's stubs have one type for the two ends; here one is read from, the other written to.
            requests, self._requests = _pipe(context)
            ours.callback(requests.close)
            self._replies, replies = _pipe(context)
            ours.callback(replies.close)
            self._process = context.Process(  # type: ignore[attr-defined]
                target=worker.serve, args=(requests, replies, loading, limits), name="worker", daemon=True
            )
            self._process.start()
        self.ended = False

    @property
    def pid(self) -> int:
        """Its process."""
        pid: int = self._process.pid
        return pid

    def ready(self) -> list[str]:
        """Wait until the model is loaded; return what its sandbox lacks.

        Raises:
            WorkerLost: it has ended, or has no model.
        """
        said = json.loads(self._answer())  # before it has seen a picture it can be trusted to write JSON
        if "error" in said:
            raise WorkerLost(said["error"])
        lacking: list[str] = said["lacking"]
        return lacking

    def judge(self, body: bytes, content_type: str) -> Verdict:
        """The verdict on one body.

        Raises:
            WorkerLost: it has ended, by itself or by `kill`.
        """
        try:
            self._requests.send_bytes(content_type.encode())
            self._requests.send_bytes(body)
        except OSError as error:
            raise self._lost() from error
        answer = self._answer()
        try:
            return answers.read(answer)
        except ValueError as error:
            raise self._lost() from error

    def kill(self) -> None:
        """End it now, whatever it does; who waits in `judge` or `ready` gets WorkerLost."""
        self.ended = True
        self._process.kill()

    def end(self) -> None:
        """End it, and clean up behind it."""
        self.kill()
        self._requests.close()
        self._replies.close()
        with _table:
            self._process.join(_END_SECONDS)

    def _answer(self) -> bytes:
        try:
            return self._replies.recv_bytes(answers.MOST_BYTES)
        except (EOFError, OSError) as error:
            raise self._lost() from error

    def _lost(self) -> WorkerLost:
        """What became of it; it is of no use any more, even where it lives."""
        self.ended = True
        with _table:
            self._process.join(_LAST_WORDS_SECONDS)
            code = self._process.exitcode
        return WorkerLost("the worker says nonsense" if code is None else f"the worker ended with exit code {code}")


def _context() -> BaseContext:
    # The fork server imports decoders and runtime once; workers and their successors are forked from it in
    # milliseconds and share its pages. Forking the proxy itself would copy its threads' locks.
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([_PRELOADED])
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
