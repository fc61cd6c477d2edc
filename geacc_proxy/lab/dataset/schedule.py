"""Whose turn it is: no host is asked more often, or by more at once, than is polite, and none keeps another waiting."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geacc_proxy.lab.dataset.listing import Row

AHEAD = 20_000
"""Rows that are read ahead, so that one host's long run of them does not leave all others waiting behind it."""


@dataclass(slots=True, eq=False)
class Task:
    """A row to be fetched.

    Attributes:
        row: of the list.
        host: who is asked for it.
        attempts: how often it has been asked for.
        began: when that was first so, on `time.monotonic`'s clock; 0 before.
    """

    row: Row
    host: str
    attempts: int = 0
    began: float = 0.0


@dataclass(slots=True, eq=False)
class _Host:
    tasks: list[tuple[float, int, Task]] = field(default_factory=list)
    busy: int = 0
    free_at: float = 0.0
    unreached: int = 0


class Schedule:
    """Hands tasks out to threads, host by host."""

    def __init__(
        self,
        tasks: Iterator[Task],
        *,
        per_host: int,
        delay: float,
        clock: Callable[[], float] = time.monotonic,
        ahead: int = AHEAD,
    ) -> None:
        """Nothing is read yet.

        Args:
            tasks: read as they are needed, from the threads that ask, one at a time.
            per_host: tasks of one host that are in hand at once, at most.
            delay: seconds between two tasks of one host, at least.
            clock: seconds.
            ahead: how many tasks are read ahead.
        """
        self._source = tasks
        self._per_host = per_host
        self._delay = delay
        self._clock = clock
        self._ahead = ahead
        self._hosts: dict[str, _Host] = {}
        self._turns: list[tuple[float, int, str]] = []
        self._number = itertools.count()
        self._waiting = self._in_hand = 0
        self._read_all = self._stopped = False
        self._change = threading.Condition()

    def take(self) -> Task | None:
        """The next task whose turn it is, as soon as there is one; None when there will be none any more.

        Raises:
            Exception: whatever reading the tasks raises.
        """
        with self._change:
            while not self._stopped:
                self._read()
                task = self._next()
                if task is not None:
                    return task
                if self._read_all and not self._waiting and not self._in_hand:
                    self._change.notify_all()
                    return None
                self._change.wait(max(0.0, self._turns[0][0] - self._clock()) if self._turns else None)
            return None

    def done(self, task: Task, *, reached: bool = True) -> None:
        """A task that was taken has ended."""
        with self._change:
            self._put_back(task, reached=reached)

    def again(self, task: Task, wait: float, *, reached: bool = True, whole_host: bool = False) -> None:
        """A task that was taken is to be handed out once more, `wait` seconds from now; with `whole_host`, none of its
        host before that.
        """
        with self._change:
            at = self._clock() + wait
            host = self._hosts[task.host]
            if whole_host:
                host.free_at = max(host.free_at, at)
            self._add(task, at)
            self._put_back(task, reached=reached)

    def unreached(self, host: str) -> int:
        """How often in a row that host could not be reached."""
        with self._change:
            return self._hosts[host].unreached

    def stop(self) -> None:
        """Hand out nothing any more."""
        with self._change:
            self._stopped = True
            self._change.notify_all()

    def _read(self) -> None:
        while not self._read_all and self._waiting < self._ahead:
            task = next(self._source, None)
            if task is None:
                self._read_all = True
            else:
                self._add(task, 0.0)

    def _add(self, task: Task, at: float) -> None:
        host = self._hosts.setdefault(task.host, _Host())
        heapq.heappush(host.tasks, (at, next(self._number), task))
        self._waiting += 1
        self._queue(task.host, host)

    def _queue(self, name: str, host: _Host) -> None:
        """Note when it is that host's turn, if it may have one. Earlier notes on it are passed over when it is not."""
        if host.tasks and host.busy < self._per_host:
            at = max(host.free_at, host.tasks[0][0])
            heapq.heappush(self._turns, (at, next(self._number), name))

    def _next(self) -> Task | None:
        now = self._clock()
        while self._turns and self._turns[0][0] <= now:
            _, _, name = heapq.heappop(self._turns)
            host = self._hosts[name]
            if not host.tasks or host.busy >= self._per_host:
                continue
            if max(host.free_at, host.tasks[0][0]) <= now:
                _, _, task = heapq.heappop(host.tasks)
                self._waiting -= 1
                self._in_hand += 1
                host.busy += 1
                host.free_at = now + self._delay
                self._queue(name, host)
                return task
            self._queue(name, host)
        return None

    def _put_back(self, task: Task, *, reached: bool) -> None:
        host = self._hosts[task.host]
        host.unreached = 0 if reached else host.unreached + 1
        host.busy -= 1
        self._in_hand -= 1
        self._queue(task.host, host)
        self._change.notify_all()
