"""A child's rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Strictness(StrEnum):
    """How sure the model must be before a picture is hidden; the model's card has the threshold behind each word."""

    STRICT = "strict"
    """Hides most; more harmless pictures with it."""
    BALANCED = "balanced"
    LENIENT = "lenient"
    """Hides what the model is sure of."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What holds for a child.

    Attributes:
        name: as the parent calls it.
        strictness: how sure the model must be.
        hide_unjudged: whether a picture that could not be judged is hidden; always so for a young child.
    """

    name: str
    strictness: Strictness
    hide_unjudged: bool = True


UNDER_12 = Profile("under-12", Strictness.STRICT)
"""The default: general audience as television ratings mean it."""
