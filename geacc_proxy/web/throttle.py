"""Slows down whoever guesses passwords."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil

FREE = 3
"""Wrong attempts of an address before it has to wait."""
_LONGEST = 15 * 60.0
_FORGOTTEN_AFTER = 60 * 60.0
_MOST_ADDRESSES = 10_000
_WINDOW = 15 * 60.0
_CALM = 30
_LONGEST_PAUSE = 3.0


@dataclass(slots=True)
class _Record:
    failures: int
    last: float


class Throttle:
    """Counts wrong attempts, in memory.

    An address that has failed 3 times waits 2 s, then 4, 8, … up to 15 minutes; within that its attempts are not even
    looked at. Where many addresses fail (more than 30 attempts in 15 minutes), each further check begins after a pause
    of up to 3 s; an address that has not failed itself gets in all the same.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._failures: deque[float] = deque()

    def wait(self, address: str) -> int:
        """Whole seconds until the address may try again; 0 for now."""
        record = self._records.get(_home_of(address))
        if record is None or record.failures < FREE:
            return 0
        delay = min(_LONGEST, 2.0 ** min(record.failures - FREE + 1, 20))
        return max(0, ceil(record.last + delay - self._clock()))

    def pause(self) -> float:
        """Seconds to let pass before a check, whoever asks."""
        self._sweep()
        over = len(self._failures) - _CALM
        return 0.0 if over < 0 else min(_LONGEST_PAUSE, 0.5 * (1 + over / 10))

    def failed(self, address: str) -> None:
        """A wrong attempt."""
        key, now = _home_of(address), self._clock()
        record = self._records.pop(key, None) or _Record(0, now)
        self._records[key] = _Record(record.failures + 1, now)
        self._failures.append(now)
        self._sweep()

    def succeeded(self, address: str) -> None:
        """A right one; what was counted for it before it was checked is taken back."""
        self._records.pop(_home_of(address), None)
        if self._failures:
            self._failures.pop()

    def _sweep(self) -> None:
        now = self._clock()
        while self._failures and now - self._failures[0] > _WINDOW:
            self._failures.popleft()
        while self._records:
            record = next(iter(self._records.values()))
            if len(self._records) <= _MOST_ADDRESSES and now - record.last <= _FORGOTTEN_AFTER:
                return
            self._records.popitem(last=False)


def _home_of(address: str) -> str:
    """What stands for an address: of IPv6 the network, in which a device can take any address."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address) and not parsed.is_loopback:
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)
