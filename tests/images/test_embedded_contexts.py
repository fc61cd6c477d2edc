"""Pictures in every context, escaped in every way, in chunks of any size."""

from __future__ import annotations

from base64 import b64encode

import pytest
from embedded_texts import (
    CONTEXTS,
    ESCAPES,
    SVG,
    base64_url,
    bodies,
    chunked,
    found,
    hidden,
    originals,
    percent_url,
    picture,
    scan,
    scan_whole,
)

from geacc_proxy.images.placeholder import placeholder

CHUNKINGS = ["whole", "bytes", 1, 2]
JPEG = picture("JPEG")
PNG = picture("PNG")


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.parametrize("context", CONTEXTS)
def test_a_picture_is_found_and_replaced_and_nothing_else_changes(context: str, escape: str) -> None:
    before, after = CONTEXTS[context]
    before, after = b"<title>data: of x</title>" + before, after + b"<p data-y=1>\nmore data:"
    written = ESCAPES[escape](base64_url(JPEG))
    for chunking in CHUNKINGS:
        pieces = scan(chunked(before + written + after, chunking))
        assert originals(pieces) == before + written + after
        assert [piece.original for piece in found(pieces)] == [written]
        assert found(pieces)[0].pictures == ((JPEG, "image/jpeg"),)
        replaced = hidden(pieces)
        assert replaced.startswith(before)
        assert replaced.endswith(after)
        stand_in = found(scan_whole(replaced))
        assert [piece.pictures[0][1] for piece in stand_in] == ["image/png"]
        assert stand_in[0].pictures[0][0].startswith(placeholder(48, 32))


@pytest.mark.parametrize(
    "kind", ["", "application/octet-stream", "text/plain", "font/woff2", "not a type", "text/html"]
)
def test_a_picture_is_found_whatever_its_declared_type(kind: str) -> None:
    assert bodies(scan_whole(b'<img src="' + base64_url(JPEG, kind) + b'">')) == [JPEG]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP"])
@pytest.mark.parametrize("escape", ["as it is", "slashes as JSON may", "hexadecimal", "four digits", "no padding"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'["', b'"]'),
        (b"f('", b"')"),
        (b"f(`", b"`)"),
        (rb'"{\"a\":\"', rb'\"}"'),
        (rb"'\x22", rb"\x22'"),
        (rb"'\u0022", rb"\u0022'"),
        (b'data-x="{&quot;a&quot;:&quot;', b'&quot;}"'),
    ],
)
def test_base64_that_begins_like_a_picture_is_found_without_a_url(
    kind: str, escape: str, before: bytes, after: bytes
) -> None:
    body = picture(kind)
    written = ESCAPES[escape](b"," + b64encode(body)).split(b",", 1)[-1].removeprefix(ESCAPES[escape](b","))
    for chunking in CHUNKINGS:
        pieces = scan(chunked(b"a data-less text " * 9 + before + written + after, chunking))
        assert [(piece.original, piece.pictures) for piece in found(pieces)] == [(written, ((body, ""),))]
        stand_in = bodies(scan_whole(hidden(pieces)))
        assert [body.startswith(placeholder(48, 32)) for body in stand_in] == [True]


def test_short_base64_and_other_base64_is_left_alone() -> None:
    text = b'["' + b64encode(JPEG[:60]) + b'","' + b64encode(b"some words " * 40) + b'","x' + b64encode(JPEG) + b'"]'
    assert scan_whole(text) == [text]


@pytest.mark.parametrize("chunking", CHUNKINGS)
@pytest.mark.parametrize(
    "written",
    [
        b"\n".join([b64encode(JPEG)[:76], b64encode(JPEG)[76:152], b64encode(JPEG)[152:]]),
        b"\\n".join([b64encode(JPEG)[:76], b64encode(JPEG)[76:152], b64encode(JPEG)[152:]]),
        b"\\\n".join([b64encode(JPEG)[:76], b64encode(JPEG)[76:152], b64encode(JPEG)[152:]]),
        b"%0A".join([b64encode(JPEG)[:76], b64encode(JPEG)[76:152], b64encode(JPEG)[152:]]),
        b"&#10;".join([b64encode(JPEG)[:76], b64encode(JPEG)[76:152], b64encode(JPEG)[152:]]),
        b"\r\n     ".join([b64encode(JPEG)[:76], b64encode(JPEG)[76:152], b64encode(JPEG)[152:]]),
        b" ".join(b64encode(JPEG)[at : at + 4] for at in range(0, len(b64encode(JPEG)), 4)),
    ],
    ids=["lines", "escaped lines", "continued lines", "percent", "entities", "indented", "groups of four"],
)
def test_lines_and_white_space_inside_base64_are_followed(written: bytes, chunking: int | str) -> None:
    text = b'f("data:image/jpeg;base64,' + written + b' ") and more'
    pieces = scan(chunked(text, chunking))
    assert bodies(pieces) == [JPEG]
    assert hidden(pieces).endswith(b' ") and more')


