"""What a parent does with a line of the block log: one click each, and each can be undone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import answers, data
from geacc_proxy.home.documents import Kind
from geacc_proxy.marking import N_
from geacc_proxy.policy.override import Scope
from geacc_proxy.policy.sites import HostSet
from geacc_proxy.verdict import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from geacc_proxy.home.documents import Data, Place
    from geacc_proxy.home.home import Home
    from geacc_proxy.policy.profile import Profile
    from geacc_proxy.web.log.line import Line

PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Wish:
    """What an act is about.

    Attributes:
        line: of the block log.
        device: key of the device that it is to hold for; empty for all.
        site: one of the line's sites.
    """

    line: Line
    device: str = ""
    site: str = ""


async def show(home: Home, wish: Wish) -> int:
    """Show this very picture from now on. Returns the number of the deed, as all here."""
    return await _answer(home, Action.SHOW, _picture(wish.line), wish)


async def show_alike(home: Home, wish: Wish) -> int:
    """Show this picture and those that look like it."""
    return await _answer(home, Action.SHOW, _picture(wish.line) | _alike(wish.line), wish)


async def hide(home: Home, wish: Wish) -> int:
    """Hide this picture, those that look like it, and whatever comes from its address."""
    line = wish.line
    values = _picture(line) | ({Scope.LOOK_ALIKES: line.likeness} if line.likeness else {})
    if line.of_the_web:
        values[Scope.ADDRESS] = line.url
    return await _answer(home, Action.HIDE, values, wish)


async def trust_for_an_hour(home: Home, wish: Wish) -> int:
    """Show the pictures of its site for an hour."""
    return await _about_site(home, wish, Scope.SITE, until=home.now() + timedelta(hours=1))


async def trust(home: Home, wish: Wish) -> int:
    """Show the pictures of its site from now on."""
    return await _about_site(home, wish, Scope.SITE, until=None)


async def open_for_an_hour(home: Home, wish: Wish) -> int:
    """Open its site for an hour."""
    return await _about_site(home, wish, Scope.OPEN, until=home.now() + timedelta(hours=1))


async def open_for_good(home: Home, wish: Wish) -> int:
    """Open its site from now on."""
    return await _about_site(home, wish, Scope.OPEN, until=None)


async def block(home: Home, wish: Wish) -> int:
    """Close its site: for the profile of a device, or for all profiles."""
    return await block_site(home, _site(wish), device=wish.device)


async def block_site(home: Home, host: str, *, device: str) -> int:
    """Close a site, and take back what opened it.

    Args:
        home: where.
        host: the site.
        device: key of a device, for whose profile it is closed; empty for all profiles.
    """
    house = home.house
    closing = [house.profile_of(house.devices[device])] if device in house.devices else list(house.profiles.values())
    changes: dict[Place, Data | None] = {
        (Kind.PROFILE, profile.name): data.of_profile(_without(profile, host)) for profile in closing
    }
    for given in answers.active(home):
        if given.scope in (Scope.SITE, Scope.OPEN) and given.value == host and device in ("", given.device):
            changes[Kind.OVERRIDE, given.key] = None
    if device not in house.devices:
        return await home.change(PARENT, N_("Closed the site {site} for all"), changes, {"site": host})
    values = {"site": host, "profile": closing[0].title or closing[0].name}
    return await home.change(PARENT, N_("Closed the site {site} for the profile {profile}"), changes, values)


ACTS: dict[str, tuple[Callable[..., Coroutine[Any, Any, int]], str]] = {
    "show": (show, N_("This picture is shown from now on.")),
    "show-alike": (show_alike, N_("This picture and its look-alikes are shown from now on.")),
    "hide": (hide, N_("This picture and its look-alikes are hidden from now on.")),
    "trust-hour": (trust_for_an_hour, N_("Pictures of this site are shown for an hour.")),
    "trust": (trust, N_("Pictures of this site are shown from now on.")),
    "open-hour": (open_for_an_hour, N_("This site is open for an hour.")),
    "open": (open_for_good, N_("This site is open from now on.")),
    "block": (block, N_("This site is closed from now on.")),
}
"""By the name that a form sends: what is done, and what is said afterwards."""


def end_of_today(home: Home) -> datetime:
    """The next midnight on the wall."""
    tomorrow = home.now().astimezone(home.house.zone) + timedelta(days=1)
    return tomorrow.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


async def _answer(home: Home, action: Action, values: dict[Scope, str], wish: Wish) -> int:
    return await answers.overrides(home, PARENT, action, values, device=wish.device, subject=wish.line.subject)


async def _about_site(home: Home, wish: Wish, scope: Scope, until: datetime | None) -> int:
    host = _site(wish)
    return await answers.override(home, PARENT, Action.SHOW, scope, host, device=wish.device, until=until, subject=host)


def _picture(line: Line) -> dict[Scope, str]:
    if line.digest:
        return {Scope.PICTURE: line.digest}
    if line.of_the_web:
        return {Scope.ADDRESS: line.url}
    raise UsageError("neither the picture's content nor its address is known, so it cannot be known again")


def _alike(line: Line) -> dict[Scope, str]:
    if not line.likeness:
        raise UsageError("what makes look-alikes of this picture is not known; show this picture alone")
    return {Scope.LOOK_ALIKES: line.likeness}


def _site(wish: Wish) -> str:
    sites = wish.line.sites
    if not sites:
        raise UsageError("the site that this picture was on is not known")
    if wish.site not in ("", *sites):
        raise UsageError(f"{wish.site[:70]!r} is not the site of this picture; there are {', '.join(sites)}")
    return wish.site or sites[0]


def _without(profile: Profile, host: str) -> Profile:
    sites = profile.sites
    allow, closed = HostSet(set(sites.allow) - {host}), HostSet({*sites.block, host})
    return replace(profile, sites=replace(sites, allow=allow, block=closed))
