"""Tiny pictures are not judged, so there must not be enough of them on a page to be put together into one that is not.

The count is of different tiny pictures: a page that repeats an icon a thousand times has one.
"""

from __future__ import annotations

from cachetools import TTLCache

MOST_PIECES = 64
"""How many different tiny pictures a page may show; with 256 pixels each, together 128×128 pixels."""
_PAGES = 2_000
_SECONDS = 600.0


class Pieces:
    """Counts different tiny pictures by page, for ten minutes after the page's first."""

    def __init__(self, most: int = MOST_PIECES) -> None:
        self._most = most
        self._by_page: TTLCache[tuple[str, str], set[str]] = TTLCache(_PAGES, _SECONDS)

    def may_show(self, device: str, page: str, digest: str) -> bool:
        """Whether a page on a device may show one more, named by its digest; once it may, it always may."""
        key = (device, page)
        shown = self._by_page.get(key)
        if shown is None:
            shown = self._by_page[key] = set()
        if digest in shown:
            return True
        if len(shown) >= self._most:
            return False
        shown.add(digest)
        return True
