"""Where the fuzzer starts: small files of each format, files made to break decoders, texts with pictures in them."""

from __future__ import annotations

import io
import struct
import zlib
from base64 import b64encode
from typing import Any
from urllib.parse import quote

from PIL import Image, ImageDraw

import geacc_proxy.images.decode  # noqa: F401  (registers the plugins, and those that write)

TOKENS = (
    *("data:image/png;base64,", "data:image/svg+xml,", "data:text/html,", "data:,", ";base64,", "iVBORw0KGgo", "/9j/"),
    *("R0lGODlh", "UklGR", "\\x3d", "\\u003d", "\\/", "\\x2f", "%3D", "%2F", "&#x2F;", "&sol;", "<svg ", "<image "),
    *("xlink:href=", "<!ENTITY ", "<!DOCTYPE ", "&a;", "IHDR", "PLTE", "tRNS", "IDAT", "acTL", "fcTL", "fdAT", "eXIf"),
    *("GIF89a", "NETSCAPE2.0", "RIFF", "WEBP", "VP8X", "VP8 ", "VP8L", "ANIM", "ANMF", "ALPH", "EXIF", "ftypavif"),
    *("ftypheic", "ftypavis", "meta", "iloc", "ispe", "irot", "imir", "ipma", "mdat", "moov", "jP  ", "Exif"),
)
"""What the fuzzer may put into an input, beside bytes of its own."""


def seeds() -> dict[str, bytes]:
    """Inputs by name; the same ones each time."""
    pictures = _pictures()
    return {**pictures, **_traps(pictures), **_texts(pictures)}


def saved(picture: Image.Image, picture_format: str, **options: Any) -> bytes:
    """As Pillow's encoder writes it."""
    file = io.BytesIO()
    picture.save(file, picture_format, **options)
    return file.getvalue()


def _drawn(hue: int, size: tuple[int, int] = (40, 32)) -> Image.Image:
    picture = Image.new("RGB", size, (hue, 90, 160))
    ImageDraw.Draw(picture).ellipse((8, 6, 26, 24), fill=(240, 255 - hue, 40))
    return picture


def _pictures() -> dict[str, bytes]:
    one, two = _drawn(40), _drawn(200)
    moving = {"save_all": True, "append_images": [two, one], "duration": 80}
    exif = Image.Exif()
    exif[0x0112] = 6
    return {
        "png": saved(one, "PNG"),
        "png-palette": saved(one.quantize(8), "PNG", transparency=1),
        "png-alpha": saved(one.convert("RGBA"), "PNG", exif=exif),
        "png-16-bit": saved(Image.new("I;16", (40, 32), 30_000), "PNG"),
        "apng": saved(one, "PNG", **moving),
        "apng-default": saved(one, "PNG", **moving, default_image=True),
        "jpeg": saved(one, "JPEG", exif=exif),
        "jpeg-progressive": saved(one, "JPEG", progressive=True),
        "jpeg-cmyk": saved(one.convert("CMYK"), "JPEG"),
        "jpeg-grey": saved(one.convert("L"), "JPEG"),
        "mpo": saved(one, "MPO", save_all=True, append_images=[two]),
        "gif": saved(one, "GIF"),
        "gif-moving": saved(one, "GIF", **moving, disposal=2),
        "webp": saved(one, "WEBP"),
        "webp-lossless": saved(one.convert("RGBA"), "WEBP", lossless=True),
        "webp-moving": saved(one, "WEBP", **moving),
        "avif": saved(one, "AVIF", speed=10, exif=exif),
        "avif-moving": saved(one, "AVIF", **moving, speed=10),
        "heic": saved(one, "HEIF"),
        "jxl": saved(one, "JXL"),
        "jpeg2000": saved(one, "JPEG2000"),
        "bmp": saved(one, "BMP"),
        "bmp-palette": saved(one.quantize(4), "BMP"),
        "ico": saved(_drawn(9, (48, 48)), "ICO", sizes=[(16, 16), (48, 48)]),
        "ico-bmp": saved(_drawn(9, (32, 32)), "ICO", sizes=[(32, 32)], bitmap_format="bmp"),
        "tiff": saved(one, "TIFF", compression="tiff_lzw"),
        "tiff-pages": saved(_drawn(1), "TIFF", save_all=True, append_images=[_drawn(2)]),
        "svg": _shapes(40),
        "svg-small": _shapes(1),
    }


