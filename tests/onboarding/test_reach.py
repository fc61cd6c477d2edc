"""What may stand in a file, and what may not."""

from __future__ import annotations

import dataclasses
import hashlib
import ssl

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.onboarding.reach import Reach, checked_host

from .home import NAME, authority, reach


@pytest.mark.parametrize(
    ("given", "plain"),
    [
        ("192.168.1.2", "192.168.1.2"),
        ("Proxy.Home.Arpa.", "proxy.home.arpa"),
        ("raspberry_pi", "raspberry_pi"),
        ("localhost", "localhost"),
        ("[fd00::0:2]", "fd00::2"),
        ("FD00::2", "fd00::2"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_a_host_is_taken_in_its_plain_form(given: str, plain: str) -> None:
    assert checked_host(given) == plain


@pytest.mark.parametrize(
    "host",
    [
        "",
        "a b",
        'a"; alert(1); "',
        "a;DIRECT",
        "a\r\n[HKEY_LOCAL_MACHINE]",
        "a</string>",
        "a:8080",
        "1.2.3",
        "1.2.3.400",
        "0.0.0.0",
        "::",
        "fe80::1%eth0",
        "[fd00::2",
        "-a.example",
        "a..example",
        "bücher.example",
        "$(id)",
        "a" * 64,
        "a." * 127 + "a",
    ],
)
def test_a_host_that_is_none_is_refused_in_one_line(host: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked_host(host)

    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(UsageError, match="no port"):
        reach(port=port)
    with pytest.raises(UsageError, match="admin port"):
        reach(admin_port=port)


@pytest.mark.parametrize("name", ["", "two\nlines", "x" * 65, "bell\a"])
def test_a_name_of_more_than_a_line_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="home's name"):
        reach(home_name=name)


def test_the_certificate_is_given_in_both_forms_with_its_fingerprint() -> None:
    der = ssl.PEM_cert_to_DER_cert(authority().cert_pem.bytes().decode())

    made = reach()

    assert made.certificate_der == der
    assert ssl.PEM_cert_to_DER_cert(made.certificate_pem.decode()) == der
    assert made.fingerprint.replace(":", "").lower() == hashlib.sha256(der).hexdigest()


def test_a_private_key_never_gets_in() -> None:
    with pytest.raises(UsageError, match="private key"):
        Reach.of("a.example", 1, 2, authority().private_key_pem.bytes() + authority().cert_pem.bytes(), NAME)


@pytest.mark.parametrize("pem", [b"", b"no certificate"])
def test_a_text_without_a_certificate_is_refused(pem: bytes) -> None:
    with pytest.raises(UsageError, match="0 certificates"):
        Reach.of("a.example", 1, 2, pem, NAME)


def test_what_is_put_together_by_hand_must_agree() -> None:
    with pytest.raises(UsageError, match="fingerprint"):
        dataclasses.replace(reach(), fingerprint="AA:BB")
    with pytest.raises(UsageError, match="differ"):
        dataclasses.replace(reach(), certificate_der=b"0")
    with pytest.raises(UsageError, match="plain form"):
        dataclasses.replace(reach(), host="A.example")


def test_an_ipv6_host_has_brackets_where_addresses_want_them() -> None:
    made = reach(host="fd00::2")

    assert (made.proxy, made.pages) == ("[fd00::2]:8080", "http://[fd00::2]:8081")
    assert made.host == "fd00::2"


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("a.example", False)]
)
def test_the_machine_itself_is_known(host: str, expected: bool) -> None:
    assert reach(host=host).is_loopback is expected
