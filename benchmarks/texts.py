"""Text: what it costs to look for pictures in pages that have none, and in pages that have some."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import median

from benchmarks.figure import Figure
from benchmarks.origin import Origin
from benchmarks.pages import PAGE_BYTES, THUMBNAILS, page, running_pages, thumbnail
from benchmarks.proxies import Proxy, geacc_proxy, mitmdump
from benchmarks.usage import cpu_seconds

ROUNDS = 7
PLAIN_PAGES = 120
GALLERIES = 8
CONNECTIONS = 4


async def texts(_: Origin, directory: Path) -> list[Figure]:
    with running_pages(directory) as origin:
        return [*await _without_pictures(origin, directory), await _with_thumbnails(origin, directory)]


async def _without_pictures(origin: Origin, directory: Path) -> list[Figure]:
    rows: dict[str, list[tuple[float, float]]] = {"plain": [], "gzip": []}
    with geacc_proxy(origin, directory / "ours") as ours, mitmdump(origin, directory / "stock") as stock:
        async with _tabs(ours, origin) as to_ours, _tabs(stock, origin) as to_stock:
            for number in range(ROUNDS + 1):
                for kind, row in rows.items():
                    asked = [f"/{kind}/{each}" for each in range(PLAIN_PAGES)]
                    costs = await _cost(ours, to_ours, asked), await _cost(stock, to_stock, asked)
                    if number:  # the first round warms both up
                        row.append(costs)
    return [
        _figure(f"CPU of a page of {PAGE_BYTES // 1000} KB without pictures{how}, of stock mitmdump's", 1.1, rows[kind])
        for kind, how in (("plain", ""), ("gzip", ", in gzip"))
    ]


async def _with_thumbnails(origin: Origin, directory: Path) -> Figure:
    row = []
    with geacc_proxy(origin, directory / "galleries") as proxy:
        async with _tabs(proxy, origin) as tabs:
            for number in range(ROUNDS + 1):
                # Numbers that never come again: no verdict is known.
                first = 2 * number * GALLERIES
                inside = range(first, first + GALLERIES)
                beside = range(first + GALLERIES, first + 2 * GALLERIES)
                embedded = await _cost(proxy, tabs, [f"/embedded/{each}" for each in inside])
                pages = [f"/linked/{each}" for each in beside]
                files = [f"/thumbnail/{each}" for each in range(beside[0] * THUMBNAILS, (beside[-1] + 1) * THUMBNAILS)]
                linked = await _cost(proxy, tabs, pages + files) * (1 + THUMBNAILS)
                if number:
                    row.append((embedded, linked))
    what = f"CPU of a page with {THUMBNAILS} thumbnails inside, of the same page and its pictures as files"
    return _figure(what, 1.3, row)


def _figure(what: str, target: float, row: Sequence[tuple[float, float]]) -> Figure:
    ratios = [one / other for one, other in row]
    one, other = (median(column) for column in zip(*row, strict=True))
    detail = f"{one:.2f} ms against {other:.2f} ms; rounds {min(ratios):.2f}–{max(ratios):.2f}"
    return Figure(what, median(ratios), target, "×", detail)


async def _cost(proxy: Proxy, tabs: Sequence[_Tab], paths: Sequence[str]) -> float:
    """Milliseconds of processor time a request, all of the proxy's processes together."""
    before = cpu_seconds(proxy.pid)
    waiting = iter(paths)

    async def work(tab: _Tab) -> None:
        for path in waiting:
            await tab.get(path)

    async with asyncio.TaskGroup() as group:
        for tab in tabs:
            group.create_task(work(tab))
    return (cpu_seconds(proxy.pid) - before) / len(paths) * 1e3


class _Tab:
    """One kept connection through a proxy, whose answers may come in chunks."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self._reader, self._writer, self._host = reader, writer, host

    async def get(self, path: str) -> None:
        """Fetch one thing; RuntimeError when it is not what the origin sent."""
        destination = "image" if path.startswith("/thumbnail/") else "document"
        self._writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\nAccept-Encoding: gzip\r\n"
            f"Sec-Fetch-Dest: {destination}\r\n\r\n".encode()
        )
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        body = await self._body(head)
        if "content-encoding: gzip" in head:
            body = gzip.decompress(body)
        if not _is_whole(path, body):
            raise RuntimeError(f"{path} came back as {head!r} and {len(body)} bytes")

    async def _body(self, head: str) -> bytes:
        if "transfer-encoding: chunked" not in head:
            return await self._reader.readexactly(int(head.partition("content-length:")[2].partition("\r\n")[0]))
        chunks = []
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            chunks.append((await self._reader.readexactly(size + 2))[:-2])
        await self._reader.readexactly(2)
        return b"".join(chunks)

    def close(self) -> None:
        self._writer.close()


def _is_whole(path: str, body: bytes) -> bool:
    _, kind, number = path.split("/")
    if kind in ("plain", "gzip"):
        return body == page().encode()
    if kind == "thumbnail":
        return body == thumbnail(int(number))
    # Thumbnails inside are none the worse for having been judged.
    return body.count(b"data:image/jpeg;base64,") == (THUMBNAILS if kind == "embedded" else 0)


@asynccontextmanager
async def _tabs(proxy: Proxy, origin: Origin) -> AsyncIterator[list[_Tab]]:
    context = ssl.create_default_context(cafile=str(proxy.ca_file))
    host = f"localhost:{origin.port}"
    tabs: list[_Tab] = []
    try:
        for _ in range(CONNECTIONS):
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port, limit=2**20)
            writer.write(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            if b" 200 " not in (answer := await reader.readuntil(b"\r\n\r\n")):
                raise RuntimeError(f"no tunnel: {answer!r}")
            await writer.start_tls(context, server_hostname="localhost")
            tabs.append(_Tab(reader, writer, host))
            await tabs[-1].get("/plain/0")
        yield tabs
    finally:
        for tab in tabs:
            tab.close()
