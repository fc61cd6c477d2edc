"""Files that browsers paint although something is wrong with them: what they paint is what is judged."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from traps import MALIGN, benign, chunk, ico, moving, png, saved

from geacc_proxy.classify.judging import ModelJudge
from geacc_proxy.images import jpegs
from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Target, Undecodable, decode
from geacc_proxy.models.registry import find
from geacc_proxy.verdict import Failure, Scores, Unjudged

TARGET, CAPS = Target(32), Caps()
NOISE = MALIGN.resize((240, 240))
RED, BLUE = (250, 10, 10), (10, 10, 250)


@pytest.fixture(scope="module")
def judge() -> ModelJudge:
    return ModelJudge(find(None), CAPS)


def hides(judge: ModelJudge, body: bytes) -> bool:
    verdict = judge.verdict(body, "")
    return isinstance(verdict, Unjudged) or (isinstance(verdict, Scores) and verdict.malign > 0.5)


def turned_to(value: int, magic: bytes = b"II*\0", kind: int = 3, first: int = 1) -> bytes:
    """TIFF metadata with two orientations of a given type, of which the second counts for some."""
    entries = struct.pack("<HHIIHHII", 0x112, kind, 1, first, 0x112, kind, 1, value)
    return magic + struct.pack("<IH", 8, 2) + entries + bytes(4)


def with_exif(body: bytes, exif: bytes, word: bytes = b"Exif\0\0") -> bytes:
    return body[:2] + b"\xff\xe1" + struct.pack(">H", len(word + exif) + 2) + word + exif + body[2:]


def halves() -> Image.Image:
    image = Image.new("RGB", (80, 80), RED)
    image.paste(BLUE, (0, 40, 80, 80))
    return image


@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_an_interlaced_gif_cut_short_is_judged_with_its_rows_spread(judge: ModelJudge, share: float) -> None:
    body = saved(NOISE, "GIF", interlace=1)
    assert hides(judge, body[: int(len(body) * share)])


def test_rows_that_are_missing_are_those_of_the_pass_before() -> None:
    rows = np.zeros((80, 80, 3), np.uint8)
    rows[::8] = RED
    rows[np.arange(80) % 8 != 0] = np.random.default_rng(1).integers(0, 255, (70, 80, 3), np.uint8)
    body = saved(Image.fromarray(rows), "GIF", interlace=1)
    decoded = decode(body[: len(body) - 5600], TARGET, CAPS)
    assert (np.abs(decoded.frames.astype(int) - RED).max(axis=(1, 2, 3)) < 40).any()


def test_a_gif_cut_short_in_its_last_frame_is_judged_by_what_came_of_it(judge: ModelJudge) -> None:
    body = moving("GIF", [benign((240, 240)), NOISE])
    assert hides(judge, body[: len(body) * 9 // 10])


def test_a_frame_larger_than_its_gif_is_judged_by_what_is_within(judge: ModelJudge) -> None:
    tall = Image.new("RGB", (240, 1200), (255, 255, 255))
    tall.paste(NOISE)
    first, second = saved(benign((240, 240)), "GIF"), saved(tall, "GIF", interlace=0)
    at = second.rindex(b",\0\0\0\0" + struct.pack("<HH", 240, 1200))
    colours = second[13 : 13 + 768]
    frame = second[at : at + 9] + bytes([0x87]) + colours + second[at + 10 :]
    assert hides(judge, first[:-1] + frame)


def test_an_extension_without_data_hides_no_frame(judge: ModelJudge) -> None:
    body = moving("GIF", [benign((240, 240)), NOISE])
    at = body.index(b"!\xf9\x04", body.index(b"!\xf9\x04") + 8)
    assert hides(judge, body[:at] + b"!\x01\0" + body[at:])


@pytest.mark.parametrize("broken", [b"\0\x14af", b"ffdA", b"daTa"])
def test_the_last_frame_of_an_apng_is_judged_though_it_breaks_off(judge: ModelJudge, broken: bytes) -> None:
    body = moving("PNG", [benign((240, 240)), NOISE])
    at = body.rindex(b"fdAT") - 4
    assert hides(judge, body[:at] + b"\x7f\xff\xff\xff" + broken + body[at + 8 :])


def test_a_frame_of_an_apng_that_cannot_be_decoded_hides_the_whole() -> None:
    body = moving("PNG", [benign((240, 240)), NOISE])
    at = body.rindex(b"fcTL")
    body = body[: at + 4] + struct.pack(">III", 1, 999, 999) + body[at + 16 :]
    with pytest.raises(Undecodable) as caught:
        decode(body, TARGET, CAPS)
    assert caught.value.failure is Failure.UNREADABLE


def test_the_first_count_of_frames_counts(judge: ModelJudge) -> None:
    body = moving("PNG", [benign((240, 240)), NOISE])
    end = body.index(b"acTL") + 16
    assert hides(judge, body[:end] + chunk(b"acTL", struct.pack(">II", 1, 1)) + body[end:])


def test_an_apng_cut_behind_the_control_of_a_frame_has_those_before() -> None:
    body = moving("PNG", [Image.new("RGB", (96, 96), RED), NOISE.resize((96, 96))])
    decoded = decode(body[: body.rindex(b"fdAT") - 4], TARGET, CAPS)
    assert decoded.frames[0, 16, 16].tolist() == list(RED)


@pytest.mark.parametrize("back", [1, 3])
def test_of_a_progressive_jpeg_the_scans_before_a_broken_one_are_judged(judge: ModelJudge, back: int) -> None:
    body = saved(NOISE, "JPEG", quality=92, progressive=True)
    at = len(body)
    for _ in range(back):
        at = body.rindex(b"\xff\xda", 0, at)
    broken = body[: at + 4] + b"\x3f" + body[at + 5 :]  # of a component that there is not
    assert hides(judge, broken)
    scores = judge.verdict(body, "")
    assert isinstance(scores, Scores)
    assert scores.frames == 1


def test_scans_are_taken_off_from_the_end() -> None:
    body = saved(benign(), "JPEG", progressive=True)
    scans = body.count(b"\xff\xda")
    fewer = list(jpegs.with_fewer_scans(body))
    assert [each.count(b"\xff\xda") for each in fewer] == list(range(scans - 1, 0, -1))
    assert all(each.endswith(b"\xff\xd9") for each in fewer)


def test_a_progressive_jpeg_of_which_nothing_can_be_decoded_is_unreadable() -> None:
    body = saved(benign(), "JPEG", progressive=True)
    at = body.index(b"\xff\xda")
    with pytest.raises(Undecodable) as caught:
        decode(body[: at + 4] + b"\x3f" + body[at + 5 :], TARGET, CAPS)
    assert caught.value.failure is Failure.UNREADABLE


@pytest.mark.parametrize(
    ("exif", "word"),
    [
        (turned_to(3), b"Exif\0\x80"),
        (turned_to(3, b"IIxx"), b"Exif\0\0"),
        (turned_to(3, kind=4), b"Exif\0\0"),
        (turned_to(1, first=3), b"Exif\0\0"),
    ],
)
def test_what_damaged_metadata_says_is_judged_as_said_and_as_stored(exif: bytes, word: bytes) -> None:
    body = with_exif(saved(halves(), "JPEG", quality=95), exif, word)
    found = {bool(frame[4, 16, 0] > 128) for frame in decode(body, TARGET, CAPS).frames}
    assert found == {True, False}


def test_undamaged_metadata_that_says_upright_costs_no_further_view() -> None:
    body = with_exif(saved(halves(), "JPEG", quality=95), turned_to(1))
    assert len(decode(body, TARGET, CAPS).frames) == 1


def test_an_icon_hides_if_an_entry_cannot_be_decoded() -> None:
    small, large = saved(benign((32, 32)), "PNG"), saved(NOISE, "PNG")
    at = large.index(b"IDAT")
    with pytest.raises(Undecodable) as caught:
        decode(ico([small, large[:at] + b"I@AT" + large[at + 4 :]]), TARGET, CAPS)
    assert caught.value.failure is Failure.UNREADABLE


@pytest.mark.parametrize("format_", ["WEBP", "AVIF"])
@pytest.mark.parametrize("frames", [1, 3])
def test_junk_behind_a_picture_is_no_part_of_it(format_: str, frames: int) -> None:
    shades = [Image.new("RGB", (96, 96), (240, 10 * number, 10)) for number in range(0, frames * 6, 6)]
    whole = moving(format_, shades) if frames > 1 else saved(shades[0], format_)
    for junk in (b"<html><body>", b"\xff" * 99):
        assert len(decode(whole + junk, TARGET, CAPS).frames) == frames


def test_a_png_of_no_pixels_yet_is_no_reason_to_fail_otherwise_than_told() -> None:
    with pytest.raises(Undecodable) as caught:
        decode(png(40, 40, 8, 2, b"")[:33], TARGET, CAPS)
    assert caught.value.failure is Failure.UNREADABLE


def test_an_interlaced_png_cut_short_is_judged_by_the_pixels_that_are_there() -> None:
    first = np.zeros((8, 8), bool)
    first[::8, ::8] = True
    rows = np.where(np.tile(first, (10, 10))[..., None], np.uint8(RED), np.uint8(BLUE))
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    data = b"".join(b"\0" + row.tobytes() for y, x, down, across in passes for row in rows[y::down, x::across])
    header = struct.pack(">IIBBBBB", 80, 80, 8, 2, 0, 0, 1)
    body = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data, 0))
    whole = decode(body + chunk(b"IEND", b""), TARGET, CAPS)
    assert len(whole.frames) == 1
    cut = decode(body[: len(body) // 8], TARGET, CAPS)
    assert any((frame == RED).all() for frame in cut.frames)
