"""Bytes to frames, under caps."""

import contextlib
import io
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Target, Undecodable, decode
from geacc_proxy.verdict import Failure

TARGET = Target(32)
CAPS = Caps()


def encoded(image: Image.Image, format: str, **options: object) -> bytes:  # noqa: A002
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def half_and_half(size: tuple[int, int] = (80, 40)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, (255, 0, 0))
    image.paste((0, 0, 255), (size[0] // 2, 0, *size))
    return image


@pytest.mark.parametrize(
    "format_", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "TIFF", "JPEG2000", "ICO", "HEIF", "JXL"]
)
def test_every_format_gives_its_size_and_its_colours(format_: str) -> None:
    size = (64, 64) if format_ == "ICO" else (80, 40)
    options = {"sizes": [size]} if format_ == "ICO" else {}
    decoded = decode(encoded(half_and_half(size), format_, **options), TARGET, CAPS)
    assert (decoded.picture.width, decoded.picture.height) == size
    assert decoded.frames.shape[1:] == (32, 32, 3)
    left, right = decoded.frames[0, 16, 4].astype(int), decoded.frames[0, 16, 28].astype(int)
    assert left[0] > 200 > 60 > left[2]
    assert right[2] > 200 > 60 > right[0]


def test_svg_is_drawn() -> None:
    red = "<rect width='80' height='40' fill='#f00'/>"
    svg = f"<svg xmlns='http://www.w3.org/2000/svg' width='80' height='40'>{red * 12}</svg>".encode()
    decoded = decode(svg, TARGET, CAPS, "image/svg+xml")
    assert (decoded.picture.width, decoded.picture.height) == (80, 40)
    assert decoded.frames[0, 16, 16].tolist() == [255, 0, 0]


def test_transparency_is_judged_on_white_and_on_black() -> None:
    clear = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    frames = decode(encoded(clear, "PNG"), TARGET, CAPS).frames
    assert len(frames) == 2
    assert frames[0].min() == 255
    assert frames[1].max() == 0


def test_an_opaque_picture_with_an_alpha_channel_is_judged_once() -> None:
    assert len(decode(encoded(half_and_half().convert("RGBA"), "PNG"), TARGET, CAPS).frames) == 1


def test_a_picture_cut_short_is_judged_by_the_part_that_is_there() -> None:
    noise = Image.effect_noise((200, 200), 80).convert("RGB")
    body = encoded(noise, "JPEG")
    assert decode(body[: len(body) // 2], TARGET, CAPS).frames.shape == (1, 32, 32, 3)


@pytest.mark.parametrize(
    ("body", "caps", "failure"),
    [
        (b"hello", CAPS, Failure.NOT_A_PICTURE),
        (b"\x89PNG\r\n\x1a\n", CAPS, Failure.UNREADABLE),
        (b"\xff\xd8\xff\xe0", CAPS, Failure.UNREADABLE),
        (b"<svg", CAPS, Failure.NOT_A_PICTURE),
        (b"x" * 9 + b"GIF89a and no more", CAPS, Failure.NOT_A_PICTURE),
        (encoded(Image.new("RGB", (16, 16)), "PNG"), CAPS, Failure.TINY),
        (encoded(Image.new("RGB", (1, 256)), "JPEG"), CAPS, Failure.TINY),
        (encoded(half_and_half(), "PNG"), replace(CAPS, pixels=80 * 40 - 1), Failure.TOO_LARGE),
        (encoded(half_and_half(), "PNG"), replace(CAPS, bytes=40), Failure.TOO_LARGE),
        # 34 bytes that ask for 16383 × 16383 pixels
        (b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00/\xff\xff\xff\x0f" + bytes(9), CAPS, Failure.TOO_LARGE),
    ],
)
def test_what_cannot_be_judged_says_why(body: bytes, caps: Caps, failure: Failure) -> None:
    with pytest.raises(Undecodable) as caught:
        decode(body, TARGET, caps)
    assert caught.value.failure is failure


def test_a_moving_picture_without_end_is_too_large() -> None:
    frames = [Image.new("L", (100, 100), i % 256) for i in range(300)]
    body = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(Undecodable) as caught:
        decode(body, TARGET, replace(CAPS, frame_pixels=1_000_000))
    assert caught.value.failure is Failure.TOO_LARGE


@pytest.mark.parametrize(
    "format_", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "HEIF", "ICO", "TIFF", "JXL", "JPEG2000"]
)
def test_damage_gives_frames_or_a_reason_and_nothing_else(format_: str) -> None:
    chance = random.Random(format_)
    whole = encoded(half_and_half((120, 90)), format_)
    for _ in range(60):
        body = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        with contextlib.suppress(Undecodable):
            assert decode(bytes(body), TARGET, CAPS).frames.dtype == np.uint8


def test_a_picture_behind_other_bytes_is_judged() -> None:
    assert decode(b"<!-- -->" + encoded(half_and_half(), "PNG"), TARGET, CAPS, "image/png").picture.width == 80


def test_a_picture_just_above_tiny_is_judged() -> None:
    assert decode(encoded(Image.new("RGB", (1, 257)), "PNG"), TARGET, CAPS).frames.size


def test_arithmetic_coding_is_decoded() -> None:
    body = (Path(__file__).parent / "data" / "arithmetic.jpg").read_bytes()
    decoded = decode(body, TARGET, CAPS)
    assert (decoded.picture.width, decoded.picture.height) == (227, 149)
    assert decoded.frames.std() > 30


def test_twelve_bits_a_sample_are_unreadable() -> None:
    body = bytearray(encoded(half_and_half(), "JPEG"))
    body[body.index(b"\xff\xc0") + 1] = 0xC1
    body[body.index(b"\xff\xc1") + 4] = 12
    with pytest.raises(Undecodable) as caught:
        decode(bytes(body), TARGET, CAPS)
    assert caught.value.failure is Failure.UNREADABLE


@pytest.mark.parametrize("format_", ["JPEG2000", "TIFF", "JXL"])
def test_what_only_safari_shows_is_not_judged_by_a_part(format_: str) -> None:
    noise = Image.effect_noise((200, 200), 80).convert("RGB")
    body = encoded(noise, format_)
    with pytest.raises(Undecodable):
        decode(body[: len(body) // 2], TARGET, CAPS)


@pytest.mark.parametrize("format_", ["MPO", "TIFF", "HEIF"])
def test_every_picture_of_a_file_that_holds_several_is_judged_and_counted(format_: str) -> None:
    pictures = [Image.new("RGB", (40, 40), colour) for colour in ((250, 0, 0), (0, 250, 0), (0, 0, 250))]
    body = encoded(pictures[0], format_, save_all=True, append_images=pictures[1:])
    frames = decode(body, TARGET, CAPS).frames
    assert [int(frame[16, 16].argmax()) for frame in frames] == [0, 1, 2]
    with pytest.raises(Undecodable) as caught:
        decode(body, TARGET, replace(CAPS, pictures=2))
    assert caught.value.failure is Failure.TOO_LARGE


def test_a_picture_of_many_pixels_is_scaled_while_it_is_decoded_but_told_in_full() -> None:
    decoded = decode(encoded(half_and_half((1400, 1000)), "JPEG"), TARGET, CAPS)
    assert (decoded.picture.width, decoded.picture.height) == (1400, 1000)
    assert len(decoded.frames) == 1
    assert decoded.parts.tolist() == [0]


def test_the_quick_caps_are_within_the_full_ones() -> None:
    for caps in (CAPS, replace(CAPS, pixels=1, frame_pixels=1, scan_pixels=1, svg_bytes=1, svg_work=1.0, seconds=0.1)):
        quick = caps.quick()
        assert all(getattr(quick, name) <= getattr(caps, name) for name in caps.__slots__)
        assert quick.quick() == quick
