"""What a parent is told of, when, and in which words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from geacc_proxy.exceptions import GeaccError, MissingExtraError, UsageError
from geacc_proxy.home import devices, notices, preferences, profiles, requests
from geacc_proxy.home.events import Happening
from geacc_proxy.home.messages import Message
from geacc_proxy.home.notices import Collector, Notice, Notices
from geacc_proxy.policy.device import Traits
from geacc_proxy.policy.profile import TEEN, Filtering

from .goal import serving

URL = "json://127.0.0.1:9/s3cret"
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


@dataclass
class Sent:
    """In the place of what sends."""

    messages: list[Message] = field(default_factory=list)
    failures: tuple[str, ...] = ()
    error: Exception | None = None

    async def __call__(self, urls: Iterable[str], message: Message) -> tuple[str, ...]:
        assert tuple(urls) == (URL,)
        self.messages.append(message)
        if self.error is not None:
            raise self.error
        return self.failures

    @property
    def texts(self) -> list[str]:
        return [message.text for message in self.messages]


@asynccontextmanager
async def listening(home, sent, **options):
    task = asyncio.create_task(Notices(home, sender=sent, look_seconds=0.005, **options).run())
    await asyncio.sleep(0)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.002)


async def settled() -> None:
    """Whatever is to be sent has been sent: several looks have passed."""
    for _ in range(10):
        await asyncio.sleep(0.006)


@pytest.fixture
async def told(home):
    """A home where a parent is told of everything, and a tablet."""
    await preferences.save(home, "parent", notify_urls=(URL,), notify_on=tuple(preferences.TELLABLE))
    await devices.add(home, "parent", name="Anna's tablet", profile="teen", address="192.168.1.20")
    return home


async def test_a_request_is_told_with_the_site_and_never_a_whole_address(told):
    sent = Sent()
    async with listening(told, sent):
        await requests.ask(
            told,
            "annas-tablet",
            "picture",
            "0" * 32,
            page="https://me:pw@news.example/a?b=c",
            note="https://x.example/y",
        )
        await until(lambda: bool(sent.messages))
    assert sent.messages == [Message("Somebody asks", "Anna's tablet asks for a picture on news.example.")]


async def test_a_request_for_a_site_names_it(told):
    sent = Sent()
    async with listening(told, sent):
        await requests.ask(told, "annas-tablet", "site", "games.example")
        await until(lambda: bool(sent.messages))
    assert sent.texts == ["Anna's tablet asks for the site games.example."]


async def test_a_device_that_nobody_knows_is_told_of(told):
    sent = Sent()
    async with listening(told, sent):
        told.recognise(Traits(address="192.168.1.77"))
        await until(lambda: bool(sent.messages))
    assert sent.texts == ["A new device is using the internet: 192.168.1.77. The safe baseline holds for it."]


@pytest.mark.parametrize("how", ["certificate", "quic", "doh", "relay", "something-new"])
async def test_an_attempt_to_get_round_the_filter_is_told_in_words(told, how):
    sent = Sent()
    async with listening(told, sent):
        told.events.publish(Happening.BYPASS, device="annas-tablet", how=how, host="dns.example")
        await until(lambda: bool(sent.messages))
    assert "Anna's tablet" in sent.texts[0]
    assert "{" not in sent.texts[0]


async def test_further_attempts_are_collected_and_told_together(told, clock):
    sent = Sent()
    async with listening(told, sent):
        for number in range(14):
            told.events.publish(Happening.BYPASS, device="annas-tablet", how="doh", host=f"dns{number}.example")
        await settled()
        assert len(sent.messages) == 1
        clock.move(minutes=15)
        await until(lambda: len(sent.messages) == 2)
    assert "dns0.example" in sent.texts[0]
    assert "dns13.example" in sent.texts[1]
    assert sent.texts[1].endswith("And 12 more.")


async def test_a_pause_is_told_for_one_device_and_for_all(told):
    sent = Sent()
    async with listening(told, sent):
        await devices.pause(told, "parent", 30, "annas-tablet")
        await until(lambda: len(sent.messages) == 1)
        await devices.pause(told, "parent", 5)
        await until(lambda: len(sent.messages) == 2)
        await devices.pause(told, "parent", None)
        await settled()
    assert sent.texts == [
        "Filtering is paused for Anna's tablet until 12:30.",
        "Filtering is paused for all until 12:05.",
    ]


async def test_that_a_profile_no_longer_filters_is_told_for_each_of_its_devices(told):
    sent = Sent()
    async with listening(told, sent):
        await profiles.save(told, "parent", replace(TEEN, filtering=Filtering.MONITOR))
        await until(lambda: len(sent.messages) == 1)
    assert sent.texts == ["Pictures are noted but no longer hidden for Anna's tablet."]


async def test_that_a_device_is_given_a_profile_without_a_filter_is_told(told):
    sent = Sent()
    async with listening(told, sent):
        await devices.edit(told, "cli", "annas-tablet", profile="adult")
        await until(lambda: len(sent.messages) == 1)
    assert sent.texts == ["Pictures are no longer filtered for Anna's tablet."]


async def test_what_a_parent_does_not_want_to_know_is_not_told(told):
    await preferences.save(told, "parent", notify_on=(Happening.REQUEST,))
    sent = Sent()
    async with listening(told, sent):
        await devices.pause(told, "parent", 30)
        told.recognise(Traits(address="192.168.1.77"))
        await settled()
        assert sent.messages == []
        await requests.ask(told, "annas-tablet", "site", "games.example")
        await until(lambda: bool(sent.messages))


async def test_without_an_address_nothing_is_sent(told):
    await preferences.save(told, "parent", notify_urls=())
    sent = Sent()
    async with listening(told, sent):
        await devices.pause(told, "parent", 30)
        await settled()
    assert sent.messages == []


async def test_texts_are_told_in_the_language_of_the_home(told):
    sent = Sent()
    catalogue = {"{device} asks for the site {site}.": "{device} fragt nach {site}.", "Somebody asks": "Eine Bitte"}
    async with listening(told, sent, translate=lambda text: catalogue.get(text, text)):
        await requests.ask(told, "annas-tablet", "site", "games.example")
        await until(lambda: bool(sent.messages))
    assert sent.messages == [Message("Eine Bitte", "Anna's tablet fragt nach games.example.")]


async def test_a_missing_extra_is_told_once_and_listening_goes_on(told, caplog):
    sent = Sent(error=MissingExtraError("sending messages", "notify"))
    async with listening(told, sent):
        await devices.pause(told, "parent", 30)
        await requests.ask(told, "annas-tablet", "site", "games.example")
        await until(lambda: len(sent.messages) == 2)
    assert caplog.text.count("geacc-proxy[notify]") == 1


async def test_a_failure_is_logged_and_listening_goes_on(told, caplog):
    sent = Sent(failures=("json: the service cannot be reached",))
    async with listening(told, sent):
        await devices.pause(told, "parent", 30)
        await until(lambda: len(sent.messages) == 1)
        await requests.ask(told, "annas-tablet", "site", "games.example")
        await until(lambda: len(sent.messages) == 2)
    assert "a message was not sent: json: the service cannot be reached" in caplog.text
    assert "s3cret" not in caplog.text


async def test_messages_really_arrive(home):
    with serving() as goal:
        await preferences.save(home, "parent", notify_urls=(goal.url,))
        async with asyncio.timeout(60):
            task = asyncio.create_task(Notices(home).run())
            await asyncio.sleep(0)
            await devices.pause(home, "parent", 30)
            await asyncio.to_thread(goal.came.wait, 30)
        task.cancel()
    assert goal.texts == ["Filtering is paused for all until 12:30."]


async def test_a_test_message_arrives_or_says_why_not():
    with serving() as goal:
        await notices.test([goal.url])
        assert goal.texts == ["Messages of geacc-proxy arrive here."]
        with pytest.raises(GeaccError, match=r"^nosuch: the address is none that Apprise understands") as caught:
            await notices.test(["nosuch://s3cret"])
    assert "s3cret" not in str(caught.value)
    with pytest.raises(UsageError, match="nowhere to send to"):
        await notices.test([])


def notice(device: str = "tablet", kind: str = "bypass") -> Notice:
    return Notice(kind, device, "title", "text")


def test_the_collector_lets_the_first_of_each_kind_and_device_through():
    collector = Collector()
    assert collector.take(notice(), NOW)
    assert not collector.take(notice(), NOW)
    assert collector.take(notice("phone"), NOW)
    assert collector.take(notice(kind="request"), NOW)


def test_after_a_quiet_time_the_next_one_is_told_at_once():
    collector = Collector()
    collector.take(notice(), NOW)
    later = NOW + timedelta(minutes=15)
    assert collector.due(later) == []
    assert collector.take(notice(), later)


def test_what_was_collected_is_told_once_and_begins_a_new_quiet_time():
    collector = Collector()
    for _ in range(3):
        collector.take(notice(), NOW)
    later = NOW + timedelta(minutes=15)
    assert collector.due(NOW + timedelta(minutes=14)) == []
    assert collector.due(later) == [(notice(), 1)]
    assert collector.due(later) == []
    assert not collector.take(notice(), later)
