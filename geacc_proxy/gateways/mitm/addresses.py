"""What addresses have brought lately."""

from __future__ import annotations

from cachetools import LRUCache

KNOWN_ADDRESSES = 20_000


class Addresses:
    """Remembers of each address whether it brought a picture, or a text with one, the last time."""

    def __init__(self, size: int = KNOWN_ADDRESSES) -> None:
        self._brought: LRUCache[int, bool] = LRUCache(size)

    def remember(self, url: str, *, picture: bool) -> None:
        """A whole response from `url` was looked at."""
        self._brought[hash(url)] = picture

    def brought_picture(self, url: str) -> bool:
        """Whether a picture is known to come from there."""
        return self._brought.get(hash(url)) is True

    def is_harmless(self, url: str) -> bool:
        """Whether no picture is known to come from there."""
        return self._brought.get(hash(url)) is False
