"""A worker process as the proxy sees it: bodies go in, answers come out, and it can be ended at any moment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from geacc_proxy.classify import answers, depictions, worker
from geacc_proxy.classify.piped import PipedProcess

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.classify.limits import Limits
    from geacc_proxy.classify.worker import Works
    from geacc_proxy.images.manner import Manner
    from geacc_proxy.verdict import Unjudged, Verdict

_PRELOADED = "geacc_proxy.classify.judging"
_LAST_WORDS_SECONDS = 0.2


class WorkerLost(Exception):  # noqa: N818  (an outcome, not an error of the program)
    """The worker has ended, or has said what no worker says."""


class WorkerProcess:
    """One worker, started and not yet ready. Called from one thread, `kill` from any.

    Attributes:
        ended: it was killed, or lost; the next body needs another one.
    """

    def __init__(self, loading: Callable[[], Works], limits: Limits) -> None:
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
        said = json.loads(
            self._answer(answers.MOST_BYTES)
        )  # before it has seen a picture it can be trusted to write JSON
        if "error" in said:
            raise WorkerLost(said["error"])
        lacking: list[str] = said["lacking"]
        return lacking

    def judge(self, body: bytes, content_type: str) -> Verdict:
        """The verdict on one body.

        Raises:
            WorkerLost: it has ended, by itself or by `kill`.
        """
        answer = self._asked(worker.JUDGE, body, content_type, answers.MOST_BYTES)
        try:
            return answers.read(answer)
        except ValueError as error:
            raise self._lost() from error

    def depict(self, body: bytes, content_type: str, manner: Manner) -> bytes | Unjudged:
        """What may be left of one picture, or why there is nothing; for a worker that has loaded a `Depicter`.

        Raises:
            WorkerLost: it has ended, by itself or by `kill`.
        """
        answer = self._asked(manner, body, content_type, depictions.MOST_BYTES)
        try:
            return depictions.read(answer, manner)
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

    def _asked(self, work: str, body: bytes, content_type: str, most: int) -> bytes:
        try:
            self._child.requests.send_bytes(f"{work} {content_type}".encode())
            self._child.requests.send_bytes(body)
        except OSError as error:
            raise self._lost() from error
        return self._answer(most)

    def _answer(self, most: int) -> bytes:
        try:
            return self._child.replies.recv_bytes(most)
        except (EOFError, OSError) as error:
            raise self._lost() from error

    def _lost(self) -> WorkerLost:
        """What became of it; it is of no use any more, even where it lives."""
        self.ended = True
        code = self._child.exit_code(within=_LAST_WORDS_SECONDS)
        return WorkerLost("the worker says nonsense" if code is None else f"the worker ended with exit code {code}")
