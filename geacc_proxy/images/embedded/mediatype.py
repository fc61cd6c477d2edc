"""What stands between `data:` and the comma."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from geacc_proxy.images.embedded.context import Context, Kind
from geacc_proxy.images.embedded.escapes import ESCAPE, LONGEST, end_of, plain, unfinished

LONGEST_HEADER = 1024
"""Bytes between the colon and the comma; with more it is taken for something else."""

_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+*-]+")
_PLAIN = re.compile(rb"[A-Za-z0-9!#$^_.+/;=*%:|~@-]*+")
_CSS = re.compile(rb"\\{1,16}+([0-9A-Fa-f]{1,6})[ \t\n]?")
_NEVER = b"\"'`<>(){}"
_TEXTS = re.compile(
    r"text/(?!plain\b).*|application/(?:json|xml|javascript|x-javascript|ecmascript|manifest)|.*\+(?:xml|json)"
)


class Header:
    """Follows what stands between the colon and the comma, in whatever pieces it arrives.

    Places count from the start of the `data:` URL.

    Attributes:
        begin: where it begins.
        end: where the comma begins, or where it turned out to be no header.
    """

    def __init__(self, begin: int) -> None:
        self.begin = begin
        self.end = begin

    def advance(self, text: bytes | bytearray, start: int, context: Context, final: bool) -> int | None:
        """Go on in `text`.

        Returns:
            How long the comma is, or 0 where this is no header, or None where more must come first.
        """
        last = start + self.begin + LONGEST_HEADER
        at = start + self.end
        size = len(text)
        while True:
            at = end_of(_PLAIN, text, at, last)
            self.end = at - start
            if at >= last:
                return 0
            if at == size:
                return 0 if final else None
            byte = text[at : at + 1]
            if byte == b",":
                return 1
            if byte in b"\\&":
                escape = ESCAPE.match(text, at)
                if escape is None:
                    if not final and size - at < LONGEST:
                        return None
                    css = _CSS.match(text, at)
                    if css is None:
                        return 0
                    if int(css[1], 16) == 0x2C:
                        return len(css[0])
                    at = css.end()
                    continue
                if not final and unfinished(escape, size):
                    return None
                meant = plain(escape[0])
                if meant == b",":
                    return len(escape[0])
                if meant and meant in _NEVER:
                    return 0
                at = escape.end()
            elif context.kind is Kind.QUOTED and byte != context.quote and byte not in b"<>{}":
                at += 1
            else:
                return 0


@dataclass(frozen=True, slots=True)
class MediaType:
    """What a `data:` URL says of itself.

    Attributes:
        name: type and subtype, lower case; empty where there is none.
        base64: whether the rest is base64.
    """

    name: str
    base64: bool

    @property
    def is_picture(self) -> bool:
        """Whether it is declared a picture."""
        return self.name.startswith("image/")

    @property
    def is_svg(self) -> bool:
        """Whether it is declared an SVG."""
        return self.name == "image/svg+xml"

    @property
    def is_text(self) -> bool:
        """Whether it is a text that may hold pictures of its own."""
        return not self.is_picture and _TEXTS.fullmatch(self.name) is not None

    @property
    def is_xml(self) -> bool:
        """Whether an SVG would be drawn although it is not declared one."""
        return self.name.endswith("xml")


@lru_cache(maxsize=256)
def media_type(written: bytes) -> MediaType:
    """Parse a header, without its comma.

    `base64` may stand anywhere among the parameters, as Chromium has it.
    """
    written = _CSS.sub(lambda found: b"%c" % (int(found[1], 16) & 0x7F), plain(written))
    parts = "".join(written.decode("latin-1").lower().split()).split(";")
    name = parts[0] if _TYPE.fullmatch(parts[0]) else ""
    return MediaType(name, "base64" in parts[1:])
