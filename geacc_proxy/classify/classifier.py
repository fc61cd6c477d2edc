"""Bytes to a verdict, or to what may be left of a picture: known already, or computed once however many ask."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cachetools import LRUCache

from geacc_proxy.classify import depictions
from geacc_proxy.classify.cache import VerdictCache
from geacc_proxy.classify.digest import digest
from geacc_proxy.verdict import Failure, Scores, Unjudged, Verdict

if TYPE_CHECKING:
    from geacc_proxy.images.caps import Caps
    from geacc_proxy.images.manner import Manner

CACHED_VERDICTS = 100_000
"""About 60 MB when full; a family sees some ten thousand different pictures a day."""
PATIENCE_SECONDS = 15.0
"""How long a picture waits for a worker and the worker's answer, all told."""
DRAWING_SECONDS = 5.0
"""How long one waits for a depiction; the placeholder is there at once."""
DRAWN_BYTES = 4 * 2**20
"""Of the depictions that are remembered: some thousand of usual size."""


class Judge(Protocol):
    """What computes a verdict, and draws; the worker pool, in life."""

    async def judge(self, body: bytes, content_type: str) -> Verdict:
        """Scores of one body, or why there are none."""

    async def depict(self, body: bytes, content_type: str, manner: Manner) -> bytes | None:
        """What may be left of one picture; None where it could not be had."""


@dataclass(frozen=True, slots=True)
class Classified:
    """A verdict, the name of the bytes it is about, and whether it was known before."""

    verdict: Verdict
    digest: str
    cached: bool


class Classifier:
    """Judges each body once: cache, then single flight, then a worker."""

    def __init__(
        self,
        judge: Judge,
        caps: Caps,
        *,
        cache: VerdictCache | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self.cache = VerdictCache(CACHED_VERDICTS) if cache is None else cache
        self._judge = judge
        self._caps = caps
        self._patience = patience
        self._flights: dict[str, asyncio.Task[Verdict]] = {}
        self._drawn: LRUCache[tuple[str, Manner], bytes] = LRUCache(DRAWN_BYTES, getsizeof=len)
        self._drawings: dict[tuple[str, Manner], asyncio.Task[bytes | None]] = {}

    async def classify(self, body: bytes, content_type: str = "") -> Classified:
        """The verdict on `body`.

        Args:
            body: the picture, without any content encoding.
            content_type: as declared, without parameters.
        """
        name = digest(body)
        key = _key(name, content_type)
        if (known := self.cache.get(key)) is not None:
            return Classified(known, name, cached=True)
        if len(body) > self._caps.bytes:
            verdict: Verdict = Unjudged(Failure.TOO_LARGE, f"{len(body)} bytes, more than {self._caps.bytes}")
            return Classified(verdict, name, cached=False)
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.create_task(self._fly(key, body, content_type))
            self._flights[key] = flight
            flight.add_done_callback(lambda _: self._flights.pop(key, None))
        try:
            # Shielded: one who stops waiting must not end it for the others, and its result is worth keeping.
            verdict = await asyncio.wait_for(asyncio.shield(flight), self._patience)
        except TimeoutError:
            verdict = Unjudged(Failure.TIMED_OUT, f"no worker was free in {self._patience:g} s")
        return Classified(verdict, name, cached=False)

    def known(self, name: str, content_type: str = "") -> Verdict | None:
        """The verdict on the bytes with this digest, where it is known; no work is done."""
        return self.cache.peek(_key(name, content_type))

    async def depict(self, body: bytes, content_type: str, manner: Manner) -> bytes | None:
        """What may be left of a picture, a PNG or JPEG of `manner.size` pixels.

        Args:
            body: the picture, without any content encoding.
            content_type: as declared, without parameters.
            manner: how.

        Returns:
            None where there is nothing: of what could not be judged, cannot be drawn, or not in `DRAWING_SECONDS`.
        """
        if len(body) > self._caps.bytes:
            return None
        key = _key(digest(body), content_type), manner
        if (known := self._drawn.get(key)) is not None:
            return known
        verdict = self.cache.peek(key[0])
        if isinstance(verdict, Unjudged):
            return None
        flight = self._drawings.get(key)
        if flight is None:
            flight = asyncio.create_task(self._draw(key, body, content_type, verdict))
            self._drawings[key] = flight
            flight.add_done_callback(lambda _: self._drawings.pop(key, None))
        try:
            return await asyncio.wait_for(asyncio.shield(flight), DRAWING_SECONDS)
        except TimeoutError:
            return None

    async def _draw(
        self, key: tuple[str, Manner], body: bytes, content_type: str, verdict: Scores | None
    ) -> bytes | None:
        manner = key[1]
        drawn = await self._judge.depict(body, content_type, manner)
        if drawn is None:
            return None
        if verdict and depictions.size(drawn) != manner.size(verdict.picture.width, verdict.picture.height):
            return None  # a worker that says so of one that it has judged has been taken over
        self._drawn[key] = drawn
        return drawn

    async def _fly(self, key: str, body: bytes, content_type: str) -> Verdict:
        verdict = await self._judge.judge(body, content_type)
        self.cache.put(key, verdict)
        return verdict


def _key(name: str, content_type: str) -> str:
    # SVG is told by its type alone, and what claims to be a picture is searched for one behind a prefix.
    if content_type == "image/svg+xml":
        return f"{name}:svg"
    return name if not content_type or content_type.startswith("image/") else f"{name}:other"
