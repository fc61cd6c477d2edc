import asyncio
import random
import sqlite3
from contextlib import closing
from datetime import timedelta
from itertools import combinations

import pytest

from geacc_proxy.exceptions import JournalError, UsageError
from geacc_proxy.journal import Journal
from geacc_proxy.journal import search as search_module
from geacc_proxy.journal.readers import reading
from geacc_proxy.journal.search import Facets, Query, facets, row, search
from tests.journal.samples import MORNING, entry

CHOICES = {
    "device": "tablet",
    "site": "b.example.org",
    "reason": "malign",
    "decision": "hide",
    "text": "/one",
    "score_from": 0.8,
    "score_to": 0.93,
    "since": MORNING + timedelta(minutes=5),
    "before": MORNING + timedelta(minutes=35),
}


def lines():
    """Lines in no order, some at the same moment; the generator is seeded, so that they are the same each time."""
    draw = random.Random(4)
    made = []
    for number in range(600):
        reason = draw.choice(["malign", "malign", "timed-out", "blocked-site"])
        made.append(
            entry(
                time=MORNING + timedelta(seconds=draw.randrange(2400)),
                device=draw.choice(["tablet", "phone"]),
                page=f"https://{draw.choice('abc')}.example.org/",
                url=f"https://pictures.example.net/{draw.choice(['one', 'two'])}/{number}",
                malign=draw.choice([0.75, 0.8, 0.850001, 0.93, 0.95, 1.0]) if reason == "malign" else None,
                decision=draw.choice(["hide", "hide", "show"]),
                reason=reason,
            )
        )
    return made


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    path = tmp_path_factory.mktemp("search") / "geacc.db"
    made = lines()

    async def fill():
        journal = await Journal.open(path)
        for line in made:
            journal.record(line)
        await journal.close()

    asyncio.run(fill())
    numbered = sorted(enumerate(made, 1), key=lambda pair: (pair[1].time, pair[0]), reverse=True)
    return path, numbered


def fits(line, query):
    return (
        query.device in ("", line.device)
        and query.site in ("", line.page.split("/")[2])
        and query.reason in ("", line.reason)
        and query.decision in ("", line.decision)
        and (query.text in line.page or query.text in line.url)
        and (query.score_from is None or (line.malign is not None and line.malign >= query.score_from))
        and (query.score_to is None or (line.malign is not None and line.malign <= query.score_to))
        and (query.since is None or line.time >= query.since)
        and (query.before is None or line.time < query.before)
    )


def all_pages(path, query, limit=50):
    rows, found = [], search(path, query, limit=limit)
    while True:
        assert len(found.rows) <= limit
        rows += found.rows
        if not found.next:
            return rows
        found = search(path, query, after=found.next, limit=limit)


@pytest.mark.parametrize("names", [names for size in (0, 1, 2) for names in combinations(CHOICES, size)], ids="+".join)
def test_each_filter_and_each_pair_finds_its_lines_newest_first(filled, names):
    path, numbered = filled
    query = Query(**{name: CHOICES[name] for name in names})
    expected = [number for number, line in numbered if fits(line, query)]
    assert [found.number for found in all_pages(path, query)] == expected
    assert 0 < len(expected) <= 600


def test_all_filters_together_find_what_fits_them_all(filled):
    path, numbered = filled
    query = Query(**CHOICES)
    assert [found.number for found in all_pages(path, query, limit=2)] == [
        number for number, line in numbered if fits(line, query)
    ]


@pytest.mark.parametrize("bound", [0.0, 0.75, 0.8, 0.85, 0.87, 0.95, 1.0])
def test_both_bounds_of_the_score_belong_to_what_is_found(filled, bound):
    path, numbered = filled
    for query in (Query(score_from=bound), Query(score_to=bound)):
        expected = [number for number, line in numbered if fits(line, query)]
        assert [found.number for found in all_pages(path, query)] == expected


def test_a_row_is_the_line_that_was_recorded(filled):
    path, numbered = filled
    found = search(path, Query(), limit=1).rows[0]
    assert (found.number, found.entry) == numbered[0]
    assert (found.site, found.likeness, found.sketch) == (numbered[0][1].page.split("/")[2], None, False)
    assert row(path, found.number) == found
    assert row(path, 601) is row(path, 0) is row(path, 2**70) is None


def test_what_is_typed_is_looked_for_as_it_is_without_regard_to_capitals(filled):
    path, _ = filled
    assert len(all_pages(path, Query(text="EXAMPLE.NET/ONE"))) == len(all_pages(path, Query(text="/one/")))
    for nowhere in ("%", "_ictures", "\\", "'", "/one/%"):
        assert search(path, Query(text=nowhere)).rows == ()


