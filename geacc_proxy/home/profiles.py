"""What a parent does with profiles."""

from __future__ import annotations

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import data
from geacc_proxy.home.documents import Kind
from geacc_proxy.home.home import Home
from geacc_proxy.marking import N_
from geacc_proxy.policy.profile import READY_MADE, Profile

_READY_MADE = {profile.name for profile in READY_MADE}


async def save(home: Home, who: str, profile: Profile) -> int:
    """Keep a profile, a new one or a changed one. Returns the deed's number.

    Raises:
        UsageError: a value is none that a profile can have, or a list is not subscribed.
    """
    for name in profile.block_lists:
        if home.document(Kind.LIST, name) is None:
            raise UsageError(f"profile {profile.name}: there is no block list {name!r}; subscribe to it first")
    new = profile.name not in home.house.profiles
    what = N_("Made the profile {profile}") if new else N_("Changed the profile {profile}")
    return await home.change(
        who,
        what,
        {(Kind.PROFILE, profile.name): data.of_profile(profile)},
        {"profile": profile.title or profile.name},
    )


async def remove(home: Home, who: str, name: str) -> int:
    """Remove a profile; a ready-made one is set back to what it was. Returns the deed's number.

    Raises:
        UsageError: there is no such profile, or a device has it.
    """
    profile = home.house.profiles.get(name)
    if profile is None or (name in _READY_MADE and home.document(Kind.PROFILE, name) is None):
        state = "is as it was made" if profile else "does not exist"
        raise UsageError(f"the profile {name[:70]!r} {state}; there is nothing to remove")
    having = [device.title for device in home.house.devices.values() if device.profile == name]
    if having and name not in _READY_MADE:
        raise UsageError(f"{', '.join(having[:5])} has the profile {profile.title or name}; choose another one first")
    what = N_("Set the profile {profile} back") if name in _READY_MADE else N_("Removed the profile {profile}")
    return await home.change(who, what, {(Kind.PROFILE, name): None}, {"profile": profile.title or name})
