"""An origin that says byte for byte what a test wants it to say: HTTPS, HTTP/1.1."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked.

    Attributes:
        method: such as `GET`.
        path: with its query.
        headers: by lower-case name.
        body: as its length tells.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said.

    Attributes:
        raw: status line, headers and body as they go over the wire.
        closes: whether the connection ends there; otherwise the next request is awaited.
        lingers: whether the connection stays as it is until the other side ends it.
    """

    raw: bytes
    closes: bool = False
    lingers: bool = False


Answer = Reply | Callable[[Request], Reply]


@dataclass(frozen=True, slots=True)
class WireOrigin:
    """The running origin.

    Attributes:
        url: its address, without a slash at the end.
        ca_file: certificate of the authority that vouches for it, PEM.
        answers: what it says, by path with query; may be added to while it runs.
    """

    url: str
    ca_file: Path
    answers: dict[str, Answer]


def answer(body: bytes, *headers: str, status: str = "200 OK") -> Reply:
    """A plain reply with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return Reply("\r\n".join(lines).encode() + body)


def chunked(body: bytes, *headers: str, size: int, trailer: str = "") -> Reply:
    """A reply in chunks of `size` bytes, of unknown length."""
    lines = ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", *headers, "", ""]
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    end = f"0\r\n{trailer}\r\n\r\n" if trailer else "0\r\n\r\n"
    return Reply("\r\n".join(lines).encode() + chunks + end.encode())


def until_closed(body: bytes, *headers: str, version: str = "1.1") -> Reply:
    """A reply that ends with its connection."""
    lines = [f"HTTP/{version} 200 OK", *headers, "", ""]
    return Reply("\r\n".join(lines).encode() + body, closes=True)


@contextmanager
def running_wire_origin(directory: Path) -> Iterator[WireOrigin]:
    """Answer at `https://localhost:PORT` until the block ends; 404 to what has no answer."""
    authority = trustme.CA()
    ca_file = directory / "wire-ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    answers: dict[str, Answer] = {}
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    ports: list[int] = []
    ended = asyncio.Event()

    async def work() -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await _converse(answers, reader, writer)
            writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        await ended.wait()
        server.close()

    thread = threading.Thread(target=lambda: _run(loop, work()), name="wire origin")
    thread.start()
    try:
        if not ready.wait(10):
            raise RuntimeError("the origin did not start in 10 s")
        yield WireOrigin(f"https://localhost:{ports[0]}", ca_file, answers)
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(10)


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[object, object, None]) -> None:
    asyncio.set_event_loop(loop)
    loop.run_until_complete(work)
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.close()


async def _converse(answers: Mapping[str, Answer], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        request = _parse(await reader.readuntil(b"\r\n\r\n"))
        if length := int(request.headers.get("content-length", "0")):
            request = replace(request, body=await reader.readexactly(length))
        found = answers.get(request.path) or answer(b"not here", "Content-Type: text/plain", status="404 Not Found")
        reply = found if isinstance(found, Reply) else found(request)
        writer.write(reply.raw)
        await writer.drain()
        if reply.lingers:
            await reader.read()
        if reply.lingers or reply.closes:
            return


def _parse(head: bytes) -> Request:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)}
    return Request(method, path, headers)
