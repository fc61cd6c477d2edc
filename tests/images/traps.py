"""Pictures made to get past a filter, or to break one: generated, with abstract noise that the model calls malign."""

from __future__ import annotations

import base64
import gzip
import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote_from_bytes

import numpy as np
from PIL import Image, ImageDraw

MALIGN = Image.open(Path(__file__).parents[1] / "data" / "malign-synthetic-1.png").convert("RGB")
SVG = "image/svg+xml"
_XMLNS = "xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'"


def benign(size: tuple[int, int] = MALIGN.size, hue: int = 0) -> Image.Image:
    """A plain drawing: a sky, a sun and a hill."""
    image = Image.new("RGB", size, (120 + hue % 60, 170, 220 - hue % 90))
    width, height = size
    draw = ImageDraw.Draw(image)
    draw.ellipse((width * 0.6, height * 0.1, width * 0.8, height * 0.35), fill=(250, 220 - hue % 100, 90))
    draw.polygon([(0, height), (0, height * 0.7), (width * 0.5, height * 0.5), (width, height)], fill=(70, 130, 60))
    return image


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.copy().save(file, format_, **options)  # a copy: saving leaves settings behind that the next format trips over
    return file.getvalue()


def moving(format_: str, frames: list[Image.Image], **options: object) -> bytes:
    return saved(
        frames[0], format_, save_all=True, append_images=[frame.copy() for frame in frames[1:]], duration=40, **options
    )


def forty_one(malign_at: int) -> list[Image.Image]:
    frames = [benign((240, 160), hue) for hue in range(41)]
    frames[malign_at] = MALIGN.resize((240, 160))
    return frames


def clear_towards(ground: int) -> Image.Image:
    """The malign picture, by what its transparency lets through of a ground of one shade, 0 or 255, and of no other."""
    shown = np.asarray(MALIGN, dtype=np.float64)
    alpha = np.abs(shown - ground).max(axis=2, keepdims=True) / 255
    colour = (shown - (1 - alpha) * ground) / np.maximum(alpha, 1 / 255)
    return Image.fromarray(np.concatenate([colour, alpha * 255], axis=2).clip(0, 255).round().astype(np.uint8))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *between: bytes) -> bytes:
    """A PNG by hand: `rows` with their filter bytes, `between` header and pixels further chunks."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(between) + pixels + chunk(b"IEND", b"")


def png_of_16_bits(image: Image.Image) -> bytes:
    wide = np.asarray(image, dtype=">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in wide)
    return png(image.width, image.height, 16, 2, rows)


def ico(entries: list[bytes], kind: int = 1, side: int = 0) -> bytes:
    """An ICO of ready entries; the directory claims that each is of `side`, where 0 means 256."""
    offset = 6 + 16 * len(entries)
    head = struct.pack("<HHH", 0, kind, len(entries))
    for entry in entries:
        head += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(entry), offset)
        offset += len(entry)
    return head + b"".join(entries)


def dib(image: Image.Image, alpha: int | None = None, mask: np.ndarray | None = None) -> bytes:
    """An entry that is a BMP: 24 bits, or 32 with `alpha` everywhere; `mask` is true where nothing is shown."""
    width, height = image.size
    pixels = np.asarray(image)[::-1, :, ::-1]
    if alpha is not None:
        pixels = np.concatenate([pixels, np.full((height, width, 1), alpha, np.uint8)], axis=2)
    bits = pixels.shape[2] * 8
    row = -(-width * bits // 32) * 4
    rows = b"".join(line.tobytes().ljust(row, b"\0") for line in pixels)
    clear = np.zeros((height, -(-width // 32) * 32), np.uint8)
    if mask is not None:
        clear[:, :width] = mask[::-1]
    head = struct.pack("<IiiHHIIiiII", 40, width, 2 * height, 1, bits, 0, 0, 0, 0, 0, 0)
    return head + rows + np.packbits(clear, axis=1).tobytes()


def bmp_with_unused_alpha(image: Image.Image) -> bytes:
    """A BMP that declares an alpha channel of nothing but zeros; browsers show it opaque."""
    width, height = image.size
    pixels = np.concatenate([np.asarray(image)[::-1, :, ::-1], np.zeros((height, width, 1), np.uint8)], axis=2)
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    head = struct.pack("<IiiHHIIiiII", 108, width, height, 1, 32, 3, 0, 0, 0, 0, 0) + masks + bytes(52)
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + pixels.nbytes, 0, 0, 14 + len(head)) + head + pixels.tobytes()


def rotated(image: Image.Image) -> tuple[Image.Image, Image.Exif]:
    """Stored lying on its side, with the word to turn it back."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return image.transpose(Image.Transpose.ROTATE_90), exif


