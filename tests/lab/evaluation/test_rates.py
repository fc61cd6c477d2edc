import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics

from geacc_proxy.lab.evaluation.confusion import Confusion
from geacc_proxy.lab.evaluation.estimate import Estimate, Share, wilson
from tests.lab.evaluation.made_up import random_case


def test_rates_of_a_case_counted_by_hand():
    # Ten pictures, four of them malign; from 0.5 on three of those are flagged, and two benign ones.
    malign = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], bool)
    scores = np.array([0.9, 0.8, 0.5, 0.4, 0.7, 0.6, 0.3, 0.2, 0.1, 0.0])
    found = Confusion.at(0.5, malign, scores)
    assert found == Confusion(caught=3, missed=1, alarms=2, passed=4)
    assert found.accuracy.value == 0.7
    assert found.precision.value == 0.6
    assert found.recall.value == 0.75
    assert found.misses.value == 0.25
    assert found.specificity.value == pytest.approx(2 / 3)
    assert found.false_alarms.value == pytest.approx(1 / 3)
    assert found.f1 == pytest.approx(2 / 3)


@pytest.mark.parametrize("seed", range(20))
def test_rates_are_those_of_scikit_learn(seed):
    malign, scores = random_case(seed)
    found = Confusion.at(0.5, malign, scores)
    taken = scores >= 0.5
    assert [[found.passed, found.alarms], [found.missed, found.caught]] == metrics.confusion_matrix(
        malign, taken
    ).tolist()
    assert found.accuracy.value == pytest.approx(metrics.accuracy_score(malign, taken))
    assert found.precision.value == pytest.approx(
        metrics.precision_score(malign, taken, zero_division=np.nan), nan_ok=True
    )
    assert found.recall.value == pytest.approx(metrics.recall_score(malign, taken))
    assert found.f1 == pytest.approx(metrics.f1_score(malign, taken))


def test_what_cannot_be_told_is_unknown_and_not_zero():
    benign_only = Confusion.at(0.5, np.zeros(3, bool), np.zeros(3))
    assert benign_only.recall.value is None
    assert benign_only.precision.value is None
    assert benign_only.f1 is None
    assert benign_only.false_alarms.value == 0
    assert Share(0, 0).estimate == Estimate()


@pytest.mark.parametrize(("count", "number"), [(0, 10), (10, 10), (1, 2), (51, 1000), (1, 1)])
def test_the_interval_of_a_rate_is_wilsons(count, number):
    expected = binomtest(count, number).proportion_ci(method="wilson")
    found = wilson(count, number)
    assert (found.value, found.low, found.high) == pytest.approx((count / number, expected.low, expected.high))
    assert 0 <= found.low <= found.value <= found.high <= 1
