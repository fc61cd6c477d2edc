"""A web site of the test's own: HTTPS, HTTP/2, one page that shows pictures in every way a page can."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config

from .page import page
from .pictures import CONTENT_TYPES, Exhibit

Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass
class Origin:
    """The running site.

    Attributes:
        url: address of its page.
        ca_file: certificate of the authority that vouches for it, PEM.
        exhibits: what the page shows.
        requested: path of each request so far, in order.
    """

    url: str
    ca_file: Path
    exhibits: list[Exhibit]
    requested: list[str] = field(default_factory=list)

    async def app(self, scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        self.requested.append(path)
        pictures = {exhibit.path: exhibit for exhibit in self.exhibits}
        if path == "/":
            await _answer(send, 200, "text/html; charset=utf-8", page(self.exhibits).encode())
        elif path in pictures:
            picture = pictures[path]
            await _answer(send, 200, CONTENT_TYPES[picture.format], picture.body)
        elif path.startswith("/moved/"):
            await _answer(send, 302, "text/plain", b"", location="/pictures/" + path.removeprefix("/moved/"))
        else:
            await _answer(send, 404, "text/plain", b"not here")


async def _answer(send: Send, status: int, content_type: str, body: bytes, location: str = "") -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    if location:
        headers.append((b"location", location.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Config(Config):
    """Hypercorn's settings, with the certificate taken from memory."""

    def __init__(self, certificate: trustme.LeafCert) -> None:
        super().__init__()
        self._certificate = certificate

    @property
    def ssl_enabled(self) -> bool:
        return True

    def create_ssl_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["h2"])  # no way back to HTTP/1.1: the test means HTTP/2
        self._certificate.configure_cert(context)
        return context


@contextmanager
def running_origin(exhibits: list[Exhibit], directory: Path) -> Iterator[Origin]:
    """Serve the page at `https://localhost:PORT/` until the block ends."""
    authority = trustme.CA()
    ca_file = directory / "origin-ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    listener = listening()
    origin = Origin(f"https://localhost:{listener.getsockname()[1]}/", ca_file, exhibits)
    with served(origin.app, _Config(authority.issue_cert("localhost", "127.0.0.1")), listener):
        yield origin


def listening() -> socket.socket:
    """A socket on a free port of 127.0.0.1."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


@contextmanager
def served(app: Callable[..., Awaitable[None]], config: Config, listener: socket.socket) -> Iterator[None]:
    """Have Hypercorn serve an ASGI application in a thread of its own until the block ends; it takes the socket."""
    config.bind = [f"fd://{listener.detach()}"]
    config.graceful_timeout = 1
    # A site that hangs up on a connection just as the next request goes out is for tests/e2e/test_bad_origins.py.
    config.keep_alive_timeout = 600
    config.accesslog = config.errorlog = None

    loop = asyncio.new_event_loop()
    ended = asyncio.Event()

    async def shutdown() -> None:
        await ended.wait()

    def work() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve(app, config, shutdown_trigger=shutdown))  # type: ignore[arg-type]
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=work, name="origin")
    thread.start()
    try:
        yield
    finally:
        with contextlib.suppress(RuntimeError):  # it has ended by itself
            loop.call_soon_threadsafe(ended.set)
        thread.join(10)
