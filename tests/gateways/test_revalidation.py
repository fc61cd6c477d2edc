"""A copy in a browser's cache is shown only while the decision on it stands."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import formatdate

import pytest
from mitmproxy.http import Headers, Request, Response
from mitmproxy.test import tutils

from geacc_proxy.gateways.mitm.addresses import Addresses
from geacc_proxy.gateways.mitm.requests import Intent, folded
from geacc_proxy.gateways.mitm.revalidation import Revalidation
from geacc_proxy.verdict import Context

START = 1_700_000_000.0
LONG_AGO = formatdate(START - 10_000, usegmt=True)
DIGEST = "d" * 32
OURS = f'W/"geacc-{DIGEST}"'


class House:
    """A shelf, a clock, and what the policy says of each digest today."""

    def __init__(self, size: int = 100, *, texts: bool = True) -> None:
        self.now = START
        self.shows: dict[str, bool | None] = {DIGEST: True}
        self.asked_of: list[tuple[str, Context]] = []
        self.addresses = Addresses()
        self.copies = Revalidation(self._recall, self.addresses, texts=texts, clock=lambda: self.now, size=size)

    def _recall(self, digest: str, context: Context) -> bool | None:
        self.asked_of.append((digest, context))
        return self.shows.get(digest)

    def show(
        self, request: Request, response: Response, pictures: Sequence[str] = (DIGEST,), name: str = DIGEST
    ) -> Response:
        """The response goes on, with the pictures in it."""
        copy = self.copies.passing(request, response, name)
        self.copies.delivered(copy, [(digest, "image/png") for digest in pictures], context)
        return response

    def asks(self, request: Request, kind: Intent = Intent.PICTURE) -> Response | None:
        """The browser asks."""
        return self.copies.asks(request, folded(request.headers), kind, context)

    def not_modified(self, request: Request, **said: str) -> Response:
        """The origin says 304."""
        response = answer(status=304, **said)
        self.copies.unchanged(request, response)
        return response


def context(content_type: str) -> Context:
    return Context(url="http://a/", content_type=content_type)


def ask(path: bytes = b"/p", *, method: bytes = b"GET", **headers: str) -> Request:
    fields = Headers([(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()])
    return tutils.treq(method=method, path=path, headers=fields)


def answer(*, status: int = 200, **headers: str) -> Response:
    return tutils.tresp(status_code=status, content=b"", headers=Headers(**headers))


FRESH = {"cache_control": "max-age=100", "etag": '"o"'}
CONDITIONS = ["if-none-match", "if-modified-since"]


def conditions(request: Request) -> list[str]:
    return [request.headers[name] for name in CONDITIONS if name in request.headers]


def test_a_shown_picture_is_to_be_asked_for_at_each_load_by_the_name_of_its_bytes() -> None:
    said = {"cache_control": "private, max-age=9, immutable", "expires": LONG_AGO, "last_modified": LONG_AGO}
    shown = House().show(ask(), answer(etag='"o"', access_control_allow_origin="*", **said))
    assert dict(shown.headers) == {
        "cache-control": "no-cache, private",
        "etag": OURS,
        "last-modified": LONG_AGO,
        "access-control-allow-origin": "*",
    }


def test_while_it_is_fresh_the_browser_is_answered_here() -> None:
    house = House()
    house.show(ask(), answer(vary="Accept", **FRESH))
    house.now += 99
    answered = house.asks(request := ask(if_none_match=OURS, if_modified_since=LONG_AGO))
    assert answered
    assert (answered.status_code, answered.reason, answered.raw_content) == (304, "Not Modified", b"")
    assert dict(answered.headers) == {
        "date": formatdate(START + 99, usegmt=True),
        "age": "99",
        "vary": "Accept",
        "etag": OURS,
        "cache-control": "no-cache",
    }
    house.copies.unchanged(request, answered)  # as the gateway does with any 304
    assert answered.status_code == 304


def test_once_stale_the_origin_is_asked_by_its_own_validators_and_its_304_speaks_of_the_browsers_copy() -> None:
    house = House()
    house.show(ask(), answer(last_modified=LONG_AGO, **FRESH))
    house.now += 101
    request = ask(if_none_match=OURS)
    assert house.asks(request) is None
    assert conditions(request) == ['"o"', LONG_AGO]
    passed = house.not_modified(request, etag='"o"', cache_control="max-age=50", expires=LONG_AGO)
    assert passed.status_code == 304
    assert dict(passed.headers) == {"etag": OURS, "cache-control": "no-cache"}
    # and the copy is fresh again, as long as the 304 said
    house.now += 49
    assert house.asks(ask(if_none_match=OURS)) is not None
    house.now += 2
    assert house.asks(ask(if_none_match=OURS)) is None


def test_a_304_that_says_nothing_of_freshness_renews_what_was_said_before() -> None:
    house = House()
    house.show(ask(), answer(age="30", date=formatdate(START, usegmt=True), **FRESH))
    house.now += 1000
    house.asks(request := ask(if_none_match=OURS))
    assert house.not_modified(request).headers["cache-control"] == "no-cache"
    house.now += 99
    assert house.asks(ask(if_none_match=OURS)) is not None


@pytest.mark.parametrize("today", [False, None])
def test_what_would_be_hidden_today_or_is_not_known_comes_whole(*, today: bool | None) -> None:
    house = House()
    house.show(ask(), answer(**FRESH))
    house.shows[DIGEST] = today
    assert house.asks(request := ask(if_none_match=OURS)) is None
    assert conditions(request) == []


def test_recall_is_told_who_asks_and_what_was_declared() -> None:
    house = House()
    house.show(ask(), answer(**FRESH))
    house.asks(ask(if_none_match=OURS))
    assert {(digest, told.url, told.content_type) for digest, told in house.asked_of} == {
        (DIGEST, "http://a/", "image/png")
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"if_none_match": '"o"'},  # what the origin calls it: a copy from before the proxy came
        {"if_none_match": 'W/"geacc-else"'},
        {"if_none_match": "*"},
        {"if_none_match": ""},
        {"if_modified_since": LONG_AGO},
    ],
)
def test_a_copy_that_did_not_come_from_here_comes_whole(headers: dict[str, str]) -> None:
    house = House()
    house.show(ask(), answer(**FRESH))
    assert house.asks(request := ask(**headers)) is None
    assert conditions(request) == []


@pytest.mark.parametrize(
    "named", [f'"geacc-{DIGEST}"', f'"a", {OURS}', f'W/"a,b",{OURS} , "c"', f'{OURS}, W/"geacc-else"']
)
def test_of_several_entity_tags_the_known_one_counts_weak_or_strong(named: str) -> None:
    house = House()
    house.show(ask(), answer(**FRESH))
    answered = house.asks(ask(if_none_match=named))
    assert answered
    assert answered.headers["etag"] == OURS


def test_an_entity_tag_is_good_for_its_own_address_only() -> None:
    house = House()
    house.show(ask(b"/p"), answer(**FRESH))
    assert house.asks(request := ask(b"/q", if_none_match=OURS)) is None
    assert conditions(request) == []


def test_after_a_restart_nothing_is_known() -> None:
    House().show(ask(), answer(**FRESH))
    assert House().asks(request := ask(if_none_match=OURS)) is None
    assert conditions(request) == []


def test_the_shelf_is_bounded() -> None:
    house = House(size=2)
    for path in (b"/1", b"/2", b"/3"):
        house.show(ask(path), answer(**FRESH))
    assert [house.asks(ask(path, if_none_match=OURS)) is not None for path in (b"/1", b"/2", b"/3")] == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize("reload", [{"cache_control": "max-age=0"}, {"pragma": "no-cache"}])
def test_a_reload_asks_the_origin(reload: dict[str, str]) -> None:
    house = House()
    house.show(ask(), answer(**FRESH))
    assert house.asks(request := ask(if_none_match=OURS, **reload)) is None
    assert conditions(request) == ['"o"']


@pytest.mark.parametrize(
    ("vary", "then", "now", "answered"),
    [
        ("Accept, Save-Data", {"accept": "image/webp"}, {"accept": "image/webp"}, True),
        ("Accept, Save-Data", {"accept": "image/webp"}, {"accept": "image/webp", "save_data": "on"}, False),
        ("accept", {"accept": "image/webp"}, {"accept": "*/*"}, False),
        ("", {"accept": "image/webp"}, {"accept": "*/*"}, True),
        ("*", {}, {}, False),
        ("Accept, *", {}, {}, False),
        ("", {"origin": "http://a"}, {"origin": "http://b"}, False),
    ],
)
def test_what_the_origin_chooses_by_is_looked_at(
    vary: str, then: dict[str, str], now: dict[str, str], *, answered: bool
) -> None:
    house = House()
    house.show(ask(**then), answer(vary=vary, last_modified=LONG_AGO, **FRESH))
    request = ask(if_none_match=OURS, **now)
    assert (house.asks(request) is not None) is answered
    if not answered:
        assert conditions(request) == ['"o"']  # and not by the time of a change, which says nothing of another choice


def test_variants_of_one_address_do_not_mix() -> None:
    house = House()
    house.shows["e" * 32] = False
    house.show(ask(accept="image/webp"), answer(vary="accept", **FRESH))
    house.show(
        ask(accept="*/*"), answer(vary="accept", **FRESH), ["e" * 32], "e" * 32
    )  # the same tag: a careless origin
    house.shows["e" * 32] = None
    assert house.asks(ask(if_none_match=OURS, accept="image/webp")) is not None
    assert house.asks(ask(if_none_match=f'W/"geacc-{"e" * 32}"', accept="*/*")) is None


def test_a_picture_without_validators_gets_one_while_it_is_fresh() -> None:
    house = House()
    shown = house.show(ask(), answer(cache_control="max-age=100"))
    assert shown.headers["etag"] == OURS
    assert house.asks(ask(if_none_match=OURS)) is not None
    house.now += 101
    assert house.asks(request := ask(if_none_match=OURS)) is None
    assert conditions(request) == []


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (answer(), {"cache-control": "no-cache"}),
        (answer(cache_control="no-store", etag='"o"'), {"cache-control": "no-store", "etag": '"o"'}),
        (answer(status=404, cache_control="max-age=9"), {"cache-control": "no-cache"}),
    ],
)
def test_what_nobody_can_ask_for_again_gets_no_name(response: Response, expected: dict[str, str]) -> None:
    house = House()
    assert dict(house.show(ask(), response).headers) == expected
    assert house.asks(ask(if_none_match=OURS)) is None


def test_the_answer_to_a_post_is_left_alone() -> None:
    house = House()
    assert dict(house.show(ask(method=b"POST"), answer(**FRESH)).headers) == dict(answer(**FRESH).headers)


def test_a_304_to_a_request_whose_conditions_were_dropped_does_not_bring_the_copy_back() -> None:
    house = House()
    house.asks(request := ask(if_none_match='"o"'))
    refused = house.not_modified(request, etag='"o"')
    assert refused.status_code == 502
    assert dict(refused.headers) == {"cache-control": "no-store", "content-length": "0"}


def test_a_304_to_a_request_that_was_let_through_goes_on_as_it_is() -> None:
    house = House()
    house.addresses.remember(ask().pretty_url, picture=False)
    house.asks(request := ask(if_none_match='"o"'), Intent.OPEN)
    assert conditions(request) == ['"o"']
    assert dict(house.not_modified(request, etag='"o"').headers) == {"etag": '"o"'}


@pytest.mark.parametrize(
    ("kind", "destination", "harmless", "texts", "kept"),
    [
        (Intent.PICTURE, "image", True, True, False),
        (Intent.OPEN, "empty", False, True, False),
        (Intent.OPEN, "empty", True, True, True),
        (Intent.BLIND, "script", False, True, False),
        (Intent.BLIND, "script", True, True, True),
        (Intent.BLIND, "script", False, False, True),
        (Intent.BLIND, "video", False, True, True),
        (Intent.BLIND, "font", False, True, True),
    ],
)
def test_conditions_of_an_unknown_copy_are_kept_where_no_picture_can_come(
    kind: Intent, destination: str, *, harmless: bool, texts: bool, kept: bool
) -> None:
    house = House(texts=texts)
    if harmless:
        house.addresses.remember(ask().pretty_url, picture=False)
    house.asks(request := ask(if_none_match='"o"', sec_fetch_dest=destination), kind)
    assert conditions(request) == (['"o"'] if kept else [])


def test_a_head_request_keeps_its_conditions() -> None:
    request = ask(method=b"HEAD", if_none_match='"o"')
    assert House().asks(request) is None
    assert conditions(request) == ['"o"']


# Texts: their pictures are known only once they have gone on.


def text_tag(response: Response) -> str:
    assert response.headers["etag"].startswith('W/"geacc-')
    return response.headers["etag"]


def test_a_text_with_pictures_is_answered_while_each_is_shown_or_hidden_as_it_was() -> None:
    house = House()
    house.shows["e" * 32] = False
    passed = house.show(ask(), answer(**FRESH), [DIGEST, "e" * 32], name="")
    assert passed.headers["cache-control"] == "no-cache"
    tag = text_tag(passed)
    answered = house.asks(ask(if_none_match=tag), Intent.OPEN)
    assert answered
    assert answered.headers["cache-control"] == "no-cache"
    house.shows["e" * 32] = True  # released: the copy has a placeholder
    assert house.asks(request := ask(if_none_match=tag), Intent.OPEN) is None
    assert conditions(request) == []


def test_a_text_without_pictures_has_its_own_caching_back_at_the_first_question() -> None:
    house = House()
    passed = house.show(ask(), answer(expires=LONG_AGO, **FRESH), [], name="")
    assert passed.headers["cache-control"] == "no-cache"
    assert "expires" not in passed.headers
    house.now += 40
    answered = house.asks(ask(if_none_match=text_tag(passed)), Intent.OPEN)
    assert answered
    assert answered.headers["cache-control"] == "max-age=100"
    assert answered.headers["expires"] == LONG_AGO
    assert answered.headers["age"] == "40"
    house.now += 100
    house.asks(request := ask(if_none_match=text_tag(passed)), Intent.OPEN)
    assert house.not_modified(request).headers["cache-control"] == "max-age=100"


def test_two_texts_have_two_names_though_their_pictures_are_the_same() -> None:
    house = House()
    one, other = (house.show(ask(), answer(**FRESH), name="") for _ in range(2))
    assert text_tag(one) != text_tag(other)


def test_a_text_that_is_asked_for_each_time_anyway_keeps_what_scripts_may_know() -> None:
    house = House()
    headers = {"etag": 'W/"o"', "cache_control": "private, max-age=0"}
    passed = house.show(ask(), answer(**headers), name="")
    assert dict(passed.headers) == {"etag": 'W/"o"', "cache-control": "private, max-age=0"}
    assert house.asks(request := ask(if_none_match='W/"o"'), Intent.OPEN) is None
    assert conditions(request) == ['W/"o"']
    house.shows[DIGEST] = False
    assert house.asks(request := ask(if_none_match='W/"o"'), Intent.OPEN) is None
    assert conditions(request) == []


def test_an_entity_tag_without_quotes_is_one_all_the_same() -> None:
    house = House()
    house.show(ask(), answer(etag="o"), name="")
    assert house.asks(request := ask(if_none_match="o"), Intent.OPEN) is None
    assert conditions(request) == ["o"]


def test_a_text_that_did_not_go_on_whole_is_not_known() -> None:
    house = House()
    passed = answer(**FRESH)
    house.copies.passing(ask(), passed)
    assert house.asks(request := ask(if_none_match=text_tag(passed)), Intent.OPEN) is None
    assert conditions(request) == []


def test_a_text_with_a_picture_whose_verdict_is_not_kept_is_not_known() -> None:
    house = House()
    passed = house.show(ask(), answer(**FRESH), [DIGEST, "f" * 32], name="")
    assert house.asks(request := ask(if_none_match=text_tag(passed)), Intent.OPEN) is None
    assert conditions(request) == []


def test_a_script_that_changes_what_it_has_read_names_it_as_the_origin_does() -> None:
    house = House()
    tag = text_tag(house.show(ask(), answer(**FRESH), name=""))
    request = ask(method=b"PUT", if_match=f'{tag}, "x"')
    assert house.asks(request, Intent.OPEN) is None
    assert request.headers["if-match"] == '"o", "x"'
    elsewhere = ask(b"/q", method=b"PUT", if_match=tag)
    house.asks(elsewhere, Intent.OPEN)
    assert elsewhere.headers["if-match"] == tag


def test_absurdly_long_headers_are_not_kept() -> None:
    house = House()
    shown = house.show(ask(), answer(cache_control="max-age=100", etag=f'"{"o" * 5000}"'))
    assert shown.headers["etag"] == OURS
    house.now += 101
    assert house.asks(request := ask(if_none_match=OURS)) is None
    assert conditions(request) == []
