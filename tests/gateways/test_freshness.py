"""How long a response may be used without asking its origin."""

from email.utils import formatdate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geacc_proxy.gateways.mitm.freshness import (
    asked_each_time,
    born,
    fresh_until,
    used_unasked,
    wants_news,
)

NOW = 1_700_000_000.0
DAY = 86_400


def at(offset: float) -> str:
    return formatdate(NOW + offset, usegmt=True)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"cache-control": "max-age=60"}, 60),
        ({"cache-control": 'MAX-AGE="60"'}, 60),
        ({"cache-control": "max-age=60, max-age=9000"}, 60),
        ({"cache-control": "public, max-age=60", "age": "20"}, 40),
        ({"cache-control": "max-age=60", "age": "90"}, -30),
        ({"cache-control": "max-age=60", "date": at(-20)}, 40),
        ({"cache-control": "max-age=60", "date": at(-20), "age": "30"}, 30),
        ({"cache-control": "max-age=60", "date": at(500)}, 60),  # a clock that is ahead
        ({"cache-control": "max-age=60", "expires": at(9000)}, 60),
        ({"cache-control": "max-age=60, must-revalidate"}, 60),
        ({"cache-control": "s-maxage=60"}, 0),  # for shared caches; the browser's is none
        ({"cache-control": "max-age=soon"}, 0),
        ({"cache-control": "max-age=-1"}, 0),
        ({"cache-control": "max-age"}, 0),
        ({"cache-control": "max-age=60, no-cache"}, 0),
        ({"cache-control": 'max-age=60, no-cache="set-cookie"'}, 0),
        ({"cache-control": "max-age=60, no-store"}, 0),
        ({"cache-control": 'ext="no-store, max-age=5", max-age=60'}, 60),
        ({"cache-control": "max-age=60", "pragma": "no-cache"}, 60),
        ({"pragma": "no-cache", "expires": at(60)}, 0),
        ({"expires": at(60)}, 60),
        ({"expires": at(60), "date": at(-10)}, 60),  # 70 s of life, 10 of them gone
        ({"expires": at(-60)}, 0),
        ({"expires": "0", "last-modified": at(-1000)}, 0),
        ({"last-modified": at(-1000)}, 100),
        ({"last-modified": at(-100 * DAY)}, DAY),
        ({"last-modified": at(+1000)}, 0),
        ({"last-modified": "long ago"}, 0),
        ({"last-modified": at(-1000), "cache-control": "must-revalidate"}, 0),
        ({"last-modified": at(-1000), "cache-control": "private"}, 100),
        ({}, 0),
    ],
)
def test_what_the_origin_said_tells_how_long(said: dict[str, str], seconds: float) -> None:
    assert fresh_until(said, NOW) - NOW == pytest.approx(seconds, abs=0.01)
    assert used_unasked(said, NOW) is (seconds > 0)


def test_a_stale_copy_that_may_be_used_while_it_is_asked_for_is_used_unasked() -> None:
    assert used_unasked({"cache-control": "max-age=0, stale-while-revalidate=60"}, NOW)


def test_an_absurd_lifetime_is_bounded() -> None:
    assert fresh_until({"cache-control": "max-age=" + "9" * 400}, NOW) - NOW == 2**31


def test_a_response_is_as_old_as_its_date_or_its_age_says() -> None:
    assert born({"age": "20", "date": at(-5)}, NOW) == NOW - 20
    assert born({"age": "5", "date": at(-20)}, NOW) == NOW - 20
    assert born({}, NOW) == NOW


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "no-cache"),
        ("max-age=31536000, immutable", "no-cache"),
        ("public, max-age=60, s-maxage=9, stale-while-revalidate=5, stale-if-error=5", "no-cache, public"),
        ("private, max-age=60, no-transform", "no-cache, private, no-transform"),
        ('private="set-cookie, x", max-age=60', 'no-cache, private="set-cookie, x"'),
        ("no-cache, must-revalidate", "no-cache"),
        ("no-store, max-age=60", "no-store"),
        ("No-Store", "no-store"),
        (",,max-age = 60,", "no-cache"),
    ],
)
def test_permission_to_use_a_copy_unasked_is_taken_away_and_the_rest_kept(before: str, after: str) -> None:
    assert asked_each_time(before) == after


@given(st.text(max_size=80), st.text(max_size=40), st.text(max_size=40))
def test_whatever_an_origin_says_is_read_and_never_used_unasked_afterwards(said: str, date: str, age: str) -> None:
    fresh_until({"cache-control": said, "date": date, "age": age, "expires": date, "last-modified": age}, NOW)
    after = asked_each_time(said)
    assert not used_unasked({"cache-control": after, "expires": at(99), "last-modified": at(-999)}, NOW)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, False),
        ({b"cache-control": b"max-age=0"}, True),
        ({b"cache-control": b"no-cache"}, True),
        ({b"pragma": b"no-cache"}, True),
        ({b"cache-control": b"no-transform"}, False),
        ({b"cache-control": b"max-stale=60"}, False),
    ],
)
def test_a_reload_wants_news(headers: dict[bytes, bytes], *, expected: bool) -> None:
    assert wants_news(headers) is expected
