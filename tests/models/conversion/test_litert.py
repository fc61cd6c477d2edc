"""LiteRT files: float32 is the model, float16 and int8 are close to it."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.models.conversion.conftest import GROUP

pytestmark = GROUP


@pytest.fixture(scope="module")
def model() -> Any:
    import keras

    keras.utils.set_random_seed(11)
    layers = keras.layers
    inputs = keras.Input((32, 32, 3))
    x = layers.Conv2D(16, 3, strides=2, activation="relu")(inputs)
    x = layers.DepthwiseConv2D(3, activation="relu6")(x)
    x = layers.Conv2D(2048, 1, activation="relu")(x)
    x = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(x))


@pytest.fixture(scope="module")
def pictures() -> NDArray[np.float32]:
    return np.random.default_rng(2).uniform(-1, 1, (20, 32, 32, 3)).astype(np.float32)


def test_float32_answers_as_keras_does(model: Any, pictures: NDArray[np.float32], litert: ModuleType) -> None:
    content = litert.flatbuffer(model, "float32")
    assert np.abs(litert.run_litert(content, pictures) - model.predict(pictures, verbose=0)).max() < 1e-5


def test_float16_is_smaller_and_close(model: Any, pictures: NDArray[np.float32], litert: ModuleType) -> None:
    exact, half = litert.flatbuffer(model, "float32"), litert.flatbuffer(model, "float16")
    assert len(half) < 0.7 * len(exact)
    assert half == litert.halve(exact)
    difference = np.abs(litert.run_litert(half, pictures) - litert.run_litert(exact, pictures)).max()
    assert 0 < difference < 5e-3


def test_int8_is_smaller_close_and_takes_float32(model: Any, pictures: NDArray[np.float32], litert: ModuleType) -> None:
    from ai_edge_litert.interpreter import Interpreter

    exact = model.predict(pictures, verbose=0)
    size = len(litert.flatbuffer(model, "float32"))
    for samples in (pictures, None):
        content = litert.flatbuffer(model, "int8", samples)
        assert len(content) < 0.6 * size
        assert np.abs(litert.run_litert(content, pictures) - exact).max() < 0.05
        interpreter = Interpreter(model_content=content)
        details = [*interpreter.get_input_details(), *interpreter.get_output_details()]
        assert [one["dtype"] for one in details] == [np.float32, np.float32]
        kinds = {one["dtype"] for one in interpreter.get_tensor_details() if len(one["shape"]) == 4}
        assert (np.int8 in kinds) is True
        assert (kinds == {np.int8, np.float32}) is True


def test_samples_that_do_not_fit_are_told(model: Any, litert: ModuleType) -> None:
    for samples in (np.zeros((2, 8, 8, 3), np.float32), np.zeros((2, 32, 32, 3)), np.zeros((0, 32, 32, 3), np.float32)):
        with pytest.raises(ValueError, match="must be float32"):
            litert.flatbuffer(model, "int8", samples)


@pytest.fixture(scope="module")
def litert() -> ModuleType:
    from geacc_proxy.models.conversion import litert as module

    return module
