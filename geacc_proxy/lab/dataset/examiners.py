"""Processes that look at pictures, as the downloading process sees them: bodies go in, findings come out.

Made like the proxy's workers, and with their sandbox. A picture that ends its process, or takes too long, costs itself.
"""

from __future__ import annotations

import json
import os
import queue
from dataclasses import dataclass
from typing import Any

from geacc_proxy.classify.limits import Limits
from geacc_proxy.classify.piped import PipedProcess
from geacc_proxy.classify.watchdog import Watchdog
from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.dataset import child
from geacc_proxy.lab.dataset.outcome import Failed, Outcome
from geacc_proxy.verdict import Failure, Picture

_PRELOADED = "geacc_proxy.lab.dataset.examining"
_START_SECONDS = 60.0
_OUTCOMES = {
    Failure.NOT_A_PICTURE: Outcome.NOT_A_PICTURE,
    Failure.TINY: Outcome.TINY,
    Failure.TOO_LARGE: Outcome.TOO_LARGE,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A picture that is whole.

    Attributes:
        picture: its format and size.
        resized: a JPEG to be stored in its place; empty where the original is to stay.
    """

    picture: Picture
    resized: bytes


class Examiners:
    """Some processes, started when there is something to look at; asked by any number of threads."""

    def __init__(
        self, size: tuple[int, int] | None, *, most_bytes: int, count: int = 0, limits: Limits | None = None
    ) -> None:
        """Nothing is started yet.

        Args:
            size: what pictures are scaled down to, as in `examining.examine`.
            most_bytes: that a process may send back.
            count: processes; 0 for one a processor, four at most.
            limits: of each.
        """
        self._size = size
        self._most_bytes = most_bytes
        self._limits = limits or Limits(seconds=20.0)
        self._watchdog = Watchdog()
        self._free: queue.SimpleQueue[_Process | None] = queue.SimpleQueue()
        for _ in range(count or max(1, min(4, os.cpu_count() or 1))):
            self._free.put(None)
        self._processes: set[_Process] = set()
        self._stopped = False

    def examine(self, body: bytes, content_type: str) -> Finding:
        """What `body` is.

        Raises:
            Failed: no picture that could be kept.
            GeaccError: no process could start.
        """
        process = self._free.get()
        try:
            if self._stopped:
                raise Failed(Outcome.TIMED_OUT, "stopped", again=True)
            process = process or self._begin()
            with self._watchdog.over(self._limits.seconds, process.kill) as deadline:
                try:
                    answer, resized = process.ask(body, content_type, self._most_bytes)
                    return _finding(answer, resized)
                except (EOFError, OSError, ValueError, KeyError, TypeError) as error:
                    process.kill()
                    lost = error
            if deadline.missed:
                raise Failed(Outcome.TOO_LARGE, f"not decoded in {self._limits.seconds:g} s")
            raise Failed(Outcome.DAMAGED, "its decoder did not survive it") from lost
        finally:
            if process is not None and process.killed:
                self._end(process)
                process = None
            self._free.put(process)

    def stop(self) -> None:
        """End all processes now."""
        self._stopped = True
        for process in list(self._processes):
            self._end(process)
        self._watchdog.stop()

    def _begin(self) -> _Process:
        try:
            process = _Process(self._size, self._limits)
            self._processes.add(process)
            with self._watchdog.over(_START_SECONDS, process.kill):
                process.ready()
        except (EOFError, OSError) as error:
            raise GeaccError(f"no process to decode pictures could start: {error or 'it ended at once'}") from error
        return process

    def _end(self, process: _Process) -> None:
        self._processes.discard(process)
        process.end()


class _Process:
    """One process; asked from one thread at a time, killed from any."""

    def __init__(self, size: tuple[int, int] | None, limits: Limits) -> None:
        self._child = PipedProcess(child.serve, (size, limits), name="examiner", preloaded=_PRELOADED)
        self.killed = False

    def ready(self) -> None:
        """Wait until it is in its sandbox."""
        self._child.replies.recv_bytes(0)

    def ask(self, body: bytes, content_type: str, most_bytes: int) -> tuple[Any, bytes]:
        self._child.requests.send_bytes(content_type.encode("utf-8", "replace"))
        self._child.requests.send_bytes(body)
        # JSON, and no pickle: who had taken the process over could send one that runs here.
        replies = self._child.replies
        return json.loads(replies.recv_bytes(child.MOST_ANSWER_BYTES)), replies.recv_bytes(most_bytes)

    def kill(self) -> None:
        self.killed = True
        self._child.kill()

    def end(self) -> None:
        self.killed = True
        self._child.end()


def _finding(answer: dict[str, Any], resized: bytes) -> Finding:
    picture = Picture(
        str(answer["picture"]["format"]), int(answer["picture"]["width"]), int(answer["picture"]["height"])
    )
    if "failure" in answer:
        raise Failed(_OUTCOMES.get(Failure(answer["failure"]), Outcome.DAMAGED), str(answer["detail"]))
    return Finding(picture, resized)
