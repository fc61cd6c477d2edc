"""Whatever the text and however it is cut into chunks."""

from __future__ import annotations

from base64 import b64encode

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
from hypothesis import given
from hypothesis import strategies as st

from geacc_proxy.images.embedded import Embedded, TextLimits

TINY = b"GIF89a\x01\0\x01\0\0\0\0;"
FRAGMENTS = st.sampled_from(
    [
        *[b"data:", b"DATA:", b"data", b"dat", b"data\\", b"data\\x3a", b"data\\u003A", b"data&colon;", b"data&#58;"],
        *[
            b"d&#97;ta:",
            b"&#100;",
            b"&#X0061",
            b"&#58;",
            rb"\64 ata:",
            rb"d\000061ta",
            rb"\3a ",
            rb"\74",
            b"&#9;",
            rb"\2c ",
        ],
        *[b"image/png", b"image\\/jpeg", b"image/svg+xml", b"text/html", b"text/css", b"font/woff2", b"image/*"],
        *[b";base64", b";charset=utf-8", b"; base64 ", b";", b",", b"\\x2c", b"\\u002C", b"&comma;", b"%2C"],
        *[
            b'"',
            b"'",
            b"`",
            b'\\"',
            b'\\\\\\"',
            b"&quot;",
            b"&#39;",
            b"\\x22",
            b"\\u0022",
            b"&amp;quot;",
            b"\\u0026quot;",
        ],
        *[b"(", b")", b"=", b"\\", b"\\\\", b"&", b"&amp;", b"&#", b"&#x2", b"\\x", b"\\u00", b"%", b"%3", b"\\u{2f}"],
        *[
            b" ",
            b"\n",
            b"\r\n",
            b"\t",
            b"\\n",
            b"\\\n",
            b"&#10;",
            b" 1x",
            b" 2.5x, ",
            b"<",
            b">",
            b"<svg>",
            b"%3Csvg%3E",
        ],
        *[
            b"/9j/",
            b"\\/9j\\/",
            b"iVBORw0KGgo",
            b"R0lGOD",
            b"UklGR",
            b"AAAAIGZ0eXBhdmlm",
            b"Qk02AAAAAAAAADYAAAA",
            b"_9j_",
        ],
        *[
            b"A",
            b"AAAA" * 30,
            b"\\/" * 40,
            b"\\u0041" * 30,
            b"=",
            b"==",
            b"%3D",
            b"\\u003d",
            b"&#x3D;",
            b"%89PNG%0D%0A",
        ],
        *[base64_url(TINY), percent_url(SVG), percent_url(TINY, ""), b64encode(TINY), b64encode(picture("PNG"))],
        *[base64_url(b"<img src=" + base64_url(TINY) + b">", "text/html"), base64_url(b"wOF2" * 40, "font/woff2")],
        *[b"\xff\xfe", b"\x00", b"\x80", "é漢".encode(), b"hello world", b"data: x\n\n", b"url("],
    ]
)
TEXTS = st.lists(FRAGMENTS | st.binary(max_size=12), max_size=14).map(b"".join)
CHUNKINGS = st.integers(0, 2**32)
LIMITS = st.builds(
    TextLimits, picture_bytes=st.sampled_from([60, 500, 2**24]), pictures=st.integers(0, 3), nesting=st.integers(0, 2)
)


@given(st.binary(max_size=400), CHUNKINGS, st.sampled_from(["", "utf-16", "utf-16be", "Shift_JIS"]))
def test_any_bytes_come_out_as_they_came_in(text: bytes, chunking: int, charset: str) -> None:
    assert originals(scan(chunked(text, chunking), charset=charset)) == text


def described(pieces: list[bytes | Embedded]) -> list[object]:
    """The pieces, with text that came in several put together."""
    whole: list[object] = []
    for piece in pieces:
        if isinstance(piece, Embedded):
            whole.append((piece, piece.replaced(30, 20)))
        elif whole and isinstance(whole[-1], bytes):
            whole[-1] += piece
        else:
            whole.append(piece)
    return whole


@given(TEXTS, CHUNKINGS, LIMITS, st.sampled_from(["", "utf-16le", "utf-16be"]))
def test_what_is_found_does_not_depend_on_the_chunks(
    text: bytes, chunking: int, limits: TextLimits, charset: str
) -> None:
    whole = scan([text], limits, charset)
    assert originals(whole) == text
    assert described(scan(chunked(text, chunking), limits, charset)) == described(whole)
    assert described(scan(chunked(text, "bytes"), limits, charset)) == described(whole)


FILLERS = st.lists(
    st.sampled_from(
        [
            b"<p>words, and more</p>\n",
            b" data-x=1 ",
            b"metadata: none\n",
            b"{data:[1]}",
            b"\\",
            b"&amp;",
            "é漢".encode(),
            b"QUJD",
        ]
    ),
    max_size=4,
).map(b"".join)
PLACED = st.tuples(
    FILLERS,
    st.sampled_from(sorted(CONTEXTS)),
    st.sampled_from(sorted(ESCAPES)),
    st.sampled_from([base64_url(picture("JPEG")), base64_url(SVG, "image/svg+xml"), base64_url(TINY, "image/gif")]),
)


@given(st.lists(PLACED, max_size=4), FILLERS, CHUNKINGS)
def test_only_the_pictures_differ(placed: list[tuple[bytes, str, str, bytes]], end: bytes, chunking: int) -> None:
    text = b""
    urls = []
    for filler, context, escape, url in placed:
        before, after = CONTEXTS[context]
        urls.append(ESCAPES[escape](url))
        text += filler + before + urls[-1] + after
    text += end
    pieces = scan(chunked(text, chunking))
    assert originals(pieces) == text
    assert [piece.original for piece in found(pieces)] == urls
    assert len(bodies(scan_whole(hidden(pieces)))) == len(urls)
