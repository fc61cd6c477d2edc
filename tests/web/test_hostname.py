"""The name by which a browser reached this machine."""

import pytest

from geacc_proxy.web.hostname import host_name


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("localhost", "localhost"),
        ("localhost:8081", "localhost"),
        ("my-pc.fritz.box.:80", "my-pc.fritz.box."),
        ("my_pc", "my_pc"),
        ("10.0.0.1:8081", "10.0.0.1"),
        ("[::1]:8081", "::1"),
        ("[FD00::1]", "fd00::1"),
    ],
)
def test_a_plain_name_or_address_is_told(header, name):
    assert host_name(header) == name


@pytest.mark.parametrize(
    "header",
    [
        "",
        ":8081",
        "a..b",
        "-a",
        "a-",
        "a/b",
        "a@b",
        "<b>",
        "a b",
        "a:b",
        "a:1:2",
        "1.2.3",
        "1.2.3.400",
        "[::1",
        "[::1]x",
        "[::1]:",
        "[1.2.3.4]",
        "a" * 64,
        "a." * 126 + "ab",
        "é.local",
        "a\n",
    ],
)
def test_anything_else_is_not(header):
    assert host_name(header) is None
