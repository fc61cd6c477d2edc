import pytest

from geacc_proxy.exceptions import JournalError
from geacc_proxy.journal.counts import Counts
from geacc_proxy.journal.statistics import KEPT_SITES, SiteCounts, add, kept, use_of

DAYS = ("2026-05-01", "2026-05-02")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "geacc.db"


def test_counts_add_up_over_several_writings(path):
    counts = Counts()
    counts.count(10, "tablet", pages=2, pictures=5, hidden=True)
    counts.count(10, "tablet", hidden=True, cached=3)
    counts.count(11, "phone", closed=1, bypasses=1)
    counts.added[10, "tablet", 4] += 5
    counts.count_site("2026-05-01", "tablet", "a.example", "pages")
    counts.count_site("2026-05-02", "tablet", "a.example", "hidden")
    counts.count_site("2026-05-02", "phone", "b.example", "closed")
    add(path, counts)
    add(path, counts)
    found = kept(path, (10, 12), DAYS)
    assert found.hours == {10: (4, 10, 4, 6, 0, 0), 11: (0, 0, 0, 0, 2, 2)}
    assert found.devices == {"tablet": (4, 10, 4, 6, 0, 0), "phone": (0, 0, 0, 0, 2, 2)}
    assert found.added == {4: 10}
    assert found.sites == (SiteCounts("a.example", 2, 2, 0), SiteCounts("b.example", 0, 0, 2))
    assert kept(path, (11, 12), ("2026-05-03", "2026-05-03")).sites == ()
    of_phone = kept(path, (10, 12), DAYS, device="phone")
    assert (len(of_phone.hours), of_phone.added, len(of_phone.sites)) == (1, {}, 1)


def test_minutes_of_use_are_joined_and_come_back(path):
    add(path, Counts(use={("2026-05-01", "tablet"): frozenset({0, 5, 1439})}))
    add(path, Counts(use={("2026-05-01", "tablet"): frozenset({5, 6}), ("2026-05-02", "tablet"): frozenset({1})}))
    assert use_of(path, "2026-05-01") == {"tablet": frozenset({0, 5, 6, 1439})}
    assert kept(path, (0, 1), DAYS).use == {("2026-05-01", "tablet"): 4, ("2026-05-02", "tablet"): 1}


def test_of_a_day_the_busiest_sites_are_kept_once_it_is_over(path):
    counts = Counts()
    for number in range(KEPT_SITES + 50):
        counts.count_site("2026-05-01", "tablet", f"{number:04}.example", "pages")
        counts.count_site("2026-05-01", "phone", f"{number:04}.example", "pages")
    counts.count_site("2026-05-01", "tablet", "0249.example", "pages")
    add(path, counts)
    assert len(kept(path, (0, 1), DAYS, device="tablet", sites=1000).sites) == KEPT_SITES + 50
    later = Counts()
    later.count_site("2026-05-02", "tablet", "next.example", "pages")
    add(path, later)
    sites = kept(path, (0, 1), ("2026-05-01", "2026-05-01"), device="tablet", sites=1000).sites
    assert (len(sites), sites[0]) == (KEPT_SITES, SiteCounts("0249.example", 2, 0, 0))
    assert len(kept(path, (0, 1), DAYS, device="phone", sites=1000).sites) == KEPT_SITES + 50


def test_a_page_that_makes_up_hosts_fills_neither_the_disk_nor_the_memory(path, monkeypatch):
    monkeypatch.setattr("geacc_proxy.journal.counts.MOST_SITES", 1500)
    counts = Counts()
    for number in range(3000):
        counts.count_site("2026-05-01", "tablet", f"{number}.example", "pages")
        counts.count_site("2026-05-01", "tablet", "0.example", "pages")
    assert len(counts.sites) == 1500
    more = Counts()
    more.count_site("2026-05-01", "tablet", "new.example", "pages")
    counts.take_back(more)
    assert len(counts.sites) == 1500
    add(path, counts)
    sites = kept(path, (0, 1), DAYS, sites=5000).sites
    assert (len(sites), sites[0]) == (500, SiteCounts("0.example", 3001, 0, 0))


def test_what_could_not_be_stored_is_counted_on():
    counts, other = Counts(), Counts()
    assert not counts
    for of in (counts, other):
        of.count(1, "tablet", pages=1)
        of.added[1, "tablet", 2] += 1
        of.count_site("2026-05-01", "tablet", "a.example", "pages")
    counts.take_back(other)
    assert counts.hours == {(1, "tablet"): {"pages": 2}}
    assert counts.added == {(1, "tablet", 2): 2}
    assert counts.sites == {("2026-05-01", "tablet", "a.example"): {"pages": 2}}


def test_counts_that_cannot_be_written_are_an_error_in_one_line(path):
    path.write_text("no database " * 100)
    with pytest.raises(JournalError, match="not a usable database"):
        add(path, Counts())
