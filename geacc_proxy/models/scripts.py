"""Values in JavaScript modules, read without running any JavaScript.

Packages for browsers bring their models as modules: a wrapper (UMD) around `module.exports = VALUE`, minified, where
the value is an object literal or a string in base64. Only literals are read; whatever else stands there is refused.
"""

from __future__ import annotations

import json
import re
from typing import Any

_EXPORTS = re.compile(r"[\w$]\.exports=(?=[{\[\"'])")
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<number>-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<flag>![01])
      | (?P<word>[A-Za-z_$][\w$]*)
      | (?P<mark>[{}\[\],:])
    )""",
    re.VERBOSE | re.ASCII,
)
_WORDS = {"null": None, "true": True, "false": False}
_DEEPEST = 100


def exported(script: str) -> Any:
    """The value that a module exports.

    Args:
        script: the module's text.

    Returns:
        Objects as dicts, arrays as lists, and strings, numbers, booleans and None; as `json.loads` gives them.

    Raises:
        ValueError: it exports nothing, several things, or something that is no literal.
    """
    places = list(_EXPORTS.finditer(script))
    if len(places) != 1:
        raise ValueError(f"{len(places)} values are exported where one was expected")
    return _Reader(script, places[0].end()).value()


class _Reader:
    """Reads one literal."""

    def __init__(self, text: str, position: int) -> None:
        self._text = text
        self._position = position

    def value(self, depth: int = 0) -> Any:
        kind, text = self._next()
        match kind:
            case "string":
                return _string(text)
            case "number":
                return _number(text)
            case "flag":
                return text == "!0"
            case "word" if text in _WORDS:
                return _WORDS[text]
        if depth > _DEEPEST or text not in "{[":
            raise self._wrong()
        return self._object(depth) if text == "{" else self._array(depth)

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self._skip("}"):
            kind, text = self._next()
            if kind not in ("string", "word", "number"):
                raise self._wrong()
            self._expect(":")
            found[_string(text) if kind == "string" else text] = self.value(depth + 1)
            if not self._skip(","):
                self._expect("}")
                break
        return found

    def _array(self, depth: int) -> list[Any]:
        found: list[Any] = []
        while not self._skip("]"):
            found.append(self.value(depth + 1))
            if not self._skip(","):
                self._expect("]")
                break
        return found

    def _next(self) -> tuple[str, str]:
        found = _TOKEN.match(self._text, self._position)
        if found is None or found.lastgroup is None:
            raise self._wrong()
        self._position = found.end()
        return found.lastgroup, found[found.lastgroup]

    def _skip(self, mark: str) -> bool:
        position = self._position
        if self._next()[1] == mark:
            return True
        self._position = position
        return False

    def _expect(self, mark: str) -> None:
        if self._next()[1] != mark:
            raise self._wrong()

    def _wrong(self) -> ValueError:
        return ValueError(f"what is exported is no literal at {self._text[self._position : self._position + 20]!r}")


def _string(text: str) -> str:
    body = text[1:-1]
    if text[0] == "'":
        body = body.replace("\\'", "'").replace('"', '\\"')
    return str(json.loads(f'"{body}"'))


def _number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text)
