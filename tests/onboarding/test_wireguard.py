"""Configurations and QR codes."""

from __future__ import annotations

import base64
import configparser
import dataclasses
from xml.etree import ElementTree

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.onboarding.qr import qr_svg, qr_terminal
from geacc_proxy.onboarding.wireguard import Tunnel, client_config

PRIVATE, PUBLIC = (base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2))
TUNNEL = Tunnel(PRIVATE, PUBLIC, "Home.Example", 51820)


def test_the_configuration_is_what_wireguard_reads() -> None:
    parser = configparser.ConfigParser()
    parser.read_string(client_config(dataclasses.replace(TUNNEL, preshared_key=PUBLIC)))

    assert dict(parser["Interface"]) == {"privatekey": PRIVATE, "address": "10.0.0.1/32", "dns": "10.0.0.53"}
    assert dict(parser["Peer"]) == {
        "publickey": PUBLIC,
        "presharedkey": PUBLIC,
        "allowedips": "0.0.0.0/0, ::/0",
        "endpoint": "home.example:51820",
        "persistentkeepalive": "25",
    }


def test_an_ipv6_endpoint_has_brackets() -> None:
    assert "Endpoint = [2001:db8::1]:51820\n" in client_config(dataclasses.replace(TUNNEL, endpoint_host="2001:db8::1"))


@pytest.mark.parametrize(
    "change",
    [
        {"private_key": "short"},
        {"private_key": PRIVATE + "\nPostUp = id"},
        {"peer_public_key": "!" * 44},
        {"preshared_key": "x"},
        {"endpoint_host": "a b"},
        {"endpoint_port": 0},
        {"addresses": ("10.0.0.1/33",)},
        {"addresses": ()},
        {"dns": ("10.0.0.53\nPostUp = id",)},
        {"dns": ("fe80::1%eth0",)},
        {"allowed_ips": ("everything",)},
    ],
)
def test_what_is_no_key_address_or_network_is_refused_in_one_line(change: dict[str, object]) -> None:
    with pytest.raises(UsageError) as refused:
        dataclasses.replace(TUNNEL, **change)

    assert "\n" not in str(refused.value)


def test_keys_are_not_shown_where_a_tunnel_is_printed() -> None:
    assert PRIVATE not in repr(TUNNEL)


def test_a_qr_code_is_an_svg_that_needs_no_script_and_no_style() -> None:
    svg = ElementTree.fromstring(qr_svg(client_config(TUNNEL)))

    assert svg.tag.endswith("svg")
    for element in svg.iter():
        assert element.tag.rpartition("}")[2] in {"svg", "g", "path"}
        assert "style" not in element.attrib


def test_a_qr_code_in_the_terminal_is_square_and_the_same_both_ways_round() -> None:
    coloured, plain = qr_terminal("http://192.168.1.2:8081/"), qr_terminal("http://192.168.1.2:8081/", colour=False)

    lines = plain.splitlines()
    assert len({len(line) for line in lines}) == 1
    assert len(lines[0]) in (2 * len(lines), 2 * len(lines) - 1)
    inverted = str.maketrans(" ▀▄█", "█▄▀ ")
    bare = [line.removeprefix("\x1b[38;5;16;48;5;231m").removesuffix("\x1b[0m") for line in coloured.splitlines()]
    assert [line.translate(inverted) for line in bare] == lines


@pytest.mark.parametrize("text", ["", "x" * 3000])
def test_what_fits_no_qr_code_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        qr_svg(text)
    with pytest.raises(UsageError):
        qr_terminal(text)
