"""The stand-in for a hidden picture."""

import subprocess
import sys
from io import BytesIO
from itertools import product
from time import thread_time

import pytest
from PIL import Image, ImageChops

from geacc_proxy.images import placeholder as module
from geacc_proxy.images.placeholder import MARK, MAX_SIDE, SLATE, UNKNOWN_SIZE, placeholder


def decoded(width: int, height: int) -> Image.Image:
    with Image.open(BytesIO(placeholder(width, height))) as image:
        assert image.format == "PNG"
        assert not image.has_transparency_data
        return image.convert("RGB")


def mark_box(image: Image.Image) -> tuple[int, int, int, int] | None:
    return ImageChops.difference(image, Image.new("RGB", image.size, SLATE)).getbbox()


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ((1, 1), (1, 1)),
        ((3, 2), (3, 2)),
        ((23, 500), (23, 500)),
        ((64, 64), (64, 64)),
        ((300, 250), (300, 250)),
        ((301, 249), (301, 249)),
        ((1000, 1000), (1000, 1000)),
        ((4096, 4096), (4096, 4096)),
        ((4095, 37), (4095, 37)),
        ((1, 5000), (1, 4096)),
        ((9000, 3000), (4096, 1365)),
        ((10**12, 1), (4096, 1)),
        ((10**400, 10**400), (4096, 4096)),
    ],
)
def test_it_has_the_size_of_the_original_up_to_the_cap(asked, given):
    assert decoded(*asked).size == given


@pytest.mark.parametrize("size", [(0, 0), (0, 80), (80, 0), (-1, 5)])
def test_an_unknown_size_gets_a_usual_one(size):
    assert decoded(*size).size == UNKNOWN_SIZE


@pytest.mark.parametrize(
    "size", [(24, 24), (25, 24), (64, 64), (101, 100), (300, 250), (728, 90), (1000, 1001), (4096, 4096)]
)
def test_the_mark_is_centred_and_about_a_quarter_of_the_short_side(size):
    image = decoded(*size)
    left, top, right, bottom = mark_box(image)
    assert abs(left - (size[0] - right)) <= 1
    assert abs(top - (size[1] - bottom)) <= 3  # an arc and its lashes end softly
    side = max(16, min(72, min(size) // 4))
    assert side - 2 <= right - left <= side
    assert bottom - top < right - left
    mark = image.crop((left, top, right, bottom))
    colours = {colour for _, colour in mark.getcolors(maxcolors=256)}
    assert {SLATE, MARK} < colours, "the strokes are solid, with antialiased edges"


@pytest.mark.parametrize("side", range(24, 330, 7))
def test_the_mark_is_symmetrical(side):
    image = decoded(side, side)
    drawing = module._closed_eye(max(16, min(72, side // 4)))
    assert mark_box(image) is not None
    assert all(row == row[::-1] for row in drawing)


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (23, 23), (1, 4000), (4000, 20)])
def test_a_small_picture_is_plain_slate(size):
    assert decoded(*size).getcolors() == [(size[0] * size[1], SLATE)]


def test_every_small_size_decodes_in_full():
    for width, height in product(range(1, 40, 3), range(1, 40, 2)):
        assert decoded(width, height).size == (width, height)


def test_all_shades_lie_between_slate_and_mark():
    for _, colour in decoded(600, 400).getcolors():
        assert all(low <= value <= high for low, value, high in zip(SLATE, colour, MARK, strict=True))


def test_the_same_size_gives_the_same_bytes_from_the_cache():
    assert placeholder(611, 407) is placeholder(611, 407)
    assert placeholder(MAX_SIDE * 2, MAX_SIDE) is placeholder(MAX_SIDE, MAX_SIDE // 2)


def test_the_largest_takes_two_milliseconds_and_twelve_kilobytes_at_most():
    placeholder(4096, 4096)
    times = []
    for width in range(4096, 4080, -1):
        start = thread_time()
        data = placeholder(width, 4096)
        times.append(thread_time() - start)
        assert len(data) <= 12_000
    assert min(times) < 0.002


def test_no_image_library_is_loaded_for_it():
    code = (
        "import sys, geacc_proxy.images.placeholder as p; p.placeholder(300, 200);"
        "sys.exit(any(name in sys.modules for name in ('PIL', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
