"""How much is held at a time, all told."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow


class Ledger:
    """Counts the bytes of bodies that are held, so that many large ones at once cannot fill the memory."""

    def __init__(self, most: int) -> None:
        """Allow `most` bytes at a time."""
        self._most = most
        self._sizes: WeakKeyDictionary[HTTPFlow, int] = WeakKeyDictionary()

    @property
    def total(self) -> int:
        """Bytes that are held now."""
        return sum(self._sizes.values())

    def may_hold(self, flow: HTTPFlow, size: int) -> bool:
        """Note that the flow's body has grown to `size` bytes; whether there is room for it."""
        # Summed each time: a flow that is dropped without a word leaves the sum by itself, and few are held at a time.
        if self.total - self._sizes.get(flow, 0) + size > self._most:
            return False
        self._sizes[flow] = size
        return True

    def forget(self, flow: HTTPFlow) -> None:
        """The flow's body is held no longer."""
        self._sizes.pop(flow, None)
