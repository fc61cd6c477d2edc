"""Small pictures, ways to write them into a text, and a scanner that gets the text in pieces."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from PIL import Image

from geacc_proxy.images.embedded import Embedded, Scanner, TextLimits

_MALIGN = Path(__file__).parent.parent / "data" / "malign-synthetic-1.png"
SIZE = (48, 32)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="48" height="32"><circle cx="9" cy="9" r="9" fill="#f00"/></svg>'


@cache
def picture(kind: str) -> bytes:
    """The malign stand-in, made small."""
    with Image.open(_MALIGN) as image:
        small = image.convert("RGB").resize(SIZE)
    body = BytesIO()
    small.save(body, kind)
    return body.getvalue()


def base64_url(body: bytes, kind: str = "image/jpeg") -> bytes:
    return b"data:" + kind.encode() + b";base64," + b64encode(body)


def percent_url(body: bytes, kind: str = "image/svg+xml") -> bytes:
    return b"data:" + kind.encode() + b"," + quote(body, safe="").encode()


def _escaped(characters: bytes, form: str) -> Callable[[bytes], bytes]:
    """Writes these characters as `form % code`, and all else as it is."""

    def write(text: bytes) -> bytes:
        return b"".join((form % code).encode() if code in characters else bytes([code]) for code in text)

    return write


def _of_names(names: dict[str, str]) -> Callable[[bytes], bytes]:
    return lambda text: text.decode().translate(str.maketrans(names)).encode()


def _in_data(write: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def only_there(url: bytes) -> bytes:
        header, data = url.split(b",", 1)
        return header + b"," + write(data)

    return only_there


ESCAPES: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda url: url,
    "slashes as JSON may": lambda url: url.replace(b"/", rb"\/"),
    "slashes of JSON in JSON": lambda url: url.replace(b"/", rb"\\/"),
    "slashes of JSON in JSON, all escaped": lambda url: url.replace(b"/", rb"\\\/"),
    "hexadecimal": _escaped(b"/+=:;,", r"\x%02x"),
    "equals signs as Google does": _escaped(b"=", r"\x%02x"),
    "four digits": _escaped(b"/+=:;,", r"\u%04x"),
    "four digits, capitals": _escaped(b"/+=:;,", r"\u%04X"),
    "four digits of JSON in JSON": _escaped(b"/+=", r"\\u%04x"),
    "digits in braces": _escaped(b"/+=:", r"\u{%x}"),
    "decimal entities": _escaped(b"/+=:;,", "&#%d;"),
    "hexadecimal entities": _escaped(b"/+=:", "&#x%X;"),
    "named entities": _of_names({"/": "&sol;", "+": "&plus;", "=": "&equals;", ":": "&colon;", ",": "&comma;"}),
    "entities of a page in an attribute": _escaped(b"/=", "&amp;#%d;"),
    "entities in JSON": _escaped(b"/=", r"\u0026#%d;"),
    "percent escapes": _in_data(_escaped(b"/+=", "%%%02X")),
    "every letter escaped": _in_data(lambda data: b"".join(rb"\u%04x" % code for code in data)),
    "a letter of the scheme as an entity": lambda url: url.replace(b"data:", b"d&#97;ta:"),
    "a letter of the scheme as CSS escapes it": lambda url: url.replace(b"data:", rb"\64 ata:"),
    "all of it as entities": lambda url: b"".join(b"&#%d;" % code for code in url),
    "all of it as entities of hexadecimal": lambda url: b"".join(b"&#x%04X;" % code for code in url),
    "capitals": lambda url: url.replace(b"data:", b"DaTa:").replace(b"base64", b"Base64").replace(b"image", b"IMAGE"),
    "no padding": lambda url: url.rstrip(b"="),
    "URL-safe": _in_data(lambda data: data.replace(b"+", b"-").replace(b"/", b"_")),
    "a parameter": lambda url: url.replace(b";base64", b";charset=utf-8;base64"),
    "base64 before a parameter": lambda url: url.replace(b";base64", b";base64;charset=utf-8"),
}
"""How a `data:` URL can be written."""

CONTEXTS: dict[str, tuple[bytes, bytes]] = {
    "attribute in double quotes": (b'<img alt="" src="', b'" id=x>'),
    "attribute in single quotes": (b"<img src='", b"' alt=x>"),
    "attribute without quotes": (b"<img src=", b" alt=x>"),
    "last attribute without quotes": (b"<img src=", b">"),
    "white space around": (b'<img src="\n   ', b'\n  ">'),
    "srcset": (b'<img srcset="', b' 1x, b.jpg 2x">'),
    "srcset, second": (b'<img srcset="a.jpg 1x, ', b' 2x, c.jpg 3x">'),
    "srcset, widths": (b'<img srcset="', b' 640w,\n c.jpg 1280w">'),
    "SVG image": (b'<svg><image xlink:href="', b'"/></svg>'),
    "CSS url": (b"a{background:#fff url(", b") no-repeat}"),
    "CSS url in double quotes": (b'a{background-image:url( "', b'" )}'),
    "CSS url in single quotes": (b"a{background-image:url('", b"')}"),
    "CSS image-set": (b'a{background:image-set("', b'" 1x, "b.png" 2x)}'),
    "CSS custom property": (b"a{--picture:url(", b")}"),
    "style with &quot;": (b'<p style="background:url(&quot;', b'&quot;)">'),
    "style with &#39;": (b'<p style="background:url(&#39;', b'&#39;)">'),
    "style with &#x27;": (b"<p style='background:url(&#x27;", b"&#x27;)'>"),
    "style without inner quotes": (b'<p style="background:url(', b')">'),
    "srcdoc": (b'<iframe srcdoc="<img src=&quot;', b'&quot;>">'),
    "srcdoc in srcdoc": (b'<iframe srcdoc="<iframe srcdoc=&quot;<img src=&amp;quot;', b'&amp;quot;>&quot;>">'),
    "script, double quotes": (b'<script>var a="', b'";f(a)</script>'),
    "script, single quotes": (b"f('", b"',1)"),
    "script, template": (b"f(`", b"`)"),
    "script, template with a tag": (b'f(`<img src="', b'">`)'),
    "script, escaped quotes": (b'f("<img src=\\"', b'\\">")'),
    "script, escaped tag": (rb"f('\x3cimg src\x3d\x22", rb"\x22\x3e')"),
    "script, escaped tag of four digits": (rb"f('\u003cimg src=\u0022", rb"\u0022\u003e')"),
    "script, tag without quotes": (b"f('<img src=", b" width=9>')"),
    "JSON": (b'{"a":["', b'",1]}'),
    "JSON in JSON": (rb'{"a":"{\"b\":\"', rb'\"}"}'),
    "JSON in JSON in JSON": (rb'"{\"a\":\"{\\\"b\\\":\\\"', rb'\\\"}\"}"'),
    "JSON in an attribute": (b'<p data-x="{&quot;a&quot;:&quot;', b'&quot;}">'),
    "server-sent event": (b'data: {"a":"', b'"}\n\n'),
    "server-sent event alone": (b"data: ", b"\n\n"),
    "XML text": (b"<photo>", b"</photo>"),
}
"""What can stand before and after."""


def chunked(text: bytes, chunking: int | str) -> list[bytes]:
    """`text` whole, byte by byte, or in pieces of random lengths, the same for the same number."""
    if chunking == "whole":
        return [text]
    if chunking == "bytes":
        return [text[at : at + 1] for at in range(len(text))]
    dice = random.Random(chunking)
    chunks = []
    while text:
        length = dice.choice((1, 2, 3, 5, 8, 40, 300))
        chunks.append(text[:length])
        text = text[length:]
    return chunks


def scan(chunks: list[bytes], limits: TextLimits | None = None, charset: str = "") -> list[bytes | Embedded]:
    scanner = Scanner(limits or TextLimits(), charset)
    pieces = [piece for chunk in chunks for piece in scanner.feed(chunk)]
    return pieces + scanner.close()


def scan_whole(text: bytes, limits: TextLimits | None = None, charset: str = "") -> list[bytes | Embedded]:
    return scan([text], limits, charset)


def found(pieces: list[bytes | Embedded]) -> list[Embedded]:
    return [piece for piece in pieces if isinstance(piece, Embedded)]


def bodies(pieces: list[bytes | Embedded]) -> list[bytes]:
    return [body for piece in found(pieces) for body, _ in piece.pictures]


def originals(pieces: list[bytes | Embedded]) -> bytes:
    return b"".join(piece.original if isinstance(piece, Embedded) else piece for piece in pieces)


def hidden(pieces: list[bytes | Embedded], width: int = 48, height: int = 32) -> bytes:
    """The text with every picture replaced."""
    return b"".join(piece.replaced(width, height) if isinstance(piece, Embedded) else piece for piece in pieces)
