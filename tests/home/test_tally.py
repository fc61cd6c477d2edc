import asyncio
import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from geacc_proxy.home import tally as tally_module
from geacc_proxy.home.home import Home
from geacc_proxy.home.storage import open_store
from geacc_proxy.home.tally import Numbers, OfDevice, Tally, overview
from geacc_proxy.journal.counts import Counts
from geacc_proxy.journal.database import prepare
from geacc_proxy.journal.statistics import SiteCounts, add
from geacc_proxy.verdict import (
    Action,
    Context,
    Decision,
    Failure,
    Judgement,
    Picture,
    Reason,
    Scores,
    Unjudged,
)

DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 1, 5, tzinfo=UTC)  # of the day that the home's clock shows


@pytest.fixture
def path(tmp_path):
    return tmp_path / "geacc.db"


@pytest.fixture
async def tally(home, path):
    tally = await Tally.open(home, path)
    yield tally
    await tally.close()


def judgement(*, hidden=False, cached=False, ms=10.0, verdict=None):
    decision = Decision(Action.HIDE if hidden else Action.SHOW, Reason.MALIGN, "under-12", "strict", 0.5)
    return Judgement(decision, verdict or Scores(Picture(), "m@1", 0.9, ()), "ff", cached, ms)


def context(device="tablet", page="https://www.a.example/", url="https://cdn.example/1"):
    return Context(url=url, page=page, device=device)


