"""The certificate authority that a home's devices come to trust."""

from pathlib import Path

import pytest
from cryptography import x509
from mitmproxy.certs import CertStore

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.gateways.mitm.authority import open_authority


def test_a_first_start_makes_one_with_a_sane_name_and_a_private_key(tmp_path: Path) -> None:
    folder = tmp_path / "ca"
    authority = open_authority(folder)
    assert authority.name.startswith("geacc-proxy on ")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in folder.iterdir())
    assert b"PRIVATE" not in authority.certificate_pem
    assert b"PRIVATE" not in authority.certificate_file.read_bytes()
    assert b"PRIVATE" in (folder / "mitmproxy-ca.pem").read_bytes()


def test_the_next_start_takes_the_same_and_mitmproxy_signs_with_it(tmp_path: Path) -> None:
    first, second = open_authority(tmp_path / "ca"), open_authority(tmp_path / "ca")
    assert first == second
    store = CertStore.from_store(tmp_path / "ca", "mitmproxy", 2048)
    entry = store.get_cert("example.org", [x509.DNSName("example.org")])
    entry.cert.to_cryptography().verify_directly_issued_by(x509.load_pem_x509_certificate(first.certificate_pem))


def test_a_key_that_others_could_read_is_closed_again(tmp_path: Path) -> None:
    open_authority(tmp_path / "ca")
    key = tmp_path / "ca" / "mitmproxy-ca.pem"
    key.chmod(0o644)
    open_authority(tmp_path / "ca")
    assert key.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"nonsense"])
def test_a_damaged_file_is_told_and_kept(tmp_path: Path, content: bytes) -> None:
    key = tmp_path / "ca" / "mitmproxy-ca.pem"
    key.parent.mkdir()
    key.write_bytes(content)
    with pytest.raises(GeaccError, match="holds no certificate"):
        open_authority(tmp_path / "ca")
    assert key.read_bytes() == content


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GeaccError, match="certificate authority"):
        open_authority(tmp_path / "file" / "ca")
