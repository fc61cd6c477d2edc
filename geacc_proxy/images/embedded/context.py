r"""What stands before a picture tells where it ends: a quote, and how it is escaped, a parenthesis, an equals sign."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from geacc_proxy.images.embedded.escapes import ESCAPE, plain

REACH = 64
"""How many bytes before a picture are looked at, white space right before it not counted."""

_DEEPEST = 5
_QUOTES = b"\"'`"
_ESCAPED_SPACE = re.compile(rb"(?:&(?:#(?:9|10|13|32|[xX](?:9|[aAdD]|20))|Tab|NewLine);|\\+[nrt])\s*\Z")
_ESCAPED_LAST = re.compile(rb"(?:&|\\+(?:u0026|x26))(?:amp;){0,4}#?\w{2,8};?\Z|\\+(?:x|u00)[0-9A-Fa-f]{2}\Z")


class Kind(Enum):
    """What holds the picture."""

    QUOTED = auto()
    """A string or a quoted attribute; white space may be part of it."""
    PARENTHESIS = auto()
    """`url(` without quotes: ends at white space or at `)`."""
    WORD = auto()
    """An attribute without quotes, or one of a `srcset`: ends at white space."""
    OPEN = auto()
    """Nothing that tells; taken for a word, but base64 that goes on in the next line is followed."""


@dataclass(frozen=True, slots=True)
class Context:
    r"""What holds a picture.

    Attributes:
        kind: what it is.
        quote: the quote character, empty for the other kinds.
        level: how deep the quote is escaped with backslashes: 0 for `"`, 1 for `\"`, 2 for `\\\"`.
        spelling: how the quote is written where it is not itself, such as `&quot;` or `\x22`; else empty.
    """

    kind: Kind
    quote: bytes = b""
    level: int = 0
    spelling: bytes = b""


_SIMPLE = {
    b"(": Context(Kind.PARENTHESIS),
    b"=": Context(Kind.WORD),
    b",": Context(Kind.WORD),
}
_OPEN = Context(Kind.OPEN)


def context_after(before: bytes) -> Context:
    """What holds a picture that `before`, the last bytes of the text so far, leads to."""
    before = before.rstrip()
    while space := _ESCAPED_SPACE.search(before[-16:]):
        before = before[: len(before) - len(space[0])].rstrip()
    last = before[-1:]
    if last and last in _QUOTES:
        slashes = len(before) - len(before[:-1].rstrip(b"\\")) - 1
        return Context(Kind.QUOTED, last, level=min(slashes.bit_length(), _DEEPEST))
    if last in _SIMPLE:
        return _SIMPLE[last]
    if found := _ESCAPED_LAST.search(before[-40:]):
        meant = plain(found[0])
        if meant and meant in _QUOTES and ESCAPE.fullmatch(found[0]):
            return Context(Kind.QUOTED, meant, spelling=found[0])
        return _SIMPLE.get(meant, _OPEN)
    return _OPEN


def closes(level: int, slashes: int) -> bool:
    r"""Whether a quote after so many backslashes ends a string whose opening quote is escaped `level` times.

    An even number of backslashes is backslashes, and the quote ends the outermost string and all within it.
    """
    while level and slashes % 2:
        level -= 1
        slashes //= 2
    return slashes % 2 == 0
