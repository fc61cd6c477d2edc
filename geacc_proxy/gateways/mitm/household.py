"""The home's side of the traffic: who asks, what is open to them, and the pages by their reserved name.

It stands before the pictures' hooks and tells them, with each flow, who asks. Closed by default: a fault of ours
answers the request here, and nothing passes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mitmproxy.connection import Server

from geacc_proxy.gateways.mitm import closing
from geacc_proxy.gateways.mitm.closing import Asked, asked_for
from geacc_proxy.gateways.mitm.credentials import Logins
from geacc_proxy.gateways.mitm.cutting import Cutter
from geacc_proxy.gateways.mitm.detours import detour
from geacc_proxy.gateways.mitm.hosts import plain_host
from geacc_proxy.gateways.mitm.names import OwnNames
from geacc_proxy.gateways.mitm.naming import Named, named, of_connection
from geacc_proxy.gateways.mitm.recognition import Line, Lines
from geacc_proxy.gateways.mitm.requests import folded
from geacc_proxy.gateways.mitm.reserved import SELF_TEST, TUNNEL_ADDRESS, Caller, Callers, Reserved
from geacc_proxy.gateways.mitm.searching import is_engine, is_form, make_safe
from geacc_proxy.gateways.mitm.standing import Standing
from geacc_proxy.gateways.mitm.telling import Tally, Telling
from geacc_proxy.gateways.mitm.videos import minds_videos, refused_video
from geacc_proxy.gateways.mitm.visits import Visit, remember, visit_of
from geacc_proxy.policy.admission import Refusal
from geacc_proxy.policy.profile import Filtering
from geacc_proxy.verdict import Context, Reason

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any

    from mitmproxy.connection import Client
    from mitmproxy.http import HTTPFlow, Response
    from mitmproxy.proxy.server_hooks import ServerConnectionHookData
    from mitmproxy.tcp import TCPFlow
    from mitmproxy.tls import ClientHelloData, TlsData
    from mitmproxy.udp import UDPFlow

    from geacc_proxy.gateways.mitm.neighbours import Neighbours
    from geacc_proxy.home.home import Home
    from geacc_proxy.policy.house import Rules

    _Waiting = Coroutine[Any, Any, None]

_log = logging.getLogger(__name__)
_QUIC_PORTS = (80, 443)
_DISTRUST = "does not trust the proxy's certificate for"  # mitmproxy's words for what a TLS alert has told it
_PORT = re.compile(r":[0-9]+$", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Question:
    """A request, as far as it is understood."""

    flow: HTTPFlow
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
        self._lines = Lines(home, tunnel_key, neighbours)
        self._standing = Standing(home)
        self._logins = Logins(home)
        self._telling = Telling(home, tally, refused)
        self._cutter = Cutter(self._lines, self._is_closed)
        self._cutting: asyncio.Task[None] | None = None

    # Starting and stopping

    def running(self) -> None:
        """Begin to look after connections that stay open."""
        self._cutting = asyncio.get_running_loop().create_task(self._cutter.run(), name="household")

    async def done(self) -> None:
        """End."""
        self._logins.close()
        if self._cutting is not None:
            self._cutting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._cutting

    def look_after_open_connections(self) -> None:
        """Cut those over which something is under way that is closed by now; this happens by itself, too."""
        self._cutter.look()

    # Connections

    def client_connected(self, client: Client) -> Awaitable[None] | None:
        """See who connects."""
        try:
            if client.transport_protocol == "udp" and client.sockname and client.sockname[1] in _QUIC_PORTS:
                client.error = "QUIC is closed, so that the browser asks over TCP"
                self._tell_bypass(self._lines.of(client), "quic", client.sockname[0])
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
            if self._reserved.is_named(host) or (line.tunnelled and host == TUNNEL_ADDRESS and port in _QUIC_PORTS):
                data.server.address = self._reserved.address
            elif line.explicit and not self._reserved.is_own(host, port, line.local):
                found = self._refusal(line, (host,))
                if found is not None:
                    data.server.error = f"closed: {found.reason.explanation}"
        except Exception:  # noqa: BLE001  (closed by default)
            _log.exception("Looking at where a connection goes failed; it is closed")
            data.server.error = "the filter failed"

    def server_connected(self, data: ServerConnectionHookData) -> None:
        """Note who is behind a connection to the pages, before anything is sent over it."""
        try:
            line = self._lines.of(data.client)
            caller = Caller(line.address, lambda: line.device().key)
        except Exception:  # noqa: BLE001  (whoever it is, it is not the machine itself)
            _log.exception("Looking at who connects to the pages failed")
            caller = Caller("", lambda: "")
        self.callers.connected(data.server.peername, data.server.sockname, caller)

    def server_disconnected(self, data: ServerConnectionHookData) -> None:
        """Note that it has ended."""
        self.callers.disconnected(data.server.sockname)

    def tls_clienthello(self, data: ClientHelloData) -> None:
        """Have the server not be asked for what is answered here."""
        try:
            name, line = _greeted(data.context, data.client_hello.sni), self._lines.of(data.context.client)
            if self._reserved.is_named(name):
                data.establish_server_tls_first = False
            elif not data.context.server.connected and self._refusal(line, (name,)) is not None:
                # One that is open already would never get its TLS, and hang once a parent opens the site.
                data.establish_server_tls_first = False
        except Exception:  # noqa: BLE001  (the request itself is looked at again)
            _log.exception("Looking at a TLS hello failed")

    def tls_failed_client(self, data: TlsData) -> None:
        """Tell of a device, or a program on it, that does not trust the certificate."""
        try:
            name = _greeted(data.context, data.context.client.sni)
            if name and not self._reserved.is_named(name):
                device = self._lines.of(data.context.client).device().key
                certain = _DISTRUST in (data.conn.error or "")
                self._telling.distrust(device, name, certain=certain)
        except Exception:  # noqa: BLE001  (nothing has passed)
            _log.exception("Telling of a failed handshake failed")

    def tcp_start(self, flow: TCPFlow) -> None:
        """Cut what is no web traffic where it goes to a closed site, or past the filter."""
        self._look_at_raw(flow)

    def udp_start(self, flow: UDPFlow) -> None:
        """As above."""
        self._look_at_raw(flow)

    def _look_at_raw(self, flow: TCPFlow | UDPFlow) -> None:
        line = self._lines.of(flow.client_conn)
        try:
            address = flow.server_conn.address
            name = of_connection(address[0] if address else "", line.client.sni)
            if self._refusal(line, (name,)) is None and not self._is_unseen(line, name):
                line.opened(name)
                return
        except Exception:  # noqa: BLE001  (closed by default)
            _log.exception("Looking at a connection failed; it is cut")
        flow.server_conn.error = "closed"
        self._cutter.cut(line)

    # Requests

    def http_connect(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """Ask who it is; open no connection to what is answered here."""
        return self._guarded(self._connect, flow)

    def requestheaders(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """See who asks for what; answer here what is closed."""
        return self._guarded(self._ask, flow)

    def request(self, flow: HTTPFlow) -> None:
        """Make a search safe whose words are in a form."""
        visit = visit_of(flow)
        if visit is None or not visit.searches or flow.response is not None:
            return
        try:
            make_safe(flow.request, plain_host(flow.request.host_header or flow.request.host), form=True)
        except Exception:  # noqa: BLE001  (closed by default)
            self._fail(flow)

    def responseheaders(self, flow: HTTPFlow) -> None:
        """Stop videos where there are to be none; let our own answers pass as they come."""
        visit, response = visit_of(flow), flow.response
        if visit is None or response is None:
            return
        if visit.untouched:
            response.stream = response.stream or True
            return
        try:
            self._check_video(flow, response)
        except Exception:  # noqa: BLE001  (closed by default)
            _log.exception("Looking at a response failed; it is closed")
            closing.close_stream(response, Reason.INTERNAL)
            remember(flow, Visit(visit.device, untouched=True))

    def _guarded(self, work: Callable[[HTTPFlow], _Waiting | None], flow: HTTPFlow) -> Awaitable[None] | None:
        try:
            waiting = work(flow)
        except Exception:  # noqa: BLE001  (closed by default: mitmproxy would let the request through)
            self._fail(flow)
            return None
        return None if waiting is None else self._awaited(waiting, flow)

    async def _awaited(self, waiting: _Waiting, flow: HTTPFlow) -> None:
        try:
            await waiting
        except Exception:  # noqa: BLE001  (as above)
            self._fail(flow)

    def _fail(self, flow: HTTPFlow) -> None:
        _log.exception("Looking at a request failed; it is closed")
        flow.response = closing.failed()
        remember(flow, Visit("", untouched=True))

    def _connect(self, flow: HTTPFlow) -> _Waiting | None:
        request, line = flow.request, self._lines.of(flow.client_conn)
        host = plain_host(request.host)
        if not host:
            flow.response = closing.no_host()
            return None
        if self._reserved.is_named(host):
            flow.response = closing.established()
            return None
        return self._logged_in(flow, line, folded(request.headers), lambda: self._open(flow, line, host))

    def _open(self, flow: HTTPFlow, line: Line, host: str) -> None:
        if self._leads_past_us(flow, line) and not self._reserved.is_own(host, flow.request.port, line.local):
            flow.response = closing.failed()
        elif self._refusal(line, (host,)) is not None:
            flow.response = closing.established()

    def _ask(self, flow: HTTPFlow) -> _Waiting | None:
        request, line = flow.request, self._lines.of(flow.client_conn)
        headers = folded(request.headers)
        names = named(request, headers, line)
        if names is None:
            self._answer(flow, line, closing.no_host())
            return None
        reserved, certain = self._reserved, names.hosts[0]
        if reserved.is_named(certain) or (not line.explicit and reserved.is_named(names.asked)):
            self._lead(flow, line, reserved.name)
            return None
        if reserved.is_own(certain, request.port, line.local) and request.scheme == "http":
            self._lead(flow, line, "")
            return None
        if line.explicit and request.port == line.client.sockname[1] and reserved.is_here(certain, line.local):
            self._answer(flow, line, closing.to_pages(request, reserved.port))
            return None
        return self._logged_in(flow, line, headers, lambda: self._admit(flow, line, names, headers))

    def _lead(self, flow: HTTPFlow, line: Line, name: str) -> None:
        """To the pages: by the reserved name, or by an address of this machine."""
        request = flow.request
        untouched = not (name and request.path.startswith(SELF_TEST))
        url = f"{request.scheme}://{name}{request.path}" if name else ""
        port = _PORT.search(request.host_header or "")
        self._reserved.lead(request)
        if name:
            request.host_header = name + (port[0] if port else "")
        if line.upstream:  # another proxy has nothing to do with it
            flow.server_conn = Server(address=self._reserved.address)
        remember(flow, Visit(line.device().key, name, untouched=untouched, url=url))

    def _logged_in(
        self, flow: HTTPFlow, line: Line, headers: dict[bytes, bytes], go_on: Callable[[], None]
    ) -> _Waiting | None:
        """Go on once it is clear who asks; a wrong password, or none where one is wanted, ends it."""
        if line.explicit and b"proxy-authorization" in headers:
            header = flow.request.headers.pop("proxy-authorization")
            user = self._logins.known(header)
            if user is None:
                return self._checked(flow, line, header, go_on)
            line.log_in(user)
        if self._must_log_in(flow, line):
            self._answer(flow, line, closing.login_wanted())
        else:
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
        if not line.explicit or line.login or not (flow.request.method == "CONNECT" or flow.request.scheme == "http"):
            return False
        return not line.device().known and self._logins.exist

    def _admit(self, flow: HTTPFlow, line: Line, names: Named, headers: dict[bytes, bytes]) -> None:
        request = flow.request
        device = line.device()
        rules = self._standing.rules(device)
        question = _Question(flow, line, names, asked_for(request.method, headers), headers)
        found = self._standing.refusal(device, names.hosts) or self._detour(question, rules)
        if found is None and question.asked.destination == "video" and minds_videos(rules):
            found = refused_video(rules, names.asked, request.path, headers)
        if found is not None:
            self._close(question, rules, found)
            return
        line.opened(*names.hosts)
        self._note_use(device.key, question)
        searches = rules.profile.safe_search and not rules.paused and is_engine(names.asked)
        if searches:
            make_safe(request, names.asked)
        remember(flow, Visit(device.key, names.site, searches=searches and is_form(request)))

    def _close(self, question: _Question, rules: Rules, found: Refusal) -> None:
        page = f"http://{self._reserved.name}/closed"
        self._tell_closed(question, rules, found)
        document = question.asked.document
        response = closing.closed(question.flow.request, found.reason, page, document=document)
        self._answer(question.flow, question.line, response)

    def _answer(self, flow: HTTPFlow, line: Line, response: Response) -> None:
        flow.response = response
        remember(flow, Visit(line.device().key, untouched=True))

    def _check_video(self, flow: HTTPFlow, response: Response) -> None:
        line = self._lines.of(flow.client_conn)
        rules = self._standing.rules(line.device())
        if response.status_code in (204, 304) or not minds_videos(rules):
            return
        request = flow.request
        headers = folded(request.headers)
        names = named(request, headers, line)
        if names is None:
            return
        content_type = response.headers.get("content-type", "")
        found = refused_video(rules, names.asked, request.path, headers, content_type)
        if found is None:
            return
        question = _Question(flow, line, names, asked_for(request.method, headers), headers)
        self._tell_closed(question, rules, found)
        closing.close_stream(response, found.reason)
        remember(flow, Visit(rules.device.key, untouched=True))

    # What holds

    def _refusal(self, line: Line, hosts: tuple[str, ...]) -> Refusal | None:
        return self._standing.refusal(line.device(), hosts)

    def _is_closed(self, line: Line) -> bool:
        return any(self._refusal(line, (name,)) is not None for name in line.names)

    def _detour(self, question: _Question, rules: Rules) -> Refusal | None:
        request, host = question.flow.request, question.names.asked
        if self._leads_past_us(question.flow, question.line):
            return Refusal(Reason.BYPASS)
        if rules.filtering is Filtering.OFF or not self._standing.doh_closed:
            return None
        how = detour(rules, host, request.path, question.headers)
        if not how:
            return None
        self._tell_bypass(question.line, how, host)
        return Refusal(Reason.BYPASS, how)

    def _is_unseen(self, line: Line, host: str) -> bool:
        """Whether what is no web traffic would pass a filter that is on.

        A browser asks a proxy for nothing else. Programs that do hide something in it, or send their first bytes one by
        one so that nobody sees what they are. A tunnel carries all that a phone does: there it passes.
        """
        rules = self._standing.rules(line.device())
        if not line.deliberate or rules.filtering is not Filtering.HIDE or not self._standing.doh_closed:
            return False
        answer = rules.profile.sites.answer(host)
        if answer is not None and not answer.blocked:
            return False
        self._tell_bypass(line, "raw", host)
        return True

    def _leads_past_us(self, flow: HTTPFlow, line: Line) -> bool:
        """Whether another proxy would connect to a port such as that of the pages.

        It may run on this machine; the pages would take it for somebody who sits there.
        """
        return line.upstream and flow.request.port == self._reserved.port

    # What is told

    def _note_use(self, device: str, question: _Question) -> None:
        if question.asked.document:
            self._telling.page(device, question.names.asked)
        now = time.monotonic()
        if question.asked.seen and now - question.line.used_at >= 1:
            question.line.used_at = now
            self._home.note_use(device)

    def _tell_closed(self, question: _Question, rules: Rules, found: Refusal) -> None:
        request = question.flow.request
        context = Context(
            url=request.pretty_url,
            page=request.headers.get("referer", ""),
            device=rules.device.key,
            profile=rules.profile.name,
            destination=question.asked.destination,
            site=question.names.site,
        )
        self._telling.closed(found.reason, context, question.names.asked, document=question.asked.document)

    def _tell_bypass(self, line: Line, how: str, host: str) -> None:
        self._telling.bypass(line.device().key, how, host)


def _greeted(context: Any, sni: str | None) -> str:
    """Whom a TLS hello is for."""
    address = context.server.address
    return of_connection(address[0] if address else "", sni)
