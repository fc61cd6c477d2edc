"""A connection is a device's by the surest thing that it tells."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from mitmproxy.connection import Client
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow

from geacc_proxy.gateways.mitm.neighbours import Neighbours
from geacc_proxy.gateways.mitm.recognition import Lines
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home

from .house import a_device, a_home

MAC = "aa:bb:cc:dd:ee:07"


@pytest.fixture
async def home() -> AsyncIterator[Home]:
    home = a_home(
        device__tablet={**a_device("under-12"), "macs": [MAC]},
        device__console=a_device("under-12", port=8090),
        device__phone=a_device("under-12", wireguard="key"),
        device__toms=a_device("under-12", login="tom"),
        device__old=a_device("under-12", "192.168.1.7"),
    )
    yield home
    await home.close()


def a_client(address: str = "192.168.1.7", mode: str = "regular") -> Client:
    client = tflow.tclient_conn()
    client.peername, client.sockname = (address, 40_000), ("192.168.1.2", 8080)
    client.proxy_mode = ProxyMode.parse(mode)
    return client


def lines(home: Home, macs: dict[str, str] | None = None) -> Lines:
    return Lines(home, {"file.json": "key"}.get, Neighbours(lambda _: macs or {}))  # type: ignore[arg-type]


async def test_a_hardware_address_counts_more_than_the_address_of_the_day(home: Home) -> None:
    known = lines(home, {"192.168.1.7": MAC})
    client = a_client("::ffff:192.168.1.7")
    waiting = known.begin(client)
    assert waiting is not None
    await waiting

    assert known.of(client).device().key == "tablet"
    again = a_client()
    assert known.begin(again) is None
    assert known.of(again).device().key == "tablet"


async def test_a_login_counts_more_and_a_port_of_its_own_too(home: Home) -> None:
    known = lines(home)
    client = a_client()
    assert known.of(client).device().key == "old"
    known.of(client).log_in("tom")
    assert known.of(client).device().key == "toms"
    assert known.of(a_client(mode="regular@8090")).device().key == "console"


async def test_a_tunnel_is_its_device_whatever_address_it_uses(home: Home) -> None:
    known = lines(home, {"10.0.0.1": MAC})
    client = a_client("192.168.1.7", "wireguard:file.json@51820")

    assert known.begin(client) is None
    assert known.of(client).device().key == "phone"


async def test_a_device_that_changes_is_seen_at_once_on_open_connections(home: Home) -> None:
    line = lines(home).of(a_client())
    assert line.device().key == "old"
    await home.keep({(Kind.DEVICE, "old"): None, (Kind.DEVICE, "new"): a_device("teen", "192.168.1.7")})

    assert line.device().key == "new"


async def test_a_line_is_forgotten_with_its_connection(home: Home) -> None:
    known, client = lines(home), a_client()
    line = known.of(client)
    assert [line] == list(known)
    known.end(client)

    assert list(known) == []
    assert known.of(client) is not line


async def test_only_the_latest_hosts_of_a_connection_are_remembered(home: Home) -> None:
    line = lines(home).of(a_client())
    for number in range(40):
        line.opened(f"{number}.test")

    assert list(line.names) == [f"{number}.test" for number in range(8, 40)]


async def test_who_nobody_knows_is_entered_with_the_safe_baseline(home: Home) -> None:
    device = lines(home).of(a_client("192.168.1.50")).device()

    assert (device.key, device.profile, device.known) == ("192.168.1.50", "new-device", False)
