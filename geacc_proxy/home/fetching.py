"""One picture from its address, because a parent asked for it: from the public web alone, within bounds, kept nowhere.

Whether an address is public is asked of the numbers that a connection is made to, not of the name: whoever owns a name
can let it lead anywhere, and change that between a look and a use. Each redirect is a connection of its own."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote, urljoin, urlsplit

from geacc_proxy import __version__
from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.policy.publicness import is_public

MOST_BYTES = 32 * 2**20
"""Of one picture; what is longer is not judged either."""
SECONDS = 20.0
"""For all of it, redirects included."""

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PORTS = {"http": 80, "https": 443}
_LOWEST_FREE_PORT = 1024  # ports below are services of the system; of those only the web's own are used
_SILENCE_SECONDS = 10.0
_CHUNK = 64 * 1024
_LONGEST_ADDRESS = 8192


class FetchError(GeaccError):
    """The picture could not be had; the message says why, for a parent."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came.

    Attributes:
        body: as the origin sent it.
        content_type: as declared, lower case, without parameters.
    """

    body: bytes
    content_type: str


def check_address(address: str) -> str:
    """An address that may be asked for, as a parent typed it.

    Raises:
        UsageError: it is none of the web's.
    """
    address = address.strip()
    if not address.isprintable() or not address or len(address) > _LONGEST_ADDRESS:
        raise UsageError("this is no address of a picture; copy it from the browser: https://example.com/picture.jpg")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if parts.scheme not in _PORTS or not host or any(letter.isspace() for letter in host):
        raise UsageError(
            f"{address[:70]!r} is no address of a picture; it begins with https:// as in https://example.com/picture.jpg"
        )
    if port is not None and port not in _PORTS.values() and port < _LOWEST_FREE_PORT:
        raise UsageError(f"port {port} of {host} is not one that pictures come from")
    return address


def fetch(
    address: str,
    *,
    most_bytes: int = MOST_BYTES,
    seconds: float = SECONDS,
    may_lead_to: Callable[[str], bool] = is_public,
) -> Fetched:
    """Read a picture; blocks.

    Args:
        address: http or https.
        most_bytes: of the body.
        seconds: for all of it.
        may_lead_to: whether to connect to an IP address.

    Raises:
        UsageError: it is no address of the web.
        FetchError: it cannot be had from there.
    """
    target = check_address(address)
    line = _Line()
    watchdog = threading.Timer(seconds, line.cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        for _ in range(_MOST_REDIRECTS + 1):
            found = _asked(target, line, most_bytes, time.monotonic() + seconds, may_lead_to)
            if isinstance(found, Fetched):
                return found
            target = check_address(found)
    finally:
        watchdog.cancel()
    raise FetchError(f"{_host(address)} leads on and on; it was given up after {_MOST_REDIRECTS} redirects")


class _Line:
    """The connection in use, which another thread can cut: one that waits for a byte cannot be told anything."""

    def __init__(self) -> None:
        self.is_cut = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def hold(self, connection: socket.socket) -> None:
        with self._lock:
            self._socket = connection
        if self.is_cut:
            self.cut()

    def cut(self) -> None:
        with self._lock:
            self.is_cut = True
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

    def connected(self, host: str, port: int, may_lead_to: Callable[[str], bool]) -> socket.socket:
        """A connection to a host, made to nothing but an address that was looked at."""
        refused: Exception | None = None
        for family, kind, protocol, _, where in _resolved(host, port):
            if not may_lead_to(str(where[0])):
                raise FetchError(f"{host} is {where[0]}, which is no public address; nothing is fetched from there")
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(_SILENCE_SECONDS)
                self.hold(connection)
                connection.connect(where)
            except OSError as error:
                connection.close()
                refused = error
            else:
                return connection
        raise FetchError(f"{host} does not answer ({_why(refused)})")


def _resolved(host: str, port: int) -> list[tuple[int, int, int, str, tuple[str | int, ...]]]:
    try:
        return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))  # type: ignore[arg-type]
    except (OSError, UnicodeError) as error:
        raise FetchError(f"the name {host} cannot be found; is this machine online?") from error


def _asked(
    target: str, line: _Line, most_bytes: int, deadline: float, may_lead_to: Callable[[str], bool]
) -> Fetched | str:
    """What an address answers: the picture, or where it leads on."""
    parts = urlsplit(target)
    host = parts.hostname or ""
    port = parts.port or _PORTS[parts.scheme]
    with _told(host, line), contextlib.closing(http.client.HTTPConnection(host, port)) as connection:
        plain = line.connected(host, port, may_lead_to)
        connection.sock = plain
        if parts.scheme == "https":
            connection.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host)
            line.hold(connection.sock)
        connection.request(
            "GET",
            quote(parts.path or "/", safe="/%!$&'()*+,;=:@~") + (f"?{_query(parts.query)}" if parts.query else ""),
            headers={
                "User-Agent": f"geacc-proxy/{__version__}",
                "Accept": "image/*,*/*;q=0.5",
                "Accept-Encoding": "identity",
                "Connection": "close",
            },
        )
        response = connection.getresponse()
        onward = response.headers.get("Location", "")
        if response.status in _REDIRECTS and onward:
            return urljoin(target, onward)
        if response.status != HTTPStatus.OK:
            raise FetchError(f"{host} answers {response.status} {' '.join(response.reason.split())[:60]}".rstrip())
        if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("identity", ""):
            raise FetchError(f"{host} sends it packed, which nobody asked for")
        body = bytearray()
        while chunk := response.read(_CHUNK):
            body += chunk
            if len(body) > most_bytes:
                raise FetchError(f"it is larger than {most_bytes // 2**20} MB, which is the most that is looked at")
            if time.monotonic() > deadline:
                line.cut()
                raise TimeoutError
        if line.is_cut or response.length:  # what is cut ends as quietly as what is whole
            raise ConnectionError("the connection was cut")
        return Fetched(bytes(body), response.headers.get_content_type())


@contextlib.contextmanager
def _told(host: str, line: _Line) -> Iterator[None]:
    """Every way in which an exchange can go wrong, as `FetchError`."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise FetchError(f"the certificate of {host} is not to be trusted: {error.verify_message}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = "it took too long" if line.is_cut or isinstance(error, TimeoutError) else _why(error)
        raise FetchError(f"{host} did not send it ({why})") from error


def _query(text: str) -> str:
    return quote(text, safe="/%!$&'()*+,;=:@~?")


def _why(error: Exception | None) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(str(text).split())[:100]


def _host(address: str) -> str:
    return urlsplit(address).hostname or address
