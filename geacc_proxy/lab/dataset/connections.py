"""Connections that look at where they lead before they are made, and that can be cut."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from geacc_proxy.lab.dataset.lifeline import hang
from geacc_proxy.lab.dataset.outcome import Failed, Outcome
from geacc_proxy.policy.publicness import is_public

# Where there is no point in asking again: the name is unknown, not the way to whoever knows it (getaddrinfo(3)).
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class _GuardedConnection(HTTPConnection):
    """Resolves the name itself, and connects to nothing but what was looked at."""

    def may_lead_to(self, address: str) -> bool:
        """Whether to connect to an IP address."""
        return is_public(address)

    def _new_conn(self) -> socket.socket:
        refused: Exception | None = None
        for family, kind, protocol, _, where in self._resolved():
            if not self.may_lead_to(str(where[0])):
                raise Failed(Outcome.ADDRESS, f"{self.host} is {where[0]}, which is no public address")
            try:
                return self._connected(socket.socket(family, kind, protocol), where)
            except TimeoutError:
                refused = ConnectTimeoutError(self, f"{self.host} does not answer")
            except OSError as error:
                refused = NewConnectionError(self, f"{self.host}: {error.strerror or error}")
        raise refused or NewConnectionError(self, f"{self.host} has no address")

    def _resolved(self) -> list[Any]:
        host = self.host.strip("[]")
        try:
            return socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            again = error.errno not in _NO_SUCH_NAME
            raise Failed(
                Outcome.NO_CONNECTION, f"{host}: {error.strerror or error}", again=again, reached=False
            ) from error
        except UnicodeError as error:
            raise Failed(Outcome.ADDRESS, f"{host} is no name of a host") from error

    def _connected(self, connection: socket.socket, where: Any) -> socket.socket:
        try:
            hang(connection.fileno())
            for level, option, value in self.socket_options or ():
                connection.setsockopt(level, option, value)
            if isinstance(self.timeout, (int, float)):
                connection.settimeout(self.timeout)
            connection.connect(where)
        except BaseException:
            connection.close()
            raise
        return connection

    def request(self, *arguments: Any, **named: Any) -> None:
        # A connection that is used again was made for another transfer.
        if self.sock is not None:
            with contextlib.suppress(OSError):  # gone; the request will find out
                hang(self.sock.fileno())
        super().request(*arguments, **named)


class _GuardedSecureConnection(_GuardedConnection, HTTPSConnection):
    """As above, with TLS."""


class _AnyConnection(_GuardedConnection):
    def may_lead_to(self, address: str) -> bool:
        return True


class _AnySecureConnection(_AnyConnection, _GuardedSecureConnection):
    """As above, with TLS."""


def _pools(plain: type[HTTPConnection], secure: type[HTTPSConnection]) -> dict[str, type[HTTPConnectionPool]]:
    return {
        "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


def connections(*, per_host: int, hosts: int, allow_private: bool) -> PoolManager:
    """Where connections come from.

    Args:
        per_host: so many at once to a host at most; who wants another one waits.
        hosts: connections to so many hosts are kept for use again.
        allow_private: connect to any address, not only to public ones.
    """
    manager = PoolManager(num_pools=hosts, maxsize=per_host, block=True)
    manager.pool_classes_by_scheme = (
        _pools(_AnyConnection, _AnySecureConnection)
        if allow_private
        else _pools(_GuardedConnection, _GuardedSecureConnection)
    )
    return manager