def test_what_is_nowhere_is_not_found(filled):
    path, _ = filled
    for query in (
        Query(device="a"),
        Query(site="a"),
        Query(reason="a"),
        Query(decision="a"),
        Query(site="A.example.org"),
    ):
        assert search(path, query).rows == ()
    assert search(path, Query(score_from=0.8, score_to=0.7)).rows == ()


def test_where_lines_must_be_looked_at_one_by_one_an_answer_comes_all_the_same_and_the_next_goes_on(
    filled, monkeypatch
):
    path, numbered = filled
    monkeypatch.setattr(search_module, "_CHUNKS", (10, 90))
    oldest = numbered[-1][1]
    query = Query(text=oldest.url)
    pages = [search(path, query)]
    while pages[-1].next:
        pages.append(search(path, query, after=pages[-1].next))
    assert [len(page.rows) for page in pages[:6]] == [0, 0, 0, 0, 0, 1]
    assert [page.looked_back_to for page in pages[:5]] == [numbered[at][1].time for at in (99, 199, 299, 399, 499)]
    assert pages[-1].looked_back_to is None


@pytest.mark.parametrize(
    "index",
    ["time", "device_time", "site_time", "kind_time", "device_kind_time", "site_kind_time", "device_site_time"],
)
def test_no_question_sorts_what_an_index_gives_in_order(filled, index):
    path, _ = filled
    names = [name for name in ("device", "site") if name in index]
    query = Query(reason="malign" if "kind" in index else "", **dict.fromkeys(names, "tablet"))
    with reading(path) as connection:
        plan = search_module._Plan.of(connection, query)
        assert plan.index == f"ix_block_log_{index}"
        walk, values = plan._walk((1, 1))
        steps = [step for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {walk}", values)]
    assert not any("TEMP B-TREE" in step for step in steps)
    assert any(f"USING COVERING INDEX ix_block_log_{index}" in step for step in steps)


def test_so_many_kinds_of_lines_that_their_walks_cannot_be_merged_are_looked_through(filled, monkeypatch):
    path, numbered = filled
    monkeypatch.setattr(search_module, "_MOST_WALKS", 1)
    for query in (Query(decision="hide"), Query(decision="hide", site="a.example.org"), Query(score_from=0.8)):
        assert [found.number for found in all_pages(path, query)] == [
            number for number, line in numbered if fits(line, query)
        ]


def test_a_place_that_none_is_and_a_score_that_none_is_are_refused(filled):
    path, _ = filled
    for wrong in ("x", "1", ".1", "1.", "1.1.1", "-.1", "²._", "1" * 30 + ".1"):
        with pytest.raises(UsageError, match="is no place in the block log"):
            search(path, Query(), after=wrong)
    with pytest.raises(UsageError, match="is no score"):
        search(path, Query(score_from=float("nan")))


def test_the_menus_offer_what_there_is(filled):
    path, _ = filled
    offered = facets(path)
    assert offered.devices == ("phone", "tablet")
    assert offered.reasons == ("blocked-site", "malign", "timed-out")
    assert sorted(offered.sites) == ["a.example.org", "b.example.org", "c.example.org"]


def test_an_empty_log_has_no_lines_and_no_menus(tmp_path):
    assert search(tmp_path / "geacc.db", Query(site="a")).rows == ()
    assert facets(tmp_path / "geacc.db") == Facets((), (), ())


async def test_new_lines_are_found_by_the_connections_that_are_open(tmp_path):
    path = tmp_path / "geacc.db"
    journal = await Journal.open(path)
    assert search(path, Query()).rows == ()
    journal.record(entry(likeness=2**64 - 1))
    journal.record(entry(likeness=5))
    await journal.close()
    assert [found.likeness for found in search(path, Query()).rows] == [5, 2**64 - 1]
    assert search(path, Query()).rows[1].entry.likeness == 2**64 - 1


def test_a_file_that_was_replaced_is_read_anew(tmp_path):
    path = tmp_path / "geacc.db"
    search(path, Query())
    path.unlink()
    path.write_text("no database " * 100)
    with pytest.raises(JournalError, match="not a usable database"):
        search(path, Query())


def test_a_reader_changes_nothing_and_a_question_that_fails_is_one_line(tmp_path):
    path = tmp_path / "geacc.db"
    with pytest.raises(JournalError, match="readonly"), reading(path) as connection:
        connection.execute("DELETE FROM block_log")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE sketch")
    with pytest.raises(JournalError, match="no such table: sketch"):
        row(path, 1)
