"""How long pictures took, as counts in buckets that grow by a fixed factor: small, and they add up.

A percentile read from them is off by a factor of 2^(1/8) at most: 9 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

_LEAST_MS = 0.01
_STEPS = 4  # buckets for each doubling
_HIGHEST = 96  # the last one begins at 168 s; nothing waits that long


def bucket(milliseconds: float) -> int:
    """Returns the bucket of a duration, 0…96: it begins at 0.01 ms · 2^(bucket/4)."""
    if milliseconds <= _LEAST_MS:
        return 0
    return min(int(_STEPS * math.log2(milliseconds / _LEAST_MS)), _HIGHEST)


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """Returns the duration, milliseconds, that a share of all did not exceed; None where there are none.

    Args:
        counts: how many, by bucket.
        share: 0…1.
    """
    left = share * sum(counts.values())
    if not counts:
        return None
    for number in sorted(counts):
        left -= counts[number]
        if left <= 0:
            break
    return float(_LEAST_MS * 2 ** ((number + 0.5) / _STEPS))