@pytest.mark.parametrize("chunking", CHUNKINGS)
@pytest.mark.parametrize("svg", [base64_url(SVG, "image/svg+xml"), percent_url(SVG)])
def test_descriptors_and_commas_of_a_srcset_survive(svg: bytes, chunking: int | str) -> None:
    parts = [b'<img srcset="', base64_url(JPEG), b" 1x, ", svg, b" 1.5x,\n", base64_url(PNG), b',b.jpg 3x" alt="1x">']
    pieces = scan(chunked(b"".join(parts), chunking))
    assert bodies(pieces) == [JPEG, SVG, PNG]
    assert [piece.original for piece in found(pieces)] == parts[1::2]


@pytest.mark.parametrize("chunking", CHUNKINGS)
def test_the_first_of_a_srcset_may_be_a_percent_encoded_svg(chunking: int | str) -> None:
    for between in (b" 1x, ", b", ", b" 100w ,"):
        text = b'<img srcset="' + percent_url(SVG) + between + base64_url(PNG) + b' 2x">'
        pieces = scan(chunked(text, chunking))
        assert [piece.original for piece in found(pieces)] == [percent_url(SVG), base64_url(PNG)]


RAW = SVG.decode()
SINGLE = RAW.replace('"', "'")


@pytest.mark.parametrize("chunking", CHUNKINGS)
@pytest.mark.parametrize(
    ("text", "body"),
    [
        (f"a{{background:url('data:image/svg+xml;utf8,{RAW}')}}", RAW),
        (f'a{{background:url("data:image/svg+xml;utf8,{SINGLE}")}}', SINGLE),
        (f'<img src="data:image/svg+xml;utf8,{SINGLE}">', SINGLE),
        (f'<img src="data:image/svg+xml,{RAW.replace(chr(34), "&quot;")}">', RAW),
        (f'<img src="data:image/svg+xml,{RAW.replace("<", "&lt;").replace(chr(34), "&#34;")}">', RAW),
        (f'<p style="background:url(&quot;data:image/svg+xml,{SINGLE}&quot;)">', SINGLE),
        (f"<p style='background:url(&#39;data:image/svg+xml,{RAW}&#39;)'>", RAW),
        ('f("data:image/svg+xml,' + RAW.replace('"', '\\"') + '")', RAW),
        ('f("{\\"a\\":\\"data:image/svg+xml,' + RAW.replace('"', '\\\\\\"') + '\\"}")', RAW),
        (r"f('\x22data\x3aimage\x2fsvg+xml," + SINGLE.replace("<", r"\x3c").replace("'", r"\x27") + r"\x22')", SINGLE),
        (f"`data:image/svg+xml;utf8,{RAW}`", RAW),
        (f'<img src="{percent_url(SVG).decode()}">', RAW),
        (f"<img src={percent_url(SVG).decode()}>", RAW),
        (f"a{{background:url({percent_url(SVG).decode()})}}", RAW),
        (f'<img src="data:image/svg+xml;charset=utf-8;base64,{b64encode(SVG).decode()}">', RAW),
    ],
)
def test_an_svg_is_found_however_it_is_written(text: str, body: str, chunking: int | str) -> None:
    pieces = scan(chunked(text.encode(), chunking))
    assert [piece.pictures for piece in found(pieces)] == [((body.encode(), "image/svg+xml"),)]
    assert originals(pieces) == text.encode()
    stand_in = found(scan_whole(hidden(pieces)))
    assert [b"#6c7887" in piece.pictures[0][0] for piece in stand_in] == [True]
    assert [piece.pictures[0][1] for piece in stand_in] == ["image/svg+xml"]


@pytest.mark.parametrize("chunking", CHUNKINGS)
@pytest.mark.parametrize("kind", ["image/png", "", "text/plain", "font/woff2"])
def test_a_percent_encoded_picture_of_pixels_is_found(kind: str, chunking: int | str) -> None:
    text = b'<img src="' + percent_url(PNG, kind) + b'">'
    pieces = scan(chunked(text, chunking))
    assert bodies(pieces) == [PNG]
    assert b"data:image/png;base64," in hidden(pieces)
