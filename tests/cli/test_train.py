from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from geacc_proxy.cli.train import train
from geacc_proxy.exceptions import GeaccError, MissingExtraError, UsageError
from tests.lab.training.samples import write_set

app = typer.Typer()
app.command("train")(train)


def run(*arguments: str | Path) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_set(tmp_path / "set", 2, 0)


def refused(*arguments: str | Path) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, UsageError), result.exception
    assert "\n" not in str(result.exception)
    return str(result.exception)


def test_help_names_the_recipe_and_loads_nothing_heavy() -> None:
    program = (
        "import sys, typer; from geacc_proxy.cli.train import train; app = typer.Typer(); app.command()(train);"
        "app(['--help'], standalone_mode=False);"
        "sys.exit(bool({'tensorflow', 'numpy', 'PIL', 'matplotlib'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for word in ("mobilenet_v2", "imagenet", "4e-05", "128", "60", "23", "--resume"):
        assert word in done.stdout


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere", "--out", tmp_path / "run").endswith("nowhere: no such folder")


def test_the_folder_of_pictures_must_be_given(tmp_path: Path) -> None:
    assert refused("--out", tmp_path / "run").startswith("DATA is missing")


def test_one_class_is_too_few(tmp_path: Path, data: Path) -> None:
    (data / "malign").rename(data / ".malign")
    assert "only the folder 'benign'" in refused(data, "--out", tmp_path / "run")


def test_classes_without_a_benign_one_need_a_choice(tmp_path: Path) -> None:
    data = write_set(tmp_path / "set", 1, 0, ("horror", "violence"))
    assert "say which with --malign" in refused(data, "--out", tmp_path / "run")
    assert "'gore' is no class here" in refused(data, "--out", tmp_path / "run", "--malign", "horror,gore")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--backbone", "resnet"], "--backbone resnet is wrong"),
        (["--unfrozen", "some"], "--unfrozen some is wrong; it must be a whole number or all"),
        (["--unfrozen", "-1"], "--unfrozen -1 is wrong"),
        (["--epochs", "0"], "--epochs 0 is wrong"),
        (["--cache", "ram"], "--cache ram is wrong; it must be one of auto, memory, disk, none"),
        (["--validation", ".", "--split", "0.3"], "--validation and --split exclude each other"),
        (["--resume"], "holds no run to resume"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_made(
    tmp_path: Path, data: Path, arguments: list[str], message: str
) -> None:
    assert message in refused(data, "--out", tmp_path / "run", *arguments)
    assert not (tmp_path / "run").exists()


def test_a_run_among_the_pictures_would_be_taken_for_a_class(data: Path) -> None:
    assert "among the pictures" in refused(data, "--out", data / "run")


def test_a_folder_with_something_else_in_it_is_left_alone(data: Path) -> None:
    (data.parent / "letters").mkdir()
    (data.parent / "letters" / "one.txt").touch()
    assert "is not empty (one.txt)" in refused(data, "--out", data.parent / "letters")


@pytest.mark.parametrize(
    ("package", "extra"), [("tensorflow", "tensorflow"), ("matplotlib", "lab"), ("tensorboard", "lab")]
)
def test_what_is_not_installed_is_said_before_the_training_starts(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, package: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    result = run(data, "--out", tmp_path / "run")
    assert isinstance(result.exception, MissingExtraError)
    assert f"geacc-proxy[{extra}]" in str(result.exception)
    assert not (tmp_path / "run").exists()


def test_a_resumed_run_keeps_what_it_began_with(tmp_path: Path, data: Path) -> None:
    from geacc_proxy.lab.training.options import Options
    from geacc_proxy.lab.training.runfolder import Record, RunFolder

    folder = RunFolder(tmp_path / "run")
    folder.make()
    record = Record(
        options=Options(weights="none", batch_size=16),
        data=str(data),
        validation="",
        digest="0" * 64,
        classes=("benign", "malign"),
        malign=("malign",),
        value_range=(-1.0, 1.0),
        precision="float32",
        versions={},
    )
    folder.write(record, {})
    assert "holds a run; go on with it by --resume" in refused(data, "--out", folder.path)
    assert refused("--resume", "--out", folder.path, "--batch-size", "8") == (
        "--batch-size 8 is not what this run began with (16); leave it out, or begin anew"
    )
    assert "--epochs 0 is wrong" in refused("--resume", "--out", folder.path, "--epochs", "0")
    folder.config.write_text("[options\n", encoding="utf-8")
    damaged = run("--resume", "--out", folder.path).exception
    assert isinstance(damaged, GeaccError)
    assert "config.toml is damaged" in str(damaged)
