"""A look at a JPEG's markers (ITU-T T.81, Annex B) before it is decoded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from geacc_proxy.images.formats import Format
from geacc_proxy.images.outcome import Undecodable
from geacc_proxy.images.ready import Ready
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geacc_proxy.images.job import Job

_MARKER = re.compile(rb"\xff+([\x01-\xfe])")
_START_OF_SCAN = 0xDA
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = re.compile(rb"\xff[\xc2\xc6\xca\xce]")
_SEQUENTIAL = frozenset({0xC0, 0xC1, 0xC9})
_EXIF, _EXIF_WORD = 0xE1, b"Exif\0\0"
_PICTURES = 0xE2  # APP2, where a file of several pictures has their list
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_END_OF_IMAGE = b"\xff\xd9"
_MOST_FEWER_SCANS = 12  # an encoder's usual progression has ten
_MOST_SEGMENTS = 4096  # before the first scan; a profile and an Exif of the largest size take some 300
_MOST_FILLING = 4096  # bytes; more is taken out, since Pillow reads it one by one (400 KB take half a second)


def look(body: bytes, job: Job) -> Ready:
    """Size and cost of a JPEG.

    Raises:
        Undecodable: more pixels, scans or segments than the caps allow.
    """
    width = height = segments = filling = 0
    one_pass, components = True, b""
    pieces = [body[:2]]
    at = 2
    while found := _MARKER.search(body, at):
        filling += found.start(1) - 1 - at
        code, at = found[1][0], found.end()
        if code == _START_OF_SCAN:
            one_pass = one_pass and body[at + 2 : at + 3] == components
            break
        length = 0 if code in _WITHOUT_LENGTH else int.from_bytes(body[at : at + 2])
        if code in _SIZES:
            # The largest of several: a decoder takes one of them.
            height = max(height, int.from_bytes(body[at + 3 : at + 5]))
            width = max(width, int.from_bytes(body[at + 5 : at + 7]))
            components = body[at + 7 : at + 8]
            one_pass = one_pass and code in _SEQUENTIAL
        elif code == _EXIF and body[at + 2 : at + 8] != _EXIF_WORD and body.startswith(_EXIF_WORD[:5], at + 2):
            body = body[: at + 7] + b"\0" + body[at + 8 :]  # a byte that browsers overlook and Pillow does not
        elif code == _PICTURES and body.startswith(b"MPF\0", at + 2):
            one_pass = False
        pieces.append(body[at - 2 : at + length])
        at += length
        segments += 1
        if segments > _MOST_SEGMENTS:
            raise Undecodable(Failure.TOO_LARGE, f"more than {_MOST_SEGMENTS} segments", Picture(Format.JPEG))
    picture = Picture(Format.JPEG, width, height)
    if width and height:
        job.check_pixels(picture)
        # Every scan of a progressive picture is a pass over all of it. Coded data cannot hold a marker, so no scan is
        # missed; those of further pictures in the file are decoded as well.
        if not one_pass:
            scans = body.count(b"\xff\xda", at - 2)
            job.check_scans(scans * width * height, f"{scans} scans of {width}×{height}", picture)
    if filling > _MOST_FILLING:
        body = b"".join((*pieces, body[at - 2 :]))
    return Ready(body, width, height)


def is_progressive(body: bytes) -> bool:
    """Whether `body` may be of several passes over the whole picture: never missed, and told too often if damaged."""
    return _PROGRESSIVE.search(body, 0, max(0, body.rfind(b"\xff\xda"))) is not None


def with_fewer_scans(body: bytes) -> Iterator[bytes]:
    """`body` ended before its last scan, before the one before that, and so on; the first scan remains."""
    end = len(body)
    for _ in range(_MOST_FEWER_SCANS):
        end = body.rfind(b"\xff\xda", 2, end)
        if end < 0 or body.find(b"\xff\xda", 2, end) < 0:
            return
        yield body[:end] + _END_OF_IMAGE
