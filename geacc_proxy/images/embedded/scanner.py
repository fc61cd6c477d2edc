"""The scanner: text in, text and pictures out."""

from __future__ import annotations

import re
from binascii import a2b_base64

from geacc_proxy.images.embedded.limits import TextLimits
from geacc_proxy.images.embedded.piece import Embedded
from geacc_proxy.images.sniff import sniff

_TRIGGER = re.compile(rb"data:([a-z0-9/+.-]*)(?:;[^,;\s\"'<>]{0,64}){0,4}?;base64,", re.IGNORECASE)
_RUN = re.compile(rb"[A-Za-z0-9+/_-]*={0,2}")


class Scanner:
    """Finds the pictures of one text."""

    def __init__(self, limits: TextLimits = TextLimits(), charset: str = "") -> None:  # noqa: B008
        self._limits = limits
        self._charset = charset
        self._held = b""

    def feed(self, chunk: bytes) -> list[bytes | Embedded]:
        """What can go on now: pieces of text and pictures, in order."""
        return self._run(self._held + chunk, final=False)

    def close(self) -> list[bytes | Embedded]:
        """The rest, at the end of the text."""
        return self._run(self._held, final=True)

    def _run(self, text: bytes, final: bool) -> list[bytes | Embedded]:
        pieces: list[bytes | Embedded] = []
        at = 0
        for found in _TRIGGER.finditer(text):
            run = _RUN.match(text, found.end())
            if run is None or (run.end() == len(text) and not final):
                break
            raw = run[0].rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
            body = a2b_base64(raw[: len(raw) - (len(raw) % 4 == 1)] + b"==")
            kind = found[1].decode().lower()
            if body and (kind.startswith("image/") or sniff(body)):
                pieces += [text[at : found.start()]] * (found.start() > at)
                pieces.append(Embedded(text[found.start() : run.end()], ((body, kind),)))
                at = run.end()
        hold = len(text) if final else max(at, text.lower().rfind(b"d", at), at)
        last = text.lower().rfind(b"data:", at)
        hold = hold if final or last < 0 else last
        pieces += [text[at:hold]] * (hold > at)
        self._held = text[hold:]
        return pieces
