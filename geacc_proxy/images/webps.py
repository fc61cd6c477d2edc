"""A look at a WebP's chunks (RFC 9649) before it is decoded; what was cut short is made long enough to decode."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from geacc_proxy.images.formats import Format
from geacc_proxy.images.outcome import Undecodable
from geacc_proxy.images.ready import Ready
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from geacc_proxy.images.job import Job

_HEADER_BYTES = 12
_MOST_CHUNKS = 16_384


def look(body: bytes, job: Job) -> Ready:
    """Size, frames and cost of a WebP.

    Its library takes whole files only, and browsers paint what has arrived. So the missing rest of the last chunk is
    filled with zeros: the decoder draws the part that is there and something dull below.

    Raises:
        Undecodable: more pixels, frames, chunks or bytes than the caps allow.
    """
    sizes = [(0, 0)]
    frames = chunks = 0
    at = _HEADER_BYTES
    end = int.from_bytes(body[4:8], "little") + 8
    while at + 8 <= min(end, len(body)):  # what comes behind is not looked at
        kind, length = struct.unpack_from("<4sI", body, at)
        sizes.append(_size(kind, body[at + 8 : at + 18]))
        frames += kind == b"ANMF"
        at += 8 + length + (length & 1)
        chunks += 1
        if chunks > _MOST_CHUNKS:
            raise Undecodable(Failure.TOO_LARGE, f"more than {_MOST_CHUNKS} chunks", Picture(Format.WEBP))
    width, height = max(size[0] for size in sizes), max(size[1] for size in sizes)
    picture = Picture(Format.WEBP, width, height)
    job.check_pixels(picture)
    job.check_frames(frames, picture)
    if at > job.caps.bytes + 8:
        raise Undecodable(Failure.TOO_LARGE, f"a chunk of {at} bytes, more than {job.caps.bytes}", picture)
    cut_short = at > len(body) or int.from_bytes(body[4:8], "little") + 8 > len(body)
    if cut_short:
        body = body.ljust(at, b"\0")
        body = body[:4] + (len(body) - 8).to_bytes(4, "little") + body[8:]
    return Ready(body, width, height, max(1, frames), cut_short)


def _size(kind: bytes, data: bytes) -> tuple[int, int]:
    if kind == b"VP8X" and len(data) >= 10:
        return int.from_bytes(data[4:7], "little") + 1, int.from_bytes(data[7:10], "little") + 1
    if kind == b"VP8 " and len(data) >= 10:
        return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF
    if kind == b"VP8L" and len(data) >= 5:
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    return 0, 0
