"""SavedModels: those that compute are called by their signature; all others are never loaded."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion import recognise
from tests.models.conversion.conftest import GROUP

pytestmark = GROUP


@pytest.fixture
def load(scratch: Path) -> Callable[..., Any]:
    from geacc_proxy.models.conversion.loading import load as load_source

    return lambda path: load_source(recognise(path), scratch, None)


def refusal(load: Callable[..., Any], path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def save(path: Path, function: Callable[[Any, Any], Any], dtype: str = "float32", shape: Any = (None, 8, 8, 3)) -> Path:
    """Save a module whose one signature is `function(pictures, weights)`."""
    import tensorflow as tf

    module = tf.Module()
    module.weights = tf.Variable(np.linspace(-1, 1, 8 * 8 * 3 * 2).reshape(-1, 2).astype(np.float32))
    signature = [tf.TensorSpec(shape, dtype, name="image")]
    module.serve = tf.function(lambda image: {"scores": function(image, module.weights)}, input_signature=signature)
    tf.saved_model.save(module, str(path), signatures=module.serve)
    return path


def scores(image: Any, weights: Any) -> Any:
    import tensorflow as tf

    return tf.nn.softmax(tf.matmul(tf.reshape(tf.cast(image, tf.float32) / 127.5 - 1.0, (-1, 8 * 8 * 3)), weights))


def test_what_keras_exports_is_loaded(tmp_path: Path, load: Callable[..., Any]) -> None:
    import keras

    inputs = keras.Input((16, 16, 3))
    x = keras.layers.BatchNormalization()(keras.layers.Conv2D(4, 3)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3, activation="sigmoid")(keras.layers.GlobalAveragePooling2D()(x)))
    model.export(tmp_path / "saved", verbose=False)
    pictures = np.random.default_rng(0).uniform(-1, 1, (5, 16, 16, 3)).astype(np.float32)
    loaded = load(tmp_path / "saved")
    assert np.abs(loaded.predict(pictures) - model.predict(pictures, verbose=0)).max() < 1e-6
    assert (loaded.description.outputs, loaded.description.activation) == (3, "sigmoid")


@pytest.mark.parametrize(("dtype", "shape"), [("float32", (None, 8, 8, 3)), ("uint8", (1, 8, 8, 3))])
def test_a_signature_of_bytes_or_numbers_is_called(
    dtype: str, shape: Any, tmp_path: Path, load: Callable[..., Any]
) -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3)).astype(np.float32)
    loaded = load(save(tmp_path / "saved", scores, dtype, shape))
    weights = np.linspace(-1, 1, 8 * 8 * 3 * 2).reshape(-1, 2)
    powers = np.exp((pictures.reshape(3, -1) / 127.5 - 1.0) @ weights)
    assert np.abs(loaded.predict(pictures) - powers / powers.sum(axis=1, keepdims=True)).max() < 1e-5
    assert loaded.description.activation == "softmax"
    low, high = loaded.description.rescaling
    assert (round(low, 5), round(high, 5)) == (-1.0, 1.0)


def test_what_does_more_than_compute_is_never_loaded(tmp_path: Path, load: Callable[..., Any]) -> None:
    import tensorflow as tf

    trace = tmp_path / "trace"

    def writes(image: Any, weights: Any) -> Any:
        tf.io.write_file(str(trace), "x")
        return scores(image, weights)

    def saves(image: Any, weights: Any) -> Any:
        tf.raw_ops.SaveV2(prefix=str(trace), tensor_names=["a"], shape_and_slices=[""], tensors=[weights.read_value()])
        return scores(image, weights)

    def reads(image: Any, weights: Any) -> Any:
        length = tf.strings.length(tf.io.read_file("/etc/hostname"))
        return scores(image, weights) + tf.cast(length, tf.float32)

    def python(image: Any, weights: Any) -> Any:
        return tf.ensure_shape(tf.py_function(lambda x: x, [scores(image, weights)], tf.float32), (None, 2))

    def prints(image: Any, weights: Any) -> Any:
        tf.print("hello")
        return scores(image, weights)

    for function, operation in (
        (writes, "WriteFile"),
        (saves, "SaveV2"),
        (reads, "ReadFile"),
        (python, "EagerPyFunc"),
        (prints, "StringFormat"),
    ):
        path = save(tmp_path / function.__name__, function)
        text = refusal(load, path)
        assert operation in text
        assert "not one that only computes; it is not loaded" in text
    assert not list(tmp_path.glob("trace*"))


def test_tables_and_files_are_refused(tmp_path: Path, load: Callable[..., Any]) -> None:
    import tensorflow as tf

    (tmp_path / "words.txt").write_text("a\nb\n", encoding="utf-8")
    module = tf.Module()
    module.asset = tf.saved_model.Asset(str(tmp_path / "words.txt"))
    signature = [tf.TensorSpec((None, 8, 8, 3), name="image")]
    weights = tf.ones((192, 2))
    module.serve = tf.function(lambda image: {"scores": scores(image, weights)}, input_signature=signature)
    tf.saved_model.save(module, str(tmp_path / "saved"), signatures=module.serve)
    assert "further files" in refusal(load, tmp_path / "saved")


def test_what_is_cut_or_no_saved_model_is_one_line(tmp_path: Path, load: Callable[..., Any]) -> None:
    whole = save(tmp_path / "whole", scores)
    content = (whole / "saved_model.pb").read_bytes()
    for name, change in (
        ("empty", b""),
        ("cut", content[: len(content) // 2]),
        ("noise", b"\xff" * 100),
    ):
        shutil.copytree(whole, tmp_path / name)
        (tmp_path / name / "saved_model.pb").write_bytes(change)
        refusal(load, tmp_path / name)
    shutil.rmtree(whole / "variables")
    assert "cannot be loaded" in refusal(load, whole)


def test_a_signature_that_does_not_judge_pictures_is_refused(tmp_path: Path, load: Callable[..., Any]) -> None:
    import tensorflow as tf

    def mean(image: Any, weights: Any) -> Any:
        return tf.reduce_mean(image) + tf.reduce_mean(weights)

    assert "must answer with one list of scores" in refusal(load, save(tmp_path / "mean", mean))
    text = refusal(load, save(tmp_path / "text", lambda image, weights: scores(image, weights), shape=(None, 192)))
    assert "must take pictures" in text
