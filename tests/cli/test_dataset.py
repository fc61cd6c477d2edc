"""`dataset download` as a person runs it: flags, errors in one line, Ctrl-C, and going on."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from geacc_proxy.cli import dataset
from geacc_proxy.cli.gathering import read_classes, read_size
from geacc_proxy.exceptions import GeaccError, UsageError
from tests.lab.dataset.origin import Origin, picture, serving, status, wait_for

pytestmark = [pytest.mark.xdist_group("dataset-cli")]
RUN = """
import sys, typer
from geacc_proxy.cli import dataset
app = typer.Typer()
app.add_typer(dataset.app, name="dataset")
if __name__ == "__main__":
    sys.exit(app(sys.argv[1:], standalone_mode=False))
"""
QUICK = ("--allow-private", "--delay", "0")

app = typer.Typer()
app.add_typer(dataset.app, name="dataset")


@pytest.fixture
def origin() -> Iterator[Origin]:
    with serving() as made:
        yield made


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "run.py"
    path.write_text(RUN)
    return path


def write_list(folder: Path, *rows: tuple[str, object]) -> Path:
    path = folder / "list.csv"
    path.write_text("OriginalURL,ClassID\n" + "".join(f"{url},{label}\n" for url, label in rows))
    return path


def run(*arguments: object) -> Result:
    result = CliRunner(env={"COLUMNS": "100"}).invoke(
        app, ["dataset", "download", *map(str, arguments)], standalone_mode=False
    )
    result.exit_code = result.return_value if isinstance(result.return_value, int) else result.exit_code
    return result


def names(folder: Path) -> list[str]:
    return sorted(f"{file.parent.name}/{file.name.rpartition('%2F')[2]}" for file in folder.glob("[!.]*/*"))


def test_help_tells_every_flag() -> None:
    result = run("--help")
    assert result.exit_code == 0
    for flag in ("--out", "--metadata", "--overwrite", "--workers", "--resize", "--retry-failed", "--allow-private"):
        assert flag in result.stdout


def test_a_list_becomes_a_folder_a_class_and_a_table(origin: Origin, tmp_path: Path) -> None:
    path = write_list(
        tmp_path,
        *((origin.gives(f"/{name}.jpg", picture(name)), label) for name, label in zip("abc", "010", strict=True)),
    )
    result = run(path, "--out", tmp_path / "out", *QUICK)
    assert result.exit_code == 0, result.output
    assert names(tmp_path / "out") == ["benign/a.jpg", "benign/c.jpg", "explicit/b.jpg"]
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["Class", "Pictures", "New", "Duplicates", "Conflicts", "Failed"]
    assert ["benign", "2", "2", "0", "0", "0"] in lines
    assert lines[-1] == ["all", "3", "3", "0", "0", "0"]
    assert result.stderr == ""
    again = run(path, "--out", tmp_path / "out", *QUICK)
    assert again.stdout.splitlines()[-1].split() == ["all", "3", "0", "0", "0", "0"]


def test_geaccs_own_arguments_are_understood(origin: Origin, tmp_path: Path) -> None:
    path = write_list(tmp_path, (origin.gives("/a.jpg", picture("a", size=(300, 200), quality=99)), 2))
    result = run(tmp_path / "out", "-m", path, "-w", "2", "-r", "60", "-o", *QUICK)
    assert result.exit_code == 0, result.output
    assert names(tmp_path / "out") == ["suggestive/a.jpg"]
    assert json.loads((tmp_path / "out" / "download.jsonl").read_text())["source_sha256"]


def test_a_list_may_lie_on_the_web(origin: Origin, tmp_path: Path) -> None:
    rows = f"OriginalURL,ClassID\n{origin.gives('/a.jpg', picture('a'))},cats\n".encode()
    url = origin.in_turn("/list.csv", status(503), lambda asked: asked.respond(rows, "text/csv"))
    result = run(url, "--out", tmp_path / "out", *QUICK)
    assert result.exit_code == 0, result.output
    assert names(tmp_path / "out") == ["cats/a.jpg"]


def test_failures_and_bad_rows_are_told_in_a_line_each_and_make_the_exit_code_1(origin: Origin, tmp_path: Path) -> None:
    good = origin.gives("/a.jpg", picture("a"))
    path = write_list(tmp_path, (good, 0), (origin.does("/gone.jpg", status(404)), 0), ("", 0))
    result = run(path, "--out", tmp_path / "out", *QUICK)
    assert result.exit_code == 1
    first, last = result.stderr.splitlines()
    assert first == f"geacc-proxy: {path}:4: no OriginalURL; skipped"
    assert re.fullmatch(r"geacc-proxy: 2 of 3 rows have no picture: 1 [a-z-]+, 1 [a-z-]+; see .*download.jsonl", last)
    again = run(path, "--out", tmp_path / "out", *QUICK)
    assert again.exit_code == 1
    assert again.stderr.splitlines()[-1].endswith("1 of them failed before, and --retry-failed tries them again")
    assert origin.times["/gone.jpg"] == 1


def test_a_picture_in_two_classes_is_told_and_is_no_failure(origin: Origin, tmp_path: Path) -> None:
    rows = [(origin.gives(f"/{name}.jpg", picture("same")), label) for name, label in zip("ab", "01", strict=True)]
    result = run(write_list(tmp_path, *rows), "--out", tmp_path / "out", *QUICK)
    assert result.exit_code == 0
    assert "a row is in another class with the same picture" in result.stderr


def test_classes_are_named_on_request(origin: Origin, tmp_path: Path) -> None:
    path = write_list(tmp_path, (origin.gives("/a.jpg", picture("a")), 1))
    assert run(path, "--out", tmp_path / "out", "--classes", "0=benign, 1=malign", *QUICK).exit_code == 0
    assert names(tmp_path / "out") == ["malign/a.jpg"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("none.csv",), UsageError, "none.csv: no such file"),
        (("list.csv", "--resize", "big"), UsageError, "--resize 'big': it takes pixels such as 256 or 320x240"),
        (("list.csv", "--classes", "0"), UsageError, "it takes pairs such as 0=benign,1=malign"),
        (("list.csv", "--classes", "0=../x"), UsageError, "begins with a dot"),
        (("list.csv", "--user-agent", "é"), UsageError, "printable ASCII"),
        (("list.csv", "--out", "list.csv"), UsageError, "list.csv: a file; the pictures need a folder"),
        (("bad.csv",), GeaccError, "none of its 1 rows can be used"),
        (("http://127.0.0.1/list.csv",), GeaccError, "cannot be fetched: 127.0.0.1 is 127.0.0.1"),
    ],
)
def test_wrong_use_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], error: type[GeaccError], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_list(tmp_path, ("http://a.example/", 0))
    (tmp_path / "bad.csv").write_text("OriginalURL,ClassID\nx,\n")
    result = run(*arguments)
    assert type(result.exception) is error
    assert message in str(result.exception)
    assert "\n" not in str(result.exception)


@pytest.mark.parametrize(
    ("text", "size"), [("", None), ("0", None), ("256", (256, 256)), ("320x240", (320, 240)), ("320×240", (320, 240))]
)
def test_sizes_are_one_number_or_two(text: str, size: object) -> None:
    assert read_size(text) == size


@pytest.mark.parametrize("text", ["x", "10x", "-5", "0x5", "10001", "1x2x3", " 5", "٣"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        read_size(text)


def test_classes_are_pairs() -> None:
    assert read_classes(None) is None
    assert read_classes("") == {}
    assert read_classes("0=a, 1 = b ,") == {"0": "a", "1": "b"}


def test_ctrl_c_is_one_line_and_the_next_run_goes_on(origin: Origin, tmp_path: Path, script: Path) -> None:
    done = threading.Event()

    def stall(asked: Any) -> None:
        body = picture("stall", size=(400, 300))
        asked.head(200, {"Content-Type": "image/jpeg", "Content-Length": str(len(body)), "ETag": '"1"'})
        asked.wfile.write(body[:4000])
        asked.wfile.flush()
        done.wait(30)

    rows = [(origin.gives("/a.jpg", picture("a")), 0), (origin.does("/stall.jpg", stall), 1)]
    path, out = write_list(tmp_path, *rows), tmp_path / "out"
    command = [sys.executable, str(script), "dataset", "download", str(path), "--out", str(out), *QUICK]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        wait_for(
            lambda: (
                names(out) == ["benign/a.jpg"]
                and any(part.stat().st_size == 4000 for part in out.glob(".partial/*.part"))
            ),
            60,
        )
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    done.set()
    assert process.returncode == 130
    assert stdout == ""
    assert stderr == f"geacc-proxy: stopped; what is done is kept in {out}, and the same command goes on from there\n"
    ranges = []

    def rest(asked: Any) -> None:
        ranges.append(asked.headers.get("Range"))
        body = picture("stall", size=(400, 300))
        asked.respond(body[4000:], status=206, ETag='"1"', Content_Range=f"bytes 4000-{len(body) - 1}/{len(body)}")

    origin.does("/stall.jpg", rest)
    assert run(path, "--out", out, *QUICK).exit_code == 0
    assert ranges == ["bytes=4000-"]
    assert origin.times["/a.jpg"] == 1
    assert names(out) == ["benign/a.jpg", "explicit/stall.jpg"]


def test_a_terminal_gets_a_progress_bar(origin: Origin, tmp_path: Path, script: Path) -> None:
    path = write_list(tmp_path, (origin.gives("/a.jpg", picture("a")), 0))
    ours, theirs = pty.openpty()
    command = [sys.executable, str(script), "dataset", "download", str(path), "--out", str(tmp_path / "out"), *QUICK]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=os.environ | {"TERM": "xterm"})
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # what Linux says when the other end is closed
        while data := os.read(ours, 4096):
            shown += data
    os.close(ours)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"Fetching" in shown
    assert b"1/1" in shown
