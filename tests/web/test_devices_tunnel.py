"""The page of a device's tunnel."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

import pytest

from geacc_proxy.home import devices
from geacc_proxy.home.home import Home
from geacc_proxy.policy.device import Device
from geacc_proxy.web import devices as area
from geacc_proxy.web.app import create_app
from geacc_proxy.web.site import Site

from .browsing import Browser


def key(letter: str) -> str:
    return base64.b64encode(letter.encode() * 32).decode()


@dataclass
class Keys:
    private_key: str = field(default_factory=lambda: key("p"))
    peer_public_key: str = field(default_factory=lambda: key("s"))
    port: int = 51820
    addresses: tuple[str, ...] = ("10.0.0.1/32",)
    dns: tuple[str, ...] = ("10.0.0.53",)


@dataclass
class Tunnels:
    """Tunnels as the gateway gives them, kept in memory."""

    known: dict[str, Keys] = field(default_factory=dict)
    made: int = 0

    def of(self, device: str) -> Keys | None:
        return self.known.get(device)

    async def open(self, who: str, device: str) -> Keys:
        self.made += 1
        self.known[device] = Keys(key(str(self.made)))
        return self.known[device]

    async def close(self, who: str, device: str) -> None:
        del self.known[device]


@dataclass(frozen=True)
class SiteWithTunnels(Site):
    tunnels: Any = None


@pytest.fixture
def tunnels() -> Tunnels:
    return Tunnels()


@pytest.fixture
def app(make_site: Callable[..., Site], tunnels: Tunnels) -> Any:
    site = make_site()
    of = {one.name: getattr(site, one.name) for one in fields(Site)}
    return create_app(SiteWithTunnels(**{**of, "tunnels": tunnels}), areas=(area,))


@pytest.fixture
async def phone(home: Home) -> Device:
    return await devices.add(home, "parent", name="Ben's phone", profile="teen")


async def test_a_tunnel_is_made_and_shown_as_a_code(parent, phone, tunnels):
    assert '<a href="/devices/bens-phone/tunnel">Set it up</a>' in (await parent.get("/devices/bens-phone")).text
    assert "Make a tunnel for Ben's phone" in (await parent.get("/devices/bens-phone/tunnel")).words

    answer = await parent.post("/devices/bens-phone/tunnel")

    page = await parent.follow(answer.location)
    assert 'aria-label="QR code with the tunnel of Ben&#39;s phone"' in page.text
    assert "viewBox=" in page.text
    assert "UDP port 51820" in page.words
    assert tunnels.known["bens-phone"].private_key not in page.text


async def test_the_file_leads_to_the_address_that_a_parent_names(parent, phone, tunnels):
    await parent.post("/devices/bens-phone/tunnel")
    page = await parent.get("/devices/bens-phone/tunnel?host=home.example.net")
    assert 'href="/devices/bens-phone/tunnel.conf?host=home.example.net"' in page.text

    file = await parent.get("/devices/bens-phone/tunnel.conf?host=home.example.net")

    assert "Endpoint = home.example.net:51820" in file.text
    assert f"PrivateKey = {key('1')}" in file.text
    assert file.headers["content-disposition"] == 'attachment; filename="geacc-proxy.conf"'
    assert "no-store" in file.headers["cache-control"]


async def test_without_an_address_it_is_that_of_the_pages(parent, phone):
    await parent.post("/devices/bens-phone/tunnel")

    assert "Endpoint = 192.168.1.2:51820" in (await parent.get("/devices/bens-phone/tunnel.conf")).text


async def test_an_address_that_is_none_comes_back_with_a_sentence(parent, phone):
    await parent.post("/devices/bens-phone/tunnel")

    page = await parent.get("/devices/bens-phone/tunnel?host=no%20host")

    assert page.status == 422
    assert "Write a name such as home.example.net" in page.words
    assert 'role="img"' not in page.text
    assert (await parent.get("/devices/bens-phone/tunnel.conf?host=no%20host")).status == 404


async def test_new_keys_take_the_place_of_the_old_ones_and_a_tunnel_is_taken_away(parent, phone, tunnels):
    await parent.post("/devices/bens-phone/tunnel")
    await parent.post("/devices/bens-phone/tunnel")
    assert tunnels.made == 2

    await parent.post("/devices/bens-phone/tunnel/close")

    assert tunnels.known == {}
    assert (await parent.get("/devices/bens-phone/tunnel.conf")).status == 404


async def test_where_there_are_no_tunnels_there_is_no_page_of_one(make_site, phone):
    machine = Browser(create_app(make_site(), areas=(area,)))

    assert "/tunnel" not in (await machine.get("/devices/bens-phone")).text
    assert (await machine.get("/devices/bens-phone/tunnel")).status == 404
    assert (await machine.post("/devices/bens-phone/tunnel")).status == 404


async def test_nobody_but_a_parent_gets_a_key(client, phone, tunnels):
    await tunnels.open("parent", "bens-phone")

    assert (await client.get("/devices/bens-phone/tunnel.conf")).status == 303
    assert (await client.get("/devices/bens-phone/tunnel")).status == 303
    assert (await client.post("/devices/bens-phone/tunnel")).status == 403
    assert tunnels.made == 1
