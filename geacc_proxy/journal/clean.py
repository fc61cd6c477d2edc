"""Text from the internet made fit to be kept: no passwords, no control characters, no endless addresses."""

from __future__ import annotations

import re

LONGEST_URL = 2048
"""Characters of an address that are kept."""
LONGEST_TEXT = 256
"""Characters of a name (device, profile, model, …) that are kept."""

# Everything up to the last @ of the authority; an address that no parser accepts must lose its password too.
_CREDENTIALS = re.compile(r"^((?:[a-z][a-z0-9+.-]*:)?//)[^/?#]*@", re.IGNORECASE)
# Control characters, lone surrogates (not storable as UTF-8), line separators, marks that turn text round.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def clean_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """Returns the text without characters that a terminal or a database trips over, cut to `longest`."""
    if not text.isprintable():
        text = _UNFIT.sub("\ufffd", text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def clean_url(url: str) -> str:
    """Returns the address without `user:password@`, of 2,048 characters at most.

    Of a `data:` address only the head (its type) is kept: the rest is the picture itself.
    """
    url = url.lstrip()
    if url[:5].lower() == "data:":
        head, comma, _ = url[:LONGEST_TEXT].partition(",")
        return clean_text(f"{head},…" if comma else head)
    # Cut only afterwards: a cut inside a very long password would lose the @ that tells it is one.
    return clean_text(_CREDENTIALS.sub(r"\1", url), LONGEST_URL)
