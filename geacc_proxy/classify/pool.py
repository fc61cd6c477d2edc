"""Sandboxed worker processes: one picture each at a time, a deadline that ends the worker, and a fresh one after."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import sys
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import ForkServerContext
from typing import TYPE_CHECKING, Any

from pebble import ProcessExpired, ProcessPool

from geacc_proxy.classify import worker
from geacc_proxy.exceptions import GeaccError
from geacc_proxy.verdict import Failure, Unjudged, Verdict

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

    from geacc_proxy.classify.limits import Limits
    from geacc_proxy.images.caps import Caps
    from geacc_proxy.models.registry import InstalledModel

if sys.platform == "linux":
    import fcntl

_log = logging.getLogger(__name__)
_PRELOADED = "geacc_proxy.classify.judging"
_START_SECONDS = 60.0
_PIPE_BYTES = 2**20  # /proc/sys/fs/pipe-max-size, what an ordinary user may ask for


def default_workers() -> int:
    """One worker for each processor that this process may use, four at most: pictures come in bursts, not streams."""
    return max(1, min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))


class _WidePipes(ForkServerContext):
    """Worker processes whose pipes take a picture in one piece.

    Through Linux's 64 KB a larger body goes in turns, and each turn wakes both ends.
    """

    def Pipe(self, duplex: bool = True) -> Any:  # noqa: N802  (multiprocessing's name)
        reader, writer = super().Pipe(duplex)
        if sys.platform == "linux" and not duplex:
            with contextlib.suppress(OSError):  # beyond the user's share of pipe memory: narrow pipes do, too
                fcntl.fcntl(writer.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        return reader, writer


def _context() -> BaseContext:
    # The fork server imports decoders and runtime once; workers and their successors are forked from it in
    # milliseconds and share its pages. Forking the proxy itself would copy its threads' locks.
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = _WidePipes()
        context.set_forkserver_preload([_PRELOADED])
        return context
    return multiprocessing.get_context("spawn")


class WorkerPool:
    """Judges bodies in worker processes; a worker that dies costs one picture."""

    def __init__(self, model: InstalledModel, caps: Caps, limits: Limits, workers: int) -> None:
        self.workers = workers
        self.deaths = 0
        self._initargs = (model, caps, limits)
        self._seconds = limits.seconds
        self._pool = self._make()

    def _make(self) -> ProcessPool:
        return ProcessPool(
            max_workers=self.workers, context=_context(), initializer=worker.start, initargs=self._initargs
        )

    async def warm_up(self) -> None:
        """Return once a worker has the model loaded.

        Raises:
            GeaccError: no worker could start.
        """
        try:
            # In a thread: the first call starts the fork server and waits until it has imported everything.
            future = await asyncio.to_thread(self._pool.schedule, worker.ping, timeout=_START_SECONDS)
            await asyncio.wait_for(asyncio.wrap_future(future), _START_SECONDS)
        except (ProcessExpired, BrokenProcessPool, RuntimeError, TimeoutError, OSError) as error:
            raise GeaccError(f"no worker process could start and load the model: {error}") from error

    async def judge(self, body: bytes, content_type: str) -> Verdict:
        """Scores of one body, or why there are none. Never raises on what happens to a worker."""
        try:
            if not self._pool.active:
                self._revive()
            future = self._pool.schedule(worker.judge, args=(body, content_type), timeout=self._seconds)
            verdict: Verdict = await asyncio.wrap_future(future)
        except TimeoutError:
            self.deaths += 1
            return Unjudged(Failure.TIMED_OUT, f"not done in {self._seconds:g} s")
        except (ProcessExpired, BrokenProcessPool) as error:
            self.deaths += 1
            return Unjudged(Failure.WORKER_DIED, str(error))
        except (CancelledError, RuntimeError, OSError) as error:
            _log.exception("The worker pool failed")
            return Unjudged(Failure.INTERNAL, f"{type(error).__name__}: {error}")
        return verdict

    def _revive(self) -> None:
        _log.warning("All workers had died; starting new ones")
        broken, self._pool = self._pool, self._make()
        broken.stop()

    def stop(self) -> None:
        """End all workers now."""
        self._pool.stop()
        self._pool.join(timeout=2)
