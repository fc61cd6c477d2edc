import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.lab.evaluation.figures import Options, figures_of
from geacc_proxy.lab.evaluation.measured import measured_card
from geacc_proxy.lab.evaluation.thresholds import RATES, parse_rates, require_enough, threshold_for
from geacc_proxy.models.card import parse_card
from tests.lab.evaluation.made_up import samples_of, scores_of

SCORES = st.lists(st.sampled_from([0.0, 0.2, 0.3333333, 0.5, 0.999999, 1.0]) | st.floats(0, 1), min_size=1, max_size=60)


@given(SCORES, st.floats(0.01, 0.5))
def test_a_threshold_keeps_to_its_rate_and_no_lower_one_does(scores, rate):
    values = np.array(scores)
    found = threshold_for(rate, np.zeros(len(values), bool), values)
    if found.malign is None:
        assert rate * len(values) < 1 or (values == 1).mean() > rate
        return
    assert 0 < found.malign <= 1
    assert found.false_alarms.count == (values >= found.malign).sum() <= rate * len(values) + 1e-6
    # A threshold has six decimals: at the next score that is lower than those tell apart, there are too many.
    lower = values[values < found.malign - 1e-6]
    assert not len(lower) or (values >= lower.max()).mean() > rate - 1e-9


def test_the_threshold_of_a_case_counted_by_hand():
    # Of 20 benign pictures one may be hidden at 5 %: the threshold lies just above the second highest score, 0.6.
    benign = [0.9, 0.6, *[0.1] * 18]
    found = threshold_for(0.05, np.array([False] * 20 + [True] * 2), np.array([*benign, 0.65, 0.3]))
    assert found.malign == 0.600001
    assert (found.false_alarms.count, found.false_alarms.number) == (1, 20)
    assert (found.recall.count, found.recall.number) == (1, 2)


def test_a_threshold_lies_above_the_score_that_it_spares_however_that_is_rounded():
    for millionths in range(0, 1_000_000, 997):
        score = millionths / 1e6
        assert threshold_for(0.5, np.zeros(2, bool), np.array([1.0, score])).malign > score


def test_too_few_benign_pictures_are_said_to_be_too_few():
    assert threshold_for(0.05, np.zeros(19, bool), np.zeros(19)).problem == "needs 20 benign pictures"
    require_enough((0.05, 0.037, 0.023), 44)
    with pytest.raises(GeaccError, match=r"0\.023 needs 44 benign pictures at least, not 43"):
        require_enough((0.05, 0.037, 0.023), 43)
    assert threshold_for(0.1, np.zeros(10, bool), np.ones(10)).problem == "more benign pictures than that score 1"
    assert threshold_for(0.1, np.zeros(10, bool), np.full(10, 0.99999999)).malign == 1


def test_rates_are_three_that_fall():
    assert parse_rates("0.05, 0.037,0.023") == RATES
    for wrong in ("0.05", "0.02,0.03,0.04", "0.1,0.1,0", "1,0.5,0.1", "a,b,c", "0.1,0.1,nan", ""):
        with pytest.raises(UsageError, match="strict, balanced and lenient"):
            parse_rates(wrong)


def figures(benign, malign):
    samples = samples_of(["benign"] * len(benign) + ["malign"] * len(malign))
    scores = scores_of(samples, [*benign, *malign])
    return figures_of(scores, samples.labels, samples.malign, Options(0.5, RATES, 5, 1))


def test_a_card_is_written_with_what_was_measured_and_says_on_how_many():
    found = figures(list(np.linspace(0, 0.99, 100)), [0.97])
    text = measured_card(found, "pictures.csv")
    card = parse_card(text, "card.toml")
    assert {word: one.false_alarm_rate for word, one in card.thresholds.items()} == {
        "strict": 0.05,
        "balanced": 0.03,
        "lenient": 0.02,
    }
    assert card.thresholds["strict"].malign == 0.940001
    assert card.sha256 == found.scores.card.sha256
    assert "#   strict: 5 of 100 benign pictures hidden; 1 of 1 malign ones" in text
    assert "pictures.csv" in text
    assert tomllib.loads(text)["thresholds"]["lenient"]["false_alarm_rate"] == 0.02


def test_a_card_is_refused_where_the_pictures_cannot_tell():
    with pytest.raises(GeaccError, match=r"false-alarm rate of 0\.05: needs 20 benign pictures"):
        measured_card(figures([0.1] * 10, [0.9]), "few")
