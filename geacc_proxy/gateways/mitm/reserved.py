"""The pages by a name of their own, through the proxy, and who is behind the connections that lead to them.

The pages trust the machine that they run on while there is no password. Whatever comes through the proxy comes from
that machine too, whichever way it took: by the reserved name, `127.0.0.1`, an address of the machine, or a name that
leads there. So each connection that the proxy makes to the port of the pages is entered here, by the address that it
leaves from, before anything is sent over it.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from geacc_proxy.gateways.mitm.hosts import plain_address, plain_host

if TYPE_CHECKING:
    from mitmproxy.http import Request

TUNNEL_ADDRESS = "10.0.0.53"
"""What the reserved name is in a tunnel: mitmproxy's own name server has it there, and nobody else."""
SELF_TEST = "/self-test/"
"""Pictures below it are judged like any other: that is the test."""

_LINGER_SECONDS = 90.0
"""A request may be answered after its connection is gone; nobody else has its port until TIME_WAIT is over (60 s)."""
_EVERY_INTERFACE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  compared with, not bound
_OWN = frozenset({"127.0.0.1", "::1", "localhost"})
_FORWARDED = (
    "forwarded",
    "proxy-authorization",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
)


@dataclass(frozen=True, slots=True)
class Reserved:
    """Where the pages are.

    Attributes:
        name: by which they are opened through the proxy, lower case.
        host: the address that they listen on; empty, `0.0.0.0` or `::` for every interface.
        port: their port.
    """

    name: str
    host: str
    port: int

    @property
    def address(self) -> tuple[str, int]:
        """Where the proxy reaches them."""
        return _EVERY_INTERFACE.get(self.host, self.host), self.port

    def is_own(self, host: str, port: int, local: str) -> bool:
        """Whether that is the pages, by an address of this machine.

        Args:
            host: as `plain_host` gives it.
            port: of the address.
            local: the address by which the client has reached the proxy.
        """
        return port == self.port and (host in _OWN or host in (local, plain_host(self.host)))

    def is_here(self, host: str, local: str) -> bool:
        """Whether that is this machine, by an address or by its own name; the arguments as for `is_own`."""
        return host in _OWN or host in (local, plain_host(self.host)) or host in _own_names()

    def is_named(self, host: str) -> bool:
        """Whether a host, as `plain_host` gives it, is the reserved name."""
        return host == self.name

    def lead(self, request: Request) -> None:
        """Have a request go to the pages and say nothing of who asks: they are told by the connection."""
        # Not `request.host`: its setter changes the Host header too.
        request.data.host, request.data.port = self.address
        request.scheme = "http"
        for name in _FORWARDED:
            request.headers.pop(name, None)


@dataclass(frozen=True, slots=True)
class Caller:
    """A client of the proxy.

    Attributes:
        address: its IP address.
        device: gives the key of the device, as it is recognised now.
    """

    address: str
    device: Callable[[], str]


class Callers:
    """Who is behind the connections from the proxy to the pages, by the address that these leave from."""

    def __init__(self, port: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._port = port
        self._clock = clock
        self._clients: dict[tuple[str, int], Caller] = {}
        self._gone: dict[tuple[str, int], float] = {}

    def connected(self, peer: tuple[str, int] | None, own: tuple[str, int] | None, caller: Caller) -> None:
        """A connection has been made from `own` to `peer`, for a client."""
        if peer is None or own is None or peer[1] != self._port:
            return
        self._forget()
        place = _place(own)
        self._gone.pop(place, None)
        self._clients[place] = caller

    def disconnected(self, own: tuple[str, int] | None) -> None:
        """The connection from `own` has ended; who was behind it stays known for a while."""
        if own is not None and (place := _place(own)) in self._clients:
            self._gone[place] = self._clock() + _LINGER_SECONDS

    def address(self, peer: tuple[str, int]) -> str | None:
        """The address of the device behind a connection that the pages see; None for one that came straight."""
        caller = self._find(peer)
        return None if caller is None else caller.address

    def device(self, peer: tuple[str, int]) -> str | None:
        """The key of the device behind a connection that the pages see; None for one that came straight."""
        caller = self._find(peer)
        return None if caller is None else caller.device()

    def _find(self, peer: tuple[str, int]) -> Caller | None:
        self._forget()
        return self._clients.get(_place(peer))

    def _forget(self) -> None:
        now = self._clock()
        for place in [place for place, until in self._gone.items() if until < now]:
            del self._gone[place]
            self._clients.pop(place, None)


def _place(address: tuple[str, int]) -> tuple[str, int]:
    return plain_address(address[0]), address[1]


@cache
def _own_names() -> frozenset[str]:
    name = plain_host(socket.gethostname())
    first = name.partition(".")[0]
    return frozenset({name, first, f"{first}.local"}) if first else frozenset()
