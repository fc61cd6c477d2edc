"""From which score on pictures have to be hidden for a given rate of false alarms."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geacc_proxy.exceptions import GeaccError, UsageError
from geacc_proxy.lab.evaluation.estimate import Share

RATES = (0.05, 0.037, 0.023)
"""False-alarm rates that the embedded model's card states, roughly, for strict, balanced and lenient."""

_DECIMALS = 6  # of a threshold: finer than scores of float16 weights differ


@dataclass(frozen=True, slots=True)
class RateThreshold:
    """A threshold and what it costs and brings on the pictures that it was measured on.

    Attributes:
        wanted: the rate that was asked for, 0…1.
        malign: malign score from which on a picture is hidden, above 0 and at most 1; None where these pictures cannot
            tell.
        false_alarms: benign pictures that it hides.
        recall: malign pictures that it hides.
        problem: why there is none; empty where there is.
    """

    wanted: float
    malign: float | None
    false_alarms: Share
    recall: Share
    problem: str = ""


def parse_rates(text: str) -> tuple[float, ...]:
    """Rates such as `0.05,0.037,0.023`, one for each strictness.

    Raises:
        UsageError: other than three numbers between 0 and 1, or a stricter one that allows less.
    """
    right = "three rates between 0 and 1 for strict, balanced and lenient, none above the one before it"
    try:
        rates = tuple(float(one) for one in text.split(","))
    except ValueError:
        raise UsageError(f"--false-alarm-rates {text}: must be {right}, such as 0.05,0.037,0.023") from None
    falling = all(first >= second for first, second in itertools.pairwise(rates))
    if len(rates) != 3 or not all(0 < rate < 1 for rate in rates) or not falling:
        raise UsageError(f"--false-alarm-rates {text}: must be {right}, such as 0.05,0.037,0.023")
    return rates


def require_enough(rates: tuple[float, ...], benign: int) -> None:
    """Refuse to measure a rate on too few pictures: one false alarm among them must not already be more than it.

    Raises:
        GeaccError: it names how many are needed.
    """
    if allowed(min(rates), benign) < 1:
        raise GeaccError(
            f"--write-card: a false-alarm rate of {min(rates):g} needs {needed(min(rates)):,} benign pictures at "
            f"least, not {benign:,}"
        )


def allowed(rate: float, benign: int) -> int:
    """How many of so many benign pictures may be false alarms."""
    return math.floor(rate * benign + 1e-9)  # 0.29 * 100 is a little less than 29 to a computer


def needed(rate: float) -> int:
    """Of how many benign pictures one is no more than the rate."""
    return math.ceil(1 / rate - 1e-9)


def threshold_for(rate: float, malign: NDArray[np.bool_], scores: NDArray[np.float64]) -> RateThreshold:
    """The lowest threshold whose false alarms on these pictures are at most the rate.

    Args:
        rate: 0…1, exclusive.
        malign: shape (n,), the truth.
        scores: shape (n,), malign scores.
    """
    benign = -np.sort(-scores[~malign])
    nothing = Share(0, 0)
    may = allowed(rate, len(benign))
    if may < 1:
        return RateThreshold(rate, None, nothing, nothing, f"needs {needed(rate):,} benign pictures")
    # The first picture that must not be hidden: the threshold lies above its score and those that equal it.
    spared = float(benign[may]) if may < len(benign) else 0.0
    if spared >= 1:
        return RateThreshold(rate, None, nothing, nothing, "more benign pictures than that score 1")
    least = _above(spared)
    alarms = Share(int((benign >= least).sum()), len(benign))
    recall = Share(int((scores[malign] >= least).sum()), int(malign.sum()))
    return RateThreshold(rate, least, alarms, recall)


def _above(score: float) -> float:
    """The next number of a few decimals above a score, at most 1."""
    steps = 10.0**_DECIMALS
    number = math.floor(score * steps) + 1
    # The product of a score of so few decimals may be a little too small to a computer.
    return min(1.0, (number if number / steps > score else number + 1) / steps)
