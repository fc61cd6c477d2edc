import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from geacc_proxy.exceptions import JournalError
from geacc_proxy.journal import Journal, forgetting
from geacc_proxy.journal.purge import purge
from geacc_proxy.journal.reader import Reader
from tests.journal.samples import MORNING, entry, until


async def filled(folder, *lines):
    journal = await Journal.open(folder / "geacc.db")
    for line in lines:
        journal.record(line)
    await journal.close()
    return folder / "geacc.db"


def bytes_on_disk(folder):
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_what_is_purged_is_gone_from_the_disk_even_while_the_proxy_runs(tmp_path):
    journal = await Journal.open(tmp_path / "geacc.db")
    for number in range(300):
        journal.record(entry(url=f"https://example.org/unwanted-{number}"))
    journal.record(entry(device="phone", url="https://example.org/wanted"))
    await until(lambda: journal.waiting == 0)
    assert b"unwanted" in bytes_on_disk(tmp_path)
    assert purge(tmp_path / "geacc.db", device="tablet") == 300
    assert b"unwanted" not in bytes_on_disk(tmp_path)
    assert b"example.org/wanted" in bytes_on_disk(tmp_path)
    journal.record(entry(url="https://example.org/later"))
    await journal.close()
    with Reader.open(tmp_path / "geacc.db") as reader:
        assert [line.url[20:] for line in reader.query()] == ["later", "wanted"]


async def test_a_purge_by_age_and_device_takes_those_alone(tmp_path):
    path = await filled(
        tmp_path,
        entry(url="https://example.org/old"),
        entry(url="https://example.org/old-phone", device="phone"),
        entry(url="https://example.org/new", time=MORNING + timedelta(days=1)),
    )
    assert purge(path, before=MORNING + timedelta(hours=1), device="phone") == 1
    assert purge(path, before=MORNING + timedelta(hours=1)) == 1
    with Reader.open(path) as reader:
        assert [line.url[20:] for line in reader.query()] == ["new"]
    assert purge(path) == 1


async def test_a_purge_that_a_reader_holds_up_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(forgetting, "PATIENCE_S", 0.3)
    path = await filled(tmp_path, entry())
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM block_log").fetchall()
        with pytest.raises(JournalError, match=r"1 lines are deleted, but another program is reading"):
            purge(path)
    assert purge(path) == 0
    assert b"pictures.example.org" not in bytes_on_disk(tmp_path)
