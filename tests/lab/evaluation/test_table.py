import csv

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.lab.evaluation.table import read_table


@pytest.fixture
def folder(tmp_path):
    for name in ("a.jpg", "b.jpg", "c d.jpg", "ü.jpg"):
        (tmp_path / name).write_bytes(b"picture")
    return tmp_path


def write(folder, text, encoding="utf-8"):
    file = folder / "labels.csv"
    file.write_bytes(text.encode(encoding))
    return file


def labels(table):
    return {sample.path.name: sample.label for sample in table.samples}


def test_paths_are_relative_to_the_table(folder):
    file = write(folder, f"path,label\na.jpg,benign\n{folder / 'b.jpg'},malign\n")
    table = read_table(file)
    assert labels(table) == {"a.jpg": "benign", "b.jpg": "malign"}
    assert table.samples[0].path == folder / "a.jpg"
    assert table.left_out == ()


@pytest.mark.parametrize(
    "text",
    [
        "Filename,ClassID\na.jpg,0\nb.jpg,1\n",
        "\ufeffFile;Class\r\na.jpg;benign\r\nb.jpg;malign\r\n",
        "image\tcategory\na.jpg\tBenign\n\nb.jpg\tMALIGN\n",
        'note, label , File Name\n"x, y", benign, a.jpg\n,malign,b.jpg\n',
    ],
)
def test_headers_delimiters_and_numbers_are_as_people_have_them(folder, text):
    assert labels(read_table(write(folder, text))) == {"a.jpg": "benign", "b.jpg": "malign"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_told_apart(folder, encoding):
    assert labels(read_table(write(folder, "path,label\nü.jpg,benign\n", encoding))) == {"ü.jpg": "benign"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty; it must have a header"),
        ("path,label\n", "a header and no line below it"),
        ("a.jpg,benign\nb.jpg,malign\n", "no column with the files in its first line, which has 'a.jpg', 'benign'"),
        ("OriginalURL,ClassID\nhttps://a.example/1.jpg,1\n", "no column with the files"),
        ("path,site\na.jpg,x\n", "no column with the classes"),
        ('path,label\n"' + "x" * (csv.field_size_limit() + 1) + '",benign\n', "no CSV: field larger"),
    ],
)
def test_a_table_without_what_is_needed_is_refused_in_one_line(folder, text, message):
    with pytest.raises(UsageError, match=message) as caught:
        read_table(write(folder, text))
    assert "\n" not in str(caught.value)


def test_a_table_that_is_no_text_or_is_not_there_is_refused(folder):
    (folder / "labels.csv").write_bytes(b"\x81\x8d\xff")
    with pytest.raises(UsageError, match="neither UTF-8 nor Windows-1252"):
        read_table(folder / "labels.csv")
    with pytest.raises(UsageError, match="no such file"):
        read_table(folder / "none.csv")


def test_a_row_that_cannot_be_used_is_left_out_in_one_line_with_its_number(folder):
    text = (
        "path,label,site\na.jpg,benign,x\nnone.jpg,benign,x\n.,benign,x\n,benign,x\nb.jpg,2,x\nb.jpg,,x\nb.jpg,benign\n"
    )
    table = read_table(write(folder, text), ["site"])
    assert labels(table) == {"a.jpg": "benign"}
    assert [line.partition("labels.csv, ")[2] for line in table.left_out] == [
        "line 3: none.jpg: no such file",
        "line 4: .: is a folder",
        "line 5: no file is named",
        "line 6: unknown label '2' of b.jpg; 0 is benign and 1 malign, or a name",
        "line 7: unknown label '' of b.jpg; 0 is benign and 1 malign, or a name",
        "line 8: has 2 of the 3 columns needed",
    ]


def test_a_picture_that_is_listed_twice_counts_once_and_with_two_labels_not_at_all(folder):
    text = "path,label\na.jpg,benign\na.jpg,benign\nb.jpg,benign\nb.jpg,malign\nc d.jpg,malign\n"
    table = read_table(write(folder, text))
    assert labels(table) == {"a.jpg": "benign", "c d.jpg": "malign"}
    told = [line.partition("labels.csv, ")[2] for line in table.left_out]
    assert told[0].startswith("line 3: ")
    assert told[0].endswith("a.jpg is in line 2, too; counted once")
    assert [line[:6] for line in told[1:]] == ["line 5", "line 4"]
    assert all(line.endswith("not counted") for line in told[1:])


def test_paths_may_be_written_as_windows_writes_them(folder):
    (folder / "deep").mkdir()
    (folder / "deep" / "e.jpg").touch()
    assert labels(read_table(write(folder, "path,label\ndeep\\e.jpg,benign\n"))) == {"e.jpg": "benign"}


def test_a_name_that_no_system_takes_is_no_file(folder):
    told = read_table(write(folder, f"path,label\n{'x' * 5000},benign\n~nobody/a.jpg,benign\n")).left_out
    assert told[0].endswith("File name too long")
    assert told[1].endswith("~nobody/a.jpg: no such file")


def test_numbers_may_be_classes_where_somebody_says_which_are_malign(folder):
    text = "path,label\na.jpg,0\nb.jpg,2\n"
    assert labels(read_table(write(folder, text), names_chosen=True)) == {"a.jpg": "0", "b.jpg": "2"}


def test_columns_with_groups_are_found_by_name(folder):
    file = write(folder, "path,label,Skin Tone,site\na.jpg,benign,dark,\n")
    assert read_table(file, ["skin tone", "site"]).samples[0].groups == (("skin tone", "dark"), ("site", "(none)"))
    with pytest.raises(UsageError, match=r"--group age: .* has no such column; it has path, label, Skin Tone, site"):
        read_table(file, ["age"])
