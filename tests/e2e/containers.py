"""Picture files of every kind, made from an RGB picture: what encoders write, and what nobody but a trickster does."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pillow_heif
import pillow_jxl  # noqa: F401  (registers the encoder)
from PIL import ExifTags, Image

pillow_heif.register_heif_opener()
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_ADAM7 = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1))


def saved(picture: Image.Image, picture_format: str, **options: Any) -> bytes:
    """As Pillow's encoder writes it."""
    file = io.BytesIO()
    picture.save(file, picture_format, **options)
    return file.getvalue()


def jpeg(picture: Image.Image, **options: Any) -> bytes:
    """JPEG of high quality and full chroma."""
    return saved(picture, "JPEG", **{"quality": 92, "subsampling": 0, **options})


def moving(frames: Sequence[Image.Image], milliseconds: Sequence[int], picture_format: str, **options: Any) -> bytes:
    """An animation that plays once."""
    first, *rest = frames
    if picture_format in ("PNG", "WEBP", "AVIF"):
        options = {"PNG": {"loop": 1}, "WEBP": {"loop": 1, "quality": 90}, "AVIF": {"quality": 88, "speed": 10}}[
            picture_format
        ] | options
    return saved(first, picture_format, save_all=True, append_images=rest, duration=list(milliseconds), **options)


def turned_by_exif(picture: Image.Image, picture_format: str, **options: Any) -> bytes:
    """Stored lying on its side; whoever heeds the orientation tag shows it upright."""
    return saved(picture.transpose(Image.Transpose.ROTATE_90), picture_format, exif=exif_orientation(), **options)


def exif_orientation(value: int = 6) -> bytes:
    """EXIF with an orientation; 6: to be shown turned clockwise by 90°."""
    tag = Image.Exif()
    tag[ExifTags.Base.Orientation] = value
    return tag.tobytes()


def odd_orientation() -> bytes:
    """As above, with a tag of a type (LONG) that the standard does not have there."""
    return b"Exif\0\0" + struct.pack("<2sHIHHHIII", b"II", 42, 8, 1, 0x112, 4, 1, 6, 0)


def orientation_of_a_thumbnail() -> bytes:
    """As above, in the second directory, which is about the thumbnail."""
    first = struct.pack("<2sHIHI", b"II", 42, 8, 0, 14)
    return b"Exif\0\0" + first + struct.pack("<HHHIII", 1, 0x112, 3, 1, 6, 0)


def xmp_orientation() -> bytes:
    """XMP that says the same in its own words."""
    return (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )


def with_two_exifs(body: bytes, first: bytes, second: bytes) -> bytes:
    """A JPEG with two blocks of EXIF at its beginning."""
    blocks = b"".join(b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block for block in (first, second))
    return body[:2] + blocks + body[2:]


def with_late_exif(body: bytes, exif: bytes) -> bytes:
    """A PNG with EXIF behind its pixels."""
    return body[:-12] + _chunk(b"eXIf", exif.removeprefix(b"Exif\0\0")) + body[-12:]


def with_xmp(body: bytes, xmp: bytes) -> bytes:
    """A PNG with XMP before its pixels."""
    return body[:33] + _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp) + body[33:]


def only_on_white(picture: Image.Image) -> Image.Image:
    """RGBA that looks like `picture` on white, and whose colours without alpha are others."""
    wanted = np.asarray(picture, np.float64)
    alpha = np.clip((255 - wanted).max(axis=2, keepdims=True) / 255, 1 / 255, 1)
    colours = np.clip(255 - (255 - wanted) / alpha, 0, 255)
    return Image.fromarray(np.concatenate([colours, alpha * 255], axis=2).round().astype(np.uint8), "RGBA")


def png(picture: Image.Image, *, interlaced: bool = False, deep: bool = False) -> bytes:
    """An RGB PNG, interlaced or with 16 bits a channel: what Pillow cannot write."""
    pixels = np.asarray(picture, np.uint16)
    stored = (pixels * 257).astype(">u2") if deep else pixels.astype(np.uint8)
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    rows = b"".join(
        b"\0" + row.tobytes() for top, left, down, across in passes for row in stored[top::down, left::across]
    )
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 16 if deep else 8, 2, 0, 0, 1 if interlaced else 0)
    return PNG_SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def counted_twice(apng: bytes) -> bytes:
    """An APNG that tells its number of frames again, and wrongly."""
    again = _chunk(b"acTL", struct.pack(">II", 1, 1))
    end = apng.index(b"acTL") + 16
    return apng[:end] + again + apng[end:]


def damaged_at_its_end(body: bytes, kind: bytes) -> bytes:
    """A PNG whose last chunk of that kind holds nonsense in its last tenth; its checksum is right."""
    at = body.rindex(kind) - 4
    length = int.from_bytes(body[at : at + 4])
    data = bytearray(body[at + 8 : at + 8 + length])
    data[length * 9 // 10 :] = b"\xff" * (length - length * 9 // 10)
    return body[:at] + _chunk(kind, bytes(data)) + body[at + 12 + length :]


def with_an_empty_extension(gif: bytes) -> bytes:
    """A GIF with an extension that has no data before the control block of its second frame."""
    at = gif.index(b"!\xf9\x04", gif.index(b"!\xf9\x04") + 8)
    return gif[:at] + b"!\x01\0" + gif[at:]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def icon(files: Sequence[tuple[int, bytes]], *, cursor: bool = False) -> bytes:
    """An ICO or CUR that holds PNG files, each given with the side that the directory tells."""
    offset = 6 + 16 * len(files)
    entries, bodies = b"", b""
    for side, body in files:
        planes = (0, 0) if cursor else (1, 32)
        entries += struct.pack("<BBBBHHII", side % 256, side % 256, 0, 0, *planes, len(body), offset + len(bodies))
        bodies += body
    return struct.pack("<HHH", 0, 2 if cursor else 1, len(files)) + entries + bodies


def base64_of(body: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(body).decode()


def uri(body: bytes, content_type: str = "image/jpeg") -> str:
    """A `data:` address."""
    return f"data:{content_type};base64,{base64_of(body)}"


def svg(inside: str, side: int, before: str = "") -> str:
    """An SVG document of that many pixels a side."""
    return (
        f'{before}<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{side}" height="{side}" viewBox="0 0 {side} {side}">{inside}</svg>'
    )


def svg_around(address: str, side: int) -> str:
    """An SVG document that shows the picture at `address`."""
    return svg(f'<image width="{side}" height="{side}" xlink:href="{address}"/>', side)
