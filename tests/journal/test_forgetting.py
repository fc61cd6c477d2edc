import random
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import pytest

from geacc_proxy.exceptions import JournalError
from geacc_proxy.journal import Journal, forgetting, sketches
from geacc_proxy.journal.counts import Counts
from geacc_proxy.journal.forgetting import Forgotten, forget
from geacc_proxy.journal.search import Query, search
from geacc_proxy.journal.statistics import add, kept, use_of
from tests.journal.samples import MORNING, entry, until

DAY = timedelta(days=1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "geacc.db"


def forgotten(path, **changes):
    return forget(path, **({"before": MORNING, "numbers_before": MORNING} | changes)).lines


def on_disk(path):
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


def tokens(draw, count):
    return [f"{draw.getrandbits(96):024x}" for _ in range(count)]


async def test_what_is_too_old_is_gone_from_the_disk_while_the_proxy_goes_on_writing(path):
    draw = random.Random(7)
    old, new = tokens(draw, 1500), tokens(draw, 500)
    lines = [
        entry(
            time=MORNING + (DAY if kept else -DAY) * draw.random(),
            device=draw.choice(["tablet", "phone"]),
            page=f"https://{token[:12]}.example.org/" if token[0] < "4" else "",
            url=f"https://example.org/{token[12:]}/{'long' * draw.choice([0, 5, 300])}",
            digest=token[::-1] + "00000000",
            reason=draw.choice(["malign", "timed-out"]),
        )
        for kept, all_of_them in ((False, old), (True, new))
        for token in all_of_them
    ]
    draw.shuffle(lines)
    journal = await Journal.open(path)
    for number, line in enumerate(lines):
        journal.record(line)
        if number % 100 == 0:
            journal.sketch(line.digest, f"sketch of {line.digest} {'x' * draw.choice([1, 9000])}".encode())
        if number % 500 == 0:
            await until(lambda: journal.waiting == 0)
    await until(lambda: journal.waiting == 0)
    search(path, Query())
    assert forgotten(path) == 1500
    left = on_disk(path)
    for token in old:
        assert token[12:].encode() not in left
        assert token[0] >= "4" or token[:12].encode() not in left
    assert all(token[12:].encode() in left for token in new)
    assert {sketches.get(path, line.digest) is not None for line in lines[::100] if line.time >= MORNING} == {True}
    assert left.count(b"sketch of ") == sum(line.time >= MORNING for line in lines[::100])
    journal.record(entry(time=MORNING + 2 * DAY))
    await journal.close()
    assert search(path, Query(), limit=1).rows[0].entry.time == MORNING + 2 * DAY


async def test_a_sketch_stays_as_long_as_a_line_names_its_picture(path):
    journal = await Journal.open(path)
    journal.record(entry(time=MORNING - DAY))
    journal.record(entry(time=MORNING + DAY))
    journal.record(entry(time=MORNING - DAY, digest="aa"))
    for digest in (entry().digest, "aa", "of no line"):
        journal.sketch(digest, b"picture")
    await journal.close()
    assert forgotten(path) == 2
    assert sketches.get(path, entry().digest) == b"picture"
    assert sketches.get(path, "aa") is sketches.get(path, "of no line") is None
    assert forgotten(path, before=MORNING + 2 * DAY) == 1
    assert sketches.get(path, entry().digest) is None


async def test_lines_go_a_few_at_a_time_and_the_rest_is_left_when_it_is_to_stop(path, monkeypatch):
    monkeypatch.setattr(forgetting, "BATCH", 10)
    journal = await Journal.open(path)
    for second in range(35):
        journal.record(entry(time=MORNING - timedelta(seconds=second + 1)))
    await journal.close()
    answers = iter([False, False, True, True, True])
    assert forgotten(path, stop=lambda: next(answers)) == 20
    assert [found.entry.time for found in search(path, Query()).rows] == [
        MORNING - timedelta(seconds=second + 1) for second in range(15)
    ]
    assert forgotten(path) == 15


def test_counts_go_with_the_lines_and_numbers_that_name_no_site_when_they_are_older(path):
    counts = Counts()
    hour = int(MORNING.timestamp() // 3600)
    for at in (hour - 1, hour):
        counts.count(at, "tablet", pages=1)
        counts.added[at, "tablet", 3] += 1
    for day in ("2026-04-30", "2026-05-01"):
        counts.count_site(day, "tablet", f"on-{day}.example", "pages")
        counts.use[day, "tablet"] = frozenset({5})
    add(path, counts)
    every = ((0, hour + 1), ("2026-01-01", "2026-12-31"))
    forgotten(path, numbers_before=MORNING - DAY)
    found = kept(path, *every)
    assert [of.site for of in found.sites] == ["on-2026-05-01.example"]
    assert (len(found.hours), found.added, len(found.use)) == (2, {3: 2}, 2)
    assert b"on-2026-04-30" not in on_disk(path)
    forgotten(path)
    found = kept(path, *every)
    assert (list(found.hours), found.added) == ([hour], {3: 1})
    assert use_of(path, "2026-04-30") == {}


async def test_the_file_is_rebuilt_only_when_it_is_time(path):
    journal = await Journal.open(path)
    for line in (entry(time=MORNING - DAY, url="https://example.org/" + "long" * 500), entry()):
        for _ in range(100):
            journal.record(line)
    await journal.close()
    size = path.stat().st_size
    asked = []

    def not_now(lines, live_bytes):
        asked.append((lines, live_bytes))
        return False

    assert forget(path, MORNING, numbers_before=MORNING, rebuild=not_now) == Forgotten(100, False)
    assert path.stat().st_size == size
    assert forget(path, MORNING, numbers_before=MORNING) == Forgotten(0, True)
    assert asked == [(100, path.stat().st_size)]
    assert path.stat().st_size < size / 2


async def test_a_program_that_reads_the_deleted_text_is_told_of_and_not_waited_for_for_ever(path, monkeypatch):
    monkeypatch.setattr(forgetting, "PATIENCE_S", 0.3)
    journal = await Journal.open(path)
    journal.record(entry(time=MORNING - DAY))
    await journal.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM block_log").fetchall()
        with pytest.raises(JournalError, match="1 lines are deleted, but another program is reading"):
            forgotten(path)
        stop = threading.Event()
        threading.Timer(0.1, stop.set).start()
        monkeypatch.setattr(forgetting, "PATIENCE_S", 60)
        assert forgotten(path, stop=stop.is_set) == 0
    forgotten(path)
    assert b"pictures.example.org" not in on_disk(path)


def test_what_is_no_database_is_an_error_in_one_line(path):
    path.write_text("no database " * 100)
    with pytest.raises(JournalError, match="not a usable database"):
        forgotten(path)
