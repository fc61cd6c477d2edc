"""From documents to a house."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home import data as datas
from geacc_proxy.home.documents import Data, Kind, Place
from geacc_proxy.policy.device import Device
from geacc_proxy.policy.house import CoversHosts, House
from geacc_proxy.policy.override import Override, Overrides
from geacc_proxy.policy.profile import NEW_DEVICE, READY_MADE, Profile

_log = logging.getLogger(__name__)
PAUSED_UNTIL: Place = (Kind.SETTING, "paused_until")
"""Until when filtering is paused for all."""


TELLING = frozenset({Kind.PROFILE, Kind.DEVICE, Kind.OVERRIDE, Kind.SIGHTING, Kind.SETTING})
"""The kinds of which a house is built."""


class Builder:
    """Builds houses, one after the other; what has not changed since the last one is not read again."""

    def __init__(self, *, zone: tzinfo | None = None, baseline: Profile = NEW_DEVICE) -> None:
        """Make a builder.

        Args:
            zone: of the clock on the wall; None for the system's.
            baseline: the profile of devices that have none, as long as no document changes it.
        """
        self._zone = zone
        self._baseline = baseline
        self._read: dict[Place, tuple[Data, Profile | Device | Override | None]] = {}

    def build(self, documents: Mapping[Place, Data], lists: Mapping[str, CoversHosts] | None = None) -> House:
        """The house that documents describe; those that cannot be understood are left out, and told of in the log.

        Args:
            documents: by place. A document that changes is another object.
            lists: block lists by name.
        """
        read = {place: self._known(place, data) for place, data in documents.items() if place[0] in _READERS}
        self._read = read
        found = [thing for _, thing in read.values()]
        profiles = {profile.name: profile for profile in (*READY_MADE, self._baseline)}
        return House(
            profiles=profiles | {thing.name: thing for thing in found if isinstance(thing, Profile)},
            devices={
                thing.key: replace(thing, last_seen=_seen(documents, thing.key))
                for thing in found
                if isinstance(thing, Device)
            },
            overrides=Overrides.of(thing for thing in found if isinstance(thing, Override)),
            lists=lists or {},
            paused_until=_moment(documents.get(PAUSED_UNTIL, {}).get("value")),
            zone=self._zone,
        )

    def _known(self, place: Place, data: Data) -> tuple[Data, Profile | Device | Override | None]:
        known = self._read.get(place)
        if known is not None and known[0] is data:
            return known
        kind, key = place
        try:
            return data, _READERS[kind](key, data)
        except (UsageError, TypeError, ValueError, AttributeError) as error:
            # Written by another release, or by hand. Without it the safe baseline holds.
            _log.warning("a %s that was kept cannot be understood, and is left out: %s", kind, error)
            return data, None


_READERS: dict[Kind, Callable[[str, Data], Profile | Device | Override]] = {
    Kind.PROFILE: datas.profile,
    Kind.DEVICE: datas.device,
    Kind.OVERRIDE: datas.override,
}


def _seen(documents: Mapping[Place, Data], device: str) -> datetime | None:
    return _moment(documents.get((Kind.SIGHTING, device), {}).get("time"))


def _moment(value: str | None) -> datetime | None:
    try:
        return datas.moment(value)
    except UsageError as error:
        _log.warning("%s", error)
        return None
