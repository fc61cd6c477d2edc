"""Words that come from a file or from TensorFlow, made fit for one line."""

from __future__ import annotations

import re

_LONGEST = 100  # letters of a name
_LONGEST_LINE = 200


def shown(name: object) -> str:
    """Return a name from a file as it may be printed: short, and without what moves a terminal's cursor."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(name))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def brief(error: BaseException) -> str:
    """Return what an exception says, in one short line, or its kind.

    Keras wraps an exception in sentences of its own, and sets it in bold letters; TensorFlow puts the name of a node
    before it. What they wrap is what matters.
    """
    if isinstance(error, KeyError):
        return f"{shown(error)} is missing"
    text = re.sub(r"\x1b\[[0-9;]*m|\{\{[^}]*\}\} ?", "", str(error)).split("Exception encountered: ")[-1]
    lines = [line.strip() for line in text.splitlines()]
    said = [line for line in lines if line and not line.startswith("Exception encountered when calling")]
    first = said[0] if said else type(error).__name__
    return "".join(letter for letter in first[:_LONGEST_LINE] if letter.isprintable())
