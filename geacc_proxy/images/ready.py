"""A body whose structure has been looked at, ready for a decoder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ready:
    """What a look at the structure gave, before a pixel was decoded.

    Attributes:
        body: as it came, or mended so that a decoder takes what a browser takes.
        width: as stored, pixels; 0 where only the decoder knows.
        height: as width.
        frames: how many frames or pages there are; 0 where only the decoder knows.
        cut_short: whether the body ended too soon, and was made longer.
    """

    body: bytes
    width: int = 0
    height: int = 0
    frames: int = 0
    cut_short: bool = False
