"""How devices reach the proxy, checked once, so that no file made from it can hold anything else."""

from __future__ import annotations

import hashlib
import re
import ssl
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Self

from geacc_proxy.exceptions import UsageError

RESERVED_NAME = "geacc.internal"
"""Answered by the proxy itself. `.internal` is reserved for private use (ICANN board, 29 July 2024)."""

CERTIFICATE_FILE = "geacc-proxy-ca"
"""Name of the certificate's files, without their endings."""

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")
_LONGEST_TEXT = 64


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the proxy is and which certificate vouches for it.

    Attributes:
        host: a name (RFC 1123, lower case) or an address without brackets, as devices reach this machine.
        port: of the proxy.
        admin_port: of the pages.
        certificate_pem: the authority's certificate as PEM, and nothing else.
        certificate_der: the same as DER.
        certificate_name: as devices list it; one line of at most 64 characters.
        fingerprint: SHA-256 of the DER form, upper-case hexadecimal pairs with colons.
        home_name: what the files call this home; one line of at most 64 characters.
    """

    host: str
    port: int
    admin_port: int
    certificate_pem: bytes
    certificate_der: bytes
    certificate_name: str
    fingerprint: str
    home_name: str = "geacc-proxy"

    def __post_init__(self) -> None:
        """Check all.

        Raises:
            UsageError: a value is not what it has to be; it names the value and what would be right.
        """
        if checked_host(self.host) != self.host:
            raise UsageError(f"{self.host!r} is not in its plain form {checked_host(self.host)!r}")
        for what, port in (("port", self.port), ("admin port", self.admin_port)):
            checked_port(port, what)
        for what, text in (("certificate's name", self.certificate_name), ("home's name", self.home_name)):
            if not 0 < len(text) <= _LONGEST_TEXT or not text.isprintable():
                raise UsageError(f"the {what} is {text!r}; it takes 1 to {_LONGEST_TEXT} printable characters")
        if _certificate(self.certificate_pem) != self.certificate_der:
            raise UsageError("the certificate's PEM and DER forms differ")
        if fingerprint_of(self.certificate_der) != self.fingerprint:
            raise UsageError("the certificate's fingerprint is not the certificate's")

    @classmethod
    def of(
        cls,
        host: str,
        port: int,
        admin_port: int,
        certificate_pem: bytes,
        certificate_name: str,
        home_name: str = "geacc-proxy",
    ) -> Self:
        """Return the reach for a host as a person or a `Host` header has it, and a certificate as PEM.

        Raises:
            UsageError: the host is no name and no address, a port is none, or the PEM text is not one certificate.
        """
        der = _certificate(certificate_pem)
        pem = ssl.DER_cert_to_PEM_cert(der).encode("ascii")
        return cls(checked_host(host), port, admin_port, pem, der, certificate_name, fingerprint_of(der), home_name)

    @property
    def host_in_url(self) -> str:
        """The host as addresses have it: IPv6 in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def proxy(self) -> str:
        """Host and port of the proxy, such as `192.168.1.2:8080` or `[fd00::2]:8080`."""
        return f"{self.host_in_url}:{self.port}"

    @property
    def pages(self) -> str:
        """Address of the pages, without a slash at its end."""
        return f"http://{self.host_in_url}:{self.admin_port}"

    @property
    def pac_url(self) -> str:
        """Address of the PAC file."""
        return f"{self.pages}/proxy.pac"

    @property
    def is_loopback(self) -> bool:
        """Whether the device that is set up is the machine that the proxy runs on."""
        return self.host == "localhost" or (_is_address(self.host) and ip_address(self.host).is_loopback)


def checked_host(host: str) -> str:
    """Return the host in its plain form: a name in lower case without the final dot, or an address without brackets.

    Raises:
        UsageError: it is neither.
    """
    text = host.strip().lower().removesuffix(".")
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    if _is_address(bare):
        address = ip_address(bare)
        if not address.is_unspecified and not (isinstance(address, IPv6Address) and address.scope_id):
            return str(address)
    # The last label of a name is not all digits: `1.2.3` and `1.2.3.400` are no names.
    elif len(text) <= 253 and _NAME.fullmatch(text) and not text.rpartition(".")[2].isdigit():
        return text
    raise UsageError(
        f"host {host[:80]!r} is no name and no address; it takes one such as 192.168.1.2 or proxy.home.arpa"
    )


def checked_port(port: int, what: str = "port") -> int:
    """Return the port.

    Raises:
        UsageError: it is none.
    """
    if not 1 <= port <= 65535:
        raise UsageError(f"{what} {port} is no port; it takes a number from 1 to 65535")
    return port


def fingerprint_of(der: bytes) -> str:
    """Return the SHA-256 of a certificate as devices show it: upper-case hexadecimal pairs with colons."""
    return hashlib.sha256(der).digest().hex(":").upper()


def _certificate(pem: bytes) -> bytes:
    if b"PRIVATE KEY" in pem:
        raise UsageError("the certificate's PEM text holds a private key, which must never leave this machine")
    blocks = _BLOCK.findall(pem)
    if len(blocks) != 1:
        raise UsageError(f"the PEM text holds {len(blocks)} certificates; exactly one is needed")
    try:
        return ssl.PEM_cert_to_DER_cert(blocks[0].decode("ascii"))
    except ValueError:
        raise UsageError("the PEM text holds no certificate that can be read") from None


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
