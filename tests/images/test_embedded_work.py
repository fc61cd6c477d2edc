"""Texts made to cost much: what is examined grows with their length alone, and little is held."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from embedded_texts import originals, scan

from geacc_proxy.images.embedded import Scanner, TextLimits, rawtext

MODULES = ("escapes", "context", "scheme", "search", "base64text", "rawtext", "mediatype", "candidate", "spelling")
REPEATED = {
    "schemes": b"data:",
    "schemes with commas": b"data:,",
    "quoted schemes": b'"data:',
    "words": b"data",
    "backslashes": b"\\",
    "quotes after backslashes": b'\\"',
    "ampersands": b"&amp;",
    "numbers of entities": b"&#100;",
    "schemes of entities": b"&#100;&#97;&#116;&#97;&#58;",
    "schemes of style sheets": rb"\64 \61 \74 \61 \3a ",
    "half schemes": b"data&#x3",
    "headers": b"data:image/png;",
    "undeclared": b"data:;base64,",
    "undeclared, percent": b"data:a/b,%89",
    "pictures": b"data:image/png,",
    "SVGs": b'"data:image/svg+xml,<',
    "pages": b"data:text/html,",
    "pages in base64": b"data:text/html;base64,",
    "style sheets": b'"data:text/css,<%',
    "digits": b"A",
    "slashes": b"/9j/",
    "beginnings": b"iVBORw0KGgo",
    "long beginnings": b"UklGRA" + b"A" * 120 + b" ",
    "just long enough": b'"/9j/' + b"A" * 99 + b'"',
    "white space": b" ",
    "descriptors": b" 1x, data:",
}
OPENED = {
    "backslashes in base64": (b'"data:image/png;base64,' + b"A" * 64, b"\\"),
    "white space in base64": (b'"data:image/png;base64,' + b"A" * 64, b" "),
    "padding": (b'"data:image/png;base64,' + b"A" * 64, b"="),
    "escaped slashes": (b'"data:image/png;base64,', b"\\/"),
    "escapes of style sheets": (b'"data:image/png;base64,', rb"\41 "),
    "half entities": (b'"data:image/png;base64,' + b"A" * 64, b"&am"),
    "backslashes in an SVG": (b'"data:image/svg+xml,<svg>', b"\\"),
    "escaped quotes in an SVG": (b'"data:image/svg+xml,<svg>', b'\\"'),
    "half entities in an SVG": (b"&quot;data:image/svg+xml,<svg>", b"&quo"),
    "escaped parentheses": (b"url(data:image/svg+xml,", b"\\)"),
    "white space in an SVG": (b'"data:image/svg+xml,<svg>', b" 1"),
    "white space in a header": (b'"data:', b" "),
}
TEXTS = {**{name: (b"", part) for name, part in REPEATED.items()}, **OPENED}


class Counting:
    """A pattern that counts the bytes between where it is asked to begin and where it finds something."""

    examined = 0

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._pattern = pattern

    def _count(self, found: re.Match[bytes] | None, begin: int, end: int) -> re.Match[bytes] | None:
        Counting.examined += max(1, (end if found is None else found.end()) - begin)
        return found

    def match(self, text: bytes, begin: int = 0, *end: int) -> re.Match[bytes] | None:
        return self._count(self._pattern.match(text, begin, *end), begin, begin)

    def search(self, text: bytes, begin: int = 0, *end: int) -> re.Match[bytes] | None:
        return self._count(self._pattern.search(text, begin, *end), begin, min([len(text), *end]))

    def finditer(self, text: bytes, begin: int = 0) -> Iterator[re.Match[bytes]]:
        for found in self._pattern.finditer(text, begin):
            self._count(found, begin, 0)
            begin = found.end()
            yield found
        self._count(None, begin, len(text))

    def sub(self, replacement: Any, text: bytes) -> bytes:
        Counting.examined += len(text)
        return self._pattern.sub(replacement, text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pattern, name)


@pytest.fixture
def _counted(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = rawtext._ends
    monkeypatch.setattr(rawtext, "_ends", lambda context: Counting(ends(context)))
    for name in MODULES:
        module = import_module(f"geacc_proxy.images.embedded.{name}")
        for key, value in vars(module).items():
            if isinstance(value, re.Pattern):
                monkeypatch.setattr(module, key, Counting(value))


def examined(text: bytes, chunk: int) -> int:
    Counting.examined = 0
    scan([text[at : at + chunk] for at in range(0, len(text), chunk)])
    return Counting.examined


@pytest.mark.usefixtures("_counted")
@pytest.mark.parametrize("chunk", [10**9, 700, 1])
@pytest.mark.parametrize("name", TEXTS)
def test_what_is_examined_grows_with_the_text_alone(name: str, chunk: int) -> None:
    opening, part = TEXTS[name]
    short = 4_000 if chunk == 1 else 20_000
    few, many = (examined((opening + part * size)[:size], chunk) for size in (short, 4 * short))
    assert few > 0
    assert many <= 4.4 * few + 40_000
    assert many <= (400 if chunk == 1 else 120) * 4 * short


@pytest.mark.parametrize("name", TEXTS)
def test_no_more_is_held_than_one_picture_may_take(name: str) -> None:
    opening, part = TEXTS[name]
    text = (opening + part * 20_000)[:20_000]
    scanner = Scanner(TextLimits(picture_bytes=2_000))
    gone = 0
    for at in range(0, len(text), 50):
        gone += len(originals(scanner.feed(text[at : at + 50])))
        assert at + 50 - gone <= 2_000 + 256
