"""The block log, figures and events, as programs get them."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from geacc_proxy.home import answers, tokens
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.events import Happening
from geacc_proxy.home.home import Home
from geacc_proxy.home.tally import Tally
from geacc_proxy.journal import Journal
from geacc_proxy.journal.entry import FIELDS
from geacc_proxy.policy.override import Scope
from geacc_proxy.verdict import Action
from geacc_proxy.web.api import events, log
from geacc_proxy.web.site import Site
from tests.journal.samples import MORNING, entry

from .api import Program, app_with_api


@pytest.fixture
async def program(site: Site, home: Home) -> Program:
    await home.keep({(Kind.SECRET, "password"): {"hash": "$argon2id$"}})
    return Program(app_with_api(site), await tokens.create(home, "parent", "tests", ["admin"]))


@pytest.fixture
async def lines(site: Site) -> None:
    """Twelve lines, a minute after another; every third is of the phone and timed out."""
    journal = await Journal.open(site.state_dir / "geacc.db")
    for number in range(12):
        odd = {"device": "phone", "reason": "timed-out", "malign": None, "scores": ()} if number % 3 == 0 else {}
        url = f"https://pictures.example.org/{number}.jpg"
        journal.record(entry(time=MORNING + timedelta(minutes=number), url=url, likeness=number, **odd))
    await journal.close()


def names(answer: Any) -> list[str]:
    return [line["url"].rpartition("/")[2].removesuffix(".jpg") for line in answer.data["entries"]]


async def test_the_newest_lines_come_first_and_pages_follow_each_other(program, lines):
    first = await program.get("/log?limit=5")
    assert names(first) == ["11", "10", "9", "8", "7"]
    second = await program.get(f"/log?limit=5&after={first.data['next']}")
    third = await program.get(f"/log?limit=5&after={second.data['next']}")
    assert names(second) + names(third) == ["6", "5", "4", "3", "2", "1", "0"]
    assert third.data["next"] == ""


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("device=phone", ["9", "6", "3", "0"]),
        ("reason=timed-out", ["9", "6", "3", "0"]),
        ("text=/10.jpg", ["10"]),
        ("score_from=0.9&score_to=0.92&limit=2", ["11", "10"]),
        ("score_to=0.5", []),
        ("since=2026-05-01T10:10:00%2B02:00", ["11", "10"]),
        ("before=2026-05-01T08:02:00Z", ["1", "0"]),
        ("site=WWW.example.org&device=phone&limit=1", ["9"]),
        ("decision=show", []),
    ],
)
async def test_lines_are_found_by_every_filter(program, lines, query, found):
    assert names(await program.get(f"/log?{query}")) == found


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("score_from=2", "score_from: "),
        ("score_from=nan", "score_from: "),
        ("since=yesterday", "since: 'yesterday' is no moment"),
        ("reason=boredom", "reason: "),
        ("after=nowhere", "is no place in the block log"),
        ("limit=0", "limit: "),
        ("devise=phone", "devise: Extra inputs are not permitted"),
    ],
)
async def test_a_filter_that_is_none_is_refused(program, lines, query, part):
    answer = await program.get(f"/log?{query}")
    assert answer.status == 422
    assert part in answer.data["detail"]


async def test_one_line_tells_all_but_the_picture(program, lines):
    number = (await program.get("/log?limit=1&device=tablet")).data["entries"][0]["number"]
    told = (await program.get(f"/log/{number}")).data
    assert set(FIELDS) < set(told)
    assert told["likeness"] == "000000000000000b"
    assert told["why"] == "not fit for a general audience"
    assert told["scores"] == {"Porn": 0.6, "Sexy": 0.31, "Neutral": 0.09}
    assert (await program.get("/log/999")).status == 404
    assert (await program.get(f"/log/{2**63}")).status == 422


async def test_what_there_is_to_filter_by_is_told(program, lines):
    told = (await program.get("/log/facets")).data
    assert sorted(told["devices"]) == ["phone", "tablet"]
    assert told["reasons"] == ["malign", "timed-out"]
    assert told["sites"] == ["www.example.org"]


class Stream:
    """An open request, from which a test reads what has come."""

    def __init__(self, program: Program, path: str, query: str = "") -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": f"/api/v1{path}",
            "raw_path": f"/api/v1{path}".encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(b"host", b"127.0.0.1:8081"), (b"authorization", f"Bearer {program.token}".encode())],
            "client": ("192.168.1.30", 5),
            "server": ("127.0.0.1", 8081),
        }
        self.task = asyncio.create_task(program.app(scope, self._receive, self.messages.put))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def next(self) -> Any:
        async with asyncio.timeout(10):
            message = await self.messages.get()
        return message.get("body", message)

    async def close(self) -> None:
        self._gone.set()
        await asyncio.wait({self.task}, timeout=10)
        assert self.task.done()


async def downloaded(program: Program, query: str) -> tuple[dict[str, str], str]:
    """Headers and body, to a client that stays until the end."""
    stream = Stream(program, "/log/export", query)
    await asyncio.wait({stream.task}, timeout=30)
    start = await stream.messages.get()
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    body = b"".join([stream.messages.get_nowait().get("body", b"") for _ in range(stream.messages.qsize())])
    return headers, body.decode()


async def test_an_export_is_json_lines_as_the_command_line_writes_them(program, lines, monkeypatch):
    monkeypatch.setattr(log, "_A_PIECE", 5)
    headers, text = await downloaded(program, "device=tablet")
    assert headers["content-type"] == "application/x-ndjson"
    assert headers["content-disposition"] == 'attachment; filename="block-log.jsonl"'
    found = [json.loads(line) for line in text.splitlines()]
    assert len(found) == 8
    assert all(tuple(line) == FIELDS for line in found)


async def test_an_export_as_csv_has_one_header(program, lines, monkeypatch):
    monkeypatch.setattr(log, "_A_PIECE", 5)
    headers, text = await downloaded(program, "format=csv")
    assert headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 12
    assert [row["device"] for row in rows].count("device") == 0


async def test_what_was_put_right_is_a_labelled_set(program, lines, home):
    await answers.override(home, "parent", Action.SHOW, Scope.PICTURE, "0123456789abcdef0123456789abcdef")
    await answers.override(home, "parent", Action.HIDE, Scope.ADDRESS, "https://a.example/b.png")
    told = (await program.get("/corrections")).data
    assert sorted((one["label"], one["address"]) for one in told) == [
        ("benign", "https://pictures.example.org/11.jpg"),
        ("malign", "https://a.example/b.png"),
    ]


async def test_the_overview_counts_today_or_any_time(make_site, home, tmp_path, clock):
    tally = await Tally.open(home, tmp_path / "geacc.db")
    tally.page("annas-tablet", "news.example")
    tally.page("phone", "news.example")
    program = Program(app_with_api(make_site(tally=tally)), await tokens.create(home, "parent", "tests", ["read"]))
    clock.forward(minutes=1)
    told = (await program.get("/overview")).data
    assert (told["total"]["pages"], told["since"]) == (2, "2026-03-04T00:00:00Z")
    assert (len(told["hours"]), len(told["clock"]), len(told["days"])) == (16, 24, 1)
    assert told["sites"][0] == {"site": "news.example", "pages": 2, "hidden": 0, "closed": 0}
    assert (await program.get("/overview?device=phone")).data["total"]["pages"] == 1
    await tally.close()


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-03-05T00:00:00Z",
        "since=2020-01-01T00:00:00Z",
        "since=9999-12-31T23:59:59Z&until=9999-12-31T23:59:59Z",
        "since=0001-01-01T00:00:00Z&until=0001-01-02T00:00:00Z",
    ],
)
async def test_a_time_that_is_none_is_refused_or_empty(program, query):
    answer = await program.get(f"/overview?{query}")
    assert answer.status in (200, 422)
    assert answer.status == 422 or answer.data["total"]["pages"] == 0


@pytest.fixture
async def opened() -> AsyncIterator[list[Stream]]:
    streams: list[Stream] = []
    yield streams
    for stream in streams:
        await stream.close()


async def begin(opened: list[Stream], program: Program, query: str = "") -> Stream:
    stream = Stream(program, "/events", query)
    opened.append(stream)
    start = await stream.next()
    assert start["status"] == 200
    assert dict(start["headers"])[b"content-type"].startswith(b"text/event-stream")
    assert b": listening" in await stream.next()
    return stream


async def test_events_come_as_they_happen(program, home, opened):
    stream = await begin(opened, program)
    home.events.publish(Happening.BYPASS, device="tablet", how="doh", host="dns.example")
    event, data, *_ = (await stream.next()).decode().splitlines()
    assert event == "event: bypass"
    told = json.loads(data.removeprefix("data: "))
    assert told.pop("time")
    assert told == {"device": "tablet", "how": "doh", "host": "dns.example"}


async def test_events_are_told_by_kind_and_by_what_a_token_may_see(program, home, opened):
    reader = Program(program.app, await tokens.create(home, "parent", "reader", ["read"]))
    some = await begin(opened, program, "kind=request&kind=hidden")
    blind = await begin(opened, reader)
    home.events.publish(Happening.HIDDEN, url="https://x.example/")
    home.events.publish(Happening.NEW_DEVICE, device="x", address="y")
    home.events.publish(Happening.REQUEST, request="r", device="x")
    assert (await some.next()).startswith(b"event: hidden")
    assert (await some.next()).startswith(b"event: request")
    assert (await blind.next()).startswith(b"event: new-device")
    assert (await reader.get("/events?kind=hidden")).status == 403


async def test_a_stream_ends_when_its_token_is_revoked(program, home, opened):
    stream = await begin(opened, program)
    await tokens.revoke(home, "parent", "tests")
    async with asyncio.timeout(10):
        await asyncio.wait({stream.task})
    while not stream.messages.empty():
        assert b"event" not in (await stream.next())


async def test_not_everybody_can_listen_at_once(program, home, opened, monkeypatch):
    monkeypatch.setattr(events, "MOST_LISTENERS", 1)
    stream = await begin(opened, program)
    answer = await program.get("/events")
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")
    await stream.close()
    await begin(opened, program)
