"""What a body really is, by its first bytes.

Browsers decide by these bytes too (WHATWG MIME Sniffing, section 6.1), whatever the declared type says; SVG alone is
shown by its type, so it is recognised more widely here than any browser would.
"""

from __future__ import annotations

import re

from geacc_proxy.images.formats import SUFFIXES, Format

__all__ = ["HEAD_BYTES", "SUFFIXES", "Format", "sniff", "sniff_inside"]

HEAD_BYTES = 4096
"""How many of the first bytes `sniff` looks at."""


_MAGIC: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", Format.JPEG),
    (b"\x89PNG\r\n\x1a\n", Format.PNG),
    (b"GIF87a", Format.GIF),
    (b"GIF89a", Format.GIF),
    (b"BM", Format.BMP),
    (b"\x00\x00\x01\x00", Format.ICO),
    (b"\x00\x00\x02\x00", Format.ICO),
    (b"\xff\x0a", Format.JXL),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", Format.JXL),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", Format.JPEG2000),
    (b"\xff\x4f\xff\x51", Format.JPEG2000),
    (b"II*\x00", Format.TIFF),
    (b"MM\x00*", Format.TIFF),
)
_PREFIXED = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBPVP|\x00\x00..ftyp", re.DOTALL)
_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1", b"mif2"})
_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8"))
_SVG_TAG = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?svg[\s>/]")


def sniff(body: bytes, content_type: str = "") -> Format | None:
    """The format that `body` begins like, or None where no browser would paint it.

    Args:
        body: the whole body or its first `HEAD_BYTES`.
        content_type: the declared type without parameters; it decides for SVG alone.
    """
    for magic, found in _MAGIC:
        if body.startswith(magic):
            return found
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return Format.WEBP
    if body[4:8] == b"ftyp":
        return _sniff_iso_media(body)
    if content_type == "image/svg+xml" or _looks_like_svg(body):
        return Format.SVG
    return None


def sniff_inside(body: bytes, content_type: str = "") -> tuple[Format, int] | None:
    """Format and offset of a picture that begins a little later than at the first byte, or None.

    No browser paints such a body; a script on a page could cut the prefix off. So this is looked for where the body is
    declared a picture or nothing at all, and only within its first `HEAD_BYTES`.

    Args:
        body: the whole body.
        content_type: the declared type without parameters.
    """
    if content_type and not content_type.startswith("image/"):
        return None
    for found in _PREFIXED.finditer(body[:HEAD_BYTES]):
        kind = sniff(body[found.start() : found.start() + HEAD_BYTES])
        if kind is not None:
            return kind, found.start()
    return None


def _sniff_iso_media(body: bytes) -> Format | None:
    size = min(int.from_bytes(body[:4]), 512)
    # The minimised container (ISO/IEC 23008-12, Amendment 2) has its second brand where others have a version.
    brands = {body[8:12], body[12:16]} | {body[at : at + 4] for at in range(16, size, 4)}
    if brands & _AVIF_BRANDS:
        return Format.AVIF
    return Format.HEIC if brands & _HEIF_BRANDS else None


def _looks_like_svg(body: bytes) -> bool:
    head = body[:HEAD_BYTES]
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return _SVG_TAG.search(head[len(bom) :].decode(encoding, "replace")) is not None
    if head.lstrip()[:1] != b"<":
        return False
    return _SVG_TAG.search(head.decode("latin-1")) is not None and b"<html" not in head.lower()
