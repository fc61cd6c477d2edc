import sqlite3
import threading
from contextlib import closing

import pytest

from geacc_proxy.exceptions import JournalError
from geacc_proxy.journal.household import HouseholdStore, StoredDeed
from tests.journal.samples import MORNING

ANNE = ("profile", "anne")
STRICT, LENIENT = {"strictness": "strict"}, {"strictness": "lenient"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "geacc.db"


@pytest.fixture
def store(path):
    store = HouseholdStore.open(path)
    yield store
    store.close()


def deed(**changes):
    return StoredDeed(0, MORNING, "parent", "Changed", **changes)


def test_documents_are_kept_changed_and_removed(store, path):
    store.save({ANNE: STRICT, ("profile", "ben"): STRICT, ("device", "anne"): {"name": "Zoë's"}}, None)
    store.save({ANNE: LENIENT, ("profile", "ben"): None}, None)
    store.close()
    again = HouseholdStore.open(path)
    assert again.load() == {ANNE: LENIENT, ("device", "anne"): {"name": "Zoë's"}}
    assert again.deeds() == []
    again.close()


def test_deeds_are_listed_newest_first_and_page_by_page(store):
    assert [store.save({}, deed()) for _ in range(5)] == [1, 2, 3, 4, 5]
    assert [line.number for line in store.deeds(limit=2)] == [5, 4]
    assert [line.number for line in store.deeds(before=4, limit=2)] == [3, 2]


def test_an_undone_deed_says_by_which_it_was_undone(store):
    store.save({}, deed())
    store.save({}, deed(values={"undoes": "1"}))
    assert [(line.number, line.undone) for line in store.deeds()] == [(2, 0), (1, 2)]


def test_a_store_may_be_handed_from_thread_to_thread(path):
    stores = []
    opening = threading.Thread(target=lambda: stores.append(HouseholdStore.open(path)))
    opening.start()
    opening.join()
    assert stores[0].save({ANNE: STRICT}, deed()) == 1
    stores[0].close()


def test_changes_and_their_deed_are_written_together_or_not_at_all(store, path):
    store.save({ANNE: STRICT}, deed())
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TRIGGER refuse BEFORE INSERT ON deed BEGIN SELECT RAISE(ABORT, 'no room'); END")
    before = store.version()
    with pytest.raises(JournalError, match=r"geacc\.db cannot be used \(no room\)"):
        store.save({ANNE: LENIENT}, deed())
    assert store.load() == {ANNE: STRICT}
    assert len(store.deeds()) == 1
    assert store.version() == before


def test_the_number_of_a_deed_is_never_given_again(store, path):
    assert [store.save({}, deed()) for _ in range(3)] == [1, 2, 3]
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM deed")
        connection.commit()
    assert store.save({}, deed()) == 4


def test_a_database_that_was_moved_away_is_not_written_to_in_secret(store, path):
    path.rename(path.with_name("elsewhere.db"))
    with pytest.raises(JournalError, match="was moved or replaced while geacc-proxy ran"):
        store.save({ANNE: STRICT}, None)


def test_a_secret_that_was_removed_is_gone_from_the_disk(store, path):
    store.save({("secret", f"session:{number}"): {"hash": f"unwanted-{number}-" * 20} for number in range(50)}, None)
    store.save({("secret", f"session:{number}"): None for number in range(50)}, None)
    store.close()
    assert b"unwanted" not in path.read_bytes()
