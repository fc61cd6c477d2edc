"""Which device is behind a connection: found once for each, by all that the connection tells."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mitmproxy.proxy import mode_specs

from geacc_proxy.gateways.mitm.hosts import plain_address
from geacc_proxy.gateways.mitm.neighbours import Neighbours
from geacc_proxy.policy.device import Device, Traits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from mitmproxy.connection import Client

    from geacc_proxy.home.home import Home
    from geacc_proxy.policy.house import House

_AGAIN_SECONDS = 60.0
_MOST_NAMES = 32
_EXPLICIT = (mode_specs.RegularMode, mode_specs.UpstreamMode)


class Line:
    """One connection from a device.

    Attributes:
        client: mitmproxy's end of it.
        address: the device's, as `plain_address` gives it.
        local: ours.
        explicit: whether the client knows that it speaks to a proxy and says whom it wants.
        deliberate: whether the client knows that it speaks to a proxy at all.
        upstream: whether what it asks for goes on to another proxy.
        tunnelled: whether it came through a WireGuard tunnel.
        login: the user whose password was right; empty without one.
        mac: hardware address; empty where unknown.
        names: hosts that were opened over it lately.
        used_at: when somebody last used it, by the monotonic clock.
    """

    __slots__ = (
        "_device",
        "_home",
        "_house",
        "_until",
        "address",
        "client",
        "deliberate",
        "explicit",
        "local",
        "login",
        "mac",
        "names",
        "port",
        "tunnelled",
        "upstream",
        "used_at",
        "wireguard",
    )

    def __init__(self, client: Client, home: Home, tunnel_key: Callable[[str], str]) -> None:
        mode = client.proxy_mode
        self.client = client
        self.address = plain_address(client.peername[0]) if client.peername else ""
        self.local = plain_address(client.sockname[0]) if client.sockname else ""
        self.explicit = isinstance(mode, _EXPLICIT)
        self.deliberate = self.explicit or isinstance(mode, mode_specs.Socks5Mode)
        self.upstream = isinstance(mode, mode_specs.UpstreamMode)
        self.tunnelled = isinstance(mode, mode_specs.WireGuardMode)
        self.port = mode.custom_listen_port or 0
        self.wireguard = tunnel_key(mode.data) if self.tunnelled else ""
        self.login = ""
        self.mac = ""
        self.names: dict[str, None] = {}
        self.used_at = float("-inf")
        self._home = home
        self._device: Device | None = None
        self._house: House | None = None
        self._until = 0.0

    @property
    def traits(self) -> Traits:
        """What is known of the device. Within a tunnel the address says nothing: each device has the same."""
        if self.wireguard:
            return Traits(wireguard=self.wireguard)
        return Traits(address=self.address, mac=self.mac, login=self.login, port=self.port)

    def device(self) -> Device:
        """The device, as the home knows it now; asked again when the home changes, and once a minute."""
        now = time.monotonic()
        house = self._home.house
        if self._device is None or self._house is not house or now >= self._until:
            self._device = self._home.recognise(self.traits)
            self._house = house
            self._until = now + _AGAIN_SECONDS
        return self._device

    def log_in(self, user: str) -> None:
        """The user's password was right."""
        if user != self.login:
            self.login = user
            self._device = None

    def opened(self, *names: str) -> None:
        """These hosts have been opened."""
        for name in names:
            if name not in self.names:
                if len(self.names) >= _MOST_NAMES:
                    del self.names[next(iter(self.names))]
                self.names[name] = None


class Lines:
    """All connections that are open."""

    def __init__(self, home: Home, tunnel_key: Callable[[str], str], neighbours: Neighbours | None = None) -> None:
        """Begin with none.

        Args:
            home: knows devices.
            tunnel_key: the public key of the device whose tunnel is described in a file; empty for none of ours.
            neighbours: knows hardware addresses.
        """
        self._home = home
        self._tunnel_key = tunnel_key
        self._neighbours = neighbours or Neighbours()
        self._lines: dict[str, Line] = {}

    def of(self, client: Client) -> Line:
        """The line of a client."""
        line = self._lines.get(client.id)
        if line is None:
            line = self._lines[client.id] = Line(client, self._home, self._tunnel_key)
        return line

    def begin(self, client: Client) -> Awaitable[None] | None:
        """A client has connected; to be awaited where the system must be asked for its hardware address."""
        line = self.of(client)
        if line.tunnelled:
            return None
        mac = self._neighbours.known(line.address)
        if mac is None:
            return self._ask(line)
        line.mac = mac
        return None

    def end(self, client: Client) -> None:
        """A client has gone."""
        self._lines.pop(client.id, None)

    def __iter__(self) -> Iterator[Line]:
        return iter(list(self._lines.values()))

    async def _ask(self, line: Line) -> None:
        line.mac = await self._neighbours.ask(line.address)
