"""The proxy listens where devices come, as a parent changes them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from geacc_proxy.gateways.mitm.doorways import Doorways
from geacc_proxy.gateways.mitm.tunnels import FIRST_PORT, Tunnels
from geacc_proxy.home import devices
from geacc_proxy.home.home import Home

from .house import a_device, a_home


class Ear:
    """A proxy that only notes where it is to listen."""

    def __init__(self) -> None:
        self.heard: list[list[str]] = []
        self.problems: dict[str, str] = {}
        self.called = asyncio.Event()

    async def listen(self, modes: Iterable[str]) -> dict[str, str]:
        self.heard.append(list(modes))
        self.called.set()
        return self.problems


@pytest.fixture
async def home() -> AsyncIterator[Home]:
    home = a_home(device__console=a_device(port=8090), device__phone=a_device(), profile__child={})
    yield home
    await home.close()


async def test_ports_and_tunnels_follow_the_devices(home: Home, tmp_path: Path) -> None:
    ear, tunnels = Ear(), Tunnels(home, tmp_path)
    doorways = Doorways(home, tunnels, ear.listen)
    await doorways.follow()
    await doorways.follow()
    await tunnels.open("parent", "phone")
    await doorways.follow()
    await devices.remove(home, "parent", "phone")
    await devices.remove(home, "parent", "console")
    await doorways.follow()

    plain, tunnelled, none = ear.heard
    assert plain == ["regular@8090"]
    assert tunnelled[0] == "regular@8090"
    assert tunnelled[1].startswith(f"wireguard:{tmp_path}")
    assert tunnelled[1].endswith(f"@{FIRST_PORT}")
    assert none == []
    assert list(tmp_path.iterdir()) == []


async def test_what_a_parent_changes_is_followed_by_itself(home: Home, tmp_path: Path) -> None:
    ear = Ear()
    running = asyncio.create_task(Doorways(home, Tunnels(home, tmp_path), ear.listen).run())
    await ear.called.wait()
    ear.called.clear()
    await devices.edit(home, "parent", "console", port=8091)
    await asyncio.wait_for(ear.called.wait(), 20)
    running.cancel()

    assert ear.heard == [["regular@8090"], ["regular@8091"]]


async def test_a_port_in_use_is_told_of_once_in_one_line(
    home: Home, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ear = Ear()
    ear.problems = {"regular@8090": "the port is in use"}
    doorways = Doorways(home, Tunnels(home, tmp_path), ear.listen)
    with caplog.at_level(logging.WARNING):
        await doorways.follow()
        doorways.retry()
        await doorways.follow()

    assert len(ear.heard) == 2
    assert [record.getMessage() for record in caplog.records] == [
        "a device's own port cannot be had: port 8090: the port is in use"
    ]
