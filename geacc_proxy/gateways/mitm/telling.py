"""What is told of traffic: pages that were opened, what was closed, and ways round the filter; none of it too often."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from cachetools import TTLCache

from geacc_proxy.home.events import Happening
from geacc_proxy.verdict import Context, Reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.home.home import Home

_PAGE_AGAIN_SECONDS = 5.0
_PART_AGAIN_SECONDS = 300.0
_BYPASS_AGAIN_SECONDS = 600.0
_MOST_REMEMBERED = 10_000
_ENOUGH_DOUBTS = 3


class Tally(Protocol):
    """Counts what the overview shows; returns at once."""

    def page(self, device: str, host: str) -> None:
        """A page was opened."""

    def closed(self, device: str, host: str, reason: Reason) -> None:
        """Something was closed."""


class Telling:
    """Passes it on."""

    def __init__(
        self,
        home: Home,
        tally: Tally | None,
        refused: Callable[[Reason, Context], None] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._home = home
        self._tally = tally
        self._refused = refused
        self._pages: TTLCache[tuple[str, ...], None] = TTLCache(_MOST_REMEMBERED, _PAGE_AGAIN_SECONDS, clock)
        self._parts: TTLCache[tuple[str, ...], None] = TTLCache(_MOST_REMEMBERED, _PART_AGAIN_SECONDS, clock)
        self._doubts: TTLCache[tuple[str, str], int] = TTLCache(_MOST_REMEMBERED, _BYPASS_AGAIN_SECONDS, clock)
        self._bypasses: TTLCache[tuple[str, ...], None] = TTLCache(_MOST_REMEMBERED, _BYPASS_AGAIN_SECONDS, clock)

    def page(self, device: str, host: str) -> None:
        """A page was opened."""
        if self._tally is not None:
            self._tally.page(device, host)

    def closed(self, reason: Reason, context: Context, host: str, *, document: bool) -> None:
        """Something was closed: a line for each page, and one for all parts of a page from the same host.

        Args:
            reason: why.
            context: who asked for what.
            host: that is closed.
            document: whether it was a page.
        """
        told, what = (self._pages, context.url) if document else (self._parts, context.page)
        key = (context.device, reason, what, host)
        if key in told:
            return
        told[key] = None
        if self._tally is not None:
            self._tally.closed(context.device, host, reason)
        if self._refused is not None:
            self._refused(reason, context)

    def distrust(self, device: str, host: str, *, certain: bool) -> None:
        """A device, or a program on it, does not take our certificate for a host.

        Args:
            device: its key.
            host: whose certificate it was.
            certain: whether it has said so. Who only hangs up may have done so for another reason; three times within
                ten minutes are taken for that.
        """
        key = (device, host)
        self._doubts[key] = self._doubts.get(key, 0) + 1
        if certain or self._doubts[key] >= _ENOUGH_DOUBTS:
            self.bypass(device, "certificate", host)

    def bypass(self, device: str, how: str, host: str) -> None:
        """Somebody tried to go round the filter, or could not be filtered; told once in ten minutes.

        Args:
            device: its key.
            how: `certificate`, `doh`, `quic`, `raw` or `relay`.
            host: whom it was about.
        """
        key = (device, how, host)
        if key not in self._bypasses:
            self._bypasses[key] = None
            self._home.events.publish(Happening.BYPASS, device=device, how=how, host=host)
