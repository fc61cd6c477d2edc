"""Words that come from a file or from TensorFlow, made fit for one line."""

from __future__ import annotations

_LONGEST = 100  # letters of a name
_LONGEST_LINE = 200


def shown(name: object) -> str:
    """Return a name from a file as it may be printed: short, and without what moves a terminal's cursor."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(name))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def brief(error: BaseException) -> str:
    """Return the first line of what an exception says, or its kind."""
    if isinstance(error, KeyError):
        return f"{shown(error)} is missing"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    return "".join(letter for letter in lines[0][:_LONGEST_LINE] if letter.isprintable())
