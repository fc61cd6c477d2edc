"""The daily and the weekly digest: when they are due, and what they say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from geacc_proxy.exceptions import JournalError, MissingExtraError
from geacc_proxy.home import devices, digest, preferences, requests
from geacc_proxy.home.digest import Digests, bars, is_due, last_due
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.messages import Message
from geacc_proxy.home.tally import Tally
from geacc_proxy.journal import Journal
from geacc_proxy.verdict import Action, Context, Decision, Judgement, Reason, Scores
from geacc_proxy.verdict import Picture as VerdictPicture
from tests.journal.samples import entry

from .goal import serving

URL = "json://127.0.0.1:9/s3cret"
BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Sent:
    messages: list[Message] = field(default_factory=list)
    failures: tuple[str, ...] = ()

    async def __call__(self, urls: Iterable[str], message: Message) -> tuple[str, ...]:
        assert tuple(urls) == (URL,)
        self.messages.append(message)
        return self.failures

    @property
    def titles(self) -> list[str]:
        return [message.title for message in self.messages]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "since", "until"),
    [
        ("2026-01-05T19:00+01:00", "2026-01-04T19:00+01:00", "2026-01-05T19:00+01:00"),
        ("2026-01-05T18:59+01:00", "2026-01-03T19:00+01:00", "2026-01-04T19:00+01:00"),
        # Clocks go forward on 29 March 2026 and back on 25 October: the day has 23 hours, and 25.
        ("2026-03-29T19:00+02:00", "2026-03-28T19:00+01:00", "2026-03-29T19:00+02:00"),
        ("2026-10-25T19:00+01:00", "2026-10-24T19:00+02:00", "2026-10-25T19:00+01:00"),
    ],
)
def test_a_day_ends_at_seven_in_the_evening_on_the_wall(now, since, until):
    due = last_due("daily", at(now), BERLIN)
    assert (due.since, due.until) == (at(since), at(until))


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-01-04T19:00+00:00", "2026-01-04"),
        ("2026-01-04T18:59+00:00", "2025-12-28"),
        ("2026-01-05T12:00+00:00", "2026-01-04"),
        ("2026-01-10T23:59+00:00", "2026-01-04"),
    ],
)
def test_a_week_ends_on_sunday(now, day):
    due = last_due("weekly", at(now), UTC)
    assert due.day.isoformat() == day
    assert due.until - due.since == timedelta(days=7)


def test_a_digest_is_due_once_and_for_a_day():
    due = last_due("daily", at("2026-01-05T19:00+00:00"), UTC)
    assert is_due(due, "2026-01-04", due.until)
    assert not is_due(due, "2026-01-05", due.until)
    assert is_due(due, "2026-01-04", due.until + timedelta(hours=23, minutes=59))
    assert not is_due(due, "2026-01-04", due.until + timedelta(hours=24))


@pytest.mark.parametrize(
    ("values", "letters"),
    [([], ""), ([0, 0], "··"), ([1, 1000, 500], "▁█▄"), (list(range(9)), "·▁▂▃▄▅▆▇█"), ([3], "█")],
)
def test_bars_are_as_high_as_their_values(values, letters):
    assert bars(values) == letters


@pytest.fixture
async def digests(home, tmp_path):
    await preferences.save(home, "parent", notify_urls=(URL,), notify_on=("daily", "weekly"))
    return Digests(home, tmp_path / "geacc.db", sender=Sent())


async def test_what_was_only_just_asked_for_begins_with_the_next_evening(digests, home, clock):
    sent = digests._sender
    await digests.look()
    assert sent.titles == []
    clock.move(hours=6, minutes=59)
    await digests.look()
    assert sent.titles == []
    clock.move(minutes=1)
    await digests.look()
    await digests.look()
    assert sent.titles == ["geacc-proxy: the day"]
    clock.move(days=1)
    await digests.look()
    assert len(sent.titles) == 2


async def test_on_sunday_both_come(digests, clock):
    await digests.look()
    clock.move(days=6, hours=7)
    await digests.look()
    assert digests._sender.titles == ["geacc-proxy: the day", "geacc-proxy: the week"]


async def test_one_that_was_missed_comes_once_after_a_restart_and_never_after_a_day(home, tmp_path, clock, digests):
    await digests.look()
    clock.move(hours=20)  # eight in the morning
    for _ in range(2):
        restarted = Digests(home, tmp_path / "geacc.db", sender=digests._sender)
        await restarted.look()
    assert digests._sender.titles == ["geacc-proxy: the day"]
    clock.move(days=20)
    await preferences.save(home, "parent", notify_on=("weekly",))
    clock.move(days=3)
    await Digests(home, tmp_path / "geacc.db", sender=digests._sender).look()
    assert len(digests._sender.titles) == 1


async def test_one_that_failed_is_tried_again_until_it_has_gone_out(digests, clock, caplog):
    sent = digests._sender
    await digests.look()
    clock.move(hours=7)
    sent.failures = ("json: the service cannot be reached",)
    await digests.look()
    await digests.look()
    assert len(sent.messages) == 1
    assert caplog.text.count("the daily digest was not sent: json: the service cannot be reached") == 1
    assert "s3cret" not in caplog.text
    sent.failures = ()
    clock.move(minutes=30)
    await digests.look()
    await digests.look()
    assert len(sent.messages) == 2


async def test_what_is_no_longer_wanted_is_forgotten_so_that_it_begins_anew(digests, home, clock):
    await digests.look()
    await preferences.save(home, "parent", notify_on=())
    await digests.look()
    assert home.document(Kind.SETTING, "digest_sent") == {"value": {}}
    clock.move(days=1)
    await preferences.save(home, "parent", notify_on=("daily",))
    await digests.look()
    assert digests._sender.titles == []


async def filled(home, tmp_path, clock) -> Digests:
    """A home with two devices, pictures at one and at eleven, a line of the log and a request."""
    await preferences.save(home, "parent", notify_urls=(URL,), notify_on=("daily", "weekly"))
    await devices.add(home, "parent", name="Anna's tablet", profile="teen", address="192.168.1.20")
    tally = await Tally.open(home, tmp_path / "geacc.db")
    digests = Digests(home, tmp_path / "geacc.db", tally=tally, sender=Sent())
    await digests.look()
    shown = Decision(Action.SHOW, Reason.BENIGN, "teen", "balanced", 0.5)
    hidden = replace(shown, action=Action.HIDE, reason=Reason.MALIGN)
    scores = Scores(VerdictPicture("png", 9, 9), "m@1", 0.9, (("porn", 0.9),))
    context = Context(url="https://news.example/a.png", page="https://news.example/", device="annas-tablet")
    clock.move(hours=1)
    tally.page("annas-tablet", "news.example")
    for decision in (shown, shown, shown, hidden):
        tally.judged(Judgement(decision, scores, "0" * 32), context)
    clock.move(hours=5)
    tally.judged(Judgement(shown, scores, "0" * 32), replace(context, device="192.168.1.9"))
    tally.closed("annas-tablet", "games.example", Reason.BLOCK_LIST)
    journal = await Journal.open(tmp_path / "geacc.db")
    journal.record(entry(time=clock.now, reason="malign"))
    journal.record(entry(time=clock.now, reason="block-list"))
    journal.record(entry(time=clock.now, reason="malign"))
    journal.record(entry(time=clock.now - timedelta(days=9), reason="timed-out"))
    await journal.close()
    await requests.ask(home, "annas-tablet", "site", "games.example")
    clock.move(hours=1)
    await digests.look()
    await tally.close()
    return digests


async def test_a_digest_says_what_happened(home, tmp_path, clock):
    message = (await filled(home, tmp_path, clock))._sender.messages[0]
    assert message.title == "geacc-proxy: the day"
    text = message.text
    assert text.startswith("2026-01-04 19:00 – 2026-01-05 19:00\n\n1 pages opened, 5 pictures looked at, 1 hidden, 1 ")
    assert "··················█····▂\n19    1     7     13" in text
    assert "Anna's tablet: 1 pages, 4 pictures, 1 hidden" in text
    assert "192.168.1.9: 0 pages, 1 pictures, 0 hidden" in text
    assert "news.example: 1" in text
    assert "2 × not fit for a general audience\n1 × this site is on a block list" in text
    assert "checking it took too long" not in text
    assert "1 requests were made; 1 wait for an answer." in text
    assert "https://" not in text


async def test_a_weekly_digest_has_a_line_for_each_day(home, tmp_path, clock):
    digests = await filled(home, tmp_path, clock)
    clock.move(days=6)
    await digests.look()
    (week,) = [message for message in digests._sender.messages if message.title == "geacc-proxy: the week"]
    lines = week.text.splitlines()
    assert "█ Mon 05.01. 5" in lines
    assert "· Sun 11.01. 0" in lines
    assert len([line for line in lines if line[:1] in "·▁▂▃▄▅▆▇█" and line[1:2] == " "]) == 8


async def test_a_digest_speaks_the_language_of_the_home(home, tmp_path, clock):
    digests = await filled(home, tmp_path, clock)
    german = {"Devices": "Geräte", "not fit for a general audience": "nichts für alle", "geacc-proxy: the day": "Tag"}
    digests._translate = lambda text: german.get(text, text)
    clock.move(days=1)
    await requests.ask(home, "annas-tablet", "site", "more.example")
    await digests.look()
    assert digests._sender.titles[-1] == "Tag"


async def test_an_empty_day_is_a_short_message(digests, clock):
    await digests.look()
    clock.move(hours=7)
    await digests.look()
    (message,) = digests._sender.messages
    assert "0 pages opened, 0 pictures looked at" in message.text
    assert "Devices" not in message.text
    assert "Requests" not in message.text


async def test_a_digest_really_arrives(home, tmp_path, clock):
    with serving() as goal:
        await preferences.save(home, "parent", notify_urls=(goal.url,), notify_on=("daily",))
        digests = Digests(home, tmp_path / "geacc.db")
        await digests.look()
        clock.move(hours=7)
        await digests.look()
    assert [message["title"] for message in goal.got] == ["geacc-proxy: the day"]


@pytest.mark.parametrize(
    ("error", "times"), [(MissingExtraError("sending messages", "notify"), 1), (JournalError("cannot read it"), 2)]
)
async def test_what_goes_wrong_is_logged_and_it_goes_on(digests, monkeypatch, caplog, error, times):
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        if looks > 2:
            raise KeyboardInterrupt
        raise error

    monkeypatch.setattr(digests, "look", look)
    digests._look_seconds = 0
    with pytest.raises(KeyboardInterrupt):
        await digests.run()
    assert caplog.text.count(str(error)) == times


async def test_reasons_are_counted_in_the_time_alone(home, tmp_path, clock):
    await filled(home, tmp_path, clock)
    due = last_due("weekly", at("2025-12-28T19:00+00:00"), UTC)
    assert digest.hidden_by(tmp_path / "geacc.db", due) == {"timed-out": 1}
    assert digest.hidden_by(tmp_path / "geacc.db", replace(due, since=due.until)) == {}
