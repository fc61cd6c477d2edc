"""Turning a picture as browsers do."""

from __future__ import annotations

import struct
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
_EXIF = b"Exif\0\0"
_TIFF_HEADER_BYTES, _ENTRY_BYTES = 8, 12
_SIDEWAYS = frozenset({5, 6, 7, 8})
# Pillow tells AVIF's irot and imir as if they were Exif. HEIC, JPEG XL and TIFF come upright from their decoders; the
# others have no orientation that a browser honours.
_TURNED_BY_EXIF = frozenset({Format.JPEG, Format.PNG, Format.WEBP, Format.AVIF})


def orientations(image: Image.Image, kind: Format) -> tuple[int, ...]:
    """Which of Exif's orientations, 1…8, a browser may show `image` in, the likeliest first; 1 is upright.

    Of damaged Exif browsers read what they find, and Pillow reads none.
    """
    if kind not in _TURNED_BY_EXIF:
        return (1,)
    # Pillow would take XMP's word too, which browsers do not.
    for key in ("xmp", "XML:com.adobe.xmp"):
        image.info.pop(key, None)
    try:
        told = image.getexif().get(ExifTags.Base.Orientation, 1)
    except (SyntaxError, ValueError, TypeError, KeyError, struct.error):
        told = 1
    found = [told] if told in _TRANSPOSE else []
    found += _read_loosely(image.info.get("exif") or b"")
    return tuple(dict.fromkeys(found)) or (1,)


def _read_loosely(exif: bytes) -> list[int]:
    """Orientations other than upright in the first directory of `exif`, whatever else is wrong there."""
    tiff = exif.removeprefix(_EXIF)
    order = "<" if tiff.startswith(b"I") else ">"
    if len(tiff) < _TIFF_HEADER_BYTES:
        return []
    start = struct.unpack_from(order + "I", tiff, 4)[0]
    if start + 2 > len(tiff):
        return []
    count = min(struct.unpack_from(order + "H", tiff, start)[0], (len(tiff) - start - 2) // _ENTRY_BYTES)
    entries = (struct.unpack_from(order + "HHIH", tiff, start + 2 + _ENTRY_BYTES * number) for number in range(count))
    return [value for tag, _, _, value in entries if tag == ExifTags.Base.Orientation and value in _TRANSPOSE]


def size_as_shown(size: tuple[int, int], turn: int) -> tuple[int, int]:
    """Width and height after `turn`."""
    return (size[1], size[0]) if turn in _SIDEWAYS else size


def both_ways(found: list[View], turns: tuple[int, ...]) -> list[View]:
    """Views of a picture after the first of `turns`, after the others, and as it is stored.

    Browsers do not agree on which orientations they honour: Chromium heeds neither that of a WebP, nor one behind a
    PNG's pixels, nor one of another type than the standard's.
    """
    first, *others = turns
    if first == 1:
        return found
    back = {6: 8, 8: 6}.get(first, first)
    stored = [replace(view, square=np.asarray(turned(Image.fromarray(view.square), back))) for view in found]
    further = [
        replace(view, square=np.asarray(turned(Image.fromarray(view.square), turn)))
        for turn in others
        for view in stored
    ]
    return [*found, *stored, *further]


def turned(image: Image.Image, turn: int) -> Image.Image:
    """`image` after `turn`."""
    # Squeezing to a square and turning commute, and turning a small square is cheaper.
    for step in _TRANSPOSE.get(turn, ()):
        image = image.transpose(step)
    return image
