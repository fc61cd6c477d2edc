"""Whole runs, as real processes: one to its end, and one that is killed, stopped by a signal and resumed."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geacc_proxy.lab.classes import labelled_files
from geacc_proxy.models.card import STRICTNESSES
from geacc_proxy.models.engines import load_engine
from geacc_proxy.models.registry import find
from tests.lab.training.conftest import Start
from tests.lab.training.samples import write_set

pytestmark = [pytest.mark.xdist_group("tensorflow-training"), pytest.mark.timeout(400)]

EPOCHS = 4
OPTIONS = (
    *("--weights", "default", "--input-size", "96", "--batch-size", "16", "--learning-rate", "1e-3"),
    *("--epochs", str(EPOCHS), "--licence", "MIT", "--name", "shapes"),
)
HELD_OUT_ACCURACY = 0.95


@dataclass(frozen=True)
class Runs:
    data: Path
    held_out: Path
    whole: Path
    printed: str
    broken: Path
    deaths: list[int]
    last_words: str


def end_after(process: subprocess.Popen[str], line: str, number: signal.Signals) -> tuple[int, str]:
    """Send a signal once a line that begins like this is printed; exit code and what was written to standard error."""
    assert process.stdout is not None
    for printed in process.stdout:
        if printed.startswith(line):
            process.send_signal(number)
            break
    _, errors = process.communicate()
    return process.returncode, errors


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, start: Start) -> Runs:
    folder = tmp_path_factory.mktemp("runs")
    data, held_out = write_set(folder / "data", 60, 1), write_set(folder / "held-out", 30, 2)
    (data / "benign" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nand no more")
    whole = start(data, "--out", folder / "whole", *OPTIONS)  # side by side with the other
    killed, _ = end_after(start(data, "--out", folder / "broken", *OPTIONS), "epoch 1/", signal.SIGKILL)
    resume = ("--resume", "--out", folder / "broken")
    stopped, last_words = end_after(start(*resume), "epoch 3/", signal.SIGTERM)
    finished = start(*resume)
    finished.communicate()
    printed, errors = whole.communicate()
    assert "broken.png" in errors
    deaths = [killed, stopped, finished.returncode]
    return Runs(data, held_out, folder / "whole", printed, folder / "broken", deaths, last_words)


def history(folder: Path) -> list[dict[str, str]]:
    with (folder / "history.csv").open(encoding="utf-8") as file:
        return [{key: value for key, value in row.items() if key != "seconds"} for row in csv.DictReader(file)]


def test_pictures_that_training_has_not_seen_are_told_apart(runs: Runs) -> None:
    model = find(str(runs.whole / "model.tflite"))
    files = labelled_files(runs.held_out)
    size = (model.card.input_size, model.card.input_size)
    frames = np.stack([np.asarray(Image.open(file.path).convert("RGB").resize(size)) for file in files])
    malign = load_engine(model).predict(frames)[:, model.card.labels.index("malign")] >= 0.5
    assert np.mean(malign == [file.label == "malign" for file in files]) >= HELD_OUT_ACCURACY


def test_an_interrupted_run_ends_as_one_that_was_not(runs: Runs) -> None:
    assert runs.deaths == [-signal.SIGKILL, 128 + signal.SIGTERM, 0]
    assert len(history(runs.whole)) == EPOCHS
    assert history(runs.broken) == history(runs.whole)
    with (
        np.load(runs.whole / "checkpoints" / "state.npz") as whole,
        np.load(runs.broken / "checkpoints" / "state.npz") as broken,
    ):
        assert whole.files == broken.files
        for name in whole.files:
            if name != "meta":
                np.testing.assert_array_equal(whole[name], broken[name], err_msg=name)
    assert (runs.broken / "model.tflite").read_bytes() == (runs.whole / "model.tflite").read_bytes()


def test_a_signal_ends_a_run_with_one_line_that_says_how_to_go_on(runs: Runs) -> None:
    lines = [line for line in runs.last_words.splitlines() if "broken.png" not in line]
    assert lines == [
        "geacc-proxy: stopped; all finished epochs are kept; "
        f"go on with: geacc-proxy train --resume --out {runs.broken}"
    ]


def test_what_is_printed_is_one_line_an_epoch_and_what_to_do_next(runs: Runs) -> None:
    lines = runs.printed.splitlines()
    assert sum(line.startswith("epoch ") for line in lines) == EPOCHS
    assert "\x1b" not in runs.printed
    assert f"geacc-proxy evaluate --model {runs.whole}/model.tflite" in lines[-2]
    assert f"geacc-proxy run --model {runs.whole}/model.tflite" in lines[-1]


def test_the_run_folder_holds_all_that_was_promised(runs: Runs) -> None:
    names = {path.name for path in runs.whole.iterdir()}
    assert names == {
        *("config.toml", "history.csv", "curves.png", "logs", "checkpoints", "report.json", "skipped.csv"),
        *("model.keras", "model.h5", "model.tflite", "model-float16.tflite", "model-int8.tflite"),
        *("model.toml", "model-float16.toml", "model-int8.toml"),
    }
    config = tomllib.loads((runs.whole / "config.toml").read_text(encoding="utf-8"))
    assert config["options"]["learning_rate"] == 1e-3
    assert config["data"]["training_pictures"] == {"benign": 48, "malign": 48}
    assert config["data"]["validation_pictures"] == {"benign": 12, "malign": 12}
    assert len(config["data"]["digest"]) == 64
    assert {"geacc-proxy", "tensorflow", "keras"} <= config["versions"].keys()
    with Image.open(runs.whole / "curves.png") as curves:
        assert min(curves.size) > 300
    assert len(list(runs.whole.glob("checkpoints/best-*.keras"))) == 1
    for name in ("train", "validation"):
        assert len(list((runs.whole / "logs" / name).glob("events.*"))) == 1


@pytest.mark.parametrize("stem", ["model", "model-float16", "model-int8"])
def test_every_litert_file_has_a_card_with_measured_thresholds(runs: Runs, stem: str) -> None:
    card = find(str(runs.whole / f"{stem}.tflite")).card
    assert card.name == stem.replace("model", "shapes")
    assert card.licence == "MIT"
    assert (card.labels, card.malign_labels) == (("benign", "malign"), ("malign",))
    assert (card.input_size, card.resize, card.value_range) == (96, "lanczos", (0, 255))
    assert "nsfwjs-mobilenet_v2@4.4.0" in card.source
    for word in STRICTNESSES:
        assert card.thresholds[word].false_alarm_rate is not None


def test_the_report_tells_how_far_the_small_models_agree(runs: Runs) -> None:
    report = json.loads((runs.whole / "report.json").read_text(encoding="utf-8"))
    assert report["pictures"] == {"training": 96, "validation": 24, "skipped": 1, "copies_in_both": 0}
    assert report["epochs"] == EPOCHS
    best = min(history(runs.whole), key=lambda row: float(row["val_loss"]))
    assert report["best"]["epoch"] == int(best["epoch"])
    assert report["litert_against_keras"]["largest_difference"] < 1e-4
    agreement = report["agreement_with_float32"]
    assert agreement["float16"]["largest_difference"] < 0.01
    assert agreement["int8"]["largest_difference"] < 0.2
    for one in agreement.values():
        assert one["mean_difference"] <= one["largest_difference"]
        assert one["same_decisions"] >= HELD_OUT_ACCURACY
    assert report["thresholds"]["float32"]["strict"]["recall"] >= HELD_OUT_ACCURACY


def test_the_logs_are_what_tensorboard_reads_with_every_epoch_once(runs: Runs) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(runs.broken / "logs" / "validation"))
    events.Reload()
    assert events.Tags()["tensors"] == ["epoch_loss", "epoch_accuracy"]
    assert [event.step for event in events.Tensors("epoch_loss")] == list(range(EPOCHS))


@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_the_keras_files_hold_the_best_weights(runs: Runs, tensorflow: object, name: str) -> None:
    import keras

    model = keras.models.load_model(runs.whole / name, compile=False)
    assert (model.input_shape, model.output_shape) == ((None, 96, 96, 3), (None, 2))
    (best,) = runs.whole.glob("checkpoints/best-*.keras")
    for one, other in zip(model.get_weights(), keras.models.load_model(best, compile=False).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_finished_run_has_nothing_left_to_train(runs: Runs, start: Start) -> None:
    before = (runs.whole / "model.tflite").stat().st_mtime_ns
    process = start("--resume", "--out", runs.whole)
    printed, _ = process.communicate()
    assert process.returncode == 0
    assert printed.splitlines()[-1].endswith(f"is finished: {EPOCHS} epochs, nothing is left to train")
    assert (runs.whole / "model.tflite").stat().st_mtime_ns == before


def test_other_pictures_are_not_taken_for_those_a_run_began_with(runs: Runs, start: Start) -> None:
    process = start(runs.held_out, "--resume", "--out", runs.whole)
    _, errors = process.communicate()
    assert process.returncode == 2
    assert errors.strip() == (
        f"geacc-proxy: {runs.held_out}: these are not the pictures that the run in {runs.whole} began with"
    )
