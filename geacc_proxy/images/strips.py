"""Very long pictures, seen as one scrolls past them: pure geometry.

A model sees a picture squeezed to a small square. Of a long one, a screenful is a few pixels there, while a browser
shows it large.
"""

from __future__ import annotations

import math
from typing import NamedTuple

STRIP_ASPECT = 2.5
"""From which proportion of its sides on a picture is a strip."""
_OVERLAP = 0.25  # of windows that have to be longer than a screenful, so that what lies on a seam is not cut


class Box(NamedTuple):
    """A part of a picture, in its pixels."""

    left: float
    top: float
    right: float
    bottom: float


def is_strip(width: int, height: int) -> bool:
    """Whether people scroll a picture of that size rather than see it at once."""
    short, long = sorted((width, height))
    return long > STRIP_ASPECT * short


def screenfuls(width: int, height: int, limit: int, aspect: float = STRIP_ASPECT) -> list[Box]:
    """The parts of a strip to judge beside the whole; none of a picture that is no strip.

    They are squares of the short side that overlap by half; where those are more than `limit`, as many spread evenly;
    and where even these would leave gaps, fewer and longer ones that cover everything.

    Args:
        width: pixels, at least 1.
        height: pixels, at least 1.
        limit: how many parts at most.
        aspect: the proportion of its sides that makes it a strip.
    """
    short, long = sorted((width, height))
    if long <= aspect * short or limit < 2:
        return []
    count = min(limit, math.ceil((long - short) / (short / 2)) + 1)
    length: float = short
    if (long - length) / (count - 1) > short:
        length = long / (1 + (1 - _OVERLAP) * (count - 1))
    step = (long - length) / (count - 1)
    spans = [(index * step, index * step + length) for index in range(count)]
    return [Box(a, 0, b, height) if width == long else Box(0, a, width, b) for a, b in spans]
