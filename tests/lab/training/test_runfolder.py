from __future__ import annotations

from pathlib import Path

import pytest

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.lab.training.options import Options
from geacc_proxy.lab.training.pictures import Skipped
from geacc_proxy.lab.training.runfolder import Record, RunFolder

RECORD = Record(
    options=Options(malign=("malign",), weights='/with "quotes" and ünïcode'),
    data="/data",
    validation="/validation",
    digest="0" * 64,
    classes=("benign", "malign"),
    malign=("malign",),
    value_range=(-1.0, 1.0),
    precision="float32",
    versions={"geacc-proxy": "0.1.0"},
)
COUNTS = {"training": {"benign": 3, "a class": 4}, "validation": {"benign": 1}}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    made.make()
    return made


def test_a_record_is_read_back_as_it_was(folder: RunFolder) -> None:
    folder.write(RECORD, COUNTS)
    assert folder.read() == RECORD


def test_a_folder_with_a_run_is_not_begun_anew(folder: RunFolder) -> None:
    folder.write(RECORD, COUNTS)
    with pytest.raises(UsageError, match="holds a run; go on with it by --resume"):
        folder.check_new()


def test_what_a_run_that_was_ended_early_leaves_is_no_hindrance(folder: RunFolder) -> None:
    folder.cache.mkdir()
    folder.write_skipped([Skipped(Path("a.png"), "broken")])
    folder.check_new()


def test_a_folder_with_anything_else_is_left_alone(folder: RunFolder) -> None:
    (folder.path / "letters.txt").touch()
    with pytest.raises(UsageError, match=r"is not empty \(letters\.txt\)"):
        folder.check_new()


def test_a_file_is_no_run_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="is a file"):
        RunFolder(tmp_path / "file").check_new()
    with pytest.raises(UsageError, match="holds no run to resume"):
        RunFolder(tmp_path / "file").read()
    with pytest.raises(GeaccError, match="cannot write to"):
        RunFolder(tmp_path / "file" / "run").make()


def test_there_is_nothing_to_resume_in_an_empty_folder(folder: RunFolder) -> None:
    with pytest.raises(UsageError, match="holds no run to resume"):
        folder.read()


@pytest.mark.parametrize(
    ("change", "into"),
    [
        ("[options]", "[options"),
        ("epochs = 60", 'epochs = "many"'),
        ("epochs = 60", "epochs = 0"),
        ("digest", "digits"),
    ],
)
def test_a_damaged_record_is_one_line(folder: RunFolder, change: str, into: str) -> None:
    folder.write(RECORD, COUNTS)
    text = folder.config.read_text(encoding="utf-8")
    assert change in text
    folder.config.write_text(text.replace(change, into), encoding="utf-8")
    with pytest.raises(GeaccError, match=r"config\.toml is damaged") as caught:
        folder.read()
    assert "\n" not in str(caught.value)
