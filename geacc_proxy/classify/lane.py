"""A lane: one queue, some workers who serve it in turn, and one answer on each body, whatever becomes of a worker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from geacc_proxy.classify.process import WorkerLost, WorkerProcess
from geacc_proxy.verdict import Failure, Unjudged, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.classify.limits import Limits
    from geacc_proxy.classify.watchdog import Watchdog
    from geacc_proxy.classify.worker import Works
    from geacc_proxy.images.manner import Manner

_log = logging.getLogger(__name__)
_START_SECONDS = 60.0
_STUCK_SECONDS = 0.1
"""A worker that has been at one body for that long may be at it for long; nearly all pictures take a tenth of it."""
_NO_WORKER = Unjudged(Failure.INTERNAL, "no worker could start; see the program's log")


@dataclass(frozen=True, slots=True)
class Rules:
    """How a lane is run.

    Attributes:
        workers: how many are kept, from the start.
        spare: how many more may be started when those are stuck, so that what is quickly done does not wait for them.
        idle: seconds without work after which a spare worker is ended.
        limits: of each worker.
        most: how many bodies may wait or be worked on at a time; one more is refused.
        most_bytes: of them all.
        crowded: what one more is told.
        patience: seconds; a body that has waited longer for a worker is given up, since nobody waits for it.
    """

    workers: int
    spare: int
    idle: float
    limits: Limits
    most: int
    most_bytes: int
    crowded: str
    patience: float


@dataclass(slots=True, eq=False)
class _Job[Answer]:
    work: Callable[[WorkerProcess], Answer]
    answer: Future[Answer | Unjudged] = field(default_factory=Future)
    since: float = field(default_factory=time.monotonic)


class Lane:
    """First come, first served; each worker has a thread that looks after it."""

    def __init__(self, loading: Callable[[], Works], rules: Rules, watchdog: Watchdog) -> None:
        self.deaths = 0
        self._loading = loading
        self._rules = rules
        self._watchdog = watchdog
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._held = self._held_bytes = 0
        self._processes: set[WorkerProcess] = set()
        self._threads: set[threading.Thread] = set()
        self._busy: dict[threading.Thread, float] = {}
        self._first: Future[list[str]] = Future()
        self._started = self._stopped = False

    def start(self) -> Future[list[str]]:
        """Start the workers that are kept, unless it has been done.

        Returns:
            what the sandbox of the first worker lacks, once it is ready; the error if it never is.
        """
        with self._lock:
            self._start()
        return self._first

    @property
    def pids(self) -> list[int]:
        """The processes of the workers that run."""
        with self._lock:
            return [process.pid for process in self._processes]

    async def judge(self, body: bytes, content_type: str) -> Verdict:
        """Scores of one body, or why there are none. Never raises on what happens to a worker."""
        return await self._done(len(body), lambda process: process.judge(body, content_type))

    async def depict(self, body: bytes, content_type: str, manner: Manner) -> bytes | Unjudged:
        """What may be left of one picture, or why there is nothing. Never raises on what happens to a worker."""
        return await self._done(len(body), lambda process: process.depict(body, content_type, manner))

    async def _done[Answer](self, size: int, work: Callable[[WorkerProcess], Answer]) -> Answer | Unjudged:
        job = _Job(work)
        with self._lock:
            if self._stopped:
                return Unjudged(Failure.INTERNAL, "the workers have been stopped")
            if self._held >= self._rules.most or self._held_bytes + size > self._rules.most_bytes:
                return Unjudged(Failure.TIMED_OUT, self._rules.crowded)
            self._held += 1
            self._held_bytes += size
            self._jobs.put(job)
            self._start()
            if self._is_stuck():
                self._add(self._rules.idle)
        job.answer.add_done_callback(lambda _: self._release(size))
        return await asyncio.wrap_future(job.answer)

    def stop(self) -> None:
        """End all workers now; what is being worked on or waits gets no answer but that."""
        with self._lock:
            self._stopped = True
            processes, threads = list(self._processes), list(self._threads)
        for process in processes:
            process.kill()
        for _ in threads:
            self._jobs.put(None)
        for thread in threads:
            thread.join(5)
        with contextlib.suppress(queue.Empty):
            while True:
                if (job := self._jobs.get_nowait()) is not None:
                    _settle(job, Unjudged(Failure.INTERNAL, "the workers have been stopped"))

    def _release(self, size: int) -> None:
        with self._lock:
            self._held -= 1
            self._held_bytes -= size

    def _start(self) -> None:
        if not (self._started or self._stopped):
            self._started = True
            for _ in range(self._rules.workers):
                self._add(None)

    def _is_stuck(self) -> bool:
        """Whether all workers have long been at what they do, and there may be one more."""
        if len(self._threads) >= self._rules.workers + self._rules.spare or len(self._busy) < len(self._threads):
            return False
        latest = max(self._busy.values(), default=0.0)
        return time.monotonic() - latest >= _STUCK_SECONDS

    def _add(self, idle: float | None) -> None:
        thread = threading.Thread(target=self._serve, args=(idle,), name="lane", daemon=True)
        self._threads.add(thread)
        thread.start()

    def _serve(self, idle: float | None) -> None:
        """What a thread does: give a worker one body after another, for good or until none has come for `idle`."""
        process = self._begin() if idle is None else None
        while not self._stopped:
            try:
                job = self._jobs.get(timeout=idle)
            except queue.Empty:
                if self._leaves():
                    break
                continue
            if job is None:
                break
            process = self._attempt(process, job)
            del job  # up to some megabytes, that nobody needs while the thread waits
            if process is not None and process.ended:
                self._end(process)
                process = self._begin() if idle is None and not self._stopped else None
        if process is not None:
            self._end(process)

    def _leaves(self) -> bool:
        """Go, unless a body came at the last moment: it counts on this thread."""
        with self._lock:
            if not self._jobs.empty():
                return False
            self._threads.discard(threading.current_thread())
            return True

    def _attempt(self, process: WorkerProcess | None, job: _Job[Any]) -> WorkerProcess | None:
        """Have a job done; return the worker that was used, a new one where there was none."""
        if not job.answer.set_running_or_notify_cancel():
            return process
        if time.monotonic() - job.since > self._rules.patience:
            _settle(job, Unjudged(Failure.TIMED_OUT, f"no worker was free in {self._rules.patience:g} s"))
            return process
        with self._lock:
            self._busy[threading.current_thread()] = time.monotonic()
        try:
            process = process or self._begin()
            answer = _NO_WORKER if process is None else self._worked(process, job)
        except Exception as error:  # noqa: BLE001  (a thread that ended here would leave all who ask without an answer)
            _log.exception("A lane failed")
            answer = Unjudged(Failure.INTERNAL, f"{type(error).__name__}: {error}")
            if process is not None:
                process.kill()
        with self._lock:
            del self._busy[threading.current_thread()]
        _settle(job, answer)
        return process

    def _worked[Answer](self, process: WorkerProcess, job: _Job[Answer]) -> Answer | Unjudged:
        seconds = self._rules.limits.seconds
        with self._watchdog.over(seconds, process.kill) as deadline:
            try:
                return job.work(process)
            except WorkerLost as error:
                detail = str(error)
        with self._lock:
            self.deaths += 1
        if deadline.missed:
            return Unjudged(Failure.TIMED_OUT, f"not done in {seconds:g} s")
        return Unjudged(Failure.WORKER_DIED, detail)

    def _begin(self) -> WorkerProcess | None:
        """A worker that is ready; None where there is none to be had, and a line in the log if there was one before."""
        process = None
        try:
            process = WorkerProcess(self._loading, self._rules.limits)
            with self._lock:
                self._processes.add(process)
            with self._watchdog.over(_START_SECONDS, process.kill):
                lacking = process.ready()
        except Exception as error:  # noqa: BLE001  (whatever it is, who starts the lane is to hear of it)
            if process is not None:
                self._end(process)
            if not self._stopped and self._has_started():
                _log.error("No worker could start: %s", error)
            _answer_once(self._first, error)
            return None
        _answer_once(self._first, lacking)
        return process

    def _has_started(self) -> bool:
        return self._first.done() and self._first.exception() is None

    def _end(self, process: WorkerProcess) -> None:
        with self._lock:
            self._processes.discard(process)
        process.end()


def _settle[Answer](job: _Job[Answer], answer: Answer | Unjudged) -> None:
    with contextlib.suppress(InvalidStateError):  # who asked has gone
        job.answer.set_result(answer)


def _answer_once(future: Future[list[str]], answer: list[str] | Exception) -> None:
    with contextlib.suppress(InvalidStateError):
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
