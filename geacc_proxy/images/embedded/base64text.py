"""A picture written in base64: where it ends, and its bytes.

Browsers forgive white space, missing padding and percent escapes (WHATWG Infra, forgiving-base64 decode); scripts
forgive the URL-safe alphabet too.
"""

from __future__ import annotations

import binascii
import re
from contextlib import suppress

from geacc_proxy.images.embedded.context import Context, Kind
from geacc_proxy.images.embedded.escapes import ESCAPE, LONGEST, end_of, plain, unfinished

DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
"""Both alphabets of base64 (RFC 4648, sections 4 and 5)."""

_WHITE = b" \t\r\n\f"
_MOST_PADDING = 4
_CODE = rb"(?:2[BbDdFf]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff])"  # hexadecimal, of a digit
_DECIMAL = rb"(?:4[3578-9]|5[0-7]|6[5-9]|[78][0-9]|90|9[57-9]|1[01][0-9]|12[0-2])"
RUN = re.compile(
    rb"(?:[A-Za-z0-9+/_-]++|\\{1,16}+(?:[/+_-]|(?:x|u00)" + _CODE + rb"|\r?\n)"
    rb"|%" + _CODE + rb"|&(?:#[xX]0{0,24}+" + _CODE + rb"|#0{0,24}+" + _DECIMAL + rb"|sol|plus);)*+"
)
"""Digits, however they are written."""
_SPACE = re.compile(rb"[ \t\r\n\f]*+")
_DESCRIPTOR = re.compile(rb"[0-9]{1,5}(?:\.[0-9]{1,4})?[xwh](?![A-Za-z0-9+/=_-])")
_DESCRIPTOR_REACH = 12
_LINE = re.compile(rb"[A-Za-z0-9+/]{32}|[A-Za-z0-9+/]{1,31}={0,2}\s{0,8}[<\"'`\\&]")  # the last one may be short
_LINE_REACH = 48
_ODD = re.compile(rb"\\{1,16}+[0-9A-Za-z]")
_FEWEST_ODD = 64
_USUAL_SPELLINGS = 12
_MARKS = (b"\\", b"&", b"%")
_STANDARD = bytes.maketrans(b"-_", b"+/")
_OTHERS = bytes(set(range(256)) - set(DIGITS))


class Base64Span:
    """Follows base64 to its end, in whatever pieces it arrives. All positions count from the start of the span.

    Attributes:
        end: where the last character that counts ends, so far.
        cut: whether it ends there because the span may not be longer.
    """

    def __init__(self, at: int, context: Context) -> None:
        self.end = at
        self.cut = False
        self._odd = False
        self._begin = at
        self._at = at
        self._padding = 0
        self._kind = context.kind

    def advance(self, text: bytes | bytearray, start: int, limit: int, final: bool) -> bool:
        """Go on in `text`; return whether the end is known.

        Args:
            text: as much of it as is here.
            start: where in it the span starts.
            limit: how long the span may be.
            final: whether no more will come.
        """
        at = start + self._at
        size = len(text)
        while True:
            if at - start > limit:
                self.cut = self.end > limit
                self.end = min(self.end, limit)
                return True
            self._at = at - start
            if at == size:
                return final
            if not self._padding:
                if self._at > self.end and (stops := self._stops_after_space(text, at, final)) is not False:
                    return stops is True
                end = end_of(RUN, text, at)
                if end > at:
                    at = end
                    self.end = at - start
                    continue
            step = self._step(text, at, final)
            if step is None:
                return False
            if not step:
                return True
            at += step

    def _stops_after_space(self, text: bytes | bytearray, at: int, final: bool) -> bool | None:
        """Whether what follows white space is no part of the picture; None while that cannot be told."""
        here = len(text) - at
        if self._kind is Kind.QUOTED:
            if not text[at : at + 1].isdigit():
                return False
            return _DESCRIPTOR.match(text, at) is not None if final or here >= _DESCRIPTOR_REACH else None
        if text[at] not in DIGITS:
            return False
        return _LINE.match(text, at) is None if final or here >= _LINE_REACH else None

    def _step(self, text: bytes | bytearray, at: int, final: bool) -> int | None:
        """How many bytes to go over, 0 at the end; None where more must come first."""
        byte = text[at]
        if byte in b"=":
            return self._take(1, b"=")
        if byte in _WHITE:
            return end_of(_SPACE, text, at) - at if self._spaced else 0
        if byte not in b"\\&%":
            return 0
        found = ESCAPE.match(text, at)
        if found is not None:
            if not final and unfinished(found, len(text)):
                return None
            return self._take(len(found[0]), plain(found[0]))
        if len(text) - at < LONGEST and not final:
            return None
        odd = _ODD.match(text, at)
        if odd is None or self._padding:
            return 0
        self._odd = True
        return self._take(len(odd[0]), b"")

    def _take(self, length: int, meant: bytes) -> int:
        """Go over `length` bytes that mean `meant`; 0 where that ends the picture."""
        if meant and meant in _WHITE:
            return length if self._spaced else 0
        if meant == b"=":
            self._padding += 1
            if self._padding > _MOST_PADDING:
                return 0
        elif meant and (self._padding or meant not in DIGITS):
            return 0
        self.end = self._at + length
        return length

    @property
    def odd(self) -> bool:
        """Whether it has escapes that only some languages know, such as CSS's `\\57 `, and so no known bytes."""
        return self._odd and self.end - self._begin >= _FEWEST_ODD

    @property
    def _spaced(self) -> bool:
        return not self._padding and self._kind in (Kind.QUOTED, Kind.OPEN)


def decoded(written: bytes) -> bytes:
    """The bytes that base64 with escapes and white space stands for; a single left-over digit is dropped."""
    if any(mark in written for mark in _MARKS):
        written = _unescaped(written)
    elif len(written) % 4 == 0 and b"-" not in written and b"_" not in written:
        with suppress(binascii.Error):  # white space may hide that digits are missing
            return binascii.a2b_base64(written)
    digits = written.translate(_STANDARD, _OTHERS)
    spare = len(digits) % 4
    return binascii.a2b_base64(digits[:-1] if spare == 1 else digits + b"=" * (-spare % 4))


def is_odd(written: bytes) -> bool:
    """Whether there are escapes in it that only some languages know."""
    return b"\\" in written and b"\\" in _unescaped(written)


def _unescaped(written: bytes) -> bytes:
    """Undo the escapes, one spelling at a time: of few spellings there are many, and `replace` is fast."""
    tries = _USUAL_SPELLINGS
    for mark in _MARKS:
        at = written.find(mark)
        while at >= 0:
            found = ESCAPE.match(written, at)
            if found is None or not tries:
                return plain(written)
            tries -= 1
            written = written.replace(found[0], plain(found[0]))
            at = written.find(mark, at)
    return written
