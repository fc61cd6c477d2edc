"""What holds for a device at this moment, as its pages tell it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from geacc_proxy.policy.profile import Filtering, Profile
from geacc_proxy.web.i18n import _, clock, minutes

if TYPE_CHECKING:
    from geacc_proxy.home.home import Home
    from geacc_proxy.policy.device import Device
    from geacc_proxy.policy.house import House

_ONLINE = timedelta(minutes=3)
"""Whoever was seen so lately is online; sightings are noted each minute."""
BONUSES = (15, 30, 60)
"""Minutes that a parent can give at once."""


@dataclass(frozen=True, slots=True)
class State:
    """A device now.

    Attributes:
        device: which.
        profile: its profile.
        online: whether it is being used.
        paused_until: filtering is off for it until then; None where it is not paused.
        is_paused_for_all: whether that is a pause for all.
        filtering: what is done with pictures.
        in_hours: whether the schedule has the internet open.
        changes_at: when the schedule next opens or closes, on the wall; None where it never does.
        minutes_left: of today's use; None without a limit.
        used_minutes: today.
    """

    device: Device
    profile: Profile
    online: bool
    paused_until: datetime | None
    is_paused_for_all: bool
    filtering: Filtering
    in_hours: bool
    changes_at: datetime | None
    minutes_left: int | None
    used_minutes: int

    @classmethod
    def of(cls, home: Home, device: Device) -> State:
        """What holds now."""
        rules, now = home.rules_of(device), home.now()
        until = paused_until(home.house, device, now)
        return cls(
            device=device,
            profile=rules.profile,
            online=device.last_seen is not None and now - device.last_seen < _ONLINE,
            paused_until=until,
            is_paused_for_all=until is not None and until == home.house.paused_until,
            filtering=rules.filtering,
            in_hours=rules.in_hours,
            changes_at=rules.profile.schedule.next_change(rules.at) if not rules.in_hours else None,
            minutes_left=rules.minutes_left,
            used_minutes=home.used_minutes(device.key, now),
        )

    @property
    def path(self) -> str:
        """Its page."""
        return path_of(self.device)

    @property
    def profile_title(self) -> str:
        """What its profile is called."""
        return profile_title(self.profile)

    @property
    def words(self) -> str:
        """The one thing that a parent wants to know of it now, as a sentence."""
        if not self.in_hours:
            if self.changes_at is None:
                return _("The internet is closed at this hour.")
            return _("The internet is closed at this hour. It opens at {time}.", time=clock(self.changes_at.time()))
        if self.minutes_left == 0:
            return _("Today's time is used up.")
        if self.paused_until is not None:
            return _("Filtering is paused until {time}.", time=clock(self.paused_until))
        if self.filtering is Filtering.OFF:
            return _("Its pictures are not filtered.")
        if self.filtering is Filtering.MONITOR:
            return _("Unfit pictures are noted, not hidden.")
        return _("Unfit pictures are hidden.")

    @property
    def left(self) -> str:
        """What is left of today's time, such as `1 hr 20 min left today`; empty without a limit."""
        if self.minutes_left is None:
            return ""
        return _("{time} left today", time=minutes(self.minutes_left))


def path_of(device: Device) -> str:
    """The page of a device."""
    return f"/devices/{quote(device.key, safe='')}"


def paused_until(house: House, device: Device | None, now: datetime) -> datetime | None:
    """Until when filtering is off, for a device or, with None, for all; None where it is not."""
    ends = [house.paused_until, device.paused_until if device else None]
    return max((end for end in ends if end is not None and end > now), default=None)


def profile_title(profile: Profile) -> str:
    """What pages call a profile: those that are ready-made in the reader's language."""
    return _(profile.title) or profile.name
