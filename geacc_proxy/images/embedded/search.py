r"""Where in a text a picture may begin, found at about two nanoseconds a byte.

Nearly all text has no picture in it, so this looks for as little as possible, with what runs in C: `data` and a colon,
and, for base64 without `data:`, every fourth byte: a hundred digits in a row leave twenty-five in a row of those.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from geacc_proxy.images.embedded import scheme
from geacc_proxy.images.embedded.base64text import DIGITS, RUN
from geacc_proxy.images.embedded.escapes import end_of

SHORTEST_BARE = 100
"""Bytes of base64, escapes included, from which on it may be a picture without `data:`."""

_STRIDE = 4
_RUN_BYTES = DIGITS + b"\\"
_IN_RUN = b"x" * (SHORTEST_BARE // _STRIDE)
_CLASSES = bytes(0x78 if byte in _RUN_BYTES else 0x20 for byte in range(256))
_LONGER_RUN = re.compile(rb"[A-Za-z0-9+/_\\-]*+")

_PREFIX = re.compile(rb"(?:\\{1,16}+(?:(?:u00|x)(?:0[9aAdD]|2[027cC]|3[aAdD]|60)|[nrt])){0,2}+")
_SLASH = re.compile(rb"[/_]|\\{1,16}+(?:/|(?:x|u00)2[fF])")
_UNFINISHED = re.compile(rb"\\+(?:x[0-9A-Fa-f]?|u[0-9A-Fa-f]{0,3})?\Z")
# JPEG, PNG, GIF, WebP, AVIF and its kin, BMP; `.` is any digit, `*` one that can follow a box's size, `#` half an M.
_MAGIC = (b"/9j/", b"iVBORw0KGgo", b"R0lGOD", b"UklGR", b"AAAA.*Z0eXB", b"Qk#.....AAAAA")
_WILD = {b".": rb"[A-Za-z0-9+/_-]", b"*": rb"[GWm2]", b"#": rb"[0-3]"}


def _pattern(magic: bytes, unfinished: bool) -> bytes:
    """A pattern for the magic, or for each of its beginnings that a text may end with."""
    pattern = b""
    for at in reversed(range(len(magic))):
        byte = magic[at : at + 1]
        pattern = _WILD.get(byte, byte) + (rb"(?:\Z|" + pattern + rb")" if unfinished and pattern else pattern)
    return pattern


_BEGINNING = re.compile(b"|".join(_pattern(magic, unfinished=False) for magic in _MAGIC))
_UNFINISHED_BEGINNING = re.compile(rb"\Z|" + b"|".join(_pattern(magic, unfinished=True) for magic in _MAGIC))
_LONGEST_BEGINNING = 128
_LONGEST_UNKNOWN = 256  # two escapes, too few digits, and the beginning of an escape


@dataclass(frozen=True, slots=True)
class Hit:
    """Where something may begin.

    Attributes:
        at: the place in the text.
        scheme: how long `data:` is as it is written there; 0 for base64 without it.
    """

    at: int
    scheme: int


class Search:
    """A search through what is here of a text, from a place on.

    Args:
        text: all that is here.
        base: from where on; what comes before is done with.
        before: the last byte before `text`, if any.
    """

    def __init__(self, text: bytes | bytearray, base: int, before: bytes) -> None:
        self._text = text
        self._base = base
        self._marks = scheme.marked(text[base:] if base else text)
        self._samples = text[base::_STRIDE].translate(_CLASSES)
        self._before = before
        self._plain: scheme.Place | None = scheme.Place(-1, -1)
        self._escaped: scheme.Place | None = scheme.Place(-1, -1)

    def next(self, at: int) -> Hit | None:
        """The first place from `at` on, or None."""
        base = self._base
        if self._plain is not None and self._plain.begin < at - base:
            self._plain = scheme.plain(self._marks, at - base)
        if self._escaped is not None and self._escaped.begin < at - base:
            self._escaped = scheme.escaped(self._text, self._marks, base, at - base)
        places = [place for place in (self._plain, self._escaped) if place is not None]
        url = min(places, key=lambda place: place.begin, default=None)
        bare = self._next_bare(at, len(self._text) if url is None else base + url.begin)
        if bare is not None:
            return Hit(bare, 0)
        return None if url is None else Hit(base + url.begin, url.end - url.begin)

    def _next_bare(self, at: int, end: int) -> int | None:
        """The first long run of digits that lies between the places and begins like a picture."""
        base = self._base
        last = (end - base) // _STRIDE + 2
        sample = (at - base) // _STRIDE
        while (sample := self._samples.find(_IN_RUN, sample, last)) >= 0:
            # The run begins after the sample before, or before that where `at` is inside it.
            low = max(base, base + (sample - 1) * _STRIDE)
            high = base + sample * _STRIDE + 1
            begin = low + len(self._text[low:high].rstrip(_RUN_BYTES))
            stop = end_of(_LONGER_RUN, self._text, begin)
            whole = begin > low or (begin == base and not self._is_in_run(base))
            if whole and begin >= at and stop - begin >= SHORTEST_BARE:
                head = bytes(self._text[begin : begin + _LONGEST_BEGINNING])
                prefix = end_of(_PREFIX, head, 0)
                magic = begin + prefix
                begins = _BEGINNING.match(_SLASH.sub(b"/", head[prefix:]))
                if begins and end_of(RUN, self._text, magic) - magic >= SHORTEST_BARE:
                    return magic
            sample = (stop - base) // _STRIDE + 1
        return None

    def hold(self, at: int) -> int:
        """From where on the text must wait for more, as what it ends with may be the beginning of a picture."""
        return min(self._unfinished_url(at), self._unfinished_bare(at))

    def _unfinished_url(self, at: int) -> int:
        end = len(self._text)
        low = max(at, end - scheme.LONGEST)
        return end - scheme.unfinished(bytes(self._text[low:]).lower())

    def _is_in_run(self, at: int) -> bool:
        """Whether the byte before `at` belongs to a run."""
        previous = self._text[at - 1 : at] if at else self._before
        return bool(previous) and previous in _RUN_BYTES

    def _unfinished_bare(self, at: int) -> int:
        end = len(self._text)
        low = max(at, self._base, end - _LONGEST_UNKNOWN)
        tail = bytes(self._text[low:end])
        begin = low + len(tail.rstrip(_RUN_BYTES))
        if begin == low and self._is_in_run(low):
            return end  # a longer run: found already, or its beginning is not that of a picture
        head = bytes(self._text[begin:end])
        head = _UNFINISHED.sub(b"", head[end_of(_PREFIX, head, 0) :])
        return begin if begin < end and _UNFINISHED_BEGINNING.match(_SLASH.sub(b"/", head)) else end
