"""Nothing is told too often, and nothing that counts is left out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from geacc_proxy.gateways.mitm.telling import Telling
from geacc_proxy.home.home import Home
from geacc_proxy.verdict import Context, Reason

from .house import Counted, a_home


class Ticks:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def home() -> AsyncIterator[Home]:
    home = a_home()
    yield home
    await home.close()


async def test_a_page_is_told_of_again_when_it_is_opened_again(home: Home) -> None:
    told, ticks = [], Ticks()
    telling = Telling(home, None, lambda reason, context: told.append(context.url), ticks)
    for url, at in (("http://a/1", 0), ("http://a/1", 1), ("http://a/2", 2), ("http://a/1", 7)):
        ticks.now = at
        telling.closed(Reason.BLOCKED_SITE, Context(url=url, device="d"), "a", document=True)

    assert told == ["http://a/1", "http://a/2", "http://a/1"]


async def test_the_parts_of_a_page_are_told_of_once_for_each_host_and_device(home: Home) -> None:
    told, ticks, tally = [], Ticks(), Counted()
    telling = Telling(home, tally, lambda reason, context: told.append((context.device, context.url)), ticks)
    for device, page, host in (("d", "p", "a"), ("d", "p", "a"), ("d", "p", "b"), ("d", "q", "a"), ("e", "p", "a")):
        context = Context(url=f"http://{host}/x", page=page, device=device)
        telling.closed(Reason.BLOCK_LIST, context, host, document=False)

    assert told == [("d", "http://a/x"), ("d", "http://b/x"), ("d", "http://a/x"), ("e", "http://a/x")]
    assert len(tally.shut) == 4


async def test_a_way_round_is_told_of_every_ten_minutes(home: Home) -> None:
    ticks = Ticks()
    telling = Telling(home, None, None, ticks)
    with home.events.listening() as queue:
        for at in (0, 599, 601):
            ticks.now = at
            telling.bypass("d", "doh", "dns.google")
        telling.bypass("d", "certificate", "dns.google")

    assert queue.qsize() == 3


async def test_who_hangs_up_is_told_of_when_it_does_so_again_and_again(home: Home) -> None:
    ticks = Ticks()
    telling = Telling(home, None, None, ticks)
    with home.events.listening() as queue:
        telling.distrust("d", "a", certain=False)
        telling.distrust("d", "a", certain=False)
        telling.distrust("d", "b", certain=True)
        assert queue.qsize() == 1
        telling.distrust("d", "a", certain=False)

    assert [queue.get_nowait().data["host"] for _ in range(queue.qsize())] == ["b", "a"]
