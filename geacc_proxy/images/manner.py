"""How a hidden picture may be shown, never as it is: pure geometry. `depict` draws it, in workers."""

from __future__ import annotations

from enum import StrEnum

from geacc_proxy.images.placeholder import MAX_SIDE

_MOST_ASPECT = 4
"""How many times as long as the other a side of a small one may be; what is longer is squeezed."""


class Manner(StrEnum):
    """The ways."""

    BLUR = "blur"
    PIXELATE = "pixelate"
    THUMBNAIL = "thumbnail"
    """Shrunken and blurred, for the block log."""
    CLEARER = "clearer"
    """As THUMBNAIL, a little less so."""

    @property
    def longest(self) -> int:
        """Pixels of the longer side, at most."""
        return _LONGEST.get(self, MAX_SIDE)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of what is drawn of a picture, pixels; never more than the picture has.

        Args:
            width: as shown, at least 1.
            height: as width.
        """
        if self in _LONGEST:
            width, height = min(width, _MOST_ASPECT * height), min(height, _MOST_ASPECT * width)
        longest = max(width, height)
        if longest <= self.longest:
            return width, height
        # Integers only: a header may claim more than a float can hold.
        across, down = ((side * self.longest + longest // 2) // longest for side in (width, height))
        return max(1, across), max(1, down)


_LONGEST = {Manner.THUMBNAIL: 64, Manner.CLEARER: 96}
