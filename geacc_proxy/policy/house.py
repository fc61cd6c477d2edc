"""Who is at home and what holds for them: one picture of it all, replaced whole when a parent changes something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Protocol

from geacc_proxy.policy.device import Device, Register
from geacc_proxy.policy.override import Overrides
from geacc_proxy.policy.profile import NEW_DEVICE, READY_MADE, Filtering, Profile
from geacc_proxy.verdict import Context


class CoversHosts(Protocol):
    """A block list."""

    def covers(self, host: str) -> str | None:
        """The entry that covers a host, or None."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for a device at a moment.

    Attributes:
        device: which.
        profile: its profile.
        at: the moment, on the wall clock of the home.
        filtering: what is done with pictures now; OFF while filtering is paused.
        paused: whether it is OFF for that reason.
        in_hours: whether the schedule has the internet open.
        minutes_left: of today's use; None without a limit.
        overrides: the parent's answers.
        lists: the block lists that the profile names.
    """

    device: Device
    profile: Profile
    at: datetime
    filtering: Filtering
    paused: bool
    in_hours: bool
    minutes_left: int | None
    overrides: Overrides
    lists: tuple[tuple[str, CoversHosts], ...] = ()


@dataclass(frozen=True, slots=True)
class House:
    """The home.

    Attributes:
        profiles: by name.
        devices: by key.
        overrides: the parent's answers.
        lists: block lists by name.
        paused_until: filtering is off for all until then.
        zone: of the clock on the wall; None for the system's.
    """

    profiles: Mapping[str, Profile] = field(default_factory=lambda: {profile.name: profile for profile in READY_MADE})
    devices: Mapping[str, Device] = field(default_factory=dict)
    overrides: Overrides = field(default_factory=Overrides)
    lists: Mapping[str, CoversHosts] = field(default_factory=dict)
    paused_until: datetime | None = None
    zone: tzinfo | None = None

    def register(self) -> Register:
        """What finds a device by its traits."""
        return Register.of(self.devices.values())

    def profile_of(self, device: Device) -> Profile:
        """The device's profile; the safe baseline where it has none or one that is gone."""
        return self.profiles.get(device.profile) or self.profiles.get(NEW_DEVICE.name) or NEW_DEVICE

    def rules(self, device: Device, at: datetime, used_minutes: int = 0) -> Rules:
        """What holds for a device.

        Args:
            device: which.
            at: the moment, timezone-aware.
            used_minutes: of today's use so far.
        """
        profile = self.profile_of(device)
        wall = at.astimezone(self.zone)
        paused = any(until is not None and at < until for until in (self.paused_until, device.paused_until))
        bonus_day, bonus = device.bonus
        left = None
        if profile.daily_minutes is not None:
            more = bonus if bonus_day == wall.date().isoformat() else 0
            left = max(0, profile.daily_minutes + more - used_minutes)
        return Rules(
            device=device,
            profile=profile,
            at=wall,
            filtering=Filtering.OFF if paused else profile.filtering,
            paused=paused,
            in_hours=profile.schedule.is_open(wall),
            minutes_left=left,
            overrides=self.overrides,
            lists=tuple((name, self.lists[name]) for name in profile.block_lists if name in self.lists),
        )


def constant(profile: Profile) -> Callable[[Context], Rules]:
    """The rules where there is no home: of one profile, for everybody."""
    house = House(profiles={profile.name: profile})

    def rules(context: Context) -> Rules:
        return house.rules(Device(context.device, profile=profile.name), context.time)

    return rules
