from datetime import timedelta

import pytest

from geacc_proxy.journal import Journal
from geacc_proxy.journal.reader import PAGE, Reader
from tests.journal.samples import MORNING, entry


@pytest.fixture
async def path(tmp_path):
    journal = await Journal.open(tmp_path / "geacc.db")
    # Several pages; four lines a moment, so that pages end between lines of the same moment.
    for number in range(2 * PAGE + 10):
        journal.record(
            entry(
                time=MORNING + timedelta(seconds=number // 4),
                device="phone" if number % 5 == 0 else "tablet",
                url=f"https://example.org/{number}",
            )
        )
    await journal.close()
    return tmp_path / "geacc.db"


def numbers(lines):
    return [int(line.url.rpartition("/")[2]) for line in lines]


async def test_all_lines_come_once_newest_first_across_pages(path):
    with Reader.open(path) as reader:
        assert numbers(reader.query()) == list(range(2 * PAGE + 10))[::-1]
        assert numbers(reader.query(device="phone")) == list(range(0, 2 * PAGE + 10, 5))[::-1]


async def test_a_limit_is_kept_within_and_across_pages(path):
    with Reader.open(path) as reader:
        for limit in (0, 1, PAGE, PAGE + 1, 9 * PAGE):
            assert len(list(reader.query(limit=limit))) == min(limit, 2 * PAGE + 10)


async def test_a_span_of_time_holds_its_beginning_and_not_its_end(path):
    span = {"since": MORNING + timedelta(seconds=10), "before": MORNING + timedelta(seconds=12)}
    with Reader.open(path) as reader:
        assert numbers(reader.query(**span)) == list(range(40, 48))[::-1]
        assert reader.count(**span) == 8
        assert reader.count(device="phone") == (2 * PAGE + 10) // 5


async def test_lists_walk_an_index_and_sort_nothing(path):
    import sqlite3

    for where, index in (
        ("time >= 1 AND (time, id) < (9, 9)", "ix_block_log_time"),
        ("device = 'a' AND (time, id) < (9, 9)", "ix_block_log_device_time"),
    ):
        connection = sqlite3.connect(path)
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN SELECT * FROM block_log WHERE {where} ORDER BY time DESC, id DESC LIMIT 9"
        ).fetchall()
        connection.close()
        assert index in str(plan)
        assert "TEMP B-TREE" not in str(plan)
