"""Logins at the proxy: who gives the name and the password that a parent has set is that device, wherever it is.

The password is kept as an argon2id hash (RFC 9106) in the home's secret `login:NAME`. Checking one takes tens of
milliseconds of a processor, so a pair that was right stays right, without another check, until the hash changes.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cachetools import LRUCache, TTLCache

from geacc_proxy.home.documents import Kind
from geacc_proxy.home.hashing import is_right

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.home.home import Home

_PREFIX = "login:"
_MOST_PAIRS = 256
_MOST_FAILURES = 10
_FAILURE_SECONDS = 60.0
_MOST_WAITING = 8
_LONGEST = 512


class Logins:
    """Checks logins; to be used from one event loop."""

    def __init__(self, home: Home, clock: Callable[[], float] = time.monotonic) -> None:
        self._home = home
        self._right: LRUCache[bytes, str] = LRUCache(_MOST_PAIRS)
        self._failures: TTLCache[str, int] = TTLCache(10_000, _FAILURE_SECONDS, clock)
        self._thread: ThreadPoolExecutor | None = None
        self._waiting = 0
        self._clock = clock
        self._exist = False
        self._looked_at = float("-inf")

    @property
    def exist(self) -> bool:
        """Whether a parent has set any; looked at once a second."""
        now = self._clock()
        if now - self._looked_at >= 1:
            self._exist = any(name.startswith(_PREFIX) for name in self._home.documents(Kind.SECRET))
            self._looked_at = now
        return self._exist

    def known(self, header: str) -> str | None:
        """The user of a `Proxy-Authorization` header that was right before; None where it must be checked."""
        pair = credentials(header)
        hashed = "" if pair is None else self._hash(pair[0])
        return self._right.get(_digest(header, hashed)) if hashed else None

    async def check(self, header: str, address: str) -> str | None:
        """The user of a `Proxy-Authorization` header; None where it is wrong, or there were too many wrong ones.

        Args:
            header: as the client sent it.
            address: the client's; after ten failures within a minute it must wait.
        """
        pair = credentials(header)
        hashed = "" if pair is None else self._hash(pair[0])
        if pair is None or not hashed or self._waiting >= _MOST_WAITING:
            return None
        if self._failures.get(address, 0) >= _MOST_FAILURES:
            return None
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="logins")
        self._waiting += 1
        try:
            right = await asyncio.get_running_loop().run_in_executor(self._thread, is_right, hashed, pair[1])
        finally:
            self._waiting -= 1
        if not right:
            self._failures[address] = self._failures.get(address, 0) + 1
            return None
        self._right[_digest(header, hashed)] = pair[0]
        return pair[0]

    def forget(self) -> None:
        """Begin anew: look at once whether there are logins, and count no failures of before."""
        self._looked_at = float("-inf")
        self._failures.clear()

    def close(self) -> None:
        """End the thread."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _hash(self, user: str) -> str:
        found = self._home.document(Kind.SECRET, f"{_PREFIX}{user}")
        return "" if found is None else str(found.get("hash", ""))


def credentials(header: str) -> tuple[str, str] | None:
    """User and password of a `Proxy-Authorization` header (RFC 7617); None where it is no such thing."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic" or len(encoded) > _LONGEST:
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError:
        return None
    return (user, password) if colon and user else None


def _digest(header: str, hashed: str) -> bytes:
    return hashlib.blake2b(f"{hashed}\0{header}".encode(), digest_size=16).digest()
