"""Transparency of every kind is judged on white and on black; shades are kept."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from PIL import Image, ImageOps
from traps import chunk, png, saved

from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Target, decode

TARGET = Target(32)
CAPS = Caps()
SIDE = 40


def half_clear() -> Image.Image:
    image = Image.new("RGBA", (SIDE, SIDE), (200, 30, 40, 255))
    image.paste((200, 30, 40, 0), (0, 0, SIDE, SIDE // 2))
    return image


def keyed_png(depth: int, colour: int, upper: bytes, lower: bytes, key: bytes) -> bytes:
    pixels = b"".join(b"\0" + (upper if row < SIDE // 2 else lower) * SIDE for row in range(SIDE))
    return png(SIDE, SIDE, depth, colour, pixels, chunk(b"tRNS", key))


def palette_with_clear_entry() -> bytes:
    image = Image.new("P", (SIDE, SIDE), 1)
    image.putpalette([0, 0, 0, 200, 30, 40])
    image.paste(0, (0, 0, SIDE, SIDE // 2))
    return saved(image, "PNG", transparency=0)


def bilevel_with_clear_shade() -> bytes:
    pixels = b"".join(b"\0" + (b"\0" if row < SIDE // 2 else b"\xff") * (SIDE // 8) for row in range(SIDE))
    return png(SIDE, SIDE, 1, 0, pixels, chunk(b"tRNS", b"\0\0"))


def clear_gif() -> bytes:
    image = Image.new("P", (SIDE, SIDE), 1)
    image.putpalette([0, 0, 0, 200, 30, 40])
    image.paste(0, (0, 0, SIDE, SIDE // 2))
    return saved(image, "GIF", transparency=0)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(saved(half_clear(), "PNG"), id="RGBA"),
        pytest.param(saved(half_clear().convert("LA"), "PNG"), id="LA"),
        pytest.param(saved(half_clear().quantize(method=Image.Quantize.FASTOCTREE), "PNG"), id="palette with alpha"),
        pytest.param(palette_with_clear_entry(), id="palette with a clear entry"),
        pytest.param(bilevel_with_clear_shade(), id="one bit with a clear shade"),
        pytest.param(keyed_png(8, 0, b"\x07", b"\x90", b"\0\x07"), id="grey with a clear shade"),
        pytest.param(keyed_png(16, 0, b"\x07\x08", b"\x90\0", b"\x07\x08"), id="16 bit grey with a clear shade"),
        pytest.param(keyed_png(8, 2, b"\1\2\3", b"\xc8\1\1", b"\0\1\0\2\0\3"), id="RGB with a clear colour"),
        pytest.param(clear_gif(), id="GIF"),
        pytest.param(saved(half_clear(), "WEBP", lossless=True, exact=True), id="WebP"),
        pytest.param(saved(half_clear(), "AVIF"), id="AVIF"),
        pytest.param(saved(half_clear(), "TIFF"), id="TIFF"),
        pytest.param(saved(half_clear(), "JXL", lossless=True), id="JPEG XL"),
        pytest.param(saved(half_clear(), "HEIF", quality=-1), id="HEIC"),
    ],
)
def test_what_lets_the_page_through_is_white_and_black(body: bytes) -> None:
    white, black = decode(body, TARGET, CAPS).frames
    assert white[3, 16].min() > 245
    assert black[3, 16].max() < 10
    assert np.abs(white[28, 16].astype(int) - black[28, 16]).max() < 4
    assert white[28, 16].max() > 40
    assert white[28, 16].min() < 215 or white[28, 16].max() == 255


def test_a_shade_of_16_bits_is_kept_in_colour_and_in_grey() -> None:
    row = b"".join(struct.pack(">H", value) for value in range(0, 65_536, 65_536 // SIDE))[: 2 * SIDE]
    grey = decode(png(SIDE, SIDE, 16, 0, (b"\0" + row) * SIDE), TARGET, CAPS).frames[0]
    assert grey[16, 2, 0] < 30 < 110 < grey[16, 16, 0] < 145 < 225 < grey[16, 30, 0]
    colour = b"".join(struct.pack(">HHH", 65_535 - value, value, 0) for value in range(0, 65_536, 65_536 // SIDE))
    frame = decode(png(SIDE, SIDE, 16, 2, (b"\0" + colour[: 6 * SIDE]) * SIDE), TARGET, CAPS).frames[0]
    assert frame[16, 2, 0] > 225 > 30 > frame[16, 2, 1]


def test_grey_of_floating_point_is_kept() -> None:
    ramp = Image.fromarray(np.tile(np.linspace(0, 1, SIDE, dtype=np.float32), (SIDE, 1)))
    frame = decode(saved(ramp, "TIFF"), TARGET, CAPS).frames[0]
    assert frame[16, 2, 0] < 30 < 100 < frame[16, 16, 0] < 160 < 225 < frame[16, 30, 0]


def test_inks_are_the_right_way_round() -> None:
    image = Image.new("RGB", (SIDE, SIDE), (255, 255, 255))
    image.paste((255, 0, 0), (0, 0, SIDE, SIDE // 2))
    frame = decode(saved(image.convert("CMYK"), "JPEG", quality=95), TARGET, CAPS).frames[0]
    assert frame[28, 16].min() > 245
    assert frame[4, 16, 0] > 230 > 40 > frame[4, 16, 1:].max()


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_is_turned_as_exif_says(format_: str, turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    image = Image.new("RGB", (64, 32), (255, 255, 255))
    image.paste((255, 0, 0), (0, 0, 32, 16))
    image.paste((0, 0, 255), (32, 16, 64, 32))
    stored = image.copy()
    stored.info["exif"] = exif.tobytes()
    upright = ImageOps.exif_transpose(stored)
    body = saved(image, format_, exif=exif)
    decoded = decode(body, TARGET, CAPS)
    assert (decoded.picture.width, decoded.picture.height) == upright.size
    wanted = np.asarray(upright.resize((32, 32)), dtype=int)
    assert np.abs(decoded.frames[0].astype(int) - wanted).mean() < 12


def test_what_xmp_says_of_orientation_turns_nothing() -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    body = saved(Image.new("RGB", (64, 32)), "JPEG", xmp=xmp)
    assert decode(body, TARGET, CAPS).picture.width == 64
