"""The bootstrap: how figures vary when pictures are drawn anew, each kind in its number (stratified), with a seed.

Efron and Tibshirani, An introduction to the bootstrap (1993), chapter 13: percentile intervals. A draw is a number of
times for each picture, so that many draws are computed at once, and the pictures are sorted once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geacc_proxy.lab.evaluation.calibration import bin_of
from geacc_proxy.lab.evaluation.estimate import Estimate
from geacc_proxy.lab.evaluation.ranking import falling

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats = NDArray[np.float64]

ROUNDS = 2000
"""Draws for an interval; fewer for very many pictures, whose figures vary less."""

SEED = 23
"""Of the draws, so that the same scores have the same intervals."""

_AT_ONCE = 2_000_000  # numbers in one matrix of draws: 16 MB
_IN_ALL = 100_000_000
_FEWEST = 200


def rounds_for(pictures: int) -> int:
    """How many draws are taken of so many pictures."""
    return max(_FEWEST, min(ROUNDS, _IN_ALL // max(1, pictures)))


def draws(malign: NDArray[np.bool_], rounds: int, seed: int = SEED) -> Iterator[Floats]:
    """Matrices of draws: how often each picture was drawn, shape (some, n); `rounds` rows in all.

    Each row draws as many malign and as many benign pictures as there are. The same seed gives the same draws, so that
    two models can be compared on them.
    """
    generator = np.random.default_rng(seed)
    kinds = [kind for kind in (np.flatnonzero(malign), np.flatnonzero(~malign)) if len(kind)]
    at_once = max(1, _AT_ONCE // len(malign))
    for start in range(0, rounds, at_once):
        rows = min(at_once, rounds - start)
        times = np.zeros((rows, len(malign)))
        for kind in kinds:
            picked = generator.integers(0, len(kind), (rows, len(kind))) + len(kind) * np.arange(rows)[:, np.newaxis]
            counts = np.bincount(picked.ravel(), minlength=rows * len(kind))
            times[:, kind] = counts.reshape(rows, len(kind))
        yield times


class Resampled:
    """Computes figures of one model for whole matrices of draws."""

    def __init__(self, malign: NDArray[np.bool_], scores: Floats) -> None:
        """Sort once.

        Args:
            malign: shape (n,), the truth.
            scores: shape (n,), malign scores.
        """
        self._malign, self._scores = malign, scores
        self._order, self._ends = falling(scores)
        numbers = bin_of(scores)
        self._gaps = (np.arange(numbers.max() + 1) == numbers[:, np.newaxis]) * (malign - scores)[:, np.newaxis]

    def average_precision(self, times: Floats) -> Floats:
        """Shape (rows,); needs malign pictures."""
        there = times[:, self._order]
        caught = np.cumsum(there * self._malign[self._order], axis=1)[:, self._ends]
        flagged = np.cumsum(there, axis=1)[:, self._ends]
        # Where nothing was drawn yet there is nothing to weigh, either.
        precision = np.divide(caught, flagged, out=np.zeros_like(caught), where=flagged > 0)
        result: Floats = np.sum(np.diff(caught, prepend=0, axis=1) * precision, axis=1) / caught[:, -1]
        return result

    def brier(self, times: Floats) -> Floats:
        """Shape (rows,)."""
        result: Floats = times @ (self._scores - self._malign) ** 2 / len(self._scores)
        return result

    def calibration_error(self, times: Floats) -> Floats:
        """Shape (rows,)."""
        result: Floats = np.abs(times @ self._gaps).sum(axis=1) / len(self._scores)
        return result

    def f1(self, times: Floats, cut_off: float) -> Floats:
        """Shape (rows,); not a number where nothing malign and nothing flagged was drawn."""
        flagged = self._scores >= cut_off
        caught = times @ (flagged & self._malign)
        number = times @ flagged + times @ self._malign
        return np.divide(2 * caught, number, out=np.full_like(caught, np.nan), where=number > 0)


def percentiles(value: float | None, drawn: Floats) -> Estimate:
    """A figure with the middle 95 % of what was drawn; without an interval where nothing varies.

    All malign pictures of a few above all benign ones stay so however they are drawn: that is no certainty.
    """
    known = drawn[np.isfinite(drawn)]
    if value is None or not len(known):
        return Estimate(value)
    low, high = np.percentile(known, (2.5, 97.5))
    return Estimate(value, float(low), float(high)) if low < high else Estimate(value)