def put_together(across: int, at: tuple[int, int], gap: int = 0, side: int = 1680) -> Image.Image:
    """A mosaic of drawings and one malign cell."""
    width, height = side, side * 3 // 4
    image = Image.new("RGB", (width, height), (255, 255, 255))
    for row in range(across):
        for column in range(across):
            box = column * width // across, row * height // across, (column + 1) * width // across
            size = box[2] - box[0] - gap, height // across - gap
            cell = MALIGN if (column, row) == at else benign(hue=37 * column + 71 * row)
            image.paste(cell.resize(size), (box[0] + gap // 2, box[1] + gap // 2))
    return image


def grainy(image: Image.Image) -> Image.Image:
    """As many bytes as a photograph has."""
    grain = np.random.default_rng(1).normal(0, 12, (*image.size[::-1], 3))
    return Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8))


def strip(screens: int, at: int, *, across: bool = False) -> Image.Image:
    """Squares one above the other, or side by side, one of them malign."""
    image = Image.new("RGB", (320 * screens, 320) if across else (320, 320 * screens))
    for index in range(screens):
        square = MALIGN.resize((320, 320)) if index == at else grainy(benign((320, 320), hue=31 * index))
        image.paste(square, (320 * index, 0) if across else (0, 320 * index))
    return image


def svg(content: str, attributes: str = "width='200' height='200'") -> bytes:
    return f"<svg {_XMLNS} {attributes}>{content}</svg>".encode()


def data_uri(body: bytes, media_type: str = "image/png") -> str:
    return f"data:{media_type};base64,{base64.b64encode(body).decode()}"


def svg_image(address: str, side: int = 2) -> str:
    return f"<image width='{side}' height='{side}' xlink:href='{address}'/>"


_JPEG = saved(MALIGN, "JPEG", quality=85)
_PNG = saved(MALIGN, "PNG")
_INSIDE = svg_image(data_uri(_JPEG, "image/jpeg"))

CONTAINERS: dict[str, Callable[[Image.Image], tuple[bytes, str]]] = {
    "JPEG": lambda image: (saved(image, "JPEG", quality=85), ""),
    "progressive JPEG": lambda image: (saved(image, "JPEG", quality=85, progressive=True), ""),
    "CMYK JPEG": lambda image: (saved(image.convert("CMYK"), "JPEG", quality=90), ""),
    "PNG": lambda image: (saved(image, "PNG"), ""),
    "PNG of 16 bits": lambda image: (png_of_16_bits(image), ""),
    "palette PNG": lambda image: (saved(image.quantize(256), "PNG"), ""),
    "GIF": lambda image: (saved(image, "GIF"), ""),
    "WebP": lambda image: (saved(image, "WEBP", quality=85), ""),
    "lossless WebP": lambda image: (saved(image, "WEBP", lossless=True), ""),
    "AVIF": lambda image: (saved(image, "AVIF", quality=80), ""),
    "HEIC": lambda image: (saved(image, "HEIF", quality=85), ""),
    "BMP": lambda image: (saved(image, "BMP"), ""),
    "BMP with unused alpha": lambda image: (bmp_with_unused_alpha(image), ""),
    "ICO of a PNG": lambda image: (ico([saved(image.resize((256, 256)), "PNG")]), ""),
    "ICO of a BMP": lambda image: (ico([dib(image.resize((256, 256)))]), ""),
    "ICO of 32 bits": lambda image: (ico([dib(image.resize((256, 256)), alpha=255)]), ""),
    "ICO with unused alpha": lambda image: (ico([dib(image.resize((256, 256)), alpha=0)]), ""),
    "CUR": lambda image: (ico([dib(image.resize((128, 128)))], kind=2), ""),
    "JPEG XL": lambda image: (saved(image, "JXL", quality=90), ""),
    "JPEG 2000": lambda image: (saved(image, "JPEG2000"), ""),
    "TIFF": lambda image: (saved(image, "TIFF", compression="tiff_lzw"), ""),
    "SVG": lambda image: (svg(svg_image(data_uri(saved(image, "PNG")), 200)), SVG),
}
"""A picture in every container that some browser shows, and the type to declare."""

