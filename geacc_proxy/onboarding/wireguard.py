"""A WireGuard client's configuration, for phones that leave the house."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import UsageError
from geacc_proxy.onboarding.reach import checked_host, checked_port

if TYPE_CHECKING:
    from collections.abc import Callable

KEEPALIVE_S = 25
"""Seconds between keep-alives, WireGuard's own advice for clients behind a router (wireguard.com/quickstart)."""


@dataclass(frozen=True, slots=True)
class Tunnel:
    """What one device needs for its way home.

    Attributes:
        private_key: the device's, base64 of 32 bytes. It is the device's identity: one device, one key.
        peer_public_key: the proxy's, base64 of 32 bytes.
        endpoint_host: a name or an address by which the house is reached from outside.
        endpoint_port: UDP.
        addresses: the device's within the tunnel, each with its prefix length.
        dns: name servers within the tunnel.
        allowed_ips: what goes through the tunnel; everything, so that nothing goes round the filter.
        preshared_key: base64 of 32 bytes, or empty.
    """

    private_key: str = field(repr=False)
    peer_public_key: str
    endpoint_host: str
    endpoint_port: int
    addresses: tuple[str, ...] = ("10.0.0.1/32",)
    dns: tuple[str, ...] = ("10.0.0.53",)
    allowed_ips: tuple[str, ...] = ("0.0.0.0/0", "::/0")
    preshared_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Check all.

        Raises:
            UsageError: a value is not what it has to be. No key is repeated in the message.
        """
        for what, key in (("private key", self.private_key), ("peer's public key", self.peer_public_key)):
            _check_key(what, key)
        if self.preshared_key:
            _check_key("preshared key", self.preshared_key)
        checked_host(self.endpoint_host)
        checked_port(self.endpoint_port, "WireGuard port")
        _check("address", self.addresses, ip_interface)
        _check("name server", self.dns, ip_address)
        _check("allowed network", self.allowed_ips, ip_network)
        if not self.addresses or not self.allowed_ips:
            raise UsageError("a WireGuard tunnel takes at least one address and one allowed network")


def client_config(tunnel: Tunnel) -> str:
    """Return the configuration, as wg-quick(8) and the WireGuard apps read it, also from a QR code."""
    host = checked_host(tunnel.endpoint_host)
    lines = ["[Interface]", f"PrivateKey = {tunnel.private_key}", f"Address = {', '.join(tunnel.addresses)}"]
    if tunnel.dns:
        lines.append(f"DNS = {', '.join(tunnel.dns)}")
    lines += ["", "[Peer]", f"PublicKey = {tunnel.peer_public_key}"]
    if tunnel.preshared_key:
        lines.append(f"PresharedKey = {tunnel.preshared_key}")
    lines += [
        f"AllowedIPs = {', '.join(tunnel.allowed_ips)}",
        f"Endpoint = {f'[{host}]' if ':' in host else host}:{tunnel.endpoint_port}",
        f"PersistentKeepalive = {KEEPALIVE_S}",
    ]
    return "\n".join(lines) + "\n"


def _check_key(what: str, key: str) -> None:
    try:
        right = len(key) == 44 and len(base64.b64decode(key, validate=True)) == 32
    except (binascii.Error, ValueError):
        right = False
    if not right:
        raise UsageError(f"the WireGuard {what} is none; it takes 44 characters of base64, as `wg genkey` prints them")


def _check(what: str, values: tuple[str, ...], parse: Callable[[str], object]) -> None:
    for value in values:
        try:
            parse(value)
        except ValueError:
            raise UsageError(f"WireGuard {what} {value[:80]!r} is none; it takes one such as 10.0.0.1/32") from None
        if "%" in value:
            raise UsageError(f"WireGuard {what} {value[:80]!r} names an interface, which means nothing elsewhere")
