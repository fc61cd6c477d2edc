"""The site of a line."""

from __future__ import annotations

from urllib.parse import urlsplit

from geacc_proxy.journal.clean import clean_text

_LONGEST_HOST = 253  # RFC 1035, 2.3.4


def site_of(page: str, url: str) -> str:
    """Returns the host of the page, as a parent knows pages and not where their pictures lie; else the picture's.

    Args:
        page: the page's address, empty where unknown.
        url: the picture's.

    Returns:
        Lower case, without the root's dot; empty where neither address has a host.
    """
    for address in (page, url):
        try:
            host = urlsplit(address).hostname
        except ValueError:
            continue
        if host:
            return clean_text(host.removesuffix("."), _LONGEST_HOST)
    return ""
