"""Which addresses a list may hold: those of the web, on ports that pictures come from."""

from __future__ import annotations

from urllib.parse import urlsplit

from geacc_proxy.lab.dataset.outcome import Failed, Outcome

LOWEST_FREE_PORT = 1024
"""Ports below are services of the system; of those only the web's own are used."""

_SCHEMES = {"http": 80, "https": 443}


def host_of(url: str) -> str:
    """Host and port of an address of the web, lower case: who is asked for it.

    Raises:
        Failed: it is none, or asks for a port that is not the web's.
    """
    if not url.isprintable() or len(url) > 8192:
        raise Failed(Outcome.ADDRESS, "the address has control characters or more than 8192 characters")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Failed(Outcome.ADDRESS, f"no address: {error}") from error
    if parts.scheme not in _SCHEMES:
        raise Failed(
            Outcome.ADDRESS, f"only http and https are fetched, not {parts.scheme or 'an address without one'}"
        )
    if not host:
        raise Failed(Outcome.ADDRESS, "the address has no host")
    standard = _SCHEMES[parts.scheme]
    if port is not None and port not in _SCHEMES.values() and port < LOWEST_FREE_PORT:
        raise Failed(Outcome.ADDRESS, f"port {port} is not one that pictures come from")
    return f"{host}:{port or standard}"
