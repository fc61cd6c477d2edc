"""A root certificate as Windows keeps it in its registry, so that a `.reg` file can carry it.

The value `Blob` is a row of properties: identifier, 1 and length as 32-bit little-endian numbers, then the bytes
([MS-GPEF] 2.2.1.2.1 and wincrypt.h: CERT_SHA1_HASH_PROP_ID 3, CERT_CERT_PROP_ID 32).
"""

from __future__ import annotations

import hashlib
import struct

_STORE = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\SystemCertificates\ROOT\Certificates"
_SHA1_HASH, _CERTIFICATE = 3, 32
_BYTES_A_LINE = 25


def key(der: bytes) -> str:
    """Return the registry key of the certificate in the machine's Trusted Root Certification Authorities."""
    return f"{_STORE}\\{_sha1(der).hex().upper()}"


def lines(der: bytes) -> list[str]:
    """Return the lines of a `.reg` file that put the certificate there."""
    blob = _property(_SHA1_HASH, _sha1(der)) + _property(_CERTIFICATE, der)
    pairs = [f"{byte:02x}" for byte in blob]
    rows = [",".join(pairs[at : at + _BYTES_A_LINE]) for at in range(0, len(pairs), _BYTES_A_LINE)]
    return [f"[{key(der)}]", '"Blob"=hex:' + ",\\\r\n  ".join(rows), ""]


def _property(identifier: int, content: bytes) -> bytes:
    return struct.pack("<III", identifier, 1, len(content)) + content


def _sha1(der: bytes) -> bytes:
    return hashlib.sha1(der, usedforsecurity=False).digest()  # Windows names certificates by it
