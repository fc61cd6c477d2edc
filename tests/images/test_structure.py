"""A look at a file's structure before a pixel is decoded: sizes, frames, costs, and what is mended."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from traps import benign, chunk, gif_without_end, jxl_header, many_scans, moving, png, saved

from geacc_proxy.images import bmps, gifs, isomedia, jpegs, jxls, pngs, tiffs, webps
from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Target, Undecodable, decode
from geacc_proxy.images.formats import Format
from geacc_proxy.images.job import Job
from geacc_proxy.verdict import Failure

TARGET = Target(32)
CAPS = Caps()
SIZE = (123, 77)


def job(**caps: float) -> Job:
    return Job.begin(TARGET, replace(CAPS, **caps))


LOOKS = {"JPEG": jpegs.look, "PNG": pngs.look, "GIF": gifs.look, "WEBP": webps.look, "BMP": bmps.look}


@pytest.mark.parametrize("format_", [*LOOKS, "TIFF", "JXL"])
def test_the_size_is_known_and_checked_before_decoding(format_: str) -> None:
    look = {**LOOKS, "TIFF": tiffs.look, "JXL": jxls.look}[format_]
    body = saved(benign(SIZE), format_)
    ready = look(body, job())
    assert (ready.width, ready.height) == SIZE
    with pytest.raises(Undecodable) as caught:
        look(body, job(pixels=SIZE[0] * SIZE[1] - 1))
    assert caught.value.failure is Failure.TOO_LARGE
    assert (caught.value.picture.width, caught.value.picture.height) == SIZE


@pytest.mark.parametrize("format_", ["PNG", "GIF", "WEBP"])
def test_frames_are_counted_and_their_pixels_bounded(format_: str) -> None:
    body = moving(format_, [Image.effect_noise((40, 30), 90 + index).convert("RGB") for index in range(7)])
    assert LOOKS[format_](body, job()).frames == 7
    with pytest.raises(Undecodable) as caught:
        LOOKS[format_](body, job(frame_pixels=7 * 40 * 30 - 1))
    assert caught.value.failure is Failure.TOO_LARGE


def test_scans_are_counted_in_a_progressive_picture() -> None:
    body = many_scans(20, (100, 100))
    scans = body.count(b"\xff\xda")
    jpegs.look(body, job(scan_pixels=scans * 100 * 100))
    with pytest.raises(Undecodable) as caught:
        jpegs.look(body, job(scan_pixels=scans * 100 * 100 - 1))
    assert caught.value.failure is Failure.TOO_LARGE


def test_a_picture_of_one_pass_costs_one_pass_whatever_its_data_says() -> None:
    body = saved(benign(), "JPEG") + b"\xff\xda" * 5000
    assert jpegs.look(body, job(scan_pixels=1)).width == benign().width


def test_bytes_that_fill_a_jpeg_are_taken_out() -> None:
    whole = saved(benign(SIZE), "JPEG")
    ready = jpegs.look(whole[:2] + b"\xff" * 300_000 + whole[2:], job())
    assert ready.body == whole
    assert np.array_equal(decode(ready.body, TARGET, CAPS).frames, decode(whole, TARGET, CAPS).frames)


def test_the_largest_of_several_sizes_in_a_jpeg_counts() -> None:
    whole = saved(benign(SIZE), "JPEG")
    at = whole.index(b"\xff\xc0")
    length = 2 + int.from_bytes(whole[at + 2 : at + 4])
    tiny = whole[at : at + 5] + b"\0\x01\0\x01" + whole[at + 9 : at + length]
    ready = jpegs.look(whole[:at] + tiny + whole[at:], job())
    assert (ready.width, ready.height) == SIZE


def test_a_gif_is_as_large_as_its_largest_frame() -> None:
    body = b"GIF89a\x01\0\x01\0\0\0\0," + struct.pack("<HHHHB", 10, 20, 300, 200, 0) + b"\x02\x02\x44\x01\0;"
    ready = gifs.look(body, job())
    assert (ready.width, ready.height) == (310, 220)


@pytest.mark.parametrize("keep", [5, 20, 40, 60, 99])
def test_a_gif_cut_anywhere_has_the_frames_that_arrived(keep: int) -> None:
    body = gif_without_end(9, 40)
    cut = body[: len(body) * keep // 100]
    if b"," in cut[:-10]:
        assert gifs.look(cut, job()).frames in (cut.count(b","), cut.count(b",") - 1)
    else:
        with pytest.raises(Undecodable) as caught:
            gifs.look(cut, job())
        assert caught.value.failure is Failure.UNREADABLE


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("lossless", [True, False])
def test_a_webp_cut_short_shows_what_has_arrived(share: float, lossless: bool) -> None:
    image = Image.new("RGB", (200, 200), (250, 20, 20))
    image.paste(Image.effect_noise((200, 160), 90).convert("RGB"), (0, 40))
    body = saved(image, "WEBP", lossless=lossless, quality=90)
    decoded = decode(body[: int(len(body) * share)], TARGET, CAPS)
    assert decoded.frames[0, 2, 16, 0] > 200
    assert decoded.frames[0, 2, 16, 1] < 80


@pytest.mark.parametrize("share", [0.6, 0.9])
def test_an_avif_cut_short_shows_what_has_arrived(share: float) -> None:
    image = Image.new("RGB", (200, 200), (250, 20, 20))
    image.paste(Image.effect_noise((200, 120), 90).convert("RGB"), (0, 80))
    body = saved(image, "AVIF", quality=90)
    decoded = decode(body[: int(len(body) * share)], TARGET, CAPS)
    assert decoded.frames[0, 2, 16, 0] > 200
    assert decoded.frames[0, 2, 16, 1] < 80


def test_an_avif_with_a_box_of_associations_for_each_picture_is_mended() -> None:
    body = saved(benign().convert("RGBA").rotate(10), "AVIF")
    at = body.index(b"ipma") - 4
    size = int.from_bytes(body[at : at + 4])
    rows = body[at + 16 : at + size]
    first = 3 + rows[2]
    boxes = b"".join(
        (16 + len(part)).to_bytes(4) + b"ipma" + body[at + 8 : at + 12] + (1).to_bytes(4) + part
        for part in (rows[:first], rows[first:])
    )
    grown = len(boxes) - size
    apart = bytearray(body[:at] + boxes + body[at + size :])
    for kind in (b"meta", b"iprp"):
        where = apart.index(kind) - 4
        apart[where : where + 4] = (int.from_bytes(apart[where : where + 4]) + grown).to_bytes(4)
    places = apart.index(b"iloc") + 12
    for item in range(int.from_bytes(apart[places - 2 : places])):
        offset = places + 14 * item + 6
        apart[offset : offset + 4] = (int.from_bytes(apart[offset : offset + 4]) + grown).to_bytes(4)
    mended = isomedia.look(bytes(apart), Format.AVIF, job()).body
    assert len(mended) == len(apart)
    assert mended.count(b"ipma") == 1
    assert decode(bytes(apart), TARGET, CAPS).picture.width == benign().width


def test_an_impossible_number_of_colours_in_a_bmp_is_corrected() -> None:
    body = bytearray(saved(benign(SIZE).quantize(256), "BMP"))
    body[46:50] = b"\x34\x12\x34\x12"
    assert decode(bytes(body), TARGET, CAPS).picture.width == SIZE[0]


@pytest.mark.parametrize("count", [1, 5])
def test_pages_are_counted_and_bounded(count: int) -> None:
    body = moving("TIFF", [benign(SIZE, hue) for hue in range(count)])
    assert tiffs.look(body, job()).frames == count
    with pytest.raises(Undecodable) as caught:
        tiffs.look(body, job(pictures=count - 1))
    assert caught.value.failure is Failure.TOO_LARGE


def test_directories_in_a_circle_end() -> None:
    page = struct.pack("<HHHIIHHII", 2, 256, 4, 1, 9, 257, 4, 1, 9)
    body = b"II*\0\x08\0\0\0" + page[:26] + (8).to_bytes(4, "little")
    assert tiffs.look(body, job()).frames == 1


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (256, 256), (640, 480), (1000, 30), (2048, 1024), (300, 300)])
def test_the_size_of_a_jpeg_xl_is_read_from_its_bits(size: tuple[int, int]) -> None:
    ready = jxls.look(saved(benign(size), "JXL"), job())
    assert (ready.width, ready.height) == size
    assert jxls.look(saved(benign(size), "JXL", use_container=True), job()).width == size[0]


def test_a_jpeg_xl_that_moves_is_not_judged_by_one_of_its_frames() -> None:
    still = jxl_header(300, 200)
    bits = int.from_bytes(still[2:], "little")
    bits = bits & (1 << 68) - 1 | 0 << 68 | 1 << 69  # not all as usual; with further fields
    moves = bits | 1 << 75  # no orientation, no own size, no preview, but an animation
    assert jxls.look(b"\xff\x0a" + bits.to_bytes(30, "little"), job()).width == 300
    with pytest.raises(Undecodable) as caught:
        jxls.look(b"\xff\x0a" + moves.to_bytes(30, "little"), job())
    assert caught.value.failure is Failure.UNREADABLE


def test_a_png_whose_frames_are_fewer_than_it_says_is_decoded() -> None:
    pixels = b"".join(b"\0" + bytes([120]) * 50 for _ in range(50))
    body = png(50, 50, 8, 0, pixels, chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)))
    assert len(decode(body, TARGET, CAPS).frames) == 1


@pytest.mark.parametrize("format_", ["JXL", "JPEG2000"])
def test_a_slow_format_is_for_the_slow_lane_sooner(format_: str) -> None:
    body = saved(benign(SIZE), format_)
    caps = replace(CAPS, scan_pixels=10 * SIZE[0] * SIZE[1])
    assert decode(body, TARGET, caps).picture.width == SIZE[0]
    with pytest.raises(Undecodable) as caught:
        decode(body, TARGET, replace(caps, scan_pixels=caps.scan_pixels - 1))
    assert caught.value.failure is Failure.TOO_LARGE
