"""Hashes that stay near when a picture is saved again, and are far from those of others."""

import io
from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance

from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Target, decode
from geacc_proxy.images.likeness import fingerprint
from geacc_proxy.policy.override import LOOK_ALIKE


def scene(seed: int, size: tuple[int, int] = (480, 360)) -> Image.Image:
    """Something with a ground, a few dozen overlapping shapes and a little noise."""
    chance = np.random.default_rng(seed)
    image = Image.new("RGB", size, tuple(chance.integers(0, 256, 3).tolist()))
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        left, top = (int(chance.integers(-side // 4, side)) for side in size)
        wide, high = (int(chance.integers(side // 16, side // 2)) for side in size)
        shape = draw.ellipse if chance.integers(2) else draw.rectangle
        shape((left, top, left + wide, top + high), fill=tuple(chance.integers(0, 256, 3).tolist()))
    noise = Image.fromarray(chance.integers(0, 256, (size[1], size[0], 3), np.uint8))
    return Image.blend(image, noise, 0.06)


def saved(image: Image.Image, format_: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


def hashed(body: bytes, size: int = 224) -> int | None:
    return fingerprint(decode(body, Target(size), Caps()).frames[0])


def cropped(image: Image.Image) -> Image.Image:
    width, height = image.size
    return image.crop((width // 100, height // 100, width - width // 100, height - height // 100))


def marked(image: Image.Image) -> Image.Image:
    ImageDraw.Draw(image).text((image.width * 0.75, image.height * 0.93), "© somebody", fill="white")
    return image


CHANGES: dict[str, Callable[[Image.Image], bytes]] = {
    "a quarter of the size": lambda image: saved(image.resize((image.width // 4, image.height // 4))),
    "a JPEG of quality 30": lambda image: saved(image, quality=30),
    "a WebP of quality 50": lambda image: saved(image, "WEBP", quality=50),
    "brighter": lambda image: saved(ImageEnhance.Brightness(image).enhance(1.1)),
    "darker": lambda image: saved(ImageEnhance.Brightness(image).enhance(0.9)),
    "a crop of one in a hundred": lambda image: saved(cropped(image)),
    "a mark in a corner": lambda image: saved(marked(image)),
    "grey": lambda image: saved(image.convert("L")),
    "an alpha channel": lambda image: saved(image.convert("RGBA"), "PNG"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_done_to_a_picture_leaves_it_near(change: str) -> None:
    for seed in range(8):
        before, after = hashed(saved(scene(seed))), hashed(CHANGES[change](scene(seed)))
        assert before is not None
        assert after is not None
        assert (before ^ after).bit_count() <= LOOK_ALIKE


def test_different_pictures_are_far_from_each_other() -> None:
    hashes = [fingerprint(np.asarray(scene(seed, (224, 224)))) for seed in range(60)]
    distances = [(one ^ other).bit_count() for one, other in combinations(hashes, 2)]  # type: ignore[operator]
    assert min(distances) > LOOK_ALIKE
    assert 28 <= np.median(distances) <= 36


@pytest.mark.parametrize("size", [8, 32, 100, 192, 256, 299, 448])
def test_models_of_other_sizes_see_nearly_the_same(size: int) -> None:
    body = saved(scene(3))
    usual, other = hashed(body), hashed(body, size)
    assert usual is not None
    assert other is not None
    assert (usual ^ other).bit_count() <= LOOK_ALIKE


def ramp() -> Image.Image:
    return Image.fromarray(np.tile(np.arange(256, dtype=np.uint8), (256, 1))).convert("RGB")


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", (300, 200), "white"),
        Image.new("RGB", (300, 200), (17, 90, 200)),
        ramp(),
        ramp().transpose(Image.Transpose.ROTATE_90),
        Image.new("RGBA", (300, 200), (0, 0, 0, 0)),
    ],
    ids=["white", "blue", "from black to white", "from top to bottom", "clear"],
)
def test_what_has_no_structure_has_no_hash(image: Image.Image) -> None:
    assert hashed(saved(image, "PNG")) is None


def test_faint_noise_from_a_lossy_encoder_is_no_structure() -> None:
    assert hashed(saved(ramp(), quality=30)) is None


def test_a_hash_is_of_64_bits_of_which_about_half_are_set() -> None:
    for seed in range(20):
        found = fingerprint(np.asarray(scene(seed, (224, 224))))
        assert found is not None
        assert 0 <= found < 2**64
        assert 31 <= found.bit_count() <= 33


def test_the_first_bits_are_the_lowest_frequencies() -> None:
    # Bright above, dark below, and noise: the mean shade and one half-wave down stand out, and its opposite does not.
    wave = np.cos(np.pi * (np.arange(64) + 0.5) / 64)[:, None]
    noise = 20 * np.random.default_rng(1).standard_normal((64, 64))
    for sign in (1, -1):
        grey = (128 + sign * 60 * wave + noise).clip(0, 255).astype(np.uint8)
        found = fingerprint(np.repeat(grey[:, :, None], 3, axis=2))
        assert found is not None
        assert found >> 63 == 1
        assert found >> (63 - 8) & 1 == (sign > 0)
