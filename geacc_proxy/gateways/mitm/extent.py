"""How much of a whole a response brings: `206 Partial Content` (RFC 9110, section 15.3.7)."""

from __future__ import annotations

import re
from enum import Enum

_RANGE = re.compile(rb"\s*bytes\s+(\d{1,19})-(\d{1,19})/(\d{1,19}|\*)\s*", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_PIECE_TYPE = re.compile(rb"^content-type:\s*([^\s;]*)", re.IGNORECASE | re.MULTILINE)


class Extent(Enum):
    """The share of a whole that a body is."""

    WHOLE = "all of it"
    BEGINNING = "its first bytes, or it does not say which"
    MIDDLE = "bytes from further on"
    SEVERAL = "several pieces, each with headers of its own"


def extent(status: int, content_type: str, content_range: bytes) -> Extent:
    """Read what a response says of itself.

    Args:
        status: HTTP status code.
        content_type: without parameters, lower case.
        content_range: the header's value; empty where absent.
    """
    if status != 206:
        return Extent.WHOLE
    if content_type == "multipart/byteranges":
        return Extent.SEVERAL
    said = _RANGE.fullmatch(content_range)
    if said is None:
        return Extent.BEGINNING
    first, last, total = said.groups()
    if int(first) > 0:
        return Extent.MIDDLE
    return Extent.WHOLE if total != b"*" and int(last) + 1 == int(total) else Extent.BEGINNING


def first_piece(head: bytes) -> tuple[str, bytes]:
    """Declared type and first bytes of the first of several pieces (RFC 9110, section 14.6).

    Args:
        head: the beginning of a `multipart/byteranges` body.
    """
    start = max(0, head.find(b"--"))  # nothing has to stand before the first boundary, and something may
    blank = _BLANK_LINE.search(head, start)
    if blank is None:
        return "", b""
    declared = _PIECE_TYPE.search(head, start, blank.start())
    return declared[1].lower().decode("latin-1") if declared else "", head[blank.end() :]
