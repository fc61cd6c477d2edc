"""SVG: the drawing, the pictures inside, and nothing from outside."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from traps import SVG, benign, data_uri, nested, saved, svg, svg_image

from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Decoded, Target, Undecodable, decode
from geacc_proxy.verdict import Failure

TARGET = Target(32)
CAPS = Caps()
LONG = "<!--" + "x" * 512 + "-->"
RED = "<rect width='200' height='200' fill='#f00'/>"


def drawn(source: bytes, caps: Caps = CAPS) -> Decoded:
    return decode(source, TARGET, caps, SVG)


def refused(source: bytes, caps: Caps = CAPS) -> Failure:
    with pytest.raises(Undecodable) as caught:
        drawn(source, caps)
    return caught.value.failure


def picture(colour: tuple[int, int, int], side: int = 40) -> str:
    return data_uri(saved(Image.new("RGB", (side, side), colour), "PNG"))


def seen(decoded: Decoded) -> set[tuple[int, ...]]:
    return {tuple(frame[16, 16].tolist()) for frame in decoded.frames}


def test_it_is_drawn_on_white_and_on_black() -> None:
    white, black = drawn(svg(LONG + "<rect width='200' height='100' fill='#00f'/>")).frames
    assert white[4, 16].tolist() == black[4, 16].tolist() == [0, 0, 255]
    assert white[28, 16].tolist() == [255, 255, 255]
    assert black[28, 16].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "source",
    [
        b"\n  <!-- first -->\n" + svg(LONG + RED),
        b"<?xml version='1.0' encoding='ISO-8859-1'?><!-- \xe9 -->" + svg(LONG + RED),
        b"<?xml version='1.0' encoding='no-such'?>" + svg(LONG + RED),
        b"<?xml version='1.0' encoding='utf-7'?>" + svg("<!-- +AC0ALQA+- -->" + LONG + RED),
        b"<?xml version='1.0' encoding='UTF-16'?>" + svg(LONG + RED),
        b"<?xml version='1.0' encoding='Shift_JIS'?><!-- \x83\x5c -->" + svg(LONG + RED),
        svg(LONG + RED).decode().encode("utf-16"),
        svg(LONG + RED).decode().encode("utf-16-le"),
        svg(LONG + RED).decode().encode("utf-16-be"),
        b"\xef\xbb\xbf" + svg(LONG + RED),
        gzip.compress(svg(LONG + RED), mtime=0),
        b"<!DOCTYPE svg [<!ENTITY red '#f00'>]>" + svg(LONG + "<rect width='200' height='200' fill='&red;'/>"),
        b"<s:svg xmlns:s='http://www.w3.org/2000/svg' width='20' height='20'>"
        + b"<s:rect fill='#f00' width='20' height='20'/>"
        + LONG.encode()
        + b"</s:svg>",
    ],
)
def test_it_is_read_however_it_is_written(source: bytes) -> None:
    assert seen(drawn(source)) == {(255, 0, 0)}


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "outside.png"
    Image.new("RGB", (40, 40), (0, 255, 0)).save(file)
    monkeypatch.chdir(tmp_path)
    return file


@pytest.mark.parametrize("address", ["{path}", "file://{path}", "outside.png", "./outside.png", " {path}", "http://x/"])
@pytest.mark.parametrize(
    "content",
    [
        "<image width='200' height='200' href='{0}'/>",
        "<image width='200' height='200' xlink:href='{0}'></image>",
        "<g xmlns:i='http://www.w3.org/2000/svg'><i:image width='200' height='200' href='{0}'></i:image></g>",
        "<filter id='f'><feImage href='{0}'/></filter><rect width='200' height='200' filter='url(#f)'/>",
        "<use href='{0}#a'/><pattern id='p' href='{0}#b'/>",
    ],
)
def test_no_file_and_no_address_is_read(outside: Path, address: str, content: str) -> None:
    source = svg(LONG + RED + content.replace("{0}", address.replace("{path}", str(outside))))
    assert (0, 255, 0) not in seen(drawn(source))


def test_an_address_outside_that_entities_hide_is_refused(outside: Path) -> None:
    source = f"<!DOCTYPE svg [<!ENTITY a '{outside}'>]>".encode() + svg(
        LONG + "<image width='200' height='200' href='&a;'/>"
    )
    assert refused(source) is Failure.UNREADABLE


def test_every_picture_inside_is_judged_wherever_it_stands_and_once() -> None:
    red, green, blue = picture((255, 0, 0)), picture((0, 255, 0)), picture((0, 0, 255))
    source = svg(
        f"<style>a{{background: URL(  {red} ) no-repeat}}</style><defs>{svg_image(green)}</defs>{svg_image(green)}"
        f"<rect style='mask-image:url(\"{blue}\")'/>"
    )
    frames = drawn(source).frames
    assert seen(drawn(source)) >= {(255, 0, 0), (0, 255, 0), (0, 0, 255)}
    assert sum(tuple(frame[16, 16].tolist()) == (0, 255, 0) for frame in frames) == 1


def test_letters_and_fonts_inside_are_no_pictures() -> None:
    assert len(drawn(svg("<style>@font-face{src:url(data:font/woff2;base64,d09GMgAB)}</style>" + RED)).frames) == 1


def test_a_picture_inside_that_cannot_be_judged_hides_the_whole() -> None:
    broken = data_uri(b"\x89PNG\r\n\x1a\n and no more")
    assert refused(svg(RED + svg_image(broken))) is Failure.UNREADABLE
    large = replace(CAPS, pixels=40 * 40 - 1)
    assert refused(svg(RED + svg_image(picture((1, 2, 3)))), large) is Failure.TOO_LARGE


def test_tiny_pictures_inside_are_part_of_the_drawing() -> None:
    assert len(drawn(svg(RED + svg_image(picture((0, 255, 0), side=9), 50))).frames) == 1


def test_pictures_inside_pictures_end_somewhere() -> None:
    source = svg(svg_image(picture((0, 255, 0))))
    for _ in range(CAPS.nesting - 1):
        source = svg(svg_image(data_uri(source, SVG)))
    assert (0, 255, 0) in seen(drawn(source))
    assert refused(svg(svg_image(data_uri(source, SVG)))) is Failure.TOO_LARGE


def test_pictures_inside_are_counted_with_those_deeper_inside_and_with_their_pixels() -> None:
    inside = svg("".join(svg_image(picture((0, 0, shade))) for shade in range(3)))
    source = svg(svg_image(data_uri(inside, SVG)) + svg_image(picture((9, 9, 9))))
    assert len(drawn(source, replace(CAPS, pictures=5)).frames) > 4
    assert refused(source, replace(CAPS, pictures=4)) is Failure.TOO_LARGE
    assert refused(source, replace(CAPS, pixels=3 * 1600)) is Failure.TOO_LARGE


def test_a_short_source_of_shapes_is_tiny_and_one_with_more_is_not() -> None:
    assert refused(svg(RED)) is Failure.TINY
    assert refused(gzip.compress(svg(RED))) is Failure.TINY
    assert drawn(svg("<defs><rect id='r' width='99' height='99'/></defs><use href='#r'/>")).frames.size
    assert drawn(svg(RED + LONG)).frames.size


def test_the_source_is_bounded_without_the_pictures_inside() -> None:
    small = replace(CAPS, svg_bytes=2000)
    assert refused(svg("<!--" + "x" * 2000 + "-->"), small) is Failure.TOO_LARGE
    photo = data_uri(saved(Image.effect_noise((200, 200), 90).convert("RGB"), "PNG"))
    assert len(photo) > 50_000
    assert len(drawn(svg(svg_image(photo)), small).frames) >= 2


def test_elements_within_each_other_end_before_the_drawing_library_breaks() -> None:
    assert drawn(nested(100)).frames.size
    assert refused(nested(300)) is Failure.TOO_LARGE


@pytest.mark.parametrize(
    "source",
    [b"<svg xmlns='http://www.w3.org/2000/svg'>", b"<svg><g></svg>" + b" " * 600, b"", b"\x1f\x8b\x08 broken", b"<a/>"],
)
def test_what_is_no_svg_is_unreadable(source: bytes) -> None:
    assert refused(source) in (Failure.UNREADABLE, Failure.NOT_A_PICTURE)


def test_entities_without_end_are_refused() -> None:
    laughs = "".join(f"<!ENTITY a{level + 1} '{f'&a{level};' * 10}'>" for level in range(12))
    source = f"<!DOCTYPE svg [<!ENTITY a0 '{'ha' * 50}'>{laughs}]>".encode() + svg("<text>&a12;</text>")
    assert refused(source) in (Failure.UNREADABLE, Failure.TOO_LARGE)


def test_a_long_drawing_is_seen_by_screenfuls() -> None:
    rows = "".join(f"<rect y='{100 * row}' width='100' height='100' fill='#0{row}f'/>" for row in range(9))
    decoded = drawn(svg(LONG + rows, "width='100' height='900'"))
    assert (decoded.parts > 0).sum() >= 8
    assert (decoded.picture.width, decoded.picture.height) == (100, 900)


def test_a_drawing_without_a_size_fills_the_canvas() -> None:
    frame = drawn(svg(LONG + RED, "viewBox='0 0 200 200'")).frames[0]
    assert np.all(frame == (255, 0, 0))


def test_millimetres_are_a_size() -> None:
    assert seen(drawn(svg(LONG + RED, "width='20mm' height='20mm' viewBox='0 0 200 200'"))) == {(255, 0, 0)}


def test_a_picture_of_any_format_inside_is_decoded() -> None:
    address = data_uri(saved(benign((80, 60)), "AVIF"), "image/avif")
    assert len(drawn(svg(RED + svg_image(address))).frames) == 2
