"""A picture made unrecognisable. In sandboxed workers only: it parses what the internet sent.

However it is drawn, all that is left of a picture are the mean colours of a few cells, laid over it as a grid:

| manner | cells along the longer side, at most | drawn as |
|---|---|---|
| `BLUR` | 8 | a JPEG of the picture's own size, one cell flowing into the next |
| `PIXELATE` | 10 | a PNG of the picture's own size, each cell a block of one colour |
| `THUMBNAIL` | 12 | a JPEG of 64 pixels at most, one cell flowing into the next |
| `CLEARER` | 24 | a JPEG of 96 pixels at most, one cell flowing into the next |

A cell is never smaller than 4 × 4 pixels of the picture, so that of a small one no more is left. What is drawn is drawn
anew from those colours: nothing that came with the picture, such as Exif or a profile, can be in it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, JpegImagePlugin, PngImagePlugin
from PIL.Image import Resampling

from geacc_proxy.images.decode import Target, decode
from geacc_proxy.images.manner import Manner
from geacc_proxy.images.placeholder import MAX_SIDE

if TYPE_CHECKING:
    from geacc_proxy.images.caps import Caps

# Their modules are imported now: in the sandbox nothing can be imported any more.
_JPEG, _PNG = JpegImagePlugin.JpegImageFile.format, PngImagePlugin.PngImageFile.format
Image.preinit()

_TARGET = Target(96, Resampling.BOX)
_SMALLEST_CELL = 4
_QUALITY = 60


@dataclass(frozen=True, slots=True)
class _Style:
    """How a manner draws.

    Attributes:
        side: pixels of the longer side, at most.
        cells: along the longer side, at most.
        aspect: how many times as long as the other a side may be; what is longer is squeezed.
        blocks: hard edges between cells.
    """

    side: int
    cells: int
    aspect: float = float("inf")
    blocks: bool = False


_STYLES = {
    Manner.BLUR: _Style(MAX_SIDE, 8),
    Manner.PIXELATE: _Style(MAX_SIDE, 10, blocks=True),
    Manner.THUMBNAIL: _Style(64, 12, aspect=4),
    Manner.CLEARER: _Style(96, 24, aspect=4),
}


def depict(body: bytes, content_type: str, caps: Caps, manner: Manner) -> bytes:
    """What is left of a picture: its first frame, upright, on white where it is transparent.

    Args:
        body: after content decoding.
        content_type: as declared, without parameters; empty where it was not.
        caps: as for judging.
        manner: how.

    Returns:
        A PNG for `PIXELATE`, else a JPEG; opaque, without metadata; the same bytes for the same body.

    Raises:
        Undecodable: no picture, too small to show anything, broken, or beyond `caps`.
    """
    found = decode(body, _TARGET, replace(caps, frames=2, tiles=0), content_type)
    style = _STYLES[manner]
    size, grid = _geometry(found.picture.width, found.picture.height, style)
    cells = Image.fromarray(found.frames[0]).resize(grid, Resampling.BOX)
    return _blocks(cells, size) if style.blocks else _flowing(cells, size)


def _geometry(width: int, height: int, style: _Style) -> tuple[tuple[int, int], tuple[int, int]]:
    """Pixels to draw, and cells; both across and down."""
    longest = style.aspect * min(width, height)
    wide, high = min(width, longest), min(height, longest)
    scale = min(1.0, style.side / max(wide, high))
    fineness = style.cells / max(wide, high)
    size = max(1, round(wide * scale)), max(1, round(high * scale))
    across = min(round(wide * fineness), width // _SMALLEST_CELL)
    down = min(round(high * fineness), height // _SMALLEST_CELL)
    return size, (max(1, across), max(1, down))


def _blocks(cells: Image.Image, size: tuple[int, int]) -> bytes:
    numbers = np.arange(cells.width * cells.height, dtype=np.uint8).reshape(cells.height, cells.width)
    blocks = Image.fromarray(numbers)
    blocks.putpalette(cells.tobytes())
    return _encoded(blocks.resize(size, Resampling.NEAREST), _PNG)


def _flowing(cells: Image.Image, size: tuple[int, int]) -> bytes:
    return _encoded(cells.resize(size, Resampling.BICUBIC), _JPEG, quality=_QUALITY, optimize=True)


def _encoded(image: Image.Image, format_: str, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()
