"""Workers in lanes: what is judged quickly does not wait for what is not, and a dead worker costs one picture."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from geacc_proxy.classify import worker
from geacc_proxy.classify.classifier import DRAWING_SECONDS, PATIENCE_SECONDS
from geacc_proxy.classify.lane import Lane, Rules
from geacc_proxy.classify.pace import Pace
from geacc_proxy.classify.watchdog import Watchdog
from geacc_proxy.exceptions import GeaccError
from geacc_proxy.verdict import Failure, Unjudged, Verdict

if TYPE_CHECKING:
    from geacc_proxy.classify.limits import Limits
    from geacc_proxy.images.caps import Caps
    from geacc_proxy.images.manner import Manner
    from geacc_proxy.models.registry import InstalledModel

_log = logging.getLogger(__name__)
_TOO_MUCH = (Failure.TOO_LARGE, Failure.TIMED_OUT, Failure.WORKER_DIED)


def default_workers() -> int:
    """One worker for each processor that this process may use, four at most: pictures come in bursts, not streams."""
    return max(1, min(4, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))


class WorkerPool:
    """Judges bodies in worker processes, and draws what may be left of them.

    The quick lane judges everything first, under tight caps, in little memory and time. What is too much for it, or
    ends its worker, goes to the slow lane: one worker, which has all that the settings allow and yields to all others.
    It is started when it is needed and ended when it has not been for a while.

    What is too much for both is answered without haste once there are many: a page that asks for the next bomb when the
    last one is answered would otherwise keep the proxy from everything else.

    What hidden pictures look like made unrecognisable is drawn in a lane of its own: by one worker, without a model,
    which yields even to the slow lane's. No judgement ever waits for it, and what would wait long is not drawn.
    """

    def __init__(self, model: InstalledModel, caps: Caps, limits: Limits, workers: int) -> None:
        """Make a pool; nothing is started yet.

        Args:
            model: what judges.
            caps: beyond them nothing is judged.
            limits: of the slow lane's worker; those of the others follow from it.
            workers: of the quick lane.
        """
        self.workers = workers
        self._caps = caps
        self._watchdog = Watchdog()
        self._pace = Pace(per_second=25, burst=25, longest=2.0)
        self._quick = Lane(
            functools.partial(worker.load, model, caps.quick()),
            Rules(
                workers=workers,
                spare=min(workers, 2),
                idle=30.0,
                limits=limits.quick(),
                most=10_000,
                most_bytes=256 * 2**20,
                crowded="too many pictures at once",
                patience=PATIENCE_SECONDS,
            ),
            self._watchdog,
        )
        self._slow = Lane(
            functools.partial(worker.load, model, caps),
            Rules(
                workers=0,
                spare=1,
                idle=60.0,
                limits=limits,
                most=12,
                most_bytes=64 * 2**20,
                crowded="too many large pictures at once",
                patience=2 * PATIENCE_SECONDS,  # who waited has given up; who comes again finds the verdict
            ),
            self._watchdog,
        )
        self._drawing = Lane(
            functools.partial(worker.load_depicter, caps),
            Rules(
                workers=0,
                spare=1,
                idle=60.0,
                limits=replace(limits, niceness=limits.niceness + 5),
                most=100,
                most_bytes=32 * 2**20 + caps.bytes,
                crowded="too many pictures to draw at once",
                patience=DRAWING_SECONDS,
            ),
            self._watchdog,
        )

    @property
    def deaths(self) -> int:
        """How many workers have ended over a picture."""
        return self._quick.deaths + self._slow.deaths + self._drawing.deaths

    @property
    def pids(self) -> list[int]:
        """The workers' processes, those of the quick lane first."""
        return [*self._quick.pids, *self._slow.pids, *self._drawing.pids]

    async def warm_up(self) -> None:
        """Return once a worker has the model loaded; log what the system cannot give its sandbox.

        Raises:
            GeaccError: no worker could start.
        """
        try:
            lacking = await asyncio.wrap_future(self._quick.start())
        except Exception as error:
            raise GeaccError(f"no worker process could start and load the model: {error}") from error
        if lacking:
            _log.warning("Pictures are decoded with less protection than meant: %s", "; ".join(lacking))

    async def judge(self, body: bytes, content_type: str) -> Verdict:
        """Scores of one body, or why there are none. Never raises on what happens to a worker."""
        verdict = await self._quick.judge(body, content_type)
        if isinstance(verdict, Unjudged) and self._is_worth_more(verdict, body):
            verdict = await self._slow.judge(body, content_type)
        if isinstance(verdict, Unjudged) and verdict.failure in _TOO_MUCH:
            await asyncio.sleep(self._pace.seconds())
        return verdict

    async def depict(self, body: bytes, content_type: str, manner: Manner) -> bytes | None:
        """What may be left of a picture, as `images.depict` draws it; None where it could not be had in time.

        Never raises on what happens to a worker.
        """
        drawn = await self._drawing.depict(body, content_type, manner)
        return None if isinstance(drawn, Unjudged) else drawn

    def _is_worth_more(self, verdict: Unjudged, body: bytes) -> bool:
        pixels = verdict.picture.width * verdict.picture.height
        return verdict.failure in _TOO_MUCH and len(body) <= self._caps.bytes and pixels <= self._caps.pixels

    def stop(self) -> None:
        """End all workers now."""
        self._quick.stop()
        self._slow.stop()
        self._drawing.stop()
        self._watchdog.stop()
