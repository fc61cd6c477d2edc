"""Which addresses are of the public internet, and not of the house that the program runs in.

The rule is applied to the numbers that a connection is made to, not to a name: whoever owns a name can let it lead
anywhere, and change that between a look and a use.

Sources: IANA's special-purpose address registries (RFC 6890), RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo).
"""

from __future__ import annotations

import ipaddress

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# Python counts these as global: parts of them are, or were.
_NOT_QUITE_GLOBAL_4 = tuple(map(ipaddress.IPv4Network, ("192.0.0.0/24", "192.88.99.0/24")))
_NOT_QUITE_GLOBAL_6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "3fff::/20")))


def is_public(address: str) -> bool:
    """Whether an IP address, as numbers, is one of the public internet.

    IPv6 addresses that stand for an IPv4 address (mapped, NAT64, 6to4) are judged by that one.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = _inner(found)
        if inner is None:
            return found in _GLOBAL_UNICAST and found.is_global and not any(found in net for net in _NOT_QUITE_GLOBAL_6)
        found = inner
    return found.is_global and not found.is_multicast and not any(found in net for net in _NOT_QUITE_GLOBAL_4)


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that packets to `address` may end at."""
    if address in _NAT64:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour
