"""A browser's share of the work: TLS connections through the proxy that are kept, and requests with its headers."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from benchmarks import samples
from benchmarks.origin import Origin
from benchmarks.proxies import Proxy

_HEADERS = (
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0\r\n"
    "Accept: */*\r\nAccept-Language: en-GB,en;q=0.9\r\nSec-Fetch-Mode: no-cors\r\nSec-Fetch-Site: same-origin\r\n"
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        path: on the origin.
        destination: `Sec-Fetch-Dest`.
        expected: the body that must come back, unchanged.
    """

    path: str
    destination: str
    expected: int


def texts(count: int) -> list[Request]:
    """Pages, scripts, styles and data, in turn."""
    known = [Request(f"/text/{name}", destination, size) for name, _, destination, size in samples.TEXTS]
    return [known[number % len(known)] for number in range(count)]


def photos(numbers: Sequence[int], side: int) -> list[Request]:
    """Pictures."""
    return [Request(f"/photo/{side}/{n}", "image", _photo_bytes(n, side)) for n in numbers]


def same_as_films(numbers: Sequence[int], side: int) -> list[Request]:
    """As many bytes as the same pictures have, asked for and served as films: nothing that is filtered."""
    return [Request(f"/same/{side}/{n}", "video", _photo_bytes(n, side)) for n in numbers]


def _photo_bytes(number: int, side: int) -> int:
    return len(samples.numbered_photo(number, side))


class Connection:
    """One kept connection to the origin through a proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer = reader, writer
        self._host = host
        self._turn = asyncio.Lock()

    async def get(self, request: Request) -> None:
        """Fetch one thing; RuntimeError when anything else comes back, such as a placeholder."""
        head = f"GET {request.path} HTTP/1.1\r\nHost: {self._host}\r\n{_HEADERS}"
        head += f"Sec-Fetch-Dest: {request.destination}\r\nReferer: https://{self._host}/\r\n\r\n"
        async with self._turn:
            self._writer.write(head.encode())
            answer = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = await self._skip_body(answer)
        if not answer.startswith("http/1.1 200") or length != request.expected:
            raise RuntimeError(f"{request.path} came back as {answer!r}, not as {request.expected} bytes")

    async def _skip_body(self, answer: str) -> int:
        """Read a body to its end, and return how long it was."""
        if "transfer-encoding: chunked" not in answer:
            length = int(answer.partition("content-length:")[2].partition("\r\n")[0])
            await self._reader.readexactly(length)
            return length
        length = 0
        while chunk := int(await self._reader.readuntil(b"\r\n"), 16):
            await self._reader.readexactly(chunk + 2)
            length += chunk
        await self._reader.readexactly(2)
        return length

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def connections(proxy: Proxy, origin: Origin, count: int) -> AsyncIterator[list[Connection]]:
    """Connections that are up, and have carried a request each so that no handshake falls into a measurement."""
    context = ssl.create_default_context(cafile=str(proxy.ca_file))
    host = f"localhost:{origin.port}"
    made: list[Connection] = []
    try:
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port, limit=2**20)
            writer.write(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            if b" 200 " not in answer:
                raise RuntimeError(f"no tunnel: {answer!r}")
            await writer.start_tls(context, server_hostname="localhost")
            made.append(Connection(reader, writer, host))
            await made[-1].get(texts(1)[0])
        yield made
    finally:
        for connection in made:
            connection.close()


async def fetch_all(over: Sequence[Connection], requests: Sequence[Request]) -> None:
    """Closed loop: each connection has one request in flight until all are done."""
    waiting = iter(requests)

    async def work(connection: Connection) -> None:
        for request in waiting:
            await connection.get(request)

    async with asyncio.TaskGroup() as group:
        for connection in over:
            group.create_task(work(connection))


async def fetch_at_rate(over: Sequence[Connection], requests: Sequence[Request], per_second: float) -> list[float]:
    """Open loop: a request each 1/`per_second`, whatever became of those before; seconds from when each was due."""
    start = time.perf_counter()
    took: list[float] = []

    async def one(number: int, request: Request) -> None:
        due = start + number / per_second
        await asyncio.sleep(due - time.perf_counter())
        await over[number % len(over)].get(request)
        took.append(time.perf_counter() - due)

    async with asyncio.TaskGroup() as group:
        for number, request in enumerate(requests):
            group.create_task(one(number, request))
    return took
