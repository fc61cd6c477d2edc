r"""Writes a placeholder the way the picture was written: with `\/` where it had `\/`, with `%2F` where it had `%2F`."""

from __future__ import annotations

import re

from geacc_proxy.images.embedded.escapes import ESCAPE, plain

_SPECIAL = re.compile(rb"[:;,/+=]")
_LOOKED_AT = 8192
_NUMBERS = {"x": b"%02x", "u": b"%04x", "braced": b"%x", "hex": b"%x", "decimal": b"%d", "percent": b"%02X"}


class Spelling:
    """How a piece of text writes the characters that are special somewhere.

    Args:
        written: the text.
        address: whether it is part of an address outside of its data, where a percent escape would mean another thing.
    """

    def __init__(self, written: bytes, *, address: bool = False) -> None:
        self._seen = written
        self._known: dict[bytes, bytes] = {}
        self._model: re.Match[bytes] | None = None
        for found in ESCAPE.finditer(written[:_LOOKED_AT] + written[_LOOKED_AT:][-64:]):
            if address and found["percent"]:
                continue
            meant = plain(found[0])
            if _SPECIAL.fullmatch(meant):
                self._known.setdefault(meant, found[0])
                if self._model is None and any(found[name] for name in _NUMBERS):
                    self._model = found

    def write(self, text: bytes) -> bytes:
        """`text`, plain ASCII, in this spelling."""
        return _SPECIAL.sub(lambda found: self._written(found[0]), text)

    def _written(self, character: bytes) -> bytes:
        known = self._known.get(character)
        if known is None:
            known = character if character in self._seen else self._like_others(character)
            self._known[character] = known
        return known

    def _like_others(self, character: bytes) -> bytes:
        """How the text would have written what it does not have."""
        model = self._model
        if model is None:
            return character
        name = next(name for name in _NUMBERS if model[name])
        begin, end = (place - model.start() for place in model.span(name))
        return model[0][:begin] + _NUMBERS[name] % ord(character) + model[0][end:]
