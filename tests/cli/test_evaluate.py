import builtins
import csv
import json
import shutil
from pathlib import Path

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from geacc_proxy.cli import evaluation
from geacc_proxy.cli.evaluate import evaluate
from geacc_proxy.exceptions import GeaccError, MissingExtraError, ModelError, UsageError
from geacc_proxy.models import registry
from geacc_proxy.models.card import parse_card

DATA = Path(__file__).parents[1] / "data"

app = typer.Typer()
app.command()(evaluate)


def run(*arguments, state):
    """Run the command; what it returns, or the error that it raises."""
    runner = CliRunner(env={"COLUMNS": "100"})
    return runner.invoke(app, [*map(str, arguments), "--state-dir", str(state)], standalone_mode=False)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Two benign pictures, two malign ones, one that shows nothing and one that is damaged."""
    folder = tmp_path_factory.mktemp("labelled")
    for kind in ("benign", "malign"):
        (folder / kind).mkdir()
    for number, colour in enumerate(("seagreen", "skyblue")):
        Image.new("RGB", (64, 48), colour).save(folder / "benign" / f"{number}.png")
    Image.new("RGB", (3, 3)).save(folder / "benign" / "tiny.png")
    (folder / "malign" / "damaged.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    for number in (1, 2):
        shutil.copy(DATA / f"malign-synthetic-{number}.png", folder / "malign")
    return folder


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    """The embedded model under another name, which sees darker pictures."""
    embedded = registry.find()
    folder = tmp_path_factory.mktemp("model")
    shutil.copy(embedded.path, folder / "darker.tflite")
    card = embedded.path.with_suffix(".toml").read_text("utf-8")
    card = card.replace(f'file = "{embedded.path.name}"', 'file = "darker.tflite"')
    card = card.replace(f'name = "{embedded.card.name}"', 'name = "darker"')
    (folder / "darker.toml").write_text(card.replace("[0.0, 1.0]", "[0.0, 0.5]"), "utf-8")
    return folder / "darker.tflite"


@pytest.fixture(scope="module")
def evaluated(pictures, state, second, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    result = run(pictures, "-m", "embedded", "-m", second, "--out", out, "--group-by", "format", state=state)
    return result, out


def test_two_models_are_judged_compared_and_told_of(evaluated, second):
    result, out = evaluated
    assert result.exception is None
    for words in ("6 pictures, 3 benign, 3 malign", "False alarms", "against darker", "By format", "ROC AUC"):
        assert words in result.stdout
    models = json.loads((out / "figures.json").read_text())["models"]
    assert [model["name"] for model in models] == ["nsfwjs-mobilenet_v2", "darker"]
    assert models[0]["at"]["cut-off"]["recall"] == {
        "value": 1,
        "low": pytest.approx(0.342, abs=0.001),
        "high": 1,
        "count": 2,
        "of": 2,
    }
    assert "darker" in (out / "report.html").read_text()


def test_what_cannot_be_judged_is_named_and_counted_and_the_exit_code_is_1(evaluated):
    result, out = evaluated
    assert result.return_value == 1
    assert "2 of 6 pictures could not be judged by darker" in result.stderr
    assert "damaged.jpg: damaged or of an unknown kind" in result.stderr
    model = json.loads((out / "figures.json").read_text())["models"][0]
    assert model["judged"] == 4
    assert {Path(one["file"]).name: one["hidden"] for one in model["not_judged"]} == {
        "damaged.jpg": True,
        "tiny.png": False,
    }
    assert model["at"]["cut-off"]["with_pictures_not_judged"]["miss_rate"]["of"] == 3


def test_scores_of_every_file_lie_in_a_table_a_model(evaluated):
    _, out = evaluated
    for name in ("nsfwjs-mobilenet_v2", "darker"):
        with (out / f"scores-{name}.csv").open(newline="") as stream:
            rows = {Path(row["Filename"]).name: row for row in csv.DictReader(stream)}
        assert len(rows) == 6
        assert rows["malign-synthetic-1.png"]["Label"] == "malign"
        assert rows["damaged.jpg"]["Prediction"] == ""
        assert rows["damaged.jpg"]["Problem"]


def test_the_embedded_model_judges_where_none_is_named_and_a_card_is_written(pictures, state, tmp_path):
    card = tmp_path / "card.toml"
    arguments = ("--false-alarm-rates", "0.5,0.5,0.5", "--write-card", card)
    table = tmp_path / "labels.csv"
    rows = [f"{pictures / 'benign' / name},0" for name in ("0.png", "1.png")]
    table.write_text("\n".join(["path,label", *rows, f"{pictures / 'malign' / 'malign-synthetic-1.png'},1"]))
    result = run(table, *arguments, state=state)
    assert (result.exception, result.return_value, result.stderr) == (None, 0, "")
    assert "thresholds measured on 2 benign pictures" in result.stdout
    found = parse_card(card.read_text("utf-8"), "card.toml")
    assert found.sha256 == registry.find().card.sha256
    assert {one.false_alarm_rate for one in found.thresholds.values()} == {0.5}
    again = run(table, *arguments, state=state)
    assert isinstance(again.exception, UsageError)
    assert "--force writes over it" in str(again.exception)
    assert run(table, *arguments, "--force", state=state).return_value == 0


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        (("--false-alarm-rates", "0.1"), UsageError, "three rates"),
        (("-m", "embedded", "-m", "embedded"), UsageError, "asked for twice"),
        (("-m", "embedded", "-m", "none.tflite"), ModelError, "none.tflite"),
        (("-m", "a", "-m", "b", "--write-card", "card.toml"), UsageError, "--write-card takes one model"),
        (("--write-card", "none/card.toml"), UsageError, "there is no folder"),
        (("--write-card", "card.toml"), GeaccError, "0.023 needs 44 benign pictures at least, not 3"),
        (("--group", "site"), UsageError, "try --group-by parent"),
        (("--malign", "porn"), UsageError, "--malign 'porn' is no class here"),
        (("--cut-off", "2"), typer.BadParameter, "cut-off"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line_before_any_picture_is_judged(
    monkeypatch, tmp_path, pictures, state, arguments, kind, message
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(evaluation, "judge_all", lambda *_: pytest.fail("a picture was judged"))
    error = run(pictures, *arguments, state=state).exception
    text = error.format_message() if isinstance(error, typer.BadParameter) else str(error)
    assert isinstance(error, kind), error
    assert message in text
    assert "\n" not in text


def test_without_matplotlib_tables_are_printed_and_a_report_is_refused_at_once(monkeypatch, pictures, state, tmp_path):
    real = builtins.__import__

    def blocked(name, *rest, **more):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", blocked)
    result = run(pictures, state=state)
    assert result.exception is None
    assert "Accuracy" in result.stdout
    monkeypatch.setattr(evaluation, "judge_all", lambda *_: pytest.fail("a picture was judged"))
    assert isinstance(run(pictures, "--out", tmp_path / "out", state=state).exception, MissingExtraError)


def test_only_the_first_of_very_many_troubles_are_named(monkeypatch, capsys):
    evaluation._complain([f"picture {number}" for number in range(30)], "{} were bad")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 22
    assert "and 10 more such" in lines[20]
    assert lines[21] == "geacc-proxy: 30 were bad"


def test_models_of_one_name_are_told_apart():
    card = registry.find().card
    assert evaluation._names([card]) == [card.name]
    assert evaluation._names([card, card]) == [f"{card.identity}-1", f"{card.identity}-2"]
