import numpy as np
import pytest

from geacc_proxy.lab.evaluation.estimate import Share
from geacc_proxy.lab.evaluation.groups import gap_between, grouping
from tests.lab.evaluation.made_up import samples_of, scores_of


def test_groups_have_their_own_rates():
    samples = samples_of(["benign"] * 4 + ["malign"] * 2 + ["benign"], column=["a", "a", "b", "b", "a", "b", "a"])
    model = scores_of(samples, [0.9, 0.1, 0.2, 0.1, 0.9, 0.2, None])
    malign = np.array([sample.label == "malign" for sample in samples.samples])
    found = grouping("site", [sample.groups[0][1] for sample in samples.samples], model.files, malign, 0.5)
    first, second = found.groups
    assert (first.name, first.false_alarms, first.misses, first.unjudged) == ("a", Share(1, 2), Share(0, 1), 1)
    assert (second.name, second.false_alarms, second.misses, second.unjudged) == ("b", Share(0, 2), Share(1, 1), 0)
    assert found.false_alarm_gap.small
    assert (found.miss_gap.highest, found.miss_gap.lowest, found.miss_gap.gap.value) == ("b", "a", 1)


def test_a_large_gap_is_told_from_chance_and_a_small_one_is_not():
    large = gap_between({"a": Share(60, 200), "b": Share(20, 200)})
    assert large.gap.value == pytest.approx(0.2)
    assert 0.1 < large.gap.low < 0.2 < large.gap.high < 0.3
    assert large.p_value < 0.001
    assert gap_between({"a": Share(10, 100), "b": Share(11, 100)}).p_value > 0.5


def test_the_test_agrees_with_the_exact_one_for_two_groups():
    from scipy.stats import fisher_exact

    exact = fisher_exact([[12, 38], [4, 46]]).pvalue
    assert gap_between({"a": Share(12, 50), "b": Share(4, 50)}).p_value == pytest.approx(exact, abs=0.02)


def test_small_groups_do_not_make_the_gap_where_there_are_larger_ones():
    found = gap_between({"tiny": Share(1, 1), "a": Share(5, 100), "b": Share(3, 100)})
    assert (found.highest, found.lowest, found.small) == ("a", "b", False)


def test_one_group_has_no_gap():
    assert gap_between({"a": Share(1, 10), "empty": Share(0, 0)}) is None


def test_the_same_seed_gives_the_same_interval():
    rates = {"a": Share(10, 50), "b": Share(4, 60), "c": Share(9, 70)}
    assert gap_between(rates, 5) == gap_between(rates, 5)
