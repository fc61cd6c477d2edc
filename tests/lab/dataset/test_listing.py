"""Lists as people and spreadsheets write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.lab.dataset.listing import BadRow, Listing, Row

A, B = "http://a.example/1.jpg", "http://b.example/2,x.jpg"


def listing(tmp_path: Path, data: str | bytes, **options: object) -> Listing:
    path = tmp_path / "list.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return Listing(path, **options)  # type: ignore[arg-type]


def test_geaccs_classes_have_geaccs_names(tmp_path: Path) -> None:
    found = listing(tmp_path, f'OriginalURL,ClassID\n{A},0\n"{B}",1\n{A},2\n')
    assert list(found) == [Row(2, A, "benign"), Row(3, B, "explicit"), Row(4, A, "suggestive")]
    assert found.rows == 3


def test_any_other_class_is_its_own_name(tmp_path: Path) -> None:
    assert [row.label for row in listing(tmp_path, f"OriginalURL,ClassID\n{A},0\n{A},7\n")] == ["0", "7"]
    assert [row.label for row in listing(tmp_path, f"OriginalURL,ClassID\n{A},cats\n{A},1\n")] == ["cats", "1"]


def test_classes_can_be_given_names(tmp_path: Path) -> None:
    found = listing(tmp_path, f"OriginalURL,ClassID\n{A},0\n{A},1.0\n{A},9\n", folders={"0": "safe", "1": "not"})
    assert [row.label for row in found] == ["safe", "not", "9"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_columns_are_found_by_name_between_any_of_the_usual_delimiters(tmp_path: Path, delimiter: str) -> None:
    lines = [["id", " classid ", "Title", "ORIGINALURL"], ["1", "0", '"two\nlines"', A], ["2", "1", "", A]]
    text = "\r\n".join(delimiter.join(fields) for fields in lines)
    assert [(row.url, row.label) for row in listing(tmp_path, text)] == [(A, "benign"), (A, "explicit")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_are_understood(tmp_path: Path, encoding: str) -> None:
    url = "http://a.example/ä.jpg"
    assert [row.url for row in listing(tmp_path, f"OriginalURL,ClassID\n{url},0\n".encode(encoding))] == [url]


def test_bad_rows_are_named_by_line_and_the_others_are_read(tmp_path: Path) -> None:
    text = (
        f"OriginalURL,ClassID\n{A},0\n\nonly-one\n,0\n{A},\n{A},../up\n{A},.hidden\n{A},a/b\n{A},{'x' * 101}\n"
        f"http://a.example/\x07,0\n{A},1\n"
    )
    found = list(listing(tmp_path, text))
    assert [item.line for item in found if isinstance(item, Row)] == [2, 12]
    problems = {item.line: item.problem for item in found if isinstance(item, BadRow)}
    assert sorted(problems) == [4, 5, 6, 7, 8, 9, 10, 11]
    assert problems[5] == "no OriginalURL"
    assert problems[6] == "no ClassID"
    assert "'../up' begins with a dot" in problems[7]
    assert "cannot have" in problems[9]


def test_bytes_that_are_no_utf8_spoil_one_row_alone(tmp_path: Path) -> None:
    found = list(listing(tmp_path, b"OriginalURL,ClassID\nhttp://a.example/\xff,0\n" + f"{A},0\n".encode()))
    assert [type(item) for item in found] == [BadRow, Row]


def test_a_quote_that_is_never_closed_is_told_by_line(tmp_path: Path) -> None:
    found = list(listing(tmp_path, f'OriginalURL,ClassID\n{A},0\n"http://a.example/,0\n' + "x" * 200_000))
    assert found[0] == Row(2, A, "benign")
    assert isinstance(found[1], BadRow)
    assert found[1].line == 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("url,label\nx,0\n", "there must be columns OriginalURL and ClassID; there are: 'url', 'label'"),
        ("OriginalURL;Label\nx;0\n", "there are: 'OriginalURL', 'Label'"),
        ("", "there are: none"),
        ("OriginalURL,ClassID\n\n", "no rows"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "no text"),
    ],
)
def test_what_is_no_list_is_refused_in_one_line(tmp_path: Path, data: str | bytes, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        listing(tmp_path, data)
    assert str(caught.value).startswith(str(tmp_path / "list.csv"))
    assert "\n" not in str(caught.value)


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        Listing(tmp_path / "none.csv")
    with pytest.raises(UsageError, match="a folder"):
        Listing(tmp_path)
