"""How much a picture may cost."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Caps:
    """Limits that hold before memory is spent; beyond them a picture is too large to judge.

    Attributes:
        bytes: of the body, after content decoding.
        pixels: of one frame as the header tells; Pillow's own limits (89 and 179 Mpx) are far too high.
        frames: how many frames of a moving picture are judged.
        frame_pixels: pixels of all the frames that have to be decoded to reach those, a bound on time.
        scan_pixels: pixels times passes of a progressive JPEG, or times the slowness of a slow format, a bound on time.
        svg_bytes: of the source of an SVG, without the pictures inside.
        svg_work: of drawing an SVG, in the estimated milliseconds of `svgwork`; most drawings take a tenth of that.
        tiles: how many parts of a large or very long picture are judged beside the whole.
        pictures: how many pictures one file may hold: sizes of an icon, pages, rasters inside an SVG.
        nesting: how deep pictures may lie within pictures.
        tiny_pixels: a picture of no more pixels shows nothing that could be judged.
        seconds: time to decode, looked at between frames and pictures; the worker's deadline is the hard limit.
    """

    bytes: int = 32 * 2**20
    pixels: int = 50_000_000
    frames: int = 16
    frame_pixels: int = 200_000_000
    scan_pixels: int = 500_000_000
    svg_bytes: int = 4 * 2**20
    svg_work: float = 20_000.0
    tiles: int = 16
    pictures: int = 32
    nesting: int = 3
    tiny_pixels: int = 256
    seconds: float = 8.0

    def quick(self) -> Caps:
        """Caps for the quick lane: nearly every picture of the web is within them, and no trap costs much there."""
        return replace(
            self,
            pixels=min(self.pixels, 12_000_000),
            frame_pixels=min(self.frame_pixels, 12_000_000),
            scan_pixels=min(self.scan_pixels, 20_000_000),
            svg_bytes=min(self.svg_bytes, 64 * 2**10),
            svg_work=min(self.svg_work, 400.0),
            seconds=min(self.seconds, 1.0),
        )
