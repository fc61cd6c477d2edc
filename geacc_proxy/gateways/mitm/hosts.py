"""Names and numbers of hosts in one spelling, so that a rule for one holds however a client writes it."""

from __future__ import annotations

import ipaddress
import re
import socket
from functools import lru_cache

_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}")


@lru_cache(8192)
def plain_host(host: str) -> str:
    """A host in lower case, without the root's dot, brackets, port or zone; a number in its usual spelling.

    Whatever a resolver takes for an IPv4 address is one: `127.1`, `0x7f000001`, `2130706433` (inet_aton(3)). An IPv6
    address that stands for an IPv4 address (`::ffff:192.0.2.1`) is that one.

    Args:
        host: of an address, a `Host` header or a TLS hello.

    Returns:
        The host; empty where it is none.
    """
    text = host.strip().lower()
    if text.startswith("["):
        text, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
    else:
        port = ""
    if port and not (port.isascii() and port.isdigit()):
        return ""
    text = text.partition("%")[0]
    if ":" in text:
        return plain_address(text) if _is_address(text) else ""
    text = text.removesuffix(".")
    if not text.isascii():
        try:
            text = text.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    if _NUMBER.fullmatch(text):
        try:
            return socket.inet_ntoa(socket.inet_aton(text))
        except OSError:
            return ""
    return text if len(text) <= 253 and _NAME.fullmatch(text) else ""


def plain_address(address: str) -> str:
    """An IP address without zone and without `::ffff:`; what is none, as it is."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


@lru_cache(8192)
def is_number(host: str) -> bool:
    """Whether a host, as `plain_host` gives it, is an IP address."""
    return _is_address(host)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
