"""Ways round the filter are known."""

from __future__ import annotations

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.policy.bypass import CANARY_HOSTS, DOH_HOSTS, RELAY_HOSTS, is_doh, is_relay
from geacc_proxy.policy.sites import host_of


@pytest.mark.parametrize(
    "host",
    [
        "chrome.cloudflare-dns.com",
        "mozilla.cloudflare-dns.com",
        "dns.google",
        "dns64.dns.google",
        "dns.quad9.net",
        "chromium.dns.nextdns.io",
        "firefox.dns.nextdns.io",
        "dns.adguard-dns.com",
        "doh.opendns.com",
        "doh.cleanbrowsing.org",
        "1.1.1.1",
        "[2606:4700:4700::1111]",
        "use-application-dns.net",
        "DNS.Google.",
    ],
)
def test_a_known_server_is_one_whatever_is_asked_of_it(host: str) -> None:
    assert is_doh(host, "/")


@pytest.mark.parametrize(
    ("path", "content_type", "accept"),
    [
        ("/dns-query", "", ""),
        ("/dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB", "", ""),
        ("/DNS-Query/", "", ""),
        ("/dns%2dquery", "", ""),
        ("//dns-query", "", ""),
        ("/dns-query/my-device", "", ""),
        ("/1a2b3c/dns-query", "", ""),
        ("/secret", "application/dns-message", ""),
        ("/secret", "Application/DNS-Message; x=1", ""),
        ("/secret?dns=AAAB", "", "application/dns-message"),
        ("/secret?name=example.com", "", "text/html, application/dns-json;q=0.9"),
        ("/proxy", "application/oblivious-dns-message", ""),
    ],
)
def test_a_look_up_at_an_unknown_server_is_told_by_its_form(path: str, content_type: str, accept: str) -> None:
    assert is_doh("resolver.example", path, content_type, accept)


@pytest.mark.parametrize(
    ("host", "path", "content_type", "accept"),
    [
        ("example.com", "/", "", "text/html,application/xhtml+xml,*/*;q=0.8"),
        ("www.google.com", "/search?q=dns-query", "", ""),
        ("example.com", "/blog?url=/dns-query", "application/json", ""),
        ("example.com", "/dns-query-explained", "", ""),
        ("nextdns.io", "/", "", ""),
        ("www.cloudflare.com", "/", "", ""),
        ("www.icloud.com", "/", "", ""),
    ],
)
def test_what_is_no_look_up_is_none(host: str, path: str, content_type: str, accept: str) -> None:
    assert not is_doh(host, path, content_type, accept)


def test_relays_are_known() -> None:
    assert is_relay("mask.icloud.com")
    assert is_relay("mask-h2.icloud.com")
    assert not is_relay("www.icloud.com")


def test_every_host_in_the_lists_is_written_as_it_is_asked_for() -> None:
    def is_plain(host: str) -> bool:
        try:
            return host_of(host) == host
        except UsageError:
            return False

    assert [host for hosts in (DOH_HOSTS, CANARY_HOSTS, RELAY_HOSTS) for host in hosts if not is_plain(host)] == []
