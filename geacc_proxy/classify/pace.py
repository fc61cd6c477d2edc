"""Slows a crowd down: a few pass at once, the others one after another."""

from __future__ import annotations

import time


class Pace:
    """A leaky bucket.

    Attributes:
        per_second: how many pass once it is full.
        burst: how many pass before that without waiting.
        longest: seconds that nobody waits longer than.
    """

    def __init__(self, *, per_second: float, burst: int, longest: float) -> None:
        self.per_second = per_second
        self.burst = burst
        self.longest = longest
        self._next = 0.0

    def seconds(self, now: float | None = None) -> float:
        """Take a place; how long to wait for one's turn.

        Args:
            now: seconds on a clock that only runs forward; `time.monotonic` without it.
        """
        now = time.monotonic() if now is None else now
        since = max(self._next, now - self.burst / self.per_second)
        self._next = min(since + 1 / self.per_second, now + self.longest)
        return max(0.0, self._next - now)
