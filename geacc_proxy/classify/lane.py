"""A lane: one queue, some workers who serve it in turn, and one verdict for each body, whatever becomes of a worker."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geacc_proxy.classify.process import WorkerLost, WorkerProcess
from geacc_proxy.verdict import Failure, Unjudged, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.classify.limits import Limits
    from geacc_proxy.classify.watchdog import Watchdog
    from geacc_proxy.classify.worker import Judges

_log = logging.getLogger(__name__)
_START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Rules:
    """How a lane is run.

    Attributes:
        workers: how many.
        limits: of each worker.
        most: how many bodies may wait or be judged at a time; one more is refused.
        most_bytes: of them all.
        crowded: what one more is told.
        patience: seconds; a body that has waited longer for a worker is not judged, since nobody waits for it.
        idle: seconds without work after which a worker is ended; None keeps workers, and starts them at once.
    """

    workers: int
    limits: Limits
    most: int
    most_bytes: int
    crowded: str
    patience: float
    idle: float | None = None


@dataclass(slots=True, eq=False)
class _Job:
    body: bytes
    content_type: str
    verdict: Future[Verdict] = field(default_factory=Future)
    since: float = field(default_factory=time.monotonic)


class Lane:
    """First come, first served; each worker has a thread that looks after it."""

    def __init__(self, loading: Callable[[], Judges], rules: Rules, watchdog: Watchdog) -> None:
        self.deaths = 0
        self._loading = loading
        self._rules = rules
        self._watchdog = watchdog
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._held = self._held_bytes = 0
        self._processes: set[WorkerProcess] = set()
        self._threads: list[threading.Thread] = []
        self._first: Future[list[str]] = Future()
        self._stopped = False

    def start(self) -> Future[list[str]]:
        """Look after workers from now on; start them now if they are kept.

        Returns:
            what the sandbox of the first worker lacks, once it is ready; WorkerLost or OSError if it never is.
        """
        with self._lock:
            if not self._threads and not self._stopped:
                self._threads = [
                    threading.Thread(target=self._serve, name="lane", daemon=True) for _ in range(self._rules.workers)
                ]
                for thread in self._threads:
                    thread.start()
        return self._first

    @property
    def pids(self) -> list[int]:
        """The processes of the workers that run."""
        with self._lock:
            return [process.pid for process in self._processes]

    async def judge(self, body: bytes, content_type: str) -> Verdict:
        """Scores of one body, or why there are none. Never raises on what happens to a worker."""
        self.start()
        with self._lock:
            if self._stopped:
                return Unjudged(Failure.INTERNAL, "the workers have been stopped")
            if self._held >= self._rules.most or self._held_bytes + len(body) > self._rules.most_bytes:
                return Unjudged(Failure.TIMED_OUT, self._rules.crowded)
            self._held += 1
            self._held_bytes += len(body)
        job = _Job(body, content_type)
        job.verdict.add_done_callback(lambda _: self._release(len(body)))
        self._jobs.put(job)
        return await asyncio.wrap_future(job.verdict)

    def stop(self) -> None:
        """End all workers now; what is being judged or waits is not."""
        with self._lock:
            self._stopped = True
            processes = list(self._processes)
        for process in processes:
            process.kill()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(5)
        with contextlib.suppress(queue.Empty):
            while True:
                if (job := self._jobs.get_nowait()) is not None:
                    _settle(job, Unjudged(Failure.INTERNAL, "the workers have been stopped"))

    def _release(self, size: int) -> None:
        with self._lock:
            self._held -= 1
            self._held_bytes -= size

    def _serve(self) -> None:
        """What a thread does: keep a worker at hand, and give it one body after another."""
        kept = self._rules.idle is None
        process = self._begin() if kept else None
        while not self._stopped:
            process = self._next(process)
            if process is not None and process.ended:
                self._end(process)
                process = self._begin() if kept and not self._stopped else None
        if process is not None:
            self._end(process)

    def _next(self, process: WorkerProcess | None) -> WorkerProcess | None:
        """Wait for a body and have it judged; return the worker that was used, or what is left of it."""
        try:
            job = self._jobs.get(timeout=None if process is None else self._rules.idle)
        except queue.Empty:
            if process is not None:
                self._end(process)
            return None
        if job is None or not job.verdict.set_running_or_notify_cancel():
            return process
        waited = time.monotonic() - job.since
        if waited > self._rules.patience:
            _settle(job, Unjudged(Failure.TIMED_OUT, f"no worker was free in {self._rules.patience:g} s"))
            return process
        process = process or self._begin()
        if process is None:
            _settle(job, Unjudged(Failure.INTERNAL, "no worker could start; see the program's log"))
        else:
            _settle(job, self._judged(process, job))
        return process

    def _judged(self, process: WorkerProcess, job: _Job) -> Verdict:
        seconds = self._rules.limits.seconds
        with self._watchdog.over(seconds, process.kill) as deadline:
            try:
                return process.judge(job.body, job.content_type)
            except WorkerLost as error:
                detail = str(error)
        with self._lock:
            self.deaths += 1
        if deadline.missed:
            return Unjudged(Failure.TIMED_OUT, f"not done in {seconds:g} s")
        return Unjudged(Failure.WORKER_DIED, detail)

    def _begin(self) -> WorkerProcess | None:
        """A worker that is ready; None, and a line in the log, where there is none to be had."""
        process = None
        try:
            process = WorkerProcess(self._loading, self._rules.limits)
            with self._lock:
                self._processes.add(process)
            with self._watchdog.over(_START_SECONDS, process.kill):
                lacking = process.ready()
        except (WorkerLost, OSError, EOFError) as error:
            if process is not None:
                self._end(process)
            if not self._stopped:
                _log.error("No worker could start: %s", error)
            _answer_once(self._first, error)
            return None
        _answer_once(self._first, lacking)
        return process

    def _end(self, process: WorkerProcess) -> None:
        with self._lock:
            self._processes.discard(process)
        process.end()


def _settle(job: _Job, verdict: Verdict) -> None:
    with contextlib.suppress(InvalidStateError):  # who asked has gone
        job.verdict.set_result(verdict)


def _answer_once(future: Future[list[str]], answer: list[str] | Exception) -> None:
    with contextlib.suppress(InvalidStateError):
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)
