"""Serves the pages in the event loop that is already running, beside the proxy."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Generator

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from geacc_proxy.exceptions import GeaccError, UsageError

_GRACE_SECONDS = 1
_STOP_SECONDS = 1.8
_BACKLOG = 128


class AdminServer:
    """One ASGI application on one port, as a task of the running event loop.

    Attributes:
        port: the port it listens on, once started; 0 before.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.port = 0
        self._closing = asyncio.Event()

        async def telling(scope: Scope, receive: Receive, send: Send) -> None:
            scope["geacc.closing"] = self._closing  # streams of events end by themselves when it is set
            await app(scope, receive, send)

        self._config = uvicorn.Config(
            telling,
            http="h11",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # who asks is who is connected, whatever a header says
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen, and return once requests are answered.

        Args:
            host: a name or an address; empty for every interface, IPv4 and IPv6.
            port: 0 for any free one, which `port` then tells.

        Raises:
            GeaccError: the port is in use or not permitted, or the address is not this machine's.
            UsageError: the port is no port number.
        """
        sockets = _listening_sockets(host, port)
        self.port = sockets[0].getsockname()[1]
        self._server = _Server(self._config)
        self._task = asyncio.create_task(self._server.serve(sockets), name="admin pages")
        while not self._server.started:
            if self._task.done():
                await self._task
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """End within 2 s; requests under way get half of that."""
        if self._task is None or self._server is None:
            return
        task, self._task = self._task, None
        self._closing.set()
        self._server.should_exit = True
        done, _ = await asyncio.wait({task}, timeout=_STOP_SECONDS)
        if not done:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave the signals to the proxy, whose loop this is."""
        yield


def _listening_sockets(host: str, port: int) -> list[socket.socket]:
    """Return a listening socket for each address of `host`, all on the same port."""
    if not 0 <= port <= 65535:
        raise UsageError(f"admin port {port} is no port; choose one from 1 to 65535 with --admin-port")
    sockets: list[socket.socket] = []
    try:
        for family, address in _addresses(host, port):
            if sockets:
                port = sockets[0].getsockname()[1]
            try:
                sockets.append(_listen(family, address, port))
            except OSError as error:
                if not host and family is socket.AF_INET6 and error.errno in _NO_IPV6:
                    continue
                raise GeaccError(_explain(error, host, port)) from error
    except BaseException:
        for opened in sockets:
            opened.close()
        raise
    return sockets


_NO_IPV6 = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT)


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    if not host:
        return [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")]  # noqa: S104  clients are checked
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise GeaccError(_not_ours(host)) from error
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _listen(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    # The protocol by name: asyncio switches Nagle's algorithm off for what says that it is TCP, and a page would come
    # 40 ms later with it.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            # A restart need not wait for old connections; on Windows this would share the port with anybody.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((address, port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _explain(error: OSError, host: str, port: int) -> str:
    where = host or "every interface"
    if error.errno == errno.EADDRINUSE:
        return f"admin port {port} on {where} is in use; choose another with --admin-port"
    if error.errno == errno.EACCES:
        return f"admin port {port} on {where} is not permitted; choose one above 1023 with --admin-port"
    if error.errno == errno.EADDRNOTAVAIL:
        return _not_ours(host)
    return f"admin port {port} on {where} cannot be opened ({error.strerror}); choose another with --admin-port"


def _not_ours(host: str) -> str:
    return f"{host} is not an address of this machine; choose one of its own with --host, or leave it out"
