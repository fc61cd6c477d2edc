from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geacc_proxy.journal.latency import bucket, percentile


def counted(durations):
    counts = {}
    for duration in durations:
        counts[bucket(duration)] = counts.get(bucket(duration), 0) + 1
    return counts


@given(st.floats(0.011, 100_000))
def test_a_duration_is_told_within_nine_percent(duration):
    assert percentile(counted([duration]), 0.5) == pytest.approx(duration, rel=0.0906)


def test_percentiles_are_those_of_the_durations_within_nine_percent():
    durations = [0.02] * 600 + [number / 10 for number in range(100, 500)]
    exact = quantiles(durations, n=20, method="inclusive")
    assert percentile(counted(durations), 0.5) == pytest.approx(exact[9], rel=0.0906)
    assert percentile(counted(durations), 0.95) == pytest.approx(exact[18], rel=0.0906)


def test_where_nothing_took_any_time_there_is_no_percentile():
    assert percentile({}, 0.5) is None


@pytest.mark.parametrize(("duration", "number"), [(0, 0), (-1, 0), (1e9, 96)])
def test_what_cannot_be_is_put_into_the_outermost_buckets(duration, number):
    assert bucket(duration) == number
