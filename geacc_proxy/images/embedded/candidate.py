"""What may be a picture, followed from its first byte until it is one or is none."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from geacc_proxy.images.embedded import base64text, rawtext, scheme
from geacc_proxy.images.embedded.base64text import Base64Span
from geacc_proxy.images.embedded.context import Context, Kind
from geacc_proxy.images.embedded.mediatype import Header, MediaType, media_type
from geacc_proxy.images.embedded.piece import Embedded, Form
from geacc_proxy.images.embedded.rawtext import RawSpan
from geacc_proxy.images.embedded.search import SHORTEST_BARE
from geacc_proxy.images.sniff import Format, sniff
from geacc_proxy.verdict import Failure

if TYPE_CHECKING:
    from collections.abc import Callable

_BASE64_HEAD = 8192
_RAW_HEAD = 256
_BINARY = re.compile(rb"%[0189A-Fa-f][0-9A-Fa-f]")
_SHORTEST_UNKNOWN = 32
"""A body declared a picture that is none of a known format is handed out from so many bytes on; with fewer it is what a
script puts something else behind."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a candidate needs to know of the scanner that found it.

    Attributes:
        picture_bytes: how long a span may be.
        inside: finds the pictures inside a text; None where texts lie too deep to be looked into.
    """

    picture_bytes: int
    inside: Callable[[bytes], list[Embedded]] | None


@dataclass(frozen=True, slots=True)
class Skip:
    """No picture.

    Attributes:
        length: after how many bytes from its start to look for the next; at least 1.
    """

    length: int


class Candidate(Protocol):
    """Something that begins like a picture."""

    def advance(self, text: bytes | bytearray, start: int, final: bool) -> Embedded | Skip | None:
        """Go on in `text`, in which it starts at `start`; None where more must come first, never so where `final`."""
        ...


class Bare:
    """Base64 that begins like a picture, without `data:`; `SHORTEST_BARE` bytes of it are known to be here."""

    def __init__(self, context: Context, desk: Desk) -> None:
        # The quote may stand well before, as in a header that was not understood.
        kind = context.kind if context.kind is Kind.PARENTHESIS else Kind.QUOTED
        self._span = Base64Span(0, Context(kind))
        self._desk = desk
        self._known = False

    def advance(self, text: bytes | bytearray, start: int, final: bool) -> Embedded | Skip | None:
        """See `Candidate`."""
        if not self._known and not _begins_like_raster(base64text.decoded(bytes(text[start : start + SHORTEST_BARE]))):
            return Skip(SHORTEST_BARE)
        self._known = True
        if not self._span.advance(text, start, self._desk.picture_bytes, final):
            return None
        written = bytes(text[start : start + self._span.end])
        form = Form(bare=True)
        if failure := _failure(self._span):
            return Embedded(written, (), failure, form)
        body = base64text.decoded(written)
        return Embedded(written, ((body, ""),), None, form) if sniff(body) else Skip(len(written))


class DataUrl:
    """A `data:` URL. Places count from its start.

    Args:
        scheme: how long `data:` is as it is written.
        context: what holds it.
        desk: the scanner's.
    """

    def __init__(self, scheme: int, context: Context, desk: Desk) -> None:
        self._context = context
        self._desk = desk
        self._header = Header(scheme)
        self._begin = 0  # of what follows the comma
        self._form = Form()
        self._media: MediaType | None = None
        self._span: Base64Span | RawSpan | None = None
        self._known = False

    def advance(self, text: bytes | bytearray, start: int, final: bool) -> Embedded | Skip | None:
        """See `Candidate`."""
        media = self._media or self._read_header(text, start, final)
        if not isinstance(media, MediaType):
            return media
        self._media = media
        self._known = self._known or media.is_picture or media.is_text
        if self._span is None:
            if not media.base64 and not self._known:
                head = self._raw_head(text, start, final)
                if head is None:
                    return None
                # No picture is without bytes that an address has to escape; a remainder in a script has others.
                body = rawtext.decoded(head, self._context) if _BINARY.search(head) else b""
                if not _begins_like_raster(body):
                    return Skip(self._begin)
                self._known = True
            span = Base64Span if media.base64 else RawSpan
            self._span = span(self._begin, self._context)
        done = self._span.advance(text, start, self._desk.picture_bytes, final)
        length = self._span.end
        if not self._known and (done or length - self._begin >= _BASE64_HEAD):
            length = min(length, self._begin + _BASE64_HEAD)
            head = bytes(text[start + self._begin : start + length])
            if not sniff(base64text.decoded(head)) and not base64text.is_odd(head):
                return Skip(length)
            self._known = True
        return self._finished(bytes(text[start : start + self._span.end]), media, self._span) if done else None

    def _read_header(self, text: bytes | bytearray, start: int, final: bool) -> MediaType | Skip | None:
        header = self._header
        comma = header.advance(text, start, self._context, final)
        if comma is None:
            return None
        written = bytes(text[start + header.begin : start + header.end])
        # What is last before the comma is the address, or as much of it as tells what it holds.
        later = scheme.last(written)
        if later is not None:
            return Skip(header.begin + later)
        if not comma:
            return Skip(header.begin)
        self._begin = header.end + comma
        self._form = Form(header.begin, header.end)
        return media_type(written)

    def _raw_head(self, text: bytes | bytearray, start: int, final: bool) -> bytes | None:
        """The first bytes of what may be a picture though it is not declared one; None where more must come first."""
        begin = start + self._begin
        window = bytes(text[begin : begin + _RAW_HEAD])
        if b"%" not in window:
            return b"" if final or len(window) == _RAW_HEAD else None
        span = RawSpan(0, self._context)
        span.advance(window, 0, _RAW_HEAD, final=True)
        later = scheme.plain(scheme.marked(window[: span.end]), 0)
        if later is not None:
            return window[: later.begin]
        return window[: span.end] if span.closer or final or len(window) == _RAW_HEAD else None

    def _finished(self, written: bytes, media: MediaType, span: Base64Span | RawSpan) -> Embedded | Skip:
        form = replace(self._form, svg=media.is_svg, base64=media.base64)
        if failure := _failure(span):
            return Embedded(written, (), failure, form)
        payload = written[self._begin :]
        if isinstance(span, Base64Span):
            body = base64text.decoded(payload)
        elif span.context.kind is Kind.PARENTHESIS and span.closer != b")" and b"<" in payload:
            return Skip(len(written))  # `url(` with quotes or white space in it is none (CSS Syntax, 4.3.6)
        else:
            body = rawtext.decoded(payload, self._context)
        if media.is_text and not _drawn(body, media):
            return self._searched(written, body, form)
        if media.is_svg:
            is_picture = b"<" in body
        else:
            is_picture = sniff(body, media.name) is not None or (media.is_picture and len(body) >= _SHORTEST_UNKNOWN)
        return Embedded(written, ((body, media.name),), None, form) if is_picture else Skip(len(written))

    def _searched(self, written: bytes, body: bytes, form: Form) -> Embedded | Skip:
        """What a text inside the text comes to."""
        if self._desk.inside is None:
            if b"data" in body.lower():
                return Embedded(written, (), Failure.UNREADABLE, form)
            return Skip(len(written))
        inner = self._desk.inside(body)
        if not inner:
            return Skip(len(written))
        pictures = tuple(picture for piece in inner for picture in piece.pictures)
        return Embedded(written, pictures, next((piece.failure for piece in inner if piece.failure), None), form)


def _drawn(body: bytes, media: MediaType) -> bool:
    """Whether what is declared a text is a picture, which an `<img>` draws nevertheless."""
    found = sniff(body)
    return found is not None and (found is not Format.SVG or media.is_xml)


def _begins_like_raster(head: bytes) -> bool:
    """Whether a few of its first bytes say a picture of pixels, or leave it open."""
    return head[4:8] == b"ftyp" or sniff(head) not in (None, Format.SVG)


def _failure(span: Base64Span | RawSpan) -> Failure | None:
    if span.cut:
        return Failure.TOO_LARGE
    return Failure.UNREADABLE if isinstance(span, Base64Span) and span.odd else None
