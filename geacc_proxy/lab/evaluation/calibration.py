"""Whether a score means what it says: of the pictures that score 0.8, are 80 % malign?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geacc_proxy.lab.evaluation.estimate import Share

BINS = 15
"""Equal bins of the score, as Guo and others use (see `expected_calibration_error`)."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Pictures whose scores lie close together.

    Attributes:
        low: exclusive, but 0 is in the first bin.
        high: inclusive.
        mean: of their scores, 0…1.
        malign: how many of them are malign.
    """

    low: float
    high: float
    mean: float
    malign: Share


def brier(malign: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Mean squared distance of the scores from the truth, 0 (right and sure) to 1.

    G. W. Brier, Verification of forecasts expressed in terms of probability, Monthly Weather Review 78 (1950), in the
    form for two classes, as scikit-learn's `brier_score_loss`.
    """
    return float(np.mean((scores - malign) ** 2))


def bin_of(scores: NDArray[np.float64], bins: int = BINS) -> NDArray[np.intp]:
    """The number of each score's bin, 0…bins - 1; an edge belongs to the bin below, as in scikit-learn."""
    edges: NDArray[np.float64] = np.linspace(0, 1, bins + 1)
    return np.searchsorted(edges[1:-1], scores)


def reliability(malign: NDArray[np.bool_], scores: NDArray[np.float64], bins: int = BINS) -> list[Bin]:
    """The bins that have pictures, rising."""
    edges, numbers = np.linspace(0, 1, bins + 1), bin_of(scores, bins)
    found = []
    for number in np.unique(numbers):
        here = numbers == number
        share = Share(int(malign[here].sum()), int(here.sum()))
        found.append(Bin(float(edges[number]), float(edges[number + 1]), float(scores[here].mean()), share))
    return found


def expected_calibration_error(malign: NDArray[np.bool_], scores: NDArray[np.float64], bins: int = BINS) -> float:
    """Mean distance between score and share of malign, over bins weighted by their pictures, 0…1.

    Guo, Pleiss, Sun, Weinberger, On calibration of modern neural networks, ICML (2017), equation 3, for the malign
    score.
    """
    difference = np.bincount(bin_of(scores, bins), weights=malign - scores)
    return float(np.abs(difference).sum() / len(scores))
