"""The ready-made profiles in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geacc_proxy.marking import N_
from geacc_proxy.policy.profile import ADULT, NEW_DEVICE, TEEN, UNDER_12, Filtering, Profile
from geacc_proxy.web.i18n import _, percent

if TYPE_CHECKING:
    from geacc_proxy.web.site import Site

_WORDS = {
    UNDER_12.name: N_(
        "The strictest. What cannot be checked is hidden too. Search engines leave out what is for adults."
    ),
    TEEN.name: N_("Hides what is more likely unfit than not. What cannot be checked is hidden too."),
    ADULT.name: N_("Nothing is hidden or noted."),
    NEW_DEVICE.name: N_("What a device gets until you choose: as strict as for under 12."),
}


@dataclass(frozen=True, slots=True)
class Description:
    """A profile for somebody who chooses one.

    Attributes:
        name: its key.
        title: what it is called.
        words: what it means.
        cost: how many harmless pictures it hides; empty where it hides none or nobody has measured.
    """

    name: str
    title: str
    words: str
    cost: str


def descriptions(site: Site) -> list[Description]:
    """All profiles of the home, the ready-made first, in the language of the page."""
    return [_described(profile, site) for profile in site.home.house.profiles.values()]


def profile_title(profile: Profile) -> str:
    """What pages call a profile: ready-made ones in the reader's language."""
    return _(profile.title) if profile.title else profile.name


def _described(profile: Profile, site: Site) -> Description:
    words = _WORDS.get(profile.name, "")
    return Description(profile.name, profile_title(profile), _(words) if words else "", _cost(profile, site))


def _cost(profile: Profile, site: Site) -> str:
    if profile.filtering is Filtering.OFF:
        return ""
    rates = {fact.word: fact.false_alarms for fact in site.strictness}
    rate = rates.get(profile.strictness)
    if rate is None or profile.limits:
        return ""
    if rate < 0.0005:
        return _("Measured: hardly any harmless photo was hidden.")
    return _("Measured: of 100 harmless photos, about {n} were hidden.", n=_of_hundred(rate))


def _of_hundred(rate: float) -> str:
    """4.1 % as 4, 1.24 % as 1.2: two digits where there are fewer than ten."""
    share = percent(rate, 0 if rate >= 0.0995 else 1)
    return share.replace("%", "").strip().removesuffix(".0").removesuffix(",0")
