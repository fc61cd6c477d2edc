"""Every hook of the home ends in a decision, whatever it is given."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from mitmproxy import dns
from mitmproxy.connection import Server
from mitmproxy.http import Headers, HTTPFlow
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow, tutils

from geacc_proxy.gateways.mitm.household import HouseholdTraffic
from geacc_proxy.gateways.mitm.reserved import TUNNEL_ADDRESS, Reserved
from geacc_proxy.gateways.mitm.visits import visit_of
from geacc_proxy.home.home import Home
from geacc_proxy.verdict import Context, Reason

from .house import NAME, Counted, a_device, a_home


@pytest.fixture
async def home() -> AsyncIterator[Home]:
    home = a_home(
        profile__child={
            "sites": {"block": ["bad.test"], "allow": ["work.test"]},
            "safe_search": True,
            "video": "block",
        },
        device__tablet=a_device("child", "127.0.0.1"),
    )
    yield home
    await home.close()


@pytest.fixture
def told() -> list[tuple[Reason, Context]]:
    return []


@pytest.fixture
def traffic(home: Home, told: list[tuple[Reason, Context]]) -> HouseholdTraffic:
    return HouseholdTraffic(
        home, Reserved(NAME, "", 8081), tally=Counted(), refused=lambda reason, context: told.append((reason, context))
    )


def a_flow(host: str = "good.test", mode: str = "regular", path: str = "/", **more: str) -> HTTPFlow:
    fields = Headers([(b"Host", host.encode()), *((k.replace("_", "-").encode(), v.encode()) for k, v in more.items())])
    request = tutils.treq(scheme=b"http", host=host, port=80, path=path.encode(), headers=fields, authority=b"")
    flow = tflow.tflow(req=request)
    flow.client_conn.proxy_mode = ProxyMode.parse(mode)
    flow.client_conn.peername, flow.client_conn.sockname = ("127.0.0.1", 40_000), ("127.0.0.1", 8080)
    flow.client_conn.sni = None
    return flow


def fails(*_: object, **__: object) -> Any:
    raise RuntimeError("a fault")


async def test_no_hook_raises_and_none_lets_through(traffic: HouseholdTraffic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic._lines, "of", fails)
    asked, connected = a_flow(), a_flow()
    client = tflow.tclient_conn()
    server = Server(address=("good.test", 80))
    assert traffic.requestheaders(asked) is traffic.http_connect(connected) is traffic.client_connected(client) is None
    traffic.server_connect(SimpleNamespace(server=server, client=client))  # type: ignore[arg-type]

    assert asked.response
    assert connected.response
    assert (asked.response.status_code, connected.response.status_code) == (503, 503)
    assert client.error
    assert server.error


async def test_a_response_that_cannot_be_looked_at_is_closed(
    traffic: HouseholdTraffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = a_flow()
    traffic.requestheaders(flow)
    flow.response = tutils.tresp()
    monkeypatch.setattr(traffic._standing, "rules", fails)
    traffic.responseheaders(flow)

    assert flow.response.status_code == 403
    assert callable(flow.response.stream)
    assert b"Closed" in flow.response.stream(b"what comes")  # type: ignore[operator]
    assert flow.response.stream(b"more") == b""  # type: ignore[operator]


async def test_a_video_is_stopped_as_it_comes(traffic: HouseholdTraffic, told: list[tuple[Reason, Context]]) -> None:
    flow = a_flow(path="/clip")
    traffic.requestheaders(flow)
    flow.response = tutils.tresp(headers=Headers(content_type="video/mp4", content_encoding="gzip", etag="x"))
    traffic.responseheaders(flow)

    assert flow.response.status_code == 403
    assert flow.response.headers["content-type"].startswith("text/plain")
    assert not {"content-encoding", "etag"} & {name.lower() for name in flow.response.headers}
    assert [reason for reason, _ in told] == [Reason.VIDEO]


async def test_quic_is_closed_so_that_a_browser_comes_by_tcp(traffic: HouseholdTraffic, home: Home) -> None:
    client = tflow.tclient_conn()
    client.transport_protocol = "udp"
    client.sockname = ("192.0.2.7", 443)
    with home.events.listening() as events:
        traffic.client_connected(client)
        traffic.client_connected(client)

    assert client.error
    assert events.qsize() == 1
    assert events.get_nowait().data["how"] == "quic"


async def test_the_pages_are_never_asked_for_through_another_proxy(traffic: HouseholdTraffic) -> None:
    """It may run on this machine, and the pages would take it for somebody who sits there."""
    mode = "upstream:http://127.0.0.1:3128"
    reserved, own, elsewhere = a_flow(NAME, mode), a_flow("127.0.0.1", mode), a_flow("pages.test", mode)
    own.request.data.port = elsewhere.request.data.port = 8081
    for flow in (reserved, own, elsewhere):
        flow.server_conn.via = ("http", ("127.0.0.1", 3128))
        traffic.requestheaders(flow)

    assert reserved.server_conn.via is own.server_conn.via is None
    assert reserved.server_conn.address == own.server_conn.address == ("127.0.0.1", 8081)
    assert elsewhere.response
    assert elsewhere.response.status_code == 403


@pytest.mark.parametrize("mode", ["socks5", "transparent", "wireguard"])
async def test_who_does_not_know_of_the_proxy_reaches_the_pages_by_name(traffic: HouseholdTraffic, mode: str) -> None:
    flow = a_flow("192.0.2.1", mode)
    flow.request.headers["host"] = NAME
    traffic.requestheaders(flow)

    assert (flow.request.host, flow.request.port, flow.response) == ("127.0.0.1", 8081, None)
    visit = visit_of(flow)
    assert visit is not None
    assert (visit.device, visit.site, visit.untouched) == ("tablet", NAME, True)


async def test_in_a_tunnel_the_reserved_name_has_an_address(traffic: HouseholdTraffic) -> None:
    for name, mode, answers in (
        (NAME.upper(), "wireguard", [TUNNEL_ADDRESS]),
        ("other.test", "wireguard", None),
        (NAME, "dns", None),
    ):
        flow = tflow.tdnsflow()
        flow.request.questions = [dns.Question(name, dns.types.A, dns.classes.IN)]
        flow.client_conn.proxy_mode = ProxyMode.parse(mode)
        flow.response = None
        traffic.own_names.dns_request(flow)
        found = None if flow.response is None else [str(record.ipv4_address) for record in flow.response.answers]
        assert found == answers


async def test_a_question_for_anything_but_an_ipv4_address_has_no_answers(traffic: HouseholdTraffic) -> None:
    flow = tflow.tdnsflow()
    flow.request.questions = [dns.Question(NAME, dns.types.HTTPS, dns.classes.IN)]
    flow.client_conn.proxy_mode = ProxyMode.parse("wireguard")
    traffic.own_names.dns_request(flow)

    assert flow.response
    assert (flow.response.answers, flow.response.response_code) == ([], dns.response_codes.NOERROR)


@pytest.mark.parametrize(
    ("mode", "passing"),
    [
        ("socks5", ["work.test"]),
        ("regular", ["work.test"]),
        ("wireguard", ["good.test", "work.test"]),
        ("transparent", ["good.test", "work.test"]),
    ],
)
async def test_what_is_no_web_traffic_passes_where_it_leads_past_no_filter(
    traffic: HouseholdTraffic, home: Home, mode: str, passing: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: list[str] = []
    monkeypatch.setattr(traffic._cutter, "cut", lambda line: cut.append(line.client.id))
    passed = []
    with home.events.listening() as events:
        for name in ("bad.test", "good.test", "work.test"):
            flow = tflow.ttcpflow()
            flow.client_conn.proxy_mode = ProxyMode.parse(mode)
            flow.client_conn.peername, flow.client_conn.sni = ("127.0.0.1", 40_000), None
            flow.server_conn = Server(address=(name, 5222))
            traffic.tcp_start(flow)
            if flow.client_conn.id not in cut:
                passed.append(name)

    assert passed == passing
    assert [events.get_nowait().data["how"] for _ in range(events.qsize())] == ["raw"] * (2 - len(passing))


async def test_a_fault_while_connections_are_looked_at_cuts_them(
    traffic: HouseholdTraffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = []
    flow = a_flow()
    traffic.requestheaders(flow)
    monkeypatch.setattr(traffic._cutter, "cut", cut.append)
    traffic.look_after_open_connections()
    assert cut == []
    monkeypatch.setattr(traffic._standing, "refusal", fails)
    traffic.look_after_open_connections()

    assert len(cut) == 1


async def test_a_connection_to_the_pages_of_who_knows_whom_is_not_the_machines_own(
    traffic: HouseholdTraffic, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(address=("127.0.0.1", 8081))
    server.peername, server.sockname = ("127.0.0.1", 8081), ("127.0.0.1", 50_000)
    monkeypatch.setattr(traffic._lines, "of", fails)
    traffic.server_connected(SimpleNamespace(server=server, client=tflow.tclient_conn()))  # type: ignore[arg-type]

    assert traffic.callers.address(("127.0.0.1", 50_000)) == ""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", socket.gethostname()])
async def test_the_proxys_own_address_leads_to_what_sets_a_device_up(traffic: HouseholdTraffic, host: str) -> None:
    flow = a_flow(host)
    flow.request.port = 8080
    traffic.requestheaders(flow)
    assert flow.response is not None
    assert (flow.response.status_code, flow.response.headers["location"]) == (302, f"http://{host}:8081/setup")


async def test_another_host_on_the_same_port_is_another_site(traffic: HouseholdTraffic) -> None:
    flow = a_flow("good.test")
    flow.request.port = 8080
    traffic.requestheaders(flow)
    assert flow.response is None
