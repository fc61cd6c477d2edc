r"""A picture or a text written as it is, or percent-encoded: where it ends, and its bytes."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from geacc_proxy.images.embedded.context import Context, Kind, closes
from geacc_proxy.images.embedded.escapes import LONGEST, unentitied, unslashed

_AMPERSAND = rb"(?:&|\\{1,16}+(?:u0026|x26))(?:amp;){0,4}"
_WORD_ENDS = (
    rb"[\s\"'`>]|\\{1,16}+(?:[nrt]|(?:x|u00)(?:0[9aAdD]|2[027]|3[cCeE]|60))|"
    + _AMPERSAND
    + rb"(?:gt|quot|apos|#34|#39|#[xX]2[27]);"
)
_ENDS = {
    Kind.WORD: re.compile(_WORD_ENDS),
    Kind.OPEN: re.compile(_WORD_ENDS + rb"|<"),
    Kind.PARENTHESIS: re.compile(_WORD_ENDS + rb"|\)"),
}
_QUOTE_NAMES = {b'"': rb"quot|#0*34|#[xX]0*22", b"'": rb"apos|#0*39|#[xX]0*27", b"`": rb"grave|#0*96|#[xX]0*60"}
_MOST_SLASHES = 64
# The first of a `srcset`: no address there has white space in it.
_SRCSET = re.compile(rb"\s*+\S++(?=\s++[0-9]{1,5}(?:\.[0-9]{1,4})?[xwh]\s*+(?:,|\Z))")
_SRCSET_BARE = re.compile(rb"[^\s<]++(?<=,)(?=\s)")
_IN_HTML = re.compile(rb"\A\s*+&(?:lt|#60|#[xX]3[cC]);|=\s*+&(?:quot|apos|#34|#39|#[xX]2[27]);")


@lru_cache(maxsize=64)
def _ends(context: Context) -> re.Pattern[bytes]:
    """What may end a span in this context."""
    if context.kind is not Kind.QUOTED:
        return _ENDS[context.kind]
    if not context.spelling:
        return re.compile(re.escape(context.quote))
    if context.spelling.endswith(b";") or b"&" in context.spelling:
        depth = context.spelling.count(b"amp;")
        names = _QUOTE_NAMES[context.quote]
        spelled = rb"(?:&|\\{1,16}+(?:u0026|x26))(?:amp;){%d}(?:%s);" % (depth, names)
    else:
        slashes = context.spelling.count(b"\\")
        spelled = rb"(?<!\\)\\{%d}(?:x|u00)%02x" % (slashes, context.quote[0])
    return re.compile(re.escape(context.quote) + rb"|" + spelled, re.IGNORECASE)


class RawSpan:
    """Follows text to what ends it, in whatever pieces it arrives. All positions count from the start of the span.

    Attributes:
        end: where it ends; known when `advance` says so.
        cut: whether it ends there because the span may not be longer.
        closer: what ends it; empty where it ends with the text.
        context: what holds it.
    """

    def __init__(self, at: int, context: Context) -> None:
        self.end = at
        self.cut = False
        self.closer = b""
        self._begin = at
        self._at = at
        self.context = context
        self._ends = _ends(context)

    def advance(self, text: bytes | bytearray, start: int, limit: int, final: bool) -> bool:
        """Go on in `text`; return whether the end is known. Arguments as for `Base64Span.advance`."""
        at = start + self._at
        found = self._ends.search(text, at)
        while found is not None and not self._closes(text, start, found):
            at = found.end()
            found = self._ends.search(text, at)
        if found is not None:
            self.closer = found[0]
        elif not final and len(text) - start <= limit + _MOST_SLASHES + LONGEST:  # what ends it may begin before
            single = self.context.kind is Kind.QUOTED and not self.context.spelling
            self._at = len(text) - start if single else max(at - start, len(text) - start - LONGEST)
            return False
        else:
            self.end = len(text) - start
        if self.end > limit:
            self.end, self.cut, self.closer = limit, True, b""
        elif self.context.kind is Kind.QUOTED:
            self._trim(bytes(text[start + self._begin : start + self.end]))
        return True

    def _closes(self, text: bytes | bytearray, start: int, found: re.Match[bytes]) -> bool:
        at = found.start()
        self.end = at - start
        if len(found[0]) > 1:
            return True
        before = bytes(text[max(start + self._begin, at - _MOST_SLASHES) : at])
        slashes = len(before) - len(before.rstrip(b"\\"))
        context = self.context
        if context.kind is Kind.QUOTED and not context.spelling:
            self.end -= min(slashes, (1 << context.level) - 1) if slashes % 2 else 0
            return closes(context.level, slashes)
        if found[0] == b")":
            return slashes % 2 == 0
        self.end -= slashes
        return True

    def _trim(self, written: bytes) -> None:
        """Leave what follows the first of several in a `srcset`."""
        found = _SRCSET.match(written) or _SRCSET_BARE.match(written)
        if found is not None:
            self.end = self._begin + len(found[0].rstrip(b","))


def decoded(written: bytes, context: Context) -> bytes:
    """The bytes that text with escapes stands for.

    Entities may be HTML's, which the browser undoes before it sees the address, or belong to an SVG that stands there
    as it is; only the former would stand for the first `<` or for the quotes of attributes.
    """
    written = unslashed(written)
    if context.spelling.endswith(b";") or _IN_HTML.search(written):
        written = unentitied(written)
    return unquote_to_bytes(written)
