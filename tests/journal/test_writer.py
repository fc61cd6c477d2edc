import asyncio
import logging
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from geacc_proxy.exceptions import JournalError
from geacc_proxy.journal import Journal, writer
from geacc_proxy.journal.reader import Reader
from tests.journal.samples import MORNING, entry, until


@pytest.fixture
def path(tmp_path):
    return tmp_path / "geacc.db"


def stored(path):
    """All lines, in the order in which they were written."""
    with Reader.open(path) as reader:
        return list(reader.query())[::-1]


async def test_lines_are_written_in_order_and_closing_writes_the_rest(path):
    journal = await Journal.open(path)
    lines = [entry(url=f"https://example.org/{number}") for number in range(1234)]
    for line in lines:
        journal.record(line)
    assert (journal.waiting, journal.written) == (1234, 0)
    await journal.close()
    assert (journal.waiting, journal.written, journal.dropped) == (0, 1234, 0)
    assert stored(path) == lines


async def test_a_line_is_on_the_disk_soon_without_closing(path):
    journal = await Journal.open(path)
    journal.record(entry())
    await until(lambda: journal.written == 1, seconds=3)
    journal.record(entry())
    await until(lambda: journal.written == 2, seconds=3)
    assert len(stored(path)) == 2
    await journal.close()


async def test_few_lines_share_a_transaction_and_a_full_batch_does_not_wait(path, monkeypatch):
    monkeypatch.setattr(writer, "INTERVAL_S", 60.0)
    journal = await Journal.open(path)
    journal.record(entry())
    await until(lambda: journal.written == 1)
    journal.record(entry())
    await asyncio.sleep(0.1)
    assert (journal.written, journal.waiting) == (1, 1)
    for _ in range(600):
        journal.record(entry())
    await until(lambda: journal.written == 501)
    assert journal.waiting == 101
    await journal.close()
    assert journal.written == 602


def test_a_line_survives_a_kill_one_second_after_it_was_recorded(path):
    program = """
import asyncio, pathlib, sys
from geacc_proxy.journal import Journal
from tests.journal.samples import entry
async def main():
    journal = await Journal.open(pathlib.Path(sys.argv[1]))
    for number in range(3):
        journal.record(entry(url=f"https://example.org/{number}"))
        await asyncio.sleep(0.1)
    print("recorded", flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""
    child = subprocess.Popen(
        [sys.executable, "-c", program, path], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert child.stdout.readline() == b"recorded\n"
    time.sleep(1)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    assert [line.url[-1] for line in stored(path)] == ["0", "1", "2"]


def test_a_program_that_forgets_to_close_still_ends(path):
    program = """
import asyncio, pathlib, sys
from geacc_proxy.journal import Journal
async def main():
    await Journal.open(pathlib.Path(sys.argv[1]))
asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", program, path], check=True, timeout=30)


async def test_a_locked_database_keeps_the_lines_and_takes_them_later(path, caplog):
    journal = await Journal.open(path, keep=5)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(7):
            journal.record(entry(url=f"https://example.org/secret-{number}"))
        await until(lambda: "is in use" in caplog.text)
        await asyncio.sleep(2.5)  # long enough for a second attempt
        assert (journal.waiting, journal.written, journal.dropped) == (5, 0, 2)
        other.execute("ROLLBACK")
    await until(lambda: journal.written == 5)
    await journal.close()
    assert [line.url[-1] for line in stored(path)] == list("01234")
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 2, "one for the outage, one for its end"
    assert "is written again" in warnings[1]
    assert "secret" not in caplog.text


async def test_closing_during_an_outage_ends_in_time_and_counts_what_is_lost(path, caplog):
    journal = await Journal.open(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        journal.record(entry())
        start = time.monotonic()
        await journal.close(patience_s=0.5)
        assert time.monotonic() - start < 4
    assert (journal.waiting, journal.dropped) == (0, 1)
    assert "lost its last 1 lines" in caplog.text
    journal.record(entry())
    assert journal.dropped == 2


async def test_a_line_that_can_never_be_stored_costs_itself_alone(path):
    journal = await Journal.open(path)
    poison = entry(url="https://example.org/1")
    object.__setattr__(poison, "format", None)
    for line in (entry(url="https://example.org/0"), poison, entry(url="https://example.org/2")):
        journal.record(line)
    await journal.close()
    assert (journal.written, journal.dropped) == (2, 1)
    assert [line.url[-1] for line in stored(path)] == ["0", "2"]


async def test_a_deleted_file_is_made_anew(path):
    journal = await Journal.open(path)
    journal.record(entry(url="https://example.org/0"))
    await until(lambda: journal.written == 1)
    path.unlink()
    journal.record(entry(url="https://example.org/1"))
    await journal.close()
    assert [line.url[-1] for line in stored(path)] == ["1"]


async def test_reading_works_while_the_log_is_written(path):
    journal = await Journal.open(path)
    for second in range(3000):
        journal.record(entry(time=MORNING + timedelta(seconds=second)))
    await until(lambda: journal.written == 3000)
    with Reader.open(path) as reader:
        lines = reader.query()
        assert next(lines).time == MORNING + timedelta(seconds=2999)
        journal.record(entry(time=MORNING + timedelta(days=1)))
        await until(lambda: journal.written == 3001)
        assert sum(1 for _ in lines) == 2999
    await journal.close()


async def test_a_database_that_cannot_be_opened_is_an_error_of_the_opening(path):
    path.write_text("no database " * 100)
    with pytest.raises(JournalError, match="not a usable database"):
        await Journal.open(path)
