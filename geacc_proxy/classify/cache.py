"""Verdicts by digest, in memory."""

from __future__ import annotations

from dataclasses import dataclass

from cachetools import LRUCache, TTLCache

from geacc_proxy.verdict import Unjudged, Verdict

RETRY_SECONDS = 60.0
"""How long a failure that may be due to load is believed before the picture is tried again."""


@dataclass(slots=True)
class CacheStatistics:
    """How often the cache knew (`hits`) and did not (`misses`)."""

    hits: int = 0
    misses: int = 0


class VerdictCache:
    """An LRU of verdicts, bounded by count; failures that may pass are kept for `RETRY_SECONDS` only."""

    def __init__(self, maxsize: int) -> None:
        self.statistics = CacheStatistics()
        self._lasting: LRUCache[str, Verdict] = LRUCache(maxsize)
        self._passing: TTLCache[str, Verdict] = TTLCache(min(maxsize, 10_000), RETRY_SECONDS)

    def peek(self, key: str) -> Verdict | None:
        """The verdict on `key` where it is known."""
        return self._lasting.get(key) or self._passing.get(key)

    def get(self, key: str) -> Verdict | None:
        """As `peek`; counts a hit or a miss."""
        found = self.peek(key)
        if found is None:
            self.statistics.misses += 1
        else:
            self.statistics.hits += 1
        return found

    def put(self, key: str, verdict: Verdict) -> None:
        """Remember `verdict`, for as long as it stays true."""
        if isinstance(verdict, Unjudged) and not verdict.failure.depends_on_bytes_alone:
            self._passing[key] = verdict
        else:
            self._lasting[key] = verdict

    def __len__(self) -> int:
        return len(self._lasting) + len(self._passing)
