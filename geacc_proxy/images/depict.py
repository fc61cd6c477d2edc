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
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PIL.Image import Resampling

from geacc_proxy.images.decode import Target, decode
from geacc_proxy.images.manner import Manner

if TYPE_CHECKING:
    from geacc_proxy.images.caps import Caps

Image.preinit()  # now: in the sandbox nothing can be imported any more

_TARGET = Target(96, Resampling.BOX)
_CELLS = {Manner.BLUR: 8, Manner.PIXELATE: 10, Manner.THUMBNAIL: 12, Manner.CLEARER: 24}
_SMALLEST_CELL = 4
_QUALITY = 60


def depict(body: bytes, content_type: str, caps: Caps, manner: Manner) -> bytes:
    """What is left of a picture: its first frame, upright, on white where it is transparent.

    Args:
        body: after content decoding.
        content_type: as declared, without parameters; empty where it was not.
        caps: as for judging.
        manner: how.

    Returns:
        A PNG for `PIXELATE`, else a JPEG, of `manner.size` pixels; opaque, without metadata; the same bytes for the
        same body. About 130 kB at most, since nearly all of a large one is the same.

    Raises:
        Undecodable: no picture, too small to show anything, broken, or beyond `caps`.
    """
    found = decode(body, _TARGET, replace(caps, frames=1, tiles=0), content_type)
    shown = found.picture.width, found.picture.height
    size = manner.size(*shown)
    cells = Image.fromarray(found.frames[0]).resize(_grid(shown, size, manner), Resampling.BOX)
    return _blocks(cells, size) if manner is Manner.PIXELATE else _flowing(cells, size)


def _grid(shown: tuple[int, int], size: tuple[int, int], manner: Manner) -> tuple[int, int]:
    """How many cells there are, across and down."""
    longest = max(size)
    across, down = (
        max(1, min(round(_CELLS[manner] * drawn / longest), side // _SMALLEST_CELL))
        for drawn, side in zip(size, shown, strict=True)
    )
    return across, down


def _blocks(cells: Image.Image, size: tuple[int, int]) -> bytes:
    numbers = np.arange(cells.width * cells.height, dtype=np.uint8).reshape(cells.height, cells.width)
    blocks = Image.fromarray(numbers)
    blocks.putpalette(cells.tobytes())
    return _encoded(blocks.resize(size, Resampling.NEAREST), "PNG")


def _flowing(cells: Image.Image, size: tuple[int, int]) -> bytes:
    return _encoded(cells.resize(size, Resampling.BICUBIC), "JPEG", quality=_QUALITY, optimize=True)


def _encoded(image: Image.Image, format_: str, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()
