"""What the scanner hands out for a picture."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from geacc_proxy.images.embedded.spelling import Spelling
from geacc_proxy.images.placeholder import SLATE, UNKNOWN_SIZE, placeholder

if TYPE_CHECKING:
    from geacc_proxy.verdict import Failure

MAX_SIDE = 1024
"""The longest side of a placeholder inside a text, pixels; larger pictures are scaled down with their aspect kept."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a picture is written. Places count bytes (of UTF-16, code units) from the start of the span.

    Attributes:
        header: where the media type begins, after the colon.
        comma: where the comma that ends the header begins.
        bare: whether it is base64 without `data:`; the places mean nothing then.
        base64: whether what follows the comma is base64.
        svg: whether it is declared an SVG.
        charset: the UTF-16 that it is written in; empty where a byte is a character, as in all else.
    """

    header: int = 0
    comma: int = 0
    bare: bool = False
    base64: bool = True
    svg: bool = False
    charset: str = ""


@dataclass(frozen=True, slots=True)
class Embedded:
    """A picture inside a text, or a text inside a text with pictures in it.

    Attributes:
        original: the exact span of the text; it goes on if the picture is shown.
        pictures: decoded body and declared type (lower case, without parameters, may be empty) of the picture, or of
            each picture inside the text.
        failure: set where there is something that cannot be judged, and that must be decided without a body.
        form: how it is written.
    """

    original: bytes
    pictures: tuple[tuple[bytes, str], ...]
    failure: Failure | None = None
    form: Form = Form()

    def replaced(self, width: int, height: int) -> bytes:
        """The span with a placeholder in the picture's stead, written as the picture was.

        Args:
            width: the picture's pixels; 0 or less where unknown.
            height: as width.
        """
        form = self.form
        written = self.original
        if form.charset:
            written = written.decode(form.charset, "replace").encode("latin-1", "replace")
        replacement = self._written(written, *_fitted(width, height))
        return replacement.decode("latin-1").encode(form.charset) if form.charset else replacement

    def _written(self, written: bytes, width: int, height: int) -> bytes:
        form = self.form
        if form.bare:
            return Spelling(written).write(_png(width, height))
        header = Spelling(written[: form.comma + 16], address=True)
        scheme = written[: form.header]
        # The rest of a picture that was cut follows its placeholder: nothing may be drawn of an SVG then.
        if form.svg and not self.failure:
            if not form.base64:
                return scheme + header.write(b"image/svg+xml,") + quote(_svg(width, height), safe="").encode()
            start, data = b"image/svg+xml;base64,", b64encode(_svg(width, height))
        else:
            start, data = b"image/png;base64,", _png(width, height)
        return scheme + header.write(start) + Spelling(written[form.comma :]).write(data)


def _fitted(width: int, height: int) -> tuple[int, int]:
    longest = max(width, height)
    if min(width, height) <= 0 or longest <= MAX_SIDE:
        return width, height
    return max(1, width * MAX_SIDE // longest), max(1, height * MAX_SIDE // longest)


def _png(width: int, height: int) -> bytes:
    """A placeholder in base64, without padding: base64 that goes on after padding is no picture in a browser.

    What follows the end of a PNG is not looked at.
    """
    picture = placeholder(width, height)
    return b64encode(picture + bytes(-len(picture) % 3))


def _svg(width: int, height: int) -> bytes:
    if min(width, height) <= 0:
        width, height = UNKNOWN_SIZE
    size = b'width="%d" height="%d"' % (width, height)
    slate = b'fill="#%02x%02x%02x"' % SLATE
    return b'<svg xmlns="http://www.w3.org/2000/svg" %b><rect %b %b/></svg>' % (size, size, slate)
