"""From where on a score counts, measured on the validation pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from geacc_proxy.models.card import STRICTNESSES, Threshold

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOWEST = {"strict": 0.5, "balanced": 0.7, "lenient": 0.85}
"""No threshold lies lower: those of the embedded model."""

FALSE_ALARMS = {"strict": 0.05, "balanced": 0.037, "lenient": 0.023}
"""Share of benign pictures that a threshold may hide: about what the embedded model hides, and `evaluate` aims at."""

_STEPS = 10_000  # thresholds are written with four decimals


def measured_thresholds(malign_scores: NDArray[np.floating]) -> dict[str, Threshold]:
    """For each strictness the lowest threshold of four decimals that keeps to `LOWEST` and `FALSE_ALARMS`.

    Where no threshold up to 1 hides so few, it is 1, with the rate that it has.

    Args:
        malign_scores: shape (n,), n ≥ 1, 0…1: of the benign validation pictures.
    """
    return {word: _threshold(malign_scores, LOWEST[word], FALSE_ALARMS[word]) for word in STRICTNESSES}


def _threshold(scores: NDArray[np.floating], lowest: float, rate: float) -> Threshold:
    allowed = math.floor(rate * len(scores))
    highest_to_show = float(np.sort(scores)[len(scores) - 1 - allowed])
    step = max(math.floor(highest_to_show * _STEPS) + 1, round(lowest * _STEPS))
    threshold = min(step, _STEPS) / _STEPS
    return Threshold(threshold, float(np.mean(scores >= threshold)))
