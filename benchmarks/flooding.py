"""How long a median picture of the web waits while bombs come in, and how much memory they take."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from statistics import median, quantiles

from benchmarks.client import connections, fetch_at_rate, photos
from benchmarks.figure import Figure
from benchmarks.origin import Origin
from benchmarks.proxies import Proxy, geacc_proxy
from benchmarks.usage import memory
from tests.e2e.bombs import BOMBS, bomb

ROUNDS = 5
SECONDS = 12
PICTURES_PER_SECOND = 5
SIDE = 215
"""0.046 Mpx and 10 KB, the median of HTTP Archive's pictures."""
CONNECTIONS = 24
"""More than the lanes have places; each asks for the next bomb as soon as the last one is answered."""
_LOOK_SECONDS = 0.1


async def flooding(origin: Origin, directory: Path) -> list[Figure]:
    ratios, alone, beside, tails = [], [], [], []
    shown = SECONDS * PICTURES_PER_SECOND
    count = itertools.count()
    with geacc_proxy(origin, directory / "flooding") as proxy, _origin_of_bombs() as port:
        async with connections(proxy, origin, 6) as over, _watched(proxy) as peak:
            for number in range(ROUNDS + 1):
                first = number * 2 * shown
                before = await fetch_at_rate(over, photos(range(first, first + shown), SIDE), PICTURES_PER_SECOND)
                async with _flood(proxy, port, count):
                    new = photos(range(first + shown, first + 2 * shown), SIDE)
                    during = await fetch_at_rate(over, new, PICTURES_PER_SECOND)
                if number:  # the first round warms everything up
                    alone.append(median(before) * 1e3)
                    beside.append(median(during) * 1e3)
                    tails.append(quantiles(during, n=20)[-1] * 1e3)
                    ratios.append(beside[-1] / alone[-1])
    bombs = next(count)
    rate = bombs / (ROUNDS + 1) / SECONDS
    detail = (
        f"{median(beside):.1f} ms against {median(alone):.1f} ms, p95 {median(tails):.0f} ms; {CONNECTIONS} bombs at "
        f"any time, {rate:.0f}/s; rounds {min(ratios):.2f}–{max(ratios):.2f}"
    )
    return [
        Figure("A new picture of median size while bombs come in, of without", median(ratios), 2.0, "×", detail),
        Figure(
            "Most memory (PSS) of the whole product meanwhile, two workers",
            max(peak),
            1500,
            "MB",
            f"{bombs} bombs of {len(BOMBS)} kinds; {peak[0]:.0f} MB before the first",
        ),
    ]


@asynccontextmanager
async def _watched(proxy: Proxy) -> AsyncIterator[list[float]]:
    """Memory as it was at each look, MB."""
    seen = [memory(proxy.pid).pss]

    async def look() -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            with suppress(KeyError):  # a worker that ended while it was looked at
                seen.append((await asyncio.to_thread(memory, proxy.pid)).pss)

    task = asyncio.create_task(look())
    try:
        yield seen
    finally:
        task.cancel()


@asynccontextmanager
async def _flood(proxy: Proxy, port: int, count: Iterator[int]) -> AsyncIterator[None]:
    """Bombs of all kinds in turn over `CONNECTIONS`, as fast as they are answered."""

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        try:
            for number in count:
                address = f"http://127.0.0.1:{port}/{BOMBS[number % len(BOMBS)]}/{number}"
                writer.write(f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n".encode())
                writer.write(b"Accept: */*\r\nSec-Fetch-Dest: image\r\n\r\n")
                answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                await reader.readexactly(int(answer.partition("content-length:")[2].partition("\r\n")[0]))
                if not answer.startswith("http/1.1 200"):
                    raise RuntimeError(f"{address} came back as {answer!r}")
        finally:
            writer.close()

    tasks = [asyncio.create_task(ask()) for _ in range(CONNECTIONS)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if not isinstance(result, asyncio.CancelledError):
                raise result


@contextmanager
def _origin_of_bombs() -> Iterator[int]:
    """A server of bombs in a process of its own, `http://127.0.0.1:PORT/KIND/NUMBER`."""
    with subprocess.Popen([sys.executable, "-m", "benchmarks.flooding"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def _serve() -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = (await reader.readuntil(b"\r\n\r\n")).decode()
                name, number = request.split(" ", 2)[1].strip("/").split("/")
                kind, body = bomb(name, int(number))
                writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    for name in BOMBS:  # making them must not fall into a measurement
        bomb(name, 0)
    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
