"""ICO and CUR: every entry is judged, as what it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from traps import benign, dib, ico, png, saved

from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Target, Undecodable, decode
from geacc_proxy.verdict import Failure

TARGET = Target(32)
CAPS = Caps()
RED, BLUE = (255, 0, 0), (0, 0, 255)


def plain(colour: tuple[int, int, int], side: int = 40) -> Image.Image:
    return Image.new("RGB", (side, side), colour)


def test_every_entry_is_judged_and_the_largest_names_the_size() -> None:
    body = ico([dib(plain(RED)), saved(plain(BLUE, 64), "PNG"), dib(plain((0, 255, 0), 48))])
    decoded = decode(body, TARGET, CAPS)
    assert (decoded.picture.format, decoded.picture.width, decoded.picture.height) == ("ico", 64, 64)
    assert {tuple(frame[16, 16].tolist()) for frame in decoded.frames} == {RED, BLUE, (0, 255, 0)}


def test_the_mask_is_what_lets_the_page_through() -> None:
    mask = np.zeros((40, 40), bool)
    mask[:20] = True
    white, black = decode(ico([dib(plain(RED), mask=mask)]), TARGET, CAPS).frames
    assert white[4, 16].tolist() == [255, 255, 255]
    assert black[4, 16].tolist() == [0, 0, 0]
    assert white[28, 16].tolist() == black[28, 16].tolist() == list(RED)


def test_an_alpha_channel_goes_before_the_mask_and_one_of_zeros_is_unused() -> None:
    half = decode(ico([dib(plain(RED), alpha=128)]), TARGET, CAPS).frames
    assert half[0, 16, 16, 1] > 120 > half[1, 16, 16, 0] - 10
    assert decode(ico([dib(plain(RED), alpha=0)]), TARGET, CAPS).frames[0, 16, 16].tolist() == list(RED)


def test_an_entry_cut_short_shows_what_has_arrived() -> None:
    whole = dib(plain(RED))
    frames = decode(ico([whole[: len(whole) * 6 // 10]]), TARGET, CAPS).frames
    assert frames[0, 28, 16].tolist() == list(RED)  # the lowest rows come first


def test_a_broken_entry_beside_a_whole_one_does_not_hide_it() -> None:
    body = ico([b"nothing of a picture" * 9, dib(plain(BLUE))])
    assert decode(body, TARGET, CAPS).frames[0, 16, 16].tolist() == list(BLUE)


def test_tiny_entries_are_left_out_and_an_icon_of_them_alone_is_tiny() -> None:
    body = ico([dib(plain(RED, 16)), dib(plain(BLUE, 32))])
    assert {tuple(frame[16, 16].tolist()) for frame in decode(body, TARGET, CAPS).frames} == {BLUE}
    with pytest.raises(Undecodable) as caught:
        decode(ico([dib(plain(RED, 16)), dib(plain(BLUE, 8))]), TARGET, CAPS)
    assert caught.value.failure is Failure.TINY


@pytest.mark.parametrize(
    ("body", "caps", "failure"),
    [
        (ico([]), CAPS, Failure.UNREADABLE),
        (ico([b""]), CAPS, Failure.UNREADABLE),
        (ico([dib(plain(RED))] * 3), replace(CAPS, pictures=2), Failure.TOO_LARGE),
        (ico([png(9000, 9000, 8, 2, bytes(9))], side=16), CAPS, Failure.TOO_LARGE),
        (ico([dib(benign((99, 99)))]), replace(CAPS, pixels=9000), Failure.TOO_LARGE),
    ],
)
def test_what_cannot_be_judged_says_why(body: bytes, caps: Caps, failure: Failure) -> None:
    with pytest.raises(Undecodable) as caught:
        decode(body, TARGET, caps)
    assert caught.value.failure is failure
