from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from geacc_proxy.lab.training.augmentation import Augmentation
from geacc_proxy.lab.training.pictures import Cached
from tests.lab.training.samples import benign

pytestmark = [pytest.mark.xdist_group("tensorflow-training"), pytest.mark.usefixtures("tensorflow")]

PIXELS = np.stack([benign(np.random.default_rng(number), 32) for number in range(11)])
LABELS = np.array([0] * 7 + [1] * 4)
PLACES = np.arange(11)
STILL = Augmentation(0, 0, flips=False)
ONES = np.ones(2, np.float32)


@pytest.fixture
def pipeline() -> Any:
    from geacc_proxy.lab.training.pipeline import Pipeline

    return Pipeline(Cached(PIXELS), LABELS, 32, 4, (-1.0, 1.0))


def epoch(pipeline: Any, number: int, augmentation: Augmentation = STILL) -> tuple[np.ndarray, np.ndarray]:
    batches = list(pipeline.training(PLACES, ONES, augmentation, 0, number).as_numpy_iterator())
    return np.concatenate([batch[0] for batch in batches]), np.concatenate([batch[1] for batch in batches])


def test_an_epoch_shows_every_picture_once_in_the_networks_range(pipeline: Any) -> None:
    pixels, labels = epoch(pipeline, 0)
    expected = PIXELS.astype(np.float32) / 127.5 - 1
    where = [int(np.abs(expected - one).mean(axis=(1, 2, 3)).argmin()) for one in pixels]
    assert sorted(where) == list(range(11))
    np.testing.assert_allclose(pixels, expected[where], atol=1e-3)
    np.testing.assert_array_equal(labels, LABELS[where])


def test_an_epoch_repeats_and_the_next_one_differs(pipeline: Any) -> None:
    geacc = Augmentation(23, 0.2, flips=True)
    np.testing.assert_array_equal(epoch(pipeline, 3, geacc)[0], epoch(pipeline, 3, geacc)[0])
    assert not np.array_equal(epoch(pipeline, 3, geacc)[0], epoch(pipeline, 4, geacc)[0])


def test_batches_are_of_nearly_equal_size(pipeline: Any) -> None:
    sizes = [len(batch[0]) for batch in pipeline.training(PLACES, ONES, STILL, 0, 0)]
    assert sizes == [4, 4, 3]
    assert [len(batch[0]) for batch in pipeline.training(PLACES[:5], ONES, STILL, 0, 0)] == [3, 2]


def test_what_a_shift_brings_into_view_continues_the_edge(pipeline: Any) -> None:
    pixels, _ = epoch(pipeline, 0, Augmentation(0, 1, flips=False))
    assert pixels.min() >= PIXELS.min() / 127.5 - 1 - 1e-3
    assert np.all(np.isfinite(pixels))


def test_validation_pictures_come_in_order_and_unchanged(pipeline: Any) -> None:
    batches = list(pipeline.plain(PLACES[2:9]).as_numpy_iterator())
    np.testing.assert_array_equal(np.concatenate([batch[1] for batch in batches]), LABELS[2:9])
    np.testing.assert_allclose(np.concatenate([batch[0] for batch in batches]), pipeline.frames(PLACES[2:9]), atol=1e-5)


def test_balanced_classes_weigh_the_same_together(pipeline: Any) -> None:
    from geacc_proxy.lab.training.pipeline import class_weights

    weights = class_weights(LABELS, 2, "balanced")
    assert 7 * weights[0] == pytest.approx(4 * weights[1])
    assert weights[LABELS].mean() == pytest.approx(1)
    assert class_weights(LABELS, 2, "none").tolist() == [1, 1]
    (batch,) = list(pipeline.training(PLACES[:4], np.array([0.5, 2], np.float32), STILL, 0, 0).as_numpy_iterator())
    np.testing.assert_array_equal(batch[2], np.full(4, 0.5))
