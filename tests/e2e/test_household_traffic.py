"""A home behind a running proxy: devices, closed sites, and the pages by their reserved name."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme
from argon2 import PasswordHasher
from gateways.doors import BENIGN, MALIGN
from gateways.house import Clock, House, RefusedError, a_device, a_home, a_house
from gateways.phone import Phone
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded

from geacc_proxy.gateways.mitm import tunnels
from geacc_proxy.home import devices
from geacc_proxy.home.documents import Data, Kind
from geacc_proxy.home.events import Happening
from geacc_proxy.verdict import Reason

from .processes import free_port, running_geacc_proxy

pytestmark = [pytest.mark.xdist_group("household"), pytest.mark.timeout(120)]

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
PAGE = {"Sec_Fetch_Dest": "document", "Accept": "text/html"}
CHILD: Data = {
    "sites": {"block": ["bad.test", "192.0.2.7"], "allow": ["school.test"], "unfiltered": ["museum.test"]},
    "safe_search": True,
}
NIGHT: Data = CHILD | {"schedule": [{"days": [0], "start": "03:00", "end": "03:01"}]}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    clock = Clock()
    home = a_home(clock, profile__child=CHILD, device__tablet=a_device("child", "127.0.0.1"))
    with a_house(tmp_path_factory.mktemp("house"), home, clock) as house:
        yield house


@pytest.fixture
def house(running: House) -> House:
    """The same for all, as it was at the beginning."""
    running.keep(Kind.PROFILE, "child", CHILD)
    running.keep(Kind.DEVICE, "tablet", a_device("child", "127.0.0.1"))
    for kept in (running.seen, running.asked, running.told, running.door.told, running.tally.pages, running.tally.shut):
        kept.clear()
    return running


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# The pages


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("name", ["geacc.internal", "GEACC.Internal", "geacc.internal.", "geacc.internal:8443"])
def test_the_reserved_name_leads_to_the_pages_which_know_who_asks(house: House, scheme: str, name: str) -> None:
    host = name.partition(":")[0]
    with house.line(f"{scheme}://{name}/mine", sni=host.lower().removesuffix(".")) as line:
        reply = line.get(f"{scheme}://{name}/mine", X_Forwarded_For="192.168.1.99", Forwarded="for=192.168.1.99")

    assert (reply.status, reply.body) == (200, b"a page of ours for 127.0.0.1")
    behind, path, headers = house.asked[-1]
    assert (behind, path) == ("127.0.0.1", "/mine")
    assert headers["host"] == ("geacc.internal:8443" if "8443" in name else "geacc.internal")
    assert not {"x-forwarded-for", "forwarded"} & set(headers)


def test_the_pages_are_there_over_http_2(house: House) -> None:
    with house.line("https://geacc.internal/", alpn="h2") as line:
        status, body = _over_http_2(line.raw, "GEACC.internal", "/mine")

    assert (status, body) == (b"200", b"a page of ours for 127.0.0.1")
    assert house.asked[-1][2]["host"] == "geacc.internal"


def test_a_closed_site_is_closed_over_http_2(house: House) -> None:
    with house.line(f"https://bad.test:{house.secure}/", alpn="h2") as line:
        status, _ = _over_http_2(line.raw, "good.test", "/")

    assert status == b"403"
    assert house.seen == []


def _over_http_2(raw: socket.socket, authority: str, path: str) -> tuple[bytes, bytes]:
    """Status and body of one request."""
    connection = H2Connection()
    connection.initiate_connection()
    fields = [(":method", "GET"), (":scheme", "https"), (":authority", authority), (":path", path)]
    connection.send_headers(1, fields, end_stream=True)
    status, body = b"", b""
    while True:
        raw.sendall(connection.data_to_send())
        for event in connection.receive_data(raw.recv(65_535)):
            if isinstance(event, ResponseReceived):
                status = dict(event.headers)[b":status"]
            elif isinstance(event, DataReceived):
                body += event.data
            elif isinstance(event, StreamEnded):
                return status, body


def test_the_pages_know_the_device_of_a_connection_and_not_only_its_address(house: House) -> None:
    with house.line("http://geacc.internal/") as line:
        line.get("http://geacc.internal/")
        (peer,) = [place for place in house.traffic.callers._clients if house.traffic.callers.device(place)][-1:]

    assert house.call(lambda: house.traffic.callers.device(peer)) == "tablet"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST.", "127.1", "[::ffff:127.0.0.1]", "2130706433", "pages.test"]
)
def test_whatever_way_to_the_pages_goes_through_the_proxy_is_no_visit_of_the_machine_itself(
    house: House, host: str
) -> None:
    reply = house.get(f"http://{host}:{house.pages}/", Host="geacc.internal", X_Forwarded_For="10.0.0.1")

    assert reply.status == 200
    assert [behind for behind, _, _ in house.asked] == ["127.0.0.1"]


def test_a_tunnel_to_the_pages_is_no_visit_of_the_machine_itself(house: House) -> None:
    with socket.create_connection(("127.0.0.1", house.port), 20) as raw:
        raw.sendall(f"CONNECT 127.0.0.1:{house.pages} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert b" 200 " in raw.recv(1000)
        raw.sendall(b"GET /inside HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        while raw.recv(1000):
            pass

    assert [(behind, path) for behind, path, _ in house.asked] == [("127.0.0.1", "/inside")]


def test_who_asks_straight_is_behind_no_proxy(house: House) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", house.pages, timeout=20)
    connection.request("GET", "/", headers={"Connection": "close"})
    connection.getresponse().read()

    assert [behind for behind, _, _ in house.asked] == [None]


def test_who_was_behind_a_connection_is_known_after_it_has_gone(house: House) -> None:
    house.get("http://geacc.internal/")
    callers = house.traffic.callers
    until(lambda: callers._gone)
    place = next(iter(callers._gone))

    assert callers.address(place) == "127.0.0.1"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_live_pages_pass_as_they_come(house: House, scheme: str) -> None:
    with house.line(f"{scheme}://geacc.internal/events") as line:
        line.send(f"{scheme}://geacc.internal/events")
        came = b""
        while came.count(b"data:") < 3:
            came += line.raw.recv(1000)

    assert b"text/event-stream" in came


def test_pictures_of_the_pages_are_judged_in_the_self_test_alone(house: House) -> None:
    hidden = house.get("https://geacc.internal/self-test/malign.gif", Sec_Fetch_Dest="image")
    page = house.get("https://geacc.internal/static/malign.gif", Sec_Fetch_Dest="image")

    assert hidden.headers["content-type"] == "image/png"
    assert page.body == MALIGN
    (judged,) = house.door.told
    assert (judged[1].device, judged[1].url) == ("tablet", "https://geacc.internal/self-test/malign.gif")


def test_the_pages_are_open_when_everything_is_closed(house: House) -> None:
    house.keep(Kind.PROFILE, "child", NIGHT | {"daily_minutes": 0})

    assert house.get("https://geacc.internal/closed").status == 200
    assert house.get(f"http://127.0.0.1:{house.pages}/").status == 200


# Who asks


def test_pictures_are_judged_for_the_device_and_the_site_that_is_certain(house: House) -> None:
    house.get(f"https://plain.test:{house.secure}/malign", Sec_Fetch_Dest="image")

    ((_, context),) = house.door.told
    assert (context.device, context.site) == ("tablet", "plain.test")


# What is closed


@pytest.mark.parametrize("host", ["bad.test", "www.BAD.test", "bad.test."])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_closed_site_is_answered_by_the_page_that_says_why_and_is_never_asked(
    house: House, scheme: str, host: str
) -> None:
    url = f"{scheme}://{host}:{house.secure if scheme == 'https' else house.plain}/page?a=b"
    with house.line(url, sni=host.lower().removesuffix(".")) as line:
        page = line.get(url, **PAGE)
        part = line.get(url, Sec_Fetch_Dest="image")

    assert page.status == 302
    assert page.headers["cache-control"] == "no-store"
    goal = urlsplit(page.headers["location"])
    assert f"{goal.scheme}://{goal.netloc}{goal.path}" == "http://geacc.internal/closed"
    assert parse_qs(goal.query)["url"] == [url]
    assert (part.status, part.body) == (403, b"Closed: a parent has closed this site.\n")
    assert house.seen == []


def test_a_closed_site_leaves_one_line_for_a_page_and_one_for_all_its_parts(house: House) -> None:
    url = f"http://lines.bad.test:{house.plain}/"
    house.get(url, **PAGE)
    for number in range(3):
        house.get(f"{url}{number}.js", Sec_Fetch_Dest="script", Referer="http://good.test/")

    assert [(reason, context.url) for reason, context in house.told] == [
        (Reason.BLOCKED_SITE, url),
        (Reason.BLOCKED_SITE, f"{url}0.js"),
    ]
    assert all(context.device == "tablet" and context.profile == "child" for _, context in house.told)
    assert [(device, host) for device, host, _ in house.tally.shut] == [("tablet", "lines.bad.test")] * 2


def test_a_host_header_names_no_other_site_than_the_address(house: House) -> None:
    house.get(f"http://good.test:{house.plain}/", host="bad.test")

    assert [headers["host"] for _, headers in house.seen] == [f"good.test:{house.plain}"]


@pytest.mark.parametrize("header", ["bad.test", "BAD.test.", "bad.test:443"])
def test_no_closed_site_is_asked_for_inside_another_ones_tunnel(house: House, header: str) -> None:
    reply = house.get(f"https://good.test:{house.secure}/", host=header)

    assert reply.status == 403
    assert house.seen == []


def test_two_hosts_in_one_header_are_none(house: House) -> None:
    assert house.get(f"https://good.test:{house.secure}/", host="good.test, bad.test").status == 400


def test_an_absolute_address_inside_a_tunnel_is_no_way_to_another_site(house: House) -> None:
    reply = house.get(f"https://good.test:{house.secure}/", target="https://bad.test/x")

    assert reply.status == 200
    assert [target for target, _ in house.seen] == ["/x"]


def test_a_closed_name_in_the_tls_hello_is_closed(house: House) -> None:
    with house.line(f"https://good.test:{house.secure}/", sni="bad.test") as line:
        assert line.get(f"https://good.test:{house.secure}/").status == 403
    assert house.seen == []


def test_a_closed_target_is_closed_whatever_the_tls_hello_says(house: House) -> None:
    with house.line(f"https://bad.test:{house.secure}/", sni="good.test") as line:
        assert line.get("https://good.test/", host="good.test").status == 403
    assert house.seen == []


@pytest.mark.parametrize("host", ["192.0.2.7", "[::ffff:192.0.2.7]", "192.0.519", "0xc0000207"])
def test_a_closed_number_is_closed_in_whatever_spelling(house: House, host: str) -> None:
    assert house.get(f"http://{host}/").status == 403


def test_no_raw_tunnel_leads_to_a_closed_site(house: House) -> None:
    with socket.create_connection(("127.0.0.1", house.port), 20) as raw:
        raw.sendall(f"CONNECT bad.test:{house.plain} HTTP/1.1\r\n\r\n".encode())
        raw.recv(1000)
        raw.sendall(b"\x00\x01\x02 no web traffic")
        while raw.recv(1000):
            pass

    assert house.seen == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nobody_gets_past_the_filter_by_sending_the_first_byte_alone(house: House, scheme: str) -> None:
    """Of one byte nobody can tell what it begins."""
    port = house.secure if scheme == "https" else house.plain
    with socket.create_connection(("127.0.0.1", house.port), 20) as raw:
        raw.sendall(f"CONNECT good.test:{port} HTTP/1.1\r\n\r\n".encode())
        raw.recv(1000)
        raw.sendall(b"G" if scheme == "http" else b"\x16")
        time.sleep(0.2)
        with contextlib.suppress(ConnectionError):
            raw.sendall(b"ET /malign HTTP/1.1\r\nHost: good.test\r\n\r\n")
            assert MALIGN not in raw.recv(1000)


def test_a_site_is_not_trusted_because_a_header_says_so(house: House) -> None:
    lied = house.get(f"https://good.test:{house.secure}/malign", host="museum.test", Sec_Fetch_Dest="image")
    plain = house.get(f"http://good.test:{house.plain}/malign", host="museum.test", Sec_Fetch_Dest="image")

    assert lied.headers["content-type"] == plain.headers["content-type"] == "image/png"
    assert [context.site for _, context in house.door.told] == ["", "good.test"]


def test_a_parents_answer_works_at_once_and_on_the_open_connection(house: House) -> None:
    url = f"https://bad.test:{house.secure}/"
    with house.line(url) as line:
        assert line.get(url, **PAGE).status == 302
        house.keep(Kind.PROFILE, "child", {})
        assert line.get(url, **PAGE).body == b"<p>a page"


def test_closing_hours_end_what_is_under_way(house: House) -> None:
    url = f"https://good.test:{house.secure}/"
    school = f"https://school.test:{house.secure}/"
    with house.line(url) as line, house.line(url) as stream, house.line(school) as allowed:
        assert line.get(url).status == allowed.get(school).status == 200
        stream.send(f"{url}stream")
        stream.raw.recv(1000)
        house.keep(Kind.PROFILE, "child", NIGHT)
        refused = line.get(url)
        assert (refused.status, refused.body) == (403, b"Closed: the internet is closed at this hour.\n")
        house.call(house.traffic.look_after_open_connections)
        while stream.raw.recv(65536):
            pass
        assert allowed.get(school).status == 200


def test_time_that_is_used_up_closes(house: House) -> None:
    house.keep(Kind.PROFILE, "child", {"daily_minutes": 3})
    url = f"http://time.test:{house.plain}/"
    statuses = []
    for _ in range(5):
        statuses.append(house.get(url, **PAGE).status)
        house.clock.forward(minutes=1)
        house.call(house.traffic._standing.forget)
    assert statuses == [200, 200, 200, 302, 302]
    house.keep(Kind.PROFILE, "child", CHILD)


def test_pages_are_counted_and_parts_of_them_are_not(house: House) -> None:
    house.get(f"http://count.test:{house.plain}/", **PAGE)
    house.get(f"http://count.test:{house.plain}/a.js", Sec_Fetch_Dest="script")

    assert house.tally.pages == [("tablet", "count.test")]


# What is changed in requests


def test_searches_are_safe_by_address_and_by_form(house: House) -> None:
    host = f"www.bing.com:{house.plain}"
    house.get(f"http://{host}/search?q=a&adlt=off", Cookie="a=b")
    house.get(f"http://{host}/search", "POST", body=b"q=a&adlt=off", Content_Type="application/x-www-form-urlencoded")

    (asked, posted) = house.seen
    assert asked[0] == "/search?q=a&adlt=strict"
    assert "ADLT=STRICT" in asked[1]["cookie"]
    assert posted[1]["body"] == "q=a&adlt=strict"


def test_videos_play_where_a_parent_lets_them(house: House) -> None:
    house.keep(Kind.PROFILE, "child", {"video": "listed", "video_sites": ["school.test"]})
    url = f"http://videos.test:{house.plain}/video"

    assert house.get(url, Referer="http://school.test/").body == b"a video"
    assert house.get(url, Referer="http://other.test/").status == 403
    assert house.get(url, Sec_Fetch_Dest="video", Referer="http://other.test/").status == 403
    assert {reason for reason, _ in house.told} == {Reason.VIDEO}
    house.keep(Kind.PROFILE, "child", {"video": "listed", "video_sites": ["school.test"], "filtering": "monitor"})
    assert house.get(url, Referer="http://other.test/").body == b"a video"


def test_names_looked_up_over_https_are_closed_and_told_of(house: House) -> None:
    with _Told(house) as events:
        assert house.get(f"https://resolver.test:{house.secure}/dns-query?dns=AAAB").status == 403
        assert house.get(f"https://resolver.test:{house.secure}/dns-query?dns=AAAC").status == 403

    assert [(e["device"], e["how"], e["host"]) for e in events()] == [("tablet", "doh", "resolver.test")]
    house.keep(Kind.SETTING, "preferences", {"value": {"doh_closed": False}})
    assert house.get(f"https://resolver.test:{house.secure}/dns-query?dns=AAAB").status == 200
    house.keep(Kind.SETTING, "preferences", None)


def test_a_program_that_does_not_trust_the_certificate_is_told_of_once(house: House) -> None:
    distrustful = ssl.create_default_context()
    with _Told(house) as events:
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", house.port), 20) as raw:
                raw.sendall(f"CONNECT pinned.test:{house.secure} HTTP/1.1\r\n\r\n".encode())
                raw.recv(1000)
                with pytest.raises(ssl.SSLCertVerificationError):
                    distrustful.wrap_socket(raw, server_hostname="pinned.test")
        until(events)

    assert [(e["how"], e["host"]) for e in events()] == [("certificate", "pinned.test")]


class _Told:
    """Collects what is told of ways round the filter."""

    def __init__(self, house: House) -> None:
        self._house = house

    def __enter__(self) -> Callable[[], list[dict[str, Any]]]:
        self._listening = self._house.home.events.listening()
        queue = self._house.call(self._listening.__enter__)
        found: list[dict[str, Any]] = []

        def events() -> list[dict[str, Any]]:
            while not queue.empty():
                event = queue.get_nowait()
                if event.kind is Happening.BYPASS:
                    found.append(event.data)
            return found

        return events

    def __exit__(self, *_: object) -> None:
        self._house.call(lambda: self._listening.__exit__(None, None, None))


# Logins and ports of their own


@pytest.fixture
def with_logins(house: House) -> Iterator[House]:
    """Nobody knows the machine that asks; two children share it, and each has a login."""
    hashed = CHEAP.hash("right")
    house.keep(Kind.DEVICE, "tablet", None)
    house.keep(Kind.DEVICE, "shared", {"addresses": ["127.0.0.1"]})
    house.keep(Kind.DEVICE, "tom", a_device("child", login="tom"))
    house.keep(Kind.DEVICE, "anna", a_device("free", login="anna"))
    house.keep(Kind.PROFILE, "free", {})
    house.keep(Kind.SECRET, "login:tom", {"hash": hashed})
    house.keep(Kind.SECRET, "login:anna", {"hash": hashed})
    house.call(house.traffic._logins.forget)
    yield house
    for place in ("shared", "tom", "anna"):
        house.keep(Kind.DEVICE, place, None)
    for place in ("login:tom", "login:anna"):
        house.keep(Kind.SECRET, place, None)
    house.call(house.traffic._logins.forget)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_an_unknown_machine_must_log_in_where_there_are_logins(with_logins: House) -> None:
    url = f"http://good.test:{with_logins.plain}/"
    reply = with_logins.get(url)

    assert reply.status == 407
    assert reply.headers["proxy-authenticate"].startswith("Basic ")
    with pytest.raises(RefusedError) as refused:
        with_logins.get(f"https://good.test:{with_logins.secure}/")
    assert refused.value.args[0] == 407
    assert with_logins.seen == []
    assert with_logins.get("http://geacc.internal/").status == with_logins.get("https://geacc.internal/").status == 200


def test_who_logs_in_is_that_device_and_nobody_learns_the_password(with_logins: House) -> None:
    for scheme, port in (("http", with_logins.plain), ("https", with_logins.secure)):
        url = f"{scheme}://bad.test:{port}/"
        assert with_logins.get(url, login=basic("tom", "right")).status == 403
        assert with_logins.get(url, login=basic("anna", "right")).status == 200

    assert all("proxy-authorization" not in headers for _, headers in with_logins.seen)


@pytest.mark.parametrize("wrong", [basic("anna", "wrong"), basic("anna", ""), basic("nobody", "x"), "Basic %%", "x"])
def test_nobody_is_another_device_without_its_password(with_logins: House, wrong: str) -> None:
    assert with_logins.get(f"http://bad.test:{with_logins.plain}/", login=wrong).status == 407
    with pytest.raises(RefusedError):
        with_logins.get(f"https://bad.test:{with_logins.secure}/", login=wrong)
    assert with_logins.seen == []


def test_who_guesses_passwords_must_wait(with_logins: House) -> None:
    url = f"http://good.test:{with_logins.plain}/"
    for guess in range(10):
        with_logins.get(url, login=basic("anna", str(guess)))

    assert with_logins.get(url, login=basic("anna", "right")).status == 407


def test_a_password_that_was_right_ends_with_its_hash(with_logins: House) -> None:
    url = f"http://good.test:{with_logins.plain}/"
    assert with_logins.get(url, login=basic("anna", "right")).status == 200
    with_logins.keep(Kind.SECRET, "login:anna", {"hash": CHEAP.hash("other")})

    assert with_logins.get(url, login=basic("anna", "right")).status == 407


def test_a_port_of_its_own_makes_a_device(house: House) -> None:
    own, taken = free_port(), house.pages
    house.keep(Kind.DEVICE, "console", a_device("free", port=own))
    house.keep(Kind.PROFILE, "free", {})
    problems = house.do(house.gateway.listen_also([f"regular@{own}", f"regular@{taken}"]))
    try:
        assert list(problems) == [f"regular@{taken}"]
        assert house.get(f"http://bad.test:{house.plain}/", port=own).status == 200
        assert house.get(f"http://bad.test:{house.plain}/").status == 403
    finally:
        assert house.do(house.gateway.listen_also([])) == {}
        house.keep(Kind.DEVICE, "console", None)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", own), 5)


# Tunnels


@pytest.fixture
def phone(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Phone]:
    """A phone with a tunnel of its own."""
    monkeypatch.setattr(tunnels, "FIRST_PORT", free_port())
    house.keep(Kind.DEVICE, "phone", a_device("child"))
    tunnel = house.do(house.tunnels.open("parent", "phone"))
    assert house.do(house.doorways.follow()) == {}
    phone = Phone(tunnel.private_key, tunnel.peer_public_key, tunnel.port)
    yield phone
    phone.close()
    house.do(house.tunnels.close("parent", "phone"))
    house.do(house.doorways.follow())
    house.keep(Kind.DEVICE, "phone", None)


def page(host: str, path: str = "/") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\nConnection: close\r\n\r\n".encode()


def test_a_tunnel_leads_to_the_pages_by_the_reserved_name(house: House, phone: Phone) -> None:
    (address,) = phone.look_up("GEACC.internal")
    came = phone.get(address, 80, page("geacc.internal", "/mine"))

    assert came.startswith(b"HTTP/1.1 200")
    assert [(path, headers["host"]) for _, path, headers in house.asked] == [("/mine", "geacc.internal")]


def test_who_comes_by_a_tunnel_is_its_device(house: House, phone: Phone) -> None:
    closed = phone.get("127.0.0.1", house.plain, page("bad.test"))
    opened = phone.get("127.0.0.1", house.plain, page("good.test", "/malign"))

    assert closed.startswith(b"HTTP/1.1 302")
    assert b"image/png" in opened
    assert [context.device for _, context in (*house.told, *house.door.told)] == ["phone", "phone"]


def test_a_tunnel_reaches_the_pages_as_itself_by_any_address(house: House, phone: Phone) -> None:
    with _Devices(house) as behind:
        phone.get("127.0.0.1", house.pages, page("127.0.0.1"))

    assert behind == ["phone"]


def test_quic_in_a_tunnel_is_told_of(house: House, phone: Phone) -> None:
    with _Told(house) as events:
        phone.send_datagram("192.0.2.1", 443, b"\xc0" + bytes(1_199))
        until(events)

    assert [(event["device"], event["how"], event["host"]) for event in events()] == [("phone", "quic", "192.0.2.1")]


def test_a_tunnel_ends_with_its_keys(house: House, phone: Phone) -> None:
    before = house.tunnels.of("phone")
    after = house.do(house.tunnels.open("parent", "phone"))
    house.do(house.doorways.follow())

    assert before is not None
    assert (after.port, after.private_key != before.private_key) == (before.port, True)
    with pytest.raises(TimeoutError):
        Phone(before.private_key, before.peer_public_key, before.port, patience=0.5)
    Phone(after.private_key, after.peer_public_key, after.port).close()


class _Devices:
    """Collects which devices the pages see."""

    def __init__(self, house: House) -> None:
        self._callers = house.traffic.callers
        self._connected = self._callers.connected
        self.found: list[str | None] = []

    def __enter__(self) -> list[str | None]:
        def connected(peer: Any, own: Any, caller: Any) -> None:
            self._connected(peer, own, caller)
            self.found.append(self._callers.device(own))

        self._callers.connected = connected  # type: ignore[method-assign]
        return self.found

    def __exit__(self, *_: object) -> None:
        self._callers.connected = self._connected  # type: ignore[method-assign]


# Who does not say whom they want


@pytest.fixture(scope="class")
def behind_socks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    clock = Clock()
    home = a_home(clock, profile__child=CHILD, device__tablet=a_device("child", "127.0.0.1"))
    with a_house(tmp_path_factory.mktemp("house"), home, clock, "socks5") as house:
        yield house


@pytest.fixture
def socks(behind_socks: House) -> House:
    behind_socks.keep(Kind.PROFILE, "child", CHILD)
    for kept in (behind_socks.seen, behind_socks.asked, behind_socks.told):
        kept.clear()
    return behind_socks


class TestBySocks:
    """A proxy of its own, for mitmproxy knows one at a time: it is gone before the next test."""

    def test_the_pages_are_there_too(self, socks: House) -> None:
        with socks.socks("geacc.internal", 443, sni="geacc.internal") as line:
            assert line.get("https://geacc.internal/mine").status == 200
            assert line.get("https://geacc.internal/mine").status == 200
        with socks.socks("geacc.internal", 80) as line:
            assert line.get("http://geacc.internal/", target="/").status == 200
        with socks.socks("127.0.0.1", socks.pages) as line:
            assert line.get("http://127.0.0.1/", target="/").status == 200

        assert [(behind, headers["host"]) for behind, _, headers in socks.asked] == [
            *[("127.0.0.1", "geacc.internal")] * 3,
            ("127.0.0.1", "127.0.0.1"),
        ]

    def test_a_closed_site_says_why_and_opens_at_once(self, socks: House) -> None:
        url = f"https://bad.test:{socks.secure}/"
        with socks.socks("bad.test", socks.secure, sni="bad.test") as line:
            assert line.get(url, **PAGE).status == 302
            assert socks.seen == []
            socks.keep(Kind.PROFILE, "child", {})
            assert line.get(url, **PAGE).body == b"<p>a page"

    def test_what_is_no_web_traffic_is_closed_too(self, socks: House) -> None:
        with socks.socks("bad.test", socks.plain) as line:
            line.raw.sendall(b"\x00\x01\x02 no web traffic")
            while line.raw.recv(1000):
                pass
        assert socks.seen == []


def test_a_site_opens_at_once_whatever_way_a_connection_was_made(house: House) -> None:
    url = f"https://good.test:{house.secure}/"
    with house.line(url, sni="bad.test") as line:
        assert line.get(url, host="bad.test").status == 403
        house.keep(Kind.PROFILE, "child", {})
        assert line.get(url, host="bad.test").status == 200


# Faults


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_fault_of_ours_lets_nothing_through(house: House, scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"{scheme}://faulty.test:{house.secure if scheme == 'https' else house.plain}/benign"

    def fails(*_: object) -> None:
        raise RuntimeError("a fault")

    with house.line(url) as line:
        monkeypatch.setattr(house.home, "rules_of", fails)
        house.call(house.traffic._standing.forget)
        reply = line.get(url, Sec_Fetch_Dest="image")

    assert (reply.status, len(reply.body.splitlines())) == (503, 1)
    assert house.seen == []


def test_what_is_open_passes_byte_for_byte(house: House) -> None:
    assert house.get(f"https://good.test:{house.secure}/benign", Sec_Fetch_Dest="image").body == BENIGN
    assert house.do(devices.pause(house.home, "parent", 5, "tablet"))
    assert house.get(f"https://bad.test:{house.secure}/malign", Sec_Fetch_Dest="image").status == 200


def test_the_running_program_takes_nobody_behind_the_proxy_for_the_machine_itself(tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "origins.pem"))
    with running_geacc_proxy(tmp_path, tmp_path / "origins.pem") as proxy:
        straight = _status(proxy.admin_port, "/devices")
        roundabout = [
            _status(proxy.port, f"http://{host}/devices")
            for host in (f"127.0.0.1:{proxy.admin_port}", f"localhost:{proxy.admin_port}", "geacc.internal")
        ]
        context = ssl.create_default_context(cafile=str(proxy.ca_file))
        tunnel = http.client.HTTPSConnection("127.0.0.1", proxy.port, timeout=30, context=context)
        tunnel.set_tunnel("geacc.internal", 443)
        tunnel.request("GET", "/setup", headers={"Connection": "close"})
        answer = tunnel.getresponse()

        assert (straight, roundabout) == (200, [303, 303, 303])
        assert (answer.status, b"geacc" in answer.read()) == (200, True)


def _status(port: int, target: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", target, headers={"Connection": "close"})
    return connection.getresponse().status
