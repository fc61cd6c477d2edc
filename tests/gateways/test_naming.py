"""What is certain of a site, and what is only said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from mitmproxy.http import Headers, Request
from mitmproxy.test import tutils

from geacc_proxy.gateways.mitm.naming import Named, named
from geacc_proxy.gateways.mitm.recognition import Line
from geacc_proxy.gateways.mitm.requests import folded


def a_request(host: str, *said: str, scheme: str = "https", **more: Any) -> Request:
    fields = Headers([(b"Host", header.encode()) for header in said])
    return tutils.treq(scheme=scheme.encode(), host=host, port=443 if scheme == "https" else 80, headers=fields, **more)


def a_line(sni: str | None = None, *, explicit: bool = True) -> Line:
    return cast(Line, SimpleNamespace(client=SimpleNamespace(sni=sni), explicit=explicit))


def read(request: Request, line: Line) -> Named | None:
    request.data.authority = request.data.authority if request.is_http2 else b""
    return named(request, folded(request.headers), line)


def test_where_all_say_the_same_it_is_certain() -> None:
    found = read(a_request("a.test", "A.test:443"), a_line("a.test"))

    assert found == Named("a.test", "a.test", ("a.test",))


@pytest.mark.parametrize("host", ["b.test", "B.test."])
def test_a_host_that_the_certificate_was_not_checked_for_makes_nothing_certain(host: str) -> None:
    found = read(a_request("a.test", host), a_line("a.test"))

    assert found == Named("", "b.test", ("a.test", "b.test"))


def test_the_certificate_counts_and_not_the_way_to_it() -> None:
    assert read(a_request("192.0.2.1", "a.test"), a_line("a.test", explicit=False)) == Named(
        "a.test", "a.test", ("a.test", "192.0.2.1")
    )
    assert read(a_request("b.test", "a.test"), a_line("a.test")) == Named("a.test", "a.test", ("a.test", "b.test"))


def test_without_a_name_in_the_hello_the_target_is_what_was_checked() -> None:
    assert read(a_request("a.test", "a.test"), a_line()) == Named("a.test", "a.test", ("a.test",))


def test_a_proxy_puts_the_host_header_right() -> None:
    request = a_request("a.test", "b.test", scheme="http")

    assert read(request, a_line()) == Named("a.test", "a.test", ("a.test",))
    assert request.headers["host"] == "a.test"


def test_nothing_is_certain_of_who_thinks_that_there_is_no_proxy() -> None:
    request = a_request("192.0.2.1", "a.test", scheme="http")

    assert read(request, a_line(explicit=False)) == Named("", "a.test", ("192.0.2.1", "a.test"))
    assert request.headers["host"] == "a.test"


@pytest.mark.parametrize("said", [("a.test", "b.test"), ("a.test, b.test",), ("a b",), ("http://a.test/",)])
def test_two_hosts_are_none(said: tuple[str, ...]) -> None:
    assert read(a_request("a.test", *said), a_line("a.test")) is None


def test_http_2_has_one_host() -> None:
    request = a_request("a.test", "c.test", http_version=b"HTTP/2.0", authority=b"b.test")
    found = read(request, a_line("a.test"))

    assert found == Named("", "b.test", ("a.test", "b.test"))
    assert "host" not in request.headers


def test_an_absolute_address_in_a_tunnel_is_dropped() -> None:
    request = a_request("a.test", "a.test")
    request.data.authority = b"b.test"

    assert named(request, folded(request.headers), a_line("a.test")) == Named("a.test", "a.test", ("a.test",))
    assert request.data.authority == b""