HIDDEN: dict[str, Callable[[], tuple[bytes, str]]] = {
    "last of 41 GIF frames": lambda: (moving("GIF", forty_one(40)), ""),
    "one of 41 GIF frames": lambda: (moving("GIF", forty_one(23)), ""),
    "last of 41 APNG frames": lambda: (moving("PNG", forty_one(40)), ""),
    "one of 41 APNG frames": lambda: (moving("PNG", forty_one(17)), ""),
    "last of 41 WebP frames": lambda: (moving("WEBP", forty_one(40), quality=90), ""),
    "one of 41 WebP frames": lambda: (moving("WEBP", forty_one(29), quality=90), ""),
    "last of 41 AVIF frames": lambda: (moving("AVIF", forty_one(40), quality=90, speed=10), ""),
    "one of 41 AVIF frames": lambda: (moving("AVIF", forty_one(19), quality=90, speed=10), ""),
    "APNG behind a clean still picture": lambda: (
        moving("PNG", [benign(), MALIGN, benign(hue=9)], default_image=True),
        "",
    ),
    "APNG before clean frames": lambda: (moving("PNG", [MALIGN, benign(), benign(hue=9)], default_image=True), ""),
    "GIF cut short behind its first frame": lambda: (cut(moving("GIF", [MALIGN, benign(), MALIGN]), 0.6), ""),
    "WebP cut short behind its first frame": lambda: (
        cut(moving("WEBP", [MALIGN, benign(), MALIGN], lossless=True), 0.6),
        "",
    ),
    "APNG cut short behind its first frame": lambda: (cut(moving("PNG", [MALIGN, benign(), MALIGN]), 0.6), ""),
    "seen on white only": lambda: (saved(clear_towards(255), "PNG"), ""),
    "seen on black only": lambda: (saved(clear_towards(0), "PNG"), ""),
    "seen on white only, WebP": lambda: (saved(clear_towards(255), "WEBP", lossless=True, exact=True), ""),
    "seen on black only, AVIF": lambda: (saved(clear_towards(0), "AVIF", quality=95), ""),
    "seen by its palette's alpha only": lambda: (
        saved(clear_towards(255).quantize(256, method=Image.Quantize.FASTOCTREE), "PNG"),
        "",
    ),
    "second size of an icon": lambda: (
        ico([saved(benign((256, 256)), "PNG"), saved(MALIGN.resize((128, 128)), "PNG")]),
        "",
    ),
    "icon that lies about its size": lambda: (
        ico([saved(benign((32, 32)), "PNG"), saved(MALIGN, "PNG")], side=16),
        "",
    ),
    "icon of another size than it says": lambda: (ico([dib(MALIGN.resize((96, 96)))], side=8), ""),
    "second picture of an MPO": lambda: (moving("MPO", [benign(), MALIGN]), ""),
    "second page of a TIFF": lambda: (moving("TIFF", [benign(), MALIGN]), ""),
    "second picture of a HEIC": lambda: (moving("HEIF", [benign(), MALIGN], quality=90), ""),
    "turned by Exif, JPEG": lambda: (saved(rotated(MALIGN)[0], "JPEG", quality=90, exif=rotated(MALIGN)[1]), ""),
    "turned by Exif, PNG": lambda: (saved(rotated(MALIGN)[0], "PNG", exif=rotated(MALIGN)[1]), ""),
    "turned by Exif, WebP": lambda: (
        saved(rotated(MALIGN)[0], "WEBP", lossless=True, exif=rotated(MALIGN)[1].tobytes()),
        "",
    ),
    "turned by irot, AVIF": lambda: (saved(rotated(MALIGN)[0], "AVIF", quality=90, exif=rotated(MALIGN)[1]), ""),
    "below a prefix": lambda: (b"<!-- not a picture -->" + _JPEG, "image/jpeg"),
    "below a prefix, no type": lambda: (b"\0" * 4000 + _PNG, ""),
    "declared a text": lambda: (_PNG, "text/plain"),
    "screenful of a long strip": lambda: (saved(strip(7, 4), "JPEG", quality=90), ""),
    "screenful of a wide strip": lambda: (saved(strip(5, 2, across=True), "PNG"), ""),
    "strip cut short": lambda: (cut(saved(strip(7, 1), "JPEG", quality=90), 0.6), ""),
    "strip cut short, WebP": lambda: (cut(saved(strip(7, 1), "WEBP", quality=95), 0.6), ""),
    "strip cut short, PNG": lambda: (cut(saved(strip(7, 1), "PNG"), 0.6), ""),
    "cell of 4 in a mosaic": lambda: (saved(put_together(2, (1, 0)), "JPEG", quality=90), ""),
    "cell of 9 in a mosaic": lambda: (saved(put_together(3, (2, 1)), "PNG"), ""),
    "cell of 16 in a mosaic": lambda: (saved(put_together(4, (1, 2)), "WEBP", quality=95), ""),
    "cell of 9 in a contact sheet": lambda: (saved(put_together(3, (0, 2), gap=14), "JPEG", quality=90), ""),
    "cell of 16 in a contact sheet": lambda: (saved(put_together(4, (3, 3), gap=10), "PNG"), ""),
    "two pixels of an SVG": lambda: (svg(_INSIDE), SVG),
    "nothing of an SVG": lambda: (svg(f"<defs>{_INSIDE}</defs>"), SVG),
    "percent-encoded in an SVG": lambda: (svg(svg_image("data:image/jpeg," + quote_from_bytes(_JPEG))), SVG),
    "style sheet of an SVG": lambda: (
        svg(f"<style>rect{{background:url({data_uri(_JPEG, 'image/jpeg')})}}</style><rect/>"),
        SVG,
    ),
    "quoted in a style sheet of an SVG": lambda: (
        svg(f"<style><![CDATA[a{{background:url( '{data_uri(_PNG)}' )}}]]></style>"),
        SVG,
    ),
    "HTML inside an SVG": lambda: (
        svg(f"<foreignObject><img xmlns='http://www.w3.org/1999/xhtml' src='{data_uri(_PNG)}'/></foreignObject>"),
        SVG,
    ),
    "SVG inside an SVG": lambda: (svg(svg_image(data_uri(svg(_INSIDE), SVG))), SVG),
    "packed SVG": lambda: (gzip.compress(svg(_INSIDE)), SVG),
    "UTF-16 SVG": lambda: (svg(_INSIDE).decode().encode("utf-16"), SVG),
    "SVG with a prefix and entities": lambda: (
        f'<!-- a -->\n<!DOCTYPE svg [<!ENTITY picture "{data_uri(_JPEG, "image/jpeg")}">]>'
        "<s:svg xmlns:s='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink'>"
        "<s:image width='9' height='9' xlink:href='&picture;'/></s:svg>".encode(),
        SVG,
    ),
    "AVIF inside an SVG": lambda: (svg(svg_image(data_uri(saved(MALIGN, "AVIF", quality=85), "image/avif"))), SVG),
}
"""Malign pictures where a plain filter does not look."""


