"""A look at a BMP's header before it is decoded."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from geacc_proxy.images.formats import Format
from geacc_proxy.images.ready import Ready
from geacc_proxy.verdict import Picture

if TYPE_CHECKING:
    from geacc_proxy.images.job import Job

FILE_HEADER_BYTES = 14
_CORE_HEADER_BYTES = 12
_RUN_LENGTHS = (1, 2)
_SLOWNESS = 20  # Pillow decodes run lengths in Python


def look(body: bytes, job: Job) -> Ready:
    """Size and cost of a BMP; an impossible number of colours is corrected, as browsers do.

    Raises:
        Undecodable: more pixels than the caps allow.
    """
    head = body[FILE_HEADER_BYTES : FILE_HEADER_BYTES + 36].ljust(36, b"\0")
    if int.from_bytes(head[:4], "little") == _CORE_HEADER_BYTES:
        width, height = struct.unpack_from("<HH", head, 4)
        job.check_pixels(Picture(Format.BMP, width, height))
        return Ready(body, width, height)
    width, height, _, bits, compression, *_, colours = struct.unpack_from("<iiHHIIiiI", head, 4)
    width, height = max(0, width), abs(height)
    picture = Picture(Format.BMP, width, height)
    job.check_pixels(picture)
    if compression in _RUN_LENGTHS:
        job.check_scans(_SLOWNESS * max(width * height, len(body)), f"run lengths of {width}×{height}", picture)
    if bits <= 8 and colours > 1 << bits:
        at = FILE_HEADER_BYTES + 32
        body = body[:at] + bytes(4) + body[at + 4 :]
    return Ready(body, width, height)
