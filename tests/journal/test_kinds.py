import pytest
from hypothesis import given
from hypothesis import strategies as st

from geacc_proxy.journal.kinds import NO_SCORE, band, is_cut

scores = st.floats(0, 1)


@given(scores, scores)
def test_a_higher_score_is_never_in_a_lower_band(one, other):
    low, high = sorted((one, other))
    assert band(low) <= band(high)


@given(st.integers(0, 20), scores)
def test_a_bound_on_a_cut_separates_bands(step, score):
    cut = step / 20
    assert (score >= cut) == (band(score) >= band(cut))
    assert (score <= cut) == (band(score) <= band(cut))


@pytest.mark.parametrize(
    ("score", "number"), [(None, NO_SCORE), (0.0, 0), (0.01, 1), (0.05, 2), (0.951, 39), (1.0, 40)]
)
def test_bands_are_numbered_upwards(score, number):
    assert band(score) == number


def test_a_cut_is_told_from_what_lies_between():
    assert is_cut(0.35)
    assert not is_cut(0.351)
