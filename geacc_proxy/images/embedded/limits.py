"""How much the pictures of one text may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextLimits:
    """Bounds that hold while a text streams; beyond them a picture is decided without a body.

    Attributes:
        picture_bytes: of the text that one embedded picture is written in; what is longer is never held whole.
        pictures: how many pictures of one text are handed out to be judged.
        nesting: how deep texts may lie within the text, such as a `data:text/html` URL in a page.
    """

    picture_bytes: int = 16 * 2**20
    pictures: int = 500
    nesting: int = 2
