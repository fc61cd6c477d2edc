import subprocess
import sys

import pytest

from geacc_proxy.journal.database import prepare
from geacc_proxy.journal.household import HouseholdStore
from geacc_proxy.journal.readers import close_readers, reading

OTHER = (
    "import pathlib, sys; from geacc_proxy.journal.household import HouseholdStore;"
    "store = HouseholdStore.open(pathlib.Path(sys.argv[1])); print(store.load()); store.close()"
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "geacc.db"


def seen_by_another_program(path):
    return subprocess.run([sys.executable, "-c", OTHER, path], check=True, capture_output=True, text=True).stdout


def test_what_is_written_stays_when_another_program_closes_the_same_database(path):
    store = HouseholdStore.open(path)
    store.save({("profile", "anne"): {}}, None)
    prepare(path)
    with reading(path):
        pass
    assert "anne" in seen_by_another_program(path)
    store.save({("profile", "ben"): {}}, None)
    assert "ben" in seen_by_another_program(path)
    store.close()


def test_a_connection_is_used_again_and_each_at_once_has_its_own(path):
    with reading(path) as first, reading(path) as second:
        assert first is not second
    with reading(path) as again:
        assert again is first
    close_readers()
    with reading(path) as anew:
        assert anew not in (first, second)


def test_no_more_connections_stay_open_than_a_home_needs(tmp_path):
    for number in range(8):
        with reading(tmp_path / f"{number}.db") as last:
            pass
    with reading(tmp_path / "7.db") as again:
        assert again is last
    with reading(tmp_path / "0.db") as first:
        assert first.execute("SELECT count(*) FROM block_log").fetchone() == (0,)


def test_a_reader_sees_one_state_as_long_as_it_reads(path):
    store = HouseholdStore.open(path)
    with reading(path) as connection:
        count = "SELECT count(*) FROM document"
        assert connection.execute(count).fetchone() == (0,)
        store.save({("profile", "anne"): {}}, None)
        assert connection.execute(count).fetchone() == (0,)
    with reading(path) as connection:
        assert connection.execute(count).fetchone() == (1,)
    store.close()
