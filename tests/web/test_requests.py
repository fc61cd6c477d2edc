"""The inbox: what a child asks for is answered with one click, at once in force, and undone with another."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from geacc_proxy.home import answers, requests
from geacc_proxy.home.home import Home
from geacc_proxy.home.requests import Request
from geacc_proxy.policy.override import Scope
from geacc_proxy.web import log, settings, start
from geacc_proxy.web import requests as inbox
from geacc_proxy.web.app import create_app
from geacc_proxy.web.site import Site

from .browsing import Browser
from .conftest import Clock
from .logged import DIGEST, EMMA, LEO, LIKENESS, line, settle, write


@pytest.fixture
def app(site: Site) -> Any:
    return create_app(site, areas=(inbox, log, settings, start))


@pytest.fixture(autouse=True)
async def at_home(home: Home) -> None:
    await settle(home, EMMA, LEO)


async def picture(home: Home, device: str = "emma", note: str = "for school") -> Request:
    return await requests.ask(
        home, device, "picture", DIGEST, page="example.com", note=note, entry=1, likeness=f"{LIKENESS:016x}"
    )


async def game(home: Home, reason: str = "block-list") -> Request:
    return await requests.ask(home, "leo", "site", "games.example.org", reason=reason)


def state(home: Home, asked: Request) -> str:
    return next(one.state for one in requests.all_of(home) if one.key == asked.key)


def holding(home: Home) -> list[tuple[Scope, str, str]]:
    return [(given.scope, given.value, given.device) for given in answers.active(home)]


async def test_open_requests_come_first_with_the_childs_words_and_are_counted(
    parent: Browser, home: Home, tmp_path: Path
) -> None:
    await write(tmp_path, line(), sketches={DIGEST: b"\xff\xd8\xff\xe0"})
    refused = await game(home)
    await requests.answer(home, "parent", refused.key, False)
    await picture(home, note="<b>please</b>")

    page = await parent.get("/requests")

    assert "Emma's tablet asks for a picture on example.com" in page.words
    assert "&lt;b&gt;please&lt;/b&gt;" in page.text
    assert "/log/1/sketch" in page.text
    assert page.words.index("asks for a picture") < page.words.index("Leo's phone: games.example.org")
    assert re.search(r'class="badge"[^>]*>1<', page.text)


@pytest.mark.parametrize(
    ("chosen", "made"),
    [
        ("picture", (Scope.PICTURE, DIGEST)),
        ("alike", (Scope.LOOK_ALIKES, f"{LIKENESS:016x}")),
        ("site", (Scope.SITE, "example.com")),
    ],
)
async def test_a_yes_holds_at_once_for_the_device_that_asked_and_can_be_undone(
    parent: Browser, home: Home, chosen: str, made: tuple[Scope, str]
) -> None:
    asked = await picture(home)

    answer = await parent.post(f"/requests/{asked.key}", {"answer": chosen, "long": "good"})

    assert holding(home) == [(*made, "emma")]
    assert state(home, asked) == "granted"
    deed = re.fullmatch(r"/requests\?done=(\d+)", answer.location)
    assert deed is not None
    await home.undo(int(deed[1]), "parent")
    assert (holding(home), state(home, asked)) == ([], "open")


@pytest.mark.parametrize(("how_long", "hours"), [("hour", 1.0), ("today", 8.5)])
async def test_a_yes_can_end_by_itself(parent: Browser, home: Home, clock: Clock, how_long: str, hours: float) -> None:
    asked = await game(home)
    await parent.post(f"/requests/{asked.key}", {"answer": "open", "long": how_long})

    clock.forward(hours=hours, seconds=-1)
    assert holding(home) == [(Scope.OPEN, "games.example.org", "leo")]
    clock.forward(seconds=1)
    assert holding(home) == []


async def test_a_no_opens_nothing(parent: Browser, home: Home) -> None:
    asked = await game(home)

    await parent.post(f"/requests/{asked.key}", {"answer": "no"})

    assert (holding(home), state(home, asked)) == ([], "refused")


async def test_more_time_is_given_in_minutes_and_can_be_undone(parent: Browser, home: Home) -> None:
    first, second = await game(home, "time-up"), await requests.ask(home, "leo", "site", "b.example", reason="time-up")

    page = await parent.get("/requests")
    await parent.post(f"/requests/{first.key}", {"answer": "30"})
    answer = await parent.post(f"/requests/{second.key}", {"answer": "15"})

    assert "Leo's phone asks for more time" in page.words
    assert home.device("leo").bonus == ("2026-03-04", 45)
    assert (holding(home), state(home, second)) == ([], "granted")
    await home.undo(int(answer.location.rpartition("=")[2]), "parent")
    assert (home.device("leo").bonus[1], state(home, second)) == (30, "open")


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"answer": "maybe"},
        {"answer": "7"},
        {"answer": "picture"},
        {"answer": "site", "long": "until tomorrow"},
    ],
)
async def test_what_is_no_answer_changes_nothing(parent: Browser, home: Home, form: dict[str, str]) -> None:
    asked = await game(home)

    assert (await parent.post(f"/requests/{asked.key}", form)).status == 400
    assert (holding(home), state(home, asked)) == ([], "open")


async def test_a_request_that_is_gone_or_answered_is_told(parent: Browser, home: Home) -> None:
    asked = await game(home)
    await parent.post(f"/requests/{asked.key}", {"answer": "no"})

    for key, chosen in ((asked.key, "site"), (asked.key, "30"), ("gone", "no")):
        assert (await parent.post(f"/requests/{key}", {"answer": chosen})).status == 400


async def test_a_line_of_another_device_shows_no_thumbnail_in_a_request(
    parent: Browser, home: Home, tmp_path: Path
) -> None:
    await write(tmp_path, line(), sketches={DIGEST: b"\xff\xd8\xff\xe0"})
    await picture(home, "leo")

    assert "/sketch" not in (await parent.get("/requests")).text


async def test_nobody_answers_without_the_password(client: Browser, home: Home, clock: Clock) -> None:
    asked = await game(home)
    clock.forward(minutes=1)

    assert (await client.get("/requests")).location.startswith("/login")
    assert (await client.post(f"/requests/{asked.key}", {"answer": "site"})).status == 403
    assert state(home, asked) == "open"


async def test_an_empty_inbox_says_so(parent: Browser) -> None:
    assert "Nobody waits for an answer." in (await parent.get("/requests")).words
