"""Which frames of a moving picture are judged."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from traps import moving

from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Target, Undecodable, decode
from geacc_proxy.verdict import Failure

TARGET = Target(32)
CAPS = Caps()
WHITE = (255, 255, 255)


def noise(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (24, 32, 3), np.uint8))


def shades(frames: np.ndarray) -> list[int]:
    """Of the middle of each frame."""
    return [int(frame[16, 16].mean()) for frame in frames]


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP", "AVIF"])
def test_every_frame_of_a_short_picture_is_judged(format_: str) -> None:
    frames = [Image.new("RGB", (24, 24), (shade,) * 3) for shade in range(0, 240, 24)]
    decoded = decode(moving(format_, frames), TARGET, CAPS)
    assert len(decoded.frames) == 10
    assert shades(decoded.frames) == sorted(shades(decoded.frames))


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP", "AVIF"])
def test_of_a_long_picture_the_first_the_last_and_the_odd_one_out_are_judged(format_: str) -> None:
    frames = [Image.new("RGB", (24, 24), (20 + 3 * shade,) * 3) for shade in range(60)]
    frames[31] = Image.new("RGB", (24, 24), WHITE)
    found = shades(decode(moving(format_, frames), TARGET, CAPS).frames)
    assert len(found) <= CAPS.frames
    assert min(found) <= 24
    assert any(185 <= shade <= 201 for shade in found)
    assert max(found) > 250


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP"])
def test_frames_that_look_the_same_are_judged_once(format_: str) -> None:
    one, other = noise(1), noise(2)
    frames = [one, other] * 30
    body = moving(format_, frames, **({"lossless": True} if format_ == "WEBP" else {}))
    assert len(decode(body, TARGET, CAPS).frames) == 2


def test_as_many_frames_as_allowed_and_no_more() -> None:
    frames = [noise(seed) for seed in range(50)]
    body = moving("WEBP", frames, lossless=True)
    for limit in (4, 7, 16, 32):
        assert len(decode(body, TARGET, replace(CAPS, frames=limit)).frames) == limit


def test_more_frames_than_there_is_time_for_are_too_large() -> None:
    body = moving("WEBP", [noise(seed) for seed in range(50)], lossless=True)
    with pytest.raises(Undecodable) as caught:
        decode(body, TARGET, replace(CAPS, seconds=0.0))
    assert caught.value.failure is Failure.TOO_LARGE
    assert "time" in str(caught.value)


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP", "AVIF"])
def test_what_has_arrived_of_a_moving_picture_is_judged(format_: str) -> None:
    frames = [Image.new("RGB", (96, 96), (250, 10, 10))] + [
        Image.fromarray(np.random.default_rng(seed).integers(0, 255, (96, 96, 3), np.uint8)) for seed in range(9)
    ]
    body = moving(format_, frames)
    decoded = decode(body[: len(body) * 6 // 10], TARGET, CAPS)
    assert decoded.frames[0, 16, 16, 0] > 200
    assert decoded.frames[0, 16, 16, 1] < 60


def test_the_sample_shares_what_may_be_judged_of_parts() -> None:
    frames = [Image.new("RGB", (40, 400), (0, 0, shade)) for shade in range(0, 250, 50)]
    body = moving("GIF", frames)
    decoded = decode(body, TARGET, CAPS)
    assert (decoded.parts == 0).sum() == 5
    assert len(decoded.frames) == 5 + 5 * 3
