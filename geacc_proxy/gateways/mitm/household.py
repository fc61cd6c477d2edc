"""The home's side of the traffic: who asks, what is open to them, and the pages by their reserved name.

It stands before the pictures' hooks and tells them, with each flow, who asks. Closed by default: a fault of ours
answers the request here, and nothing passes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from cachetools import TTLCache
from mitmproxy import ctx
from mitmproxy.connection import Server

from geacc_proxy.gateways.mitm import closing
from geacc_proxy.gateways.mitm.closing import Asked, asked_for
from geacc_proxy.gateways.mitm.credentials import Logins
from geacc_proxy.gateways.mitm.hosts import plain_host
from geacc_proxy.gateways.mitm.names import OwnNames
from geacc_proxy.gateways.mitm.naming import Named, named, of_connection
from geacc_proxy.gateways.mitm.recognition import Line, Lines
from geacc_proxy.gateways.mitm.requests import folded
from geacc_proxy.gateways.mitm.reserved import SELF_TEST, TUNNEL_ADDRESS, Caller, Callers, Reserved
from geacc_proxy.gateways.mitm.standing import Standing, refusal
from geacc_proxy.gateways.mitm.visits import Visit, remember, visit_of
from geacc_proxy.home.events import Happening
from geacc_proxy.policy.admission import Refusal
from geacc_proxy.policy.bypass import is_doh, is_relay
from geacc_proxy.policy.profile import Filtering, Video
from geacc_proxy.policy.safesearch import enforce
from geacc_proxy.policy.sites import HostSet
from geacc_proxy.policy.video import is_video, video_allowed
from geacc_proxy.verdict import Context, Reason

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from mitmproxy.connection import Client
    from mitmproxy.http import HTTPFlow, Request
    from mitmproxy.proxy.server_hooks import ServerConnectionHookData
    from mitmproxy.tcp import TCPFlow
    from mitmproxy.tls import ClientHelloData, TlsData
    from mitmproxy.udp import UDPFlow

    from geacc_proxy.gateways.mitm.neighbours import Neighbours
    from geacc_proxy.home.home import Home
    from geacc_proxy.policy.device import Device
    from geacc_proxy.policy.house import Rules

_log = logging.getLogger(__name__)
_SWEEP_SECONDS = 20.0
_PAGE_AGAIN_SECONDS = 5.0
_PART_AGAIN_SECONDS = 300.0
_BYPASS_AGAIN_SECONDS = 600.0
_QUIC_PORTS = (80, 443)
_FORM = "application/x-www-form-urlencoded"


class Tally(Protocol):
    """Counts what the overview shows; returns at once."""

    def page(self, device: str, host: str) -> None:
        """A page was opened."""

    def closed(self, device: str, host: str, reason: Reason) -> None:
        """Something was closed."""


@dataclass(frozen=True, slots=True)
class _Question:
    """A request, as far as it is understood."""

    line: Line
    names: Named
    asked: Asked
    headers: dict[bytes, bytes]


class HouseholdTraffic:
    """Knows devices, closes what is closed to them, and leads to the pages.

    Attributes:
        callers: who is behind the connections that the pages see.
        own_names: the hooks that answer for the reserved name in tunnels; they come before all that look names up.
    """

    def __init__(
        self,
        home: Home,
        reserved: Reserved,
        *,
        tally: Tally | None = None,
        refused: Callable[[Reason, Context], None] | None = None,
        neighbours: Neighbours | None = None,
        tunnel_key: Callable[[str], str] = lambda _: "",
    ) -> None:
        """Make the addon.

        Args:
            home: what holds.
            reserved: where the pages are.
            tally: counts pages and what was closed.
            refused: told of what was closed, once for a page: the block log.
            neighbours: knows hardware addresses.
            tunnel_key: the public key of the device whose WireGuard tunnel is described in a file.
        """
        self.callers = Callers(reserved.port)
        self.own_names = OwnNames(reserved.name, TUNNEL_ADDRESS)
        self._home = home
        self._reserved = reserved
        self._tally = tally
        self._refused = refused
        self._lines = Lines(home, tunnel_key, neighbours)
        self._standing = Standing(home)
        self._logins = Logins(home)
        self._told_pages: TTLCache[tuple[str, ...], None] = TTLCache(1_000, _PAGE_AGAIN_SECONDS)
        self._told_parts: TTLCache[tuple[str, ...], None] = TTLCache(10_000, _PART_AGAIN_SECONDS)
        self._told_bypasses: TTLCache[tuple[str, ...], None] = TTLCache(10_000, _BYPASS_AGAIN_SECONDS)
        self._used: TTLCache[str, None] = TTLCache(10_000, 1.0)
        self._sweeping: asyncio.Task[None] | None = None
        self._cutting: set[asyncio.Task[None]] = set()

    # Starting and stopping

    def running(self) -> None:
        """Begin to look after connections that stay open."""
        self._sweeping = asyncio.get_running_loop().create_task(self._sweep_on(), name="household")

    async def done(self) -> None:
        """End."""
        self._logins.close()
        if self._sweeping is not None:
            self._sweeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeping

    # Connections

    def client_connected(self, client: Client) -> Awaitable[None] | None:
        """See who connects."""
        try:
            if client.transport_protocol == "udp" and client.sockname and client.sockname[1] in _QUIC_PORTS:
                client.error = "QUIC is closed, so that the browser asks over TCP"
                self._note_bypass(self._lines.of(client), "quic", client.sockname[0])
                return None
            return self._lines.begin(client)
        except Exception:  # noqa: BLE001  (closed by default)
            _log.exception("Looking at a connection failed; it is closed")
            client.error = "the filter failed"
            return None

    def client_disconnected(self, client: Client) -> None:
        """Forget a connection."""
        self._lines.end(client)

    def server_connect(self, data: ServerConnectionHookData) -> None:
        """Lead to the pages; connect nobody to what is closed."""
        try:
            if data.server.address is None:
                return
            host, port = plain_host(data.server.address[0]), data.server.address[1]
            line = self._lines.of(data.client)
            if self._is_reserved(host) or (line.tunnelled and host == TUNNEL_ADDRESS and port in _QUIC_PORTS):
                data.server.address = self._reserved.address
            elif line.explicit and not self._reserved.is_own(host, port, line.local):
                found = self._refusal(line, (of_connection(host, None),))
                if found is not None:
                    data.server.error = f"closed: {found.reason.explanation}"
        except Exception:  # noqa: BLE001  (closed by default)
            _log.exception("Looking at where a connection goes failed; it is closed")
            data.server.error = "the filter failed"

    def server_connected(self, data: ServerConnectionHookData) -> None:
        """Note who is behind a connection to the pages."""
        line = self._lines.of(data.client)
        caller = Caller(line.address, lambda: line.device().key)
        self.callers.connected(data.server.peername, data.server.sockname, caller)

    def server_disconnected(self, data: ServerConnectionHookData) -> None:
        """Note that it has ended."""
        self.callers.disconnected(data.server.sockname)

    def tls_clienthello(self, data: ClientHelloData) -> None:
        """Have the server not be asked for what is answered here."""
        try:
            address = data.context.server.address
            name = of_connection(address[0] if address else "", data.client_hello.sni)
            line = self._lines.of(data.context.client)
            if self._is_reserved(name) or (name and self._refusal(line, (name,)) is not None):
                data.establish_server_tls_first = False
        except Exception:  # noqa: BLE001  (the request itself is looked at again)
            _log.exception("Looking at a TLS hello failed")

    def tls_failed_client(self, data: TlsData) -> None:
        """Tell of a device, or a program on it, that does not trust the certificate."""
        try:
            address = data.context.server.address
            name = of_connection(address[0] if address else "", data.context.client.sni)
            if name and not self._is_reserved(name):
                self._note_bypass(self._lines.of(data.context.client), "certificate", name)
        except Exception:  # noqa: BLE001  (nothing has passed)
            _log.exception("Telling of a failed handshake failed")

    def tcp_start(self, flow: TCPFlow) -> None:
        """Cut what is no web traffic and goes to a closed site."""
        self._raw(flow)

    def udp_start(self, flow: UDPFlow) -> None:
        """As above."""
        self._raw(flow)

    def _raw(self, flow: TCPFlow | UDPFlow) -> None:
        line = self._lines.of(flow.client_conn)
        try:
            address = flow.server_conn.address
            name = of_connection(address[0] if address else "", line.client.sni)
            found = self._refusal(line, (name,))
            if found is None:
                line.opened(name)
                return
        except Exception:  # noqa: BLE001  (closed by default)
            _log.exception("Looking at a connection failed; it is cut")
        flow.server_conn.error = "closed"
        self._cut(line)

    # Requests

    def http_connect(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """Ask who it is; open no connection to what is answered here."""
        return self._guarded(self._connect, flow)

    def requestheaders(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """See who asks for what; answer here what is closed."""
        return self._guarded(self._ask, flow)

    def request(self, flow: HTTPFlow) -> None:
        """Make a search safe whose words are in a form."""
        try:
            visit = visit_of(flow)
            if visit is None or visit.untouched or not _is_form(flow.request) or flow.response is not None:
                return
            line = self._lines.of(flow.client_conn)
            if self._wants_safe_search(self._standing.rules(line.device())):
                _make_safe(flow.request, form=True)
        except Exception:  # noqa: BLE001  (closed by default)
            self._fail(flow)

    def responseheaders(self, flow: HTTPFlow) -> None:
        """Stop videos where there are to be none."""
        try:
            visit, response = visit_of(flow), flow.response
            if visit is None or response is None:
                return
            if visit.untouched:
                response.stream = response.stream or True
                return
            if response.status_code in (204, 304):
                return
            line = self._lines.of(flow.client_conn)
            rules = self._standing.rules(line.device())
            setting = rules.profile.video
            if setting in (Video.ALLOW, Video.POSTERS) or rules.filtering is not Filtering.HIDE:
                return
            self._check_video(flow, line, rules)
        except Exception:  # noqa: BLE001  (closed by default)
            _log.exception("Looking at a response failed; it is closed")
            if flow.response is not None:
                closing.close_stream(flow.response, Reason.INTERNAL)

    def _guarded(
        self, work: Callable[[HTTPFlow], Coroutine[Any, Any, None] | None], flow: HTTPFlow
    ) -> Awaitable[None] | None:
        try:
            waiting = work(flow)
        except Exception:  # noqa: BLE001  (closed by default: mitmproxy would let the request through)
            self._fail(flow)
            return None
        return None if waiting is None else self._awaited(waiting, flow)

    async def _awaited(self, waiting: Coroutine[Any, Any, None], flow: HTTPFlow) -> None:
        try:
            await waiting
        except Exception:  # noqa: BLE001  (as above)
            self._fail(flow)

    def _fail(self, flow: HTTPFlow) -> None:
        _log.exception("Looking at a request failed; it is closed")
        flow.response = closing.failed()
        remember(flow, Visit("", untouched=True))

    def _connect(self, flow: HTTPFlow) -> Coroutine[Any, Any, None] | None:
        request, line = flow.request, self._lines.of(flow.client_conn)
        host = plain_host(request.host)
        if not host:
            flow.response = closing.no_host()
            return None
        if self._is_reserved(host):
            flow.response = closing.established()
            return None
        return self._logged_in(flow, line, lambda: self._connect_known(flow, line, host))

    def _connect_known(self, flow: HTTPFlow, line: Line, host: str) -> None:
        if line.upstream and flow.request.port == self._reserved.port:
            flow.response = closing.failed()
        elif self._refusal(line, (host,)) is not None:
            flow.response = closing.established()

    def _logged_in(self, flow: HTTPFlow, line: Line, go_on: Callable[[], None]) -> Coroutine[Any, Any, None] | None:
        """Go on once it is clear who asks; a wrong password, or none where one is wanted, ends it."""
        header = flow.request.headers.pop("proxy-authorization", None) if line.explicit else None
        if header is not None and line.wireguard == "":
            user = self._logins.known(header)
            if user is None:
                return self._checked(flow, line, header, go_on)
            line.log_in(user)
        if self._must_log_in(flow, line):
            self._answer(flow, line, closing.login_wanted())
            return None
        go_on()
        return None

    async def _checked(self, flow: HTTPFlow, line: Line, header: str, go_on: Callable[[], None]) -> None:
        user = await self._logins.check(header, line.address)
        if user is None:
            self._answer(flow, line, closing.login_wanted())
            return
        line.log_in(user)
        go_on()

    def _must_log_in(self, flow: HTTPFlow, line: Line) -> bool:
        """A device that nobody knows must say who it is, where some have logins. In a tunnel it is too late to ask."""
        if not line.explicit or line.login or not self._logins.exist:
            return False
        return (flow.request.method == "CONNECT" or flow.request.scheme == "http") and not line.device().known

    def _ask(self, flow: HTTPFlow) -> Coroutine[Any, Any, None] | None:
        request, line = flow.request, self._lines.of(flow.client_conn)
        names = named(request, line)
        if names is None:
            self._answer(flow, line, closing.no_host())
            return None
        if self._is_reserved(names.hosts[0]) or (not line.explicit and self._is_reserved(names.asked)):
            self._lead(flow, line)
            return None
        if self._reserved.is_own(names.hosts[0], request.port, line.local) and request.scheme == "http":
            self._reserved.lead(request)
            self._go_straight(flow, line)
            remember(flow, Visit(line.device().key, names.site, untouched=True))
            return None
        return self._logged_in(flow, line, lambda: self._admit(flow, line, names))

    def _lead(self, flow: HTTPFlow, line: Line) -> None:
        """To the pages."""
        request = flow.request
        untouched = not request.path.startswith(SELF_TEST)
        url = f"{request.scheme}://{self._reserved.name}{request.path}"
        self._reserved.lead(request)
        request.host_header = self._reserved.name
        self._go_straight(flow, line)
        remember(flow, Visit(line.device().key, self._reserved.name, untouched, url))

    def _go_straight(self, flow: HTTPFlow, line: Line) -> None:
        """The pages are on this machine: another proxy has nothing to do with them."""
        if line.upstream:
            flow.server_conn = Server(address=self._reserved.address)

    def _admit(self, flow: HTTPFlow, line: Line, names: Named) -> None:
        request = flow.request
        headers = folded(request.headers)
        asked = asked_for(request.method, headers)
        question = _Question(line, names, asked, headers)
        device = line.device()
        rules = self._standing.rules(device)
        found = refusal(rules, names.hosts) or self._bypass(question, request, rules)
        if found is None and line.upstream and request.port == self._reserved.port:
            # The other proxy may be on this machine, and the pages would take it for the machine itself.
            found = Refusal(Reason.BYPASS)
        if found is None and asked.destination == "video":
            found = self._video(question, request.path, "", rules)
        if found is not None:
            self._close(flow, question, rules, found)
            return
        line.opened(*names.hosts)
        self._note_use(device, names, asked)
        if self._wants_safe_search(rules):
            _make_safe(request)
        remember(flow, Visit(device.key, names.site))

    def _close(self, flow: HTTPFlow, question: _Question, rules: Rules, found: Refusal) -> None:
        page = f"http://{self._reserved.name}/closed"
        document = question.asked.document
        self._note_refusal(flow.request, question, rules, found)
        response = closing.closed(flow.request, found.reason, page, document=document)
        self._answer(flow, question.line, response)

    def _answer(self, flow: HTTPFlow, line: Line, response: Any) -> None:
        flow.response = response
        remember(flow, Visit(line.device().key, untouched=True))

    # What holds

    def _is_reserved(self, host: str) -> bool:
        return self._reserved.is_named(host)

    def _refusal(self, line: Line, hosts: tuple[str, ...]) -> Refusal | None:
        return refusal(self._standing.rules(line.device()), hosts)

    def _bypass(self, question: _Question, request: Request, rules: Rules) -> Refusal | None:
        if rules.filtering is Filtering.OFF or not self._standing.doh_closed:
            return None
        host = question.names.asked
        answer = rules.profile.sites.answer(host)
        if answer is not None and not answer.blocked:
            return None
        content_type = question.headers.get(b"content-type", b"").decode("latin-1")
        accept = question.headers.get(b"accept", b"").decode("latin-1")
        if is_relay(host):
            how = "relay"
        elif is_doh(host, request.path, content_type, accept):
            how = "doh"
        else:
            return None
        self._note_bypass(question.line, how, host)
        return Refusal(Reason.BYPASS, how)

    @staticmethod
    def _wants_safe_search(rules: Rules) -> bool:
        return rules.profile.safe_search and not rules.paused

    def _video(self, question: _Question, path: str, content_type: str, rules: Rules) -> Refusal | None:
        profile = rules.profile
        if profile.video in (Video.ALLOW, Video.POSTERS) or rules.filtering is not Filtering.HIDE:
            return None
        host = question.names.asked
        if not is_video(content_type, host, path, question.asked.destination):
            return None
        shown_on = _page_host(question.headers, host)
        if video_allowed(profile.video, shown_on, HostSet(profile.video_sites)):
            return None
        return Refusal(Reason.VIDEO)

    def _check_video(self, flow: HTTPFlow, line: Line, rules: Rules) -> None:
        request, response = flow.request, flow.response
        names = named(request, line)
        if names is None or response is None:
            return
        headers = folded(request.headers)
        question = _Question(line, names, asked_for(request.method, headers), headers)
        content_type = response.headers.get("content-type", "")
        found = self._video(question, request.path, content_type, rules)
        if found is None:
            return
        self._note_refusal(request, question, rules, found)
        closing.close_stream(response, found.reason)
        remember(flow, Visit(line.device().key, untouched=True))

    # What is told

    def _note_use(self, device: Device, names: Named, asked: Asked) -> None:
        if asked.document and self._tally is not None:
            self._tally.page(device.key, names.asked)
        if asked.seen and device.key not in self._used:
            self._used[device.key] = None
            self._home.note_use(device.key)

    def _note_refusal(self, request: Request, question: _Question, rules: Rules, found: Refusal) -> None:
        device, host = rules.device.key, question.names.asked
        page = request.headers.get("referer", "")
        url = request.pretty_url
        told = self._told_pages if question.asked.document else self._told_parts
        key = (device, found.reason, url if question.asked.document else page, host)
        if key in told:
            return
        told[key] = None
        if self._tally is not None:
            self._tally.closed(device, host, found.reason)
        if self._refused is not None:
            self._refused(
                found.reason,
                Context(
                    url=url,
                    page=page,
                    device=device,
                    profile=rules.profile.name,
                    destination=question.asked.destination,
                    site=question.names.site,
                ),
            )

    def _note_bypass(self, line: Line, how: str, host: str) -> None:
        device = line.device().key
        key = (device, how, host)
        if key not in self._told_bypasses:
            self._told_bypasses[key] = None
            self._home.events.publish(Happening.BYPASS, device=device, how=how, host=host)

    # What stays open

    async def _sweep_on(self) -> None:
        while True:
            await asyncio.sleep(_SWEEP_SECONDS)
            self.sweep()

    def sweep(self) -> None:
        """Cut the connections over which something was opened that is closed by now: streams and WebSockets end."""
        for line in self._lines:
            try:
                shut = any(self._refusal(line, (name,)) is not None for name in line.names)
            except Exception:  # noqa: BLE001  (closed by default)
                _log.exception("Looking at an open connection failed; it is cut")
                shut = True
            if shut:
                self._cut(line)

    def _cut(self, line: Line) -> None:
        """Close a connection with all that runs over it."""
        server = ctx.master.addons.get("proxyserver")
        handler = None if server is None else server.connections.get(line.client.id)
        if handler is not None:
            # What mitmproxy does with connections that have been idle for too long.
            task = asyncio.get_running_loop().create_task(handler.on_timeout())
            self._cutting.add(task)
            task.add_done_callback(self._cutting.discard)


def _is_form(request: Request) -> bool:
    return request.method == "POST" and request.headers.get("content-type", "").lower().startswith(_FORM)


def _make_safe(request: Request, *, form: bool = False) -> None:
    """Have a search engine leave out what is for adults."""
    host = plain_host(request.host_header or request.host)
    cookie = "; ".join(request.headers.get_all("cookie"))
    body = request.get_text(strict=False) if form else None
    change = enforce(host, request.path, cookie=cookie, form=body)
    if change is None:
        return
    request.path = change.target
    for name, value in change.headers:
        request.headers[name] = value
    if change.form is not None and change.form != body:
        request.headers.pop("content-encoding", None)
        request.headers.pop("transfer-encoding", None)
        request.text = change.form


def _page_host(headers: dict[bytes, bytes], own: str) -> str:
    """The site that shows a video: by `Referer`, else `Origin`; its own where the browser says that it is the same."""
    for name in (b"referer", b"origin"):
        if value := headers.get(name):
            try:
                host = urlsplit(value.decode("latin-1")).hostname
            except ValueError:
                return ""
            if host:
                return plain_host(host)
    return own if headers.get(b"sec-fetch-site", b"same-origin") in (b"same-origin", b"none") else ""
