"""The road of one input: what it is, what it shows, and which pictures lie in it as text."""

from __future__ import annotations

import contextlib
import random
import zlib

from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Target, Undecodable, decode
from geacc_proxy.images.embedded import Embedded, Scanner, TextLimits
from geacc_proxy.images.sniff import sniff

CAPS = Caps(
    bytes=2**20,
    pixels=4_000_000,
    frames=4,
    frame_pixels=8_000_000,
    scan_pixels=20_000_000,
    svg_bytes=2**16,
    tiles=4,
    pictures=8,
    seconds=2.0,
)
"""Low, so that an input costs little and a cap that does not hold is noticed."""

TARGET = Target(32)
_CHARSETS = ("", "utf-8", "utf-16le", "utf-16be", "iso-8859-1", "shift_jis", "no-such-charset")
_MOST_PICTURES = 4


def travel(data: bytes) -> None:
    """Take `data` down the road, as a picture and as a text.

    Raises:
        AssertionError: a text did not come out as it went in.
        Exception: whatever the road raised that it should not have: a finding.
    """
    _decoded(data, "image/svg+xml" if data.lstrip()[:1] == b"<" else "")
    # Chunks and charset depend on the input alone: a finding can be played again.
    chance = random.Random(zlib.crc32(data))  # noqa: S311  (chunk sizes are no secrets)
    pieces = _scanned(data, chance)
    same = b"".join(piece if isinstance(piece, bytes) else piece.original for piece in pieces) == data
    if not same:
        raise AssertionError("the text is not what it was, though no picture in it was replaced")
    embedded = [piece for piece in pieces if isinstance(piece, Embedded)]
    for piece in embedded[:_MOST_PICTURES]:
        piece.replaced(chance.randrange(500), chance.randrange(500))
        for body, content_type in piece.pictures[:_MOST_PICTURES]:
            _decoded(body, content_type)


def _decoded(body: bytes, content_type: str) -> None:
    sniff(body, content_type)
    with contextlib.suppress(Undecodable):
        decode(body, TARGET, CAPS, content_type)


def _scanned(data: bytes, chance: random.Random) -> list[bytes | Embedded]:
    limits = TextLimits(picture_bytes=2**16, pictures=8)
    scanner = Scanner(limits, chance.choice(_CHARSETS))
    pieces: list[bytes | Embedded] = []
    at = 0
    while at < len(data):
        size = chance.choice((1, 7, 64, 1500, 65_536))
        pieces += scanner.feed(data[at : at + size])
        at += size
    return pieces + scanner.close()
