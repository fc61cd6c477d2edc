import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics

from geacc_proxy.lab.evaluation.pairing import compare, mcnemar, rate_difference
from tests.lab.evaluation.made_up import samples_of, scores_of


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (5, 5), (2, 9), (12, 3), (700, 800)])
def test_mcnemars_test_is_the_exact_binomial_one(first, second):
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert mcnemar(first, second) == pytest.approx(expected)


def test_thousands_of_disagreements_can_be_tested():
    assert mcnemar(60_000, 60_000) == pytest.approx(1, abs=0.01)
    assert mcnemar(0, 5_000) == 0


def test_the_difference_of_rates_of_a_case_computed_by_hand():
    # Of 10 pictures 3 are right by the first alone, 1 by the second alone. With halves added: cells 3.5 and 1.5 of 12.
    first = np.array([1, 1, 1, 0, 1, 1, 1, 0, 0, 0], bool)
    second = np.array([0, 0, 0, 1, 1, 1, 1, 0, 0, 0], bool)
    found, p_value = rate_difference(first, second)
    half = 1.959964 * np.sqrt(5 - 4 / 12) / 12
    assert (found.value, found.low, found.high) == pytest.approx((0.2, 2 / 12 - half, 2 / 12 + half), abs=1e-6)
    assert p_value == pytest.approx(0.625)  # 2 (1 + 4) / 16


def test_models_are_compared_on_what_both_judged():
    samples = samples_of(["malign"] * 4 + ["benign"] * 6)
    better = [0.9, 0.8, 0.7, 0.6, 0.1, 0.2, 0.3, 0.4, 0.1, None]
    worse = [0.9, 0.2, 0.7, 0.3, 0.1, 0.8, 0.3, 0.6, 0.1, 0.99]
    malign = np.array([sample.label == "malign" for sample in samples.samples])
    found = compare(scores_of(samples, better), scores_of(samples, worse, "two"), malign, 0.5)
    assert (found.first, found.second, found.pictures) == ("one", "two", 9)
    by_name = {one.figure: one for one in found.differences}
    assert set(by_name) == {"Accuracy", "Recall", "False alarms", "ROC AUC", "F1", "Average precision", "Brier score"}
    assert by_name["Accuracy"].difference.value == pytest.approx(1 - 5 / 9)
    assert by_name["Recall"].difference.value == pytest.approx(0.5)
    assert by_name["False alarms"].difference.value == pytest.approx(-2 / 5)
    truth, area = malign[:9], metrics.roc_auc_score(malign[:9], worse[:9])
    assert by_name["ROC AUC"].difference.value == pytest.approx(1 - area)
    assert by_name["F1"].second == pytest.approx(metrics.f1_score(truth, np.array(worse[:9]) >= 0.5))
    for one in found.differences:
        assert one.difference.low < one.difference.high
        assert one.difference.low <= one.difference.value <= one.difference.high, one.figure


def test_without_malign_pictures_only_what_is_known_is_compared():
    samples = samples_of(["benign"] * 5, malign=())
    found = compare(scores_of(samples, [0.1] * 5), scores_of(samples, [0.9] * 5), np.zeros(5, bool), 0.5)
    assert {one.figure for one in found.differences} == {"Accuracy", "False alarms", "Brier score"}
    nothing = compare(scores_of(samples, [None] * 5), scores_of(samples, [0.9] * 5), np.zeros(5, bool), 0.5)
    assert (nothing.pictures, nothing.differences) == (0, ())
