"""The stand-in for a hidden picture: a calm slate with a small closed eye, as a PNG of the same pixel size.

PNG, because `createImageBitmap` refuses SVG. Opaque, so that a blurred preview behind it cannot shine
through. It is written by hand, since the proxy process never loads an image library and a page may
ask for hundreds at once: nearly all of the picture is zero bytes, whose deflated form and checksum are known
without touching them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from functools import cache, lru_cache
from math import ceil, cos, floor, hypot, sin, sqrt, tan

MAX_SIDE = 4096
"""The longest side of a placeholder, pixels; larger pictures are scaled down with their aspect kept."""
UNKNOWN_SIZE = (320, 240)
"""Width and height where the original's are unknown, pixels."""

SLATE = (0x6C, 0x78, 0x87)
"""Nearly as far from white as from black (4.5 : 1 and 4.7 : 1), so that it is quiet on either page."""
MARK = (0xBC, 0xC5, 0xCF)

_SMALLEST_WITH_MARK = 24
_MARK_SIDES = (16, 72)
_SHADES = 16
_LID = 0.95  # radians from the middle of the lid to its corner
_LID_SLOPE = tan(_LID)
_LASHES = (0.0, 0.36, 0.72)  # radians; the mirror adds two
_ZERO_RUN = 1 << 16
_ADLER_BASE = 65521


def _deflated(data: bytes) -> bytes:
    """Return raw deflate blocks (RFC 1951), none of them the last.

    A full flush ends on a byte and forgets what came before, so blocks made apart can stand side by side.
    """
    deflate = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(data) + deflate.flush(zlib.Z_FULL_FLUSH)


_DEFLATED_ZEROS = _deflated(bytes(_ZERO_RUN))


def placeholder(width: int, height: int) -> bytes:
    """Return the PNG that stands in for a picture of this size.

    Args:
        width: the original's pixels; 0 or less where unknown.
        height: as width.

    Returns:
        An opaque PNG of the same size, or of `UNKNOWN_SIZE`, or scaled so that no side is over `MAX_SIDE`;
        the same bytes for the same size. At most about 12 kB.
    """
    return _png(*_fitted(width, height))


def _fitted(width: int, height: int) -> tuple[int, int]:
    if width <= 0 or height <= 0:
        return UNKNOWN_SIZE
    longest = max(width, height)
    if longest <= MAX_SIDE:
        return width, height

    # Integers only: a header may claim more than a float can hold.
    def scaled(side: int) -> int:
        return max(1, (side * MAX_SIDE + longest // 2) // longest)

    return scaled(width), scaled(height)


@lru_cache(maxsize=1024)  # 1,024 of the largest are 12 MB; of usual ones, 0.6 MB
def _png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)  # 4 bits a pixel, palette, not interlaced
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", _palette()),
            _chunk(b"IDAT", _pixels(width, height)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(name)))


@cache
def _palette() -> bytes:
    """Sixteen colours from `SLATE` (0) to `MARK` (15)."""
    last = _SHADES - 1
    return bytes(
        round(slate + (mark - slate) * shade / last)
        for shade in range(_SHADES)
        for slate, mark in zip(SLATE, MARK, strict=True)
    )


