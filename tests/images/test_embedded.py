"""What the scanner leaves alone, what it holds back, and what its limits do."""

from __future__ import annotations

import json
from base64 import b64encode
from html.parser import HTMLParser
from io import BytesIO

import pytest
from embedded_texts import (
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
from PIL import Image

from geacc_proxy.images.embedded import Embedded, Scanner, TextLimits
from geacc_proxy.images.placeholder import UNKNOWN_SIZE, placeholder
from geacc_proxy.verdict import Failure

CHUNKINGS = ["whole", "bytes", 1, 2]
JPEG = picture("JPEG")
PNG = picture("PNG")
URL = base64_url(JPEG)


@pytest.mark.parametrize("chunking", CHUNKINGS)
@pytest.mark.parametrize(
    "text",
    [
        b"@font-face{src:url(" + base64_url(b"wOF2" + PNG * 20, "font/woff2") + b")}",
        b'<a href="data:,">data:</a> the data: of the metadata:x,y',
        b'"data:text/plain,hello%20world" "data:text/plain;base64,aGVsbG8="',
        b'fetch("data:application/wasm;base64,AGFzbQEAAAABBAFgAAADAgEABwgBBG1haW4AAAoEAQIACw==")',
        b'<iframe src="data:text/html,<p>no%20picture</p>">',
        b'x.replace(/^data:image\\/(png|jpg);base64,/, "") || /^data:image\\/[a-z]+;base64,/i.test(x)',
        b'"data:image/png;base64,"+x+"data:image/"+kind+";base64,"+y',
        b"'data:image/svg+xml,'+encodeURIComponent(x)+'data:image/svg+xml;base64,'+btoa(x)",
        b"`data:image/${kind};base64,${x}` `data:image/svg+xml;utf8,${encodeURIComponent(x)}`",
        b"x={data:e,BM:3,data:[1,2],data:{a:1},data:`x`}",
        b'event: x\ndata: {"a":[1,2,3]}\ndata: BM, and text\n\n',
        b'{"a":"' + b64encode(b"some words, " * 60) + b'"}',
        b"https://example.com/9j/" + b"A" * 200 + b" iVBORw0KGgo",
        b"a{background:url(data:image/svg+xml;utf8,<svg xmlns='x'><b/></svg>)}",
    ],
)
def test_what_is_no_picture_is_left_alone(text: bytes, chunking: int | str) -> None:
    pieces = scan(chunked(text, chunking))
    assert found(pieces) == []
    assert originals(pieces) == text


@pytest.mark.parametrize(
    ("text", "held"),
    [
        (b"<p>plain text", b""),
        (b"a dat", b"dat"),
        (b"a DATA", b"DATA"),
        (rb'a = "data\x3', rb"data\x3"),
        (b"data&col", b"data&col"),
        (b"data-x", b""),
        (b"data:image/png", b"data:image/png"),
        (b'x={data:"', b""),
        (b'["iVBORw', b"iVBORw"),
        (rb'["\/9j\/4AA', rb"\/9j\/4AA"),
        (b'["JVBORw', b""),
        (b"x" + b"iVBORw0KGgo", b""),
        (b'"data:font/woff2;base64,' + b"d09G" * 3000, b""),
    ],
)
def test_only_what_may_be_the_beginning_of_a_picture_is_held_back(text: bytes, held: bytes) -> None:
    scanner = Scanner()
    gone = b"".join(piece for piece in scanner.feed(text) if isinstance(piece, bytes))
    assert gone == text.removesuffix(held)
    assert scanner.close() == ([held] if held else [])


def test_a_picture_goes_on_as_soon_as_its_end_is_known() -> None:
    scanner = Scanner()
    assert scanner.feed(b'<img src="' + URL) == [b'<img src="']
    piece, quote = scanner.feed(b'"')
    assert isinstance(piece, Embedded)
    assert (piece.original, quote) == (URL, b'"')


@pytest.mark.parametrize("chunking", CHUNKINGS)
@pytest.mark.parametrize(
    "text",
    [
        percent_url(b"<img src=" + URL + b"><img src='" + base64_url(PNG, "image/png") + b"'>", "text/html"),
        base64_url(
            b"a{background:url(" + URL + b")}b{background:url('" + base64_url(PNG, "image/png") + b"')}", "text/css"
        ),
        base64_url(json.dumps([URL.decode(), base64_url(PNG, "image/png").decode()]).encode(), "application/json"),
        base64_url(
            b'<iframe src="' + base64_url(b"<p>" + URL + b" " + base64_url(PNG, "image/png"), "text/html") + b'">',
            "text/html",
        ),
        base64_url(
            ("<img src='" + URL.decode() + "'>" + base64_url(PNG, "image/png").decode()).encode("utf-16"), "text/xml"
        ),
    ],
    ids=["page", "style sheet", "JSON", "page in a page", "UTF-16"],
)
def test_pictures_of_a_text_within_the_text_are_one_piece(text: bytes, chunking: int | str) -> None:
    pieces = scan(chunked(b'<iframe src="' + text + b'">', chunking))
    assert [(piece.original, piece.failure) for piece in found(pieces)] == [(text, None)]
    assert found(pieces)[0].pictures == ((JPEG, "image/jpeg"), (PNG, "image/png"))
    assert hidden(pieces).startswith(b'<iframe src="data:image/png;base64,')


def test_a_text_that_lies_too_deep_cannot_be_judged() -> None:
    text = base64_url(b"<img src='" + URL + b"'>", "text/html")
    for _ in range(2):
        text = base64_url(b"<iframe src='" + text + b"'>", "text/html")
    assert [piece.failure for piece in found(scan_whole(text))] == [Failure.UNREADABLE]
    assert bodies(scan_whole(text, TextLimits(nesting=3))) == [JPEG]
    assert scan_whole(base64_url(b"<p>no picture</p>", "text/html"), TextLimits(nesting=0))[0] != b""
    assert found(scan_whole(base64_url(b"<p>no picture</p>", "text/html"), TextLimits(nesting=0))) == []


@pytest.mark.parametrize("chunking", CHUNKINGS)
@pytest.mark.parametrize(
    "written", [URL, percent_url(SVG), b64encode(JPEG), percent_url(b"<img src=" + URL, "text/html"), percent_url(PNG)]
)
def test_a_picture_that_is_too_long_is_decided_without_its_bytes(written: bytes, chunking: int | str) -> None:
    pieces = scan(chunked(b'["' + written + b'", 1]', chunking), TextLimits(picture_bytes=150))
    assert originals(pieces) == b'["' + written + b'", 1]'
    assert [(piece.original, piece.pictures, piece.failure) for piece in found(pieces)] == [
        (written[:150], (), Failure.TOO_LARGE)
    ]


def test_what_follows_the_placeholder_of_a_picture_too_long_cannot_be_drawn() -> None:
    cut = hidden(scan_whole(b'"' + URL + b'"', TextLimits(picture_bytes=150)))
    (body,) = bodies(scan_whole(cut))
    with Image.open(BytesIO(body)) as image:
        image.load()
        assert (image.format, image.size) == ("PNG", (48, 32))


def test_pictures_beyond_the_limit_are_decided_without_their_bytes() -> None:
    pieces = found(scan_whole((URL + b" ") * 5, TextLimits(pictures=3)))
    assert [piece.failure for piece in pieces] == [None] * 3 + [Failure.TOO_MANY_EMBEDDED] * 2
    assert [len(piece.pictures) for piece in pieces] == [1, 1, 1, 0, 0]


def test_pictures_within_a_text_count_too() -> None:
    inner = percent_url((URL + b" ") * 5, "text/html")
    (piece,) = found(scan_whole(inner, TextLimits(pictures=3)))
    assert piece.failure is Failure.TOO_MANY_EMBEDDED


def test_base64_with_escapes_that_only_css_knows_cannot_be_judged() -> None:
    url = URL[:80] + rb"\41 " + URL[81:]
    (piece,) = found(scan_whole(b'a{background:url("' + url + b'")}'))
    assert (piece.failure, piece.pictures) == (Failure.UNREADABLE, ())
    assert piece.original == url


@pytest.mark.parametrize("chunking", [*CHUNKINGS, 3, 4])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("told_by", ["mark", "charset"])
def test_text_in_utf_16_is_read_and_written_as_such(codec: str, told_by: str, chunking: int | str) -> None:
    mark = "\ufeff" if told_by == "mark" else ""
    charset = "" if mark else codec.replace("f-16-", "F-16")
    before, after = f'{mark}<p>é漢😀</p><img src="', '" alt="漢"> data\u013a'
    text = (before + URL.decode() + after).encode(codec)
    pieces = scan(chunked(text, chunking), charset=charset)
    assert originals(pieces) == text
    assert bodies(pieces) == [JPEG]
    replaced = hidden(pieces).decode(codec)
    assert replaced.startswith(before + "data:image/png;base64,iVBOR")
    assert replaced.endswith(after)


def test_half_a_character_of_utf_16_at_the_end_comes_out() -> None:
    assert originals(scan_whole("data:".encode("utf-16") + b"x")) == "data:".encode("utf-16") + b"x"
    assert originals(scan([b"\xff"])) == b"\xff"


@pytest.mark.parametrize("charset", ["shift_jis", "gb18030", "euc-kr", "iso-8859-1", "utf-8"])
def test_text_in_other_encodings_is_read_byte_by_byte(charset: str) -> None:
    words = {"iso-8859-1": "é", "euc-kr": "한국"}.get(charset, "表示")
    text = f'<p title="{words}">{words}<img src="{URL.decode()}" alt="{words}">'.encode(charset)
    pieces = scan_whole(text, charset=charset)
    assert bodies(pieces) == [JPEG]
    assert hidden(pieces).decode(charset).endswith(f'" alt="{words}">')


@pytest.mark.parametrize(
    ("asked", "given"),
    [((0, 0), UNKNOWN_SIZE), ((300, 200), (300, 200)), ((4000, 1000), (1024, 256)), ((1, 90_000), (1, 1024))],
)
def test_a_placeholder_has_the_picture_s_size_up_to_the_cap(asked: tuple[int, int], given: tuple[int, int]) -> None:
    (png,) = found(scan_whole(URL))
    assert bodies(scan_whole(png.replaced(*asked)))[0].startswith(placeholder(*given))
    (svg,) = found(scan_whole(base64_url(SVG, "image/svg+xml")))
    (drawing,) = bodies(scan_whole(svg.replaced(*asked)))
    assert b'width="%d" height="%d"' % given in drawing


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, [(name, _kind(value or "")) for name, value in attrs]))

    def handle_data(self, data: str) -> None:
        self.seen.append(data)


