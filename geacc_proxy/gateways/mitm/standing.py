"""What holds for a device now, as often as a request asks: remembered for a second, or until the home changes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from geacc_proxy.gateways.mitm.hosts import is_number
from geacc_proxy.home.preferences import preferences
from geacc_proxy.policy.admission import Refusal, admit
from geacc_proxy.verdict import Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geacc_proxy.home.home import Home
    from geacc_proxy.policy.device import Device
    from geacc_proxy.policy.house import House, Rules

FRESH_SECONDS = 1.0
"""For so long what held a moment ago holds on: hours, time that is left, pauses."""
_MOST_DEVICES = 10_000
_MOST_ANSWERS = 2_000
_ABOUT_THE_SITE = (Reason.BLOCKED_SITE, Reason.BLOCK_LIST)


@dataclass(slots=True)
class _Moment:
    rules: Rules
    until: float
    answers: dict[tuple[str, ...], Refusal | None] = field(default_factory=dict)


class Standing:
    """Asks the home for rules."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._house: House | None = None
        self._moments: dict[str, _Moment] = {}
        self._doh_closed = True

    def rules(self, device: Device) -> Rules:
        """What holds for a device."""
        return self._moment(device).rules

    def refusal(self, device: Device, hosts: tuple[str, ...]) -> Refusal | None:
        """Why one of the hosts is closed to a device; None where all are open.

        Args:
            device: which.
            hosts: all that a request names, the most certain first.
        """
        moment = self._moment(device)
        if hosts in moment.answers:
            return moment.answers[hosts]
        found = refusal(moment.rules, hosts)
        if len(moment.answers) < _MOST_ANSWERS:
            moment.answers[hosts] = found
        return found

    @property
    def doh_closed(self) -> bool:
        """Whether services that hide names of sites from the filter are closed."""
        self._keep_up()
        return self._doh_closed

    def forget(self) -> None:
        """Ask anew."""
        self._moments.clear()

    def _moment(self, device: Device) -> _Moment:
        self._keep_up()
        now = time.monotonic()
        found = self._moments.get(device.key)
        if found is None or now >= found.until:
            if len(self._moments) >= _MOST_DEVICES:
                self._moments.clear()
            found = self._moments[device.key] = _Moment(self._home.rules_of(device), now + FRESH_SECONDS)
        return found

    def _keep_up(self) -> None:
        if self._house is not self._home.house:
            self._house = self._home.house
            self._moments.clear()
            self._doh_closed = preferences(self._home).doh_closed


def refusal(rules: Rules, hosts: Iterable[str]) -> Refusal | None:
    """Why one of the hosts is closed; None where all are open.

    Args:
        rules: of who asks.
        hosts: all that a request names, the most certain first. A number that is named beside a name says only how to
            get there: it may be on a list, but it need not be open at this hour.
    """
    for place, host in enumerate(hosts):
        found = admit(rules, host)
        if found is not None and (place == 0 or found.reason in _ABOUT_THE_SITE or not is_number(host)):
            return found
    return None
