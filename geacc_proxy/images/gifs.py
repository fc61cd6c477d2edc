"""A look at a GIF's blocks (GIF89a, section 15 on) before it is decoded."""

from __future__ import annotations

import re
import struct
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

_BLOCK = re.compile(rb"[!,;]")
_EXTENSION, _IMAGE = 0x21, 0x2C
_CONTROL, _CONTROL_BYTES = 0xF9, 8  # the extension that says how a frame is drawn, with its introducer and its end
_HEADER_BYTES, _DESCRIPTOR_BYTES = 13, 10
_MOST_JUNK = 4096  # bytes between blocks; browsers stop there, Pillow reads them one by one
_PASSES = (2, 4, 8)  # of an interlaced frame's rows, every so many have come by then
_SPARE_STEPS = 50_000  # sub-blocks beyond those of the usual length, 255 bytes


def look(body: bytes, job: Job) -> Ready:
    """Size, frames and cost of a GIF. The size is the one that holds every frame.

    What is decoded are the frames and how they are drawn, and nothing between them: of an extension without data Pillow
    reads on where browsers stop, and would miss the frame behind it.

    Raises:
        Undecodable: no frame; more pixels, frames or blocks than the caps allow.
    """
    body_bytes = len(body)
    width, height, flags = struct.unpack_from("<HHB", body.ljust(_HEADER_BYTES, b"\0"), 6)
    at = _HEADER_BYTES + _table_bytes(flags)
    frames, steps = 0, body_bytes // 255 + _SPARE_STEPS
    kept = [body[:at]]
    while block := _BLOCK.search(body, at, at + _MOST_JUNK):
        at = start = block.start()
        if body[at] == _EXTENSION:
            at += 2
        elif body[at] == _IMAGE and at + _DESCRIPTOR_BYTES < body_bytes:
            left, top, wide, high, flags = struct.unpack_from("<HHHHB", body, at + 1)
            width, height = max(width, left + wide), max(height, top + high)
            frames += 1
            at += _DESCRIPTOR_BYTES + _table_bytes(flags) + 1
        else:
            break
        while at < body_bytes and body[at] and steps >= 0:
            at += body[at] + 1
            steps -= 1
        at += 1
        if body[start] == _IMAGE or (body[start + 1] == _CONTROL and at - start == _CONTROL_BYTES):
            kept.append(body[start:at])
        if steps < 0:
            raise Undecodable(Failure.TOO_LARGE, "too many blocks", Picture(Format.GIF, width, height))
    picture = Picture(Format.GIF, width, height)
    if not frames:
        raise Undecodable(Failure.UNREADABLE, "no frame in it", picture)
    job.check_pixels(picture)
    job.check_frames(frames, picture)
    return Ready(b"".join(kept) + b";", width, height, frames, cut_short=at > body_bytes)


def damaged_views(image: Image.Image, job: Job, size: tuple[int, int] | None = None, turn: int = 1) -> list[View]:
    """As `views`, of a frame of which rows may be missing; then of the rows of its earlier passes alone.

    Browsers fill the rows of an interlaced frame that are not there with those above them; Pillow leaves them empty.
    """
    found = views(image, job, size, turn)
    frame = plain(image).crop(getattr(image, "dispose_extent", None) or (0, 0, *image.size))
    for step in _PASSES:
        if frame.height > step:
            found += views(Image.fromarray(np.asarray(frame)[::step]), job, turn=turn)
    return found


def _table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
