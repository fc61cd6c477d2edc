"""Intervals of the area under the ROC curve, and of the difference between two areas on the same pictures."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from geacc_proxy.lab.evaluation.estimate import Z95, Estimate

Floats = NDArray[np.float64]
_STEPS = 60  # of bisection: more than a float has bits


def auc_interval(malign: NDArray[np.bool_], scores: Floats) -> Estimate:
    """The area under the ROC curve with its interval; no estimate without both kinds of pictures.

    DeLong's variance on the logit scale, so that the interval stays within 0…1 (Qin and Hotilovac, Comparison of
    non-parametric confidence intervals for the area under the ROC curve, Stat. Methods Med. Res. 17 (2008)). Where that
    variance is zero or unknown (one kind lies wholly above the other, or there is a single picture of a kind), it would
    claim certainty: then `newcombe`.

    Args:
        malign: shape (n,), the truth.
        scores: shape (n,), malign scores.
    """
    positives, negatives = int(malign.sum()), int((~malign).sum())
    if not (positives and negatives):
        return Estimate()
    above, below = _placements(malign, scores)
    area = float(above.mean())
    variance = _covariance(above[np.newaxis], below[np.newaxis])[0, 0] if min(positives, negatives) > 1 else 0.0
    if not 0 < area < 1 or variance <= 0:
        return newcombe(area, positives, negatives)
    logit, half = math.log(area / (1 - area)), Z95 * math.sqrt(variance) / (area * (1 - area))
    return Estimate(area, _logistic(logit - half), _logistic(logit + half))


def auc_difference(malign: NDArray[np.bool_], first: Floats, second: Floats) -> tuple[Estimate, float | None]:
    """Area of `first` minus area of `second`, with its interval, and the two-sided p-value of their being equal.

    DeLong, DeLong, Clarke-Pearson, Comparing the areas under two or more correlated receiver operating characteristic
    curves, Biometrics 44 (1988), by the midranks of Sun and Xu, IEEE Signal Process. Lett. 21 (2014).

    Returns:
        No estimate without two pictures of each kind; no p-value where the difference does not vary.
    """
    if min(int(malign.sum()), int((~malign).sum())) < 2:
        return Estimate(), None
    placements = [_placements(malign, scores) for scores in (first, second)]
    above = np.stack([one[0] for one in placements])
    below = np.stack([one[1] for one in placements])
    areas, covariance = above.mean(axis=1), _covariance(above, below)
    difference = float(areas[0] - areas[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    if variance <= 1e-18:  # what rounding leaves of zero
        return Estimate(difference, difference, difference), 1.0 if difference == 0 else None
    error = math.sqrt(variance)
    p_value = 2 * NormalDist().cdf(-abs(difference) / error)
    low, high = max(-1.0, difference - Z95 * error), min(1.0, difference + Z95 * error)
    return Estimate(difference, low, high), p_value


def newcombe(area: float, positives: int, negatives: int) -> Estimate:
    """The interval of an area that needs no variance from the data, and so is honest about 0 and 1.

    R. G. Newcombe, Confidence intervals for an effect size measure based on the Mann-Whitney statistic, part 2, Stat.
    Med. 25 (2006), method 5: the areas whose distance from `area` is within 1.96 of their own standard errors, these
    after Hanley and McNeil with both numbers replaced by their mean.

    Args:
        area: 0…1.
        positives: malign pictures, 1 or more.
        negatives: benign pictures, 1 or more.
    """
    others = (positives + negatives) / 2 - 1

    def within(true: float) -> bool:
        spread = 1 + others * ((1 - true) / (2 - true) + true / (1 + true))
        return abs(area - true) <= Z95 * math.sqrt(true * (1 - true) * spread / (positives * negatives))

    def end(outer: float) -> float:
        inner = area
        if within(outer):
            return outer
        for _ in range(_STEPS):
            middle = (inner + outer) / 2
            inner, outer = (middle, outer) if within(middle) else (inner, middle)
        return inner

    return Estimate(area, end(0.0), end(1.0))


def midranks(values: Floats) -> Floats:
    """Ranks from 1, those of equal values replaced by their mean."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks


def _placements(malign: NDArray[np.bool_], scores: Floats) -> tuple[Floats, Floats]:
    """For each malign picture the share of benign ones below it, for each benign one the share of malign ones above."""
    everywhere = midranks(scores)
    positives, negatives = scores[malign], scores[~malign]
    above = (everywhere[malign] - midranks(positives)) / len(negatives)
    below = 1 - (everywhere[~malign] - midranks(negatives)) / len(positives)
    return above, below


def _covariance(above: Floats, below: Floats) -> Floats:
    """Of the areas; rows are models."""
    parts = (np.atleast_2d(np.cov(part)) / part.shape[1] for part in (above, below))
    result: Floats = sum(parts, np.zeros((len(above), len(above))))
    return result


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0
