"""Pictures inside text that a decoder reads: `data:` addresses (RFC 2397)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

_IN_CSS = re.compile(r"""url\(\s*(?:"(data:[^"]*)"|'(data:[^']*)'|(data:[^)"']*))""", re.IGNORECASE)
_ANYWHERE = re.compile(r"""data:[^\s"'<>()]+""", re.IGNORECASE)
_ROUGHLY = re.compile(r"""data:[^"'<>()]*""", re.IGNORECASE)
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


@dataclass(frozen=True, slots=True)
class DataUri:
    """A decoded `data:` address.

    Attributes:
        media_type: as declared, lower case, without parameters; empty where it is not.
        body: the bytes.
    """

    media_type: str
    body: bytes


def find(text: str) -> list[str]:
    """The `data:` addresses in an attribute's value or a style sheet."""
    if "data:" not in text.lower():
        return []
    if text.lstrip()[:5].lower() == "data:":
        return [text.strip()]
    in_css = [next(filter(None, groups)) for groups in _IN_CSS.findall(text)]
    return in_css or _ANYWHERE.findall(text)


def parse(address: str) -> DataUri | None:
    """What `address` holds, read as leniently as browsers do; None where it is none."""
    head, comma, data = address.partition(",")
    if not comma or head[:5].lower() != "data:":
        return None
    media_type, *parameters = (word.strip().lower() for word in head[5:].split(";"))
    content = unquote_to_bytes(data)
    if "base64" in parameters:
        clean = _NOT_BASE64.sub(b"", content.replace(b"-", b"+").replace(b"_", b"/"))
        clean = clean[: len(clean) - (len(clean) % 4 == 1)]
        content = base64.b64decode(clean + b"=" * (-len(clean) % 4))
    return DataUri(media_type, content)


def length(text: str) -> int:
    """Characters of `text` that belong to `data:` addresses; quick, and too low where they are oddly written."""
    return sum(len(found) for found in _ROUGHLY.findall(text))
