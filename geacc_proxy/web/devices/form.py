"""A device as a form: what a parent has typed, as it was typed, and what is to be made of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import traits
from geacc_proxy.home.passwords import LONGEST, SHORTEST
from geacc_proxy.policy.device import Device, Register, Traits
from geacc_proxy.web.i18n import _

if TYPE_CHECKING:
    from starlette.datastructures import FormData

LONGEST_NAME = 60
_MOST = 16
"""Addresses of one device, and hardware addresses."""


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
            addresses=_each(self.addresses, traits.address, "addresses", problems),
            macs=_each(self.macs, traits.mac, "macs", problems),
            login=self.login,
            port=self._port(problems),
        )
        self._check_login(before, problems, has_password=has_password)
        for name, alone in _alone(device):
            other = register.find(alone)
            if other is not None and other.key != before.key:
                problems.setdefault(
                    name, _("{device} is recognised by this already; take it away there first.", device=other.title)
                )
        return device, problems

    def _port(self, problems: dict[str, str]) -> int:
        if not self.port:
            return 0
        number = int(self.port) if re.fullmatch(r"\d{1,5}", self.port, re.ASCII) else 0
        if number and _read(traits.port, number):
            return number
        problems["port"] = _("Write a number from 1024 to 65535, or leave it empty.")
        return 0

    def _check_login(self, before: Device, problems: dict[str, str], *, has_password: bool) -> None:
        if self.login and _read(traits.login, self.login) is None:
            problems["login"] = _("Use up to 40 letters (a to z), digits and . _ - without spaces.")
        if self.password and not self.login:
            problems["login"] = _("A password needs a user name.")
        needed = bool(self.login) and (self.login != before.login or not has_password)
        if (needed or self.password) and not SHORTEST <= len(self.password) <= LONGEST:
            problems["password"] = _("Write a password of at least {least} characters.", least=SHORTEST)


def _each(text: str, read: Callable[[str], str], name: str, problems: dict[str, str]) -> tuple[str, ...]:
    """Each line or word, read; what cannot be is told of by its line."""
    found: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        for word in line.replace(",", " ").split():
            value = _read(read, word)
            if value is None:
                problems.setdefault(name, _WRONG[name](line=number, entry=word[:40]))
            else:
                found[value] = None
    if len(found) > _MOST:
        problems.setdefault(name, _("Up to {most} are possible.", most=_MOST))
    return tuple(found)


def _read[T](reader: Callable[[T], T], typed: T) -> T | None:
    """What the reader makes of what was typed; None where it is none. The page has its own words for why."""
    try:
        return reader(typed)
    except UsageError:
        return None


def _wrong_address(**values: object) -> str:
    return _("Line {line}: “{entry}” is no address. Write it as 192.168.1.20 or fd00::20.", **values)


def _wrong_mac(**values: object) -> str:
    return _("Line {line}: “{entry}” is no hardware address. Write it as 3c:22:fb:01:02:03.", **values)


_WRONG = {"addresses": _wrong_address, "macs": _wrong_mac}


def _alone(device: Device) -> list[tuple[str, Traits]]:
    """What it is recognised by, each alone, with the name of its field."""
    return [
        *(("addresses", Traits(address=address)) for address in device.addresses),
        *(("macs", Traits(mac=mac)) for mac in device.macs),
        ("login", Traits(login=device.login)),
        ("port", Traits(port=device.port)),
    ]
