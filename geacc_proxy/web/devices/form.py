"""A device as a form: what a parent has typed, as it was typed, and what is to be made of it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from geacc_proxy.policy.device import Device, Register, Traits
from geacc_proxy.web.i18n import _

if TYPE_CHECKING:
    from starlette.datastructures import FormData

LONGEST_NAME = 60
SHORTEST_PASSWORD = 8
_LONGEST_PASSWORD = 200
_MOST = 16
"""Addresses of one device, and hardware addresses."""
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
_MAC = re.compile(r"[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Draft:
    """What stands in the form's fields; addresses are one a line."""

    name: str
    profile: str
    addresses: str
    macs: str
    login: str
    port: str
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, device: Device) -> Draft:
        """The form of a device."""
        return cls(
            name=device.name,
            profile=device.profile,
            addresses="\n".join(device.addresses),
            macs="\n".join(device.macs),
            login=device.login,
            port=str(device.port or ""),
        )

    @classmethod
    def typed(cls, form: FormData) -> Draft:
        """What has come in, whatever it is."""

        def word(name: str) -> str:
            value = form.get(name)
            return value if isinstance(value, str) else ""

        return cls(
            name=word("name").strip(),
            profile=word("profile"),
            addresses=word("addresses"),
            macs=word("macs"),
            login=word("login").strip(),
            port=word("port").strip(),
            password=word("password"),
        )

    def read(
        self, before: Device, profiles: Mapping[str, object], register: Register, *, has_password: bool
    ) -> tuple[Device, dict[str, str]]:
        """The device that is meant; and, by the name of the field, what cannot be understood, in the page's language.

        Args:
            before: the device as it is now.
            profiles: those that there are, by name.
            register: finds the devices that there are by what they are recognised by.
            has_password: whether the login that the device has now has one.
        """
        problems: dict[str, str] = {}
        if not self.name or len(self.name) > LONGEST_NAME or not self.name.isprintable():
            problems["name"] = _("Give it a name of up to {most} letters.", most=LONGEST_NAME)
        if self.profile not in profiles:
            problems["profile"] = _("Choose one of these.")
        device = replace(
            before,
            name=self.name,
            profile=self.profile,
            addresses=_each(self.addresses, _address, "addresses", problems),
            macs=_each(self.macs, _mac, "macs", problems),
            login=self.login,
            port=self._port(problems),
        )
        self._check_login(before, problems, has_password=has_password)
        for name, traits in _alone(device):
            other = register.find(traits)
            if other is not None and other.key != before.key:
                problems.setdefault(
                    name, _("{device} is recognised by this already; take it away there first.", device=other.title)
                )
        return device, problems

    def _port(self, problems: dict[str, str]) -> int:
        if not self.port:
            return 0
        if re.fullmatch(r"\d{1,5}", self.port, re.ASCII) and 1024 <= int(self.port) <= 65535:
            return int(self.port)
        problems["port"] = _("Write a number from 1024 to 65535, or leave it empty.")
        return 0

    def _check_login(self, before: Device, problems: dict[str, str], *, has_password: bool) -> None:
        if self.login and not _LOGIN.fullmatch(self.login):
            problems["login"] = _("Use up to 40 letters (a to z), digits and . _ - without spaces.")
        if self.password and not self.login:
            problems["login"] = _("A password needs a user name.")
        needed = bool(self.login) and (self.login != before.login or not has_password)
        if (needed or self.password) and not SHORTEST_PASSWORD <= len(self.password) <= _LONGEST_PASSWORD:
            problems["password"] = _("Write a password of at least {least} characters.", least=SHORTEST_PASSWORD)


def _each(text: str, read: Callable[[str], str | None], name: str, problems: dict[str, str]) -> tuple[str, ...]:
    """Each line or word, read; what cannot be is told of by its line."""
    found: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for word in line.replace(",", " ").split():
            value = read(word)
            if value is None:
                problems.setdefault(name, _WRONG[name](line=number, entry=word[:40]))
            else:
                found[value] = None
    if len(found) > _MOST:
        problems.setdefault(name, _("Up to {most} are possible.", most=_MOST))
    return tuple(found)


def _wrong_address(**values: object) -> str:
    return _("Line {line}: “{entry}” is no address. Write it as 192.168.1.20 or fd00::20.", **values)


def _wrong_mac(**values: object) -> str:
    return _("Line {line}: “{entry}” is no hardware address. Write it as 3c:22:fb:01:02:03.", **values)


_WRONG = {"addresses": _wrong_address, "macs": _wrong_mac}


def _address(word: str) -> str | None:
    try:
        address = ipaddress.ip_address(word.strip("[]"))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return None
        address = address.ipv4_mapped or address
    return str(address)


def _mac(word: str) -> str | None:
    """Lower case with colons, however it is written: `3C-22-FB-01-02-03`, `3c22.fb01.0203`."""
    digits = re.sub(r"[:.-]", "", word.lower())
    if not _MAC.fullmatch(digits):
        return None
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def _alone(device: Device) -> list[tuple[str, Traits]]:
    """What it is recognised by, each alone, with the name of its field."""
    return [
        *(("addresses", Traits(address=address)) for address in device.addresses),
        *(("macs", Traits(mac=mac)) for mac in device.macs),
        ("login", Traits(login=device.login)),
        ("port", Traits(port=device.port)),
    ]
