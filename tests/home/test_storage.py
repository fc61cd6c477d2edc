import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime

import pytest

from geacc_proxy.exceptions import JournalError
from geacc_proxy.home.documents import Deed, Kind
from geacc_proxy.home.events import Happening
from geacc_proxy.home.home import Home
from geacc_proxy.home.storage import open_store
from geacc_proxy.journal import Journal
from tests.journal.samples import entry, until

ANNE = (Kind.PROFILE, "anne")
STRICT = {"strictness": "strict"}
LENIENT = {"strictness": "lenient", "title": "Zoë's"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "geacc.db"


def deed(number=0, **changes):
    values = {"time": datetime(2026, 5, 1, 8, 0, 0, 123456, UTC), "who": "parent", "what": "Changed {name}"}
    return Deed(number, **(values | {"values": {"name": "anne"}} | changes))


async def test_a_home_is_there_again_after_a_restart(home, path):
    number = await home.change("parent", "Made {name}", {ANNE: LENIENT}, {"name": "anne"})
    await home.change("parent", "Set", {(Kind.SECRET, "password"): {"hash": "abc"}})
    again = await Home.open(lambda: open_store(path))
    assert again.house.profiles["anne"].title == "Zoë's"
    assert again.document(Kind.SECRET, "password") == {"hash": "abc"}
    newest, first = await again.deeds()
    assert (first.number, first.who, first.what, first.values) == (number, "parent", "Made {name}", {"name": "anne"})
    assert (first.before, first.after) == ({ANNE: None}, {ANNE: LENIENT})
    assert newest.after == {}
    await again.close()


async def test_what_was_changed_can_be_taken_back_and_the_trail_says_so(home):
    await home.change("parent", "Made", {ANNE: STRICT})
    number = await home.change("cli", "Changed", {ANNE: LENIENT})
    undoing = await home.undo(number, "parent")
    assert home.document(*ANNE) == STRICT
    assert [(line.number, line.undone) for line in await home.deeds(limit=2)] == [(undoing, 0), (number, undoing)]
    assert [line.number for line in await home.deeds(before=number)] == [number - 1]


async def test_what_another_program_changes_is_noticed(home, path):
    program = (
        "import pathlib, sys; from geacc_proxy.home.documents import Kind;"
        "from geacc_proxy.home.storage import open_store;"
        "store = open_store(pathlib.Path(sys.argv[1]));"
        "store.save({(Kind.PROFILE, 'anne'): {'strictness': 'lenient'}}, None); store.close()"
    )
    with home.events.listening() as events:
        await asyncio.sleep(0)
        await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program, path], check=True)
        event = await asyncio.wait_for(events.get(), 10)
    assert (event.kind, home.house.profiles["anne"].strictness) == (Happening.CHANGED, "lenient")


async def test_neither_own_changes_nor_lines_of_the_block_log_count_as_anothers(path):
    store, other = open_store(path), open_store(path)
    before = store.version()
    store.save({ANNE: STRICT}, deed())
    journal = await Journal.open(path)
    journal.record(entry())
    await until(lambda: journal.written == 1)
    await journal.close()
    assert store.version() == before
    other.save({ANNE: None}, None)
    assert store.version() != before
    assert store.load() == {}
    store.close()
    other.close()


def test_a_deed_comes_back_as_it_was(path):
    store = open_store(path)
    given = deed(
        before={ANNE: None, (Kind.LIST, "ads"): {"source": "x"}}, after={ANNE: STRICT, (Kind.LIST, "ads"): None}
    )
    assert store.save({}, given) == 1
    assert store.deed(1) == Deed(1, given.time, "parent", "Changed {name}", {"name": "anne"}, given.before, given.after)
    assert store.deed(2) is None
    store.close()


def test_documents_of_a_kind_that_a_newer_version_keeps_are_left_alone(path):
    store = open_store(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO document VALUES ('toaster', 'a', '{}')")
        connection.commit()
    assert store.load() == {}
    store.close()


def test_what_is_no_database_is_an_error_in_one_line(path):
    path.write_text("Dear diary, " * 100)
    with pytest.raises(JournalError, match="not a usable database"):
        open_store(path)
