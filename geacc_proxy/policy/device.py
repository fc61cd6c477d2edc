"""A device at home, and by what it is recognised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from geacc_proxy.policy.profile import NEW_DEVICE


@dataclass(frozen=True, slots=True)
class Traits:
    """What a connection tells of the device behind it; empty or 0 where it tells nothing.

    Attributes:
        address: IP address, without `::ffff:`.
        mac: hardware address, lower case with colons, where the system has seen it.
        login: user name that the proxy has checked.
        port: port of the proxy that it came to, where that is a device's own.
        wireguard: public key of its tunnel.
    """

    address: str = ""
    mac: str = ""
    login: str = ""
    port: int = 0
    wireguard: str = ""


@dataclass(frozen=True, slots=True)
class Device:
    """A device.

    Attributes:
        key: what the block log calls it; never changes.
        name: as the parent calls it; the key where empty.
        profile: name of its profile.
        addresses: IP addresses.
        macs: hardware addresses, lower case with colons.
        login: user name at the proxy.
        port: its own port of the proxy; 0 for none.
        wireguard: public key of its tunnel.
        known: whether a parent has named it or given it a profile.
        first_seen: timezone-aware; None where it was never seen.
        last_seen: as above, and up to a minute late.
        paused_until: filtering is off for it until then.
        bonus: ISO date and minutes that this day has more.
    """

    key: str
    name: str = ""
    profile: str = NEW_DEVICE.name
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    login: str = ""
    port: int = 0
    wireguard: str = ""
    known: bool = False
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    paused_until: datetime | None = None
    bonus: tuple[str, int] = ("", 0)

    @property
    def title(self) -> str:
        """What pages call it."""
        return self.name or self.key


@dataclass(frozen=True, slots=True)
class Register:
    """Finds the device behind a connection.

    The surest trait decides: a tunnel's key, a login, a port of its own, a hardware address, and an address last.
    """

    _by_trait: dict[tuple[str, str | int], Device] = field(default_factory=dict)

    @classmethod
    def of(cls, devices: Iterable[Device]) -> Register:
        """Index the devices; of two with the same trait the first is found."""
        found: dict[tuple[str, str | int], Device] = {}
        for device in devices:
            for trait in _traits(device):
                found.setdefault(trait, device)
        return cls(found)

    def find(self, traits: Traits) -> Device | None:
        """The device, or None where nobody knows it."""
        for trait in (
            ("wireguard", traits.wireguard),
            ("login", traits.login),
            ("port", traits.port),
            ("mac", traits.mac),
            ("address", traits.address),
        ):
            if trait[1] and (device := self._by_trait.get(trait)) is not None:
                return device
        return None


def _traits(device: Device) -> Iterable[tuple[str, str | int]]:
    if device.wireguard:
        yield "wireguard", device.wireguard
    if device.login:
        yield "login", device.login
    if device.port:
        yield "port", device.port
    for mac in device.macs:
        yield "mac", mac
    for address in device.addresses:
        yield "address", address
