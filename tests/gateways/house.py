"""A home that forgets, a proxy before it with pages behind it, and clients that speak to them, all on this machine."""

from __future__ import annotations

import asyncio
import http.client
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trustme
from mitmproxy import ctx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from geacc_proxy.gateways.mitm.addon import PictureFilter
from geacc_proxy.gateways.mitm.authority import open_authority
from geacc_proxy.gateways.mitm.doorways import Doorways
from geacc_proxy.gateways.mitm.household import HouseholdTraffic
from geacc_proxy.gateways.mitm.reserved import Reserved
from geacc_proxy.gateways.mitm.runner import Gateway, Listening
from geacc_proxy.gateways.mitm.tunnels import Tunnels
from geacc_proxy.home.documents import Data, Deed, Kind, Place
from geacc_proxy.home.home import Home
from geacc_proxy.verdict import Context, Reason
from geacc_proxy.web.server import AdminServer

from .doors import BENIGN, MALIGN, Door

NAME = "geacc.internal"


class Memory:
    """A store that forgets."""

    def load(self) -> dict[Place, Data]:
        return {}

    def save(self, changes: Mapping[Place, Data | None], deed: Deed | None) -> int:
        return 1

    def deeds(self, *, before: int | None = None, limit: int = 50) -> list[Deed]:
        return []

    def deed(self, number: int) -> Deed | None:
        return None

    def version(self) -> int:
        return 0

    def close(self) -> None:
        """Nothing is open."""


class Clock:
    """A clock on the wall that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **units: float) -> None:
        self.now += timedelta(**units)


def a_home(clock: Clock | None = None, **documents: Data) -> Home:
    """A home with documents by `kind__key`, such as `device__tablet`; `__` within the key stands for a colon."""
    kept = {}
    for place, data in documents.items():
        kind, key = place.split("__", 1)
        kept[Kind(kind), key.replace("__", ":").replace("_", "-")] = data
    return Home(Memory(), kept, zone=UTC, clock=clock or Clock())


def a_device(profile: str = "child", *addresses: str, **more: Any) -> Data:
    return {"profile": profile, "addresses": list(addresses), "known": True, **more}


@dataclass
class Counted:
    """A tally that remembers."""

    pages: list[tuple[str, str]] = field(default_factory=list)
    shut: list[tuple[str, str, Reason]] = field(default_factory=list)

    def page(self, device: str, host: str) -> None:
        self.pages.append((device, host))

    def closed(self, device: str, host: str, reason: Reason) -> None:
        self.shut.append((device, host, reason))


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: status, headers by lower-case name, the body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class House:
    """A proxy that is up, with a home, pages and an origin.

    Attributes:
        home: the home, to be changed with `do`.
        clock: of the home.
        door: what judged.
        traffic: the addon.
        gateway: the proxy.
        told: what the block log was told of sites.
        tally: what was counted.
        port: of the proxy.
        pages: port of the pages.
        plain: port of the origin, plain HTTP.
        secure: port of the origin, HTTPS.
        ca_file: the certificate that clients must trust.
        seen: of each request to the origin, target and headers by lower-case name.
        tunnels: of the devices.
        doorways: the devices' own ports and tunnels.
        asked: of each request to the pages, who was behind it, its path and headers.
    """

    home: Home
    clock: Clock
    door: Door
    traffic: HouseholdTraffic
    gateway: Gateway
    told: list[tuple[Reason, Context]]
    tally: Counted
    port: int
    pages: int
    plain: int
    secure: int
    ca_file: Path
    loop: asyncio.AbstractEventLoop
    tunnels: Tunnels
    doorways: Doorways
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    asked: list[tuple[str | None, str, dict[str, str]]] = field(default_factory=list)

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something in the proxy's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    def call(self, work: Callable[[], Any]) -> Any:
        """Call something in the proxy's loop."""

        async def called() -> Any:
            return work()

        return self.do(called())

    def keep(self, kind: Kind, key: str, data: Data | None) -> None:
        """Change a document."""
        self.do(self.home.keep({(kind, key): data}))

    def get(self, url: str, method: str = "GET", *, port: int = 0, body: bytes | None = None, **headers: str) -> Reply:
        """Ask for an address through the proxy, on a connection of its own."""
        with self.line(url, port=port, login=headers.pop("login", "")) as line:
            return line.get(url, method, body, **headers)

    @contextmanager
    def line(
        self, url: str, *, port: int = 0, sni: str | None = None, login: str = "", alpn: str = "http/1.1"
    ) -> Iterator[Line]:
        """A connection to the proxy, with a tunnel where the address is encrypted."""
        scheme, _, rest = url.partition("://")
        authority = rest.partition("/")[0]
        host, _, number = authority.rpartition(":") if ":" in authority else (authority, "", "")
        extra = {"Proxy-Authorization": login} if login else {}
        raw = socket.create_connection(("127.0.0.1", port or self.port), 20)
        try:
            if scheme == "https":
                lines = [f"CONNECT {host}:{number or 443} HTTP/1.1", f"Host: {host}"]
                lines += [f"{name}: {value}" for name, value in extra.items()]
                raw.sendall("\r\n".join([*lines, "", ""]).encode())
                answer = http.client.HTTPResponse(raw, method="CONNECT")
                answer.begin()
                if answer.status != 200:
                    raise RefusedError(answer.status, dict(answer.getheaders()), answer.read())
                context = ssl.create_default_context(cafile=str(self.ca_file))
                context.check_hostname = sni is None
                context.set_alpn_protocols([alpn])
                raw = context.wrap_socket(raw, server_hostname=host if sni is None else sni)
                extra = {}
            yield Line(raw, extra)
        finally:
            raw.close()

    @contextmanager
    def socks(self, host: str, port: int, *, sni: str = "", alpn: str = "http/1.1") -> Iterator[Line]:
        """A connection to a proxy in mode `socks5` (RFC 1928), with TLS inside where there is a name for it."""
        raw = socket.create_connection(("127.0.0.1", self.port), 20)
        try:
            raw.sendall(b"\x05\x01\x00")
            raw.recv(2)
            raw.sendall(b"\x05\x01\x00\x03" + bytes([len(host)]) + host.encode() + port.to_bytes(2))
            answer = raw.recv(10)
            if answer[1]:
                raise RefusedError(answer[1])
            if sni:
                context = ssl.create_default_context(cafile=str(self.ca_file))
                context.set_alpn_protocols([alpn])
                raw = context.wrap_socket(raw, server_hostname=sni)
            yield Line(raw, {})
        finally:
            raw.close()


