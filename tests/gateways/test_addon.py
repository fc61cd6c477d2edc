"""Every hook ends in a decision."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from mitmproxy.http import Headers, HTTPFlow
from mitmproxy.test import tflow, tutils

from geacc_proxy.classify.classifier import Classified
from geacc_proxy.filter import Filter
from geacc_proxy.gateways.mitm.addon import PictureFilter
from geacc_proxy.gateways.mitm.visits import Visit, remember
from geacc_proxy.verdict import Context, Failure, Judgement, Picture, Reason, Scores, Unjudged, Verdict

PNG = b"\x89PNG\r\n\x1a\n"
CAP = 10_000


def scores(malign: float) -> Scores:
    return Scores(Picture("png", 40, 30), "m@1", malign, (("neutral", 1 - malign), ("porn", malign)))


class Known:
    """A classifier whose answer is known; an exception is raised."""

    def __init__(self, answer: Verdict | Exception) -> None:
        self.answer = answer
        self.seen: list[tuple[bytes, str]] = []

    async def classify(self, body: bytes, content_type: str = "") -> Classified:
        self.seen.append((body, content_type))
        if isinstance(self.answer, Exception):
            raise self.answer
        return Classified(self.answer, "d" * 32, cached=False)

    def known(self, name: str, content_type: str = "") -> Verdict | None:
        return None if isinstance(self.answer, Exception) else self.answer


class Road:
    """An addon with a known classifier behind it, and what its door told."""

    def __init__(self, answer: Verdict | Exception) -> None:
        self.classifier = Known(answer)
        self.told: list[tuple[Judgement, Context]] = []
        door = Filter(self.classifier, {"strict": 0.5}, witnesses=(lambda j, c: self.told.append((j, c)),))
        self.addon = PictureFilter(door, CAP)

    async def travel(self, flow: HTTPFlow) -> HTTPFlow:
        self.addon.requestheaders(flow)
        self.addon.responseheaders(flow)
        await self.addon.response(flow)
        return flow


def a_flow(
    body: bytes = PNG, *, status: int = 200, method: bytes = b"GET", request: Any = (), **headers: str
) -> HTTPFlow:
    fields = Headers(**({"content_type": "image/png", "content_length": str(len(body))} | headers))
    return tflow.tflow(
        req=tutils.treq(method=method, path=b"/p", headers=Headers(request)),
        resp=tutils.tresp(status_code=status, content=body, headers=fields),
    )


async def test_a_malign_picture_is_replaced_by_one_of_its_size() -> None:
    flow = await Road(scores(0.9)).travel(a_flow(etag='"x"', alt_svc='h3=":443"'))
    assert flow.response
    assert flow.response.content
    assert flow.response.content.startswith(PNG)
    assert (int.from_bytes(flow.response.content[16:20]), int.from_bytes(flow.response.content[20:24])) == (40, 30)
    assert flow.response.headers["cache-control"] == "no-store"
    assert "etag" not in flow.response.headers
    assert "alt-svc" not in flow.response.headers


async def test_a_benign_picture_passes_byte_for_byte_with_its_headers() -> None:
    flow = await Road(scores(0.1)).travel(a_flow(PNG + b"rest", x_more="x", cache_control="private, max-age=60"))
    assert flow.response
    assert flow.response.raw_content == PNG + b"rest"
    assert flow.response.headers["x-more"] == "x"
    # But for the time for which it may be shown unasked: a new rule must hide it at once.
    assert flow.response.headers["cache-control"] == "no-cache, private"


async def test_what_was_hidden_is_told_with_who_where_and_why() -> None:
    road = Road(scores(0.9))
    await road.travel(a_flow(request=[(b"host", b"example.org"), (b"referer", b"https://example.org/page")]))
    ((judgement, context),) = road.told
    assert judgement.decision.reason is Reason.MALIGN
    assert context.url == "http://example.org/p"
    assert context.page == "https://example.org/page"
    assert context.device == "127.0.0.1"
    assert context.content_type == "image/png"


@pytest.mark.parametrize(
    "answer",
    [RuntimeError("boom"), *(Unjudged(failure) for failure in Failure if failure is not Failure.TINY)],
    ids=str,
)
async def test_what_cannot_be_judged_is_hidden(answer: Verdict | Exception) -> None:
    flow = await Road(answer).travel(a_flow(PNG + b"secret"))
    assert flow.response
    assert flow.response.content
    assert b"secret" not in flow.response.content


async def test_a_fault_in_the_addon_itself_hides(monkeypatch: pytest.MonkeyPatch) -> None:
    road = Road(scores(0.0))
    monkeypatch.setattr("geacc_proxy.gateways.mitm.addon.arrival", lambda *_: 1 / 0)
    flow = await road.travel(a_flow(PNG + b"rest"))
    assert flow.response
    assert road.classifier.seen  # it was held and judged all the same
    monkeypatch.setattr("geacc_proxy.gateways.mitm.addon.plain", lambda *_: 1 / 0)
    flow = await road.travel(a_flow(PNG + b"secret", content_encoding="gzip"))
    assert flow.response
    assert b"secret" not in (flow.response.raw_content or b"")


async def test_an_encoded_picture_is_judged_plain_and_its_placeholder_is_not_encoded() -> None:
    road = Road(scores(0.9))
    flow = await road.travel(a_flow(gzip.compress(PNG + b"rest"), content_encoding="gzip"))
    assert road.classifier.seen == [(PNG + b"rest", "image/png")]
    assert flow.response
    assert "content-encoding" not in flow.response.headers


async def test_a_picture_that_unpacks_to_too_much_is_hidden_unseen() -> None:
    road = Road(scores(0.0))
    await road.travel(a_flow(gzip.compress(bytes(CAP + 1)), content_encoding="gzip"))
    assert road.classifier.seen == []
    assert road.told[0][0].decision.reason is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("status", "method", "body"), [(304, b"GET", b""), (204, b"GET", b""), (200, b"HEAD", b""), (200, b"GET", b"")]
)
async def test_what_has_no_body_is_never_given_one(status: int, method: bytes, body: bytes) -> None:
    flow = a_flow(body, status=status, method=method)
    before = list(flow.response.headers.fields) if flow.response else []
    flow = await Road(scores(1.0)).travel(flow)
    assert flow.response
    assert flow.response.raw_content == body
    assert list(flow.response.headers.fields) == before


async def test_what_is_no_picture_passes_and_is_not_judged() -> None:
    road = Road(scores(1.0))
    flow = await road.travel(a_flow(b"<html>", content_type="text/html"))
    assert flow.response
    assert flow.response.raw_content == b"<html>"
    assert road.classifier.seen == []


@pytest.mark.parametrize(
    ("status", "length", "reason"), [(206, "8", Reason.PARTIAL), (200, str(CAP + 1), Reason.TOO_LARGE)]
)
async def test_what_cannot_be_held_is_refused_while_it_streams(status: int, length: str, reason: Reason) -> None:
    road = Road(scores(0.0))
    flow = await road.travel(a_flow(status=status, content_length=length))
    assert flow.response
    assert callable(flow.response.stream)
    assert flow.response.stream(b"secret").startswith(PNG)  # type: ignore[union-attr]
    assert flow.response.stream(b"secret") == b""
    assert road.told[0][0].decision.reason is reason


async def test_a_picture_is_asked_for_whole_and_fresh() -> None:
    request = [(b"sec-fetch-dest", b"image"), (b"range", b"bytes=0-9"), (b"if-none-match", b'"x"')]
    flow = await Road(scores(0.0)).travel(a_flow(request=request))
    assert list(flow.request.headers) == ["sec-fetch-dest"]


async def test_conditions_of_an_address_that_brought_no_picture_are_let_through_the_next_time() -> None:
    road = Road(scores(0.0))
    request = [(b"sec-fetch-dest", b"empty"), (b"if-none-match", b'"x"')]
    first = await road.travel(a_flow(b"{}", content_type="application/json", request=request))
    assert "if-none-match" not in first.request.headers
    second = await road.travel(a_flow(b"{}", content_type="application/json", request=request))
    assert "if-none-match" in second.request.headers


async def test_a_body_that_claims_to_be_a_picture_and_is_none_is_hidden_but_a_page_in_its_place_is_not() -> None:
    road = Road(Unjudged(Failure.NOT_A_PICTURE))
    hidden = await road.travel(a_flow(b"???", content_type="image/x-new"))
    page = await road.travel(a_flow(b"<p>404", content_type="text/html", request=[(b"sec-fetch-dest", b"image")]))
    assert hidden.response
    assert page.response
    assert hidden.response.raw_content != b"???"
    assert page.response.raw_content == b"<p>404"


async def test_who_asks_is_the_address_where_there_is_no_home() -> None:
    road = Road(scores(0.9))
    flow = a_flow()
    flow.client_conn.peername = ("::ffff:192.168.1.7", 40_000)
    await road.travel(flow)

    ((_, context),) = road.told
    assert (context.device, context.site) == ("192.168.1.7", "address")


async def test_who_asks_is_the_device_where_there_is_a_home() -> None:
    road = Road(scores(0.9))
    flow = a_flow()
    remember(flow, Visit("tablet", "", url="https://geacc.internal/self-test/malign.png"))
    await road.travel(flow)

    ((_, context),) = road.told
    assert (context.device, context.site) == ("tablet", "")
    assert context.url == "https://geacc.internal/self-test/malign.png"


async def test_our_own_answers_are_neither_judged_nor_changed() -> None:
    road = Road(scores(0.9))
    flow = a_flow(request=[(b"If-None-Match", b'"x"'), (b"Range", b"bytes=0-1")], etag='"x"')
    remember(flow, Visit("tablet", untouched=True))
    await road.travel(flow)

    assert flow.response
    assert (flow.response.content, flow.response.headers["etag"]) == (PNG, '"x"')
    assert flow.request.headers["range"] == "bytes=0-1"
    assert road.classifier.seen == []


@pytest.mark.parametrize(
    ("drawn", "declared"), [(b"\xff\xd8\xff a blurred picture", "image/jpeg"), (PNG + b" squares", "image/png")]
)
async def test_what_a_profile_wants_in_the_place_of_a_picture_takes_it(drawn: bytes, declared: str) -> None:
    road = Road(scores(0.9))

    async def stand_in(body: bytes, judgement: Judgement, context: Context) -> bytes:
        assert (body, judgement.decision.hidden, context.content_type) == (PNG, True, "image/png")
        return drawn

    road.addon.door.stand_in = stand_in  # type: ignore[method-assign]
    flow = await road.travel(a_flow(content_encoding="identity"))

    assert flow.response
    assert (flow.response.content, flow.response.headers["content-type"]) == (drawn, declared)
    assert flow.response.headers["content-length"] == str(len(drawn))


async def test_a_picture_that_cannot_be_unpacked_gets_the_placeholder() -> None:
    flow = await Road(scores(0.9)).travel(a_flow(gzip.compress(bytes(CAP * 2)), content_encoding="gzip"))

    assert flow.response
    assert flow.response.content
    assert flow.response.content.startswith(PNG)
