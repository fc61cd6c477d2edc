"""Searches are made safe in the request itself."""

from __future__ import annotations

import gzip

import pytest
from mitmproxy.http import Headers
from mitmproxy.test import tutils

from geacc_proxy.gateways.mitm.searching import is_engine, is_form, make_safe


@pytest.mark.parametrize(
    "host",
    [
        "www.google.com",
        "www.google.co.uk",
        "www.bing.com",
        "duckduckgo.com",
        "search.brave.com",
        "yandex.ru",
        "www.ecosia.org",
        "www.youtube.com",
    ],
)
def test_engines_are_known_and_other_hosts_cost_nothing(host: str) -> None:
    assert is_engine(host)
    assert not is_engine(f"{host}.example")


def test_several_cookie_headers_become_one_that_is_safe() -> None:
    headers = Headers([(b"cookie", b"a=b"), (b"cookie", b"SRCHHPGUSR=ADLT=OFF")])
    request = tutils.treq(path=b"/search?q=x", headers=headers)
    make_safe(request, "www.bing.com")

    assert request.headers.get_all("cookie") == ["a=b; SRCHHPGUSR=ADLT=STRICT"]
    assert request.path == "/search?q=x&adlt=strict"


def test_youtube_is_restricted_by_a_header() -> None:
    request = tutils.treq(path=b"/watch", headers=Headers([(b"YouTube-Restrict", b"None")]))
    make_safe(request, "www.youtube.com")

    assert request.headers.get_all("youtube-restrict") == ["Strict"]


def test_a_form_is_made_safe_whatever_it_is_packed_in() -> None:
    headers = Headers(content_encoding="gzip", content_type="application/x-www-form-urlencoded")
    request = tutils.treq(method=b"POST", path=b"/search", headers=headers, content=gzip.compress(b"q=x&adlt=off"))
    assert is_form(request)
    make_safe(request, "www.bing.com", form=True)

    assert request.raw_content == b"q=x&adlt=strict"
    assert "content-encoding" not in request.headers
    assert request.headers["content-length"] == str(len(request.raw_content))


def test_only_forms_are_forms() -> None:
    assert not is_form(tutils.treq(headers=Headers(content_type="application/x-www-form-urlencoded")))
    assert not is_form(tutils.treq(method=b"POST", headers=Headers(content_type="application/json")))
