r"""How one character is written where it may not stand as it is: `\x2f`, `\u002f`, `\/`, `&#x2f;`, `&sol;`, `%2F`.

A text can lie within a text: JSON in a script doubles the backslashes, a page in an attribute writes `&amp;quot;`.
So backslashes count as one however many they are, up to `_DEEPEST`, and so does `amp;`.
"""

from __future__ import annotations

import re
import sys
from urllib.parse import unquote_to_bytes

LONGEST = 64
"""No way to write one character takes more bytes; what follows that many is not waited for."""

_DEEPEST = 16
_SLASHES = rb"\\{1,%d}+" % _DEEPEST
_AMPERSAND = rb"(?:&|" + _SLASHES + rb"(?:u0026|x26))(?:amp;){0,4}"

_BACKSLASHED = _SLASHES + (
    rb"(?:x(?P<x>[0-9A-Fa-f]{2})|u(?P<u>[0-9A-Fa-f]{4})|u\{(?P<braced>[0-9A-Fa-f]{1,8})\}"
    rb"|(?P<control>[nrtf])|(?P<broken>\r\n|[\r\n])|(?P<itself>[^\w\s\\]))"
)
_ENTITY = _AMPERSAND + (
    rb"(?:#[xX]0{0,24}(?P<hex>[0-9A-Fa-f]{1,8});?|#0{0,24}(?P<decimal>[0-9]{1,8});?|(?P<name>[A-Za-z]{2,8});)"
)
_NAMES = {
    b"Tab": b"\t",
    b"NewLine": b"\n",
    b"quot": b'"',
    b"QUOT": b'"',
    b"num": b"#",
    b"percnt": b"%",
    b"amp": b"&",
    b"AMP": b"&",
    b"apos": b"'",
    b"lpar": b"(",
    b"rpar": b")",
    b"plus": b"+",
    b"comma": b",",
    b"sol": b"/",
    b"colon": b":",
    b"semi": b";",
    b"lt": b"<",
    b"LT": b"<",
    b"equals": b"=",
    b"gt": b">",
    b"GT": b">",
    b"lowbar": b"_",
    b"UnderBar": b"_",
    b"grave": b"`",
}
_CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"f": b"\f"}

ENTITY = re.compile(_ENTITY)
"""One character as HTML writes it, the ampersand itself perhaps escaped."""
BACKSLASHED = re.compile(_BACKSLASHED)
"""One character as JavaScript, JSON or CSS write it."""
ESCAPE = re.compile(
    rb"%(?P<percent>[0-9A-Fa-f]{2})|" + _ENTITY + rb"|" + _BACKSLASHED,
)
"""One character written in any way but as it is."""


def unslashed(text: bytes) -> bytes:
    """Undo what `BACKSLASHED` finds; what is no escape stays."""
    return BACKSLASHED.sub(_unslash, text) if b"\\" in text else text


def unentitied(text: bytes) -> bytes:
    """Undo what `ENTITY` finds; what is no escape stays."""
    return ENTITY.sub(_unentity, text) if b"&" in text else text


def plain(text: bytes) -> bytes:
    """Undo all three kinds, from the outermost to the innermost."""
    text = unentitied(unslashed(text))
    return unquote_to_bytes(text) if b"%" in text else text


def _unslash(found: re.Match[bytes]) -> bytes:
    if found["itself"]:
        return found["itself"]
    if found["broken"]:
        return b""
    if found["control"]:
        return _CONTROLS[found["control"]]
    return _character(int(found["x"] or found["u"] or found["braced"], 16))


def _unentity(found: re.Match[bytes]) -> bytes:
    if found["name"]:
        return _NAMES.get(found["name"], found[0])
    return _character(int(found["hex"], 16) if found["hex"] else int(found["decimal"]))


def _character(code: int) -> bytes:
    return chr(code).encode("utf-8", "replace") if code < 0x110000 else b"?"


def unfinished(found: re.Match[bytes], size: int) -> bool:
    """Whether an escape may yet mean another thing as the text so far ends at `size`: `&#4`, `&amp;`, CR before LF."""
    if found.end() == size and (found["hex"] or found["decimal"] or found["broken"]):
        return not found[0].endswith((b";", b"\n"))
    return size - found.start() < LONGEST and plain(found[0]) == b"&"


def end_of(pattern: re.Pattern[bytes], text: bytes | bytearray, at: int, end: int = sys.maxsize) -> int:
    """Where what matches `pattern` at `at` ends; `at` where nothing does."""
    found = pattern.match(text, at, end)
    return at if found is None else found.end()
