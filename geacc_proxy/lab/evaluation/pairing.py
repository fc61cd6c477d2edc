"""Two models on the same pictures: how much they differ, and whether that could be chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geacc_proxy.lab.evaluation.calibration import brier
from geacc_proxy.lab.evaluation.confusion import Confusion
from geacc_proxy.lab.evaluation.delong import auc_difference
from geacc_proxy.lab.evaluation.estimate import Z95, Estimate
from geacc_proxy.lab.evaluation.ranking import Ranking
from geacc_proxy.lab.evaluation.resampling import SEED, Resampled, draws, percentiles, rounds_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from geacc_proxy.lab.evaluation.scored import ModelScores

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MCNEMAR, DELONG, BOOTSTRAP = "McNemar", "DeLong", "bootstrap"


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of two models.

    Attributes:
        figure: what it is called.
        first: the first model's.
        second: the second model's.
        difference: first minus second, with its interval.
        p_value: of their being equal, two-sided, 0…1; None where there is no test.
        test: how it was tested.
    """

    figure: str
    first: float
    second: float
    difference: Estimate
    p_value: float | None
    test: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models on the pictures that both judged.

    Attributes:
        first: name of the first model.
        second: name of the second.
        pictures: how many both judged.
        differences: by figure, those that can be told.
    """

    first: str
    second: str
    pictures: int
    differences: tuple[Difference, ...]


def compare(first: ModelScores, second: ModelScores, malign: Bools, cut_off: float, seed: int = SEED) -> Comparison:
    """Compare two models.

    Args:
        first: scores of one, a file a picture.
        second: scores of the other on the same files.
        malign: shape (n,), the truth of the files.
        cut_off: malign score from which on a picture is flagged, 0…1.
        seed: of the bootstrap.
    """
    both = [
        (a.malign, b.malign, bool(truth))
        for a, b, truth in zip(first.files, second.files, malign, strict=True)
        if a.malign is not None and b.malign is not None
    ]
    if not both:
        return Comparison(first.name, second.name, 0, ())
    mine = np.array([one[0] for one in both], np.float64)
    theirs = np.array([one[1] for one in both], np.float64)
    truth = np.array([one[2] for one in both])
    found = [*_rates(truth, mine >= cut_off, theirs >= cut_off), *_areas(truth, mine, theirs)]
    found += _drawn(truth, mine, theirs, cut_off, seed)
    return Comparison(first.name, second.name, len(both), tuple(found))


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p-value of McNemar's test, 0…1: are the pictures that one alone has evenly shared?

    Q. McNemar, Psychometrika 12 (1947); exact by the binomial distribution with a half.

    Args:
        only_first: pictures that the first alone told rightly.
        only_second: those that the second alone did.
    """
    number, fewer = only_first + only_second, min(only_first, only_second)
    # By logarithms: the binomial coefficients of thousands of pictures are no floats any more.
    terms = (
        math.exp(math.lgamma(number + 1) - math.lgamma(k + 1) - math.lgamma(number - k + 1) - number * math.log(2))
        for k in range(fewer + 1)
    )
    return min(1.0, 2 * math.fsum(terms))


def rate_difference(first: Bools, second: Bools) -> tuple[Estimate, float]:
    """Difference of two rates on the same pictures with its interval, and McNemar's p-value.

    The interval is Wald's with half a picture added to each of the four cells: Agresti and Min, Simple improved
    confidence intervals for comparing matched proportions, Stat. Med. 24 (2005).

    Args:
        first: shape (n,), what the first counts; n ≥ 1.
        second: shape (n,), what the second counts.
    """
    only_first, only_second, number = int((first & ~second).sum()), int((second & ~first).sum()), len(first)
    padded, apart, split = number + 2, only_first - only_second, only_first + only_second + 1
    half = Z95 * math.sqrt(split - apart**2 / padded) / padded
    middle = apart / padded
    interval = Estimate(apart / number, max(-1.0, middle - half), min(1.0, middle + half))
    return interval, mcnemar(only_first, only_second)


def _rates(truth: Bools, mine: Bools, theirs: Bools) -> list[Difference]:
    cases = (
        ("Accuracy", mine == truth, theirs == truth),
        ("Recall", mine[truth], theirs[truth]),
        ("False alarms", mine[~truth], theirs[~truth]),
    )
    found = []
    for name, first, second in cases:
        if len(first):
            interval, p_value = rate_difference(first, second)
            found.append(Difference(name, float(first.mean()), float(second.mean()), interval, p_value, MCNEMAR))
    return found


def _areas(truth: Bools, mine: Floats, theirs: Floats) -> list[Difference]:
    first, second = Ranking.of(truth, mine).auc(), Ranking.of(truth, theirs).auc()
    interval, p_value = auc_difference(truth, mine, theirs)
    if first is None or second is None or interval.value is None:
        return []
    return [Difference("ROC AUC", first, second, interval, p_value, DELONG)]


def _drawn(truth: Bools, mine: Floats, theirs: Floats, cut_off: float, seed: int) -> list[Difference]:
    """The figures without a formula for the error of their difference: both models on the same draws."""
    pair = (Resampled(truth, mine), Resampled(truth, theirs))
    precise = bool(truth.any())
    apart: dict[str, list[Floats]] = {"F1": [], "Average precision": [], "Brier score": []}
    for times in draws(truth, rounds_for(len(truth)), seed):
        apart["Brier score"].append(pair[0].brier(times) - pair[1].brier(times))
        if precise:
            apart["F1"].append(pair[0].f1(times, cut_off) - pair[1].f1(times, cut_off))
            apart["Average precision"].append(pair[0].average_precision(times) - pair[1].average_precision(times))
    figures: dict[str, Callable[[Floats], float | None]] = {
        "F1": lambda scores: Confusion.at(cut_off, truth, scores).f1,
        "Average precision": lambda scores: Ranking.of(truth, scores).average_precision(),
        "Brier score": lambda scores: brier(truth, scores),
    }
    found = []
    for name, drawn in apart.items():
        first, second = figures[name](mine), figures[name](theirs)
        if drawn and first is not None and second is not None:
            interval = percentiles(first - second, np.concatenate(drawn))
            found.append(Difference(name, first, second, interval, None, BOOTSTRAP))
    return found
