import asyncio
import logging
from datetime import timedelta

import pytest

from geacc_proxy.home import retention as retention_module
from geacc_proxy.home.preferences import save
from geacc_proxy.home.retention import Retention
from geacc_proxy.journal import Journal, sketches
from geacc_proxy.journal.search import Query, search
from tests.journal.samples import entry

DAYS_30 = 30 * 24


@pytest.fixture
def path(tmp_path):
    return tmp_path / "geacc.db"


@pytest.fixture
def retention(home, path):
    return Retention(home, path)


async def recorded(path, *lines):
    journal = await Journal.open(path)
    for line in lines:
        journal.record(line)
        journal.sketch(line.digest, b"sketch of " + line.digest.encode())
    await journal.close()


def aged(home, hours, name):
    return entry(time=home.now() - timedelta(hours=hours), url=f"https://example.org/{name}", digest=name)


def fifty_too_old(home):
    long = "https://example.org/" + "long" * 450
    return (entry(time=home.now() - timedelta(hours=DAYS_30 + 1), url=long, digest=f"{number}") for number in range(50))


def left(path):
    return [found.entry.digest for found in search(path, Query()).rows]


def on_disk(path):
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


async def test_without_a_choice_lines_and_sketches_are_kept_for_thirty_days(home, path, retention):
    await recorded(path, aged(home, DAYS_30 + 1, "unwanted"), aged(home, DAYS_30 - 1, "young"))
    assert await retention.forget() == 1
    assert left(path) == ["young"]
    assert b"unwanted" not in on_disk(path)
    assert sketches.get(path, "young") == b"sketch of young"


async def test_lines_are_kept_as_long_as_a_parent_says(home, path, retention):
    await recorded(path, aged(home, DAYS_30 + 1, "old"), aged(home, 2, "young"))
    await save(home, "parent", retention_hours=None)
    assert await retention.forget() == 0
    await save(home, "parent", retention_hours=1)
    assert await retention.forget() == 2
    assert left(path) == []


async def test_a_shorter_time_is_kept_to_at_once_and_time_passing_too(home, path, retention, clock, monkeypatch):
    await recorded(path, aged(home, 20, "old"), aged(home, 2, "young"))
    monkeypatch.setattr(retention_module, "MOST_PAUSE", timedelta(seconds=0.05))
    running = asyncio.create_task(retention.run())
    async with asyncio.timeout(20):
        await asyncio.sleep(0.1)
        assert left(path) == ["young", "old"]
        await save(home, "parent", retention_hours=10)
        while left(path) != ["young"]:
            await asyncio.sleep(0.02)
        clock.move(hours=9)
        while left(path):
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()


async def test_what_is_left_behind_is_swept_once_a_day(home, path, retention, clock):
    size = path.stat().st_size
    await retention.forget()

    async def grown_and_forgotten():
        await recorded(path, *fifty_too_old(home))
        assert await retention.forget() == 50
        return path.stat().st_size > size + 50_000

    assert await grown_and_forgotten()
    clock.move(hours=23)
    assert await grown_and_forgotten()
    clock.move(hours=2)
    assert not await grown_and_forgotten()


async def test_a_large_file_is_swept_in_the_small_hours(home, path, retention, clock, monkeypatch):
    monkeypatch.setattr(retention_module, "REBUILT_BY_DAY", 1)
    await recorded(path, *fifty_too_old(home))
    assert await retention.forget() == 50
    size = path.stat().st_size
    clock.move(hours=15)
    assert await retention.forget() == 0
    assert path.stat().st_size < size - 50_000


async def test_a_database_that_cannot_be_written_is_told_of_and_tried_again(home, path, caplog, monkeypatch):
    monkeypatch.setattr(retention_module, "AGAIN_S", 0.05)
    await recorded(path, aged(home, DAYS_30 + 1, "old"))
    aside = path.with_name("aside")
    path.rename(aside)
    path.mkdir()
    with caplog.at_level(logging.WARNING):
        running = asyncio.create_task(Retention(home, path).run())
        async with asyncio.timeout(20):
            while "cannot be written" not in caplog.text:
                await asyncio.sleep(0.02)
            path.rmdir()
            aside.rename(path)
            while left(path):
                await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
