"""Engines: the embedded model, and one small network in all forms that they run.

How far scores of one network in two forms may lie apart, for every form: `TOLERANCES`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from PIL import Image

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.engines import Engine, load_engine
from geacc_proxy.models.registry import InstalledModel, find
from tests.models import tiny
from tests.models.conftest import WriteModel

TOLERANCES = {
    "float32": 1e-5,
    "float32-any-size": 1e-5,
    "float16": 2e-3,  # weights alone; what is between them is float32
    "int8-inside": 0.03,  # a share of 1/256 in each number of each layer
    "int8": 0.03,
    "uint8": 0.03,
    "onnx": 1e-5,
}
SYNTHETIC = sorted((Path(__file__).parent.parent / "data").glob("malign-synthetic-*.png"))


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine(find())


def frame(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR))


def malign(model: InstalledModel, scores: NDArray[np.float32]) -> NDArray[np.float32]:
    columns = [model.card.labels.index(label) for label in model.card.malign_labels]
    return np.asarray(scores[:, columns].sum(axis=1))


def grey(count: int = 1) -> NDArray[np.uint8]:
    return np.full((count, 224, 224, 3), 128, np.uint8)


def test_synthetic_malign_pictures_score_malign(engine: Engine, embedded: InstalledModel) -> None:
    assert len(SYNTHETIC) == 3
    scores = engine.predict(np.stack([frame(path) for path in SYNTHETIC]))
    assert scores.shape == (3, 5)
    assert scores.dtype == np.float32
    assert (malign(embedded, scores) > 0.9).all()


def test_a_grey_picture_scores_benign(engine: Engine, embedded: InstalledModel) -> None:
    assert malign(embedded, engine.predict(grey()))[0] < 0.5


def test_scores_of_a_frame_add_up_to_one(engine: Engine) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (2, 224, 224, 3), np.uint8)
    assert engine.predict(noise).sum(axis=1) == pytest.approx([1.0, 1.0], abs=1e-4)


def test_a_frame_scores_the_same_alone_and_among_others(engine: Engine) -> None:
    frames = np.stack([frame(SYNTHETIC[0]), grey()[0], frame(SYNTHETIC[1])])
    together = engine.predict(frames)
    alone = np.concatenate([engine.predict(frames[index : index + 1]) for index in range(3)])
    assert np.array_equal(together, alone)


def test_no_frames_give_no_scores(engine: Engine) -> None:
    assert engine.predict(grey(0)).shape == (0, 5)


@pytest.mark.parametrize(
    "frames",
    [np.zeros((224, 224, 3), np.uint8), np.zeros((1, 100, 224, 3), np.uint8), np.zeros((1, 224, 224, 3), np.float32)],
)
def test_frames_of_another_shape_or_kind_are_refused(engine: Engine, frames: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="not uint8"):
        engine.predict(frames)


def test_a_model_for_bgr_gets_its_colours_turned_round(engine: Engine, write_model: WriteModel) -> None:
    turned = load_engine(find(str(write_model(change='"RGB"', into='"BGR"'))))
    picture = frame(SYNTHETIC[0])[None]
    assert np.array_equal(turned.predict(picture[..., ::-1]), engine.predict(picture))


def test_the_value_range_of_the_card_is_kept(engine: Engine, write_model: WriteModel) -> None:
    # From -1 to 1, white is still 1, and mid-grey is what black is from 0 to 1.
    wide = load_engine(find(str(write_model(change="[0.0, 1.0]", into="[-1.0, 1.0]"))))
    white = np.full((1, 224, 224, 3), 255, np.uint8)
    assert wide.predict(white) == pytest.approx(engine.predict(white), abs=1e-4)
    assert wide.predict(grey()) == pytest.approx(engine.predict(np.zeros_like(white)), abs=0.05)


@pytest.fixture(params=TOLERANCES)
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def small(folder: Path, form: str, **fields: Any) -> InstalledModel:
    if form == "onnx":
        return tiny.carded(tiny.saved(tiny.onnx_model(), folder / "tiny.onnx"), **fields)
    return tiny.litert(folder, form, **fields)


def test_every_form_of_a_network_gives_the_scores_that_can_be_computed_by_hand(tmp_path: Path, form: str) -> None:
    model = small(tmp_path, form)
    expected = tiny.softmax(tiny.logits(tiny.frames(), model.card))
    assert expected[:, 1].min() < 0.1
    assert expected[:, 1].max() > 0.7
    scores = load_engine(find(str(model.path))).predict(tiny.frames())
    assert scores.dtype == np.float32
    assert scores == pytest.approx(expected, abs=TOLERANCES[form])


@pytest.mark.parametrize(
    "fields",
    [
        {"colour_order": "BGR"},
        {"value_range": (0.0, 1.0)},
        {
            "value_range": (0.0, 255.0),
            "mean": (104.0, 117.0, 123.0),
            "std": (152.0, 139.0, 133.0),
            "colour_order": "BGR",
        },
        {"value_range": (0.0, 1.0), "mean": (0.485, 0.456, 0.406), "std": (0.5, 0.6, 0.7)},
        {"value_range": (0.0, 1.0), "mean": (0.5, 0.5, 0.5), "std": (0.5, 0.5, 0.5)},
    ],
)
def test_every_engine_gives_a_model_what_its_card_says(tmp_path: Path, form: str, fields: dict[str, Any]) -> None:
    model = small(tmp_path, form, **fields)
    expected = tiny.softmax(tiny.logits(tiny.frames(), model.card))
    assert load_engine(model).predict(tiny.frames()) == pytest.approx(expected, abs=TOLERANCES[form])


def test_logits_become_probabilities(tmp_path: Path, form: str) -> None:
    # What comes out of the softmax inside is itself taken for logits here.
    model = small(tmp_path, form, outputs="logits")
    inside = tiny.softmax(tiny.logits(tiny.frames(), model.card))
    assert load_engine(model).predict(tiny.frames()) == pytest.approx(tiny.softmax(inside), abs=TOLERANCES[form])


def test_small_models_refuse_what_the_card_does_not_say(tmp_path: Path, form: str) -> None:
    three = {"labels": ("a", "b", "c"), "malign_labels": ("c",)}
    if form != "float32-any-size":
        not_loaded(small(tmp_path, form, input_size=64).path, "its input has the shape (")
    not_loaded(small(tmp_path, form, layout="NCHW").path, "it must be (1, 3, 32, 32)")
    not_loaded(small(tmp_path, form, **three).path, "by its card's labels and outputs it must be (1, 3)")
    not_loaded(small(tmp_path, form, outputs="sigmoid").path, "it must be (1, 1)")


def test_a_file_that_no_engine_runs_is_refused(tmp_path: Path) -> None:
    model = tiny.litert(tmp_path, "float32")
    path = model.path.rename(tmp_path / "tiny.bin")
    with pytest.raises(ModelError, match="no engine for the model file"):
        load_engine(InstalledModel(model.card, path))


def test_answers_that_are_no_scores_are_an_error_and_not_benign(
    write_model: WriteModel, embedded: InstalledModel
) -> None:
    content = embedded.path.read_bytes()
    bias = last_bias(embedded.path).tobytes()
    assert content.count(bias) == 1
    path = write_model(content.replace(bias, np.full(5, np.nan, np.float32).tobytes()))
    with pytest.raises(ModelError, match="they are no scores") as caught:
        load_engine(find(str(path))).predict(grey())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x1c\0\0\0TFL3" + b"\xff" * 200, bytes(4096)])
def test_a_file_that_is_no_model_is_refused(write_model: WriteModel, content: bytes) -> None:
    not_loaded(write_model(content), "is no LiteRT model")


def test_a_model_cut_short_is_refused_even_when_its_card_agrees(
    write_model: WriteModel, embedded: InstalledModel
) -> None:
    not_loaded(write_model(embedded.path.read_bytes()[:1_000_000]), "is no LiteRT model")


def test_an_input_that_is_not_what_the_card_says_is_refused(write_model: WriteModel) -> None:
    not_loaded(write_model(change="input_size = 224", into="input_size = 299"), "its input has the shape")


def test_an_output_that_is_not_what_the_card_says_is_refused(write_model: WriteModel) -> None:
    not_loaded(write_model(change='labels = ["drawing", ', into="labels = ["), "its output has the shape")


def last_bias(path: Path) -> NDArray[np.float32]:
    interpreter = Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    answer = interpreter.get_output_details()[0]["name"]
    for tensor in interpreter.get_tensor_details():
        if tuple(tensor["shape"]) == (5,) and tensor["dtype"] is np.float32 and tensor["name"] != answer:
            return np.asarray(interpreter.get_tensor(tensor["index"]))
    raise AssertionError("no bias of five numbers")


def not_loaded(path: Path, says: str) -> None:
    model = find(str(path))
    with pytest.raises(ModelError) as caught:
        load_engine(model)
    message = str(caught.value)
    assert says in message
    assert str(path) in message
    assert "\n" not in message
