"""The certificate authority that a home's devices come to trust."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import load_pem_x509_certificate
from cryptography.x509.oid import NameOID
from mitmproxy.certs import create_ca

from geacc_proxy.exceptions import GeaccError

if TYPE_CHECKING:
    from pathlib import Path

# mitmproxy looks for these names in its `confdir`.
_KEY_FILE = "mitmproxy-ca.pem"
_CERTIFICATE_FILE = "mitmproxy-ca-cert.pem"
_KEY_BITS = 2048


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority on disk.

    Attributes:
        folder: holds the files, mode 0700.
        certificate_pem: the certificate alone; the key never leaves its file.
    """

    folder: Path
    certificate_pem: bytes

    @property
    def name(self) -> str:
        """The common name that devices list it by."""
        subject = load_pem_x509_certificate(self.certificate_pem).subject
        return str(subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    @property
    def certificate_file(self) -> Path:
        """Where the certificate lies, without the key."""
        return self.folder / _CERTIFICATE_FILE


def open_authority(folder: Path) -> Authority:
    """The authority in `folder`, made on the first call.

    Raises:
        GeaccError: the folder cannot be written or the files in it cannot be read.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        key = folder / _KEY_FILE
        if not key.exists():
            _create(folder)
        key.chmod(0o600)
        certificate = _certificate_of(key.read_bytes())
        if not (public := folder / _CERTIFICATE_FILE).exists() or public.read_bytes() != certificate:
            _write_private(public, certificate)
    except OSError as error:
        raise GeaccError(f"cannot keep the certificate authority in {folder}: {error.strerror}") from error
    return Authority(folder, certificate)


def _create(folder: Path) -> None:
    host = socket.gethostname() or "this machine"
    name = f"geacc-proxy on {host}"[:64]  # X.520 allows a common name of 64 characters
    key, certificate = create_ca(organization="geacc-proxy", cn=name, key_size=_KEY_BITS)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = certificate.public_bytes(Encoding.PEM)
    _write_private(folder / _CERTIFICATE_FILE, public)
    _write_private(folder / _KEY_FILE, secret + public)


def _write_private(path: Path, content: bytes) -> None:
    """Written beside and moved into place: never half a key, and never readable by others, not even for a moment."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)


def _certificate_of(pem: bytes) -> bytes:
    begin = pem.find(b"-----BEGIN CERTIFICATE-----")
    end = pem.find(b"-----END CERTIFICATE-----", begin)
    if begin < 0 or end < 0:
        raise OSError(None, f"{_KEY_FILE} holds no certificate; move it away to have a new one made")
    return pem[begin : end + len(b"-----END CERTIFICATE-----")] + b"\n"