def cut(body: bytes, share: float) -> bytes:
    return body[: int(len(body) * share)]


def many_scans(scans: int, size: tuple[int, int] = (2000, 1500)) -> bytes:
    """A progressive JPEG that says its last scan again and again."""
    body = saved(Image.new("L", size, 90), "JPEG", progressive=True)
    last = body.rindex(b"\xff\xda")
    return body[:last] + body[last:-2] * scans + b"\xff\xd9"


def nested(depth: int) -> bytes:
    return svg("<g>" * depth + "<rect width='9' height='9'/>" + "</g>" * depth)


def used_again(levels: int, each: int = 10) -> bytes:
    groups = "".join(
        f"<g id='a{level + 1}'>{f'''<use xlink:href='#a{level}'/>''' * each}</g>" for level in range(levels)
    )
    return svg(f"<defs><rect id='a0' width='1' height='1'/>{groups}</defs><use xlink:href='#a{levels}'/>")


def filtered(steps: str) -> bytes:
    return svg(f"<filter id='f'>{steps}</filter><rect width='200' height='200' filter='url(#f)'/>")


def gif_without_end(frames: int, side: int) -> bytes:
    """Frames of one pixel on a large screen."""
    frame = b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HH", side, side) + b"\x80\0\0" + bytes(3) + b"\xff" * 3 + frame * frames + b";"


def zigzag(lines: int) -> str:
    return "<path d='M0 0" + "".join(f"L{index * 37 % 200} {200 * (index % 2)}" for index in range(lines)) + "'/>"


