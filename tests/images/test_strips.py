"""Very long pictures, seen as one scrolls past them."""

from itertools import pairwise

import pytest

from geacc_proxy.images.strips import Box, is_strip, screenfuls


@pytest.mark.parametrize(("width", "height", "strip"), [(100, 250, False), (100, 251, True), (728, 90, True)])
def test_a_strip_is_more_than_two_and_a_half_times_as_long_as_wide(width: int, height: int, strip: bool) -> None:
    assert is_strip(width, height) is strip
    assert bool(screenfuls(width, height, 16)) is strip


def test_squares_of_the_short_side_overlap_by_half_from_end_to_end() -> None:
    assert screenfuls(100, 300, 16) == [
        Box(0, 0, 100, 100),
        Box(0, 50, 100, 150),
        Box(0, 100, 100, 200),
        Box(0, 150, 100, 250),
        Box(0, 200, 100, 300),
    ]
    assert screenfuls(300, 100, 16)[1] == Box(50, 0, 150, 100)


@pytest.mark.parametrize("length", [251, 700, 1000, 1600, 1700, 5000, 65_000])
@pytest.mark.parametrize("limit", [2, 5, 16])
def test_a_strip_of_any_length_is_covered_without_gaps_by_few_parts(length: int, limit: int) -> None:
    parts = screenfuls(100, length, limit)
    assert len(parts) <= limit
    assert parts[0].top == 0
    assert parts[-1].bottom == pytest.approx(length)
    assert all(above.bottom >= below.top for above, below in pairwise(parts))
    assert all(part.bottom - part.top >= 100 for part in parts)


def test_one_part_is_no_more_than_the_whole() -> None:
    assert screenfuls(100, 900, 1) == []