def _kind(value: str) -> str:
    """An attribute's value, the data of its pictures left out."""
    text = ("'" if '"' in value else '"').encode() + value.encode()
    return "".join("picture" if isinstance(piece, Embedded) else piece.decode() for piece in scan_whole(text))[1:]


def test_a_page_keeps_its_structure() -> None:
    url, svg = URL.decode(), SVG.decode().replace('"', "&quot;")
    page = f"""<!doctype html><title>x</title><img src="{url}" alt="a &amp; b"><img src='{url}'><img src={url}>
        <img srcset="{url} 1x, {url} 2x" alt=y><p style="background:url(&quot;{url}&quot;) red">text</p>
        <img src="data:image/svg+xml;utf8,{svg}"><iframe srcdoc="&lt;img src=&quot;{url}&quot;&gt;"></iframe>"""
    before, after = _Tags(), _Tags()
    before.feed(page)
    pieces = scan_whole(page.encode())
    after.feed(hidden(pieces).decode())
    assert len(found(pieces)) == 8
    assert after.seen == before.seen


def test_json_still_parses_and_only_its_pictures_differ() -> None:
    value = {
        "a": [URL.decode(), {"b": 'say "data:" \\'}],
        "c": b64encode(PNG).decode(),
        "d": f'<img src="{URL.decode()}">',
    }
    for dump in (json.dumps(value), json.dumps(value).replace("/", "\\/").replace("=", "\\u003d")):
        for text in (dump, json.dumps(dump), json.dumps({"e": json.dumps(dump)})):
            pieces = scan_whole(text.encode())
            assert bodies(pieces) == [JPEG, PNG, JPEG]
            read = json.loads(hidden(pieces))
            while not isinstance(read, dict) or "e" in read:
                read = json.loads(read["e"] if isinstance(read, dict) else read)
            assert read["a"][0].startswith("data:image/png;base64,iVBORw0KGgo")
            assert read["a"][1] == value["a"][1]
            assert read["c"].startswith("iVBORw0KGgo")
            assert read["d"].startswith('<img src="data:image/png;base64,')
            assert read["d"].endswith('">')


