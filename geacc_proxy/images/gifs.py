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
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geacc_proxy.images.job import Job
    from geacc_proxy.images.outcome import View

    Show = Callable[..., list[View]]

_BLOCK = re.compile(rb"[!,;]")
_EXTENSION, _IMAGE = 0x21, 0x2C
_CONTROL, _CONTROL_BYTES = 0xF9, 8  # the extension that says how a frame is drawn, with its introducer and its end
_HEADER_BYTES, _DESCRIPTOR_BYTES = 13, 10
_MOST_JUNK = 4096  # bytes between blocks; browsers stop there, Pillow reads them one by one
# Of an interlaced frame: its first row, the step to the next, and how far a row is spread, upwards and in all.
_PASSES = ((0, 8, 3, 8), (4, 8, 1, 4), (2, 4, 0, 2), (1, 2, 0, 1))
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
    """As `views`, of a frame of which rows may be missing; then as browsers show it if it is interlaced.

    They spread the rows of its earlier passes over those that are not there; Pillow leaves these empty. Where an
    earlier frame shows through it is not known which are there, so the rows of the first passes are judged too.
    """
    found = views(image, job, size, turn)
    frame = np.asarray(plain(image).crop(getattr(image, "dispose_extent", None) or (0, 0, *image.size)))
    for rows in (_spread(frame), frame[::8], frame[::4]):
        found += views(Image.fromarray(np.ascontiguousarray(rows)), job, turn=turn)
    return found


def within(screen: tuple[int, int], show: Show) -> Show:
    """`show`, and of a frame that is larger than the screen, as which Pillow enlarges it, what lies within it."""

    def shown(image: Image.Image, job: Job, size: tuple[int, int] | None = None, turn: int = 1) -> list[View]:
        found = show(image, job, size, turn)
        if image.size != screen:
            found += views(plain(image).crop((0, 0, *screen)), job, turn=turn)
        return found

    return shown


def _spread(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Rows of `frame`, of shape (height, width, channels), in the order of the passes, each over those to come."""
    height = len(frame)
    order = [
        (row, row - above, row - above + high)
        for first, step, above, high in _PASSES
        for row in range(first, height, step)
    ]
    there = (frame != frame[:, :1]).any(axis=(1, 2))
    last = max((place for place, (row, *_) in enumerate(order) if there[row]), default=-1)
    spread = frame.copy()
    for row, top, bottom in order[: last + 1]:
        spread[max(0, top) : bottom] = frame[row]
    return spread


def _table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0
