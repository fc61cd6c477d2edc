"""Whether a device may open a site now: pure, and asked for each request."""

from __future__ import annotations

from dataclasses import dataclass

from geacc_proxy.policy.house import Rules
from geacc_proxy.policy.override import Scope
from geacc_proxy.verdict import Reason


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a site is closed.

    Attributes:
        reason: the kind.
        detail: the entry or the list that says so, for the parent.
    """

    reason: Reason
    detail: str = ""


def admit(rules: Rules, host: str) -> Refusal | None:
    """Why `host` is closed to the device, or None where it is open.

    A site that a parent allows is open at any hour. One that a parent has opened by an answer is open too, but no
    longer than the internet is.
    """
    answer = rules.profile.sites.answer(host)
    allowed = answer is not None and not answer.blocked
    if not allowed:
        if not rules.in_hours:
            return Refusal(Reason.OUT_OF_HOURS)
        if rules.minutes_left == 0:
            return Refusal(Reason.TIME_UP)
    opened = rules.overrides.of_site(Scope.OPEN, host, rules.device.key, rules.at)
    if rules.paused or allowed or opened is not None:
        return None
    if answer is not None:
        return Refusal(Reason.BLOCKED_SITE, answer.entry)
    for name, hosts in rules.lists:
        if hosts.covers(host) is not None:
            return Refusal(Reason.BLOCK_LIST, name)
    return None


def trusts(rules: Rules, *hosts: str) -> bool:
    """Whether pictures of one of the hosts, or on a page of it, are not filtered."""
    return any(
        host
        and (
            rules.profile.sites.unfiltered.covers(host) is not None
            or rules.overrides.of_site(Scope.SITE, host, rules.device.key, rules.at) is not None
        )
        for host in hosts
    )
