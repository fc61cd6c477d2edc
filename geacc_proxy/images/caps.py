"""How much a picture may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caps:
    """Limits that hold before memory is spent; beyond them a picture is too large to judge.

    Attributes:
        bytes: of the body, after content decoding.
        pixels: of one frame as the header tells; Pillow's own limits (89 and 179 Mpx) are far too high.
        frames: how many frames of a moving picture are judged.
        frame_pixels: pixels of all the frames that have to be decoded to reach those, a bound on time.
    """

    bytes: int = 32 * 2**20
    pixels: int = 50_000_000
    frames: int = 8
    frame_pixels: int = 200_000_000
