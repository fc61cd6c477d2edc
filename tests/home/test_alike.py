"""What the block log knows of a picture by its content."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from geacc_proxy.home import alike
from geacc_proxy.home.alike import addresses_of, count_alike
from geacc_proxy.journal import Entry, Journal

NOW = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
HIGH = 0xF0F0_3355_AAFF_0001  # above 2^63, where a database's whole numbers end


def entry(number: int, digest: str, likeness: int | None) -> Entry:
    url = f"https://example.com/{number}.jpg"
    at = NOW + timedelta(seconds=number)
    shown = (10, 10, "jpeg", None, (), "", "hide", "malign", likeness)
    return Entry(at, "emma", "under-12", "", url, digest, *shown)  # type: ignore[arg-type]


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    journal = await Journal.open(tmp_path / "geacc.db")
    for number, (digest, likeness) in enumerate(
        [("aa", HIGH), ("aa", HIGH ^ 0x3FF), ("bb", HIGH ^ 0x7FF), ("cc", None)], start=1
    ):
        journal.record(entry(number, digest * 16, likeness))
    await journal.close()
    return tmp_path / "geacc.db"


def test_a_picture_comes_from_where_it_was_last(path: Path) -> None:
    assert addresses_of(path, {"aa" * 16, "dd" * 16, ""}) == {"aa" * 16: "https://example.com/2.jpg"}


def test_alike_is_what_differs_in_ten_bits_at_most(path: Path) -> None:
    assert count_alike(path, HIGH) == 2
    assert count_alike(path, HIGH, besides=1) == 1
    assert count_alike(path, HIGH ^ 0x7FF) == 2


def test_the_newest_lines_alone_are_compared(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alike, "LOOKED_AT", 2)

    assert count_alike(path, HIGH) == 0
