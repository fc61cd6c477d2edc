"""Keys of tunnels: one pair a device, kept as a secret, in files for their owner alone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from mitmproxy_rs.wireguard import pubkey

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.gateways.mitm.tunnels import FIRST_PORT, Tunnels
from geacc_proxy.home import devices
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home

from .house import a_device, a_home


@pytest.fixture
async def home() -> AsyncIterator[Home]:
    home = a_home(device__phone=a_device(), device__tablet=a_device(), profile__child={})
    yield home
    await home.close()


async def test_each_device_has_keys_and_a_port_of_its_own(home: Home, tmp_path: Path) -> None:
    tunnels = Tunnels(home, tmp_path / "keys")
    phone, tablet = await tunnels.open("parent", "phone"), await tunnels.open("parent", "tablet")

    assert (phone.port, tablet.port) == (FIRST_PORT, FIRST_PORT + 1)
    assert len({phone.private_key, tablet.private_key, phone.peer_public_key, tablet.peer_public_key}) == 4
    assert home.device("phone").wireguard == phone.public_key == pubkey(phone.private_key)
    assert tunnels.of("phone") == phone
    assert phone.private_key not in repr(phone)


async def test_the_files_are_readable_by_their_owner_alone_and_name_the_device(home: Home, tmp_path: Path) -> None:
    tunnels = Tunnels(home, tmp_path / "keys")
    phone = await tunnels.open("parent", "phone")
    (mode,) = tunnels.modes()
    file = Path(mode.removeprefix("wireguard:").rpartition("@")[0])

    assert mode.endswith(f"@{phone.port}")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert json.loads(file.read_text())["client_key"] == phone.private_key
    assert (tunnels.key_of(str(file)), tunnels.key_of("/elsewhere.json")) == (phone.public_key, "")


async def test_no_key_is_left_of_a_tunnel_that_is_gone(home: Home, tmp_path: Path) -> None:
    tunnels = Tunnels(home, tmp_path / "keys")
    await tunnels.open("parent", "phone")
    tunnels.modes()
    await tunnels.close("parent", "phone")

    assert tunnels.modes() == []
    tunnels.forget_files()
    assert list((tmp_path / "keys").iterdir()) == []
    assert home.document(Kind.SECRET, "wireguard:phone") is None
    assert (tunnels.of("phone"), home.device("phone").wireguard) == (None, "")


async def test_a_device_that_is_removed_takes_its_tunnel_along(home: Home, tmp_path: Path) -> None:
    tunnels = Tunnels(home, tmp_path)
    await tunnels.open("parent", "phone")
    await devices.remove(home, "parent", "phone")

    assert (tunnels.modes(), tunnels.of("phone")) == ([], None)


async def test_what_cannot_be_had_is_said_in_one_line(home: Home, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    tunnels = Tunnels(home, tmp_path / "file")

    with pytest.raises(UsageError, match="no device 'nobody'"):
        await tunnels.open("parent", "nobody")
    with pytest.raises(UsageError, match="has no tunnel"):
        await tunnels.close("parent", "phone")
    await tunnels.open("parent", "phone")
    with pytest.raises(GeaccError, match="cannot write the keys") as raised:
        tunnels.modes()
    assert "\n" not in str(raised.value)
