"""A conversion is compared with its original, and refused where it is another model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.conversion import child
from geacc_proxy.models.conversion.process import Order
from geacc_proxy.models.description import ModelDescription
from tests.models.conversion.conftest import GROUP

pytestmark = GROUP

SOURCE = Path("x.h5")


def scaled(by: float) -> Any:
    """A model whose answers are the mean colour of a picture, and `by` times that."""
    import tensorflow as tf

    from geacc_proxy.models.conversion.loaded import Loaded

    description = ModelDescription(8, "NHWC", 2, "unknown", "")
    weights = np.array([[1.0, by]] * 3, np.float32) / 3
    return Loaded(lambda x: tf.matmul(tf.reduce_mean(x, axis=(1, 2)), weights), (8, 8, 3), description)


def compare(original: Any, converted: Any, precision: Any = "float32") -> float:
    from geacc_proxy.models.conversion.litert import convert_function

    content = convert_function(converted.function, converted.shape, "float32")
    return child._compare(original, content, Order(precision, value_range=(0.0, 1.0)), SOURCE)


def test_the_same_model_passes() -> None:
    assert compare(scaled(0.5), scaled(0.5)) < 1e-6


def test_another_model_is_refused_as_float32_and_its_difference_told_otherwise() -> None:
    with pytest.raises(ModelError, match=r"model x\.h5: its conversion differs by 0\.\d+; it may by 0\.001"):
        compare(scaled(0.5), scaled(0.6))
    assert 0.05 < compare(scaled(0.5), scaled(0.6), "int8") < 0.15


def test_answers_beyond_scores_count_by_their_size() -> None:
    assert compare(scaled(1000.0), scaled(1000.5)) < 1e-3


def test_answers_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ModelError, match="its weights are damaged"):
        compare(scaled(float("nan")), scaled(0.5))
    with pytest.raises(ModelError, match="answers with what is no number"):
        compare(scaled(0.5), scaled(float("nan")))
