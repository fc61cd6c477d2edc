"""What may be left of a hidden picture: little, of the right shape, and nothing that came with it."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import traps
from PIL import Image, ImageCms
from PIL.Image import Resampling

from geacc_proxy.classify.depictions import MOST_BYTES, size
from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Undecodable
from geacc_proxy.images.depict import depict
from geacc_proxy.images.manner import Manner
from geacc_proxy.images.placeholder import MAX_SIDE
from geacc_proxy.verdict import Failure

CAPS = Caps()
CELLS = {Manner.BLUR: 8, Manner.PIXELATE: 10, Manner.THUMBNAIL: 12, Manner.CLEARER: 24}
SMALL = {Manner.THUMBNAIL: 64, Manner.CLEARER: 96}
every_manner = pytest.mark.parametrize("manner", Manner)


def drawn(body: bytes, manner: Manner = Manner.BLUR, content_type: str = "") -> Image.Image:
    return Image.open(io.BytesIO(depict(body, content_type, CAPS, manner))).convert("RGB")


def noise(width: int = 640, height: int = 480) -> Image.Image:
    """As full of detail as a picture can be, with large shapes below it."""
    chance = np.random.default_rng(width * height)
    large = Image.fromarray(chance.integers(0, 256, (5, 7, 3), np.uint8)).resize((width, height), Resampling.BICUBIC)
    fine = Image.fromarray(chance.integers(0, 256, (height, width, 3), np.uint8))
    return Image.blend(large, fine, 0.4)


def quarters(width: int = 320, height: int = 240) -> Image.Image:
    """Red, green, blue and yellow, clockwise from the left above."""
    image = Image.new("RGB", (width, height))
    for box, colour in (
        ((0, 0, width // 2, height // 2), "red"),
        ((width // 2, 0, width, height // 2), "lime"),
        ((width // 2, height // 2, width, height), "blue"),
        ((0, height // 2, width // 2, height), "yellow"),
    ):
        image.paste(colour, box)  # type: ignore[arg-type]
    return image


def corners(image: Image.Image) -> list[str]:
    """The names of the colours near the corners, clockwise from the left above."""
    names = {(1, 0, 0): "red", (0, 1, 0): "lime", (0, 0, 1): "blue", (1, 1, 0): "yellow", (1, 1, 1): "white"}
    near, far = 0.1, 0.9
    places = [(near, near), (far, near), (far, far), (near, far)]
    pixels = [image.getpixel((int(x * image.width), int(y * image.height))) for x, y in places]
    return [names[tuple(int(shade > 140) for shade in pixel)] for pixel in pixels]  # type: ignore[union-attr]


UPRIGHT = ["red", "lime", "blue", "yellow"]


@every_manner
def test_a_picture_keeps_its_colours_where_they_are(manner: Manner) -> None:
    assert corners(drawn(traps.saved(quarters(), "PNG"), manner)) == UPRIGHT


@every_manner
@pytest.mark.parametrize("shown", [(640, 480), (200, 900), (2000, 300)])
def test_no_more_is_left_than_the_stated_cells(manner: Manner, shown: tuple[int, int]) -> None:
    # Squares of any shade, each half as wide as a cell: of what is finer than cells there is as much as can be.
    chance = np.random.default_rng(7)
    cell = max(manner.size(*shown)) / CELLS[manner] * shown[0] / manner.size(*shown)[0]
    squares = [round(2 * side / cell) for side in reversed(shown)]
    picture = Image.fromarray(chance.integers(0, 256, squares, np.uint8)).resize(shown, Resampling.NEAREST)
    image = drawn(traps.saved(picture, "PNG"), manner).convert("L")
    grid = tuple(max(1, round(CELLS[manner] * side / max(image.size))) for side in image.size)
    way = Resampling.NEAREST if manner is Manner.PIXELATE else Resampling.BICUBIC
    again = picture.resize(grid, Resampling.BOX).resize(image.size, way)
    assert np.asarray(image).std() > 20
    assert np.abs(np.subtract(image, again, dtype=np.int16)).mean() < 6


def test_pixels_are_blocks_of_few_colours() -> None:
    image = drawn(traps.saved(noise(), "PNG"), Manner.PIXELATE)
    colours = image.getcolors()
    assert colours is not None
    assert 20 < len(colours) <= 100
    pixels = np.asarray(image)
    changes = (pixels[:, 1:] != pixels[:, :-1]).any(axis=(0, 2)).sum()
    assert changes == 9  # hard edges between ten columns


@every_manner
def test_a_small_picture_keeps_less_than_it_has(manner: Manner) -> None:
    small = noise(24, 24)
    image = drawn(traps.saved(small, "PNG"), manner)
    assert image.size == (24, 24)
    blocks = small.resize((6, 6), Resampling.BOX).resize((24, 24), Resampling.BICUBIC)
    far = np.abs(np.subtract(image, small, dtype=np.int16)).mean()
    near = np.abs(np.subtract(image, blocks, dtype=np.int16)).mean()
    assert near < far / 2


@every_manner
@pytest.mark.parametrize("shown", [(640, 480), (480, 641), (40, 40), (300, 6000), (6000, 300), (5000, 4000)])
def test_what_is_drawn_has_the_size_that_was_asked_for(manner: Manner, shown: tuple[int, int]) -> None:
    body = traps.saved(Image.new("RGB", shown, (90, 120, 30)), "JPEG")
    answer = depict(body, "", CAPS, manner)
    assert size(answer) == manner.size(*shown)
    assert len(answer) <= MOST_BYTES
    width, height = size(answer)
    assert max(width, height) <= SMALL.get(manner, MAX_SIDE)
    if manner in SMALL:
        assert max(width, height) <= 4 * min(width, height) + 2
    elif max(shown) <= MAX_SIDE:
        assert (width, height) == shown


@pytest.mark.parametrize("manner", [Manner.BLUR, Manner.PIXELATE])
def test_the_largest_fit_into_an_answer(manner: Manner) -> None:
    assert len(depict(traps.saved(noise(4200, 4200), "JPEG"), "", CAPS, manner)) <= MOST_BYTES


@every_manner
def test_the_same_bytes_are_drawn_of_the_same_body(manner: Manner) -> None:
    body = traps.saved(noise(), "JPEG")
    assert depict(body, "", CAPS, manner) == depict(body, "image/jpeg", CAPS, manner)


def laden() -> bytes:
    """A JPEG with all that programs put into one."""
    exif = Image.Exif()
    exif[0x010E] = "a secret description"
    exif[0x0132] = "2024:01:01 00:00:00"
    exif.get_ifd(0x8825)[1] = "N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return traps.saved(
        noise(), "JPEG", exif=exif, icc_profile=profile, comment=b"a secret comment", xmp=b"<x:xmpmeta>a secret</x>"
    )


@every_manner
def test_nothing_that_came_with_a_picture_survives(manner: Manner) -> None:
    body = laden()
    assert b"secret" in body
    answer = depict(body, "", CAPS, manner)
    with Image.open(io.BytesIO(answer)) as image:
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert not image.getexif()
        assert image.mode in ("RGB", "P")
    for word in (b"secret", b"Exif", b"ICC_PROFILE", b"Adobe", b"http"):
        assert word not in answer


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_turned_upright(format_: str) -> None:
    image, exif = traps.rotated(quarters())
    found = drawn(traps.saved(image, format_, exif=exif))
    assert found.size == (320, 240)
    assert corners(found) == UPRIGHT


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP", "AVIF"])
def test_of_what_moves_the_first_frame_is_drawn(format_: str) -> None:
    others = [Image.new("RGB", (320, 240), (shade, shade, shade)) for shade in range(0, 250, 12)]
    found = drawn(traps.moving(format_, [quarters(), *others]))
    assert corners(found) == UPRIGHT


@every_manner
def test_what_is_clear_lies_on_white(manner: Manner) -> None:
    image = quarters().convert("RGBA")
    image.paste((0, 0, 0, 0), (160, 120, 320, 240))
    assert corners(drawn(traps.saved(image, "PNG"), manner)) == ["red", "lime", "white", "yellow"]
    clear = drawn(traps.saved(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "PNG"), manner)
    assert np.asarray(clear).min() >= 250


def _icon() -> bytes:
    return traps.ico([traps.dib(quarters(48, 48))])


def _vector() -> bytes:
    data = base64.b64encode(traps.saved(quarters(), "PNG")).decode()
    return (
        "<svg xmlns='http://www.w3.org/2000/svg' width='320' height='240'>"
        f"<image width='320' height='240' href='data:image/png;base64,{data}'/></svg>"
    ).encode()


KINDS: dict[str, Callable[[], bytes]] = {
    **{
        name: lambda name=name: traps.saved(quarters(), name)  # type: ignore[misc]
        for name in ("JPEG", "PNG", "GIF", "WEBP", "AVIF", "HEIF", "JXL", "JPEG2000", "BMP", "TIFF")
    },
    "CMYK": lambda: traps.saved(quarters().convert("CMYK"), "JPEG"),
    "palette": lambda: traps.saved(quarters().convert("P"), "PNG"),
    "16 bits": lambda: traps.png_of_16_bits(quarters()),
    "progressive": lambda: traps.saved(quarters(), "JPEG", progressive=True),
    "icon": _icon,
    "SVG": _vector,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_picture_is_drawn(kind: str) -> None:
    assert corners(drawn(KINDS[kind](), Manner.CLEARER, "image/svg+xml" if kind == "SVG" else "")) == UPRIGHT


def test_a_grey_picture_stays_grey() -> None:
    image = np.asarray(drawn(traps.saved(noise().convert("L"), "JPEG")), dtype=np.int16)
    assert np.abs(image[..., 0] - image[..., 2]).max() <= 4


def test_a_picture_cut_short_is_drawn_by_what_is_there() -> None:
    body = traps.saved(noise(), "JPEG")
    assert drawn(body[: len(body) // 2]).size == (640, 480)


@every_manner
@pytest.mark.parametrize(
    ("body", "content_type", "caps", "failure"),
    [
        (b"", "image/png", CAPS, Failure.NOT_A_PICTURE),
        (b"<html>no picture", "text/html", CAPS, Failure.NOT_A_PICTURE),
        (traps.saved(Image.new("RGB", (16, 16)), "PNG"), "", CAPS, Failure.TINY),
        (b"\xff\xd8\xff\xe0 and no more", "", CAPS, Failure.UNREADABLE),
        (traps.saved(quarters(), "PNG"), "", replace(CAPS, pixels=1000), Failure.TOO_LARGE),
        (traps.saved(quarters(), "PNG"), "", replace(CAPS, bytes=100), Failure.TOO_LARGE),
        (traps.png(60_000, 60_000, 8, 2, b"\0" * 1000), "", CAPS, Failure.TOO_LARGE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'>" + b"<g>" * 5000, "image/svg+xml", CAPS, Failure.TOO_LARGE),
    ],
    ids=[
        "nothing",
        "a page",
        "tiny",
        "no more than a beginning",
        "many pixels",
        "many bytes",
        "a bomb",
        "elements without end",
    ],
)
def test_what_could_not_be_judged_is_not_drawn(
    body: bytes, content_type: str, caps: Caps, failure: Failure, manner: Manner
) -> None:
    with pytest.raises(Undecodable) as caught:
        depict(body, content_type, caps, manner)
    assert caught.value.failure is failure


def test_a_header_that_lies_about_its_size_is_no_way_around() -> None:
    body = bytearray(traps.saved(noise(64, 64), "PNG"))
    body[16:24] = struct.pack(">II", 40_000, 40_000)
    with pytest.raises(Undecodable):
        depict(bytes(body), "", CAPS, Manner.BLUR)


def test_what_is_drawn_of_two_pictures_with_the_same_large_shapes_is_nearly_the_same() -> None:
    shapes = noise()
    other = Image.blend(shapes.resize((16, 12), Resampling.BOX).resize((640, 480), Resampling.BICUBIC), shapes, 0.1)
    for manner in Manner:
        if manner is not Manner.CLEARER:
            one, two = (drawn(traps.saved(image, "PNG"), manner) for image in (shapes, other))
            assert np.abs(np.subtract(one, two, dtype=np.int16)).mean() < 3
