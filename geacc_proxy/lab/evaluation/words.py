"""Figures as a person reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geacc_proxy.lab.evaluation.estimate import Estimate, Share

NOTHING = "–"
"""What stands where there is no figure."""


def percent(value: float | None) -> str:
    """A rate, such as `5.1 %`."""
    return NOTHING if value is None else f"{100 * value:.1f}\N{NO-BREAK SPACE}%"


def rate(estimate: Estimate) -> str:
    """A rate with its interval, such as `5.1 % (3.9–6.6)`."""
    if estimate.value is None or estimate.low is None or estimate.high is None:
        return percent(estimate.value)
    return f"{percent(estimate.value)} ({100 * estimate.low:.1f}–{100 * estimate.high:.1f})"


def share(of: Share) -> str:
    """A rate with its interval and counts, such as `5.1 % (3.9–6.6), 51 of 1,000`."""
    return f"{rate(of.estimate)}, {counted(of)}" if of.number else NOTHING


def counted(of: Share) -> str:
    """The counts alone, such as `51 of 1,000`."""
    return f"{of.count:,} of {of.number:,}" if of.number else NOTHING


def number(estimate: Estimate) -> str:
    """A figure with its interval, such as `0.971 (0.965–0.977)`."""
    if estimate.value is None:
        return NOTHING
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"


def signed_rate(estimate: Estimate) -> str:
    """A difference of rates with its interval, in percentage points, such as `-1.2 (-2.0 to -0.4)`."""
    return _signed(estimate, 100, 1)


def signed_number(estimate: Estimate) -> str:
    """A difference with its interval, such as `+0.012 (+0.004 to +0.020)`."""
    return _signed(estimate, 1, 3)


def chance(p_value: float | None) -> str:
    """A p-value, such as `0.012` or `< 0.001`."""
    if p_value is None:
        return NOTHING
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def _signed(estimate: Estimate, factor: int, decimals: int) -> str:
    if estimate.value is None:
        return NOTHING
    # Adding zero turns a negative one that rounding left into a positive one.
    numbers = [
        f"{round(factor * value, decimals) + 0.0:+.{decimals}f}"
        for value in (estimate.value, estimate.low, estimate.high)
        if value is not None
    ]
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]} ({numbers[1]} to {numbers[2]})"
