"""What a picture's file is called: its address, URL-encoded, as Geacc's script did, so that one leads to the other."""

from __future__ import annotations

import hashlib
import os
from urllib.parse import quote_plus, urlsplit

from geacc_proxy.images.formats import SUFFIXES

LONGEST = 255
"""Bytes that nearly all file systems take in a name."""


def file_name(url: str) -> str:
    """The URL-encoded address; where that is too long, `short_name`."""
    name = quote_plus(url)
    return name if len(name) <= LONGEST else short_name(url)


def short_name(url: str) -> str:
    """SHA-256 of the address with the ending of its path, if that is a picture's; the log tells which is which."""
    ending = os.path.splitext(urlsplit(url).path)[1].lower()  # noqa: PTH122  (not a path of this system)
    return hashlib.sha256(url.encode()).hexdigest() + (ending if ending in SUFFIXES else "")
