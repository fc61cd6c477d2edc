"""Which device asks, and whether it may ask for something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import requests
from geacc_proxy.web.guard import device_of, site_of
from geacc_proxy.web.i18n import _
from geacc_proxy.web.visits import visit_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from geacc_proxy.policy.device import Device

LONGEST_NOTE = requests.LONGEST_NOTE


def known_device(request: Request) -> Device | None:
    """The device that asks; None where it is none that is filtered here, as a stranger's would be."""
    device = device_of(request)
    known = device.key in site_of(request).home.house.devices or visit_of(request).through_proxy
    return device if known else None


def asking_device(request: Request) -> Device:
    """As `known_device`.

    Raises:
        UsageError: it is none that is filtered here.
    """
    device = known_device(request)
    if device is None:
        raise UsageError(_("Only a device that goes through the filter can ask for something."))
    return device


def short_note(given: object) -> str:
    """The child's words, on one line.

    Raises:
        UsageError: they are too long.
    """
    words = " ".join(str(given or "").split())
    note = "".join(letter for letter in words if letter.isprintable())
    if len(note) > LONGEST_NOTE:
        raise UsageError(_("That is too long: up to {n} letters, please.", n=LONGEST_NOTE))
    return note
