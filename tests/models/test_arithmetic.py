"""What goes into models and what comes out of them, in numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from geacc_proxy.exceptions import ModelError
from geacc_proxy.models.card import COLOUR_ORDERS, LAYOUTS, ModelCard
from geacc_proxy.models.engines.arithmetic import Preparation, Quantisation, answers, finished
from geacc_proxy.models.registry import InstalledModel
from tests.models import tiny

FRAME = np.random.default_rng(5).integers(0, 256, (4, 4, 3), np.uint8)
CARD = replace(tiny.CARD, input_size=4)
UNUSUAL = replace(CARD, value_range=(0.0, 1.0), mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))

numbers = st.floats(-300, 300, width=16)
triples = st.tuples(numbers, numbers, numbers)


def by_the_book(card: ModelCard) -> NDArray[np.float64]:
    """The definition, step by step, in float64."""
    low, high = card.value_range
    values = low + FRAME.astype(np.float64) * (high - low) / 255
    if card.colour_order == "BGR":
        values = values[:, :, ::-1]
    values = (values - np.array(card.mean)) / np.array(card.std)
    return values if card.layout == "NHWC" else values.transpose(2, 0, 1)


def prepared(card: ModelCard, dtype: Any = np.float32, quantisation: Quantisation | None = None) -> NDArray[Any]:
    preparation = Preparation(card, dtype, quantisation)
    out = np.empty(preparation.shape, preparation.dtype)
    preparation.write(FRAME, out)
    return out


@given(
    st.sampled_from(COLOUR_ORDERS),
    st.sampled_from(LAYOUTS),
    st.sampled_from([(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0), (-0.5, 2.0)]),
    triples,
    st.tuples(*[st.floats(0.125, 300, width=16)] * 3),
)
def test_a_frame_becomes_what_the_card_says(
    order: str,
    layout: str,
    ends: tuple[float, float],
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
) -> None:
    card = replace(CARD, colour_order=order, layout=layout, value_range=ends, mean=mean, std=std)
    assert prepared(card) == pytest.approx(by_the_book(card), rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("order", COLOUR_ORDERS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("dtype", "half_step"), [(np.int8, 0.011), (np.uint8, 0.011), (np.int16, 0.00005)])
def test_a_quantised_input_gets_the_nearest_whole_numbers(
    order: str, layout: str, dtype: Any, half_step: float
) -> None:
    card = replace(UNUSUAL, colour_order=order, layout=layout)
    ends = np.iinfo(dtype)
    quantisation = Quantisation(2 * half_step, round(ends.min / 2 + ends.max / 2))
    whole = prepared(card, dtype, quantisation)
    assert whole.dtype == dtype
    assert np.abs(quantisation.real(whole) - by_the_book(card)).max() <= half_step * 1.001


def test_what_a_quantised_input_cannot_hold_is_held_at_its_ends() -> None:
    whole = prepared(replace(CARD, value_range=(-1000.0, 1000.0)), np.int8, Quantisation(1.0, 0))
    assert set(np.unique(whole)) >= {-128, 127}


def test_an_input_of_plain_bytes_gets_the_bytes() -> None:
    assert np.array_equal(prepared(replace(CARD, value_range=(0.0, 255.0)), np.uint8), FRAME)


def test_half_precision_is_rounded_and_no_more() -> None:
    values = prepared(UNUSUAL, np.float16)
    assert values.dtype == np.float16
    assert values.astype(np.float64) == pytest.approx(by_the_book(UNUSUAL), abs=3e-3)


@pytest.mark.parametrize(
    "fields", [{"value_range": (0.0, 1e300)}, {"std": (1.0, 1e-300, 1.0)}, {"mean": (-1e300, 0, 0)}]
)
def test_a_card_that_no_float32_can_follow_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="too large or too small for float32"):
        Preparation(replace(CARD, file="tiny.onnx", **fields))


def model(**fields: Any) -> InstalledModel:
    return InstalledModel(replace(CARD, **fields), Path("some/tiny.onnx"))


def scores(rows: list[list[float]], **fields: Any) -> NDArray[np.float32]:
    return finished(np.array(rows, np.float32), model(**fields))


def test_probabilities_stay_but_for_rounding_beyond_their_ends() -> None:
    assert scores([[0.25, 0.75], [-0.0005, 1.0005]]).tolist() == [[0.25, 0.75], [0.0, 1.0]]


def test_logits_become_what_softmax_makes_of_them_however_large() -> None:
    assert scores([[0.0, np.log(3)]], outputs="logits") == pytest.approx(np.array([[0.25, 0.75]]))
    assert scores([[3e38, -3e38], [-200.0, -200.0]], outputs="logits").tolist() == [[1.0, 0.0], [0.5, 0.5]]


def test_one_number_is_the_second_labels_share() -> None:
    assert answers(model(outputs="sigmoid").card) == 1
    assert scores([[0.25], [1.0005]], outputs="sigmoid").tolist() == [[0.75, 0.25], [0.0, 1.0]]


def test_no_frames_give_no_scores() -> None:
    for outputs, columns in (("probabilities", 2), ("logits", 2), ("sigmoid", 1)):
        assert finished(np.empty((0, columns), np.float32), model(outputs=outputs)).shape == (0, 2)


@pytest.mark.parametrize(
    ("outputs", "row"),
    [
        ("probabilities", [0.2, float("nan")]),
        ("probabilities", [-0.1, 1.1]),
        ("probabilities", [float("inf"), 0.0]),
        ("logits", [float("nan"), 0.0]),
        ("logits", [float("inf"), 0.0]),
        ("sigmoid", [1.5]),
        ("sigmoid", [float("nan")]),
    ],
)
def test_numbers_that_are_no_scores_are_an_error_and_not_benign(outputs: str, row: list[float]) -> None:
    with pytest.raises(ModelError, match=r"some/tiny\.onnx answers with numbers outside 0 to 1; they are no scores"):
        scores([[0.0] * len(row), row], outputs=outputs)
