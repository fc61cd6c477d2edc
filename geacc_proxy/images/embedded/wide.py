"""Text in UTF-16, scanned as if each code unit were a byte."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from geacc_proxy.images.embedded.piece import Embedded

if TYPE_CHECKING:

    class _Narrow(Protocol):
        def feed(self, chunk: bytes) -> list[bytes | Embedded]: ...
        def close(self) -> list[bytes | Embedded]: ...


_NAMES = {
    "utf-16": "utf-16-le",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "unicode": "utf-16-le",
    "unicodefeff": "utf-16-le",
    "unicodefffe": "utf-16-be",
    "ucs-2": "utf-16-le",
    "iso-10646-ucs-2": "utf-16-le",
    "csunicode": "utf-16-le",
}
"""Labels of the two encodings (WHATWG Encoding, section 4.2)."""
_NOT_LATIN = re.compile(rb"[^\0]++")


def utf16(charset: str) -> str:
    """The codec's name, `utf-16-le` or `utf-16-be`, or empty where `charset` is neither."""
    return _NAMES.get(charset.strip().strip("\"'").lower(), "")


class WideScanner:
    """Has `scanner` look at one byte for each code unit, and hands out the units."""

    def __init__(self, scanner: _Narrow, charset: str) -> None:
        self._scanner = scanner
        self._charset = charset
        self._low = 0 if charset == "utf-16-le" else 1
        self._odd = b""
        self._units = bytearray()

    def feed(self, chunk: bytes) -> list[bytes | Embedded]:
        """See `Scanner.feed`."""
        units = self._odd + chunk
        even = len(units) & ~1
        self._odd = units[even:]
        units = units[:even]
        self._units += units
        return self._widened(self._scanner.feed(self._narrow(units)))

    def close(self) -> list[bytes | Embedded]:
        """See `Scanner.close`; half a unit at the end is handed out as it is."""
        return self._widened(self._scanner.close()) + ([self._odd] if self._odd else [])

    def _narrow(self, units: bytes) -> bytes:
        low, high = units[self._low :: 2], units[1 - self._low :: 2]
        if not high.strip(b"\0"):
            return low
        # No character of ASCII; a byte order mark is not white space either.
        narrow = bytearray(low)
        for found in _NOT_LATIN.finditer(high):
            narrow[found.start() : found.end()] = b"\x80" * len(found[0])
        return bytes(narrow)

    def _widened(self, pieces: list[bytes | Embedded]) -> list[bytes | Embedded]:
        wide: list[bytes | Embedded] = []
        at = 0
        for piece in pieces:
            length = 2 * len(piece.original if isinstance(piece, Embedded) else piece)
            units = bytes(self._units[at : at + length])
            at += length
            if isinstance(piece, Embedded):
                wide.append(replace(piece, original=units, form=replace(piece.form, charset=self._charset)))
            else:
                wide.append(units)
        del self._units[:at]
        return wide
