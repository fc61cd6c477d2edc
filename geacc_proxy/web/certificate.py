"""The certificate that devices are to trust, and never its key."""

from __future__ import annotations

import hashlib
import re
import ssl
from dataclasses import dataclass

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----")


@dataclass(frozen=True, slots=True)
class PublicCertificate:
    """One certificate in the two encodings that devices ask for.

    Attributes:
        pem: text, for Linux, Firefox and ChromeOS.
        der: binary, for Windows, macOS, iOS and Android.
    """

    pem: bytes
    der: bytes

    @classmethod
    def from_pem(cls, text: bytes) -> PublicCertificate:
        """Return the certificate of a PEM text.

        It is decoded and encoded anew, so that nothing else in the text is ever handed out.

        Raises:
            ValueError: the text holds a private key, or not exactly one certificate.
        """
        if b"PRIVATE KEY" in text:
            raise ValueError("the certificate's PEM text holds a PRIVATE KEY, which must never leave this machine")
        blocks = _BLOCK.findall(text)
        if len(blocks) != 1:
            raise ValueError(f"the PEM text holds {len(blocks)} certificates; exactly one is needed")
        der = ssl.PEM_cert_to_DER_cert(blocks[0].decode("ascii"))
        return cls(pem=ssl.DER_cert_to_PEM_cert(der).encode("ascii"), der=der)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER form as devices show it: 32 upper-case hexadecimal pairs with colons."""
        return hashlib.sha256(self.der).digest().hex(":").upper()
