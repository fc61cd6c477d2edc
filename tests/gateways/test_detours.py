"""Ways round the filter, and what only looks like one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from geacc_proxy.gateways.mitm.detours import detour
from geacc_proxy.policy.device import Device
from geacc_proxy.policy.house import House, Rules
from geacc_proxy.policy.profile import ADULT, UNDER_12, Profile, Strictness
from geacc_proxy.policy.sites import HostSet, SiteRules


def rules(profile: Profile = UNDER_12) -> Rules:
    return House(profiles={profile.name: profile}).rules(Device("d", profile=profile.name), datetime.now(UTC))


@pytest.mark.parametrize(
    ("host", "path", "headers", "how"),
    [
        ("dns.google", "/", {}, "doh"),
        ("mask.icloud.com", "/", {}, "relay"),
        ("example.com", "/dns-query?dns=AAAB", {}, "doh"),
        ("example.com", "/%64ns-query", {}, "doh"),
        ("example.com", "/x", {b"accept": b"application/dns-message"}, "doh"),
        ("example.com", "/x", {b"content-type": b"application/DNS-message"}, "doh"),
        ("example.com", "/how-dns-works", {b"accept": b"text/html"}, ""),
        ("example.com", "/a%20b", {}, ""),
    ],
)
def test_a_way_round_is_known(host: str, path: str, headers: dict[bytes, bytes], how: str) -> None:
    assert detour(rules(), host, path, headers) == how


def test_where_nothing_is_filtered_there_is_nothing_to_go_round() -> None:
    assert detour(rules(ADULT), "dns.google", "/dns-query", {}) == ""


def test_a_site_that_a_parent_allows_is_no_way_round() -> None:
    allowed = Profile("p", Strictness.STRICT, sites=SiteRules(allow=HostSet(["dns.google"])))

    assert detour(rules(allowed), "dns.google", "/dns-query", {}) == ""
