"""A child's rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from geacc_proxy.policy.schedule import Schedule
from geacc_proxy.policy.sites import SiteRules


class Strictness(StrEnum):
    """How sure the model must be before a picture is hidden; the model's card has the threshold behind each word."""

    STRICT = "strict"
    """Hides most; more harmless pictures with it."""
    BALANCED = "balanced"
    LENIENT = "lenient"
    """Hides what the model is sure of."""


class Filtering(StrEnum):
    """What is done with pictures."""

    HIDE = "hide"
    MONITOR = "monitor"
    """Shown, with a line in the block log where it would be hidden."""
    OFF = "off"
    """Neither judged nor logged."""


class Effect(StrEnum):
    """What stands in the place of a hidden picture."""

    PLACEHOLDER = "placeholder"
    BLUR = "blur"
    PIXELATE = "pixelate"


class Video(StrEnum):
    """What is done with moving pictures, which are not judged."""

    ALLOW = "allow"
    POSTERS = "posters"
    """They play; their still pictures are judged."""
    LISTED = "listed"
    """They play on the sites of the profile's list alone."""
    BLOCK = "block"


@dataclass(frozen=True, slots=True)
class Profile:
    """What holds for a child.

    Attributes:
        name: its key, such as `under-12`.
        strictness: how sure the model must be.
        hide_unjudged: whether a picture that could not be judged is hidden; always so for a young child.
        title: as the parent calls it; the name where empty.
        filtering: hide, only log, or neither.
        effect: what stands in the place of a hidden picture.
        limits: for experts: score, 0…1, from which a picture is hidden, by label of the model; `malign` stands for the
            sum of its malign labels and takes the place of the strictness.
        video: what is done with moving pictures.
        video_sites: where they play if `video` is LISTED.
        safe_search: whether search engines are told to leave out what is for adults.
        sites: sites that are always open, never open, or not filtered.
        block_lists: names of subscribed lists whose sites are never open.
        schedule: when the internet is open; always where it is empty.
        daily_minutes: of use a day, after which it is closed; None for no limit.
        thumbnails: whether the block log keeps a blurred, shrunken likeness of what was hidden.
    """

    name: str
    strictness: Strictness
    hide_unjudged: bool = True
    title: str = ""
    filtering: Filtering = Filtering.HIDE
    effect: Effect = Effect.PLACEHOLDER
    limits: tuple[tuple[str, float], ...] = ()
    video: Video = Video.ALLOW
    video_sites: tuple[str, ...] = ()
    safe_search: bool = False
    sites: SiteRules = field(default_factory=SiteRules)
    block_lists: tuple[str, ...] = ()
    schedule: Schedule = field(default_factory=Schedule)
    daily_minutes: int | None = None
    thumbnails: bool = False


UNDER_12 = Profile("under-12", Strictness.STRICT, title="Under 12", safe_search=True, video=Video.POSTERS)
"""General audience as television ratings mean it; what holds where nobody has chosen."""
TEEN = Profile("teen", Strictness.BALANCED, title="Teen", safe_search=True, thumbnails=True)
ADULT = Profile("adult", Strictness.LENIENT, hide_unjudged=False, title="Adult", filtering=Filtering.OFF)
NEW_DEVICE = Profile("new-device", Strictness.STRICT, title="New device", safe_search=True)
"""What a device gets that nobody has given a profile: a baseline that is safe for any child."""
READY_MADE = (UNDER_12, TEEN, ADULT, NEW_DEVICE)
