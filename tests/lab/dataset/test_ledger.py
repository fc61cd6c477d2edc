"""The log remembers, whatever happened to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.dataset.ledger import NAME, Ledger
from geacc_proxy.lab.dataset.outcome import Outcome, Record, parse_record

STORED = Record("http://a.example/ä", "cats", Outcome.STORED, 2, file="cats/x", bytes=9, sha256="ab", width=3, height=4)
FAILED = Record("http://b.example/", "cats", Outcome.STATUS, 3, "404 Not Found", attempts=1, seconds=0.25)


def test_a_record_is_one_line_that_can_be_read_again() -> None:
    for record in (STORED, FAILED):
        line = record.to_json()
        assert "\n" not in line
        assert parse_record(line) == record
    assert '"class": "cats"' in STORED.to_json()


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "{}", '{"outcome": "new"}', '{"outcome": "stored", "what": 1}', "null"]
)
def test_what_is_no_record_is_told(line: str) -> None:
    with pytest.raises(ValueError, match=r"no record|Expecting|not a valid Outcome"):
        parse_record(line)


def test_the_last_word_on_a_picture_counts(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.add(FAILED)
        ledger.add(STORED)
    with Ledger(tmp_path) as ledger:
        assert ledger.last(FAILED.url, "cats") == FAILED
        ledger.add(Record(FAILED.url, "cats", Outcome.STORED, 3, file="cats/y"))
    with Ledger(tmp_path) as ledger:
        assert {record.file for record in ledger.stored()} == {"cats/x", "cats/y"}
        assert ledger.last(STORED.url, "dogs") is None


def test_a_line_that_a_crash_has_cut_spoils_no_other(tmp_path: Path) -> None:
    with Ledger(tmp_path) as ledger:
        ledger.add(STORED)
    path = tmp_path / NAME
    path.write_text(path.read_text() + FAILED.to_json()[:30])
    with Ledger(tmp_path) as ledger:
        assert ledger.last(FAILED.url, "cats") is None
        ledger.add(FAILED)
    with Ledger(tmp_path) as ledger:
        assert ledger.last(STORED.url, "cats") == STORED
        assert ledger.last(FAILED.url, "cats") == FAILED


def test_two_downloads_do_not_work_in_one_folder(tmp_path: Path) -> None:
    with Ledger(tmp_path), pytest.raises(GeaccError, match="another download is at work"):
        Ledger(tmp_path)
    with Ledger(tmp_path):
        pass
