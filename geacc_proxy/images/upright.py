"""Turning a picture as browsers do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image

from geacc_proxy.images.formats import Format

if TYPE_CHECKING:
    from geacc_proxy.images.outcome import View

_TRANSPOSE = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
_SIDEWAYS = frozenset({5, 6, 7, 8})
# Pillow tells AVIF's irot and imir as if they were Exif. HEIC, JPEG XL and TIFF come upright from their decoders; the
# others have no orientation that a browser honours.
_TURNED_BY_EXIF = frozenset({Format.JPEG, Format.PNG, Format.WEBP, Format.AVIF})


def orientation(image: Image.Image, kind: Format) -> int:
    """Which of Exif's orientations, 1…8, a browser shows `image` in; 1 is upright."""
    if kind not in _TURNED_BY_EXIF:
        return 1
    # Pillow would take XMP's word too, which browsers do not.
    for key in ("xmp", "XML:com.adobe.xmp"):
        image.info.pop(key, None)
    turn = image.getexif().get(ExifTags.Base.Orientation, 1)
    return turn if turn in _TRANSPOSE else 1


def size_as_shown(size: tuple[int, int], turn: int) -> tuple[int, int]:
    """Width and height after `turn`."""
    return (size[1], size[0]) if turn in _SIDEWAYS else size


def both_ways(found: list[View], turn: int) -> list[View]:
    """Views of a picture after `turn`, and as it is stored: browsers do not agree on which orientations they honour.

    Chromium heeds neither that of a WebP, nor one behind a PNG's pixels, nor one of another type than the standard's.
    """
    if turn == 1:
        return found
    back = {6: 8, 8: 6}.get(turn, turn)
    return [*found, *(replace(view, square=np.asarray(turned(Image.fromarray(view.square), back))) for view in found)]


def turned(image: Image.Image, turn: int) -> Image.Image:
    """`image` after `turn`."""
    # Squeezing to a square and turning commute, and turning a small square is cheaper.
    for step in _TRANSPOSE.get(turn, ()):
        image = image.transpose(step)
    return image
