"""What came is looked at in a process of its own, and nothing that it does there reaches the download."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress

import pytest
from PIL import Image, features

from geacc_proxy.classify.limits import Limits
from geacc_proxy.lab.dataset.examiners import Examiners
from geacc_proxy.lab.dataset.outcome import Failed, Outcome
from tests.lab.dataset.origin import picture, wait_for

pytestmark = [pytest.mark.xdist_group("dataset-examiners")]
KINDS = ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "ICO", *(["AVIF"] if features.check("avif") else [])]


@pytest.fixture(scope="module")
def examiners() -> Iterator[Examiners]:
    made = Examiners(None, most_bytes=2**20, count=1)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def shrinking() -> Iterator[Examiners]:
    made = Examiners((60, 60), most_bytes=2**20, count=1)
    yield made
    made.stop()


def opened(body: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


def refusal(examiners: Examiners, body: bytes, content_type: str = "image/jpeg") -> Failed:
    with pytest.raises(Failed) as caught:
        examiners.examine(body, content_type)
    return caught.value


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_is_known_by_its_bytes(examiners: Examiners, kind: str) -> None:
    found = examiners.examine(picture("a", kind, (64, 48)), "text/html")
    assert found.picture.format == kind.lower()
    assert (found.picture.width, found.picture.height) == ((48, 36) if kind == "ICO" else (64, 48))
    assert found.resized == b""


def test_a_drawing_is_a_picture(examiners: Examiners) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30">'
    svg += b'<rect width="9" height="7"/>' * 50 + b"</svg>"
    assert examiners.examine(svg, "image/svg+xml").picture.format == "svg"


@pytest.mark.parametrize("body", [b"<html><body>Not found</body></html>", b"{}", b"GIF", b"%PDF-1.7 ...", b"\0" * 999])
def test_what_is_no_picture_is_none_whatever_it_is_declared(examiners: Examiners, body: bytes) -> None:
    assert refusal(examiners, body).outcome is Outcome.NOT_A_PICTURE


def test_a_page_declared_a_drawing_is_no_picture(examiners: Examiners) -> None:
    assert refusal(examiners, b"<html><body>Not found</body></html>", "image/svg+xml").outcome is Outcome.DAMAGED


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_picture_that_is_cut_short_is_damaged_though_a_browser_would_paint_it(
    examiners: Examiners, kind: str
) -> None:
    body = picture("a", kind, (200, 150))
    assert refusal(examiners, body[: len(body) * 2 // 3]).outcome is Outcome.DAMAGED


def test_a_tiny_picture_shows_nothing(examiners: Examiners) -> None:
    assert refusal(examiners, picture("a", "GIF", (1, 1))).outcome is Outcome.TINY


def test_a_picture_of_too_many_pixels_is_refused_by_its_header(examiners: Examiners) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    assert refusal(examiners, bomb).outcome is Outcome.TOO_LARGE


def test_a_picture_that_takes_too_long_costs_itself_alone() -> None:
    made = Examiners(None, most_bytes=2**20, count=1, limits=Limits(seconds=0.05))

    def looks_at_the_next_one() -> bool:
        with suppress(Failed):  # on a busy machine it may take too long, too
            return made.examine(picture("b"), "").picture.format == "jpeg"
        return False

    try:
        large = picture("a", "PNG", (2500, 2500))
        assert "not decoded in 0.05 s" in str(refusal(made, large))
        wait_for(looks_at_the_next_one)
    finally:
        made.stop()


def test_a_larger_picture_is_scaled_down_to_cover_the_size(shrinking: Examiners) -> None:
    body = picture("a", "PNG", (300, 200))
    small = opened(shrinking.examine(body, "").resized)
    assert small.format == "JPEG"
    assert small.size == (90, 60)


def test_no_picture_is_enlarged(shrinking: Examiners) -> None:
    smaller = shrinking.examine(picture("a", "BMP", (50, 40)), "").resized
    assert opened(smaller).size == (50, 40)


def test_a_picture_stays_as_it_is_where_the_jpeg_would_be_no_shorter(shrinking: Examiners) -> None:
    assert shrinking.examine(picture("a", "JPEG", (60, 60), quality=10, optimize=True), "").resized == b""


def test_what_is_transparent_lies_on_white(shrinking: Examiners) -> None:
    file = io.BytesIO()
    Image.effect_noise((300, 300), 90).convert("RGBA").save(file, "PNG")
    clear = Image.open(file)
    clear.putalpha(0)
    file = io.BytesIO()
    clear.save(file, "PNG")
    low, _ = opened(shrinking.examine(file.getvalue(), "").resized).convert("L").getextrema()
    assert low > 250


def test_a_turned_picture_is_stored_upright(shrinking: Examiners) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    body = picture("a", "JPEG", (300, 200), exif=exif.tobytes(), quality=100)
    assert opened(shrinking.examine(body, "").resized).size == (60, 90)
