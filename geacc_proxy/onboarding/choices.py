"""What a parent chooses about the files."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import UsageError

if TYPE_CHECKING:
    from geacc_proxy.onboarding.wireguard import Tunnel


class Fallback(StrEnum):
    """What a device does while the proxy cannot be reached. Only a PAC file can say `OPEN`."""

    CLOSED = "closed"
    """Nothing is loaded."""
    OPEN = "open"
    """Pages load unfiltered."""


class ProxyBy(StrEnum):
    """How a file names the proxy."""

    MANUAL = "manual"
    """By its address: filtered or nothing."""
    PAC = "pac"
    """By the address of the PAC file, which follows `Fallback`."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a parent chooses.

    Attributes:
        fallback: what devices do without the proxy.
        proxy_by: how the files name it.
        ssid: name of the Wi-Fi network whose proxy a `.mobileconfig` sets, 1 to 32 bytes; empty for the certificate
            alone.
        wifi_password: of that network, 8 to 63 characters, or 64 hexadecimal digits; empty for one without, or to be
            asked for by the device.
        firefox_certificate: where Firefox finds the certificate: a file's name in its own folders, or a whole path.
        tunnel: keys and addresses for a WireGuard file, where there is one.
    """

    fallback: Fallback = Fallback.CLOSED
    proxy_by: ProxyBy = ProxyBy.MANUAL
    ssid: str = ""
    wifi_password: str = field(default="", repr=False)
    firefox_certificate: str = "geacc-proxy-ca.pem"
    tunnel: Tunnel | None = None

    def __post_init__(self) -> None:
        """Check the texts.

        Raises:
            UsageError: one of them is not what it has to be.
        """
        if not self.ssid.isprintable() or len(self.ssid.encode()) > 32:
            raise UsageError(f"Wi-Fi name {self.ssid[:40]!r} is none; it takes at most 32 bytes of printable text")
        if self.wifi_password and not (8 <= len(self.wifi_password) <= 64 and self.wifi_password.isprintable()):
            raise UsageError("the Wi-Fi password is none; it takes 8 to 63 printable characters")
        if self.wifi_password and not self.ssid:
            raise UsageError("a Wi-Fi password was given without a network; give its name too")
        if not self.firefox_certificate or not self.firefox_certificate.isprintable():
            raise UsageError(f"certificate path {self.firefox_certificate[:80]!r} for Firefox is no file's name")
