"""What a parent does with devices."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import timedelta
from typing import Any

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import data
from geacc_proxy.home.documents import Data, Kind, Place
from geacc_proxy.home.events import Happening
from geacc_proxy.home.home import Home
from geacc_proxy.marking import N_
from geacc_proxy.policy.device import Device, Traits

LONGEST_PAUSE = 24 * 60
"""Minutes."""


async def add(
    home: Home,
    who: str,
    *,
    name: str,
    profile: str,
    address: str = "",
    mac: str = "",
    login: str = "",
    port: int = 0,
    wireguard: str = "",
) -> Device:
    """Enter a device; its key is made of its name.

    Raises:
        UsageError: no name, no such profile, or something that another device is recognised by.
    """
    if not name.strip():
        raise UsageError("the device has no name; give one, such as Anna's tablet")
    device = Device(
        key=_free_key(home, name),
        name=name.strip(),
        profile=profile,
        addresses=(address,) if address else (),
        macs=(mac.lower(),) if mac else (),
        login=login,
        port=port,
        wireguard=wireguard,
        known=True,
    )
    _check(home, device)
    return await _save(home, who, N_("Added {device} with the profile {profile}"), device)


async def edit(home: Home, who: str, key: str, **fields: Any) -> Device:
    """Change a device; the fields are those of `Device`. It counts as known from then on.

    Raises:
        UsageError: no such device or profile, or something that another device is recognised by.
    """
    before = existing(home, key)
    device = replace(before, known=True, **fields)
    _check(home, device)
    what = N_("Changed {device}")
    if device.profile != before.profile:
        what = N_("Gave {device} the profile {profile}")
    elif device.name != before.name:
        what = N_("Renamed {before} to {device}")
    return await _save(home, who, what, device, before=before.title)


async def remove(home: Home, who: str, key: str) -> int:
    """Forget a device, with its login and tunnel; when it comes back it is a new one. Returns the deed's number.

    Raises:
        UsageError: no such device.
    """
    device = existing(home, key)
    changes: dict[Place, Data | None] = {(Kind.DEVICE, key): None}
    for secret in (f"login:{device.login}", f"wireguard:{key}"):
        if home.document(Kind.SECRET, secret) is not None:
            changes[Kind.SECRET, secret] = None
    return await home.change(who, N_("Removed {device}"), changes, {"device": device.title})


async def pause(home: Home, who: str, minutes: int | None, device: str = "") -> int:
    """Pause filtering, for one device or for all. Returns the deed's number.

    Args:
        home: where.
        who: as `Deed.who`.
        minutes: for how long; None to go on filtering.
        device: its key; empty for all.

    Raises:
        UsageError: no such device, or no such time.
    """
    if minutes is not None and not 1 <= minutes <= LONGEST_PAUSE:
        raise UsageError(f"a pause of {minutes} minutes will not do; it takes 1 to {LONGEST_PAUSE}")
    until = None if minutes is None else home.now() + timedelta(minutes=minutes)
    values = {"minutes": str(minutes)}
    place: Place
    if device:
        found = existing(home, device)
        place, document = (Kind.DEVICE, device), data.of_device(replace(found, paused_until=until))
        values["device"] = found.title
        what = N_("Paused filtering for {device} for {minutes} minutes") if until else N_("Filtering {device} again")
    else:
        place, document = (Kind.SETTING, "paused_until"), {"value": data.written(until)}
        what = N_("Paused filtering for {minutes} minutes") if until else N_("Filtering again")
    number = await home.change(who, what, {place: document}, values)
    if until is not None:
        home.events.publish(Happening.STOPPED, device=device, until=data.written(until))
    return number


async def bonus(home: Home, who: str, key: str, minutes: int) -> Device:
    """Give a device more time today, beside what it has been given already.

    Raises:
        UsageError: no such device, or no such time.
    """
    if not 1 <= minutes <= LONGEST_PAUSE:
        raise UsageError(f"a bonus of {minutes} minutes will not do; it takes 1 to {LONGEST_PAUSE}")
    device = existing(home, key)
    today = home.now().astimezone(home.house.zone).date().isoformat()
    had = device.bonus[1] if device.bonus[0] == today else 0
    device = replace(device, bonus=(today, min(had + minutes, LONGEST_PAUSE)))
    return await _save(home, who, N_("Gave {device} {minutes} minutes more today"), device, minutes=str(minutes))


def existing(home: Home, key: str) -> Device:
    """The device with a key.

    Raises:
        UsageError: there is none.
    """
    device = home.house.devices.get(key)
    if device is None:
        raise UsageError(f"there is no device {key[:70]!r}; `geacc-proxy device list` has their keys")
    return device


async def _save(home: Home, who: str, what: str, device: Device, **values: str) -> Device:
    profile = home.house.profiles[device.profile]
    named = {"device": device.title, "profile": profile.title or profile.name} | values
    await home.change(who, what, {(Kind.DEVICE, device.key): data.of_device(device)}, named)
    return device


def _check(home: Home, device: Device) -> None:
    if device.profile not in home.house.profiles:
        names = ", ".join(sorted(home.house.profiles))
        raise UsageError(f"there is no profile {device.profile[:70]!r}; there are {names}")
    own = Traits(login=device.login, port=device.port, wireguard=device.wireguard)
    alone = (
        *(Traits(address=address) for address in device.addresses),
        *(Traits(mac=mac) for mac in device.macs),
        Traits(login=own.login),
        Traits(port=own.port),
        Traits(wireguard=own.wireguard),
    )
    register = home.house.register()
    for traits in alone:
        other = register.find(traits)
        if other is not None and other.key != device.key:
            shared = traits.address or traits.mac or traits.login or traits.wireguard or f"port {traits.port}"
            raise UsageError(f"{shared} belongs to {other.title} already; take it away there first")


def _free_key(home: Home, name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-")[:40] or "device"
    taken = home.house.devices
    return next(key for key in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3))) if key not in taken)