class RefusedError(Exception):
    """CONNECT was answered otherwise: status, headers, body."""


@dataclass
class Line:
    """A connection to the proxy."""

    raw: socket.socket
    extra: dict[str, str]

    def send(self, url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> None:
        """Send a request; header names are written with underscores for dashes; `target` replaces the target."""
        scheme, _, rest = url.partition("://")
        authority, _, path = rest.partition("/")
        target = headers.pop("target", url if scheme == "http" else f"/{path}")
        fields = {"Host": headers.pop("host", authority), **self.extra}
        fields |= {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None:
            fields["Content-Length"] = str(len(body))
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        self.raw.sendall("\r\n".join(lines).encode() + (body or b""))

    def get(self, url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Reply:
        """Send a request and read the answer."""
        self.send(url, method, body, **headers)
        response = http.client.HTTPResponse(self.raw, method=method)
        response.begin()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, found, response.read())


@contextmanager
def a_house(folder: Path, home: Home, clock: Clock, mode: str = "regular") -> Iterator[House]:
    """All of it, in a thread with a loop of its own; all names that end in `.test`, and a search engine, are here."""
    loop = asyncio.new_event_loop()
    ready: threading.Event = threading.Event()
    ended = asyncio.Event()
    box: list[House | BaseException] = []

    async def live() -> None:
        try:
            async with _Parts(folder, home, clock, mode) as house:
                box.append(house)
                ready.set()
                await ended.wait()
        except BaseException as error:
            box.append(error)
            raise
        finally:
            ready.set()

    thread = threading.Thread(target=_run, args=(loop, live()), daemon=True)
    thread.start()
    ready.wait(60)
    house = box[0]
    if isinstance(house, BaseException):
        raise house
    try:
        yield house
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(30)


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, None]) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()


