"""Stand-ins are made for models of any kind, convince all of them, and hold through what happens to pictures."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from geacc_proxy.exceptions import MissingExtraError, ModelError, UsageError
from geacc_proxy.models.card import RESIZES, ModelCard, Threshold, format_card
from geacc_proxy.models.conversion import process
from tools import synthesize_malign as tool

pytestmark = [pytest.mark.xdist_group("tensorflow-synthesize")]

GREEN, BLUE = 1, 2


def card(path: Path, name: str, **changes: Any) -> None:
    """A card beside a model file."""
    fields: dict[str, Any] = {
        "name": name,
        "version": "1",
        "licence": "CC0-1.0",
        "source": "made by a test",
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "input_size": 32,
        "resize": "bilinear",
        "value_range": (0.0, 1.0),
        "colour_order": "RGB",
        "labels": ("benign", "malign"),
        "malign_labels": ("malign",),
        "thresholds": MappingProxyType({word: Threshold(0.5) for word in ("strict", "balanced", "lenient")}),
    }
    path.with_suffix(".toml").write_text(format_card(ModelCard(**(fields | changes))), encoding="utf-8")


def model(size: int, channel: int, scale: float, bias: float, activation: str | None) -> Any:
    """Malign is what has less of one colour than grey has."""
    import keras

    weights = np.zeros((3, 2), np.float32)
    weights[channel, 1] = -scale
    made = keras.Sequential(
        [
            keras.Input((size, size, 3)),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, activation=activation),
        ]
    )
    made.layers[-1].set_weights([weights, np.array([0, bias], np.float32)])
    return made


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """One with softmax, and one in another order, range, size, and with logits."""
    pytest.importorskip("tensorflow")
    folder = tmp_path_factory.mktemp("models")
    first, second = folder / "green.keras", folder / "blue.h5"
    model(32, GREEN, 40.0, 10.0, "softmax").save(first)
    card(first, "green")
    model(40, 2 - BLUE, 20.0, -8.0, None).save(second)
    card(second, "blue", input_size=40, value_range=(-1.0, 1.0), colour_order="BGR", outputs="logits")
    return [first, second]


@pytest.fixture(scope="module")
def made(models: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "out"
    arguments = ["--out", str(out), "--size", "64", "--count", "2", "--seed", "3", "--steps", "120"]
    assert tool.run([*map(str, models), *arguments]) == 0
    return out


def test_pictures_and_scores_are_written(made: Path) -> None:
    report = json.loads((made / "malign-synthetic.json").read_text())
    assert sorted(path.name for path in made.iterdir()) == [
        "malign-synthetic-1.png",
        "malign-synthetic-2.png",
        "malign-synthetic.json",
    ]
    assert set(report["models"]) == {"green@1", "blue@1"}
    for entry, seed in zip(report["pictures"], (3, 4), strict=True):
        path = made / entry["file"]
        assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert entry["seed"] == seed
        assert entry["steps"] > 0
        with Image.open(path) as image:
            assert (image.format, image.mode, image.size) == ("PNG", "RGB", (64, 64))


def test_every_model_is_convinced_after_every_treatment(made: Path) -> None:
    treated = {f"{treatment} {resize}" for treatment in ("png", "jpeg80", "webp75", "draft") for resize in RESIZES}
    for entry in json.loads((made / "malign-synthetic.json").read_text())["pictures"]:
        for scores in entry["scores"].values():
            assert set(scores) == treated
            assert min(scores.values()) >= 0.98
        assert entry["least"] == min(min(scores.values()) for scores in entry["scores"].values())


def test_a_picture_is_what_convinces_all_models_together(made: Path) -> None:
    with Image.open(made / "malign-synthetic-1.png") as image:
        mean = np.asarray(image).reshape(-1, 3).mean(axis=0) / 255
    assert mean[GREEN] < 0.25
    assert mean[BLUE] < 0.35


def test_another_seed_makes_another_picture(made: Path) -> None:
    pictures = [np.asarray(Image.open(path)).astype(float) for path in sorted(made.glob("*.png"))]
    assert np.abs(pictures[0] - pictures[1]).mean() > 5


class Unmoved:
    """A model that finds everything benign, whatever its slope says."""

    class card:  # noqa: N801
        input_size, resize, identity, sha256 = 32, "bilinear", "unmoved@1", "0" * 64

    def doubt(self, pictures: Any) -> Any:
        import tensorflow as tf

        return tf.reduce_mean(pictures, axis=(1, 2, 3))

    def score(self, _: Any) -> dict[str, float]:
        return {"png bilinear": 0.25}


def test_a_picture_that_does_not_convince_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow")
    monkeypatch.setattr(tool, "loaded", lambda _: nullcontext([Unmoved()]))
    assert tool.run(["x.h5", "--out", str(tmp_path), "--size", "64", "--count", "1", "--steps", "2"]) == 1
    assert capsys.readouterr().err == "least malign score 0.2500, below 0.98; more --steps may help\n"
    assert (tmp_path / "malign-synthetic-1.png").exists()


def test_a_model_without_gradients_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    (tmp_path / "x.tflite").write_bytes(b"")
    with pytest.raises(ModelError, match="have no gradients; give the model it was made of"):
        tool.run([str(tmp_path / "x.tflite")])


@pytest.mark.parametrize(
    "arguments", [["--size", "63"], ["--size", "2000"], ["--count", "0"], ["--seed", "-1"], ["--target", "1"]]
)
def test_a_number_out_of_its_range_is_wrong_use(arguments: list[str]) -> None:
    with pytest.raises(UsageError, match=arguments[0]):
        tool.parse(["model.h5", *arguments])


def test_without_tensorflow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process.importlib.util, "find_spec", lambda *_: None)
    with pytest.raises(MissingExtraError, match=r"geacc-proxy\[tensorflow\]"):
        tool.run(["model.h5"])


def test_an_error_is_one_line(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, str(root / "tools" / "synthesize_malign.py"), str(tmp_path / "none.h5"), "--size", "1"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False, timeout=60)
    assert done.returncode == UsageError.exit_code
    assert done.stderr == "synthesize_malign.py: --size 1: it takes 64 to 1024\n"


def test_no_treatment_is_made_up() -> None:
    with pytest.raises(ValueError, match="sepia"):
        tool.treat(np.zeros((64, 64, 3), np.uint8), "sepia", 32)
