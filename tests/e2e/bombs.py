"""Pictures made to break whoever decodes them: few bytes to send, and very many pixels, frames, passes or elements."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from functools import cache

from PIL import Image

PNG = b"\x89PNG\r\n\x1a\n"


def _png(width: int, height: int, *chunks: bytes, with_alpha: bool = False) -> bytes:
    """Black and opaque, one bit a pixel; or transparent, four bytes a pixel."""
    depth, colour = (8, 6) if with_alpha else (1, 0)
    row = bytes(1 + (width * 4 if with_alpha else (width + 7) // 8))
    deflate = zlib.compressobj(9)
    rows = b"".join(deflate.compress(row) for _ in range(height)) + deflate.flush()
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return PNG + header + b"".join(chunks) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png_with_profile() -> bytes:
    """A colour profile that inflates to 200 MB."""
    return _png(300, 200, _chunk(b"iCCP", b"profile\0\0" + zlib.compress(bytes(200_000_000), 9)))


def _ico(width: int, height: int) -> bytes:
    """An icon that says 16×16 and holds a PNG of that size."""
    inside = _png(width, height)
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(inside), 22) + inside


def _gif(width: int, height: int, frames: int) -> bytes:
    """Frames of one pixel each, which a decoder puts together on the whole canvas."""
    start = b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    start += b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
    frame = b"\x21\xf9\x04\0\x02\0\0\0" + b"\x2c" + bytes(4) + b"\x01\0\x01\0\0" + b"\x02\x02\x44\x01\0"
    return start + frame * frames + b";"


def _lossless(width: int, height: int) -> bytes:
    """A chunk of lossless WebP in one colour."""
    size = struct.pack("<I", width - 1 | (height - 1) << 14)
    return b"VP8L\x0e\0\0\0\x2f" + size + bytes.fromhex("071011fd0f4444ff03")


def _riff(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + chunks


def _webp(width: int, height: int) -> bytes:
    return _riff(_lossless(width, height))


def _webp_that_moves(side: int, frames: int) -> bytes:
    size = (side - 1).to_bytes(3, "little") * 2
    picture = _lossless(side, side)
    frame = b"ANMF" + struct.pack("<I", 16 + len(picture)) + bytes(6) + size + b"\x14\0\0\x02" + picture
    return _riff(b"VP8X\x0a\0\0\0\x02\0\0\0" + size + b"ANIM\x06\0\0\0" + bytes(6) + frame * frames)


def _jpeg(side: int, **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("L", (side, side), 90).save(file, "JPEG", **options)
    return file.getvalue()


def _lying_jpeg(side: int) -> bytes:
    """The data of 256×256 pixels, and a header that speaks of more."""
    body = _jpeg(256)
    at = body.index(b"\xff\xc0") + 5
    return body[:at] + struct.pack(">HH", side, side) + body[at + 4 :]


def _jpeg_of_many_scans(side: int, scans: int) -> bytes:
    """The last pass over all pixels, again and again."""
    body = _jpeg(side, progressive=True)
    last = body.rindex(b"\xff\xda")
    return body[:last] + body[last:-2] * scans + body[-2:]


def _jpeg_of_fill() -> bytes:
    """400 kB of fill bytes before any size is known."""
    body = _jpeg(256)
    return body[:2] + b"\xff" * 400_000 + body[2:]


def _bmp(side: int) -> bytes:
    """Run-length encoded, and at its end at once."""
    offset = 14 + 40 + 1024
    information = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, 2, 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", offset + 2, 0, 0, offset) + information + bytes(1024) + b"\0\1"


def _svg(inside: str) -> bytes:
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' "
        f"width='4000' height='4000'>{inside}</svg>"
    ).encode()


def _svg_of_uses(levels: int = 11) -> bytes:
    """Ten of each level's inside the next: 10¹¹ squares."""
    groups = "<g id='a0'><rect width='1' height='1'/></g>"
    for level in range(levels):
        groups += f"<g id='a{level + 1}'>" + f"<use xlink:href='#a{level}'/>" * 10 + "</g>"
    return _svg(f"<defs>{groups}</defs><use xlink:href='#a{levels}'/>")


def _svg_of_noise() -> bytes:
    """Turbulence in 200 octaves over all of it, again and again."""
    noise = "<feTurbulence baseFrequency='.9' numOctaves='200'/>" * 50
    return _svg(f"<filter id='f'>{noise}</filter><rect width='4000' height='4000' filter='url(#f)'/>")


_MAKE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "png-beyond-the-cap": ("image/png", lambda: _png(9400, 9400)),
    "png-endless": ("image/png", lambda: _png(1, 2)[:16] + struct.pack(">II", 1, 2_000_000_000) + _png(1, 2)[24:]),
    "png-profile": ("image/png", _png_with_profile),
    "ico-wrapping-a-png": ("image/x-icon", lambda: _ico(9400, 9400)),
    "gif-of-many-frames": ("image/gif", lambda: _gif(4000, 4000, 5000)),
    "webp-of-34-bytes": ("image/webp", lambda: _webp(16383, 5400)),
    "webp-that-moves": ("image/webp", lambda: _webp_that_moves(2000, 300)),
    "jpeg-that-lies": ("image/jpeg", lambda: _lying_jpeg(9400)),
    "jpeg-of-many-scans": ("image/jpeg", lambda: _jpeg_of_many_scans(4000, 1000)),
    "bmp-of-a-kilobyte": ("image/bmp", lambda: _bmp(9000)),
    "svg-of-uses": ("image/svg+xml", _svg_of_uses),
    "svg-of-noise": ("image/svg+xml", _svg_of_noise),
    "png-at-the-cap": ("image/png", lambda: _png(7000, 7000)),
    "png-with-alpha-at-the-cap": ("image/png", lambda: _png(7000, 7000, with_alpha=True)),
    "png-with-alpha-at-the-quick-cap": ("image/png", lambda: _png(3460, 3460, with_alpha=True)),
    "webp-at-the-cap": ("image/webp", lambda: _webp(16383, 3000)),
    "jpeg-that-lies-at-the-cap": ("image/jpeg", lambda: _lying_jpeg(7000)),
    "jpeg-of-fill": ("image/jpeg", _jpeg_of_fill),
}
HARMLESS_IN_THE_END = frozenset(
    [
        "png-profile",
        "png-at-the-cap",
        "png-with-alpha-at-the-cap",
        "png-with-alpha-at-the-quick-cap",
        "webp-at-the-cap",
        "jpeg-that-lies-at-the-cap",
        "jpeg-of-fill",
    ]
)
"""Costly, and one colour once they are decoded: who has the time for it may show them."""
BOMBS = tuple(_MAKE)
"""Their names."""


@cache
def _made(name: str) -> bytes:
    return _MAKE[name][1]()


def bomb(name: str, number: int) -> tuple[str, bytes]:
    """Declared type and bytes of one, each number with a tail of its own behind the picture."""
    kind, body = _MAKE[name][0], _made(name)
    tail = f"{number:010d}".encode()
    match kind:
        case "image/svg+xml":
            return kind, body + b"<!--" + tail + b"-->"
        case "image/webp":  # in a chunk of its own, or a decoder takes it for one that is cut short
            return kind, _riff(body[12:] + b"TAIL" + struct.pack("<I", len(tail)) + tail)
        case _:
            return kind, body + tail
