"""A depiction on its way from a worker that may have been taken over: looked at by its header, and never decoded here.

It is taken for what it says it is only if there is nothing else: a PNG or a baseline JPEG, of a size that was asked
for, without a segment that could hold more than pixels.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from geacc_proxy.classify import answers
from geacc_proxy.images.manner import Manner
from geacc_proxy.verdict import Unjudged

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 2**18
"""Of one depiction; the largest take half of that."""

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNKS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})
_JPEG = b"\xff\xd8"
_TABLES = frozenset({0xDB, 0xC4})  # DQT, DHT
_JFIF, _JFIF_BYTES = 0xE0, 16
_BASELINE, _START_OF_SCAN = 0xC0, 0xDA
_END = b"\xff\xd9"


def read(answer: bytes, manner: Manner) -> bytes | Unjudged:
    """What a worker answered when it was asked to depict.

    Raises:
        ValueError: nothing that such a worker answers.
    """
    if answer.startswith(b"{"):
        said = answers.read(answer)
        if not isinstance(said, Unjudged):
            raise ValueError("scores, where a picture was asked for")
        return said
    width, height = size(answer)
    if answer.startswith(_PNG) is not (manner is Manner.PIXELATE) or 0 in (width, height):
        raise ValueError("a picture that nobody asked for")
    if max(width, height) > manner.longest:
        raise ValueError(f"{width}×{height}, where {manner.longest} pixels a side were asked for")
    return answer


def size(drawn: bytes) -> tuple[int, int]:
    """Width and height as the header tells them.

    Raises:
        ValueError: neither a plain PNG nor a plain baseline JPEG.
    """
    try:
        return _png_size(drawn) if drawn.startswith(_PNG) else _jpeg_size(drawn)
    except (struct.error, IndexError) as error:
        raise ValueError("a header that is cut short") from error


def _png_size(drawn: bytes) -> tuple[int, int]:
    kinds = list(_chunks(drawn))
    if kinds[0] != b"IHDR" or kinds[-1] != b"IEND" or not _PNG_CHUNKS.issuperset(kinds):
        raise ValueError("a PNG with more than pixels in it")
    width, height = struct.unpack_from(">II", drawn, len(_PNG) + 8)
    return width, height


def _chunks(drawn: bytes) -> Iterator[bytes]:
    at = len(_PNG)
    while at < len(drawn):
        length, kind = struct.unpack_from(">I4s", drawn, at)
        at += length + 12
        yield kind
    if at > len(drawn):
        raise ValueError("a PNG that is cut short")


def _jpeg_size(drawn: bytes) -> tuple[int, int]:
    if not (drawn.startswith(_JPEG) and drawn.endswith(_END)):
        raise ValueError("no picture")
    at, found = len(_JPEG), (0, 0)
    while True:
        filler, code, length = struct.unpack_from(">BBH", drawn, at)
        if filler != 0xFF:
            raise ValueError("no marker where there should be one")
        if code == _START_OF_SCAN:
            return found
        if code == _BASELINE:
            height, width = struct.unpack_from(">HH", drawn, at + 5)
            found = width, height
        elif code not in _TABLES and not (code == _JFIF and length == _JFIF_BYTES):
            raise ValueError("a JPEG with more than pixels in it")
        at += 2 + length
