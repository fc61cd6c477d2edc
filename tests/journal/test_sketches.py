import pytest

from geacc_proxy.journal import Journal, sketches
from geacc_proxy.journal.search import Query, search
from geacc_proxy.journal.writer import KEEP_SKETCHES, LARGEST_SKETCH
from tests.journal.samples import entry, until


@pytest.fixture
def path(tmp_path):
    return tmp_path / "geacc.db"


async def test_a_sketch_is_kept_with_its_line_and_told_of_by_it(path):
    journal = await Journal.open(path)
    journal.record(entry())
    journal.record(entry(digest="ff"))
    journal.sketch(entry().digest, b"first")
    journal.sketch(entry().digest, b"second, before it was written")
    await until(lambda: sketches.get(path, entry().digest) is not None)
    journal.sketch(entry().digest, b"third")
    await journal.close()
    assert sketches.get(path, entry().digest) == b"second, before it was written"
    assert [found.sketch for found in search(path, Query()).rows] == [False, True]


async def test_a_sketch_that_comes_when_no_line_waits_is_written_too(path):
    journal = await Journal.open(path)
    journal.sketch("aa", b"picture")
    await until(lambda: sketches.get(path, "aa") is not None)
    await journal.close()


async def test_what_is_no_sketch_is_not_kept(path):
    journal = await Journal.open(path)
    journal.sketch("aa", bytes(LARGEST_SKETCH + 1))
    journal.sketch("", b"of nothing")
    for number in range(KEEP_SKETCHES + 1):
        journal.sketch(f"{number:x}", b"of many")
    await journal.close()
    journal.sketch("bb", b"after the end")
    assert sketches.get(path, "aa") == b"of many"
    assert sketches.get(path, "") is sketches.get(path, f"{KEEP_SKETCHES:x}") is None
