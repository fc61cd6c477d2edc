from __future__ import annotations

import numpy as np
import pytest

from geacc_proxy.lab.training.thresholds import FALSE_ALARMS, LOWEST, measured_thresholds
from geacc_proxy.models.card import STRICTNESSES


def test_a_model_that_tells_all_apart_gets_the_lowest_thresholds() -> None:
    found = measured_thresholds(np.array([0.01, 0.2, 0.49]))
    assert {word: one.malign for word, one in found.items()} == LOWEST
    assert {one.false_alarm_rate for one in found.values()} == {0.0}


def test_a_threshold_hides_as_many_benign_pictures_as_it_may_and_no_more() -> None:
    scores = np.linspace(0.5, 0.99, 100)  # steps of 0.00495
    strict = measured_thresholds(scores)["strict"]
    assert strict.false_alarm_rate == 0.05
    assert scores[94] < strict.malign <= scores[95]


def test_scores_at_a_threshold_count() -> None:
    scores = np.array([0.9] * 10 + [0.1] * 90)
    strict = measured_thresholds(scores)["strict"]
    assert strict.malign == pytest.approx(0.9001)
    assert strict.false_alarm_rate == 0.0


def test_where_nothing_helps_the_threshold_is_one_and_says_what_it_hides() -> None:
    found = measured_thresholds(np.ones(10))
    assert {(one.malign, one.false_alarm_rate) for one in found.values()} == {(1.0, 1.0)}


@pytest.mark.parametrize("seed", range(5))
def test_thresholds_rise_from_strict_to_lenient_and_keep_to_their_rates(seed: int) -> None:
    scores = np.random.default_rng(seed).beta(2, 2, 500)
    found = measured_thresholds(scores)
    thresholds = [found[word].malign for word in STRICTNESSES]
    assert thresholds == sorted(thresholds)
    for word in STRICTNESSES:
        rate = found[word].false_alarm_rate
        assert rate == np.mean(scores >= found[word].malign)
        assert rate <= FALSE_ALARMS[word]
