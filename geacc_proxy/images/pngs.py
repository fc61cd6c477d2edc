"""A look at a PNG's chunks (PNG, third edition, section 5) before it is decoded."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from geacc_proxy.images.backgrounds import plain
from geacc_proxy.images.formats import Format
from geacc_proxy.images.outcome import Undecodable
from geacc_proxy.images.ready import Ready
from geacc_proxy.images.views import views
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from geacc_proxy.images.job import Job
    from geacc_proxy.images.outcome import View

_SIGNATURE_BYTES = 8
_MOST_CHUNKS = 16_384  # encoders write 8 KB or more in one
_INTERLACED = 28  # where the header says so
_LATTICES = ((8, 8), (4, 4), (2, 2), (2, 1))  # every so many rows and columns are there after a pass
_DATA = frozenset({b"IDAT", b"fdAT"})
_SEQUENCE_BYTES = 4  # before the data in fdAT


def look(body: bytes, job: Job) -> Ready:
    """Size, frames and cost of a PNG; one that breaks off, or goes on with what is no chunk, is ended there.

    Browsers paint what stands before; Pillow would give up the whole frame.

    Raises:
        Undecodable: more pixels, frames or chunks than the caps allow.
    """
    width = height = frames = chunks = 0
    again: list[int] = []  # where the number of frames is told again: browsers take the first, Pillow the last
    told = still = drawn = ended = False
    at = _SIGNATURE_BYTES
    while at + 8 <= len(body) and body[at + 4 : at + 8].isalpha():
        length, kind = struct.unpack_from(">I4s", body, at)
        if kind == b"IHDR" and not width:
            width, height = struct.unpack_from(">II", body.ljust(at + 16, b"\0"), at + 8)
        if kind == b"fcTL":
            frames, drawn = frames + 1, False
        elif kind in _DATA:
            still = still or not frames
            drawn = drawn or len(body) > at + 8 + _SEQUENCE_BYTES
        elif kind == b"acTL":
            if told:
                again.append(at)
            told = True
        elif kind == b"IEND":
            ended = True
            break
        if at + length + 12 > len(body):
            break
        at += length + 12
        chunks += 1
        if chunks > _MOST_CHUNKS:
            raise Undecodable(Failure.TOO_LARGE, f"more than {_MOST_CHUNKS} chunks", Picture(Format.PNG))
    picture = Picture(Format.PNG, width, height)
    job.check_pixels(picture)
    job.check_frames(frames, picture)
    if not ended:
        body = _ended(body, at)
    for place in reversed(again):
        body = body[:place] + body[place + 12 + int.from_bytes(body[place : place + 4]) :]
    # A still picture may stand before the frames.
    return Ready(body, width, height, frames + (still or not frames), cut_short=bool(frames) and not drawn)


def is_interlaced(body: bytes) -> bool:
    """What the header says."""
    return body[_INTERLACED : _INTERLACED + 1] == b"\1"


def damaged_views(image: Image.Image, job: Job, size: tuple[int, int] | None = None, turn: int = 1) -> list[View]:
    """As `views`, of an interlaced picture of which pixels may be missing; then of those of its earlier passes alone.

    Browsers leave the page's ground between them, Pillow black; eyes see the picture in both.
    """
    found = views(image, job, size, turn)
    pixels = np.asarray(plain(image))
    for down, across in _LATTICES:
        found += views(Image.fromarray(np.ascontiguousarray(pixels[::down, ::across])), job, turn=turn)
    return found


def _ended(body: bytes, at: int) -> bytes:
    """`body` up to `at`, where a chunk stands that is none or is not all there; with what there is of pixels."""
    kind, data = body[at + 4 : at + 8], body[at + 8 :]
    rest = _chunk(kind, data) if kind == b"IDAT" or (kind == b"fdAT" and len(data) > _SEQUENCE_BYTES) else b""
    return body[:at] + rest + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
