"""New lines come to open pages by themselves, to parents alone, and no longer than their session lasts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from geacc_proxy.home.events import Happening
from geacc_proxy.home.home import Home
from geacc_proxy.web import log, settings, start
from geacc_proxy.web.app import create_app
from geacc_proxy.web.log import live
from geacc_proxy.web.site import Site

from .browsing import Browser
from .logged import line, write


@pytest.fixture
def app(site: Site) -> Any:
    return create_app(site, areas=(log, settings, start))


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(live, "_SETTLE_SECONDS", 0.0)


@dataclass
class Stream:
    """What has come so far, and how it ends."""

    status: int = 0
    text: str = ""
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, part: str) -> None:
        async with asyncio.timeout(20):
            while part not in self.text:
                self.grown.clear()
                await self.grown.wait()

    @property
    def numbers(self) -> list[int]:
        return [int(number) for number in re.findall(r"^id: (\d+)$", self.text, re.MULTILINE)]


@asynccontextmanager
async def listening(browser: Browser, path: str, **headers: str) -> AsyncIterator[Stream]:
    stream, gone = Stream(), asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        async def wait_till_gone() -> Any:
            message = await receive()
            if message["type"] == "http.disconnect":
                await gone.wait()
            return message

        async def note(message: Any) -> None:
            stream.status = message.get("status", stream.status)
            stream.text += message.get("body", b"").decode()
            stream.grown.set()
            await send(message)

        scope[live.CLOSING] = stream.closing
        await browser.app(scope, wait_till_gone, note)
        stream.ended.set()

    there = Browser(app, peer=browser.peer, host=browser.host, cookies=browser.cookies)
    task = asyncio.create_task(there.get(path, **headers))
    try:
        yield stream
    finally:
        gone.set()
        await asyncio.wait_for(task, 20)


def tell(home: Home) -> None:
    home.events.publish(Happening.HIDDEN, **line().to_json())


async def test_a_new_line_comes_as_the_page_would_have_it(parent: Browser, home: Home, tmp_path: Path) -> None:
    await write(tmp_path, line())
    async with listening(parent, "/log/live?newest=1") as stream:
        await stream.until(": listening")
        await write(tmp_path, line(page="https://news.example.org/"))
        tell(home)
        await stream.until("id: 2\nevent: line\n")

    assert stream.numbers == [2]
    assert "news.example.org" in stream.text
    data = [row for row in stream.text.split("\n\n")[1].splitlines() if not row.startswith(("id: ", "event: "))]
    assert all(row.startswith("data: ") for row in data)


async def test_the_filters_of_the_page_hold(parent: Browser, home: Home, tmp_path: Path) -> None:
    async with listening(parent, "/log/live?device=leo&newest=0") as stream:
        await stream.until(": listening")
        await write(tmp_path, line(), line(device="leo"), line())
        tell(home)
        await stream.until("id: ")

    assert stream.numbers == [2]


async def test_a_page_that_was_away_gets_what_it_has_missed(parent: Browser, home: Home, tmp_path: Path) -> None:
    await write(tmp_path, line(), line(), line())
    async with listening(parent, "/log/live?newest=1", last_event_id="2") as stream:
        await stream.until(": listening")
        tell(home)
        await stream.until("id: ")

    assert stream.numbers == [3]


async def test_while_nothing_happens_the_stream_gives_signs_of_life(parent: Browser, home: Home) -> None:
    async with listening(parent, "/log/live") as stream:
        await stream.until(": still here")
        home.events.publish(Happening.CHANGED, deed=1)
        await stream.until(": still here\n\n: still here")

    assert stream.numbers == []


async def test_the_stream_ends_with_the_session(parent: Browser, app: Any) -> None:
    async with listening(parent, "/log/live") as stream:
        await stream.until(": listening")
        (session,) = app.state.sessions.all_of()
        await app.state.sessions.end(session.key)
        await asyncio.wait_for(stream.ended.wait(), 20)


async def test_the_stream_ends_when_the_server_stops(parent: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 60.0)
    async with listening(parent, "/log/live") as stream:
        await stream.until(": listening")
        stream.closing.set()
        await asyncio.wait_for(stream.ended.wait(), 20)


async def test_one_page_too_many_is_told_to_come_again(parent: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_LISTENERS", 1)
    async with listening(parent, "/log/live") as stream:
        await stream.until(": listening")
        refused = await parent.get("/log/live")
        assert (refused.status, refused.headers["retry-after"]) == (503, "60")
    async with listening(parent, "/log/live") as stream:
        await stream.until(": listening")


async def test_filters_that_are_none_open_no_stream(parent: Browser) -> None:
    assert (await parent.get("/log/live?from=much")).status == 400
