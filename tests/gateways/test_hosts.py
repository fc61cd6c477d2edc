"""However a client writes a host, it is one."""

from __future__ import annotations

import pytest

from geacc_proxy.gateways.mitm.hosts import is_number, plain_address, plain_host


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("WWW.Example.COM", "www.example.com"),
        ("example.com.", "example.com"),
        ("example.com:8080", "example.com"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("127.1", "127.0.0.1"),
        ("0x7f000001", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("0177.0.0.1", "127.0.0.1"),
        ("127.0.0.1.", "127.0.0.1"),
        ("[::ffff:127.0.0.1]:80", "127.0.0.1"),
        ("::FFFF:7f00:1", "127.0.0.1"),
        ("[2001:DB8::0:1]", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("1.example", "1.example"),
    ],
)
def test_a_host_has_one_spelling(written: str, plain: str) -> None:
    assert plain_host(written) == plain


@pytest.mark.parametrize(
    "written",
    ["", ".", "a b", "good.test, bad.test", "a/b", "a@b", "::1::", "999.1.1.1", "http://a", "a:b", "[::1]x", "a" * 254],
)
def test_what_is_no_host_is_none(written: str) -> None:
    assert plain_host(written) == ""


def test_numbers_are_told_from_names() -> None:
    assert is_number("192.0.2.1")
    assert is_number("2001:db8::1")
    assert not is_number("example.com")


def test_an_address_loses_zone_and_mapping() -> None:
    assert plain_address("::ffff:192.0.2.1") == "192.0.2.1"
    assert plain_address("fe80::1%wlan0") == "fe80::1"
    assert plain_address("no address") == "no address"
