"""Hosts as people write them, sets of hosts, and a profile's lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geacc_proxy.exceptions import UsageError
from geacc_proxy.policy.sites import HostSet, SiteAnswer, SiteRules, host_of


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("example.com", "example.com"),
        ("  EXAMPLE.com.\n", "example.com"),
        ("https://www.Example.com/path?q=1#there", "www.example.com"),
        ("http://somebody:secret@example.com:8080/", "example.com"),
        ("//example.com/x", "example.com"),
        ("example.com/path", "example.com"),
        ("example.com:8080", "example.com"),
        ("example.com\\path", "example.com"),
        ("*.example.com", "example.com"),
        (".example.com", "example.com"),
        ("*.ru", "ru"),
        ("localhost:3000", "localhost"),
        ("under_score.example", "under_score.example"),
        ("192.168.1.5", "192.168.1.5"),
        ("http://192.168.1.5:8000/", "192.168.1.5"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("https://[2001:DB8::1]:443/", "2001:db8::1"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("MÜNCHEN.DE", "xn--mnchen-3ya.de"),
        ("mu\u0308nchen.de", "xn--mnchen-3ya.de"),
        ("straße.de", "xn--strae-oqa.de"),  # browsers ask for this one, not for strasse.de
        ("例え。jp", "xn--r8jz45g.jp"),
        ("I❤️.ws", "xn--i-7iq.ws"),
        ("ΟΔΟΣ.gr", host_of("οδοσ.gr")),
        ("xn--mnchen-3ya.de", "xn--mnchen-3ya.de"),
        ("ｅｘａｍｐｌｅ.com", "example.com"),
    ],
)
def test_what_a_person_types_is_read_as_a_host(text: str, host: str) -> None:
    assert host_of(text) == host


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "*",
        "*.",
        "a b.com",
        "a..b",
        "-a.com",
        "a-.com",
        "a%20.com",
        "a.com:port",
        "http://",
        ":80",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "0x7f.1",
        "*.1.2.3.4",
        "fe80::1%eth0",
        "http://[::1",
        "http://[example.com]/",
        "mailto:someone@example.com",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "exa\u2028mple.com",
        "exam<ple>.com",
        "a" * 64 + ".com",
        "a." * 127 + "com",
        "ü" * 60 + ".de",
        "x" * 100_000,
    ],
)
def test_what_is_no_host_is_refused_in_one_short_line(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        host_of(text)
    assert "\n" not in str(caught.value)
    assert "\u2028" not in str(caught.value)


def test_a_name_without_its_ending_is_not_taken_for_a_site() -> None:
    with pytest.raises(UsageError, match=r"write it with its ending: youtube\.com"):
        host_of("YouTube")


@given(st.text())
def test_any_text_is_a_plain_host_or_refused(text: str) -> None:
    try:
        host = host_of(text)
    except UsageError:
        return
    assert host.isascii()
    assert host == host.lower()
    assert not set(host) & set("/?#@[]%* ")


def test_a_set_covers_its_hosts_and_all_below_them() -> None:
    hosts = HostSet(["example.com", "mail.example.com", "192.0.2.7", "2001:db8::1", "ru"])
    assert hosts.covers("example.com") == "example.com"
    assert hosts.covers("www.Example.COM.") == "example.com"
    assert hosts.covers("a.mail.example.com") == "mail.example.com"
    assert hosts.covers("notexample.com") is None
    assert hosts.covers("example.com.evil.net") is None
    assert hosts.covers("192.0.2.7") == "192.0.2.7"
    assert hosts.covers("[2001:DB8::1]") == "2001:db8::1"
    assert hosts.covers("mail.ru") == "ru"
    assert hosts.covers("") is None
    assert HostSet().covers("example.com") is None


def test_a_number_is_below_nothing() -> None:
    assert HostSet(["2.7", "7"]).covers("192.0.2.7") is None


def test_a_set_is_counted_and_listed_in_order_and_equals_its_like() -> None:
    hosts = HostSet(["b.example", "a.example", "b.example"])
    assert len(hosts) == 2
    assert list(hosts) == ["a.example", "b.example"]
    assert hosts == HostSet(iter(["a.example", "b.example"]))
    assert hash(hosts) == hash(HostSet(["a.example", "b.example"]))


def rules(allow: list[str], block: list[str]) -> SiteRules:
    return SiteRules(allow=HostSet(allow), block=HostSet(block))


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("school.example", SiteAnswer(False, "school.example")),
        ("games.school.example", SiteAnswer(True, "games.school.example")),
        ("chess.games.school.example", SiteAnswer(False, "chess.games.school.example")),
        ("both.example", SiteAnswer(True, "both.example")),
        ("www.both.example", SiteAnswer(True, "both.example")),
        ("elsewhere.example", None),
    ],
)
def test_the_entry_nearest_to_a_host_decides_and_blocking_wins_a_tie(host: str, answer: SiteAnswer | None) -> None:
    lists = rules(
        ["school.example", "chess.games.school.example", "both.example"], ["games.school.example", "both.example"]
    )
    assert lists.answer(host) == answer


def test_an_unfiltered_site_is_not_thereby_allowed() -> None:
    lists = SiteRules(unfiltered=HostSet(["pictures.example"]), block=HostSet(["pictures.example"]))
    assert lists.answer("pictures.example") == SiteAnswer(True, "pictures.example")
    assert lists.unfiltered.covers("www.pictures.example") == "pictures.example"


def test_lists_that_are_written_are_read_again() -> None:
    lists = SiteRules(HostSet(["a.example", "localhost"]), HostSet(["ru", "2001:db8::1"]), HostSet(["192.0.2.7"]))
    assert lists.to_data() == {
        "allow": ["a.example", "localhost"],
        "block": ["2001:db8::1", "*.ru"],
        "unfiltered": ["192.0.2.7"],
    }
    assert SiteRules.from_data(lists.to_data()) == lists


def test_lists_are_read_as_people_type_them_and_may_be_missing() -> None:
    assert SiteRules.from_data({"block": ["https://Games.example/play"]}) == rules([], ["games.example"])
    assert SiteRules.from_data({}) == SiteRules()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "is not of the form"),
        ({"blocked": []}, "is not of the form"),
        ({1: []}, "is not of the form"),
        ({"block": "a.example"}, "the site lists, block: 'a.example' is no list of sites"),
        ({"block": [1]}, "the site lists, block: .* is no list of sites"),
        ({"allow": ["a.example", "a b"]}, "the site lists, allow, entry 2: 'a b' names no site"),
    ],
)
def test_bad_lists_are_refused_in_one_line_that_says_where(data: object, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        SiteRules.from_data(data)
    assert "\n" not in str(caught.value)
