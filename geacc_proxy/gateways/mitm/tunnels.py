"""WireGuard tunnels: each device has a key and a port of its own, and is known by them wherever it is.

mitmproxy serves WireGuard in user space, without rights, with one peer a port; it reads both private keys from a file.
The keys are a secret of the home; the files are written anew from it, readable by their owner alone.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mitmproxy_rs.wireguard import genkey, pubkey

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.gateways.mitm.reserved import TUNNEL_ADDRESS
from geacc_proxy.home import data as datas
from geacc_proxy.home.devices import existing
from geacc_proxy.home.documents import Data, Kind
from geacc_proxy.marking import N_

if TYPE_CHECKING:
    from pathlib import Path

    from geacc_proxy.home.home import Home

FIRST_PORT = 51820
"""UDP; the one that WireGuard's own documents use, and the next ones for further devices."""
_LAST_PORT = FIRST_PORT + 1_000
_DEVICE_ADDRESS = "10.0.0.1/32"


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A device's tunnel, as its configuration needs it.

    Attributes:
        private_key: the device's, base64 of 32 bytes: whoever has it is the device.
        public_key: the device's.
        peer_public_key: the proxy's.
        port: UDP, of the proxy.
        addresses: the device's within the tunnel.
        dns: name servers within the tunnel.
    """

    private_key: str = field(repr=False)
    public_key: str
    peer_public_key: str
    port: int
    addresses: tuple[str, ...] = (_DEVICE_ADDRESS,)
    dns: tuple[str, ...] = (TUNNEL_ADDRESS,)


class Tunnels:
    """The tunnels of the home's devices."""

    def __init__(self, home: Home, folder: Path) -> None:
        """Begin with what the home keeps.

        Args:
            home: keeps the keys.
            folder: for mitmproxy's files; made where it is missing.
        """
        self._home = home
        self._folder = folder
        self._keys: dict[str, str] = {}

    def of(self, device: str) -> Tunnel | None:
        """The tunnel of a device, by its key; None where it has none."""
        kept = self._home.document(Kind.SECRET, _place(device))
        found = self._home.house.devices.get(device)
        if kept is None or found is None or not found.wireguard:
            return None
        tunnel = _tunnel(kept)
        return tunnel if tunnel.public_key == found.wireguard else None

    async def open(self, who: str, device: str) -> Tunnel:
        """Give a device a tunnel, with new keys where it has one: what it had before is closed then.

        Args:
            who: as `Deed.who`.
            device: its key.

        Raises:
            UsageError: no such device, or no port is left.
        """
        found = existing(self._home, device)
        before = self._home.document(Kind.SECRET, _place(device))
        kept: Data = {
            "server_key": genkey(),
            "client_key": genkey(),
            "port": self._free_port() if before is None else before["port"],
        }
        tunnel = _tunnel(kept)
        changed = replace(found, wireguard=tunnel.public_key, known=True)
        await self._home.change(
            who,
            N_("Gave {device} a tunnel"),
            {(Kind.SECRET, _place(device)): kept, (Kind.DEVICE, device): datas.of_device(changed)},
            {"device": found.title},
        )
        return tunnel

    async def close(self, who: str, device: str) -> None:
        """Take a device's tunnel away.

        Raises:
            UsageError: no such device, or it has none.
        """
        found = existing(self._home, device)
        if self.of(device) is None:
            raise UsageError(f"{found.title} has no tunnel")
        await self._home.change(
            who,
            N_("Took the tunnel of {device} away"),
            {
                (Kind.SECRET, _place(device)): None,
                (Kind.DEVICE, device): datas.of_device(replace(found, wireguard="")),
            },
            {"device": found.title},
        )

    def key_of(self, file: str) -> str:
        """The public key of the device whose tunnel a file describes; empty for a file that is none of ours."""
        return self._keys.get(file, "")

    def modes(self) -> list[str]:
        """What the proxy is to listen on, as mitmproxy writes it; their files are written. Blocks for moments.

        Raises:
            GeaccError: a file cannot be written.
        """
        found = []
        self._keys = {}
        for device in self._home.house.devices.values():
            kept = self._home.document(Kind.SECRET, _place(device.key)) if device.wireguard else None
            tunnel = None if kept is None else self.of(device.key)
            if kept is None or tunnel is None:
                continue
            file = self._write(device.key, kept)
            self._keys[file] = tunnel.public_key
            found.append(f"wireguard:{file}@{tunnel.port}")
        return found

    def _write(self, device: str, kept: Data) -> str:
        # New keys have a new file, so that mitmproxy sees another tunnel.
        name = hashlib.blake2b(f"{device}\0{kept['client_key']}".encode(), digest_size=8).hexdigest()
        file = self._folder / f"{name}.json"
        content = json.dumps({"server_key": kept["server_key"], "client_key": kept["client_key"]})
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not file.exists() or file.read_text() != content:
                file.unlink(missing_ok=True)
                with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as sink:
                    sink.write(content)
        except OSError as error:
            raise GeaccError(f"cannot write the keys of a tunnel to {file}: {error.strerror}") from error
        return str(file)

    def forget_files(self) -> None:
        """Remove the files of tunnels that are gone."""
        for file in self._folder.glob("*.json"):
            if str(file) not in self._keys:
                file.unlink(missing_ok=True)

    def _free_port(self) -> int:
        secrets = self._home.documents(Kind.SECRET)
        taken = {kept.get("port") for name, kept in secrets.items() if name.startswith(_PREFIX)}
        taken |= {device.port for device in self._home.house.devices.values()}
        free = next((port for port in range(FIRST_PORT, _LAST_PORT) if port not in taken), None)
        if free is None:
            raise UsageError("there are too many tunnels; take one away first")
        return free


_PREFIX = "wireguard:"


def _place(device: str) -> str:
    return f"{_PREFIX}{device}"


def _tunnel(kept: Data) -> Tunnel:
    return Tunnel(
        private_key=kept["client_key"],
        public_key=pubkey(kept["client_key"]),
        peer_public_key=pubkey(kept["server_key"]),
        port=kept["port"],
    )
