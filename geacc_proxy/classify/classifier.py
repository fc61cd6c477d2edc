"""Bytes to a verdict: known already, or computed once however many ask."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from geacc_proxy.classify.cache import VerdictCache
from geacc_proxy.classify.digest import digest
from geacc_proxy.verdict import Failure, Unjudged, Verdict

if TYPE_CHECKING:
    from geacc_proxy.images.caps import Caps

CACHED_VERDICTS = 100_000
"""About 60 MB when full; a family sees some ten thousand different pictures a day."""
PATIENCE_SECONDS = 15.0
"""How long a picture waits for a worker and the worker's answer, all told."""


class Judge(Protocol):
    """What computes a verdict; the worker pool, in life."""

    async def judge(self, body: bytes, content_type: str) -> Verdict:
        """Scores of one body, or why there are none."""


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

    async def _fly(self, key: str, body: bytes, content_type: str) -> Verdict:
        verdict = await self._judge.judge(body, content_type)
        self.cache.put(key, verdict)
        return verdict


def _key(name: str, content_type: str) -> str:
    # SVG is told by its type alone, and what claims to be a picture is searched for one behind a prefix.
    if content_type == "image/svg+xml":
        return f"{name}:svg"
    return name if not content_type or content_type.startswith("image/") else f"{name}:other"
