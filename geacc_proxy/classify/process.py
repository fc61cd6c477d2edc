"""A worker process as the proxy sees it: bodies go in, verdicts come out, and it can be ended at any moment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from geacc_proxy.classify import answers, worker
from geacc_proxy.classify.piped import PipedProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.classify.limits import Limits
    from geacc_proxy.classify.worker import Judges
    from geacc_proxy.verdict import Verdict

_PRELOADED = "geacc_proxy.classify.judging"
_LAST_WORDS_SECONDS = 0.2


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
        self._child = PipedProcess(worker.serve, (loading, limits), name="worker", preloaded=_PRELOADED)
        self.ended = False

    @property
    def pid(self) -> int:
        """Its process."""
        return self._child.pid

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
            self._child.requests.send_bytes(content_type.encode())
            self._child.requests.send_bytes(body)
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
        self._child.kill()

    def end(self) -> None:
        """End it, and clean up behind it."""
        self.ended = True
        self._child.end()

    def _answer(self) -> bytes:
        try:
            return self._child.replies.recv_bytes(answers.MOST_BYTES)
        except (EOFError, OSError) as error:
            raise self._lost() from error

    def _lost(self) -> WorkerLost:
        """What became of it; it is of no use any more, even where it lives."""
        self.ended = True
        code = self._child.exit_code(within=_LAST_WORDS_SECONDS)
        return WorkerLost("the worker says nonsense" if code is None else f"the worker ended with exit code {code}")