BOMBS: dict[str, Callable[[], tuple[bytes, str]]] = {
    "PNG of 2,500 megapixels": lambda: (png(50_000, 50_000, 1, 0, bytes(9)), ""),
    "PNG of a million chunks": lambda: (png(300, 300, 8, 0, bytes(301 * 300), chunk(b"teXt", b"") * 400_000), ""),
    "APNG of many frames": lambda: (
        png(2000, 2000, 8, 0, bytes(2001 * 2000), chunk(b"acTL", bytes(8)), chunk(b"fcTL", bytes(26)) * 3000),
        "",
    ),
    "WebP of 34 bytes": lambda: (b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0/\xff\xff\xff\x0f" + bytes(9), ""),
    "WebP that will be long": lambda: (
        b"RIFF\xff\xff\xff\x7fWEBPVP8 \xff\xff\xff\x7f\x10\0\0\x9d\x01\x2a\x40\0\x40\0" + bytes(99),
        "",
    ),
    "JPEG of many scans": lambda: (many_scans(400), ""),
    "JPEG of many segments": lambda: (_JPEG[:2] + b"\xff\xfe\0\x02" * 500_000 + _JPEG[2:], ""),
    "GIF without end": lambda: (gif_without_end(20_000, 4000), ""),
    "GIF of tiny blocks": lambda: (
        b"GIF89a\x40\0\x40\0\0\0\0!\xfe" + b"\x01x" * 3_000_000 + b"\0" + gif_without_end(1, 64)[19:],
        "",
    ),
    "BMP of run lengths": lambda: (
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 1078, 40, 3400, 3400, 1, 8, 1, 0, 0, 0, 0, 0) + bytes(2000),
        "",
    ),
    "TIFF of a million strips": lambda: (
        b"II*\0\x08\0\0\0\x03\0"
        + struct.pack("<HHIIHHIIHHII", 256, 4, 1, 900, 257, 4, 1, 900, 273, 4, 1_000_000, 50)
        + bytes(4_000_100),
        "",
    ),
    "TIFF of many pages": lambda: (moving("TIFF", [benign((40, 40))] * 60), ""),
    "icon of 177 megapixels": lambda: (ico([png(13_300, 13_300, 8, 2, bytes(9))], side=16), ""),
    "icon of many entries": lambda: (ico([saved(benign((20, 20), hue), "PNG") for hue in range(60)]), ""),
    "AVIF that will be long": lambda: (saved(benign(), "AVIF") + b"\x7f\xff\xff\xffmdat", ""),
    "JPEG XL of a gigapixel": lambda: (jxl_header(30_000, 30_000) + bytes(50), ""),
    "SVG of nested groups": lambda: (nested(20_000), SVG),
    "SVG of 10¹¹ uses": lambda: (used_again(11), SVG),
    "SVG of turbulence": lambda: (filtered("<feTurbulence baseFrequency='.9' numOctaves='2000'/>" * 200), SVG),
    "SVG of morphology": lambda: (filtered("<feMorphology operator='dilate' radius='80'/>"), SVG),
    "SVG of masks": lambda: (
        svg(
            "<mask id='m'><circle r='99' fill='#fff'/></mask>" + "<rect width='200' height='200' mask='url(#m)'/>" * 900
        ),
        SVG,
    ),
    "SVG of one long path": lambda: (svg(zigzag(6000)), SVG),
    "SVG of a long source": lambda: (svg("<!--" + "x" * 5_000_000 + "-->"), SVG),
    "SVG of a long string, packed": lambda: (gzip.compress(svg("<!--" + "x" * 40_000_000 + "-->")), SVG),
    "SVG of large pictures": lambda: (svg(svg_image(data_uri(png(30_000, 30_000, 8, 2, bytes(9))))), SVG),
    "SVG of many pictures": lambda: (
        svg("".join(svg_image(data_uri(saved(benign((20, 20), hue), "PNG"))) for hue in range(60))),
        SVG,
    ),
}
"""Files that would cost far more than they weigh: each must be too large, at once."""


def jxl_header(width: int, height: int) -> bytes:
    """The first bytes of a bare codestream: sizes of 30 bits each, all else as usual."""
    bits = 0 | 3 << 1 | (height - 1) << 3 | 0 << 33 | 3 << 36 | (width - 1) << 38 | 1 << 68
    return b"\xff\x0a" + bits.to_bytes(9, "little")