def test_a_page_of_results_as_google_writes_it() -> None:
    jpeg, png, gif = (
        URL.decode(),
        base64_url(PNG, "image/png").decode(),
        base64_url(picture("GIF"), "image/gif").decode(),
    )
    in_script = jpeg.replace("=", r"\x3d")
    in_json = png.replace("/", r"\/").replace("=", r"\u003d")
    page = f"""<!doctype html><html><body><img id="dimg_1" src="{gif}" data-deferred="1" data-atf="1">
        <script nonce="x">
        (function(){{var s='{in_script}';var ii=['dimg_1','dimg_3'];_setImagesSrc(ii,s);}})();</script>
        <script>var google={{ldi:{{"dimg_5":"https:\\/\\/encrypted\\/images?q\\u003dtbn:ANd9GcQ"}}}};
        AF_initDataCallback({{key:'ds:1',data:[null,[["{in_json}",90,60],["data:image/webp"]]],sideChannel:{{}}}});
        window.jsl={{"x":"{in_json.replace(chr(92), chr(92) * 2)}"}};</script></body></html>"""
    for chunking in CHUNKINGS:
        pieces = scan(chunked(page.encode(), chunking))
        assert originals(pieces) == page.encode()
        assert bodies(pieces) == [picture("GIF"), JPEG, PNG, PNG]
        replaced = hidden(pieces).decode()
        assert len(bodies(scan_whole(replaced.encode()))) == 4
        stand_in = b64encode(placeholder(48, 32) + bytes(-len(placeholder(48, 32)) % 3)).decode()
        assert f"var s='data:image/png;base64,{stand_in}';var ii" in replaced
        assert f'[["data:image\\/png;base64,{stand_in.replace("/", chr(92) + "/")}",90,60]' in replaced
        assert f'{{"x":"data:image\\\\/png;base64,{stand_in.replace("/", chr(92) * 2 + "/")}"}}' in replaced
        assert replaced.split("AF_init")[1].endswith("</script></body></html>")
