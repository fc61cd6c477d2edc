"""Block lists in the forms that people keep them in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geacc_proxy.policy.blocklists import BlockList, Names, key_of, parse

HOSTS_FILE = """\
# A hosts file
127.0.0.1 localhost
127.0.0.1 localhost.localdomain
255.255.255.255 broadcasthost
::1 localhost
::1 ip6-localhost ip6-loopback
fe80::1%lo0 localhost
ff02::1 ip6-allnodes
0.0.0.0 0.0.0.0

0.0.0.0 bad.example # why
127.0.0.1\tWORSE.example.\tworst.example
:: six.example
::1 seven.example
0 zero.example
192.168.1.5 nas.home.example
"""


def test_a_hosts_file_blocks_its_names_and_nothing_below_them() -> None:
    listed = parse(HOSTS_FILE.splitlines(keepends=True))
    for name in ("bad", "worse", "worst", "six", "seven", "zero"):
        assert listed.covers(f"{name}.example") == f"{name}.example"
    assert listed.covers("www.bad.example") is None
    assert listed.covers("localhost") is None
    assert listed.covers("nas.home.example") is None
    assert (listed.rules, listed.skipped) == (6, 1)


def test_a_name_on_its_own_line_blocks_what_is_below_it_too() -> None:
    listed = parse(
        [
            "bad.example",
            "  Worse.Example.  ",
            "*.wild.example",
            ".dot.example",
            "192.0.2.7",
            "2001:DB8::1",
            "bücher.example",
        ]
    )
    assert listed.covers("bad.example") == "bad.example"
    assert listed.covers("www.BAD.example.") == "bad.example"
    assert listed.covers("a.worse.example") == "worse.example"
    assert listed.covers("a.b.wild.example") == "wild.example"
    assert listed.covers("192.0.2.7") == "192.0.2.7"
    assert listed.covers("[2001:db8::1]") == "2001:db8::1"
    assert listed.covers("xn--bcher-kva.example") == "xn--bcher-kva.example"
    assert listed.covers("good.example") is None
    assert listed.covers("a.dot.example") == "dot.example"
    assert (listed.rules, listed.skipped) == (7, 0)


@pytest.mark.parametrize(
    "rule",
    [
        "||bad.example^",
        "||bad.example",
        "||bad.example^|",
        "||BAD.example^",
        "||*.bad.example^",
        "||bad.example^$document",
        "||bad.example^$doc,all",
        "||bad.example^$important",
        "||bad.example^$important,document",
    ],
)
def test_a_rule_for_a_whole_domain_blocks_it(rule: str) -> None:
    listed = parse([rule])
    assert listed.covers("www.bad.example") == "bad.example"
    assert (listed.rules, listed.skipped) == (1, 0)


def test_a_rule_may_block_a_top_level_domain_but_a_stray_word_does_not() -> None:
    listed = parse(["||zip^", "*.mov", "com", "Title"])
    assert listed.covers("invoice.zip") == "zip"
    assert listed.covers("film.mov") == "mov"
    assert listed.covers("example.com") is None
    assert listed.skipped == 2


@pytest.mark.parametrize(
    "rule",
    [
        "||bad.example/ads/",
        "||bad.example/ads/*.gif^",
        "||bad.example^$third-party",
        "||bad.example^$script,image",
        "||bad.example^$important,third-party",
        "||bad.example^$domain=good.example",
        "||bad.example^$~third-party",
        "||bad.example^$badfilter",
        "||bad.example^$dnsrewrite=127.0.0.1",
        "||bad.example^$denyallow=good.example",
        "||bad.example^$",
        "||bad.",
        "||bad.example.",
        "||bad",
        "||bad.*^",
        "||bad*.example^",
        "||bad.example:8080^",
        "||bad.example?x=1",
        "|https://bad.example/",
        "bad.example##.advert",
        "bad.example#@#.advert",
        "bad.example,worse.example##div > a",
        "@@||bad.example/player.js",
        "@@||bad.example^$script",
        "@@bad.example",
        "/bad[.]example/",
        "&advert=",
        "-banner-300x250.",
        "http://bad.example/",
        "https://bad.example",
        "bad.example/path",
        "bad.example:8080",
        "bücher.example/bad",
        "address=/bad.example/0.0.0.0",
        "bad.example worse.example",
        "10.0.0.1 bad.example",
        "bad..example",
        "1.2.3",
        "x" * 300 + ".example",
        "<a href=x>",
        '{"bad.example": 1}',
        "\ud800.example",
    ],
)
def test_what_means_less_than_a_domain_is_counted_and_left_out(rule: str) -> None:
    listed = parse([rule])
    assert (listed.rules, listed.skipped) == (0, 1)
    assert listed == BlockList(skipped=1)
    assert listed.covers("bad.example") is None


@pytest.mark.parametrize(
    "line", ["", "   ", "!", "! Title: x", "# bad.example", "##.advert", "[Adblock Plus 2.0]", "\0"]
)
def test_what_says_nothing_is_not_counted(line: str) -> None:
    assert parse([line]) == BlockList()


def test_an_exception_opens_a_domain_whatever_else_the_list_says() -> None:
    listed = parse(["||bad.example^", "0.0.0.0 cdn.bad.example", "@@||cdn.bad.example^", "||x.cdn.bad.example^"])
    assert listed.covers("bad.example") == "bad.example"
    assert listed.covers("cdn.bad.example") is None
    assert listed.covers("x.cdn.bad.example") is None
    assert listed.rules == 4


def test_an_important_rule_is_not_undone_by_an_exception() -> None:
    listed = parse(["||bad.example^$important", "@@||bad.example^$document"])
    assert listed.covers("www.bad.example") == "bad.example"


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm() -> None:
    listed = parse("\ufeff! Title\r\n0.0.0.0 bad.example\r\n||worse.example^\r\n".splitlines(keepends=True))
    assert listed.covers("bad.example") == "bad.example"
    assert listed.covers("worse.example") == "worse.example"
    assert parse(["\ufeffbad.example\r\n"]).covers("bad.example") == "bad.example"
    assert listed.skipped == 0


def test_a_name_that_comes_twice_is_kept_once() -> None:
    listed = parse(["||bad.example^", "bad.example", "||bad.example^"])
    assert listed.rules == 3
    assert len(listed.domains) == 1


def test_a_host_that_is_none_is_not_covered() -> None:
    listed = parse(["||bad.example^"])
    assert [listed.covers(host) for host in ("", ".", "\ud800", "ü.example")] == [None] * 4


def test_a_hundred_thousand_names_take_eight_bytes_each() -> None:
    listed = parse(f"0.0.0.0 name-{number}.example" for number in range(100_000))
    assert len(listed.hosts) == listed.rules == 100_000
    assert listed.covers("name-99999.example") == "name-99999.example"
    assert listed.covers("name-100000.example") is None


NAMES = st.from_regex(r"[a-z]{1,3}(\.[a-z]{1,2}){1,2}", fullmatch=True)


@given(st.lists(NAMES), NAMES)
def test_a_set_has_what_was_put_into_it_and_nothing_else(names: list[str], other: str) -> None:
    kept = Names(map(key_of, names))
    assert all(name in kept for name in names)
    assert (other in kept) == (other in names)
    assert kept == Names(map(key_of, reversed(names)))
    assert hash(kept) == hash(Names(map(key_of, set(names))))


@given(st.lists(NAMES), NAMES)
def test_a_host_is_covered_if_and_only_if_a_domain_above_it_is_listed(names: list[str], host: str) -> None:
    above = [name for name in names if host == name or host.endswith(f".{name}")]
    assert parse(names).covers(host) == max(above, key=len, default=None)


@given(st.lists(st.text()))
def test_any_text_can_be_read(lines: list[str]) -> None:
    listed = parse(lines)
    assert listed.rules >= 0
    assert listed.skipped <= len(lines)