def _shapes(count: int) -> bytes:
    paths = "".join(f'<path d="M{n} 0h9v{n}z" fill="#0{n % 10}8"/>' for n in range(count))
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 50 50">{paths}</svg>'.encode()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _traps(pictures: dict[str, bytes]) -> dict[str, bytes]:
    png, jpeg, gif, icon = pictures["png"], pictures["jpeg"], pictures["gif"], pictures["ico"]
    huge = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 6, 0, 0, 0)
    size = jpeg.index(b"\xff\xc0") + 5
    raster = f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"
    nested = f'<svg xmlns="http://www.w3.org/2000/svg"><image width="9" height="9" href="{raster}"/></svg>'
    for _ in range(4):
        address = "data:image/svg+xml;base64," + b64encode(nested.encode()).decode()
        nested = f'<svg xmlns="http://www.w3.org/2000/svg"><image width="9" height="9" href="{address}"/></svg>'
    return {
        "png-huge": png[:8] + _chunk(b"IHDR", huge) + png[33:],
        "png-bomb-of-text": png[:33] + _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(300_000))) + png[33:],
        "jpeg-lies": jpeg[:size] + b"\xff\xdc\xff\xdc" + jpeg[size + 4 :],
        "jpeg-fill-bytes": jpeg[:2] + b"\xff" * 3000 + jpeg[2:],
        "webp-34-bytes": b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\xff\xff\xff\x0f" + bytes(9),
        "gif-huge-screen": gif[:6] + b"\xff\xff\xff\xff" + gif[10:],
        "ico-lies": icon[:6] + b"\x10\x10" + icon[8:],
        "ico-of-an-icon": icon[:14] + struct.pack("<II", len(icon), 22) + icon,
        "svg-nested": nested.encode(),
        "svg-laughs": b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><svg>&b;&b;</svg>',
        "svg-deep": b"<svg xmlns='http://www.w3.org/2000/svg'>" + b"<g>" * 500,
        **{f"{name}-cut": body[: len(body) * 2 // 3] for name, body in pictures.items()},
    }


def _texts(pictures: dict[str, bytes]) -> dict[str, bytes]:
    base64 = {name: b64encode(pictures[name]).decode() for name in ("png", "jpeg", "gif", "webp")}
    address = f"data:image/png;base64,{base64['png']}"
    page = f"<!doctype html><p>words</p><img src='{address}'><style>a{{background:url({address})}}</style>"
    return {
        "page": page.encode(),
        "page-utf-16": page.encode("utf-16"),
        "page-in-an-address": f'<iframe src="data:text/html,{quote(page)}">'.encode(),
        "page-in-base64": f'<iframe src="data:text/html;base64,{b64encode(page.encode()).decode()}">'.encode(),
        "percent": b"<img src='data:image/gif," + quote(pictures["gif"]).encode() + b"'>",
        "script-hex": f"f('data:image/jpeg;base64,{base64['jpeg']}')".replace("=", r"\x3d").encode(),
        "script-unicode": f'f("{address}")'.replace("=", r"\u003d").replace("/", r"\u002F").encode(),
        "json": f'{{"a": "{address}"}}'.replace("/", r"\/").encode(),
        "bare-base64": f'atob("{base64["webp"]}"), atob("{base64["gif"]}")'.encode(),
        "entities": f"<img src='{address}'>".replace("/", "&#x2F;").replace("+", "&#43;").encode(),
        "line-breaks": f"<img src='{address[:60]}\n {address[60:]}'>".encode(),
        "srcset": f"<img srcset='{address} 1x, {address} 2x'>".encode(),
        "events": f"data: {address}\n\ndata: {address}\n\n".encode(),
        "no-picture": b"data: nothing; data:text/plain,words data:;base64,QUJD data:image/png;base64,====",
    }
