"""Figures that need no cut-off: curves over all of them, and the areas below.

Pictures of equal scores are flagged together, as in scikit-learn: a curve has a point for each distinct score, so the
order of the pictures does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Counts of what is flagged from each distinct score on, the highest first.

    Attributes:
        thresholds: shape (k,), falling; distinct scores.
        caught: shape (k,), malign pictures with at least that score.
        alarms: shape (k,), benign ones.
    """

    thresholds: Floats
    caught: Floats
    alarms: Floats

    @classmethod
    def of(cls, malign: NDArray[np.bool_], scores: Floats) -> Ranking:
        """Rank pictures.

        Args:
            malign: shape (n,), the truth; n ≥ 1.
            scores: shape (n,), malign scores.
        """
        order, ends = falling(scores)
        caught = np.cumsum(malign[order], dtype=np.float64)[ends]
        return cls(scores[order][ends], caught, ends + 1 - caught)

    @property
    def both(self) -> bool:
        """Whether there are malign and benign pictures."""
        return bool(self.caught[-1] and self.alarms[-1])

    def roc(self) -> tuple[Floats, Floats]:
        """False-alarm rates and recalls, both rising from 0 to 1; needs both kinds of pictures."""
        return _from_zero(self.alarms / self.alarms[-1]), _from_zero(self.caught / self.caught[-1])

    def auc(self) -> float | None:
        """Area under the ROC curve, trapezoids; None without both kinds.

        It is the chance that a malign picture scores higher than a benign one, ties counted half (Hanley and McNeil,
        The meaning and use of the area under a ROC curve, Radiology 143 (1982)).
        """
        if not self.both:
            return None
        alarm_rate, recall = self.roc()
        return float(np.trapezoid(recall, alarm_rate))

    def precision_recall(self) -> tuple[Floats, Floats]:
        """Recalls, rising, and precisions, at each distinct score; needs malign pictures."""
        return self.caught / self.caught[-1], self.caught / (self.caught + self.alarms)

    def average_precision(self) -> float | None:
        """Sum of precisions weighted by the rise in recall, without interpolation; None without malign pictures.

        As scikit-learn's `average_precision_score`; Manning, Raghavan, Schütze, Introduction to information retrieval
        (2008), section 8.4.
        """
        if not self.caught[-1]:
            return None
        recall, precision = self.precision_recall()
        return float(np.sum(np.diff(recall, prepend=0) * precision))

    def det(self) -> tuple[Floats, Floats]:
        """False-alarm rates, rising, and miss rates, falling.

        Martin and others, The DET curve in assessment of detection task performance, Eurospeech (1997).
        """
        alarm_rate, recall = self.roc()
        return alarm_rate, 1 - recall


def falling(scores: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The order of falling scores, and the places in it at which each run of equal ones ends."""
    order = np.argsort(-scores, kind="stable")
    steps = np.flatnonzero(np.diff(scores[order]))
    return order, np.append(steps, len(scores) - 1)


def normal_deviate(rates: Floats) -> Floats:
    """The quantile of the normal distribution at each rate, for the axes of a DET curve; rates between 0 and 1."""
    quantile = NormalDist().inv_cdf
    return np.array([quantile(float(rate)) for rate in rates])


def _from_zero(values: Floats) -> Floats:
    return np.concatenate(([0.0], values))
