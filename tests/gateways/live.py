"""A real proxy and a real origin in the test's own event loop, spoken to byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geacc_proxy.gateways.mitm.authority import open_authority
from geacc_proxy.gateways.mitm.runner import Gateway, Listening

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""Given a request's head, writes the response; the connection is closed after the last request on it."""


@dataclass(frozen=True, slots=True)
class Response:
    """What came back: status line, headers by lower-case name, and the body with its framing undone."""

    status: int
    headers: dict[str, str]
    body: bytes


class Client:
    """One HTTP/1.1 connection to the proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, origin: str) -> None:
        self._reader = reader
        self._writer = writer
        self._origin = origin

    async def ask(self, path: str, method: str = "GET", version: str = "1.1", **headers: str) -> None:
        """Send a request; header names are written with underscores for dashes."""
        lines = [f"{method} http://{self._origin}{path} HTTP/{version}", f"Host: {self._origin}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        await self._writer.drain()

    async def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers of the response that comes."""
        raw = await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 20)
        first, *lines = raw.decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if line)
        return int(first.split()[1]), {name.lower(): value for name, value in headers.items()}

    async def chunk(self) -> bytes:
        """The next chunk of a chunked body; empty at its end."""
        size = int(await asyncio.wait_for(self._reader.readuntil(b"\r\n"), 20), 16)
        data = await asyncio.wait_for(self._reader.readexactly(size + 2), 20)
        return data[:-2]

    async def body(self, headers: dict[str, str]) -> bytes:
        """The body that such headers announce."""
        if headers.get("transfer-encoding", "") == "chunked":
            whole = b""
            while piece := await self.chunk():
                whole += piece
            return whole
        if "content-length" in headers:
            return await asyncio.wait_for(self._reader.readexactly(int(headers["content-length"])), 20)
        return await asyncio.wait_for(self._reader.read(), 20)

    async def get(self, path: str, **headers: str) -> Response:
        """Ask and read the whole answer."""
        await self.ask(path, **headers)
        status, answered = await self.head()
        return Response(status, answered, await self.body(answered))


@asynccontextmanager
async def through(addon: Any, answer: Answer, folder: Path) -> AsyncIterator[Client]:
    """A client whose requests go through a proxy with `addon` to an origin that answers as `answer` does."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await answer(await reader.readuntil(b"\r\n\r\n"), writer)
                await writer.drain()
        writer.close()

    origin = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = origin.sockets[0].getsockname()[1]
    gateway = Gateway(Listening("127.0.0.1", 0, "regular", open_authority(folder / "ca").folder), addon)
    await gateway.open()
    serving = asyncio.create_task(gateway.serve())
    proxy_port = next(iter(gateway._server.servers)).listen_addrs[0][1]
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy_port)
    try:
        yield Client(reader, writer, f"127.0.0.1:{port}")
    finally:
        writer.close()
        gateway.shutdown()
        await serving
        origin.close()
