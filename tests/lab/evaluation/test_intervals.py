import itertools

import numpy as np
import pytest
from sklearn import metrics

from geacc_proxy.lab.evaluation import calibration
from geacc_proxy.lab.evaluation.confusion import Confusion
from geacc_proxy.lab.evaluation.delong import auc_difference, auc_interval, midranks, newcombe
from geacc_proxy.lab.evaluation.estimate import Z95, Estimate
from geacc_proxy.lab.evaluation.resampling import Resampled, draws, percentiles, rounds_for
from tests.lab.evaluation.made_up import random_case


def placements(malign, scores):
    """By their definition: of each malign picture, and of each benign one."""
    better = np.array([[(a > b) + (a == b) / 2 for b in scores[~malign]] for a in scores[malign]])
    return better.mean(axis=1), better.mean(axis=0)


@pytest.mark.parametrize("seed", range(8))
def test_the_variance_of_an_area_is_delongs_by_definition(seed):
    malign, scores = random_case(seed)
    above, below = placements(malign, scores)
    area = above.mean()
    error = np.sqrt(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below)) / (area * (1 - area))
    logit = np.log(area / (1 - area))
    found = auc_interval(malign, scores)
    assert found.value == pytest.approx(metrics.roc_auc_score(malign, scores))
    assert found.low == pytest.approx(1 / (1 + np.exp(-logit + Z95 * error)))
    assert found.high == pytest.approx(1 / (1 + np.exp(-logit - Z95 * error)))


@pytest.mark.parametrize("seed", range(8))
def test_the_variance_of_a_difference_of_areas_is_delongs_by_definition(seed):
    malign, first = random_case(seed)
    second = np.random.default_rng(seed).permutation(first)
    (above, below), (above_too, below_too) = placements(malign, first), placements(malign, second)
    apart, apart_too = above - above_too, below - below_too
    error = np.sqrt(apart.var(ddof=1) / len(apart) + apart_too.var(ddof=1) / len(apart_too))
    found, p_value = auc_difference(malign, first, second)
    assert found.value == pytest.approx(above.mean() - above_too.mean())
    assert found.low == pytest.approx(max(-1, found.value - Z95 * error))
    assert 0 <= p_value <= 1
    assert (p_value < 0.05) == (abs(found.value) > Z95 * error)


def test_models_that_rank_alike_do_not_differ():
    malign, scores = random_case(1)
    assert auc_difference(malign, scores, scores / 2) == (Estimate(0.0, 0.0, 0.0), 1.0)


def test_a_perfect_separation_of_a_few_pictures_is_not_certain():
    found = auc_interval(np.array([1, 1, 1] + [0] * 20, bool), np.array([0.9] * 3 + [0.1] * 20))
    assert found.value == found.high == 1
    assert 0.5 < found.low < 0.9
    single = auc_interval(np.array([1, 0, 0], bool), np.array([0.5, 0.4, 0.6]))
    assert single.low < single.value == 0.5 < single.high
    assert auc_interval(np.zeros(3, bool), np.zeros(3)) == Estimate()


def test_the_interval_without_a_variance_covers_nineteen_times_in_twenty():
    generator = np.random.default_rng(3)
    true, hits, times = 0.9214, 0, 400  # of normal distributions two deviations apart: cdf(2 / sqrt(2))
    for _ in range(times):
        better = generator.normal(2, 1, (15, 1)) > generator.normal(0, 1, (1, 25))
        found = newcombe(float(better.mean()), 15, 25)
        hits += found.low <= true <= found.high
    assert 0.92 < hits / times < 0.99


def test_midranks_share_the_ranks_of_ties():
    assert midranks(np.array([0.5, 0.1, 0.5, 0.9])).tolist() == [2.5, 1, 2.5, 4]


def test_a_draw_has_as_many_pictures_of_each_kind_and_a_seed_repeats_it():
    malign = np.array([1, 0, 0, 1, 0], bool)
    times = np.concatenate(list(draws(malign, 100, seed=1)))
    assert times.shape == (100, 5)
    assert (times[:, malign].sum(axis=1) == 2).all()
    assert (times[:, ~malign].sum(axis=1) == 3).all()
    assert (times == np.concatenate(list(draws(malign, 100, seed=1)))).all()
    assert (times != np.concatenate(list(draws(malign, 100, seed=2)))).any()


@pytest.mark.parametrize("seed", range(5))
def test_figures_of_draws_are_those_of_the_pictures_drawn(seed):
    malign, scores = random_case(seed)
    times = np.concatenate(list(draws(malign, 20, seed)))
    resampled = Resampled(malign, scores)
    drawn = [np.repeat(np.arange(len(malign)), row.astype(int)) for row in times]
    cases = [(malign[one], scores[one]) for one in drawn]
    assert resampled.brier(times) == pytest.approx([calibration.brier(*case) for case in cases])
    assert resampled.average_precision(times) == pytest.approx(
        [metrics.average_precision_score(*case) for case in cases]
    )
    assert resampled.calibration_error(times) == pytest.approx(
        [calibration.expected_calibration_error(*case) for case in cases]
    )
    assert resampled.f1(times, 0.5) == pytest.approx([Confusion.at(0.5, *case).f1 for case in cases])


def test_an_interval_is_the_middle_of_what_was_drawn():
    found = percentiles(0.5, np.append(np.linspace(0, 1, 1001), np.nan))
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.025, 0.975))
    assert percentiles(None, np.array([1.0])) == Estimate()
    assert percentiles(0.5, np.array([np.nan])) == Estimate(0.5)


def test_what_does_not_vary_has_no_interval():
    assert percentiles(1.0, np.ones(10)) == Estimate(1.0)


def test_more_pictures_are_drawn_less_often_but_often_enough():
    counts = [rounds_for(number) for number in (1, 10_000, 100_000, 10_000_000)]
    assert counts == sorted(counts, reverse=True)
    assert all(first >= second >= 200 for first, second in itertools.pairwise(counts))
