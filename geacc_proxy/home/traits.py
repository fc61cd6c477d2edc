"""What a device is recognised by, as people write it: read once, and kept in one form."""

from __future__ import annotations

import ipaddress
import re

from geacc_proxy.exceptions import UsageError

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
_MAC = re.compile(r"[0-9a-f]{12}", re.ASCII)


def address(text: str) -> str:
    """An IP address in its short form; `::ffff:192.0.2.7` is `192.0.2.7`.

    Raises:
        UsageError: it is none, or one that means something on one machine alone.
    """
    try:
        found = ipaddress.ip_address(text.strip().removeprefix("[").removesuffix("]"))
    except ValueError:
        found = None
    if isinstance(found, ipaddress.IPv6Address):
        found = None if found.scope_id is not None else found.ipv4_mapped or found
    if found is None:
        raise UsageError(f"{text[:60]!r} is no address; write it as 192.168.1.20 or fd00::20")
    return str(found)


def mac(text: str) -> str:
    """A hardware address, lower case with colons, however it is written: `3C-22-FB-01-02-03`, `3c22.fb01.0203`.

    Raises:
        UsageError: it is none.
    """
    digits = re.sub(r"[:.-]", "", text.strip().lower())
    if not _MAC.fullmatch(digits):
        raise UsageError(f"{text[:60]!r} is no hardware address; write it as 3c:22:fb:01:02:03")
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def login(text: str) -> str:
    """A user name at the proxy.

    Raises:
        UsageError: it is none.
    """
    if not _LOGIN.fullmatch(text):
        raise UsageError(f"{text[:60]!r} is no user name; use up to 40 letters (a to z), digits and . _ -")
    return text


def port(number: int) -> int:
    """A port of the proxy for one device; 0 for none.

    Raises:
        UsageError: it is none, or one that only the system may open.
    """
    if number != 0 and not 1024 <= number <= 65535:
        raise UsageError(f"port {number} will not do; it takes a number from 1024 to 65535")
    return number