def hour_counts(*hours):
    counts = Counts()
    for at in hours:
        counts.count(int(at.timestamp() // 3600), "tablet", pages=1)
    return counts


async def test_what_happened_is_told_up_to_this_moment(tally):
    for number in range(20):
        tally.judged(judgement(cached=number < 5, hidden=number < 2, ms=10.0 if number < 18 else 100.0), context())
    tally.judged(judgement(hidden=True), context(device="phone", page=""))
    tally.page("tablet", "WWW.a.example")
    tally.closed("phone", "games.example", Reason.BLOCKED_SITE)
    tally.closed("phone", "dns.example", Reason.BYPASS)
    seen = await tally.overview(MIDNIGHT, MIDNIGHT + DAY)
    assert seen.total == Numbers(pages=1, pictures=21, hidden=3, cached=5, closed=2, bypasses=1)
    assert seen.total.cache_rate == pytest.approx(5 / 21)
    assert [of.device for of in seen.devices] == ["tablet", "phone"]
    assert seen.devices[1] == OfDevice("phone", Numbers(pictures=1, hidden=1, closed=2, bypasses=1), 0)
    assert seen.sites[0] == SiteCounts("www.a.example", 1, 2, 0)
    assert {of.site for of in seen.sites[1:]} == {"cdn.example", "games.example", "dns.example"}
    assert seen.median_ms == pytest.approx(10, rel=0.0906)
    assert seen.p95_ms == pytest.approx(100, rel=0.0906)
    alone = await tally.overview(MIDNIGHT, MIDNIGHT + DAY, "phone")
    assert (alone.total.pictures, alone.total.pages, len(alone.sites)) == (1, 0, 3)


@pytest.mark.parametrize("failure", [Failure.NOT_A_PICTURE, Failure.TINY, Failure.UNASKED])
async def test_what_was_not_looked_at_as_a_picture_is_not_counted_as_one(tally, failure):
    tally.judged(judgement(verdict=Unjudged(failure)), context())
    tally.judged(judgement(verdict=Unjudged(Failure.UNREADABLE), hidden=True), context())
    seen = await tally.overview(MIDNIGHT, MIDNIGHT + DAY)
    assert (seen.total.pictures, seen.total.hidden) == (1, 1)


async def test_where_nothing_happened_the_series_are_whole_and_zero(tally):
    seen = await tally.overview(MIDNIGHT, MIDNIGHT + 2 * DAY)
    assert len(seen.hours) == 48
    assert [of.start for of in seen.days] == [MIDNIGHT, MIDNIGHT + DAY]
    assert {of.numbers for of in (*seen.hours, *seen.days)} | set(seen.clock) | {seen.total} == {Numbers()}
    assert (seen.median_ms, seen.p95_ms, seen.total.cache_rate) == (None, None, None)
    nothing = await tally.overview(MIDNIGHT, MIDNIGHT)
    assert (nothing.days, nothing.hours, len(nothing.clock)) == ((), (), 24)


def test_hours_are_put_into_the_day_on_the_wall(path):
    east = timezone(timedelta(hours=2))
    add(path, hour_counts(MIDNIGHT - timedelta(hours=3), MIDNIGHT - timedelta(hours=2), MIDNIGHT + timedelta(hours=21)))
    start = datetime(2026, 1, 5, tzinfo=east)
    seen = overview(path, start, start + DAY, zone=east)
    assert (seen.total.pages, [of.numbers.pages for of in seen.days]) == (2, [2])
    assert [number for number, of in enumerate(seen.clock) if of.pages] == [0, 23]
    assert [of.start.hour for of in seen.hours] == list(range(24))


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_the_days_when_clocks_change_have_the_hours_that_they_have(path, day, hours):
    prepare(path)
    zone = ZoneInfo("Europe/Berlin")
    start = datetime.fromisoformat(day).replace(tzinfo=zone)
    seen = overview(path, start, start + DAY, zone=zone)
    assert (len(seen.hours), len(seen.days)) == (hours, 1)


async def test_minutes_of_use_are_there_again_after_a_restart(home, tally, path, clock):
    home.note_use("tablet")
    clock.move(minutes=1)
    home.note_use("tablet")
    home.note_use("phone")
    await tally.flush()
    again = await Home.open(lambda: open_store(path), zone=UTC, clock=clock)
    assert again.used_minutes("tablet") == 0
    later = await Tally.open(again, path)
    assert (again.used_minutes("tablet"), again.used_minutes("phone")) == (2, 1)
    clock.move(minutes=1)
    again.note_use("tablet")
    seen = await later.overview(MIDNIGHT, MIDNIGHT + DAY)
    assert (seen.used_minutes, seen.days[0].used_minutes) == (4, 4)
    assert {of.device: of.used_minutes for of in seen.devices} == {"tablet": 3, "phone": 1}
    await later.close()
    await again.close()


async def test_the_last_minutes_of_a_day_are_written_on_the_next(home, tally, path, clock):
    clock.move(hours=11, minutes=59)
    home.note_use("tablet")
    clock.move(minutes=2)
    seen = await tally.overview(MIDNIGHT, MIDNIGHT + 2 * DAY)
    assert [of.used_minutes for of in seen.days] == [1, 0]


async def test_it_is_written_by_itself_and_at_the_end(home, path, monkeypatch):
    monkeypatch.setattr(tally_module, "FLUSH_EVERY_S", 0.02)
    tally = await Tally.open(home, path)
    tally.page("tablet", "a.example")
    async with asyncio.timeout(10):
        while not overview(path, MIDNIGHT, MIDNIGHT + DAY, zone=UTC).total.pages:
            await asyncio.sleep(0.02)
    tally.page("tablet", "a.example")
    await tally.close()
    assert overview(path, MIDNIGHT, MIDNIGHT + DAY, zone=UTC).total.pages == 2


async def test_while_the_database_cannot_be_written_it_goes_on_counting(tally, path, caplog, monkeypatch):
    monkeypatch.setattr("geacc_proxy.journal.statistics.WRITER_PATIENCE_S", 0.05)
    tally.page("tablet", "a.example")
    with closing(sqlite3.connect(path, isolation_level=None)) as other, caplog.at_level(logging.WARNING):
        other.execute("BEGIN IMMEDIATE")
        seen = await tally.overview(MIDNIGHT, MIDNIGHT + DAY)
        assert seen.total.pages == 0
    assert "what was counted is kept meanwhile" in caplog.text
    tally.page("tablet", "a.example")
    seen = await tally.overview(MIDNIGHT, MIDNIGHT + DAY)
    assert (seen.total.pages, seen.sites) == (2, (SiteCounts("a.example", 2, 0, 0),))
