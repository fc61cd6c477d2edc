"""`geacc-proxy predict`, as a person runs it: Geacc's flags, table and CSV."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
from PIL import Image

from tests.e2e.processes import geacc_proxy

pytestmark = pytest.mark.xdist_group("predict")

MALIGN = Path(__file__).parents[1] / "data" / "malign-synthetic-1.png"
COLUMNS = ["Filename", "Prediction", "Latency (ms)", "Benign Score", "Malign Score"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, one of them in a folder below and one without an ending, and a text."""
    place = tmp_path / "pictures"
    (place / "below").mkdir(parents=True)
    Image.linear_gradient("L").convert("RGB").save(place / "grey.png")
    shutil.copy(MALIGN, place / "http%3A%2F%2Fa.example%2Fnoise%3Fw%3D1")
    shutil.copy(MALIGN, place / "below" / "noise.png")
    (place / "notes.txt").write_text("no picture")
    return place


def test_a_folder_becomes_a_numbered_table_sorted_by_name(folder: Path, tmp_path: Path) -> None:
    ended = geacc_proxy("predict", folder, "--state-dir", tmp_path / "state")
    assert (ended.returncode, ended.stderr) == (0, "")
    head, first, second = ended.stdout.splitlines()
    assert [head.find(column) for column in COLUMNS] == sorted(head.find(column) for column in COLUMNS)
    assert head.find(COLUMNS[0]) > 0
    assert first.split()[0:3] == ["0", str(folder / "grey.png"), "benign"]
    assert second.split()[2] == "malign"
    benign, malign = map(float, second.split()[-2:])
    assert malign > 0.9
    assert benign + malign == pytest.approx(1, abs=1e-3)


def test_r_looks_below_and_c_writes_csv_and_prints_no_table(folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "scores.csv"
    ended = geacc_proxy("predict", "-r", "-c", target, folder, "--state-dir", tmp_path / "state")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    with target.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == COLUMNS
    assert len(rows) == 3
    assert [row[1] for row in rows if row[0].endswith("noise.png")] == ["malign"]


def test_what_cannot_be_judged_is_named_the_others_are_done_and_the_exit_code_is_1(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture follows")
    ended = geacc_proxy("predict", folder, "--state-dir", tmp_path / "state")
    assert ended.returncode == 1
    assert len(ended.stdout.splitlines()) == 3
    named, summary = ended.stderr.splitlines()
    assert "broken.jpg" in named
    assert summary.endswith("1 of 3 files could not be judged")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nowhere"], 2, "nowhere: no such file or folder"),
        (["."], 1, "no pictures in it; -r looks into the folders below"),
        ([], 2, "INPUT_PATH"),
        (["-m", "no-such-model", str(MALIGN)], 2, "no-such-model"),
        (["-c", "nowhere/scores.csv", str(MALIGN)], 1, "nowhere/scores.csv"),
        (["--workers", "1000", str(MALIGN)], 2, "'--workers'"),
    ],
)
def test_a_mistake_is_one_line(arguments: list[str], code: int, said: str, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    given = [str(empty) if argument == "." else argument for argument in arguments]
    ended = geacc_proxy("predict", *given, "--state-dir", tmp_path / "state")
    assert ended.returncode == code, ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    assert said.casefold() in ended.stderr.casefold()
