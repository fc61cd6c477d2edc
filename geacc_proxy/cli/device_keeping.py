"""What `geacc-proxy device` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from geacc_proxy.cli.homekeeping import WHO, when, write_json_lines, write_table
from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import devices, passwords, traits
from geacc_proxy.home.telling import device_told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geacc_proxy.home.home import Home
    from geacc_proxy.policy.device import Device

COLUMNS = ("Device", "Key", "Profile", "Recognised by", "Seen", "Now")


@dataclass(frozen=True, slots=True)
class Marks:
    """What a device is recognised by, as typed; None for what was not given.

    Attributes:
        addresses: IP addresses; an empty one alone for none.
        macs: hardware addresses; as above.
        port: its own port of the proxy; 0 for none.
    """

    addresses: Sequence[str] | None = None
    macs: Sequence[str] | None = None
    port: int | None = None

    def read(self) -> dict[str, Any]:
        """The fields of a device that were given, in the form in which they are kept.

        Raises:
            UsageError: one of them is none.
        """
        fields: dict[str, Any] = {}
        if self.addresses is not None:
            fields["addresses"] = tuple(dict.fromkeys(traits.address(text) for text in self.addresses if text))
        if self.macs is not None:
            fields["macs"] = tuple(dict.fromkeys(traits.mac(text) for text in self.macs if text))
        if self.port is not None:
            fields["port"] = traits.port(self.port)
        return fields


async def show(home: Home, *, as_json: bool) -> None:
    """Print all devices."""
    found = sorted(home.house.devices.values(), key=lambda device: device.title.casefold())
    if as_json:
        write_json_lines(device_told(home, device) for device in found)
    elif found:
        write_table(COLUMNS, [_row(home, device) for device in found])
    else:
        typer.echo("No device was seen so far; `geacc-proxy device add` enters one.")


async def add(home: Home, name: str, profile: str, marks: Marks) -> Device:
    """Enter a device."""
    fields = marks.read()
    addresses, macs = fields.pop("addresses", ()), fields.pop("macs", ())
    device = await devices.add(
        home,
        WHO,
        name=name,
        profile=profile,
        address=addresses[0] if addresses else "",
        mac=macs[0] if macs else "",
        port=fields.get("port", 0),
    )
    if len(addresses) > 1 or len(macs) > 1:
        device = await devices.edit(home, WHO, device.key, addresses=addresses, macs=macs)
    return device


async def edit(home: Home, named: str, name: str | None, profile: str | None, marks: Marks) -> Device:
    """Change a device.

    Raises:
        UsageError: no such device or profile, a value is none, or nothing was given to change.
    """
    fields = marks.read()
    if name is not None:
        fields["name"] = name.strip()
    if profile is not None:
        fields["profile"] = profile
    if not fields:
        raise UsageError("there is nothing to change; give --name, --profile, --address, --mac or --port")
    return await devices.edit(home, WHO, found(home, named).key, **fields)


async def log_in(home: Home, named: str, user: str, password: str) -> None:
    """Give a device a user name and a password at the proxy, or take them away where the name is empty."""
    key = found(home, named).key
    if user:
        await passwords.set_login(home, WHO, key, user, password)
    else:
        await passwords.take_login(home, WHO, key)


def found(home: Home, named: str) -> Device:
    """The device with a key, or the only one with a name.

    Raises:
        UsageError: there is none, or there are several.
    """
    by_key = home.house.devices.get(named)
    if by_key is not None:
        return by_key
    by_name = [device for device in home.house.devices.values() if device.name.casefold() == named.strip().casefold()]
    if len(by_name) > 1:
        keys = ", ".join(device.key for device in by_name)
        raise UsageError(f"several devices are called {named[:70]!r}; give the key of one of them: {keys}")
    return by_name[0] if by_name else devices.existing(home, named)


def _row(home: Home, device: Device) -> tuple[str, ...]:
    known = [*device.addresses, *device.macs]
    known += [f"login {device.login}"] if device.login else []
    known += [f"port {device.port}"] if device.port else []
    known += ["WireGuard"] if device.wireguard else []
    profile = home.house.profile_of(device)
    title = device.title if device.known else f"{device.title} (new)"
    return (
        title,
        device.key,
        profile.title or profile.name,
        ", ".join(known),
        when(device.last_seen),
        _now(home, device),
    )


def _now(home: Home, device: Device) -> str:
    rules = home.rules_of(device)
    if not rules.in_hours:
        return "closed at this hour"
    if rules.minutes_left == 0:
        return "time used up"
    if rules.paused:
        ends = (end for end in (home.house.paused_until, device.paused_until) if end is not None)
        return f"paused until {max(ends).astimezone(home.house.zone):%H:%M}"
    words = {"hide": "filtered", "monitor": "only logged", "off": "not filtered"}[rules.filtering.value]
    return words if rules.minutes_left is None else f"{words}, {rules.minutes_left} min left"
