r"""Where a text has `data:`, however it is written: `DATA:`, `data\u003a`, `&#100;ata:`, `\64 ata:`.

A browser undoes entities and the escapes of scripts and style sheets before it sees an address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PLAIN = re.compile(
    rb"data(?::(?![\"'`{\[(<>|}\]])"
    rb"|\\{1,16}+(?:x3a|u003a|u\{0{0,6}3a\})"
    rb"|(?:&|\\{1,16}+(?:u0026|x26))(?:amp;){0,4}(?:colon;|#0{0,6}58(?:;|(?=[^0-9;]))|#x0{0,6}3a(?:;|(?=[^0-9a-f;]))))"
)
"""The scheme in lower case, the colon in any spelling but that of style sheets."""

HINT = re.compile(rb"data[:\\&](?![\"'`{\[(<>|}\]])")
"""What each match of `PLAIN` begins with, and little else: less to try for each `data-`."""

LONGEST = 192
"""No spelling that is looked for takes more bytes."""

_AMPERSAND = rb"(?:&|\\{1,16}+(?:u0026|x26))(?:amp;){0,4}"
_BREAK = rb"(?:&(?:#0{0,6}(?:9|10|13);|#x0{0,6}[9ad];|tab;|newline;)){0,3}"


def _letter(letter: str, names: bytes = b"") -> bytes:
    """A pattern for one character of the scheme in any spelling."""
    codes = {ord(letter), ord(letter.upper())}
    decimal = b"|".join(b"%d" % code for code in codes)
    hexadecimal = b"|".join(b"%x" % code for code in codes)
    return (
        rb"(?:%b|%b(?:#0{0,8}(?:%b)(?:;|(?=[^0-9;]))|#x0{0,8}(?:%b)(?:;|(?=[^0-9a-f;]))%b)"
        rb"|\\{1,16}+(?:(?:x|u00)(?:%b)|u\{0{0,6}(?:%b)\}|0{0,4}(?:%b)(?:[ \t\n]|(?=[^0-9a-f\s]))))"
    ) % (letter.encode(), _AMPERSAND, decimal, hexadecimal, names, hexadecimal, hexadecimal, hexadecimal)


_LETTERS = [_letter("d"), _letter("a"), _letter("t"), _letter("a"), _letter(":", rb"|colon;")]
_ANY = re.compile(_BREAK.join(_LETTERS))
_CODES_DECIMAL = rb"(?:100|68|97|65|116|84|58|9|10|13)(?![0-9])"
_CODES = rb"(?:64|44|61|41|74|54|3a|[9ad](?=;))"
_ENTITY = re.compile(rb"#(?<=[&;]#)(?:0{0,8}" + _CODES_DECIMAL + rb"|x0{0,8}" + _CODES + rb")")
_BACKSLASHED = re.compile(rb"\\(?:0{0,4}|x|u00|u\{0{0,6})" + _CODES)

_NUMBER_SIGN = 0x23
_DEEPEST = 15
_LONGEST_AMPERSAND = 48
_BEFORE_NUMBER = re.compile(_AMPERSAND + rb"\Z")

_HALF = rb"(?:&[a-z0-9#;]{0,30}|\\{1,16}+(?:u0026|x26)[a-z0-9#;]{0,30}|\\{1,16}+[xu]?\{?[0-9a-f]{0,8})?"
_POSSIBLE = b"0123456789abcdefiblmnoptuwx&#;{}\\ \t\n"


def _unfinished() -> re.Pattern[bytes]:
    pattern = _HALF
    for letter in reversed(_LETTERS[:-1]):
        pattern = rb"(?:%b%b(?:%b)|%b)" % (letter, _BREAK, pattern, _HALF)
    return re.compile(pattern + rb"\Z")


_UNFINISHED = _unfinished()


def escaped(text: bytes | bytearray) -> Iterator[re.Match[bytes]]:
    """Each scheme in `text`, which is in lower case, that has an escaped character; in no order."""
    for mark, pattern in ((b"#", _ENTITY), (b"\\", _BACKSLASHED)):
        done = 0
        first = text.find(mark)  # a hundred times as fast as a pattern, where there is none
        for place in pattern.finditer(text, first) if first >= 0 else ():
            if place.start() >= done and (found := _around(text, place.start(), done)):
                done = found.end()
                yield found


def _around(text: bytes | bytearray, at: int, done: int) -> re.Match[bytes] | None:
    """The scheme of which the escape with its mark at `at` is the first, not before `done`."""
    if text[at] == _NUMBER_SIGN:
        before = _BEFORE_NUMBER.search(text, max(done, at - _LONGEST_AMPERSAND), at)
        if before is None:
            return None
        at = before.start()
    else:
        slashes = bytes(text[max(done, at - _DEEPEST) : at])
        at -= len(slashes) - len(slashes.rstrip(b"\\"))
    for length in range(4, -1, -1):
        begin = at - length
        if begin >= done and text[begin:at] == b"data"[:length] and (found := _ANY.match(text, begin, begin + LONGEST)):
            return found
    return None


def unfinished(tail: bytes | bytearray) -> int:
    """How many of the last bytes of `tail`, which is in lower case, may be the beginning of a scheme."""
    possible = len(tail) - len(tail.rstrip(_POSSIBLE))
    found = _UNFINISHED.search(tail, len(tail) - possible)
    return 0 if found is None else len(found[0])
