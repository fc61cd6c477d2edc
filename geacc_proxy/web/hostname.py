"""The name by which a browser reached this machine, so that pages can repeat it."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv6Address

_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_PORT = re.compile(r"\d{1,5}")


def host_name(header: str) -> str | None:
    """Return the host of a `Host` header without its port, or None where it is no plain name or address.

    IPv6 addresses lose their brackets. A name is letters, digits, hyphens, underscores and dots, at most
    253 characters (RFC 1123).
    """
    if header.startswith("["):
        host, bracket, rest = header[1:].partition("]")
        if not bracket or (rest and not (rest[0] == ":" and _PORT.fullmatch(rest[1:]))):
            return None
        return _parsed(IPv6Address, host)
    host, colon, port = header.partition(":")
    if colon and not _PORT.fullmatch(port):
        return None
    if re.fullmatch(r"[\d.]+", host):
        return _parsed(IPv4Address, host)
    return host if len(host) <= 253 and _NAME.fullmatch(host) else None


def is_own_name(name: str) -> bool:
    """Whether a name is an address, `localhost`, or what this machine calls itself.

    Args:
        name: as `host_name` gives it.
    """
    plain = name.lower().removesuffix(".")
    own = socket.gethostname().lower()
    return plain in ("localhost", own, own.partition(".")[0]) or any(
        _parsed(kind, plain) is not None for kind in (IPv4Address, IPv6Address)
    )


def _parsed(kind: type[IPv4Address] | type[IPv6Address], host: str) -> str | None:
    try:
        return str(kind(host))
    except ValueError:
        return None
