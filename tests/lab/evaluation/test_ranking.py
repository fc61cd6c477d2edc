import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.calibration import calibration_curve

from geacc_proxy.lab.evaluation import calibration
from geacc_proxy.lab.evaluation.ranking import Ranking, normal_deviate
from tests.lab.evaluation.made_up import random_case

TIED = st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.5000001, 0.9, 1.0])
CASES = st.lists(st.tuples(st.booleans(), TIED), min_size=1, max_size=40)


def arrays(case):
    return np.array([truth for truth, _ in case]), np.array([score for _, score in case])


def test_areas_of_a_case_computed_by_hand():
    # Falling: malign, benign, a tie of both, benign. Of the 2 × 3 pairs 4 are in order and 1 is tied: 4.5 / 6.
    # Precisions: 1 at the first malign picture, and 2 / 4 at the second, which is flagged together with its tie.
    ranking = Ranking.of(np.array([1, 0, 1, 0, 0], bool), np.array([0.9, 0.8, 0.5, 0.5, 0.1]))
    assert ranking.auc() == pytest.approx(4.5 / 6)
    assert ranking.average_precision() == pytest.approx(0.5 * 1 + 0.5 * 2 / 4)
    assert ranking.thresholds.tolist() == [0.9, 0.8, 0.5, 0.1]


@given(CASES)
def test_curves_and_areas_are_those_of_scikit_learn_whatever_the_ties(case):
    malign, scores = arrays(case)
    ranking = Ranking.of(malign, scores)
    if not malign.any():
        assert ranking.average_precision() is None
    else:
        assert ranking.average_precision() == pytest.approx(metrics.average_precision_score(malign, scores))
    if malign.all() or not malign.any():
        assert ranking.auc() is None
        return
    assert ranking.auc() == pytest.approx(metrics.roc_auc_score(malign, scores))
    alarm_rate, recall, thresholds = metrics.roc_curve(malign, scores, drop_intermediate=False)
    np.testing.assert_allclose(ranking.roc(), (alarm_rate, recall))
    np.testing.assert_allclose(ranking.thresholds, thresholds[1:])
    precision, recall, _ = metrics.precision_recall_curve(malign, scores)
    np.testing.assert_allclose(ranking.precision_recall(), (recall[-2::-1], precision[-2::-1]))


@pytest.mark.parametrize("seed", range(5))
def test_the_det_curve_has_the_points_of_scikit_learns(seed):
    malign, scores = random_case(seed)
    ours = set(zip(*np.round(Ranking.of(malign, scores).det(), 9).tolist(), strict=True))
    alarm_rate, miss_rate, _ = metrics.det_curve(malign, scores)
    assert set(zip(np.round(alarm_rate, 9).tolist(), np.round(miss_rate, 9).tolist(), strict=True)) <= ours


def test_the_axes_of_a_det_curve_are_normal_deviates():
    assert normal_deviate(np.array([0.5, 0.975, 0.025])) == pytest.approx([0, 1.959964, -1.959964], abs=1e-6)


@given(CASES)
def test_the_brier_score_is_scikit_learns(case):
    malign, scores = arrays(case)
    assert calibration.brier(malign, scores) == pytest.approx(metrics.brier_score_loss(malign, scores, pos_label=True))


@given(CASES)
def test_the_reliability_diagram_is_scikit_learns(case):
    malign, scores = arrays(case)
    bins = calibration.reliability(malign, scores)
    if 0 < malign.sum() < len(malign):  # scikit-learn wants both kinds
        shares, means = calibration_curve(malign, scores, n_bins=calibration.BINS)
        assert [bin_.malign.value for bin_ in bins] == pytest.approx(shares.tolist())
        assert [bin_.mean for bin_ in bins] == pytest.approx(means.tolist())
    error = sum(bin_.malign.number * abs(bin_.malign.value - bin_.mean) for bin_ in bins) / len(scores)
    assert calibration.expected_calibration_error(malign, scores) == pytest.approx(error)


def test_the_calibration_error_of_a_case_computed_by_hand():
    # Two bins: (0.25, 0.35) with one malign of two, off by 0.2; (0.8) with one of one, off by 0.2.
    malign, scores = np.array([1, 0, 1], bool), np.array([0.25, 0.35, 0.8])
    assert calibration.expected_calibration_error(malign, scores, bins=2) == pytest.approx(0.2)
