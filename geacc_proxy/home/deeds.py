"""A line of the audit trail in words."""

from __future__ import annotations

from collections.abc import Callable

from geacc_proxy.home.documents import Deed


def sentence(deed: Deed, translate: Callable[[str], str] = str) -> str:
    """What was done, as a sentence.

    Args:
        deed: the line.
        translate: from English into the reader's language.
    """
    values = dict(deed.values)
    if "undoes" in values:  # what was undone is a sentence too
        values["what"] = translate(values["what"]).format_map(_Lenient(values))
    return translate(deed.what).format_map(_Lenient(values))


class _Lenient(dict[str, str]):
    """A place without a value stays as it is: a trail outlives releases."""

    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"
