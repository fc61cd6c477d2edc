"""Devices and profiles as plain data for programs: the same by the API and on the command line."""

from __future__ import annotations

from geacc_proxy.home import data
from geacc_proxy.home.documents import Data, Kind
from geacc_proxy.home.home import Home
from geacc_proxy.policy.device import Device
from geacc_proxy.policy.profile import READY_MADE, Profile

_READY_MADE = frozenset(profile.name for profile in READY_MADE)


def is_ready_made(name: str) -> bool:
    """Whether a profile came with the program; it can be set back, not removed."""
    return name in _READY_MADE


def device_told(home: Home, device: Device) -> Data:
    """A device: its key, the names of its document, `last_seen`, and under `now` what holds at this moment."""
    rules = home.rules_of(device)
    return {
        "key": device.key,
        **data.of_device(device),
        "last_seen": data.written(device.last_seen),
        "now": {
            "filtering": rules.filtering.value,
            "paused": rules.paused,
            "in_hours": rules.in_hours,
            "minutes_left": rules.minutes_left,
            "used_minutes": home.used_minutes(device.key),
        },
    }


def profile_told(home: Home, profile: Profile) -> Data:
    """A profile: its name, whether it is ready-made, whether a parent has changed it, and the names of its document."""
    return {
        "name": profile.name,
        "ready_made": is_ready_made(profile.name),
        "changed": home.document(Kind.PROFILE, profile.name) is not None,
        **data.of_profile(profile),
    }
