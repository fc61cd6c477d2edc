"""What a profile's choices are called, and what each means, for a parent; marked for translation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from geacc_proxy.marking import N_
from geacc_proxy.policy.profile import Effect, Filtering, Strictness, Video


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several.

    Attributes:
        value: as the form sends it.
        title: what it is called.
        meaning: what it does.
    """

    value: StrEnum
    title: str
    meaning: str = ""


STRICTNESS = (
    Choice(Strictness.STRICT, N_("Strict"), N_("Hides whatever might be unfit, and more harmless pictures with it.")),
    Choice(Strictness.BALANCED, N_("Balanced"), N_("Hides what is more likely unfit than not.")),
    Choice(Strictness.LENIENT, N_("Lenient"), N_("Hides only what the model is sure of.")),
)
FILTERING = (
    Choice(Filtering.HIDE, N_("Hide"), N_("Unfit pictures are hidden and noted in the block log.")),
    Choice(
        Filtering.MONITOR, N_("Only log"), N_("Everything is shown; what would be hidden is noted in the block log.")
    ),
    Choice(Filtering.OFF, N_("Off"), N_("Pictures are neither looked at nor noted. Sites and hours still hold.")),
)
EFFECT = (
    Choice(Effect.PLACEHOLDER, N_("Placeholder"), N_("A quiet grey picture of the same size.")),
    Choice(Effect.BLUR, N_("Blur"), N_("The picture, blurred until nothing can be made out.")),
    Choice(Effect.PIXELATE, N_("Pixelate"), N_("The picture, as a few large squares.")),
)
VIDEO = (
    Choice(Video.ALLOW, N_("Allow"), N_("Videos play. They are not looked at.")),
    Choice(Video.POSTERS, N_("Check still pictures"), N_("Videos play; their previews and covers are looked at.")),
    Choice(Video.LISTED, N_("Only on these sites"), N_("Videos play on the sites that you list, nowhere else.")),
    Choice(Video.BLOCK, N_("Block"), N_("No video plays.")),
)


def title_of(choices: tuple[Choice, ...], value: StrEnum) -> str:
    """What one of the choices is called, still to be translated."""
    return next(choice.title for choice in choices if choice.value is value)
