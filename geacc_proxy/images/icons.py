"""ICO and CUR: a directory of pictures, each a PNG or a BMP without its file header.

Browsers choose an entry by the size that they need, so every one is judged. The directory's own word on size and
length is not believed: what an entry is stands in the entry.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from geacc_proxy.images import bmps
from geacc_proxy.images.formats import Format
from geacc_proxy.images.outcome import Undecodable
from geacc_proxy.images.raster import raster
from geacc_proxy.images.views import views
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geacc_proxy.images.job import Job
    from geacc_proxy.images.outcome import View

_HEADER_BYTES, _ENTRY_BYTES, _OFFSET = 6, 16, 12
_PNG = b"\x89PNG\r\n\x1a\n"
_INFO_HEADER_BYTES = 40
_BITFIELDS = 3


def icon(body: bytes, job: Job) -> tuple[Picture, list[View]]:
    """The largest entry's size, and views of all entries that are not tiny.

    Raises:
        Undecodable: no entry can be decoded, all are tiny, or they are beyond the caps.
    """
    starts = sorted({start for start in _starts(body) if start < len(body)})
    picture = Picture(Format.ICO)
    job.count(len(starts), picture)
    share = job.shared_by(max(1, len(starts)))
    found: list[View] = []
    refusal = Undecodable(Failure.UNREADABLE, "no entry in it", picture)
    for start in starts:
        job.check_time(picture)
        try:
            entry, shown = _entry(body[start:], share)
        except Undecodable as error:
            if error.failure not in (Failure.TINY, Failure.UNREADABLE):
                raise Undecodable(error.failure, str(error), _as_icon(error.picture)) from None
            refusal = Undecodable(error.failure, str(error), _as_icon(error.picture))
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  (decoders raise anything; a browser may show what it can of it)
            raise Undecodable(Failure.UNREADABLE, f"{type(error).__name__}: {error}"[:200], picture) from None
        else:
            found += shown
            if entry.width * entry.height > picture.width * picture.height:
                picture = _as_icon(entry)
    if not found:
        raise refusal
    return picture, found


def _starts(body: bytes) -> list[int]:
    count = int.from_bytes(body[4:6], "little")
    last = min(len(body), _HEADER_BYTES + _ENTRY_BYTES * count) - _ENTRY_BYTES
    return [
        int.from_bytes(body[at + _OFFSET : at + _ENTRY_BYTES], "little")
        for at in range(_HEADER_BYTES, last + 1, _ENTRY_BYTES)
    ]


def _as_icon(picture: Picture) -> Picture:
    return Picture(Format.ICO, picture.width, picture.height)


def _entry(data: bytes, job: Job) -> tuple[Picture, list[View]]:
    if data.startswith(_PNG):
        return raster(data, Format.PNG, job)
    size, width, doubled, _, bits, compression, *_, colours = struct.unpack_from(
        "<IiiHHIIiiI", data.ljust(_INFO_HEADER_BYTES, b"\0")
    )
    height = abs(doubled) // 2
    picture = Picture(Format.ICO, max(0, width), height)
    if size < _INFO_HEADER_BYTES or compression not in (0, _BITFIELDS) or bits not in (1, 4, 8, 16, 24, 32):
        raise Undecodable(Failure.UNREADABLE, "an entry that is neither PNG nor BMP", picture)
    job.check_pixels(picture)
    if width * height <= job.caps.tiny_pixels:
        raise Undecodable(Failure.TINY, f"{width}×{height}", picture)
    most = 1 << bits if bits <= 8 else 0
    colours = colours if 0 < colours <= most else most
    start = size + 4 * colours + (12 if compression == _BITFIELDS and size == _INFO_HEADER_BYTES else 0)
    row, mask_row = (width * bits + 31) // 32 * 4, (width + 31) // 32 * 4
    data = data[: start + height * (row + mask_row)].ljust(start + height * (row + mask_row), b"\0")
    colour = _colour(data, start, height if doubled > 0 else -height, colours)
    alpha = _alpha(data[start:], width, height, bits, row, mask_row)
    if doubled < 0:
        alpha = alpha[::-1]
    colour.putalpha(Image.fromarray(alpha))
    return picture, views(colour, job)


def _colour(data: bytes, start: int, height: int, colours: int) -> Image.Image:
    """The entry's colours, as the BMP that they nearly are."""
    whole = bmps.FILE_HEADER_BYTES + len(data)
    head = b"BM" + struct.pack("<IHHI", whole, 0, 0, bmps.FILE_HEADER_BYTES + start)
    body = head + data[:8] + struct.pack("<i", height) + data[12:32] + struct.pack("<I", colours) + data[36:]
    with Image.open(io.BytesIO(body), formats=("BMP",)) as image:
        return image.convert("RGB")


def _alpha(pixels: bytes, width: int, height: int, bits: int, row: int, mask_row: int) -> NDArray[np.uint8]:
    """Opacity, shape (height, width): a channel of its own if anything is in it, else the mask of one bit a pixel."""
    if bits == 32:
        channel = np.frombuffer(pixels, np.uint8, height * row).reshape(height, width, 4)[::-1, :, 3]
        if channel.any():
            return np.ascontiguousarray(channel)
    mask = np.frombuffer(pixels, np.uint8, height * mask_row, height * row).reshape(height, mask_row)[::-1]
    clear = np.unpackbits(mask, axis=1)[:, :width]
    return np.where(clear, np.uint8(0), np.uint8(255))
