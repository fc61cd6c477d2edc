"""A figure with its interval, and the interval of a rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

Z95 = NormalDist().inv_cdf(0.975)
"""Half the width of a 95 % interval, in standard errors."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the ends of its 95 % interval.

    Attributes:
        value: None where the data cannot tell, as a recall without malign pictures.
        low: None where no interval is known.
        high: as `low`.
    """

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A count out of a number, such as 51 of 1,000.

    Attributes:
        count: 0…number.
        number: 0 where there was nothing to count.
    """

    count: int
    number: int

    @property
    def value(self) -> float | None:
        """The rate, 0…1; None of nothing."""
        return self.count / self.number if self.number else None

    @property
    def estimate(self) -> Estimate:
        """The rate with its interval."""
        return wilson(self.count, self.number)


def wilson(count: int, number: int) -> Estimate:
    """A rate with Wilson's score interval, 95 %, without continuity correction.

    E. B. Wilson, Probable inference, the law of succession, and statistical inference, J. Am. Stat. Assoc. 22 (1927);
    recommended for small numbers and rates near 0 by Brown, Cai, DasGupta, Interval estimation for a binomial
    proportion, Stat. Sci. 16 (2001).

    Args:
        count: 0…number.
        number: 0 gives no estimate.
    """
    if not number:
        return Estimate()
    rate, square = count / number, Z95**2
    middle = (rate + square / (2 * number)) / (1 + square / number)
    half = Z95 / (1 + square / number) * math.sqrt(rate * (1 - rate) / number + square / (4 * number**2))
    # At the ends the formula is exact but for rounding.
    low = 0.0 if count == 0 else max(0.0, middle - half)
    high = 1.0 if count == number else min(1.0, middle + half)
    return Estimate(rate, low, high)
