"""A look at a PNG's chunks (PNG, third edition, section 5) before it is decoded."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from geacc_proxy.images.formats import Format
from geacc_proxy.images.outcome import Undecodable
from geacc_proxy.images.ready import Ready
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from geacc_proxy.images.job import Job

_SIGNATURE_BYTES = 8
_MOST_CHUNKS = 16_384  # encoders write 8 KB or more in one


def look(body: bytes, job: Job) -> Ready:
    """Size, frames and cost of a PNG.

    Raises:
        Undecodable: more pixels, frames or chunks than the caps allow.
    """
    width = height = frames = chunks = 0
    again: list[int] = []  # where the number of frames is told again: browsers take the first, Pillow the last
    told = ended = False
    at = _SIGNATURE_BYTES
    while at + 8 <= len(body):
        length, kind = struct.unpack_from(">I4s", body, at)
        if kind == b"IHDR" and not width:
            width, height = struct.unpack_from(">II", body.ljust(at + 16, b"\0"), at + 8)
        frames += kind == b"fcTL"
        if kind == b"acTL":
            if told:
                again.append(at)
            told = True
        if kind == b"IEND":
            ended = True
            break
        at += length + 12
        chunks += 1
        if chunks > _MOST_CHUNKS:
            raise Undecodable(Failure.TOO_LARGE, f"more than {_MOST_CHUNKS} chunks", Picture(Format.PNG))
    picture = Picture(Format.PNG, width, height)
    job.check_pixels(picture)
    job.check_frames(frames, picture)
    for at in reversed(again):
        body = body[:at] + body[at + 12 + int.from_bytes(body[at : at + 4]) :]
    return Ready(body, width, height, frames + 1, cut_short=not ended)  # a still picture may stand before the frames
