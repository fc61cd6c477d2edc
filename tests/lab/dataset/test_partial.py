"""What came of a picture stays, with what it takes to go on; a full disk is told and not taken for a bad picture."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from geacc_proxy.exceptions import GeaccError
from geacc_proxy.lab.dataset.partial import FOLDER, Origin, Partial

URL = "http://a.example/1.jpg"
ORIGIN = Origin("http://b.example/2.jpg", '"v1"')


def test_a_part_is_found_again_with_its_origin(tmp_path: Path) -> None:
    with Partial(tmp_path, URL).begin(ORIGIN) as file:
        Partial(tmp_path, URL).append(file, b"abc")
    found = Partial(tmp_path, URL)
    assert (found.origin(), found.length()) == (ORIGIN, 3)
    with found.go_on() as file:
        found.append(file, b"def")
    assert found.path.read_bytes() == b"abcdef"
    assert Partial(tmp_path, URL + "?").origin() is None
    found.discard()
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_without_bytes_or_a_validator_there_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    Partial(tmp_path, URL).begin(ORIGIN).close()
    assert Partial(tmp_path, URL).origin() is None
    with Partial(tmp_path, URL).begin(Origin(URL, "")) as file:
        file.write(b"abc")
    assert Partial(tmp_path, URL).origin() is None


@pytest.mark.parametrize("about", ["", "[]", '{"url": 1, "validator": 2}', '{"url": "x"}', "\x00"])
def test_a_part_whose_origin_is_damaged_is_not_gone_on_with(tmp_path: Path, about: str) -> None:
    partial = Partial(tmp_path, URL)
    with partial.begin(ORIGIN) as file:
        partial.append(file, b"abc")
    (beside,) = (tmp_path / FOLDER).glob("*.json")
    beside.write_text(about)
    assert partial.origin() is None


@contextmanager
def files_of_at_most(count: int) -> Iterator[None]:
    """As on a disk that is nearly full: what goes beyond is written in part, and the next byte is refused."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_a_disk_has_no_room_for_is_told(tmp_path: Path) -> None:
    partial = Partial(tmp_path, URL)
    with partial.begin(ORIGIN) as file, files_of_at_most(1000), pytest.raises(GeaccError, match="cannot write"):
        partial.append(file, b"x" * 5000)
    assert partial.length() == 1000
