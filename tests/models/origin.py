"""A server on this machine that does to a download what servers do: cuts, stalls, lies, sends elsewhere."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Origin:
    """What it serves, and what it was asked.

    Attributes:
        files: bodies by path.
        mischief: called with each request before it is answered; true if it has answered.
        asked: method, path and headers of each request.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    mischief: list[Callable[[Handler], bool]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    ranges: bool = True
    validators: bool = True
    address: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    def put(self, path: str, body: bytes) -> str:
        self.files[path] = body
        return self.address + path

    def headers_of(self, name: str) -> list[str | None]:
        return [headers.get(name) for _, headers in self.asked]

    @property
    def ranges_asked(self) -> list[str | None]:
        return self.headers_of("Range")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    origin: Origin

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        origin = self.origin
        origin.asked.append((self.path, {name.title(): value for name, value in self.headers.items()}))
        try:
            if origin.mischief and origin.mischief.pop(0)(self):
                return
            self.serve()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def body(self) -> bytes | None:
        return self.origin.files.get(self.path.partition("?")[0])

    def serve(self) -> None:
        body = self.body()
        if body is None:
            self.answer(404, b"no such thing")
            return
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        headers = {"ETag": etag} if self.origin.validators else {}
        wanted = self.headers.get("Range")
        if wanted and self.origin.ranges and self.headers.get("If-Range", etag) == etag:
            first = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if first >= len(body):
                self.answer(416, b"", {"Content-Range": f"bytes */{len(body)}"})
                return
            headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
            self.answer(206, body[first:], headers)
            return
        self.answer(200, body, headers)

    def answer(
        self, status: int, body: bytes, headers: dict[str, str] | None = None, length: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients here hang up in the middle: that is what is tested."""


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Origin]:
    origin = Origin()
    handler = type("Bound", (Handler,), {"origin": origin})
    server = Server(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    origin.address = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield origin
    finally:
        origin.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def cut_after(count: int) -> Callable[[Handler], bool]:
    """Say the whole length, send so many bytes of what is left and hang up."""

    def mischief(handler: Handler) -> bool:
        write, left = handler.wfile.write, count
        in_body = False

        def cut(data: bytes) -> int:
            nonlocal left, in_body
            if not in_body:  # the head comes in one piece
                in_body = True
                return int(write(data))
            sent = write(data[:left])
            handler.close_connection = True
            return int(sent)

        handler.wfile.write = cut  # type: ignore[method-assign]
        handler.serve()
        handler.wfile.flush()
        return True

    return mischief


def answering(status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> Callable[[Handler], bool]:
    """Answer so."""

    def mischief(handler: Handler) -> bool:
        handler.answer(status, body, headers)
        return True

    return mischief


def stalling_after(count: int) -> Callable[[Handler], bool]:
    """Send so many bytes, then nothing more until the test is over."""

    def mischief(handler: Handler) -> bool:
        body = handler.body() or b""
        handler.answer(200, body[:count], {"ETag": f'"{hashlib.md5(body).hexdigest()}"'}, length=len(body))
        handler.wfile.flush()
        handler.origin.released.wait(30)
        handler.close_connection = True
        return True

    return mischief
