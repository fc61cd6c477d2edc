"""A look at a TIFF's directories (TIFF 6.0, section 2) before it is decoded."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from geacc_proxy.images.formats import Format
from geacc_proxy.images.ready import Ready
from geacc_proxy.verdict import Picture

if TYPE_CHECKING:
    from geacc_proxy.images.job import Job

_WIDTH, _HEIGHT, _STRIPS, _TILES = 256, 257, 273, 324
_SHORT = 3
_PIECE_PIXELS = 4096  # what Pillow spends on a strip or tile, in pixels


def look(body: bytes, job: Job) -> Ready:
    """Size of the first page, number of pages, and cost of a TIFF.

    Raises:
        Undecodable: more pages, pixels, strips or tiles than the caps allow.
    """
    order = "<" if body.startswith(b"II") else ">"
    first = Picture(Format.TIFF)
    pages, seen = 0, set()
    at = _number(body, 4, order + "I")
    while at and at not in seen and at + 2 <= len(body):
        seen.add(at)
        count = _number(body, at, order + "H")
        tags = dict(_tag(body, at + 2 + 12 * index, order) for index in range(count))
        picture = Picture(Format.TIFF, tags.get(_WIDTH, (0, 0))[1], tags.get(_HEIGHT, (0, 0))[1])
        if not pages:
            first = picture
        pages += 1
        job.count(1, first)
        job.check_pixels(picture)
        pieces = max(tags.get(_STRIPS, (0, 0))[0], tags.get(_TILES, (0, 0))[0])
        job.check_scans(_PIECE_PIXELS * pieces, f"{pieces} strips or tiles", picture)
        at = _number(body, at + 2 + 12 * count, order + "I")
    return Ready(body, first.width, first.height, pages)


def _tag(body: bytes, at: int, order: str) -> tuple[int, tuple[int, int]]:
    """Number, and count and value."""
    kind = _number(body, at + 2, order + "H")
    value = _number(body, at + 8, order + ("H" if kind == _SHORT else "I"))
    return _number(body, at, order + "H"), (_number(body, at + 4, order + "I"), value)


def _number(body: bytes, at: int, layout: str) -> int:
    size = struct.calcsize(layout)
    return int(struct.unpack(layout, body[at : at + size].ljust(size, b"\0"))[0])