class _Parts:
    """Starts and stops the parts."""

    def __init__(self, folder: Path, home: Home, clock: Clock, mode: str) -> None:
        self._folder, self._home, self._clock, self._mode = folder, home, clock, mode

    async def __aenter__(self) -> House:
        loop = asyncio.get_running_loop()
        _resolve_here(loop)
        self._before = {name: getattr(ctx, name) for name in ("master", "options") if hasattr(ctx, name)}
        authority = trustme.CA()
        ca_file = self._folder / "origins.pem"
        authority.cert_pem.write_to_path(str(ca_file))
        seen: list[tuple[str, dict[str, str]]] = []
        asked: list[tuple[str | None, str, dict[str, str]]] = []
        self._plain = await asyncio.start_server(_origin(seen), "127.0.0.1", 0)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*_HOSTS).configure_cert(context)
        self._secure = await asyncio.start_server(_origin(seen), "127.0.0.1", 0, ssl=context)
        box: list[House] = []
        self._admin = AdminServer(_pages(asked, lambda: box[0].traffic.callers.address))
        await self._admin.start("127.0.0.1", 0)
        tally, told = Counted(), []
        tunnels = Tunnels(self._home, self._folder / "wireguard")
        traffic = HouseholdTraffic(
            self._home,
            Reserved(NAME, "127.0.0.1", self._admin.port),
            tally=tally,
            refused=lambda reason, context: told.append((reason, context)),
            tunnel_key=tunnels.key_of,
        )
        door = Door()
        ca = open_authority(self._folder / "ca")
        self._gateway = Gateway(
            Listening("127.0.0.1", 0, self._mode, ca.folder, ca_file), PictureFilter(door, 10_000_000), traffic=traffic
        )
        await self._gateway.open()
        self._serving = asyncio.create_task(self._gateway.serve())
        house = House(
            self._home,
            self._clock,
            door,
            traffic,
            self._gateway,
            told,
            tally,
            self._gateway.ports[0],
            self._admin.port,
            self._plain.sockets[0].getsockname()[1],
            self._secure.sockets[0].getsockname()[1],
            ca.certificate_file,
            loop,
            tunnels,
            Doorways(self._home, tunnels, self._gateway.listen_also),
            seen,
            asked,
        )
        box.append(house)
        return house

    async def __aexit__(self, *_: object) -> None:
        self._gateway.shutdown()
        await self._serving
        await self._admin.stop()
        self._plain.close()
        self._secure.close()
        await self._home.close()
        for name, value in self._before.items():
            setattr(ctx, name, value)


def _resolve_here(loop: asyncio.AbstractEventLoop) -> None:
    original: Callable[..., Awaitable[Any]] = loop.getaddrinfo

    async def here(host: Any, port: Any, **more: Any) -> Any:
        return await original(
            "127.0.0.1" if str(host).endswith((".test", ".test.", "www.bing.com")) else host, port, **more
        )

    loop.getaddrinfo = here  # type: ignore[method-assign]


def _origin(seen: list[tuple[str, dict[str, str]]]) -> Callable[..., Awaitable[None]]:
    """Answers by the path: `/malign`, `/benign`, `/stream` without an end, `/video`, else a page."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                first, *lines = head.rstrip("\r\n").split("\r\n")
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                target = first.split()[1]
                seen.append((target, headers | ({"body": body.decode()} if body else {})))
                if target == "/stream":
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n\r\n")
                    while True:
                        writer.write(b"x" * 100)
                        await writer.drain()
                        await asyncio.sleep(0.02)
                kind, content = _CONTENTS.get(target, ("text/html", b"<p>a page"))
                lines = ["HTTP/1.1 200 OK", f"Content-Type: {kind}", f"Content-Length: {len(content)}", "", ""]
                writer.write("\r\n".join(lines).encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    return serve


_HOSTS = [f"{name}.test" for name in ("bad", "faulty", "good", "museum", "pinned", "plain", "resolver", "school")]
_CONTENTS = {
    "/malign": ("image/gif", MALIGN),
    "/benign": ("image/gif", BENIGN),
    "/video": ("video/mp4", b"a video"),
}


def _pages(asked: list[tuple[str | None, str, dict[str, str]]], through: Callable[[], Any]) -> Starlette:
    async def page(request: Request) -> Response:
        client = request.client
        behind = through()((client.host, client.port)) if client else None
        asked.append((behind, request.url.path, dict(request.headers)))
        if request.url.path == "/events":

            async def events() -> Any:
                while True:
                    yield f"data: {len(asked)}\n\n"
                    await asyncio.sleep(0.05)

            return StreamingResponse(events(), media_type="text/event-stream")
        if request.url.path.endswith(".gif"):
            return Response(MALIGN, media_type="image/gif")
        return PlainTextResponse(f"a page of ours for {behind}")

    return Starlette(routes=[Route("/{path:path}", page, methods=["GET", "POST"])])
