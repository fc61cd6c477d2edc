"""Profiles in plain words, for somebody who chooses one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from geacc_proxy.policy.profile import NEW_DEVICE, Filtering, Profile, Strictness
from geacc_proxy.web.i18n import _, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geacc_proxy.web.site import Site


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
    return Description(profile.name, profile_title(profile), " ".join(_sentences(profile)), _cost(profile, site))


def _sentences(profile: Profile) -> Iterator[str]:
    if profile.name == NEW_DEVICE.name:
        yield _("What a device has until you choose.")
    if profile.filtering is Filtering.OFF:
        yield _("Nothing is hidden or noted.")
        return
    if profile.filtering is Filtering.MONITOR:
        yield _("Nothing is hidden; what would be is noted.")
    elif profile.limits:
        yield _("Hides what is above the limits that you have set.")
    elif profile.strictness is Strictness.STRICT:
        yield _("The strictest: hides whatever might be unfit.")
    elif profile.strictness is Strictness.BALANCED:
        yield _("Hides what is more likely unfit than not.")
    else:
        yield _("Hides only what is surely unfit.")
    if profile.hide_unjudged and profile.filtering is Filtering.HIDE:
        yield _("What cannot be checked is hidden too.")
    if profile.safe_search:
        yield _("Search engines leave out what is for adults.")


def _cost(profile: Profile, site: Site) -> str:
    if profile.filtering is not Filtering.HIDE:
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
