"""Searches are safe, whatever a child writes into the address."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geacc_proxy.policy.safesearch import Change, enforce


def target_of(host: str, target: str, cookie: str = "") -> str:
    change = enforce(host, target, cookie=cookie)
    return target if change is None else change.target


@pytest.mark.parametrize(
    ("host", "target", "safe"),
    [
        ("www.google.com", "/search?q=cat", "/search?q=cat&safe=active&ssui=on"),
        ("www.google.com", "/", "/?safe=active&ssui=on"),
        ("www.google.com", "/webhp?hl=en", "/webhp?hl=en&safe=active&ssui=on"),
        ("google.de", "/search?q=cat&udm=2", "/search?q=cat&udm=2&safe=active&ssui=on"),
        ("www.google.co.uk", "/search?q=cat&tbm=isch", "/search?q=cat&tbm=isch&safe=active&ssui=on"),
        ("www.google.com.au", "/images?q=cat", "/images?q=cat&safe=active&ssui=on"),
        ("images.google.com", "/imghp", "/imghp?safe=active&ssui=on"),
        ("WWW.GOOGLE.CAT.", "/search?q=gat", "/search?q=gat&safe=active&ssui=on"),
        ("www.google.com", "/complete/search?client=x&q=ca", "/complete/search?client=x&q=ca&safe=active&ssui=on"),
        ("www.bing.com", "/search?q=cat", "/search?q=cat&adlt=strict"),
        ("bing.com", "/images/search?q=cat", "/images/search?q=cat&adlt=strict"),
        ("www.bing.com", "/images/async?first=1", "/images/async?first=1&adlt=strict"),
        ("tse1.mm.bing.net", "/th?q=cat", "/th?q=cat&adlt=strict"),
        ("duckduckgo.com", "/?q=cat&ia=images", "/?q=cat&ia=images&kp=1&p=1"),
        ("duckduckgo.com", "/i.js?o=json&q=cat&vqd=4-1", "/i.js?o=json&q=cat&vqd=4-1&kp=1&p=1"),
        ("duckduckgo.com", "/v.js?q=cat&p=-2", "/v.js?q=cat&kp=1&p=1"),
        ("html.duckduckgo.com", "/html/?q=cat", "/html/?q=cat&kp=1&p=1"),
        ("search.brave.com", "/images?q=cat", "/images?q=cat&safesearch=strict"),
        ("yandex.ru", "/search/?text=kot", "/search/?text=kot&family=yes&fyandex=1"),
        ("yandex.com.tr", "/images/search?text=kedi", "/images/search?text=kedi&family=yes&fyandex=1"),
        ("ya.ru", "/search?text=kot", "/search?text=kot&family=yes&fyandex=1"),
        ("www.ecosia.org", "/images?q=cat", "/images?q=cat"),
    ],
)
def test_a_search_gets_the_parameters_of_its_engine(host: str, target: str, safe: str) -> None:
    assert target_of(host, target) == safe


@pytest.mark.parametrize(
    ("target", "safe"),
    [
        ("/search?q=cat&safe=off", "/search?q=cat&safe=active&ssui=on"),
        ("/search?safe=off&q=cat", "/search?q=cat&safe=active&ssui=on"),
        ("/search?safe=active&q=cat&safe=off", "/search?safe=active&q=cat&ssui=on"),
        ("/search?safe=off&safe=images&q=cat", "/search?q=cat&safe=active&ssui=on"),
        ("/search?q=cat&SAFE=off&Ssui=off", "/search?q=cat&safe=active&ssui=on"),
        ("/search?q=cat&%73afe=off", "/search?q=cat&safe=active&ssui=on"),
        ("/search?q=cat&%2573%2561fe=off", "/search?q=cat&safe=active&ssui=on"),
        ("/search?q=cat&safe=%6fff", "/search?q=cat&safe=active&ssui=on"),
        ("/search?q=cat&safe", "/search?q=cat&safe=active&ssui=on"),
        ("/search?q=cat&+safe=off", "/search?q=cat&safe=active&ssui=on"),
        ("/search?q=cat&safe[]=off", "/search?q=cat&safe=active&ssui=on"),
        ("/search?q=cat;safe=off", "/search?q=cat&safe=active&ssui=on"),
        ("/search?q=cat#", "/search?q=cat&safe=active&ssui=on"),
        ("/search?q=cat#&safe=active&ssui=on", "/search?q=cat&safe=active&ssui=on"),
        ("/%73earch?tbm=isch", "/%73earch?tbm=isch&safe=active&ssui=on"),
        ("//search?tbm=isch", "//search?tbm=isch&safe=active&ssui=on"),
        ("/x/../search?tbm=isch", "/x/../search?tbm=isch&safe=active&ssui=on"),
        ("/elsewhere?safe=off", "/elsewhere?safe=active&ssui=on"),
        ("/elsewhere?as_q=cat", "/elsewhere?as_q=cat&safe=active&ssui=on"),
        ("/search?q=cat&", "/search?q=cat&safe=active&ssui=on"),
        ("/search?", "/search?safe=active&ssui=on"),
    ],
)
def test_a_child_does_not_get_round_it(target: str, safe: str) -> None:
    assert target_of("www.google.com", target) == safe


def test_what_is_safe_already_stays_as_it_is() -> None:
    assert enforce("www.google.com", "/search?ssui=on&q=a%20b&safe=active") is None


@pytest.mark.parametrize(
    ("host", "target"),
    [
        ("example.com", "/search?q=cat&safe=off"),
        ("www.google.com.evil.example", "/search?q=cat"),
        ("notgoogle.com", "/search?q=cat"),
        ("maps.google.com", "/search?q=cat"),
        ("www.google.com", "/gen_204?atyp=i"),
        ("mail.google.com", "/mail/u/0/"),
        ("yandex.ru", "/maps/?ll=1,2"),
        ("external-content.duckduckgo.com", "/iu/?u=https%3A%2F%2Fexample.com"),
        ("youtube.com.example", "/"),
    ],
)
def test_what_is_no_search_is_left_alone(host: str, target: str) -> None:
    assert enforce(host, target) is None


@pytest.mark.parametrize("q", ["cat+!safeoff", "!SafeOff%20cat", "cat%20safeoff%21"])
def test_the_word_that_switches_the_filter_off_is_taken_out(q: str) -> None:
    assert target_of("duckduckgo.com", f"/?q={q}") == "/?q=cat&kp=1&p=1"


def test_words_that_only_look_like_it_stay() -> None:
    assert target_of("duckduckgo.com", "/?q=is%20a!safeoffice+ok") == "/?q=is%20a!safeoffice+ok&kp=1&p=1"


@pytest.mark.parametrize(
    "host",
    [
        "youtube.com",
        "www.youtube.com",
        "m.youtube.com",
        "www.youtube-nocookie.com",
        "youtubei.googleapis.com",
        "youtube.googleapis.com",
    ],
)
def test_youtube_is_told_by_a_header(host: str) -> None:
    assert enforce(host, "/watch?v=x") == Change("/watch?v=x", (("YouTube-Restrict", "Strict"),))


@pytest.mark.parametrize(
    ("host", "before", "after"),
    [
        ("search.brave.com", "", "safesearch=strict"),
        ("search.brave.com", "a=1; safesearch=off; b=2", "a=1; safesearch=strict; b=2"),
        ("search.brave.com", "SafeSearch=off;safesearch=off", "SafeSearch=strict;safesearch=strict"),
        ("duckduckgo.com", "l=us-en; p=-2", "l=us-en; p=1"),
        ("www.bing.com", "MUID=1", "MUID=1; SRCHHPGUSR=ADLT=STRICT"),
        (
            "www.bing.com",
            "SRCHHPGUSR=SRCHLANG=en&ADLT=OFF&DM=1; MUID=1",
            "SRCHHPGUSR=SRCHLANG=en&ADLT=STRICT&DM=1; MUID=1",
        ),
        ("www.ecosia.org", "ECFG=l=de:f=n:fr=0", "ECFG=l=de:f=y:fr=0"),
        ("www.ecosia.org", "ECFG=l=de:fr=0", "ECFG=l=de:fr=0:f=y"),
        ("yandex.com", "yp=1716.sp.family%3A0#1685.szm.1:1920x1080; i=1", "yp=1685.szm.1:1920x1080; i=1"),
    ],
)
def test_the_cookie_that_holds_the_switch_is_put_right(host: str, before: str, after: str) -> None:
    change = enforce(host, "/search?x=1", cookie=before)
    assert change is not None
    assert dict(change.headers)["Cookie"] == after


@pytest.mark.parametrize(
    ("host", "cookie"),
    [
        ("search.brave.com", "a=1; safesearch=strict"),
        ("duckduckgo.com", "p=1"),
        ("www.bing.com", "SRCHHPGUSR=ADLT=STRICT&DM=1"),
        ("www.ecosia.org", "ECFG=f=y"),
        ("yandex.com", "yp=1685.szm.1"),
        ("www.google.com", "NID=1"),
    ],
)
def test_a_cookie_that_is_right_stays_as_it_is(host: str, cookie: str) -> None:
    assert enforce(host, "/elsewhere", cookie=cookie) is None


def test_a_form_is_put_right_like_an_address() -> None:
    change = enforce("html.duckduckgo.com", "/html/", cookie="p=1", form="q=cat+%21safeoff&kp=-2&b=")
    assert change == Change("/html/?kp=1&p=1", (), "q=cat&b=&kp=1&p=1")


def test_a_form_that_searches_makes_its_address_a_search() -> None:
    change = enforce("www.google.com", "/elsewhere", form="q=cat")
    assert change == Change("/elsewhere?safe=active&ssui=on", (), "q=cat&safe=active&ssui=on")


ENGINES = {
    "www.google.com": {"safe": "active", "ssui": "on"},
    "www.bing.com": {"adlt": "strict"},
    "duckduckgo.com": {"kp": "1", "p": "1"},
    "search.brave.com": {"safesearch": "strict"},
    "yandex.com": {"family": "yes", "fyandex": "1"},
}
NAMES = ["safe", "ssui", "adlt", "kp", "p", "safesearch", "family", "fyandex", "q", "text", "hl", "safely", ""]
VALUES = st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="%+=-_.~!*'()[]"), max_size=12)


def _cased(name: str) -> st.SearchStrategy[str]:
    encoded = "".join(f"%{ord(letter):02x}" for letter in name)
    return st.sampled_from([name, name.upper(), name.title(), encoded, f"%20{name}", name[:1] + encoded[3:]])


PIECES = st.builds(lambda name, value: f"{name}={value}", st.sampled_from(NAMES).flatmap(_cased), VALUES)


@given(st.sampled_from(sorted(ENGINES)), st.lists(PIECES, max_size=8), st.sampled_from(["", "#", "#x=1"]))
def test_of_any_search_nothing_but_the_safe_values_is_left(host: str, pieces: list[str], fragment: str) -> None:
    path = "/" if host == "duckduckgo.com" else "/search"
    target = target_of(host, f"{path}?{'&'.join(pieces)}{fragment}")
    asked = [(name.strip().lower(), value) for name, value in parse_qsl(urlsplit(target).query, keep_blank_values=True)]
    for name, value in ENGINES[host].items():
        assert [found for key, found in asked if key == name] == [value]


@given(st.sampled_from(sorted(ENGINES)), st.lists(PIECES, max_size=8))
def test_other_parameters_stay_byte_for_byte_and_in_order(host: str, pieces: list[str]) -> None:
    def others(query: str) -> list[str]:
        names = ENGINES[host]
        return [
            piece
            for piece in query.split("&")
            if piece and parse_qsl(f"{piece.partition('=')[0]}=1")[:1] not in [[(name, "1")] for name in names]
        ]

    plain = [piece for piece in pieces if not any(name in piece.lower() for name in ENGINES[host]) and "%" not in piece]
    target = target_of(host, f"/search?{'&'.join(plain)}")
    assert others(target.partition("?")[2]) == plain


@given(st.sampled_from(sorted(ENGINES)), st.lists(PIECES, max_size=8), st.text(max_size=20))
def test_what_was_changed_once_needs_no_other_change(host: str, pieces: list[str], path: str) -> None:
    first = enforce(host, f"/{path}?{'&'.join(pieces)}", cookie="a=1", form="&".join(pieces))
    if first is not None:
        cookie = dict(first.headers).get("Cookie", "a=1")
        assert enforce(host, first.target, cookie=cookie, form=first.form) is None
