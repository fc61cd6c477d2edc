"""Bytes to frames, under caps."""

import contextlib
import io
import random
from dataclasses import replace

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


def test_exif_rotation_turns_what_is_judged() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned clockwise by 90°
    decoded = decode(encoded(half_and_half(), "JPEG", exif=exif), TARGET, CAPS)
    assert (decoded.picture.width, decoded.picture.height) == (40, 80)
    assert decoded.frames[0, 4, 16, 0] > 200  # red was left and is above now
    assert decoded.frames[0, 28, 16, 2] > 200


def test_transparency_is_judged_on_white_and_on_black() -> None:
    clear = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    frames = decode(encoded(clear, "PNG"), TARGET, CAPS).frames
    assert len(frames) == 2
    assert frames[0].min() == 255
    assert frames[1].max() == 0


def test_an_opaque_picture_with_an_alpha_channel_is_judged_once() -> None:
    assert len(decode(encoded(half_and_half().convert("RGBA"), "PNG"), TARGET, CAPS).frames) == 1


def test_sixteen_bit_grey_keeps_its_shades() -> None:
    ramp = Image.fromarray(np.linspace(0, 65535, 80 * 40).reshape(40, 80).astype(np.uint16))
    frame = decode(encoded(ramp, "PNG"), TARGET, CAPS).frames[0]
    assert frame[0, 0, 0] < 20
    assert 110 < frame[16, 0, 0] < 145
    assert frame[31, 31, 0] > 235


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


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP", "HEIF"])
def test_damage_gives_frames_or_a_reason_and_nothing_else(format_: str) -> None:
    chance = random.Random(format_)
    whole = encoded(half_and_half((120, 90)), format_)
    for _ in range(60):
        body = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        with contextlib.suppress(Undecodable):
            assert decode(bytes(body), TARGET, CAPS).frames.dtype == np.uint8
