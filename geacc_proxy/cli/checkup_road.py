"""Requests as a device makes them: to the pages, and through the proxy to a throw-away site on this machine."""

from __future__ import annotations

import http.client
import ssl
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from geacc_proxy.onboarding import self_test
from geacc_proxy.onboarding.reach import RESERVED_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PAGE_SECONDS = 5
_ROAD_SECONDS = 30
"""More than the longest that the proxy holds a picture."""
_MOST_BYTES = 4 * 2**20
_POLL_S = 0.05
"""How long the throw-away site may take to notice that it is to end."""


@dataclass(frozen=True, slots=True)
class Address:
    """Host and port of a server."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """As an address, without a slash at its end."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        status: HTTP status.
        headers: by lower-case name.
        body: at most 4 MiB of it.
    """

    status: int
    headers: dict[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """The header's value, or nothing."""
        return self.headers.get(name, "")


def fetch_page(pages: Address, path: str) -> Answer:
    """Ask the pages, without the proxy.

    Raises:
        OSError: nothing answers, or not in HTTP.
    """
    return _asked(http.client.HTTPConnection(pages.host, pages.port, timeout=_PAGE_SECONDS), path)


@dataclass(frozen=True, slots=True)
class Road:
    """The way through the proxy.

    Attributes:
        proxy: where it is.
        origin: the throw-away site, as the proxy reaches it.
        trusted: the authority's certificate, PEM file.
    """

    proxy: Address
    origin: Address
    trusted: Path

    @classmethod
    @contextmanager
    def open(cls, proxy: Address, trusted: Path) -> Iterator[Self]:
        """Serve the two test pictures on a free port of 127.0.0.1 until the block ends."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
        thread = threading.Thread(target=server.serve_forever, args=(_POLL_S,), name="test site", daemon=True)
        thread.start()
        try:
            yield cls(proxy, Address("127.0.0.1", server.server_address[1]), trusted)
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def plain(self, path: str) -> Answer:
        """Ask the throw-away site for a picture over plain HTTP.

        Raises:
            OSError: the proxy does not answer.
        """
        return _asked(self._connection(), f"{self.origin.url}{path}", "image/png,image/*;q=0.8")

    def reserved(self, path: str) -> Answer:
        """Ask the proxy's own name over plain HTTP.

        Raises:
            OSError: the proxy does not answer.
        """
        return _asked(self._connection(), f"http://{RESERVED_NAME}{path}")

    def secure(self, path: str) -> Answer:
        """Ask the proxy's own name over TLS, trusting its authority and no other.

        Raises:
            OSError: there is no tunnel, or the certificate is another's.
        """
        return self._tunnelled(RESERVED_NAME, path, ssl.create_default_context(cafile=str(self.trusted)))

    def refuses(self, host: str) -> bool:
        """Whether the proxy gives no way to a host: no tunnel, none with TLS, or one that ends at a closed door."""
        # Nothing is told to the host but the wish for its front page, so whoever vouches for it does not matter.
        anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anyone.check_hostname = False
        anyone.verify_mode = ssl.CERT_NONE
        try:
            answer = self._tunnelled(host, "/", anyone)
        except OSError:
            return True
        return answer.status in (403, 451, 502, 503) or RESERVED_NAME in answer.header("location")

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.proxy.host, self.proxy.port, timeout=_ROAD_SECONDS)

    def _tunnelled(self, host: str, path: str, context: ssl.SSLContext) -> Answer:
        connection = http.client.HTTPSConnection(
            self.proxy.host, self.proxy.port, timeout=_ROAD_SECONDS, context=context
        )
        connection.set_tunnel(host, 443)
        return _asked(connection, path)


def _asked(connection: http.client.HTTPConnection, target: str, accept: str = "*/*") -> Answer:
    with closing(connection):
        try:
            connection.request("GET", target, headers={"Accept": accept, "Accept-Encoding": "identity"})
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, headers, response.read(_MOST_BYTES))
        except http.client.HTTPException as error:
            raise OSError(f"no answer in HTTP: {type(error).__name__}") from error


class _Site(BaseHTTPRequestHandler):
    """Gives the test pictures, and offers HTTP/3 as many sites do."""

    def do_GET(self) -> None:
        """Answer one request."""
        picture = {"/malign.png": self_test.malign, "/benign.png": self_test.benign}.get(self.path)
        body = picture() if picture else b""
        self.send_response(200 if picture else 404)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Alt-Svc", 'h3=":443"; ma=60')
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's word)
        """Say nothing."""
