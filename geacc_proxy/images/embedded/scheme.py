r"""Where a text has `data:`, however it is written: `DATA:`, `data\u003a`, `&#100;ata:`, `\64 ata:`.

A browser undoes entities and the escapes of scripts and style sheets before it sees an address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scheme begins and ends."""

    begin: int
    end: int


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

_MARKED = bytearray(bytes(range(256)).lower())
for _special in b"&#\\":
    _MARKED[_special] = 1
_PLAIN = b"data:"
_NO_URL = b"\"'`{[(<>|}]"
_CODES = rb"(?:64|44|61|41|74|54|3a)"
# The number of one of its characters, or a named colon.
_ESCAPE = re.compile(
    rb"\x01(?:(?=[0-9xu])(?:"
    rb"(?<=[\x01;6]\x01)(?:0{0,8}(?:100|68|97|65|116|84|58|9|10|13)(?![0-9])|x0{0,8}(?:" + _CODES + rb"|[9ad];))"
    rb"|(?:0{0,4}|x|u00|u\{0{0,6})" + _CODES + rb")|colon;|amp;colon;|u0026colon;)"
)

_REACH = 64
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


def marked(text: bytes | bytearray) -> bytes | bytearray:
    """What `plain` and `escaped` search: the text in lower case, with one mark for all that begins an escape."""
    return text.translate(_MARKED)


def plain(marks: bytes | bytearray, at: int) -> Place | None:
    """The first scheme from `at` on that is written as it is, upper case or lower."""
    while (begin := marks.find(_PLAIN, at)) >= 0:
        at = begin + len(_PLAIN)
        if not (after := marks[at : at + 1]) or after not in _NO_URL:
            return Place(begin, at)
    return None


def escaped(text: bytes | bytearray, marks: bytes | bytearray, base: int, at: int) -> Place | None:
    """The first scheme from `at` on with an escaped character.

    Args:
        text: the text.
        marks: what `marked` makes of the text from `base` on.
        base: where that begins; what is returned counts from there.
        at: from where on to search, from `base`.
    """
    for found in _ESCAPE.finditer(marks, at):
        low = max(at, found.start() - _REACH)
        window = bytes(text[base + low : base + found.start() + LONGEST]).lower()
        around = _around(window, found.start() - low)
        if around is not None:
            return Place(low + around.start(), low + around.end())
    return None


def last(text: bytes) -> int | None:
    """Where the last scheme in `text` begins, or of the last ones nearly so."""
    marks = marked(text)
    begin = None
    at = 0
    while found := plain(marks, at) or escaped(text, marks, 0, at):
        begin = found.begin
        at = found.end
    return begin


def _around(text: bytes, at: int) -> re.Match[bytes] | None:
    """The scheme, in lower case, whose first escape has the mark at `at`."""
    mark = text[at : at + 1]
    if mark == b"\\":
        at = len(text[:at].rstrip(mark))
    elif mark == b"#":
        before = _BEFORE_NUMBER.search(text, max(0, at - _LONGEST_AMPERSAND), at)
        if before is None:
            return None
        at = before.start()
    for length in range(4, -1, -1):
        if at >= length and text[at - length : at] == b"data"[:length] and (found := _ANY.match(text, at - length)):
            return found
    return None


def unfinished(tail: bytes | bytearray) -> int:
    """How many of the last bytes of `tail`, which is in lower case, may be the beginning of a scheme."""
    possible = len(tail) - len(tail.rstrip(_POSSIBLE))
    found = _UNFINISHED.search(tail, len(tail) - possible)
    return 0 if found is None else len(found[0])
