"""Passwords of devices at the proxy: kept as argon2id hashes (RFC 9106), and never told."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import data, devices, traits
from geacc_proxy.home.documents import Data, Kind, Place
from geacc_proxy.home.hashing import hashed
from geacc_proxy.home.home import Home
from geacc_proxy.marking import N_

SHORTEST, LONGEST = 8, 200
"""Characters of a password."""


def checked(password: str) -> str:
    """The password.

    Raises:
        UsageError: it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise UsageError(f"the password has {len(password)} characters; it takes {SHORTEST} to {LONGEST}")
    return password


async def set_login(home: Home, who: str, key: str, user: str, password: str) -> int:
    """Give a device a user name and a password at the proxy. Returns the number of the deed.

    Args:
        home: where.
        who: as `Deed.who`.
        key: the device's.
        user: the name; what the device had before is forgotten.
        password: it alone is known to the device.

    Raises:
        UsageError: no such device, the name is none or another device's, or the password will not do.
    """
    device = devices.existing(home, key)
    traits.login(user)
    checked(password)
    for other in home.house.devices.values():
        if other.login == user and other.key != key:
            raise UsageError(f"{user} belongs to {other.title} already; take it away there first")
    changes: dict[Place, Data | None] = _forgotten(home, device.login)
    changes[Kind.SECRET, f"login:{user}"] = {"hash": await asyncio.to_thread(hashed, password)}
    changes[Kind.DEVICE, key] = data.of_device(replace(device, login=user, known=True))
    what = N_("Set the proxy password of {device}")
    return await home.change(who, what, changes, {"device": device.title})


async def take_login(home: Home, who: str, key: str) -> int:
    """Take a device's user name and password away. Returns the number of the deed.

    Raises:
        UsageError: no such device, or it has none.
    """
    device = devices.existing(home, key)
    if not device.login:
        raise UsageError(f"{device.title} has no user name at the proxy")
    changes: dict[Place, Data | None] = _forgotten(home, device.login)
    changes[Kind.DEVICE, key] = data.of_device(replace(device, login="", known=True))
    what = N_("Took the proxy password of {device} away")
    return await home.change(who, what, changes, {"device": device.title})


def _forgotten(home: Home, user: str) -> dict[Place, Data | None]:
    place = (Kind.SECRET, f"login:{user}")
    return {place: None} if user and home.document(*place) is not None else {}