def _pixels(width: int, height: int) -> bytes:
    """Return the zlib stream (RFC 1950) of all rows, each a filter byte and the packed pixels.

    Slate is colour 0 and the filter is 0, so all rows above and below the mark are zeros.
    """
    row_bytes = 1 + (width + 1) // 2
    mark = _marked_rows(width, height)
    above = (height - len(mark)) // 2 * row_bytes
    below = (height - len(mark)) * row_bytes - above
    middle = bytes(above % _ZERO_RUN) + b"".join(mark) + bytes(below % _ZERO_RUN)
    # Adler-32 of n zeros after (a, b) is (a, b + n·a); it begins at (1, 0).
    start = above // _ZERO_RUN * _ZERO_RUN % _ADLER_BASE << 16 | 1
    checksum = zlib.adler32(middle, start)
    a, b = checksum & 0xFFFF, checksum >> 16
    b = (b + below // _ZERO_RUN * _ZERO_RUN * a) % _ADLER_BASE
    return b"".join(
        (
            b"\x78\x9c",
            _DEFLATED_ZEROS * (above // _ZERO_RUN),
            _deflated(middle),
            _DEFLATED_ZEROS * (below // _ZERO_RUN),
            b"\x03\x00",  # an empty last block
            struct.pack(">HH", b, a),
        )
    )


def _marked_rows(width: int, height: int) -> list[bytes]:
    """Return the rows that the mark crosses, packed; none where the picture is too small for one."""
    short = min(width, height)
    if short < _SMALLEST_WITH_MARK:
        return []
    smallest, largest = _MARK_SIDES
    drawing = _closed_eye(max(smallest, min(largest, short // 4)))
    left = (width - len(drawing[0])) // 2
    right = 2 * ((width + 1) // 2) - left - len(drawing[0])
    before, after = bytes(1 + left // 2), bytes(right // 2)
    # One hexadecimal digit is one pixel of four bits.
    return [before + bytes.fromhex("0" * (left % 2) + digits + "0" * (right % 2)) + after for digits in drawing]


@cache  # one for each side in `_MARK_SIDES`, 57 in all
def _closed_eye(side: int) -> tuple[str, ...]:
    """Draw a lid with five lashes, `side` pixels wide: rows of hexadecimal digits, `0` slate to `f` mark.

    All strokes have round ends. A pixel's shade is how far its centre lies inside a stroke, clamped to one
    pixel, which is what antialiases it. The origin is the centre of the lid's circle; y runs down, so the lid
    hangs below it.
    """
    half_stroke = max(0.7, side * 0.034)
    radius, lash = side * 0.55, side * 0.15
    corner = radius * sin(_LID), radius * cos(_LID)
    middle, top = side / 2, corner[1] - half_stroke - 0.5
    rows = ceil(radius + lash + half_stroke + 0.5 - top)
    lashes = [(sin(angle), cos(angle)) for angle in _LASHES]
    # How far each pixel of the right half is from the middle of the nearest stroke; the left half mirrors it.
    nearest = [[half_stroke + 1.0] * ((side + 1) // 2) for _ in range(rows)]
    reach = half_stroke + 0.5
    for row, line in enumerate(nearest):
        y = row + 0.5 + top
        outer = sqrt(max(0.0, (radius + reach) ** 2 - y * y))
        inner = sqrt(max(0.0, (radius - reach) ** 2 - y * y))
        for column, x in _centres(inner, outer, middle, len(line)):
            on_lid = x <= y * _LID_SLOPE
            line[column] = abs(hypot(x, y) - radius) if on_lid else hypot(x - corner[0], y - corner[1])
        for sine, cosine in lashes:
            if radius * cosine - reach <= y <= (radius + lash) * cosine + reach:
                for column, x in _centres(radius * sine - reach, (radius + lash) * sine + reach, middle, len(line)):
                    # Along the lash from the circle's centre, cut to its length, and across it.
                    along = min(max(x * sine + y * cosine, radius), radius + lash)
                    away = hypot(x - along * sine, y - along * cosine)
                    if away < line[column]:
                        line[column] = away
    return tuple(_mirrored(line, side, half_stroke) for line in nearest)


def _centres(start: float, end: float, middle: float, columns: int) -> Iterator[tuple[int, float]]:
    """Yield the column, counted from the middle, and its centre's x, for all pixels that touch start…end."""
    offset = middle % 1  # an odd side has a pixel on the axis
    for column in range(max(0, floor(start + offset)), min(columns, ceil(end + offset))):
        yield column, column + 0.5 - offset


def _mirrored(right: list[float], side: int, half_stroke: float) -> str:
    outside, solid, last = half_stroke + 0.5, half_stroke - 0.5, _SHADES - 1
    digits = "".join(
        "0" if away >= outside else "f" if away <= solid else f"{round((outside - away) * last):x}" for away in right
    )
    return digits[:0:-1] + digits if side % 2 else digits[::-1] + digits
