"""Kinds of lines: the few different pairs of decision and reason, each by band of the score.

A search for "malign, from 80 % to 95 %" becomes a search for lines of a handful of kinds, which an index gives newest
first, however many lines of other kinds lie between.
"""

from __future__ import annotations

BANDS = 20
"""The scores 0…1 are cut into so many equal parts; bounds on a cut are found without looking at each line."""
NO_SCORE = -1
"""The band of what has no score."""


def band(malign: float | None) -> int:
    """Returns the band of a score, 0…40: an even one holds the cut itself, the odd one above it all up to the next cut.

    So both `score ≥ 0.8` and `score ≤ 0.8` are whole bands.
    """
    if malign is None:
        return NO_SCORE
    scaled = malign * BANDS
    whole = int(scaled)
    return 2 * whole + (scaled != whole)


def is_cut(malign: float) -> bool:
    """Whether a bound falls between bands: then they alone say which lines are within it."""
    return band(malign) % 2 == 0
